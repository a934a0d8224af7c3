/** Counters and budgets: increment, count, spend. */
import { atOnce, expect, expectEqual } from '../conformance.ts'
import { long, oddTexts, type StorageCases } from './tools.ts'

export const counterCases: StorageCases = {
  async 'counters are exact under parallel increments'({ storage, key }) {
    const counts = await atOnce(200, () => storage.increment(key(), long))
    expectEqual(new Set(counts).size, 200, 'different counts')
    expectEqual(Math.max(...counts), 200, 'the highest')
    expectEqual(await storage.count(key()), 200, 'count')
    expectEqual(await storage.increment(key(), long, { by: 5 }), 205, 'a step of 5')
    const down = await atOnce(250, () => storage.increment(key(), long, { by: -1 }))
    expectEqual(Math.min(...down), 0, 'the lowest')
    expectEqual(await storage.increment(key(), long), 1, 'after more steps down than up')
  },

  async 'any text names a counter and a budget of its own'({ storage, key }) {
    for (const text of oddTexts) {
      expectEqual(await storage.increment(key(`count ${text}`), long), 1, 'a first count')
      expectEqual(
        (await storage.spend(key(`spend ${text}`), 1, long)).allowed,
        true,
        'a first unit',
      )
    }
  },

  async 'a counter is armed by its first touch only'({ storage, key, advance, unit }) {
    await atOnce(20, () => storage.increment(key(), unit * 1.5))
    await advance(0.9)
    expectEqual(await storage.increment(key(), unit * 1.5), 21, 'within the lifetime')
    await advance(0.9)
    expectEqual(await storage.count(key()), 0, 'count after it')
    expectEqual(await storage.delete(key()), false, 'delete after it')
    expectEqual(await storage.increment(key(), long), 1, 'a new one')
  },

  async 'a sliding counter is armed by every touch'({ storage, key, advance, unit }) {
    const touch = () => storage.increment(key(), unit * 1.5, { slide: true })
    await touch()
    await advance(0.9)
    expectEqual(await touch(), 2, 'within the lifetime')
    await advance(0.9)
    expectEqual(await storage.count(key()), 2, 'within the lifetime of the second touch')
    await advance(0.9)
    expectEqual(await storage.count(key()), 0, 'after it')
  },

  async 'a negative step never creates and never moves the lifetime'(tools) {
    const { storage, key, advance, unit } = tools
    for (const slide of [false, true]) {
      expectEqual(await storage.increment(key(), long, { by: -1, slide }), 0, 'on nothing')
      expectEqual(await storage.count(key()), 0, 'count of nothing')
      expectEqual(await storage.delete(key()), false, 'delete of nothing')
    }
    await storage.increment(key(), unit * 1.5, { by: 3 })
    await advance(0.9)
    expectEqual(await storage.increment(key(), long, { by: -1 }), 2, 'down to 2')
    expectEqual(await storage.increment(key(), long, { by: -1, slide: true }), 1, 'down to 1')
    await advance(0.9)
    expectEqual(await storage.count(key()), 0, 'after the lifetime')
  },

  async 'a counter never goes below zero, and is gone when it comes to it'(tools) {
    const { storage, key, advance, unit } = tools
    await storage.increment(key('below'), long, { by: 2 })
    expectEqual(await storage.increment(key('below'), long, { by: -5 }), 0, 'below zero')
    expectEqual(await storage.increment(key('below'), long), 1, 'up again')
    await storage.increment(key('gone'), long)
    expectEqual(await storage.increment(key('gone'), long, { by: -1 }), 0, 'at zero')
    expectEqual(await storage.delete(key('gone')), false, 'delete at zero')
    await storage.increment(key('gone'), unit)
    await advance(1.2)
    expectEqual(await storage.count(key('gone')), 0, 'armed anew after zero')
  },

  async 'delete ends a counter'({ storage, key }) {
    await storage.increment(key(), long)
    expectEqual(await storage.delete(key()), true, 'delete')
    expectEqual(await storage.count(key()), 0, 'count')
    expectEqual(await storage.increment(key(), long), 1, 'a new one')
  },

  async 'of many who spend exactly the budget is granted'({ storage, key }) {
    const spent = await atOnce(50, () => storage.spend(key(), 7, long))
    const granted = spent.filter(({ allowed }) => allowed)
    expectEqual(granted.length, 7, 'granted')
    const remaining = granted.map((one) => one.remaining).sort((a, b) => a - b)
    expectEqual(remaining, [0, 1, 2, 3, 4, 5, 6], 'remaining')
    expect(
      granted.every(({ retryAfterSeconds }) => retryAfterSeconds === 0),
      'a granted unit has nothing to wait for',
    )
    for (const { allowed, remaining: left, retryAfterSeconds: wait } of spent) {
      if (allowed) continue
      expectEqual(left, 0, 'remaining when refused')
      // The next unit comes a seventh of the period after the first one was spent.
      const isRoundedUp = Number.isInteger(wait) && wait > 0 && wait <= Math.ceil(long / 7)
      expect(isRoundedUp && wait >= long / 7 - 60, `retry after ${wait} seconds`)
    }
  },

  async 'a budget of any size is granted to the last unit'({ storage, key }) {
    for (const limit of [1, 3, 49, 100]) {
      const spent = await atOnce(limit + 5, () => storage.spend(key(`${limit}`), limit, long))
      expectEqual(spent.filter(({ allowed }) => allowed).length, limit, `granted of ${limit}`)
    }
  },

  async 'a budget refills evenly and never beyond its size'({ storage, key, advance, unit }) {
    const spend = () => storage.spend(key(), 2, unit * 2).then(({ allowed }) => allowed)
    expectEqual([await spend(), await spend(), await spend()], [true, true, false], 'at first')
    await advance(1.2)
    expectEqual([await spend(), await spend()], [true, false], 'half a period later')
    await advance(3.5)
    expectEqual([await spend(), await spend(), await spend()], [true, true, false], 'long after')
  },

  async 'a unit that is given back can be spent again, once'({ storage, key }) {
    const spend = () => storage.spend(key(), 2, long).then(({ allowed }) => allowed)
    const giveBack = () => storage.giveBack(key(), 2, long)
    expectEqual([await spend(), await spend(), await spend()], [true, true, false], 'at first')
    await giveBack()
    expectEqual([await spend(), await spend()], [true, false], 'after one was given back')
    await atOnce(20, giveBack)
    expectEqual([await spend(), await spend(), await spend()], [true, true, false], 'after many')
    await storage.giveBack(key('untouched'), 2, long)
    expectEqual((await storage.spend(key('untouched'), 2, long)).remaining, 1, 'of a full one')
  },

  async 'a refused call spends nothing'({ storage, key, advance, unit }) {
    const spend = () => storage.spend(key(), 1, unit * 1.5)
    await spend()
    await atOnce(20, spend)
    await advance(0.9)
    expectEqual((await spend()).allowed, false, 'within the period')
    await advance(0.9)
    expectEqual((await spend()).allowed, true, 'after it')
  },
}
