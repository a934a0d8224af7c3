/**
 * Whether the driver below Drizzle rounds whole numbers above 2^53 − 1, as far as it shows without
 * a statement. Where it does not show, the table finds out row by row.
 */
import type { Column, Table } from 'drizzle-orm'
import type { Dialect } from '../table/description.ts'
import type { QueryDatabase } from './runner.ts'
import { columnsOf } from './structure.ts'

/**
 * What is wrong with the way of these keys, one sentence each. Columns whose values are numbers are
 * left alone: there a key that is too large is refused when it is read.
 *
 * @param keys Properties of the table.
 */
export function roundingProblems(
  database: unknown,
  table: Table,
  { name, dialect }: { readonly name: string; readonly dialect: Dialect },
  keys: readonly string[],
): string[] {
  const columns = columnsOf(table)
  const large = keys.filter((key) => isLarge(columns[key], dialect))
  if (large.length === 0) return []
  const told = rounding[dialect](database as Database, table)
  if (told === null) return []
  return large.map(
    (key) =>
      `'${key}' of ${name} holds whole numbers above 2^53 − 1, but ${told.finding}, so that one person could be taken for another; ${told.advice}`,
  )
}

/** Of 64 bits, and something else than a number to the application: a bigint, or text. */
function isLarge(column: Column | undefined, dialect: Dialect): boolean {
  if (column === undefined) return false
  const one = attempted(() => column.mapFromDriverValue(dialect === 'postgresql' ? '1' : 1))
  if (typeof one !== 'bigint' && typeof one !== 'string') return false
  const type = column.getSQLType().toLowerCase()
  return /^(?:big(?:int|serial)|int8)\b/.test(type) || (dialect === 'sqlite' && /^int/.test(type))
}

interface Rounding {
  readonly finding: string
  readonly advice: string
}

type Fields = Readonly<Record<string, unknown>>
type Database = { readonly $primary?: Database; readonly $client?: unknown } & QueryDatabase

/** By dialect: how a driver rounds, or `null` where it does not, or does not show it. */
const rounding: Readonly<Record<Dialect, (db: Database, table: Table) => Rounding | null>> = {
  postgresql(db, table) {
    const parse = int8Parser(primary(db), table)
    if (parse === null || String(parse(probe)) === probe) return null
    return {
      finding: 'the driver is told to read them as numbers (types.setTypeParser(20, …))',
      advice: 'leave that out, or write types.setTypeParser(20, BigInt)',
    }
  },
  mysql(db) {
    const config = mysql2Config(primary(db).$client)
    if (config === null || config['supportBigNumbers'] === true) return null
    return {
      finding: 'mysql2 rounds them as it comes',
      advice: 'create its pool with supportBigNumbers: true',
    }
  },
  sqlite(db) {
    if (!readsRounded(primary(db).$client)) return null
    return {
      finding: 'the driver rounds them as it comes',
      advice: 'call defaultSafeIntegers(true) of the better-sqlite3 database before crudAuth()',
    }
  },
}

/** The smallest whole number that a rounding driver changes. */
const probe = '9007199254740993'

function primary(db: Database): Database {
  return db.$primary ?? db
}

/**
 * How `bigint` is read: by what Drizzle hands to `pg`, or by the client of postgres.js or PGlite.
 */
function int8Parser(db: Database, table: Table): ((text: string) => unknown) | null {
  const parsers = [
    () => {
      const { queryConfig } = db.select().from(table).where(undefined).prepare('') as {
        readonly queryConfig?: {
          readonly types?: { getTypeParser?(type: number, format: string): unknown }
        }
      }
      return queryConfig?.types?.getTypeParser?.(20, 'text')
    },
    () => at(db.$client, 'options', 'parsers', '20'),
    () => at(db.$client, 'parsers', '20'),
  ]
  for (const read of parsers) {
    const parse = attempted(read)
    if (typeof parse === 'function') return (text) => attempted(() => parse(text)) ?? text
  }
  return null
}

/** Of a pool or a connection, with promises or callbacks; `null` for another driver. */
function mysql2Config(client: unknown): Fields | null {
  const config =
    at(client, 'pool', 'config') ?? at(client, 'connection', 'config') ?? at(client, 'config')
  const ofConnections = at(config, 'connectionConfig') ?? config
  return isFields(ofConnections) && 'supportBigNumbers' in ofConnections ? ofConnections : null
}

/** Only of a driver that is synchronous and answers there and then. */
function readsRounded(client: unknown): boolean {
  const row = attempted(() =>
    (client as { prepare(text: string): { get(): unknown } }).prepare(`select ${probe} as n`).get(),
  )
  return typeof at(row, 'n') === 'number'
}

function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((from, name) => (isFields(from) ? from[name] : undefined), value)
}

function isFields(value: unknown): value is Fields {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

/** Drivers are looked at, never relied on: what they do not show is `undefined`. */
function attempted<Value>(look: () => Value): Value | undefined {
  try {
    return look()
  } catch {
    return undefined
  }
}
