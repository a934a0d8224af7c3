/**
 * The store of identities at providers over a Kysely table, and a new table of them.
 */
import type { CreateTableBuilder, Kysely } from 'kysely'
import {
  type IdentityRowField,
  type IdentityRowStore,
  type IdentityRowTypes,
  identityRowTable,
} from '../../users/identity-table.ts'
import type { Dialect } from '../table/description.ts'
import type { SnakeCase } from '../table/user-columns.ts'
import { addRowColumns, type RowColumns, rowColumns } from './row-columns.ts'
import { type KyselyRowsOptions, kyselyRows } from './rows.ts'

/** The options of `kyselyIdentities()`. */
export type KyselyIdentitiesOptions<DB, T extends keyof DB & string> = KyselyRowsOptions<
  DB,
  T,
  IdentityRowTypes
>

/**
 * The store of identities over a Kysely table. The columns of `identityKey` and `accountKey` must
 * be unique, each by itself, which Kysely cannot tell.
 *
 * @example
 * ```ts
 * kyselyIdentities(db, 'identities', authIdentityColumns())
 * ```
 *
 * @throws ConfigurationError when the dialect cannot be told.
 */
export function kyselyIdentities<DB, T extends keyof DB & string>(
  db: Kysely<DB>,
  table: T,
  options: KyselyIdentitiesOptions<DB, T>,
): IdentityRowStore {
  return kyselyRows<DB, T, IdentityRowTypes>(db, table, identityRowTable, options)
}

/**
 * The options of `kyselyIdentities` for a table with the columns of `addAuthIdentityColumns`.
 *
 * @example
 * ```ts
 * kyselyIdentities(db, 'identities', authIdentityColumns())
 * ```
 */
export function authIdentityColumns(): { readonly columns: RowColumns<IdentityRowField> } {
  return { columns: rowColumns(identityRowTable) }
}

/**
 * Adds the columns to a table that is being made. Give it an index on `user_id`, by which
 * identities are listed, and end them with their user: `on delete cascade`.
 *
 * @example
 * ```ts
 * await db.schema
 *   .createTable('identities')
 *   .$call((table) => addAuthIdentityColumns(table, 'postgresql'))
 *   .execute()
 * ```
 */
export function addAuthIdentityColumns<T extends string>(
  table: CreateTableBuilder<T, never>,
  dialect: Dialect,
): CreateTableBuilder<T, SnakeCase<IdentityRowField>> {
  return addRowColumns(table, identityRowTable, dialect)
}
