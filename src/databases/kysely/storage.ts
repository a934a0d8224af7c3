/**
 * The storage port in a table of the application's database, through Kysely.
 */
import { CompiledQuery, type Kysely } from 'kysely'
import { type Declaration, declareOptions, settled } from '../../options/declare.ts'
import { oneOf, optional } from '../../options/option.ts'
import type { Statement } from '../../storage/sql/statement.ts'
import { type SqlStorageOptions, sqlStorage, sqlStorageOptions } from '../../storage/sql/storage.ts'
import type { Storage } from '../../storage/storage.ts'
import type { Dialect } from '../table/description.ts'
import { storageError } from '../table/storage-error.ts'
import { dialectOf, requireKysely } from './dialect.ts'

/** The options of `kyselyStorage()`. */
export interface KyselyStorageOptions extends SqlStorageOptions {
  /** The dialect of the database; needed for a driver of your own. Default that of the driver. */
  dialect?: Dialect
}

export const kyselyStorageOptions: Declaration<{
  readonly timeoutMs: number
  readonly dialect: Dialect | undefined
}> = declareOptions({
  timeoutMs: sqlStorageOptions.options.timeoutMs,
  dialect: optional(oneOf(['postgresql', 'mysql', 'sqlite'], 'postgresql'), 'that of the driver'),
})

/**
 * Sessions, counters and rate limits in one table, for an application that has a database and no
 * Redis. The table has the columns of `addAuthStorageColumns()`.
 *
 * Operations reject with a `SqlStorageError` when the database does not answer in time.
 *
 * @example
 * ```ts
 * await db.schema
 *   .createTable('auth_storage')
 *   .$call((table) => addAuthStorageColumns(table, 'postgresql'))
 *   .execute()
 * crudAuth({ storage: kyselyStorage(db, 'auth_storage'), … })
 * ```
 *
 * @throws ConfigurationError when an option is not what it should be, or the dialect cannot be
 *   told.
 */
export function kyselyStorage<DB>(
  db: Kysely<DB>,
  table: keyof DB & string,
  options: KyselyStorageOptions = {},
): Storage {
  requireKysely('kyselyStorage', db, table, { columns: {} })
  const { timeoutMs, ...settings } = settled(kyselyStorageOptions, options, 'kyselyStorage')
  const dialect = settings.dialect ?? dialectOf(db)
  const place = (index: number) => (dialect === 'postgresql' ? `$${index + 1}` : '?')
  const textOf = ({ texts, parameters }: Statement) =>
    texts.map((part, index) => (index < parameters.length ? part + place(index) : part)).join('')
  const run = async (text: string, parameters: Statement['parameters']) => {
    try {
      return await db.executeQuery(CompiledQuery.raw(text, [...parameters]))
    } catch (error) {
      throw storageError(error, parameters)
    }
  }
  return sqlStorage(
    {
      dialect,
      // As Kysely itself would write it: in the schema of `withSchema`, renamed by a plugin.
      table: writtenName(db, table),
      prepare(statement) {
        const text = textOf(statement)
        return async (parameters) => (await run(text, parameters)).rows as Record<string, unknown>[]
      },
      write: async (statement) =>
        Number((await run(textOf(statement), statement.parameters)).numAffectedRows ?? 0n),
    },
    { timeoutMs },
  )
}

function writtenName<DB>(db: Kysely<DB>, table: keyof DB & string): string {
  const query = (db as unknown as Kysely<Record<string, object>>).selectFrom(table).selectAll()
  return query.compile().sql.slice('select * from '.length)
}
