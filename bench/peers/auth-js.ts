/** Auth.js with sessions in a database, on Express, with its Drizzle adapter. */
import { DrizzleAdapter } from '@auth/drizzle-adapter'
import { type ExpressAuthConfig, getSession } from '@auth/express'
import * as pg from 'drizzle-orm/pg-core'
import * as sqlite from 'drizzle-orm/sqlite-core'
import express from 'express'
import {
  answer,
  origin,
  type Served,
  secret,
  setPasswordBy,
  type Variants,
} from '../compare/served.ts'
import * as listening from './listening.ts'
import { postgresPeople, sqlitePeople, userId } from './people.ts'

export const variants: Variants = { SQLite: overSqlite, PostgreSQL: overPostgres }

type Adapter = NonNullable<ExpressAuthConfig['adapter']>

async function overSqlite(): Promise<Served> {
  const people = sqlitePeople([
    'create table session (session_token text primary key, user_id text not null, expires integer not null)',
  ])
  await people.insert()
  const sessions = sqlite.sqliteTable('session', {
    sessionToken: sqlite.text('session_token').primaryKey(),
    userId: sqlite.text('user_id').notNull(),
    expires: sqlite.integer('expires', { mode: 'timestamp_ms' }).notNull(),
  })
  const tables = { usersTable: people.users, sessionsTable: sessions }
  return servedBy(adapterOf(people.db, tables), people)
}

async function overPostgres(): Promise<Served> {
  const people = await postgresPeople(
    (prefix) => [
      `create table ${prefix}session (session_token text primary key, user_id text not null, expires timestamptz not null)`,
    ],
    ['session'],
  )
  await people.insert()
  const sessions = pg.pgTable(`${people.prefix}session`, {
    sessionToken: pg.text('session_token').primaryKey(),
    userId: pg.text('user_id').notNull(),
    expires: pg.timestamp('expires', { withTimezone: true }).notNull(),
  })
  const tables = { usersTable: people.users, sessionsTable: sessions }
  return servedBy(adapterOf(people.db, tables), people)
}

/** Its types want `emailVerified` to be a moment; no check reads it. */
function adapterOf(db: object, tables: object): Adapter {
  const make = DrizzleAdapter as unknown as (db: object, tables: object) => Adapter
  return make(db, tables)
}

async function servedBy(
  adapter: Adapter,
  people: Pick<Served, 'change' | 'close'>,
): Promise<Served> {
  const config: ExpressAuthConfig = {
    adapter,
    secret,
    trustHost: true,
    providers: [],
    session: { strategy: 'database' },
    callbacks: { session: ({ session }) => ({ user: { email: session.user.email }, expires: '' }) },
  }
  const app = express()
  app.set('trust proxy', true)
  app.get('/checked', async (req, res) => {
    const session = await getSession(req, config)
    if (!session?.user) return void res.status(401).json({})
    res.json({ email: session.user.email })
  })
  const bare = express().get('/checked', (_req, res) => void res.json(answer))
  const name = '__Secure-authjs.session-token'
  const tokenIn = (cookie = '') => cookie.slice(name.length + 1)
  return {
    port: await listening.express(app),
    barePort: await listening.express(bare),
    // No provider of its own makes sessions in a database without a round trip elsewhere.
    async logIn() {
      const sessionToken = crypto.randomUUID()
      const expires = new Date(Date.now() + 30 * 86_400_000)
      await adapter.createSession?.({ sessionToken, userId, expires })
      const { protocol, host } = new URL(origin)
      const forwarded = { 'x-forwarded-proto': protocol.slice(0, -1), 'x-forwarded-host': host }
      return { ...forwarded, cookie: `${name}=${sessionToken}` }
    },
    revoke: async (headers) => {
      await adapter.deleteSession?.(tokenIn(headers['cookie']))
    },
    change: people.change,
    setPassword: setPasswordBy(people.change),
    close: people.close,
  }
}
