/**
 * The storage port in a table of the application's database, through Drizzle.
 */
import type { SQL, Table } from 'drizzle-orm'
import { sql } from 'drizzle-orm/sql'
import { ConfigurationError } from '../../errors.ts'
import { type Declaration, declareOptions, type Settled, settled } from '../../options/declare.ts'
import { flag } from '../../options/option.ts'
import { type SqlStorageOptions, sqlStorage, sqlStorageOptions } from '../../storage/sql/storage.ts'
import type { Storage } from '../../storage/storage.ts'
import type { DrizzleTable } from '../drizzle.ts'
import { quoteTable } from '../table/quote.ts'
import { storageError } from '../table/storage-error.ts'
import { describeTable } from './describe.ts'
import { poolOf } from './pool.ts'
import { affectedRows, type Prepared, type Query, runnerFor } from './runner.ts'

/** What a Drizzle database is, as far as the storage needs it. */
export interface DrizzleStorageDatabase {
  select(columns: Readonly<Record<string, SQL>>): { from(query: SQL): Query }
  /** Of PostgreSQL and MySQL. */
  execute?(query: SQL): unknown
  /** Of SQLite. */
  run?(query: SQL): unknown
}

/** The options of `drizzleStorage()`. */
export interface DrizzleStorageOptions extends SqlStorageOptions {
  /**
   * Whether PostgreSQL keeps the plans of what is read under a name; `false` behind a pooler that
   * hands each statement to another connection and cannot follow names. Default `true`.
   */
  prepare?: boolean
}

export const drizzleStorageOptions: Declaration<Settled<DrizzleStorageOptions>> = declareOptions({
  timeoutMs: sqlStorageOptions.options.timeoutMs,
  prepare: flag(true),
})

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
 *   a database or not a table.
 */
export function drizzleStorage(
  db: object,
  table: DrizzleTable,
  options: DrizzleStorageOptions = {},
): Storage {
  const { timeoutMs, prepare } = settled(drizzleStorageOptions, options, 'drizzleStorage')
  const { name, dialect, columns } = describeTable(table as unknown as Table, undefined, undefined)
  const found = new Set([...columns.values()].map(({ column }) => column))
  const missing = ['id', 'value', 'version', 'expires_at'].filter((column) => !found.has(column))
  if (missing.length > 0) {
    throw new ConfigurationError([
      `${name} is no table for a storage: it has no ${missing.join(', ')}; write pgTable('auth_storage', authStorageColumns()) from crudauth/drizzle/postgres, or /mysql, /sqlite`,
    ])
  }
  const database = ((db as { $primary?: object }).$primary ??
    db) as Required<DrizzleStorageDatabase>
  if (typeof database.select !== 'function') {
    throw new ConfigurationError([
      'drizzleStorage() takes what drizzle() made, first: drizzleStorage(db, authStorage)',
    ])
  }
  const runner = runnerFor(database, dialect, prepare)
  return sqlStorage(
    {
      dialect,
      pool: poolOf(db),
      table: quoteTable(name, dialect),
      // Drizzle prepares what it selects itself: hence from the query, as a table of its own.
      prepare({ texts, parameters }, columns) {
        const places = parameters.map((_, index) => sql.placeholder(`p${index}`))
        const selected = columns.map((column) => [column, sql`${sql.identifier(column)}`] as const)
        const query = () =>
          database
            .select(Object.fromEntries(selected))
            .from(sql`(${joined(texts, places)}) as found`)
        // Not before it is asked: some drivers look for the table at once.
        let prepared: Prepared | undefined
        return (given) => {
          const values = Object.fromEntries(given.map((value, index) => [`p${index}`, value]))
          const failed = (error: unknown) => {
            throw storageError(error, given)
          }
          try {
            prepared ??= runner.prepare(query())
          } catch (error) {
            return failed(error)
          }
          return prepared.rows(values, failed)
        }
      },
      async write({ texts, parameters }) {
        const statement = joined(texts, parameters)
        try {
          const how = dialect === 'sqlite' ? 'run' : 'execute'
          return affectedRows(await database[how](statement))
        } catch (error) {
          throw storageError(error, parameters)
        }
      },
    },
    { timeoutMs },
  )
}

function joined(texts: readonly string[], parameters: readonly unknown[]): SQL {
  const chunks = texts.flatMap((text, index) =>
    index < parameters.length ? [sql.raw(text), sql`${parameters[index]}`] : [sql.raw(text)],
  )
  return sql.join(chunks)
}
