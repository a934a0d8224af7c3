/**
 * Makes every operation of a storage answer or reject in time, so that a storage that never answers
 * does not keep a request waiting.
 */
import { Deadlines } from '../deadlines.ts'
import type { IncrementOptions, Spending, Storage } from './storage.ts'

/** @param timeoutMs How long one operation may take, in milliseconds. */
export function boundedStorage(storage: Storage, timeoutMs: number): Storage {
  // The memory of this process waits for nobody.
  return storage.name === 'memory' ? storage : new BoundedStorage(storage, timeoutMs)
}

class BoundedStorage implements Storage {
  readonly name: string
  readonly shared: boolean
  readonly #storage: Storage
  readonly #deadlines: Deadlines
  readonly #lateError: () => Error

  constructor(storage: Storage, timeoutMs: number) {
    this.name = storage.name
    this.shared = storage.shared
    this.#storage = storage
    this.#deadlines = new Deadlines(timeoutMs)
    this.#lateError = () => new Error(`crudauth: the storage gave no answer within ${timeoutMs} ms`)
  }

  get(key: string): Promise<string | null> {
    return this.#bound(this.#storage.get(key))
  }

  set(key: string, value: string, ttlSeconds: number): Promise<void> {
    return this.#bound(this.#storage.set(key, value, ttlSeconds))
  }

  add(key: string, value: string, ttlSeconds: number): Promise<boolean> {
    return this.#bound(this.#storage.add(key, value, ttlSeconds))
  }

  replace(key: string, value: string, ttlSeconds: number, expected?: string): Promise<boolean> {
    return this.#bound(this.#storage.replace(key, value, ttlSeconds, expected))
  }

  take(key: string): Promise<string | null> {
    return this.#bound(this.#storage.take(key))
  }

  delete(key: string): Promise<boolean> {
    return this.#bound(this.#storage.delete(key))
  }

  increment(key: string, ttlSeconds: number, options?: IncrementOptions): Promise<number> {
    return this.#bound(this.#storage.increment(key, ttlSeconds, options))
  }

  count(key: string): Promise<number> {
    return this.#bound(this.#storage.count(key))
  }

  spend(key: string, limit: number, periodSeconds: number): Promise<Spending> {
    return this.#bound(this.#storage.spend(key, limit, periodSeconds))
  }

  giveBack(key: string, limit: number, periodSeconds: number): Promise<void> {
    return this.#bound(this.#storage.giveBack(key, limit, periodSeconds))
  }

  indexAdd(owner: string, member: string, ttlSeconds: number, limit?: number): Promise<string[]> {
    return this.#bound(this.#storage.indexAdd(owner, member, ttlSeconds, limit))
  }

  indexRenew(owner: string, member: string, ttlSeconds: number): Promise<boolean> {
    return this.#bound(this.#storage.indexRenew(owner, member, ttlSeconds))
  }

  indexRemove(owner: string, member: string): Promise<void> {
    return this.#bound(this.#storage.indexRemove(owner, member))
  }

  indexMembers(owner: string): Promise<string[]> {
    return this.#bound(this.#storage.indexMembers(owner))
  }

  /** Connecting has a bound of its own. */
  async init(): Promise<void> {
    await this.#storage.init?.()
  }

  async close(): Promise<void> {
    await this.#storage.close?.()
  }

  #bound<Value>(operation: Promise<Value>): Promise<Value> {
    return this.#deadlines.within(operation, this.#lateError)
  }
}
