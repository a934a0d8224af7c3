/**
 * Creates a table of a Drizzle schema, as a migration of the application would.
 */
import type { Database } from 'better-sqlite3'
import { is, SQL, type Table } from 'drizzle-orm'
import { MySqlDialect, MySqlTable, getTableConfig as mysqlConfig } from 'drizzle-orm/mysql-core'
import { PgDialect, PgTable, getTableConfig as postgresConfig } from 'drizzle-orm/pg-core'
import {
  SQLiteSyncDialect,
  type SQLiteTable,
  getTableConfig as sqliteConfig,
} from 'drizzle-orm/sqlite-core'

export function createTable(sqlite: Database, table: SQLiteTable): void {
  for (const statement of tableStatements(table)) sqlite.exec(statement)
}

/** The statements that create the table and its indexes, in its own dialect. */
export function tableStatements(table: Table): string[] {
  const { dialect, config } = is(table, PgTable)
    ? { dialect: new PgDialect(), config: postgresConfig(table) }
    : is(table, MySqlTable)
      ? { dialect: new MySqlDialect(), config: mysqlConfig(table) }
      : { dialect: new SQLiteSyncDialect(), config: sqliteConfig(table as SQLiteTable) }
  const quoted = (name: string) => dialect.escapeName(name)
  // An index is declared over the bare column, without its table.
  const text = (part: unknown) =>
    is(part, SQL)
      ? dialect.sqlToQuery(part).sql.replaceAll(`${quoted(config.name)}.`, '')
      : quoted((part as { name: string }).name)

  const lines = config.columns.map((column) =>
    [
      quoted(column.name),
      column.getSQLType(),
      (column as { autoIncrement?: unknown }).autoIncrement === true && is(table, MySqlTable)
        ? 'auto_increment'
        : '',
      column.primary ? 'primary key' : '',
      column.notNull ? 'not null' : '',
      column.default === undefined
        ? ''
        : `default ${is(column.default, SQL) ? text(column.default) : `'${Number(column.default) || column.default}'`}`,
    ].join(' '),
  )
  for (const column of config.columns) {
    if (column.isUnique) {
      lines.push(`constraint ${quoted(column.uniqueName ?? '')} unique (${quoted(column.name)})`)
    }
  }
  for (const constraint of config.uniqueConstraints) {
    const name = constraint.getName()
    const columns = constraint.columns.map(({ name }) => quoted(name)).join(', ')
    lines.push(`constraint ${quoted(name ?? columns)} unique (${columns})`)
  }
  for (const { columns } of config.primaryKeys) {
    lines.push(`primary key (${columns.map(({ name }) => quoted(name)).join(', ')})`)
  }
  return [
    `create table ${quoted(config.name)} (${lines.join(', ')})`,
    ...config.indexes.map(({ config: index }) => {
      const parts = (index.columns as unknown[]).map(text).join(', ')
      const where = 'where' in index && index.where ? `where ${text(index.where)}` : ''
      const unique = index.unique ? 'unique' : ''
      return `create ${unique} index ${quoted(index.name ?? '')} on ${quoted(config.name)} (${parts}) ${where}`
    }),
  ]
}
