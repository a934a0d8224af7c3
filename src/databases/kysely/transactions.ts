/**
 * Whether the dialect below a Kysely instance has transactions. Kysely hides its driver, so that
 * little shows at construction, and the rest when one is asked for.
 */
import type { Kysely } from 'kysely'
import { ConfigurationError } from '../../errors.ts'
import { StoreUnavailable } from '../../users/store.ts'
import type { TableDescription } from '../table/description.ts'
import { statementError } from '../table/errors.ts'
import type { AnyDatabase } from './statements.ts'

type Database = Kysely<AnyDatabase>

const without =
  'passwords names another table, and this Kysely dialect has no transactions: a change of a password could be written by half'

/** What to use in the place of well-known dialects without, by the class of their adapter. */
const instead: Readonly<Record<string, string>> = {
  NeonAdapter:
    "use PostgresDialect with a Pool of '@neondatabase/serverless' or 'pg', or keep the hash in the users table",
}

/** That it has none, as far as it shows at construction. */
export function transactionProblems(db: Database): string[] {
  if (db.isTransaction) {
    return [
      'passwords names another table, and this Kysely is itself a transaction, in which no other begins; pass the Kysely that it was made of',
    ]
  }
  const { adapter } = db.getExecutor()
  const advice = instead[adapter.constructor.name]
  // One of that name that has learned them says so.
  return advice === undefined || adapter.supportsTransactionalDdl ? [] : [`${without}; ${advice}`]
}

/**
 * Begins a transaction and ends it.
 *
 * @throws ConfigurationError where the dialect has none; StoreUnavailable or DatabaseError for what
 *   a database said.
 */
export async function requireTransactions(db: Database, table: TableDescription): Promise<void> {
  try {
    await db.transaction().execute(async () => undefined)
  } catch (thrown) {
    const error = statementError(thrown, table)
    // What a database or a connection says comes with a code; a dialect's own refusal does not.
    const { code } = Object(error) as { readonly code?: unknown }
    if (error instanceof StoreUnavailable || code !== undefined) throw error
    const { message } = Object(thrown) as { readonly message?: unknown }
    throw new ConfigurationError([
      `${without}; use a dialect that has them, such as PostgresDialect, MysqlDialect or SqliteDialect of Kysely's own over a connection that stays open, or keep the hash in the users table (the dialect says: ${String(message)})`,
    ])
  }
}
