import Database from 'better-sqlite3'
import {
  type AuthConfig,
  AuthError,
  type AuthEvent,
  bearer,
  memoryStorage,
  session,
} from 'crudauth'
import { drizzleUsers } from 'crudauth/drizzle'
import { authUserColumns } from 'crudauth/drizzle/sqlite'
import { honoAuth } from 'crudauth/hono'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { integer, sqliteTable, text, unique } from 'drizzle-orm/sqlite-core'
import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import { Browser } from './support/browser.ts'
import { createTable } from './support/create-table.ts'
import { json, secret, world } from './support/world.ts'

/** Addresses are unique within an organisation only. */
const people = sqliteTable(
  'people',
  {
    ...authUserColumns({ identifiers: [], recovery: null, oauth: false }),
    email: text().notNull(),
    organisation: text().notNull(),
    isRoot: integer({ mode: 'boolean' }).notNull().default(false),
  },
  (table) => [unique().on(table.organisation, table.email)],
)

function tenants(
  tenant = (request: Request) => new URL(request.url).hostname.split('.')[0] ?? '',
  config: Partial<Pick<AuthConfig, 'users' | 'transports'>> = {},
) {
  const events: AuthEvent[] = []
  const sqlite = new Database(':memory:')
  createTable(sqlite, people)
  const auth = honoAuth({
    transports: [session()],
    users: drizzleUsers(drizzle(sqlite), people, { tenant: 'organisation' }),
    secret,
    passwords: { cost: 4 },
    tenant,
    onEvent: (event) => events.push(event),
    ...(config as object),
  })
  const at = (organisation: string, peer = '192.0.2.1') =>
    new Browser(
      async (request, address) =>
        auth.router.fetch(request, { incoming: { socket: { remoteAddress: address } } }),
      { origin: `https://${organisation}.example.com`, peer },
    )
  return { at, auth, events, sqlite }
}

const ann = { email: 'ann@example.com', password: 'correct horse battery' }
const login = { username: ann.email, password: ann.password }

describe('Tenants', () => {
  test('the same address is another account in another tenant', async () => {
    const { at } = tenants()
    const one = await json(await at('one').post('/register', ann))
    expect((await at('two').post('/login', login)).status).toBe(401)
    const two = await json(await at('two').post('/register', { ...ann, password: 'another one' }))
    expect(two['id']).not.toBe(one['id'])
    expect((await at('one').post('/login', login)).status).toBe(200)
    expect((await at('two').post('/login', login)).status).toBe(401)
    const again = await at('one').post('/register', ann)
    expect([again.status, (await json(again))['detail']]).toEqual([422, 'Email already registered'])
  })

  test('a session of one opens nothing in the other', async () => {
    const { at } = tenants()
    for (const tenant of ['one', 'two']) await at(tenant).post('/register', ann)
    const browser = at('one')
    await browser.post('/login', login)
    const headers = { cookie: `__Host-session_id=${browser.sessionId}` }
    expect((await at('one').get('/me', { headers })).status).toBe(200)
    expect((await at('two').get('/me', { headers })).status).toBe(401)
  })

  test('nothing of one opens anything in the other, where both have a user of this key', async () => {
    const stores = Object.fromEntries(
      ['one', 'two'].map((tenant) => {
        const sqlite = new Database(':memory:')
        createTable(sqlite, people)
        const users = drizzleUsers(drizzle(sqlite), people, { tenant: 'organisation' })
        return [tenant, { sqlite, users }]
      }),
    )
    const [first] = Object.values(stores)
    // A table for each tenant, as where keys are counted within one.
    const users = new Proxy(first?.users as object, {
      get: (target, name) =>
        typeof Reflect.get(target, name) !== 'function'
          ? Reflect.get(target, name)
          : (...call: object[]) => {
              const scope = call.find((one) => typeof one === 'object' && 'tenant' in one)
              const { tenant = '' } = (scope ?? {}) as { tenant?: string }
              const store = stores[tenant]?.users as object
              return (Reflect.get(store, name) as (...call: unknown[]) => unknown)(...call)
            },
    })
    const { at } = tenants(undefined, {
      users: users as never,
      transports: [session(), bearer({ refresh: 'body' })],
    })
    const ids = []
    for (const tenant of ['one', 'two']) {
      ids.push((await json(await at(tenant).post('/register', ann)))['id'])
      stores[tenant]?.sqlite.exec('update people set token_version = 7')
    }
    expect(ids).toEqual([1, 1])
    const client = at('one')
    await client.post('/login', login)
    const tokens = await json(await at('one').post('/token', login))
    const statuses = async (tenant: string) => {
      const me = async (headers: Record<string, string>) =>
        (await at(tenant).get('/me', { headers })).status
      const { access_token, refresh_token } = tokens
      return {
        session: await me({ cookie: `__Host-session_id=${client.sessionId}` }),
        access: await me({ authorization: `Bearer ${String(access_token)}` }),
        refresh: (await at(tenant).post('/refresh', { refresh_token })).status,
      }
    }
    expect(await statuses('two')).toEqual({ session: 401, access: 401, refresh: 401 })
    expect(await statuses('one')).toEqual({ session: 200, access: 200, refresh: 200 })
  })

  test('guesses in one lock nobody in the other', async () => {
    const { at } = tenants()
    for (const tenant of ['one', 'two']) await at(tenant).post('/register', ann)
    for (let n = 0; n < 6; n++) {
      await at('one', '10.1.0.1').post('/login', { ...login, password: `wrong ${n}` })
    }
    expect((await at('one', '10.1.0.1').post('/login', login)).status).toBe(429)
    expect((await at('two', '10.1.0.1').post('/login', login)).status).toBe(200)
  })

  test.each([undefined, null, 7, 'a\ud800', 'a\0'])(
    'a request of tenant %j is nobody’s, and a failure that says so',
    async (named) => {
      const { at, auth, events } = tenants(() => named as string)
      for (const path of ['/login', '/register']) {
        expect((await at('one').post(path, { ...ann, ...login })).status).toBe(500)
      }
      expect(events).toMatchObject(
        Array(2).fill({ name: 'request.failed', error: { message: /tenant gave/ } }),
      )
      const app = new Hono().get('/', auth.currentUser({ optional: true }), (c) => c.text('hello'))
      app.onError((error, c) => c.text(error.message, 500))
      expect(await (await app.request('https://x.example/')).text()).toContain('tenant gave')
    },
  )

  test('a known device of one is a stranger in the other', async () => {
    const { at } = tenants()
    for (const tenant of ['one', 'two']) await at(tenant).post('/register', ann)
    const browser = at('one')
    await browser.post('/login', login)
    for (let n = 0; n < 6; n++) {
      await at('two', '10.1.0.1').post('/login', { ...login, password: `wrong ${n}` })
    }
    const headers = { cookie: `__Host-known_device=${browser.cookie('__Host-known_device')}` }
    expect((await at('two', '10.1.0.1').post('/login', login, { headers })).status).toBe(429)
  })
})

