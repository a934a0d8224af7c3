/**
 * From an application that is signed in to a browser that is, too.
 */
import { bearer, memoryStorage, session, sudo } from 'crudauth'
import { oidc } from 'crudauth/oauth'
import { describe, expect, test } from 'vitest'
import { sha256 } from '../../src/crypto.ts'
import type { Browser, CallOptions } from '../support/browser.ts'
import { factor, rightCode } from '../support/made-up.ts'
import { type OAuthWorldOptions, oauthWorld, peopleTable } from '../support/oauth.ts'
import { json } from '../support/world.ts'

const verifier = 'v'.repeat(43)
const demo = oidc({ issuer: 'http://127.0.0.1:1', clientId: 'shop', onPrivateNetwork: true })

async function handOffWorld({ config = {}, ...options }: OAuthWorldOptions = {}) {
  const made = oauthWorld(
    { demo },
    {
      handOff: true,
      config: {
        transports: [
          session(),
          bearer({ accessTtl: 3600, refresh: 'body', defaultScopes: ['read'] }),
        ],
        ...config,
      } as never,
      ...options,
    },
  )
  const ann = await made.member()
  const tokensOf = async ({ username, password }: { username: string; password: string }) =>
    json(await made.browser().post('/token', { username, password }))
  const { access_token, refresh_token } = await tokensOf(ann)
  const headers = (token: unknown = access_token) => ({ authorization: `Bearer ${token}` })
  const ask = (token?: unknown, challenge = sha256(verifier)) =>
    made
      .browser()
      .post('/oauth/hand-off', { code_challenge: challenge }, { headers: headers(token) })
  return {
    ...made,
    ann,
    refresh_token,
    tokensOf,
    headers,
    ask,
    code: async (token?: unknown) => String((await json(await ask(token)))['code']),
    redeem: (client: Browser, code: string, change: object = {}, call: CallOptions = {}) =>
      client.post('/oauth/hand-off/redeem', { code, code_verifier: verifier, ...change }, call),
  }
}

const invalid = [400, { code: 'oauth_code_invalid' }]
const outcome = async (response: Response) => [response.status, await json(response)]

describe('a hand-off', () => {
  test('signs a page in with the code of an application', async () => {
    const world = await handOffWorld()
    const asked = await world.ask()
    const { code, expires_in } = await json(asked)
    expect([asked.status, expires_in, asked.headers.getSetCookie()]).toEqual([200, 60, []])
    const page = world.browser()
    const answer = await world.redeem(page, String(code))
    expect(await outcome(answer)).toMatchObject([200, { username: 'ann', csrf_token: /./ }])
    expect(await json(await page.get('/me'))).toMatchObject({ username: 'ann' })
    expect(world.events.filter(({ name }) => name === 'login.succeeded')).toMatchObject([
      { transport: 'bearer' },
      { transport: 'session' },
    ])
    // The application goes on as before.
    expect((await world.browser().get('/me', { headers: world.headers() })).status).toBe(200)
  })

  test('counts once, for one of several at once', async () => {
    const world = await handOffWorld()
    const code = await world.code()
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => world.redeem(world.browser(), code)),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400, 400, 400])
  })

  test('is nothing to who sees the code: it wants the verifier of who asked', async () => {
    const world = await handOffWorld()
    for (const code_verifier of ['w'.repeat(43), sha256(verifier)]) {
      const code = await world.code()
      const thief = world.browser()
      const stolen = await world.redeem(thief, code, { code_verifier })
      expect(await outcome(stolen)).toMatchObject(invalid)
      expect(thief.sessionId).toBeUndefined()
      expect(await outcome(await world.redeem(world.browser(), code))).toMatchObject(invalid)
    }
  })

  test('counts for a minute', async () => {
    const world = await handOffWorld()
    const code = await world.code()
    world.clock.advance(61)
    expect(await outcome(await world.redeem(world.browser(), code))).toMatchObject(invalid)
  })

  test('of an attacker is taken from no other site’s page: nobody is put into another’s account', async () => {
    const world = await handOffWorld()
    const victim = world.browser()
    const evil = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
    const forged = await world.redeem(victim, await world.code(), {}, { headers: evil })
    expect(await outcome(forged)).toMatchObject([403, { code: 'cross_origin' }])
    const form = { code: await world.code(), code_verifier: verifier }
    const posted = await victim.call('POST', '/oauth/hand-off/redeem', { form })
    expect(posted.status).toBe(422)
    const address = `/oauth/hand-off/redeem?${new URLSearchParams(form)}`
    expect((await victim.get(address)).status).toBe(405)
    expect(victim.sessionId).toBeUndefined()
  })

  test('gives the page a new session, whatever it came with', async () => {
    const world = await handOffWorld()
    const bob = await world.member('bob')
    const page = await world.loggedIn(bob)
    const before = page.sessionId
    await world.redeem(page, await world.code())
    expect(page.sessionId).not.toBe(before)
    const old = { headers: { cookie: `__Host-session_id=${before}` } }
    expect((await world.browser().get('/me', old)).status).toBe(401)
    const fixed = world.browser()
    const cookie = { cookie: `__Host-session_id=${'x'.repeat(43)}` }
    await world.redeem(fixed, await world.code(), {}, { headers: cookie })
    expect(fixed.sessionId).not.toBe('x'.repeat(43))
  })
})

