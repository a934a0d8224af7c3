/**
 * Rows of another table read beside ours, through Drizzle: by a left join, so that a row without
 * one is there all the same.
 */
import type { Column, SQL, SQLWrapper, Table } from 'drizzle-orm'
// The package's own index loads half of PostgreSQL's dialect.
import { and, eq, sql } from 'drizzle-orm/sql'
import { castable, comparisonOf } from '../table/beside.ts'
import type { TableDescription } from '../table/description.ts'
import type { Query, QueryDatabase } from './runner.ts'
import { columnsOf, isOfKind } from './structure.ts'

/** One of our tables, for the statements of another. */
export class DrizzlePart {
  readonly database: QueryDatabase
  readonly table: Table
  /** The property of the primary key. */
  readonly id: string
  readonly description: TableDescription
  /** What is read of each row. */
  readonly fields: Readonly<Record<string, unknown>>
  readonly prepare: boolean
  readonly where: SQL | undefined
  /** What every row of it meets, its tenant under a placeholder of this name. */
  readonly ours: (tenant: string) => readonly (SQL | undefined)[]

  constructor(parts: DrizzlePart) {
    this.database = parts.database
    this.table = parts.table
    this.id = parts.id
    this.description = parts.description
    this.fields = parts.fields
    this.prepare = parts.prepare
    this.where = parts.where
    this.ours = parts.ours
  }
}

/**
 * A value that SQLite does not look at when it plans a join. Where it is compiled with
 * `SQLITE_ENABLE_STAT4`, as better-sqlite3 is, it would plan the statement anew for every value,
 * which takes ten times as long as the statement itself.
 */
export function unplanned(value: SQLWrapper): SQL {
  return sql`+${value}`
}

/** Whether a condition has values, which SQLite would look at. */
function hasValues(part: unknown): boolean {
  if (Array.isArray(part)) return part.some(hasValues)
  if (isOfKind(part, 'SQL')) return hasValues((part as SQL).queryChunks)
  return !(
    part === undefined || ['StringChunk', 'Column', 'Table'].some((kind) => isOfKind(part, kind))
  )
}

/** The name of the placeholder of the other table's tenant. */
export const theirTenant = 'their tenant'

/**
 * The rows that meet a condition, as pairs; `null` where the two tables cannot be read together.
 *
 * @param reference The property that has the other's primary key.
 */
export function pairsOf(
  ours: DrizzlePart,
  reference: string,
  part: object | undefined,
): ((condition: SQL | undefined) => Query) | null {
  if (!(part instanceof DrizzlePart) || part.database !== ours.database) return null
  // Behind a pooler that cannot follow names no statement of either has one.
  if (part.prepare !== ours.prepare) return null
  const { dialect } = ours.description
  if (dialect === 'sqlite' && hasValues(part.where)) return null
  const comparison = comparisonOf(
    dialect,
    part.description.columns.get(part.id),
    ours.description.columns.get(reference),
  )
  // Drizzle joins no table with itself.
  if (comparison === null || part.description.name === ours.description.name) return null
  const key = columnsOf(part.table)[part.id] as Column
  const own = columnsOf(ours.table)[reference] as Column
  const compared = comparison === 'plain' ? own : keyIn(own, comparison, dialect)
  const on = and(eq(key, compared), ...part.ours(theirTenant))
  return (condition) => {
    const query = ours.database
      .select({ row: ours.fields, other: part.fields })
      .from(ours.table)
      .leftJoin(part.table, on)
      .where(condition)
    // With this map Drizzle asks of each column in turn whether there was a row to join. Its key
    // says so once: a row that is not there has none.
    if ('joinsNotNullableMap' in query) query.joinsNotNullableMap = undefined
    return query
  }
}

/** The key that a text stands for, or nothing. Its own column is compared by its index. */
function keyIn(
  column: Column,
  comparison: keyof typeof castable,
  dialect: TableDescription['dialect'],
): SQL {
  const isKey = sql`${column} ${sql.raw(dialect === 'mysql' ? 'regexp' : '~')} ${sql.raw(`'${castable[comparison]}'`)}`
  const type = comparison === 'uuid' ? 'uuid' : dialect === 'mysql' ? 'signed' : 'bigint'
  return sql`case when ${isKey} then cast(${column} as ${sql.raw(type)}) end`
}
