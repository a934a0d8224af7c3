/**
 * A storage that comes back from a snapshot: what it revives, for how long, and who is told.
 */
import Sqlite from 'better-sqlite3'
import { bearer, session } from 'crudauth'
import { drizzleStorage } from 'crudauth/drizzle'
import { authStorageColumns } from 'crudauth/drizzle/sqlite'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { sqliteTable } from 'drizzle-orm/sqlite-core'
import { describe, expect, test } from 'vitest'
import { createTable } from '../support/create-table.ts'
import { json, users, type WorldConfig, world } from '../support/world.ts'

const table = sqliteTable('auth_storage', authStorageColumns())

/** Two processes' storages over one table, which can be brought back to what it was. */
function restorable() {
  const client = new Sqlite(':memory:')
  createTable(client, table)
  const rows = () => client.prepare('select * from auth_storage').all() as Record<string, unknown>[]
  return {
    open: () => drizzleStorage(drizzle(client), table),
    snapshot() {
      const kept = rows()
      return () => {
        client.exec('delete from auth_storage')
        const insert = client.prepare(
          'insert into auth_storage values (@id, @value, @version, @expires_at)',
        )
        for (const row of kept) insert.run(row)
      }
    },
    clear: () => client.exec('delete from auth_storage'),
  }
}

function application(config: WorldConfig = {}) {
  const { open, ...storage } = restorable()
  const made = world({
    storage: open(),
    namespace: 'shop',
    transports: [session({ managementRoutes: true }), bearer({ refresh: 'body' })],
    ...config,
  })
  const told = () => made.events.filter(({ name }) => name === 'storage.rolled_back')
  return { ...made, ...storage, open, told }
}

const soon = 6

describe('A storage that went back in time', () => {
  test('revives a session that was logged out, and tells of it', async () => {
    const { member, loggedIn, browser, snapshot, clock, told } = application()
    const client = await loggedIn(await member())
    const cookie = client.sessionId ?? ''
    const restore = snapshot()
    clock.advance(soon)
    expect((await client.get('/me')).status).toBe(200)
    await client.post('/logout')
    const thief = browser()
    const asThief = () => thief.get('/me', { headers: { cookie: `__Host-session_id=${cookie}` } })
    expect((await asThief()).status).toBe(401)
    restore()
    clock.advance(soon)
    expect((await asThief()).status).toBe(200)
    await expect.poll(told).toEqual([{ name: 'storage.rolled_back', endedLogins: false }])
  })

  test('ends every login from before by option, on every process', async () => {
    const made = application({ storageRollback: 'end_logins' })
    const { member, loggedIn, browser, snapshot, clock, told, open } = made
    const ann = await member()
    const client = await loggedIn(ann)
    const tokens = await json(await browser().post('/token', ann))
    const cookies = { cookie: `__Host-session_id=${client.sessionId}` }
    const elsewhere = world({
      users: users(made.db),
      storage: open(),
      namespace: 'shop',
      clock: clock.read,
      storageRollback: 'end_logins',
    } as WorldConfig)
    const there = () => elsewhere.browser().get('/me', { headers: cookies })
    expect((await there()).status).toBe(200)
    const restore = snapshot()
    clock.advance(soon)
    expect((await client.get('/me')).status).toBe(200)
    restore()
    clock.advance(soon)
    // The look goes beside the request that brings it about.
    await client.get('/me')
    await expect.poll(told).toEqual([{ name: 'storage.rolled_back', endedLogins: true }])
    expect((await client.get('/me')).status).toBe(401)
    const refresh = { refresh_token: tokens['refresh_token'] }
    expect((await browser().post('/refresh', refresh)).status).toBe(401)
    const again = await loggedIn(ann)
    expect((await again.get('/me')).status).toBe(200)
    clock.advance(soon)
    // A process that has not looked since learns of it with its next look.
    await there()
    await expect.poll(async () => (await there()).status).toBe(401)
    expect((await again.get('/me')).status).toBe(200)
    expect(told()).toHaveLength(1)
  })

  test('that was emptied is told of as well', async () => {
    const { member, loggedIn, clear, clock, told } = application()
    const client = await loggedIn(await member())
    clock.advance(soon)
    await client.get('/me')
    clear()
    clock.advance(soon)
    expect((await client.get('/me')).status).toBe(401)
    await expect.poll(told).toHaveLength(1)
  })

  test('is not suspected after a day without requests', async () => {
    const { member, loggedIn, clock, told, clear, browser } = application()
    await loggedIn(await member())
    clock.advance(86_400)
    clear()
    await browser().get('/me')
    clock.advance(soon)
    await browser().get('/me')
    expect(told()).toEqual([])
  })
})

describe('A refresh token that was used, and came back with a snapshot', () => {
  /** Used once since the snapshot: the owner has the second token, a thief the first. */
  async function revived() {
    const made = application()
    const { browser, member, snapshot } = made
    const first = await json(await browser().post('/token', await member()))
    const refresh = (of: Record<string, unknown>, userAgent: string) =>
      browser({ userAgent, peer: userAgent === 'thief' ? '198.51.100.9' : '203.0.113.7' }).post(
        '/refresh',
        { refresh_token: of['refresh_token'] },
      )
    const restore = snapshot()
    const second = await json(await refresh(first, 'owner'))
    restore()
    return { refresh, first, second }
  }

  test('is good until the owner’s next use, which ends the login', async () => {
    const { refresh, first, second } = await revived()
    const stolen = await refresh(first, 'thief')
    expect(stolen.status).toBe(200)
    expect((await refresh(second, 'owner')).status).toBe(401)
    expect((await refresh(await json(stolen), 'thief')).status).toBe(401)
  })

  test('is dead where the owner is first: that use ends the login, too', async () => {
    const { refresh, first, second } = await revived()
    expect((await refresh(second, 'owner')).status).toBe(401)
    expect((await refresh(first, 'thief')).status).toBe(401)
  })
})
