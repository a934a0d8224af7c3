/**
 * Logins whose refresh token is not replaced: ours, those of the Python original, and its cookie.
 */
import { createHmac } from 'node:crypto'
import Database from 'better-sqlite3'
import { type BearerTransportOptions, bearer, memoryStorage, type Storage, session } from 'crudauth'
import { drizzleUsers } from 'crudauth/drizzle'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { describe, expect, test } from 'vitest'
import { application } from './support/application.ts'
import type { Browser } from './support/browser.ts'
import { createTable } from './support/create-table.ts'
import { database, json, members, secret, users, world } from './support/world.ts'

const ours = '__Host-refresh_token'
const bare = 'refresh_token'
const month = 30 * 86400
const password = 'correct horse battery'

const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

function sign(claims: object): string {
  const input = `${base64({ alg: 'HS256', typ: 'JWT' })}.${base64(claims)}`
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}

const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
    exp: number
    [claim: string]: unknown
  }

/** The same token in another spelling: the last character has two bits that say nothing. */
function respelled(token: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const last = alphabet.indexOf(token.at(-1) ?? '')
  return token.slice(0, -1) + alphabet[last ^ 1]
}

function withoutRotation(options: BearerTransportOptions = {}, storage?: Storage) {
  const made = world({
    transports: [
      session({ managementRoutes: true }),
      bearer({ rotateRefresh: false, refresh: 'body', ...options }),
    ],
    ...(storage ? { storage } : {}),
  })
  return { ...made, ...actions(made.browser) }
}

/** Without a column for the epoch. */
function plainApplication(options: BearerTransportOptions = {}) {
  const plain = sqliteTable('plain', {
    id: integer().primaryKey({ autoIncrement: true }),
    email: text().notNull().unique(),
    hashedPassword: text('hashed_password').notNull(),
  })
  const sqlite = new Database(':memory:')
  createTable(sqlite, plain)
  const made = application({
    users: drizzleUsers(drizzle(sqlite), plain),
    transports: [
      session({ managementRoutes: true }),
      bearer({ rotateRefresh: false, refresh: 'body', ...options }),
    ],
  })
  return { ...made, ...actions(made.browser) }
}

function actions(browser: () => Browser) {
  const username = 'ann@example.com'
  const ann = { email: username, username: 'ann', password }
  return {
    async registered(): Promise<number> {
      return Number((await json(await browser().post('/register', ann)))['id'])
    },
    async session(): Promise<Browser> {
      const client = browser()
      await client.post('/login', { username, password })
      return client
    },
    /** A login; its access and refresh tokens. */
    async logIn() {
      const body = await json(await browser().post('/token', { username, password }))
      return { access: String(body['access_token']), refresh: String(body['refresh_token']) }
    },
    refresh: (refresh_token: string) => browser().post('/refresh', { refresh_token }),
    async lives(refresh_token: string): Promise<boolean> {
      return (await browser().post('/refresh', { refresh_token })).status === 200
    },
    /** What a request with these cookies gets at a route. */
    withCookies: (path: string, cookie: string, headers: Record<string, string> = {}) =>
      browser().call('POST', path, { headers: { cookie, ...headers } }),
  }
}

/** An account with a refresh token that the original made at this moment. */
async function withOriginalToken(
  made: ReturnType<typeof withoutRotation>,
  change: Record<string, unknown> = {},
) {
  const id = await made.registered()
  const [row] = await made.db.select().from(members)
  const original = (more: Record<string, unknown> = {}) =>
    sign({
      sub: String(id),
      ver: row?.tokenVersion,
      exp: made.clock.now / 1000 + month,
      token_type: 'refresh',
      scopes: [],
      ...change,
      ...more,
    })
  return { id, original, token: original() }
}

