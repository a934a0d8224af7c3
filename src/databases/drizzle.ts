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
import { openDrizzleTable } from './drizzle/table.ts'
import { type AdapterOptions, newKeyOption } from './table/open.ts'
import type {
  ColumnMapOf,
  FactorMapOf,
  IdentityField,
  PropertiesFor,
  PropertyOf,
} from './table/types.ts'

export { SqlStorageError, type SqlStorageFailure } from '../storage/sql/error.ts'
export type { SqlStorageOptions } from '../storage/sql/storage.ts'
export { type DrizzleApiKeysOptions, drizzleApiKeys } from './drizzle/api-keys.ts'
export { type DrizzleIdentitiesOptions, drizzleIdentities } from './drizzle/identities.ts'
export { type DrizzleStorageDatabase, drizzleStorage } from './drizzle/storage.ts'
export { DatabaseError } from './table/errors.ts'
export type {
  CodedFlag,
  ColumnFor,
  ColumnMapOf,
  FactorMapOf,
  FoldedColumn,
  PropertiesFor,
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

/** The options of `drizzleUsers()`: how the table differs from the logical fields. */
export interface DrizzleUsersOptions<T extends DrizzleTable, Columns> {
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
>(
  db: Db,
  table: T,
  options: DrizzleUsersOptions<T, Columns> = {},
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
    },
    userFields,
  )
  return store as unknown as UserStore<DrizzleUserTypes<Db, T, Columns>>
}
