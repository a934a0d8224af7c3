/**
 * The sign-in of an application in the browser of its system, which ends in tokens (RFC 8252).
 */
import { bearer, memoryStorage, session } from 'crudauth'
import { oidc } from 'crudauth/oauth'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sha256 } from '../../src/crypto.ts'
import type { Browser } from '../support/browser.ts'
import {
  asBrowser,
  type OAuthWorldOptions,
  oauthWorld,
  peopleTable,
  told,
} from '../support/oauth.ts'
import { type OpenIdProvider, openIdProvider } from '../support/oidc-provider.ts'
import { json } from '../support/world.ts'

let provider: OpenIdProvider
beforeAll(async () => {
  provider = await openIdProvider()
})
afterAll(() => provider.close())

const verifier = 'v'.repeat(43)
const claimed = 'https://app.example.com/signed-in'
const own = 'com.example.app:/signed-in'
const clientRedirects = [claimed, own, 'http://127.0.0.1/signed-in', 'http://[::1]/signed-in?x=1']

function applicationWorld({ config = {}, ...options }: OAuthWorldOptions = {}) {
  provider.user = 'ann'
  provider.refuses = false
  provider.people.set('ann', { email: 'ann@example.com', email_verified: true })
  const demo = oidc({ issuer: provider.issuer, ...provider.client, onPrivateNetwork: true })
  const made = oauthWorld(
    { demo },
    {
      clientRedirects,
      config: { transports: [session(), bearer()], ...config } as never,
      ...options,
    },
  )
  const begin = (client: Browser, change: Record<string, string | undefined> = {}) => {
    const query = {
      redirect_uri: claimed,
      code_challenge: sha256(verifier),
      code_challenge_method: 'S256',
      state: 'of the application',
      ...change,
    }
    const sent = Object.entries(query).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as [string, string]],
    )
    return client.get(`/oauth/demo/authorize?${new URLSearchParams(sent)}`, asBrowser)
  }
  /** There and back; what the browser is answered. */
  const there = async (client: Browser, change: Record<string, string | undefined> = {}) => {
    const begun = await begin(client, change)
    return client.get(await provider.visit(begun.headers.get('location') ?? ''), asBrowser)
  }
  const redeem = (code: string, change: object = {}) =>
    made.browser({ peer: '198.51.100.9' }).post('/oauth/token', {
      code,
      code_verifier: verifier,
      redirect_uri: claimed,
      ...change,
    })
  const codeFor = async (change: Record<string, string | undefined> = {}) => {
    const { code } = told(await there(made.browser(), change)) as { code?: string }
    return code ?? ''
  }
  return { ...made, begin, there, redeem, codeFor }
}

/** The link of the page that asks. */
async function linkOf(response: Response): Promise<URL> {
  const page = await response.text()
  const [, address = ''] = /<a href="([^"]*)"/.exec(page) ?? []
  return new URL(address.replaceAll('&amp;', '&'))
}

const invalid = [400, { code: 'oauth_code_invalid' }]
const outcome = async (response: Response) => [response.status, await json(response)]

describe('an application', () => {
  test('gets a code at its redirect URI, and tokens for it', async () => {
    const world = applicationWorld()
    const client = world.browser()
    const { code, ...back } = told(await world.there(client)) as Record<string, unknown>
    expect(back).toEqual({ status: 307, page: claimed, state: 'of the application' })
    const answer = await world.redeem(String(code))
    const { access_token, refresh_token, device_token } = await json(answer)
    expect([answer.status, typeof refresh_token, typeof device_token]).toEqual([
      200,
      'string',
      'string',
    ])
    expect(answer.headers.getSetCookie()).toEqual([])
    const headers = { authorization: `Bearer ${access_token}` }
    expect(await json(await world.browser().get('/me', { headers }))).toMatchObject({
      email: 'ann@example.com',
    })
    // The browser is signed in nowhere.
    expect(client.jar.size).toBe(0)
    expect(world.events.map(({ name }) => name)).toEqual([
      'oauth.issuer_recorded',
      'registration.succeeded',
      'login.succeeded',
    ])
  })

  test('may send a form, as clients of OAuth do', async () => {
    const world = applicationWorld()
    const form = {
      grant_type: 'authorization_code',
      code: await world.codeFor(),
      code_verifier: verifier,
      redirect_uri: claimed,
    }
    expect((await world.browser().call('POST', '/oauth/token', { form })).status).toBe(200)
  })

  test('is told why it came to nothing, with its state', async () => {
    const world = applicationWorld()
    provider.refuses = true
    expect(told(await world.there(world.browser()))).toEqual({
      status: 307,
      page: claimed,
      error: 'oauth_failed',
      reason: 'denied',
      state: 'of the application',
    })
    const stranger = applicationWorld({ newAccounts: false })
    expect(told(await stranger.there(stranger.browser(), { state: undefined }))).toEqual({
      status: 307,
      page: claimed,
      error: 'oauth_failed',
      reason: 'no_account',
    })
  })

  test('is asked for a further proof where one is wanted, when it redeems the code', async () => {
    const further = {
      name: 'stub',
      key: 'stub',
      problems: [],
      wire: () => ({ furtherProof: { name: 'totp', isWanted: () => true } }),
    }
    const world = applicationWorld({ others: [further] })
    expect(await outcome(await world.redeem(await world.codeFor()))).toMatchObject([
      401,
      { code: 'further_proof_required', wanted: ['totp'], pending: expect.any(String) },
    ])
    expect(world.refused()).toMatchObject([{ provider: 'demo', reason: 'further_proof_required' }])
  })

  test('gets nothing for an account that was disabled meanwhile, or whose credentials ended', async () => {
    const world = applicationWorld()
    const [first, second] = [await world.codeFor(), await world.codeFor()]
    await world.auth.users.disable(1)
    expect((await world.redeem(first)).status).toBe(400)
    await world.auth.users.enable(1)
    expect(await outcome(await world.redeem(second))).toMatchObject(invalid)
    const third = await world.codeFor()
    world.sqlite.exec('delete from people')
    expect(await outcome(await world.redeem(third))).toMatchObject(invalid)
  })
})

