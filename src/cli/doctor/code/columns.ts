/** The map of columns, as a configuration says it. */
import { codeOf } from '../codecs.ts'
import { ignoresCase } from '../letter-case.ts'
import { type Orm, propertyOf } from '../orm.ts'
import type { Plan } from '../plan.ts'
import { quoteText } from '../quote.ts'
import type { MappedColumn } from '../table.ts'
import type { Imports } from './imports.ts'
import { splitEntry } from './passwords.ts'

export function columnLines(plan: Plan, imports: Imports): string[] {
  const { orm, map, table, ours } = plan
  const lines = Object.entries(map).flatMap(([field, mapped]) => {
    if (field === 'hashedPassword' && plan.elsewhere) return []
    const property = propertyOf(orm, mapped.column)
    const entry = entryOf(orm, mapped, property, imports)
    if (entry !== null) return [`      ${field}: ${entry},`]
    const folds = ignoresCase(orm, table, mapped.column, ours)
    if (folds && (field === 'email' || field === 'username')) {
      return [`      ${field}: { property: ${quoteText(property)}, ignoreCase: true },`]
    }
    const isSame = property === field && orm !== 'kysely'
    return isSame ? [] : [`      ${field}: ${quoteText(property)},`]
  })
  lines.push(...plan.unmapped.map((field) => `      ${field}: null,`))
  return lines.length === 0 ? [] : ['    columns: {', ...lines, '    },']
}

function entryOf(
  orm: Orm,
  mapped: MappedColumn,
  property: string,
  imports: Imports,
): string | null {
  const { codec, folded, split } = mapped
  if (split) return splitEntry(orm, mapped, imports)
  if (codec) {
    imports.add('crudauth', codec.kind)
    return `{ property: ${quoteText(property)}, codec: ${codeOf(codec)} }`
  }
  if (!folded) return null
  const copy = quoteText(propertyOf(orm, folded.column))
  return `{ property: ${quoteText(property)}, folded: { property: ${copy}, to: '${folded.to}' } }`
}
