/**
 * Makes every operation of a storage answer or reject in time, so that a storage that never answers
 * does not keep a request waiting.
 */
import { Deadlines } from '../deadlines.ts'
import type { Canary } from './canary.ts'
import { deleteMany, getMany, indexBeyond, indexRemoveMany } from './many.ts'
import type { IncrementOptions, Spending, Storage } from './storage.ts'

/**
 * @param timeoutMs How long one operation may take, in milliseconds.
 * @param canary Looks from time to time whether the storage has gone back in time.
 */
export function boundedStorage(storage: Storage, timeoutMs: number, canary: Canary): Storage {
  // The memory of this process waits for nobody, and does not outlive it.
  return storage.name === 'memory' ? storage : new BoundedStorage(storage, timeoutMs, canary)
}

class BoundedStorage implements Storage {
  readonly name: string
  readonly shared: boolean
  readonly #storage: Storage
  readonly #canary: Canary
  readonly #deadlines: Deadlines
  readonly #lateError: () => Error
  /** Whether the storage sees to it by itself. */
  readonly #endsInTime: boolean
  #isOpen = false
  #opening: Promise<void> | undefined
  #looking: Promise<void> | undefined
  /** Why the last look failed, if it did. */
  #trouble: unknown

  constructor(storage: Storage, timeoutMs: number, canary: Canary) {
    this.name = storage.name
    this.shared = storage.shared
    this.#storage = storage
    this.#canary = canary
    this.#deadlines = new Deadlines(timeoutMs)
    this.#endsInTime = (storage.timeoutMs ?? Number.POSITIVE_INFINITY) <= timeoutMs
    this.#lateError = () => new Error(`crudauth: the storage gave no answer within ${timeoutMs} ms`)
  }

  get(key: string): Promise<string | null> {
    return this.#run(() => this.#storage.get(key))
  }

  set(key: string, value: string, ttlSeconds: number): Promise<void> {
    return this.#run(() => this.#storage.set(key, value, ttlSeconds))
  }

  add(key: string, value: string, ttlSeconds: number): Promise<boolean> {
    return this.#run(() => this.#storage.add(key, value, ttlSeconds))
  }

  replace(key: string, value: string, ttlSeconds: number, expected?: string): Promise<boolean> {
    return this.#run(() => this.#storage.replace(key, value, ttlSeconds, expected))
  }

  take(key: string): Promise<string | null> {
    return this.#run(() => this.#storage.take(key))
  }

  delete(key: string): Promise<boolean> {
    return this.#run(() => this.#storage.delete(key))
  }

  increment(key: string, ttlSeconds: number, options?: IncrementOptions): Promise<number> {
    return this.#run(() => this.#storage.increment(key, ttlSeconds, options))
  }

  count(key: string): Promise<number> {
    return this.#run(() => this.#storage.count(key))
  }

  spend(key: string, limit: number, periodSeconds: number): Promise<Spending> {
    return this.#run(() => this.#storage.spend(key, limit, periodSeconds))
  }

  giveBack(key: string, limit: number, periodSeconds: number): Promise<void> {
    return this.#run(() => this.#storage.giveBack(key, limit, periodSeconds))
  }

  indexAdd(owner: string, member: string, ttlSeconds: number, limit?: number): Promise<string[]> {
    return this.#run(() => this.#storage.indexAdd(owner, member, ttlSeconds, limit))
  }

  indexRenew(owner: string, member: string, ttlSeconds: number): Promise<boolean> {
    return this.#run(() => this.#storage.indexRenew(owner, member, ttlSeconds))
  }

  indexRemove(owner: string, member: string): Promise<void> {
    return this.#run(() => this.#storage.indexRemove(owner, member))
  }

  indexMembers(owner: string): Promise<string[]> {
    return this.#run(() => this.#storage.indexMembers(owner))
  }

  indexBeyond(owner: string, limit: number): Promise<string[]> {
    return this.#run(async () => [...(await indexBeyond(this.#storage, owner, limit))])
  }

  getMany(keys: readonly string[]): Promise<(string | null)[]> {
    return this.#run(async () => [...(await getMany(this.#storage, keys))])
  }

  deleteMany(keys: readonly string[]): Promise<number> {
    return this.#run(() => deleteMany(this.#storage, keys))
  }

  indexRemoveMany(owner: string, members: readonly string[]): Promise<string[]> {
    // Without an operation of its own it takes two, and each may last as long as one.
    const endsInTime = this.#endsInTime && this.#storage.indexRemoveMany !== undefined
    const work = async () => [...(await indexRemoveMany(this.#storage, owner, members))]
    return this.#run(work, endsInTime)
  }

  /** Connecting has a bound of its own. */
  async init(): Promise<void> {
    try {
      await this.#storage.init?.()
    } finally {
      this.#isOpen = true
    }
  }

  async close(): Promise<void> {
    await this.#storage.close?.()
  }

  /**
   * The first operation of a process that did not call `init()` waits for it, within its own bound:
   * a login at that moment would be refused because its attempt cannot be counted.
   */
  #run<Value>(work: () => Promise<Value>, endsInTime = this.#endsInTime): Promise<Value> {
    if (this.#isOpen && this.#canary.isReady) {
      if (this.#canary.isDue()) void this.#look()
      return endsInTime ? work() : this.#deadlines.within(work(), this.#lateError)
    }
    this.#opening ??= this.#isOpen ? Promise.resolve() : this.init().catch(() => undefined)
    let isOver = false
    const late = () => {
      isOver = true
      return this.#lateError()
    }
    // What was given up meanwhile is not sent.
    const answer = this.#opening
      .then(() => (this.#canary.isReady && !this.#canary.isDue() ? undefined : this.#look()))
      .then(() => {
        if (!this.#canary.isReady) {
          const message = 'crudauth: it is not known which logins count'
          throw new Error(message, { cause: this.#trouble })
        }
        return isOver ? Promise.reject(late()) : work()
      })
    return this.#deadlines.within(answer, late)
  }

  /** All who come meanwhile wait for one look. Never rejects. */
  #look(): Promise<void> {
    this.#looking ??= this.#deadlines
      .within(this.#canary.look(this.#storage), this.#lateError)
      .catch((error: unknown) => {
        this.#trouble = error
      })
      .finally(() => {
        this.#looking = undefined
      })
    return this.#looking
  }
}