describe('nobody asks for a hand-off', () => {
  test('without an application’s tokens: a session does not do', async () => {
    const world = await handOffWorld()
    const body = { code_challenge: sha256(verifier) }
    expect((await world.browser().post('/oauth/hand-off', body)).status).toBe(401)
    const page = await world.loggedIn(world.ann)
    expect((await page.post('/oauth/hand-off', body)).status).toBe(401)
  })

  test('with a token that may do less than others', async () => {
    const transports = [
      session(),
      bearer({ defaultScopes: ['read'], grantableScopes: ['read', 'write'] }),
    ]
    const world = await handOffWorld({ config: { transports } as never })
    expect(await outcome(await world.ask())).toMatchObject([403, { code: 'insufficient_scope' }])
  })

  test('with the last access token of a login that has ended', async () => {
    const world = await handOffWorld()
    await world.browser().post('/revoke', { token: world.refresh_token })
    expect((await world.browser().get('/me', { headers: world.headers() })).status).toBe(200)
    expect((await world.ask()).status).toBe(401)
  })

  test('without a challenge', async () => {
    const world = await handOffWorld()
    expect((await world.ask(undefined, 'short')).status).toBe(422)
  })

  test('where the configuration does not say so', async () => {
    const world = await handOffWorld({ handOff: false })
    expect((await world.ask()).status).toBe(404)
    expect(() =>
      oauthWorld({ demo }, { handOff: true, config: { transports: [session()] } as never }),
    ).toThrow('oauth.handOff is for applications with tokens')
  })
})

