/**
 * What `drizzle-kit pull` writes that does not compile, or is not what the table is: types that it
 * does not know, keys that it does not read from MariaDB, imports that it forgets.
 */
import { literal } from './codecs.ts'
import { defaultOf } from './keeps-out.ts'
import { propertyOf } from './orm.ts'
import { quoteText } from './quote.ts'
import type { InspectedColumn, InspectedTable, TableMap } from './table.ts'

export interface Mend {
  /** Lines at the top of the schema. */
  readonly top: readonly string[]
  /** By property: the line to write instead. */
  readonly lines: ReadonlyMap<string, string>
  /** By property: what to add to its line. */
  readonly additions: ReadonlyMap<string, string>
  /** Further entries of the list after the columns. */
  readonly keys: readonly string[]
}

/** What is pulled from PostgreSQL; of other types `unknown()`. */
const known =
  /^(?:smallint|integer|bigint|boolean|text|character varying|character|numeric|real|double precision|jsonb?|time|timestamp|date|interval|cidr|inet|macaddr8?|uuid|vector|point|line|geometry|bit|halfvec|sparsevec)\b/

export function mendsOf(table: InspectedTable, map: TableMap): Mend {
  const top: string[] = []
  const lines = new Map<string, string>()
  const additions = new Map<string, string>()
  const keys: string[] = []
  mendMoments(table, map, top, lines)
  if (table.dialect === 'postgresql') mendPostgres(table, top, lines)
  if (table.dialect === 'mysql') {
    const missing = missingImports(table)
    if (missing.length > 0) {
      top.push(`import { ${missing.join(', ')} } from 'drizzle-orm/mysql-core'`)
    }
    if (table.isMariaDb) mendPrimaryKey(table, additions, keys)
  }
  if (table.dialect === 'sqlite') mendSqlite(table, lines)
  return { top, lines, additions, keys }
}

export function hasMends({ top, lines, additions, keys }: Mend): boolean {
  return top.length + lines.size + additions.size + keys.length > 0
}

/** The fields that are moments to us, and that are pulled as text. */
const moments = ['oauthCreatedAt', 'oauthUpdatedAt'] as const

export function isMendedMoment(map: TableMap, column: string): boolean {
  return moments.some((field) => map[field]?.column === column)
}

function mendMoments(
  { dialect }: InspectedTable,
  map: TableMap,
  top: string[],
  lines: Map<string, string>,
): void {
  const columns = moments.flatMap((field) => map[field]?.column ?? [])
  if (columns.length === 0) return
  const [builder, core, options] = {
    postgresql: ['timestamp', 'pg-core', '{ withTimezone: true }'],
    mysql: ['datetime', 'mysql-core', '{ fsp: 3 }'],
    sqlite: ['integer', 'sqlite-core', "{ mode: 'timestamp_ms' }"],
  }[dialect] as [string, string, string]
  top.push(`// ${builder} is imported from drizzle-orm/${core}`)
  for (const column of columns) {
    lines.set(propertyOf('drizzle', column), `${builder}(${quoteText(column)}, ${options})`)
  }
}

function mendPostgres(
  { columns }: InspectedTable,
  top: string[],
  lines: Map<string, string>,
): void {
  const made = new Set<string>()
  for (const column of columns) {
    const type = column.sqlType.replace(/\[\]$/, '')
    if (column.values || known.test(type) || /^"/.test(type)) continue
    const name = `${type.replace(/\(.*$/, '').replace(/\W+(\w)?/g, (_, letter = '') => letter.toUpperCase())}`
    if (!made.has(name)) {
      made.add(name)
      const data = type === 'bytea' ? 'Buffer' : 'string'
      top.push(
        `const ${name} = customType<{ data: ${data} }>({ dataType: () => ${quoteText(type)} })`,
      )
    }
    const array = column.sqlType.endsWith('[]') ? '.array()' : ''
    lines.set(
      propertyOf('drizzle', column.name),
      `${name}(${quoteText(column.name)})${array}${column.hasDefault ? '.default(sql`default`)' : ''}${column.nullable ? '' : '.notNull()'}`,
    )
  }
  if (made.size > 0) top.unshift("import { customType } from 'drizzle-orm/pg-core'")
}

/** The pull forgets to import types whose size is written. */
function missingImports({ columns }: InspectedTable): string[] {
  const base = ({ sqlType }: InspectedColumn) =>
    /^(tinyint|mediumint|bigint|timestamp|time|year)\(/.exec(sqlType)?.[1]
  const plain = new Set(columns.map(({ sqlType }) => sqlType.replace(/ .*$/, '')))
  return [...new Set(columns.flatMap((column) => base(column) ?? []))].filter(
    (one) => !plain.has(one),
  )
}

/** MariaDB's primary keys are not read. */
function mendPrimaryKey(
  { uniqueKeys }: InspectedTable,
  additions: Map<string, string>,
  keys: string[],
): void {
  const columns = uniqueKeys.find(({ primary }) => primary)?.columns ?? []
  const properties = columns.map((column) => propertyOf('drizzle', column))
  const [only, ...more] = properties
  if (only === undefined) return
  if (more.length === 0) additions.set(only, '.primaryKey()')
  else keys.push(`primaryKey({ columns: [${properties.map((one) => `table.${one}`).join(', ')}] })`)
}

/** `numeric()` is text to Drizzle, and the pull gives it a number for its default. */
function mendSqlite({ columns }: InspectedTable, lines: Map<string, string>): void {
  for (const column of columns) {
    if (/int|char|clob|text|blob|real|floa|doub/.test(column.sqlType)) continue
    const initial = defaultOf(column)
    if (typeof initial !== 'number' && typeof initial !== 'boolean') continue
    const text = literal(String(Number(initial)))
    lines.set(
      propertyOf('drizzle', column.name),
      `numeric(${quoteText(column.name)}).default(${text})${column.nullable ? '' : '.notNull()'}`,
    )
  }
}

/** As it is printed, to be written into the schema. */
export function mendText(mend: Mend): string {
  return [
    ...mend.top,
    ...[...mend.lines].map(([property, line]) => `  ${property}: ${line},`),
    ...[...mend.additions].map(([property, addition]) => `  // ${property}: add ${addition}`),
    ...mend.keys.map((key) => `  // after the columns, (table) => [… ${key}]`),
  ].join('\n')
}
