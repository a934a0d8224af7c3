/**
 * What Prisma says when a statement is refused. Its messages quote the arguments of the call, the
 * password hash among them, so that only their last line is kept.
 */
import { UniqueViolation } from '../../users/store.ts'
import type { TableDescription } from '../table/description.ts'
import { DatabaseError, statementError } from '../table/errors.ts'

type Fields = Readonly<Record<string, unknown>>

interface Violation {
  readonly kind?: unknown
  readonly originalCode?: unknown
  readonly originalMessage?: unknown
  readonly constraint?: { readonly fields?: unknown; readonly index?: unknown }
}

/** @param values What the statement was given; never repeated. */
export function prismaError(
  thrown: unknown,
  table: TableDescription,
  values: readonly unknown[] = [],
): Error {
  const { code, meta, message } = (thrown ?? {}) as {
    readonly code?: unknown
    readonly meta?: Fields
    readonly message?: unknown
  }
  if (code === 'P2002') return new UniqueViolation(violated(meta, table))
  if (typeof message !== 'string') return statementError(thrown, table, values)
  const said = message.trim().split('\n').at(-1) ?? ''
  const told = typeof code === 'string' ? { message: said, code } : { message: said }
  const error = statementError(told, table, values)
  return error instanceof DatabaseError ? error : new DatabaseError(said)
}

/** Whether a value was refused because no column of that type can hold it: nobody has it. */
export function isImpossibleValue(thrown: unknown): boolean {
  const { code, name, meta } = (thrown ?? {}) as Fields & { readonly meta?: Fields }
  const original = causeOf(meta)?.originalCode
  // Invalid text, out of range, and Prisma's own inconsistent or unacceptable value.
  return (
    name === 'PrismaClientValidationError' ||
    original === '22P02' ||
    original === '22003' ||
    code === 'P2007' ||
    code === 'P2020' ||
    code === 'P2023'
  )
}

/** With driver adapters the fields are the database's columns, in quotes or not. */
function violated(meta: Fields | undefined, { columns }: TableDescription): string[] {
  const { constraint } = causeOf(meta) ?? {}
  const named = constraint?.fields ?? meta?.['target']
  if (!Array.isArray(named)) return []
  return named.flatMap((column) => {
    const name = String(column).replaceAll('"', '')
    const found = [...columns.values()].find((one) => one.column === name || one.property === name)
    return found ? [found.property] : []
  })
}

function causeOf(meta: Fields | undefined): Violation | undefined {
  const error = meta?.['driverAdapterError'] as { readonly cause?: Violation } | undefined
  return error?.cause
}
