/**
 * Mistakes in a configuration: each is told with what to write, and what is written then works.
 */
import Database from 'better-sqlite3'
import { apiKeys, bearer, memoryStorage, session, sudo } from 'crudauth'
import { drizzleApiKeys, drizzleUsers } from 'crudauth/drizzle'
import { authApiKeyColumns } from 'crudauth/drizzle/sqlite'
import { django } from 'crudauth/hashes'
import { honoAuth } from 'crudauth/hono'
import { redisStorage } from 'crudauth/redis'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { drizzle as drizzlePostgres } from 'drizzle-orm/node-postgres'
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type Configuration, problemsFrom, problemsOf } from './support/configuration-problems.ts'
import { json, members, secret, users, world } from './support/world.ts'

const db = drizzle(new Database(':memory:'))
const keyTable = sqliteTable('api_keys', authApiKeyColumns())
/** People who log in by a telephone number. */
const callers = sqliteTable('callers', {
  id: integer().primaryKey(),
  mobile: text().unique(),
  passwordHash: text('password_hash'),
  tokenVersion: integer(),
})

const columns = { hashedPassword: 'passwordHash' } as const
const byPhone = () => drizzleUsers(db, callers, { columns, factors: { phone: 'mobile' } })
const transports = (...entries: unknown[]) => ({ transports: entries })

/** What JavaScript hands over, whatever the types say. */
const any = (value: unknown) => value as never

