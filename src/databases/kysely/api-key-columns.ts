/**
 * A new table of API keys for Kysely: its columns for the schema builder, and the options that describe
 * it to `kyselyApiKeys`.
 */
import { type CreateTableBuilder, sql } from 'kysely'
import type { Dialect } from '../table/description.ts'

const columns = {
  id: 'id',
  userId: 'user_id',
  name: 'name',
  prefix: 'prefix',
  hashedKey: 'hashed_key',
  scopes: 'scopes',
  epoch: 'epoch',
  createdAt: 'created_at',
  expiresAt: 'expires_at',
  lastUsedAt: 'last_used_at',
  revokedAt: 'revoked_at',
} as const

/**
 * The options of `kyselyApiKeys` for a table with the columns of `addAuthApiKeyColumns`.
 *
 * @example
 * ```ts
 * kyselyApiKeys(db, 'api_keys', authApiKeyColumns())
 * ```
 */
export function authApiKeyColumns(): { readonly columns: typeof columns } {
  return { columns }
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
): CreateTableBuilder<T, (typeof columns)[keyof typeof columns]> {
  const moment = sql.raw<string>(moments[dialect])
  return (
    table
      .addColumn('id', 'varchar(36)', (column) => column.primaryKey())
      // Text, so that it takes any primary key; write a column of your own for a foreign key.
      .addColumn('user_id', 'varchar(255)', (column) => column.notNull())
      .addColumn('name', 'varchar(255)')
      .addColumn('prefix', 'varchar(64)', (column) => column.notNull())
      .addColumn('hashed_key', 'varchar(43)', (column) => column.notNull().unique())
      .addColumn('scopes', 'text', (column) => column.notNull())
      .addColumn('epoch', 'integer')
      .addColumn('created_at', moment, (column) => column.notNull())
      .addColumn('expires_at', moment)
      .addColumn('last_used_at', moment)
      .addColumn('revoked_at', moment)
  )
}

const moments: Readonly<Record<Dialect, string>> = {
  postgresql: 'timestamp with time zone',
  mysql: 'datetime(3)',
  sqlite: 'datetime',
}
