import Database from 'better-sqlite3'
import { apiKeys, bearer, memoryStorage, session } from 'crudauth'
import { drizzleApiKeys, drizzleUsers } from 'crudauth/drizzle'
import { authApiKeyColumns, authUserColumns } from 'crudauth/drizzle/sqlite'
import { eq } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { describe, expect, test } from 'vitest'
import { application } from './support/application.ts'
import type { Browser } from './support/browser.ts'
import { createTable } from './support/create-table.ts'
import { indexKey, json, members, type World, type WorldConfig, world } from './support/world.ts'

const managed = (config: WorldConfig = {}) =>
  world({ transports: [session({ managementRoutes: true })], ...config })

type Listed = Record<string, unknown> & { session_id: string; current: boolean }

async function sessionsOf(browser: Browser): Promise<Listed[]> {
  const response = await browser.get('/sessions')
  expect(response.status).toBe(200)
  return (await response.json()) as Listed[]
}

const isIn = async (browser: Browser) => (await browser.get('/me')).status === 200

/** A member with a session in each of so many browsers, one second apart. */
async function withBrowsers(
  count: number,
  config: WorldConfig = {},
  addRoutes: (made: World) => void = () => undefined,
) {
  const made = managed(config)
  addRoutes(made)
  const ann = await made.member()
  const browsers: Browser[] = []
  for (let n = 0; n < count; n++) {
    browsers.push(await made.loggedIn(ann, { peer: `192.0.2.${n + 1}` }))
    made.clock.advance(1)
  }
  return { ...made, ann, browsers: browsers as [Browser, Browser, Browser, Browser] }
}

const password = 'correct horse battery'

/** An application over a table of another kind; `person` logs in as often as it is asked. */
function over(table: Parameters<typeof createTable>[1] & typeof members) {
  const sqlite = new Database(':memory:')
  createTable(sqlite, table)
  const db = drizzle(sqlite)
  const made = application({
    users: drizzleUsers(db, table),
    transports: [session({ managementRoutes: true })],
  })
  return {
    ...made,
    async register(username: string) {
      const email = `${username}@example.com`
      return json(await made.browser().post('/register', { email, username, password }))
    },
  }
}

