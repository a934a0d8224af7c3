/** One member over any storage, the same in every process. */
import Database from 'better-sqlite3'
import type { Storage } from 'crudauth'
import { drizzleUsers } from 'crudauth/drizzle'
import { honoAuth, session } from 'crudauth/hono'
import { eq, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { Hono } from 'hono'
import { getCookie } from 'hono/cookie'
import { createTable } from '../../test/support/create-table.ts'
import { person, secret, users } from '../application.ts'
import { ownerOf } from '../owner-of.ts'
import { sha256 } from './sha256.ts'

export const namespace = 'bench'
const userAgent = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'

/** What the member's sessions are kept under, for the handlers written by hand. */
export const sessionKey = (id: string): string => `${namespace}:session:${sha256(id)}`

/** @param get The bare read of the same storage, for the handler written by hand. */
export async function applicationOver(
  storage: Storage,
  get: (key: string) => Promise<string | null>,
) {
  const sqlite = new Database(':memory:')
  createTable(sqlite, users)
  const db = drizzle(sqlite)
  const auth = honoAuth({
    users: drizzleUsers(db, users),
    secret,
    storage,
    namespace,
    transports: [session({ maxPerUser: null })],
    rateLimits: { register: { times: 0, seconds: 1 } },
    passwords: { cost: 4 },
    warnOnMemoryStorage: false,
    storageTimeoutMs: 30_000,
    onEvent: () => undefined,
  })
  const app = auth
    .mount(new Hono())
    .get('/checked', auth.currentUser(), (c) => c.json({ id: c.var.principal.userId }))
  const post = (path: string, body: object) =>
    app.request(`https://app.example.com${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': userAgent,
      },
      body: JSON.stringify(body),
    })
  await post('/register', person)
  // A new account begins at a random number; here every process has the same member.
  db.update(users).set({ tokenVersion: 1 }).run()
  const [member] = db.select().from(users).all()
  if (!member) throw new Error('the member was not registered')

  const find = db
    .select()
    .from(users)
    .where(eq(users.id, sql.placeholder('id')))
    .prepare()
  const byHand = new Hono().get('/checked', async (c) => {
    const stored = await get(sessionKey(getCookie(c, '__Host-session_id') ?? ''))
    if (stored === null) return c.json({}, 401)
    const user = find.get({ id: ownerOf(stored) })
    return user ? c.json({ id: user.id }) : c.json({}, 401)
  })

  const logins = new Hono().post('/start', async (c) => {
    // As the row is now: a revocation raises its epoch.
    const [owner = member] = db.select().from(users).all()
    await auth.sessions.create(c, owner)
    return c.body(null, 204)
  })

  return {
    app,
    auth,
    byHand,
    member,
    /** Makes one more session of the member, without a password. */
    async startSession(): Promise<void> {
      const { status } = await logins.request('https://app.example.com/start', {
        method: 'POST',
        headers: { 'user-agent': userAgent },
      })
      if (status !== 204) throw new Error(`a session was not made: ${status}`)
    },
    /** Logs in and returns the cookies. */
    async logIn(): Promise<string> {
      const response = await post('/login', person)
      if (response.status !== 200) throw new Error(`login answered ${response.status}`)
      const lines = response.headers.getSetCookie()
      return lines.map((line) => line.split(';')[0]).join('; ')
    },
  }
}

/** One checked request; anything but 200 is a failure of the benchmark. */
export async function check(app: Pick<Hono, 'fetch'>, cookie: string): Promise<void> {
  const request = new Request('https://app.example.com/checked', { headers: { cookie } })
  const { status } = await app.fetch(request)
  if (status !== 200) throw new Error(`the check answered ${status}`)
}
