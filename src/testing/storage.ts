/**
 * The conformance kit of the storage port: every sentence of its contract as a case.
 */
import type { Storage } from '../storage/storage.ts'
import type { ConformanceCase } from './conformance.ts'
import { counterCases } from './storage/counters.ts'
import { indexCases } from './storage/indexes.ts'
import { valueCases } from './storage/values.ts'

/** How the kit gets the storages that it tests. */
export interface StorageSetup {
  /** A storage to test. It may be shared by all cases and hold other data. */
  create(): Promise<Storage>
  /** Called after each case with the storage it used. */
  destroy?(storage: Storage): Promise<void>
  /** Lets time pass: moves an injected clock, or waits. */
  advance(seconds: number): Promise<void>
  /**
   * The lifetime that cases use where they wait for its end, in seconds. Default 1; the whole
   * kit waits for about twenty of it. An adapter that answers within a few milliseconds can do
   * with less, as long as it keeps fractions of a second.
   */
  unitSeconds?: number
}

/**
 * The cases that a storage has to pass. Each is on keys of its own, so that they can run in any
 * order and on a backend that others use, and at once where time is real.
 *
 * @example
 * ```ts
 * for (const { name, run } of storageConformance({ create, advance })) test(name, run)
 * ```
 */
export function storageConformance(setup: StorageSetup): ConformanceCase[] {
  const unit = setup.unitSeconds ?? 1
  const cases = { ...valueCases, ...counterCases, ...indexCases }
  return Object.entries(cases).map(([name, check]) => ({
    name,
    async run() {
      const storage = await setup.create()
      const prefix = `conformance-${crypto.randomUUID()}`
      try {
        await storage.init?.()
        await check({
          storage,
          key: (suffix = '') => `${prefix}:${suffix}`,
          advance: (units) => setup.advance(units * unit),
          unit,
        })
      } finally {
        await setup.destroy?.(storage)
      }
    },
  }))
}
