/**
 * The columns of a table for `kyselyStorage`.
 */
import { type CreateTableBuilder, sql } from 'kysely'
import type { Dialect } from '../table/description.ts'

/**
 * Adds the columns to a table that is being made. Give it an index on `expires_at`, by which
 * expired rows are found.
 *
 * @example
 * ```ts
 * await db.schema
 *   .createTable('auth_storage')
 *   .$call((table) => addAuthStorageColumns(table, 'postgresql'))
 *   .execute()
 * await db.schema
 *   .createIndex('auth_storage_expires_at')
 *   .on('auth_storage')
 *   .column('expires_at')
 *   .execute()
 * ```
 */
export function addAuthStorageColumns<T extends string>(
  table: CreateTableBuilder<T, never>,
  dialect: Dialect,
): CreateTableBuilder<T, 'id' | 'value' | 'version' | 'expires_at'> {
  // Whatever the table's own character set: a value may have any character.
  const text = dialect === 'mysql' ? 'mediumtext character set utf8mb4 collate utf8mb4_bin' : 'text'
  return table
    .addColumn('id', 'varchar(64)', (column) => column.primaryKey())
    .addColumn('value', sql.raw(text), (column) => column.notNull())
    .addColumn('version', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
}
