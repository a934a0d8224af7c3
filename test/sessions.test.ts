import { createHash } from 'node:crypto'
import {
  crudAuth,
  memoryStorage,
  type SessionTransportOptions,
  type Storage,
  session,
} from 'crudauth'
import { eq } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
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

const sessionWorld = (options: SessionTransportOptions, config: WorldConfig = {}) =>
  world({ transports: [session(options)], ...config })

const minutes = (count: number) => count * 60

/** A storage, and all that it is told. */
function writtenTo(inner: Storage) {
  const texts: string[] = []
  const storage = new Proxy(inner, {
    get(target, name, receiver) {
      const value: unknown = Reflect.get(target, name, receiver)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => {
        texts.push(JSON.stringify(args))
        return Reflect.apply(value, target, args)
      }
    },
  })
  return { storage, texts }
}

describe('Session transport', () => {
  describe('identifiers', () => {
    test('are 256 random bits, of which the storage knows only the hash', async () => {
      const { storage, texts: writes } = writtenTo(memoryStorage())
      const { member, loggedIn } = world({ storage })
      const browser = await loggedIn(await member())
      const id = browser.sessionId ?? ''
      expect(Buffer.from(id, 'base64url')).toHaveLength(32)
      const all = writes.join('\n')
      expect(all).not.toContain(id)
      expect(all).toContain(createHash('sha256').update(id).digest('base64url'))
    })

    test('change at every login, and the browser’s previous session ends', async () => {
      const { member, loggedIn } = world()
      const ann = await member()
      const browser = await loggedIn(ann)
      const first = browser.sessionId
      await browser.post('/login', { username: ann.username, password: ann.password })
      expect(browser.sessionId).not.toBe(first)
      const old = await browser.get('/me', { headers: { cookie: `__Host-session_id=${first}` } })
      expect(old.status).toBe(401)
      expect((await browser.get('/me')).status).toBe(200)
    })

    test('of any other shape are ignored without a look at the storage', async () => {
      const { browser, calls } = world()
      for (const id of ['', 'x', '../../etc', 'a'.repeat(42), 'a'.repeat(44), '%00'.repeat(20)]) {
        const response = await browser().get('/me', {
          headers: { cookie: `__Host-session_id=${id}` },
        })
        expect(response.status).toBe(401)
      }
      expect(calls['get']).toBeUndefined()
    })

    test('made for one application open nothing in another on the same storage', async () => {
      const storage = memoryStorage()
      const one = world({ storage })
      const other = world({ storage, secret: 'the secret of an entirely different application' })
      const named = world({ storage, namespace: 'other' })
      const ann = await one.member()
      await other.member('victim')
      await named.member('victim')
      // One identifier and one epoch, so that nothing else tells these accounts apart.
      for (const { db } of [one, other, named]) await db.update(members).set({ tokenVersion: 5 })
      const cookie = `__Host-session_id=${(await one.loggedIn(ann)).sessionId}`
      expect((await one.browser().get('/me', { headers: { cookie } })).status).toBe(200)
      expect((await other.browser().get('/me', { headers: { cookie } })).status).toBe(401)
      expect((await named.browser().get('/me', { headers: { cookie } })).status).toBe(401)
    })
  })

  describe('lifetimes', () => {
    test('a session ends after its idle timeout', async () => {
      const { member, loggedIn, clock } = sessionWorld({ idleTimeout: 600 })
      const browser = await loggedIn(await member())
      clock.advance(599)
      expect((await browser.get('/me')).status).toBe(200)
      clock.advance(600)
      expect((await browser.get('/me')).status).toBe(401)
    })

    test('activity keeps it alive, but not beyond its absolute timeout', async () => {
      const { member, loggedIn, clock } = sessionWorld({
        idleTimeout: 600,
        absoluteTimeout: 3600,
      })
      const browser = await loggedIn(await member())
      for (let minute = 5; minute < 60; minute += 5) {
        clock.advance(minutes(5))
        expect((await browser.get('/me')).status, `after ${minute} minutes`).toBe(200)
      }
      clock.advance(minutes(5))
      expect((await browser.get('/me')).status).toBe(401)
    })

    test('both hold even where the storage forgets to expire', async () => {
      const storage = memoryStorage({ clock: () => 0 })
      const idle = sessionWorld({ idleTimeout: 600 }, { storage })
      const browser = await idle.loggedIn(await idle.member())
      idle.clock.advance(600)
      expect((await browser.get('/me')).status).toBe(401)
    })

    test('remember me lives for its own lifetime, in the cookie as in the storage', async () => {
      const { member, loggedIn, clock } = sessionWorld({ rememberMe: 86400 * 7 })
      const browser = await loggedIn(await member(), {}, { remember_me: true })
      expect(browser.jar.get('__Host-session_id')?.attributes['max-age']).toBe('604800')
      clock.advance(86400 * 7 - 1)
      expect((await browser.get('/me')).status).toBe(200)
      clock.advance(1)
      expect((await browser.get('/me')).status).toBe(401)
    })

    test('without it the cookie ends with the browser', async () => {
      const { member, loggedIn } = world()
      const browser = await loggedIn(await member())
      const attributes = browser.jar.get('__Host-session_id')?.attributes ?? {}
      expect(attributes).not.toHaveProperty('max-age')
      expect(attributes).not.toHaveProperty('expires')
    })
  })

  describe('cost', () => {
    test('a check is one storage read and one user query, and sets no cookie', async () => {
      const { member, loggedIn, calls, sqlite } = world()
      const browser = await loggedIn(await member())
      await browser.get('/me')
      for (const name of Object.keys(calls)) delete calls[name]
      let queries = 0
      const original = sqlite.prepare.bind(sqlite)
      sqlite.prepare = ((source: string) => {
        queries++
        return original(source)
      }) as typeof sqlite.prepare
      const response = await browser.get('/me')
      expect(response.status).toBe(200)
      expect(calls).toEqual({ get: 1 })
      // No statement is prepared anew: the query is compiled once.
      expect(queries).toBe(0)
      expect(response.headers.getSetCookie()).toEqual([])
    })

    test('activity is written at most once per touch interval', async () => {
      const { member, loggedIn, calls, clock } = sessionWorld({ touchInterval: 60 })
      const browser = await loggedIn(await member())
      const before = calls['replace'] ?? 0
      for (let second = 0; second < 59; second++) {
        clock.advance(1)
        await browser.get('/me')
      }
      expect(calls['replace'] ?? 0).toBe(before)
      clock.advance(1)
      await browser.get('/me')
      await browser.get('/me')
      expect(calls['replace']).toBe(before + 1)
    })

    test('many gates on one request authenticate it once', async () => {
      const { app, auth, member, loggedIn, calls } = world()
      app.get(
        '/thrice',
        auth.currentUser(),
        auth.currentUser({ optional: true }),
        auth.rateLimit('thrice', { times: 9, seconds: 60 }, { key: 'user' }),
        (c) => c.json({ id: c.var.principal?.userId }),
      )
      const browser = await loggedIn(await member())
      const before = calls['get'] ?? 0
      expect((await browser.get('/thrice')).status).toBe(200)
      expect((calls['get'] ?? 0) - before).toBe(1)
    })
  })

  describe('revocation', () => {
    test('a change of the epoch ends every session, whatever any index says', async () => {
      const { member, loggedIn, db } = world()
      const ann = await member()
      const browser = await loggedIn(ann)
      await db.update(members).set({ tokenVersion: 7 }).where(eq(members.id, ann.id))
      expect((await browser.get('/me')).status).toBe(401)
    })

    test('a primary key that is used again revives nothing', async () => {
      const { member, loggedIn, db } = world()
      const ann = await member()
      const browser = await loggedIn(ann)
      await db.delete(members).where(eq(members.id, ann.id))
      const bob = await member('bob')
      await db.update(members).set({ id: ann.id }).where(eq(members.id, bob.id))
      expect((await browser.get('/me')).status).toBe(401)
    })

    test('a disabled account has no sessions', async () => {
      const { member, loggedIn, db } = world()
      const ann = await member()
      const browser = await loggedIn(ann)
      await db.update(members).set({ isActive: false })
      expect((await browser.get('/me')).status).toBe(401)
    })

    test.each([
      ['disabled', { isActive: false }, { isActive: true }],
      ['gone under its key', { id: 4711 }, { id: 1 }],
    ])('one that was seen while its user was %s ended for good', async (_, away, back) => {
      const { member, loggedIn, db, storage, events } = world()
      const ann = await member()
      const browser = await loggedIn(ann)
      const other = await loggedIn(ann)
      await db.update(members).set(away)
      expect((await browser.get('/me')).status).toBe(401)
      const { delete: remove } = storage
      storage.delete = async () => {
        throw new Error('connection lost')
      }
      // Nobody is let in, or told of it, because it could not be ended.
      expect((await other.get('/me')).status).toBe(401)
      expect(events).toContainEqual(
        expect.objectContaining({ name: 'storage.failed', operation: 'end', effect: 'refused' }),
      )
      storage.delete = remove
      expect((await other.get('/me')).status).toBe(401)
      await db.update(members).set(back)
      expect((await browser.get('/me')).status).toBe(401)
      expect((await other.get('/me')).status).toBe(401)
      expect((await (await loggedIn(ann)).get('/me')).status).toBe(200)
    })

    describe('a touch that comes late', () => {
      /** A browser whose touch is under way and waits for `release`. */
      async function touching() {
        const storage = memoryStorage()
        const gate = Promise.withResolvers<void>()
        const reached = Promise.withResolvers<void>()
        const slow = new Proxy(storage, {
          get(target, name) {
            const value: unknown = Reflect.get(target, name)
            if (typeof value !== 'function') return value
            if (name !== 'replace') return value.bind(target)
            return async (...args: unknown[]) => {
              if (!String(args[0]).includes(':session:')) return Reflect.apply(value, target, args)
              reached.resolve()
              await gate.promise
              return Reflect.apply(value, target, args)
            }
          },
        })
        const made = world({ storage: slow })
        const browser = await made.loggedIn(await made.member())
        made.clock.advance(120)
        const touched = browser.get('/me')
        await reached.promise
        const cookie = `__Host-session_id=${browser.sessionId}`
        const finish = async () => {
          gate.resolve()
          await touched
        }
        return { ...made, browser, cookie, finish, storage }
      }

      test('does not bring a revoked session back', async () => {
        const { browser, cookie, events, finish, send } = await touching()
        const headers = { cookie, 'x-csrf-token': browser.csrfToken ?? '' }
        const logout = new Request('https://app.example.com/logout', { method: 'POST', headers })
        expect((await send(logout, undefined)).status).toBe(200)
        await finish()
        const me = new Request('https://app.example.com/me', { headers: { cookie } })
        expect((await send(me, undefined)).status).toBe(401)
        expect(events.filter(({ name }) => name === 'storage.failed')).toEqual([])
      })

      test('does not overwrite what changed in the session meanwhile', async () => {
        const { browser, cookie, finish, send, storage } = await touching()
        const handle = createHash('sha256')
          .update(browser.sessionId ?? '')
          .digest('base64url')
        const key = `crudauth:session:${handle}`
        const changed = ((await storage.get(key)) ?? '').replace('"Unknown"', '"changed"')
        expect(changed).toContain('changed')
        await storage.set(key, changed, 600)
        await finish()
        expect(await storage.get(key)).toBe(changed)
        const me = new Request('https://app.example.com/me', { headers: { cookie } })
        expect((await send(me, undefined)).status).toBe(200)
      })
    })
  })

  describe('cap', () => {
    test('at a login beyond it the least recently active session ends', async () => {
      const { member, loggedIn, clock } = sessionWorld({ maxPerUser: 2 })
      const ann = await member()
      const first = await loggedIn(ann)
      clock.advance(1)
      const second = await loggedIn(ann)
      clock.advance(120)
      expect((await first.get('/me')).status).toBe(200)
      const third = await loggedIn(ann)
      expect((await first.get('/me')).status).toBe(200)
      expect((await second.get('/me')).status).toBe(401)
      expect((await third.get('/me')).status).toBe(200)
    })

    test('counts no session that has ended, or has another identifier by now', async () => {
      const { auth, member, loggedIn, clock } = sessionWorld({ maxPerUser: 2 })
      const ann = await member()
      const first = await loggedIn(ann)
      for (const end of ['logout', 'revoke'] as const) {
        clock.advance(1)
        const other = await loggedIn(ann)
        if (end === 'logout') await other.post('/logout')
        else {
          const listed = await auth.sessions.list(ann.id)
          const [latest] = listed.toSorted((a, b) => b.createdAt.getTime() - a.createdAt.getTime())
          expect(await auth.sessions.revoke(ann.id, latest?.handle ?? '')).toBe(true)
        }
      }
      clock.advance(1)
      await loggedIn(ann)
      expect((await first.get('/me')).status).toBe(200)
    })

    test('of twenty logins at once exactly the cap survives', async () => {
      const { member, loggedIn } = world({
        transports: [session({ maxPerUser: 3 })],
        lockout: { maxAttempts: 100, maxPerNetwork: 100, maxFailures: 500 },
      })
      const ann = await member()
      const browsers = await Promise.all(Array.from({ length: 20 }, () => loggedIn(ann)))
      const statuses = await Promise.all(
        browsers.map(async (browser) => (await browser.get('/me')).status),
      )
      expect(statuses.filter((status) => status === 200)).toHaveLength(3)
    })

    test('is per user, and null means none', async () => {
      const { member, loggedIn } = world({
        transports: [session({ maxPerUser: null })],
        lockout: { maxAttempts: 100, maxPerNetwork: 100, maxFailures: 500 },
      })
      const ann = await member()
      const browsers = [
        await loggedIn(ann),
        await loggedIn(ann),
        ...(await Promise.all(Array.from({ length: 6 }, () => loggedIn(ann)))),
      ]
      for (const browser of browsers) expect((await browser.get('/me')).status).toBe(200)
    })
  })

  describe('CSRF', () => {
    const forge = async (
      token: 'none' | 'wrong' | 'another session’s' | 'right',
      config: WorldConfig = {},
    ) => {
      const { app, auth, member, loggedIn } = world(config)
      app.post('/act', auth.currentUser({ optional: true }), (c) => c.json({ acted: true }))
      const ann = await member()
      const browser = await loggedIn(ann)
      const other = await loggedIn(await member('bob'))
      const sent = {
        none: undefined,
        wrong: 'f'.repeat(64),
        'another session’s': other.csrfToken,
        right: browser.csrfToken,
      }[token]
      return browser.post('/act', undefined, {
        csrf: false,
        headers: sent === undefined ? {} : { 'x-csrf-token': sent },
      })
    }

    test.each([
      ['none', 403, 'Missing CSRF token', 'csrf_missing'],
      ['wrong', 403, 'Invalid CSRF token', 'csrf_invalid'],
      ['another session’s', 403, 'Invalid CSRF token', 'csrf_invalid'],
    ] as const)(
      'a change with %s token is refused, even under optional',
      async (token, status, detail, code) => {
        const response = await forge(token)
        expect(response.status).toBe(status)
        expect(response.headers.get('x-csrf-error')).toBe('true')
        expect(await json(response)).toMatchObject({ detail, code })
      },
    )

    test('a change with the session’s own token is let through', async () => {
      expect((await forge('right')).status).toBe(200)
    })

    test('the token is 64 hex characters, in the body and in a cookie that scripts can read', async () => {
      const { member, browser: open } = world()
      const { username, password } = await member()
      const browser = open()
      const body = await json(await browser.post('/login', { username, password }))
      expect(body['csrf_token']).toMatch(/^[0-9a-f]{64}$/)
      expect(browser.csrfToken).toBe(body['csrf_token'])
      expect(browser.jar.get('csrf_token')?.attributes).not.toHaveProperty('httponly')
    })

    test('the storage never has the token, and every session has its own', async () => {
      const { storage, texts } = writtenTo(memoryStorage())
      const { member, loggedIn } = world({ storage })
      const ann = await member()
      const [one, two] = [await loggedIn(ann), await loggedIn(ann)]
      expect(one.csrfToken).not.toBe(two.csrfToken)
      expect(texts.join()).toContain(
        createHash('sha256')
          .update(one.sessionId ?? '')
          .digest('base64url'),
      )
      expect(texts.join()).not.toContain(one.csrfToken)
    })

    test('the cookie alone proves nothing', async () => {
      const { app, auth, member, loggedIn } = world()
      app.post('/act', auth.currentUser(), (c) => c.json({}))
      const browser = await loggedIn(await member())
      expect((await browser.post('/act', undefined, { csrf: false })).status).toBe(403)
    })

    test('safe methods need no token', async () => {
      const { member, loggedIn } = world()
      const browser = await loggedIn(await member())
      expect((await browser.get('/me', { csrf: false })).status).toBe(200)
    })

    test('can be switched off, and then there is neither token nor cookie', async () => {
      const { app, auth, member, loggedIn } = sessionWorld({ csrf: false })
      app.post('/act', auth.currentUser(), (c) => c.json({}))
      const browser = await loggedIn(await member())
      expect(browser.csrfToken).toBeUndefined()
      expect((await browser.post('/act')).status).toBe(200)
    })
  })

  describe('origin checks', () => {
    const act = async (headers: Record<string, string>, config: WorldConfig = {}) => {
      const made = world(config)
      made.app.post('/act', made.auth.currentUser({ optional: true }), (c) => c.json({}))
      const browser = await made.loggedIn(await made.member())
      return { status: (await browser.post('/act', undefined, { headers })).status, ...made }
    }

    test.each([
      ['a page of ours', { 'sec-fetch-site': 'same-origin' }, 200],
      ['the address bar', { 'sec-fetch-site': 'none' }, 200],
      ['another site', { 'sec-fetch-site': 'cross-site' }, 403],
      ['a sibling subdomain', { 'sec-fetch-site': 'same-site' }, 403],
      ['another site, by Origin alone', { origin: 'https://evil.example' }, 403],
      ['a sandboxed frame', { origin: 'null' }, 403],
      ['our own origin', { origin: 'https://app.example.com' }, 200],
      ['our own host behind a proxy that ends TLS', { origin: 'http://app.example.com' }, 200],
      ['our own host on another port', { origin: 'https://app.example.com:8443' }, 403],
      [
        'another site that forges Origin',
        { 'sec-fetch-site': 'cross-site', origin: 'https://app.example.com' },
        403,
      ],
      ['no browser at all', {}, 200],
    ])('from %s', async (_, headers, status) => {
      expect((await act(headers)).status).toBe(status)
    })

    test('a trusted origin passes', async () => {
      const headers = { 'sec-fetch-site': 'same-site', origin: 'https://www.example.com' }
      const { status } = await act(headers, { trustedOrigins: ['https://www.example.com'] })
      expect(status).toBe(200)
    })

    test('in observe mode they only report', async () => {
      const { status, events } = await act(
        { 'sec-fetch-site': 'cross-site' },
        { originMode: 'observe' },
      )
      expect(status).toBe(200)
      expect(events).toContainEqual(
        expect.objectContaining({ name: 'origin.refused', path: '/act', observed: true }),
      )
    })

    test('concern our own cookie only: without a session any origin passes', async () => {
      const { app, auth, browser } = world()
      app.post('/act', auth.currentUser({ optional: true }), (c) => c.json({}))
      const headers = { 'sec-fetch-site': 'cross-site', cookie: 'theirs=1' }
      expect((await browser().post('/act', undefined, { headers })).status).toBe(200)
    })

    test('hold on /login too, before there is a session', async () => {
      const { browser: open, member } = world()
      const { username, password } = await member()
      const browser = open()
      const form = { username, password }
      const response = await browser.call('POST', '/login', {
        form,
        headers: { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
      })
      expect(response.status).toBe(403)
      expect(await json(response)).toMatchObject({ code: 'cross_origin' })
      expect(browser.jar.size).toBe(0)
    })
  })

  describe('cookies', () => {
    test('of a session are host-only, HttpOnly, Secure and SameSite=Lax', async () => {
      const { member, loggedIn } = world()
      const browser = await loggedIn(await member())
      expect(browser.jar.get('__Host-session_id')?.attributes).toEqual({
        path: '/',
        httponly: true,
        secure: true,
        samesite: 'Lax',
      })
    })

    test('lose the prefix where their attributes do not allow it', async () => {
      for (const cookies of [{ secure: false }, { path: '/app' }]) {
        const { member, loggedIn } = world({ cookies })
        const browser = await loggedIn(await member())
        expect([...browser.jar.keys()]).toEqual(['session_id', 'csrf_token', 'known_device'])
      }
    })

    test('may be strict', async () => {
      const { member, loggedIn } = world({ cookies: { sameSite: 'strict' } })
      const browser = await loggedIn(await member())
      expect(browser.jar.get('__Host-session_id')?.attributes['samesite']).toBe('Strict')
    })
  })

  test('a session keeps the client label and the address of its login', async () => {
    const { auth, member, loggedIn } = world()
    const ann = await member()
    await loggedIn(ann, {
      peer: '192.0.2.4',
      userAgent:
        'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1',
    })
    expect(await auth.sessions.list(ann.id)).toMatchObject([
      {
        ipAddress: '192.0.2.4',
        clientLabel: {
          browser: 'Safari',
          browser_version: '18.1',
          os: 'iOS 18.1',
          device: 'iPhone',
          is_mobile: true,
          is_tablet: false,
          is_pc: false,
        },
      },
    ])
  })

  test.each(['', 'curl/8.5.0', 'okhttp/4.9.3', '\u00e9\u00e8', `Mozilla/5.0 ${'('.repeat(20000)}`])(
    'a user agent of any kind logs in: %.20s',
    async (userAgent) => {
      const { member, loggedIn } = world()
      const browser = await loggedIn(await member(), { userAgent })
      expect((await browser.get('/me')).status).toBe(200)
    },
  )

  describe('of an address that is none', () => {
    const odd = [
      'http://',
      'https://',
      '%%%',
      'https://a b',
      'https://[::1',
      'app.example.com',
      '',
      '//',
    ]
    const login = (headers: Record<string, string>) => {
      const { browser } = world()
      return browser().post('/login', { username: 'ann', password: 'x' }, { headers })
    }

    test.each(odd)('an Origin %j is another’s', async (origin) => {
      for (const headers of [
        { origin },
        { origin, host: 'app.example.com' },
        { origin, host: origin },
      ]) {
        expect((await login(headers as Record<string, string>)).status).toBe(403)
      }
    })

    test.each([
      'https://app.example.com/',
      'https://app.example.com.',
      'https://ann@app.example.com',
      'capacitor://app.example.com',
      'https://app.example.com:444',
    ])('an Origin %j is not ours, either', async (origin) => {
      expect((await login({ origin })).status).toBe(403)
    })

    test.each([
      ...odd.filter((one) => !one.startsWith('app')),
      'a@app.example.com',
      'app.example.com/path',
      'app.example.com#x',
    ])('a Host %j is nobody’s origin', async (host) => {
      expect((await login({ host, origin: 'https://app.example.com' })).status).toBe(403)
    })

    test('a host is a host, with a port or in brackets', async () => {
      for (const host of ['app.example.com', 'APP.example.com:443', '[::1]:3000', '127.0.0.1:80']) {
        const origin = `https://${host.toLowerCase().replace(/:(443|80)$/, '')}`
        expect((await login({ host, origin })).status).toBe(401)
      }
    })

    test('a request without an address that can be read is 400', async () => {
      const auth = crudAuth({
        transports: [session()],
        users: users(database().db),
        secret,
        onEvent: () => {},
      })
      const request = new Proxy(new Request('https://app.example.com/me'), {
        get: (target, name) =>
          name === 'url' ? 'http://a b/me' : Reflect.get(target, name, target),
      })
      expect((await auth.fetch(request)).status).toBe(400)
    })
  })

  describe('a clock that returns no number', () => {
    test.each([Number.NaN, undefined, Number.POSITIVE_INFINITY, '5', null])(
      '%s lets nobody in',
      async (now) => {
        const made = world({ storage: memoryStorage() })
        const browser = await made.loggedIn(await made.member())
        made.clock.now = now as number
        expect((await browser.get('/me')).status).toBeGreaterThanOrEqual(500)
      },
    )

    test('is refused where it does so from the start', () => {
      expect(() => world({ clock: () => Number.NaN })).toThrow('clock must return the milliseconds')
      expect(() => world({ clock: (() => new Date()) as never })).toThrow('clock must return')
    })
  })

  describe('the handshake of a WebSocket, which is a GET,', () => {
    const handshakes: [string, Record<string, string>][] = [
      ['by its Upgrade', { connection: 'Upgrade', upgrade: 'websocket' }],
      ['in another case, in a list', { upgrade: 'h2c, WebSocket' }],
      ['by its key, where a proxy dropped the rest', { 'sec-websocket-key': 'x' }],
      ['by what the browser says', { 'sec-fetch-mode': 'websocket' }],
    ]
    const ask = async (headers: Record<string, string>, config: WorldConfig = {}) => {
      const { app, auth, member, loggedIn } = world(config)
      app.get('/socket', auth.currentUser(), (c) => c.json({}))
      app.get('/validated', async (c) =>
        c.json({ found: (await auth.sessions.validate(c)) !== null }),
      )
      app.onError((error, c) => c.json({}, (error as { status?: 403 }).status ?? 500))
      const browser = await loggedIn(await member())
      const { status } = await browser.get('/socket', { headers })
      expect((await browser.get('/validated', { headers })).status).toBe(status)
      return status
    }

    test.each(handshakes)('is known %s', async (_, headers) => {
      expect(await ask({ ...headers, origin: 'https://evil.example' })).toBe(403)
      expect(await ask({ ...headers, origin: 'null' })).toBe(403)
      expect(await ask({ ...headers, 'sec-fetch-site': 'same-site' })).toBe(403)
      expect(await ask({ ...headers, origin: 'https://app.example.com' })).toBe(200)
    })

    const upgrade = { upgrade: 'websocket', origin: 'https://evil.example' }

    test('passes from a trusted origin, and from no browser', async () => {
      const trustedOrigins = ['https://evil.example']
      expect(await ask(upgrade, { trustedOrigins })).toBe(200)
      expect(await ask({ upgrade: 'websocket' })).toBe(200)
      expect(await ask(upgrade, { originMode: 'observe' })).toBe(200)
    })

    test('is nobody’s business without our cookie', async () => {
      const { app, auth, browser } = world()
      app.get('/socket', auth.currentUser({ optional: true }), (c) => c.json({}))
      expect((await browser().get('/socket', { headers: upgrade })).status).toBe(200)
    })

    test('and any other GET is not concerned', async () => {
      expect(await ask({ origin: 'https://evil.example' })).toBe(200)
    })
  })

  test('a login that all credentials have ended under is none, and holds no place under the cap', async () => {
    const { browser, db, member, storage, loggedIn } = world()
    const ann = await member()
    const add = storage.indexAdd.bind(storage)
    storage.indexAdd = async (...args) => {
      const evicted = await add(...args)
      await db.update(members).set({ tokenVersion: 5 })
      return evicted
    }
    const answer = await browser().post('/login', ann)
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([401, []])
    expect(await storage.indexMembers(indexKey('sessions', ann.id))).toEqual([])
    expect((await (await loggedIn(ann)).get('/me')).status).toBe(200)
  })
})
