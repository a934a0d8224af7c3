/**
 * The migration that would give the table what it lacks: as SQL, and as the source of a schema.
 */
import type { Finding, Trouble } from './diagnosis.ts'
import type { Need } from './features.ts'
import { afterAdding, fillEpochs, initialEpoch, randomEpoch } from './first-epochs.ts'
import { oneLine, quoteName, quoteTable, quoteText } from './quote.ts'
import { columnNamed, type Dialect, type InspectedTable } from './table.ts'

/** `sql` is run; the others are pasted into a schema or a migration. */
export type MigrationFormat = 'sql' | 'drizzle' | 'kysely' | 'prisma'

export const migrationFormats: readonly MigrationFormat[] = ['sql', 'drizzle', 'kysely', 'prisma']

/** Nothing that rows hold is dropped or rewritten; what needs a decision is left as a comment. */
export function migrationOf(
  table: InspectedTable,
  findings: readonly Finding[],
  format: MigrationFormat,
): string {
  const wanted = withoutRepetition(findings)
  const troubles = wanted.flatMap((finding) => finding.troubles)
  const absent = troubles.filter(({ kind }) => kind === 'absent').map(({ need }) => need)
  switch (format) {
    case 'sql':
      return sqlMigration(table, wanted)
    case 'drizzle': {
      const changes = troubles.flatMap((one) => schemaChange(one, '.unique()', '{ length: 255 }'))
      return drizzleColumns(table, absent, changes)
    }
    case 'kysely':
      return kyselyMigration(table, troubles)
    case 'prisma': {
      const changes = troubles.flatMap((one) => schemaChange(one, '@unique', '@db.VarChar(255)'))
      const fields = absent.map((need) => prismaField(need, table.dialect))
      return [...fields, ...changes, ...epochNotes(table, absent)]
        .map((line) => `  ${line}`)
        .join('\n')
    }
  }
}

/** What is to be written to a column that the schema has already. */
function schemaChange(trouble: Trouble, unique: string, wide: string): string[] {
  if (!('column' in trouble)) return []
  const told = (what: string) => [oneLine(`// ${trouble.need.field} (${trouble.column}): ${what}`)]
  switch (trouble.kind) {
    case 'not unique':
      return told(`add ${unique}`)
    case 'short':
      return told(`make it longer, with ${wide}`)
    case 'type':
      return told(`holds ${trouble.found}; map another column or convert it`)
    case 'folded':
      return []
  }
}

/** An address that logs in and recovers is one column with one trouble. */
function withoutRepetition(findings: readonly Finding[]): Finding[] {
  const seen = new Set<string>()
  const isNew = ({ kind, need }: Trouble) => {
    const name = `${kind} ${need.field}`
    if (seen.has(name)) return false
    seen.add(name)
    return true
  }
  return findings.map((finding) => ({ ...finding, troubles: finding.troubles.filter(isNew) }))
}

function sqlMigration(table: InspectedTable, findings: readonly Finding[]): string {
  return findings
    .flatMap(({ feature, troubles }) => {
      const statements = troubles.flatMap((trouble) => sqlFor(table, trouble))
      return statements.length === 0 ? [] : [`-- ${feature.name}`, ...statements]
    })
    .join('\n')
}

function sqlFor(table: InspectedTable, trouble: Trouble): string[] {
  const { name, dialect } = table
  const q = (column: string) => quoteName(column, dialect)
  const quoted = quoteTable(name, dialect)
  const { need } = trouble
  switch (trouble.kind) {
    case 'absent': {
      if (need.field === 'id')
        return [comment(`${name} has no primary key that could be used; map or add one`)]
      const statement = `alter table ${quoted} add column ${q(need.column)} ${sqlType(need, dialect)};`
      if (need.kind === 'counter') return [statement, ...afterAdding(table, need.column)]
      return need.unique ? [statement, uniqueIndex(table, need.column)] : [statement]
    }
    case 'not unique':
      return [
        comment(
          `fails while two rows share a value; they are found with: select ${q(trouble.column)}, count(*) from ${quoted} group by ${q(trouble.column)} having count(*) > 1;`,
        ),
        uniqueIndex(table, trouble.column),
      ]
    case 'short':
      return widened(table, trouble.column)
    case 'type':
      return [
        comment(
          `${trouble.column} holds ${trouble.found}, where ${need.field} needs ${need.types[0]}; map another column or convert it`,
        ),
      ]
    case 'folded':
      return []
  }
}

function comment(text: string): string {
  return `-- ${oneLine(text)}`
}

/** MySQL forgets of a column what is not said again. */
function widened(table: InspectedTable, column: string): string[] {
  const { dialect } = table
  const [quoted, name] = [quoteTable(table.name, dialect), quoteName(column, dialect)]
  switch (dialect) {
    case 'sqlite':
      return []
    case 'postgresql':
      return [`alter table ${quoted} alter column ${name} type varchar(255);`]
    case 'mysql': {
      const { nullable = true, hasDefault = false } = columnNamed(table, column) ?? {}
      const rest = nullable ? '' : ' not null'
      return [
        comment(`say its collation${hasDefault ? ' and its default' : ''} again, if not the usual`),
        `alter table ${quoted} modify column ${name} varchar(255)${rest};`,
      ]
    }
  }
}

function indexName(table: string, column: string): string {
  return `${table.slice(table.lastIndexOf('.') + 1)}_${column}_key`
}

function uniqueIndex({ name, dialect }: InspectedTable, column: string): string {
  const index = quoteName(indexName(name, column), dialect)
  return `create unique index ${index} on ${quoteTable(name, dialect)} (${quoteName(column, dialect)});`
}

