/**
 * Disabling a user ends every credential, used or not, for good: what ended does not come back when
 * the user does.
 */
import Database from 'better-sqlite3'
import { apiKeys, bearer, memoryStorage, session } from 'crudauth'
import { drizzleApiKeys, drizzleUsers } from 'crudauth/drizzle'
import { authApiKeyColumns, authUserColumns } from 'crudauth/drizzle/sqlite'
import { eq } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { describe, expect, test } from 'vitest'
import { application } from './support/application.ts'
import type { Browser } from './support/browser.ts'
import { createTable } from './support/create-table.ts'
import { factor, rightCode } from './support/made-up.ts'
import { json, members, world } from './support/world.ts'

const password = 'correct horse battery'
const keyTable = sqliteTable('api_keys', authApiKeyColumns())
const { epoch: _none, ...withoutEpoch } = authApiKeyColumns()
const epochless = sqliteTable('epochless_keys', withoutEpoch)
const { tokenVersion: _version, ...plainColumns } = authUserColumns()
const plain = sqliteTable('plain', plainColumns)

function made(options: { version?: boolean; keyEpoch?: boolean; sessions?: boolean } = {}) {
  const { version = true, keyEpoch = true, sessions = true } = options
  const sqlite = new Database(':memory:')
  const table = version ? members : plain
  const keys = keyEpoch ? keyTable : epochless
  for (const one of [table, keys]) createTable(sqlite, one)
  const db = drizzle(sqlite)
  const events: string[] = []
  const app = application({
    users: drizzleUsers(db, table as typeof members),
    transports: [
      sessions && session(),
      bearer({ refresh: 'body' }),
      apiKeys({ keys: drizzleApiKeys(db, keys as typeof keyTable) }),
    ] as never,
    onEvent: (event) =>
      events.push('reason' in event ? `${event.name} ${event.reason}` : event.name),
  })
  return { ...app, db, table, events }
}

type Made = ReturnType<typeof made>

async function ann({ browser, auth, db, table }: Made, sessions = true) {
  const body = { username: 'ann', email: 'ann@example.com', password }
  await browser().post('/register', body)
  const client = browser()
  if (sessions) await client.post('/login', { username: 'ann', password })
  const tokens = await json(await browser().post('/token', { username: 'ann', password }))
  const [row] = await db.select().from(table)
  const { key } = await auth.apiKeys.create(row as never)
  return { id: row?.id ?? 0, client, tokens, key }
}

async function alive({ browser }: Made, it: Awaited<ReturnType<typeof ann>>) {
  const with_ = async (headers: Record<string, string>, client: Browser = browser()) =>
    (await client.get('/me', { headers })).status
  const { refresh_token } = it.tokens
  return {
    session: await with_({}, it.client),
    access: await with_({ authorization: `Bearer ${String(it.tokens['access_token'])}` }),
    refresh: (await browser().post('/refresh', { refresh_token })).status,
    key: await with_({ 'x-api-key': it.key }),
  }
}

const dead = { session: 401, access: 401, refresh: 401, key: 401 }

