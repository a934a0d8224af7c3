/**
 * Creates a table of a Drizzle schema, as a migration of the application would.
 */
import type { Database } from 'better-sqlite3'
import { getTableConfig, type SQLiteTable } from 'drizzle-orm/sqlite-core'

export function createTable(sqlite: Database, table: SQLiteTable): void {
  const { name, columns, uniqueConstraints, indexes } = getTableConfig(table)
  const lines = columns.map((column) =>
    [
      `"${column.name}" ${column.getSQLType()}`,
      column.primary ? 'primary key' : '',
      column.notNull ? 'not null' : '',
      column.isUnique ? 'unique' : '',
    ].join(' '),
  )
  for (const { columns } of uniqueConstraints) {
    lines.push(`unique (${columns.map((column) => `"${column.name}"`).join(', ')})`)
  }
  sqlite.exec(`create table "${name}" (${lines.join(', ')})`)
  for (const { config } of indexes) {
    const names = config.columns.map((column) => `"${(column as { name: string }).name}"`)
    const unique = config.unique ? 'unique' : ''
    sqlite.exec(`create ${unique} index "${config.name}" on "${name}" (${names.join(', ')})`)
  }
}
