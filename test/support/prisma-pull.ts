/**
 * The schema that `prisma db pull` writes of a database, for the tests: the engine that does it is
 * a download, and not in the registry.
 *
 * It follows what Prisma documents and its introspection is tested for: names by "Introspection"
 * (what is no identifier loses its beginning up to the first letter, other characters become `_`,
 * and `@map` or `@@map` keep them), types by the mappings of each connector in the schema reference
 * (`@db.` where it is not what Prisma would make by itself), `Unsupported("…")` for the rest (on
 * SQLite all but a short list, `bool` and `datetime(6)` too), defaults as functions or
 * `dbgenerated("…")`, relation fields on both sides of a foreign key, `map:` where an index is not
 * called as Prisma would call it, `@@ignore` where nothing tells rows apart. Indexes with a
 * condition or of expressions are left out, as they are without a preview feature.
 */
import { catalogueOf } from './prisma-pull/catalogue.ts'
import { typeOf } from './prisma-pull/types.ts'

export type Dialect = 'postgresql' | 'mysql' | 'sqlite'

export type Query = (sql: string) => Promise<Record<string, unknown>[]>

export interface Column {
  readonly name: string
  /** As the database writes it, in lower case: `character varying(255)`. */
  readonly type: string
  readonly nullable: boolean
  readonly default: string | null
  readonly isNumbered: boolean
  /** Of an enumeration: its name and its labels. */
  readonly labels?: readonly [name: string, labels: readonly string[]]
}

export interface Index {
  readonly name: string
  readonly columns: readonly string[]
  readonly unique: boolean
  /** By column: how many characters count. */
  readonly lengths?: Readonly<Record<string, number>>
}

export interface ForeignKey {
  readonly name: string
  readonly columns: readonly string[]
  readonly table: string
  readonly targets: readonly string[]
  readonly onDelete: string
  readonly onUpdate: string
}

export interface Table {
  readonly name: string
  /** Of PostgreSQL. */
  readonly schema?: string
  readonly columns: readonly Column[]
  readonly primary: readonly string[]
  readonly indexes: readonly Index[]
  readonly foreign: readonly ForeignKey[]
}

/** The whole `schema.prisma`, with a generator that writes beside it. */
export async function pulledSchema(dialect: Dialect, query: Query): Promise<string> {
  const tables = await catalogueOf(dialect, query)
  const schemas = [...new Set(tables.flatMap(({ schema }) => schema ?? []))]
  // Prisma writes schemas only where somebody asked for others than its own.
  const isOne = schemas.every((schema) => schema === 'public')
  const labels = new Map(
    tables.flatMap(({ columns }) =>
      columns.flatMap((column) => (column.labels ? [column.labels] : [])),
    ),
  )
  const schemaLine = isOne ? '' : `  schemas  = [${schemas.map((one) => `"${one}"`).join(', ')}]\n`
  return [
    'generator client {\n  provider = "prisma-client"\n  output   = "client"\n}',
    `datasource db {\n  provider = "${dialect}"\n${schemaLine}}`,
    ...tables.map((table) => modelOf(dialect, table, tables, isOne)),
    ...[...labels].map((one) => enumOf(one, isOne ? undefined : schemas[0])),
  ].join('\n\n')
}

function modelOf(dialect: Dialect, table: Table, tables: readonly Table[], isOne: boolean): string {
  const name = identifier(table.name)
  const { columns, primary, indexes } = table
  const lines = columns.map((column) => fieldLine(dialect, table, column))
  lines.push(...relationLines(table, tables))
  const several = (list: readonly string[], lengths: Index['lengths'] = {}) =>
    list
      .map(
        (one) => identifier(one) + (lengths[one] === undefined ? '' : `(length: ${lengths[one]})`),
      )
      .join(', ')
  const ends: string[] = []
  if (primary.length > 1) ends.push(`@@id([${several(primary)}])`)
  for (const { columns: of, unique, name: called, lengths } of indexes) {
    if (unique && of.length === 1 && !lengths) continue
    const [mark, suffix] = unique ? ['@@unique', 'key'] : ['@@index', 'idx']
    const usual = `${table.name}_${of.join('_')}_${suffix}`
    ends.push(`${mark}([${several(of, lengths)}]${called === usual ? '' : `, map: "${called}"`})`)
  }
  const isKept = columns.some(
    ({ name: column, nullable }) =>
      !nullable &&
      indexes.some((one) => one.unique && one.columns.length === 1 && one.columns[0] === column),
  )
  if (primary.length === 0 && !isKept) ends.push('@@ignore')
  if (name !== table.name) ends.push(`@@map("${table.name}")`)
  if (!isOne) ends.push(`@@schema("${table.schema}")`)
  return [
    `model ${name} {`,
    ...lines.map((line) => `  ${line}`),
    ...(ends.length > 0 ? ['', ...ends.map((line) => `  ${line}`)] : []),
    '}',
  ].join('\n')
}

function fieldLine(dialect: Dialect, table: Table, column: Column): string {
  const { name, nullable, labels, isNumbered } = column
  const isKey = table.primary.length === 1 && table.primary[0] === name
  const isList = dialect === 'postgresql' && column.type.endsWith('[]')
  const { type, native } = labels
    ? { type: identifier(labels[0]), native: undefined }
    : typeOf(dialect, column.type.replace(/\[\]$/, ''))
  const unique = table.indexes.find(
    (one) => one.unique && !one.lengths && one.columns.length === 1 && one.columns[0] === name,
  )
  const initial = isNumbered ? 'autoincrement()' : defaultOf(column, type, isList)
  const field = identifier(name)
  return [
    field,
    type + (isList ? '[]' : nullable && !table.primary.includes(name) ? '?' : ''),
    ...(isKey ? ['@id'] : []),
    ...(unique && !isKey
      ? [unique.name === `${table.name}_${name}_key` ? '@unique' : `@unique(map: "${unique.name}")`]
      : []),
    ...(initial === undefined ? [] : [`@default(${initial})`]),
    ...(field === name ? [] : [`@map("${name}")`]),
    ...(native === undefined ? [] : [`@db.${native}`]),
  ].join(' ')
}

