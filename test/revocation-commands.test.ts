/**
 * How many commands Redis gets, and how many statements a database, when a user's sessions end: the
 * same number for a thousand as for ten.
 */
import { randomUUID } from 'node:crypto'
import { createClient } from '@redis/client'
import Sqlite from 'better-sqlite3'
import { bearer, type Storage, session } from 'crudauth'
import { drizzleStorage } from 'crudauth/drizzle'
import { authStorageColumns } from 'crudauth/drizzle/sqlite'
import { redisStorage } from 'crudauth/redis'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { sqliteTable } from 'drizzle-orm/sqlite-core'
import { describe, expect, test } from 'vitest'
import { createTable } from './support/create-table.ts'
import { isReachable, redis, redisUrl } from './support/services.ts'
import { json, members, world } from './support/world.ts'

/** What a member's end costs who has this many sessions, and as many logins by refresh token. */
async function costOfTheEnd(storage: Storage, count: () => number, logins: number) {
  const made = world({
    storage,
    namespace: `test-${randomUUID()}`,
    transports: [session({ maxPerUser: null }), bearer({ refresh: 'body', maxPerUser: null })],
  })
  const ann = await made.member()
  const client = made.browser()
  const { username, password } = ann
  const [row] = made.db.select().from(members).all()
  for (let n = 0; n < logins; n++) {
    await made.auth.sessions.create(new Request(client.origin), row as never)
  }
  const { refresh_token } = await json(await client.post('/token', { username, password }))
  const before = count()
  expect(await made.auth.users.endAll(ann.id)).toBe(logins)
  const cost = count() - before
  expect((await client.post('/refresh', { refresh_token })).status).toBe(401)
  expect(await made.auth.sessions.list(ann.id)).toEqual([])
  return cost
}

const isThere = await isReachable(redis)

describe.runIf(isThere)('On Redis', () => {
  test('the end of all logins is eight commands, however many there are', async () => {
    const client = createClient({ url: redisUrl })
    await client.connect()
    let commands = 0
    const send = client.sendCommand.bind(client)
    client.sendCommand = ((...args: Parameters<typeof send>) => {
      commands++
      return send(...args)
    }) as typeof send
    const storage = redisStorage({ client, timeoutMs: 10_000 })
    const costs = [
      await costOfTheEnd(storage, () => commands, 3),
      await costOfTheEnd(storage, () => commands, 40),
    ]
    client.destroy()
    // For sessions and for tokens: members, texts, the end, out of the index, which tells who is
    // left.
    expect(costs).toEqual([8, 8])
  })
})

function inTable() {
  const client = new Sqlite(':memory:')
  const table = sqliteTable('auth_storage', authStorageColumns())
  createTable(client, table)
  const statements = { count: 0 }
  const logger = { logQuery: () => void statements.count++ }
  return { storage: drizzleStorage(drizzle(client, { logger }), table), statements }
}

test('in a table it is ten statements', async () => {
  const { storage, statements } = inTable()
  const costs = [
    await costOfTheEnd(storage, () => statements.count, 3),
    await costOfTheEnd(storage, () => statements.count, 40),
  ]
  // As on Redis; to take members out of an index is to read it and to write it.
  expect(costs).toEqual([10, 10])
})

describe.each([
  ['Redis', isThere, () => redisStorage({ url: redisUrl, timeoutMs: 10_000 })],
  ['a table', true, () => inTable().storage],
] as const)('In %s', (_, isIt, open) => {
  test.runIf(isIt)('more keys than one command is about are read and deleted, too', async () => {
    const storage = open()
    const name = randomUUID()
    const keys = Array.from({ length: 2100 }, (_, n) => `test:${name}:${n}`)
    await Promise.all(keys.map((key) => storage.set(key, key, 60)))
    expect(await storage.getMany?.(keys)).toEqual(keys)
    expect(await storage.deleteMany?.(keys)).toBe(keys.length)
    expect(await storage.getMany?.(keys)).toEqual(keys.map(() => null))
    await storage.close?.()
  })
})
