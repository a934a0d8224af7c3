/** What a process does in a race, all of it at once, and what it saw. */
import type { Spending, Storage } from '../../../src/storage/storage.ts'

const long = 600

const range = (count: number) => Array.from({ length: count }, (_, n) => n)

export const jobs = {
  /** The values it got, of `count` keys. */
  take: async (storage: Storage, key: string, count: number): Promise<string[]> => {
    const taken = await Promise.all(range(count).map((n) => storage.take(`${key}:${n}`)))
    return taken.filter((value) => value !== null)
  },

  /** The keys, of `count`, that it was the one to write. */
  add: async (storage: Storage, key: string, count: number): Promise<number[]> => {
    const text = String(process.pid)
    const won = await Promise.all(range(count).map((n) => storage.add(`${key}:${n}`, text, long)))
    return range(count).filter((n) => won[n])
  },

  /** The counts it was told. */
  increment: (storage: Storage, key: string, count: number): Promise<number[]> =>
    Promise.all(range(count).map(() => storage.increment(key, long))),

  /** What it was granted and refused. */
  spend: (storage: Storage, key: string, count: number, limit: number): Promise<Spending[]> =>
    Promise.all(range(count).map(() => storage.spend(key, limit, long))),

  /** The members that it was told were evicted. */
  indexAdd: async (
    storage: Storage,
    key: string,
    count: number,
    limit: number,
  ): Promise<string[]> => {
    const member = (n: number) => `${process.pid}:${n}`
    const evicted = range(count).map((n) => storage.indexAdd(key, member(n), long, limit))
    return (await Promise.all(evicted)).flat()
  },

  /** How often it swapped a number for the next one. */
  swap: async (storage: Storage, key: string, count: number): Promise<number> => {
    let swapped = 0
    for (let n = 0; n < count; n++) {
      const held = (await storage.get(key)) ?? ''
      if (await storage.replace(key, String(Number(held) + 1), long, held)) swapped++
    }
    return swapped
  },

  /** Keeps writing to what is there; some way in, deletes it, as one of all. Whether it did. */
  revoke: async (storage: Storage, key: string, count: number): Promise<boolean> => {
    const writes: Promise<boolean>[] = []
    for (let n = 0; n < count; n++) writes.push(storage.replace(key, `${process.pid}`, long))
    const deleted = storage.delete(key)
    for (let n = 0; n < count; n++) writes.push(storage.replace(key, `${process.pid}`, long))
    await Promise.all(writes)
    return deleted
  },
} as const

export type JobName = keyof typeof jobs
export type ResultOf<Name extends JobName> = Awaited<ReturnType<(typeof jobs)[Name]>>
