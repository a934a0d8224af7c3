/**
 * The conformance kit of the storage port: every sentence of its contract as a case.
 *
 * @example
 * ```ts
 * for (const { name, run } of storageConformance({ create, advance })) test(name, run)
 * ```
 */
import type { Storage } from '../storage/storage.ts'
import { atOnce, type ConformanceCase, expect, expectEqual } from './conformance.ts'

export interface StorageSetup {
  /** A storage to test. It may be shared by all cases and hold other data. */
  create(): Promise<Storage>
  /** Called after each case with the storage it used. */
  destroy?(storage: Storage): Promise<void>
  /** Lets time pass: moves an injected clock, or waits. */
  advance(seconds: number): Promise<void>
  /**
   * The lifetime that cases use where they wait for its end, in seconds. Default 1; cases wait
   * for a small multiple of it.
   */
  unitSeconds?: number
}

interface Tools {
  readonly storage: Storage
  /** A key that no other case uses. */
  readonly key: (name?: string) => string
  readonly advance: (units: number) => Promise<void>
  readonly unit: number
}

const long = 3600

const cases: Readonly<Record<string, (tools: Tools) => Promise<void>>> = {
  async 'an absent key reads as null, counts as 0 and is not deleted'({ storage, key }) {
    expectEqual(await storage.get(key()), null, 'get')
    expectEqual(await storage.take(key()), null, 'take')
    expectEqual(await storage.count(key()), 0, 'count')
    expectEqual(await storage.delete(key()), false, 'delete')
    expectEqual(await storage.indexMembers(key()), [], 'indexMembers')
  },

  async 'set writes and overwrites'({ storage, key }) {
    await storage.set(key(), 'one', long)
    await storage.set(key(), 'two', long)
    expectEqual(await storage.get(key()), 'two', 'get')
  },

  async 'keys do not touch each other'({ storage, key }) {
    await storage.set(key('a'), '1', long)
    await storage.set(key('a:b'), '2', long)
    await storage.increment(key('c'), long)
    await storage.delete(key('a:b'))
    expectEqual(await storage.get(key('a')), '1', 'get')
    expectEqual(await storage.count(key('c')), 1, 'count')
  },

  async 'any text is a key and a value'({ storage, key }) {
    const odd = [' ', 'a b', 'ü:✓:😀', '%00', '\'"; drop', '{tag}', 'x'.repeat(500)]
    const values = ['', 'null', '0', '\u0000\n\r\t', '😀', 'y'.repeat(65536)]
    for (const [n, value] of values.entries()) {
      const name = key(odd[n])
      await storage.set(name, value, long)
      expect((await storage.get(name)) === value, `a value did not survive under key ${n}`)
    }
  },

  async 'a value is gone when its lifetime has passed'({ storage, key, advance, unit }) {
    await storage.set(key('dies'), 'x', unit)
    await storage.set(key('lives'), 'x', long)
    await storage.add(key('added'), 'x', unit)
    await advance(1.5)
    expectEqual(await storage.get(key('dies')), null, 'get')
    expectEqual(await storage.replace(key('dies'), 'y', long), false, 'replace')
    expectEqual(await storage.delete(key('dies')), false, 'delete')
    expectEqual(await storage.take(key('added')), null, 'take')
    expectEqual(await storage.get(key('lives')), 'x', 'get of the other')
    expectEqual(await storage.add(key('dies'), 'z', long), true, 'add')
    expectEqual(await storage.get(key('dies')), 'z', 'get')
  },

  async 'set and replace arm the lifetime anew'({ storage, key, advance, unit }) {
    await storage.set(key('set'), 'x', unit)
    await storage.set(key('replaced'), 'x', unit)
    await storage.set(key('set'), 'y', unit * 4)
    await storage.replace(key('replaced'), 'y', unit * 4)
    await advance(2)
    expectEqual(await storage.get(key('set')), 'y', 'after set')
    expectEqual(await storage.get(key('replaced')), 'y', 'after replace')
  },

  async 'of many adds exactly one wins'({ storage, key }) {
    const won = await atOnce(50, (n) => storage.add(key(), String(n), long))
    expectEqual(won.filter(Boolean).length, 1, 'winners')
    expectEqual(await storage.get(key()), String(won.indexOf(true)), 'the value')
  },

  async 'replace never creates'({ storage, key }) {
    expectEqual(await storage.replace(key(), 'x', long), false, 'replace of nothing')
    expectEqual(await storage.get(key()), null, 'get')
    await storage.set(key(), 'x', long)
    await storage.delete(key())
    expectEqual(await storage.replace(key(), 'late', long, 'x'), false, 'a late write')
    expectEqual(await storage.get(key()), null, 'get after the late write')
  },

  async 'replace with an expected value is compare and swap'({ storage, key }) {
    await storage.set(key(), 'a', long)
    expectEqual(await storage.replace(key(), 'b', long, 'x'), false, 'with another value')
    expectEqual(await storage.get(key()), 'a', 'unchanged')
    const won = await atOnce(20, (n) => storage.replace(key(), `b${n}`, long, 'a'))
    expectEqual(won.filter(Boolean).length, 1, 'winners')
    expectEqual(await storage.replace(key(), 'c', long), true, 'without a condition')
  },

  async 'of many takes exactly one gets the value'({ storage, key }) {
    await storage.set(key(), 'x', long)
    const taken = await atOnce(50, () => storage.take(key()))
    expectEqual(taken.filter((value) => value === 'x').length, 1, 'takers')
    expectEqual(await storage.get(key()), null, 'get')
  },

  async 'of many deletes exactly one deleted'({ storage, key }) {
    await storage.set(key(), 'x', long)
    const deleted = await atOnce(50, () => storage.delete(key()))
    expectEqual(deleted.filter(Boolean).length, 1, 'deleters')
  },

  async 'counters are exact under parallel increments'({ storage, key }) {
    const counts = await atOnce(200, () => storage.increment(key(), long))
    expectEqual(new Set(counts).size, 200, 'different counts')
    expectEqual(Math.max(...counts), 200, 'the highest')
    expectEqual(await storage.count(key()), 200, 'count')
    expectEqual(await storage.increment(key(), long, { by: 5 }), 205, 'a step of 5')
  },

  async 'a counter is armed by its first touch only'({ storage, key, advance, unit }) {
    await storage.increment(key(), unit * 2)
    await advance(1.2)
    expectEqual(await storage.increment(key(), unit * 2), 2, 'within the lifetime')
    await advance(1.2)
    expectEqual(await storage.count(key()), 0, 'count after it')
    expectEqual(await storage.increment(key(), long), 1, 'a new one')
  },

  async 'a sliding counter is armed by every touch'({ storage, key, advance, unit }) {
    await storage.increment(key(), unit * 2, { slide: true })
    await advance(1.2)
    await storage.increment(key(), unit * 2, { slide: true })
    await advance(1.2)
    expectEqual(await storage.count(key()), 2, 'still there')
    await advance(1.2)
    expectEqual(await storage.count(key()), 0, 'gone')
  },

  async 'a negative step never creates and never goes below zero'({ storage, key, advance, unit }) {
    expectEqual(await storage.increment(key(), long, { by: -1 }), 0, 'on nothing')
    await storage.increment(key(), unit * 2, { by: 2 })
    await advance(1.2)
    expectEqual(await storage.increment(key(), long, { by: -1, slide: true }), 1, 'down to 1')
    await advance(1.2)
    expectEqual(await storage.count(key()), 0, 'its lifetime did not move')
    await storage.increment(key(), long)
    expectEqual(await storage.increment(key(), long, { by: -5 }), 0, 'not below zero')
    await storage.increment(key(), unit)
    await advance(1.5)
    expectEqual(await storage.count(key()), 0, 'at zero a counter was gone, and armed anew')
  },

  async 'delete ends a counter'({ storage, key }) {
    await storage.increment(key(), long)
    expectEqual(await storage.delete(key()), true, 'delete')
    expectEqual(await storage.count(key()), 0, 'count')
  },

  async 'of many who spend exactly the budget is granted'({ storage, key }) {
    const spent = await atOnce(50, () => storage.spend(key(), 7, long))
    expectEqual(spent.filter(({ allowed }) => allowed).length, 7, 'granted')
    const remaining = spent.filter(({ allowed }) => allowed).map((one) => one.remaining)
    expectEqual(
      remaining.sort((a, b) => a - b),
      [0, 1, 2, 3, 4, 5, 6],
      'remaining',
    )
    const refused = spent.find(({ allowed }) => !allowed)
    expect(refused !== undefined && refused.remaining === 0, 'a refusal leaves 0')
    const wait = refused.retryAfterSeconds
    expect(wait > 0 && wait <= Math.ceil(long / 7), `retry after ${wait} seconds`)
  },

  async 'a budget refills evenly and never beyond its size'({ storage, key, advance, unit }) {
    const spend = () => storage.spend(key(), 2, unit * 4).then(({ allowed }) => allowed)
    expectEqual([await spend(), await spend(), await spend()], [true, true, false], 'at first')
    await advance(2.2)
    expectEqual([await spend(), await spend()], [true, false], 'half a period later')
    await advance(9)
    expectEqual([await spend(), await spend(), await spend()], [true, true, false], 'long after')
  },

  async 'a refused call spends nothing'({ storage, key, advance, unit }) {
    await storage.spend(key(), 1, unit * 2)
    for (let n = 0; n < 20; n++) await storage.spend(key(), 1, unit * 2)
    await advance(2.2)
    expectEqual((await storage.spend(key(), 1, unit * 2)).allowed, true, 'after the period')
  },

  async 'an index lists its members, oldest first, each once'({ storage, key }) {
    for (const member of ['a', 'b', 'c', 'a']) await storage.indexAdd(key(), member, long)
    expectEqual(await storage.indexMembers(key()), ['b', 'c', 'a'], 'members')
    await storage.indexRemove(key(), 'c')
    await storage.indexRemove(key(), 'absent')
    expectEqual(await storage.indexMembers(key()), ['b', 'a'], 'after a removal')
  },

  async 'an index with a limit evicts its oldest, each to one caller'({ storage, key }) {
    for (const member of ['a', 'b', 'c']) await storage.indexAdd(key(), member, long)
    expectEqual(await storage.indexAdd(key(), 'd', long, 2), ['a', 'b'], 'evicted')
    expectEqual(await storage.indexMembers(key()), ['c', 'd'], 'left')
    const evicted = (
      await atOnce(40, (n) => storage.indexAdd(key('crowd'), `m${n}`, long, 5))
    ).flat()
    const left = await storage.indexMembers(key('crowd'))
    expectEqual(left.length, 5, 'members left')
    expectEqual(new Set([...evicted, ...left]).size, 40, 'every member evicted or left')
    expectEqual(evicted.length, 35, 'nobody evicted twice')
  },

  async 'renewing makes a member the newest, and adds nobody'({ storage, key }) {
    for (const member of ['a', 'b', 'c']) await storage.indexAdd(key(), member, long)
    expectEqual(await storage.indexRenew(key(), 'a', long), true, 'of a member')
    expectEqual(await storage.indexRenew(key(), 'x', long), false, 'of a stranger')
    expectEqual(await storage.indexMembers(key()), ['b', 'c', 'a'], 'members')
  },

  async 'members have lifetimes of their own'({ storage, key, advance, unit }) {
    await storage.indexAdd(key(), 'long', long)
    await storage.indexAdd(key(), 'short', unit)
    await storage.indexAdd(key(), 'renewed', unit)
    await storage.indexRenew(key(), 'renewed', unit * 5)
    await advance(1.5)
    expectEqual(await storage.indexMembers(key()), ['long', 'renewed'], 'members')
    expectEqual(await storage.indexRenew(key(), 'short', long), false, 'a dead member')
    expectEqual(await storage.indexAdd(key(), 'new', long, 3), [], 'the dead do not count')
  },
}

export function storageConformance(setup: StorageSetup): ConformanceCase[] {
  const unit = setup.unitSeconds ?? 1
  return Object.entries(cases).map(([name, check]) => ({
    name,
    async run() {
      const storage = await setup.create()
      const prefix = `conformance-${crypto.randomUUID()}`
      try {
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
