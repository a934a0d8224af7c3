/**
 * From an application that is signed in to a browser that is, too.
 */
import { bearer, session, sudo } from 'crudauth'
import { oidc } from 'crudauth/oauth'
import { describe, expect, test } from 'vitest'
import { sha256 } from '../../src/crypto.ts'
import type { Browser, CallOptions } from '../support/browser.ts'
import { type OAuthWorldOptions, oauthWorld } from '../support/oauth.ts'
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

  test('ends with everything else of its account', async () => {
    const world = await handOffWorld()
    const page = world.browser()
    await world.redeem(page, await world.code())
    await world.auth.sessions.revokeAll(1)
    expect((await page.get('/me')).status).toBe(401)
  })
})