describe('a session of a hand-off', () => {
  test('does not begin for an account that was disabled, or whose credentials ended, meanwhile', async () => {
    const world = await handOffWorld()
    const [first, second] = [await world.code(), await world.code()]
    await world.auth.users.disable(1)
    expect((await world.redeem(world.browser(), first)).status).toBe(400)
    await world.auth.users.enable(1)
    expect(await outcome(await world.redeem(world.browser(), second))).toMatchObject(invalid)
  })

  test('wants the further proofs that every sign-in wants', async () => {
    let isWanted = false
    const further = {
      name: 'stub',
      key: 'stub',
      problems: [],
      wire: () => ({ furtherProof: { name: 'totp', isWanted: () => isWanted } }),
    }
    const world = await handOffWorld({ others: [further] })
    const code = await world.code()
    isWanted = true
    const page = world.browser()
    expect(await outcome(await world.redeem(page, code))).toMatchObject([
      401,
      { code: 'further_proof_required', wanted: ['totp'] },
    ])
    expect([page.sessionId, page.cookie('__Host-pending_sign_in')]).toEqual([
      undefined,
      expect.any(String),
    ])
  })

  test('is no fresher than the login of the application: it sets no first password later', async () => {
    const world = await handOffWorld({
      config: {
        transports: [session(), bearer({ accessTtl: 3600 })],
        rateLimits: {
          register: { times: 0, seconds: 1 },
          change_password: { times: 0, seconds: 1 },
        },
      } as never,
    })
    world.sqlite.exec("update people set hashed_password = '!none'")
    const set = (page: Browser) => page.post('/set-password', { new_password: 'a new battery' })
    const page = async () => {
      const client = world.browser()
      expect((await world.redeem(client, await world.code())).status).toBe(200)
      return client
    }
    const soon = await page()
    world.clock.advance(595)
    const late = await page()
    expect((await late.get('/me')).status).toBe(200)
    world.clock.advance(10)
    for (const client of [soon, late]) {
      expect(await outcome(await set(client))).toMatchObject([
        403,
        { code: 'fresh_login_required' },
      ])
    }
    const user = await world.auth.users.get(1)
    const authTime = new Date(world.clock.now)
    const issued = await world.auth.tokens.issue(null, user as never, { authTime })
    const fresh = world.browser()
    await world.redeem(fresh, await world.code(issued.access_token))
    expect((await set(fresh)).status).toBe(200)
  })

  test('is not fresh where nobody says when its owner was proven', async () => {
    const world = await handOffWorld()
    world.sqlite.exec("update people set hashed_password = '!none'")
    const found = await world.auth.users.get(1)
    const { access_token } = await world.auth.tokens.issue(null, found as never)
    const page = world.browser()
    expect((await world.redeem(page, await world.code(access_token))).status).toBe(200)
    const answer = await page.post('/set-password', { new_password: 'a new battery' })
    expect(await outcome(answer)).toMatchObject([403, { code: 'fresh_login_required' }])
  })

  test('is not elevated', async () => {
    const world = await handOffWorld({ others: [sudo({ route: true })] })
    const page = world.browser()
    await world.redeem(page, await world.code())
    const answer = await page.post('/oauth/demo/link')
    expect(await outcome(answer)).toMatchObject([403, { code: 'sudo_required' }])
  })

  /** A page that is signed in by hand-off, and another of the same account that is not. */
  async function opened(options: OAuthWorldOptions = {}) {
    const world = await handOffWorld({
      ...options,
      config: {
        transports: [session({ managementRoutes: true }), bearer({ refresh: 'body' })],
        ...options.config,
      } as never,
    })
    const own = await world.loggedIn(world.ann)
    const page = world.browser()
    expect((await world.redeem(page, await world.code())).status).toBe(200)
    expect((await page.get('/me')).status).toBe(200)
    return { ...world, page, own }
  }
  const lists = async (client: Browser) =>
    ((await json(await client.get('/sessions'))) as unknown as object[]).length

  test('ends with the login of the application: by its logout, wherever that is', async () => {
    const world = await opened()
    expect(await lists(world.own)).toBe(2)
    await world.browser().post('/revoke', { token: world.refresh_token })
    // Gone from lists before anybody uses it.
    expect(await lists(world.own)).toBe(1)
    expect((await world.page.get('/me')).status).toBe(401)
    expect((await world.own.get('/me')).status).toBe(200)
  })

  test('ends with that login by its owner’s hand, by a replay, and with its lifetime', async () => {
    const ended = await opened()
    const found = await ended.auth.users.credentials(1)
    const login = found.find(({ kind }) => kind === 'token_login')
    expect(await ended.auth.users.endCredential(1, login as never)).toBe(true)
    expect((await ended.page.get('/me')).status).toBe(401)

    const replayed = await opened()
    const { refresh_token: token } = replayed
    expect((await replayed.browser().post('/refresh', { refresh_token: token })).status).toBe(200)
    expect((await replayed.page.get('/me')).status).toBe(200)
    replayed.clock.advance(60)
    await replayed.browser().post('/refresh', { refresh_token: token })
    expect((await replayed.page.get('/me')).status).toBe(401)

    const transports = [session(), bearer({ refresh: 'body', refreshTtl: 1200 })]
    const late = await opened({ config: { transports } as never })
    late.clock.advance(1199)
    expect((await late.page.get('/me')).status).toBe(200)
    late.clock.advance(2)
    expect((await late.page.get('/me')).status).toBe(401)
  })

  test('does not begin where that login has ended since the code was made', async () => {
    const world = await handOffWorld()
    const code = await world.code()
    await world.browser().post('/revoke', { token: world.refresh_token })
    const page = world.browser()
    expect(await outcome(await world.redeem(page, code))).toMatchObject(invalid)
    expect(page.sessionId).toBeUndefined()
  })

  test('ends alone: the application stays signed in', async () => {
    const world = await opened()
    expect((await world.page.post('/logout')).status).toBe(200)
    expect((await world.page.get('/me')).status).toBe(401)
    const refreshed = await world.browser().post('/refresh', { refresh_token: world.refresh_token })
    expect(refreshed.status).toBe(200)
  })

  test('lives on where its owner ends all others by it', async () => {
    const world = await opened()
    const { password } = world.ann
    const change = { current_password: password, new_password: 'another horse battery' }
    expect((await world.page.post('/change-password', change)).status).toBe(200)
    const body = { refresh_token: world.refresh_token }
    expect((await world.browser().post('/refresh', body)).status).toBe(401)
    expect((await world.page.get('/me')).status).toBe(200)
    expect((await world.own.get('/me')).status).toBe(401)
  })

  test('stays bound to it under a new identifier, also after a further proof', async () => {
    const world = await opened({ others: [sudo({ route: true })] })
    const before = world.page.sessionId
    expect((await world.page.post('/sudo', { password: world.ann.password })).status).toBe(200)
    expect(world.page.sessionId).not.toBe(before)
    await world.browser().post('/revoke', { token: world.refresh_token })
    expect((await world.page.get('/me')).status).toBe(401)

    const asked = await handOffWorld({ others: [factor()] })
    // The factor asks at every sign-in, that of the application among them.
    const waiting = await asked.browser().post('/token', asked.ann)
    const { pending } = await json(waiting)
    const proof = { code: rightCode, pending }
    const tokens = await json(await asked.browser().post('/prove/made-up', proof))
    const page = asked.browser()
    expect((await asked.redeem(page, await asked.code(tokens['access_token']))).status).toBe(401)
    expect((await page.post('/prove/made-up', { code: rightCode })).status).toBe(200)
    expect((await page.get('/me')).status).toBe(200)
    await asked.browser().post('/revoke', { token: tokens['refresh_token'] })
    expect((await page.get('/me')).status).toBe(401)
  })

  test('is neither let in nor ended while the storage cannot tell', async () => {
    const storage = memoryStorage()
    let isAway = false
    const failing = new Proxy(storage, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        return (...given: unknown[]) => {
          if (isAway && String(given[0]).includes(':refresh:')) throw new Error('away')
          return Reflect.apply(value, target, given)
        }
      },
    })
    const world = await opened({ config: { storage: failing } as never })
    isAway = true
    expect((await world.page.get('/me')).status).toBe(503)
    expect((await world.own.get('/me')).status).toBe(200)
    isAway = false
    expect((await world.page.get('/me')).status).toBe(200)
  })

  test('is dead where the application takes tokens no more: nobody can say what became of the login', async () => {
    const table = peopleTable()
    const storage = memoryStorage()
    const world = await opened({ table, config: { storage } as never })
    const later = oauthWorld({ demo }, { table, config: { storage } as never })
    later.clock.now = world.clock.now
    const as = ({ sessionId }: Browser) => ({
      headers: { cookie: `__Host-session_id=${sessionId}` },
    })
    expect((await later.browser().get('/me', as(world.own))).status).toBe(200)
    expect((await later.browser().get('/me', as(world.page))).status).toBe(401)
  })

  test('ends with everything else of its account', async () => {
    const world = await handOffWorld()
    const page = world.browser()
    await world.redeem(page, await world.code())
    await world.auth.sessions.revokeAll(1)
    expect((await page.get('/me')).status).toBe(401)
  })
})
