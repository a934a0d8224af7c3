import { randomUUID } from 'node:crypto'
import { memoryStorage } from 'crudauth'
import { storageConformance } from 'crudauth/testing'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { Clock } from '../support/clock.ts'

const keys = [...'abcdefghijkl']

const operation = fc.record({
  key: fc.constantFrom(...keys),
  seconds: fc.integer({ min: 1, max: 9 }),
  kind: fc.constantFrom('set', 'set', 'set', 'set', 'look', 'delete', 'advance'),
})

describe('The memory storage', () => {
  describe('conforms', () => {
    const clock = new Clock()
    const kit = storageConformance({
      create: async () => memoryStorage({ clock: clock.read }),
      advance: async (seconds) => clock.advance(seconds),
    })
    for (const { name, run } of kit) test(name, run)
  })

  describe('is bounded', () => {
    test('expired entries go without being asked for, wherever they are', async () => {
      const clock = new Clock()
      const storage = memoryStorage({ clock: clock.read, maxEntries: 1000 })
      for (let n = 0; n < 100; n++) await storage.set(`survivor-${n}`, 'x', 3600)
      for (let n = 0; n < 500; n++) await storage.set(`old-${n}`, 'x', 60)
      clock.advance(61)
      // Were the dead still counted, these would push the survivors out.
      for (let n = 0; n < 900; n++) await storage.set(`new-${n}`, 'x', 60)
      expect(await storage.get('survivor-0')).toBe('x')
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

    test('a large map that is full gives up about a thousandth of it at once', async () => {
      const storage = memoryStorage({ maxEntries: 4096 })
      const write = async (count: number) => {
        for (let n = 0; n < count; n++) await storage.increment(randomUUID(), 3600)
      }
      await write(4096)
      await storage.increment('mine', 3600)
      await write(4090)
      expect(await storage.count('mine')).toBe(1)
      await write(6)
      expect(await storage.count('mine')).toBe(0)
    })

    test('a spray of counters and rate limits leaves values and indexes alone', async () => {
      const storage = memoryStorage({ maxEntries: 50 })
      await storage.set('session', 'x', 3600)
      await storage.indexAdd('owner', 'session', 3600)
      for (let n = 0; n < 500; n++) {
        await storage.increment(`counter-${n}`, 3600)
        await storage.spend(`limit-${n}`, 5, 3600)
      }
      expect(await storage.get('session')).toBe('x')
      expect(await storage.indexMembers('owner')).toEqual(['session'])
    })

    test('a flood of rate limits leaves counters alone', async () => {
      const storage = memoryStorage({ maxEntries: 50 })
      await storage.increment('failures', 3600)
      for (let n = 0; n < 500; n++) await storage.spend(`limit-${n}`, 5, 3600)
      expect(await storage.count('failures')).toBe(1)
    })

    test('counting again keeps a counter from being the oldest, and its lifetime', async () => {
      const clock = new Clock()
      const storage = memoryStorage({ clock: clock.read, maxEntries: 100 })
      await storage.increment('mine', 60)
      for (let n = 0; n < 300; n++) {
        await storage.increment(`key-${n}`, 3600)
        if (n % 90 === 0) await storage.increment('mine', 60)
      }
      expect(await storage.count('mine')).toBe(5)
      clock.advance(60)
      expect(await storage.count('mine')).toBe(0)
    })

    test('long-lived entries do not end short-lived ones early', async () => {
      const storage = memoryStorage({ maxEntries: 100 })
      for (let n = 0; n < 100; n++) await storage.set(`session-${n}`, 'x', 1e6)
      await storage.set('lock', 'x', 60)
      for (let n = 0; n < 99; n++) await storage.set(`more-${n}`, 'x', 1e6)
      expect(await storage.get('lock')).toBe('x')
    })

    test('members of indexes count, not only their owners', async () => {
      const storage = memoryStorage({ maxEntries: 100 })
      for (let n = 0; n < 60; n++) await storage.indexAdd('old', `m${n}`, 3600)
      for (let n = 0; n < 40; n++) await storage.indexAdd('new', `m${n}`, 3600)
      expect(await storage.indexMembers('old')).toHaveLength(60)
      await storage.indexAdd('new', 'm40', 3600)
      expect(await storage.indexMembers('old')).toEqual([])
      expect(await storage.indexMembers('new')).toHaveLength(41)
    })

    test('one owner without a limit gets no more members than there is room', async () => {
      const storage = memoryStorage({ maxEntries: 100 })
      for (let n = 0; n < 100; n++) await storage.indexAdd('owner', `m${n}`, 3600)
      expect(await storage.indexAdd('owner', 'm100', 3600)).toEqual(['m0'])
      expect(await storage.indexMembers('owner')).toHaveLength(100)
    })

    test('room that is given back is used again', async () => {
      const storage = memoryStorage({ maxEntries: 10 })
      await storage.set('survivor', 'x', 3600)
      await storage.indexAdd('survivor', 'x', 3600)
      for (let n = 0; n < 100; n++) {
        await storage.set(`key-${n}`, 'x', 3600)
        await storage.take(`key-${n}`)
        await storage.set('same', String(n), 3600)
        await storage.indexAdd('owner', 'same', 3600)
        await storage.indexAdd('owner', `m${n}`, 3600)
        await storage.indexRemove('owner', `m${n}`)
      }
      expect(await storage.get('survivor')).toBe('x')
      expect(await storage.get('same')).toBe('99')
      expect(await storage.indexMembers('survivor')).toEqual(['x'])
      expect(await storage.indexMembers('owner')).toEqual(['same'])
    })

    test('whatever is done in whatever order, the bound and the lifetimes hold', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(operation, { maxLength: 150 }), async (operations) => {
          const clock = new Clock()
          const maxEntries = 6
          const storage = memoryStorage({ clock: clock.read, maxEntries })
          const writes: string[] = []
          const deadlines = new Map<string, number>()
          const look = async (key: string) => {
            const isLive = (deadlines.get(key) ?? 0) > clock.now
            const found = (await storage.get(key)) !== null
            if (found || writes.slice(-maxEntries).includes(key)) expect(found).toBe(isLive)
            return found
          }
          for (const { key, seconds, kind } of operations) {
            if (kind === 'advance') clock.advance(seconds)
            if (kind === 'look') await look(key)
            if (kind === 'delete') {
              await storage.delete(key)
              deadlines.delete(key)
            }
            if (kind === 'set') {
              await storage.set(key, 'x', seconds)
              deadlines.set(key, clock.now + seconds * 1000)
              writes.push(key)
            }
          }
          const found = await Promise.all(keys.map(look))
          expect(found.filter(Boolean).length).toBeLessThanOrEqual(maxEntries)
        }),
        { numRuns: 500 },
      )
    })

    test.each(keys.slice(0, 6))(
      'deleting %s, wherever the sweep stands, frees one',
      async (key) => {
        const clock = new Clock()
        const storage = memoryStorage({ clock: clock.read, maxEntries: 6 })
        for (const one of keys.slice(0, 6)) await storage.set(one, 'x', one === key ? 1 : 60)
        await storage.delete(key)
        clock.advance(2)
        for (const one of keys) await storage.set(one, 'x', 60)
        const found = await Promise.all(keys.map((one) => storage.get(one)))
        expect(found.filter((value) => value !== null)).toHaveLength(6)
      },
    )

    test.each([0, -1, 1.5, Number.NaN])('a bound of %s is refused', (maxEntries) => {
      expect(() => memoryStorage({ maxEntries })).toThrow('maxEntries must be a whole number')
    })

    test('a bound that a map of the engine cannot hold is refused', () => {
      expect(() => memoryStorage({ maxEntries: 8_000_001 })).toThrow(
        'maxEntries must be a whole number, from 1 to 8000000',
      )
      expect(() => memoryStorage({ maxEntries: 8_000_000 })).not.toThrow()
    })

    test('an entry ends at its deadline, not after it, to the fraction of a second', async () => {
      const clock = new Clock()
      const storage = memoryStorage({ clock: clock.read })
      await storage.set('key', 'x', 0.25)
      clock.advance(0.249)
      expect(await storage.get('key')).toBe('x')
      clock.advance(0.001)
      expect(await storage.get('key')).toBeNull()
    })

    test('the same key can be a value, a counter, a rate limit and an owner', async () => {
      const storage = memoryStorage()
      await storage.set('key', 'x', 60)
      await storage.increment('key', 60)
      await storage.spend('key', 5, 60)
      await storage.indexAdd('key', 'x', 60)
      expect(await storage.get('key')).toBe('x')
      expect(await storage.count('key')).toBe(1)
      expect((await storage.spend('key', 5, 60)).remaining).toBe(3)
      expect(await storage.indexMembers('key')).toEqual(['x'])
    })

    test('retry-after is the time to the next unit, rounded up', async () => {
      const clock = new Clock()
      const storage = memoryStorage({ clock: clock.read })
      for (let n = 0; n < 3; n++) await storage.spend('key', 3, 10)
      const wait = async () => (await storage.spend('key', 3, 10)).retryAfterSeconds
      expect(await wait()).toBe(4)
      clock.advance(2)
      expect(await wait()).toBe(2)
      clock.advance(1)
      expect(await wait()).toBe(1)
      clock.advance(0.4)
      expect(await wait()).toBe(0)
    })
  })
})

test('The system’s time may be set an hour forward and back: nothing is forgotten', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const storage = memoryStorage({ maxEntries: 1000 })
  await storage.set('session', 'x', 600)
  await storage.increment('attempts', 60)
  await storage.indexAdd('owner', 'member', 600)
  vi.setSystemTime(Date.now() + 3_600_000)
  for (let n = 0; n < 500; n++) await storage.set(`other ${n}`, 'x', 600)
  expect(await storage.indexMembers('owner')).toEqual(['member'])
  vi.setSystemTime(Date.now() - 3_600_000)
  expect(await storage.get('session')).toBe('x')
  expect(await storage.count('attempts')).toBe(1)
  vi.useRealTimers()
})
