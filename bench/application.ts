/** The application that the benchmarks share: one member, on SQLite in memory. */
import Database from 'better-sqlite3'
import { type AuthConfig, memoryStorage, type Storage } from 'crudauth'
import { drizzleUsers } from 'crudauth/drizzle'
import { authUserColumns } from 'crudauth/drizzle/sqlite'
import { bearer, honoAuth, session } from 'crudauth/hono'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { sqliteTable } from 'drizzle-orm/sqlite-core'
import { Hono } from 'hono'
import { createTable } from '../test/support/create-table.ts'

export const users = sqliteTable('users', authUserColumns())
export const secret = 'a secret for benchmarks, thirty-two bytes or more'
export const person = {
  email: 'ann@example.com',
  username: 'ann',
  password: 'correct horse battery',
}

/** Counts what goes to the storage and to the database. */
export interface Counters {
  storage: number
  queries: number
}

export async function application(passwords: AuthConfig['passwords'] = {}) {
  const counters: Counters = { storage: 0, queries: 0 }
  const sqlite = new Database(':memory:')
  createTable(sqlite, users)
  const prepare = sqlite.prepare.bind(sqlite)
  let counting = false
  sqlite.prepare = ((source: string) => {
    const statement = prepare(source)
    for (const method of ['get', 'all', 'run'] as const) {
      const original = statement[method].bind(statement)
      statement[method] = ((...args: unknown[]) => {
        if (counting) counters.queries++
        return original(...args)
      }) as never
    }
    return statement
  }) as typeof sqlite.prepare
  const db = drizzle(sqlite)
  const memory = memoryStorage()
  const storage: Storage = new Proxy(memory, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => {
        if (counting) counters.storage++
        return Reflect.apply(value, target, args)
      }
    },
  })
  const auth = honoAuth({
    users: drizzleUsers(db, users),
    secret,
    storage,
    passwords,
    transports: [session(), bearer({ refresh: 'body' })],
  })
  const app = auth.mount(new Hono())
  const post = (path: string, body: unknown, peer = '192.0.2.1') =>
    app.request(
      path,
      {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      },
      { incoming: { socket: { remoteAddress: peer } } },
    )
  await post('/register', person)
  return {
    app,
    auth,
    db,
    post,
    storage,
    /** Counts while the work runs. */
    async count(work: () => unknown): Promise<Counters> {
      Object.assign(counters, { storage: 0, queries: 0 })
      counting = true
      await work()
      counting = false
      return { ...counters }
    },
  }
}
