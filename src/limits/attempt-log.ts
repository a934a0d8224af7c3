/**
 * A log of guesses at passwords, and what follows from it: whether the next guess is looked at.
 *
 * Everything is worked out from the moments that are in the log; no lock, count or window is kept
 * beside it that could say something else. A log is one text in the storage, changed by compare and
 * swap.
 */

import { weekOf } from './network-budget.ts'

/** What became of an attempt. */
export type AttemptState =
  /** Its password is being verified. It counts as wrong until it turns out to be right. */
  | 'pending'
  | 'failed'
  /** Looked at in a lane that is closed; see `Verdict`. */
  | 'hidden'
  /** The last login of this network, with what it forgave. It counts towards nothing. */
  | 'right'

export interface LoggedAttempt {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly state: AttemptState
  /** Tags of the client's network and of its site; empty where the client's address is unknown. */
  readonly network: string
  readonly site: string
  /** A keyed digest of the password; of one that was right, how many failures it forgave today. */
  readonly note: string
  /** Which name it was aimed at, in a log that many names share; else empty. */
  readonly name: string
}

/** The numbers by which a log is read. Times are milliseconds. */
export interface LaneRules {
  /** Wrong passwords of one network within `windowMs`; the last one locks. */
  readonly perWindow: number
  readonly windowMs: number
  readonly baseLockMs: number
  readonly maxLockMs: number
  /** Wrong passwords of one site within the horizon. */
  readonly fromOneSite: number
  /** Wrong passwords of all together within the horizon. */
  readonly together: number
  readonly horizonMs: number
  /**
   * Whether one attempt an hour is looked at once all together have closed it, or one a day of a
   * site that has used up its own.
   */
  readonly hasHiddenLook: boolean
}

/** How a new attempt is to be treated. */
export type Verdict =
  /** Its password is looked at. */
  | { readonly kind: 'look' }
  /** It is wrong: this network tried this very password here within the last day. */
  | { readonly kind: 'repeat' }
  /**
   * The lane is closed, and this is its one look of the hour, or of the day. From outside it is
   * refused like all others, unless its password is right.
   */
  | { readonly kind: 'hidden' }
  | { readonly kind: 'locked'; readonly waitMs: number }
  | { readonly kind: 'closed' }

type Attempt = Pick<LoggedAttempt, 'network' | 'site' | 'note' | 'name'>

const dayMs = 86_400_000
/** How many passwords of a network are remembered, so that the same ones need not be counted. */
const rememberedPasswords = 3
/** What an attempt waits for others that are under way. */
const underWayMs = 1000
/** Of an attempt that is under way for longer nobody will say any more what became of it. */
const abandonedMs = 60_000
const hourMs = 3_600_000
/** How many failures of a network the owner's success there forgives a day. */
const forgivenADay = 10
/** Of how many networks besides the current one the last login is remembered. */
const otherNetworks = 3

/** Reads a log. What cannot be read is left out. */
export function parseLog(text: string | null): readonly LoggedAttempt[] {
  if (!text) return []
  return text.split(' ').flatMap((entry) => {
    const [head = '', network = '', site = '', note = '', name = ''] = entry.split('.')
    const state = states[head.charAt(0)]
    const at = Number.parseInt(head.slice(1), 36)
    if (state === undefined || !Number.isSafeInteger(at)) return []
    return [{ at, state, network, site: site === '=' ? network : site, note, name }]
  })
}

/** @param cap The most entries that are kept; the oldest go first. */
export function formatLog(log: readonly LoggedAttempt[], cap: number): string {
  return log.slice(-cap).map(formatEntry).join(' ')
}

function formatEntry({ at, state, network, site, note, name }: LoggedAttempt): string {
  const fields = [network, site === network && site !== '' ? '=' : site, note, name]
  return `${state.charAt(0)}${at.toString(36)}.${fields.join('.')}`.replace(/\.+$/, '')
}

const states: Readonly<Record<string, AttemptState>> = {
  p: 'pending',
  f: 'failed',
  h: 'hidden',
  r: 'right',
}