describe('Session management over HTTP', () => {
  test('has no routes unless they are asked for', async () => {
    const { browser } = world()
    for (const path of ['/sessions', '/logout-all', '/csrf/refresh']) {
      expect((await browser().get(path)).status).toBe(404)
    }
  })

  describe('GET /sessions', () => {
    test('lists one’s live sessions, last used first', async () => {
      const made = managed()
      const ann = await made.member()
      const phone = await made.loggedIn(ann, { peer: '192.0.2.4', userAgent: 'curl/8.5.0' })
      made.clock.advance(5)
      const laptop = await made.loggedIn(ann)
      await made.loggedIn(await made.member('bob'))
      const created = new Date(Date.UTC(2026, 0, 1)).toISOString()
      expect(await sessionsOf(phone)).toEqual([
        expect.objectContaining({ ip: '203.0.113.7', current: false }),
        {
          session_id: expect.stringMatching(/^[\w-]{43}$/),
          device: expect.objectContaining({ browser: expect.any(String), is_mobile: false }),
          ip: '192.0.2.4',
          created_at: created,
          last_activity: created,
          current: true,
        },
      ])
      expect((await sessionsOf(laptop)).map(({ current }) => current)).toEqual([true, false])
    })

    test('shows handles, which open nothing', async () => {
      const { browsers, browser } = await withBrowsers(1)
      const response = await browsers[0].get('/sessions')
      const body = await response.text()
      expect(body).not.toContain(browsers[0].sessionId)
      const [{ session_id: handle } = { session_id: '' }] = JSON.parse(body) as Listed[]
      const cookie = `__Host-session_id=${handle}`
      expect((await browser().get('/me', { headers: { cookie } })).status).toBe(401)
    })

    test('sets no cookie, and is not for tokens', async () => {
      const made = managed({ transports: [session({ managementRoutes: true }), bearer()] })
      const ann = await made.member()
      const response = await (await made.loggedIn(ann)).get('/sessions')
      expect(response.headers.getSetCookie()).toEqual([])
      const token = await json(await made.browser().post('/token', ann))
      const headers = { authorization: `Bearer ${token['access_token']}` }
      expect((await made.browser().get('/sessions', { headers })).status).toBe(401)
    })

    test('leaves out what has died: by its time, by a new epoch', async () => {
      const { browsers, ann, clock, db, loggedIn } = await withBrowsers(2)
      clock.advance(1700)
      expect(await isIn(browsers[1])).toBe(true)
      clock.advance(200)
      expect(await sessionsOf(browsers[1])).toHaveLength(1)
      await db.update(members).set({ tokenVersion: 5 })
      expect(await sessionsOf(await loggedIn(ann))).toHaveLength(1)
    })
  })

  test('a session that is kept alive never drops out of the list, nor out of a logout', async () => {
    const { browsers, clock, ann, loggedIn, auth } = await withBrowsers(1)
    for (let minutes = 0; minutes < 180; minutes += 20) {
      clock.advance(20 * 60)
      expect(await isIn(browsers[0])).toBe(true)
    }
    const later = await loggedIn(ann)
    expect(await sessionsOf(later)).toHaveLength(2)
    expect(await auth.sessions.list(ann.id)).toHaveLength(2)
    expect(await json(await later.post('/logout-all'))).toMatchObject({ revoked: 2 })
    expect(await isIn(browsers[0])).toBe(false)
  })

  test('a plain login does not shorten the life of a remembered session', async () => {
    const { member, loggedIn, clock } = managed()
    const ann = await member()
    await loggedIn(ann, {}, { remember_me: true })
    await loggedIn(ann)
    clock.advance(20 * 86400)
    expect(await sessionsOf(await loggedIn(ann))).toHaveLength(2)
  })

  describe('DELETE /sessions/{id}', () => {
    test('ends one of one’s own', async () => {
      const { browsers } = await withBrowsers(2)
      const other = (await sessionsOf(browsers[0])).find(({ current }) => !current)
      const response = await browsers[0].call('DELETE', `/sessions/${other?.session_id}`)
      expect([response.status, await json(response)]).toEqual([200, { detail: 'Session revoked.' }])
      expect(response.headers.getSetCookie()).toEqual([])
      expect([await isIn(browsers[0]), await isIn(browsers[1])]).toEqual([true, false])
      expect(await sessionsOf(browsers[0])).toHaveLength(1)
    })

    test('clears the cookies where it is the one that asks', async () => {
      const { browsers } = await withBrowsers(1)
      const [own] = await sessionsOf(browsers[0])
      await browsers[0].call('DELETE', `/sessions/${own?.session_id}`)
      expect(browsers[0].sessionId).toBeUndefined()
      expect(browsers[0].csrfToken).toBeUndefined()
    })

    test('does not end somebody else’s, and tells nothing of it', async () => {
      const { browsers, member, loggedIn } = await withBrowsers(1)
      const bob = await loggedIn(await member('bob'))
      const [theirs] = await sessionsOf(browsers[0])
      for (const handle of [theirs?.session_id, 'x'.repeat(43), 'x', 'a%2Fb']) {
        const response = await bob.call('DELETE', `/sessions/${handle}`)
        expect(response.status).toBe(404)
        expect(await json(response)).toMatchObject({ detail: 'Session not found.' })
      }
      expect(await isIn(browsers[0])).toBe(true)
    })

    test('of two at once one ends it', async () => {
      const { browsers } = await withBrowsers(2)
      const other = (await sessionsOf(browsers[0])).find(({ current }) => !current)
      const path = `/sessions/${other?.session_id}`
      const both = [browsers[0].call('DELETE', path), browsers[0].call('DELETE', path)]
      const statuses = (await Promise.all(both)).map(({ status }) => status)
      expect(statuses.sort()).toEqual([200, 404])
    })

    test('needs the CSRF token', async () => {
      const { browsers } = await withBrowsers(1)
      const [own] = await sessionsOf(browsers[0])
      const path = `/sessions/${own?.session_id}`
      expect((await browsers[0].call('DELETE', path, { csrf: false })).status).toBe(403)
      expect(await isIn(browsers[0])).toBe(true)
    })

    test('works where primary keys are texts', async () => {
      const table = sqliteTable('texts', {
        ...authUserColumns(),
        id: text()
          .primaryKey()
          .$defaultFn(() => crypto.randomUUID()),
      })
      const { register, logIn } = over(table as never)
      expect(await register('ann')).toMatchObject({ id: expect.stringMatching(/^[0-9a-f-]{36}$/) })
      const { client } = await logIn('ann', password)
      const other = await logIn('ann', password)
      const listed = (await sessionsOf(client)).find(({ current }) => !current)
      const response = await client.call('DELETE', `/sessions/${listed?.session_id}`)
      expect(response.status).toBe(200)
      expect(await isIn(other.client)).toBe(false)
    })
  })

  describe('POST /logout-all', () => {
    test('ends every session, the one that asks too', async () => {
      const { browsers, events } = await withBrowsers(3)
      const response = await browsers[0].post('/logout-all')
      expect([response.status, await json(response)]).toEqual([
        200,
        { detail: 'Signed out of all sessions.', revoked: 3 },
      ])
      expect(browsers[0].sessionId).toBeUndefined()
      expect(await Promise.all(browsers.map(isIn))).toEqual([false, false, false])
      expect(events).toContainEqual(
        expect.objectContaining({ name: 'credentials.revoked', sessions: 3 }),
      )
    })

    test('spares the one that asks with keep_current, and leaves its cookies', async () => {
      const { browsers } = await withBrowsers(3)
      const response = await browsers[1].post('/logout-all?keep_current=true')
      expect(await json(response)).toMatchObject({ revoked: 2 })
      expect(response.headers.getSetCookie()).toEqual([])
      expect(await Promise.all(browsers.map(isIn))).toEqual([false, true, false])
      expect(await sessionsOf(browsers[1])).toHaveLength(1)
      expect((await browsers[1].post('/logout-all?keep_current=1')).status).toBe(200)
      expect(await isIn(browsers[1])).toBe(true)
    })

    test('ends sessions that no index remembers', async () => {
      const { browsers, storage, ann } = await withBrowsers(2)
      for (const member of await storage.indexMembers(indexKey('sessions', ann.id))) {
        await storage.indexRemove(indexKey('sessions', ann.id), member)
      }
      await browsers[0].post('/logout-all')
      expect(await isIn(browsers[1])).toBe(false)
    })

    test('ends tokens and API keys as well', async () => {
      const keys = sqliteTable('api_keys', authApiKeyColumns())
      const sqlite = new Database(':memory:')
      createTable(sqlite, keys)
      const store = drizzleApiKeys(drizzle(sqlite), keys)
      const transports = [
        session({ managementRoutes: true }),
        bearer({ refresh: 'body' }),
        apiKeys({ keys: store }),
      ]
      const { browser, member, loggedIn, auth } = managed({ transports })
      const ann = await member()
      const client = await loggedIn(ann)
      const tokens = await json(await browser().post('/token', ann))
      const user = await auth.authenticate({ req: { raw: requestOf(client) } } as never)
      const { key } = await auth.apiKeys.create(user.user)
      const me = async (headers: Record<string, string>) =>
        (await browser().get('/me', { headers })).status
      const credentials = () =>
        Promise.all([
          me({ authorization: `Bearer ${tokens['access_token']}` }),
          me({ 'x-api-key': key }),
        ])
      expect(await credentials()).toEqual([200, 200])
      await client.post('/logout-all?keep_current=true')
      expect(await credentials()).toEqual([401, 401])
      const { refresh_token: token } = tokens
      expect((await browser().post('/refresh', { refresh_token: token })).status).toBe(401)
      expect(await isIn(client)).toBe(true)
    })

    test('of two that each want to stay, at most one does', async () => {
      const { browsers } = await withBrowsers(2)
      const answers = await Promise.all(
        browsers.slice(0, 2).map((browser) => browser.post('/logout-all?keep_current=true')),
      )
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 401])
      const kept = (await Promise.all(browsers.slice(0, 2).map(isIn))).filter(Boolean)
      expect(kept).toHaveLength(1)
    })

    test('is stronger than one that wants to stay', async () => {
      const { browsers } = await withBrowsers(2)
      await Promise.all([
        browsers[0].post('/logout-all?keep_current=true'),
        browsers[1].post('/logout-all'),
      ])
      expect(await Promise.all(browsers.slice(0, 2).map(isIn))).toEqual([false, false])
    })

    test('needs a session and its CSRF token', async () => {
      const { browsers, browser } = await withBrowsers(1)
      expect((await browser().post('/logout-all')).status).toBe(401)
      expect((await browsers[0].post('/logout-all', undefined, { csrf: false })).status).toBe(403)
      expect(await isIn(browsers[0])).toBe(true)
    })

    test('refuses a query that it cannot read', async () => {
      const { browsers } = await withBrowsers(1)
      const response = await browsers[0].post('/logout-all?keep_current=maybe')
      expect(response.status).toBe(422)
      expect(await json(response)).toMatchObject({ errors: [{ path: 'keep_current' }] })
      expect(await isIn(browsers[0])).toBe(true)
    })

    test('is limited to ten an hour per user', async () => {
      const { browsers, member, loggedIn } = await withBrowsers(1)
      const statuses: number[] = []
      for (let n = 0; n < 11; n++) {
        statuses.push((await browsers[0].post('/logout-all?keep_current=true')).status)
      }
      expect(statuses).toEqual([...Array(10).fill(200), 429])
      const bob = await loggedIn(await member('bob'))
      expect((await bob.post('/logout-all')).status).toBe(200)
    })

    test('does what it can where the table has no epoch', async () => {
      const { tokenVersion: _none, ...columns } = authUserColumns()
      const { register, logIn } = over(sqliteTable('epochless', columns) as never)
      await register('ann')
      const { client } = await logIn('ann', password)
      const other = await logIn('ann', password)
      const response = await client.post('/logout-all?keep_current=true')
      expect(await json(response)).toMatchObject({ revoked: 1 })
      expect([await isIn(client), await isIn(other.client)]).toEqual([true, false])
      expect(await json(await client.post('/logout-all'))).toMatchObject({ revoked: 1 })
      expect(await isIn(client)).toBe(false)
    })
  })

  describe('POST /csrf/refresh', () => {
    const refresh = (browser: Browser, options = {}) =>
      browser.post('/csrf/refresh', undefined, { csrf: false, ...options })

    test('gives the token that the browser has, and sets nothing', async () => {
      const { browsers } = await withBrowsers(1)
      const response = await refresh(browsers[0])
      expect(await json(response)).toEqual({ csrf_token: browsers[0].csrfToken })
      expect(response.headers.getSetCookie()).toEqual([])
    })

    test.each([
      ['without one', undefined],
      ['with another session’s', 'f'.repeat(64)],
    ])('makes a new one for a browser %s, and the old one is void', async (_, cookie) => {
      const { browsers } = await withBrowsers(1)
      const client = browsers[0]
      const old = client.csrfToken ?? ''
      const session = client.jar.get('__Host-session_id')
      client.jar.clear()
      if (session) client.jar.set('__Host-session_id', session)
      if (cookie) client.jar.set('csrf_token', { value: cookie, attributes: {}, line: '' })
      const token = (await json(await refresh(client)))['csrf_token']
      expect(token).toMatch(/^[0-9a-f]{64}$/)
      expect(client.csrfToken).toBe(token)
      expect(client.jar.get('csrf_token')?.attributes).not.toHaveProperty('max-age')
      const headers = { 'x-csrf-token': old }
      expect((await client.post('/logout-all', undefined, { headers })).status).toBe(403)
      expect((await client.post('/logout-all')).status).toBe(200)
    })

    test('keeps the new cookie for as long as a remembered session lives', async () => {
      const { member, loggedIn, clock } = managed()
      const client = await loggedIn(await member(), {}, { remember_me: true })
      client.jar.delete('csrf_token')
      clock.advance(86400)
      await refresh(client)
      const { 'max-age': seconds } = client.jar.get('csrf_token')?.attributes ?? {}
      expect(seconds).toBe(String(29 * 86400))
    })

    test('is 401 without a live session of an active account', async () => {
      const { browsers, browser, db } = await withBrowsers(1)
      expect((await refresh(browser())).status).toBe(401)
      await db.update(members).set({ isActive: false })
      expect((await refresh(browsers[0])).status).toBe(401)
      await db.update(members).set({ isActive: true, tokenVersion: 8 })
      expect((await refresh(browsers[0])).status).toBe(401)
    })

    test('is 400 where CSRF protection is off', async () => {
      const { browsers } = await withBrowsers(1, {
        transports: [session({ managementRoutes: true, csrf: false })],
      })
      const response = await refresh(browsers[0])
      expect(response.status).toBe(400)
      expect(await json(response)).toMatchObject({
        code: 'csrf_disabled',
        detail: 'CSRF is disabled.',
      })
    })

    test('is not for another site’s page', async () => {
      const { browsers } = await withBrowsers(1)
      const headers = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }
      expect((await refresh(browsers[0], { headers })).status).toBe(403)
    })

    test('is limited to thirty an hour per address', async () => {
      const { browsers } = await withBrowsers(1, { rateLimits: {} })
      let last: Response | undefined
      for (let n = 0; n < 31; n++) last = await refresh(browsers[0])
      expect(last?.status).toBe(429)
    })
  })

  test('of two changes to one session at once neither is lost', async () => {
    const storage = memoryStorage()
    const { browsers } = await withBrowsers(2, { storage })
    const [client] = browsers
    const replace = storage.replace.bind(storage)
    const reached = Promise.withResolvers<void>()
    const overtaken = Promise.withResolvers<void>()
    let writes = 0
    storage.replace = async (...args) => {
      if (writes++ === 0) {
        reached.resolve()
        await overtaken.promise
      }
      return replace(...args)
    }
    // A new CSRF token is about to be written when the session is stamped with a new epoch.
    const cookie = `__Host-session_id=${client.sessionId}`
    const headers = { 'x-csrf-token': client.csrfToken ?? '' }
    const refreshed = client.post('/csrf/refresh', undefined, { headers: { cookie } })
    await reached.promise
    const path = '/logout-all?keep_current=true'
    expect((await client.post(path, undefined, { headers })).status).toBe(200)
    overtaken.resolve()
    const token = (await json(await refreshed))['csrf_token']
    expect(await isIn(client)).toBe(true)
    const fresh = { 'x-csrf-token': String(token) }
    expect((await client.post(path, undefined, { headers })).status).toBe(403)
    expect((await client.post(path, undefined, { headers: fresh })).status).toBe(200)
  })

  test.each([
    ['get', 'GET', '/sessions'],
    ['indexMembers', 'GET', '/sessions'],
    ['delete', 'DELETE', '/sessions/own'],
    ['indexMembers', 'POST', '/logout-all'],
    ['replace', 'POST', '/logout-all?keep_current=true'],
    ['get', 'POST', '/csrf/refresh'],
  ] as const)('an outage of %s at %s %s is 503, never 401', async (operation, method, path) => {
    const storage = memoryStorage()
    const { browsers } = await withBrowsers(1, { storage })
    const [own] = await sessionsOf(browsers[0])
    storage[operation] = async () => {
      throw new Error('connection lost')
    }
    const response = await browsers[0].call(method, path.replace('own', own?.session_id ?? ''))
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('5')
  })
})

