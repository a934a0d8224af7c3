/**
 * Processes of one application that are changed one after the other: the secrets that rotate, the
 * namespace, the names of cookies, limits.
 */
import Database from 'better-sqlite3'
import { apiKeys, bearer, memoryStorage, session } from 'crudauth'
import { drizzleApiKeys } from 'crudauth/drizzle'
import { authApiKeyColumns } from 'crudauth/drizzle/sqlite'
import { eq } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { sqliteTable } from 'drizzle-orm/sqlite-core'
import { describe, expect, test } from 'vitest'
import type { Browser, StoredCookie } from './support/browser.ts'
import { Clock } from './support/clock.ts'
import { createTable } from './support/create-table.ts'
import { json, members, users, type WorldConfig, world } from './support/world.ts'

const [old, next] = [
  'the secret of today, of 32 bytes and more',
  'the secret of tomorrow, 32 bytes or more',
]
const transports = [session({ managementRoutes: true }), bearer({ refresh: 'body' })] as const

/** Processes over one storage and one table. */
function processes() {
  const clock = new Clock()
  const storage = Object.assign(memoryStorage({ clock: clock.read }), { shared: true })
  const first = world({ storage, clock: clock.read, namespace: 'shop', transports })
  return {
    first,
    clock,
    open: (config: object) =>
      world({
        storage,
        clock: clock.read,
        namespace: 'shop',
        transports,
        users: users(first.db),
        ...config,
      } as WorldConfig),
  }
}

type Process = ReturnType<ReturnType<typeof processes>['open']>

/** What one process made, asked of another. */
async function accepted(
  by: Process,
  from: Process,
  member: { username: string; password: string },
) {
  const client = await from.loggedIn(member)
  const tokens = await json(await from.browser().post('/token', member))
  const visitor: Browser = by.browser()
  for (const [name, cookie] of client.jar) visitor.jar.set(name, cookie)
  const refreshed = await visitor.post('/refresh', { refresh_token: tokens['refresh_token'] })
  const bearerToken = { authorization: `Bearer ${tokens['access_token']}` }
  return {
    session: (await visitor.get('/me')).status,
    form: (await visitor.post('/csrf/refresh')).status,
    token: (await by.browser().get('/me', { headers: bearerToken })).status,
    refresh: refreshed.status,
    // Last, with the CSRF token that the other made.
    logout: (await visitor.post('/logout')).status,
  }
}

const all = { session: 200, form: 200, token: 200, refresh: 200, logout: 200 }

describe('Secrets that rotate', () => {
  const steps = [old, [old, next], [next, old], next] as const

  test.each([0, 1])(
    'each process accepts what a neighbour in the order makes: step %d',
    async (n) => {
      const { first, open } = processes()
      const member = await first.member()
      const [before, after] = [open({ secret: steps[n] }), open({ secret: steps[n + 1] })]
      expect(await accepted(before, after, member)).toEqual(all)
      expect(await accepted(after, before, member)).toEqual(all)
    },
  )

  test('a page goes on with its CSRF token when its session comes to the next secret', async () => {
    const { first, open } = processes()
    const member = await first.member()
    const [before, after] = [open({ secret: [old, next] }), open({ secret: [next, old] })]
    const client = await before.loggedIn(member)
    const visitor = after.browser()
    for (const [name, cookie] of client.jar) visitor.jar.set(name, cookie)
    const change = (password: string, to: string) =>
      visitor.post('/change-password', { current_password: password, new_password: to })
    const session = visitor.sessionId
    expect((await change(member.password, 'another horse, another battery')).status).toBe(200)
    expect(visitor.sessionId).not.toBe(session)
    expect(visitor.csrfToken).toBe(client.csrfToken)
    expect((await change('another horse, another battery', member.password)).status).toBe(200)
  })

  test('a new CSRF token of a session is accepted by every process that knows the session', async () => {
    const { first, open } = processes()
    const member = await first.member()
    const [before, after] = [open({ secret: old }), open({ secret: [next, old] })]
    const client = await before.loggedIn(member)
    const [visitor, back] = [after.browser(), before.browser()]
    visitor.jar.set('__Host-session_id', client.jar.get('__Host-session_id') as StoredCookie)
    expect((await visitor.post('/csrf/refresh')).status).toBe(200)
    expect(visitor.csrfToken).not.toBe(client.csrfToken)
    for (const [name, cookie] of visitor.jar) back.jar.set(name, cookie)
    expect((await back.post('/logout')).status).toBe(200)
  })

  test('the earlier one may go when all processes sign with the next: that ends what it signed', async () => {
    const { first, open } = processes()
    const member = await first.member()
    const [before, after] = [open({ secret: steps[2] }), open({ secret: steps[3] })]
    expect(await accepted(after, before, member)).toEqual(all)
    const earlier = open({ secret: old })
    expect(await accepted(after, earlier, member)).toMatchObject({ session: 401, token: 401 })
  })

  test('put in front at once, the next one is refused by processes that do not know it', async () => {
    const { first, open } = processes()
    const member = await first.member()
    const [before, after] = [open({ secret: old }), open({ secret: [next, old] })]
    expect(await accepted(before, after, member)).toMatchObject({ session: 401, token: 401 })
    expect(await accepted(after, before, member)).toEqual(all)
  })
})

const keyTable = sqliteTable('api_keys', authApiKeyColumns())

