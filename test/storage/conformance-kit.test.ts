import { memoryStorage, type Storage } from 'crudauth'
import { storageConformance } from 'crudauth/testing'
import { describe, expect, test } from 'vitest'
import { Clock } from '../support/clock.ts'

/** One thing done wrong; everything else is done by a storage that conforms. */
type Defect = (good: Storage) => Partial<Storage>

/** Lets every other call of the moment go first, as a second round trip would. */
const roundTrip = () => new Promise<void>((resolve) => setImmediate(resolve))

const cut = (text: string) => text.slice(0, 255)

const defects: Readonly<Record<string, Defect>> = {
  'set keeps no lifetime': (good) => ({ set: (key, value) => good.set(key, value, 1e6) }),
  'set does not overwrite': (good) => ({
    set: async (key, value, ttl) => void (await good.add(key, value, ttl)),
  }),
  'lifetimes are whole seconds, rounded up': (good) => ({
    set: (key, value, ttl) => good.set(key, value, Math.ceil(ttl)),
  }),
  'keys are cut': (good) => ({
    get: (key) => good.get(cut(key)),
    set: (key, value, ttl) => good.set(cut(key), value, ttl),
    delete: (key) => good.delete(cut(key)),
  }),
  'keys are folded': (good) => ({
    get: (key) => good.get(key.toLowerCase()),
    set: (key, value, ttl) => good.set(key.toLowerCase(), value, ttl),
    delete: (key) => good.delete(key.toLowerCase()),
  }),
  'values end at NUL': (good) => ({
    set: (key, value, ttl) => good.set(key, value.split('\0')[0] ?? '', ttl),
  }),
  'an empty value is none': (good) => ({ get: async (key) => (await good.get(key)) || null }),
  'add reads, then writes': (good) => ({
    add: async (key, value, ttl) => {
      if ((await good.get(key)) !== null) return false
      await roundTrip()
      await good.set(key, value, ttl)
      return true
    },
  }),
  'a refused add arms the lifetime': (good) => ({
    add: async (key, value, ttl) => {
      const held = await good.get(key)
      await good.set(key, held ?? value, ttl)
      return held === null
    },
  }),
  'replace creates': (good) => ({
    replace: async (key, value, ttl) => good.set(key, value, ttl).then(() => true),
  }),
  'replace reads, then writes': (good) => ({
    replace: async (key, value, ttl, expected) => {
      const held = await good.get(key)
      if (held === null || (expected !== undefined && held !== expected)) return false
      await roundTrip()
      await good.set(key, value, ttl)
      return true
    },
  }),
  'replace ignores what is expected': (good) => ({
    replace: (key, value, ttl) => good.replace(key, value, ttl),
  }),
  'replace expects in any case': (good) => ({
    replace: async (key, value, ttl, expected) => {
      const held = await good.get(key)
      const isSame = held?.toLowerCase() === expected?.toLowerCase()
      return good.replace(key, value, ttl, isSame ? (held ?? undefined) : expected)
    },
  }),
  'take reads, then deletes': (good) => ({
    take: async (key) => {
      const value = await good.get(key)
      await roundTrip()
      await good.delete(key)
      return value
    },
  }),
  'take does not delete': (good) => ({ take: (key) => good.get(key) }),
  'everybody deleted': (good) => ({
    delete: async (key) => {
      const wasThere = (await good.get(key)) !== null || (await good.count(key)) > 0
      await roundTrip()
      await good.delete(key)
      return wasThere
    },
  }),
  'counting reads, then writes': (good) => ({
    increment: async (key, ttl, options) => {
      const held = await good.count(key)
      await roundTrip()
      await good.increment(key, ttl, options)
      return Math.max(0, held + (options?.by ?? 1))
    },
  }),
  'the step is always 1': (good) => ({
    increment: (key, ttl, options) =>
      good.increment(key, ttl, { ...options, by: Math.sign(options?.by ?? 1) }),
  }),
  'counters always slide': (good) => ({
    increment: (key, ttl, options) => good.increment(key, ttl, { ...options, slide: true }),
  }),
  'counters never slide': (good) => ({
    increment: (key, ttl, options) => good.increment(key, ttl, { ...options, slide: false }),
  }),
  'counters have no lifetime': (good) => ({
    increment: (key, _ttl, options) => good.increment(key, 1e6, options),
  }),
  'a step down slides': (good) => ({
    increment: async (key, ttl, options) => {
      const count = await good.increment(key, ttl, options)
      if ((options?.by ?? 1) >= 0 || !options?.slide || count === 0) return count
      await good.delete(key)
      return good.increment(key, ttl, { by: count })
    },
  }),
  'a step down creates': (good) => ({
    increment: async (key, ttl, options) => {
      if ((options?.by ?? 1) < 0 && (await good.count(key)) === 0) {
        await good.increment(key, ttl)
        return 0
      }
      return good.increment(key, ttl, options)
    },
  }),
  'budgets are counted in fixed windows': (good) => ({
    spend: async (key, limit, period) => {
      const count = await good.increment(key, period)
      const allowed = count <= limit
      const retryAfterSeconds = allowed ? 0 : Math.ceil(period / limit)
      return { allowed, remaining: Math.max(0, limit - count), retryAfterSeconds }
    },
  }),
  'a refused call spends': (good) => ({
    spend: async (key, limit, period) => {
      const count = await good.increment(key, period, { slide: true })
      const allowed = count <= limit
      const retryAfterSeconds = allowed ? 0 : Math.ceil(period / limit)
      return { allowed, remaining: Math.max(0, limit - count), retryAfterSeconds }
    },
  }),
  'a budget allows one unit too many': (good) => ({
    spend: (key, limit, period) => good.spend(key, limit + 1, period),
  }),
  'no burst is allowed': (good) => ({
    spend: (key, limit, period) => good.spend(key, 1, period / limit),
  }),
  'retry-after is a fraction': (good) => ({
    spend: async (key, limit, period) => {
      const spending = await good.spend(key, limit, period)
      return { ...spending, retryAfterSeconds: spending.retryAfterSeconds / 7 }
    },
  }),
  'an index ignores its limit': (good) => ({
    indexAdd: (owner, member, ttl) => good.indexAdd(owner, member, ttl),
  }),
  'an index evicts in two steps': (good) => ({
    indexAdd: async (owner, member, ttl, limit = Number.POSITIVE_INFINITY) => {
      await good.indexAdd(owner, member, ttl)
      const members = await good.indexMembers(owner)
      const evicted = members.slice(0, Math.max(0, members.length - limit))
      await roundTrip()
      for (const old of evicted) await good.indexRemove(owner, old)
      return evicted
    },
  }),
  'an index evicts its newest first': (good) => ({
    indexAdd: async (...args) => (await good.indexAdd(...args)).reverse(),
  }),
  'an index counts the dead': (good) => {
    const added = new Map<string, number>()
    return {
      indexAdd: async (owner, member, ttl, limit) => {
        added.set(owner, (added.get(owner) ?? 0) + 1)
        const dead = limit === 4 ? (added.get(owner) ?? 0) - 4 : 0
        return good.indexAdd(owner, member, ttl, limit && limit - Math.max(0, dead))
      },
    }
  },
  'adding again keeps the old place': (good) => ({
    indexAdd: async (owner, member, ttl, limit) =>
      (await good.indexMembers(owner)).includes(member)
        ? []
        : good.indexAdd(owner, member, ttl, limit),
  }),
  'renewing adds': (good) => ({
    indexRenew: async (owner, member, ttl) => {
      await good.indexAdd(owner, member, ttl)
      return true
    },
  }),
  'renewing keeps the old place': (good) => ({
    indexRenew: async (owner, member) => (await good.indexMembers(owner)).includes(member),
  }),
  'all members live as long as the index': (good) => ({
    indexAdd: (owner, member, _ttl, limit) => good.indexAdd(owner, member, 1e6, limit),
  }),
  'the newest member decides how long the index lives': (good) => ({
    indexAdd: async (owner, member, ttl, limit) => {
      for (const other of await good.indexMembers(owner)) await good.indexRenew(owner, other, ttl)
      return good.indexAdd(owner, member, ttl, limit)
    },
  }),
  'many values come in another order': (good) => ({
    getMany: async (keys) => Promise.all([...keys].sort().map((key) => good.get(key))),
  }),
  'of many values only the live ones come': (good) => ({
    getMany: async (keys) =>
      (await Promise.all(keys.map((key) => good.get(key)))).filter((value) => value !== null),
  }),
  'of many keys all were deleted': (good) => ({
    deleteMany: async (keys) => {
      await Promise.all(keys.map((key) => good.delete(key)))
      return keys.length
    },
  }),
  'many keys are one too few': (good) => ({
    deleteMany: async (keys) => {
      const deleted = await Promise.all(keys.slice(1).map((key) => good.delete(key)))
      return deleted.filter(Boolean).length
    },
  }),
  'of many members one stays': (good) => ({
    indexRemoveMany: async (owner, members) => {
      for (const member of members.slice(1)) await good.indexRemove(owner, member)
      return good.indexMembers(owner)
    },
  }),
  'what many members leave is not told': (good) => ({
    indexRemoveMany: async (owner, members) => {
      for (const member of members) await good.indexRemove(owner, member)
      return []
    },
  }),
  'as many as there are count as all': (good) => ({
    indexRemoveMany: async (owner, members) => {
      const all = await good.indexMembers(owner)
      const leaving = all.length === members.length ? all : members
      for (const member of leaving) await good.indexRemove(owner, member)
      return good.indexMembers(owner)
    },
  }),
  'those beyond a limit are the newest': (good) => ({
    indexBeyond: async (owner, limit) => (await good.indexMembers(owner)).slice(limit),
  }),
  'as many as the limit are beyond it': (good) => ({
    indexBeyond: async (owner, limit) => {
      const members = await good.indexMembers(owner)
      return members.length < limit ? [] : members.slice(0, members.length - limit + 1)
    },
  }),
  'indexRemove does nothing': () => ({ indexRemove: async () => undefined }),
}

