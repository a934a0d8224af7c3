/**
 * Mistakes of a hurried hand, and names that other libraries have: each is told with what to write,
 * and what is written then works.
 */
import Database from 'better-sqlite3'
import {
  apiKeys,
  bearer,
  type DeliveryChannel,
  developmentInbox,
  email,
  flag,
  memoryStorage,
  recovery,
  session,
} from 'crudauth'
import { drizzleApiKeys, drizzleStorage, drizzleUsers } from 'crudauth/drizzle'
import { authApiKeyColumns, authStorageColumns } from 'crudauth/drizzle/sqlite'
import * as hashes from 'crudauth/hashes'
import { kyselyApiKeys, kyselyStorage, kyselyUsers } from 'crudauth/kysely'
import { nodemailerSender } from 'crudauth/nodemailer'
import * as providers from 'crudauth/oauth'
import { prismaUsers } from 'crudauth/prisma'
import { redisStorage } from 'crudauth/redis'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { Kysely, SqliteDialect } from 'kysely'
import { createTransport } from 'nodemailer'
import { describe, expect, test, vi } from 'vitest'
import * as z from 'zod'
import { type Configuration, problemsFrom, problemsOf } from './support/configuration-problems.ts'
import { members, secret } from './support/world.ts'

const { google, oauth, oidc } = providers
const db = drizzle(new Database(':memory:'))
const kysely = new Kysely<Record<'members' | 'auth_storage', Record<string, string>>>({
  dialect: new SqliteDialect({ database: new Database(':memory:') }),
})
const keys = drizzleApiKeys(db, sqliteTable('api_keys', authApiKeyColumns()))
/** A table with names of its own, as people bring it. */
const barred = sqliteTable('barred', {
  id: integer().primaryKey(),
  mail: text().notNull().unique(),
  hash: text().notNull(),
  isBanned: integer('is_banned', { mode: 'boolean' }).notNull().default(false),
})
const named = { email: 'mail', hashedPassword: 'hash' } as const
const own = (columns: object = {}) =>
  drizzleUsers(db, barred, { columns: { ...named, ...columns } as never })

const channel: DeliveryChannel = { name: 'mail', deliver: () => undefined }
const frontendUrl = 'https://app.example.com'
const redirectBaseUrl = 'https://app.example.com'
const client = { clientId: 'shop', clientSecret: 'secret' }

/** What JavaScript hands over, whatever the types say. */
const any = (value: unknown) => value as never
const transports = (...entries: unknown[]) => ({ transports: entries })
const recovering = (options: object = {}) => ({
  features: [recovery({ channels: [channel], frontendUrl, ...options })],
})
const signingIn = (options: object = {}) => ({
  features: [oauth({ providers: { google: google(client) }, redirectBaseUrl, ...options })],
})
const columns = { id: 'id', email: 'email', hashedPassword: 'hashed_password' }
const overKysely = (options: object = {}) =>
  kyselyUsers(kysely, 'members', any({ columns, unique: ['email'], ...options }))
const body = { email: z.string(), username: z.string() }

