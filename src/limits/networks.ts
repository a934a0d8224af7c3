/**
 * The budgets of networks in the storage: of a client's own, and where addresses are plenty (IPv6)
 * of its site, which may have thousands of networks.
 *
 * An attempt at an account that is new to the network today takes a place before it is looked at.
 * Far from the budget only the process knows of it, and nothing is written; otherwise it is
 * reserved in the storage. Where those under way leave no place an attempt waits for one of them to
 * end: most of them are right, and give theirs back.
 */
import type { EventListener } from '../events.ts'
import type { Storage } from '../storage/storage.ts'
import { type Swap, swap } from '../storage/swap.ts'
import {
  failed,
  hasLogins,
  isNear,
  isTaken,
  loggedIn,
  type NetworkRecord,
  type NetworkRules,
  networkReader,
  networkRecordSeconds,
  type ReadNetwork,
  withoutReserved,
  withReserved,
} from './network-budget.ts'

/** A network, and what was read of it. */
export interface SeenNetwork {
  /** Its kind: networks and sites have different budgets. */
  readonly kind: Networks
  readonly key: string
  readonly record: NetworkRecord
  /** As it was read or written last: it is changed without being read again, unless others did. */
  text: string | null
}

/** What an attempt that is under way takes of a network's budget. */
export interface Place {
  readonly network: SeenNetwork
  /** When it was reserved in the storage; `null` for one that only this process knows of. */
  readonly reservedAt: number | null
  /** This process no longer counts it. May be called again. */
  leave(): void
}

/** How long an attempt waits for a place ... */
const patienceMs = 2000
/** ... looking whether another process gave one back; those of this process are told. */
const pauseMs = 100
/** So many of a network wait; those beyond it are told to come back. */
const maxWaiting = 100
/** What they are told to wait. */
const underWayMs = 1000

/** What becomes of a record; `null` leaves it. */
type Change<Result> = (record: NetworkRecord) => {
  readonly next: NetworkRecord | null
  readonly result: Result
}

/** All networks of one kind. */
export class Networks {
  readonly #rules: NetworkRules
  readonly #storage: Storage
  readonly #clock: () => number
  readonly #read: ReadNetwork
  /** Attempts of this process that are under way and not reserved, by network. */
  readonly #here = new Map<string, number>()
  /** Those of this process that wait for a place, by network, the first of them first. */
  readonly #waiting = new Map<string, Set<() => void>>()

  constructor(
    rules: NetworkRules,
    { storage, clock, emit }: { storage: Storage; clock: () => number; emit: EventListener },
  ) {
    this.#rules = rules
    this.#storage = storage
    this.#clock = clock
    this.#read = networkReader(rules, emit)
  }

  async see(key: string): Promise<SeenNetwork> {
    const text = await this.#storage.get(key)
    return { kind: this, key, record: this.#read(text, this.#clock()), text }
  }

  /** Milliseconds for which it stays locked; 0 when it is not. */
  lockedFor({ record }: SeenNetwork): number {
    return Math.max(0, record.lockedUntil - this.#clock())
  }

  /** Whether anybody logged in from there this week or the last. */
  hasLogins({ record }: SeenNetwork): boolean {
    return hasLogins(record)
  }

  /**
   * A place for an attempt at one account more.
   *
   * @returns Milliseconds to come back in, where the network is locked, or those under way leave no
   *   place for as long as anybody likes to wait.
   */
  async take(network: SeenNetwork): Promise<Place | number> {
    const { key, record } = network
    if (!isNear(record, this.#rules, this.#countHere(key))) return this.#placeHere(network)
    const end = performance.now() + patienceMs
    for (let isAgain = false; ; isAgain = true) {
      const change: Change<{ isReserved: boolean; at: number; lockedUntil: number }> = (
        current,
      ) => {
        const { at, lockedUntil } = current
        const isFull = isTaken(current, this.#rules, this.#countHere(key))
        const isReserved = lockedUntil <= at && !isFull
        return {
          next: isReserved ? withReserved(current) : null,
          result: { isReserved, at, lockedUntil },
        }
      }
      // Who waits looks for what others wrote.
      const { isReserved, at, lockedUntil } = await this.#change(network, change, isAgain)
      if (isReserved) return { network, reservedAt: at, leave: () => undefined }
      if (lockedUntil > at) return lockedUntil - at
      if (performance.now() >= end || this.#countWaiting(key) >= maxWaiting) return underWayMs
      await this.#placeIsFree(key)
    }
  }

  /** The attempt was not looked at, or was right. */
  async giveBack({ network, reservedAt, leave }: Place): Promise<void> {
    leave()
    if (reservedAt !== null) {
      await this.#change(network, (record) => ({
        next: withoutReserved(record, reservedAt),
        result: null,
      }))
    }
    this.#tellOfPlace(network.key)
  }

  /**
   * An attempt at one account more has failed.
   *
   * @param place Its place; `null` where it went on without one.
   * @returns For how many milliseconds the network is locked by it; 0 where it is not.
   */
  async failed(network: SeenNetwork, place: Place | null): Promise<number> {
    const reservedAt = place?.reservedAt ?? null
    try {
      return await this.#change(network, (record) => {
        const settled = reservedAt === null ? record : withoutReserved(record, reservedAt)
        const next = failed(settled, this.#rules)
        const isLocked = next.lockedUntil > record.lockedUntil
        return { next, result: isLocked ? next.lockedUntil - next.at : 0 }
      })
    } finally {
      place?.leave()
      this.#tellOfPlace(network.key)
    }
  }

  /** An account logged in from there for the first time this week. */
  async loggedIn(network: SeenNetwork): Promise<void> {
    await this.#change(network, (record) => ({ next: loggedIn(record), result: null }))
  }

  #countHere(key: string): number {
    return this.#here.get(key) ?? 0
  }

  #countWaiting(key: string): number {
    return this.#waiting.get(key)?.size ?? 0
  }

  /** Resolves when a place of this process was given back, or after a pause. */
  #placeIsFree(key: string): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(key) ?? new Set()
      this.#waiting.set(key, waiting)
      const go = () => {
        clearTimeout(timer)
        waiting.delete(go)
        if (waiting.size === 0) this.#waiting.delete(key)
        resolve()
      }
      const timer = setTimeout(go, pauseMs)
      waiting.add(go)
    })
  }

  #tellOfPlace(key: string): void {
    const [first] = this.#waiting.get(key) ?? []
    first?.()
  }

  #placeHere(network: SeenNetwork): Place {
    const { key } = network
    this.#here.set(key, this.#countHere(key) + 1)
    let isTaken = true
    return {
      network,
      reservedAt: null,
      leave: () => {
        if (!isTaken) return
        isTaken = false
        const left = this.#countHere(key) - 1
        if (left > 0) this.#here.set(key, left)
        else this.#here.delete(key)
      },
    }
  }

  async #change<Result>(
    network: SeenNetwork,
    change: Change<Result>,
    readsAgain: boolean = false,
  ): Promise<Result> {
    let read: string | null = null
    const { value, result } = await swap(
      this.#storage,
      network.key,
      (current): Swap<Result> => {
        read = current
        const { next, result } = change(this.#read(current, this.#clock()))
        return { value: next && JSON.stringify(next), ttl: networkRecordSeconds, result }
      },
      readsAgain ? undefined : network.text,
    )
    network.text = value ?? read
    return result
  }
}
