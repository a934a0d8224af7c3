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
  is,
  isNull,
  SQL,
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
type Prepared = {
  get(values: Row): Eventually<Row | undefined>
  all(values: Row): Eventually<Row[]>
}
/** A driver that is synchronous returns the value itself; `await` takes both. */
type Eventually<Value> = Value | Promise<Value>

export interface Statements {
  readonly transactions: 'sync' | 'async'
  find(property: string, value: unknown, scope: UserScope): Promise<Row | null>
  /** All rows with this value. */
  list(property: string, value: unknown, scope: UserScope): Promise<Row[]>
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
  const written = { name: description.name, propertyOf: propertyLookup(columns) }
  const isSync = (database as { resultKind?: unknown }).resultKind === 'sync'

  const column = (property: string): Column => {
    const found = Object.hasOwn(columns, property) ? columns[property] : undefined
    if (!found) throw new Error(`crudauth: ${description.name} has no column '${property}'`)
    return found
  }
  const attempt = async <Value>(work: () => Eventually<Value>): Promise<Value> => {
    try {
      return await work()
    } catch (error) {
      throw statementError(error, written)
    }
  }
  const inTenant = (value: unknown): SQL | undefined =>
    tenant === undefined ? undefined : eq(column(tenant), value)
  // Drizzle encodes a bare placeholder for no column: a key of a custom type would never be found.
  const bound = (property: string, name: string): SQL =>
    eq(column(property), sql.param(sql.placeholder(name), column(property)))
  const boundTenant = () => (tenant === undefined ? undefined : bound(tenant, 'tenant'))
  const holds = (property: string, value: unknown) =>
    canHold(description.columns.get(property), column(property), value)

  const lookups = new Map<string, Prepared>()
  const lookup = (property: string) => {
    let statement = lookups.get(property)
    // Without a limit: the property is unique, and Drizzle's limit costs more than the query.
    if (!statement) {
      statement = db
        .select()
        .from(table)
        .where(and(bound(property, 'value'), boundTenant()))
        .prepare() as unknown as Prepared
      lookups.set(property, statement)
    }
    return statement
  }

  const touches = Object.entries(columns).flatMap(([property, { onUpdateFn }]) =>
    onUpdateFn ? [{ property, value: onUpdateFn }] : [],
  )
  const counters = new Map<string, Prepared>()
  const counter = (property: string) => {
    let statement = counters.get(property)
    if (!statement) {
      const target = column(property)
      // An empty counter counts as 0: NULL + 1 is NULL, and a revocation would do nothing.
      const next = sql`case when ${target} >= ${sql.placeholder('wrapAt')} then 0 else coalesce(${target}, 0) + 1 end`
      // A kept statement must not keep the moment at which it was made. SQL cannot be a parameter,
      // so a table that touches its rows with SQL has its statement built for every call.
      const keep = touches.every(({ value }) => !is(value(), SQL))
      const touched = keep
        ? touches.map((touch) => [touch.property, sql.placeholder(`touch ${touch.property}`)])
        : []
      statement = db
        .update(table)
        .set({ ...Object.fromEntries(touched), [property]: next })
        .where(and(bound(id, 'key'), boundTenant()))
        .returning({ id: column(id) as SQLiteColumn })
        .prepare() as unknown as Prepared
      if (keep) counters.set(property, statement)
    }
    return statement
  }

  const inserted = (target: Database, values: Values) =>
    target.insert(table).values(values).returning().get() as Eventually<Row>

