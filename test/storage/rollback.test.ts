/**
 * A storage that comes back from a snapshot: what it revives, for how long, and who is told.
 */
import Sqlite from 'better-sqlite3'
import { bearer, recovery, session } from 'crudauth'
import { drizzleStorage } from 'crudauth/drizzle'
import { authStorageColumns } from 'crudauth/drizzle/sqlite'
import { testInbox } from 'crudauth/testing'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { sqliteTable } from 'drizzle-orm/sqlite-core'
import { describe, expect, test } from 'vitest'
import { createTable } from '../support/create-table.ts'
import { frontendUrl, tokenOf } from '../support/recovery.ts'
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

  test('ends logins on those processes only that are told to', async () => {
    const made = application({ storageRollback: 'end_logins' })
    const { member, loggedIn, snapshot, clock, told, open } = made
    const reporting = world({
      users: users(made.db),
      storage: open(),
      namespace: 'shop',
      clock: clock.read,
    } as WorldConfig)
    const ann = await member()
    const client = await loggedIn(ann)
    const of = (one: Awaited<ReturnType<typeof loggedIn>>) => ({
      cookie: `__Host-session_id=${one.sessionId}`,
    })
    const elsewhere = async (headers: Record<string, string>) =>
      (await reporting.browser().get('/me', { headers })).status
    const restore = snapshot()
    clock.advance(soon)
    await client.get('/me')
    restore()
    clock.advance(soon)
    await client.get('/me')
    await expect.poll(told).toHaveLength(1)
    expect((await client.get('/me')).status).toBe(401)
    expect(await elsewhere(of(client))).toBe(200)
    // And neither finds what the other one makes.
    const again = await loggedIn(ann)
    expect((await again.get('/me')).status).toBe(200)
    expect(await elsewhere(of(again))).toBe(401)
    const there = await reporting.loggedIn(ann)
    const headers = of(there)
    expect((await made.browser().get('/me', { headers })).status).toBe(401)
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

describe('A link of a message, after a rollback', () => {
  const password = 'another good phrase'
  /** How each is asked for, and what it answers in a browser other than the one that asked. */
  const links = {
    verify: { sent: { new_password: password }, done: 200 },
    reset: { sent: { new_password: password }, done: 200 },
    unlock: { sent: {}, done: 200 },
    'sign-in': { sent: {}, done: 200 },
  } as const
  const kinds = Object.keys(links) as (keyof typeof links)[]

  async function mailed(kind: keyof typeof links, storageRollback: 'report' | 'end_logins') {
    const inbox = testInbox()
    const feature = recovery({
      channels: [inbox],
      frontendUrl,
      verifyNewAccounts: false,
      signIn: true,
    })
    const made = application({
      storageRollback,
      features: [feature],
      registration: { answers: 'plain' },
    } as WorldConfig)
    await made.member()
    const asking = made.browser()
    await asking.post(`/recovery/${kind}-request`, { email: 'ann@example.com' })
    const token = tokenOf(await inbox.next({ to: 'ann@example.com' }))
    const confirm = (client = made.browser()) =>
      client.post(`/recovery/${kind}-confirm`, { token, ...links[kind].sent })
    const use = () => {
      made.clock.advance(soon)
      const cookie = `__Host-session_id=${'a'.repeat(43)}`
      return made.browser().get('/me', { headers: { cookie } })
    }
    const rollBack = async () => {
      const restore = made.snapshot()
      await use()
      restore()
      await use()
      await expect.poll(made.told).toHaveLength(1)
    }
    return { ...made, asking, confirm, rollBack }
  }

  test.each(kinds)('is refused where logins end with it: %s', async (kind) => {
    const { confirm, rollBack } = await mailed(kind, 'end_logins')
    await rollBack()
    expect((await confirm()).status).toBe(400)
  })

  test.each(kinds)('is as good as it was where it is only told: %s', async (kind) => {
    const { confirm, rollBack } = await mailed(kind, 'report')
    await rollBack()
    expect((await confirm()).status).toBe(links[kind].done)
  })

  test('is not followed by the code that another browser was shown for it', async () => {
    const { asking, confirm, rollBack } = await mailed('sign-in', 'end_logins')
    const { code } = await json(await confirm())
    expect(code).toMatch(/^\d{6}$/)
    await rollBack()
    expect((await asking.post('/recovery/sign-in-code', { code })).status).toBe(400)
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
