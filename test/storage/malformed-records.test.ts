/**
 * A record in the storage that is damaged costs its owner that record, and nothing else.
 */
import Sqlite from 'better-sqlite3'
import { bearer, memoryStorage, type Storage, session, sudo } from 'crudauth'
import { drizzleStorage } from 'crudauth/drizzle'
import { authStorageColumns } from 'crudauth/drizzle/sqlite'
import { redisStorage } from 'crudauth/redis'
import { drizzle as onSqlite } from 'drizzle-orm/better-sqlite3'
import { sqliteTable } from 'drizzle-orm/sqlite-core'
import { Redis } from 'ioredis'
import { describe, expect, test } from 'vitest'
import { Clock } from '../support/clock.ts'
import { createTable } from '../support/create-table.ts'
import { recoveryWorld } from '../support/recovery.ts'
import { isReachable, redis, redisUrl } from '../support/services.ts'
import { indexKey, json, world } from '../support/world.ts'

/** A storage that remembers what was written under which key. */
function remembering() {
  const clock = new Clock()
  const written = new Map<string, string>()
  const storage = memoryStorage({ clock: clock.read })
  const proxy: Storage = new Proxy(storage, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => {
        if (['set', 'add', 'replace'].includes(String(name))) {
          written.set(String(args[0]), String(args[1]))
        }
        return Reflect.apply(value, target, args)
      }
    },
  })
  const keysOf = (kind: string) => [...written.keys()].filter((key) => key.includes(`:${kind}:`))
  return { clock, storage: proxy, written, keysOf }
}

/** @param place Where a record that is a list has it. */
const without = (name: string, place?: number) => (text: string) => {
  const record = JSON.parse(text) as Record<string, unknown> | unknown[]
  if (Array.isArray(record)) {
    return JSON.stringify(record.map((field, index) => (index === place ? null : field)))
  }
  const { [name]: _gone, ...rest } = record
  return JSON.stringify(rest)
}

const damages: Record<string, (text: string) => string> = {
  'no JSON': () => 'garbage',
  empty: () => '',
  'cut short': (text) => text.slice(0, -20),
  null: () => 'null',
  'a list': () => '[]',
  'an object without fields': () => '{}',
  'without its owner': without('user', 1),
  'without its epoch': without('epoch', 2),
  'of a moment that no calendar has': (text) => text.replaceAll(/([:,])\d{13}\b/g, '$11e300'),
}

async function people() {
  const kept = remembering()
  const made = world({
    storage: kept.storage,
    clock: kept.clock.read,
    transports: [session({ managementRoutes: true }), bearer({ refresh: 'body' })],
    features: [sudo({ route: true })],
  })
  const member = await made.member()
  return { ...made, ...kept, member }
}

describe.each(Object.entries(damages))('A record that is %s', (_, damage) => {
  test('as a session is not in the list, and what ends all sessions ends the others', async () => {
    const { loggedIn, member, storage, written, keysOf, events } = await people()
    const lost = await loggedIn(member)
    const [damaged = ''] = keysOf('session')
    const client = await loggedIn(member)
    const third = await loggedIn(member)
    await storage.set(damaged, damage(written.get(damaged) ?? ''), 1000)
    const list = await client.get('/sessions')
    expect(list.status).toBe(200)
    expect((await list.json()) as unknown[]).toHaveLength(2)
    expect(events).toContainEqual({ name: 'storage.unreadable', kind: 'session' })
    expect((await lost.get('/me')).status).toBe(401)
    expect((await client.post('/logout-all?keep_current=true')).status).toBe(200)
    expect((await client.get('/me')).status).toBe(200)
    expect((await third.get('/me')).status).toBe(401)
  })

  test('as a login by refresh token ends with it, and keeps nobody from ending the others', async () => {
    const { browser, loggedIn, member, storage, written, keysOf, events } = await people()
    const tokens = await json(await browser().post('/token', member))
    const [damaged = ''] = keysOf('refresh')
    const others = await json(await browser().post('/token', member))
    await storage.set(damaged, damage(written.get(damaged) ?? ''), 1000)
    const refresh = (of: Record<string, unknown>) =>
      browser().post('/refresh', { refresh_token: of['refresh_token'] })
    expect((await refresh(tokens)).status).toBe(401)
    expect(events).toContainEqual({ name: 'storage.unreadable', kind: 'refresh' })
    const client = await loggedIn(member)
    expect((await client.post('/logout-all')).status).toBe(200)
    expect((await refresh(others)).status).toBe(401)
    expect(await storage.get(damaged)).toBeNull()
  })

  test('as a link of a message is none, and the next one works', async () => {
    const kept = remembering()
    const { ask, confirm, token, member, browser, storage, events } = recoveryWorld(
      {},
      { storage: kept.storage, clock: kept.clock.read },
    )
    await member()
    const client = browser()
    await ask(client, 'reset')
    const spoil = async (kind: string) => {
      for (const key of kept.keysOf(kind)) {
        const text = kept.written.get(key) ?? ''
        // It has no epoch, but what it is bound to.
        const damaged = damage(text) === text ? without('binding')(text) : damage(text)
        if ((await storage.get(key)) !== null) await storage.set(key, damaged, 1000)
      }
    }
    await spoil('one-time-reset')
    const body = { token: await token(), new_password: 'another good phrase' }
    const answer = await confirm(browser(), 'reset', body)
    expect([answer.status, await json(answer)]).toMatchObject([
      400,
      { code: 'recovery_token_invalid' },
    ])
    await spoil('one-time-place-reset')
    await ask(client, 'reset')
    const again = { ...body, token: await token() }
    expect((await confirm(browser(), 'reset', again)).status).toBe(200)
    expect(events.some(({ name }) => name === 'request.failed')).toBe(false)
  })

  test('as the code of a sign-in is none', async () => {
    const kept = remembering()
    const { ask, confirm, token, member, browser, storage, events } = recoveryWorld(
      { signIn: true },
      { storage: kept.storage, clock: kept.clock.read },
    )
    await member()
    const client = browser()
    await ask(client, 'sign-in')
    const { code } = await json(await confirm(browser(), 'sign-in', { token: await token() }))
    for (const key of kept.keysOf('one-time-code-sign_in')) {
      const text = kept.written.get(key) ?? ''
      const damaged = damage(text) === text ? without('record')(text) : damage(text)
      await storage.set(key, damaged, 1000)
    }
    expect((await client.post('/recovery/sign-in-code', { code })).status).toBe(400)
    expect(events).toContainEqual({ name: 'storage.unreadable', kind: 'message-code' })
  })

  test('as the count of attempts at sudo is begun anew', async () => {
    const { loggedIn, member, storage, written, keysOf } = await people()
    const client = await loggedIn(member)
    const sudoing = (password: string) => client.post('/sudo', { password })
    expect((await sudoing('wrong')).status).toBe(401)
    const [damaged = ''] = keysOf('sudo-attempts')
    await storage.set(damaged, damage(written.get(damaged) ?? ''), 1000)
    expect((await sudoing('wrong')).status).toBe(401)
    expect((await sudoing(member.password)).status).toBe(200)
  })
})

