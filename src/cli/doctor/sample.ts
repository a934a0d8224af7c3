/**
 * What stands in the rows, as far as it has to be known: the values of columns that say one of a
 * few things, and how large numbers of moments are. Nothing else of a row is read.
 */
import { quoteName, quoteTable } from './quote.ts'
import type { Reading } from './reading.ts'
import type { InspectedColumn, InspectedTable } from './table.ts'

/** How many rows are looked at: a table of ten million is answered as fast. */
export const sampled = 100_000

/** More values than that are no states. */
const mostValues = 20

export interface Sample {
  /** The values that stand in a column, `null` among them; `null` for too many, or none read. */
  values(column: string): readonly (string | null)[] | null
  /** The largest number in a column. */
  largest(column: string): number
}

export const nothingRead: Sample = { values: () => null, largest: () => 0 }

/**
 * @param states The columns of which to know the values.
 * @param numbers The columns of which to know the largest.
 */
export async function sampleOf(
  { dialect, rows: read }: Reading,
  table: InspectedTable,
  states: readonly InspectedColumn[],
  numbers: readonly InspectedColumn[],
): Promise<Sample> {
  const of = quoteTable(table.name, dialect)
  const values = new Map<string, readonly (string | null)[] | null>()
  const largest = new Map<string, number>()
  for (const { name } of states) {
    const column = quoteName(name, dialect)
    const asText = {
      postgresql: `${column}::text`,
      mysql: `cast(${column} as char)`,
      sqlite: `cast(${column} as text)`,
    }
    const rows = await read(
      `select distinct value from (select ${asText[dialect]} as value from ${of} limit ${sampled}) as looked_at limit ${mostValues + 1}`,
      `which values ${name} has`,
    )
    if (rows === null) continue
    const found = rows.map(({ value }) => (value === null ? null : String(value)))
    values.set(name, found.length > mostValues ? null : found.sort())
  }
  for (const { name } of numbers) {
    const column = quoteName(name, dialect)
    const rows = await read(
      `select max(value) as value from (select ${column} as value from ${of} limit ${sampled}) as looked_at`,
      `whether ${name} counts seconds or milliseconds`,
    )
    largest.set(name, Number(rows?.[0]?.['value'] ?? 0))
  }
  return {
    values: (column) => values.get(column) ?? null,
    largest: (column) => largest.get(column) ?? 0,
  }
}
