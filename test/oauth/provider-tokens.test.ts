/**
 * Tokens of a provider that an application asked to keep.
 */
import { createHash } from 'node:crypto'
import { bearer, memoryStorage, session } from 'crudauth'
import { drizzleIdentities } from 'crudauth/drizzle'
import { authIdentityColumns } from 'crudauth/drizzle/sqlite'
import { oidc } from 'crudauth/oauth'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { sqliteTable } from 'drizzle-orm/sqlite-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Browser } from '../support/browser.ts'
import { createTable } from '../support/create-table.ts'
import { type FaultyProvider, faultyProvider } from '../support/faulty-provider.ts'
import { factor, rightCode } from '../support/made-up.ts'
import { asBrowser, oauthWorld, peopleTable, told } from '../support/oauth.ts'
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
  const { auth, clock, id, key, storage } = await signedIn()
  expect(await auth.oauth.accessToken(id as never, 'demo')).toBe('first-token')
  expect(provider.asked.get('/token')).toBeUndefined()
  clock.advance(571)
  provider.more = { access_token: 'second-token', expires_in: 600 }
  expect(await auth.oauth.accessToken(id as never, 'demo')).toBe('second-token')
  expect(await auth.oauth.accessToken(id as never, 'demo')).toBe('second-token')
  expect(provider.asked.get('/token')).toBe(1)
  // Whoever refreshes next need not wait for the lock to end by itself.
  expect(await storage.get(`${key}:refreshing`)).toBeNull()
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

test('of a provider that gives a refresh token at the first sign-in only, it is kept', async () => {
  const { auth, client, clock, id, leave } = await signedIn()
  provider.more = { access_token: 'second-token', expires_in: 600 }
  const query = new URL(await leave(client)).searchParams
  provider.claims = { nonce: query.get('nonce') }
  const answer = { code: 'c', state: query.get('state') ?? '', iss: provider.issuer }
  await client.get(`/oauth/demo/callback?${new URLSearchParams(answer)}`)
  expect(await auth.oauth.accessToken(id as never, 'demo')).toBe('second-token')
  clock.advance(600)
  const sent: string[] = []
  provider.answers.set('/token', (response, request) => {
    request.on('data', (chunk) => sent.push(String(chunk)))
    request.on('end', () => {
      response.setHeader('content-type', 'application/json')
      response.end('{"access_token":"third-token","token_type":"Bearer","expires_in":600}')
    })
  })
  expect(await auth.oauth.accessToken(id as never, 'demo')).toBe('third-token')
  expect(sent.join('')).toContain('refresh_token=refresh-token')
})

test('one of which nobody says when it ends is handed out as it is', async () => {
  provider.more = { access_token: 'lasting-token' }
  const { auth, clock, id } = await signedIn()
  clock.advance(30 * 86_400)
  expect(await auth.oauth.accessToken(id as never, 'demo')).toBe('lasting-token')
})

