/**
 * Sign-in by a code that an application got from the provider itself, as a client without a secret.
 */
import { bearer, session } from 'crudauth'
import { type OidcOptions, oidc } from 'crudauth/oauth'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { sha256 } from '../../src/crypto.ts'
import { type FaultyProvider, faultyProvider } from '../support/faulty-provider.ts'
import { forge, oauthWorld } from '../support/oauth.ts'
import { type OpenIdProvider, openIdProvider } from '../support/oidc-provider.ts'
import { json } from '../support/world.ts'

let provider: OpenIdProvider
let faulty: FaultyProvider
beforeAll(async () => {
  provider = await openIdProvider()
  faulty = await faultyProvider()
})
beforeEach(() => {
  faulty.claims = {}
})
afterAll(() => Promise.all([provider.close(), faulty.close()]))

const verifier = 'v'.repeat(43)
const redirect_uri = 'com.example.app:/signed-in'
const loopback = 'http://127.0.0.1:49152/signed-in'

function codeWorld(own: Partial<OidcOptions> = {}, issuer = provider.issuer) {
  provider.user = 'ann'
  provider.people.set('ann', { email: 'ann@example.com', email_verified: true })
  const options = { ...provider.client, onPrivateNetwork: true, audiences: ['phone'] }
  const made = oauthWorld(
    { demo: oidc({ issuer, ...options, ...own }) },
    {
      clientRedirects: [redirect_uri, 'http://127.0.0.1/signed-in'],
      keepTokens: true,
      config: { transports: [session(), bearer()] } as never,
    },
  )
  const client = made.browser()
  const nonce = async (of = verifier) => {
    const answer = await client.post('/oauth/demo/nonce', { code_challenge: sha256(of) })
    return String((await json(answer))['nonce'])
  }
  return {
    ...made,
    nonce,
    /** What the application gets from the provider: a code, and `iss`. */
    async fromProvider(change: Record<string, string> = {}) {
      const query = new URLSearchParams({
        client_id: 'phone',
        redirect_uri,
        response_type: 'code',
        scope: 'openid email',
        code_challenge: sha256(verifier),
        code_challenge_method: 'S256',
        ...change,
      })
      const back = new URL(await provider.visit(`${provider.issuer}/auth?${query}`))
      return Object.fromEntries(back.searchParams)
    },
    signIn: (body: object) =>
      client.post('/oauth/demo/token', {
        client_id: 'phone',
        redirect_uri,
        code_verifier: verifier,
        ...body,
      }),
  }
}

const outcome = async (response: Response) => [response.status, await json(response)]

describe('a code that an application got', () => {
  test.each([redirect_uri, loopback])('at %s gives tokens', async (at) => {
    const world = codeWorld()
    const nonce = await world.nonce()
    const given = await world.fromProvider({ nonce, redirect_uri: at })
    const answer = await world.signIn({ ...given, nonce, redirect_uri: at })
    const { access_token } = await json(answer)
    expect(answer.status).toBe(200)
    const headers = { authorization: `Bearer ${access_token}` }
    expect(await json(await world.browser().get('/me', { headers }))).toMatchObject({
      email: 'ann@example.com',
    })
    expect(world.rows()).toMatchObject([{ demo_id: 'ann', email_verified: 1 }])
    // Of a client without our secret: nobody could refresh them.
    expect(await world.auth.oauth.accessToken(1, 'demo')).toBeNull()
  })

  test('with the nonce of somebody else is nothing: a code that leaks is the victim’s alone', async () => {
    const world = codeWorld()
    const given = await world.fromProvider({ nonce: await world.nonce() })
    // The thief has a nonce of their own, and the victim's verifier even.
    const stolen = await world.signIn({ ...given, nonce: await world.nonce() })
    expect(await outcome(stolen)).toMatchObject([400, { code: 'oauth_failed' }])
    expect(world.rows()).toEqual([])
  })

  test('without the verifier of who asked for the nonce is nothing', async () => {
    const world = codeWorld()
    const nonce = await world.nonce()
    const given = await world.fromProvider({ nonce })
    const thief = { ...given, nonce, code_verifier: 'w'.repeat(43) }
    expect(await outcome(await world.signIn(thief))).toMatchObject([
      400,
      { code: 'oauth_state_invalid' },
    ])
    const again = await world.signIn({ ...given, nonce })
    expect(again.status).toBe(400)
  })

  test('is exchanged with the verifier: the provider refuses it with another', async () => {
    const world = codeWorld()
    const other = 'w'.repeat(43)
    const nonce = await world.nonce(other)
    const given = await world.fromProvider({ nonce })
    const answer = await world.signIn({ ...given, nonce, code_verifier: other })
    expect(await outcome(answer)).toMatchObject([400, { code: 'oauth_failed' }])
    expect(world.refused()).toMatchObject([{ detail: expect.stringContaining('invalid_grant') }])
  })

  test.each<[string, object, string]>([
    ['to an address that is not listed', { redirect_uri: 'com.evil:/x' }, 'oauth_redirect_invalid'],
    [
      'to the callback of pages',
      { redirect_uri: 'https://app.example.com/oauth/demo/callback' },
      'oauth_redirect_invalid',
    ],
    ['for a client that is none of the audiences', { client_id: 'evil' }, 'oauth_failed'],
    ['for another client than it says', { client_id: 'shop' }, 'oauth_failed'],
    ['of another issuer (mix-up)', { iss: 'https://evil.example' }, 'oauth_failed'],
    ['without an issuer, where the provider names it', { iss: undefined }, 'oauth_failed'],
    ['to another listed address than it came to', { redirect_uri: loopback }, 'oauth_failed'],
    ['that was made up', { code: 'c' }, 'oauth_failed'],
  ])('%s is nothing', async (_, change, code) => {
    const world = codeWorld()
    const nonce = await world.nonce()
    const given = await world.fromProvider({ nonce })
    const answer = await world.signIn({ ...given, nonce, ...change })
    expect(await outcome(answer)).toMatchObject([400, { code }])
    expect(world.rows()).toEqual([])
  })

  test.each([{ id_token: 'x' }, { code: undefined }, { redirect_uri: undefined }])(
    'comes alone and whole: not with %j',
    async (change) => {
      const world = codeWorld()
      const answer = await world.signIn({ code: 'c', nonce: 'n', ...change })
      expect(answer.status).toBe(422)
    },
  )
})

