/**
 * The store of API keys over a Drizzle table.
 */
import type { Table } from 'drizzle-orm'
import {
  type ApiKeyField,
  type ApiKeyStore,
  type ApiKeyTypes,
  apiKeyColumns,
} from '../../transports/api-keys/store.ts'
import type { DrizzleDatabase, DrizzleTable, PropertiesFor } from '../drizzle.ts'
import { openTable } from './table.ts'

export interface DrizzleApiKeysOptions<T extends DrizzleTable> {
  /** Where the table's names differ from the logical fields. */
  columns?: {
    readonly [Field in ApiKeyField]?: PropertiesFor<T['$inferSelect'], ApiKeyTypes[Field]>
  }
  /** The property that holds a row's tenant, where there are tenants. */
  tenant?: PropertiesFor<T['$inferSelect'], string>
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
  const { store, statements, confined } = openTable<ApiKeyField>(
    db,
    table as unknown as Table,
    {
      columns: (options.columns ?? {}) as Record<string, unknown>,
      tenant: options.tenant as string | undefined,
    },
    apiKeyColumns,
  )
  return {
    ...store,
    find: async (property, value, scope) => statements.find(property, value, confined(scope)),
    list: async (property, value, scope) => statements.list(property, value, confined(scope)),
    insert: async (values, scope) => statements.insert(values, confined(scope), undefined),
    update: async (id, values, scope, when) => statements.update(id, values, confined(scope), when),
  }
}