/** The mistake, a part of what is told, and the configuration after following it. */
const cases: readonly (readonly [() => Configuration, string, () => Configuration])[] = [
  // Names that other libraries have
  [() => ({ secretKey: secret }), 'write secret: process.env.AUTH_SECRET', () => ({ secret })],
  [() => ({ oauth: {} }), '(from crudauth/oauth)', signingIn],
  [() => ({ socialProviders: {} }), 'write features: [oauth({ providers: { … }', signingIn],
  [() => ({ recovery: {} }), 'write features: [recovery({ channels:', recovering],
  [() => ({ mailer: {} }), 'write features: [recovery({ channels:', recovering],
  [() => ({ emailAndPassword: { enabled: true } }), 'leave it out: people log in', () => ({})],
  [() => ({ baseURL: 'http://localhost' }), 'leave it out: your front end', () => ({})],
  [
    () => ({ trustProxy: true }),
    "write trustedProxies: { networks: ['10.0.0.0/8'] }",
    () => ({ trustedProxies: { networks: ['10.0.0.0/8'] } }),
  ],
  [
    () => ({ columns: named }),
    'write users: drizzleUsers(db, users, { columns: { … } })',
    () => ({ users: own() }),
  ],
  [
    () => ({ rateLimit: {} }),
    'write rateLimits: { register: { times: 5, seconds: 3600 } }',
    () => ({ rateLimits: { register: { times: 5, seconds: 3600 } } }),
  ],
  [() => ({ callbacks: {} }), 'write hooks: {', () => ({ hooks: { afterLogin: () => undefined } })],
  [() => ({ logger: console }), 'write onEvent:', () => ({ onEvent: () => undefined })],
  // The users table
  [
    () => ({ users: own({ isActive: 'isBanned' }) }),
    "write columns: { isActive: { property: 'isBanned', codec: flag([false, null], true) } }",
    () => ({
      users: own({ isActive: { property: 'isBanned', codec: flag([false, null], true) } }),
    }),
  ],
  [
    () => ({ users: own({ isActive: { column: 'isBanned', codec: flag([false, null], true) } }) }),
    "write columns: { isActive: { property: '…', … } }",
    () => ({
      users: own({ isActive: { property: 'isBanned', codec: flag([false, null], true) } }),
    }),
  ],
  [
    () => ({ users: own(), identity: { login: ['mail'] } }),
    "is the column of email; write 'email'",
    () => ({ users: own(), identity: { login: ['email'] } }),
  ],
  [
    () => ({ users: drizzleUsers(any(kysely), members) }),
    "write kyselyUsers(db, 'users', { … }) from crudauth/kysely",
    () => ({ users: overKysely() }),
  ],
  [
    () => ({ users: kyselyUsers(any(db), any('members'), any({ columns, unique: ['email'] })) }),
    'write kyselyUsers(new Kysely({ dialect })',
    () => ({ users: overKysely() }),
  ],
  [
    () => ({ users: kyselyUsers(kysely, any(members), any({ columns, unique: ['email'] })) }),
    "write kyselyUsers(db, 'users', …)",
    () => ({ users: overKysely() }),
  ],
  [
    () => ({ users: kyselyUsers(kysely, 'members', any(undefined)) }),
    "write kyselyUsers(db, 'members', { columns: { id: 'id', … }",
    () => ({ users: overKysely() }),
  ],
  [
    () => ({ users: overKysely({ key: 'string' }) }),
    "must be 'integer' or",
    () => ({ users: overKysely({ key: 'uuid' }) }),
  ],
  [
    () => ({ users: prismaUsers(any(undefined), any('user'), any({ unique: ['email'] })) }),
    'pass new PrismaClient({ adapter })',
    () => ({}),
  ],
  // Registration and passwords
  [
    () => ({ registration: { schema: z.object(body) } }),
    "returns no 'password', so that every registration would fail; add it",
    () => ({ registration: { schema: z.object({ ...body, password: z.string() }) } }),
  ],
  [
    () => ({ registration: { extraFields: ['display_name'] } }),
    "did you mean 'displayName'?",
    () => ({ registration: { extraFields: ['displayName'] } }),
  ],
  [
    () => ({ registration: { enabled: false } }),
    'write registration: false',
    () => ({ registration: false }),
  ],
  [
    () => ({ passwords: { adopt: ['django'] } }),
    'write django() from crudauth/hashes',
    () => ({ passwords: { adopt: [hashes.django()] } }),
  ],
  [() => ({ passwords: { rounds: 12 } }), 'write cost: 12', () => ({ passwords: { cost: 12 } })],
  [
    () => ({ passwords: { format: 'bcrypt' } }),
    "write 'bcrypt-sha256'",
    () => ({ passwords: { format: 'bcrypt-sha256' } }),
  ],
  // Transports, cookies, hooks, limits
  [
    () => transports(session(any({ maxAge: 3600 }))),
    'write idleTimeout: 1800 (without activity) and absoluteTimeout: 86400',
    () => transports(session({ idleTimeout: 1800, absoluteTimeout: 86_400 })),
  ],
  [
    () => transports(session(any({ secure: false }))),
    'cookies: { secure: false }',
    () => ({ cookies: { secure: false } }),
  ],
  [
    () => transports(session(any({ store: memoryStorage() }))),
    'storage: redisStorage({ url: … })',
    () => ({ storage: redisStorage({ url: 'redis://localhost:6379' }) }),
  ],
  [
    () => transports(bearer(any({ refreshTtlDays: 30 }))),
    'write refreshTtl: 2592000',
    () => transports(bearer({ refreshTtl: 2_592_000 })),
  ],
  [
    () => transports(session(), apiKeys(any(keys))),
    'write apiKeys({ keys: drizzleApiKeys(db, apiKeys) })',
    () => transports(session(), apiKeys({ keys })),
  ],
  [
    () => transports(session(), apiKeys({ keys: kyselyApiKeys(any(db), any('keys'), any({})) })),
    'must be a Kysely',
    () => transports(session(), apiKeys({ keys })),
  ],
  [() => ({ cookies: { httpOnly: true } }), 'leave it out', () => ({ cookies: {} })],
  [
    () => ({ hooks: { onLogin: () => undefined } }),
    'write afterLogin: (user, context) => …',
    () => ({ hooks: { afterLogin: () => undefined } }),
  ],
  [
    () => ({ lockout: { enabled: false } }),
    "write mode: 'observe'",
    () => ({ lockout: { mode: 'observe' } }),
  ],
  // Storages
  [
    () => ({ storage: redisStorage(any({ url: 'redis://localhost', host: 'localhost' })) }),
    "write url: 'redis://",
    () => ({ storage: redisStorage({ url: 'redis://:password@localhost:6379/0' }) }),
  ],
  [
    () => ({ storage: drizzleStorage(db, members) }),
    "write pgTable('auth_storage', authStorageColumns())",
    () => ({ storage: drizzleStorage(db, sqliteTable('auth_storage', authStorageColumns())) }),
  ],
  [
    () => ({ storage: drizzleStorage(db, any(undefined)) }),
    'must be a table',
    () => ({ storage: drizzleStorage(db, sqliteTable('auth_storage', authStorageColumns())) }),
  ],
  [
    () => ({ storage: kyselyStorage(kysely, any(undefined)) }),
    'must be the name of a table',
    () => ({ storage: kyselyStorage(kysely, 'auth_storage') }),
  ],
  // Recovery and providers
  [
    () => recovering({ channels: [developmentInbox] }),
    'call it: developmentInbox()',
    () => recovering({ channels: [developmentInbox()] }),
  ],
  [
    () => recovering({ channels: [email(any(createTransport('smtp://localhost')))] }),
    'write email(nodemailerSender({',
    () =>
      recovering({
        channels: [
          email(
            nodemailerSender({
              from: 'Shop <no-reply@shop.example>',
              transport: createTransport('smtp://localhost') as never,
            }),
          ),
        ],
      }),
  ],
  [
    () => recovering({ channels: [email(any(async () => undefined))] }),
    'write email({ send: async (mail) => … })',
    () => recovering({ channels: [email({ send: async () => undefined })] }),
  ],
  [() => signingIn({ baseURL: redirectBaseUrl }), 'write redirectBaseUrl:', signingIn],
  [
    () =>
      signingIn({
        providers: {
          google: oidc({
            issuer: 'https://login.example.com/.well-known/openid-configuration',
            ...client,
          }),
        },
      }),
    "write what stands before: 'https://login.example.com'",
    () =>
      signingIn({
        providers: { google: oidc({ issuer: 'https://login.example.com', ...client }) },
      }),
  ],
]

