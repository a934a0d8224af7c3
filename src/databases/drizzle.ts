/**
 * Drizzle: the application's table, as it is, for the core.
 *
 * Types are structural (`$inferSelect` and its like), so that no version of an ORM class is part
 * of the public surface.
 */
import type { SQL, Table } from 'drizzle-orm'
import { declareOptions } from '../options/declare.ts'
import { anObject, condition, flag, optional, text } from '../options/option.ts'
import { type ColumnMap, userFields } from '../users/column-map.ts'
import type { LogicalField, UserStore, UserTypes } from '../users/store.ts'
import type { DrizzlePasswordFacts } from './drizzle/passwords.ts'
import { openDrizzleTable } from './drizzle/table.ts'
import { type AdapterOptions, newKeyOption } from './table/open.ts'
import { aTable, passwordTableOption } from './table/password-options.ts'
import type {
  ColumnMapOf,
  FactorMapOf,
  IdentityField,
  PropertiesFor,
  PropertyOf,
  SplitHashColumn,
} from './table/types.ts'

export { SqlStorageError, type SqlStorageFailure } from '../storage/sql/error.ts'
export type { SqlStorageOptions } from '../storage/sql/storage.ts'
export { type DrizzleApiKeysOptions, drizzleApiKeys } from './drizzle/api-keys.ts'
export { type DrizzleIdentitiesOptions, drizzleIdentities } from './drizzle/identities.ts'
export {
  type DrizzleStorageDatabase,
  type DrizzleStorageOptions,
  drizzleStorage,
} from './drizzle/storage.ts'
export { DatabaseError } from './table/errors.ts'
export type {
  CodedFlag,
  ColumnFor,
  ColumnMapOf,
  FactorMapOf,
  FoldedColumn,
  PropertiesFor,
  SplitHashColumn,
} from './table/types.ts'

/** What a Drizzle database is, as far as this adapter needs it. */
export interface DrizzleDatabase {
  // biome-ignore lint/suspicious/noExplicitAny: the transaction's type is read off, never used
  transaction(work: (transaction: any) => any): unknown
}

/**
 * What a Drizzle table is, as far as this adapter needs it. Asking more of a row than that it is an
 * object would have the compiler work out both at every call.
 */
export interface DrizzleTable {
  readonly $inferSelect: object
  readonly $inferInsert: object
}

type TransactionOf<Db extends DrizzleDatabase> = Parameters<Parameters<Db['transaction']>[0]>[0]

/**
 * Drizzle's synchronous drivers have synchronous transactions: their type gives no promise. A
 * function whose type returns `void` alone may return anything, a promise too.
 */
type DuringOf<Db extends DrizzleDatabase> =
  // biome-ignore lint/suspicious/noConfusingVoidType: it is what a hook returns
  ReturnType<Db['transaction']> extends Promise<unknown> ? void | Promise<void> : void | undefined

/** The types of a table in this database under this map. */
export interface DrizzleUserTypes<Db extends DrizzleDatabase, T extends DrizzleTable, Columns>
  extends UserTypes {
  row: T['$inferSelect']
  user: Omit<T['$inferSelect'], PropertyOf<Columns, 'hashedPassword'>>
  id: Extract<
    T['$inferSelect'][PropertyOf<Columns, 'id'> & keyof T['$inferSelect']],
    string | number | bigint
  >
  insert: T['$inferInsert']
  columns: Columns
  transaction: TransactionOf<Db>
  during: DuringOf<Db>
}

/** A condition: what `isNull(users.deletedAt)` and its like return, in any version of Drizzle. */
export interface DrizzleCondition {
  getSQL(): unknown
}

/**
 * Password hashes in a second table: a row for each user, or one of several credentials, told by a
 * kind.
 */
export interface DrizzlePasswords<T extends DrizzleTable, P extends DrizzleTable> {
  /** The second table. It lets no user have two passwords, by a unique index. */
  table: P
  /** Its property that has the key of the user. */
  user: PropertiesFor<P['$inferSelect'], string | number | bigint>
  /** Its property of the hash, or of a hash in several columns. */
  hash: PropertiesFor<P['$inferSelect'], string> | SplitHashColumn<P['$inferSelect']>
  /**
   * What its rows of passwords have and other credentials have not, such as
   * `{ providerId: 'credential' }`. Others are neither read nor written. Default: every row is a
   * password.
   */
  only?: Partial<P['$inferSelect']>
  /**
   * What a new row has besides, such as `(user) => ({ id: randomUUID(), accountId: user.id })`.
   * Default: nothing.
   */
  insert?: (user: T['$inferSelect']) => Partial<P['$inferInsert']>
}

