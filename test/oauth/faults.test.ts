/**
 * Answers that do not count: of a provider that is wrong, broken or hostile, and of browsers that
 * were sent here by somebody else.
 */
import { gzipSync } from 'node:zlib'
import { memoryStorage } from 'crudauth'
import { type IdTokenRules, type OidcOptions, oidc } from 'crudauth/oauth'
import { generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Browser } from '../support/browser.ts'
import {
  type FaultyProvider,
  faultyProvider,
  signedWith,
  unsigned,
} from '../support/faulty-provider.ts'
import { asBrowser, type OAuthWorldOptions, oauthWorld, told } from '../support/oauth.ts'
import { json } from '../support/world.ts'

let provider: FaultyProvider
beforeAll(async () => {
  provider = await faultyProvider()
})
beforeEach(async () => {
  provider.claims = {}
  provider.token = null
  provider.answers.clear()
  provider.asked.clear()
  await provider.rotate('first')
})
afterAll(() => provider.close())

function faultyWorld(
  options: OAuthWorldOptions = {},
  own: Partial<OidcOptions> = {},
  idToken: Partial<IdTokenRules> = {},
) {
  const { issuer } = provider
  const plain = oidc({
    issuer,
    clientId: 'shop',
    clientSecret: 's',
    onPrivateNetwork: true,
    ...own,
  })
  const demo = { ...plain, idToken: { nonce: true, audiences: [], ...plain.idToken, ...idToken } }
  const made = oauthWorld({ demo }, { timeoutMs: 5000, ...options })
  const given = new Set<unknown>()
  /** Goes there; what the provider would have to send back. */
  const begin = async (client: Browser) => {
    const query = new URL(await made.leave(client)).searchParams
    // Unless a test says another one.
    const { nonce, ...rest } = provider.claims
    const isOwn = Object.hasOwn(provider.claims, 'nonce') && !given.has(nonce)
    const sent = query.get('nonce')
    given.add(sent)
    provider.claims = { ...rest, nonce: isOwn ? nonce : sent }
    return { code: 'c', state: query.get('state') ?? '', iss: issuer }
  }
  const back = (client: Browser, answer: Record<string, string>, accept = {}) =>
    client.get(`/oauth/demo/callback?${new URLSearchParams(answer)}`, accept)
  return {
    ...made,
    begin,
    back,
    /** Both steps; how it ended. */
    async outcome() {
      const client = made.browser()
      const response = await back(client, await begin(client), asBrowser)
      const { reason } = told(response) as { reason?: string }
      const [event] = made.refused().slice(-1)
      return { reason, detail: event?.detail ?? '', isSignedIn: client.sessionId !== undefined }
    },
  }
}

test('without a fault somebody is signed in', async () => {
  expect(await faultyWorld().outcome()).toMatchObject({ isSignedIn: true })
})

