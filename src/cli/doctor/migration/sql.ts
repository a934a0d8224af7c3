/** The migration as SQL. */
import type { Finding, Trouble } from '../diagnosis.ts'
import type { Need } from '../features.ts'
import { oneLine, quoteName, quoteTable } from '../quote.ts'
import { columnNamed, type Dialect, type InspectedTable, type Place, placeOf } from '../table.ts'
import { afterAdding, initialEpoch } from './first-epochs.ts'
import { indexName, type MissingIndex } from './indexes.ts'

export function sqlMigration(
  table: InspectedTable,
  findings: readonly Finding[],
  indexes: readonly MissingIndex[],
): string {
  const statements = findings.flatMap(({ feature, troubles }) => {
    const own = troubles.flatMap((trouble) => sqlFor(table, trouble))
    return own.length === 0 ? [] : [`-- ${feature.name}`, ...own]
  })
  return [...statements, ...indexes.flatMap(indexOver)].join('\n')
}

function indexOver({ feature, table, name, columns, unless }: MissingIndex): string[] {
  const { dialect } = table
  const over = columns.map((column) => quoteName(column, dialect)).join(', ')
  const quoted = quoteTable(table.name, dialect)
  return [
    `-- ${feature}`,
    comment(
      `fails while ${unless}; they are found with: select ${over}, count(*) from ${quoted} group by ${over} having count(*) > 1;`,
    ),
    `create unique index ${quoteName(name, dialect)} on ${quoted} (${over});`,
  ]
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
      return widened(placeOf(table, trouble.column))
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
function widened({ table, column }: Place): string[] {
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

function uniqueIndex({ name, dialect }: InspectedTable, column: string): string {
  const index = quoteName(indexName(name, column), dialect)
  return `create unique index ${index} on ${quoteTable(name, dialect)} (${quoteName(column, dialect)});`
}

export function sqlType({ kind, length = 255, initially, unique }: Need, dialect: Dialect): string {
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