  return {
    transactions: isSync ? 'sync' : 'async',

    async find(property, value, scope) {
      if (!holds(property, value)) return null
      const row = await attempt(() => lookup(property).get({ value, tenant: scope.tenant }))
      return row ?? null
    },

    async list(property, value, scope) {
      if (!holds(property, value)) return []
      return attempt(() => lookup(property).all({ value, tenant: scope.tenant }))
    },

    async insert(values, scope, during) {
      const complete = tenant === undefined ? values : { ...values, [tenant]: scope.tenant }
      if (!during) return attempt(() => inserted(db, complete))
      // What the work throws is the application's own: it passes through as it is.
      let own: { readonly error: unknown } | undefined
      const ours = (error: unknown) => {
        own = { error }
        return error
      }
      try {
        if (!isSync) {
          return await db.transaction(async (transaction) => {
            const row = await inserted(transaction, complete)
            try {
              await during(transaction, row)
            } catch (error) {
              throw ours(error)
            }
            return row
          })
        }
        // Drizzle hands a synchronous transaction's result back as it is.
        return db.transaction((transaction) => {
          const row = inserted(transaction, complete) as Row
          try {
            refusePromise(during(transaction, row))
          } catch (error) {
            throw ours(error)
          }
          return row
        }) as unknown as Row
      } catch (error) {
        throw own ? own.error : statementError(error, written)
      }
    },

    async update(key, values, scope, when = {}) {
      // Drizzle drops what it does not know, and a write that matters would silently not happen.
      for (const property of Object.keys(values)) column(property)
      if (
        tenant !== undefined &&
        Object.hasOwn(values, tenant) &&
        values[tenant] !== scope.tenant
      ) {
        throw new Error(
          `crudauth: an update cannot move a row of ${written.name} to another tenant`,
        )
      }
      if (!holds(id, key)) return false
      const conditions = Object.entries(when).map(([property, value]) =>
        value === null ? isNull(column(property)) : eq(column(property), value),
      )
      const row = await attempt(() =>
        db
          .update(table)
          .set(values)
          .where(and(eq(column(id), key), inTenant(scope.tenant), ...conditions))
          .returning({ id: column(id) as SQLiteColumn })
          .get(),
      )
      return row !== undefined
    },

    async increment(key, property, wrapAt, scope) {
      if (!holds(id, key)) return false
      const parameters: Row = { key, wrapAt, tenant: scope.tenant }
      for (const touch of touches) parameters[`touch ${touch.property}`] = touch.value()
      return (await attempt(() => counter(property).get(parameters))) !== undefined
    },
  }
}

/** @throws Error when the work is not done: the transaction would end before it. */
function refusePromise(result: unknown): void {
  if (typeof (result as { then?: unknown } | null | undefined)?.then !== 'function') return
  // Its later failure is nobody's. A query is left alone: to ask it would run it.
  if (result instanceof Promise) result.catch(() => undefined)
  throw new Error(
    'crudauth: hooks.registering returned a promise or a query that was not run, but this database driver has synchronous transactions; make the hook synchronous and end its queries with .run()',
  )
}

/**
 * Database column to property. With Drizzle's `casing` option the database's names differ from the
 * schema's in case and underscores only.
 */
function propertyLookup(columns: Readonly<Record<string, Column>>) {
  const fold = (name: string) => name.toLowerCase().replaceAll('_', '')
  const named = Object.entries(columns).map(([property, { name }]) => ({ property, name }))
  const exact = new Map(named.map(({ property, name }) => [name, property]))
  const folded = Map.groupBy(named, ({ name }) => fold(name))
  return (name: string): string | undefined => {
    const alike = folded.get(fold(name)) ?? []
    return exact.get(name) ?? (alike.length === 1 ? alike[0]?.property : undefined)
  }
}

/** Whether a column of this type could contain the value at all. */
function canHold(known: UserColumn | undefined, column: Column, value: unknown): boolean {
  switch (typeof value) {
    case 'string':
      // A NUL or a lone surrogate cannot be stored everywhere, so nobody has it.
      if (!value.isWellFormed() || value.includes('\0')) return false
      return known?.type === 'string' || (known?.type === 'other' && encodes(column, value))
    case 'number':
      if (!Number.isSafeInteger(value) || known?.type === 'string') return false
      return known?.type !== 'bigint' && (known?.type !== 'other' || encodes(column, value))
    case 'bigint':
      if (BigInt.asIntN(64, value) !== value || known?.type === 'string') return false
      return known?.type !== 'other' || encodes(column, value)
    default:
      return false
  }
}

/** A type of the application's own may refuse a value, as a UUID kept in 16 bytes does. */
function encodes(column: Column, value: unknown): boolean {
  try {
    column.mapToDriverValue(value)
    return true
  } catch {
    return false
  }
}
