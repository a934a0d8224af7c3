/**
 * What an attacker would try, against a running instance: floods of keys, keys that a token brings
 * along, names that lead to private networks, places to be sent to, codes in another's place.
 */
import dns from 'node:dns'
import { syncBuiltinESMExports } from 'node:module'
import { bearer, session } from 'crudauth'
import { oidc } from 'crudauth/oauth'
import fc from 'fast-check'
import { exportJWK, generateKeyPair, type JWTHeaderParameters, SignJWT } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { sha256 } from '../../src/crypto.ts'
import { isPublic, outbound } from '../../src/features/oauth/outbound.ts'
import type { Browser } from '../support/browser.ts'
import { type FaultyProvider, faultyProvider } from '../support/faulty-provider.ts'
import { asBrowser, forge, type OAuthWorldOptions, oauthWorld, told } from '../support/oauth.ts'
import { json } from '../support/world.ts'

let provider: FaultyProvider
beforeAll(async () => {
  provider = await faultyProvider()
})
beforeEach(async () => {
  provider.claims = {}
  provider.more = {}
  provider.token = null
  provider.answers.clear()
  provider.asked.clear()
  await provider.rotate('first')
})
afterAll(() => provider.close())

const verifier = 'v'.repeat(43)
const claimed = 'https://app.example.com/signed-in'

function attackedWorld({ config = {}, ...options }: OAuthWorldOptions = {}) {
  const { issuer } = provider
  const world = oauthWorld(
    { demo: oidc({ issuer, clientId: 'shop', onPrivateNetwork: true }), other: forge },
    {
      handOff: true,
      clientRedirects: [claimed],
      landingPage: '/home',
      errorPage: '/sign-in?from=provider#top',
      redirectOrigins: ['https://pages.example.com', 'https://xn--bcher-kva.example'],
      config: {
        transports: [session(), bearer({ refresh: 'body' })],
        rateLimits: {
          oauth_token: { times: 0, seconds: 1 },
          oauth_authorize: { times: 0, seconds: 1 },
        },
        ...config,
      } as never,
      ...options,
    },
  )
  const client = world.browser()
  const nonce = async () => {
    const answer = await client.post('/oauth/demo/nonce', { code_challenge: sha256(verifier) })
    return String((await json(answer))['nonce'])
  }
  /** An ID token that the platform would have given, but for what is said. */
  const tokenOf = async (nonce: string, claims: object = {}) => {
    provider.claims = { nonce, ...claims }
    const answer = await fetch(`${provider.issuer}/token`)
    return ((await answer.json()) as { id_token: string }).id_token
  }
  const signIn = (id_token: string, nonce: string) =>
    client.post('/oauth/demo/token', { id_token, nonce, code_verifier: verifier })
  /** Goes to the provider; what it would have to send back. */
  const begin = async (browser: Browser, query: Record<string, string> = {}) => {
    const away = await browser.get(`/oauth/demo/authorize?${new URLSearchParams(query)}`)
    const { searchParams } = new URL(away.headers.get('location') ?? '')
    provider.claims = { ...provider.claims, nonce: searchParams.get('nonce') }
    return { code: 'c', state: searchParams.get('state') ?? '', iss: issuer }
  }
  const back = (browser: Browser, answer: Record<string, string>) =>
    browser.get(`/oauth/demo/callback?${new URLSearchParams(answer)}`, asBrowser)
  return { ...world, client, nonce, tokenOf, signIn, begin, back }
}

describe('a flood of tokens that name unknown keys', () => {
  async function flood(world: ReturnType<typeof attackedWorld>, everySeconds = 0) {
    const { privateKey } = await generateKeyPair('ES256')
    for (let n = 0; n < 10; n++) {
      world.clock.advance(everySeconds)
      const nonce = await world.nonce()
      const token = await new SignJWT({ iss: provider.issuer, aud: 'shop', sub: 'x', nonce })
        .setProtectedHeader({ alg: 'ES256', kid: `unknown-${n}` })
        .setIssuedAt()
        .setExpirationTime('5m')
        .sign(privateKey)
      expect((await world.signIn(token, nonce)).status).toBe(400)
    }
  }

  test('asks the provider once in half a minute, also where that comes to nothing', async () => {
    const world = attackedWorld()
    await flood(world)
    expect(provider.asked.get('/keys')).toBe(1)
    const nonce = await world.nonce()
    expect((await world.signIn(await world.tokenOf(nonce), nonce)).status).toBe(200)
    for (const answer of ['fails', 'hangs up'] as const) {
      provider.asked.clear()
      provider.answers.set('/keys', (response) => {
        if (answer === 'fails') response.writeHead(500).end()
        else response.destroy()
      })
      world.clock.advance(31)
      await flood(world, 2)
      expect(provider.asked.get('/keys')).toBe(1)
    }
    // Its own tokens count all the while.
    const own = await world.nonce()
    expect((await world.signIn(await world.tokenOf(own), own)).status).toBe(200)
  })

  test('asks a provider that tells no keys once in a second', async () => {
    const world = attackedWorld()
    provider.answers.set('/keys', (response) => response.writeHead(500).end())
    await flood(world)
    expect(provider.asked.get('/keys')).toBe(1)
    world.clock.advance(1)
    provider.answers.clear()
    const nonce = await world.nonce()
    expect((await world.signIn(await world.tokenOf(nonce), nonce)).status).toBe(200)
  })
})

