/** Better Auth, on Hono, with its Drizzle adapter. */
import { type BetterAuthOptions, betterAuth } from 'better-auth'
import { drizzleAdapter } from 'better-auth/adapters/drizzle'
import * as pg from 'drizzle-orm/pg-core'
import * as sqlite from 'drizzle-orm/sqlite-core'
import { Hono } from 'hono'
import {
  answer,
  cookieOf,
  origin,
  person,
  type Served,
  secret,
  type Variants,
} from '../compare/served.ts'
import * as listening from './listening.ts'
import { namespace, postgresPeople, redisClient, sqlitePeople } from './people.ts'

export const variants: Variants = {
  'database, SQLite': () => overSqlite({}),
  'database, PostgreSQL': overPostgres,
  'secondary storage, Redis': async () => {
    const { client, close } = await redisClient(namespace)
    const key = (name: string) => `${namespace}:${name}`
    const secondaryStorage = {
      get: (name: string) => client.get(key(name)),
      set: async (name: string, value: string, ttl?: number) => {
        await client.set(key(name), value, ttl ? { EX: ttl } : {})
      },
      delete: async (name: string) => {
        await client.del(key(name))
      },
      getAndDelete: (name: string) => client.getDel(key(name)),
      increment: async (name: string, ttl: number) => {
        const [count] = await client.multi().incr(key(name)).expire(key(name), ttl, 'NX').exec()
        return Number(count)
      },
    }
    return overSqlite({ secondaryStorage }, close)
  },
  'cookie cache, SQLite': () =>
    overSqlite({ session: { cookieCache: { enabled: true, maxAge: 300 } } }),
}

const sessionColumns = (moment: string) =>
  `id text primary key, expires_at ${moment} not null, token text not null unique,
   created_at ${moment} not null, updated_at ${moment} not null, ip_address text, user_agent text,
   user_id text not null`
const accountColumns = (moment: string) =>
  `id text primary key, account_id text not null, provider_id text not null, user_id text not null,
   access_token text, refresh_token text, id_token text, access_token_expires_at ${moment},
   refresh_token_expires_at ${moment}, scope text, password text, created_at ${moment} not null,
   updated_at ${moment} not null`
const verificationColumns = (moment: string) =>
  `id text primary key, identifier text not null, value text not null, expires_at ${moment} not null,
   created_at ${moment} not null, updated_at ${moment} not null`
const indexes = (prefix: string) => [
  `create index ${prefix}session_user on ${prefix}session (user_id)`,
  `create index ${prefix}account_user on ${prefix}account (user_id)`,
]

async function overSqlite(
  options: Partial<BetterAuthOptions>,
  closing: () => Promise<void> = async () => undefined,
): Promise<Served> {
  const people = sqlitePeople([
    `create table session (${sessionColumns('integer')})`,
    `create table account (${accountColumns('integer')})`,
    `create table verification (${verificationColumns('integer')})`,
    ...indexes(''),
  ])
  const moment = (name: string) => sqlite.integer(name, { mode: 'timestamp' })
  const { text } = sqlite
  const session = sqlite.sqliteTable('session', {
    id: text('id').primaryKey(),
    expiresAt: moment('expires_at').notNull(),
    token: text('token').notNull().unique(),
    createdAt: moment('created_at').notNull(),
    updatedAt: moment('updated_at').notNull(),
    ipAddress: text('ip_address'),
    userAgent: text('user_agent'),
    userId: text('user_id').notNull(),
  })
  const account = sqlite.sqliteTable('account', {
    id: text('id').primaryKey(),
    accountId: text('account_id').notNull(),
    providerId: text('provider_id').notNull(),
    userId: text('user_id').notNull(),
    accessToken: text('access_token'),
    refreshToken: text('refresh_token'),
    idToken: text('id_token'),
    accessTokenExpiresAt: moment('access_token_expires_at'),
    refreshTokenExpiresAt: moment('refresh_token_expires_at'),
    scope: text('scope'),
    password: text('password'),
    createdAt: moment('created_at').notNull(),
    updatedAt: moment('updated_at').notNull(),
  })
  const verification = sqlite.sqliteTable('verification', {
    id: text('id').primaryKey(),
    identifier: text('identifier').notNull(),
    value: text('value').notNull(),
    expiresAt: moment('expires_at').notNull(),
    createdAt: moment('created_at').notNull(),
    updatedAt: moment('updated_at').notNull(),
  })
  const schema = { user: people.users, session, account, verification }
  return servedBy(
    drizzleAdapter(people.db, { provider: 'sqlite', schema }),
    options,
    people,
    closing,
  )
}

