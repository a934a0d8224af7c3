/**
 * Tokens of a provider that an application asked to keep.
 */
import { memoryStorage } from 'crudauth'
import { oidc } from 'crudauth/oauth'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type FaultyProvider, faultyProvider } from '../support/faulty-provider.ts'
import { oauthWorld, peopleTable } from '../support/oauth.ts'
import { json } from '../support/world.ts'

let provider: FaultyProvider
beforeAll(async () => {
  provider = await faultyProvider()
})
beforeEach(() => {
  provider.answers.clear()
  provider.asked.clear()
  provider.more = { access_token: 'first-token', refresh_token: 'refresh-token', expires_in: 600 }
})
afterAll(() => provider.close())

const secrets = ['a', 'b'].map((letter) => `${letter.repeat(20)} a secret for tests, long enough`)

/** Somebody who has signed in; `start` is another process on the same storage and table. */
async function signedIn(keepTokens = true) {
  const storage = memoryStorage()
  const table = peopleTable()
  const start = (secret: string[]) => {
    const { issuer } = provider
    return oauthWorld(
      {
        demo: oidc({ issuer, clientId: 'shop', onPrivateNetwork: true }),
        other: oidc({ issuer: 'https://id.example.com', clientId: 'shop' }),
      },
      { keepTokens, config: { storage, secret } as never, table },
    )
  }
  const world = start([secrets[0] ?? ''])
  const client = world.browser()
  const query = new URL(await world.leave(client)).searchParams
  provider.claims = { nonce: query.get('nonce') }
  const answer = { code: 'c', state: query.get('state') ?? '', iss: provider.issuer }
  const back = await client.get(`/oauth/demo/callback?${new URLSearchParams(answer)}`)
  expect(back.status).toBe(307)
  provider.asked.clear()
  const { user_id: id } = await json(await client.get('/me'))
  const key = `crudauth:oauth-tokens:demo:${id}`
  return { ...world, client, id: Number(id), key, storage, start, table }
}

test('an access token is handed out while it is good, and refreshed when it ends soon', async () => {
  const { auth, clock, id } = await signedIn()
  expect(await auth.oauth.accessToken(id as never, 'demo')).toBe('first-token')
  expect(provider.asked.get('/token')).toBeUndefined()
  clock.advance(571)
  provider.more = { access_token: 'second-token', expires_in: 600 }
  expect(await auth.oauth.accessToken(id as never, 'demo')).toBe('second-token')
  expect(await auth.oauth.accessToken(id as never, 'demo')).toBe('second-token')
  expect(provider.asked.get('/token')).toBe(1)
})

test('of many callers in two processes one refreshes', async () => {
  const { auth, clock, id, start } = await signedIn()
  const other = start([secrets[0] ?? ''])
  clock.advance(600)
  other.clock.now = clock.now
  provider.more = { access_token: 'second-token', refresh_token: 'next', expires_in: 600 }
  const tokens = await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      (n % 2 === 0 ? auth : other.auth).oauth.accessToken(id as never, 'demo'),
    ),
  )
  expect(new Set(tokens)).toEqual(new Set(['second-token']))
  expect(provider.asked.get('/token')).toBe(1)
})

test('one that ends at once is refreshed once for each who asks, and handed out', async () => {
  const { auth, clock, id } = await signedIn()
  clock.advance(600)
  provider.more = { access_token: 'brief', refresh_token: 'next', expires_in: 5 }
  expect(await auth.oauth.accessToken(id as never, 'demo')).toBe('brief')
  expect(provider.asked.get('/token')).toBe(1)
})

test('the storage shows none of them, and a record in another’s place is worth nothing', async () => {
  const { auth, id, key, storage, table } = await signedIn()
  const text = (await storage.get(key)) ?? ''
  expect(Buffer.from(text, 'base64url').toString('latin1')).not.toMatch(/first-token|refresh-token/)
  table.sqlite.exec("update people set other_id = 'somebody'")
  await storage.set(key.replace(':demo:', ':other:'), text, 60)
  expect(await auth.oauth.accessToken(id as never, 'other')).toBeNull()
  await storage.set(key, `${text.slice(0, -2)}AA`, 60)
  expect(await auth.oauth.accessToken(id as never, 'demo')).toBeNull()
})

test('what an earlier secret encrypted is read while it is listed, and absent after that', async () => {
  const { id, start } = await signedIn()
  const asked = (secret: string[]) => start(secret).auth.oauth.accessToken(id as never, 'demo')
  expect(await asked([secrets[1] ?? '', secrets[0] ?? ''])).toBe('first-token')
  expect(await asked([secrets[1] ?? ''])).toBeNull()
})

test('they end when the provider is unlinked, and when it takes them back', async () => {
  const one = await signedIn()
  const [identity] = await one.auth.oauth.identities(one.id as never)
  expect(await one.auth.oauth.unlink(one.id as never, identity as never)).toBe(true)
  expect(await one.auth.oauth.accessToken(one.id as never, 'demo')).toBeNull()

  const two = await signedIn()
  two.clock.advance(600)
  provider.answers.set('/token', (response) => {
    response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_grant"}')
  })
  expect(await two.auth.oauth.accessToken(two.id as never, 'demo')).toBeNull()
  provider.answers.clear()
  expect(await two.auth.oauth.accessToken(two.id as never, 'demo')).toBeNull()
})

test('they are no later account’s with the same primary key, nor of another identity of it', async () => {
  const { auth, id, table } = await signedIn()
  const asked = () => auth.oauth.accessToken(id as never, 'demo')
  table.sqlite.exec("update people set demo_id = 'somebody else'")
  expect(await asked()).toBeNull()
  table.sqlite.exec('update people set demo_id = null')
  expect(await asked()).toBeNull()
  table.sqlite.exec('delete from people')
  expect(await asked()).toBeNull()
})

test('a provider that does not answer takes nothing away', async () => {
  const { auth, clock, id } = await signedIn()
  clock.advance(600)
  provider.answers.set('/token', (response) => response.destroy())
  await expect(auth.oauth.accessToken(id as never, 'demo')).rejects.toThrow('did not answer')
  provider.answers.clear()
  expect(await auth.oauth.accessToken(id as never, 'demo')).toBe('first-token')
})

test('none is kept unless it is asked for, and none is seen', async () => {
  const { auth, id, key, storage, events, client } = await signedIn(false)
  expect(await storage.get(key)).toBeNull()
  await expect(auth.oauth.accessToken(id as never, 'demo')).rejects.toThrow('keepTokens: true')
  const seen = JSON.stringify([events, [...client.jar.values()], auth.describe()])
  expect(seen).not.toMatch(/first-token|refresh-token/)
})
