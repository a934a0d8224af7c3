import Database from 'better-sqlite3'
import { AuthError, apiKeys, bearer, memoryStorage, session, type Transport } from 'crudauth'
import { drizzleApiKeys, drizzleUsers } from 'crudauth/drizzle'
import { authApiKeyColumns, authUserColumns } from 'crudauth/drizzle/sqlite'
import { eq } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { sqliteTable } from 'drizzle-orm/sqlite-core'
import { describe, expect, test, vi } from 'vitest'
import { application } from './support/application.ts'
import type { Browser } from './support/browser.ts'
import { createTable } from './support/create-table.ts'
import { indexKey, json, members, type WorldConfig, world } from './support/world.ts'

const wrong = 'not the password'
const next = 'a new horse, another battery'
const statusOf = async (response: Promise<Response>) => (await response).status
const isIn = async (browser: Browser) => (await browser.get('/me')).status === 200

/** A member in a browser; no limit but the ones that a test is about. */
async function loggedInWorld(config: WorldConfig = {}, hooks: Parameters<typeof world>[1] = {}) {
  const made = world({ rateLimits: off, ...config }, hooks)
  const ann = await made.member()
  const client = await made.loggedIn(ann)
  return {
    ...made,
    ann,
    client,
    async row() {
      const [row] = await made.db.select().from(members).where(eq(members.id, ann.id))
      if (!row) throw new Error('there is no such member')
      return row
    },
    canLogIn: async (password: string) =>
      (await statusOf(made.browser().post('/login', { username: ann.username, password }))) === 200,
  }
}

const off = {
  register: { times: 0, seconds: 1 },
  change_password: { times: 0, seconds: 1 },
}

const change = (client: Browser, current: string, password = next, options = {}) =>
  client.post('/change-password', { current_password: current, new_password: password }, options)

