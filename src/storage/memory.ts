/**
 * The storage port in the memory of one process.
 *
 * Memory is bounded. Expired entries are found by a sweep that looks at a few entries with every
 * write, so that no request pays for all of them. When a map is full all the same, what was
 * written longest ago makes room. An entry thus outlives almost `maxEntries` later writes of its
 * kind, whatever their lifetimes: when the map is full, about a thousandth of it goes at once. A
 * flood has to bring about that many, between two guesses, before it can make its own failures be
 * forgotten. Neither alternative holds as much: to evict what expires soonest would let long-lived
 * entries, once they fill the map, end every lock and window the moment it is armed; to refuse
 * would let a flood shut everybody out.
 *
 * Values (sessions, known devices), each kind of what strangers can have written (logs of guesses,
 * sign-ins that were begun), counters, rate limits and indexes have a map each, so that what
 * anyone can spray without a credential never pushes out a session. For the same reason a key of
 * one kind does not collide with the same key of another. `delete` alone covers several: the value,
 * the counter and the rate limit under a key.
 */
import { type Declaration, declareOptions, type Settled, settled } from '../options/declare.ts'
import { callback, whole } from '../options/option.ts'
import { ExpiringMap } from './expiring-map.ts'
import { kindOfStrangers } from './keys.ts'
import {
  hasMember,
  type Index,
  liveNames,
  type Members,
  namesBeyond,
  parted,
  sizeOf,
  withMember,
  withoutMember,
} from './members.ts'
import type { IncrementOptions, Spending, Storage } from './storage.ts'

/** The options of `memoryStorage()`. */
export interface MemoryStorageOptions {
  /**
   * The time, in milliseconds since the epoch. Default a steady clock. Setting the system's time
   * forward and back makes it forget nothing.
   */
  clock?: () => number
  /**
   * The most entries of a kind: values, each kind of what strangers can have written (guesses,
   * sign-ins that were begun), counters, rate limits, members of indexes. The default has room
   * for a busy site, and takes a few hundred megabytes when a flood fills all of it. Default
   * 250000.
   */
  maxEntries?: number
}

/**
 * Begins at the system's time, and then passes as time does, whatever the system's clock is set to.
 */
const steadyTime = () => performance.timeOrigin + performance.now()

export const memoryStorageOptions: Declaration<Settled<MemoryStorageOptions>> = declareOptions({
  clock: callback<() => number>('() => Date.now()', steadyTime, 'a steady clock'),
  // V8's Map throws where more than half of its 2^24 places are in use.
  maxEntries: whole(250_000, { max: 8_000_000 }),
})

/**
 * Keeps shared state in the memory of this process. A restart logs everybody out, and other
 * processes do not see it.
 *
 * @throws ConfigurationError for an option that is not what it should be.
 *
 * @example
 * ```ts
 * crudAuth({ users, secret, transports: [session()], storage: memoryStorage() })
 * ```
 */
export function memoryStorage(options: MemoryStorageOptions = {}): Storage {
  const { clock, maxEntries } = settled(memoryStorageOptions, options, 'memoryStorage')
  return new MemoryStorage(clock, maxEntries)
}

class MemoryStorage implements Storage {
  readonly name: string = 'memory'
  readonly shared: boolean = false
  readonly #clock: () => number
  readonly #values: ExpiringMap<string>
  /** By kind. */
  readonly #ofStrangers: Map<string, ExpiringMap<string>> = new Map()
  readonly #counters: ExpiringMap<number>
  readonly #rateLimits: ExpiringMap<number>
  readonly #indexes: ExpiringMap<Members>
  readonly #maxEntries: number

  constructor(clock: () => number, maxEntries: number) {
    this.#clock = clock
    this.#values = new ExpiringMap(clock, maxEntries)
    this.#counters = new ExpiringMap(clock, maxEntries)
    this.#rateLimits = new ExpiringMap(clock, maxEntries)
    this.#indexes = new ExpiringMap(clock, maxEntries, sizeOf)
    this.#maxEntries = maxEntries
  }

  async get(key: string): Promise<string | null> {
    return this.#mapOf(key).get(key) ?? null
  }

  async set(key: string, value: string, ttlSeconds: number): Promise<void> {
    this.#mapOf(key).write(key, value, this.#deadline(ttlSeconds))
  }

