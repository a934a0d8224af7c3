/**
 * Rows of another table read beside ours, through Kysely: by a left join, so that a row without
 * one is there all the same.
 *
 * The other's columns keep their names, of which the application need not have told all; ours,
 * which are told, get others.
 */
import { type CompiledQuery, type Kysely, type RawBuilder, sql } from 'kysely'
import { castable, comparisonOf } from '../table/beside.ts'
import type { TableDescription } from '../table/description.ts'
import type { Pair, Row } from '../table/statements.ts'

/** One of our tables, for the statements of another. */
export class KyselyPart {
  readonly database: object
  /** The column of the primary key. */
  readonly id: string
  readonly tenant: string | undefined
  readonly description: TableDescription

  constructor(parts: KyselyPart) {
    this.database = parts.database
    this.id = parts.id
    this.tenant = parts.tenant
    this.description = parts.description
  }
}

type Database = Kysely<Record<string, Record<string, unknown>>>

/** Where the values of a call go. */
export interface Places {
  readonly value: unknown
  readonly tenant: unknown
  readonly theirTenant: unknown
}

export interface Pairs {
  /** The rows of ours with a value in this column. */
  query(column: string, places: Places): CompiledQuery
  pairOf(found: Row): Pair
}

/**
 * `null` where the two tables cannot be read together.
 *
 * @param reference The column that has the other's primary key.
 */
export function pairsOf(
  ours: KyselyPart,
  reference: string,
  part: object | undefined,
): Pairs | null {
  if (!(part instanceof KyselyPart) || part.database !== ours.database) return null
  const { dialect, name, columns } = ours.description
  const theirName = part.description.name
  const comparison = comparisonOf(
    dialect,
    part.description.columns.get(part.id),
    columns.get(reference),
  )
  if (comparison === null || theirName === name) return null
  const own = sql.ref(`${name}.${reference}`)
  const compared = comparison === 'plain' ? own : keyIn(own, comparison, dialect)
  const aliases = [...columns.keys()].map((column, n) => [column, `crudauth${n}`] as const)
  const ownNames = new Set<string>(aliases.map(([, alias]) => alias))
  return {
    query(column, { value, tenant, theirTenant }) {
      const on = [
        sql`${sql.ref(`${theirName}.${part.id}`)} = ${compared}`,
        ...tenantIs(part, theirTenant),
      ]
      const asked = sql`${sql.ref(`${name}.${column}`)} = ${unplanned(value, dialect)}`
      const where = [asked, ...tenantIs(ours, tenant)]
      return (ours.database as Database)
        .selectFrom(name)
        .leftJoin(theirName, (join) => join.on(sql<boolean>`${sql.join(on, sql` and `)}`))
        .selectAll(theirName)
        .select(aliases.map(([of, alias]) => sql.ref(`${name}.${of}`).as(alias)))
        .where(sql<boolean>`${sql.join(where, sql` and `)}`)
        .compile()
    },
    pairOf(found) {
      const row: Row = {}
      for (const [column, alias] of aliases) row[column] = found[alias]
      const other: Row = {}
      for (const column in found) if (!ownNames.has(column)) other[column] = found[column]
      return { row, other: other[part.id] === null ? null : other }
    },
  }
}

function tenantIs({ tenant, description }: KyselyPart, of: unknown): RawBuilder<unknown>[] {
  if (tenant === undefined) return []
  const column = sql.ref(`${description.name}.${tenant}`)
  const isText = description.columns.get(tenant)?.type === 'string'
  return [
    sql`${column} = ${unplanned(of, description.dialect)}`,
    ...(description.dialect === 'mysql' && isText
      ? [sql`binary convert(${column} using utf8mb4) = binary convert(${of} using utf8mb4)`]
      : []),
  ]
}

/**
 * A value that SQLite does not look at when it plans a join. Where it is compiled with
 * `SQLITE_ENABLE_STAT4`, as better-sqlite3 is, it would plan the statement anew for every value,
 * which takes ten times as long as the statement itself.
 */
function unplanned(value: unknown, dialect: TableDescription['dialect']): RawBuilder<unknown> {
  return dialect === 'sqlite' ? sql`+${value}` : sql`${value}`
}

/** The key that a text stands for, or nothing. Its own column is compared by its index. */
function keyIn(
  column: RawBuilder<unknown>,
  comparison: keyof typeof castable,
  dialect: TableDescription['dialect'],
): RawBuilder<unknown> {
  const isKey = sql`${column} ${sql.raw(dialect === 'mysql' ? 'regexp' : '~')} ${sql.lit(castable[comparison])}`
  const type = comparison === 'uuid' ? 'uuid' : dialect === 'mysql' ? 'signed' : 'bigint'
  return sql`case when ${isKey} then cast(${column} as ${sql.raw(type)}) end`
}
