/** The migration as what a schema of Prisma says. */
import type { Trouble } from '../diagnosis.ts'
import type { Need } from '../features.ts'
import { propertyOf } from '../orm.ts'
import { oneLine } from '../quote.ts'
import type { Dialect, InspectedTable } from '../table.ts'
import type { MissingIndex } from './indexes.ts'
import { absentOf, epochNotes, schemaChange } from './schema-changes.ts'

export function prismaMigration(
  table: InspectedTable,
  troubles: readonly Trouble[],
  indexes: readonly MissingIndex[],
): string {
  const absent = absentOf(troubles)
  const changes = troubles.flatMap((one) => schemaChange(one, '@unique', '@db.VarChar(255)'))
  const fields = absent.map((need) => prismaField(need, table.dialect))
  return [...fields, ...changes, ...indexes.map(indexOver), ...epochNotes(table, absent)]
    .map((line) => `  ${line}`)
    .join('\n')
}

function indexOver({ table, name, columns }: MissingIndex): string {
  const fields = columns.map((column) => propertyOf('prisma', column)).join(', ')
  return oneLine(`// ${table.name}: add @@unique([${fields}], map: "${name}")`)
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
