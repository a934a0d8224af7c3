/**
 * The five statements of the user-store port on SQLite, through any of Drizzle's drivers.
 *
 * Lookups and increments are compiled once per property and kept; what is written differs from
 * call to call and is not on the hot path.
 */
import {
  and,
  type Column,
  eq,
  getTableColumns,
  isNull,
  type SQL,
  sql,
  type Table,
} from 'drizzle-orm'
import type { BaseSQLiteDatabase, SQLiteColumn, SQLiteTable } from 'drizzle-orm/sqlite-core'
import type { UserColumn, UserScope } from '../../users/store.ts'
import type { TableDescription } from './describe.ts'
import { statementError } from './errors.ts'

type Database = BaseSQLiteDatabase<'sync' | 'async', unknown>
type Row = Record<string, unknown>
type Values = Readonly<Record<string, unknown>>
/** A driver that is synchronous returns the value itself; `await` takes both. */
type Eventually<Value> = Value | Promise<Value>

export interface Statements {
  readonly transactions: 'sync' | 'async'
  find(property: string, value: unknown, scope: UserScope): Promise<Row | null>
  insert(
    values: Values,
    scope: UserScope,
    during: ((transaction: unknown, row: Row) => void | Promise<void>) | undefined,
  ): Promise<Row>
  update(id: unknown, values: Values, scope: UserScope, when: Values | undefined): Promise<boolean>
  increment(id: unknown, property: string, wrapAt: number, scope: UserScope): Promise<boolean>
}

export interface StatementOptions {
  /** The property of the primary key. */
  readonly id: string
  readonly tenant: string | undefined
  readonly description: TableDescription
}

export function sqliteStatements(
  database: unknown,
  given: Table,
  { id, tenant, description }: StatementOptions,
): Statements {
  const db = database as Database
  const table = given as SQLiteTable
  const columns: Record<string, Column> = getTableColumns(table)
  const properties = new Map(Object.entries(columns).map(([key, { name }]) => [name, key]))
  const isSync = (database as { resultKind?: unknown }).resultKind === 'sync'

  const column = (property: string): Column => {
    const found = columns[property]
    if (!found) throw new Error(`crudauth: ${description.name} has no column '${property}'`)
    return found
  }
  const readable = (error: unknown) => statementError(error, (name) => properties.get(name))
  const inTenant = (value: unknown): SQL | undefined =>
    tenant === undefined ? undefined : eq(column(tenant), value)
  const holds = (property: string, value: unknown) =>
    canHold(description.columns.get(property), value)

  const lookups = new Map<string, { get(values: Row): Eventually<Row | undefined> }>()
  const lookup = (property: string) => {
    let statement = lookups.get(property)
    if (!statement) {
      statement = db
        .select()
        .from(table)
        .where(
          and(eq(column(property), sql.placeholder('value')), inTenant(sql.placeholder('tenant'))),
        )
        .limit(1)
        .prepare() as unknown as { get(values: Row): Eventually<Row | undefined> }
      lookups.set(property, statement)
    }
    return statement
  }

  const written = (target: Database, values: Values, where: SQL | undefined): Eventually<unknown> =>
    target
      .update(table)
      .set(values)
      .where(where)
      .returning({ id: column(id) as SQLiteColumn })
      .get()

  const inserted = (target: Database, values: Values) =>
    target.insert(table).values(values).returning().get() as Eventually<Row>

  return {
    transactions: isSync ? 'sync' : 'async',

    async find(property, value, scope) {
      if (!holds(property, value)) return null
      try {
        return (await lookup(property).get({ value, tenant: scope.tenant })) ?? null
      } catch (error) {
        throw readable(error)
      }
    },

    async insert(values, scope, during) {
      const complete = tenant === undefined ? values : { ...values, [tenant]: scope.tenant }
      try {
        if (!during) return await inserted(db, complete)
        if (!isSync) {
          return await db.transaction(async (transaction) => {
            const row = await inserted(transaction, complete)
            await during(transaction, row)
            return row
          })
        }
        // Drizzle hands a synchronous transaction's result back as it is.
        return db.transaction((transaction) => {
          const row = inserted(transaction, complete) as Row
          const result: unknown = during(transaction, row)
          if (result instanceof Promise) {
            result.catch(() => undefined)
            throw new Error(
              'crudauth: hooks.registering returned a promise, but this database driver has synchronous transactions; make the hook synchronous',
            )
          }
          return row
        }) as unknown as Row
      } catch (error) {
        throw readable(error)
      }
    },

    async update(key, values, scope, when = {}) {
      if (!holds(id, key)) return false
      const conditions = Object.entries(when).map(([property, value]) =>
        value === null ? isNull(column(property)) : eq(column(property), value),
      )
      const where = and(eq(column(id), key), inTenant(scope.tenant), ...conditions)
      try {
        return (await written(db, values, where)) !== undefined
      } catch (error) {
        throw readable(error)
      }
    },

    async increment(key, property, wrapAt, scope) {
      if (!holds(id, key)) return false
      const target = column(property)
      const next = sql`case when ${target} >= ${wrapAt} then 0 else ${target} + 1 end`
      const where = and(eq(column(id), key), inTenant(scope.tenant))
      return (await written(db, { [property]: next }, where)) !== undefined
    },
  }
}

/** Whether a column of this type could contain the value at all. */
function canHold(column: UserColumn | undefined, value: unknown): boolean {
  switch (typeof value) {
    case 'string':
      // A NUL or a lone surrogate cannot be stored everywhere, so nobody has it.
      if (!value.isWellFormed() || value.includes('\0')) return false
      return column?.type === 'string' || column?.type === 'other'
    case 'number':
      return Number.isSafeInteger(value) && column?.type !== 'string' && column?.type !== 'bigint'
    case 'bigint':
      return BigInt.asIntN(64, value) === value && column?.type !== 'string'
    default:
      return false
  }
}
