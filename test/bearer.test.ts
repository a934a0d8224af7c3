import { execFileSync, spawnSync } from 'node:child_process'
import { createHmac, generateKeyPairSync } from 'node:crypto'
import {
  type BearerTransportOptions,
  bearer,
  ConfigurationError,
  crudAuth,
  memoryStorage,
  type SigningJwk,
  session,
} from 'crudauth'
import { eq } from 'drizzle-orm'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Browser } from './support/browser.ts'
import { indexKey, json, members, secret, users, type WorldConfig, world } from './support/world.ts'

const bearerWorld = (options: BearerTransportOptions = {}, config: WorldConfig = {}) =>
  world({ transports: [bearer({ refresh: 'body', ...options })], ...config })

type World = ReturnType<typeof bearerWorld>
interface Tokens {
  access_token: string
  refresh_token: string
  scope: string
  expires_in: number
}

async function tokens(made: World, extra: Record<string, string> = {}, client?: Browser) {
  const { username, password } = await made.member(`user${Math.random().toString(36).slice(2, 8)}`)
  const form = { username, password, ...extra }
  const response = await (client ?? made.browser()).call('POST', '/token', { form })
  if (response.status !== 200) throw new Error(await response.text())
  return (await response.json()) as Tokens
}

const me = async (made: World, token: string, scheme = 'Bearer ') =>
  made.browser().get('/me', { headers: { authorization: `${scheme}${token}` } })

const refresh = (made: World, refresh_token: string, client = made.browser()) =>
  client.post('/refresh', { refresh_token })

const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Signs by hand whatever is asked for. */
function forge(
  claims: object,
  header: object = { alg: 'HS256', typ: 'JWT' },
  key = secret,
  hash = 'sha256',
) {
  const input = `${base64(header)}.${base64(claims)}`
  return `${input}.${createHmac(hash, key).update(input).digest('base64url')}`
}

type ForgeRest = Parameters<typeof forge> extends [object, ...infer Rest] ? Rest : never

const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<
    string,
    unknown
  >

