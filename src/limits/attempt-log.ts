/**
 * A log of guesses at passwords: what stands in it, and how it changes.
 *
 * Everything that follows from a log is worked out from the moments in it (`judgement.ts`); no
 * lock, count or window is kept beside it that could say something else. A log is one text in the
 * storage, changed by compare and swap.
 */
import { weekOf } from './network-budget.ts'

/** What became of an attempt. */
export type AttemptState =
  /** Its password is being verified. It counts as wrong until it turns out to be right. */
  | 'pending'
  | 'failed'
  /** Looked at in a lane that is closed; see `Verdict`. */
  | 'hidden'
  /** Looked at while its network was locked, and wrong; see `mayLookUnseen`. */
  | 'unseen'
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

/** An attempt before it stands in a log. */
export type Attempt = Pick<LoggedAttempt, 'network' | 'site' | 'note' | 'name'>

export const dayMs = 86_400_000
/** How far ahead another process' clock may be. */
export const skewMs = 60_000
/** How many passwords of a network are remembered, so that the same ones need not be counted. */
const rememberedPasswords = 3
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
  // A clock of the application's may count in parts of milliseconds.
  return `${state.charAt(0)}${Math.floor(at).toString(36)}.${fields.join('.')}`.replace(/\.+$/, '')
}

const states: Readonly<Record<string, AttemptState>> = {
  p: 'pending',
  f: 'failed',
  h: 'hidden',
  u: 'unseen',
  r: 'right',
}

/**
 * The log as it is read at a moment. What is more than a minute ahead was written by a process
 * whose clock was wrong: when it happened is unknown. It still counts, as of a day ago, but holds
 * nobody up until that moment comes.
 */
export function asOf(log: readonly LoggedAttempt[], now: number): readonly LoggedAttempt[] {
  const isAhead = ({ at }: LoggedAttempt) => at > now + skewMs
  if (!log.some(isAhead)) return log
  const dated = log.map((one) => (isAhead(one) ? { ...one, at: now - dayMs } : one))
  // Logins stand first, then the guesses by their time.
  const guesses = dated.filter(({ state }) => state !== 'right')
  return [
    ...dated.filter(({ state }) => state === 'right'),
    ...guesses.toSorted((a, b) => a.at - b.at),
  ]
}

/**
 * Whether no attempt of this network at this name has failed today, forgiven or not. Those that are
 * under way say nothing: they may yet be right, or be withdrawn.
 */
export function isNewToday(log: readonly LoggedAttempt[], attempt: Attempt, now: number): boolean {
  return !log.some(
    (one) =>
      (isFailed(one) || (one.state === 'right' && forgave(one) > 0)) &&
      one.name === attempt.name &&
      one.network === attempt.network &&
      now - one.at < dayMs,
  )
}

/** How many failures a login forgave on its day. */
function forgave({ note }: LoggedAttempt): number {
  return Number.parseInt(note, 36) || 0
}

/** Whether this very password is among the last that were wrong, and of today. */
export function isRemembered(
  wrong: readonly LoggedAttempt[],
  { note }: Attempt,
  now: number,
): boolean {
  return wrong
    .slice(-rememberedPasswords)
    .some((one) => one.note === note && note !== '' && now - one.at < dayMs)
}

export function isFailed({ state }: LoggedAttempt): boolean {
  return state === 'failed'
}

/** The log with one attempt more, and without what no longer says anything. */
export function withAttempt(
  log: readonly LoggedAttempt[],
  attempt: LoggedAttempt,
  horizonMs: number,
): readonly LoggedAttempt[] {
  const kept = attempt.state === 'hidden' ? log.filter((one) => !isSame(one, attempt)) : log
  return [...tidied(kept, horizonMs, attempt.at), attempt]
}

function isSame(one: LoggedAttempt, other: LoggedAttempt): boolean {
  return one.state === other.state && one.name === other.name
}

/** Drops what is older than the horizon, and digests of passwords that are older than a day. */
function tidied(
  log: readonly LoggedAttempt[],
  horizonMs: number,
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
  const already = isToday ? forgave(last) : 0
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
