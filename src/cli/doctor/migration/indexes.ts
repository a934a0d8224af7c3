/** Unique indexes that a migration makes, and their names. */
import type { InspectedTable } from '../table.ts'

/** One over several columns, of any table. */
export interface MissingIndex {
  /** What it is for, as a finding is called. */
  readonly feature: string
  readonly table: InspectedTable
  readonly name: string
  readonly columns: readonly string[]
  /** Which rows stand in its way: `somebody has two`. */
  readonly unless: string
}

export function indexName(table: string, column: string): string {
  return `${table.slice(table.lastIndexOf('.') + 1)}_${column}_key`
}