async function overPostgres(): Promise<Served> {
  const people = await postgresPeople(
    (prefix) => [
      `create table ${prefix}session (${sessionColumns('timestamptz')})`,
      `create table ${prefix}account (${accountColumns('timestamptz')})`,
      `create table ${prefix}verification (${verificationColumns('timestamptz')})`,
      ...indexes(prefix),
    ],
    ['session', 'account', 'verification'],
  )
  const moment = (name: string) => pg.timestamp(name, { withTimezone: true })
  const { text } = pg
  const session = pg.pgTable(`${people.prefix}session`, {
    id: text('id').primaryKey(),
    expiresAt: moment('expires_at').notNull(),
    token: text('token').notNull().unique(),
    createdAt: moment('created_at').notNull(),
    updatedAt: moment('updated_at').notNull(),
    ipAddress: text('ip_address'),
    userAgent: text('user_agent'),
    userId: text('user_id').notNull(),
  })
  const account = pg.pgTable(`${people.prefix}account`, {
    id: text('id').primaryKey(),
    accountId: text('account_id').notNull(),
    providerId: text('provider_id').notNull(),
    userId: text('user_id').notNull(),
    accessToken: text('access_token'),
    refreshToken: text('refresh_token'),
    idToken: text('id_token'),
    accessTokenExpiresAt: moment('access_token_expires_at'),
    refreshTokenExpiresAt: moment('refresh_token_expires_at'),
    scope: text('scope'),
    password: text('password'),
    createdAt: moment('created_at').notNull(),
    updatedAt: moment('updated_at').notNull(),
  })
  const verification = pg.pgTable(`${people.prefix}verification`, {
    id: text('id').primaryKey(),
    identifier: text('identifier').notNull(),
    value: text('value').notNull(),
    expiresAt: moment('expires_at').notNull(),
    createdAt: moment('created_at').notNull(),
    updatedAt: moment('updated_at').notNull(),
  })
  const schema = { user: people.users, session, account, verification }
  return servedBy(drizzleAdapter(people.db, { provider: 'pg', schema }), {}, people)
}

async function servedBy(
  database: NonNullable<BetterAuthOptions['database']>,
  options: Partial<BetterAuthOptions>,
  people: Pick<Served, 'change' | 'close'>,
  closing: () => Promise<void> = async () => undefined,
): Promise<Served> {
  const auth = betterAuth({
    ...options,
    database,
    secret,
    baseURL: origin,
    emailAndPassword: { enabled: true },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { level: 'error' },
  })
  const app = new Hono().get('/checked', async (c) => {
    const session = await auth.api.getSession({ headers: c.req.raw.headers })
    return session ? c.json({ email: session.user.email }) : c.json({}, 401)
  })
  const bare = new Hono().get('/checked', (c) => c.json(answer))
  const post = async (path: string, body: object, headers: object = {}) => {
    const given = await auth.handler(
      new Request(`${origin}/api/auth${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin, ...headers },
        body: JSON.stringify(body),
      }),
    )
    if (!given.ok) throw new Error(`${path} answered ${given.status}: ${await given.text()}`)
    return given
  }
  const { email } = person
  let { password }: { password: string } = person
  await post('/sign-up/email', { email, password, name: 'Ann' })
  const logIn = async () => cookieOf((await post('/sign-in/email', { email, password })).headers)
  return {
    port: await listening.hono(app),
    barePort: await listening.hono(bare),
    logIn,
    revoke: async (headers) => {
      await post('/sign-out', {}, headers)
    },
    change: people.change,
    async setPassword(newPassword) {
      await post('/change-password', { currentPassword: password, newPassword }, await logIn())
      password = newPassword
    },
    async close() {
      await people.close()
      await closing()
    },
  }
}
