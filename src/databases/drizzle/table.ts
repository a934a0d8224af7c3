/**
 * A Drizzle table, opened for one of our stores.
 */
import type { SQL, Table } from 'drizzle-orm'
import type { ColumnMap, MappedFields } from '../../users/column-map.ts'
import { type OpenTable, openTable } from '../table/open.ts'
import { describeTable } from './describe.ts'
import { roundingProblems } from './driver.ts'
import { drizzleStatements } from './statements.ts'

export interface DrizzleTableOptions {
  readonly misshapen?: readonly string[]
  readonly columns: ColumnMap
  readonly factors: ColumnMap
  readonly tenant: string | undefined
  readonly where: SQL | undefined
  readonly prepare: boolean
}

export function openDrizzleTable<Field extends string>(
  db: unknown,
  table: Table,
  { misshapen = [], columns, factors, tenant, where, prepare }: DrizzleTableOptions,
  fields: MappedFields<Field | 'id'>,
): OpenTable<Field | 'id'> {
  const description = describeTable(table, tenant, where)
  const opened = openTable(
    description,
    { adapter: 'drizzle', misshapen, columns, factors, tenant },
    fields,
    (known) => drizzleStatements(db, table, { ...known, where, prepare, description }),
  )
  const keys = fields.keys.map((field) => opened.map[field]).filter((key) => key !== undefined)
  const rounding = roundingProblems(db, table, description, keys)
  return { ...opened, problems: [...opened.problems, ...rounding] }
}
