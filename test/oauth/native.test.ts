/**
 * Sign-in by an ID token that the platform gave to an application.
 */
import { createHash } from 'node:crypto'
import { bearer, memoryStorage, session } from 'crudauth'
import { type OidcOptions, oidc } from 'crudauth/oauth'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { sha256 } from '../../src/crypto.ts'
import { type FaultyProvider, faultyProvider } from '../support/faulty-provider.ts'
import { forge, oauthWorld } from '../support/oauth.ts'
import { json } from '../support/world.ts'

let provider: FaultyProvider
beforeAll(async () => {
  provider = await faultyProvider()
})
beforeEach(() => {
  provider.claims = {}
})
afterAll(() => provider.close())

const verifier = 'v'.repeat(43)

function nativeWorld(own: Partial<OidcOptions> = {}, hashedNonce = false, config: object = {}) {
  const { issuer } = provider
  const plain = oidc({
    issuer,
    clientId: 'shop',
    onPrivateNetwork: true,
    audiences: ['ios'],
    ...own,
  })
  const demo = hashedNonce
    ? { ...plain, idToken: { nonce: true, audiences: [], hashedNonce } }
    : plain
  const world = oauthWorld(
    { demo, other: forge },
    // The storage remembers for longer than it was asked to.
    {
      config: {
        transports: [session(), bearer()],
        storage: memoryStorage({ clock: () => 0 }),
        ...config,
      } as never,
    },
  )
  const client = world.browser()
  return {
    ...world,
    async nonce(challenge = sha256(verifier)) {
      const answer = await client.post('/oauth/demo/nonce', { code_challenge: challenge })
      expect(await json(answer.clone())).toMatchObject({ expires_in: 600 })
      return String((await json(answer))['nonce'])
    },
    async signIn(nonce: string, claims: object = {}, change: object = {}) {
      provider.claims = { nonce, aud: 'ios', ...claims }
      const id_token = await idToken()
      return client.post('/oauth/demo/token', {
        id_token,
        nonce,
        code_verifier: verifier,
        ...change,
      })
    },
  }
}

/** What the platform would give. */
async function idToken(): Promise<string> {
  const answer = (await (await fetch(`${provider.issuer}/token`)).json()) as { id_token: string }
  return answer.id_token
}

describe('an ID token of the platform', () => {
  test('gives tokens, as /token does, and the same account each time', async () => {
    const world = nativeWorld()
    for (const _ of [1, 2]) {
      const answer = await world.signIn(await world.nonce())
      const { access_token, refresh_token, device_token } = await json(answer)
      expect([answer.status, typeof refresh_token, typeof device_token]).toEqual([
        200,
        'string',
        'string',
      ])
      const headers = { authorization: `Bearer ${access_token}` }
      const me = await json(await world.browser().get('/me', { headers }))
      expect(me).toMatchObject({ email: 'ann@example.com' })
      expect(answer.headers.getSetCookie()).toEqual([])
    }
    expect(world.rows()).toMatchObject([{ demo_id: 'somebody', email_verified: 1 }])
  })

  test('counts once with its nonce, even if it did not count', async () => {
    const world = nativeWorld()
    const nonce = await world.nonce()
    expect((await world.signIn(nonce, { aud: 'another' })).status).toBe(400)
    const again = await world.signIn(nonce)
    expect([again.status, await json(again)]).toMatchObject([400, { code: 'oauth_state_invalid' }])
  })

  test('counts for who asked for the nonce: another verifier does not do', async () => {
    const world = nativeWorld()
    const stolen = await world.signIn(await world.nonce(), {}, { code_verifier: 'w'.repeat(43) })
    expect([stolen.status, await json(stolen)]).toMatchObject([
      400,
      { code: 'oauth_state_invalid' },
    ])
  })

  test('does not count ten minutes later, nor with a nonce of nobody’s', async () => {
    const world = nativeWorld()
    const nonce = await world.nonce()
    world.clock.advance(601)
    for (const one of [nonce, 'n'.repeat(43)]) {
      const answer = await world.signIn(one)
      expect([answer.status, await json(answer)]).toMatchObject([
        400,
        { code: 'oauth_state_invalid' },
      ])
    }
  })

  test('does not count with a nonce of another application on the same storage', async () => {
    const storage = memoryStorage()
    const other = nativeWorld({}, false, {
      storage,
      secret: 'another secret for tests, long enough',
    })
    const world = nativeWorld({}, false, { storage })
    const nonce = await other.nonce()
    const answer = await world.signIn(nonce)
    expect([answer.status, await json(answer)]).toMatchObject([
      400,
      { code: 'oauth_state_invalid' },
    ])
    expect((await world.signIn(await world.nonce())).status).toBe(200)
  })

  test.each<[string, object]>([
    ['without the nonce', { nonce: undefined }],
    ['with another nonce', { nonce: 'another' }],
    ['for another audience', { aud: 'another' }],
    ['for another party', { azp: 'another' }],
    ['that is expired', { iat: 1, exp: 2 }],
    ['of another issuer', { iss: 'https://evil.example' }],
  ])('%s does not count', async (_, claims) => {
    const world = nativeWorld()
    const answer = await world.signIn(await world.nonce(), claims)
    expect([answer.status, await json(answer)]).toMatchObject([400, { code: 'oauth_failed' }])
    expect(world.rows()).toEqual([])
  })

  test('counts for the page’s client, too, and for a party that is listed', async () => {
    const world = nativeWorld()
    expect((await world.signIn(await world.nonce(), { aud: 'shop' })).status).toBe(200)
    expect((await world.signIn(await world.nonce(), { aud: 'shop', azp: 'ios' })).status).toBe(200)
  })

  test('may carry the nonce hashed where the provider’s own code hashes it, as Apple’s', async () => {
    const hash = (nonce: string) => createHash('sha256').update(nonce).digest('hex')
    const hashing = nativeWorld({}, true)
    const nonce = await hashing.nonce()
    const claims = { aud: 'shop', nonce: hash(nonce) }
    expect((await hashing.signIn(nonce, claims)).status).toBe(200)
    const plain = nativeWorld()
    const other = await plain.nonce()
    expect((await plain.signIn(other, { nonce: hash(other) })).status).toBe(400)
  })

  test('is not an access token, and not a text of another kind', async () => {
    const world = nativeWorld()
    for (const id_token of ['the access token', 'a.b.c', '', '.']) {
      const answer = await world.signIn(await world.nonce(), {}, { id_token })
      expect(answer.status).toBe(400)
    }
  })

  test('of a provider without ID tokens is refused before anything is asked', async () => {
    const world = nativeWorld()
    const body = { code_challenge: sha256(verifier) }
    const answer = await world.browser().post('/oauth/other/nonce', body)
    expect([answer.status, await json(answer)]).toMatchObject([400, { code: 'oauth_failed' }])
    expect((await world.browser().post('/oauth/nobody/nonce', body)).status).toBe(400)
  })
})

test('without tokens of our own there are no such routes', () => {
  const { issuer } = provider
  const { auth } = oauthWorld({ demo: oidc({ issuer, clientId: 'x', onPrivateNetwork: true }) })
  expect(auth.endpoints.map(({ path }) => path)).not.toContain('/oauth/:provider/token')
})
