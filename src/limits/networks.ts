/**
 * The budgets of networks in the storage: of a client's own, and where addresses are plenty (IPv6)
 * of its site, which may have thousands of networks.
 */
import type { EventListener } from '../events.ts'
import type { Storage } from '../storage/storage.ts'
import { type Swap, swap } from '../storage/swap.ts'
import {
  counted,
  failed,
  isNear,
  isTaken,
  loggedIn,
  type NetworkRecord,
  type NetworkRules,
  networkReader,
  networkRecordSeconds,
  type ReadNetwork,
} from './network-budget.ts'

/** A network, and what was read of it. */
export interface SeenNetwork {
  /** Its kind: networks and sites have different budgets. */
  readonly kind: Networks
  readonly key: string
  readonly record: NetworkRecord
}

/** All networks of one kind. */
export class Networks {
  readonly #rules: NetworkRules
  readonly #storage: Storage
  readonly #clock: () => number
  readonly #read: ReadNetwork

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
    return { kind: this, key, record: this.#read(text, this.#clock()) }
  }

  /** Milliseconds for which it stays locked; 0 when it is not. */
  lockedFor({ record }: SeenNetwork): number {
    return Math.max(0, record.lockedUntil - this.#clock())
  }

  /**
   * Counts an attempt at one account more, where the budget is nearly used up.
   *
   * @returns `taken` where those under way use it up; `far` where nothing had to be counted yet.
   */
  async reserve(seen: SeenNetwork): Promise<'reserved' | 'taken' | 'far'> {
    if (!isNear(seen.record, this.#rules)) return 'far'
    const { result } = await this.#change(seen, (record) =>
      isTaken(record, this.#rules) ? null : counted(record, 1),
    )
    return result === null ? 'taken' : 'reserved'
  }

  async giveBack(seen: SeenNetwork): Promise<void> {
    await this.#change(seen, (record) => counted(record, -1))
  }

  /**
   * An attempt at one account more has failed.
   *
   * @param isCounted Whether it was reserved.
   * @returns For how many milliseconds the network is locked by it; 0 where it is not.
   */
  async failed(seen: SeenNetwork, isCounted: boolean): Promise<number> {
    let before = 0
    const { result } = await this.#change(seen, (record) => {
      before = record.lockedUntil
      return failed(isCounted ? record : counted(record, 1), this.#rules)
    })
    return result && result.lockedUntil > before ? result.lockedUntil - result.at : 0
  }

  /** An account logged in from there for the first time this week. */
  async loggedIn(seen: SeenNetwork): Promise<void> {
    await this.#change(seen, loggedIn)
  }

  #change(
    { key }: SeenNetwork,
    change: (record: NetworkRecord) => NetworkRecord | null,
  ): Promise<Swap<NetworkRecord | null>> {
    return swap(this.#storage, key, (current) => {
      const next = change(this.#read(current, this.#clock()))
      const value = next && JSON.stringify(next)
      return { value, ttl: networkRecordSeconds, result: next }
    })
  }
}
