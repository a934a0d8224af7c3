/**
 * Sign-in at a certified provider, over HTTP.
 */
import { recovery } from 'crudauth'
import { oidc } from 'crudauth/oauth'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { asBrowser, type OAuthWorldOptions, oauthWorld, told } from '../support/oauth.ts'
import { type OpenIdProvider, openIdProvider } from '../support/oidc-provider.ts'
import { json } from '../support/world.ts'

let provider: OpenIdProvider
beforeAll(async () => {
  provider = await openIdProvider()
})
afterAll(() => provider.close())

/** A subject of its own for each test. */
let count = 0
function somebody(claims: object = {}): string {
  const sub = `person-${++count}`
  provider.people.set(sub, { email: `${sub}@example.com`, email_verified: true, ...claims })
  provider.user = sub
  provider.refuses = false
  return sub
}

const demo = () =>
  oidc({ issuer: provider.issuer, ...provider.client, onPrivateNetwork: true, label: 'Demo' })
const demoWorld = (options: OAuthWorldOptions = {}) => oauthWorld({ demo: demo() }, options)

describe('a first sign-in', () => {
  test('makes an account, and a session in it', async () => {
    const { browser, leave, rows, auth, events } = demoWorld()
    const sub = somebody({ name: 'Ann Other', preferred_username: 'Ann!' })
    const client = browser()
    const back = await client.get(await provider.visit(await leave(client)))
    expect(told(back)).toEqual({ status: 307, page: 'https://app.example.com' })
    const me = await json(await client.get('/me'))
    expect(me).toMatchObject({ email: `${sub}@example.com`, username: 'ann' })
    expect(rows()).toMatchObject([{ demo_id: sub, oauth_provider: 'demo', email_verified: 1 }])
    expect(rows()[0]?.['hashed_password']).toMatch(/^!/)
    expect(await auth.oauth.identities(Number(me['user_id']))).toEqual([
      { provider: 'demo', subject: sub },
    ])
    expect(events.map(({ name }) => name)).toEqual([
      'oauth.issuer_recorded',
      'registration.succeeded',
      'login.succeeded',
    ])
  })

  test('runs the hooks as on every path, and tells newUserFields who it is', async () => {
    const ran: string[] = []
    const { browser, leave, rows } = demoWorld({
      config: {
        registration: {
          newUserFields: ({
            source,
            suggestedName,
            profile,
          }: {
            source: string
            suggestedName: string
            profile: { provider: string } | null
          }) => ({
            displayName: `${source}: ${suggestedName} of ${profile?.provider}`,
          }),
        },
      } as never,
      hooks: {
        afterRegister: (_, { transport }) => void ran.push(`registered by ${transport}`),
        afterLogin: () => void ran.push('logged in'),
      },
    })
    somebody({ name: 'Ann Other' })
    const client = browser()
    await client.get(await provider.visit(await leave(client)))
    expect(ran).toEqual(['registered by oauth', 'logged in'])
    expect(rows()).toMatchObject([{ display_name: 'oauth: Ann Other of demo' }])
  })

  test('of two people of one name gives each a name', async () => {
    const { browser, leave, rows } = demoWorld()
    for (const _ of [1, 2, 3]) {
      somebody({ preferred_username: 'ann' })
      const client = browser()
      await client.get(await provider.visit(await leave(client)))
    }
    expect(rows().map(({ username }) => username)).toEqual(['ann', 'ann_1', 'ann_2'])
  })

  test.each([
    ['by option', { newAccounts: false }],
    ['as at /register', { config: { registration: { mode: 'closed' }, rateLimits: {} } as never }],
  ])('makes no account where strangers get none: %s', async (_, options) => {
    const { browser, leave, rows } = demoWorld({ ...options, errorPage: '/sign-in' })
    somebody()
    const client = browser()
    const back = await client.get(await provider.visit(await leave(client)), asBrowser)
    expect(told(back)).toEqual({
      status: 307,
      page: '/sign-in',
      error: 'oauth_failed',
      reason: 'no_account',
    })
    expect(rows()).toEqual([])
  })

  test('without an address makes none where people log in by it', async () => {
    const { browser, leave, rows } = demoWorld()
    somebody({ email: undefined, email_verified: undefined })
    const client = browser()
    const back = await client.get(await provider.visit(await leave(client)))
    expect([back.status, await json(back)]).toMatchObject([400, { code: 'oauth_no_address' }])
    expect(rows()).toEqual([])
  })
})

