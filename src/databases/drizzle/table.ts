/**
 * A Drizzle table, opened for one of our stores.
 */
import type { SQL, Table } from 'drizzle-orm'
import { ConfigurationError } from '../../errors.ts'
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
  requireDatabase(db)
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

/** @throws ConfigurationError for what is no database of Drizzle's, or has no connection. */
function requireDatabase(db: unknown): void {
  const { select, $client: client } = Object(db) as { select?: unknown; $client?: unknown }
  if (typeof select !== 'function') {
    throw new ConfigurationError([
      'the first argument of drizzleUsers and its like must be a database; write drizzleUsers(drizzle(process.env.DATABASE_URL), users), with what drizzle() returned',
    ])
  }
  if ('$client' in Object(db) && client === undefined) {
    throw new ConfigurationError([
      'drizzle() was given no connection, so that every statement would fail; write drizzle(process.env.DATABASE_URL), and set that variable',
    ])
  }
}