describe('a code', () => {
  test('is good once, for one of several at once', async () => {
    const world = applicationWorld()
    const code = await world.codeFor()
    const answers = await Promise.all(Array.from({ length: 5 }, () => world.redeem(code)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400, 400, 400])
    expect(await outcome(await world.redeem(code))).toMatchObject(invalid)
  })

  test.each<[string, object]>([
    ['with another verifier', { code_verifier: 'w'.repeat(43) }],
    ['with the challenge for a verifier', { code_verifier: sha256(verifier) }],
    ['for another redirect URI', { redirect_uri: own }],
    ['for one that is not listed', { redirect_uri: 'https://evil.example/' }],
  ])('is nothing %s, and then to nobody', async (_, change) => {
    const world = applicationWorld()
    const code = await world.codeFor()
    expect(await outcome(await world.redeem(code, change))).toMatchObject(invalid)
    expect(await outcome(await world.redeem(code))).toMatchObject(invalid)
    expect(world.refused()).toMatchObject([{ reason: 'code_invalid' }, { reason: 'code_invalid' }])
  })

  test('ends after a minute', async () => {
    // The storage remembers for longer.
    const storage = memoryStorage({ clock: () => 0 })
    const world = applicationWorld({ config: { storage } as never })
    const [first, second] = [await world.codeFor(), await world.codeFor()]
    world.clock.advance(59)
    expect((await world.redeem(first)).status).toBe(200)
    world.clock.advance(2)
    expect(await outcome(await world.redeem(second))).toMatchObject(invalid)
  })

  test('is not in the storage as it is', async () => {
    const world = applicationWorld()
    const code = await world.codeFor()
    expect(await world.storage.get(`crudauth:oauth-code:${code}`)).toBeNull()
    expect(await world.storage.get(`crudauth:oauth-code:${sha256(code)}`)).not.toContain(verifier)
  })

  test('of another application on the same storage is nothing', async () => {
    const table = peopleTable()
    const world = applicationWorld({ table })
    const code = await world.codeFor()
    const other = applicationWorld({
      table,
      config: { storage: world.storage, secret: 'another secret for tests, thirty-two bytes' },
    } as never)
    expect(await outcome(await other.redeem(code))).toMatchObject(invalid)
  })
})

