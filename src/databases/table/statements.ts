/**
 * What an adapter does to one table. Everything else, `openTable` does for all of them.
 */
import type { Eventually } from '../../eventually.ts'
export type Row = Record<string, unknown>
export type Values = Readonly<Record<string, unknown>>

/** The part of the table that a call is about, its tenant in the type of its column. */
export interface TableScope {
  readonly tenant?: string | number | bigint
}

/** Work inside the inserting transaction. */
export type During = (transaction: unknown, row: Row) => void | Promise<void>

/** A table whose rows others can read beside their own. */
export interface Beside {
  /** What the statements of the same adapter go by. */
  readonly part: object
  /** A row as `select` gives it. Default: as it was read. */
  readonly shown?: ((row: Row) => Row) | undefined
}

/** A row, and the one of another table that may belong to it: whoever asks compares the keys. */
export interface Pair {
  readonly row: Row
  readonly other: Row | null
}

/** @param theirs The part of the other table. */
export type SelectWith = (
  property: string,
  value: unknown,
  scope: TableScope,
  theirs: TableScope,
) => Eventually<readonly Pair[]>

/**
 * The statements over one table, by property. Values have been found to fit their columns, and the
 * scope to name a tenant where the table has them.
 */
export interface Statements {
  readonly transactions: 'none' | 'sync' | 'async'
  /** Finds out what only the database can tell. Default: there is nothing. */
  init?(): Promise<void>
  /**
   * All rows with this value, under the database's own comparison; with `also`, those that have
   * that value of another property, too. There `null` is that it is empty. At once, where the
   * driver is synchronous.
   */
  select(
    property: string,
    value: unknown,
    scope: TableScope,
    also?: readonly [property: string, value: unknown],
  ): Eventually<readonly Row[]>
  /** What statements of the same adapter need to read a row of this table beside their own. */
  readonly beside?: Beside | undefined
  /**
   * `select` with the row of another table whose primary key is in `reference`; `null` where the
   * two cannot be read together. That of several tables is one statement.
   */
  selectWith?(reference: string, beside: Beside): SelectWith | null
  /**
   * The rows of several such selections in one statement, of which each is looked up by itself: a
   * condition that joins columns by `or` would be left to the planner, which may read the whole
   * table for it. In any order, and a row that several find may be there twice. Left out where the
   * adapter cannot.
   */
  selectEach?(
    lookups: readonly (readonly [property: string, value: unknown])[],
    scope: TableScope,
  ): Eventually<readonly Row[]>
  insert(values: Values, scope: TableScope, during: During | undefined): Promise<Row>
  update(id: unknown, values: Values, scope: TableScope, when: Values): Promise<boolean>
  delete(id: unknown, scope: TableScope, when: Values): Promise<boolean>
  increment(id: unknown, property: string, wrapAt: number, scope: TableScope): Promise<boolean>
}

/** The same statements, and several of them in one transaction. */
export interface TransactionalStatements extends Statements {
  /** All that `work` writes, or nothing where it throws. */
  inTransaction<Value>(work: (transaction: unknown) => Eventually<Value>): Promise<Value>
  /** Single statements inside of one; at once, where the driver is synchronous. */
  within(transaction: unknown): SingleStatements
}

/** Single statements, without a row that is read back. */
export interface SingleStatements {
  /** Whether the row is as it is said to be. It stays so until the transaction ends. */
  hold(id: unknown, scope: TableScope, when: Values): Eventually<boolean>
  insert(values: Values): Eventually<unknown>
  update(id: unknown, values: Values, scope: TableScope, when: Values): Eventually<boolean>
  delete(id: unknown, scope: TableScope, when: Values): Eventually<boolean>
}
