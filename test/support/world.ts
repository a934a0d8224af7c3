/**
 * One application as a user would build it, on a database in memory and a clock that tests move.
 */
import Database from 'better-sqlite3'
import {
  type ApiKeyFeature,
  type AuthConfig,
  type AuthEvent,
  type BearerFeature,
  memoryStorage,
  type SessionFeature,
  type Storage,
  type SudoFeature,
  session,
  type UserStore,
  type UserTypes,
} from 'crudauth'
import { drizzleUsers } from 'crudauth/drizzle'
import { authUserColumns } from 'crudauth/drizzle/sqlite'
import { type HonoAuth, honoAuth } from 'crudauth/hono'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { Hono } from 'hono'
import { deriveKey, hmacSha256 } from '../../src/crypto.ts'
import { Browser, type BrowserOptions } from './browser.ts'
import { Clock } from './clock.ts'
import { createTable } from './create-table.ts'
import { documented, documentedFetch } from './documented.ts'

export const members = sqliteTable('members', {
  ...authUserColumns(),
  displayName: text('display_name').notNull().default('somebody'),
})

export const secret = 'a secret for tests, thirty-two bytes or more'

export function database() {
  const sqlite = new Database(':memory:')
  createTable(sqlite, members)
  const queries = { count: 0 }
  const logger = {
    logQuery() {
      queries.count++
    },
  }
  return { sqlite, db: drizzle(sqlite, { logger }), queries }
}

/** Where a world keeps the list of a member's sessions, or of their logins with refresh tokens. */
export function indexKey(kind: 'sessions' | 'refreshes', id: number): string {
  const tag = hmacSha256(deriveKey(secret, 'audience'), 'crudauth').slice(0, 16)
  return `crudauth:${kind}:${tag}:${id}`
}

/** Counts the operations on a storage, by name. */
export function counted(storage: Storage): { storage: Storage; calls: Record<string, number> } {
  const calls: Record<string, number> = {}
  const proxy = new Proxy(storage, {
    get(target, name, receiver) {
      const value: unknown = Reflect.get(target, name, receiver)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => {
        calls[String(name)] = (calls[String(name)] ?? 0) + 1
        return Reflect.apply(value, target, args)
      }
    },
  })
  return { storage: proxy, calls }
}

export type WorldConfig = Partial<Omit<AuthConfig, 'users' | 'hooks' | 'registration'>>

export function users(db: ReturnType<typeof database>['db']) {
  return drizzleUsers(db, members)
}

type Users = ReturnType<typeof users>
type Types = Users extends UserStore<infer T extends UserTypes> ? T : never

/**
 * @param config Overrides; hashing is cheap, limits of registration are off, events are kept.
 */
export function world(config: WorldConfig = {}, hooks: AuthConfig<Types>['hooks'] = {}) {
  const clock = new Clock()
  const events: AuthEvent[] = []
  const { sqlite, db, queries } = database()
  const { storage, calls } = counted(config.storage ?? memoryStorage({ clock: clock.read }))
  const configured = honoAuth<Types>({
    users: users(db),
    secret,
    transports: [session()],
    rateLimits: { register: { times: 0, seconds: 1 } },
    clock: clock.read,
    onEvent: (event) => events.push(event),
    ...config,
    hooks,
    passwords: { cost: 4, maxWait: 60, ...config.passwords },
    storage,
  })
  // Whatever a test configures; the compiler knows one world only.
  const auth = documentedFetch(configured) as unknown as HonoAuth<
    Types,
    readonly [SessionFeature, BearerFeature, ApiKeyFeature],
    readonly [SudoFeature]
  >
  const app = auth.mount(new Hono())
  const send = documented(auth, async (request, peer) =>
    app.fetch(request, { incoming: { socket: { remoteAddress: peer } } }),
  )
  const browser = (options?: BrowserOptions) => new Browser(send, options)
  return {
    auth,
    app,
    browser,
    calls,
    clock,
    db,
    events,
    /** Statements that went to the database. */
    queries,
    send,
    sqlite,
    storage,
    /** Registers and returns the credentials to log in with. */
    async member(name = 'ann', password = 'correct horse battery') {
      const response = await browser({ peer: '198.51.100.200' }).post('/register', {
        email: `${name}@example.com`,
        username: name,
        password,
      })
      if (response.status !== 200) throw new Error(`registering failed: ${await response.text()}`)
      const { id } = (await response.json()) as { id: number }
      return { id, username: name, email: `${name}@example.com`, password }
    },
    /** A browser in which this member is logged in. */
    async loggedIn(
      member: { username: string; password: string },
      options?: BrowserOptions,
      extra: Record<string, unknown> = {},
    ) {
      const client = browser(options)
      const { username, password } = member
      const response = await client.post('/login', { username, password, ...extra })
      if (response.status !== 200) throw new Error(`login failed: ${await response.text()}`)
      return client
    },
  }
}

export type World = ReturnType<typeof world>

/** The body of an answer, as loosely as a client in another language would see it. */
export async function json(response: Response): Promise<Record<string, unknown>> {
  return (await response.json()) as Record<string, unknown>
}