test('one that has ended is nobody’s where there is no refresh token', async () => {
  provider.more = { access_token: 'brief', expires_in: 600 }
  const { auth, clock, id } = await signedIn()
  clock.advance(580)
  expect(await auth.oauth.accessToken(id as never, 'demo')).toBeNull()
  expect(provider.asked.get('/token')).toBeUndefined()
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
  expect(await one.storage.get(one.key)).not.toBeNull()
  expect(await one.auth.oauth.unlink(one.id as never, identity as never)).toBe(true)
  expect(await one.storage.get(one.key)).toBeNull()
  expect(await one.auth.oauth.unlink(one.id as never, identity as never)).toBe(false)
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

test('in a table of identities, they are those of each issuer', async () => {
  const table = peopleTable()
  const rows = sqliteTable('identities', authIdentityColumns())
  createTable(table.sqlite, rows)
  const identities = drizzleIdentities(drizzle(table.sqlite), rows)
  const { issuer } = provider
  const own = oidc({ issuer, clientId: 'shop', onPrivateNetwork: true })
  const demo = { ...own, hasManyIssuers: true }
  const world = oauthWorld({ demo }, { keepTokens: true, identities, table })
  const client = world.browser()
  const asked = new URL(await world.leave(client)).searchParams
  provider.claims = { nonce: asked.get('nonce') }
  const answer = { code: 'c', state: asked.get('state') ?? '', iss: issuer }
  await client.get(`/oauth/demo/callback?${new URLSearchParams(answer)}`)
  const token = () => world.auth.oauth.accessToken(1 as never, 'demo')
  expect(await token()).toBe('first-token')
  // Somebody of the same subject elsewhere.
  table.sqlite.exec("update identities set issuer = 'https://id.example.com/another'")
  expect(await token()).toBeNull()
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

describe('a sign-in that waits for a further proof', () => {
  /** Everything that the storage has, as whoever reads a copy of it sees it. */
  function readable() {
    const kept = new Map<string, string>()
    const storage = memoryStorage()
    const noting = new Proxy(storage, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        return (...given: unknown[]) => {
          if (name === 'set') kept.set(String(given[0]), String(given[1]))
          return Reflect.apply(value, target, given)
        }
      },
    })
    return { storage: noting, kept }
  }

  async function waiting(secret: string[] = [secrets[0] ?? '']) {
    const { storage, kept } = readable()
    const table = peopleTable()
    let isWanted = true
    const start = (of: string[]) =>
      oauthWorld(
        {
          demo: oidc({ issuer: provider.issuer, clientId: 'shop', onPrivateNetwork: true }),
          other: oidc({ issuer: 'https://id.example.com', clientId: 'shop' }),
        },
        {
          keepTokens: true,
          clientRedirects: ['https://app.example.com/signed-in'],
          config: { storage, secret: of, transports: [session(), bearer()] } as never,
          others: [factor(() => isWanted)],
          table,
        },
      )
    const world = start(secret)
    /** There and back. */
    const come = async (client: Browser, query = '') => {
      const away = await client.get(`/oauth/demo/authorize${query}`)
      const asked = new URL(away.headers.get('location') ?? '').searchParams
      provider.claims = { nonce: asked.get('nonce') }
      const answer = { code: 'c', state: asked.get('state') ?? '', iss: provider.issuer }
      return client.get(`/oauth/demo/callback?${new URLSearchParams(answer)}`, asBrowser)
    }
    const client = world.browser()
    const asks = (to: typeof world = world) => to.auth.oauth.accessToken(1 as never, 'demo')
    return {
      ...world,
      client,
      come,
      asks,
      kept,
      start,
      table,
      lets: (isIn: boolean) => {
        isWanted = !isIn
      },
      prove: (of = client, code = rightCode) => of.post('/prove/made-up', { code }),
    }
  }

  test('keeps the tokens when it is finished, and not before', async () => {
    const world = await waiting()
    const answer = await world.come(world.client)
    expect(told(answer)).toMatchObject({ reason: 'further_proof_required', wanted: 'made-up' })
    expect(await world.asks()).toBeNull()
    expect((await world.prove(world.client, 'wrong')).status).toBe(401)
    expect(await world.asks()).toBeNull()
    expect((await world.prove()).status).toBe(200)
    expect(await world.asks()).toBe('first-token')
    world.clock.advance(600)
    provider.more = { access_token: 'second-token', expires_in: 600 }
    expect(await world.asks()).toBe('second-token')
  })

  test('shows them in no storage while it waits', async () => {
    const world = await waiting()
    await world.come(world.client)
    const texts = [...world.kept.entries()].flat()
    expect(texts.some((text) => text.includes(':pending-sign-in:'))).toBe(true)
    const opened = texts.flatMap((text) =>
      [...text.matchAll(/[\w-]{40,}/g)].map(([part]) =>
        Buffer.from(part, 'base64url').toString('latin1'),
      ),
    )
    expect([...texts, ...opened].join('\n')).not.toMatch(/first-token|refresh-token|somebody/)
  })

  test('that is never finished leaves none, nor one that another ends', async () => {
    const world = await waiting()
    await world.come(world.client)
    const token = world.client.cookie('__Host-pending_sign_in')
    // The next one in the same browser has other tokens.
    provider.more = { access_token: 'other-token', expires_in: 600 }
    await world.come(world.client)
    const headers = { cookie: `__Host-pending_sign_in=${token}` }
    const late = world.browser()
    expect((await late.post('/prove/made-up', { code: rightCode }, { headers })).status).toBe(401)
    expect(await world.asks()).toBeNull()
    expect((await world.prove()).status).toBe(200)
    expect(await world.asks()).toBe('other-token')

    const left = await waiting()
    await left.come(left.client)
    left.clock.advance(601)
    expect((await left.prove()).status).toBe(401)
    expect(await left.asks()).toBeNull()
  })

  test('leaves none for an identity that was unlinked meanwhile', async () => {
    const world = await waiting()
    await world.come(world.client)
    const [identity] = await world.auth.oauth.identities(1 as never)
    await world.auth.oauth.unlink(1 as never, identity as never)
    expect((await world.prove()).status).toBe(200)
    expect([...world.kept.keys()].filter((key) => key.includes(':oauth-tokens:'))).toEqual([])
    world.table.sqlite.exec("update people set demo_id = 'somebody'")
    expect(await world.asks()).toBeNull()

    // Another one is linked by then: at this provider, or, of the same name, at another.
    for (const now of ["demo_id = 'another'", "demo_id = null, other_id = 'somebody'"]) {
      const next = await waiting()
      await next.come(next.client)
      next.table.sqlite.exec(`update people set ${now}`)
      expect((await next.prove()).status).toBe(200)
      expect([...next.kept.keys()].filter((key) => key.includes(':oauth-tokens:'))).toEqual([])
    }
  })

  test('is finished under the next secret while the first is listed', async () => {
    const world = await waiting()
    await world.come(world.client)
    const [first = '', second = ''] = secrets
    const next = world.start([second, first])
    next.clock.now = world.clock.now
    const client = next.browser()
    for (const [name, cookie] of world.client.jar) client.jar.set(name, cookie)
    expect((await world.prove(client)).status).toBe(200)
    expect(await world.asks(next)).toBe('first-token')
  })

  test('of an application keeps them when it is finished, in whichever way', async () => {
    const world = await waiting()
    const verifier = 'v'.repeat(43)
    const redirect_uri = 'https://app.example.com/signed-in'
    const code_challenge = createHash('sha256').update(verifier).digest('base64url')
    const of = { redirect_uri, code_challenge, code_challenge_method: 'S256' }
    const codeOf = async () => {
      const back = await world.come(world.browser(), `?${new URLSearchParams(of)}`)
      return String((told(back) as { code?: string }).code)
    }
    const redeem = async (code: string) =>
      world.browser().post('/oauth/token', { code, code_verifier: verifier, redirect_uri })
    const asked = await redeem(await codeOf())
    // Nothing is kept of somebody who is not in, whatever the browser has done.
    expect([asked.status, await world.asks()]).toEqual([401, null])
    const { pending } = await json(asked)
    const proof = { code: rightCode, pending }
    expect((await world.browser().post('/prove/made-up', proof)).status).toBe(200)
    expect(await world.asks()).toBe('first-token')

    world.lets(true)
    provider.more = { access_token: 'third-token', expires_in: 600 }
    const code = await codeOf()
    expect(await world.asks()).toBe('first-token')
    expect((await redeem(code)).status).toBe(200)
    expect(await world.asks()).toBe('third-token')
  })

  test('is there for the hook that runs after the login', async () => {
    const seen: unknown[] = []
    const world = oauthWorld(
      { demo: oidc({ issuer: provider.issuer, clientId: 'shop', onPrivateNetwork: true }) },
      {
        keepTokens: true,
        others: [factor()],
        hooks: {
          async afterLogin({ id }: { id: number }) {
            seen.push(await world.auth.oauth.accessToken(id as never, 'demo'))
          },
        } as never,
      },
    )
    const client = world.browser()
    const asked = new URL(await world.leave(client)).searchParams
    provider.claims = { nonce: asked.get('nonce') }
    const answer = { code: 'c', state: asked.get('state') ?? '', iss: provider.issuer }
    await client.get(`/oauth/demo/callback?${new URLSearchParams(answer)}`)
    await client.post('/prove/made-up', { code: rightCode })
    expect(seen).toEqual(['first-token'])
  })
})
