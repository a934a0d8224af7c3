/**
 * All sessions of a user end while one of them gets another identifier: in every order in which the
 * operations of the two can reach the storage, none is left. No epoch helps here.
 */
import { memoryStorage, type Storage } from 'crudauth'
import { describe, expect, test } from 'vitest'
import { secureRandom, sha256 } from '../src/crypto.ts'
import { sessionOptions } from '../src/features/session/session.ts'
import { Sessions } from '../src/features/session/sessions.ts'
import { storageKeys } from '../src/storage/keys.ts'

/** A storage that holds every operation back until it is let go. */
function held(inner: Storage, waiting: (() => void)[]): Storage {
  return new Proxy(inner, {
    get(target, name, receiver) {
      const value: unknown = Reflect.get(target, name, receiver)
      if (typeof value !== 'function') return value
      return async (...args: unknown[]) => {
        await new Promise<void>((go) => waiting.push(go))
        return Reflect.apply(value, target, args)
      }
    },
  })
}

/** As Redis does: many keys in one step. */
function inOneStep(): Storage {
  const storage = memoryStorage()
  return Object.assign(storage, {
    getMany: (keys: readonly string[]) => Promise.all(keys.map((key) => storage.get(key))),
    deleteMany: async (keys: readonly string[]) =>
      (await Promise.all(keys.map((key) => storage.delete(key)))).filter(Boolean).length,
  })
}

function sessionsOver(storage: Storage): Sessions {
  const { settings } = sessionOptions.read({}, 'session')
  return new Sessions(settings, {
    storage,
    keys: storageKeys('test'),
    clock: Date.now,
    random: secureRandom,
    emit: () => undefined,
    secrets: ['a secret for tests, thirty-two bytes or more'],
    audiences: ['a'.repeat(43)],
  })
}

const owner = { id: '1', epoch: 7 }

/** Both at once; where both could go on, `choose` says whether the end does. */
async function both(storage: Storage, except: boolean, choose: () => boolean) {
  const place = { exchange: null, scope: {} }
  const moving: (() => void)[] = []
  const ending: (() => void)[] = []
  const all = sessionsOver(storage)
  const one = await all.create(place, owner)
  // Of two the orders are too many to try.
  const other = except ? await all.create(place, owner) : null
  let isOver = false
  const work = Promise.all([
    sessionsOver(held(storage, moving)).rotate({}, one.handle, {}),
    sessionsOver(held(storage, ending)).revokeAll({}, owner, except ? one.handle : null),
  ]).finally(() => {
    isOver = true
  })
  while (!isOver) {
    const isEnd = moving.length === 0 || (ending.length > 0 && choose())
    const next = isEnd ? ending.shift() : moving.shift()
    next?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  const [rotated, ended] = await work
  const alive = (await all.ofUser({}, owner)).map(({ handle }) => handle)
  const found = [one.id, other?.id, rotated?.id].map((id) => all.find({}, id))
  return { alive, found: await Promise.all(found), rotated, ended, one }
}

/** Every order there is: each run goes another way at the last choice that has one left. */
async function inEveryOrder(check: (choose: () => boolean) => Promise<void>): Promise<number> {
  const choices: boolean[] = []
  for (let runs = 1; ; runs++) {
    let at = 0
    await check(() => {
      if (at === choices.length) choices.push(false)
      return choices[at++] === true
    })
    while (choices.at(-1) === true) choices.pop()
    if (choices.length === 0) return runs
    choices[choices.length - 1] = true
  }
}

describe.each([
  // Read one after the other, both of its identifiers may be found alive.
  ['one by one', 2, () => memoryStorage()],
  ['many keys in a step', 1, inOneStep],
] as const)('Over a storage that answers %s', (_, most, storage) => {
  test('no session is left', async () => {
    const runs = await inEveryOrder(async (choose) => {
      const { alive, found, ended } = await both(storage(), false, choose)
      expect(alive).toEqual([])
      expect(found).toEqual([null, null, null])
      // One that left for another identifier in between may go uncounted.
      expect(ended).toBeLessThanOrEqual(most)
    })
    expect(runs).toBeGreaterThan(100)
  }, 60_000)

  test('the one that is spared is left, whichever identifier it has', async () => {
    const runs = await inEveryOrder(async (choose) => {
      const { alive, ended, rotated, one } = await both(storage(), true, choose)
      expect(rotated).not.toBeNull()
      expect(alive).toEqual([sha256(rotated?.id ?? '')])
      expect(alive).not.toEqual([one.handle])
      expect(ended).toBe(1)
    })
    expect(runs).toBeGreaterThan(100)
  }, 60_000)
})
