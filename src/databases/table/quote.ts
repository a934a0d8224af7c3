import type { Dialect } from './description.ts'

/** A table's name as it is written in a statement, with its schema where it has one. */
export function quoteTable(name: string, dialect: Dialect): string {
  const mark = dialect === 'mysql' ? '`' : '"'
  return name
    .split('.')
    .map((part) => mark + part.replaceAll(mark, mark + mark) + mark)
    .join('.')
}