describe('a token that brings its own key', () => {
  test.each(['jwk', 'jku', 'x5u', 'x5c', 'crit', 'b64'])('by %s is not believed', async (how) => {
    const world = attackedWorld()
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
    const jwk = { ...(await exportJWK(publicKey)), kid: 'evil' }
    const evil = `${provider.issuer}/evil-keys`
    provider.answers.set('/evil-keys', (response) => {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ keys: [jwk] }))
    })
    const own = { jwk, jku: evil, x5u: evil, x5c: ['MIIB'], crit: ['b64'], b64: false }
    const header = { alg: 'ES256', kid: how === 'jwk' ? 'evil' : 'first', [how]: own[how as 'jwk'] }
    const nonce = await world.nonce()
    const token = await new SignJWT({ iss: provider.issuer, aud: 'shop', sub: 'x', nonce })
      .setProtectedHeader({ alg: 'ES256', kid: 'first' })
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(privateKey)
    const [, payload = '', signature = ''] = token.split('.')
    const forged = Buffer.from(JSON.stringify(header as JWTHeaderParameters)).toString('base64url')
    expect((await world.signIn(`${forged}.${payload}.${signature}`, nonce)).status).toBe(400)
    expect(provider.asked.get('/evil-keys')).toBeUndefined()
    expect(world.rows()).toEqual([])
  })
})

describe('a name', () => {
  const { lookup } = dns
  /** Whatever is looked up resolves to these, in turn. */
  async function resolvingTo<Value>(answers: string[][], work: () => Promise<Value>) {
    const asked: string[] = []
    dns.lookup = ((name: string, options: { all?: boolean }, done: (...all: unknown[]) => void) => {
      const found = (answers[asked.length] ?? answers.at(-1) ?? []).map((address) => ({
        address,
        family: address.includes(':') ? 6 : 4,
      }))
      asked.push(name)
      if (options.all) done(null, found)
      else done(null, found[0]?.address, found[0]?.family)
    }) as never
    syncBuiltinESMExports()
    try {
      return { asked, result: await work().catch((error: Error) => error.message) }
    } finally {
      dns.lookup = lookup
      syncBuiltinESMExports()
    }
  }

  test.each([
    [['127.0.0.1']],
    [['10.0.0.7']],
    [['::1']],
    [['93.184.216.34', '127.0.0.1']],
    [['2606:4700::1111', 'fd00::1']],
    [['::ffff:169.254.169.254']],
  ])('that resolves to %j is not connected to', async (addresses) => {
    const fetch = outbound({ timeoutMs: 2000, onPrivateNetwork: false })
    const { asked, result } = await resolvingTo([addresses], () =>
      fetch('https://id.example.com/keys').then(() => 'answered'),
    )
    expect([asked, result]).toEqual([['id.example.com'], 'is on a private network'])
  })

  test('that resolves to another address the second time is judged by that one (DNS rebinding)', async () => {
    const fetch = outbound({ timeoutMs: 300, onPrivateNetwork: false })
    // The first is nobody's, and does not answer.
    const rebinding = [['240.0.0.1'], ['127.0.0.1']]
    const { asked, result } = await resolvingTo(rebinding, async () => {
      await fetch('https://id.example.com/').catch(() => undefined)
      return fetch('https://id.example.com/').then(() => 'answered')
    })
    expect([asked.length, result]).toEqual([2, 'is on a private network'])
  })

  test.each([
    ['::7f00:1', false],
    ['::a00:1', false],
    ['1::1', false],
    ['4000::1', false],
    ['fec0::1', false],
    ['64:ff9b::7f00:1', false],
    ['64:ff9b:1::a00:1', false],
    ['2002:7f00:1::', false],
    ['::ffff:0:10.0.0.1', false],
    ['3fff::1', false],
    ['5f00::1', false],
    ['0.0.0.0', false],
    ['100.64.0.1', false],
    ['192.0.0.8', false],
    ['198.18.0.1', false],
    ['255.255.255.255', false],
    ['', false],
    ['8.8.8.8', true],
    ['::ffff:8.8.8.8', true],
    ['64:ff9b::808:808', true],
    ['2606:4700::1111', true],
  ])('of the address %s: on the internet is %s', (address, is) => {
    expect(isPublic(address)).toBe(is)
  })
})

