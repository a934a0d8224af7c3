/**
 * The store of one kind of row over a Drizzle table.
 */
import type { Table } from 'drizzle-orm'
import { mappedFields, type RowStore, type RowTable } from '../../rows/row-store.ts'
import type { DrizzleDatabase, DrizzleTable } from '../drizzle.ts'
import type { PropertiesFor, RowColumnsOf } from '../table/types.ts'
import { openDrizzleTable } from './table.ts'

export interface DrizzleRowsOptions<T extends DrizzleTable, Types> {
  /** Where the table's names differ from the logical fields. */
  columns?: RowColumnsOf<T['$inferSelect'], Types>
  /** The property that holds a row's tenant, where there are tenants. */
  tenant?: PropertiesFor<T['$inferSelect'], string | number | bigint>
  /** As of `drizzleUsers`. Default `true`. */
  prepare?: boolean
}

/** What is wrong with the map is reported by `crudAuth()`, together with everything else. */
export function drizzleRows<T extends DrizzleTable, Types extends { id: unknown }>(
  db: DrizzleDatabase,
  table: T,
  kind: RowTable<keyof Types & string>,
  options: DrizzleRowsOptions<T, Types>,
): RowStore<keyof Types & string> {
  return openDrizzleTable<keyof Types & string>(
    db,
    table as unknown as Table,
    {
      columns: options.columns ?? {},
      factors: {},
      tenant: options.tenant as string | undefined,
      where: undefined,
      prepare: options.prepare ?? true,
    },
    mappedFields(kind),
  )
}