  async add(key: string, value: string, ttlSeconds: number): Promise<boolean> {
    if (this.#mapOf(key).get(key) !== undefined) return false
    this.#mapOf(key).write(key, value, this.#deadline(ttlSeconds))
    return true
  }

  async replace(
    key: string,
    value: string,
    ttlSeconds: number,
    expected?: string,
  ): Promise<boolean> {
    const current = this.#mapOf(key).get(key)
    if (current === undefined || (expected !== undefined && current !== expected)) return false
    this.#mapOf(key).write(key, value, this.#deadline(ttlSeconds))
    return true
  }

  async take(key: string): Promise<string | null> {
    return this.#mapOf(key).take(key) ?? null
  }

  async delete(key: string): Promise<boolean> {
    const deleted = [this.#mapOf(key), this.#counters, this.#rateLimits].map((one) =>
      one.delete(key),
    )
    return deleted.includes(true)
  }

  async increment(
    key: string,
    ttlSeconds: number,
    { by = 1, slide = false }: IncrementOptions = {},
  ): Promise<number> {
    const current = this.#counters.get(key)
    const count = Math.max(0, (current ?? 0) + by)
    if (count === 0) {
      this.#counters.delete(key)
      return 0
    }
    const isArmed = current === undefined || (slide && by >= 0)
    const deadline = isArmed ? this.#deadline(ttlSeconds) : this.#counters.deadlineOf(key)
    this.#counters.write(key, count, deadline)
    return count
  }

  async count(key: string): Promise<number> {
    return this.#counters.get(key) ?? 0
  }

  /** The state is the time until which the budget is spent in advance, in milliseconds. */
  async spend(key: string, limit: number, periodSeconds: number): Promise<Spending> {
    const now = this.#clock()
    const period = periodSeconds * 1000
    const interval = period / limit
    const spentUntil = Math.max(this.#rateLimits.get(key) ?? now, now) + interval
    const over = spentUntil - now - period
    // Intervals are added one by one; what rounding adds to them must not cost a unit.
    const rounding = interval / 1000
    if (over > rounding) {
      return { allowed: false, remaining: 0, retryAfterSeconds: Math.ceil(over / 1000) }
    }
    this.#rateLimits.write(key, spentUntil, spentUntil)
    const remaining = Math.max(0, Math.floor((rounding - over) / interval))
    return { allowed: true, remaining, retryAfterSeconds: 0 }
  }

  async giveBack(key: string, limit: number, periodSeconds: number): Promise<void> {
    const held = this.#rateLimits.get(key)
    if (held === undefined) return
    const spentUntil = held - (periodSeconds * 1000) / limit
    if (spentUntil > this.#clock()) this.#rateLimits.write(key, spentUntil, spentUntil)
    else this.#rateLimits.delete(key)
  }

  async indexAdd(
    owner: string,
    member: string,
    ttlSeconds: number,
    limit: number = Number.POSITIVE_INFINITY,
  ): Promise<string[]> {
    const now = this.#clock()
    const index = withMember(this.#take(owner), member, wholeDeadline(now, ttlSeconds), now)
    const { kept, evicted } = parted(index, Math.min(limit, this.#maxEntries), now)
    this.#keep(owner, kept)
    return [...evicted]
  }

  async indexRenew(owner: string, member: string, ttlSeconds: number): Promise<boolean> {
    const now = this.#clock()
    const index = this.#index(owner)
    if (index === null || !hasMember(index, member, now)) return false
    this.#keep(owner, withMember(this.#take(owner), member, wholeDeadline(now, ttlSeconds), now))
    return true
  }

  async indexRemove(owner: string, member: string): Promise<void> {
    const index = this.#index(owner)
    if (index === null || !hasMember(index, member, this.#clock())) return
    this.#indexes.delete(owner)
    this.#keep(owner, withoutMember(index, member))
  }

  async indexMembers(owner: string): Promise<string[]> {
    return liveNames(this.#index(owner), this.#clock())
  }

  async indexBeyond(owner: string, limit: number): Promise<string[]> {
    return namesBeyond(this.#index(owner), limit, this.#clock())
  }

  #mapOf(key: string): ExpiringMap<string> {
    const kind = kindOfStrangers(key)
    if (kind === null) return this.#values
    const found = this.#ofStrangers.get(kind) ?? new ExpiringMap(this.#clock, this.#maxEntries)
    this.#ofStrangers.set(kind, found)
    return found
  }

  #deadline(ttlSeconds: number): number {
    return this.#clock() + ttlSeconds * 1000
  }

  #index(owner: string): Index | null {
    const members = this.#indexes.get(owner)
    return members === undefined ? null : { members, until: this.#indexes.deadlineOf(owner) }
  }

  /** To be changed and kept again: it weighs what it holds. */
  #take(owner: string): Index | null {
    const index = this.#index(owner)
    this.#indexes.delete(owner)
    return index
  }

  #keep(owner: string, index: Index | null): void {
    if (index !== null) this.#indexes.write(owner, index.members, index.until)
  }
}

function wholeDeadline(now: number, ttlSeconds: number): number {
  return Math.ceil(now + ttlSeconds * 1000)
}