/** The ways of ending all that an account has. */
const ends: readonly [string, (client: Browser) => Promise<Response>][] = [
  ['a logout everywhere', (client) => client.post('/logout-all')],
  ['a logout of all others', (client) => client.call('POST', '/logout-all?keep_current=true', {})],
  [
    'a change of password',
    (client) =>
      client.post('/change-password', {
        current_password: password,
        new_password: 'another horse battery',
      }),
  ],
]

describe('Without rotation', () => {
  describe('a login', () => {
    test('keeps its refresh token, and a refresh answers with an access token only', async () => {
      for (const refresh of ['body', 'cookie'] as const) {
        const { registered, browser, clock } = withoutRotation({ refresh })
        await registered()
        const client = browser()
        const first = await json(await client.post('/token', { username: 'ann', password }))
        const cookie = client.cookie(ours)
        for (let n = 0; n < 3; n++) {
          clock.advance(86400)
          const answer = await client.post('/refresh', { refresh_token: first['refresh_token'] })
          expect(await json(answer)).toEqual({
            access_token: expect.any(String),
            token_type: 'bearer',
            expires_in: 900,
            scope: '',
          })
          expect(answer.headers.getSetCookie()).toEqual([])
          expect(client.cookie(ours)).toBe(cookie)
        }
      }
    })

    test('ends at its time, however often it was refreshed', async () => {
      const { registered, logIn, refresh, lives, clock } = withoutRotation({ refreshTtl: 3600 })
      await registered()
      const login = await logIn()
      let newest = login.refresh
      for (const seconds of [1800, 1799]) {
        clock.advance(seconds)
        const body = await json(await refresh(newest))
        expect(body).toHaveProperty('access_token')
        newest = String(body['refresh_token'] ?? newest)
      }
      clock.advance(1)
      expect([await lives(login.refresh), await lives(newest)]).toEqual([false, false])
    })

    test('is one reading of the storage and one query to refresh', async () => {
      const { registered, logIn, refresh, calls, queries } = withoutRotation()
      await registered()
      const login = await logIn()
      for (const name of Object.keys(calls)) delete calls[name]
      queries.count = 0
      expect((await refresh(login.refresh)).status).toBe(200)
      expect([calls, queries.count]).toEqual([{ get: 1 }, 1])
    })

    test('ends with /revoke', async () => {
      const { registered, logIn, lives, browser } = withoutRotation()
      await registered()
      const [one, two] = [await logIn(), await logIn()]
      await browser().post('/revoke', { token: one.refresh })
      expect([await lives(one.refresh), await lives(two.refresh)]).toEqual([false, true])
    })

    test.each([
      ['/logout', undefined],
      ['/revoke', undefined],
      ['/token', { username: 'ann', password }],
    ])('ends with %s in its browser', async (path, body) => {
      const { registered, browser, withCookies } = withoutRotation({ refresh: 'cookie' })
      await registered()
      const client = browser()
      await client.post('/token', { username: 'ann', password })
      const old = `${ours}=${client.cookie(ours)}`
      expect((await withCookies('/refresh', old)).status).toBe(200)
      expect((await client.post(path, body)).status).toBe(200)
      expect((await withCookies('/refresh', old)).status).toBe(401)
    })

    for (const [table, make] of [
      ['with an epoch', withoutRotation],
      ['without an epoch', plainApplication],
    ] as const) {
      test.each(ends)(`ends with %s, where the table is ${table}`, async (_, end) => {
        const { registered, session: logInToSession, logIn, lives } = make()
        await registered()
        const logins = [await logIn(), await logIn()]
        expect(await lives(logins[0]?.refresh ?? '')).toBe(true)
        expect((await end(await logInToSession())).status).toBe(200)
        for (const { refresh } of logins) expect(await lives(refresh)).toBe(false)
      })

      test(`ends with auth.sessions.revokeAll, where the table is ${table}`, async () => {
        const { registered, logIn, lives, auth } = make()
        const id = await registered()
        const { refresh } = await logIn()
        await auth.sessions.revokeAll(id)
        expect(await lives(refresh)).toBe(false)
        expect(await lives((await logIn()).refresh)).toBe(true)
      })
    }

    test('ends with a further one beyond the cap: the one that began longest ago', async () => {
      const { registered, logIn, lives } = withoutRotation({ maxPerUser: 2 })
      await registered()
      const logins = [await logIn(), await logIn()]
      await lives(logins[0]?.refresh ?? '')
      logins.push(await logIn())
      const alive = await Promise.all(logins.map(({ refresh }) => lives(refresh)))
      expect(alive).toEqual([false, true, true])
    })

    test('ends for good when it is refreshed while its user is disabled', async () => {
      const { registered, logIn, lives, db } = withoutRotation()
      await registered()
      const { refresh } = await logIn()
      await db.update(members).set({ isActive: false })
      expect(await lives(refresh)).toBe(false)
      await db.update(members).set({ isActive: true })
      expect(await lives(refresh)).toBe(false)
    })

    test('that auth.tokens.issue began ends like another', async () => {
      const { registered, lives, auth, db, browser } = withoutRotation({ refreshTtl: 60 })
      await registered()
      const [user] = await db.select().from(members)
      if (!user) throw new Error('no user')
      const issued = await auth.tokens.issue(null, user)
      expect(issued.expires_in).toBe(60)
      expect(await lives(issued.refresh_token)).toBe(true)
      await browser().post('/revoke', { token: issued.refresh_token })
      expect(await lives(issued.refresh_token)).toBe(false)
    })

    test('of which the storage has no record is over', async () => {
      const { registered, logIn, lives, storage } = withoutRotation()
      await registered()
      const { refresh } = await logIn()
      storage.get = async () => null
      expect(await lives(refresh)).toBe(false)
    })

    test('rotates from its next use where rotation is switched on', async () => {
      const { sqlite, db } = database()
      const storage = memoryStorage()
      const client = (rotateRefresh: boolean) =>
        application({
          users: users(db),
          storage,
          clock: Date.now,
          transports: [bearer({ refresh: 'body', rotateRefresh, grace: 0 })],
        }).browser()
      const [off, on] = [client(false), client(true)]
      const ann = { email: 'ann@example.com', username: 'ann', password }
      await off.post('/register', ann)
      const first = String((await json(await off.post('/token', ann)))['refresh_token'])
      const next = await json(await on.post('/refresh', { refresh_token: first }))
      expect(next['refresh_token']).toEqual(expect.any(String))
      expect((await on.post('/refresh', { refresh_token: first })).status).toBe(401)
      sqlite.close()
    })
  })

  describe('a refresh token of the Python original', () => {
    test('answers with an access token, and is not replaced', async () => {
      const made = withoutRotation({ grantableScopes: ['read'] })
      const { token } = await withOriginalToken(made, { scopes: ['read', 'gone'] })
      for (let n = 0; n < 2; n++) {
        const body = await json(await made.refresh(token))
        expect(body).toEqual({
          access_token: expect.any(String),
          token_type: 'bearer',
          expires_in: 900,
          scope: 'read',
        })
      }
    })

    test('ends when it says, and no access token outlives it', async () => {
      const made = withoutRotation()
      const { token } = await withOriginalToken(made)
      made.clock.advance(month - 100)
      const body = await json(await made.refresh(token))
      expect(body['expires_in']).toBe(100)
      expect(claimsOf(String(body['access_token'])).exp).toBe(claimsOf(token).exp)
      made.clock.advance(100)
      expect(await made.lives(token)).toBe(false)
    })

    test('ends with /revoke, and has no other spelling that would live on', async () => {
      const made = withoutRotation()
      const { token } = await withOriginalToken(made)
      expect(respelled(token)).not.toBe(token)
      expect([await made.lives(token), await made.lives(respelled(token))]).toEqual([true, false])
      await made.browser().post('/revoke', { token })
      expect([await made.lives(token), await made.lives(respelled(token))]).toEqual([false, false])
    })

    test('ends alone: those of another moment, or with other scopes, live on', async () => {
      const made = withoutRotation()
      const { token, original } = await withOriginalToken(made)
      const others = [
        original({ exp: claimsOf(token).exp + 1 }),
        original({ scopes: ['read'] }),
      ] as const
      await made.browser().post('/revoke', { token })
      for (const other of others) expect(await made.lives(other)).toBe(true)
    })

    test('that was ended stays so until it would have expired', async () => {
      const made = withoutRotation()
      const { token } = await withOriginalToken(made)
      await made.browser().post('/revoke', { token })
      made.clock.advance(month - 1)
      expect(await made.lives(token)).toBe(false)
    })

    test('is refused with rotation, and what ends it then holds when that is switched off', async () => {
      const storage = memoryStorage()
      const off = withoutRotation({}, storage)
      const { original, token } = await withOriginalToken(off)
      const on = application({
        users: users(off.db),
        storage,
        clock: off.clock.read,
        transports: [bearer({ refresh: 'body' })],
      }).browser()
      const other = original({ scopes: ['read'] })
      for (const refresh_token of [token, other]) {
        expect((await on.post('/refresh', { refresh_token })).status).toBe(401)
      }
      await on.post('/revoke', { token })
      expect([await off.lives(token), await off.lives(other)]).toEqual([false, true])
    })

    test('that was ended stays so while secrets rotate', async () => {
      const storage = memoryStorage()
      const before = withoutRotation({}, storage)
      const { original, token } = await withOriginalToken(before)
      await before.browser().post('/revoke', { token })
      const after = application({
        users: users(before.db),
        secret: ['the next secret of tests, thirty-two bytes', secret],
        storage,
        clock: before.clock.read,
        transports: [bearer({ rotateRefresh: false, refresh: 'body' })],
      })
      const statuses = [token, original({ scopes: ['read'] })].map(
        async (refresh_token) => (await after.browser().post('/refresh', { refresh_token })).status,
      )
      expect(await Promise.all(statuses)).toEqual([401, 200])
    })

    test('ends for good when it is used while its user is disabled', async () => {
      const made = withoutRotation()
      const { token } = await withOriginalToken(made)
      await made.db.update(members).set({ isActive: false })
      expect(await made.lives(token)).toBe(false)
      await made.db.update(members).set({ isActive: true })
      expect(await made.lives(token)).toBe(false)
    })

    test.each(ends)('ends with %s', async (_, end) => {
      const made = withoutRotation()
      const { token } = await withOriginalToken(made)
      expect((await end(await made.session())).status).toBe(200)
      expect(await made.lives(token)).toBe(false)
    })

    test('is refused where the table has no epoch: nothing could end all of them', async () => {
      const made = plainApplication()
      const id = await made.registered()
      const claims = { sub: String(id), exp: made.clock.now / 1000 + month, scopes: [] }
      const token = sign({ ...claims, ver: 0, token_type: 'refresh' })
      expect(await made.lives(token)).toBe(false)
    })

    test('of a login after the end of all others is good, however short it lives', async () => {
      const made = withoutRotation()
      const { id, original } = await withOriginalToken(made)
      await made.auth.sessions.revokeAll(id)
      const [row] = await made.db.select().from(members)
      const exp = made.clock.now / 1000 + 3600
      expect(await made.lives(original({ exp, ver: row?.tokenVersion }))).toBe(true)
    })

    test('is 503 while the storage does not say whether it has ended', async () => {
      const made = withoutRotation()
      const { token } = await withOriginalToken(made)
      made.storage.get = async () => {
        throw new Error('connection lost')
      }
      expect((await made.refresh(token)).status).toBe(503)
    })

    test('is 503 where its end cannot be recorded', async () => {
      const made = withoutRotation()
      const { token } = await withOriginalToken(made)
      made.storage.set = async () => {
        throw new Error('connection lost')
      }
      expect((await made.browser().post('/revoke', { token })).status).toBe(503)
    })
  })

  describe('the cookie of the Python original', () => {
    const cookieWorld = async (options: BearerTransportOptions = {}) => {
      const made = withoutRotation({ refresh: 'cookie', ...options })
      return { ...made, ...(await withOriginalToken(made)) }
    }

    test('is read under its bare name, and stays as it is', async () => {
      const { withCookies, token } = await cookieWorld()
      for (let n = 0; n < 2; n++) {
        const answer = await withCookies('/refresh', `${bare}=${token}`)
        expect([answer.status, answer.headers.getSetCookie()]).toEqual([200, []])
        expect(await json(answer)).not.toHaveProperty('refresh_token')
      }
    })

    test('is read where refresh tokens travel in bodies, too', async () => {
      const { withCookies, token } = await cookieWorld({ refresh: 'body' })
      expect((await withCookies('/refresh', `${bare}=${token}`)).status).toBe(200)
    })

    test('stands behind ours, also where ours has died', async () => {
      const { withCookies, token, original, browser } = await cookieWorld()
      const planted = original({ sub: '999' })
      const client = browser()
      await client.post('/token', { username: 'ann', password })
      const alive = `${bare}=${planted}; ${ours}=${client.cookie(ours)}`
      expect((await withCookies('/refresh', alive)).status).toBe(200)
      const dead = await withCookies('/refresh', `${bare}=${token}; ${ours}=dead`)
      expect(dead.status).toBe(401)
      expect(dead.headers.getSetCookie()).toEqual([expect.stringContaining(`${ours}=; Max-Age=0`)])
    })

    test('is not taken for a token of ours, which a neighbouring host must have planted', async () => {
      const { withCookies, browser } = await cookieWorld()
      const mallory = browser()
      await mallory.post('/token', { username: 'ann', password })
      const token = mallory.cookie(ours)
      expect((await withCookies('/refresh', `${bare}=${token}`)).status).toBe(401)
      expect((await withCookies('/refresh', `${ours}=${token}`)).status).toBe(200)
    })

    test('is not taken when there are two, and none of them is cleared', async () => {
      const { withCookies, token, original } = await cookieWorld()
      const planted = original({ scopes: ['planted'] })
      for (const two of [
        [token, planted],
        [planted, token],
      ]) {
        const answer = await withCookies('/refresh', two.map((one) => `${bare}=${one}`).join('; '))
        expect([answer.status, answer.headers.getSetCookie()]).toEqual([401, []])
      }
      expect((await withCookies('/refresh', `${bare}=${token}`)).status).toBe(200)
    })

    test('cannot be used by another site', async () => {
      const { withCookies, token } = await cookieWorld()
      const headers = { 'sec-fetch-site': 'cross-site' }
      for (const path of ['/refresh', '/revoke', '/logout']) {
        expect((await withCookies(path, `${bare}=${token}`, headers)).status).toBe(403)
      }
      expect((await withCookies('/refresh', `${bare}=${token}`)).status).toBe(200)
    })

    test('is cleared when its token has died', async () => {
      const { withCookies, token, db } = await cookieWorld()
      await db.update(members).set({ tokenVersion: 5 })
      const answer = await withCookies('/refresh', `${bare}=${token}`)
      expect([answer.status, answer.headers.getSetCookie()]).toEqual([
        401,
        [expect.stringContaining(`${bare}=; Max-Age=0`)],
      ])
    })

    test.each(['/logout', '/revoke'])(
      'is cleared by %s, and whatever came under either name has ended',
      async (path) => {
        const { withCookies, token, original, browser } = await cookieWorld()
        const second = original({ scopes: ['second'] })
        const client = browser()
        await client.post('/token', { username: 'ann', password })
        const own = client.cookie(ours)
        const answer = await withCookies(
          path,
          `${bare}=${token}; ${ours}=${own}; ${bare}=${second}`,
        )
        expect(answer.status).toBe(200)
        for (const name of [ours, bare]) {
          expect(answer.headers.getSetCookie()).toContainEqual(
            expect.stringMatching(new RegExp(`^${name}=; Max-Age=0`)),
          )
        }
        for (const cookie of [`${bare}=${token}`, `${bare}=${second}`, `${ours}=${own}`]) {
          expect((await withCookies('/refresh', cookie)).status).toBe(401)
        }
      },
    )

    test('makes room for ours at the next login', async () => {
      const { browser, withCookies, token } = await cookieWorld()
      const client = browser()
      const headers = { cookie: `${bare}=${token}` }
      const answer = await client.post('/token', { username: 'ann', password }, { headers })
      const [cleared, ...set] = answer.headers.getSetCookie()
      expect(cleared).toContain(`${bare}=; Max-Age=0`)
      expect(set.map((line) => line.split('=')[0])).toEqual([ours, '__Host-known_device'])
      expect((await withCookies('/refresh', `${bare}=${token}`)).status).toBe(401)
      expect((await client.post('/refresh')).status).toBe(200)
    })

    test('is the same as ours where a path leaves no place for a prefix', async () => {
      const { withCookies, token, browser } = await cookieWorld({ refreshCookiePath: '/auth' })
      const client = browser()
      await client.post('/token', { username: 'ann', password })
      for (const value of [token, client.cookie(bare)]) {
        expect((await withCookies('/refresh', `${bare}=${value}`)).status).toBe(200)
      }
    })

    test('is not read with rotation', async () => {
      const { withCookies, token } = await cookieWorld({ rotateRefresh: true })
      const answer = await withCookies('/refresh', `${bare}=${token}`)
      expect((await json(answer))['detail']).toBe('Refresh token missing')
    })

    test('is described where it is read', () => {
      for (const [options, names] of [
        [{}, [ours, bare]],
        [{ rotateRefresh: true }, [ours]],
        [{ refreshCookiePath: '/auth' }, [bare]],
      ] as const) {
        const { features } = withoutRotation(options).auth.describe()
        expect(features['bearer']).toMatchObject({ refreshCookies: names })
      }
    })
  })
})