async function failures(defect: Defect): Promise<string[]> {
  const clock = new Clock()
  const kit = storageConformance({
    create: async () => {
      const good = memoryStorage({ clock: clock.read })
      const wrong = defect(good)
      return new Proxy(good, {
        get: (_, name) => {
          const method = Reflect.get(wrong, name) ?? Reflect.get(good, name)
          return typeof method === 'function' ? method.bind(good) : method
        },
      })
    },
    advance: async (seconds) => clock.advance(seconds),
  })
  const failed: string[] = []
  for (const { name, run } of kit) await run().catch(() => failed.push(name))
  return failed
}

describe('The storage kit', () => {
  test('has nothing against a storage that conforms', async () => {
    expect(await failures(() => ({}))).toEqual([])
  })

  for (const [name, defect] of Object.entries(defects)) {
    test(`finds that ${name}`, async () => {
      expect(await failures(defect)).not.toEqual([])
    })
  }

  test('gives each case its storage back, also when it fails', async () => {
    let open = 0
    const kit = storageConformance({
      create: async () => {
        open++
        return { ...memoryStorage(), get: () => Promise.reject(new Error('down')) } as Storage
      },
      destroy: async () => void open--,
      advance: async () => undefined,
    })
    for (const { run } of kit) await run().catch(() => undefined)
    expect(open).toBe(0)
  })

  test('waits for multiples of the unit that it is given', async () => {
    const clock = new Clock()
    const start = clock.now
    const kit = storageConformance({
      create: async () => memoryStorage({ clock: clock.read }),
      advance: async (seconds) => clock.advance(seconds),
      unitSeconds: 0.1,
    })
    for (const { run } of kit) await run()
    expect(clock.now - start).toBeLessThan(2500)
  })
})
