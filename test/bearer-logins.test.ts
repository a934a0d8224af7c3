/**
 * Logins that live by refresh tokens: what they are bound to, how many there are, and what ends
 * them.
 */
import { generateKeyPairSync } from 'node:crypto'
import Database from 'better-sqlite3'
import {
  type AuthEvent,
  type BearerTransportOptions,
  bearer,
  type ConfigurationError,
  crudAuth,
  type SigningJwk,
  session,
} from 'crudauth'
import { drizzleUsers } from 'crudauth/drizzle'
import { authUserColumns } from 'crudauth/drizzle/sqlite'
import { honoAuth } from 'crudauth/hono'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { integer, sqliteTable, text, unique } from 'drizzle-orm/sqlite-core'
import { decodeProtectedHeader, SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { application } from './support/application.ts'
import { Browser, type BrowserOptions } from './support/browser.ts'
import { createTable } from './support/create-table.ts'
import {
  database,
  indexKey,
  json,
  members,
  secret,
  users,
  type WorldConfig,
  world,
} from './support/world.ts'

const refreshName = '__Host-refresh_token'

async function bearerWorld(options: BearerTransportOptions = {}, config: WorldConfig = {}) {
  const made = world({ transports: [bearer({ refresh: 'body', ...options })], ...config })
  const ann = await made.member()
  return {
    ...made,
    ann,
    async tokens(client = made.browser()) {
      const body = await json(await client.post('/token', ann))
      return { access: String(body['access_token']), refresh: String(body['refresh_token']) }
    },
    /** Many logins at once, of which a password would let a few through only. */
    async issued(count: number): Promise<string[]> {
      const [user] = await made.db.select().from(members)
      if (!user) throw new Error('no such user')
      const issued = Array.from({ length: count }, () => made.auth.tokens.issue(null, user))
      return (await Promise.all(issued)).map((one) => one.refresh_token)
    },
    refresh: (token: string, client = made.browser()) =>
      client.post('/refresh', { refresh_token: token }),
    me: (token: string) =>
      made.browser().get('/me', { headers: { authorization: `Bearer ${token}` } }),
  }
}

/** Sessions and tokens for browsers, side by side. */
async function cookieWorld(options: BearerTransportOptions = {}) {
  const made = world({ transports: [session({ managementRoutes: true }), bearer(options)] })
  const ann = await made.member()
  return {
    ...made,
    ann,
    async tokenBrowser(more?: BrowserOptions) {
      const client = made.browser(more)
      await client.post('/token', ann)
      return client
    },
    /** Whether this refresh token still gets new ones. */
    async lives(token: string | undefined) {
      const headers = { cookie: `${refreshName}=${token}` }
      return (await made.browser().post('/refresh', undefined, { headers })).status === 200
    },
  }
}

const problemsOf = (options: BearerTransportOptions, config: object = {}) => {
  try {
    const { db } = database()
    crudAuth({ users: users(db), secret, transports: [bearer(options)], ...config })
    return []
  } catch (error) {
    return (error as ConfigurationError).problems
  }
}

describe('Logins by refresh token', () => {
  describe('their number', () => {
    test('is bounded: the one that was used longest ago ends', async () => {
      const { tokens, refresh, clock } = await bearerWorld({ maxPerUser: 3 })
      const logins = [await tokens(), await tokens(), await tokens()]
      clock.advance(60)
      const used = await json(await refresh(logins[0]?.refresh ?? ''))
      await tokens()
      const statuses = await Promise.all(
        [String(used['refresh_token']), logins[1]?.refresh ?? '', logins[2]?.refresh ?? ''].map(
          async (token) => (await refresh(token)).status,
        ),
      )
      expect(statuses).toEqual([200, 401, 200])
    })

    test('is bounded for thirty logins at once', async () => {
      const { issued, refresh } = await bearerWorld({ maxPerUser: 5 })
      const answers = await Promise.all((await issued(30)).map((token) => refresh(token)))
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(5)
    })

    test('counts those that live: one that was ended has left its place', async () => {
      const { tokens, refresh, browser } = await bearerWorld({ maxPerUser: 2 })
      const [one, two] = [await tokens(), await tokens()]
      await browser().post('/revoke', { token: two.refresh })
      await tokens()
      expect((await refresh(one.refresh)).status).toBe(200)
    })

    test('is twenty unless it is said, and none with null', async () => {
      for (const [options, live] of [
        [{}, 20],
        [{ maxPerUser: null }, 23],
        [{ maxPerUser: undefined }, 20],
      ] as const) {
        const { issued, refresh } = await bearerWorld(options as BearerTransportOptions)
        const answers = await Promise.all((await issued(23)).map((token) => refresh(token)))
        expect(answers.filter(({ status }) => status === 200)).toHaveLength(live)
      }
    })
  })

  describe('a second use within the grace', () => {
    test('is told, and gets what the first one got', async () => {
      const { tokens, refresh, events, ann } = await bearerWorld()
      const first = await tokens()
      const one = await refresh(first.refresh)
      expect(events.map(({ name }) => name)).not.toContain('refresh.reused')
      const two = await refresh(first.refresh)
      expect((await json(one))['refresh_token']).toBe((await json(two))['refresh_token'])
      expect(events).toContainEqual({
        name: 'refresh.reused',
        userId: ann.id,
        address: '203.0.113.7',
      })
    })

    test('may come ten seconds later, and no more', async () => {
      const { tokens, refresh, clock } = await bearerWorld()
      const [one, two] = [await tokens(), await tokens()]
      const nextOfTwo = await json(await refresh(two.refresh))
      await refresh(one.refresh)
      clock.advance(9.999)
      expect((await refresh(one.refresh)).status).toBe(200)
      clock.advance(0.001)
      expect((await refresh(two.refresh)).status).toBe(401)
      expect((await refresh(String(nextOfTwo['refresh_token']))).status).toBe(401)
    })

    test.each([
      [undefined, '192.0.2.9'],
      ['192.0.2.9', undefined],
    ])('gets nothing where the address was %s and is %s, and ends nothing', async (was, is) => {
      const { tokens, refresh, browser } = await bearerWorld()
      const first = await tokens()
      const next = await json(await refresh(first.refresh, browser({ peer: was })))
      expect((await refresh(first.refresh, browser({ peer: is }))).status).toBe(401)
      expect((await refresh(String(next['refresh_token']))).status).toBe(200)
    })

    test('gets nothing where nobody knows who sends it, and ends nothing', async () => {
      const { tokens, refresh, browser, clock } = await bearerWorld()
      const unknown = browser({ peer: undefined, userAgent: 'tab' })
      const first = await tokens(unknown)
      const next = await json(await refresh(first.refresh, unknown))
      const thief = browser({ peer: undefined, userAgent: 'tab' })
      const answer = await refresh(first.refresh, thief)
      expect([answer.status, (await json(answer))['refresh_token']]).toEqual([401, undefined])
      expect((await refresh(String(next['refresh_token']), unknown)).status).toBe(200)
      clock.advance(11)
      expect((await refresh(first.refresh, thief)).status).toBe(401)
      expect((await refresh(String(next['refresh_token']), unknown)).status).toBe(401)
    })

    test('does not clear the cookie that the other tab has just got', async () => {
      const { tokenBrowser } = await cookieWorld()
      const client = await tokenBrowser({ peer: undefined })
      const cookie = `${refreshName}=${client.cookie(refreshName)}`
      await client.post('/refresh')
      const late = await client.post('/refresh', undefined, { headers: { cookie } })
      expect([late.status, late.headers.getSetCookie()]).toEqual([401, []])
      expect((await client.post('/refresh')).status).toBe(200)
    })
  })

  describe('rotation', () => {
    test('is on when the option is undefined', async () => {
      const { tokens, refresh, clock } = await bearerWorld({
        rotateRefresh: undefined,
      } as unknown as BearerTransportOptions)
      const first = await tokens()
      await refresh(first.refresh)
      clock.advance(60)
      expect((await refresh(first.refresh)).status).toBe(401)
    })

    test('switched off revives no token that was used or revoked', async () => {
      const { sqlite, db } = database()
      const { storage } = world()
      const auth = (rotateRefresh: boolean) =>
        application({
          users: users(db),
          secret,
          storage,
          clock: Date.now,
          transports: [bearer({ refresh: 'body', rotateRefresh, grace: 0 })],
        }).browser()
      const [on, off] = [auth(true), auth(false)]
      const ann = { email: 'ann@example.com', username: 'ann', password: 'correct horse battery' }
      await on.post('/register', ann)
      const login = async () => String((await json(await on.post('/token', ann)))['refresh_token'])
      const use = (client: Browser, token: string) =>
        client.post('/refresh', { refresh_token: token })

      const [used, revoked, live] = [await login(), await login(), await login()]
      const next = String((await json(await use(on, used)))['refresh_token'])
      await on.post('/revoke', { token: revoked })
      expect((await use(off, revoked)).status).toBe(401)
      expect((await use(off, live)).status).toBe(200)
      expect((await use(off, live)).status).toBe(200)
      expect((await use(off, used)).status).toBe(401)
      expect((await use(off, next)).status).toBe(401)
      sqlite.close()
    })
  })

  describe('belong to a tenant', () => {
    const people = sqliteTable(
      'people',
      {
        ...authUserColumns({ identifiers: [], recovery: null, oauth: false }),
        email: text().notNull(),
        organisation: text().notNull(),
        rank: integer(),
      },
      (table) => [unique().on(table.organisation, table.email)],
    )

    test.each([true, false])(
      'and open nothing in another, even for the same key: rotating %j',
      async (rotateRefresh) => {
        const sqlite = new Database(':memory:')
        createTable(sqlite, people)
        const auth = honoAuth({
          users: drizzleUsers(drizzle(sqlite), people, { tenant: 'organisation' }),
          secret,
          passwords: { cost: 4 },
          transports: [bearer({ refresh: 'body', rotateRefresh })],
          tenant: (request) => new URL(request.url).hostname.split('.')[0] ?? '',
          onEvent: () => {},
        })
        const at = (organisation: string) =>
          new Browser(
            async (request, address) =>
              auth.router.fetch(request, { incoming: { socket: { remoteAddress: address } } }),
            { origin: `https://${organisation}.example.com` },
          )
        const ann = { email: 'ann@example.com', password: 'correct horse battery' }
        await at('one').post('/register', ann)
        const body = await json(await at('one').post('/token', { username: ann.email, ...ann }))
        const headers = { authorization: `Bearer ${body['access_token']}` }
        const refresh = { refresh_token: body['refresh_token'] }
        expect((await at('one').get('/me', { headers })).status).toBe(200)
        sqlite.exec(`update people set organisation = 'two'`)
        expect((await at('two').get('/me', { headers })).status).toBe(401)
        expect((await at('two').post('/refresh', refresh)).status).toBe(401)
        // What has no tenant is nobody's, too.
        const user = sqlite.prepare('select id, token_version from people').get() as {
          id: number
          token_version: number
        }
        const bare = await new SignJWT({
          ver: user.token_version,
          scopes: [],
          token_type: 'access',
        })
          .setProtectedHeader({ alg: 'HS256' })
          .setSubject(String(user.id))
          .setExpirationTime('1h')
          .sign(new TextEncoder().encode(secret))
        const bareHeaders = { authorization: `Bearer ${bare}` }
        expect((await at('two').get('/me', { headers: bareHeaders })).status).toBe(401)
      },
    )
  })

  describe('end', () => {
    test('with the logout of their browser, whether it has a session or not', async () => {
      for (const withSession of [true, false]) {
        const { tokenBrowser, ann, lives } = await cookieWorld()
        const client = await tokenBrowser()
        if (withSession) await client.post('/login', ann)
        const token = client.cookie(refreshName)
        expect((await client.post('/logout')).status).toBe(200)
        expect(client.cookie(refreshName)).toBeUndefined()
        expect(await lives(token)).toBe(false)
      }
    })

    test('with the logout of their browser, also where a neighbouring host planted another before', async () => {
      const { tokenBrowser, lives, browser } = await cookieWorld()
      const token = (await tokenBrowser()).cookie(refreshName)
      const cookie = `${refreshName}=planted; ${refreshName}=${token}`
      await browser().post('/logout', undefined, { headers: { cookie } })
      expect(await lives(token)).toBe(false)
    })

    test('but not when another site sends the logout, or it lacks its token', async () => {
      const { tokenBrowser, ann, lives } = await cookieWorld()
      const client = await tokenBrowser()
      const headers = { 'sec-fetch-site': 'cross-site' }
      expect((await client.post('/logout', undefined, { headers })).status).toBe(403)
      await client.post('/login', ann)
      expect((await client.post('/logout', undefined, { csrf: false })).status).toBe(403)
      expect(await lives(client.cookie(refreshName))).toBe(true)
    })

    test('with the next login of their browser', async () => {
      const { tokenBrowser, ann, lives } = await cookieWorld()
      const client = await tokenBrowser()
      const token = client.cookie(refreshName)
      const answer = await client.post('/token', ann)
      const names = answer.headers.getSetCookie().map((line) => line.split('=')[0])
      expect(names).toEqual([refreshName, '__Host-known_device'])
      expect(await lives(token)).toBe(false)
      expect(await lives(client.cookie(refreshName))).toBe(true)
    })

    test('with /revoke: the one in the body, and the one in the cookie only without it', async () => {
      const { tokenBrowser, lives } = await cookieWorld()
      const [one, two] = [await tokenBrowser(), await tokenBrowser()]
      const [tokenOfOne, tokenOfTwo] = [one.cookie(refreshName), two.cookie(refreshName)]
      await one.post('/revoke', { token: tokenOfTwo })
      expect(one.cookie(refreshName)).toBe(tokenOfOne)
      expect(await lives(tokenOfTwo)).toBe(false)
      await one.post('/revoke')
      expect(one.cookie(refreshName)).toBeUndefined()
      expect(await lives(tokenOfOne)).toBe(false)
    })

    test('with a logout everywhere, but for one that comes after it', async () => {
      const { ann, tokenBrowser, browser, storage, lives } = await cookieWorld()
      const old = (await tokenBrowser()).cookie(refreshName)
      const client = browser()
      await client.post('/login', ann)
      const members = storage.indexMembers.bind(storage)
      const late = Promise.withResolvers<string | undefined>()
      storage.indexMembers = async (owner) => {
        if (!owner.includes('refreshes')) return members(owner)
        storage.indexMembers = members
        late.resolve((await tokenBrowser()).cookie(refreshName))
        return members(owner)
      }
      expect((await client.post('/logout-all')).status).toBe(200)
      expect([await lives(old), await lives(await late.promise)]).toEqual([false, true])
    })

    describe('where the table has no epoch', () => {
      const plain = sqliteTable('plain', {
        id: integer().primaryKey({ autoIncrement: true }),
        email: text().notNull().unique(),
        hashedPassword: text('hashed_password').notNull(),
      })
      const plainWorld = async () => {
        const sqlite = new Database(':memory:')
        createTable(sqlite, plain)
        const { browser } = application({
          users: drizzleUsers(drizzle(sqlite), plain),
          transports: [session({ managementRoutes: true }), bearer({ refresh: 'body', grace: 0 })],
        })
        const ann = { email: 'ann@example.com', password: 'correct horse battery' }
        await browser().post('/register', ann)
        const login = { username: ann.email, password: ann.password }
        const token = async () =>
          String((await json(await browser().post('/token', login)))['refresh_token'])
        const client = browser()
        await client.post('/login', login)
        return { client, tokens: [await token(), await token()], browser, ann }
      }

      test.each([
        ['/logout-all', undefined],
        [
          '/change-password',
          { current_password: 'correct horse battery', new_password: 'another horse battery' },
        ],
      ])('with %s all the same', async (path, body) => {
        const { client, tokens, browser } = await plainWorld()
        expect((await client.post(path, body)).status).toBe(200)
        for (const refresh_token of tokens) {
          expect((await browser().post('/refresh', { refresh_token })).status).toBe(401)
        }
      })
    })
  })

  test('a login that all credentials have ended under is none, and holds no place under the cap', async () => {
    const { ann, browser, db, storage } = await cookieWorld({ refresh: 'body' })
    const add = storage.indexAdd.bind(storage)
    storage.indexAdd = async (...args) => {
      const evicted = await add(...args)
      await db.update(members).set({ tokenVersion: 5 })
      return evicted
    }
    const answer = await browser().post('/token', ann)
    expect([answer.status, (await json(answer))['code']]).toEqual([401, 'incorrect_credentials'])
    expect(await storage.indexMembers(indexKey('refreshes', ann.id))).toEqual([])
    expect((await browser().post('/token', ann)).status).toBe(200)
  })

  describe('the refresh cookie', () => {
    test('lives as long as the login is to live', async () => {
      const { tokenBrowser, clock } = await cookieWorld({ refreshTtl: 1000 })
      const client = await tokenBrowser()
      expect(client.jar.get(refreshName)?.attributes['max-age']).toBe('1000')
      clock.advance(400)
      await client.post('/refresh')
      expect(client.jar.get(refreshName)?.attributes['max-age']).toBe('600')
    })

    test('is cleared when its token has died', async () => {
      const { tokenBrowser, db } = await cookieWorld()
      const client = await tokenBrowser()
      await db.update(members).set({ tokenVersion: 5 })
      expect((await client.post('/refresh')).status).toBe(401)
      expect(client.cookie(refreshName)).toBeUndefined()
    })

    test('is cleared where its login has ended, and where it was used before', async () => {
      const { tokenBrowser, browser, clock } = await cookieWorld()
      const client = await tokenBrowser()
      const token = client.cookie(refreshName)
      await client.post('/refresh')
      clock.advance(11)
      const headers = { cookie: `${refreshName}=${token}` }
      for (const late of [browser(), browser()]) {
        const answer = await late.post('/refresh', undefined, { headers })
        expect([answer.status, answer.headers.getSetCookie()]).toEqual([
          401,
          [expect.stringContaining(`${refreshName}=; Max-Age=0`)],
        ])
      }
    })

    test('is not taken when there are two', async () => {
      const { tokenBrowser, browser } = await cookieWorld()
      const [one, two] = [await tokenBrowser(), await tokenBrowser()]
      for (const other of [two.cookie(refreshName), one.cookie(refreshName)]) {
        const cookie = `${refreshName}=${one.cookie(refreshName)}; ${refreshName}=${other}`
        const answer = await browser().post('/refresh', undefined, { headers: { cookie } })
        expect(answer.status).toBe(401)
      }
    })

    test('is not cleared when there are two: the other one would be left', async () => {
      const { browser } = await cookieWorld({ refreshCookiePath: '/auth' })
      const cookie = 'refresh_token=planted; refresh_token=own'
      const answer = await browser().post('/refresh', undefined, { headers: { cookie } })
      expect([answer.status, answer.headers.getSetCookie()]).toEqual([401, []])
    })

    test('does not stand before a token in the body', async () => {
      const { tokens, refresh, browser } = await bearerWorld()
      const first = await tokens()
      const client = browser()
      const headers = { cookie: `${refreshName}=dead` }
      const body = { refresh_token: first.refresh }
      expect((await client.post('/refresh', body, { headers })).status).toBe(200)
      expect((await refresh(first.refresh)).status).toBe(200)
    })

    test.each([
      [{ refreshCookieName: 'known_device' }, 'two cookies of the library are called'],
      [{ refreshCookieName: '__Host-refresh' }, 'has a prefix'],
      [{ refreshCookiePath: '/auth/refresh' }, 'ends in /refresh'],
      [{ accessTtl: Number.NaN }, 'bearer.accessTtl must be a whole number'],
      [{ refreshTtl: Number.POSITIVE_INFINITY }, 'bearer.refreshTtl must be a whole number'],
      [
        { refreshTtl: 1e15 },
        'bearer.refreshTtl must be a whole number of seconds, from 1 to 34560000',
      ],
      [{ maxPerUser: 0 }, 'bearer.maxPerUser must be a whole number'],
      [{ rotateRefresh: 'no' as never }, 'bearer.rotateRefresh must be true or false'],
      [{ defaultScopes: ['a b'] }, 'must be a list of scopes without spaces'],
    ])('%o is refused', (options, message) => {
      expect(problemsOf(options)).toContainEqual(expect.stringContaining(message))
    })
  })

  test('scopes are granted once each', async () => {
    const { browser, ann } = await bearerWorld({ grantableScopes: ['read', 'write'] })
    const body = await json(await browser().post('/token', { ...ann, scope: 'read write read' }))
    expect(body['scope']).toBe('read write')
  })

  test('with keys of one’s own nobody who has the public one can take a refresh token for an access token', async () => {
    const pair = generateKeyPairSync('ed25519')
    const key = { ...pair.privateKey.export({ format: 'jwk' }), kid: 'a', alg: 'EdDSA' }
    const { tokens, refresh, me } = await bearerWorld({ keys: [key as SigningJwk] })
    const first = await tokens()
    expect(decodeProtectedHeader(first.access).alg).toBe('EdDSA')
    expect(decodeProtectedHeader(first.refresh).alg).toBe('HS256')
    expect((await me(first.refresh)).status).toBe(401)
    expect((await refresh(first.access)).status).toBe(401)
    expect((await refresh(first.refresh)).status).toBe(200)
  })

  test('a peer address that is said late still counts', async () => {
    const { db } = database()
    const events: AuthEvent[] = []
    const auth = crudAuth({
      transports: [session()],
      users: users(db),
      secret,
      onEvent: (event) => events.push(event),
    })
    const request = new Request('https://app.example.com/own', { method: 'POST' })
    await auth.authenticate(request, { optional: true })
    const call = { request, peer: '192.0.2.9' }
    const wrong = auth.authenticatePassword(call, 'ann', 'wrong')
    await expect(wrong).rejects.toMatchObject({ code: 'incorrect_credentials' })
    expect(events).toContainEqual(
      expect.objectContaining({ name: 'login.failed', address: '192.0.2.9' }),
    )
  })
})
