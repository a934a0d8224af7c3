/** The migration as what a schema of Drizzle says, for the migration that is made of it. */
import type { Trouble } from '../diagnosis.ts'
import type { Need } from '../features.ts'
import { propertyOf } from '../orm.ts'
import { oneLine } from '../quote.ts'
import type { Dialect, InspectedTable } from '../table.ts'
import { randomEpoch } from './first-epochs.ts'
import type { MissingIndex } from './indexes.ts'
import { absentOf, epochNotes, schemaChange } from './schema-changes.ts'

const drizzleImports = { postgresql: 'postgres', mysql: 'mysql', sqlite: 'sqlite' } as const

export function drizzleMigration(
  table: InspectedTable,
  troubles: readonly Trouble[],
  indexes: readonly MissingIndex[],
): string {
  const absent = absentOf(troubles)
  const changes = [
    ...troubles.flatMap((one) => schemaChange(one, '.unique()', '{ length: 255 }')),
    ...indexes.map(indexOver),
  ]
  if (absent.length + changes.length === 0) return ''
  const { dialect } = table
  const notes = dialect === 'postgresql' ? [] : epochNotes(table, absent)
  const lines = [
    ...absent.map((need) => `  ${need.field}: ${drizzleColumn(need, dialect)},`),
    ...[...changes, ...notes].map((line) => `  ${line}`),
  ]
  return [
    `// in the table's definition, with builders of drizzle-orm/${coreOf(dialect)}${lines.some((line) => line.includes('sql`')) ? ' and sql of drizzle-orm' : ''}`,
    `// (a new table takes them all from authUserColumns() of crudauth/drizzle/${drizzleImports[dialect]})`,
    ...lines,
  ].join('\n')
}

function coreOf(dialect: Dialect): string {
  return { postgresql: 'pg-core', mysql: 'mysql-core', sqlite: 'sqlite-core' }[dialect]
}

function drizzleColumn(need: Need, dialect: Dialect): string {
  const { kind, column, length = 255, unique, initially } = need
  const end = unique ? '.unique()' : ''
  switch (kind) {
    case 'text':
      return dialect === 'sqlite'
        ? `text('${column}', { length: ${length} })${end}`
        : `varchar('${column}', { length: ${length} })${end}`
    case 'flag':
      return dialect === 'sqlite'
        ? `integer('${column}', { mode: 'boolean' }).notNull().default(${initially})`
        : `boolean('${column}').notNull().default(${initially})`
    case 'counter':
      return dialect === 'postgresql'
        ? `integer('${column}').notNull().default(sql\`${randomEpoch.postgresql}\`)`
        : `${dialect === 'mysql' ? 'int' : 'integer'}('${column}').notNull().default(0)`
    case 'moment':
      return {
        postgresql: `timestamp('${column}', { withTimezone: true })`,
        mysql: `datetime('${column}', { fsp: 3 })`,
        sqlite: `integer('${column}', { mode: 'timestamp_ms' })`,
      }[dialect]
  }
}

function indexOver({ table, name, columns }: MissingIndex): string {
  const properties = columns.map((column) => `table.${propertyOf('drizzle', column)}`).join(', ')
  return oneLine(
    `// ${table.name}: after the columns, (table) => [… unique('${name}').on(${properties})]`,
  )
}
