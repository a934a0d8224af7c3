/** How a column spells a flag, a moment, or that there is none. */
import type { Literal } from './codecs.ts'
import { momentForm, type Orm, typeIn } from './orm.ts'
import type { Sample } from './sample.ts'
import type { InspectedColumn, InspectedTable } from './table.ts'
import { meaningOf } from './words.ts'

/** What a new row has where nothing is written; `undefined` where the database works it out. */
export function defaultOf({ defaultText, hasDefault }: InspectedColumn): Literal | undefined {
  if (defaultText === undefined) return hasDefault ? undefined : null
  const text = defaultText
    .replace(/::[\w\s"().[\]]+$/, '')
    .replace(/^\((.*)\)$/, '$1')
    .trim()
  const quoted = /^'((?:[^']|'')*)'$/.exec(text)?.[1]
  if (quoted !== undefined) return quoted.replaceAll("''", "'")
  if (/^-?\d+(?:\.\d+)?$/.test(text)) return Number(text)
  if (/^(?:true|false)$/i.test(text)) return text.toLowerCase() === 'true'
  if (/^b'[01]'$/.test(text)) return text === "b'1'"
  if (/^null$/i.test(text)) return null
  // MySQL writes texts without quotes.
  return /^[a-z][\w-]*$/i.test(text) && !/^current_|^now$/i.test(text) ? text : undefined
}

/** How a flag is spelled: up and down. */
export function spelling(
  orm: Orm,
  table: InspectedTable,
  column: InspectedColumn,
  sample: Sample,
): readonly [Literal, Literal] | null {
  const seen = typeIn(orm, table.dialect, column)
  if (seen === 'boolean') return [true, false]
  if (seen === 'number') return [1, 0]
  if (seen === 'bigint') return [1n, 0n]
  if (seen !== 'string') return null
  if (column.type !== 'string') return ['1', '0']
  const values = [...(column.values ?? []), ...(sample.values(column.name) ?? [])].filter(
    (one) => one !== null,
  )
  const initial = defaultOf(column)
  if (typeof initial === 'string') values.push(initial)
  for (const [up, down] of pairs) {
    const spelled = (word: string) => values.find((one) => one.toLowerCase() === word)
    const [isUp, isDown] = [spelled(up), spelled(down)]
    if (isUp === undefined && isDown === undefined) continue
    if (!values.every((one) => [up, down, ''].includes(one.toLowerCase()))) return null
    const isUpper = /[A-Z]/.test((isUp ?? isDown ?? '').charAt(0))
    const cased = (word: string) =>
      isUpper
        ? (isUp ?? isDown ?? '').length > 1
          ? word.charAt(0).toUpperCase() + word.slice(1)
          : word.toUpperCase()
        : word
    return [isUp ?? cased(up), isDown ?? cased(down)]
  }
  return null
}

const pairs = [
  ['y', 'n'],
  ['yes', 'no'],
  ['t', 'f'],
  ['true', 'false'],
  ['1', '0'],
  ['on', 'off'],
] as const

/** A value in the type in which rows have it. */
export function typed(
  orm: Orm,
  table: InspectedTable,
  column: InspectedColumn,
  text: string,
): Literal {
  const seen = typeIn(orm, table.dialect, column)
  if (seen === 'boolean') return text === 'true' || text === '1' || text === 't'
  if (seen === 'number') return Number(text)
  return seen === 'bigint' ? BigInt(text) : text
}

/** Whether it holds moments: by its type, or a number or a text by its name. */
export function isMoment(column: InspectedColumn): boolean {
  if (column.type === 'date') return true
  if (column.type === 'number' || column.type === 'bigint' || column.type === 'string') {
    const meaning = meaningOf(column.name)
    const isNamed =
      isMomentName(column.name) || meaning === 'lasts until' || meaning === 'keeps out until'
    return isNamed && (column.type !== 'number' || (column.integerBits ?? 32) >= 32)
  }
  return false
}

function isMomentName(name: string): boolean {
  return /(?:^|[a-z_])(?:_at|At|_on|On|_date|Date|_time|Time|_until|Until|_till|Till|_unix|_ts)$|^(?:deleteat|deletedat|bannedat|lastloginat)$/.test(
    name,
  )
}

export function formOf(orm: Orm, table: InspectedTable, column: InspectedColumn, sample: Sample) {
  const form = momentForm(orm, table, column)
  if (form !== 'seconds' && form !== 'milliseconds') return form
  const largest = sample.largest(column.name)
  return largest === 0 ? form : largest > 100_000_000_000 ? 'milliseconds' : 'seconds'
}

/** What stands where there is no moment: as a partial index says, else as the column allows. */
export function noMoment(
  table: InspectedTable,
  column: InspectedColumn,
  isNumber: boolean,
): readonly Literal[] {
  const predicates = table.uniqueKeys.map(({ where }) => where ?? '').join(' ')
  if (
    column.nullable &&
    (!isNumber || new RegExp(`${column.name}"? is null`, 'i').test(predicates))
  ) {
    return [null]
  }
  if (!isNumber) return ['']
  const isZero = new RegExp(`${column.name}"?\\)? *= *'?0`).test(predicates)
  return column.nullable && !isZero ? [null, 0] : [0]
}

export function isIndexed(table: InspectedTable, name: string): boolean {
  return table.uniqueKeys.some(({ where }) => where && new RegExp(`\\b${name}\\b`, 'i').test(where))
}

/** The texts that the conditions of unique indexes compare a column with. */
export function valuesOfIndexes(table: InspectedTable, name: string): string[] {
  const compared = new RegExp(`\\b${name}\\b[^']{0,40}'([^']*)'`, 'gi')
  return table.uniqueKeys.flatMap(({ where = '' }) =>
    [...(where ?? '').matchAll(compared)].map(([, text = '']) => text),
  )
}

export function isPlainNumber({ type }: InspectedColumn): boolean {
  return type === 'number' || type === 'bigint'
}
