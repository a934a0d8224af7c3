/**
 * Who is kept out by the application that the table is of, and how that stays so: one column
 * becomes `isActive`, all others conditions that every user meets. What a column's values mean and
 * no word tells is a decision, and nothing is ready before it is taken.
 */
import type { MomentForm } from '../../users/codec.ts'
import { wordsOf } from '../../users/column-names.ts'
import { type CodecPlan, type Literal, literal } from './codecs.ts'
import { momentForm, type Orm, typeIn } from './orm.ts'
import type { Sample } from './sample.ts'
import { columnNamed, type InspectedColumn, type InspectedTable } from './table.ts'
import { admits, type Meaning, meaningOf, refusalOf } from './words.ts'

/** What a user's row has in a column; `past` is no moment or one that has passed. */
export interface Condition {
  readonly column: string
  readonly allowed: readonly Literal[] | 'past' | 'future'
  /** Of moments: how they are kept. */
  readonly form?: MomentForm
  /** Of moments: what else than `null` stands where there is none. */
  readonly none?: Literal
}

/** What has to be decided by somebody who knows the application. */
export interface Decision {
  readonly column: string
  /** One sentence or two. */
  readonly question: string
  /** What to add to the command. */
  readonly answers: readonly string[]
}

/** What was decided. */
export interface Decided {
  /** By column: the values with which somebody is let in. */
  readonly letIn: Readonly<Record<string, readonly string[]>>
  /** Columns that say nothing about who may log in. */
  readonly ignored: readonly string[]
}

/** What one column says. */
interface Signal {
  readonly column: InspectedColumn
  readonly meaning: Meaning
  /** How it is read as `isActive`. */
  readonly plan: CodecPlan | null
  readonly condition: Condition
  /** Whether no codec can write what the column holds. */
  readonly isConditionOnly?: boolean
}

export interface Admission {
  /** The column that becomes `isActive`, with how it is read where it is not a plain flag. */
  readonly isActive: { readonly column: string; readonly codec?: CodecPlan } | null
  readonly conditions: readonly Condition[]
  readonly decisions: readonly Decision[]
  /** What is worth knowing, a sentence each. */
  readonly notes: readonly string[]
}

