/**
 * What `prisma db pull` takes for `Unsupported`, and what to write instead: a model with such a
 * field that must have a value inserts no rows, and cannot say what stands in it.
 */
import { literal } from './codecs.ts'
import { defaultOf } from './column-values.ts'
import type { Mends, TableMends } from './mends.ts'
import { propertyOf } from './orm.ts'
import { oneLine } from './quote.ts'
import { type InspectedColumn, type InspectedTable, uniquenessIn } from './table.ts'

/** The types that it knows. */
const known = {
  postgresql:
    /^(?:smallint|integer|bigint|oid|boolean|text|citext|character|numeric|money|real|double precision|jsonb?|time|timestamp|date|inet|uuid|xml|bit|bytea)\b/,
  mysql: /^(?!geometry|point|linestring|polygon|multi|geometrycollection)/,
  // Of the many names that SQLite allows these alone, as a whole.
  sqlite:
    /^(?:int|integer|bigint|serial|real|float|double|boolean|text|date|datetime|timestamp|binary|blob|jsonb)$|char|numeric|decimal/,
} as const

function isKnown(table: InspectedTable, { sqlType, values }: InspectedColumn): boolean {
  return values !== undefined || known[table.dialect].test(sqlType)
}

export function prismaMendsOf(tables: readonly InspectedTable[]): Mends {
  const mended = tables.map((table): TableMends => {
    // A model keeps its capital, which the client's property has not.
    const name = propertyOf('prisma', table.name.slice(table.name.lastIndexOf('.') + 1))
    return { name, lines: linesOf(table), additions: new Map(), keys: [] }
  })
  return { top: [], tables: mended.filter(({ lines }) => lines.size > 0) }
}

function linesOf(table: InspectedTable): Map<string, string> {
  const lines = new Map<string, string>()
  for (const column of table.columns) {
    const type = isKnown(table, column) ? null : insteadOf(table, column)
    if (type === null) continue
    const property = propertyOf('prisma', column.name)
    const initial = defaultOf(column)
    const attributes = [
      ...(uniquenessIn(table, column.name) === 'yes' ? ['@unique'] : []),
      ...(initial === null || initial === undefined ? [] : [`@default(${spelled(initial, type)})`]),
      ...(property === column.name ? [] : [`@map("${column.name}")`]),
    ]
    lines.set(property, [`${type}${column.nullable ? '?' : ''}`, ...attributes].join(' '))
  }
  return lines
}

/** Only SQLite's types are names that nothing holds to. */
function insteadOf({ dialect }: InspectedTable, { type, sqlType }: InspectedColumn): string | null {
  if (dialect !== 'sqlite') return null
  if (type === 'number') return /big|int8/.test(sqlType) ? 'BigInt' : 'Int'
  return { boolean: 'Boolean', string: 'String', date: 'DateTime', bigint: 'BigInt', other: null }[
    type
  ]
}

function spelled(value: string | number | boolean | bigint, type: string): string {
  if (type === 'Boolean') return String(Boolean(Number(value === true ? 1 : value)))
  return typeof value === 'string' ? JSON.stringify(value) : literal(value)
}

/** Fields without which no row is inserted, and that Prisma writes nothing into. */
export function prismaProblems(table: InspectedTable): string[] {
  return table.columns
    .filter((column) => !isKnown(table, column) && insteadOf(table, column) === null)
    .filter(({ nullable, hasDefault }) => !nullable && !hasDefault)
    .map(
      ({ name, sqlType }) =>
        `${name} must have a value, and is of the type ${sqlType}, which Prisma does not know, so that it inserts no rows; give the column a default`,
    )
}

/** As it is printed, to be written into the models. */
export function prismaMendText({ tables }: Mends): string {
  return tables
    .flatMap(({ name, lines }) => [
      oneLine(`// in ${name}`),
      ...[...lines].map(([property, line]) => `  ${property} ${line}`),
    ])
    .join('\n')
}
