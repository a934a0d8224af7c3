/**
 * What Prisma says when a statement is refused. Its messages quote the arguments of the call, the
 * password hash among them, so that only their last line is kept.
 */
import { RejectedValue, UniqueViolation } from '../../users/store.ts'
import type { TableDescription } from '../table/description.ts'
import { EmptyValue, isOurs, statementError } from '../table/errors.ts'
import type { Delegate } from './client.ts'

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
  if (isOurs(thrown)) return thrown
  const { code, meta, message } = (thrown ?? {}) as {
    readonly code?: unknown
    readonly meta?: Fields
    readonly message?: unknown
  }
  if (code === 'P2002') return new UniqueViolation(violated(meta, table))
  const rejected = rejection(typeof code === 'string' ? code : '', meta, table)
  if (rejected) return new RejectedValue(rejected)
  if (typeof message !== 'string') return statementError(thrown, table, values)
  const said = message.trim().split('\n').at(-1) ?? ''
  const error = statementError(
    { message: said, ...(code === undefined ? {} : { code }), cause: original(meta) },
    table,
    values,
  )
  const isEmpty = code === 'P2011' || error instanceof EmptyValue
  return isEmpty ? new EmptyValue(error.message, violated(meta, table)[0], 'P2011') : error
}

/**
 * The property for which an update was refused because its field takes no null: Prisma says so
 * itself, before it asks the database.
 */
export async function nullRefused(
  thrown: unknown,
  model: Delegate,
  values: Readonly<Record<string, unknown>>,
): Promise<string | null> {
  if ((thrown as Fields | undefined)?.['name'] !== 'PrismaClientValidationError') return null
  for (const [property, value] of Object.entries(values)) {
    if (value !== null) continue
    try {
      await model.findMany({ where: { [property]: null }, take: 1 })
    } catch (error) {
      if ((error as Fields | undefined)?.['name'] === 'PrismaClientValidationError') return property
    }
  }
  return null
}

/** Too long, a foreign key, a check, not of the type, out of range, too large a number. */
const valueErrors: ReadonlySet<string> = new Set([
  'P2000',
  'P2003',
  'P2004',
  'P2006',
  'P2007',
  'P2020',
  'P2023',
  'P2033',
])

/** The fields whose value was refused; `null` for another error. */
function rejection(
  code: string,
  meta: Fields | undefined,
  table: TableDescription,
): readonly string[] | null {
  const said = original(meta)
  const error = said === undefined ? null : statementError(said, table)
  if (error instanceof RejectedValue && error.properties.length > 0) return error.properties
  if (!valueErrors.has(code) && !(error instanceof RejectedValue)) return null
  const named = meta?.['column_name'] ?? meta?.['field_name']
  return typeof named === 'string' ? propertiesOf([named], table) : violated(meta, table)
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
function violated(meta: Fields | undefined, table: TableDescription): string[] {
  const { constraint } = causeOf(meta) ?? {}
  const named = constraint?.fields ?? meta?.['target']
  return Array.isArray(named) ? propertiesOf(named, table) : []
}

function propertiesOf(named: readonly unknown[], { columns }: TableDescription): string[] {
  return named.flatMap((column) => {
    const name = String(column).replaceAll('"', '')
    const found = [...columns.values()].find((one) => one.column === name || one.property === name)
    return found ? [found.property] : []
  })
}

/** What the database itself said, in the words of a driver. */
function original(meta: Fields | undefined): Fields | undefined {
  const { originalCode, originalMessage } = causeOf(meta) ?? {}
  if (originalCode === undefined) return undefined
  return { code: originalCode, errno: Number(originalCode), message: originalMessage }
}

function causeOf(meta: Fields | undefined): Violation | undefined {
  const error = meta?.['driverAdapterError'] as { readonly cause?: Violation } | undefined
  return error?.cause
}
