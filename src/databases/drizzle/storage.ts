/**
 * The storage port in a table of the application's database, through Drizzle.
 */
import type { SQL, Table } from 'drizzle-orm'
import { sql } from 'drizzle-orm/sql'
import type { Statement } from '../../storage/sql/statement.ts'
import { type SqlStorageOptions, sqlStorage } from '../../storage/sql/storage.ts'
import type { Storage } from '../../storage/storage.ts'
import type { DrizzleTable } from '../drizzle.ts'
import { quoteTable } from '../table/quote.ts'
import { storageError } from '../table/storage-error.ts'
import { describeTable } from './describe.ts'
import { poolOf } from './pool.ts'
import { affectedRows } from './runner.ts'

/** What a Drizzle database is, as far as the storage needs it. */
export interface DrizzleStorageDatabase {
  /** Of PostgreSQL and MySQL. */
  execute?(query: SQL): unknown
  /** Of SQLite. */
  all?(query: SQL): unknown
  run?(query: SQL): unknown
}

/**
 * Sessions, counters and rate limits in one table, for an application that has a database and no
 * Redis. The table has the columns of `authStorageColumns()`.
 *
 * Operations reject with a `SqlStorageError` when the database does not answer in time.
 *
 * @example
 * ```ts
 * export const authStorage = pgTable('auth_storage', authStorageColumns())
 * crudAuth({ storage: drizzleStorage(db, authStorage), … })
 * ```
 *
 * @throws ConfigurationError when an option is not what it should be, or for something that is not
 *   a table.
 */
export function drizzleStorage(
  db: object,
  table: DrizzleTable,
  options: SqlStorageOptions = {},
): Storage {
  const { name, dialect } = describeTable(table as unknown as Table, undefined, undefined)
  const database = ((db as { $primary?: object }).$primary ??
    db) as Required<DrizzleStorageDatabase>
  const run = async (statement: Statement, how: 'all' | 'run' | 'execute') => {
    try {
      return await database[how](built(statement))
    } catch (error) {
      throw storageError(error, statement)
    }
  }
  return sqlStorage(
    {
      dialect,
      pool: poolOf(db),
      table: quoteTable(name, dialect),
      query: async (statement) =>
        rowsOf(await run(statement, dialect === 'sqlite' ? 'all' : 'execute')),
      write: async (statement) =>
        affectedRows(await run(statement, dialect === 'sqlite' ? 'run' : 'execute')),
    },
    options,
  )
}

function built({ texts, parameters }: Statement): SQL {
  const chunks = texts.flatMap((text, index) =>
    index < parameters.length ? [sql.raw(text), sql`${parameters[index]}`] : [sql.raw(text)],
  )
  return sql.join(chunks)
}

type Rows = readonly Readonly<Record<string, unknown>>[]

/** The pg family answers an object or its rows, mysql2 rows and fields. */
function rowsOf(result: unknown): Rows {
  if (!Array.isArray(result)) return (result as { rows: Rows }).rows
  return (Array.isArray(result[0]) ? result[0] : result) as Rows
}