describe('POST /change-password', () => {
  test('changes the password', async () => {
    const { client, ann, canLogIn, events } = await loggedInWorld()
    const response = await change(client, ann.password)
    expect([response.status, await json(response)]).toEqual([200, { detail: 'Password changed.' }])
    expect(await canLogIn(ann.password)).toBe(false)
    expect(await canLogIn(next)).toBe(true)
    expect(events).toContainEqual({
      name: 'password.changed',
      userId: ann.id,
      transport: 'session',
      login: expect.stringMatching(/^[\w-]{22,43}$/),
      address: '203.0.113.7',
    })
  })

  test('keeps the calling session, under a new identifier, and ends the others', async () => {
    const { client, ann, loggedIn, browser, auth, row } = await loggedInWorld()
    const other = await loggedIn(ann)
    const [before, csrf] = [client.sessionId, client.csrfToken]
    const { tokenVersion } = await row()
    await change(client, ann.password)
    expect([await isIn(client), await isIn(other)]).toEqual([true, false])
    expect(client.sessionId).not.toBe(before)
    expect(client.csrfToken).toBe(csrf)
    const cookie = `__Host-session_id=${before}`
    expect(await statusOf(browser().get('/me', { headers: { cookie } }))).toBe(401)
    expect(await auth.sessions.list(ann.id)).toHaveLength(1)
    expect((await row()).tokenVersion).toBe(tokenVersion + 1)
    expect(await statusOf(change(client, next, ann.password))).toBe(200)
  })

  test('ends sessions that no index remembers', async () => {
    const { client, ann, loggedIn, storage } = await loggedInWorld()
    const other = await loggedIn(ann)
    const index = indexKey('sessions', ann.id)
    for (const handle of await storage.indexMembers(index)) await storage.indexRemove(index, handle)
    await change(client, ann.password)
    expect([await isIn(client), await isIn(other)]).toEqual([true, false])
  })

  test('ends every token and API key; the browser that asked has nothing else', async () => {
    const keys = sqliteTable('api_keys', authApiKeyColumns())
    const sqlite = new Database(':memory:')
    createTable(sqlite, keys)
    const { client, ann, browser, auth, row } = await loggedInWorld({
      transports: [
        session(),
        bearer({ refresh: 'body' }),
        apiKeys({ keys: drizzleApiKeys(drizzle(sqlite), keys) }),
      ],
    })
    const tokens = await json(await browser().post('/token', ann))
    const { key } = await auth.apiKeys.create(await row())
    await change(client, ann.password)
    const authorization = `Bearer ${tokens['access_token']}`
    expect(await statusOf(browser().get('/me', { headers: { authorization } }))).toBe(401)
    expect(await statusOf(browser().get('/me', { headers: { 'x-api-key': key } }))).toBe(401)
    const { refresh_token: token } = tokens
    expect(await statusOf(browser().post('/refresh', { refresh_token: token }))).toBe(401)
  })

  test('works with tokens only, and ends the one that asked', async () => {
    const afterPasswordChanged = vi.fn()
    const made = world(
      { transports: [bearer({ refresh: 'body' })], rateLimits: off },
      { afterPasswordChanged },
    )
    const ann = await made.member()
    const client = made.browser()
    const tokens = await json(await client.post('/token', ann))
    const headers = { authorization: `Bearer ${tokens['access_token']}` }
    const response = await change(client, ann.password, next, { headers })
    expect([response.status, await json(response)]).toEqual([200, { detail: 'Password changed.' }])
    expect(response.headers.getSetCookie()).toEqual([])
    expect(afterPasswordChanged).toHaveBeenCalledTimes(1)
    expect(await statusOf(client.get('/me', { headers }))).toBe(401)
    expect(await statusOf(client.post('/token', { ...ann, password: next }))).toBe(200)
  })

  test('over a token, keeps no session', async () => {
    const { client, ann, browser } = await loggedInWorld({ transports: [bearer(), session()] })
    const tokens = await json(await browser().post('/token', ann))
    const headers = { authorization: `Bearer ${tokens['access_token']}` }
    expect(await statusOf(change(client, ann.password, next, { headers }))).toBe(200)
    expect(await isIn(client)).toBe(false)
  })

  test('keeps a remembered session’s cookie and its end', async () => {
    const { ann, loggedIn, clock, auth } = await loggedInWorld()
    const client = await loggedIn(ann, {}, { remember_me: true })
    const [{ expiresAt } = { expiresAt: null }] = await auth.sessions.list(ann.id)
    clock.advance(86400)
    await change(client, ann.password)
    const { 'max-age': seconds } = client.jar.get('__Host-session_id')?.attributes ?? {}
    expect(seconds).toBe(String(29 * 86400))
    expect(await auth.sessions.list(ann.id)).toEqual([expect.objectContaining({ expiresAt })])
  })

  describe('refuses', () => {
    test('who is nobody, or has no CSRF token', async () => {
      const { browser, client, ann } = await loggedInWorld()
      expect(await statusOf(change(browser(), ann.password))).toBe(401)
      const response = await change(client, ann.password, next, { csrf: false })
      expect([response.status, response.headers.get('x-csrf-error')]).toEqual([403, 'true'])
    })

    test('a wrong current password, and changes nothing', async () => {
      const { client, ann, canLogIn } = await loggedInWorld()
      const response = await change(client, wrong)
      expect(response.status).toBe(401)
      expect(await json(response)).toMatchObject({ detail: 'Current password is incorrect.' })
      expect(await canLogIn(ann.password)).toBe(true)
      expect(await isIn(client)).toBe(true)
    })

    test.each([
      ['too short', 'short'],
      ['not Unicode', 'horse \ud800 battery'],
      ['the account’s own address', 'Ann@Example.com-1'],
    ])('a new password that is %s', async (_, password) => {
      const { client, ann, canLogIn } = await loggedInWorld()
      const response = await change(client, ann.password, password)
      expect(response.status).toBe(422)
      expect(await json(response)).toMatchObject({ errors: [{ path: 'new_password' }] })
      expect(await canLogIn(ann.password)).toBe(true)
    })

    test('an account that has no password', async () => {
      const { client, db } = await loggedInWorld()
      for (const hashedPassword of ['!none', '']) {
        await db.update(members).set({ hashedPassword })
        const response = await change(client, '')
        expect(response.status).toBe(400)
        expect(await json(response)).toMatchObject({
          code: 'no_password',
          detail: 'Account has no password; use /set-password to create one.',
        })
      }
    })

    test('an API key, and a transport of the application’s own', async () => {
      const keys = sqliteTable('api_keys', authApiKeyColumns())
      const sqlite = new Database(':memory:')
      createTable(sqlite, keys)
      const own: Transport = {
        name: 'own',
        async authenticate(context) {
          const id = context.request.headers.get('x-own')
          const user = id === null ? null : await context.resolveUser(id)
          return user && context.principal(user, { transport: 'own' })
        },
      }
      const { browser, auth, ann, row } = await loggedInWorld({
        transports: [session(), apiKeys({ keys: drizzleApiKeys(drizzle(sqlite), keys) }), own],
      })
      const { key } = await auth.apiKeys.create(await row())
      const allowed = { 'x-api-key': key, 'x-own': String(ann.id) }
      for (const [name, value] of Object.entries(allowed)) {
        const headers = { [name]: value }
        expect(await statusOf(browser().get('/me', { headers }))).toBe(200)
        expect(await statusOf(change(browser(), ann.password, next, { headers }))).toBe(401)
      }
    })
  })

  describe('is no way around the budget', () => {
    test('five changes an hour per login, which say what is left', async () => {
      const made = await loggedInWorld({
        rateLimits: { register: off.register },
        lockout: { maxAttempts: 100, maxPerNetwork: 100, maxFailures: 500 },
      })
      const { client, ann, loggedIn } = made
      const passwords = Array.from({ length: 7 }, (_, n) => `the new password, number ${n}`)
      let current = ann.password
      const left: (string | null)[] = []
      for (const password of passwords.slice(0, 5)) {
        const response = await change(client, current, password)
        expect(response.status).toBe(200)
        left.push(response.headers.get('x-ratelimit-remaining'))
        current = password
      }
      expect(left).toEqual(['4', '3', '2', '1', '0'])
      expect(await statusOf(change(client, current, passwords[5]))).toBe(429)
      const other = await loggedIn({ ...ann, password: current })
      expect(await statusOf(change(other, current, passwords[6]))).toBe(200)
    })

    test('what is refused spends nothing', async () => {
      const { client, ann } = await loggedInWorld({
        rateLimits: { register: off.register },
        lockout: { maxAttempts: 100, maxPerNetwork: 100, maxFailures: 500 },
      })
      for (let n = 0; n < 8; n++) {
        expect(await statusOf(change(client, wrong, 'short'))).toBe(422)
        expect(await statusOf(change(client, wrong))).toBe(401)
      }
      expect((await change(client, ann.password)).headers.get('x-ratelimit-remaining')).toBe('4')
    })

    test('it is the login’s own: strangers spend nothing of it, and it nothing of theirs', async () => {
      const { client, ann, browser } = await loggedInWorld({ lockout: { maxAttempts: 2 } })
      client.jar.delete('__Host-known_device')
      const login = (password: string) =>
        statusOf(browser().post('/login', { username: ann.username, password }))
      expect([
        await login(`${wrong} 1`),
        await login(`${wrong} 2`),
        await login(ann.password),
        await statusOf(change(client, `${wrong} 1`)),
        await statusOf(change(client, `${wrong} 2`)),
        await statusOf(change(client, ann.password)),
      ]).toEqual([401, 401, 429, 401, 401, 429])
    })

    test('a hundred at once get no more than five verifications', async () => {
      const { client, events } = await loggedInWorld()
      client.jar.delete('__Host-known_device')
      const answers = await Promise.all(
        Array.from({ length: 100 }, (_, n) => change(client, `${wrong} ${n}`)),
      )
      const statuses = answers.map(({ status }) => status)
      expect(statuses.filter((status) => status === 401)).toHaveLength(5)
      expect(statuses.filter((status) => status === 429)).toHaveLength(95)
      expect(events.filter(({ name }) => name === 'reauthentication.failed')).toHaveLength(5)
    })

    test('an unlocked account may go on', async () => {
      const { client, ann, auth } = await loggedInWorld()
      for (let n = 0; n < 6; n++) await change(client, `${wrong} ${n}`)
      expect(await statusOf(change(client, ann.password))).toBe(429)
      await auth.unlock(ann.id)
      expect(await statusOf(change(client, ann.password))).toBe(200)
    })
  })

  describe('at once', () => {
    test('of several changes one wins, and its password is the one', async () => {
      const { client, ann, loggedIn, canLogIn } = await loggedInWorld()
      const other = await loggedIn(ann)
      const passwords = ['the first new password', 'the second new password']
      const answers = await Promise.all([
        change(client, ann.password, passwords[0]),
        change(other, ann.password, passwords[1]),
      ])
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 401])
      const winner = answers.findIndex(({ status }) => status === 200)
      expect(await canLogIn(passwords[winner] ?? '')).toBe(true)
      expect(await canLogIn(passwords[1 - winner] ?? '')).toBe(false)
      expect([await isIn(client), await isIn(other)]).toEqual([winner === 0, winner === 1])
    })

    test.each([
      ['of the same password, as a login that upgrades it does', 'correct horse battery', {}, 200],
      ['of another password', 'somebody else’s password', {}, 401],
      ['after a logout from everywhere', 'correct horse battery', { tokenVersion: 7 }, 401],
      ['in an account that is disabled', 'correct horse battery', { isActive: false }, 401],
    ])(
      'a hash that is replaced meanwhile by one %s: the answer fits',
      async (_, other, changes, status) => {
        const storage = memoryStorage()
        const { client, ann, db, member, row, canLogIn } = await loggedInWorld({ storage })
        const { id } = await member('bob', other)
        const [bob] = await db.select().from(members).where(eq(members.id, id))
        const add = storage.add.bind(storage)
        // The attempt is reserved when the row has been read.
        storage.add = async (...args) => {
          await db
            .update(members)
            .set({ hashedPassword: bob?.hashedPassword ?? '', ...changes })
            .where(eq(members.id, ann.id))
          return add(...args)
        }
        const response = await change(client, ann.password)
        storage.add = add
        expect(response.status).toBe(status)
        expect(await canLogIn(next)).toBe(status === 200)
        expect(await isIn(client)).toBe(Object.keys(changes).length === 0)
        if (status === 401) expect((await row()).hashedPassword).toBe(bob?.hashedPassword)
      },
    )

    test('a logout from everywhere is not outlived', async () => {
      const { client, ann, loggedIn } = await loggedInWorld({
        transports: [session({ managementRoutes: true })],
      })
      const other = await loggedIn(ann)
      await Promise.all([change(client, ann.password), other.post('/logout-all')])
      expect([await isIn(client), await isIn(other)]).toEqual([false, false])
    })

    test('a touch loses neither the new identifier nor the new epoch', async () => {
      const { client, ann, clock } = await loggedInWorld()
      clock.advance(120)
      const [, changed] = await Promise.all([client.get('/me'), change(client, ann.password)])
      expect(changed.status).toBe(200)
      expect(await isIn(client)).toBe(true)
    })
  })

  describe('where the table has no epoch', () => {
    const password = 'correct horse battery'
    async function epochless() {
      const { tokenVersion: _none, ...columns } = authUserColumns()
      const table = sqliteTable('epochless', columns)
      const sqlite = new Database(':memory:')
      createTable(sqlite, table)
      const users = drizzleUsers(drizzle(sqlite), table)
      const made = application({ users, rateLimits: off })
      const ann = { email: 'ann@example.com', username: 'ann', password }
      await made.browser().post('/register', ann)
      const { client } = await made.logIn('ann', password)
      const { client: other } = await made.logIn('ann', password)
      return { ...made, client, other }
    }

    test('the other sessions end all the same', async () => {
      const { client, other, logIn } = await epochless()
      expect(await statusOf(change(client, password))).toBe(200)
      expect([await isIn(client), await isIn(other)]).toEqual([true, false])
      expect((await logIn('ann', next)).status).toBe(200)
    })

    test('of two changes at once one wins all the same', async () => {
      const { client, other } = await epochless()
      const answers = await Promise.all([change(client, password), change(other, password)])
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 401])
    })
  })

  describe('when the storage fails', () => {
    test('before the password was looked at: 503, never 401, and nothing is changed', async () => {
      const storage = memoryStorage()
      const { client, ann, canLogIn } = await loggedInWorld({ storage })
      const get = storage.get.bind(storage)
      storage.get = async () => {
        throw new Error('connection lost')
      }
      expect(await statusOf(change(client, ann.password))).toBe(503)
      storage.get = get
      expect(await canLogIn(ann.password)).toBe(true)
    })

    test('while the attempt is counted: 429, and nothing is changed', async () => {
      const storage = memoryStorage()
      const { client, ann, canLogIn } = await loggedInWorld({ storage })
      const add = storage.add.bind(storage)
      storage.add = async () => {
        throw new Error('connection lost')
      }
      expect(await statusOf(change(client, ann.password))).toBe(429)
      storage.add = add
      expect(await canLogIn(ann.password)).toBe(true)
    })

    test('after the change: it stands, every session has ended, and the cookies go', async () => {
      const storage = memoryStorage()
      const { client, ann, canLogIn, loggedIn, events, row } = await loggedInWorld({ storage })
      const other = await loggedIn(ann)
      const replace = storage.replace.bind(storage)
      const { hashedPassword } = await row()
      storage.replace = async (...args) => {
        if ((await row()).hashedPassword !== hashedPassword) throw new Error('connection lost')
        return replace(...args)
      }
      const cookie = `__Host-session_id=${client.sessionId}`
      const response = await change(client, ann.password)
      storage.replace = replace
      expect(response.status).toBe(200)
      expect(client.sessionId).toBeUndefined()
      expect(await statusOf(client.get('/me', { headers: { cookie } }))).toBe(401)
      expect(await isIn(other)).toBe(false)
      expect(await canLogIn(next)).toBe(true)
      expect(events).toContainEqual(
        expect.objectContaining({ name: 'storage.failed', operation: 'password' }),
      )
    })
  })
})