describe('A habit is told with what to write here, and that works:', () => {
  test.each(cases.map(([mistake, advice, followed]) => ({ mistake, advice, followed })))(
    '$advice',
    ({ mistake, advice, followed }) => {
      expect(problemsFrom(mistake)).toEqual([expect.stringContaining(advice)])
      expect(problemsFrom(followed)).toEqual([])
    },
  )
})

test.each(Object.entries(hashes))(
  '%s of crudauth/hashes is told where it is not called',
  (name, make) => {
    expect(problemsOf({ passwords: { adopt: [make] } })).toEqual([
      expect.stringContaining(`call it: ${name}()`),
    ])
  },
)

const { apple, discord, github, gitlab, microsoft, oauth2 } = providers

test.each(Object.entries({ apple, discord, github, gitlab, google, microsoft, oauth2, oidc }))(
  '%s() without options is told with everything else',
  (_, make) => {
    expect(make(any(undefined)).problems).toContainEqual(
      expect.stringContaining('clientId is missing'),
    )
  },
)

test('a loose schema may take a password that it does not name', () => {
  expect(problemsOf({ registration: { schema: z.looseObject(body) } })).toEqual([])
})

test('a frontend over plain HTTP is told in production', () => {
  vi.stubEnv('NODE_ENV', 'production')
  const at = (url: string, more: object = {}) =>
    problemsOf({ ...recovering({ frontendUrl: url }), ...more })
  expect(at('http://app.example.com')).toEqual([expect.stringContaining('write https://')])
  expect(at('https://app.example.com')).toEqual([])
  expect(at('http://localhost:3000')).toEqual([])
  expect(at('http://10.0.0.5', { cookies: { secure: false } })).toEqual([])
})
