/** Values: get, set, add, replace, take, delete. */
import { atOnce, expect, expectEqual } from '../conformance.ts'
import { long, oddTexts, type StorageCases } from './tools.ts'

export const valueCases: StorageCases = {
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

  async 'any text is a key, and no two are the same key'({ storage, key }) {
    await Promise.all(oddTexts.map((text, n) => storage.set(key(text), `${n}`, long)))
    await storage.delete(key('a'))
    for (const [n, text] of oddTexts.entries()) {
      const wanted = text === 'a' ? null : `${n}`
      expectEqual(await storage.get(key(text)), wanted, `get of key ${n}`)
    }
  },

  async 'any text is a value, and comes back as it was'({ storage, key }) {
    const values = ['', ' ', 'null', '0', 'a\u0000b\n\r\t', '😀é', '\\n', '1e3', 'y'.repeat(65536)]
    for (const [n, value] of values.entries()) {
      const one = key(`${n}`)
      await storage.set(one, value, long)
      expect((await storage.get(one)) === value, `value ${n} did not survive set`)
      expect(await storage.replace(one, `${value}.`, long, value), `value ${n} is not found equal`)
      expect(await storage.replace(one, value, long), `value ${n} was not written by replace`)
      expect((await storage.take(one)) === value, `value ${n} did not survive take`)
      expect(await storage.add(one, value, long), `value ${n} was not added`)
      expect((await storage.get(one)) === value, `value ${n} did not survive add`)
    }
  },

  async 'many values are read and deleted as one by one'({ storage, key, advance, unit }) {
    const keys = Array.from({ length: 20 }, (_, n) => key(`${(n * 7) % 20}`))
    const [dead = '', ...live] = keys
    await Promise.all(live.map((one) => storage.set(one, `of ${one}\0\\`, long)))
    await storage.set(dead, 'x', unit)
    await advance(1.2)
    const wanted = [null, ...live.map((one) => `of ${one}\0\\`)]
    if (storage.getMany) {
      expectEqual(await storage.getMany(keys), wanted, 'getMany')
      expectEqual(await storage.getMany([]), [], 'getMany of none')
    }
    if (storage.deleteMany) {
      expectEqual(await storage.deleteMany([]), 0, 'deleteMany of none')
      const [first = '', ...others] = live
      expectEqual(await storage.deleteMany([dead, ...others]), others.length, 'deleteMany')
      const left = await Promise.all(keys.map((one) => storage.get(one)))
      expectEqual(left.filter((value) => value !== null).length, 1, 'left')
      expectEqual(await storage.deleteMany([first]), 1, 'deleteMany of one')
    }
  },

  async 'a value is gone when its lifetime has passed'({ storage, key, advance, unit }) {
    await storage.set(key('dies'), 'x', unit)
    await storage.set(key('lives'), 'x', long)
    await storage.add(key('added'), 'x', unit)
    await storage.set(key('cut'), 'x', long)
    await storage.replace(key('cut'), 'x', unit)
    await advance(1.2)
    expectEqual(await storage.get(key('dies')), null, 'get')
    expectEqual(await storage.replace(key('dies'), 'y', long), false, 'replace')
    expectEqual(await storage.replace(key('dies'), 'y', long, 'x'), false, 'compare and swap')
    expectEqual(await storage.delete(key('dies')), false, 'delete')
    expectEqual(await storage.take(key('added')), null, 'take')
    expectEqual(await storage.get(key('cut')), null, 'get after a shorter lifetime')
    expectEqual(await storage.get(key('lives')), 'x', 'get of the other')
    expectEqual(await storage.add(key('dies'), 'z', long), true, 'add')
    expectEqual(await storage.get(key('dies')), 'z', 'get')
  },

  async 'a write that happens arms the lifetime anew, one that is refused does not'(tools) {
    const { storage, key, advance, unit } = tools
    const lifetime = unit * 1.5
    for (const name of ['set', 'replaced', 'swapped', 'not added', 'not swapped']) {
      await storage.set(key(name), 'x', lifetime)
    }
    await storage.set(key('set'), 'y', unit * 4)
    await storage.replace(key('replaced'), 'y', unit * 4)
    await storage.replace(key('swapped'), 'y', unit * 4, 'x')
    await storage.add(key('not added'), 'y', unit * 4)
    await storage.replace(key('not swapped'), 'y', unit * 4, 'z')
    await advance(1.8)
    expectEqual(await storage.get(key('set')), 'y', 'after set')
    expectEqual(await storage.get(key('replaced')), 'y', 'after replace')
    expectEqual(await storage.get(key('swapped')), 'y', 'after compare and swap')
    expectEqual(await storage.get(key('not added')), null, 'after a refused add')
    expectEqual(await storage.get(key('not swapped')), null, 'after a refused swap')
  },

  async 'of many adds exactly one wins'({ storage, key }) {
    const won = await atOnce(50, (n) => storage.add(key(), String(n), long))
    expectEqual(won.filter(Boolean).length, 1, 'winners')
    expectEqual(await storage.get(key()), String(won.indexOf(true)), 'the value')
  },

  async 'replace never creates'({ storage, key }) {
    expectEqual(await storage.replace(key(), 'x', long), false, 'replace of nothing')
    expectEqual(await storage.get(key()), null, 'get')
    for (const end of ['delete', 'take'] as const) {
      await storage.set(key(end), 'x', long)
      await storage[end](key(end))
      expectEqual(await storage.replace(key(end), 'late', long), false, `a write after ${end}`)
      expectEqual(await storage.replace(key(end), 'late', long, 'x'), false, `a swap after ${end}`)
      expectEqual(await storage.get(key(end)), null, `get after ${end}`)
    }
  },

  async 'a take cannot be undone by replaces of the same moment'({ storage, key }) {
    await storage.set(key(), 'x', long)
    const [taken] = await Promise.all([
      storage.take(key()),
      atOnce(20, (n) => storage.replace(key(), `late ${n}`, long)),
    ])
    expect(taken !== null, 'take found nothing')
    expectEqual(await storage.get(key()), null, 'get')
  },

  async 'replace with an expected value is compare and swap'({ storage, key }) {
    await storage.set(key(), 'a', long)
    for (const other of ['x', 'A', 'a ', '']) {
      expectEqual(await storage.replace(key(), 'b', long, other), false, `expecting '${other}'`)
    }
    expectEqual(await storage.get(key()), 'a', 'unchanged')
    const won = await atOnce(50, (n) => storage.replace(key(), `b${n}`, long, 'a'))
    expectEqual(won.filter(Boolean).length, 1, 'winners')
    expectEqual(await storage.get(key()), `b${won.indexOf(true)}`, 'the value')
    expectEqual(await storage.replace(key(), 'c', long), true, 'without a condition')
  },

  async 'of many takes exactly one gets the value'({ storage, key }) {
    await storage.set(key(), 'x', long)
    const taken = await atOnce(50, () => storage.take(key()))
    expectEqual(taken.filter((value) => value === 'x').length, 1, 'takers')
    expectEqual(taken.filter((value) => value === null).length, 49, 'others')
    expectEqual(await storage.get(key()), null, 'get')
  },

  async 'of many deletes exactly one deleted'({ storage, key }) {
    await storage.set(key('value'), 'x', long)
    await storage.increment(key('counter'), long)
    for (const name of ['value', 'counter']) {
      const deleted = await atOnce(50, () => storage.delete(key(name)))
      expectEqual(deleted.filter(Boolean).length, 1, `deleters of the ${name}`)
    }
    expectEqual(await storage.get(key('value')), null, 'get')
    expectEqual(await storage.count(key('counter')), 0, 'count')
  },
}