describe('POST /set-password', () => {
  const set = (client: Browser, password = next, options = {}) =>
    client.post('/set-password', { new_password: password }, options)

  async function passwordless(
    stored = '!no-password-yet',
    ...args: Parameters<typeof loggedInWorld>
  ) {
    const made = await loggedInWorld(...args)
    await made.db.update(members).set({ hashedPassword: stored })
    return made
  }

  test.each(['!no-password-yet', '!', ''])(
    'sets the first password of an account that has “%s”',
    async (stored) => {
      const { client, canLogIn, ann, events } = await passwordless(stored)
      const response = await set(client)
      expect([response.status, await json(response)]).toEqual([200, { detail: 'Password set.' }])
      expect(await canLogIn(next)).toBe(true)
      expect(events).toContainEqual({
        name: 'password.set',
        userId: ann.id,
        transport: 'session',
        login: expect.stringMatching(/^[\w-]{22,43}$/),
        address: '203.0.113.7',
      })
    },
  )

  test('ends no session and no token', async () => {
    const { client, db, ann, loggedIn, browser } = await loggedInWorld({
      transports: [session(), bearer()],
      passwords: { setWithToken: 'fresh' },
    })
    const other = await loggedIn(ann)
    const tokens = await json(await browser().post('/token', ann))
    await db.update(members).set({ hashedPassword: '!none' })
    const headers = { authorization: `Bearer ${tokens['access_token']}` }
    expect(await statusOf(set(browser(), next, { headers }))).toBe(200)
    expect([await isIn(client), await isIn(other)]).toEqual([true, true])
    expect(await statusOf(browser().get('/me', { headers }))).toBe(200)
  })

  test('is 400 where there is a password, and changes nothing', async () => {
    const { client, ann, canLogIn } = await loggedInWorld()
    const response = await set(client)
    expect(response.status).toBe(400)
    expect(await json(response)).toMatchObject({
      code: 'has_password',
      detail: 'Account already has a password; use the password reset flow to change it.',
    })
    expect(await canLogIn(ann.password)).toBe(true)
  })

  test('of two at once one sets it', async () => {
    const { client, canLogIn } = await passwordless()
    const passwords = ['the first new password', 'the second new password']
    const answers = await Promise.all(passwords.map((password) => set(client, password)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400])
    const winner = answers.findIndex(({ status }) => status === 200)
    expect(await canLogIn(passwords[winner] ?? '')).toBe(true)
  })

  test('needs a credential, and the CSRF token of a session', async () => {
    const { client, browser } = await passwordless()
    expect(await statusOf(set(browser()))).toBe(401)
    expect(await statusOf(set(client, next, { csrf: false }))).toBe(403)
  })

  test('refuses what is no new password', async () => {
    const { client } = await passwordless()
    expect(await statusOf(set(client, 'short'))).toBe(422)
    expect(await statusOf(set(client, 'ann@example.com'))).toBe(422)
    expect(await statusOf(client.post('/set-password', {}))).toBe(422)
  })
})