describe('a state', () => {
  const refused = { status: 400, code: 'oauth_state_invalid' }
  async function answerOf(
    change: (answer: Record<string, string>, world: ReturnType<typeof faultyWorld>) => unknown,
  ) {
    const world = faultyWorld()
    const client = world.browser()
    const answer: Record<string, string> = await world.begin(client)
    const other = ((await change(answer, world)) as Browser | undefined) ?? client
    const response = await world.back(other, answer)
    const { code } = await json(response)
    const again = await world.back(client, answer)
    return { status: response.status, code, again: again.status }
  }

  test('that is missing, wrong or not one gets nobody in', async () => {
    for (const state of ['', 'x', 'x'.repeat(43), '../../etc', '\u0000', 'é'.repeat(43)]) {
      expect(await answerOf((answer) => void Object.assign(answer, { state }))).toMatchObject(
        refused,
      )
    }
  })

  test('of another browser gets nobody in, and its own still does', async () => {
    const found = await answerOf((_, world) => world.browser())
    expect(found).toEqual({ ...refused, again: 307 })
  })

  test('of another browser’s flow gets nobody in: an attacker’s code is not taken for the victim’s', async () => {
    const world = faultyWorld()
    const [attacker, victim] = [world.browser(), world.browser()]
    await world.begin(victim)
    const planted = await world.begin(attacker)
    expect((await world.back(victim, planted)).status).toBe(400)
    expect(victim.sessionId).toBeUndefined()
  })

  test('whose cookie has another value gets nobody in', async () => {
    const world = faultyWorld()
    const client = world.browser()
    const answer = await world.begin(client)
    const [[name = '', { value }] = ['', { value: '' }]] = [...client.jar]
    for (const forged of ['', '1', `${value}x`, value.replace(/.$/, '?'), answer.state]) {
      const headers = { cookie: `${name}=${forged}` }
      expect((await world.back(world.browser(), answer, { headers })).status).toBe(400)
    }
    expect((await world.back(client, answer)).status).toBe(307)
  })

  test('is good once', async () => {
    const world = faultyWorld()
    const client = world.browser()
    const answer = await world.begin(client)
    const cookies = [...client.jar].map(([name, { value }]) => `${name}=${value}`).join('; ')
    expect((await world.back(client, answer)).status).toBe(307)
    const replay = await world.back(world.browser(), answer, { headers: { cookie: cookies } })
    expect(replay.status).toBe(400)
    expect(provider.asked.get('/token')).toBe(1)
  })

  test('of another provider gets nobody in', async () => {
    const { issuer } = provider
    const second = await faultyProvider()
    const options = { clientId: 'shop', onPrivateNetwork: true }
    const world = oauthWorld({
      demo: oidc({ issuer, ...options }),
      other: oidc({ issuer: second.issuer, ...options }),
    })
    const client = world.browser()
    const state = new URL(await world.leave(client)).searchParams.get('state') ?? ''
    const query = new URLSearchParams({ code: 'c', state, iss: second.issuer })
    expect((await client.get(`/oauth/other/callback?${query}`)).status).toBe(400)
    await second.close()
  })

  test('expires, in a storage that remembers for longer, too', async () => {
    const storage = memoryStorage({ clock: () => 0 })
    const world = faultyWorld({ config: { storage } })
    const client = world.browser()
    const answer = await world.begin(client)
    world.clock.advance(601)
    expect((await world.back(client, answer)).status).toBe(400)
  })
})

describe('an answer by form', () => {
  test('comes without cookies, is kept, and asked for by GET', async () => {
    const world = faultyWorld()
    const client = world.browser()
    const form = await world.begin(client)
    const response = await world.browser().call('POST', '/oauth/demo/callback', {
      form,
      headers: { origin: 'https://appleid.example', 'sec-fetch-site': 'cross-site' },
    })
    const location = response.headers.get('location') ?? ''
    expect([response.status, location]).toEqual([
      303,
      `https://app.example.com/oauth/demo/callback?state=${form.state}`,
    ])
    // Whoever else follows it gets nothing.
    expect((await world.browser().get(location)).status).toBe(400)
    expect((await client.get(location)).status).toBe(307)
    expect((await client.get('/me')).status).toBe(200)
  })

  test('a second one does not change the first', async () => {
    const world = faultyWorld()
    const client = world.browser()
    const form = await world.begin(client)
    const post = (code: string) =>
      world.browser().call('POST', '/oauth/demo/callback', { form: { ...form, code } })
    let sent = ''
    provider.answers.set('/token', (response, request) => {
      request.on('data', (chunk) => {
        sent += String(chunk)
      })
      request.on('end', () => response.writeHead(400).end())
    })
    await post('first')
    await post('second')
    await client.get(`/oauth/demo/callback?state=${form.state}`)
    expect(new URLSearchParams(sent).get('code')).toBe('first')
  })

  test('with an unknown state, or longer than any, leads to the error page by 303', async () => {
    const world = faultyWorld({ errorPage: '/sign-in' })
    const form = await world.begin(world.browser())
    for (const change of [{ state: 'x' }, { code: 'x'.repeat(9000) }]) {
      const response = await world.browser().call('POST', '/oauth/demo/callback', {
        form: { ...form, ...change },
        ...asBrowser,
      })
      expect(told(response)).toMatchObject({
        status: 303,
        page: '/sign-in',
        reason: 'state_invalid',
      })
    }
  })
})

describe('an authorization response', () => {
  test.each([
    ['of another issuer (mix-up)', { iss: 'https://evil.example' }],
    ['without the issuer that the metadata promises', { iss: '' }],
    ['with an error beside the code', { error: 'server_error' }],
  ])('%s is refused, and its code never sent', async (_, change) => {
    const world = faultyWorld()
    const client = world.browser()
    const response = await world.back(
      client,
      { ...(await world.begin(client)), ...change },
      asBrowser,
    )
    expect(told(response)).toMatchObject({ error: 'oauth_failed', reason: 'provider_invalid' })
    expect(provider.asked.get('/token')).toBeUndefined()
  })

  test('a code that the provider has seen before gets nobody in', async () => {
    provider.answers.set('/token', (response) => {
      response.writeHead(400, { 'content-type': 'application/json' })
      response.end('{"error":"invalid_grant","error_description":"the code: s3cr3t"}')
    })
    const { reason, detail, isSignedIn } = await faultyWorld().outcome()
    expect([reason, isSignedIn]).toEqual(['provider_invalid', false])
    expect(detail).toContain('invalid_grant')
    expect(detail).not.toContain('s3cr3t')
  })
})

