/**
 * A Drizzle table, opened for one of our stores.
 */
import type { SQL, Table } from 'drizzle-orm'
import { ConfigurationError } from '../../errors.ts'
import type { ColumnMap, MappedFields } from '../../users/column-map.ts'
import { type NewKey, type OpenTable, openTable } from '../table/open.ts'
import { describeTable } from './describe.ts'
import { roundingProblems } from './driver.ts'
import { poolOf } from './pool.ts'
import { drizzleStatements } from './statements.ts'
import { structureOf } from './structure.ts'

export interface DrizzleTableOptions {
  readonly misshapen?: readonly string[]
  readonly columns: ColumnMap
  readonly factors: ColumnMap
  readonly tenant: string | undefined
  readonly where: SQL | undefined
  readonly prepare: boolean
  readonly newKey?: NewKey | undefined
}

export function openDrizzleTable<Field extends string>(
  db: unknown,
  table: Table,
  { misshapen = [], columns, factors, tenant, where, prepare, newKey }: DrizzleTableOptions,
  fields: MappedFields<Field | 'id'>,
): OpenTable<Field | 'id'> {
  requireDatabase(db)
  const description = describeTable(table, tenant, where)
  const opened = openTable(
    description,
    { adapter: 'drizzle', misshapen, columns, factors, tenant, newKey },
    fields,
    (known) => drizzleStatements(db, table, { ...known, where, prepare, description }),
  )
  const keys = fields.keys.map((field) => opened.map[field]).filter((key) => key !== undefined)
  const rounding = roundingProblems(db, table, description, keys)
  return { ...opened, pool: poolOf(db), problems: [...opened.problems, ...rounding] }
}

/**
 * @throws ConfigurationError for a driver's own client, a table, or nothing in the place of a
 *   database; and for a database without a connection, as `drizzle(undefined)` of node-postgres is.
 */
function requireDatabase(db: unknown): void {
  const given = Object(db) as Readonly<Record<string, unknown>>
  const isClient = ['prepare', 'query', 'unsafe'].some((name) => typeof given[name] === 'function')
  const isDatabase = typeof given['select'] === 'function'
  if (given !== db || structureOf(db as Table) !== null || (isClient && !isDatabase)) {
    throw new ConfigurationError([
      'the first argument of drizzleUsers and its like must be a database; write drizzleUsers(drizzle(process.env.DATABASE_URL), users), with what drizzle() returned',
    ])
  }
  if ('$client' in given && given['$client'] === undefined) {
    throw new ConfigurationError([
      'drizzle() was given no connection, so that every statement would fail; write drizzle(process.env.DATABASE_URL), and set that variable',
    ])
  }
}
