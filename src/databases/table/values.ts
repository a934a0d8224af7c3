/**
 * Which values a column can hold, and whether two of them are the same.
 *
 * What a database cannot store it may refuse with an error, round, cut, or take for another value
 * (MySQL reads the text `abc` as the number 0). So a value that does not fit is never sent, and
 * counts as found nowhere.
 */
import type { TableColumn } from './description.ts'

/** Whether a row could have this value in the column at all. */
export function canHold(column: TableColumn | undefined, value: unknown): boolean {
  if (column === undefined) return false
  const { type, holds, integerBits = 64 } = column
  switch (typeof value) {
    case 'string':
      // A NUL or a lone surrogate cannot be stored everywhere, so nobody has it.
      if (!value.isWellFormed() || value.includes('\0')) return false
      if (type === 'other') return encodes(column, value)
      if (type !== 'string' || (holds.uuid && !uuid.test(value))) return false
      return !holds.digits || (digits.test(value) && inRange(BigInt(value), 64, holds.unsigned))
    case 'number':
      if (!Number.isSafeInteger(value) || type === 'string' || type === 'bigint') return false
      if (type === 'other') return encodes(column, value)
      return type === 'number' && holdsNumber(value, integerBits, holds.unsigned)
    case 'bigint':
      if (type === 'other') return inRange(value, 64, holds.unsigned) && encodes(column, value)
      return type === 'bigint' && inRange(value, integerBits, holds.unsigned)
    default:
      return false
  }
}

/** A value in the type of its column, from text; `null` for what no row could have there. */
export function fromText(
  column: TableColumn | undefined,
  text: string,
): string | number | bigint | null {
  const isWhole = /^(?:0|-?[1-9]\d{0,19})$/.test(text)
  const value =
    column?.type === 'number' && isWhole
      ? Number(text)
      : column?.type === 'bigint' && isWhole
        ? BigInt(text)
        : text
  return canHold(column, value) ? value : null
}

/**
 * The one row that really has the value. A database may compare under a collation for which `José`
 * is `jose` and `ann ` is `ann`: an account is found under its own name only.
 */
export function exactly(
  rows: readonly Readonly<Record<string, unknown>>[],
  column: TableColumn | undefined,
  property: string,
  value: unknown,
  ignoreCase: boolean,
): Record<string, unknown> | null {
  if (column === undefined || typeof value !== 'string') return rows[0] ?? null
  const wanted = text(column, value)
  if (wanted === null) return rows[0] ?? null
  const same = rows.find((row) => text(column, row[property]) === wanted)
  if (same || !ignoreCase) return same ?? null
  const folded = wanted.toLowerCase()
  return rows.find((row) => text(column, row[property])?.toLowerCase() === folded) ?? null
}

/** Whether it can be told by a row alone if it has this value there. */
export function isTold(column: TableColumn | undefined, value: unknown): boolean {
  return column !== undefined && text(column, value) !== null
}

/** Whether a row has this text, and not one that only a collation takes for the same. */
export function hasText(column: TableColumn | undefined, stored: unknown, wanted: string): boolean {
  return column !== undefined && text(column, stored) === text(column, wanted)
}

/**
 * A text as it can be compared; `null` for what is none, and for a type of the application's own
 * that has its own idea of what is the same.
 */
function text({ type, holds }: TableColumn, value: unknown): string | null {
  if (typeof value !== 'string') return null
  if (type === 'string') return holds.padded ? value.replace(/ +$/, '') : value
  if (type !== 'other' || !holds.collated || !holds.encode) return null
  try {
    const encoded = holds.encode(value)
    return typeof encoded === 'string' ? encoded : null
  } catch {
    return null
  }
}

/**
 * Whether a driver may take the value for several, as better-sqlite3 does with a list: those of the
 * columns after it would be bound to others. Only where it is known what the driver gets to see.
 */
export function isSeveral(column: TableColumn | undefined, value: unknown): boolean {
  const encode = column?.holds.encode
  if (!encode || !isCollection(value)) return false
  try {
    // A column of JSON makes text of it.
    return isCollection(encode(value))
  } catch {
    return true
  }
}

/** A list or a plain object: not a date, not bytes, not an expression of a query builder. */
function isCollection(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return Array.isArray(value) || prototype === Object.prototype || prototype === null
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const digits = /^(?:0|-?[1-9]\d{0,19})$/

/** The same of a safe integer, which needs no bigint up to 32 bits. */
function holdsNumber(value: number, bits: number, unsigned: boolean | undefined): boolean {
  if (value >= 0 && value < 2 ** Math.min(bits - 1, 31)) return true
  return inRange(BigInt(value), bits, unsigned)
}

function inRange(value: bigint, bits: number, unsigned: boolean | undefined): boolean {
  return (unsigned ? BigInt.asUintN(bits, value) : BigInt.asIntN(bits, value)) === value
}

function encodes({ holds }: TableColumn, value: unknown): boolean {
  try {
    holds.encode?.(value)
    return true
  } catch {
    return false
  }
}