/** The mistake, a part of what is told, and the configuration after following it. */
const cases: readonly (readonly [() => Configuration, string, () => Configuration])[] = [
  // The users table
  [
    () => ({ users: db }),
    'write users: drizzleUsers(db, users)',
    () => ({ users: drizzleUsers(db, members) }),
  ],
  [
    () => ({ users: members }),
    'write users: drizzleUsers(db, users)',
    () => ({ users: drizzleUsers(db, members) }),
  ],
  [
    () => ({ users: drizzleUsers }),
    'call it: drizzleUsers(db, users)',
    () => ({ users: drizzleUsers(db, members) }),
  ],
  [
    () => ({ users: Promise.resolve(users(any(db))) }),
    'users is a promise; write users: await',
    () => ({}),
  ],
  [
    () => ({ database: db }),
    'write users: drizzleUsers(db, users)',
    () => ({ users: drizzleUsers(db, members) }),
  ],
  [
    () => ({ users: drizzleUsers(any(undefined), members) }),
    'write drizzleUsers(drizzle(process.env.DATABASE_URL), users)',
    () => ({ users: drizzleUsers(db, members) }),
  ],
  [
    () => ({ users: drizzleUsers(any(new Database(':memory:')), members) }),
    'with what drizzle() returned',
    () => ({ users: drizzleUsers(drizzle(new Database(':memory:')), members) }),
  ],
  [
    () => ({ users: drizzleUsers(any(drizzlePostgres(any(undefined))), members) }),
    'drizzle() was given no connection, so that every statement would fail; write drizzle(process.env.DATABASE_URL)',
    () => ({ users: drizzleUsers(db, members) }),
  ],
  [
    () => ({ users: drizzleUsers(any(members), any(db)) }),
    'must be a database',
    () => ({ users: drizzleUsers(db, members) }),
  ],
  [
    () => ({ users: drizzleUsers(db, members, any({ columns: { verified: 'emailVerified' } })) }),
    'write columns: { emailVerified: … }',
    () => ({ users: drizzleUsers(db, members, { columns: { emailVerified: 'emailVerified' } }) }),
  ],
  [
    () => ({ users: drizzleUsers(db, callers, any({ columns: { ...columns, phone: 'mobile' } })) }),
    'goes to factors: { phone: … }',
    () => ({ users: byPhone(), identity: { login: ['phone'] } }),
  ],
  // The identity
  [
    () => ({ users: drizzleUsers(db, callers, { columns }), identity: { login: ['phone'] } }),
    "factors: { phone: '…' }, or leave it out of identity",
    () => ({ users: byPhone(), identity: { login: ['phone'] } }),
  ],
  [
    () => ({ identity: { login: ['email', 'username', 'phone'] } }),
    'leave it out of identity',
    () => ({ identity: { login: ['email', 'username'] } }),
  ],
  [
    () => ({ identity: { recovery: 'phone' } }),
    'leave it out of identity',
    () => ({ identity: {} }),
  ],
  [
    () => ({ identity: { login: ['email', 'username', 'email'] } }),
    "write identity: { login: ['email', 'username'] }",
    () => ({ identity: { login: ['email', 'username'] } }),
  ],
  [
    () => ({ identity: { login: ['email', 'username', 'id'] } }),
    'must hold text; leave it out of identity',
    () => ({ identity: { login: ['email', 'username'] } }),
  ],
  [
    () => ({ identity: { ignoreCase: ['phone'] } }),
    'leave it out; those are: email, username',
    () => ({ identity: { ignoreCase: ['username'] } }),
  ],
  [
    () => ({ identity: ['email', 'username'] }),
    "write identity: { login: ['email', 'username'] }",
    () => ({ identity: { login: ['email', 'username'] } }),
  ],
  [
    () => ({ identity: { login: 'email' } }),
    "write ['email']",
    () => ({ identity: { login: ['email', 'username'] } }),
  ],
  // Transports and features
  [() => ({ transports: session() }), 'write transports: [session()]', () => transports(session())],
  [() => transports(session), 'call it: session()', () => transports(session())],
  [() => transports(session(), sudo()), 'write features: [sudo()]', () => ({ features: [sudo()] })],
  [() => transports(session(), session()), 'leave one out', () => transports(session())],
  [() => transports('session'), 'write session()', () => transports(session())],
  [() => ({ features: ['sudo'] }), 'write sudo()', () => ({ features: [sudo()] })],
  [() => ({ session: {} }), 'write transports: [session({ … })]', () => transports(session({}))],
  [() => ({ jwt: {} }), 'write transports: [bearer({ … })]', () => transports(bearer({}))],
  [
    () => ({ csrf: false }),
    'write transports: [session({ csrf: true })]',
    () => transports(session({ csrf: true })),
  ],
  [() => ({ plugins: [] }), 'write features: [sudo()]', () => ({ features: [sudo()] })],
  [
    () => ({ transports: [bearer()], features: [sudo()] }),
    'write transports: [session(), …]',
    () => ({ transports: [session(), bearer()], features: [sudo()] }),
  ],
  [
    () => ({ features: [sudo({ route: '/login' })] }),
    'write another path for the route',
    () => ({ features: [sudo({ route: '/account/sudo' })] }),
  ],
  [
    () => transports(session(any('30m'))),
    'write session({ idleTimeout: 1800 })',
    () => transports(session({ idleTimeout: 1800 })),
  ],
  [
    () => transports(session({ idleTimeout: any('30m') })),
    "'30m' is 1800",
    () => transports(session({ idleTimeout: 1800 })),
  ],
  [
    () => transports(session({ idleTimeout: 180_000 })),
    '180000 milliseconds are 180 seconds: write idleTimeout: 180',
    () => transports(session({ idleTimeout: 180 })),
  ],
  [
    () => transports(bearer({ accessTtl: 900_000 })),
    '900000 milliseconds are 900 seconds',
    () => transports(bearer({ accessTtl: 900 })),
  ],
  [
    () => transports(bearer({ accessTtl: 60_000 })),
    'accessTtl is 60000 seconds, 16 h 40 min; write 60 if you mean 60000 milliseconds, or else 60300 (16 h 45 min)',
    () => transports(bearer({ accessTtl: 60 })),
  ],
  [
    () => transports(session({ rememberMe: 1_000_000 })),
    'or else 1036800 (12 d)',
    () => transports(session({ rememberMe: 1_036_800 })),
  ],
  [
    () => ({ databaseTimeoutMs: 5 }),
    '5 seconds are 5000 milliseconds',
    () => ({ databaseTimeoutMs: 5000 }),
  ],
  [
    () => transports(bearer(any({ secret: 'x' }))),
    'write crudAuth({ secret: process.env.AUTH_SECRET, … })',
    () => ({ ...transports(bearer()), secret }),
  ],
  [
    () => transports(bearer(any({ scopes: ['read'] }))),
    'write defaultScopes: [ … ]',
    () => transports(bearer({ defaultScopes: ['read'], grantableScopes: ['read'] })),
  ],
  [
    () => transports(bearer(any({ expiresIn: '15m' }))),
    'write accessTtl: 900',
    () => transports(bearer({ accessTtl: 900 })),
  ],
  [
    () => transports(session(), apiKeys(any(undefined))),
    'write apiKeys({ keys: drizzleApiKeys(db, apiKeys) })',
    () => transports(session(), apiKeys({ keys: drizzleApiKeys(db, keyTable) })),
  ],
  [
    () => transports(session(), apiKeys({ keys: any(keyTable) })),
    'write apiKeys({ keys: drizzleApiKeys(db, apiKeys) })',
    () => transports(session(), apiKeys({ keys: drizzleApiKeys(db, keyTable) })),
  ],
  // Storages
  [
    () => ({ storage: memoryStorage }),
    'call it: memoryStorage()',
    () => ({ storage: memoryStorage() }),
  ],
  [
    () => ({ storage: 'redis://localhost:6379' }),
    'write storage: redisStorage({ url:',
    () => ({ storage: redisStorage({ url: 'redis://localhost:6379' }) }),
  ],
  [
    () => ({ storage: { url: 'redis://localhost:6379' } }),
    'write storage: redisStorage({ url: … })',
    () => ({ storage: redisStorage({ url: 'redis://localhost:6379' }) }),
  ],
  [
    () => ({ redis: {} }),
    'write storage: redisStorage({ url: … })',
    () => ({ storage: redisStorage({ url: 'redis://localhost:6379' }) }),
  ],
  [
    () => ({ storage: redisStorage(any('redis://localhost:6379')) }),
    "write redisStorage({ url: 'redis://localhost:6379' })",
    () => ({ storage: redisStorage({ url: 'redis://localhost:6379' }) }),
  ],
  [
    () => ({ storage: Promise.resolve(memoryStorage()) }),
    'write storage: await',
    () => ({ storage: memoryStorage() }),
  ],
  // Limits, proxies, origins, cookies
  [
    () => ({ lockout: false }),
    "write lockout: { mode: 'observe' }",
    () => ({ lockout: { mode: 'observe' } }),
  ],
  [
    () => ({ lockout: 3 }),
    'write lockout: { maxAttempts: 3 }',
    () => ({ lockout: { maxAttempts: 3 } }),
  ],
  [
    () => ({ rateLimits: false }),
    'write rateLimits: { register: { times: 5, seconds: 3600 } }, or times: 0',
    () => ({ rateLimits: { register: { times: 0, seconds: 3600 } } }),
  ],
  [
    () => ({ rateLimits: { register: false } }),
    'write { times: 5, seconds: 3600 }',
    () => ({ rateLimits: { register: { times: 5, seconds: 3600 } } }),
  ],
  [
    () => ({ rateLimits: { login: { times: 5, seconds: 60 } } }),
    'leave it out (logins are limited by lockout: { … })',
    () => ({ lockout: { maxAttempts: 5, window: 60 } }),
  ],
  [
    () => ({ rateLimits: { logout_all: { times: 5, seconds: 60 } } }),
    'write session({ managementRoutes: true }), or leave it out',
    () => ({
      ...transports(session({ managementRoutes: true })),
      rateLimits: { logout_all: { times: 5, seconds: 60 } },
    }),
  ],
  [
    () => ({
      ...transports(session(), apiKeys({ keys: drizzleApiKeys(db, keyTable) })),
      rateLimits: { api_keys: { times: 5, seconds: 60 } },
    }),
    'write apiKeys({ keys, managementRoutes: true }), or leave it out',
    () => ({
      ...transports(
        session(),
        apiKeys({ keys: drizzleApiKeys(db, keyTable), managementRoutes: true }),
      ),
      rateLimits: { api_keys: { times: 5, seconds: 60 } },
    }),
  ],
  [
    () => ({ trustedProxies: 1 }),
    "write trustedProxies: { networks: ['10.0.0.0/8'] }, the networks in which your proxies stand; or { hops: 1 }, which believes any peer",
    () => ({ trustedProxies: { networks: ['10.0.0.0/8'] } }),
  ],
  [
    () => ({ trustedProxies: true }),
    "write trustedProxies: { networks: ['10.0.0.0/8'] }, the networks in which your proxies stand, or { hops: 1 }",
    () => ({ trustedProxies: { networks: ['10.0.0.0/8'] } }),
  ],
  [
    () => ({ trustedProxies: { networks: '10.0.0.0/8' } }),
    "such as ['10.0.0.0/8']",
    () => ({ trustedProxies: { networks: ['10.0.0.0/8'] } }),
  ],
  [
    () => ({ trustedOrigins: ['*'] }),
    "such as 'https://app.example.com'",
    () => ({ trustedOrigins: ['https://app.example.com'] }),
  ],
  [
    () => ({ trustedOrigins: ['https://*.example.com'] }),
    "such as 'https://app.example.com'",
    () => ({ trustedOrigins: ['https://app.example.com'] }),
  ],
  [
    () => ({ origin: 'https://app.example.com' }),
    "write trustedOrigins: ['https://app.example.com']",
    () => ({ trustedOrigins: ['https://app.example.com'] }),
  ],
  [
    () => ({ cors: true }),
    'the origins of your pages go to trustedOrigins',
    () => ({ trustedOrigins: ['https://app.example.com'] }),
  ],
  [
    () => ({ cookies: false }),
    'write cookies: { secure: false }',
    () => ({ cookies: { secure: false } }),
  ],
  [() => ({ cookies: { domain: 'example.com' } }), 'leave it out', () => ({ cookies: {} })],
  [
    () => ({ cookies: { maxAge: 60 } }),
    'write session({ absoluteTimeout: 86400 })',
    () => transports(session({ absoluteTimeout: 86_400 })),
  ],
  // The rest
  [() => ({ secret: 'a'.repeat(32) }), 'make one with: npx crudauth secret', () => ({ secret })],
  [() => ({ secret: 'short' }), 'make one with: npx crudauth secret', () => ({ secret })],
  [
    () => ({ passwords: { adopt: 'django' } }),
    'such as [django()] from crudauth/hashes',
    () => ({ passwords: { adopt: [django()] } }),
  ],
  [
    () => ({ passwords: { setWithToken: 'fresh' } }),
    'write transports: [session(), bearer()]',
    () => ({ ...transports(session(), bearer()), passwords: { setWithToken: 'fresh' } }),
  ],
  [
    () => ({ hooks: () => undefined }),
    'write hooks: { afterLogin: (user, context) => … }',
    () => ({ hooks: { afterLogin: () => undefined } }),
  ],
  [
    () => ({ registration: true }),
    "write registration: { extraFields: ['displayName'] }, false for none, or leave it out",
    () => ({ registration: { extraFields: ['displayName'] } }),
  ],
  [() => ({ basePath: '/auth' }), "write auth.mount(app, '/auth')", () => ({})],
  [() => ({ namespace: 'my shop' }), "such as 'shop'", () => ({ namespace: 'shop' })],
]

