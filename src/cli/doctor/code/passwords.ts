/**
 * Hashes that are not in one column of the users table, as a configuration says it.
 */
import { uniqueTogether } from '../elsewhere.ts'
import { type Orm, propertyOf, tableIn } from '../orm.ts'
import type { Plan } from '../plan.ts'
import { quoteText } from '../quote.ts'
import type { MappedColumn } from '../table.ts'
import type { Imports } from './imports.ts'
import { pairOf } from './pairs.ts'

/** The second table of the hashes. */
export function passwordLines({ orm, elsewhere }: Plan, imports: Imports): string[] {
  if (!elsewhere) return []
  const { table, user, hash, kind, values } = elsewhere
  const name = tableIn(orm, table.name)
  const of = (column: string) => quoteText(propertyOf(orm, column))
  const pair = (column: string, code: string) => pairOf(orm, column, code)
  for (const { crypto } of values) if (crypto) imports.add('node:crypto', crypto)
  const unique = uniqueTogether(elsewhere)
  const named = values.some(({ code }) => code.includes('user.')) ? '(user)' : '()'
  const moments = values.map(({ column, code }) => pair(column, code)).join(', ')
  return [
    '    passwords: {',
    orm === 'prisma'
      ? `      model: ${quoteText(name)},`
      : `      table: ${orm === 'kysely' ? quoteText(name) : name},`,
    `      user: ${of(user)},`,
    `      hash: ${splitEntry(orm, hash, imports) ?? of(hash.column)},`,
    ...(kind ? [`      only: { ${pair(kind.column, quoteText(kind.value))} },`] : []),
    ...(orm === 'drizzle'
      ? []
      : [
          `      unique: [${unique.columns.map(of).join(', ')}]${orm === 'prisma' && unique.isPartial ? ' as never' : ''},`,
        ]),
    ...(values.length > 0 ? [`      insert: ${named} => ({ ${moments} }),`] : []),
    '    },',
  ]
}

/** A hash in several columns, made one text by its format. */
export function splitEntry(
  orm: Orm,
  { column, split }: MappedColumn,
  imports: Imports,
): string | null {
  if (!split) return null
  imports.add('crudauth/hashes', split.format)
  const names = split.names.join(', ')
  const parts = split.parts.map((part) => quoteText(propertyOf(orm, part))).join(', ')
  // Kysely does not see what a column takes.
  const unset = orm === 'drizzle' || split.unset === null ? '' : `, unset: ''`
  return `{ property: ${quoteText(propertyOf(orm, column))}, parts: [${parts}], text: (${names}) => ${split.format}.compose({ ${names} })${unset} }`
}
