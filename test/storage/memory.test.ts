import { memoryStorage } from 'crudauth'
import { storageConformance } from 'crudauth/testing'
import { describe, expect, test } from 'vitest'
import { Clock } from '../support/clock.ts'

describe('Storage', () => {
  describe('the memory adapter conforms', () => {
    const clock = new Clock()
    const kit = storageConformance({
      create: async () => memoryStorage({ clock: clock.read }),
      advance: async (seconds) => clock.advance(seconds),
    })
    for (const { name, run } of kit) test(name, run)
  })

  describe('the memory adapter is bounded', () => {
    test('expired entries go without being asked for', async () => {
      const clock = new Clock()
      const storage = memoryStorage({ clock: clock.read, maxEntries: 1000 })
      await storage.set('survivor', 'x', 3600)
      for (let n = 0; n < 500; n++) await storage.set(`old-${n}`, 'x', 60)
      clock.advance(61)
      // Were the dead still counted, these would push the survivor out.
      for (let n = 0; n < 999; n++) await storage.set(`new-${n}`, 'x', 60)
      expect(await storage.get('survivor')).toBe('x')
    })

    test('a spray of distinct keys pushes out what was written longest ago', async () => {
      const storage = memoryStorage({ maxEntries: 100 })
      for (let n = 0; n < 1000; n++) await storage.increment(`key-${n}`, 3600)
      expect(await storage.count('key-899')).toBe(0)
      expect(await storage.count('key-900')).toBe(1)
      expect(await storage.count('key-999')).toBe(1)
    })

    test('an entry outlives as many later writes as there is room', async () => {
      const storage = memoryStorage({ maxEntries: 100 })
      await storage.increment('mine', 3600)
      for (let n = 0; n < 99; n++) await storage.increment(`key-${n}`, 3600)
      expect(await storage.count('mine')).toBe(1)
      await storage.increment('one-more', 3600)
      expect(await storage.count('mine')).toBe(0)
    })

    test('a spray of counters and throttles leaves values and indexes alone', async () => {
      const storage = memoryStorage({ maxEntries: 50 })
      await storage.set('session', 'x', 3600)
      await storage.indexAdd('owner', 'session', 3600)
      for (let n = 0; n < 500; n++) {
        await storage.increment(`counter-${n}`, 3600)
        await storage.spend(`throttle-${n}`, 5, 3600)
      }
      expect(await storage.get('session')).toBe('x')
      expect(await storage.indexMembers('owner')).toEqual(['session'])
    })

    test.each([0, -1, 1.5, Number.NaN])('a bound of %s is refused', (maxEntries) => {
      expect(() => memoryStorage({ maxEntries })).toThrow('maxEntries must be a whole number')
    })
  })
})
