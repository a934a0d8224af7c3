/**
 * What SQLite drivers say when a row cannot be written.
 *
 * Drizzle's wrapper never leaves: its message quotes the parameters, the password hash among them.
 */
import { UniqueViolation } from '../../users/store.ts'

const uniquePattern = /UNIQUE constraint failed: (.*)$/m

export interface WrittenTable {
  readonly name: string
  /** Database column to property. */
  propertyOf(column: string): string | undefined
}

/**
 * The error to throw for what a statement threw: `UniqueViolation` for a constraint of this table,
 * otherwise what the driver threw.
 */
export function statementError(thrown: unknown, table: WrittenTable): Error {
  const [error, ...below] = causes(thrown).filter((one) => !quotesParameters(one))
  for (const one of [error, ...below]) {
    const failed = uniquePattern.exec(messageOf(one))?.[1]
    const properties = failed === undefined ? null : violated(failed, table)
    if (properties) return new UniqueViolation(properties, { cause: error })
  }
  if (error instanceof Error) return error
  return new Error(`crudauth: the database refused a statement on ${table.name}`, { cause: error })
}

/** The properties of the constraint, none when it is not said; `null` for another table's. */
function violated(failed: string, table: WrittenTable): string[] | null {
  // An index on an expression is named instead of its columns.
  if (failed.startsWith('index ')) return []
  const prefix = `${table.name}.`.toLowerCase()
  // Some services append their code: `users.email: SQLITE_CONSTRAINT`.
  const names = failed.replace(/: SQLITE_.*$/, '').split(', ')
  if (!names.every((name) => name.toLowerCase().startsWith(prefix))) return null
  return names
    .map((name) => table.propertyOf(name.slice(prefix.length)))
    .filter((property) => property !== undefined)
}

/** An error and what caused it, outermost first; drivers do build circles. */
function causes(thrown: unknown): unknown[] {
  const chain: unknown[] = []
  let error = thrown
  while (error !== undefined && error !== null && !chain.includes(error)) {
    chain.push(error)
    error = (error as { cause?: unknown }).cause
  }
  return chain
}

function quotesParameters(error: unknown): boolean {
  return error instanceof Error && 'query' in error && 'params' in error
}

function messageOf(error: unknown): string {
  const message = (error as { message?: unknown } | undefined)?.message
  return typeof message === 'string' ? message : ''
}
