/**
 * The port over the application's own users table.
 *
 * An adapter (Drizzle, Kysely, Prisma, or one by the application) does five plain things to one
 * table, under the application's own property names. What the columns mean (logical fields,
 * canonical forms, the registration allow-list, what is secret) is decided once, in the core, for
 * all adapters.
 */

import type { Eventually } from '../eventually.ts'
import type { ColumnCodec } from './codec.ts'

/** The logical fields: the library's names for the columns that it needs or can use. */
export const logicalFields = [
  'id',
  'email',
  'username',
  'hashedPassword',
  'isActive',
  'isSuperuser',
  'emailVerified',
  'tokenVersion',
  'oauthProvider',
  'oauthCreatedAt',
  'oauthUpdatedAt',
] as const

/** The name of a logical field, such as `hashedPassword`. */
export type LogicalField = (typeof logicalFields)[number]

/** What a logical field holds; `null` where its column may be nullable. */
export interface LogicalTypes {
  id: string | number | bigint
  email: string | null
  username: string | null
  hashedPassword: string | null
  isActive: boolean
  isSuperuser: boolean
  emailVerified: boolean
  tokenVersion: number | bigint
  oauthProvider: string | null
  oauthCreatedAt: Date | null
  oauthUpdatedAt: Date | null
}

/**
 * The types of one users table, inferred by its adapter. Nobody writes this by hand.
 */
export interface UserTypes {
  /** A row as the store returns it, under the application's property names. */
  row: object
  /** The same without the password hash: what applications, hooks and principals get to see. */
  user: object
  /** The primary key. */
  id: string | number | bigint
  /** Values for a new row. */
  insert: object
  /**
   * The column map: what `registration` must leave to the library is worked out from it, and only
   * where it is asked for.
   */
  columns: unknown
  /**
   * The handle that is given to work done inside the inserting transaction; `never` without one.
   */
  transaction: unknown
  /** What such work returns: nothing where the driver's transactions are synchronous. */
  during: void | Promise<void>
}

/** What the store knows of one column, read from the application's table definition. */
export interface UserColumn {
  /** The property under which the column appears in rows. */
  readonly property: string
  /** The name in the database; for messages, never for lookups. */
  readonly column: string
  /** `other` where the adapter cannot tell, as for a custom type. */
  readonly type: 'string' | 'number' | 'bigint' | 'boolean' | 'date' | 'other'
  readonly nullable: boolean
  /** Unique by itself: a flag, a one-column constraint or a one-column unique index. */
  readonly unique: boolean
  /** An insert may leave it out: the table, the ORM or the database fills it in. */
  readonly hasDefault: boolean
  /** Of text: how many characters the column takes, where it says. */
  readonly maxLength?: number
  /** Of text: what alone the column holds, where it says (an enumeration). */
  readonly values?: readonly string[]
  /** Of whole numbers: 8, 16, 24, 32 or 64, where it is known. */
  readonly integerBits?: 8 | 16 | 24 | 32 | 64
}

/** The part of the table that a call is about. */
export interface UserScope {
  /** The tenant whose rows the call may see and write, where the configuration has tenants. */
  readonly tenant?: string
}

/** The pool of connections below a store, as far as its driver shows it. */
export interface DatabasePool {
  /** How many statements it runs at once. */
  readonly size?: number | undefined
  /** What it lacks, one sentence each with what to write: told at the start. */
  readonly warnings: readonly string[]
}

/** What an adapter's other tables need of its users. */
export interface UsersBeside {
  /**
   * The store's own `find`. A store that was given another one decides by that who is a user, and
   * none is read past it.
   */
  readonly find: UserStore['find']
  /** The adapter's own. */
  readonly table: object
}

/** A property that is the primary key or a unique column, and the value that a row has there. */
export type UserLookup = readonly [property: string, value: unknown]

/** How a store finds rows. */
export interface FindRow<Row> {
  /**
   * The row whose `property` equals `value`, or `null`. `property` is the primary key or a unique
   * column. A value that the column cannot hold (out of range, not Unicode) is `null`, not an
   * error. At once, where the driver is synchronous; what fails rejects all the same.
   */
  (property: string, value: unknown, scope: UserScope): Eventually<Row | null>
  /**
   * The same for several lookups at once, in their order and in one statement, whose cost does not
   * tell which of them found somebody. Left out, `find` is asked for each. It belongs to the
   * function, so that a store that wraps another's `find` is asked by its own.
   */
  each?(lookups: readonly UserLookup[], scope: UserScope): Promise<readonly (Row | null)[]>
}

/**
 * The port over the users table. The adapters implement it; `userStoreConformance()` tests one of
 * your own.
 */
export interface UserStore<T extends UserTypes = UserTypes> {
  /** What the adapter is, for descriptions: `drizzle (sqlite)`. */
  readonly name: string

  /**
   * The table as the database knows it, for messages and migrations: `accounts`, `crm.accounts`.
   */
  readonly table?: string | undefined