describe('auth.users in a tenant', () => {
  test('finds, makes and changes accounts of that one alone', async () => {
    const { at, auth } = tenants()
    const one = await auth.users.create(ann, { tenant: 'one' })
    expect(await auth.users.find(ann.email, { tenant: 'two' })).toBeNull()
    const two = await auth.users.create(ann, { tenant: 'two', actor: 'import' })
    expect(two).toMatchObject({ organisation: 'two' })
    expect(await auth.users.setPassword(one.id, 'another long one', { tenant: 'two' })).toBe(false)
    expect(await auth.users.dropPassword(two.id, { tenant: 'two' })).toBe(true)
    expect((await at('one').post('/login', login)).status).toBe(200)
    expect((await at('two').post('/login', login)).status).toBe(401)
    expect(await auth.users.get(one.id, { tenant: 'two' })).toBeNull()
    await expect(auth.users.find(ann.email)).rejects.toThrow('names no tenant')
  })
})

describe('Namespaces', () => {
  test('keep the counters of two applications on one storage apart', async () => {
    const storage = memoryStorage()
    const one = world({ storage })
    const two = world({ storage, namespace: 'two' })
    const attempt = (made: typeof one, n: number) =>
      made.browser().post('/login', { username: 'ann', password: `wrong ${n}` })
    for (let n = 0; n < 6; n++) await attempt(one, n)
    expect((await attempt(one, 7)).status).toBe(429)
    expect((await attempt(two, 7)).status).toBe(401)
  })

  test('an error of the tenant function is an answer', async () => {
    const { auth } = tenants()
    const response = await auth.router.request('https://one.example.com/me')
    expect(response.status).toBe(401)
    const refusing = honoAuth({
      transports: [session()],
      users: drizzleUsers(drizzle(tenants().sqlite), people, { tenant: 'organisation' }),
      secret,
      tenant: () => {
        throw new AuthError('not_found', 'No such organisation')
      },
      onEvent: () => {},
    })
    const refused = await refusing.router.request('https://nowhere.example.com/me')
    expect([refused.status, (await json(refused))['detail']]).toEqual([404, 'No such organisation'])
  })
})
