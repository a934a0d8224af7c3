/**
 * A new table of API keys for Kysely: its columns for the schema builder, and the options that
 * describe it to `kyselyApiKeys`.
 */
import type { CreateTableBuilder } from 'kysely'
import { type ApiKeyField, apiKeyTable } from '../../features/api-keys/store.ts'
import type { Dialect } from '../table/description.ts'
import type { SnakeCase } from '../table/user-columns.ts'
import { addRowColumns, type RowColumns, rowColumns } from './row-columns.ts'

/**
 * The options of `kyselyApiKeys` for a table with the columns of `addAuthApiKeyColumns`.
 *
 * @example
 * ```ts
 * kyselyApiKeys(db, 'api_keys', authApiKeyColumns())
 * ```
 */
export function authApiKeyColumns(): { readonly columns: RowColumns<ApiKeyField> } {
  return { columns: rowColumns(apiKeyTable) }
}

/**
 * Adds the columns to a table that is being made. Give it an index on `user_id`, by which keys are
 * listed.
 *
 * @example
 * ```ts
 * await db.schema
 *   .createTable('api_keys')
 *   .$call((table) => addAuthApiKeyColumns(table, 'postgresql'))
 *   .execute()
 * ```
 */
export function addAuthApiKeyColumns<T extends string>(
  table: CreateTableBuilder<T, never>,
  dialect: Dialect,
): CreateTableBuilder<T, SnakeCase<ApiKeyField>> {
  return addRowColumns(table, apiKeyTable, dialect)
}
