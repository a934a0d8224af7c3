/**
 * A Drizzle table in the words of the user-store port: its columns, and which are unique.
 */
import { type Column, getTableColumns, is, type Table } from 'drizzle-orm'
import { getTableConfig, SQLiteTable } from 'drizzle-orm/sqlite-core'
import { ConfigurationError } from '../../errors.ts'
import type { UserColumn } from '../../users/store.ts'

export interface TableDescription {
  readonly name: string
  readonly dialect: 'sqlite'
  /** By property. */
  readonly columns: ReadonlyMap<string, UserColumn>
  /** The properties that tell rows apart: the primary key and what is unique. */
  readonly keys: ReadonlySet<string>
}

/** @throws ConfigurationError for a table of a dialect that is not supported. */
export function describeTable(table: Table, tenant: string | undefined): TableDescription {
  if (!is(table, SQLiteTable)) {
    throw new ConfigurationError([
      'drizzleUsers was given something that is not a SQLite table; pass what sqliteTable() returned',
    ])
  }
  const config = getTableConfig(table)
  const byProperty = Object.entries<Column>(getTableColumns(table))
  const tenantColumn = byProperty.find(([property]) => property === tenant)?.[1].name
  const keys = uniqueKeys(config)
  const covered = (column: Column, by: readonly string[][]) =>
    by.some(
      (key) =>
        key.includes(column.name) &&
        key.every((name) => name === column.name || name === tenantColumn),
    )
  const isUnique = (column: Column) => column.isUnique || covered(column, keys)
  const primaryKeys = config.primaryKeys.map(({ columns }) => columns.map(({ name }) => name))
  const isKey = (column: Column) =>
    column.primary || isUnique(column) || covered(column, primaryKeys)
  return {
    name: config.name,
    dialect: 'sqlite',
    columns: new Map(
      byProperty.map(([property, column]) => [
        property,
        {
          property,
          column: column.name,
          type: typeOf(column),
          nullable: !column.notNull,
          unique: isUnique(column),
          hasDefault: column.hasDefault,
        },
      ]),
    ),
    keys: new Set(byProperty.filter(([, column]) => isKey(column)).map(([property]) => property)),
  }
}

/** The column names of every unique constraint and index that covers whole rows. */
function uniqueKeys(config: ReturnType<typeof getTableConfig>): string[][] {
  const constraints = config.uniqueConstraints.map(({ columns }) => columns.map(({ name }) => name))
  const indexes = config.indexes.flatMap(({ config: index }) => {
    // A partial index lets rows outside of it repeat; an expression is not a column.
    if (!index.unique || index.where !== undefined) return []
    const names = index.columns.map((column) => ('name' in column ? column.name : null))
    return names.includes(null) ? [] : [names as string[]]
  })
  return [...constraints, ...indexes]
}

function typeOf({ dataType }: Column): UserColumn['type'] {
  // Drizzle 1 writes the type with details, such as 'number int53' or 'object date'.
  const words = String(dataType).split(' ')
  for (const type of ['date', 'bigint', 'boolean', 'number', 'string'] as const) {
    if (words.includes(type)) return type
  }
  return 'other'
}