describe('a provider that looks at no verifier', () => {
  const there = { clientId: 'shop', onPrivateNetwork: true }

  test('gives a stolen code away, which is nothing here without the victim’s nonce', async () => {
    const world = codeWorld(there, faulty.issuer)
    const nonce = await world.nonce()
    faulty.claims = { nonce, aud: 'phone' }
    const thiefs = await world.nonce()
    const stolen = { code: 'of the victim', iss: faulty.issuer, nonce: thiefs }
    expect(await outcome(await world.signIn(stolen))).toMatchObject([400, { code: 'oauth_failed' }])
    expect(world.refused()).toMatchObject([{ detail: expect.stringContaining('nonce') }])
    faulty.claims = { nonce, aud: 'phone' }
    expect((await world.signIn({ ...stolen, nonce })).status).toBe(200)
  })

  test('gives tokens, which are kept where they are the server’s own client’s, and else not', async () => {
    const world = codeWorld(there, faulty.issuer)
    const sent = { code: 'c', iss: faulty.issuer }
    const kept = () => world.auth.oauth.accessToken(1 as never, 'demo')
    for (const [client_id, token] of [
      ['phone', null],
      ['shop', 'the access token'],
    ] as const) {
      const nonce = await world.nonce()
      faulty.claims = { nonce, aud: client_id }
      expect((await world.signIn({ ...sent, nonce, client_id })).status).toBe(200)
      expect(await kept()).toBe(token)
    }
  })

  test('and gives an ID token for another client: nothing', async () => {
    const world = codeWorld(there, faulty.issuer)
    const nonce = await world.nonce()
    faulty.claims = { nonce, aud: 'shop' }
    const answer = await world.signIn({ code: 'c', iss: faulty.issuer, nonce })
    expect(await outcome(answer)).toMatchObject([400, { code: 'oauth_failed' }])
  })

  test('gives one for a client that is not listed: it is not even asked', async () => {
    const world = codeWorld(there, faulty.issuer)
    const nonce = await world.nonce()
    faulty.claims = { nonce, aud: 'evil' }
    faulty.asked.clear()
    const sent = { code: 'c', iss: faulty.issuer, nonce, client_id: 'evil' }
    expect(await outcome(await world.signIn(sent))).toMatchObject([400, { code: 'oauth_failed' }])
    expect(faulty.asked.get('/token')).toBeUndefined()
  })

  test('or says that it takes none is not asked', async () => {
    const { issuer } = faulty
    const plain = oidc({ issuer, ...there, audiences: ['phone'] })
    faulty.asked.clear()
    for (const change of [{ pkce: false }, { idToken: { nonce: false, audiences: ['phone'] } }]) {
      const world = oauthWorld(
        { demo: { ...plain, ...change } },
        {
          clientRedirects: [redirect_uri],
          config: { transports: [session(), bearer()] } as never,
        },
      )
      const client = world.browser()
      const challenge = { code_challenge: sha256(verifier) }
      const { nonce } = await json(await client.post('/oauth/demo/nonce', challenge))
      const body = { code: 'c', iss: issuer, nonce, redirect_uri, code_verifier: verifier }
      expect(await outcome(await client.post('/oauth/demo/token', body))).toMatchObject([
        400,
        { code: 'oauth_failed' },
      ])
    }
    expect(faulty.asked.get('/token')).toBeUndefined()
    const { browser } = oauthWorld(
      { demo: forge },
      {
        clientRedirects: [redirect_uri],
        config: { transports: [session(), bearer()] } as never,
      },
    )
    const body = { code: 'c', nonce: 'n', redirect_uri, code_verifier: verifier }
    expect((await browser().post('/oauth/demo/token', body)).status).toBe(400)
  })
})