describe('a request of an application', () => {
  test.each([
    'https://evil.example/signed-in',
    'https://app.example.com/signed-in/',
    'https://app.example.com/signed-in?x=1',
    'https://app.example.com/Signed-In',
    'https://app.example.com:443/signed-in',
    'HTTPS://app.example.com/signed-in',
    'https://app.example.com/signed-in#x',
    'https://app.example.com/a/../signed-in',
    'com.example.app:/other',
    'com.example.evil:/signed-in',
    'http://app.example.com/signed-in',
    'http://localhost:4000/signed-in',
    'http://127.0.0.1:4000/other',
    'http://127.0.0.1:4000/signed-in?x=1',
    'http://127.0.0.1:99999/signed-in',
    'http://127.0.0.1:4000:5000/signed-in',
    'http://127.0.0.1:@evil.example/signed-in',
    'http://127.0.0.1@evil.example/signed-in',
    'http://127.0.0.1.evil.example/signed-in',
    'http://127.0.0.2:4000/signed-in',
    'http://[::1]:4000/signed-in',
    'javascript:alert(1)',
  ])('to %s is refused, and nobody sent there', async (redirect_uri) => {
    const world = applicationWorld()
    const answer = await world.begin(world.browser(), { redirect_uri })
    expect([answer.status, answer.headers.get('location')]).toEqual([400, null])
    expect(await json(answer)).toMatchObject({ code: 'oauth_redirect_invalid' })
  })

  test.each([
    { code_challenge: undefined },
    { code_challenge_method: undefined },
    { code_challenge_method: 'plain' },
    { code_challenge: 'short' },
  ])('without a challenge is refused: %j', async (change) => {
    const world = applicationWorld()
    expect((await world.begin(world.browser(), change)).status).toBe(422)
  })

  test('ends in its own browser, as that of a page', async () => {
    const world = applicationWorld()
    const begun = await world.begin(world.browser())
    const back = await provider.visit(begun.headers.get('location') ?? '')
    expect(told(await world.browser().get(back, asBrowser))).toMatchObject({
      page: 'https://app.example.com',
      reason: 'state_invalid',
    })
  })

  test('whose redirect URI is listed no more leads nowhere', async () => {
    const world = applicationWorld()
    const client = world.browser()
    const begun = await world.begin(client)
    const back = await provider.visit(begun.headers.get('location') ?? '')
    const later = applicationWorld({
      clientRedirects: [own],
      config: { storage: world.storage } as never,
    })
    const headers = { ...asBrowser.headers, cookie: cookiesOf(client) }
    const answer = await later.browser().get(back, { headers })
    expect(told(answer)).toMatchObject({
      page: 'https://app.example.com',
      reason: 'redirect_invalid',
    })
    expect(later.rows()).toEqual([])
  })
})

function cookiesOf({ jar }: Browser): string {
  return [...jar].map(([name, { value }]) => `${name}=${value}`).join('; ')
}

describe('where anybody may listen', () => {
  test.each([
    [own, 'com.example.app'],
    ['http://127.0.0.1:49152/signed-in', 'A program on this device'],
    ['http://127.0.0.1/signed-in', 'A program on this device'],
    ['http://[::1]:1/signed-in?x=1', 'A program on this device'],
  ])('a page asks before it goes to %s', async (redirect_uri, who) => {
    const world = applicationWorld()
    const response = await world.there(world.browser(), { redirect_uri })
    expect([response.status, response.headers.get('location')]).toEqual([200, null])
    expect(response.headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
    expect(await response.clone().text()).toContain(`<bdi>${who}</bdi></strong> asks`)
    const link = await linkOf(response)
    expect(link.href.startsWith(redirect_uri)).toBe(true)
    expect(link.searchParams.get('state')).toBe('of the application')
    const code = link.searchParams.get('code') ?? ''
    // Another port is another program.
    world.clock.advance(200)
    expect((await world.redeem(code, { redirect_uri })).status).toBe(200)
  })

  test('a code for one port is nothing for another', async () => {
    const world = applicationWorld()
    const change = { redirect_uri: 'http://127.0.0.1:49152/signed-in' }
    const link = await linkOf(await world.there(world.browser(), change))
    const other = { redirect_uri: 'http://127.0.0.1:49153/signed-in' }
    const code = link.searchParams.get('code') ?? ''
    expect(await outcome(await world.redeem(code, other))).toMatchObject(invalid)
  })
})

describe('a list of redirect URIs', () => {
  test.each([
    ['http://localhost/cb', "write 'http://127.0.0.1/…' and 'http://[::1]/…'"],
    ['http://localhost:8080/cb', "write 'http://127.0.0.1/…' and 'http://[::1]/…'"],
    ['http://127.0.0.1:8080/cb', "write 'http://127.0.0.1/cb', which any port matches"],
    ['http://app.example.com/cb', 'must begin with https://'],
    ['http://127.0.0.1', "writes 'http://127.0.0.1/signed-in'"],
    ['myapp:/cb', 'whose scheme is not a domain of yours turned around'],
    ['com.example.app://cb', 'with one slash'],
    ['javascript:alert(1)', 'whose scheme is not a domain of yours turned around'],
    ['https://*.example.com/cb', "'*'"],
    ['https://app.example.com/cb#x', 'fragment'],
    ['https://user@app.example.com/cb', 'password'],
    ['https://app.example.com/c b', 'is not a redirect URI'],
    ['/cb', 'is not a redirect URI'],
    [7, 'is not a redirect URI'],
  ])('refuses %s, and says what to write', (one, said) => {
    expect(() => applicationWorld({ clientRedirects: [one as string] })).toThrow(said)
  })

  test('needs tokens', () => {
    const transports = { transports: [session()] } as never
    expect(() => applicationWorld({ config: transports })).toThrow(
      'oauth.clientRedirects is for applications with tokens; write transports: [session(), bearer()]',
    )
  })
})