describe('an ID token', () => {
  const hour = 3600
  const now = () => Math.floor(Date.now() / 1000)
  test.each<[string, () => Record<string, unknown>]>([
    ['with another nonce', () => ({ nonce: 'another' })],
    ['without a nonce', () => ({ nonce: undefined })],
    ['for another audience', () => ({ aud: 'another' })],
    ['for nobody', () => ({ aud: [] })],
    ['for another audience as well', () => ({ aud: ['shop', 'another'], azp: 'shop' })],
    ['for several without an authorized party', () => ({ aud: ['shop', 'shop'] })],
    ['with another authorized party', () => ({ azp: 'another' })],
    ['that is expired', () => ({ iat: now() - 600, exp: now() - 120 })],
    ['that never expires', () => ({ exp: undefined })],
    ['from the future', () => ({ iat: now() + 600 })],
    ['that is old', () => ({ iat: now() - 2 * hour, exp: now() + hour })],
    ['that is not valid yet', () => ({ nbf: now() + 600 })],
    ['of another issuer', () => ({ iss: 'https://evil.example' })],
    ['of the same issuer in another spelling', () => ({ iss: `${provider.issuer}/` })],
    ['without a subject', () => ({ sub: undefined })],
    ['with an empty subject', () => ({ sub: '' })],
    ['with a subject that is not one', () => ({ sub: { id: 1 } })],
    ['with an endless subject', () => ({ sub: 'x'.repeat(256) })],
  ])('%s does not count', async (_, claims) => {
    provider.claims = claims()
    const world = faultyWorld()
    expect(await world.outcome()).toMatchObject({ reason: 'provider_invalid', isSignedIn: false })
    expect(world.rows()).toEqual([])
  })

  test('of another key, under the name of the provider’s, does not count', async () => {
    const { privateKey } = await generateKeyPair('ES256')
    provider.token = (claims) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'first' }).sign(privateKey)
    expect(await faultyWorld().outcome()).toMatchObject({ reason: 'provider_invalid' })
  })

  test.each(['none', 'None', 'NONE', 'ES256', ''])(
    'that is not signed, by alg %j, does not count',
    async (alg) => {
      provider.token = (claims) => unsigned(claims, alg)
      expect(await faultyWorld().outcome()).toMatchObject({ reason: 'provider_invalid' })
    },
  )

  test('signed with the public key, or with the client’s secret, as if it were one does not count', async () => {
    for (const secret of [provider.publicKey, 's']) {
      provider.token = (claims) => signedWith(secret, claims, 'first')
      expect(await faultyWorld().outcome()).toMatchObject({ reason: 'provider_invalid' })
    }
  })

  test.each([
    ['ES256', true],
    ['RS256', false],
  ])(
    'signed in another way than the provider signs does not count: %s',
    async (one, isSignedIn) => {
      const world = faultyWorld({}, {}, { algorithms: [one] })
      expect(await world.outcome()).toMatchObject({ isSignedIn })
    },
  )

  test('that is missing does not count, whatever userinfo says', async () => {
    provider.answers.set('/token', (response) => {
      response.setHeader('content-type', 'application/json')
      response.end('{"access_token":"a","token_type":"Bearer"}')
    })
    expect(await faultyWorld().outcome()).toMatchObject({ reason: 'provider_invalid' })
  })

  test('whose userinfo is somebody else’s does not count', async () => {
    provider.claims = { email: undefined }
    provider.answers.set('/userinfo', (response) => {
      response.setHeader('content-type', 'application/json')
      response.end('{"sub":"somebody-else","email":"ann@example.com","email_verified":true}')
    })
    expect(await faultyWorld().outcome()).toMatchObject({ reason: 'provider_invalid' })
  })

  test.each(['true', 1, 'yes', {}, null])(
    'whose email_verified is %j proves no address',
    async (flag) => {
      provider.claims = { email_verified: flag }
      const world = faultyWorld()
      expect(await world.outcome()).toMatchObject({ isSignedIn: true })
      expect(world.rows()).toMatchObject([{ email_verified: 0 }])
    },
  )
})

