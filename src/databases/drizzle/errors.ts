/**
 * What SQLite drivers say when a row cannot be written.
 */
import { UniqueViolation } from '../../users/store.ts'

const uniquePattern = /UNIQUE constraint failed: (.*)$/m

/**
 * The error to throw for what a statement threw: `UniqueViolation`, or the driver's own error.
 * Drizzle's wrapper is dropped, because its message quotes the parameters, the password hash
 * among them.
 *
 * @param propertyOf Database column to property.
 */
export function statementError(
  thrown: unknown,
  propertyOf: (column: string) => string | undefined,
): unknown {
  const error = innermost(thrown)
  const failed = error instanceof Error ? uniquePattern.exec(error.message)?.[1] : undefined
  if (failed === undefined) return error
  const properties = failed
    .split(',')
    .map((name) => propertyOf(name.trim().split('.').at(-1) ?? ''))
    .filter((property) => property !== undefined)
  return new UniqueViolation(properties, { cause: error })
}

function innermost(error: unknown): unknown {
  let inner = error
  while (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause
  return inner
}
