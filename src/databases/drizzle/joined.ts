/**
 * Columns of another table's row that are read as if they were ours: a password hash.
 */
import type { Column, SQL, Table } from 'drizzle-orm'
import { and, eq, sql } from 'drizzle-orm/sql'
import type { TableDescription } from '../table/description.ts'
import { columnsOf } from './structure.ts'

/** The row of another table that belongs to one of ours. */
export interface Joined {
  readonly table: Table
  /** The property there that has the key of ours. */
  readonly key: string
  /** Which rows there count. */
  readonly where: SQL | undefined
  /** The properties under which columns of it are read. */
  readonly properties: ReadonlyMap<string, string>
}

/** MySQL's texts, byte for byte, in one character set. */
export function bytesAre(column: Column, value: SQL): SQL {
  return sql`binary convert(${column} using utf8mb4) = binary convert(${value} using utf8mb4)`
}

/**
 * Columns of another table's row, each by a query inside of ours: whatever the application wrote
 * into its condition means its own table's columns.
 */
export function readWith(
  { table, key, where, properties }: Joined,
  id: Column,
  { dialect, columns }: TableDescription,
): Readonly<Record<string, SQL>> {
  const theirs = columnsOf(table)
  const reference = theirs[key] as Column
  const isText = [...columns.values()].some(
    ({ column, type }) => column === id.name && type === 'string',
  )
  const isSame = dialect === 'mysql' && isText ? bytesAre(reference, sql`${id}`) : undefined
  return Object.fromEntries(
    [...properties].map(([property, of]) => {
      const column = theirs[of] as Column
      const found = sql`select ${column} from ${table} where ${and(eq(reference, id), isSame, where)}`
      // Inside of another: Drizzle takes the tables off the columns that it sees at once.
      return [property, sql`(${found})`.mapWith(column)]
    }),
  )
}
