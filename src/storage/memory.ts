/**
 * The storage port in the memory of one process.
 *
 * Memory is bounded. Expired entries are found by a sweep that looks at a few entries with every
 * write, so that no request pays for all of them. When a pool is full all the same, the entry
 * that was written longest ago makes room: an entry outlives at least `maxEntries` later writes,
 * which is what a flood has to bring about before it can make anything be forgotten. Values
 * (sessions, locks), counters and indexes have a pool each, so that a spray of keys to count can
 * never push out a session or a lock.
 */
import type { IncrementOptions, Spending, Storage } from './storage.ts'

export interface MemoryStorageOptions {
  /** The time, in milliseconds since the epoch. Default `Date.now`. */
  clock?: () => number
  /** The most entries per pool. Default 250000: a few hundred megabytes when all are in use. */
  maxEntries?: number
}

const defaultMaxEntries = 250_000

/** @throws TypeError when `maxEntries` is not a positive whole number. */
export function memoryStorage(options: MemoryStorageOptions = {}): Storage {
  const { clock = Date.now, maxEntries = defaultMaxEntries } = options
  if (!Number.isSafeInteger(maxEntries) || maxEntries < 1) {
    throw new TypeError('memoryStorage: maxEntries must be a whole number of at least 1')
  }
  return new MemoryStorage(clock, maxEntries)
}

class MemoryStorage implements Storage {
  readonly name: string = 'memory'
  readonly shared: boolean = false
  readonly #clock: () => number
  readonly #values: Pool<string>
  readonly #counters: Pool<number>
  readonly #indexes: Pool<Map<string, number>>

  constructor(clock: () => number, maxEntries: number) {
    this.#clock = clock
    this.#values = new Pool(clock, maxEntries)
    this.#counters = new Pool(clock, maxEntries)
    this.#indexes = new Pool(clock, maxEntries)
  }

  async get(key: string): Promise<string | null> {
    return this.#values.get(key) ?? null
  }

  async set(key: string, value: string, ttlSeconds: number): Promise<void> {
    this.#values.set(key, value, this.#deadline(ttlSeconds))
  }

  async add(key: string, value: string, ttlSeconds: number): Promise<boolean> {
    if (this.#values.get(key) !== undefined) return false
    this.#values.set(key, value, this.#deadline(ttlSeconds))
    return true
  }

  async replace(
    key: string,
    value: string,
    ttlSeconds: number,
    expected?: string,
  ): Promise<boolean> {
    const current = this.#values.get(key)
    if (current === undefined || (expected !== undefined && current !== expected)) return false
    this.#values.set(key, value, this.#deadline(ttlSeconds))
    return true
  }

  async take(key: string): Promise<string | null> {
    const value = this.#values.get(key) ?? null
    this.#values.delete(key)
    return value
  }

  async delete(key: string): Promise<boolean> {
    const hadValue = this.#values.delete(key)
    return this.#counters.delete(key) || hadValue
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
    } else if (current === undefined || (slide && by > 0)) {
      this.#counters.set(key, count, this.#deadline(ttlSeconds))
    } else {
      this.#counters.change(key, count)
    }
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
    const spentUntil = Math.max(this.#counters.get(key) ?? now, now) + interval
    const over = spentUntil - now - period
    // Intervals are added one by one; what rounding adds to them must not cost a unit.
    const rounding = interval / 1000
    if (over > rounding) {
      return { allowed: false, remaining: 0, retryAfterSeconds: Math.ceil(over / 1000) }
    }
    this.#counters.set(key, spentUntil, spentUntil)
    const remaining = Math.max(0, Math.floor((rounding - over) / interval))
    return { allowed: true, remaining, retryAfterSeconds: 0 }
  }

  async indexAdd(
    owner: string,
    member: string,
    ttlSeconds: number,
    limit: number = Number.POSITIVE_INFINITY,
  ): Promise<string[]> {
    const members = this.#live(owner)
    members.delete(member)
    members.set(member, this.#deadline(ttlSeconds))
    const evicted = [...members.keys()].slice(0, Math.max(0, members.size - limit))
    for (const old of evicted) members.delete(old)
    this.#keep(owner, members)
    return evicted
  }

  async indexRenew(owner: string, member: string, ttlSeconds: number): Promise<boolean> {
    const members = this.#live(owner)
    if (!members.delete(member)) return false
    members.set(member, this.#deadline(ttlSeconds))
    this.#keep(owner, members)
    return true
  }

  async indexRemove(owner: string, member: string): Promise<void> {
    const members = this.#live(owner)
    if (members.delete(member)) this.#keep(owner, members)
  }

  async indexMembers(owner: string): Promise<string[]> {
    return [...this.#live(owner).keys()]
  }

  #deadline(ttlSeconds: number): number {
    return this.#clock() + ttlSeconds * 1000
  }

  /** The members whose own lifetime has not passed; oldest first, as they were written. */
  #live(owner: string): Map<string, number> {
    const now = this.#clock()
    const members = this.#indexes.get(owner) ?? new Map<string, number>()
    for (const [member, deadline] of members) {
      if (deadline <= now) members.delete(member)
    }
    return members
  }

  /** An index lives as long as its longest-lived member. */
  #keep(owner: string, members: Map<string, number>): void {
    if (members.size === 0) this.#indexes.delete(owner)
    else this.#indexes.set(owner, members, Math.max(...members.values()))
  }
}

interface Entry<Value> {
  value: Value
  /** Milliseconds since the epoch; from then on the entry does not exist. */
  readonly deadline: number
}

/** How many entries each write looks at for the sweep: enough to overtake any rate of writing. */
const sweptPerWrite = 4

class Pool<Value> {
  readonly #clock: () => number
  readonly #maxEntries: number
  /** In the order in which entries were last written with a new lifetime. */
  readonly #entries: Map<string, Entry<Value>> = new Map()
  #sweep: Iterator<[string, Entry<Value>]>

  constructor(clock: () => number, maxEntries: number) {
    this.#clock = clock
    this.#maxEntries = maxEntries
    this.#sweep = this.#entries.entries()
  }

  get(key: string): Value | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    if (entry.deadline > this.#clock()) return entry.value
    this.#entries.delete(key)
    return undefined
  }

  set(key: string, value: Value, deadline: number): void {
    this.#entries.delete(key)
    this.#sweepSome()
    if (this.#entries.size >= this.#maxEntries) this.#evictOldest()
    this.#entries.set(key, { value, deadline })
  }

  /** Changes the value of a live entry and nothing else. */
  change(key: string, value: Value): void {
    const entry = this.#entries.get(key)
    if (entry) entry.value = value
  }

  delete(key: string): boolean {
    const wasLive = this.get(key) !== undefined
    this.#entries.delete(key)
    return wasLive
  }

  #sweepSome(): void {
    const now = this.#clock()
    for (let looked = 0; looked < sweptPerWrite; looked++) {
      // A Map's iterator stays valid while entries come and go.
      const next = this.#sweep.next()
      if (next.done) {
        this.#sweep = this.#entries.entries()
        return
      }
      const [key, entry] = next.value
      if (entry.deadline <= now) this.#entries.delete(key)
    }
  }

  #evictOldest(): void {
    const oldest = this.#entries.keys().next()
    if (!oldest.done) this.#entries.delete(oldest.value)
  }
}
