/**
 * The store of API keys over a Drizzle table.
 */
import type { Table } from 'drizzle-orm'
import {
  type ApiKeyField,
  type ApiKeyStore,
  type ApiKeyTypes,
  apiKeyColumns,
} from '../../features/api-keys/store.ts'
import type { DrizzleDatabase, DrizzleTable } from '../drizzle.ts'
import type { PropertiesFor } from '../table/types.ts'
import { openDrizzleTable } from './table.ts'

export interface DrizzleApiKeysOptions<T extends DrizzleTable> {
  /** Where the table's names differ from the logical fields. */
  columns?: {
    readonly [Field in ApiKeyField]?: PropertiesFor<T['$inferSelect'], ApiKeyTypes[Field]>
  }
  /** The property that holds a row's tenant, where there are tenants. */
  tenant?: PropertiesFor<T['$inferSelect'], string>
  /** As of `drizzleUsers`. Default `true`. */
  prepare?: boolean
}

/**
 * What is wrong with the map is reported by `crudAuth()`, together with everything else.
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
  return openDrizzleTable<ApiKeyField>(
    db,
    table as unknown as Table,
    {
      columns: options.columns ?? {},
      factors: {},
      tenant: options.tenant as string | undefined,
      where: undefined,
      prepare: options.prepare ?? true,
    },
    apiKeyColumns,
  )
}