describe('whatever is sent', () => {
  /** Texts that browsers and servers read differently. */
  const nasty = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc
      .array(
        fc.constantFrom(
          ...[
            '/',
            '\\',
            '//',
            '.',
            '..',
            ':',
            '@',
            '?',
            '#',
            '%2f',
            '%5c',
            '%00',
            '%0d%0a',
            '\t',
            '\r\n',
          ],
          ...[
            '\u0000',
            '\u2028',
            '\ufeff',
            '\u202e',
            '／',
            '。',
            'ⓔvil.example',
            'evil.example',
            'bücher.example',
          ],
          ...[
            'https:',
            'http:',
            'javascript:',
            'data:text/html,',
            'pages.example.com',
            'xn--bcher-kva.example',
            'a',
            ' ',
          ],
        ),
        { maxLength: 8 },
      )
      .map((parts) => parts.join('')),
  )
  const ours = new Set([
    'https://app.example.com',
    'https://pages.example.com',
    'https://xn--bcher-kva.example',
  ])
  /** Where a browser lands, as browsers read addresses. */
  const landsOn = (location: string | null) =>
    URL.parse(location ?? '', 'https://app.example.com/a/')

  test('as the page to land on, nobody lands on another site', async () => {
    const world = attackedWorld()
    const client = world.browser()
    await fc.assert(
      fc.asyncProperty(nasty, async (page) => {
        const answer = await world.begin(client, { redirect_to: page })
        const back = await world.back(client, answer)
        const location = back.headers.get('location')
        expect(back.status).toBe(307)
        expect(location).toMatch(/^[!-~]+$/)
        expect(ours).toContain(landsOn(location)?.origin)
      }),
      { numRuns: 150 },
    )
  })

  test.each([
    ['https://bücher.example/a', 'https://xn--bcher-kva.example/a'],
    ['https://PAGES.example.com/ä?ö#ü', 'https://pages.example.com/%C3%A4?%C3%B6#%C3%BC'],
    ['https://pages。example.com/', 'https://pages.example.com/'],
    ['https://pages.example.com:443/', 'https://pages.example.com/'],
    ['https://pages.example.com:8443/', '/home'],
    ['https://pages.example.com\\@evil.example/', '/home'],
    ['https://pаges.example.com/', '/home'],
    ['/ok\u0085', '/home'],
    ['/\u2029/evil.example', '/home'],
    ['/%0d%0aset-cookie:x', '/%0d%0aset-cookie:x'],
  ])('the page %j is %j', async (asked, landed) => {
    const world = attackedWorld()
    const client = world.browser()
    const back = await world.back(client, await world.begin(client, { redirect_to: asked }))
    expect(back.headers.get('location')).toBe(landed)
  })

  test('as the answer of a provider, the error page has our words only', async () => {
    const world = attackedWorld()
    const client = world.browser()
    const answers = fc.record(
      { code: nasty, iss: nasty, error: nasty, error_description: nasty, user: nasty },
      { requiredKeys: [] },
    )
    await fc.assert(
      fc.asyncProperty(answers, async (sent) => {
        const { state } = await world.begin(client)
        const back = await world.back(client, { ...sent, state })
        const url = landsOn(back.headers.get('location'))
        expect(back.status).toBe(307)
        expect(url?.origin).toBe('https://app.example.com')
        if (url?.pathname === '/home') return
        expect(url?.hash).toBe('#top')
        expect([...(url?.searchParams.keys() ?? [])]).toEqual(['from', 'error', 'reason'])
        expect(url?.searchParams.get('reason')).toMatch(/^(denied|provider_invalid|state_invalid)$/)
      }),
      { numRuns: 150 },
    )
  })

  test('as an application’s request, no code goes to what is not listed', async () => {
    const world = attackedWorld()
    const redirects = fc.oneof(
      nasty,
      nasty.map((text) => `${claimed}${text}`),
      fc.constantFrom(
        'HTTPS://app.example.com/signed-in',
        `${claimed}/`,
        `${claimed}?`,
        `${claimed}#`,
      ),
    )
    await fc.assert(
      fc.asyncProperty(redirects, nasty, async (redirect_uri, state) => {
        const of = { code_challenge: sha256(verifier), code_challenge_method: 'S256' }
        const query = new URLSearchParams({ ...of, redirect_uri, state })
        const away = await world.browser().get(`/oauth/demo/authorize?${query}`, asBrowser)
        // Without one it is the sign-in of a page, which brings no code of ours anywhere.
        if (redirect_uri === claimed || redirect_uri === '') return
        expect([400, 422]).toContain(away.status)
        expect(away.headers.get('location')).toBeNull()
      }),
      { numRuns: 150 },
    )
  })

  test.each(['__proto__', 'constructor', 'identities', 'token', '', '%00', '..', 'DEMO'])(
    'as the name of a provider, %j is none',
    async (name) => {
      const world = attackedWorld()
      for (const path of ['authorize', 'callback']) {
        const answer = await world.browser().get(`/oauth/${name}/${path}`)
        expect([400, 404]).toContain(answer.status)
      }
      const body = { code_challenge: sha256(verifier) }
      const nonce = await world.browser().post(`/oauth/${name}/nonce`, body)
      expect([400, 404]).toContain(nonce.status)
    },
  )
})