/** What a new attempt gets. Asks only what the log says of this name. */
export function judge(
  log: readonly LoggedAttempt[],
  attempt: Attempt,
  rules: LaneRules,
  now: number,
): Verdict {
  const counted = countedFor(log, attempt.name, rules, now)
  const own = counted.filter(({ network }) => network === attempt.network)

  const lockedUntil = lockEnd(own, rules)
  if (lockedUntil > now) {
    // Those that are under way may be right: only failures lock for longer than a moment.
    const sure =
      lockEnd(
        own.filter((one) => isSure(one, now)),
        rules,
      ) - now
    return { kind: 'locked', waitMs: sure > 0 ? sure : underWayMs }
  }
  if (isRepeated(own, attempt, now)) return { kind: 'repeat' }
  if (!isClosed(counted, attempt, rules)) return { kind: 'look' }
  const sure = counted.filter((one) => isSure(one, now))
  if (!isClosed(sure, attempt, rules)) return { kind: 'locked', waitMs: underWayMs }
  if (!rules.hasHiddenLook) return { kind: 'closed' }
  // Where all together have closed it nobody else gets in; of one network others still do.
  const pause = sure.length < rules.together ? dayMs : hourMs
  const isLookDue = !log.some(
    ({ state, at, name }) => state === 'hidden' && name === attempt.name && now - at < pause,
  )
  return { kind: isLookDue ? 'hidden' : 'closed' }
}

/**
 * Whether no attempt of this network at this name has failed today. Those that are under way say
 * nothing: they may yet be right, or be withdrawn.
 */
export function isNewToday(log: readonly LoggedAttempt[], attempt: Attempt, now: number): boolean {
  return !log.some(
    (one) =>
      isFailed(one) &&
      one.name === attempt.name &&
      one.network === attempt.network &&
      now - one.at < dayMs,
  )
}

/**
 * When the lock of one network ends, in milliseconds since the epoch; 0 where it never had one.
 * Each further lock within the horizon is twice as long.
 */
export function lockEnd(own: readonly LoggedAttempt[], rules: LaneRules): number {
  let recent: number[] = []
  let end = 0
  let rounds = 0
  for (const { at } of own) {
    recent = [...recent.filter((moment) => at - moment < rules.windowMs), at]
    if (recent.length < rules.perWindow) continue
    end = at + Math.min(rules.baseLockMs * 2 ** Math.min(rounds, 30), rules.maxLockMs)
    rounds += 1
    recent = []
  }
  return end
}

/** What counts against a name: within the horizon, oldest first. */
export function countedFor(
  log: readonly LoggedAttempt[],
  name: string,
  { horizonMs }: LaneRules,
  now: number,
): readonly LoggedAttempt[] {
  return log.filter(
    (one) =>
      one.name === name &&
      (one.state === 'failed' || one.state === 'pending') &&
      now - one.at < horizonMs,
  )
}

/** Whether the site, or all together, have used up what they may guess at a name. */
export function isClosed(
  counted: readonly LoggedAttempt[],
  { site }: Pick<Attempt, 'site'>,
  { fromOneSite, together }: LaneRules,
): boolean {
  if (counted.length >= together) return true
  // Of clients whose address is unknown nobody can say that they are one.
  return site !== '' && counted.filter((one) => one.site === site).length >= fromOneSite
}

function isRepeated(own: readonly LoggedAttempt[], { note }: Attempt, now: number): boolean {
  return own
    .filter(isFailed)
    .slice(-rememberedPasswords)
    .some((one) => one.note === note && note !== '' && now - one.at < dayMs)
}

export function isFailed({ state }: LoggedAttempt): boolean {
  return state === 'failed'
}

/**
 * Whether an attempt counts for good: it failed, or its process died before it could say. Otherwise
 * one such attempt would have everybody wait a moment, for as long as it is remembered.
 */
function isSure({ state, at }: LoggedAttempt, now: number): boolean {
  return state === 'failed' || (state === 'pending' && now - at >= abandonedMs)
}