describe('a later sign-in', () => {
  test('gets in to the same account, whatever the address is by then', async () => {
    const { browser, leave, rows } = demoWorld()
    const sub = somebody()
    const first = browser()
    await first.get(await provider.visit(await leave(first)))
    provider.people.set(sub, { email: 'new@example.com', email_verified: true })
    const second = browser()
    await second.get(await provider.visit(await leave(second)))
    expect(await json(await second.get('/me'))).toMatchObject({ email: `${sub}@example.com` })
    expect(rows()).toHaveLength(1)
  })

  test('of a disabled account signs nobody in', async () => {
    const { auth, browser, leave, rows } = demoWorld()
    somebody()
    const first = browser()
    await first.get(await provider.visit(await leave(first)))
    await auth.users.disable(Number(rows()[0]?.['id']) as never)
    const second = browser()
    const back = await second.get(await provider.visit(await leave(second)))
    expect([back.status, await json(back)]).toMatchObject([
      400,
      { code: 'oauth_account_unavailable' },
    ])
    expect(second.sessionId).toBeUndefined()
  })

  test('ends the login that the browser had before', async () => {
    const { browser, leave, events } = demoWorld()
    somebody()
    const client = browser()
    await client.get(await provider.visit(await leave(client)))
    const before = client.sessionId
    await client.get(await provider.visit(await leave(client)))
    const old = { headers: { cookie: `__Host-session_id=${before}` } }
    expect((await browser().get('/me', old)).status).toBe(401)
    expect(events.filter(({ name }) => name === 'login.succeeded')).toHaveLength(2)
  })
})

describe('the way there', () => {
  test('is bound to the browser, asks for a code with a challenge and a nonce, and sets one cookie', async () => {
    const { browser, leave } = demoWorld()
    const client = browser()
    const url = new URL(await leave(client))
    expect(`${url.origin}${url.pathname}`).toBe(`${provider.issuer}/auth`)
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: 'shop',
      redirect_uri: 'https://app.example.com/oauth/demo/callback',
      response_type: 'code',
      state: expect.stringMatching(/^[\w-]{43}$/),
      scope: 'openid email profile',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
      nonce: expect.stringMatching(/^[\w-]{43}$/),
    })
    const [[name, cookie] = []] = [...client.jar]
    expect(name).toMatch(/^__Host-oauth_state_[\w-]{8}$/)
    expect(cookie?.attributes).toEqual({
      'max-age': '600',
      path: '/',
      httponly: true,
      secure: true,
      samesite: 'Lax',
    })
    expect(cookie?.value).not.toContain(url.searchParams.get('state'))
  })

  test('of an unknown provider is an error that repeats nothing', async () => {
    const { browser } = demoWorld()
    for (const path of ['authorize', 'callback']) {
      const response = await browser().get(`/oauth/evil/${path}`)
      const text = await response.text()
      expect([response.status, text.includes('evil')]).toEqual([400, false])
      expect(text).toContain('oauth_provider_unknown')
    }
  })

  test('has a limit', async () => {
    const { browser } = demoWorld({
      config: { rateLimits: { oauth_authorize: { times: 2, seconds: 60 } } } as never,
    })
    const client = browser()
    const statuses = []
    for (const _ of [1, 2, 3]) statuses.push((await client.get('/oauth/demo/authorize')).status)
    expect(statuses).toEqual([307, 307, 429])
  })

  test('of a provider that is away leads to the error page', async () => {
    const away = oidc({ issuer: 'http://127.0.0.1:1', clientId: 'shop', onPrivateNetwork: true })
    const { browser, refused } = oauthWorld({ demo: away })
    const response = await browser().get('/oauth/demo/authorize')
    expect(told(response)).toMatchObject({ error: 'oauth_failed', reason: 'provider_unavailable' })
    expect(refused()).toMatchObject([{ detail: 'did not answer: ECONNREFUSED' }])
  })
})

