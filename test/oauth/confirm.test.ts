/**
 * Somebody who is signed in shows once more, at a provider, who they are: what counts, for whom,
 * and for how long.
 */
import { memoryStorage } from 'crudauth'
import { oidc } from 'crudauth/oauth'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Browser } from '../support/browser.ts'
import { type FaultyProvider, faultyProvider } from '../support/faulty-provider.ts'
import { oauthWorld, told } from '../support/oauth.ts'
import { json } from '../support/world.ts'

let provider: FaultyProvider
beforeAll(async () => {
  provider = await faultyProvider()
})
beforeEach(() => {
  provider.claims = {}
  provider.more = {}
})
afterAll(() => provider.close())

function confirmWorld() {
  const { issuer } = provider
  const world = oauthWorld(
    { demo: oidc({ issuer, clientId: 'shop', onPrivateNetwork: true }) },
    // The storage remembers for longer than it was asked to.
    { keepTokens: true, config: { storage: memoryStorage({ clock: () => 0 }) } as never },
  )
  /** Comes back from an address that leads to the provider, as this subject. */
  const backFrom = (client: Browser, address: string, claims: object) => {
    const { searchParams } = new URL(address)
    const aud = 'shop'
    provider.claims = { aud, nonce: searchParams.get('nonce'), ...claims }
    const answer = { code: 'c', state: searchParams.get('state') ?? '', iss: issuer }
    return client.get(`/oauth/demo/callback?${new URLSearchParams(answer)}`)
  }
  const signedIn = async (sub: string) => {
    const client = world.browser()
    const email = `${sub}@example.com`
    const back = await backFrom(client, await world.leave(client), { sub, email })
    expect(back.status).toBe(307)
    return client
  }
  const begun = async (client: Browser, kind: 'confirm' | 'link') =>
    String((await json(await client.post(`/oauth/demo/${kind}`)))['authorization_url'])
  return {
    ...world,
    signedIn,
    async confirm(client: Browser, claims: object) {
      const back = await backFrom(client, await begun(client, 'confirm'), claims)
      // Some refusals lead to a page, others are errors.
      if (back.status === 307) return (told(back) as { reason?: string }).reason ?? 'done'
      return (await json(back))['reason']
    },
    link: async (client: Browser, claims: object) =>
      backFrom(client, await begun(client, 'link'), claims),
    async confirmed(client: Browser) {
      const headers = { cookie: `__Host-session_id=${client.sessionId}` }
      const request = new Request('https://app.example.com/', { headers })
      return world.auth.oauth.confirmed(await world.auth.authenticate(request))
    },
  }
}

test('the owner’s own identity counts, once, for five minutes', async () => {
  const world = confirmWorld()
  const client = await world.signedIn('ann')
  expect(await world.confirmed(client)).toBe(false)
  expect(await world.confirm(client, { sub: 'ann' })).toBe('done')
  expect([await world.confirmed(client), await world.confirmed(client)]).toEqual([true, false])
  await world.confirm(client, { sub: 'ann' })
  world.clock.advance(299)
  expect(await world.confirmed(client)).toBe(true)
  world.clock.now = Date.now()
  await world.confirm(client, { sub: 'ann' })
  world.clock.advance(300)
  expect(await world.confirmed(client)).toBe(false)
})

test('it counts for the login that asked, and for no other of the account', async () => {
  const world = confirmWorld()
  const [one, other] = [await world.signedIn('ann'), await world.signedIn('ann')]
  await world.confirm(one, { sub: 'ann' })
  expect([await world.confirmed(other), await world.confirmed(one)]).toEqual([false, true])
})

test('the identity of another account does not count: a thief has one of their own', async () => {
  const world = confirmWorld()
  const client = await world.signedIn('ann')
  await world.signedIn('thief')
  expect(await world.confirm(client, { sub: 'thief' })).toBe('other_identity')
  expect(await world.confirmed(client)).toBe(false)
})

test('a provider that says when the password was typed must say: just now', async () => {
  const world = confirmWorld()
  const client = await world.signedIn('ann')
  const now = Math.floor(world.clock.now / 1000)
  for (const [age, outcome] of [
    [0, 'done'],
    [299, 'done'],
    [340, 'provider_invalid'],
    [86_400, 'provider_invalid'],
  ] as const) {
    const answer = await world.confirm(client, { sub: 'ann', auth_time: now - age })
    expect(answer, String(age)).toBe(outcome)
    expect(await world.confirmed(client)).toBe(outcome === 'done')
  }
})

test('a link proves the own address once, and keeps the provider’s tokens', async () => {
  const proven: unknown[] = []
  const { issuer } = provider
  const own = oidc({ issuer, clientId: 'shop', onPrivateNetwork: true })
  const world = oauthWorld(
    { demo: own },
    {
      keepTokens: true,
      hooks: { afterRecoveryVerified: ({ id }: { id: number }) => proven.push(id) } as never,
    },
  )
  const client = await world.loggedIn(await world.member())
  for (const access_token of ['first-token', 'second-token']) {
    const begun = await json(await client.post('/oauth/demo/link'))
    const { searchParams } = new URL(String(begun['authorization_url']))
    provider.claims = { nonce: searchParams.get('nonce') }
    provider.more = { access_token }
    const answer = { code: 'c', state: searchParams.get('state') ?? '', iss: issuer }
    await client.get(`/oauth/demo/callback?${new URLSearchParams(answer)}`)
    expect(await world.auth.oauth.accessToken(1 as never, 'demo')).toBe(access_token)
    expect(proven).toEqual([1])
  }
})
