/**
 * A Drizzle table in the words of all adapters: its columns, and which are unique.
 */
import type { Column, SQL, Table } from 'drizzle-orm'
import { ConfigurationError } from '../../errors.ts'
import type { UserColumn } from '../../users/store.ts'
import type { Dialect, Holding, TableColumn, TableDescription } from '../table/description.ts'
import { type Key, uniqueness } from '../table/keys.ts'
import { columnsOf, isOfKind, structureOf, type TableStructure } from './structure.ts'

/**
 * @param where The condition that every row of ours meets: an index over just those rows counts.
 * @param fixed Columns of which every lookup names the value, besides.
 * @throws ConfigurationError for something that is not a table of a known dialect.
 */
export function describeTable(
  table: Table,
  tenant: string | undefined,
  where: SQL | undefined,
  fixed: readonly string[] = [],
): TableDescription {
  const structure = structureOf(table)
  if (structure === null) {
    throw new ConfigurationError([
      'the second argument of drizzleUsers and its like must be a table; write drizzleUsers(db, users), with what pgTable(), mysqlTable() or sqliteTable() returned',
    ])
  }
  const { dialect, name, schema } = structure
  const byProperty = Object.entries(columnsOf(table))
  const propertyOf = new Map(byProperty.map(([property, { name }]) => [name, property]))
  const ours = {
    tenant: byProperty.find(([property]) => property === tenant)?.[1].name,
    where: where && chunksOf(where),
    fixed,
  }
  const keys = uniqueKeys(structure)
  const primaryKeys = structure.primaryKeys.map(
    ({ columns }): Key => ({ columns: columns.map((column) => column.name), folds: false }),
  )

  const isUnique = (column: Column) =>
    column.isUnique || uniqueness(keys, column.name, ours) === 'yes'
  const isKey = (column: Column) =>
    column.primary || isUnique(column) || uniqueness(primaryKeys, column.name, ours) === 'yes'
  // MySQL's default collations tell no cases apart, and an index follows its column's.
  const isCaselessKey = (column: Column) =>
    dialect === 'mysql'
      ? isUnique(column)
      : uniqueness(
          keys.filter(({ folds }) => folds),
          column.name,
          ours,
        ) === 'folded'
  const properties = (which: (column: Column) => boolean) =>
    new Set(byProperty.filter(([, column]) => which(column)).map(([property]) => property))

  return {
    name: schema === undefined ? name : `${schema}.${name}`,
    dialect,
    columns: new Map(
      byProperty.map(([property, column]) => [
        property,
        describeColumn(property, column, dialect, isUnique(column)),
      ]),
    ),
    keys: properties(isKey),
    caselessKeys: properties(isCaselessKey),
    constraints: constraintsOf(keys, byProperty, propertyOf),
    largeKeys: largeKeys[dialect],
    conditionOn: byProperty.flatMap(([property, { name }]) =>
      ours.where?.includes(`"${name}"`) ? [property] : [],
    ),
  }
}

function describeColumn(
  property: string,
  column: Column,
  dialect: Dialect,
  unique: boolean,
): TableColumn {
  return {
    property,
    column: column.name,
    type: typeOf(column),
    nullable: !column.notNull,
    unique,
    hasDefault: column.hasDefault || column.generated !== undefined,
    ...sizeOf(column, dialect),
    ...(column.enumValues?.length ? { values: column.enumValues } : {}),
    holds: holdingOf(column, dialect),
  }
}

const largeKeys: Readonly<Record<Dialect, string>> = {
  postgresql:
    "declare the column as bigint({ mode: 'bigint' }), and leave out types.setTypeParser(20, …) of pg or write types.setTypeParser(20, BigInt)",
  mysql:
    "create the mysql2 pool with supportBigNumbers: true, and declare the column as bigint({ mode: 'bigint' })",
  sqlite:
    'call defaultSafeIntegers(true) of the better-sqlite3 database, and declare the column as a customType whose values are bigint',
}

