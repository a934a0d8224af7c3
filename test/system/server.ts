/**
 * One process of an application: sessions, tokens and sudo over a shared storage and a users table
 * in PostgreSQL. Says on which port it listens, and every event.
 */
import { serve } from '@hono/node-server'
import { drizzle } from 'drizzle-orm/node-postgres'
import { Hono } from 'hono'
import { Pool } from 'pg'
import { drizzleApiKeys, drizzleStorage, drizzleUsers } from '../../src/databases/drizzle.ts'
import { honoAuth } from '../../src/frameworks/hono.ts'
import { apiKeys, bearer, recovery, session, sudo } from '../../src/index.ts'
import { redisStorage } from '../../src/storage/redis.ts'
import { keysTable, storageTable, usersTable } from './tables.ts'

export interface ServerOptions {
  readonly run: string
  readonly postgresUrl: string
  /** Where the state is shared; a table in PostgreSQL without it. */
  readonly redisUrl: string | null
  /** Of the storage and of the database. */
  readonly timeoutMs: number
  /** What `/register` says of names that are taken. Default `plain`: a test sees what became. */
  readonly answers?: 'plain' | 'same'
}

const options = JSON.parse(process.argv[2] ?? '{}') as ServerOptions
const { run, postgresUrl, redisUrl, timeoutMs, answers = 'plain' } = options

const pool = new Pool({ connectionString: postgresUrl, max: 5 })
// A connection that breaks while nobody uses it is replaced; without a listener it ends the
// process.
pool.on('error', () => {})
const db = drizzle(pool)
const storage =
  redisUrl === null
    ? drizzleStorage(db, storageTable(run), { timeoutMs })
    : redisStorage({ url: redisUrl, timeoutMs })

const auth = honoAuth({
  users: drizzleUsers(db, usersTable(run)),
  secret: 'a secret for tests, thirty-two bytes or more',
  namespace: run,
  storage,
  transports: [
    session({ managementRoutes: true, maxPerUser: 5 }),
    bearer({ refresh: 'body', grace: 5 }),
    apiKeys({ keys: drizzleApiKeys(db, keysTable(run)), managementRoutes: true }),
  ],
  features: [
    sudo({ route: true }),
    recovery({
      channels: [{ name: 'parent', deliver: ({ link }) => void process.send?.({ link }) }],
      frontendUrl: 'https://app.example.com',
      verifyNewAccounts: false,
    }),
  ],
  registration: { answers },
  // Each client says its own address, as a proxy would.
  trustedProxies: { hops: 1 },
  passwords: { cost: 4, maxQueued: 1000, maxWait: 60 },
  databaseTimeoutMs: timeoutMs,
  rateLimits: Object.fromEntries(
    ['register', 'logout_all', 'change_password'].map((name) => [name, { times: 0, seconds: 1 }]),
  ),
  onEvent: ({ name, ...event }) => {
    if ('error' in event) process.send?.({ event: name, error: String(event.error) })
  },
})
await auth.init()

const app = auth
  .mount(new Hono())
  .get('/optional', auth.currentUser({ optional: true }), (c) =>
    c.json({ user_id: c.var.principal?.userId ?? null }),
  )
  .get('/limited', auth.rateLimit('limited', { times: 3, seconds: 3600 }), (c) => c.json({}))

const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
  process.send?.({ port })
})
process.once('disconnect', () => {
  server.close()
  process.exit()
})
