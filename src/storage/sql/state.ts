/**
 * What an operation makes of the state that it finds: pure, so that it can be done again when
 * somebody else wrote in between.
 */
import { parsedJson } from '../records.ts'
import type { Spending } from '../storage.ts'

export interface Row {
  readonly value: string
  /** Milliseconds by the database's clock. */
  readonly expiresAt: number
}

/** What to answer, and what to write for it: a value with its lifetime, nothing, or no row. */
export interface Decision<Answer> {
  readonly answer: Answer
  readonly write:
    | null
    | 'remove'
    | ({ readonly value: string } & ({ readonly ttl: number } | { readonly expiresAt: number }))
}

export type Decide<Answer> = (row: Row | null, now: number) => Decision<Answer>

/** Several decisions, each over what the one before leaves: all answers, and one write for all. */
export function decideAll<Answer>(
  row: Row | null,
  now: number,
  decisions: readonly Decide<Answer>[],
): Decision<readonly Answer[]> {
  let [left, last]: [Row | null, Decision<Answer>['write']] = [row, null]
  const answers = decisions.map((decide) => {
    const { answer, write } = decide(left, now)
    if (write === null) return answer
    last = write
    left =
      write === 'remove'
        ? null
        : { value: write.value, expiresAt: 'ttl' in write ? now + write.ttl : write.expiresAt }
    return answer
  })
  return { answer: answers, write: row === null && left === null ? null : last }
}

/** What is no number counts as absent. */
export function numberOf(row: Row | null): number | null {
  const number = row === null || row.value === '' ? Number.NaN : Number(row.value)
  return Number.isFinite(number) ? number : null
}

export function increment(
  row: Row | null,
  { by, slide, ttl }: { by: number; slide: boolean; ttl: number },
): Decision<number> {
  const counted = numberOf(row)
  const count = Math.max(0, (counted ?? 0) + by)
  if (count === 0) return { answer: 0, write: row ? 'remove' : null }
  const isArmed = row === null || counted === null || (slide && by >= 0)
  const value = String(count)
  return { answer: count, write: isArmed ? { value, ttl } : { value, expiresAt: row.expiresAt } }
}

/** The state is the time until which the budget is spent in advance, in milliseconds. */
export function spend(
  row: Row | null,
  now: number,
  limit: number,
  period: number,
): Decision<Spending> {
  const interval = period / limit
  const spentUntil = Math.max(numberOf(row) ?? now, now) + interval
  const over = spentUntil - now - period
  // Intervals are added one by one; what rounding adds to them must not cost a unit.
  const rounding = interval / 1000
  if (over > rounding) {
    const retryAfterSeconds = Math.ceil(over / 1000)
    return { answer: { allowed: false, remaining: 0, retryAfterSeconds }, write: null }
  }
  const remaining = Math.max(0, Math.floor((rounding - over) / interval))
  return {
    answer: { allowed: true, remaining, retryAfterSeconds: 0 },
    write: { value: String(spentUntil), expiresAt: Math.ceil(spentUntil) },
  }
}

export function giveBack(
  row: Row | null,
  now: number,
  limit: number,
  period: number,
): Decision<void> {
  if (row === null) return { answer: undefined, write: null }
  const spentUntil = Number(row.value) - period / limit
  return {
    answer: undefined,
    write:
      spentUntil > now ? { value: String(spentUntil), expiresAt: Math.ceil(spentUntil) } : 'remove',
  }
}

type Member = readonly [name: string, deadline: number]

/** What is no index has no members: it is written anew with the next one. */
export function membersOf(row: Row | null, now: number): readonly Member[] {
  const members = row === null ? [] : parsedJson(row.value)
  // Oldest first, without those whose lifetime has passed.
  return Array.isArray(members) ? members.filter(isMember).filter(([, until]) => until > now) : []
}

function isMember(value: unknown): value is Member {
  return Array.isArray(value) && typeof value[0] === 'string' && Number.isFinite(value[1])
}

export function indexAdd(
  row: Row | null,
  now: number,
  member: string,
  ttl: number,
  limit: number = Number.POSITIVE_INFINITY,
): Decision<string[]> {
  const others = membersOf(row, now).filter(([name]) => name !== member)
  const excess = Math.max(0, others.length + 1 - limit)
  const left = [...others.slice(excess), [member, now + ttl] as const]
  return { answer: others.slice(0, excess).map(([name]) => name), write: kept(left) }
}

export function indexRenew(
  row: Row | null,
  now: number,
  member: string,
  ttl: number,
): Decision<boolean> {
  const members = membersOf(row, now)
  const others = members.filter(([name]) => name !== member)
  if (others.length === members.length) return { answer: false, write: null }
  return { answer: true, write: kept([...others, [member, now + ttl]]) }
}

export function indexRemove(
  row: Row | null,
  now: number,
  removed: readonly string[],
): Decision<string[]> {
  const leaving = new Set(removed)
  const members = membersOf(row, now)
  const others = members.filter(([name]) => !leaving.has(name))
  const answer = others.map(([name]) => name)
  if (others.length === members.length) return { answer, write: null }
  return { answer, write: others.length === 0 ? 'remove' : kept(others) }
}

/** An index lives as long as its longest-lived member. */
function kept(members: readonly Member[]) {
  const expiresAt = members.reduce((latest, [, deadline]) => Math.max(latest, deadline), 0)
  return { value: JSON.stringify(members), expiresAt }
}