  /** All columns of the table, by property name. */
  readonly columns: ReadonlyMap<string, UserColumn>

  /** Logical field to property name, for every logical field that the table has. */
  readonly map: Readonly<Partial<Record<LogicalField, string>>>

  /**
   * Further fields of the identity to property names (`phone`, `phoneVerified`), where they differ.
   * Default none.
   */
  readonly factors?: Readonly<Record<string, string>> | undefined

  /**
   * The columns that hold who an account is at a provider, by the provider's field, to property
   * names: `{ googleId: 'googleId' }`. Default none.
   */
  readonly identities?: Readonly<Record<string, string>> | undefined

  /** How flags are spelled in their columns, by property name. Default: as booleans. */
  readonly codecs?: ReadonlyMap<string, ColumnCodec<unknown, unknown>> | undefined

  /** The properties that the condition on every user looks at. Default none, or not known. */
  readonly conditionOn?: readonly string[] | undefined

  /** Whether `insert` can run work inside its transaction, and whether that work may be async. */
  readonly transactions: 'none' | 'sync' | 'async'

  /** Whether the store honours `UserScope.tenant`. */
  readonly tenants: boolean

  /**
   * What is wrong with the table or the map, one sentence each, saying what to write instead.
   * `crudAuth()` refuses to start on any, and lists them with its own.
   */
  readonly problems: readonly string[]

  /** The pool of connections. Default: nothing is known of it. */
  readonly pool?: DatabasePool | undefined

  /**
   * Finds out what only the database can tell, such as whether the driver has transactions, and
   * rejects with what to write instead. `auth.init()` calls it; the store itself has to, before its
   * first statement. Default: there is nothing to find out.
   */
  readonly init?: (() => Promise<void>) | undefined

  /**
   * For tables of the same database and adapter, which read a user beside a row of their own.
   * Default: users are asked by themselves.
   */
  readonly beside?: UsersBeside | undefined

  readonly find: FindRow<T['row']>

  /**
   * Inserts one row and returns it as the database has it. `during` runs in the same transaction,
   * after the insert, before the commit; if it throws, nothing was inserted and the error passes
   * through. A row that is not there when it is done, because the transaction was undone, is an
   * error. A unique violation is a `UniqueViolation`, a value that no row can have a
   * `RejectedValue`.
   */
  insert(
    values: Readonly<Record<string, unknown>>,
    scope: UserScope,
    during?: (transaction: T['transaction'], row: T['row']) => T['during'],
  ): Promise<T['row']>

  /**
   * Updates the row with this primary key in one step and tells whether one was written: all of the
   * values or none, in one statement, or in one transaction where the hash is in another table.
   * With `when`, only if those properties still hold those values (compare and swap). Errors are
   * those of `insert`.
   */
  update(
    id: T['id'],
    values: Readonly<Record<string, unknown>>,
    scope: UserScope,
    when?: Readonly<Record<string, unknown>>,
  ): Promise<boolean>

  /**
   * Adds one to a number column in the database itself, never by reading and writing back, and
   * tells whether the row exists. `wrapAt` is the largest value; the next one after it is 0.
   */
  increment(id: T['id'], property: string, wrapAt: number, scope: UserScope): Promise<boolean>
}

/** An insert or update that would have given two rows the same value in a unique column. */
export class UniqueViolation extends Error {
  /** The properties of the violated constraint; empty when the driver does not say. */
  readonly properties: readonly string[]

  constructor(properties: readonly string[], options?: ErrorOptions) {
    super(`a row with the same ${properties.join(', ') || 'unique value'} exists`, options)
    this.name = 'UniqueViolation'
    this.properties = properties
  }
}

/** What is known of an outage besides. */
export interface StoreUnavailableOptions extends ErrorOptions {
  /** Whether it is known that nothing was written. Default `false`. */
  nothingWritten?: boolean
}

/**
 * The database did not answer, or takes no writes now: there is no connection to it, or none is
 * free; it is read-only, or gave the statement up. What a request gets is 503, and never the answer
 * for somebody who does not exist.
 */
export class StoreUnavailable extends Error {
  /** The driver's or the database's own code, such as `ECONNREFUSED` or `57P01`. */
  readonly code: string | undefined
  /** Whether it is known that nothing was written. Otherwise a write may still happen. */
  readonly nothingWritten: boolean

  constructor(message: string, code?: string, options: StoreUnavailableOptions = {}) {
    super(message, options)
    this.name = 'StoreUnavailable'
    this.code = code
    this.nothingWritten = options.nothingWritten ?? false
  }
}

/**
 * An insert or update of a value that the database does not take: too long, out of range, not of
 * its type, or against a check or a foreign key. The message repeats none.
 */
export class RejectedValue extends Error {
  /** The properties that it is about; empty when the driver does not say. */
  readonly properties: readonly string[]

  constructor(properties: readonly string[], options?: ErrorOptions) {
    super(`the database does not take the value of ${properties.join(', ') || 'a column'}`, options)
    this.name = 'RejectedValue'
    this.properties = properties
  }
}
