/** The migration as one of Kysely's. */
import type { Trouble } from '../diagnosis.ts'
import type { Need } from '../features.ts'
import { quoteText } from '../quote.ts'
import { columnNamed, type Dialect, type InspectedTable, type Place, placeOf } from '../table.ts'
import { randomEpoch } from './first-epochs.ts'
import { indexName, type MissingIndex } from './indexes.ts'
import { schemaChange } from './schema-changes.ts'
import { sqlType } from './sql.ts'

export function kyselyMigration(
  table: InspectedTable,
  troubles: readonly Trouble[],
  missing: readonly MissingIndex[],
): string {
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
    trouble.kind === 'short' ? kyselyWidened(placeOf(table, trouble.column)) : [],
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
  const others = missing.map(
    (one) =>
      `  await db.schema.createIndex(${quoteText(one.name)}).unique().on(${quoteText(one.table.name)}).columns([${one.columns.map(quoteText).join(', ')}]).execute()`,
  )
  const statements = [...added, ...widths, ...indexes, ...others, ...types]
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
function kyselyWidened({ table, column }: Place): string[] {
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
