/**
 * The store of API keys over a Kysely table.
 */
import type { Kysely } from 'kysely'
import { type ApiKeyStore, type ApiKeyTypes, apiKeyTable } from '../../features/api-keys/store.ts'
import { type KyselyRowsOptions, kyselyRows } from './rows.ts'

/** The options of `kyselyApiKeys()`. */
export type KyselyApiKeysOptions<DB, T extends keyof DB & string> = KyselyRowsOptions<
  DB,
  T,
  ApiKeyTypes
>

/**
 * The store of API keys over a Kysely table. What is wrong with the map is reported by
 * `crudAuth()`, together with everything else. `name`, `epoch`, `expiresAt` and `lastUsedAt` may be
 * missing. The column of `hashedKey` must be unique, which Kysely cannot tell.
 *
 * @example
 * ```ts
 * apiKeys({ keys: kyselyApiKeys(db, 'api_keys', authApiKeyColumns()) })
 * ```
 *
 * @throws ConfigurationError when the dialect cannot be told.
 */
export function kyselyApiKeys<DB, T extends keyof DB & string>(
  db: Kysely<DB>,
  table: T,
  options: KyselyApiKeysOptions<DB, T>,
): ApiKeyStore {
  return kyselyRows<DB, T, ApiKeyTypes>(db, table, apiKeyTable, options)
}
