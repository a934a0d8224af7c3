/**
 * Names as they are printed. A table or a column may be called anything, and what is printed here
 * is pasted elsewhere.
 */
import type { Dialect } from './table.ts'

/** A table, with its schema where PostgreSQL has one before it. */
export function quoteTable(name: string, dialect: Dialect): string {
  const parts = dialect === 'postgresql' ? name.split('.') : [name]
  return parts.map((part) => quoteName(part, dialect)).join('.')
}

/** A column or an index. */
export function quoteName(name: string, dialect: Dialect): string {
  if (/^[a-z_][a-z0-9_]*$/.test(name) && !reserved.has(name)) return name
  const mark = dialect === 'mysql' ? '`' : '"'
  return mark + name.replaceAll(mark, mark + mark) + mark
}

/** Words of some dialect that somebody could call a table or a column of people by. */
const reserved: ReadonlySet<string> = new Set(
  'all check column condition current_user default desc end false function grant group index key keys limit option order primary rank references row rows session_user system table to true unique usage user using values when where'.split(
    ' ',
  ),
)

/** A text of JavaScript. */
export function quoteText(text: string): string {
  return `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}

/** What stays on its line: in a comment, and on a terminal. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]/gu, '?')
}