function sqlType({ kind, length = 255, initially, unique }: Need, dialect: Dialect): string {
  switch (kind) {
    case 'text':
      // Existing rows have none yet; several may lack a value even where it is unique.
      return unique || dialect !== 'sqlite' ? `varchar(${length})` : 'text'
    case 'flag':
      return `boolean not null default ${dialect === 'postgresql' ? initially : Number(initially)}`
    case 'counter':
      return `integer not null default ${initialEpoch(dialect)}`
    case 'moment':
      return { postgresql: 'timestamp with time zone', mysql: 'datetime(3)', sqlite: 'datetime' }[
        dialect
      ]
  }
}

const drizzleImports = { postgresql: 'postgres', mysql: 'mysql', sqlite: 'sqlite' } as const

/** What a schema cannot say, for the migration that is made from it. */
function epochNotes(table: InspectedTable, absent: readonly Need[]): string[] {
  return absent
    .filter(({ kind }) => kind === 'counter')
    .flatMap(({ column }) => [
      '// at the end of the migration, so that each row has an epoch of its own:',
      oneLine(`// ${fillEpochs(table, column)}`),
    ])
}

function drizzleColumns(
  table: InspectedTable,
  absent: readonly Need[],
  changes: readonly string[],
): string {
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

function kyselyMigration(table: InspectedTable, troubles: readonly Trouble[]): string {
  const { name, dialect } = table
  const name_ = quoteText(name)
  const absent = troubles.filter(({ kind, need }) => kind === 'absent' && need.field !== 'id')
  // SQLite adds one column at a time.
  const added = absent.flatMap(({ need }) => {
    const type = sqlType(need, dialect).replace(/ not null.*$/, '')
    const rest = kyselyConstraints(need, dialect)
    return [
      `  await db.schema.alterTable(${name_}).addColumn('${need.column}', sql\`${type}\`${rest}).execute()`,
      ...(need.kind === 'counter' ? kyselyEpochs(table, need.column) : []),
    ]
  })
  const widths = troubles.flatMap((trouble) =>
    trouble.kind === 'short' ? kyselyWidened(table, trouble.column) : [],
  )
  const indexes = troubles
    .filter(({ kind, need }) => kind === 'not unique' || (kind === 'absent' && need.unique))
    .map((trouble) => {
      const column = 'column' in trouble ? trouble.column : trouble.need.column
      return `  await db.schema.createIndex(${quoteText(indexName(name, column))}).unique().on(${name_}).column(${quoteText(column)}).execute()`
    })
  const types = troubles
    .filter(({ kind }) => kind === 'type')
    .flatMap((one) => schemaChange(one, '', '').map((line) => `  ${line}`))
  const statements = [...added, ...widths, ...indexes, ...types]
  if (statements.length === 0) return ''
  return [
    `import { type Kysely${statements.some((one) => one.includes('sql`')) ? ', sql' : ''} } from 'kysely'`,
    '',
    'export async function up(db: Kysely<never>): Promise<void> {',
    ...statements,
    '}',
  ].join('\n')
}

/** MySQL forgets of a column what is not said again. */
function kyselyWidened(table: InspectedTable, column: string): string[] {
  const [name, of] = [quoteText(table.name), quoteText(column)]
  switch (table.dialect) {
    case 'sqlite':
      return []
    case 'postgresql':
      return [
        `  await db.schema.alterTable(${name}).alterColumn(${of}, (column) => column.setDataType('varchar(255)')).execute()`,
      ]
    case 'mysql': {
      const { nullable = true, hasDefault = false } = columnNamed(table, column) ?? {}
      const rest = nullable ? '' : ', (column) => column.notNull()'
      return [
        `  // say its collation${hasDefault ? ' and its default' : ''} again, if not the usual`,
        `  await db.schema.alterTable(${name}).modifyColumn(${of}, 'varchar(255)'${rest}).execute()`,
      ]
    }
  }
}

function kyselyConstraints({ kind, initially }: Need, dialect: Dialect): string {
  if (kind === 'flag') {
    const value = dialect === 'postgresql' ? initially : Number(initially)
    return `, (column) => column.notNull().defaultTo(${value})`
  }
  if (kind !== 'counter') return ''
  const value = dialect === 'postgresql' ? `sql\`${randomEpoch.postgresql}\`` : '0'
  return `, (column) => column.notNull().defaultTo(${value})`
}

/** As `afterAdding` has it. */
function kyselyEpochs({ name, dialect }: InspectedTable, column: string): string[] {
  if (dialect === 'postgresql') return []
  const [table, of] = [quoteText(name), quoteText(column)]
  const fill = `  await sql\`update \${sql.table(${table})} set \${sql.ref(${of})} = ${randomEpoch[dialect]}\`.execute(db)`
  if (dialect === 'sqlite') return [fill]
  return [
    '  // also touches columns that are declared on update current_timestamp',
    fill,
    `  await db.schema.alterTable(${table}).alterColumn(${of}, (column) => column.setDefault(sql\`(${randomEpoch.mysql})\`)).execute()`,
  ]
}

function prismaField(
  { field, column, kind, length = 255, unique, initially }: Need,
  dialect: Dialect,
): string {
  const mapped = column === field ? '' : ` @map("${column}")`
  switch (kind) {
    case 'text':
      return `${field} String?${unique ? ' @unique' : ''}${mapped}${dialect === 'sqlite' ? '' : ` @db.VarChar(${length})`}`
    case 'flag':
      return `${field} Boolean @default(${initially})${mapped}`
    case 'counter':
      return `${field} Int @default(0)${mapped}`
    case 'moment':
      return `${field} DateTime?${mapped}`
  }
}
