/**
 * Drizzle: the application's table, as it is, for the core.
 *
 * Types are structural (`$inferSelect` and its like), so that no version of an ORM class is part
 * of the public surface.
 */
import type { Table } from 'drizzle-orm'
import { userFields } from '../users/column-map.ts'
import type { LogicalField, LogicalTypes, UserStore, UserTypes } from '../users/store.ts'
import { openTable } from './drizzle/table.ts'

export { type DrizzleApiKeysOptions, drizzleApiKeys } from './drizzle/api-keys.ts'

/** What a Drizzle database is, as far as this adapter needs it. */
export interface DrizzleDatabase {
  // biome-ignore lint/suspicious/noExplicitAny: the transaction's type is read off, never used
  transaction(work: (transaction: any) => any): unknown
}

/** What a Drizzle table is, as far as this adapter needs it. */
export interface DrizzleTable {
  readonly $inferSelect: Record<string, unknown>
  readonly $inferInsert: Record<string, unknown>
}

/** The properties of a row that can hold a value. */
export type PropertiesFor<Row, Value> = {
  [Property in keyof Row & string]: Row[Property] extends Value | null ? Property : never
}[keyof Row & string]

/** Logical field to property; a property that does not exist or fit does not compile. */
export type DrizzleColumnMap<T extends DrizzleTable> = {
  readonly [Field in LogicalField]?: PropertiesFor<T['$inferSelect'], LogicalTypes[Field]>
}

type PropertyOf<Columns, Field extends LogicalField> = Columns extends {
  readonly [F in Field]: infer Property extends string
}
  ? Property
  : Field

type TransactionOf<Db extends DrizzleDatabase> = Parameters<Parameters<Db['transaction']>[0]>[0]

/** Drizzle's synchronous drivers have synchronous transactions: their type gives no promise. */
type DuringOf<Db extends DrizzleDatabase> =
  // biome-ignore lint/suspicious/noConfusingVoidType: it is what a hook returns
  ReturnType<Db['transaction']> extends Promise<unknown> ? void | Promise<void> : void

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
  transaction: TransactionOf<Db>
  during: DuringOf<Db>
}

export interface DrizzleUsersOptions<T extends DrizzleTable, Columns> {
  /** Where the table's names differ from the logical fields. */
  columns?: Columns & { readonly [Unknown in Exclude<keyof Columns, LogicalField>]: never }
  /**
   * The property that holds a row's tenant. Every query is then confined to the tenant of the
   * request, and a column is unique when it is unique together with this one.
   */
  tenant?: PropertiesFor<T['$inferSelect'], string>
}

/**
 * The user store over a Drizzle table. What is wrong with the map is reported by `crudAuth()`,
 * together with everything else.
 *
 * @example
 * ```ts
 * drizzleUsers(db, accounts, { columns: { id: 'accountId', hashedPassword: 'pwHash' } })
 * ```
 */
export function drizzleUsers<
  Db extends DrizzleDatabase,
  T extends DrizzleTable,
  const Columns extends DrizzleColumnMap<T> = Record<never, never>,
>(
  db: Db,
  table: T,
  options: DrizzleUsersOptions<T, Columns> = {},
): UserStore<DrizzleUserTypes<Db, T, Columns>> {
  // The one place where what drizzle made is taken for what it is: structure is all that was asked.
  const store = buildStore(db, table as unknown as Table, {
    columns: (options.columns ?? {}) as Record<string, unknown>,
    tenant: options.tenant as string | undefined,
  })
  return store as unknown as UserStore<DrizzleUserTypes<Db, T, Columns>>
}

interface StoreOptions {
  readonly columns: Readonly<Record<string, unknown>>
  readonly tenant: string | undefined
}

function buildStore(db: unknown, table: Table, options: StoreOptions): UserStore {
  const opened = openTable(db, table, options, userFields)
  const { statements, confined } = opened
  return {
    ...opened.store,
    transactions: statements.transactions,
    find: async (property, value, scope) => statements.find(property, value, confined(scope)),
    insert: async (values, scope, during) => statements.insert(values, confined(scope), during),
    update: async (id, values, scope, when) => statements.update(id, values, confined(scope), when),
    increment: async (id, property, wrapAt, scope) =>
      statements.increment(id, property, wrapAt, confined(scope)),
  }
}
