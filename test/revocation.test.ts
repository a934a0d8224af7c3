/**
 * The one way out: what ends an account's credentials ends those of every feature that is
 * configured.
 */
import Database from 'better-sqlite3'
import { bearer, session } from 'crudauth'
import { drizzleUsers } from 'crudauth/drizzle'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { describe, expect, test } from 'vitest'
import { application } from './support/application.ts'
import type { Browser } from './support/browser.ts'
import { createTable } from './support/create-table.ts'
import { logins } from './support/made-up.ts'
import { json, type World, world } from './support/world.ts'

/** A world with a feature that keeps logins of its own, and a member who is logged in twice. */
async function loggedIn(endAll?: Parameters<typeof logins>[1]) {
  const ended: unknown[] = []
  const made = world({
    transports: [session({ managementRoutes: true }), bearer({ refresh: 'body' })],
    features: [logins(ended, endAll, 'first'), logins(ended, undefined, 'second')],
  })
  const ann = await made.member()
  const client = await made.loggedIn(ann)
  const other = await made.loggedIn(ann)
  const { username, password } = ann
  const tokens = await json(await made.browser().post('/token', { username, password }))
  /** Names the session of the browser that asks. */
  const handle = async () => {
    const listed = (await (await client.get('/sessions')).json()) as Record<string, unknown>[]
    return String(listed.find(({ current }) => current)?.['session_id'])
  }
  return { ...made, ann, client, other, tokens, ended, handle }
}

type LoggedIn = Awaited<ReturnType<typeof loggedIn>>

const statuses = async ({ client, other, tokens, browser }: LoggedIn) => ({
  asking: (await client.get('/me')).status,
  other: (await other.get('/me')).status,
  refresh: (await browser().post('/refresh', { refresh_token: tokens['refresh_token'] })).status,
})

const ends: Readonly<Record<string, (made: LoggedIn) => Promise<unknown>>> = {
  'auth.users.endAll': ({ auth, ann }) => auth.users.endAll(ann.id),
  'auth.sessions.revokeAll': ({ auth, ann }) => auth.sessions.revokeAll(ann.id),
  'POST /logout-all': ({ client }) => client.post('/logout-all'),
}

const spares: Readonly<Record<string, (made: LoggedIn) => Promise<unknown>>> = {
  'auth.sessions.revokeAll with except': async ({ auth, ann, handle }) =>
    auth.sessions.revokeAll(ann.id, { except: await handle() }),
  'POST /logout-all?keep_current=true': ({ client }) =>
    client.post('/logout-all?keep_current=true'),
  'POST /change-password': ({ client, ann }) =>
    client.post('/change-password', {
      current_password: ann.password,
      new_password: 'another horse, another battery',
    }),
}

describe('What ends all credentials', () => {
  test.each(Object.keys(ends))('ends those of every feature: %s', async (name) => {
    const made = await loggedIn()
    await ends[name]?.(made)
    const end = { ended: String(made.ann.id), except: null }
    expect(made.ended).toEqual([end, end])
    expect(await statuses(made)).toEqual({ asking: 401, other: 401, refresh: 401 })
  })

  test.each(Object.keys(spares))('and spares the session that asks: %s', async (end) => {
    const made = await loggedIn()
    await spares[end]?.(made)
    const [kept] = (await made.auth.sessions.list(made.ann.id)).map(({ login }) => login)
    expect(made.ended).toContainEqual({ ended: String(made.ann.id), except: kept })
    expect(await statuses(made)).toEqual({ asking: 200, other: 401, refresh: 401 })
  })

  test('counts the sessions of every feature', async () => {
    const { auth, ann } = await loggedIn(async () => 3)
    expect(await auth.users.endAll(ann.id)).toBe(5)
  })

  test('touches nobody else’s', async () => {
    const made = await loggedIn()
    const bob = await made.member('bob')
    expect(await made.auth.users.endAll(bob.id)).toBe(0)
    const end = { ended: String(bob.id), except: null }
    expect(made.ended).toEqual([end, end])
    expect(await statuses(made)).toEqual({ asking: 200, other: 200, refresh: 200 })
  })

  test.each<[string, () => Promise<number>]>([
    ['rejects', () => Promise.reject(new Error('down'))],
    [
      'throws',
      () => {
        throw new Error('down')
      },
    ],
  ])(
    'is 503 where one feature %s, and all are dead, those of the others gone',
    async (_, endAll) => {
      const made = await loggedIn(endAll)
      const { auth, ann, events, ended } = made
      await expect(auth.users.endAll(ann.id)).rejects.toMatchObject({ code: 'storage_unavailable' })
      expect(events).toContainEqual(expect.objectContaining({ operation: 'revocation' }))
      expect(await statuses(made)).toEqual({ asking: 401, other: 401, refresh: 401 })
      expect(await auth.sessions.list(ann.id)).toEqual([])
      expect(ended).toHaveLength(2)
    },
  )

  test('is asked of every feature where a table without tokenVersion gets a first password', async () => {
    const plain = sqliteTable('plain', {
      id: integer().primaryKey(),
      email: text().notNull().unique(),
      hashedPassword: text(),
    })
    const sqlite = new Database(':memory:')
    createTable(sqlite, plain)
    const ended: unknown[] = []
    const db = drizzle(sqlite)
    const { auth, browser } = application({
      users: drizzleUsers(db, plain),
      features: [logins(ended)],
    })
    const [row] = db.insert(plain).values({ email: 'ann@example.com' }).returning().all()
    const client: Browser = browser()
    const created = await auth.sessions.create(new Request(client.origin), row as never)
    const cookie = created.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ')
    const headers = { cookie, 'x-csrf-token': created.csrfToken }
    const body = { new_password: 'a first horse, a first battery' }
    expect((await client.post('/set-password', body, { headers })).status).toBe(200)
    expect(ended).toEqual([{ ended: '1', except: expect.any(String) }])
  })
})

describe('A feature that is not configured', () => {
  test('is not asked', async () => {
    const made: World = world()
    const ann = await made.member()
    await made.loggedIn(ann)
    expect(await made.auth.users.endAll(ann.id)).toBe(1)
  })
})
