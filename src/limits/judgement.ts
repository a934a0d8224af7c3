/**
 * What follows from a log of guesses: whether the next one is looked at, and for how long not.
 */
import { type Attempt, dayMs, isFailed, isRemembered, type LoggedAttempt } from './attempt-log.ts'

/** The numbers by which a log is read. Times are milliseconds. */
export interface LaneRules {
  /** Wrong passwords of one network within `windowMs`; the last one locks. */
  readonly perWindow: number
  readonly windowMs: number
  readonly baseLockMs: number
  readonly maxLockMs: number
  /** Wrong passwords of one site within the horizon. */
  readonly fromOneSite: number
  /** Of all clients together whose address is unknown. */
  readonly fromUnknown: number
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

/** What an attempt waits for others that are under way. */
const underWayMs = 1000
/** Of an attempt that is under way for longer nobody will say any more what became of it. */
const abandonedMs = 60_000
const hourMs = 3_600_000
/** How many wrong passwords of one account and site are looked at while the network is locked. */
const unseenLooks = 5

/** What a new attempt gets. Asks only what the log says of this name. */
export function judge(
  log: readonly LoggedAttempt[],
  attempt: Attempt,
  rules: LaneRules,
  now: number,
): Verdict {
  const counted = countedFor(log, attempt.name, rules, now)
  const own = counted.filter(({ network }) => network === attempt.network)

  if (lockEnd(own, attempt, rules) > now) {
    // Those that are under way may be right: only failures lock for longer than a moment.
    const sure = own.filter((one) => isSure(one, now))
    const sureMs = lockEnd(sure, attempt, rules) - now
    return { kind: 'locked', waitMs: sureMs > 0 ? sureMs : underWayMs }
  }
  if (isRemembered(own.filter(isFailed), attempt, now)) return { kind: 'repeat' }
  if (!isClosed(counted, attempt, rules)) return { kind: 'look' }
  const sure = counted.filter((one) => isSure(one, now))
  if (!isClosed(sure, attempt, rules)) return { kind: 'locked', waitMs: underWayMs }
  if (!rules.hasHiddenLook) return { kind: 'closed' }
  // Of one site others still get in; else nobody does.
  const isOfOneSite = sure.length < rules.together && attempt.site !== ''
  const pause = isOfOneSite ? dayMs : hourMs
  const isLookDue = !log.some(
    ({ state, at, name }) => state === 'hidden' && name === attempt.name && now - at < pause,
  )
  return { kind: isLookDue ? 'hidden' : 'closed' }
}

/**
 * Whether an attempt is looked at, though its network is locked for having failed at too many
 * accounts: at an account that lately logged in from the same site, and there a few times only.
 * From outside it is refused like all others, unless its password is right.
 */
export function mayLookUnseen(
  log: readonly LoggedAttempt[],
  attempt: Attempt,
  rules: LaneRules,
  now: number,
): boolean {
  const ofSite = log.filter(
    ({ at, site, name }) =>
      site !== '' && site === attempt.site && name === attempt.name && now - at < rules.horizonMs,
  )
  const looks = ofSite.filter(({ state }) => state === 'unseen')
  return (
    ofSite.some(({ state }) => state === 'right') &&
    looks.length < unseenLooks &&
    !isRemembered(looks, attempt, now) &&
    judge(log, attempt, rules, now).kind === 'look'
  )
}

/**
 * When the lock of one network ends, in milliseconds since the epoch; 0 where it never had one.
 * Each further lock within the horizon is twice as long.
 *
 * @param own What counts of this network, oldest first.
 */
export function lockEnd(
  own: readonly LoggedAttempt[],
  { network }: Pick<Attempt, 'network'>,
  rules: LaneRules,
): number {
  // Of clients whose address is unknown nobody can say that they are one.
  if (network === '') return 0
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
  { fromOneSite, fromUnknown, together }: LaneRules,
): boolean {
  if (counted.length >= together) return true
  const own = counted.filter((one) => one.site === site)
  return own.length >= (site === '' ? fromUnknown : fromOneSite)
}

/**
 * Whether an attempt counts for good: it failed, or its process died before it could say. Otherwise
 * one such attempt would have everybody wait a moment, for as long as it is remembered.
 */
function isSure({ state, at }: LoggedAttempt, now: number): boolean {
  return state === 'failed' || (state === 'pending' && now - at >= abandonedMs)
}