describe('a provider’s word for how long a token lives', () => {
  test.each([-1, '600', 'soon', null, 1e300, {}])(
    'may be %j: nothing fails but the sign-in',
    async (expires_in) => {
      const world = attackedWorld({ keepTokens: true })
      provider.more = { expires_in, refresh_token: 'r' }
      const client = world.browser()
      const back = await world.back(client, await world.begin(client))
      expect([307, 200]).toContain(back.status)
      const { reason } = told(back) as { reason?: string }
      expect([undefined, 'provider_invalid']).toContain(reason)
    },
  )
})

describe('a code of ours', () => {
  const hash = sha256(verifier)
  async function both() {
    const world = attackedWorld()
    const client = world.browser()
    const asked = { redirect_uri: claimed, code_challenge: hash, code_challenge_method: 'S256' }
    const back = await world.back(client, await world.begin(client, asked))
    const { code: ofApplication } = told(back) as { code?: string }
    const ann = await world.member('bob')
    const tokens = await json(await world.browser().post('/token', ann))
    const headers = { authorization: `Bearer ${tokens['access_token']}` }
    const handOff = await world
      .browser()
      .post('/oauth/hand-off', { code_challenge: hash }, { headers })
    const { code: ofHandOff } = await json(handOff)
    return { world, ofApplication: String(ofApplication), ofHandOff: String(ofHandOff) }
  }
  const code_verifier = verifier

  test('of one kind is none of the other', async () => {
    const { world, ofApplication, ofHandOff } = await both()
    const page = world.browser()
    const redeemed = await page.post('/oauth/hand-off/redeem', {
      code: ofApplication,
      code_verifier,
    })
    expect([redeemed.status, page.sessionId]).toEqual([400, undefined])
    const body = { code: ofHandOff, code_verifier, redirect_uri: claimed }
    expect((await world.browser().post('/oauth/token', body)).status).toBe(400)
  })

  test('of each kind counts in its own place', async () => {
    const { world, ofApplication, ofHandOff } = await both()
    const body = { code: ofApplication, code_verifier, redirect_uri: claimed }
    expect((await world.browser().post('/oauth/token', body)).status).toBe(200)
    const page = world.browser()
    await page.post('/oauth/hand-off/redeem', { code: ofHandOff, code_verifier })
    expect(page.sessionId).toBeDefined()
  })
})

test('of parallel requests with one nonce, one gets in', async () => {
  const world = attackedWorld()
  const nonce = await world.nonce()
  const token = await world.tokenOf(nonce)
  const answers = await Promise.all(Array.from({ length: 5 }, () => world.signIn(token, nonce)))
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400, 400, 400])
})

test('the nonce of one provider is none of another', async () => {
  const second = await faultyProvider()
  const at = (issuer: string) => oidc({ issuer, clientId: 'shop', onPrivateNetwork: true })
  const world = oauthWorld(
    { demo: at(provider.issuer), other: at(second.issuer) },
    { config: { transports: [session(), bearer()] } as never },
  )
  const client = world.browser()
  const body = { code_challenge: sha256(verifier) }
  const { nonce } = await json(await client.post('/oauth/other/nonce', body))
  provider.claims = { nonce }
  const { id_token } = (await (await fetch(`${provider.issuer}/token`)).json()) as {
    id_token: string
  }
  const answer = await client.post('/oauth/demo/token', {
    id_token,
    nonce,
    code_verifier: verifier,
  })
  expect([answer.status, await json(answer)]).toMatchObject([400, { code: 'oauth_state_invalid' }])
  await second.close()
})
