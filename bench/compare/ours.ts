/** What is ours on every framework: the table, the storages, and what is asked of them. */
import { createClient } from '@redis/client'
import Database from 'better-sqlite3'
import type { Storage } from 'crudauth'
import { drizzleUsers } from 'crudauth/drizzle'
import { redisStorage } from 'crudauth/redis'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import * as pg from 'drizzle-orm/pg-core'
import * as sqlite from 'drizzle-orm/sqlite-core'
import { redisUrl } from '../../test/support/services.ts'
import { columnsOfUsers, insertionInto, userId } from './people.ts'
import { browser, cookieOf, person, type Served, secret } from './served.ts'

/** PostgreSQL and Redis outlive the process. */
export const namespace: string = `bench_${process.pid}_${Date.now().toString(36)}`

export const common = {
  secret,
  namespace,
  passwords: { cost: 4 },
  registration: { mode: 'closed' },
  warnOnMemoryStorage: false,
  onEvent: () => undefined,
} as const

/** The same table as that of the others. */
export function sqliteUsers(database: Database.Database = new Database(':memory:')) {
  database.exec(`create table users (${columnsOfUsers('sqlite')})`)
  database.exec(insertionInto('users', 'sqlite'))
  const moment = (name: string) => sqlite.integer(name, { mode: 'timestamp' })
  const flag = (name: string) => sqlite.integer(name, { mode: 'boolean' })
  const table = sqlite.sqliteTable('users', {
    id: sqlite.text('id').primaryKey(),
    name: sqlite.text('name').notNull(),
    email: sqlite.text('email').notNull().unique(),
    username: sqlite.text('username').unique(),
    emailVerified: flag('email_verified').notNull(),
    image: sqlite.text('image'),
    hashedPassword: sqlite.text('hashed_password'),
    isActive: flag('is_active').notNull().default(true),
    isSuperuser: flag('is_superuser').notNull().default(false),
    tokenVersion: sqlite.integer('token_version').notNull().default(1),
    oauthProvider: sqlite.text('oauth_provider'),
    googleId: sqlite.text('google_id').unique(),
    githubId: sqlite.text('github_id').unique(),
    createdAt: moment('created_at').notNull(),
    updatedAt: moment('updated_at').notNull(),
  })
  const change = async (assignments: string) => {
    database.exec(`update users set ${assignments}`)
  }
  return { users: drizzleUsers(drizzle(database), table), change }
}

export function postgresUsersTable(name: string) {
  const moment = (column: string) => pg.timestamp(column, { withTimezone: true })
  return pg.pgTable(name, {
    id: pg.text('id').primaryKey(),
    name: pg.text('name').notNull(),
    email: pg.text('email').notNull().unique(),
    username: pg.text('username').unique(),
    emailVerified: pg.boolean('email_verified').notNull(),
    image: pg.text('image'),
    hashedPassword: pg.text('hashed_password'),
    isActive: pg.boolean('is_active').notNull().default(true),
    isSuperuser: pg.boolean('is_superuser').notNull().default(false),
    tokenVersion: pg.integer('token_version').notNull().default(1),
    oauthProvider: pg.text('oauth_provider'),
    googleId: pg.text('google_id').unique(),
    githubId: pg.text('github_id').unique(),
    createdAt: moment('created_at').notNull(),
    updatedAt: moment('updated_at').notNull(),
  })
}

/** A storage, and what removes everything that is in it. */
export async function inRedis(): Promise<{ storage: Storage; close: () => Promise<void> }> {
  const client = createClient({ url: redisUrl })
  await client.connect()
  const close = async () => {
    const pattern = { MATCH: `${namespace}*`, COUNT: 1000 }
    for await (const found of client.scanIterator(pattern)) {
      if (found.length > 0) await client.unlink(found)
    }
    client.destroy()
  }
  return { storage: redisStorage({ client, timeoutMs: 10_000 }), close }
}

/** As much of `auth` as is used here. */
interface Users {
  readonly users: {
    setPassword(id: string, password: string): Promise<unknown>
    endAll(id: string): Promise<unknown>
  }
}

export interface Serving extends Pick<Served, 'port' | 'barePort' | 'change'> {
  readonly close?: (() => Promise<void>) | undefined
}

export async function servedBy(
  { users }: Users,
  carrier: 'session' | 'bearer',
  { port, barePort, change, close = async () => undefined }: Serving,
): Promise<Served> {
  const setPassword = async (password: string) => {
    await users.setPassword(userId, password)
  }
  const post = async (path: string, headers: Readonly<Record<string, string>> = {}) => {
    const sent = { ...browser, 'content-type': 'application/json', ...headers }
    const body = JSON.stringify(person)
    const url = `http://127.0.0.1:${port}${path}`
    const given = await fetch(url, { method: 'POST', headers: sent, body })
    if (!given.ok) throw new Error(`${path} answered ${given.status}: ${await given.text()}`)
    return given
  }
  await setPassword(person.password)
  const common = { port, barePort, change, setPassword, close }
  if (carrier === 'session') {
    return {
      ...common,
      logIn: async () => cookieOf((await post('/login')).headers),
      async revoke(headers) {
        const [, token = ''] = /csrf_token=([^;]+)/.exec(headers['cookie'] ?? '') ?? []
        await post('/logout', { ...headers, 'x-csrf-token': token })
      },
    }
  }
  return {
    ...common,
    async logIn() {
      const { access_token } = (await (await post('/token')).json()) as { access_token: string }
      return { authorization: `Bearer ${access_token}` }
    },
    // An access token has no record: what ends it is the epoch of its account.
    async revoke() {
      await users.endAll(userId)
    },
  }
}
