/** Indexes: indexAdd, indexRenew, indexRemove, indexMembers. */
import { atOnce, expectEqual } from '../conformance.ts'
import { long, oddTexts, type StorageCases } from './tools.ts'

export const indexCases: StorageCases = {
  async 'an index lists its members, oldest first, each once'({ storage, key }) {
    for (const member of ['a', 'b', 'c', 'a']) {
      expectEqual(await storage.indexAdd(key(), member, long), [], 'evicted without a limit')
    }
    expectEqual(await storage.indexMembers(key()), ['b', 'c', 'a'], 'members')
    await storage.indexRemove(key(), 'c')
    await storage.indexRemove(key(), 'absent')
    await storage.indexRemove(key('absent'), 'a')
    expectEqual(await storage.indexMembers(key()), ['b', 'a'], 'after a removal')
  },

  async 'any text is a member, and an owner of its own'({ storage, key }) {
    for (const text of oddTexts) {
      await storage.indexAdd(key(), text, long)
      await storage.indexAdd(key(`of ${text}`), text, long)
    }
    expectEqual(await storage.indexMembers(key()), oddTexts, 'members')
    for (const text of oddTexts) {
      expectEqual(await storage.indexMembers(key(`of ${text}`)), [text], 'members of each')
      await storage.indexRemove(key(), text)
    }
    expectEqual(await storage.indexMembers(key()), [], 'after removing all')
  },

  async 'many members are removed as one by one'({ storage, key }) {
    if (!storage.indexRemoveMany) return
    for (const member of [...oddTexts, 'stays']) await storage.indexAdd(key(), member, long)
    const left = await storage.indexRemoveMany(key(), ['absent', ...oddTexts])
    expectEqual(left, ['stays'], 'what is left')
    expectEqual(await storage.indexMembers(key()), ['stays'], 'members')
    expectEqual(await storage.indexRemoveMany(key('absent'), ['stays']), [], 'left of no index')
    // As many as there are, and not they.
    expectEqual(await storage.indexRemoveMany(key(), ['absent']), ['stays'], 'left of another')
    expectEqual(await storage.indexRemoveMany(key(), ['stays']), [], 'left of all')
    const names = Array.from({ length: 40 }, (_, n) => `m${n}`)
    for (const member of ['stays', ...names]) await storage.indexAdd(key(), member, long)
    expectEqual(await storage.indexRemoveMany(key(), names), ['stays'], 'left of many')
    for (const member of names) await storage.indexAdd(key(), member, long)
    const all = ['stays', ...names]
    expectEqual(await storage.indexRemoveMany(key(), [...names, 'other']), ['stays'], 'of as many')
    for (const member of names) await storage.indexAdd(key(), member, long)
    expectEqual(await storage.indexRemoveMany(key(), all), [], 'left of many that are all')
    expectEqual(await storage.indexMembers(key()), [], 'after removing all')
  },

  async 'those beyond a limit are the oldest'({ storage, key }) {
    if (!storage.indexBeyond) return
    expectEqual(await storage.indexBeyond(key('absent'), 1), [], 'of no index')
    for (const member of ['a', 'b', 'c']) await storage.indexAdd(key(), member, long)
    expectEqual(await storage.indexBeyond(key(), 3), [], 'beyond as many as there are')
    expectEqual(await storage.indexBeyond(key(), 1), ['a', 'b'], 'beyond one')
    await storage.indexRenew(key(), 'a', long)
    expectEqual(await storage.indexBeyond(key(), 1), ['b', 'c'], 'when one was renewed')
    expectEqual(await storage.indexMembers(key()), ['b', 'c', 'a'], 'and all are there still')
  },

  async 'many members are kept as a few are'({ storage, key, advance, unit }) {
    const names = Array.from({ length: 80 }, (_, n) => `m${n}`)
    for (const name of names) await storage.indexAdd(key(), name, name === 'm3' ? unit : long)
    await storage.indexAdd(key(), 'm0', long)
    expectEqual(await storage.indexRenew(key(), 'm1', long), true, 'of a member')
    expectEqual(await storage.indexRenew(key(), 'absent', long), false, 'of a stranger')
    await storage.indexRemove(key(), 'm2')
    await advance(1.2)
    const left = [...names.slice(4), 'm0', 'm1']
    expectEqual(await storage.indexMembers(key()), left, 'members')
    expectEqual(await storage.indexRenew(key(), 'm3', long), false, 'of a dead member')
    if (storage.indexBeyond) {
      expectEqual(await storage.indexBeyond(key(), 70), left.slice(0, 8), 'beyond seventy')
      expectEqual(await storage.indexBeyond(key(), left.length), [], 'the dead do not count')
    }
    const evicted = await storage.indexAdd(key(), 'new', long, 70)
    expectEqual(evicted, left.slice(0, 9), 'evicted')
    for (const name of left.slice(9, 70)) await storage.indexRemove(key(), name)
    expectEqual(await storage.indexMembers(key()), [...left.slice(70), 'new'], 'a few again')
  },

  async 'an index with a limit evicts its oldest'({ storage, key }) {
    for (const member of ['a', 'b', 'c']) await storage.indexAdd(key(), member, long)
    expectEqual(await storage.indexAdd(key(), 'd', long, 2), ['a', 'b'], 'evicted, oldest first')
    expectEqual(await storage.indexMembers(key()), ['c', 'd'], 'left')
    expectEqual(await storage.indexAdd(key(), 'c', long, 2), [], 'evicted for one already there')
    expectEqual(await storage.indexAdd(key(), 'e', long, 2), ['d'], 'evicted after that')
    expectEqual(await storage.indexRenew(key(), 'd', long), false, 'renewing the evicted')
  },

  async 'under parallel adds each evicted member goes to one caller'({ storage, key }) {
    const evicted = (await atOnce(50, (n) => storage.indexAdd(key(), `m${n}`, long, 5))).flat()
    const left = await storage.indexMembers(key())
    expectEqual(left.length, 5, 'members left')
    expectEqual(evicted.length, 45, 'evictions')
    expectEqual(new Set([...evicted, ...left]).size, 50, 'members evicted or left')
  },

  async 'renewing makes a member the newest, and adds nobody'({ storage, key }) {
    for (const member of ['a', 'b', 'c']) await storage.indexAdd(key(), member, long)
    expectEqual(await storage.indexRenew(key(), 'a', long), true, 'of a member')
    expectEqual(await storage.indexRenew(key(), 'x', long), false, 'of a stranger')
    expectEqual(await storage.indexRenew(key('absent'), 'a', long), false, 'in no index')
    expectEqual(await storage.indexMembers(key()), ['b', 'c', 'a'], 'members')
    await storage.indexRemove(key(), 'c')
    expectEqual(await storage.indexRenew(key(), 'c', long), false, 'of a removed member')
    expectEqual(await storage.indexMembers(key()), ['b', 'a'], 'members after that')
    expectEqual(await storage.indexAdd(key(), 'd', long, 2), ['b'], 'evicted')
    expectEqual(await storage.indexMembers(key('absent')), [], 'members of no index')
  },

  async 'members have lifetimes of their own'({ storage, key, advance, unit }) {
    await storage.indexAdd(key(), 'long', long)
    await storage.indexAdd(key(), 'short', unit)
    await storage.indexAdd(key(), 'renewed', unit)
    await storage.indexAdd(key(), 'added again', unit)
    await storage.indexAdd(key(), 'cut', long)
    await storage.indexRenew(key(), 'renewed', unit * 5)
    await storage.indexAdd(key(), 'added again', unit * 5)
    await storage.indexRenew(key(), 'cut', unit)
    await storage.indexAdd(key('brief'), 'short', unit)
    await advance(1.2)
    const left = ['long', 'renewed', 'added again']
    expectEqual(await storage.indexMembers(key()), left, 'members')
    expectEqual(await storage.indexMembers(key('brief')), [], 'of an index whose all are dead')
    expectEqual(await storage.indexRenew(key(), 'short', long), false, 'a dead member')
    expectEqual(await storage.indexAdd(key(), 'new', long, 4), [], 'the dead do not count')
  },
}