describe('afterPasswordChanged', () => {
  test('runs after a change and after a first password, with the user and the context', async () => {
    const afterPasswordChanged = vi.fn()
    const { client, ann, db } = await loggedInWorld({}, { afterPasswordChanged })
    await change(client, wrong)
    expect(afterPasswordChanged).not.toHaveBeenCalled()
    await change(client, ann.password)
    await db.update(members).set({ hashedPassword: '!none' })
    await client.post('/set-password', { new_password: next })
    expect(afterPasswordChanged).toHaveBeenCalledTimes(2)
    for (const [user, context] of afterPasswordChanged.mock.calls) {
      expect(user).toMatchObject({ username: 'ann' })
      expect(user).not.toHaveProperty('hashedPassword')
      expect(context).toMatchObject({ transport: 'session', ipAddress: '203.0.113.7' })
    }
  })

  test('that throws leaves the new password, and the session under its new identifier', async () => {
    const afterPasswordChanged = () => {
      throw new AuthError('access_denied', 'The mail server is away')
    }
    const { client, ann, canLogIn } = await loggedInWorld({}, { afterPasswordChanged })
    const response = await change(client, ann.password)
    expect(response.status).toBe(403)
    expect(await isIn(client)).toBe(true)
    expect(await canLogIn(next)).toBe(true)
  })
})