describe('the way back', () => {
  test('lands on the page that was asked for', async () => {
    const { browser, leave } = demoWorld({ redirectOrigins: ['https://pages.example.com'] })
    for (const page of ['/dashboard?tab=2#top', 'https://pages.example.com/start']) {
      somebody()
      const client = browser()
      const back = await client.get(await provider.visit(await leave(client, 'demo', page)))
      expect(back.headers.get('location')).toBe(page)
    }
  })

  test.each([
    '//evil.example',
    '/\\evil.example',
    '\\/evil.example',
    'https://evil.example',
    'https:evil.example',
    'javascript:alert(1)',
    '/\tevil',
    '/a/..//evil.example',
    '/.//evil.example',
    '/%2e//evil.example',
    ' /dashboard',
    'https://pages.example.com@evil.example',
    'https://pages.example.com.evil.example',
    'http://pages.example.com',
    `/${'x'.repeat(3000)}`,
    '',
  ])('lands on the default page instead of %j', async (page) => {
    const { browser, leave } = demoWorld({
      redirectOrigins: ['https://pages.example.com'],
      landingPage: '/home',
    })
    somebody()
    const client = browser()
    const back = await client.get(await provider.visit(await leave(client, 'demo', page)))
    expect(back.headers.get('location')).toBe('/home')
  })

  test('ends the flow, and its cookie', async () => {
    const { browser, leave } = demoWorld()
    somebody()
    const client = browser()
    const back = await provider.visit(await leave(client))
    await client.get(back)
    expect([...client.jar.keys()].filter((name) => name.includes('oauth_state'))).toEqual([])
    const again = await client.get(back)
    expect([again.status, await json(again)]).toMatchObject([400, { code: 'oauth_state_invalid' }])
  })

  test('of somebody who said no leads to the error page, without a word of the provider', async () => {
    const { browser, leave } = demoWorld({ errorPage: 'https://app.example.com/oops?x=1' })
    somebody()
    provider.refuses = true
    const client = browser()
    const back = await client.get(await provider.visit(await leave(client)))
    expect(back.headers.get('location')).toBe(
      'https://app.example.com/oops?x=1&error=oauth_failed&reason=denied',
    )
  })

  test('of an account whose address is not verified is told so, where that is required', async () => {
    const channels = [{ name: 'mail', deliver: () => {} }]
    const frontendUrl = 'https://app.example.com'
    const required = recovery({ channels, frontendUrl, verified: 'required' })
    const { browser, leave } = demoWorld({ others: [required], errorPage: '/sign-in' })
    somebody({ email_verified: false })
    const client = browser()
    const back = await client.get(await provider.visit(await leave(client)), asBrowser)
    expect(told(back)).toEqual({
      status: 307,
      page: '/sign-in',
      error: 'oauth_failed',
      reason: 'not_verified',
    })
    expect(client.sessionId).toBeUndefined()
  })

  test('asks for a further proof where one is wanted, on the page for it', async () => {
    const further = {
      name: 'stub',
      key: 'stub',
      problems: [],
      wire: () => ({ furtherProof: { name: 'totp', isWanted: () => true } }),
    }
    const { browser, leave } = demoWorld({ others: [further], errorPage: '/sign-in' })
    somebody()
    const client = browser()
    const back = await client.get(await provider.visit(await leave(client)), asBrowser)
    expect(told(back)).toEqual({
      status: 307,
      page: '/sign-in',
      error: 'oauth_failed',
      reason: 'further_proof_required',
      wanted: 'totp',
    })
    expect(client.sessionId).toBeUndefined()
    expect(client.cookie('__Host-pending_sign_in')).toBeDefined()
  })
})

describe('with strict cookies', () => {
  test('two pages of our own lie between, so that the session comes along', async () => {
    const { browser, leave } = demoWorld({ config: { cookies: { sameSite: 'strict' } } as never })
    somebody()
    const client = browser()
    const first = await client.get(await provider.visit(await leave(client, 'demo', '/a?b=1&c=2')))
    const page = await first.text()
    expect([first.status, first.headers.get('content-type')]).toEqual([
      200,
      'text/html; charset=utf-8',
    ])
    expect(client.sessionId).toBeUndefined()
    const [, next = ''] = /url=([^"]*)"/.exec(page) ?? []
    const second = await client.get(`/oauth/demo/callback${next}`)
    expect(await second.text()).toContain('url=/a?b=1&amp;c=2"')
    expect((await client.get('/me')).status).toBe(200)
  })
})

describe('many at once', () => {
  test('of fifty tabs the five latest can come back', async () => {
    const { browser, leave } = demoWorld()
    const client = browser()
    const locations: string[] = []
    for (let tab = 0; tab < 50; tab++) locations.push(await leave(client))
    expect(client.jar.size).toBe(5)
    somebody()
    const statuses = []
    for (const location of locations.slice(-6)) {
      statuses.push((await client.get(await provider.visit(location))).status)
    }
    expect(statuses).toEqual([400, 307, 307, 307, 307, 307])
  })

  test('of hundreds of cookies of tabs an answer ends a few', async () => {
    const { browser, leave } = demoWorld()
    const client = browser()
    await leave(client)
    const [name = ''] = client.jar.keys()
    const cookies = Array.from(
      { length: 300 },
      (_, index) => `${name.slice(0, -8)}${String(index).padStart(8, '0')}=1.x`,
    )
    const response = await client.get('/oauth/demo/authorize', {
      headers: { cookie: cookies.join('; ') },
    })
    expect(response.status).toBe(307)
    expect(response.headers.getSetCookie()).toHaveLength(17)
  })

  test('of parallel answers with one state one wins', async () => {
    const { browser, leave, rows } = demoWorld()
    somebody()
    const client = browser()
    const back = await provider.visit(await leave(client))
    const answers = await Promise.all(Array.from({ length: 10 }, () => client.get(back)))
    expect(answers.filter(({ status }) => status === 307)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(9)
    expect(rows()).toHaveLength(1)
  })

  test('two first sign-ins of one person make one account', async () => {
    const { browser, leave, rows } = demoWorld()
    somebody()
    const clients = Array.from({ length: 4 }, () => browser())
    const backs: string[] = []
    for (const client of clients) backs.push(await provider.visit(await leave(client)))
    const answers = await Promise.all(clients.map((client, n) => client.get(backs[n] ?? '')))
    expect(answers.map(({ status }) => status)).toEqual([307, 307, 307, 307])
    expect(rows()).toHaveLength(1)
  })
})