/** A request of this browser, as the application would see it. */
function requestOf(browser: Browser): Request {
  const cookie = [...browser.jar].map(([name, { value }]) => `${name}=${value}`).join('; ')
  return new Request('https://app.example.com/own', { headers: { cookie } })
}

describe('auth.sessions', () => {
  const owned = () =>
    withBrowsers(2, {}, ({ app, auth, db }) => {
      app.post('/magic', async (c) => {
        const [row] = await db.select().from(members)
        if (!row) throw new Error('there is no member')
        const remember = c.req.query('remember') === undefined ? {} : { rememberMe: true }
        const metadata = { by: 'link', sessionHandle: 'forged' }
        const { csrfToken } = await auth.sessions.create(c, row, { ...remember, metadata })
        return c.json({ csrfToken })
      })
      app.get('/how', auth.currentUser(), (c) => c.json(c.var.principal.metadata))
      app.post('/whose', async (c) => {
        const found = await auth.sessions.validate(c)
        return c.json({ user: found?.user.username ?? null, handle: found?.handle ?? null })
      })
    })

  test('has metadata as it was stored, whatever a request does to its own', async () => {
    const { browser } = await withBrowsers(1, {}, ({ app, auth, db }) => {
      app.post('/magic', async (c) => {
        const [row] = await db.select().from(members)
        const metadata = { roles: ['guest'], note: null }
        await auth.sessions.create(c, row as never, { metadata })
        return c.json({})
      })
      app.get('/promote', auth.currentUser(), (c) => {
        const { roles } = c.var.principal.metadata as { roles: string[] }
        roles.push('admin')
        return c.json(roles)
      })
    })
    const client = browser()
    await client.post('/magic')
    for (let n = 0; n < 3; n++) {
      expect(await (await client.get('/promote')).json()).toEqual(['guest', 'admin'])
    }
  })

  test('create logs in after a proof of the application’s own', async () => {
    const { auth, ann, browser } = await owned()
    const client = browser()
    const { csrfToken } = await json(await client.post('/magic'))
    expect(client.csrfToken).toBe(csrfToken)
    const [{ handle } = { handle: '' }] = await auth.sessions.list(ann.id)
    expect(await json(await client.get('/how'))).toEqual({ by: 'link', sessionHandle: handle })
    expect(client.jar.get('__Host-session_id')?.attributes).not.toHaveProperty('max-age')
    const before = client.sessionId
    await client.post('/magic')
    const cookie = `__Host-session_id=${before}`
    expect((await browser().get('/me', { headers: { cookie } })).status).toBe(401)
  })

  test('create can remember', async () => {
    const { browser } = await owned()
    const client = browser()
    await client.post('/magic?remember')
    expect(client.jar.get('__Host-session_id')?.attributes['max-age']).toBe('2592000')
  })

  test('validate finds the session of a request, whatever its method, and sets nothing', async () => {
    const { auth, ann, browsers, browser, db } = await owned()
    const ask = (client: Browser) => client.post('/whose', undefined, { csrf: false })
    const response = await ask(browsers[0])
    const [, own] = await auth.sessions.list(ann.id)
    expect(await json(response)).toEqual({ user: 'ann', handle: own?.handle })
    expect(response.headers.getSetCookie()).toEqual([])
    expect(await json(await ask(browser()))).toEqual({ user: null, handle: null })
    await db.update(members).set({ isActive: false })
    expect(await json(await ask(browsers[0]))).toEqual({ user: null, handle: null })
  })

  test('list tells what is known of each, without anything that opens it', async () => {
    const { auth, ann, browsers } = await owned()
    const listed = await auth.sessions.list(ann.id)
    expect(listed).toEqual([
      expect.objectContaining({
        ipAddress: '192.0.2.2',
        createdAt: expect.any(Date),
        clientLabel: expect.objectContaining({ is_mobile: false }),
      }),
      expect.objectContaining({ ipAddress: '192.0.2.1', expiresAt: expect.any(Date) }),
    ])
    expect(JSON.stringify(listed)).not.toContain(browsers[0].csrfToken)
    expect(await auth.sessions.list(999)).toEqual([])
  })

  test('revoke ends a session of that user only', async () => {
    const { auth, ann, browsers, member } = await owned()
    const bob = await member('bob')
    const [last] = await auth.sessions.list(ann.id)
    expect(await auth.sessions.revoke(bob.id, last?.handle ?? '')).toBe(false)
    expect(await isIn(browsers[1])).toBe(true)
    expect(await auth.sessions.revoke(ann.id, last?.handle ?? '')).toBe(true)
    expect(await auth.sessions.revoke(ann.id, last?.handle ?? '')).toBe(false)
    expect(await Promise.all(browsers.slice(0, 2).map(isIn))).toEqual([true, false])
  })

  test('revokeAll ends all, but for one of that user', async () => {
    const { auth, ann, browsers, db } = await owned()
    const [last] = await auth.sessions.list(ann.id)
    expect(await auth.sessions.revokeAll(ann.id, { except: last?.handle ?? '' })).toBe(1)
    expect(await Promise.all(browsers.slice(0, 2).map(isIn))).toEqual([false, true])
    expect(await auth.sessions.revokeAll(ann.id)).toBe(1)
    expect(await isIn(browsers[1])).toBe(false)
    expect(await auth.sessions.revokeAll(999)).toBe(0)
    const [row] = await db.select().from(members)
    expect(row?.tokenVersion).toBeGreaterThan(0)
  })

  test('revokeAll brings no session to life: not one that died, not somebody else’s', async () => {
    const { auth, ann, browsers, db, member, loggedIn, clock } = await owned()
    const [last, first] = await auth.sessions.list(ann.id)
    await db.update(members).set({ tokenVersion: 40 }).where(eq(members.id, ann.id))
    for (const except of [last, first]) {
      await auth.sessions.revokeAll(ann.id, { except: except?.handle ?? '' })
      expect(await Promise.all(browsers.slice(0, 2).map(isIn))).toEqual([false, false])
    }
    const bob = await member('bob')
    await db.update(members).set({ tokenVersion: 50 })
    const bobs = await loggedIn(bob)
    const [theirs] = await auth.sessions.list(bob.id)
    await auth.sessions.revokeAll(ann.id, { except: theirs?.handle ?? '' })
    clock.advance(1)
    expect(await isIn(bobs)).toBe(true)
  })

  test('the epoch after the last one is the first', async () => {
    const { auth, ann, db, loggedIn } = await owned()
    await db.update(members).set({ tokenVersion: 2 ** 31 - 1 })
    const [one, other] = [await loggedIn(ann), await loggedIn(ann)]
    const [last] = await auth.sessions.list(ann.id)
    expect(await auth.sessions.revokeAll(ann.id, { except: last?.handle ?? '' })).toBe(1)
    expect([await isIn(one), await isIn(other)]).toEqual([false, true])
    const epochs = () => db.select({ epoch: members.tokenVersion }).from(members)
    expect(await epochs()).toEqual([{ epoch: 0 }])
    await db.update(members).set({ tokenVersion: 2 ** 31 - 1 })
    await auth.sessions.revokeAll(ann.id)
    expect(await epochs()).toEqual([{ epoch: 0 }])
  })

  test('has no handle where there is no session transport', () => {
    expect(world({ transports: [bearer()] }).auth.sessions).toBeUndefined()
  })
})