/** What the schema says of a default; nothing where it cannot. */
function defaultOf(
  { default: text, labels }: Column,
  type: string,
  isList: boolean,
): string | undefined {
  if (text === null || /^null(?:::.*)?$/i.test(text)) return undefined
  const bare = text.replace(/^\((.*)\)$/, '$1').replace(/::[\w\s"().]+(?:\[\])?$/, '')
  if (isList) {
    const list = /^array\[(.*)\]$/i.exec(bare)?.[1]
    const members = list?.match(/'(?:[^']|'')*'/g)?.map((one) => one.slice(1, -1)) ?? []
    return list === undefined
      ? undefined
      : `[${members.map((one) => (labels ? one : JSON.stringify(one))).join(', ')}]`
  }
  const quoted = /^'((?:[^']|'')*)'$/s.exec(bare)?.[1]?.replaceAll("''", "'")
  const generated = `dbgenerated(${JSON.stringify(text)})`
  if (type.startsWith('Unsupported')) return generated
  if (type === 'DateTime') {
    return /^(?:now\(\)|current_timestamp(?:\(\d*\))?)$/i.test(bare) ? 'now()' : generated
  }
  const value = quoted ?? bare
  switch (type) {
    case 'Boolean':
      return /^(?:true|1|b'1')$/i.test(value)
        ? 'true'
        : /^(?:false|0|b'0')$/i.test(value)
          ? 'false'
          : generated
    case 'Int':
    case 'BigInt':
    case 'Float':
    case 'Decimal':
      return /^-?\d+(?:\.\d+)?$/.test(value) ? value : generated
    case 'String':
    case 'Json':
      // MySQL writes texts without quotes, or with them.
      return quoted === undefined && /\(/.test(bare) ? generated : JSON.stringify(value)
    default:
      return labels ? identifier(value) : generated
  }
}

function enumOf(
  [name, labels]: readonly [string, readonly string[]],
  schema: string | undefined,
): string {
  const model = identifier(name)
  const lines = labels.map((label) => {
    const plain = identifier(label)
    if (label === '') return 'EMPTY_ENUM_VALUE @map("")'
    if (plain === '') return `// ${label} @map("${label}")`
    return plain === label ? label : `${plain} @map("${label}")`
  })
  const ends = [
    ...(model === name ? [] : [`@@map("${name}")`]),
    ...(schema === undefined ? [] : [`@@schema("${schema}")`]),
  ]
  return [`enum ${model} {`, ...[...lines, ...ends].map((line) => `  ${line}`), '}'].join('\n')
}

/** The fields of both sides of each foreign key that ends or begins here. */
function relationLines(table: Table, tables: readonly Table[]): string[] {
  const taken = new Set(table.columns.map(({ name }) => identifier(name)))
  const nameOf = (key: ForeignKey, from: Table) =>
    `${identifier(from.name)}_${key.columns.map(identifier).join('_')}To${identifier(key.table)}`
  const forward = table.foreign.map((key) => {
    const model = identifier(key.table)
    const isAlone = table.foreign.filter(({ table: to }) => to === key.table).length === 1
    const isSelf = key.table === table.name
    const isPlain = isAlone && !isSelf
    const relation = nameOf(key, table)
    const field = isPlain && !taken.has(model) ? model : `${model}_${relation}`
    const isOptional = key.columns.some(
      (name) => table.columns.find((column) => column.name === name)?.nullable,
    )
    const usual = isOptional ? 'SetNull' : 'Restrict'
    const parts = [
      ...(isPlain ? [] : [`"${relation}"`]),
      `fields: [${key.columns.map(identifier).join(', ')}]`,
      `references: [${key.targets.map(identifier).join(', ')}]`,
      ...(key.onDelete === usual ? [] : [`onDelete: ${key.onDelete}`]),
      ...(key.onUpdate === 'Cascade' ? [] : [`onUpdate: ${key.onUpdate}`]),
    ]
    return `${field} ${model}${isOptional ? '?' : ''} @relation(${parts.join(', ')})`
  })
  const backward = tables.flatMap((from) =>
    from.foreign
      .filter((key) => key.table === table.name)
      .map((key) => {
        const model = identifier(from.name)
        const isAlone = from.foreign.filter(({ table: to }) => to === key.table).length === 1
        const isPlain = isAlone && from !== table
        const relation = nameOf(key, from)
        const isOne = [
          from.primary,
          ...from.indexes.filter(({ unique }) => unique).map(({ columns }) => columns),
        ].some((columns) => columns.join() === key.columns.join())
        const field = isPlain && !taken.has(model) ? model : `other_${model}_${relation}`
        return `${field} ${model}${isOne ? '?' : '[]'}${isPlain ? '' : ` @relation("${relation}")`}`
      }),
  )
  return [...forward, ...backward]
}

/** A name of the database as one of a schema. */
export function identifier(name: string): string {
  return name.replace(/^[^A-Za-z]+/, '').replace(/\W/g, '_')
}