/** The columns whose values have to be read. */
export function columnsToRead(table: InspectedTable): {
  readonly states: readonly InspectedColumn[]
  readonly numbers: readonly InspectedColumn[]
} {
  const telling = table.columns.filter((column) => meaningOf(column.name) !== null)
  return {
    states: telling.filter(
      (column) =>
        (column.type === 'string' || isPlainNumber(column)) && meaningOf(column.name) !== null,
    ),
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
    .filter(({ isConditionOnly }) => isConditionOnly !== true)
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

/** Whether two columns begin with the same word: `suspended_at` and `suspended_until`. */
function isOfOne(one: InspectedColumn, other: InspectedColumn): boolean {
  const [first, second] = [one, other].map(({ name }) =>
    wordsOf(name).find((word) => word !== 'is'),
  )
  return first === second
}

/** A lock after wrong passwords is none that an administrator sets or lifts. */
function isLockout(column: InspectedColumn): boolean {
  return isMoment(column) && /lock(?!ed_?by)/i.test(column.name) && !/block/i.test(column.name)
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

function signalOf(
  table: InspectedTable,
  orm: Orm,
  sample: Sample,
  column: InspectedColumn,
  meaning: Meaning,
): Signal | Decision | null {
  if (meaning === 'state' || meaning === 'perhaps a state') {
    return stateSignal(table, orm, sample, column)
  }
  if (isMoment(column)) return momentSignal(table, orm, sample, column, meaning)
  if (meaning === 'keeps out until' || meaning === 'lasts until') {
    return question(column, `${column.name} may say until when, and does not hold a moment`)
  }
  const isUp = meaning === 'lets in'
  const [up, down] = spelling(orm, table, column, sample) ?? []
  if (up === undefined || down === undefined) {
    return question(
      column,
      `${column.name} may say who is kept out, and nothing tells how it is spelled`,
    )
  }
  const [on, off] = isUp ? [up, down] : [down, up]
  // Where nothing is said, nobody is let in by it, and nobody kept out.
  const allowed = !isUp && column.nullable && !isIndexed(table, column.name) ? [on, null] : [on]
  const isPlain = isUp && typeof on === 'boolean'
  return {
    column,
    meaning,
    plan: isPlain ? null : { kind: 'flag', on: allowed, off },
    condition: { column: column.name, allowed },
  }
}

/** A moment at which somebody was let in or kept out, or until which. */
function momentSignal(
  table: InspectedTable,
  orm: Orm,
  sample: Sample,
  column: InspectedColumn,
  meaning: Meaning,
): Signal | Decision | null {
  const form = formOf(orm, table, column, sample)
  const isNumber = form === 'seconds' || form === 'milliseconds'
  const none = noMoment(table, column, isNumber)
  const unset = column.nullable ? null : typed(orm, table, column, isNumber ? '0' : '')
  if (form === null || (unset === '' && !isNumber)) {
    return question(column, `${column.name} holds a moment that crudauth cannot read as a flag`)
  }
  const make = (kind: 'timestampFlag' | 'timestampUnset' | 'timestampUntil'): CodecPlan => ({
    kind,
    form,
    unset,
  })
  const empty = none.map((one) => (one === null ? null : typed(orm, table, column, String(one))))
  const isConditionOnly = typeIn(orm, table.dialect, column) === 'bigint'
  switch (meaning) {
    case 'keeps out until':
      return {
        column,
        meaning,
        plan: make('timestampUntil'),
        condition: { column: column.name, allowed: 'past', form },
        isConditionOnly,
      }
    case 'lasts until':
      return {
        column,
        meaning,
        plan: null,
        condition: {
          column: column.name,
          allowed: 'future',
          form,
          // 0 is no moment: who has it would be out for good.
          ...(isNumber ? { none: typed(orm, table, column, '0') } : {}),
        },
      }
    case 'lets in':
      // Since when, beside a flag that says whether.
      return table.columns.some((other) => other.type === 'boolean' && isOfOne(other, column))
        ? null
        : question(column, `${column.name} may say since when somebody is let in`)
    default:
      return {
        column,
        meaning,
        plan: make('timestampUnset'),
        condition: { column: column.name, allowed: empty },
        isConditionOnly,
      }
  }
}

function stateSignal(
  table: InspectedTable,
  orm: Orm,
  sample: Sample,
  column: InspectedColumn,
): Signal | Decision {
  const { name, values: labels } = column
  const initial = defaultOf(column)
  const read = sample.values(name)
  const known = new Set<string | null>([
    ...(labels ?? []),
    ...(read ?? []),
    ...(typeof initial === 'string' ? [initial] : []),
    ...valuesOfIndexes(table, name),
  ])
  if (column.type !== 'string') {
    // Everybody has what a new row has: whoever gets another value is kept out.
    const [only, ...others] = read ?? []
    if (typeof only === 'string' && others.length === 0 && only === String(initial)) {
      return valuesSignal(table, orm, column, [only], sample)
    }
    const told = read?.map((one) => one ?? 'null') ?? []
    return question(
      column,
      `${name} holds whole numbers${told.length > 0 ? ` (${told.join(', ')})` : ''}, and which let in is not told by any word`,
      told.includes('1') ? ['1'] : told.filter((one) => one !== 'null'),
    )
  }
  const verdicts = [...known].map((one) => [one, one === null ? null : admits(one)] as const)
  const isTold = verdicts.length > 0 && verdicts.every(([, verdict]) => verdict !== null)
  const let_ = verdicts.flatMap(([one, verdict]) => (verdict === true && one !== null ? [one] : []))
  if (!isTold || let_.length === 0) {
    const unknown = verdicts.filter(([, verdict]) => verdict === null).map(([one]) => one ?? 'null')
    return question(
      column,
      unknown.length > 0
        ? `${name} holds ${unknown.map(quoted).join(', ')}, and it is not known whether that lets somebody in`
        : `${name} may say who is kept out, and no row and no default tells how it is spelled`,
      let_.length > 0 ? let_ : unknown,
    )
  }
  return valuesSignal(table, orm, column, let_, sample)
}

/** The signal of a column with these values of somebody who is let in. */
function valuesSignal(
  table: InspectedTable,
  orm: Orm,
  column: InspectedColumn,
  values: readonly string[],
  sample: Sample,
): Signal | Decision {
  const allowed = values.map((one) => (one === 'null' ? null : typed(orm, table, column, one)))
  const others = [...(column.values ?? []), ...(sample.values(column.name) ?? [])].filter(
    (one): one is string => one !== null && !values.includes(one),
  )
  const word =
    refusalOf(others) ??
    (column.values ? others[0] : others.length > 0 ? refusalOf(others) : undefined)
  const seen = typeIn(orm, table.dialect, column)
  const off =
    word ??
    others[0] ??
    (seen === 'string' && column.type === 'string'
      ? 'disabled'
      : seen === 'boolean'
        ? 'false'
        : values.includes('0')
          ? '1'
          : '0')
  if (allowed.every((one) => one === null)) {
    return momentFree(column, allowed)
  }
  return {
    column,
    // What only somebody said is no state that an administrator sets.
    meaning: meaningOf(column.name) === null ? 'deleted' : 'state',
    plan: { kind: 'flag', on: allowed, off: typed(orm, table, column, off) },
    condition: { column: column.name, allowed },
  }
}

function momentFree(column: InspectedColumn, allowed: readonly Literal[]): Signal {
  return { column, meaning: 'deleted', plan: null, condition: { column: column.name, allowed } }
}

/** Words for somebody who is kept out, and for nothing else. */
const isOut = (value: string | null) =>
  /^(?:banned|blocked|suspended|disabled|deactivated)$/i.test(value ?? '')

/** Whether a column has such a word: in its type, its default or its rows. */
function tells(column: InspectedColumn, sample: Sample): boolean {
  const values = [...(column.values ?? []), ...(sample.values(column.name) ?? [])]
  return column.type === 'string' && values.some(isOut)
}

/** An enumeration that has a word for somebody who is kept out, whatever it is called. */
function valuesThatTell({ name, values, type }: InspectedColumn): Decision | null {
  const out = values?.filter(isOut) ?? []
  if (out.length === 0 || type !== 'string') return null
  const rest = values?.filter((one) => !out.includes(one)) ?? []
  return {
    column: name,
    question: `${name} may be ${out.map(quoted).join(' or ')}`,
    answers: [`--let-in ${name}=${rest.join(',')}`, `--ignore ${name}`],
  }
}

function question(
  { name }: InspectedColumn,
  sentence: string,
  values: readonly string[] = [],
): Decision {
  const example = values.length > 0 ? values.join(',') : '…'
  return {
    column: name,
    question: sentence,
    answers: [`--let-in ${name}=${example}`, `--ignore ${name}`],
  }
}

function noteOf({ column, plan, meaning, condition }: Signal, sample: Sample): string | null {
  const { name } = column
  if (isLockout(column) && condition.allowed !== 'past') {
    return `${name}: who is locked there stays out until it is emptied; crudauth has a lockout of its own`
  }
  if (meaning !== 'state' || plan?.kind !== 'flag') return null
  const off = String(plan.off)
  if (column.values?.includes(off) || sample.values(name)?.includes(off)) return null
  return `${name}: no row says how a disabled account is spelled; auth.users.disable() writes ${literal(plan.off)}`
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
function noMoment(
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

function isIndexed(table: InspectedTable, name: string): boolean {
  return table.uniqueKeys.some(({ where }) => where && new RegExp(`\\b${name}\\b`, 'i').test(where))
}

/** The texts that the conditions of unique indexes compare a column with. */
function valuesOfIndexes(table: InspectedTable, name: string): string[] {
  const compared = new RegExp(`\\b${name}\\b[^']{0,40}'([^']*)'`, 'gi')
  return table.uniqueKeys.flatMap(({ where = '' }) =>
    [...(where ?? '').matchAll(compared)].map(([, text = '']) => text),
  )
}

function isPlainNumber({ type }: InspectedColumn): boolean {
  return type === 'number' || type === 'bigint'
}

function quoted(text: string): string {
  return `'${text}'`
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
