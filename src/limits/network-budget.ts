/**
 * How many accounts one network may fail at: not its wrong passwords, which one person may type
 * many of, but the accounts that they were aimed at.
 *
 * The budget grows with the accounts that lately logged in from there, so that an office or a
 * carrier has room for its own mistakes, and refills evenly over a day. Whoever goes beyond it is
 * locked, twice as long each time. Attempts that are under way take room, but only those that have
 * failed lock.
 */
import type { EventListener } from '../events.ts'
import { isNumber, listOf, orAbsent, recordReader } from '../storage/records.ts'

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
  /** When attempts that are under way were reserved. */
  readonly reserved?: readonly number[]
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
/** How far ahead another process' clock may be. */
const skewMs = 60_000
/** Of an attempt that is under way for longer nobody will say any more what became of it. */
const abandonedMs = 60_000
/** Of its budget, how much of a process' attempts under way only that process need know. */
const shareOfProcess = 0.1

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
      reserved: orAbsent(listOf(isNumber)),
    },
    emit,
  )
  return (text, now) => {
    const stored = read(text) ?? nothing
    const current = { ...stored, ...loginsAt(stored, now) }
    const budget = budgetOf(current, rules)
    const refilled = Math.max(0, ((now - stored.at) / dayMs) * budget)
    const all = stored.reserved ?? []
    const reserved = all.filter((moment) => Math.abs(now - moment) < abandonedMs)
    // Their process died, or cannot say any more: whoever guessed must not have guessed for free.
    const abandoned = all.length - reserved.length
    const level = Math.max(0, stored.level - refilled) + abandoned
    return {
      ...current,
      // One is always left over, so that somebody who is right gets in.
      level: Math.min(level, budget - 1),
      at: now,
      // What a clock that was far ahead has locked is open: nobody knows since when.
      lockedUntil: stored.at > now + skewMs ? 0 : stored.lockedUntil,
      reserved,
    }
  }
}

/**
 * A record of the next week was written by a process whose clock is ahead: that of one that is
 * behind must not make the logins be forgotten. One of a later week counts for this one.
 */
function loginsAt(
  { week: stored, logins, before }: NetworkRecord,
  now: number,
): Pick<NetworkRecord, 'week' | 'logins' | 'before'> {
  const week = weekOf(now)
  if (stored === week || stored === week + 1) return { week: stored, logins, before }
  if (stored > week) return { week, logins, before }
  return { week, logins: 0, before: stored === week - 1 ? logins : 0 }
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

/** Whether anybody logged in from there this week or the last. */
export function hasLogins({ logins, before }: NetworkRecord): boolean {
  return Math.max(logins, before) > 0
}

/**
 * Whether an attempt at one account more has to be reserved in the storage before it is looked at.
 * Far from the budget it need not be, and a crowd that logs in does not contend for one record.
 *
 * @param here How many of this process are under way without being reserved there.
 */
export function isNear(record: NetworkRecord, rules: NetworkRules, here: number): boolean {
  const budget = budgetOf(record, rules)
  const mayStay = Math.max(1, budget * shareOfProcess)
  return taken(record, here) + 1 > budget / 2 || here + 1 > mayStay
}

/** Whether what failed and what is under way leave no room for an attempt at one account more. */
export function isTaken(record: NetworkRecord, rules: NetworkRules, here: number): boolean {
  return taken(record, here) + 1 > budgetOf(record, rules)
}

function taken({ level, reserved = [] }: NetworkRecord, here: number): number {
  return level + reserved.length + here
}

/** The record with an attempt at one account more under way. */
export function withReserved(record: NetworkRecord): NetworkRecord {
  return { ...record, reserved: [...(record.reserved ?? []), record.at] }
}

/** The record without it; it has ended, or is known to have failed. */
export function withoutReserved(record: NetworkRecord, moment: number): NetworkRecord {
  const reserved = record.reserved ?? []
  const index = reserved.indexOf(moment)
  return index < 0 ? record : { ...record, reserved: reserved.toSpliced(index, 1) }
}

/** The record with one account more failed at: the one that uses the budget up locks. */
export function failed(record: NetworkRecord, rules: NetworkRules): NetworkRecord {
  const { at, lockedUntil, locks } = record
  const budget = budgetOf(record, rules)
  const level = record.level + 1
  if (level <= budget - 1) return { ...record, level }
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
