/**
 * What `drizzle-kit pull` writes that does not compile, or is not what the table is: types that it
 * does not know, keys that it does not read from MariaDB, imports that it forgets.
 */
import { literal } from './codecs.ts'
import { defaultOf } from './column-values.ts'
import { propertyOf, pulledName, tableIn } from './orm.ts'
import { oneLine, quoteText } from './quote.ts'
import type { InspectedColumn, InspectedTable, TableMap } from './table.ts'

export interface Mends {
  /** Lines at the top of the schema. */
  readonly top: readonly string[]
  readonly tables: readonly TableMends[]
}

export interface TableMends {
  /** As the schema calls it. */
  readonly name: string
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

/** @param map Of the first of the tables. */
export function mendsOf(tables: readonly InspectedTable[], map: TableMap): Mends {
  const top = new Set<string>()
  const missing = missingImports(tables)
  for (const line of missing) top.add(line)
  if (tables.some(({ isMariaDb }) => isMariaDb)) {
    top.add(
      "// defaults that are pulled from MariaDB as texts ('NULL', 'current_timestamp()') are never written; correct them before you make a migration of this schema",
    )
  }
  const mended = tables.map((table, at): TableMends => {
    const lines = new Map<string, string>()
    const additions = new Map<string, string>()
    const keys: string[] = []
    if (at === 0) mendMoments(table, map, top, lines)
    if (table.dialect === 'postgresql') mendPostgres(table, top, lines)
    if (table.dialect === 'mysql') {
      mendNumbers(table, lines)
      if (table.isMariaDb) {
        mendPrimaryKey(table, additions, keys)
        mendTexts(table, lines)
      }
    }
    if (table.dialect === 'sqlite') {
      mendNumerics(table, lines)
      mendUnique(table, top, additions, keys)
    }
    return { name: tableIn('drizzle', table.name), lines, additions, keys }
  })
  return { top: [...top], tables: mended.filter(isMended) }
}

export function hasMends({ top, tables }: Mends): boolean {
  return top.some((line) => !line.startsWith('//')) || tables.length > 0
}

function isMended({ lines, additions, keys }: TableMends): boolean {
  return lines.size + additions.size + keys.length > 0
}

/** The fields that are moments to us, and that are pulled as text. */
const moments = ['oauthCreatedAt', 'oauthUpdatedAt'] as const

export function isMendedMoment(map: TableMap, column: string): boolean {
  return moments.some((field) => map[field]?.column === column)
}

function mendMoments(
  { dialect }: InspectedTable,
  map: TableMap,
  top: Set<string>,
  lines: Map<string, string>,
): void {
  const columns = moments.flatMap((field) => map[field]?.column ?? [])
  if (columns.length === 0) return
  const [builder, core, options] = {
    postgresql: ['timestamp', 'pg-core', '{ withTimezone: true }'],
    mysql: ['datetime', 'mysql-core', '{ fsp: 3 }'],
    sqlite: ['integer', 'sqlite-core', "{ mode: 'timestamp_ms' }"],
  }[dialect] as [string, string, string]
  top.add(`// ${builder} is imported from drizzle-orm/${core}`)
  for (const column of columns) {
    lines.set(propertyOf('drizzle', column), `${builder}(${quoteText(column)}, ${options})`)
  }
}

function mendPostgres(
  { columns }: InspectedTable,
  top: Set<string>,
  lines: Map<string, string>,
): void {
  for (const column of columns) {
    const isList = column.sqlType.endsWith('[]')
    const type = isList ? column.sqlType.slice(0, -2) : column.sqlType
    const isKnown = known.test(type) || (column.values !== undefined && !isList)
    const end = `${column.hasDefault ? '.default(sql`default`)' : ''}${column.nullable ? '' : '.notNull()'}`
    const property = propertyOf('drizzle', column.name)
    if (isKnown && !isList && defaultOf(column) === '') {
      // The pull leaves out one of the two quotes.
      const builder = /^character varying/.test(type)
        ? 'varchar'
        : /^character/.test(type)
          ? 'char'
          : 'text'
      const length = column.maxLength === undefined ? [] : [`length: ${column.maxLength}`]
      lines.set(property, built(builder, column, length, "''"))
      continue
    }
    if (isKnown) continue
    const name = customName(type) + (isList ? 'List' : '')
    const data = `${type === 'bytea' ? 'Buffer' : 'string'}${isList ? '[]' : ''}`
    top.add("import { customType } from 'drizzle-orm/pg-core'")
    top.add(
      `const ${name} = customType<{ data: ${data} }>({ dataType: () => ${quoteText(column.sqlType)} })`,
    )
    lines.set(property, `${name}(${quoteText(column.name)})${end}`)
  }
}

function customName(type: string): string {
  return pulledName(type.replace(/\(.*$/, '').replace(/\W+/g, ' ').trim())
}

/** What the pull forgets to import, as far as no other table has it imported. */
function missingImports(tables: readonly InspectedTable[]): string[] {
  const types = tables.flatMap(({ columns }) => columns.map(({ sqlType }) => sqlType))
  const [dialect] = tables.map((table) => table.dialect)
  if (dialect === 'mysql') {
    // Types whose size is written.
    const sized = types.flatMap(
      (type) => /^(tinyint|mediumint|bigint|timestamp|time|year)\(/.exec(type)?.[1] ?? [],
    )
    const plain = new Set(types.map((type) => type.replace(/ .*$/, '')))
    const missing = [...new Set(sized)].filter((one) => !plain.has(one))
    return missing.length === 0
      ? []
      : [`import { ${missing.join(', ')} } from 'drizzle-orm/mysql-core'`]
  }
  if (dialect !== 'sqlite') return []
  const texts = types.filter((type) =>
    /^(?:character|n?varchar|varying character|national|native|nchar|text|clob)/.test(type),
  )
  // A text with a length is not counted where the pull says what it imports.
  const isForgotten = texts.length > 0 && texts.every((type) => /\d/.test(type))
  return isForgotten ? ["import { text } from 'drizzle-orm/sqlite-core'"] : []
}

/**
 * MariaDB says NULL of a column without a default, which is pulled as a text, for numbers too; and
 * a default of 0 is left out.
 */
function mendNumbers({ columns, isMariaDb }: InspectedTable, lines: Map<string, string>): void {
  for (const column of columns) {
    const [, type] =
      /^(tinyint|smallint|mediumint|int|bigint|float|double)\b/.exec(column.sqlType) ?? []
    const isNull = isMariaDb && column.nullable && !column.hasDefault
    const isZero = /^(?:small|medium|big|flo|dou)/.test(type ?? '') && defaultOf(column) === 0
    if (type === undefined || !(isNull || isZero)) continue
    const options = [
      ...(type === 'bigint' ? ["mode: 'number'"] : []),
      ...(/unsigned/.test(column.sqlType) ? ['unsigned: true'] : []),
    ]
    lines.set(
      propertyOf('drizzle', column.name),
      built(type, column, options, isZero ? '0' : undefined),
    )
  }
}

/** MariaDB quotes its defaults, and what is pulled of the quotes does not compile. */
function mendTexts({ columns }: InspectedTable, lines: Map<string, string>): void {
  for (const column of columns) {
    const [, type] =
      /^(char|binary|varbinary|datetime|timestamp|date|time|tinytext|text|mediumtext|longtext|enum)\b/.exec(
        column.sqlType,
      ) ?? []
    const initial = defaultOf(column)
    if (type === undefined || typeof initial !== 'string') continue
    const property = propertyOf('drizzle', column.name)
    if (column.values) {
      const values = `[${column.values.map(quoteText).join(', ')}]`
      lines.set(property, builtOf('mysqlEnum', column, values, quoteText(initial)))
      continue
    }
    const [, size] = /\((\d+)\)/.exec(column.sqlType) ?? []
    const isMoment = /^(?:date|time)/.test(type)
    const options = [
      ...(isMoment && type !== 'time' ? ["mode: 'string'"] : []),
      ...(size === undefined ? [] : [`${isMoment ? 'fsp' : 'length'}: ${size}`]),
    ]
    lines.set(property, built(type, column, options, quoteText(initial)))
  }
}

/** A column as it stands in a schema. */
function built(
  builder: string,
  column: InspectedColumn,
  options: readonly string[],
  initial: string | undefined,
): string {
  return builtOf(builder, column, options.length === 0 ? '' : `{ ${options.join(', ')} }`, initial)
}

function builtOf(
  builder: string,
  { name, nullable }: InspectedColumn,
  second: string,
  initial: string | undefined,
): string {
  const rest = second === '' ? '' : `, ${second}`
  const start = initial === undefined ? '' : `.default(${initial})`
  return `${builder}(${quoteText(name)}${rest})${start}${nullable ? '' : '.notNull()'}`
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

/** What is unique without a name is not read from SQLite. */
function mendUnique(
  { uniqueKeys }: InspectedTable,
  top: Set<string>,
  additions: Map<string, string>,
  keys: string[],
): void {
  for (const { columns, unnamed } of uniqueKeys) {
    if (!unnamed) continue
    const properties = columns.map((column) => propertyOf('drizzle', column))
    const [only = '', ...more] = properties
    if (more.length === 0) additions.set(only, `${additions.get(only) ?? ''}.unique()`)
    else keys.push(`unique().on(${properties.map((one) => `table.${one}`).join(', ')})`)
  }
  if (keys.length > 0) top.add("import { unique } from 'drizzle-orm/sqlite-core'")
}

/** `numeric()` is text to Drizzle, and the pull gives it a number for its default. */
function mendNumerics({ columns }: InspectedTable, lines: Map<string, string>): void {
  for (const column of columns) {
    if (/int|char|clob|text|blob|real|floa|doub/.test(column.sqlType)) continue
    const initial = defaultOf(column)
    if (typeof initial !== 'number' && typeof initial !== 'boolean') continue
    const text = literal(String(Number(initial)))
    lines.set(propertyOf('drizzle', column.name), built('numeric', column, [], text))
  }
}

/** As it is printed, to be written into the schema. */
export function mendText({ top, tables }: Mends): string {
  const text = tables.flatMap(({ name, lines, additions, keys }) => [
    oneLine(`// in ${name}`),
    ...[...lines].map(([property, line]) => `  ${property}: ${line},`),
    ...[...additions].map(([property, addition]) => `  // ${property}: add ${addition}`),
    ...keys.map((key) => `  // after the columns, (table) => [… ${key}]`),
  ])
  return [...top, ...text].join('\n')
}
