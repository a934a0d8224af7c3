/**
 * A login costs the same whether its owner has ten live sessions or ten thousand: as many
 * operations, and as much that is read.
 */
import { randomUUID } from 'node:crypto'
import { createClient } from '@redis/client'
import { memoryStorage, type Storage, session } from 'crudauth'
import { redisStorage } from 'crudauth/redis'
import { describe, expect, test } from 'vitest'
import { deriveKey, hmacSha256, secureRandom } from '../src/crypto.ts'
import { sessionOptions } from '../src/features/session/session.ts'
import { Sessions } from '../src/features/session/sessions.ts'
import { storageKeys } from '../src/storage/keys.ts'
import { isReachable, redis, redisUrl } from './support/services.ts'
import { members, secret, world } from './support/world.ts'

/** Counts operations and the characters of what they answer. */
function measured(inner: Storage) {
  const total = { operations: 0, characters: 0 }
  const storage = new Proxy(inner, {
    get(target, name, receiver) {
      const value: unknown = Reflect.get(target, name, receiver)
      if (typeof value !== 'function') return value
      return async (...args: unknown[]) => {
        total.operations++
        const answer: unknown = await Reflect.apply(value, target, args)
        total.characters += JSON.stringify(answer ?? null).length
        return answer
      }
    },
  })
  return { storage, total }
}

/** What a login in a new browser costs, of somebody who has that many sessions. */
async function costOfLogin(open: () => Storage, maxPerUser: number | null, count: number) {
  const { storage, total } = measured(open())
  const namespace = `test-${randomUUID()}`
  const made = world({ storage, namespace, transports: [session({ maxPerUser })] })
  const ann = await made.member()
  // Its list of known devices is full.
  for (let n = 0; n < 12; n++) {
    const browser = made.browser({ peer: '203.0.113.7' })
    expect((await browser.post('/login', ann)).status).toBe(200)
  }
  const [row] = made.db.select().from(members).all()
  const sessions = new Sessions(sessionOptions.read({ maxPerUser: null }, 'session').settings, {
    storage,
    keys: storageKeys(namespace),
    clock: made.clock.read,
    random: secureRandom,
    emit: () => undefined,
    secrets: [secret],
    audiences: [hmacSha256(deriveKey(secret, 'audience'), namespace)],
  })
  const owner = { id: String(ann.id), epoch: row?.tokenVersion ?? 0 }
  for (let n = 0; n < count; n += 100) {
    const some = Array.from({ length: Math.min(100, count - n) })
    await Promise.all(some.map(() => sessions.create({ exchange: null, scope: {} }, owner)))
  }
  expect(await made.auth.sessions.list(ann.id)).toHaveLength(count + 12)
  const before = { ...total }
  const browser = made.browser({ peer: '203.0.113.7' })
  expect((await browser.post('/login', ann)).status).toBe(200)
  return {
    operations: total.operations - before.operations,
    // Times have more or fewer digits.
    characters: Math.round((total.characters - before.characters) / 100),
  }
}

const client = createClient({ url: redisUrl })
const hasRedis = await isReachable(redis)

describe.each([
  ['memory', true, () => memoryStorage()],
  ['Redis', hasRedis, () => redisStorage({ client, timeoutMs: 10_000 })],
] as const)('In %s', (name, isThere, open) => {
  test.runIf(isThere).each([
    ['without a cap', null],
    ['with a cap', 10_000],
  ] as const)('a login costs the same with ten sessions and with thousands, %s', async (_, cap) => {
    if (name === 'Redis' && !client.isOpen) await client.connect()
    const few = await costOfLogin(open, cap, 10)
    const many = await costOfLogin(open, cap, 9900)
    expect(many).toEqual(few)
    expect(many.operations).toBeLessThan(25)
    if (name === 'Redis' && cap !== null) client.destroy()
  })
})
