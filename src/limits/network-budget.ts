/**
 * How many accounts one network may fail at: not its wrong passwords, which one person may type
 * many of, but the accounts that they were aimed at.
 *
 * The budget grows with the accounts that lately logged in from there, so that an office or a
 * carrier has room for its own mistakes, and refills evenly over a day. Whoever goes beyond it is
 * locked, twice as long each time.
 */
import type { EventListener } from '../events.ts'
import { isNumber, recordReader } from '../storage/records.ts'

/** What is known of one network. Times are milliseconds since the epoch. */
export interface NetworkRecord {
  /** Accounts failed at, as far as the budget has not refilled since. */
  readonly level: number
  /** When the level was that. */
  readonly at: number
  readonly lockedUntil: number
  /** Locks in a row: of which none ended more than a day before the next began. */
  readonly locks: number
  /** The week, counted from the epoch, and the accounts that logged in within it and before it. */
  readonly week: number
  readonly logins: number
  readonly before: number
}

export interface NetworkRules {
  /** The budget of a network from which nobody logged in, in accounts a day. */
  readonly accounts: number
  readonly baseLockMs: number
  readonly maxLockMs: number
}

const dayMs = 86_400_000
const weekMs = 7 * dayMs
/** How much the budget grows with each account that logged in. */
const shareOfLogins = 0.1

/** Until when a record says something, in seconds: logins count for this week and the next. */
export const networkRecordSeconds = (2 * weekMs) / 1000

const nothing: NetworkRecord = {
  level: 0,
  at: 0,
  lockedUntil: 0,
  locks: 0,
  week: 0,
  logins: 0,
  before: 0,
}

export type ReadNetwork = (text: string | null, now: number) => NetworkRecord

/** Reads a record as it is at a moment. */
export function networkReader(rules: NetworkRules, emit: EventListener): ReadNetwork {
  const read = recordReader<NetworkRecord>(
    'network',
    {
      level: isNumber,
      at: isNumber,
      lockedUntil: isNumber,
      locks: isNumber,
      week: isNumber,
      logins: isNumber,
      before: isNumber,
    },
    emit,
  )
  return (text, now) => {
    const stored = read(text) ?? nothing
    const week = weekOf(now)
    // Of a later week it was written by a process whose clock is ahead: that of one that is behind
    // must not make the logins be forgotten.
    const current =
      stored.week >= week
        ? stored
        : { ...stored, week, logins: 0, before: stored.week === week - 1 ? stored.logins : 0 }
    const refilled = ((now - stored.at) / dayMs) * budgetOf(current, rules)
    return { ...current, level: Math.max(0, stored.level - Math.max(0, refilled)), at: now }
  }
}

/** The week of a moment, counted from the epoch. */
export function weekOf(moment: number): number {
  return Math.floor(moment / weekMs)
}

/** In accounts. */
export function budgetOf(
  { logins, before }: Pick<NetworkRecord, 'logins' | 'before'>,
  { accounts }: NetworkRules,
): number {
  return accounts + shareOfLogins * Math.max(logins, before)
}

/**
 * Whether an attempt at one account more has to be reserved before it is looked at. Far from the
 * budget it need not be, and a crowd that logs in at once does not contend for one record.
 */
export function isNear(record: NetworkRecord, rules: NetworkRules): boolean {
  return record.level + 1 > budgetOf(record, rules) / 2
}

/** Whether others that are under way take up what is left, or have locked the network meanwhile. */
export function isTaken(record: NetworkRecord, rules: NetworkRules): boolean {
  return record.lockedUntil > record.at || record.level + 1 > budgetOf(record, rules)
}

/** One account more, or one fewer. */
export function counted(record: NetworkRecord, by: 1 | -1): NetworkRecord {
  return { ...record, level: Math.max(0, record.level + by) }
}

/**
 * The record once a counted attempt has failed: the one that used the budget up locks the network.
 * One is left over for the end of the lock, so that somebody there who is right gets in.
 */
export function failed(record: NetworkRecord, rules: NetworkRules): NetworkRecord {
  const { level, at, lockedUntil, locks } = record
  const budget = budgetOf(record, rules)
  if (level <= budget - 1) return record
  // Those of one moment are one lock: what they were too many must not refuse others after it.
  if (lockedUntil > at) return { ...record, level: budget - 1 }
  const inARow = at - lockedUntil < dayMs ? locks : 0
  const lockMs = Math.min(rules.baseLockMs * 2 ** Math.min(inARow, 30), rules.maxLockMs)
  return { ...record, level: budget - 1, lockedUntil: at + lockMs, locks: inARow + 1 }
}

/** One account more that logged in from there this week. */
export function loggedIn(record: NetworkRecord): NetworkRecord {
  return { ...record, logins: record.logins + 1 }
}
