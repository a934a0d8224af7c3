/**
 * The store of API keys over a Drizzle table.
 */
import { type ApiKeyStore, type ApiKeyTypes, apiKeyTable } from '../../features/api-keys/store.ts'
import type { DrizzleDatabase, DrizzleTable } from '../drizzle.ts'
import { type DrizzleRowsOptions, drizzleRows } from './rows.ts'

/** The options of `drizzleApiKeys()`. */
export type DrizzleApiKeysOptions<T extends DrizzleTable> = DrizzleRowsOptions<T, ApiKeyTypes>

/**
 * The store of API keys over a Drizzle table. What is wrong with the map is reported by
 * `crudAuth()`, together with everything else.
 *
 * @example
 * ```ts
 * apiKeys({ keys: drizzleApiKeys(db, keys) })
 * ```
 */
export function drizzleApiKeys<T extends DrizzleTable>(
  db: DrizzleDatabase,
  table: T,
  options: DrizzleApiKeysOptions<T> = {},
): ApiKeyStore {
  return drizzleRows<T, ApiKeyTypes>(db, table, apiKeyTable, options)
}
