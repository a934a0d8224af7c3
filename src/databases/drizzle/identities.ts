/**
 * The store of identities at providers over a Drizzle table.
 */
import {
  type IdentityRowStore,
  type IdentityRowTypes,
  identityRowTable,
} from '../../users/identity-table.ts'
import type { DrizzleDatabase, DrizzleTable } from '../drizzle.ts'
import { type DrizzleRowsOptions, drizzleRows } from './rows.ts'

/** The options of `drizzleIdentities()`. */
export type DrizzleIdentitiesOptions<T extends DrizzleTable> = DrizzleRowsOptions<
  T,
  IdentityRowTypes
>

/**
 * The store of identities over a Drizzle table. What is wrong with the map is reported by
 * `crudAuth()`, together with everything else.
 *
 * @example
 * ```ts
 * oauth({ providers, redirectBaseUrl, identities: drizzleIdentities(db, identities) })
 * ```
 */
export function drizzleIdentities<T extends DrizzleTable>(
  db: DrizzleDatabase,
  table: T,
  options: DrizzleIdentitiesOptions<T> = {},
): IdentityRowStore {
  return drizzleRows<T, IdentityRowTypes>(db, table, identityRowTable, options)
}
