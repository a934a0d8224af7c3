/**
 * What the SQL storage is told of a statement that failed: what it can go by, and nothing of what
 * was to be written.
 */
import { parsedJson } from '../../storage/records.ts'
import { SqlStorageError, StatementConflict, StatementOutage } from '../../storage/sql/error.ts'
import type { Statement } from '../../storage/sql/statement.ts'
import { redacted } from './errors.ts'
import { causes, faultOf, said as saidBy, text } from './faults.ts'

export function storageError(thrown: unknown, parameters: Statement['parameters']): Error {
  const said = saidBy(thrown)
  const [error = {}] = said
  const code = text(error, 'code')
  const reason = redacted(text(error, 'message') ?? 'no reason was given', leavesOf(parameters))
  const message = `the storage's database: ${reason}`
  switch (faultOf(said.length > 0 ? said : causes(thrown))) {
    case 'conflict':
      return new StatementConflict(message, code)
    case 'unreachable':
      return new StatementOutage(message, code)
    default:
      return new SqlStorageError(message, code)
  }
}

/** Every value in what was given, records of JSON taken apart. */
function leavesOf(value: unknown): unknown[] {
  if (typeof value === 'string') {
    const record = parsedJson(value)
    return typeof record === 'object' && record !== null ? [value, ...leavesOf(record)] : [value]
  }
  if (typeof value !== 'object' || value === null) return [value]
  return Object.values(value).flatMap(leavesOf)
}
