/**
 * The storage kit on servers, whose time is real. A case takes it that time passes while it waits,
 * and only then. When the machine was busy elsewhere for so long that lifetimes ended meanwhile,
 * the case says nothing, and is run again, slower.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { Storage } from 'crudauth'
import { storageConformance } from 'crudauth/testing'
import { test } from 'vitest'

const attempts = 4

/**
 * @param unitSeconds That of the kit. A calm machine needs less than a fifth of it for a case's
 * work.
 */
export function conformsInRealTime(storage: () => Storage, unitSeconds: number): void {
  const kit = (unit: number, advance: (seconds: number) => Promise<void>) =>
    storageConformance({ create: async () => storage(), advance, unitSeconds: unit })
  const names = kit(unitSeconds, async () => undefined).map(({ name }) => name)
  test.for(names)('%s', { timeout: 120_000 }, async (name) => {
    for (let attempt = 1; ; attempt++) {
      let waited = 0
      const unit = unitSeconds * attempt
      const cases = kit(unit, (seconds) => {
        waited += seconds
        return wait(seconds * 1000)
      })
      const began = performance.now()
      try {
        return await cases.find((one) => one.name === name)?.run()
      } catch (error) {
        const heldUp = (performance.now() - began) / 1000 - waited
        // A case that does not wait has nothing to do with time.
        if (waited === 0 || heldUp < unit / 5 || attempt === attempts) throw error
      }
    }
  })
}
