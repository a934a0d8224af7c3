/**
 * A Drizzle table, opened for one of our stores.
 */
import type { SQL, Table } from 'drizzle-orm'
import { ConfigurationError } from '../../errors.ts'
import type { ColumnMap, MappedFields } from '../../users/column-map.ts'
import { type NewKey, type OpenTable, openTable } from '../table/open.ts'
import { describeTable } from './describe.ts'
import { roundingProblems } from './driver.ts'
import { type DrizzlePasswordFacts, openPasswords } from './passwords.ts'
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
  readonly passwords?: DrizzlePasswordFacts | undefined
}

export function openDrizzleTable<Field extends string>(
  db: unknown,
  table: Table,
  options: DrizzleTableOptions,
  fields: MappedFields<Field | 'id'>,
): OpenTable<Field | 'id'> {
  requireDatabase(db)
  const { misshapen = [], columns, factors, tenant, where, prepare, newKey } = options
  const described = describeTable(table, tenant, where)
  const id = typeof columns['id'] === 'string' ? columns['id'] : 'id'
  const isKeyAlone = tenant === undefined || describeTable(table, undefined, where).keys.has(id)
  const users = { description: described, columns, isKeyAlone }
  const isTold = structureOf(Object(options.passwords).table) !== null
  const passwords =
    isTold && options.passwords ? openPasswords(db, options.passwords, users, prepare) : undefined
  const shapeless =
    options.passwords && !isTold
      ? [
          'passwords.table is not a table; pass what pgTable(), mysqlTable() or sqliteTable() returned',
        ]
      : []
  const description = passwords?.users ?? described
  const opened = openTable(
    description,
    {
      adapter: 'drizzle',
      misshapen: [...misshapen, ...shapeless, ...(passwords?.problems ?? [])],
      columns: passwords?.columns ?? columns,
      factors,
      tenant,
      newKey,
    },
    fields,
    (known) => {
      const more = { where, prepare, description, joined: passwords?.read }
      const statements = drizzleStatements(db, table, { ...known, ...more })
      return passwords?.statements(statements, known.id) ?? statements
    },
  )
  const keys = fields.keys.map((field) => opened.map[field]).filter((key) => key !== undefined)
  const rounding = roundingProblems(db, table, described, keys)
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
  if (typeof given['selectFrom'] === 'function') {
    throw new ConfigurationError([
      "drizzleUsers and its like were given a Kysely; write kyselyUsers(db, 'users', { … }) from crudauth/kysely",
    ])
  }
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
