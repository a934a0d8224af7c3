/**
 * What the storage promises, among processes: atomicity that a single process might have by luck.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Storage } from 'crudauth'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isReachable } from '../support/services.ts'
import type { JobName, ResultOf } from './processes/jobs.ts'
import { type SharedStorage, type SharedStorageName, sharedStorages } from './processes/storages.ts'
import type { Order } from './processes/worker.ts'

const processes = 4

const names = Object.keys(sharedStorages) as SharedStorageName[]

for (const name of names) {
  const { service, prepare, open }: SharedStorage = sharedStorages[name]

  describe.runIf(await isReachable(service))(`Four processes over ${name}`, () => {
    let workers: ChildProcess[] = []
    let storage: Storage
    beforeAll(async () => {
      await prepare?.()
      storage = open()
      await storage.init?.()
      const script = join(import.meta.dirname, 'processes/worker.ts')
      workers = Array.from({ length: processes }, () => fork(script, [name]))
      await Promise.all(workers.map((worker) => once(worker, 'message')))
    }, 30_000)
    afterAll(async () => {
      const ended = workers.map((worker) => once(worker, 'exit'))
      for (const worker of workers) worker.disconnect()
      await Promise.all(ended)
      await storage.close?.()
    })

    /** The same job in every process at the same time; what each of them saw. */
    async function race<Job extends JobName>(
      job: Job,
      key: string,
      { count = 100, limit = 0 } = {},
    ): Promise<ResultOf<Job>[]> {
      const order: Order = { job, key, count, limit }
      const answers = workers.map(async (worker) => {
        const [answer] = (await once(worker, 'message')) as [
          { value: ResultOf<Job>; error?: string },
        ]
        if (answer.error !== undefined) throw new Error(answer.error)
        return answer.value
      })
      for (const worker of workers) worker.send(order)
      return Promise.all(answers)
    }

    const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, n) => n + from)
    const ascending = (values: readonly number[]) => values.toSorted((a, b) => a - b)

    test('take each value once', async () => {
      const key = randomUUID()
      for (const n of numbers(100)) await storage.set(`${key}:${n}`, String(n), 600)
      const taken = (await race('take', key)).flat()
      expect(ascending(taken.map(Number))).toEqual(numbers(100))
    })

    test('write each absent key once', async () => {
      const key = randomUUID()
      const won = (await race('add', key)).flat()
      expect(ascending(won)).toEqual(numbers(100))
    })

    test('count exactly, and each count is told once', async () => {
      const key = randomUUID()
      const counts = (await race('increment', key)).flat()
      expect(ascending(counts)).toEqual(numbers(400, 1))
      expect(await storage.count(key)).toBe(400)
    })

    test('spend a budget to its last unit and not beyond', async () => {
      const key = randomUUID()
      const spent = (await race('spend', key, { limit: 60 })).flat()
      const granted = spent.filter(({ allowed }) => allowed)
      expect(ascending(granted.map(({ remaining }) => remaining))).toEqual(numbers(60))
    })

    test('keep a cap, and tell each evicted member to one of them', async () => {
      const key = randomUUID()
      const evicted = (await race('indexAdd', key, { limit: 5 })).flat()
      const left = await storage.indexMembers(key)
      expect(left).toHaveLength(5)
      expect(evicted).toHaveLength(395)
      expect(new Set([...evicted, ...left]).size).toBe(400)
    })

    test('lose no change by compare and swap', async () => {
      const key = randomUUID()
      await storage.set(key, '0', 600)
      const swapped = await race('swap', key)
      const sum = swapped.reduce((one, other) => one + other, 0)
      expect(sum).toBeGreaterThan(0)
      expect(await storage.get(key)).toBe(String(sum))
    })

    test('do not bring back what one of them revoked', async () => {
      for (const _ of numbers(20)) {
        const key = randomUUID()
        await storage.set(key, 'x', 600)
        const deleted = await race('revoke', key, { count: 25 })
        expect(deleted.filter(Boolean)).toHaveLength(1)
        expect(await storage.get(key)).toBeNull()
      }
    })
  })
}
