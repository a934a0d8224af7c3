/**
 * What an adapter does to one table. Everything else, `openTable` does for all of them.
 */
import type { UserScope } from '../../users/store.ts'

export type Row = Record<string, unknown>
export type Values = Readonly<Record<string, unknown>>

/** Work inside the inserting transaction. */
export type During = (transaction: unknown, row: Row) => void | Promise<void>

/**
 * The statements over one table, by property. Values have been found to fit their columns, and the
 * scope to name a tenant where the table has them.
 */
export interface Statements {
  readonly transactions: 'none' | 'sync' | 'async'
  /**
   * All rows with this value, under the database's own comparison; with `also`, those that have
   * that value of another property, too. There `null` is that it is empty.
   */
  select(
    property: string,
    value: unknown,
    scope: UserScope,
    also?: readonly [property: string, value: unknown],
  ): Promise<readonly Row[]>
  insert(values: Values, scope: UserScope, during: During | undefined): Promise<Row>
  update(id: unknown, values: Values, scope: UserScope, when: Values): Promise<boolean>
  delete(id: unknown, scope: UserScope, when: Values): Promise<boolean>
  increment(id: unknown, property: string, wrapAt: number, scope: UserScope): Promise<boolean>
}
