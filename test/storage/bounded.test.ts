/**
 * A storage that never answers keeps no request waiting.
 */
import { memoryStorage, type Storage } from 'crudauth'
import { expect, test } from 'vitest'
import { boundedStorage } from '../../src/storage/bounded.ts'
import type { Canary } from '../../src/storage/canary.ts'
import { world } from '../support/world.ts'

/** A storage of the application's own, of which each operation can be made to hang. */
function hanging(): { storage: Storage; hang(operation: keyof Storage): void } {
  const storage = { ...bound(memoryStorage()), name: 'own', shared: true }
  return {
    storage,
    hang: (operation) => Object.assign(storage, { [operation]: () => new Promise(() => {}) }),
  }
}

function bound(storage: Storage): Storage {
  const names = Object.getOwnPropertyNames(Object.getPrototypeOf(storage)) as (keyof Storage)[]
  const methods = names
    .filter((name) => typeof storage[name] === 'function')
    .map((name) => [name, (storage[name] as (...args: never[]) => unknown).bind(storage)])
  return Object.fromEntries(methods) as unknown as Storage
}

test('A session check is 503 when the storage never answers', async () => {
  const { storage, hang } = hanging()
  const { member, loggedIn, events } = world({ storage, namespace: 'own', storageTimeoutMs: 30 })
  const client = await loggedIn(await member())
  hang('get')
  const answer = await client.get('/me')
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5'])
  expect(events).toContainEqual(
    expect.objectContaining({ name: 'storage.failed', operation: 'session', effect: 'refused' }),
  )
})

test('A rate limit lets a request through when the storage never answers', async () => {
  const { storage, hang } = hanging()
  const limits = { rateLimits: { register: { times: 1, seconds: 60 } } }
  const { browser } = world({ storage, namespace: 'own', storageTimeoutMs: 30, ...limits })
  hang('spend')
  const body = { email: 'ann@example.com', username: 'ann', password: 'correct horse battery' }
  expect((await browser().post('/register', body)).status).toBe(200)
})

test('A login is refused when the storage never answers', async () => {
  const { storage, hang } = hanging()
  const { browser, member } = world({ storage, namespace: 'own', storageTimeoutMs: 30 })
  const { username, password } = await member()
  hang('add')
  expect((await browser().post('/login', { username, password })).status).toBe(429)
})

test('A storage that keeps its time in each operation is bounded where two are needed', async () => {
  const late = () => new Promise((resolve) => setTimeout(resolve, 120, []))
  const { storage } = hanging()
  Object.assign(storage, { timeoutMs: 200, indexRemove: late, indexMembers: late })
  const canary = { isReady: true, isDue: () => false } as Canary
  const bounded = boundedStorage(storage, 200, canary)
  await bounded.init?.()
  await expect(bounded.indexRemoveMany?.('owner', ['m'])).rejects.toThrow('gave no answer')
})
