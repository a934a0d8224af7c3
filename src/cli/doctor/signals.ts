/**
 * What one column says of who is let in: by its name, its type and what stands in it. What no word
 * tells is a decision.
 */
import { wordsOf } from '../../users/column-names.ts'
import { type CodecPlan, type Literal, literal } from './codecs.ts'
import {
  defaultOf,
  formOf,
  isIndexed,
  isMoment,
  noMoment,
  spelling,
  typed,
  valuesOfIndexes,
} from './column-values.ts'
import { codecForm, type Orm, type SeenForm, typeIn } from './orm.ts'
import type { Sample } from './sample.ts'
import type { InspectedColumn, InspectedTable } from './table.ts'
import { admits, type Meaning, meaningOf, refusalOf } from './words.ts'

/** What a user's row has in a column; `past` is no moment or one that has passed. */
export interface Condition {
  readonly column: string
  readonly allowed: readonly Literal[] | 'past' | 'future'
  /** Of moments: how they are kept. */
  readonly form?: SeenForm
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

/** What one column says. */
export interface Signal {
  readonly column: InspectedColumn
  readonly meaning: Meaning
  /** How it is read as `isActive`. */
  readonly plan: CodecPlan | null
  readonly condition: Condition
}

export function signalOf(
  table: InspectedTable,
  orm: Orm,
  sample: Sample,
  column: InspectedColumn,
  meaning: Meaning,
): Signal | Decision | null {
  if (meaning === 'state' || meaning === 'perhaps a state') {
    return stateSignal(table, orm, sample, column)
  }
  if (meaning === 'perhaps keeps out') {
    return question(column, `${column.name} may say who is about to be kept out`)
  }
  if (meaning === 'no person') {
    const [, none] = spelling(orm, table, column, sample) ?? []
    return question(
      column,
      `${column.name} may say that a row is nobody who logs in with a password here`,
      none === undefined ? [] : [String(none), ...(column.nullable ? ['null'] : [])],
    )
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
    form: codecForm(orm, table, column, form),
    unset,
  })
  const empty = none.map((one) => (one === null ? null : typed(orm, table, column, String(one))))
  switch (meaning) {
    case 'keeps out until':
      return {
        column,
        meaning,
        plan: make('timestampUntil'),
        condition: { column: column.name, allowed: 'past', form },
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
      // What is not known is no example: pasted, it would let everybody in.
      let_,
    )
  }
  return valuesSignal(table, orm, column, let_, sample)
}

/** The signal of a column with these values of somebody who is let in. */
export function valuesSignal(
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
      ? inventedRefusal(column, values)
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
    meaning: isState(column) ? 'state' : 'deleted',
    plan: { kind: 'flag', on: allowed, off: typed(orm, table, column, off) },
    condition: { column: column.name, allowed },
  }
}

/** A word for a disabled account that nobody used yet, as far as the column has room for one. */
function inventedRefusal({ maxLength = 255 }: InspectedColumn, values: readonly string[]): string {
  const isNumbered = values.every((one) => /^\d$/.test(one))
  const words = ['disabled', ...(isNumbered ? ['1', '0', '9'] : ['N', 'D', 'X'])]
  return words.find((one) => one.length <= maxLength && !values.includes(one)) ?? 'disabled'
}

function isState({ name }: InspectedColumn): boolean {
  const meaning = meaningOf(name)
  return meaning !== null && meaning !== 'no person' && meaning !== 'perhaps keeps out'
}

function momentFree(column: InspectedColumn, allowed: readonly Literal[]): Signal {
  return { column, meaning: 'deleted', plan: null, condition: { column: column.name, allowed } }
}

/** Words for somebody who is kept out, and for nothing else. */
const isOut = (value: string | null) =>
  /^(?:banned|blocked|suspended|disabled|deactivated|no-?_?login)$/i.test(value ?? '')

/** Whether a column has such a word: in its type, its default or its rows. */
export function tells(column: InspectedColumn, sample: Sample): boolean {
  const values = [...(column.values ?? []), ...(sample.values(column.name) ?? [])]
  return column.type === 'string' && values.some(isOut)
}

/** An enumeration that has a word for somebody who is kept out, whatever it is called. */
export function valuesThatTell({ name, values, type }: InspectedColumn): Decision | null {
  const out = values?.filter(isOut) ?? []
  if (out.length === 0 || type !== 'string') return null
  const rest = values?.filter((one) => !out.includes(one)) ?? []
  return {
    column: name,
    question: `${name} may be ${out.map(quoted).join(' or ')}`,
    answers: [`--let-in ${name}=${rest.join(',')}`, `--ignore ${name}`],
  }
}

export function question(
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

export function noteOf(
  { column, plan, meaning, condition }: Signal,
  sample: Sample,
): string | null {
  const { name } = column
  if (isLockout(column) && condition.allowed !== 'past') {
    return `${name}: who is locked there stays out until it is emptied; crudauth has a lockout of its own`
  }
  if (meaning !== 'state' || plan?.kind !== 'flag') return null
  const off = String(plan.off)
  if (column.values?.includes(off) || sample.values(name)?.includes(off)) return null
  return `${name}: no row says how a disabled account is spelled; auth.users.disable() writes ${literal(plan.off)}`
}

/** Whether two columns begin with the same word: `suspended_at` and `suspended_until`. */
export function isOfOne(one: InspectedColumn, other: InspectedColumn): boolean {
  const [first, second] = [one, other].map(({ name }) =>
    wordsOf(name).find((word) => word !== 'is'),
  )
  return first === second
}

/** A lock after wrong passwords is none that an administrator sets or lifts. */
export function isLockout(column: InspectedColumn): boolean {
  return isMoment(column) && /lock(?!ed_?by)/i.test(column.name) && !/block/i.test(column.name)
}

function quoted(text: string): string {
  return `'${text}'`
}