test('A session of a version that is not known has ended', async () => {
  const { loggedIn, member, storage, written, keysOf } = await people()
  const client = await loggedIn(member)
  const [key = ''] = keysOf('session')
  const text = written.get(key) ?? ''
  await storage.set(key, text.replace(/^\[1,/, '[2,'), 1000)
  expect((await client.get('/me')).status).toBe(401)
  await storage.set(key, text, 1000)
  expect((await client.get('/me')).status).toBe(200)
})

test('A member of an index that names nothing is passed over', async () => {
  const { loggedIn, member, storage, keysOf } = await people()
  const client = await loggedIn(member)
  for (const name of ['', 'nothing', '\0', 'a'.repeat(43)]) {
    await storage.indexAdd(indexKey('sessions', member.id), name, 1000)
  }
  const list = await client.get('/sessions')
  expect((await list.json()) as unknown[]).toHaveLength(1)
  expect(keysOf('session')).toHaveLength(1)
})

const stores: Record<string, { isThere: boolean; open(): Promise<Damaged> }> = {
  'a table': {
    isThere: true,
    async open() {
      const client = new Sqlite(':memory:')
      const table = sqliteTable('auth_storage', authStorageColumns())
      createTable(client, table)
      const storage = drizzleStorage(onSqlite(client), table)
      const damage = (key: string) => storage.set(key, '{"garbage"', 60)
      return { storage, damage, close: async () => client.close() }
    },
  },
  Redis: {
    isThere: await isReachable(redis),
    async open() {
      const client = new Redis(redisUrl)
      const damage = (key: string) => client.set(key, '{"garbage"')
      return { storage: redisStorage({ client }), damage, close: () => client.quit() }
    },
  },
  'Redis, with keys of another type': {
    isThere: await isReachable(redis),
    async open() {
      const client = new Redis(redisUrl)
      const damage = (key: string) => client.hset(key, 'a', 'b')
      return { storage: redisStorage({ client }), damage, close: () => client.quit() }
    },
  },
}

interface Damaged {
  readonly storage: Storage
  damage(key: string): Promise<unknown>
  close(): Promise<unknown>
}

describe.each(Object.entries(stores))('In %s', (_, { isThere, open }) => {
  test.runIf(isThere)('a damaged counter, budget or index is begun anew', async () => {
    const { storage, damage, close } = await open()
    const key = `damaged:${Math.random()}`
    const kinds: readonly [string, () => Promise<unknown>, unknown][] = [
      ['increment', () => storage.increment(`${key}:increment`, 60), 1],
      ['count', () => storage.count(`${key}:count`), 0],
      ['spend', async () => (await storage.spend(`${key}:spend`, 3, 60)).remaining, 2],
      ['add', () => storage.indexAdd(`${key}:add`, 'member', 60, 1), []],
      ['renew', () => storage.indexRenew(`${key}:renew`, 'member', 60), false],
      ['members', () => storage.indexMembers(`${key}:members`), []],
    ]
    for (const [kind, work, expected] of kinds) {
      await damage(`${key}:${kind}`)
      expect([kind, await work()]).toEqual([kind, expected])
    }
    expect(await storage.increment(`${key}:increment`, 60)).toBe(2)
    expect(await storage.indexMembers(`${key}:add`)).toEqual(['member'])
    for (const [kind] of kinds) await storage.delete(`${key}:${kind}`)
    await close()
  })
})
