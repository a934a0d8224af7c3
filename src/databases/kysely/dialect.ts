/**
 * Which database is below a Kysely instance.
 */
import { MysqlAdapter, PostgresAdapter, SqliteAdapter } from 'kysely'
import { ConfigurationError } from '../../errors.ts'
import type { Dialect } from '../table/description.ts'

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