describe('keys', () => {
  test('are fetched once, and again when the provider has rotated them', async () => {
    const world = faultyWorld()
    for (const _ of [1, 2]) expect(await world.outcome()).toMatchObject({ isSignedIn: true })
    expect(provider.asked.get('/keys')).toBe(1)
    await provider.rotate('second')
    // Not more often than each half minute.
    expect(await world.outcome()).toMatchObject({ isSignedIn: false })
    expect(provider.asked.get('/keys')).toBe(1)
    world.clock.advance(31)
    expect(await world.outcome()).toMatchObject({ isSignedIn: true })
    expect(provider.asked.get('/keys')).toBe(2)
  })

  test('that are withdrawn sign nothing after an hour', async () => {
    const world = faultyWorld()
    await world.outcome()
    provider.keys.splice(0)
    world.clock.advance(3601)
    provider.claims = {
      iat: Math.floor(world.clock.now / 1000),
      exp: Math.floor(world.clock.now / 1000) + 60,
    }
    expect(await world.outcome()).toMatchObject({ reason: 'provider_invalid' })
  })
})

describe('a provider that', () => {
  const html = '<!doctype html><title>Maintenance</title>'
  const paths = ['/.well-known/openid-configuration', '/token', '/keys'] as const
  const faults: Record<string, Parameters<FaultyProvider['answers']['set']>[1]> = {
    'answers with a page': (response) => {
      response.setHeader('content-type', 'text/html')
      response.end(html)
    },
    'answers with a page that claims to be JSON': (response) => {
      response.setHeader('content-type', 'application/json')
      response.end(html)
    },
    redirects: (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
    'asks to come back later': (response) =>
      response.writeHead(429, { 'retry-after': '60' }).end('{}'),
    fails: (response) => response.writeHead(500).end('{}'),
    'answers nothing': (response) => response.writeHead(204).end(),
    'answers null': (response) => {
      response.setHeader('content-type', 'application/json')
      response.end('null')
    },
    'hangs up': (response) => response.destroy(),
    'answers without an end': (response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const more = () => {
        if (response.destroyed) return
        response.write(' '.repeat(65_536), () => setImmediate(more))
      }
      more()
    },
    'answers with a bomb': (response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
      response.end(gzipSync(Buffer.alloc(4 * 1024 * 1024, ' ')))
    },
  }
  test.each(paths.flatMap((path) => Object.keys(faults).map((fault) => [fault, path] as const)))(
    '%s at %s signs nobody in',
    async (fault, path) => {
      provider.answers.set(path, faults[fault] as never)
      const world = faultyWorld({ errorPage: '/sign-in' })
      const client = world.browser()
      const left = await client.get('/oauth/demo/authorize')
      const { searchParams } = new URL(
        left.headers.get('location') ?? '',
        'https://nowhere.invalid',
      )
      if (path === paths[0]) {
        expect(left.headers.get('location')).toMatch(
          /^\/sign-in\?error=oauth_failed&reason=provider_/,
        )
        return
      }
      provider.claims = { nonce: searchParams.get('nonce') }
      const state = searchParams.get('state') ?? ''
      const back = await world.back(client, { code: 'c', state, iss: provider.issuer }, asBrowser)
      expect(told(back)).toMatchObject({ page: '/sign-in', error: 'oauth_failed' })
      expect(client.sessionId).toBeUndefined()
      expect(JSON.stringify([...back.headers])).not.toContain('Maintenance')
    },
  )

  test.each([
    ['answers without an end', 'answered with more than 524288 bytes'],
    ['answers with a bomb', 'answered compressed, which was not asked for'],
    ['redirects', 'answered with a redirect'],
  ])('%s is told apart for the operator', async (fault, wanted) => {
    provider.answers.set('/token', faults[fault] as never)
    const { reason, detail } = await faultyWorld().outcome()
    expect([reason, detail]).toEqual(['provider_unavailable', wanted])
  })

  test('does not answer in time is given up', async () => {
    for (const answer of [
      () => undefined,
      (response: Parameters<(typeof faults)[string]>[0]) => {
        response.writeHead(200, { 'content-type': 'application/json' })
        response.write('{')
      },
    ]) {
      provider.answers.set('/token', answer)
      const { reason, detail } = await faultyWorld({ timeoutMs: 100 }).outcome()
      expect([reason, detail]).toEqual(['provider_unavailable', 'did not answer within 100 ms'])
    }
  })

  test.each([
    'http://169.254.169.254/latest/meta-data/',
    'https://169.254.169.254/',
    'https://localhost/',
    'https://10.0.0.1/',
    'https://[::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://[fd00::1]/',
    'https://2130706433/',
    'http://example.com/',
    'ftp://example.com/',
    'https://user:secret@example.com/',
  ])(
    'discovers %s is not asked there, unless the configuration says so',
    async (token_endpoint) => {
      const { outbound } = await import('../../src/features/oauth/outbound.ts')
      const fetch = outbound({ timeoutMs: 500, onPrivateNetwork: false })
      const asked = new Promise<Response>((done, fail) => {
        Promise.resolve()
          .then(() => fetch(token_endpoint))
          .then(done, fail)
      })
      await expect(asked).rejects.toThrow(/private network|not https|password/)
    },
  )

  describe('is asked by a fetch of the application, as through a proxy', () => {
    const asked: string[] = []
    const proxied: OAuthWorldOptions = {
      fetch: (url, init) => {
        asked.push(`${init.method} ${new URL(url).pathname}`)
        return fetch(url, init)
      },
    }

    test('which makes every request', async () => {
      asked.splice(0)
      expect(await faultyWorld(proxied).outcome()).toMatchObject({ isSignedIn: true })
      expect(asked).toEqual(['GET /.well-known/openid-configuration', 'POST /token', 'GET /keys'])
    })

    test.each([
      ['answers without an end', 'answered with more than 524288 bytes'],
      ['answers with a bomb', 'answered compressed, which was not asked for'],
      ['redirects', 'answered with a redirect'],
      ['hangs up', 'did not answer: the connection failed'],
    ])('and %s: the limits hold', async (fault, wanted) => {
      provider.answers.set('/token', faults[fault] as never)
      const { reason, detail } = await faultyWorld(proxied).outcome()
      expect([reason, detail]).toEqual(['provider_unavailable', wanted])
    })

    test('and a redirect that it followed all the same counts for nothing', async () => {
      provider.answers.set('/token', (response) => {
        response.writeHead(307, { location: `${provider.issuer}/elsewhere` }).end()
      })
      const follows: OAuthWorldOptions = {
        fetch: (url, init) => fetch(url, { ...init, redirect: 'follow' }),
      }
      const { detail } = await faultyWorld(follows).outcome()
      expect(detail).toBe('answered with a redirect')
    })

    test('and does not answer in time, whether or not it looks at the signal', async () => {
      provider.answers.set('/token', () => undefined)
      const deaf: OAuthWorldOptions['fetch'] = (url, { signal: _, ...init }) =>
        url.endsWith('/token') ? new Promise(() => undefined) : fetch(url, init)
      for (const one of [proxied, { fetch: deaf }]) {
        const { reason, detail } = await faultyWorld({ ...one, timeoutMs: 100 }).outcome()
        expect([reason, detail]).toEqual(['provider_unavailable', 'did not answer within 100 ms'])
      }
    })

    test.each(['https://10.0.0.1/', 'http://example.com/', 'https://user:secret@example.com/'])(
      'and is not asked at %s',
      async (url) => {
        const { outbound } = await import('../../src/features/oauth/outbound.ts')
        const through = outbound({
          timeoutMs: 500,
          onPrivateNetwork: false,
          fetch: () => Promise.resolve(new Response('it was asked')),
        })
        await expect(through(url)).rejects.toThrow(/private network|not https|password/)
      },
    )
  })

  test('sends people to what is no page is refused', async () => {
    provider.answers.set('/.well-known/openid-configuration', (response) => {
      const { issuer } = provider
      response.setHeader('content-type', 'application/json')
      response.end(
        JSON.stringify({
          issuer,
          authorization_endpoint: 'javascript:alert(1)',
          token_endpoint: `${issuer}/token`,
          jwks_uri: `${issuer}/keys`,
        }),
      )
    })
    const response = await faultyWorld().browser().get('/oauth/demo/authorize')
    expect(told(response)).toMatchObject({ reason: 'provider_unavailable' })
  })
})

test('no token of a provider is in an event, an answer or a log', async () => {
  const world = faultyWorld()
  const client = world.browser()
  const back = await world.back(client, await world.begin(client))
  const seen = JSON.stringify([world.events, [...back.headers], world.auth.describe()])
  expect(seen).not.toContain('the access token')
})