describe('A mistake is told with what to write, and that works:', () => {
  test.each(cases.map(([mistake, advice, followed]) => ({ mistake, advice, followed })))(
    '$advice',
    ({ mistake, advice, followed }) => {
      expect(problemsFrom(mistake)).toEqual([expect.stringContaining(advice)])
      expect(problemsFrom(followed)).toEqual([])
    },
  )
})

describe('A duration', () => {
  test.each([3600, 10_800, 36_000, 86_400, 90_000, 432_000, 864_000, 2_592_000, 9999])(
    'of %i seconds is somebody’s wish',
    (rememberMe) => {
      expect(problemsOf(transports(session({ rememberMe })))).toEqual([])
    },
  )

  test.each([10_000, 15_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000])(
    'of %i seconds was meant in milliseconds',
    (rememberMe) => {
      expect(problemsOf(transports(session({ rememberMe })))).toEqual([
        expect.stringContaining(`write ${rememberMe / 1000} if you mean`),
      ])
    },
  )
})

test('a peer that is no function is told with everything else', () => {
  const wrong = { users: users(any(db)), secret, transports: [session()], peer: '192.0.2.1' }
  expect(() => honoAuth(any({ ...wrong, namespace: 'my shop' }))).toThrow(
    /namespace.*peer must be a function, such as \(c\) => c\.env\.ip/s,
  )
})

describe('A mistake at a request', () => {
  test('of an address that is sent as `email` is told, and what is told works', async () => {
    const { browser, member } = world({ transports: [session(), bearer()] })
    const { email, password } = await member()
    for (const path of ['/login', '/token']) {
      const refused = await browser().post(path, { email, password })
      expect((await json(refused))['errors']).toEqual([
        { path: 'username', message: 'Is required: the email or username.' },
      ])
      expect((await browser().post(path, { username: email, password })).status).toBe(200)
    }
  })
})

describe('In production', () => {
  afterEach(() => {
    vi.unstubAllEnvs()
  })

  test('a secret that is missing is told, and what is told works', () => {
    vi.stubEnv('NODE_ENV', 'production')
    expect(problemsOf({ secret: undefined })).toEqual([
      expect.stringContaining('write secret: process.env.AUTH_SECRET'),
    ])
    expect(problemsOf({ secret })).toEqual([])
  })
})

test('a table of keys is told of a database without a connection, too', () => {
  const nothing = any(drizzlePostgres(any(undefined)))
  expect(() => drizzleApiKeys(nothing, keyTable)).toThrow('write drizzle(process.env.DATABASE_URL)')
})