describe('Bearer tokens', () => {
  describe('POST /token', () => {
    test('answers as OAuth 2.0 does', async () => {
      const made = bearerWorld({ defaultScopes: ['read'], grantableScopes: ['read', 'write'] })
      expect(await tokens(made)).toEqual({
        access_token: expect.any(String),
        refresh_token: expect.any(String),
        token_type: 'bearer',
        expires_in: 900,
        scope: 'read',
        device_token: expect.stringMatching(/^[\w-]{22}$/),
      })
    })

    test('in body mode sets no cookie, and is an event', async () => {
      const made = bearerWorld()
      const client = made.browser()
      await tokens(made, {}, client)
      expect([...client.jar.keys()]).toEqual([])
      const [user] = await made.db.select().from(members)
      expect(made.events.filter(({ name }) => name === 'login.succeeded')).toEqual([
        expect.objectContaining({ name: 'login.succeeded', userId: user?.id, transport: 'bearer' }),
      ])
    })

    test('the claims are those that crudauth for Python issues', async () => {
      const made = bearerWorld({ defaultScopes: ['read'] })
      const { access_token, refresh_token } = await tokens(made)
      const now = made.clock.now / 1000
      const [row] = await made.db.select().from(members)
      const common = {
        sub: String(row?.id),
        ver: row?.tokenVersion,
        scopes: ['read'],
        // Of ours: clients and servers of the Python original ignore it.
        auth_time: now,
        ns: 'crudauth',
      }
      const sid = claimsOf(refresh_token)['fam']
      expect(claimsOf(access_token)).toEqual({
        ...common,
        exp: now + 900,
        token_type: 'access',
        sid,
      })
      expect(claimsOf(refresh_token)).toMatchObject({
        ...common,
        exp: now + 30 * 86400,
        token_type: 'refresh',
      })
      const header = JSON.parse(
        Buffer.from(access_token.split('.')[0] ?? '', 'base64url').toString(),
      )
      expect(header).toEqual({ alg: 'HS256', typ: 'JWT' })
    })

    test.each([
      [undefined, 'read'],
      ['write', 'write'],
      ['write admin  read', 'write read'],
      ['admin', ''],
    ])('scope %j is granted as %j', async (scope, granted) => {
      const made = bearerWorld({ defaultScopes: ['read'], grantableScopes: ['read', 'write'] })
      expect((await tokens(made, scope === undefined ? {} : { scope })).scope).toBe(granted)
    })

    test('shares the lockout with everything else, and its answers', async () => {
      const { browser, member } = world({ transports: [session(), bearer()] })
      const ann = await member()
      const statuses: number[] = []
      for (let n = 0; n < 6; n++) {
        const path = n % 2 ? '/token' : '/login'
        const body = { username: ann.username, password: `wrong ${n}` }
        statuses.push((await browser().post(path, body)).status)
      }
      expect(statuses).toEqual([401, 401, 401, 401, 401, 429])
    })

    test('runs the hook, and hands out nothing when it throws', async () => {
      const seen: unknown[] = []
      const { browser, member, storage } = world(
        { transports: [bearer({ refresh: 'body' })] },
        {
          afterLogin(_, { transport }) {
            seen.push(transport)
            throw new Error('no')
          },
        },
      )
      const { id, username, password } = await member()
      const response = await browser().post('/token', { username, password })
      expect(response.status).toBe(500)
      expect(await response.text()).not.toContain('access_token')
      expect(seen).toEqual(['bearer'])
      expect(await storage.indexMembers(indexKey('refreshes', id))).toEqual([])
    })

    test('in cookie mode another site cannot log a visitor in', async () => {
      const made = world({ transports: [bearer()] })
      const { username, password } = await made.member()
      const client = made.browser()
      const headers = { 'sec-fetch-site': 'cross-site' }
      const form = { username, password }
      expect((await client.call('POST', '/token', { form, headers })).status).toBe(403)
      expect(client.jar.size).toBe(0)
    })

    test('in cookie mode the refresh token is only in its cookie', async () => {
      const made = world({ transports: [bearer({ refreshCookiePath: '/auth' })] })
      const { username, password } = await made.member()
      const client = made.browser()
      const body = await json(await client.post('/token', { username, password }))
      expect(body).not.toHaveProperty('refresh_token')
      expect(client.jar.get('refresh_token')?.attributes).toEqual({
        'max-age': '2592000',
        path: '/auth',
        httponly: true,
        secure: true,
        samesite: 'Lax',
      })
      const plain = world({ transports: [bearer()] })
      const other = plain.browser()
      await plain.member()
      await other.post('/token', { username, password })
      expect([...other.jar.keys()]).toEqual(['__Host-refresh_token', '__Host-known_device'])
    })
  })

  describe('an access token', () => {
    test('makes the same principal as a session', async () => {
      const made = world({ transports: [session(), bearer({ refresh: 'body' })] })
      const ann = await made.member()
      const browser = await made.loggedIn(ann)
      const token = (await json(await made.browser().post('/token', ann)))['access_token']
      const bySession = await json(await browser.get('/me'))
      const byToken = await json(await me(made as World, String(token)))
      expect(byToken).toEqual({ ...bySession, via: 'bearer' })
    })

    test('costs one query and no storage operation', async () => {
      const made = bearerWorld()
      const { access_token } = await tokens(made)
      for (const name of Object.keys(made.calls)) delete made.calls[name]
      expect((await me(made, access_token)).status).toBe(200)
      expect(made.calls).toEqual({})
    })

    test('needs no CSRF token', async () => {
      const made = bearerWorld()
      made.app.post('/act', made.auth.currentUser(), (c) => c.json({}))
      const { access_token } = await tokens(made)
      const headers = { authorization: `Bearer ${access_token}`, 'sec-fetch-site': 'cross-site' }
      expect((await made.browser().post('/act', undefined, { headers })).status).toBe(200)
    })

    test.each([['bearer '], ['BEARER ']])('is read behind the scheme %j', async (scheme) => {
      const made = bearerWorld()
      expect((await me(made, (await tokens(made)).access_token, scheme)).status).toBe(200)
    })

    test.each([
      ['Basic ', 'Not authenticated'],
      ['', 'Not authenticated'],
      ['Bearer  ', 'Invalid token'],
    ])('behind %j is %s', async (scheme, detail) => {
      const made = bearerWorld()
      const response = await me(made, (await tokens(made)).access_token, scheme)
      expect([response.status, (await json(response))['detail']]).toEqual([401, detail])
    })

    test('may say when it was made', async () => {
      const made = bearerWorld()
      const claims = claimsOf((await tokens(made)).access_token)
      const now = made.clock.now / 1000
      for (const [iat, status] of [
        [now - 60, 200],
        [now, 200],
        [now + 60, 200],
        [now + 61, 401],
      ] as const) {
        expect((await me(made, forge({ ...claims, iat }))).status).toBe(status)
      }
    })

    test('that says nothing of scopes has none', async () => {
      const made = bearerWorld()
      const claims = claimsOf((await tokens(made)).access_token)
      const answer = await me(made, forge({ ...claims, scopes: undefined }))
      expect(await json(answer)).toMatchObject({ scopes: [] })
    })

    test('carries scopes to gates', async () => {
      const made = bearerWorld({ defaultScopes: ['read'], grantableScopes: ['read', 'write'] })
      made.app.get('/read', made.auth.currentUser({ scopes: ['read'] }), (c) => c.json({}))
      made.app.get('/write', made.auth.currentUser({ scopes: ['read', 'write'] }), (c) =>
        c.json({}),
      )
      const headers = { authorization: `Bearer ${(await tokens(made)).access_token}` }
      expect((await made.browser().get('/read', { headers })).status).toBe(200)
      const refused = await made.browser().get('/write', { headers })
      expect(refused.status).toBe(403)
      expect(refused.headers.get('www-authenticate')).toBe(
        'Bearer error="insufficient_scope", scope="read write"',
      )
    })
  })

  describe('what is wrong with a token', () => {
    const outcome = async (
      change: (made: World, token: string) => Promise<string> | string,
      options: BearerTransportOptions = {},
    ) => {
      const made = bearerWorld(options)
      made.app.get('/open', made.auth.currentUser({ optional: true }), (c) =>
        c.json({ who: c.var.principal?.userId ?? null }),
      )
      const token = await change(made, (await tokens(made)).access_token)
      const headers = { authorization: `Bearer ${token}` }
      const strict = await made.browser().get('/me', { headers })
      const optional = await made.browser().get('/open', { headers })
      return {
        detail: (await json(strict))['detail'],
        challenge: strict.headers.get('www-authenticate'),
        optional: optional.status,
      }
    }
    const hard = {
      detail: 'Invalid token',
      challenge: 'Bearer error="invalid_token"',
      optional: 401,
    }
    const dead = {
      detail: 'Not authenticated',
      challenge: 'Bearer error="invalid_token"',
      optional: 200,
    }
    const resigned = (token: string, change: object, ...rest: ForgeRest) =>
      forge({ ...claimsOf(token), ...change }, ...rest)

    test('nothing at all: the challenge is bare', async () => {
      const { browser } = bearerWorld()
      const response = await browser().get('/me')
      expect(response.headers.get('www-authenticate')).toBe('Bearer')
    })

    test.each([
      ['tampered', (_: World, token: string) => `${token.slice(0, -2)}AA`],
      ['truncated', (_: World, token: string) => token.slice(0, -10)],
      ['garbage', () => 'not.a.token'],
      ['oversized', (_: World, token: string) => token + 'a'.repeat(9000)],
      ['of another secret', (_: World, t: string) => resigned(t, {}, undefined, 'x'.repeat(40))],
      ['alg none', (_: World, t: string) => `${base64({ alg: 'none' })}.${t.split('.')[1]}.`],
      ['another typ', (_: World, t: string) => resigned(t, {}, { alg: 'HS256', typ: 'dpop+jwt' })],
      ['a typ that is no text', (_: World, t: string) => resigned(t, {}, { alg: 'HS256', typ: 5 })],
      [
        'an unknown kid and garbage',
        (_: World, t: string) => resigned(t, {}, { alg: 'HS256', kid: 'x' }, 'z'.repeat(40)),
      ],
      [
        'alg HS512, rightly signed',
        (_: World, t: string) => resigned(t, {}, { alg: 'HS512', typ: 'JWT' }, secret, 'sha512'),
      ],
      [
        'oversized, rightly signed',
        (_: World, t: string) => resigned(t, { padding: 'x'.repeat(9000) }),
      ],
      ['alg RS256', (_: World, t: string) => resigned(t, {}, { alg: 'RS256', typ: 'JWT' })],
      ['a refresh token', (_: World, t: string) => resigned(t, { token_type: 'refresh' })],
      ['no token_type', (_: World, t: string) => resigned(t, { token_type: undefined })],
      ['no sub', (_: World, t: string) => resigned(t, { sub: undefined })],
      ['a numeric sub', (_: World, t: string) => resigned(t, { sub: 1 })],
      ['no exp', (_: World, t: string) => resigned(t, { exp: undefined })],
      ['exp as text', (_: World, t: string) => resigned(t, { exp: '9999999999' })],
      ['exp beyond numbers', (_: World, t: string) => forgeRaw(t, '"exp":1e400')],
      ['exp beyond integers', (_: World, t: string) => resigned(t, { exp: 1e300 })],
      ['nbf in the future', (_: World, t: string) => resigned(t, { nbf: 9999999999 })],
      ['iat in the future', (_: World, t: string) => resigned(t, { iat: 9999999999 })],
      ['an aud that nobody asked for', (_: World, t: string) => resigned(t, { aud: 'x' })],
      ['scopes as text', (_: World, t: string) => resigned(t, { scopes: 'read' })],
      ['ver as text', (_: World, t: string) => resigned(t, { ver: '1' })],
      [
        'a crit header',
        (_: World, t: string) => resigned(t, {}, { alg: 'HS256', crit: ['x'], x: 1 }),
      ],
      [
        'expired and badly signed',
        (_: World, t: string) => resigned(t, { exp: 1 }, undefined, 'y'.repeat(40)),
      ],
    ])('%s: refused, even under optional', async (_, change) => {
      expect(await outcome(change)).toEqual(hard)
    })

    test.each([
      [
        'expired',
        (made: World, token: string) => {
          made.clock.advance(900)
          return token
        },
      ],
      [
        'expired, whatever its type',
        (_: World, t: string) => resigned(t, { exp: 1, token_type: 'x' }),
      ],
      ['of another epoch', (_: World, t: string) => resigned(t, { ver: 1 })],
      ['without an epoch', (_: World, t: string) => resigned(t, { ver: undefined })],
      ['of a user who is gone', (_: World, t: string) => resigned(t, { sub: '999999' })],
      ['of no possible user', (_: World, t: string) => resigned(t, { sub: '1e3' })],
      [
        'of a disabled user',
        async (made: World, token: string) => {
          await made.db.update(members).set({ isActive: false })
          return token
        },
      ],
    ])('%s: counts as absent', async (_, change) => {
      expect(await outcome(change)).toEqual(dead)
    })

    test('whatever is presented, nobody gets in and nothing fails', async () => {
      const made = bearerWorld()
      const { access_token } = await tokens(made)
      const parts = access_token.split('.')
      await fc.assert(
        fc.asyncProperty(
          fc.nat(2),
          fc.nat(200),
          fc.stringMatching(/^[\x21-\x7e]{0,40}$/),
          fc.constantFrom('replace', 'insert', 'cut'),
          async (part, at, noise, how) => {
            const text = parts[part] ?? ''
            const changed = {
              replace: text.slice(0, at) + noise + text.slice(at + noise.length),
              insert: text.slice(0, at) + noise + text.slice(at),
              cut: text.slice(0, at),
            }[how]
            const token = parts.map((one, n) => (n === part ? changed : one)).join('.')
            const { status } = await me(made, token)
            // The last character of a signature has bits that say nothing.
            const same = Buffer.from(changed, 'base64url').equals(Buffer.from(text, 'base64url'))
            expect(status).toBe(same && status === 200 ? 200 : 401)
          },
        ),
        { numRuns: 300 },
      )
    })
  })

  describe('order and narrowing', () => {
    const both = async (transports: NonNullable<WorldConfig['transports']>) => {
      const made = world({ transports })
      made.app.post('/act', made.auth.currentUser(), (c) =>
        c.json({ via: c.var.principal.transport }),
      )
      made.app.get('/api', made.auth.currentUser({ transport: 'bearer' }), (c) =>
        c.json({ via: c.var.principal.transport }),
      )
      const ann = await made.member()
      const browser = await made.loggedIn(ann)
      const token = String((await json(await made.browser().post('/token', ann)))['access_token'])
      return { browser, headers: { authorization: `Bearer ${token}` } }
    }

    test('session first: its CSRF rule applies although a token is sent too', async () => {
      const { browser, headers } = await both([session(), bearer({ refresh: 'body' })])
      expect((await browser.post('/act', undefined, { headers, csrf: false })).status).toBe(403)
      expect(await json(await browser.post('/act', undefined, { headers }))).toEqual({
        via: 'session',
      })
    })

    test('bearer first: the token decides, and no CSRF rule applies', async () => {
      const { browser, headers } = await both([bearer({ refresh: 'body' }), session()])
      const response = await browser.post('/act', undefined, { headers, csrf: false })
      expect(await json(response)).toEqual({ via: 'bearer' })
      expect((await browser.post('/act', undefined, { csrf: false })).status).toBe(403)
    })

    test('a gate may ask for a token only', async () => {
      const { browser, headers } = await both([session(), bearer({ refresh: 'body' })])
      expect((await browser.get('/api')).status).toBe(401)
      expect(await json(await browser.get('/api', { headers }))).toEqual({ via: 'bearer' })
    })
  })

  describe('POST /refresh', () => {
    test('gives new tokens, and the old one is used up', async () => {
      const made = bearerWorld({ grace: 0 })
      const first = await tokens(made)
      made.clock.advance(60)
      const second = (await json(await refresh(made, first.refresh_token))) as unknown as Tokens
      expect((await me(made, second.access_token)).status).toBe(200)
      expect(claimsOf(second.refresh_token)['exp']).toBe(claimsOf(first.refresh_token)['exp'])
      expect((await refresh(made, second.refresh_token)).status).toBe(200)
    })

    test('a replay ends the whole family, and is reported', async () => {
      const made = bearerWorld()
      const first = await tokens(made)
      const second = (await json(await refresh(made, first.refresh_token))) as unknown as Tokens
      made.clock.advance(11)
      const replay = await refresh(made, first.refresh_token)
      expect([replay.status, (await json(replay))['detail']]).toEqual([
        401,
        'Invalid or expired refresh token',
      ])
      expect((await refresh(made, second.refresh_token)).status).toBe(401)
      expect(made.events).toContainEqual(expect.objectContaining({ name: 'refresh.replayed' }))
    })

    test('two tabs at once both succeed, with one and the same next token', async () => {
      const made = bearerWorld()
      const client = made.browser({ userAgent: 'tab' })
      const first = await tokens(made, {}, client)
      const answers = await Promise.all(
        Array.from({ length: 50 }, () => refresh(made, first.refresh_token, client)),
      )
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
      const next = await Promise.all(
        answers.map(async (answer) => (await json(answer))['refresh_token']),
      )
      expect(new Set(next).size).toBe(1)
      expect((await refresh(made, String(next[0]), client)).status).toBe(200)
    })

    test.each([
      ['from another network', { peer: '198.51.100.66', userAgent: 'tab' }],
      ['from another program', { userAgent: 'thief' }],
    ])('within the grace %s it is a replay', async (_, thief) => {
      const made = bearerWorld()
      const client = made.browser({ userAgent: 'tab' })
      const first = await tokens(made, {}, client)
      const second = (await json(
        await refresh(made, first.refresh_token, client),
      )) as unknown as Tokens
      expect((await refresh(made, first.refresh_token, made.browser(thief))).status).toBe(401)
      expect((await refresh(made, second.refresh_token, client)).status).toBe(401)
    })

    test('there is no grace once the next token was used', async () => {
      const made = bearerWorld()
      const first = await tokens(made)
      const second = (await json(await refresh(made, first.refresh_token))) as unknown as Tokens
      await refresh(made, second.refresh_token)
      expect((await refresh(made, first.refresh_token)).status).toBe(401)
    })

    test('fifty at once from fifty clients rotate once and end the family', async () => {
      const made = bearerWorld()
      const first = await tokens(made)
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, n) =>
          refresh(made, first.refresh_token, made.browser({ peer: `10.1.0.${n}` })),
        ),
      )
      expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1)
    })

    test('a login ends at its time, however often it was refreshed', async () => {
      const made = bearerWorld({ refreshTtl: 3600, accessTtl: 60 })
      let token = (await tokens(made)).refresh_token
      for (let n = 0; n < 5; n++) {
        made.clock.advance(600)
        token = String((await json(await refresh(made, token)))['refresh_token'])
      }
      made.clock.advance(600)
      expect((await refresh(made, token)).status).toBe(401)
    })

    test.each([
      ['the epoch changed', { tokenVersion: 5 }],
      ['the user is disabled', { isActive: false }],
    ])('is refused when %s, rotating or not', async (_, change) => {
      for (const rotateRefresh of [true, false]) {
        const made = bearerWorld({ rotateRefresh })
        const { refresh_token } = await tokens(made)
        await made.db.update(members).set(change)
        expect((await refresh(made, refresh_token)).status).toBe(401)
      }
    })

    test('one that came while the user was disabled has ended its login for good', async () => {
      const made = bearerWorld()
      const { refresh_token } = await tokens(made)
      await made.db.update(members).set({ isActive: false })
      expect((await refresh(made, refresh_token)).status).toBe(401)
      await made.db.update(members).set({ isActive: true })
      expect((await refresh(made, refresh_token)).status).toBe(401)
    })

    test.each([
      ['nothing', {}, 'Refresh token missing'],
      [
        'not JSON',
        { body: '{', headers: { 'content-type': 'application/json' } },
        'Refresh token missing',
      ],
      ['a list', { json: [] }, 'Refresh token missing'],
      ['a number', { json: { refresh_token: 5 } }, 'Refresh token missing'],
      ['an empty text', { json: { refresh_token: '' } }, 'Refresh token missing'],
      ['garbage', { json: { refresh_token: 'x' } }, 'Invalid or expired refresh token'],
    ])('%s is 401', async (_, options, detail) => {
      const response = await bearerWorld().browser().call('POST', '/refresh', options)
      expect([response.status, (await json(response))['detail']]).toEqual([401, detail])
    })

    test('takes JSON of any content type', async () => {
      const made = bearerWorld()
      const { refresh_token } = await tokens(made)
      const response = await made.browser().call('POST', '/refresh', {
        body: JSON.stringify({ refresh_token }),
        headers: { 'content-type': 'text/plain' },
      })
      expect(response.status).toBe(200)
    })

    test.each([true, false])(
      'an access token does not refresh (rotating: %s)',
      async (rotateRefresh) => {
        const made = bearerWorld({ rotateRefresh })
        expect((await refresh(made, (await tokens(made)).access_token)).status).toBe(401)
      },
    )

    test('of fifty that all read the same state, one rotates', async () => {
      const storage = memoryStorage()
      const { get } = storage
      let waiting = 0
      const everybody = Promise.withResolvers<void>()
      const made = bearerWorld({}, { storage })
      const client = made.browser({ userAgent: 'tab' })
      const first = await tokens(made, {}, client)
      // Everybody has read before anybody writes: what is left is compare and swap.
      storage.get = async (key) => {
        const value = await get.call(storage, key)
        if (key.includes(':refresh:') && ++waiting <= 50) {
          if (waiting === 50) everybody.resolve()
          await everybody.promise
        }
        return value
      }
      const answers = await Promise.all(
        Array.from({ length: 50 }, () => refresh(made, first.refresh_token, client)),
      )
      const next = await Promise.all(
        answers.map(async (answer) => (await json(answer))['refresh_token']),
      )
      expect(new Set(next).size).toBe(1)
      expect(waiting).toBeGreaterThan(50)
      expect((await refresh(made, String(next[0]), client)).status).toBe(200)
    })

    test('scopes are clamped to today’s ceiling', async () => {
      const wide = bearerWorld({ defaultScopes: ['read', 'write'] })
      const { refresh_token } = await tokens(wide)
      const narrow = crudAuth({
        users: users(wide.db),
        secret,
        storage: wide.storage,
        clock: wide.clock.read,
        transports: [bearer({ refresh: 'body', defaultScopes: ['read'] })],
      })
      const response = await narrow.fetch(
        new Request('https://app.example.com/refresh', {
          method: 'POST',
          body: JSON.stringify({ refresh_token }),
        }),
      )
      expect((await json(response))['scope']).toBe('read')
    })

    describe('with a cookie', () => {
      const cookieWorld = async () => {
        const made = world({ transports: [bearer()] })
        const ann = await made.member()
        const client = made.browser()
        await client.post('/token', ann)
        return { ...made, client }
      }

      test('rotates it', async () => {
        const { client } = await cookieWorld()
        const before = client.cookie('__Host-refresh_token')
        const body = await json(await client.post('/refresh'))
        expect(body).not.toHaveProperty('refresh_token')
        expect(client.cookie('__Host-refresh_token')).not.toBe(before)
      })

      test('another site cannot use it', async () => {
        const { client } = await cookieWorld()
        const headers = { 'sec-fetch-site': 'cross-site' }
        expect((await client.post('/refresh', undefined, { headers })).status).toBe(403)
        expect((await client.post('/revoke', undefined, { headers })).status).toBe(403)
        expect((await client.post('/refresh')).status).toBe(200)
      })

      test('revoking clears it', async () => {
        const { client, browser } = await cookieWorld()
        const cookie = `__Host-refresh_token=${client.cookie('__Host-refresh_token')}`
        expect((await client.post('/revoke')).status).toBe(200)
        expect(client.cookie('__Host-refresh_token')).toBeUndefined()
        expect((await browser().post('/refresh', undefined, { headers: { cookie } })).status).toBe(
          401,
        )
      })
    })

    test('without rotation the first token stays good, as in the original', async () => {
      const made = bearerWorld({ rotateRefresh: false })
      const { refresh_token } = await tokens(made)
      made.clock.advance(86400)
      for (let n = 0; n < 3; n++) expect((await refresh(made, refresh_token)).status).toBe(200)
    })

    test('without rotation, too, nothing but a refresh token gets new ones', async () => {
      const made = bearerWorld({ rotateRefresh: false })
      const { access_token, refresh_token } = await tokens(made)
      const claims = claimsOf(refresh_token)
      expect((await refresh(made, access_token)).status).toBe(401)
      for (const change of [{ token_type: 'access' }, { scopes: 'read' }, { ver: '1' }]) {
        expect((await refresh(made, forge({ ...claims, ...change }))).status).toBe(401)
      }
      expect((await refresh(made, forge(claims))).status).toBe(200)
    })

    test('with rotation a token without a family is refused', async () => {
      const made = bearerWorld()
      const claims = claimsOf((await tokens(made)).refresh_token)
      expect((await refresh(made, forge({ ...claims, fam: undefined }))).status).toBe(401)
    })

    test('an outage of the storage is 503', async () => {
      const made = bearerWorld()
      const { refresh_token } = await tokens(made)
      made.storage.get = async () => {
        throw new Error('connection lost')
      }
      expect((await refresh(made, refresh_token)).status).toBe(503)
    })
  })

  describe('POST /revoke', () => {
    test('ends the login', async () => {
      const made = bearerWorld()
      const first = await tokens(made)
      const second = (await json(await refresh(made, first.refresh_token))) as unknown as Tokens
      const form = { token: second.refresh_token, token_type_hint: 'refresh_token' }
      expect((await made.browser().call('POST', '/revoke', { form })).status).toBe(200)
      expect((await refresh(made, second.refresh_token)).status).toBe(401)
    })

    test.each(['garbage', ''])('answers the same for %j', async (token) => {
      const response = await bearerWorld().browser().call('POST', '/revoke', { form: { token } })
      expect([response.status, await json(response)]).toEqual([200, {}])
    })
  })

  describe('keys of one’s own', () => {
    const jwk = (alg: SigningJwk['alg'], kid: string): SigningJwk => {
      const pair =
        alg === 'EdDSA'
          ? generateKeyPairSync('ed25519')
          : alg === 'ES256'
            ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
            : generateKeyPairSync('rsa', { modulusLength: 2048 })
      return { ...pair.privateKey.export({ format: 'jwk' }), kid, alg } as SigningJwk
    }
    /** Of the right type, and still not what the algorithm takes. */
    const otherJwk = (type: 'ec' | 'x25519' | 'rsa', alg: SigningJwk['alg']) => {
      const pair =
        type === 'ec'
          ? generateKeyPairSync('ec', { namedCurve: 'P-384' })
          : type === 'rsa'
            ? generateKeyPairSync('rsa', { modulusLength: 1024 })
            : generateKeyPairSync('x25519')
      return { ...pair.privateKey.export({ format: 'jwk' }), kid: 'other', alg }
    }
    const publicOf = ({ kty, crv, x, y, n, e, kid, alg }: SigningJwk): SigningJwk =>
      JSON.parse(JSON.stringify({ kty, crv, x, y, n, e, kid, alg }))

    test.each(['EdDSA', 'ES256', 'RS256'] as const)('%s signs, and is published', async (alg) => {
      const key = jwk(alg, 'one')
      const made = bearerWorld({ keys: [key] })
      const { access_token } = await tokens(made)
      expect((await me(made, access_token)).status).toBe(200)
      const response = await made.browser().get('/.well-known/jwks.json')
      expect(await json(response)).toEqual({ keys: [{ ...publicOf(key), use: 'sig' }] })
      // The secret is no key any more.
      expect((await me(made, forge(claimsOf(access_token)))).status).toBe(401)
      const confused = forge(
        claimsOf(access_token),
        { alg: 'HS256', kid: 'one' },
        JSON.stringify(publicOf(key)),
      )
      expect((await me(made, confused)).status).toBe(401)
    })

    test('rotate: the first signs, all verify, by their kid', async () => {
      const [older, newer, stranger] = [jwk('ES256', 'a'), jwk('EdDSA', 'b'), jwk('ES256', 'c')]
      const before = bearerWorld({ keys: [older] })
      const { access_token } = await tokens(before)
      const ask = (keys: SigningJwk[]) =>
        crudAuth({
          users: users(before.db),
          secret,
          clock: before.clock.read,
          transports: [bearer({ keys })],
        }).fetch(
          new Request('https://app.example.com/me', {
            headers: { authorization: `Bearer ${access_token}` },
          }),
        )
      expect((await ask([newer, publicOf(older)])).status).toBe(200)
      expect((await ask([newer])).status).toBe(401)
      // Another key under the same kid.
      expect((await ask([newer, { ...publicOf(stranger), kid: 'a' }])).status).toBe(401)
    })

    test('secrets rotate: the first signs, all verify', async () => {
      const older = 'the older secret, which is long enough too'
      const before = bearerWorld({}, { secret: older })
      const { access_token } = await tokens(before)
      const ask = (value: string | string[]) =>
        crudAuth({
          users: users(before.db),
          secret: value,
          clock: before.clock.read,
          transports: [bearer()],
        }).fetch(
          new Request('https://app.example.com/me', {
            headers: { authorization: `Bearer ${access_token}` },
          }),
        )
      expect((await ask([secret, older])).status).toBe(200)
      expect((await ask(secret)).status).toBe(401)
    })

    test('iss and aud are set, and required', async () => {
      const mine = { issuer: 'https://id.example', audience: 'api' }
      const made = bearerWorld(mine)
      const { access_token } = await tokens(made)
      expect(claimsOf(access_token)).toMatchObject({ iss: 'https://id.example', aud: 'api' })
      expect((await me(made, access_token)).status).toBe(200)
      for (const change of [{ iss: 'https://evil.example' }, { iss: undefined }, { aud: 'web' }]) {
        const forged = forge({ ...claimsOf(access_token), ...change })
        expect((await me(made, forged)).status).toBe(401)
      }
    })

    test.each([
      [{ keys: [{ ...jwk('ES256', 'a'), d: undefined }] }, 'needs its private part'],
      [{ keys: [{ ...jwk('ES256', 'a'), kid: '' }] }, 'needs a kid'],
      [{ keys: [{ ...jwk('ES256', 'a'), alg: 'HS256' }] }, 'needs an alg'],
      [{ keys: [{ ...jwk('ES256', 'a'), alg: 'EdDSA' }] }, 'is not a key for EdDSA'],
      [{ keys: [{ ...jwk('RS256', 'a'), alg: 'ES256' }] }, 'is not a key for ES256 (EC P-256)'],
      [{ keys: [otherJwk('ec', 'ES256')] }, 'is not a key for ES256 (EC P-256)'],
      [{ keys: [otherJwk('x25519', 'EdDSA')] }, 'is not a key for EdDSA (OKP Ed25519)'],
      [{ keys: [otherJwk('rsa', 'RS256')] }, 'has 1024 bits and needs 2048'],
      [{ keys: ['a key'] }, 'bearer.keys[0] is not a JWK'],
      [{ keys: [jwk('ES256', 'a'), null] }, 'bearer.keys[1] is not a JWK'],
      [{ keys: [{ ...jwk('ES256', 'a'), x: 'AA' }] }, 'is not a valid key'],
      [{ keys: [jwk('ES256', 'a'), jwk('EdDSA', 'a')] }, 'of another key'],
      [{ accessTtl: 0 }, 'bearer.accessTtl'],
      [{ refresh: 'header' }, "bearer.refresh must be 'cookie' or 'body'"],
      [{ defaultScopes: ['a'], grantableScopes: ['b'] }, 'which bearer.grantableScopes lacks'],
      [{ defaultScopes: ['a b'] }, 'without spaces'],
      [{ refreshCookieName: 'a b' }, 'refreshCookieName'],
      [{ refreshCookiePath: 'refresh' }, 'bearer.refreshCookiePath'],
      [{ issuer: '' }, 'bearer.issuer must be a text that is not empty'],
    ])('%# is refused at construction', (options, message) => {
      const build = () => bearerWorld(options as BearerTransportOptions)
      expect(build).toThrow(ConfigurationError)
      expect(build).toThrow(message)
    })
  })

  describe('auth.tokens.issue', () => {
    test('makes tokens for a user, clamped, without a password', async () => {
      const made = bearerWorld({ defaultScopes: ['read'] })
      const { id } = await made.member()
      const [user] = await made.db.select().from(members).where(eq(members.id, id))
      if (!user) throw new Error('no user')
      const issued = await made.auth.tokens.issue(null, user, { scopes: ['read', 'admin'] })
      expect(issued.scope).toBe('read')
      expect((await me(made, issued.access_token)).status).toBe(200)
      expect((await refresh(made, issued.refresh_token)).status).toBe(200)
    })

    test('needs the bearer transport', async () => {
      const { auth } = world()
      expect(auth.tokens).toBeUndefined()
    })
  })

  describe('and the Python original', () => {
    const python = '/usr/bin/python3'
    const hasJwt = spawnSync(python, ['-c', 'import jwt']).status === 0

    test.skipIf(!hasJwt && !process.env['CI'])(
      'accept each other’s access tokens (needs python3-jwt)',
      async () => {
        const made = bearerWorld({ defaultScopes: ['read'] })
        made.clock.now = Date.now()
        const { access_token } = await tokens(made)
        const script = `
import json, sys, jwt
asked = json.load(sys.stdin)
claims = jwt.decode(asked["token"], asked["secret"], algorithms=["HS256"])
print(json.dumps({"claims": claims, "token": jwt.encode(claims, asked["secret"], algorithm="HS256")}))
`
        const input = JSON.stringify({ token: access_token, secret })
        const output = execFileSync(python, ['-c', script], { input })
        const { claims, token } = JSON.parse(output.toString()) as {
          claims: object
          token: string
        }
        expect(claims).toEqual(claimsOf(access_token))
        expect((await me(made, token)).status).toBe(200)
      },
    )

    test('a token that PyJWT made is accepted as it is', async () => {
      // jwt.encode({"sub": "1", "ver": 0, "exp": 4102444800, "token_type": "access",
      //             "scopes": ["read"]}, "a secret for tests, thirty-two bytes or more")
      const minted = [
        'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9',
        'eyJzdWIiOiIxIiwidmVyIjowLCJleHAiOjQxMDI0NDQ4MDAsInRva2VuX3R5cGUiOiJhY2Nlc3MiLCJzY29wZXMiOlsicmVhZCJdfQ',
        'gdaAq6dSZhEk94IF-4yVYQkHX27BPXLKO3-OufEVjZo',
      ].join('.')
      const made = bearerWorld()
      await made.member()
      await made.db.update(members).set({ id: 1, tokenVersion: 0 })
      expect((await me(made, minted)).status).toBe(200)
    })
  })
})

/** Signs claims into which a raw piece of JSON is put, such as a number that no double holds. */
function forgeRaw(token: string, piece: string): string {
  const { exp: _, ...claims } = claimsOf(token)
  const payload = JSON.stringify(claims).replace(/\}$/, `,${piece}}`)
  const input = `${base64({ alg: 'HS256', typ: 'JWT' })}.${Buffer.from(payload).toString('base64url')}`
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}
