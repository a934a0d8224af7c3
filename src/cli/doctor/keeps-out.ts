/**
 * Who is kept out by the application that the table is of, and how that stays so: one column
 * becomes `isActive`, all others conditions that every user meets. What a column's values mean and
 * no word tells is a decision, and nothing is ready before it is taken.
 */
import type { CodecPlan } from './codecs.ts'
import { defaultOf, isIndexed, isMoment, isPlainNumber } from './column-values.ts'
import type { Orm } from './orm.ts'
import type { Sample } from './sample.ts'
import {
  type Condition,
  type Decision,
  isLockout,
  isOfOne,
  noteOf,
  question,
  type Signal,
  signalOf,
  tells,
  valuesSignal,
  valuesThatTell,
} from './signals.ts'
import { columnNamed, type InspectedColumn, type InspectedTable, type TableMap } from './table.ts'
import { isWayToLogIn, type Meaning, meaningOf } from './words.ts'

/** What was decided. */
export interface Decided {
  /** By column: the values with which somebody is let in. */
  readonly letIn: Readonly<Record<string, readonly string[]>>
  /** Columns that say nothing about who may log in. */
  readonly ignored: readonly string[]
}

export const nobodyDecided: Decided = { letIn: {}, ignored: [] }

export interface Admission {
  /** The column that becomes `isActive`, with how it is read where it is not a plain flag. */
  readonly isActive: { readonly column: string; readonly codec?: CodecPlan } | null
  readonly conditions: readonly Condition[]
  readonly decisions: readonly Decision[]
  /** What is worth knowing, a sentence each. */
  readonly notes: readonly string[]
}

/** The columns whose values have to be read. */
export function columnsToRead(
  table: InspectedTable,
  { ignored }: Decided,
): {
  readonly states: readonly InspectedColumn[]
  readonly numbers: readonly InspectedColumn[]
} {
  const telling = table.columns.filter(
    ({ name }) => meaningOf(name) !== null && !ignored.includes(name),
  )
  return {
    states: telling.filter((column) => column.type === 'string' || isPlainNumber(column)),
    numbers: table.columns.filter(
      (column) => (column.type === 'number' || column.type === 'bigint') && isMoment(column),
    ),
  }
}

/** @param active The column that somebody said is `isActive`. */
export function admissionOf(
  table: InspectedTable,
  orm: Orm,
  sample: Sample,
  decided: Decided,
  active: string | undefined,
  taken: ReadonlySet<string>,
): Admission {
  const decisions: Decision[] = []
  const notes: string[] = []
  const signals: Signal[] = []
  for (const column of table.columns) {
    const told = decided.letIn[column.name]
    const meaning =
      active === column.name && told === undefined
        ? (meaningOf(column.name) ?? 'lets in')
        : meaningOf(column.name)
    if (decided.ignored.includes(column.name)) continue
    if (taken.has(column.name) && active !== column.name) continue
    const found =
      told === undefined
        ? meaning === null
          ? valuesThatTell(column)
          : meaning === 'perhaps a state' && !tells(column, sample)
            ? null
            : signalOf(table, orm, sample, column, meaning)
        : valuesSignal(table, orm, column, told, sample)
    if (found === null) continue
    if ('question' in found) decisions.push(found)
    else signals.push(found)
  }
  const primary = primaryOf(table, signals, active)
  // When somebody was shut out does not matter where it is said until when.
  const isOver = ({ column, condition }: Signal) =>
    condition.allowed !== 'past' &&
    isMoment(column) &&
    signals.some((other) => other.condition.allowed === 'past' && isOfOne(other.column, column))
  const standing = signals.filter((signal) => signal === primary || !isOver(signal))
  const others: Signal[] = []
  for (const signal of standing) {
    if (signal === primary) continue
    const isDecided = decided.letIn[signal.column.name] !== undefined
    if (signal.meaning !== 'lets in' || isMetByNewRows(signal) || isDecided) others.push(signal)
    else {
      decisions.push(
        question(
          signal.column,
          `${signal.column.name} may say who is let in, besides ${primary?.column.name}, and does not for a new row`,
          Array.isArray(signal.condition.allowed) ? signal.condition.allowed.map(String) : [],
        ),
      )
    }
  }
  for (const signal of standing) {
    const note = noteOf(signal, sample)
    if (note) notes.push(note)
  }
  return {
    isActive: primary
      ? {
          column: primary.column.name,
          ...(primary.plan === null ? {} : { codec: primary.plan }),
        }
      : null,
    conditions: others.map(({ condition }) => condition),
    decisions,
    notes,
  }
}

/**
 * Which one is `isActive`: what was said, else the one that a new row would not meet by itself,
 * else the plainest. A row that is deleted is no user at all.
 */
function primaryOf(
  table: InspectedTable,
  signals: readonly Signal[],
  active: string | undefined,
): Signal | undefined {
  const order: readonly Meaning[] = ['lets in', 'keeps out', 'state', 'keeps out until']
  const candidates = signals
    .filter(({ meaning, column }) => order.includes(meaning) && !isLockout(column))
    // Where names are unique among those who are let in only, the others are no users at all.
    .filter(({ column }) => !isIndexed(table, column.name))
    .sort((one, other) => order.indexOf(one.meaning) - order.indexOf(other.meaning))
  return (
    signals.find(({ column }) => column.name === active) ??
    candidates.find((signal) => !isMetByNewRows(signal)) ??
    candidates[0]
  )
}

function isMetByNewRows({ column, condition }: Signal): boolean {
  const value = defaultOf(column)
  if (typeof condition.allowed === 'string') return column.nullable || truth(value) === false
  return condition.allowed.some(
    (one) => String(one) === String(value) || truth(one) === truth(value),
  )
}

function truth(value: unknown): unknown {
  if (value === null || value === undefined) return value
  const text = String(value).toLowerCase()
  if (['1', 'true', 't'].includes(text)) return true
  return ['0', 'false', 'f'].includes(text) ? false : text
}

/** The same conditions as SQL that an index's condition is compared with. */
export function sqlOf(conditions: readonly Condition[], table: InspectedTable): string | null {
  const parts = conditions.flatMap(({ column, allowed }) => {
    const [only, ...more] = typeof allowed === 'string' ? [] : allowed
    if (only === undefined || more.length > 0) return []
    if (only === null) return [`${column} is null`]
    const text = columnNamed(table, column)?.type === 'string'
    return [`${column} = ${text ? `'${only}'` : String(only)}`]
  })
  return parts.length === 0 ? null : parts.join(' and ')
}

/** Somebody without a password here may come to one. */
export function elsewhereNote({ columns }: InspectedTable): string[] {
  return columns
    .filter(({ name }) => isWayToLogIn(name))
    .map(
      ({ name }) =>
        `${name}: whoever logs in elsewhere (LDAP, SSO) and has no password here gets one by a reset; where they must not, write a where`,
    )
}

/** An address that is not proven keeps nobody out by itself. */
export function unprovenNote({ emailVerified }: TableMap): string[] {
  if (!emailVerified) return []
  return [
    `${emailVerified.column}: whoever has not proven their address logs in all the same; where the application refuses them, add recovery({ …, verified: 'required' })`,
  ]
}