/** Every unique constraint and index. */
function uniqueKeys(structure: TableStructure): Key[] {
  const constraints = structure.uniqueConstraints.map(
    (constraint): Key => ({
      name: constraint.getName?.(),
      columns: constraint.columns.map(({ name }) => name),
      folds: false,
    }),
  )
  const indexes = structure.indexes.flatMap(({ config: index }): Key[] => {
    if (!index.unique) return []
    const parts = index.columns.map(indexPart)
    if (!parts.every((part) => part !== null)) return []
    const columns = parts.map(({ column }) => column)
    const folds = parts.some((part) => part.folds)
    return [{ name: index.name, columns, folds, where: index.where ? chunksOf(index.where) : null }]
  })
  return [...constraints, ...indexes]
}

/** A column of an index, or `lower()` of one; another expression is not a column. */
function indexPart(part: unknown): { column: string; folds: boolean } | null {
  if (!isOfKind(part, 'SQL')) return { column: (part as Column).name, folds: false }
  const text = chunksOf(part)
  const column = /^\s*lower\(\s*\(?"?([^"()]+?)"?\)?(?:::\w+)?\s*\)\s*$/i.exec(text)?.[1]
  return column === undefined ? null : { column, folds: true }
}

/** An expression as text, without a dialect: good for comparing, never for running. */
function chunksOf(part: unknown): string {
  if (Array.isArray(part)) return part.map(chunksOf).join('')
  if (isOfKind(part, 'Table')) return ''
  if (isOfKind(part, 'SQL')) return chunksOf((part as SQL).queryChunks)
  const { name, value } = (part ?? {}) as { name?: unknown; value?: unknown }
  if (Array.isArray(value)) return value.join('')
  if (typeof name === 'string') return `"${name}"`
  const written = value === undefined ? part : value
  if (typeof written === 'string') return `'${written.replaceAll("'", "''")}'`
  return JSON.stringify(written, (_, one) => (typeof one === 'bigint' ? String(one) : one)) ?? ''
}

function constraintsOf(
  keys: readonly Key[],
  byProperty: readonly (readonly [string, Column])[],
  propertyOf: ReadonlyMap<string, string>,
): Map<string, readonly string[]> {
  const constraints = new Map<string, readonly string[]>()
  for (const [property, { isUnique, uniqueName, primary }] of byProperty) {
    if (isUnique && uniqueName) constraints.set(uniqueName, [property])
    if (primary) constraints.set('PRIMARY', [property])
  }
  for (const { name, columns } of keys) {
    if (name === undefined) continue
    constraints.set(
      name,
      columns.flatMap((column) => propertyOf.get(column) ?? []),
    )
  }
  return constraints
}

function typeOf({ dataType }: Column): UserColumn['type'] {
  // Drizzle 1 writes the type with details, such as 'number int53' or 'object date'.
  const words = String(dataType).split(' ')
  for (const type of ['date', 'bigint', 'boolean', 'number', 'string'] as const) {
    if (words.includes(type)) return type
  }
  return 'other'
}

function holdingOf(column: Column, dialect: Dialect): Holding {
  const sqlType = column.getSQLType().toLowerCase()
  return {
    unsigned: sqlType.includes('unsigned'),
    uuid: sqlType === 'uuid',
    padded: /^char(?:acter)?\(/.test(sqlType),
    collated: dialect === 'mysql',
    encode: (value) => column.mapToDriverValue(value),
  }
}

function sizeOf(column: Column, dialect: Dialect): Pick<TableColumn, 'maxLength' | 'integerBits'> {
  const sqlType = column.getSQLType().toLowerCase()
  const { length } = column as { length?: unknown }
  if (typeof length === 'number') return { maxLength: length }
  if (/^tinyint/.test(sqlType)) return { integerBits: 8 }
  if (/^small(?:int|serial)/.test(sqlType)) return { integerBits: 16 }
  if (/^mediumint/.test(sqlType)) return { integerBits: 24 }
  if (/^(?:int|serial)/.test(sqlType)) {
    return { integerBits: dialect === 'sqlite' ? 64 : 32 }
  }
  return /^big(?:int|serial)/.test(sqlType) ? { integerBits: 64 } : {}
}