describe('auth.users.disable', () => {
  test('ends what was not used meanwhile, for good', async () => {
    const app = made()
    const it = await ann(app)
    expect(await app.auth.users.disable(it.id)).toBe(true)
    expect(await app.auth.users.enable(it.id)).toBe(true)
    expect(await alive(app, it)).toEqual(dead)
    expect((await app.logIn('ann')).status).toBe(200)
    expect(app.events.filter((name) => /^(user|credentials)\./.test(name))).toEqual([
      'user.disabled',
      'credentials.revoked disabled',
      'credentials.revoked disabled',
      'user.enabled',
    ])
  })

  test('refuses every credential, and the password, at once', async () => {
    const app = made()
    const it = await ann(app)
    await app.auth.users.disable(it.id)
    expect(await alive(app, it)).toEqual(dead)
    expect((await app.logIn('ann')).status).toBe(401)
  })

  test('without sessions, too', async () => {
    const app = made({ sessions: false })
    const it = await ann(app, false)
    await app.auth.users.disable(it.id)
    await app.auth.users.enable(it.id)
    expect(await alive(app, it)).toEqual(dead)
  })

  test('without tokenVersion ends what has a record; an access token only meanwhile', async () => {
    const app = made({ version: false })
    const it = await ann(app)
    await app.auth.users.disable(it.id)
    expect((await alive(app, it)).access).toBe(401)
    await app.auth.users.disable(it.id)
    await app.auth.users.enable(it.id)
    expect(await alive(app, it)).toEqual({ ...dead, access: 200 })
    app.clock.advance(900)
    expect(await alive(app, it)).toEqual(dead)
  })

  test('keys without an epoch are dead meanwhile, and come back', async () => {
    const app = made({ keyEpoch: false })
    const it = await ann(app)
    await app.auth.users.disable(it.id)
    expect((await alive(app, it)).key).toBe(401)
    await app.auth.users.enable(it.id)
    expect((await alive(app, it)).key).toBe(200)
  })

  test('ends a sign-in that waits', async () => {
    const app = world({ features: [factor()] })
    const { id, username } = await app.member()
    const client = app.browser()
    expect((await client.post('/login', { username, password })).status).toBe(401)
    await app.auth.users.disable(id)
    await app.auth.users.enable(id)
    expect((await client.post('/prove/made-up', { code: rightCode })).status).toBe(401)
  })

  test('of many at once and with a login leaves nobody in', async () => {
    const app = world()
    const member = await app.member()
    const clients = await Promise.all(
      Array.from({ length: 10 }, async (_, n) => {
        if (n % 3 === 0) await app.auth.users.disable(member.id)
        const client = app.browser()
        await client.post('/login', { username: member.username, password: member.password })
        return client
      }),
    )
    await app.auth.users.enable(member.id)
    for (const client of clients) expect((await client.get('/me')).status).toBe(401)
  })

  test('knows nobody else, also in another tenant', async () => {
    const sqlite = new Database(':memory:')
    const table = sqliteTable('tenants', { ...authUserColumns(), org: text().notNull() })
    createTable(sqlite, table)
    const db = drizzle(sqlite)
    const app = application({
      users: drizzleUsers(db, table, { tenant: 'org' }),
      tenant: (request) => request.headers.get('x-org') ?? 'a',
    })
    const body = { username: 'ann', email: 'ann@example.com', password }
    await app.browser().post('/register', body, { headers: { 'x-org': 'a' } })
    const { users } = app.auth
    expect(await users.disable(1, { tenant: 'b' })).toBe(false)
    expect(await users.enable(99, { tenant: 'a' })).toBe(false)
    expect((await app.logIn('ann')).status).toBe(200)
    expect(await users.disable(1, { tenant: 'a' })).toBe(true)
    expect((await app.logIn('ann')).status).toBe(401)
  })

  test('needs the column', async () => {
    const sqlite = new Database(':memory:')
    const table = sqliteTable('bare', {
      id: integer().primaryKey(),
      email: text().notNull().unique(),
      hashedPassword: text('hashed_password'),
    })
    createTable(sqlite, table)
    const { auth } = application({ users: drizzleUsers(drizzle(sqlite), table) })
    for (const work of [auth.users.disable(1), auth.users.enable(1)]) {
      await expect(work).rejects.toThrow('map columns: { isActive: … }')
    }
  })
})

describe('auth.users.enable', () => {
  test('ends nothing of a user who is active', async () => {
    const app = made()
    const it = await ann(app)
    expect(await app.auth.users.enable(it.id)).toBe(true)
    expect((await alive(app, it)).session).toBe(200)
  })

  test('ends what was there before, however the user was disabled', async () => {
    const app = made()
    const it = await ann(app)
    await app.db.update(app.table).set({ isActive: false }).where(eq(app.table.id, it.id))
    await app.auth.users.enable(it.id)
    expect(await alive(app, it)).toEqual(dead)
  })
})

test('who is disabled by an update while a login is under way is not let in', async () => {
  const memory = memoryStorage()
  let happens = () => {}
  const storage = new Proxy(memory, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      return (key: string, ...rest: unknown[]) => {
        if (name === 'set' && key.includes(':session:')) happens()
        return Reflect.apply(value, target, [key, ...rest])
      }
    },
  })
  const made = world({ storage })
  const { username, password } = await made.member()
  let count = 0
  happens = () => {
    count++
    made.sqlite.exec('update members set is_active = 0')
  }
  const client = made.browser()
  expect((await client.post('/login', { username, password })).status).toBe(401)
  expect([count, client.sessionId]).toEqual([1, undefined])
})