describe('An access token', () => {
  test.each([true, false])('does not outlive its login: rotating %j', async (rotateRefresh) => {
    const made = withoutRotation({ rotateRefresh, refreshTtl: 1000 })
    await made.registered()
    const login = await made.logIn()
    expect(claimsOf(login.access).exp).toBe(made.clock.now / 1000 + 900)
    made.clock.advance(400.5)
    const body = await json(await made.refresh(login.refresh))
    const end = claimsOf(login.refresh).exp
    expect(claimsOf(String(body['access_token'])).exp).toBe(end)
    expect(body['expires_in']).toBe(600)
    const me = () =>
      made.browser().get('/me', { headers: { authorization: `Bearer ${body['access_token']}` } })
    made.clock.advance(599)
    expect((await me()).status).toBe(200)
    made.clock.advance(0.5)
    expect((await me()).status).toBe(401)
  })

  test('lives as long as its login where that is shorter', async () => {
    const made = withoutRotation({ refreshTtl: 60 })
    await made.registered()
    expect(claimsOf((await made.logIn()).access).exp).toBe(made.clock.now / 1000 + 60)
  })
})

test('auth.users.endAll ends logins by tokens where there are no sessions', async () => {
  const made = world({ transports: [bearer({ refresh: 'body' })] })
  const { registered, logIn, lives } = actions(made.browser)
  const id = await registered()
  const { refresh } = await logIn()
  expect(await made.auth.users.endAll(id)).toBe(0)
  expect(await lives(refresh)).toBe(false)
})
