/**
 * Which database is below a Kysely instance, and whether it is one.
 */
import { MysqlAdapter, PostgresAdapter, SqliteAdapter } from 'kysely'
import { ConfigurationError } from '../../errors.ts'
import type { Dialect } from '../table/description.ts'

/**
 * What every store over Kysely is given first, second and third.
 *
 * @throws ConfigurationError for something else in their place.
 */
export function requireKysely(store: string, db: unknown, table: unknown, options: unknown): void {
  const { getExecutor, selectFrom } = Object(db) as Readonly<Record<string, unknown>>
  if (typeof getExecutor !== 'function' || typeof selectFrom !== 'function') {
    throw new ConfigurationError([
      `the first argument of ${store} must be a Kysely; write ${store}(new Kysely({ dialect }), '…', …)`,
    ])
  }
  if (typeof table !== 'string') {
    throw new ConfigurationError([
      `the second argument of ${store} must be the name of a table, as Kysely's types have it; write ${store}(db, 'users', …)`,
    ])
  }
  if (typeof (Object(options) as { readonly columns?: unknown }).columns === 'object') return
  throw new ConfigurationError([
    `${store} must be told the columns, which Kysely does not know at run time; write ${store}(db, '${table}', { columns: { id: 'id', … }, … })`,
  ])
}

/** @throws ConfigurationError for a dialect that is not one of Kysely's own, or based on one. */
export function dialectOf(db: { getExecutor(): { readonly adapter: unknown } }): Dialect {
  const { adapter } = db.getExecutor()
  if (adapter instanceof PostgresAdapter) return 'postgresql'
  if (adapter instanceof MysqlAdapter) return 'mysql'
  if (adapter instanceof SqliteAdapter) return 'sqlite'
  throw new ConfigurationError([
    "this Kysely dialect is not known; write dialect: 'postgresql', 'mysql' or 'sqlite'",
  ])
}
