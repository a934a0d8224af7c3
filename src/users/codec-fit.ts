/**
 * Whether a column can hold what a codec writes. One that could never read `true` would keep
 * everybody out, and one that could never read `false` would keep out nobody.
 */
import type { ColumnCodec } from './codec.ts'
import type { UserColumn } from './store.ts'

/** What is wrong, one sentence that says what to write; `null` where nothing is known to be. */
export function misfitOf(
  option: string,
  column: UserColumn,
  codec: ColumnCodec<unknown, unknown>,
): string | null {
  const now = new Date('2026-01-31T09:30:00Z')
  for (const value of [true, false]) {
    const stored = codec.write(value, now)
    const reason = whyNot(column, stored)
    if (reason !== null) {
      return `${option} has a codec that writes ${shown(stored)} for ${value}, ${reason}; ${adviceFor(column)}`
    }
    if (codec.read(stored, now) !== value) {
      return `${option} has a codec that does not read as ${value} what it writes for it, ${shown(stored)}; ${adviceFor(column)}`
    }
  }
  return null
}

/** Why the column cannot hold the value; `null` where it can, or nothing says that it cannot. */
function whyNot(column: UserColumn, stored: unknown): string | null {
  const { column: name, type, nullable, values, maxLength, integerBits } = column
  if (stored === null) return nullable ? null : `but '${name}' takes no null`
  if (type === 'other') return null
  const found = stored instanceof Date ? 'date' : typeof stored
  if (found !== type) return `but '${name}' holds ${type}`
  if (typeof stored === 'string') {
    if (values && !values.includes(stored)) return `but '${name}' holds only ${list(values)}`
    if (maxLength !== undefined && [...stored].length > maxLength) {
      return `but '${name}' takes ${maxLength} characters`
    }
  }
  if (integerBits !== undefined && (typeof stored === 'number' || typeof stored === 'bigint')) {
    const isWhole = typeof stored === 'bigint' || Number.isSafeInteger(stored)
    if (!isWhole || BigInt.asIntN(integerBits + 1, BigInt(stored)) !== BigInt(stored)) {
      return `but '${name}' takes whole numbers of ${integerBits} bits`
    }
  }
  return null
}

function adviceFor({ type, nullable, values }: UserColumn): string {
  const unset = nullable ? '' : ', { unset: … }'
  switch (type) {
    case 'string':
      return values
        ? `write flag(…, …) with two of them`
        : `write flag('…', '…') with what stands in the column, or timestampFlag('text'${unset}) for moments`
    case 'number':
      return `write flag(1, 0), or timestampFlag('seconds'${unset}) or 'milliseconds' for moments`
    case 'bigint':
      return `write flag(1n, 0n), or timestampFlag('seconds-bigint'${unset}) or 'milliseconds-bigint' for moments`
    case 'boolean':
      return 'write flag(false, true) to turn it around, or no codec'
    default:
      return `write timestampFlag('date'${unset}), or timestampUnset for one that keeps out`
  }
}

function list(values: readonly string[]): string {
  return values.map((value) => `'${value}'`).join(', ')
}

function shown(stored: unknown): string {
  if (stored instanceof Date) return 'a Date'
  return typeof stored === 'string' ? `'${stored}'` : String(stored)
}
