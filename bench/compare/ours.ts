/** This library, on Hono: what others are compared with. */
import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { createClient } from '@redis/client'
import Database from 'better-sqlite3'
import { memoryStorage, type Storage } from 'crudauth'
import { drizzleStorage, drizzleUsers } from 'crudauth/drizzle'
import * as postgresColumns from 'crudauth/drizzle/postgres'
import { authStorageColumns, authUserColumns } from 'crudauth/drizzle/sqlite'
import { bearer, honoAuth, session } from 'crudauth/hono'
import { redisStorage } from 'crudauth/redis'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { drizzle as drizzlePostgres } from 'drizzle-orm/node-postgres'
import { pgTable } from 'drizzle-orm/pg-core'
import { sqliteTable } from 'drizzle-orm/sqlite-core'
import { Hono } from 'hono'
import { Pool } from 'pg'
import { createTable, tableStatements } from '../../test/support/create-table.ts'
import { postgresUrl, redisUrl } from '../../test/support/services.ts'
import { answer, cookieOf, origin, person, type Served, secret, type Variants } from './served.ts'

const namespace = `bench-${process.pid}-${randomBytes(4).toString('hex')}`

const common = {
  secret,
  namespace,
  rateLimits: { register: { times: 0, seconds: 1 } },
  passwords: { cost: 4 },
  warnOnMemoryStorage: false,
  onEvent: () => undefined,
} as const

type App = Pick<Hono, 'fetch' | 'request'>

export const variants: Variants = {
  'session, memory': () => overSqlite(memoryStorage()),
  'session, Redis': async () => {
    const client = createClient({ url: redisUrl })
    await client.connect()
    return overSqlite(redisStorage({ client, timeoutMs: 10_000 }), async () => {
      const pattern = { MATCH: `${namespace}*`, COUNT: 1000 }
      for await (const found of client.scanIterator(pattern)) {
        if (found.length > 0) await client.unlink(found)
      }
      client.destroy()
    })
  },
  'session, SQLite': () => {
    const sqlite = new Database(':memory:')
    const stored = sqliteTable('auth_storage', authStorageColumns())
    createTable(sqlite, stored)
    return overSqlite(drizzleStorage(drizzle(sqlite), stored), undefined, sqlite)
  },
  'session, PostgreSQL': overPostgres,
  bearer: async () => {
    const { sqlite, users } = sqliteUsers()
    const transports = [bearer({ refresh: 'body' })] as const
    const auth = honoAuth({ ...common, users, storage: memoryStorage(), transports })
    const app = auth
      .mount(new Hono())
      .get('/checked', auth.guard(), (c) => c.json({ email: c.var.principal.user.email }))
    const made = await servedBy(app, '/token', {
      change: change(sqlite),
      setPassword: async (password) => {
        await auth.users.setPassword(1, password)
      },
    })
    // An access token has no record: what ends it is the epoch of its account.
    const revoke = async () => {
      await auth.users.endAll(1)
    }
    return { ...made, revoke }
  },
}

function sqliteUsers(sqlite = new Database(':memory:')) {
  const table = sqliteTable('users', authUserColumns())
  createTable(sqlite, table)
  return { sqlite, users: drizzleUsers(drizzle(sqlite), table) }
}

const change = (sqlite: Database.Database) => async (assignments: string) => {
  sqlite.exec(`update users set ${assignments}`)
}

async function overSqlite(
  storage: Storage,
  close?: () => Promise<void>,
  database?: Database.Database,
): Promise<Served> {
  const { sqlite, users } = sqliteUsers(database)
  const auth = honoAuth({ ...common, users, storage, transports: [session()] })
  const app = auth
    .mount(new Hono())
    .get('/checked', auth.guard(), (c) => c.json({ email: c.var.principal.user.email }))
  return servedBy(app, '/login', {
    change: change(sqlite),
    setPassword: async (password) => {
      await auth.users.setPassword(1, password)
    },
    ...(close && { close }),
  })
}

async function overPostgres(): Promise<Served> {
  const pool = new Pool({ connectionString: postgresUrl, max: 10 })
  const db = drizzlePostgres(pool)
  const name = namespace.replaceAll('-', '_')
  const table = pgTable(`${name}_users`, postgresColumns.authUserColumns())
  const stored = pgTable(`${name}_storage`, postgresColumns.authStorageColumns())
  for (const statement of [...tableStatements(table), ...tableStatements(stored)]) {
    await pool.query(statement)
  }
  const storage = drizzleStorage(db, stored, { timeoutMs: 10_000 })
  const transports = [session()] as const
  const auth = honoAuth({ ...common, users: drizzleUsers(db, table), storage, transports })
  const app = auth
    .mount(new Hono())
    .get('/checked', auth.guard(), (c) => c.json({ email: c.var.principal.user.email }))
  return servedBy(app, '/login', {
    change: async (assignments) => {
      await pool.query(`update ${name}_users set ${assignments}`)
    },
    setPassword: async (password) => {
      await auth.users.setPassword(1, password)
    },
    async close() {
      await pool.query(`drop table ${name}_users, ${name}_storage`)
      await pool.end()
    },
  })
}

/** @param path Where to log in. */
async function servedBy(
  app: App,
  path: '/login' | '/token',
  {
    change,
    setPassword,
    close = async () => undefined,
  }: Pick<Served, 'change' | 'setPassword'> & Partial<Pick<Served, 'close'>>,
): Promise<Served> {
  const bare = new Hono().get('/checked', (c) => c.json(answer))
  const post = async (to: string, headers: object, body: object = person) => {
    const sent = { 'content-type': 'application/json', ...headers }
    const given = await app.request(`${origin}${to}`, {
      method: 'POST',
      headers: sent,
      body: JSON.stringify(body),
    })
    if (!given.ok) throw new Error(`${to} answered ${given.status}: ${await given.text()}`)
    return given
  }
  await post('/register', {})
  return {
    port: await listening(app),
    barePort: await listening(bare),
    async logIn() {
      const given = await post(path, {})
      if (path === '/login') return cookieOf(given.headers)
      const { access_token } = (await given.json()) as { access_token: string }
      return { authorization: `Bearer ${access_token}` }
    },
    revoke: async (headers) => {
      const [, token = ''] = /csrf_token=([^;]+)/.exec(headers['cookie'] ?? '') ?? []
      await post('/logout', { ...headers, 'x-csrf-token': token }, {})
    },
    change,
    setPassword,
    close,
  }
}

function listening({ fetch }: Pick<Hono, 'fetch'>): Promise<number> {
  return new Promise((resolve) => {
    serve({ fetch, port: 0, hostname: '127.0.0.1' }, ({ port }: AddressInfo) => resolve(port))
  })
}