describe('Processes that differ', () => {
  const guess = async (at: Process, name: string, password: string) =>
    (await at.browser().post('/login', { username: name, password })).status

  test('in the namespace accept nothing of each other', async () => {
    const { first, open } = processes()
    const member = await first.member()
    const [one, other] = [open({}), open({ namespace: 'store' })]
    const nothing = { session: 401, token: 401, refresh: 401 }
    expect(await accepted(one, other, member)).toMatchObject(nothing)
    expect(await accepted(other, one, member)).toMatchObject(nothing)
  })

  test('in the namespace count attempts by themselves, and share API keys', async () => {
    const { first, open } = processes()
    const { username, password, id } = await first.member()
    const sqlite = new Database(':memory:')
    createTable(sqlite, keyTable)
    const keys = drizzleApiKeys(drizzle(sqlite), keyTable)
    const of = (namespace: string) =>
      open({ namespace, transports: [session(), apiKeys({ keys })], lockout: { maxAttempts: 1 } })
    const [one, other] = [of('shop'), of('store')]
    expect(await guess(one, username, 'a guess')).toBe(401)
    expect(await guess(one, username, password)).toBe(429)
    expect(await guess(other, username, password)).toBe(200)
    const [user] = await first.db.select().from(members).where(eq(members.id, id))
    const { key } = await one.auth.apiKeys.create(user as never)
    const headers = { 'x-api-key': key }
    expect((await other.browser().get('/me', { headers })).status).toBe(200)
  })

  test('in the names of cookies do not see each other’s sessions, and end none', async () => {
    const { first, open } = processes()
    const member = await first.member()
    const [one, other] = [open({}), open({ cookies: { secure: false } })]
    const client = await one.loggedIn(member)
    const asked = other.browser()
    for (const [name, cookie] of client.jar) asked.jar.set(name, cookie)
    expect((await asked.get('/me')).status).toBe(401)
    expect((await client.get('/me')).status).toBe(200)
  })

  test('in the lifetimes and caps of sessions keep what a session was made with', async () => {
    const { first, open, clock } = processes()
    const member = await first.member()
    const short = open({ transports: [session({ idleTimeout: 600, maxPerUser: 1 })] })
    const long = open({ transports: [session({ idleTimeout: 6000 })] })
    const client = await long.loggedIn(member)
    const visitor = short.browser()
    for (const [name, cookie] of client.jar) visitor.jar.set(name, cookie)
    clock.advance(3000)
    expect((await visitor.get('/me')).status).toBe(200)
    // The cap is that of the process that logs in.
    await short.loggedIn(member)
    expect((await client.get('/me')).status).toBe(401)
  })

  test.each([
    ['long', 'short', 200],
    ['short', 'long', 401],
  ] as const)(
    'in the lifetime of logins by token keep that of the process that began it: %s, then %s',
    async (began, goesOn, status) => {
      const { first, open, clock } = processes()
      const member = await first.member()
      const of = (refreshTtl: number) =>
        open({ transports: [bearer({ refresh: 'body', refreshTtl, accessTtl: 60 })] })
      const made = { long: of(6000), short: of(600) }
      const tokens = await json(await made[began].browser().post('/token', member))
      clock.advance(300)
      const refresh = async (of: Record<string, unknown>) =>
        made[goesOn].browser().post('/refresh', { refresh_token: of['refresh_token'] })
      const next = await refresh(tokens)
      expect(next.status).toBe(200)
      clock.advance(600)
      // A refresh makes no login longer, and none shorter.
      expect((await refresh(await json(next))).status).toBe(status)
    },
  )

  test('in the lockout judge the same attempts, each by its own limits', async () => {
    const { first, open } = processes()
    const { username, password } = await first.member()
    const strict = open({ lockout: { maxAttempts: 2 } })
    const lenient = open({ lockout: { maxAttempts: 5 } })
    for (const n of [1, 2]) expect(await guess(lenient, username, `guess ${n}`)).toBe(401)
    expect(await guess(strict, username, password)).toBe(429)
    expect(await guess(lenient, username, 'guess 3')).toBe(401)
  })

  test('in the mode of the lockout: who observes lets in whom another one refuses', async () => {
    const { first, open } = processes()
    const { username, password } = await first.member()
    const enforcing = open({ lockout: { maxAttempts: 2 } })
    const observing = open({ lockout: { maxAttempts: 2, mode: 'observe' } })
    for (const n of [1, 2]) expect(await guess(enforcing, username, `guess ${n}`)).toBe(401)
    expect(await guess(enforcing, username, password)).toBe(429)
    expect(await guess(observing, username, password)).toBe(200)
  })

  test('in rate limits spend one budget, each as it reads it', async () => {
    const { open, clock } = processes()
    const limited = (times: number) => open({ rateLimits: { register: { times, seconds: 3600 } } })
    const [few, many] = [limited(1), limited(10)]
    let people = 0
    const register = async (at: Process) => {
      const name = `newcomer${++people}`
      const body = { email: `${name}@example.com`, username: name, password: 'a fine long phrase' }
      return (await at.browser().post('/register', body)).status
    }
    expect(await register(many)).toBe(200)
    expect(await register(many)).toBe(200)
    expect(await register(few)).toBe(429)
    expect(await register(many)).toBe(200)
    clock.advance(3600)
    expect(await register(few)).toBe(200)
    expect(await register(many)).toBe(429)
  })
})