/** The options of `drizzleUsers()`: how the table differs from the logical fields. */
export interface DrizzleUsersOptions<
  T extends DrizzleTable,
  Columns,
  P extends DrizzleTable = DrizzleTable,
> {
  /** Where the table's names, or the spelling of its flags, differ from the logical fields. */
  columns?: Columns &
    ColumnMapOf<T['$inferSelect']> & {
      readonly [Unknown in Exclude<keyof Columns, LogicalField | IdentityField>]: never
    }
  /** Further fields of the identity, such as `{ phone: 'mobile', phoneVerified: 'mobileOk' }`. */
  factors?: FactorMapOf<T['$inferSelect']>
  /**
   * The property that holds a row's tenant. Every query is then confined to the tenant of the
   * request, and a column is unique when it is unique together with this one.
   */
  tenant?: PropertiesFor<T['$inferSelect'], string | number | bigint>
  /**
   * Which rows count as users, such as `isNull(users.deletedAt)`: the others cannot log in, and
   * their sessions and tokens end. A partial unique index over the same condition makes its
   * columns unique.
   */
  where?: DrizzleCondition
  /** Where the password hashes are, if in another table. Default: in this one. */
  passwords?: DrizzlePasswords<T, P>
  /**
   * Makes the primary key of a new row, such as `() => ulid()`. Default: the table, the ORM or the
   * database does.
   */
  newKey?: () => string | number | bigint
  /**
   * Whether PostgreSQL keeps the plans of our statements under a name. Default `true`; `false`
   * behind a pooler that hands each statement to another connection and cannot follow names.
   */
  prepare?: boolean
}

const usersOptions: AdapterOptions<DrizzleUsersOptions<DrizzleTable, unknown>> = declareOptions({
  columns: anObject("{ id: 'accountId' }"),
  factors: anObject("{ phone: 'mobile' }"),
  tenant: condition(optional(text('', { wanted: 'the name of a property' }))),
  where: condition(anObject('isNull(users.deletedAt)')),
  passwords: passwordTableOption(
    { table: aTable('table: account, with what pgTable() and its like returned') },
    "{ table: account, user: 'userId', hash: 'password', only: { providerId: 'credential' } }",
  ),
  newKey: newKeyOption,
  prepare: optional(flag(true), 'true'),
}) as AdapterOptions<DrizzleUsersOptions<DrizzleTable, unknown>>

/**
 * The user store over a Drizzle table on PostgreSQL, MySQL or MariaDB, or SQLite. What is wrong
 * with the map is reported by `crudAuth()`, together with everything else.
 *
 * Of a database with replicas only the primary is asked: a replica may not have heard of a
 * revocation yet.
 *
 * @example
 * ```ts
 * drizzleUsers(db, accounts, { columns: { id: 'accountId', hashedPassword: 'pwHash' } })
 * ```
 */
export function drizzleUsers<
  Db extends DrizzleDatabase,
  T extends DrizzleTable,
  const Columns = Record<never, never>,
  P extends DrizzleTable = DrizzleTable,
>(
  db: Db,
  table: T,
  options: DrizzleUsersOptions<T, Columns, P> = {},
): UserStore<DrizzleUserTypes<Db, T, Columns>> {
  // The one place where what drizzle made is taken for what it is: structure is all that was asked.
  const store: UserStore = openDrizzleTable(
    db,
    table as unknown as Table,
    {
      misshapen: usersOptions.read(options, 'drizzleUsers').problems,
      columns: (options.columns ?? {}) as ColumnMap,
      factors: options.factors ?? {},
      tenant: options.tenant as string | undefined,
      where: options.where as SQL | undefined,
      prepare: options.prepare ?? true,
      newKey: options.newKey,
      passwords: options.passwords as DrizzlePasswordFacts | undefined,
    },
    userFields,
  )
  return store as unknown as UserStore<DrizzleUserTypes<Db, T, Columns>>
}
