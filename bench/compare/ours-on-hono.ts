/** This library, on Hono: what others are compared with. */
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import Database from 'better-sqlite3'
import { memoryStorage, type Storage } from 'crudauth'
import { drizzleStorage, drizzleUsers } from 'crudauth/drizzle'
import * as postgresColumns from 'crudauth/drizzle/postgres'
import { authStorageColumns } from 'crudauth/drizzle/sqlite'
import { bearer, honoAuth, session } from 'crudauth/hono'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { drizzle as drizzlePostgres } from 'drizzle-orm/node-postgres'
import { pgTable } from 'drizzle-orm/pg-core'
import { sqliteTable } from 'drizzle-orm/sqlite-core'
import { Hono } from 'hono'
import { Pool } from 'pg'
import { createTable, tableStatements } from '../../test/support/create-table.ts'
import { postgresUrl } from '../../test/support/services.ts'
import { common, inRedis, namespace, postgresUsersTable, servedBy, sqliteUsers } from './ours.ts'
import { columnsOfUsers, insertionInto } from './people.ts'
import { answer, type Served, type Variants } from './served.ts'

export const variants: Variants = {
  'session, memory': () => overSqlite(memoryStorage()),
  'session, Redis': async () => {
    const { storage, close } = await inRedis()
    return overSqlite(storage, close)
  },
  'session, SQLite': () => {
    const sqlite = new Database(':memory:')
    const stored = sqliteTable('auth_storage', authStorageColumns())
    createTable(sqlite, stored)
    return overSqlite(drizzleStorage(drizzle(sqlite), stored), undefined, sqlite)
  },
  'session, PostgreSQL': overPostgres,
  bearer: async () => {
    const { users, change } = sqliteUsers()
    const transports = [bearer({ refresh: 'body' })] as const
    const auth = honoAuth({ ...common, users, storage: memoryStorage(), transports })
    const app = auth
      .mount(new Hono())
      .get('/checked', auth.guard(), (c) => c.json({ email: c.var.principal.user.email }))
    return servedBy(auth, 'bearer', { ...(await portsOf(app)), change })
  },
}

async function overSqlite(
  storage: Storage,
  close?: () => Promise<void>,
  database?: Database.Database,
): Promise<Served> {
  const { users, change } = sqliteUsers(database)
  const auth = honoAuth({ ...common, users, storage, transports: [session()] })
  const app = auth
    .mount(new Hono())
    .get('/checked', auth.guard(), (c) => c.json({ email: c.var.principal.user.email }))
  return servedBy(auth, 'session', { ...(await portsOf(app)), change, close })
}

async function overPostgres(): Promise<Served> {
  const pool = new Pool({ connectionString: postgresUrl, max: 10 })
  const db = drizzlePostgres(pool)
  const name = `${namespace}_users`
  await pool.query(`create table ${name} (${columnsOfUsers('postgres')})`)
  await pool.query(insertionInto(name, 'postgres'))
  const stored = pgTable(`${namespace}_storage`, postgresColumns.authStorageColumns())
  for (const statement of tableStatements(stored)) await pool.query(statement)
  const storage = drizzleStorage(db, stored, { timeoutMs: 10_000 })
  const users = drizzleUsers(db, postgresUsersTable(name))
  const auth = honoAuth({ ...common, users, storage, transports: [session()] })
  const app = auth
    .mount(new Hono())
    .get('/checked', auth.guard(), (c) => c.json({ email: c.var.principal.user.email }))
  return servedBy(auth, 'session', {
    ...(await portsOf(app)),
    change: async (assignments) => {
      await pool.query(`update ${name} set ${assignments}`)
    },
    async close() {
      await pool.query(`drop table ${name}, ${namespace}_storage`)
      await pool.end()
    },
  })
}

type App = Pick<Hono, 'fetch'>

async function portsOf(app: App) {
  const bare = new Hono().get('/checked', (c) => c.json(answer))
  return { port: await listening(app), barePort: await listening(bare) }
}

function listening({ fetch }: App): Promise<number> {
  return new Promise((resolve) => {
    serve({ fetch, port: 0, hostname: '127.0.0.1' }, ({ port }: AddressInfo) => resolve(port))
  })
}