/** The log with one attempt more, and without what no longer says anything. */
export function withAttempt(
  log: readonly LoggedAttempt[],
  attempt: LoggedAttempt,
  rules: LaneRules,
): readonly LoggedAttempt[] {
  const kept = attempt.state === 'hidden' ? log.filter((one) => !isSame(one, attempt)) : log
  return [...tidied(kept, rules, attempt.at), attempt]
}

function isSame(one: LoggedAttempt, other: LoggedAttempt): boolean {
  return one.state === other.state && one.name === other.name
}

/** Drops what is older than the horizon, and digests of passwords that are older than a day. */
function tidied(
  log: readonly LoggedAttempt[],
  { horizonMs }: LaneRules,
  now: number,
): readonly LoggedAttempt[] {
  return log
    .filter((one) => now - one.at < horizonMs)
    .map((one) => (one.note !== '' && now - one.at >= dayMs ? { ...one, note: '' } : one))
}

/** The log with an attempt in another state; without it where `state` is `null`. */
export function settled(
  log: readonly LoggedAttempt[],
  attempt: LoggedAttempt,
  state: AttemptState | null,
  changes: Partial<LoggedAttempt> = {},
): readonly LoggedAttempt[] {
  const text = formatEntry(attempt)
  // Two attempts that are the same to the millisecond may stand in for each other.
  const index = log.findIndex((one) => formatEntry(one) === text)
  if (index < 0) return log
  const rest = log.toSpliced(index, 1)
  return state === null ? rest : rest.toSpliced(index, 0, { ...attempt, ...changes, state })
}

/**
 * The log after a right password: of its own network the latest failures are forgotten, but only so
 * many a day, or an owner's program would forgive whoever guesses from the same network.
 */
export function forgiven(
  log: readonly LoggedAttempt[],
  attempt: LoggedAttempt,
): readonly LoggedAttempt[] {
  const isOwn = (one: LoggedAttempt) => one.network === attempt.network && one.name === attempt.name
  const last = lastRight(log, attempt)
  // A new week begins a new day: `newInWeek` reads the week from the moment.
  const isToday =
    last !== undefined && attempt.at - last.at < dayMs && weekOf(last.at) >= weekOf(attempt.at)
  const already = isToday ? Number.parseInt(last.note, 36) || 0 : 0
  const own = log.filter((one) => isFailed(one) && isOwn(one))
  const gone = new Set(own.slice(own.length - Math.min(own.length, forgivenADay - already)))
  const right: LoggedAttempt = {
    ...attempt,
    state: 'right',
    // The day begins with the first login that is counted in it.
    at: isToday ? last.at : attempt.at,
    note: (already + gone.size).toString(36),
  }
  const others = log.filter((one) => one.state === 'right' && one !== last).slice(0, otherNetworks)
  return [right, ...others, ...log.filter((one) => one.state !== 'right' && !gone.has(one))]
}

/** The last login from the network of an attempt. */
function lastRight(
  log: readonly LoggedAttempt[],
  { network, name }: Pick<LoggedAttempt, 'network' | 'name'>,
): LoggedAttempt | undefined {
  return log.find((one) => one.state === 'right' && one.network === network && one.name === name)
}

/**
 * For which of its networks a login is the account's first of the week. One account counts for four
 * networks a week, and once for each site, or one that goes from network to network would count for
 * as many accounts as it likes.
 */
export function newInWeek(
  log: readonly LoggedAttempt[],
  { at, network, site, name }: LoggedAttempt,
): { readonly network: boolean; readonly site: boolean } {
  const logins = log.filter(
    (one) => one.state === 'right' && one.name === name && weekOf(one.at) >= weekOf(at),
  )
  const isOneMore = logins.length <= otherNetworks
  return {
    network: isOneMore && !logins.some((one) => one.network === network),
    site: isOneMore && !logins.some((one) => one.site === site),
  }
}

/** What a log says of one name, under another. */
export function ofName(
  log: readonly LoggedAttempt[],
  name: string,
  as: string,
): readonly LoggedAttempt[] {
  return log.filter((one) => one.name === name).map((one) => ({ ...one, name: as }))
}
