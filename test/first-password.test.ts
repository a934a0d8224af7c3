/**
 * Who may set a first password: people who have just proven who they are.
 */
import {
  type BearerTransportOptions,
  bearer,
  type ConfigurationError,
  crudAuth as crudAuthCore,
  session,
  sudo,
} from 'crudauth'
import { decodeJwt, SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import type { Browser } from './support/browser.ts'
import { database, json, members, secret, users, type WorldConfig, world } from './support/world.ts'

const next = 'a new horse, another battery'
const off = { register: { times: 0, seconds: 1 }, change_password: { times: 0, seconds: 1 } }
const allowed = [200, { detail: 'Password set.' }]
const refused = [
  403,
  expect.objectContaining({
    code: 'fresh_login_required',
    detail: 'Log in again to set a password.',
  }),
]

/** A member, and what sets a first password for them. */
async function firstPasswordWorld(
  config: WorldConfig = {},
  bearerOptions: BearerTransportOptions = {},
) {
  const made = world({
    rateLimits: off,
    transports: [
      session(),
      bearer({
        refresh: 'body',
        accessTtl: 1800,
        defaultScopes: ['read'],
        grantableScopes: ['read', 'write'],
        ...bearerOptions,
      }),
    ],
    ...config,
  })
  const user = async () => {
    const [row] = await made.db.select().from(members)
    if (!row) throw new Error('there is no member')
    return row
  }
  made.app.post('/own-login', async (c) => {
    await made.auth.sessions.create(c, await user())
    return c.body(null, 204)
  })
  const ann = await made.member()
  const answer = async (response: Promise<Response>) => {
    const { status } = await response
    return [status, await json(await response)]
  }
  const headersOf = (token: unknown) => ({ authorization: `Bearer ${token}` })
  return {
    ...made,
    ann,
    headersOf,
    /** Takes the password away, as of an account that logs in elsewhere. */
    forget: () => made.db.update(members).set({ hashedPassword: '!none' }),
    tokens: async (scope?: string) =>
      json(await made.browser().post('/token', { ...ann, ...(scope ? { scope } : {}) })),
    refresh: async (token: unknown) =>
      json(await made.browser().post('/refresh', { refresh_token: token })),
    set: (client: Browser) => answer(client.post('/set-password', { new_password: next })),
    setWith: (token: unknown) =>
      answer(
        made.browser().post('/set-password', { new_password: next }, { headers: headersOf(token) }),
      ),
    user,
    isPassword: async (password: string) =>
      (await made.browser().post('/login', { username: ann.username, password })).status === 200,
  }
}

const problemsOf = (config: object) => {
  try {
    crudAuthCore({ transports: [session()], users: users(database().db), secret, ...config })
    return []
  } catch (error) {
    return (error as ConfigurationError).problems
  }
}

describe('A first password', () => {
  describe('is set with a session', () => {
    test.each([
      [600, 'can', allowed],
      [601, 'cannot', refused],
    ])('whose login was %i seconds ago: it %s', async (seconds, _, answer) => {
      const { ann, loggedIn, forget, clock, set, isPassword } = await firstPasswordWorld()
      const client = await loggedIn(ann)
      await forget()
      clock.advance(seconds)
      expect(await set(client)).toEqual(answer)
      expect(await isPassword(next)).toBe(answer === allowed)
    })

    test('that the application made: from then on, ten minutes', async () => {
      for (const [seconds, answer] of [
        [600, allowed],
        [601, refused],
      ] as const) {
        const { browser, forget, clock, set } = await firstPasswordWorld()
        await forget()
        const client = browser()
        await client.post('/own-login')
        clock.advance(seconds)
        expect(await set(client)).toEqual(answer)
      }
    })

    test('not because it was used, or has a new identifier: what counts is its login', async () => {
      const { ann, loggedIn, forget, clock, set } = await firstPasswordWorld()
      const client = await loggedIn(ann)
      clock.advance(500)
      const before = client.sessionId
      await client.post('/change-password', {
        current_password: ann.password,
        new_password: 'yet another battery',
      })
      expect(client.sessionId).not.toBe(before)
      await forget()
      clock.advance(101)
      expect(await set(client)).toEqual(refused)
    })

    test('that is elevated, however old it is, and for as long as that lasts', async () => {
      for (const [seconds, answer] of [
        [299, allowed],
        [300, refused],
      ] as const) {
        const { ann, loggedIn, forget, clock, set } = await firstPasswordWorld({
          features: [sudo({ route: true })],
        })
        const client = await loggedIn(ann)
        clock.advance(1000)
        expect((await client.post('/sudo', { password: ann.password })).status).toBe(200)
        await forget()
        clock.advance(seconds)
        expect(await set(client)).toEqual(answer)
      }
    })

    test('of a fresh login without sudo, where sudo is on: it elevates nobody without a password', async () => {
      const { ann, loggedIn, forget, set } = await firstPasswordWorld({
        features: [sudo({ route: true })],
      })
      const client = await loggedIn(ann)
      await forget()
      expect((await client.post('/sudo', { password: '' })).status).toBe(401)
      expect(await set(client)).toEqual(allowed)
    })
  })

  describe('is set with an access token', () => {
    test('never, unless it is said: a token of few rights does not become the account', async () => {
      const { tokens, forget, setWith, isPassword } = await firstPasswordWorld()
      const some = (await tokens('read'))['access_token']
      const all = (await tokens('read write'))['access_token']
      await forget()
      expect([await setWith(some), await setWith(all)]).toEqual([refused, refused])
      expect(await isPassword(next)).toBe(false)
    })

    const fresh: WorldConfig = { passwords: { setWithToken: 'fresh' } }

    test.each([
      ['read write', 600, 'can', allowed],
      ['read write', 601, 'cannot', refused],
      ['read', 0, 'cannot', refused],
      ['write', 0, 'cannot', refused],
    ])(
      'by option: with the scopes “%s”, %i seconds after its login, it %s',
      async (scope, seconds, _, answer) => {
        const { tokens, forget, setWith, clock, isPassword } = await firstPasswordWorld(fresh)
        const { access_token } = await tokens(scope)
        await forget()
        clock.advance(seconds)
        expect(await setWith(access_token)).toEqual(answer)
        expect(await isPassword(next)).toBe(answer === allowed)
      },
    )

    test.each([true, false])(
      'not because it was refreshed (rotateRefresh: %s): what counts is the login',
      async (rotateRefresh) => {
        const made = await firstPasswordWorld(fresh, { rotateRefresh })
        const { tokens, refresh, forget, setWith, clock } = made
        const began = clock.now / 1000
        const first = await tokens('read write')
        await forget()
        clock.advance(400)
        const second = await refresh(first['refresh_token'])
        clock.advance(201)
        const third = await refresh(second['refresh_token'] ?? first['refresh_token'])
        expect(third['scope']).toBe('read write')
        const claimed = [first, second, third].flatMap((one) =>
          [one['access_token'], one['refresh_token']]
            .filter((token) => token !== undefined)
            .map((token) => decodeJwt(String(token))['auth_time']),
        )
        expect(claimed).toEqual(Array(rotateRefresh ? 6 : 4).fill(began))
        expect(await setWith(third['access_token'])).toEqual(refused)
        clock.advance(-1)
        expect(await setWith(third['access_token'])).toEqual(allowed)
      },
    )

    test('that the application issued, if it says when its owner proved who they are', async () => {
      const { auth, user, forget, setWith, clock } = await firstPasswordWorld(fresh)
      await forget()
      const issued = async (authTime?: Date) => {
        const options = { scopes: ['read', 'write'], ...(authTime ? { authTime } : {}) }
        return (await auth.tokens.issue(null, await user(), options)).access_token
      }
      expect(await setWith(await issued())).toEqual(refused)
      expect(await setWith(await issued(new Date(clock.now - 601_000)))).toEqual(refused)
      expect(await setWith(await issued(new Date(clock.now - 599_000)))).toEqual(allowed)
      await expect(issued(new Date('soon'))).rejects.toThrow('authTime')
    })

    test.each([
      ['nothing', undefined],
      ['a text', '9999999999'],
      ['no whole number', 1e300],
    ])('not with one that says %s of its login', async (_, auth_time) => {
      const { tokens, forget, setWith, headersOf, browser } = await firstPasswordWorld(fresh)
      const { access_token } = await tokens('read write')
      const { auth_time: _own, ...claims } = decodeJwt(String(access_token))
      const token = await new SignJWT({ ...claims, ...(auth_time ? { auth_time } : {}) })
        .setProtectedHeader({ alg: 'HS256' })
        .sign(new TextEncoder().encode(secret))
      await forget()
      expect((await browser().get('/me', { headers: headersOf(token) })).status).toBe(200)
      expect(await setWith(token)).toEqual(refused)
    })
  })

  test('is set by nobody else, who is not told whether there is a password', async () => {
    const { ann, loggedIn, clock, set } = await firstPasswordWorld()
    const client = await loggedIn(ann)
    clock.advance(601)
    expect(await set(client)).toEqual(refused)
  })

  test('is described as it is', async () => {
    const { auth } = await firstPasswordWorld({ passwords: { setWithToken: 'fresh' } })
    expect(auth.describe().passwords.setWithToken).toBe('fresh')
    const document = JSON.stringify((await auth.openapi()).paths?.['/set-password'])
    expect(document).toContain('fresh_login_required')
  })

  test.each([
    [{ passwords: { setWithToken: 'fresh' } }, /setWithToken is 'fresh', but there are no tokens/],
    [{ passwords: { setWithToken: true } }, /setWithToken must be 'never' or 'fresh'/],
  ])('the configuration %j is refused', (config, problem) => {
    expect(problemsOf(config)).toEqual([expect.stringMatching(problem)])
  })
})
