/**
 * A users table without `tokenVersion`: credentials are bound to the password that its owner has
 * proven, so that neither a new password nor the next account with the same primary key inherits
 * them.
 */
import { pbkdf2Sync } from 'node:crypto'
import Database from 'better-sqlite3'
import {
  type AuthConfig,
  type AuthEvent,
  apiKeys,
  bearer,
  memoryStorage,
  type PasswordOptions,
  type Storage,
  session,
  type Transport,
} from 'crudauth'
import { drizzleApiKeys, drizzleStorage, drizzleUsers } from 'crudauth/drizzle'
import { authApiKeyColumns, authStorageColumns } from 'crudauth/drizzle/sqlite'
import { django } from 'crudauth/hashes'
import { eq } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { decodeJwt, SignJWT } from 'jose'
import { describe, expect, test, vi } from 'vitest'
import { passwords } from '../src/passwords/passwords.ts'
import { application } from './support/application.ts'
import type { Browser } from './support/browser.ts'
import { createTable } from './support/create-table.ts'
import { json, secret, type World, world } from './support/world.ts'

/** SQLite gives the highest key again, once its row is gone. */
const people = sqliteTable('people', {
  id: integer().primaryKey(),
  email: text().notNull().unique(),
  hashedPassword: text('hashed_password'),
})
const keyTable = sqliteTable('api_keys', authApiKeyColumns())
const storageTable = sqliteTable('auth_storage', authStorageColumns())

const password = 'correct horse battery'
const next = 'a new horse, another battery'
const off = { register: { times: 0, seconds: 1 }, change_password: { times: 0, seconds: 1 } }
const statusOf = async (response: Promise<Response>) => (await response).status

/** Everything by which a person is logged in. */
interface Credentials {
  readonly client: Browser
  access: string
  refresh: string
  key: string
}

const allAlive = { session: 200, access: 200, refresh: 200, key: 200 }
const allDead = { session: 401, access: 401, refresh: 401, key: 401 }

type Options = Partial<Omit<AuthConfig, 'users'>>

const storages: Readonly<
  Record<string, (database: Database.Database, clock: () => number) => Storage>
> = {
  memory: (_, clock) => memoryStorage({ clock }),
  'a table': (database) => drizzleStorage(drizzle(database), storageTable, { timeoutMs: 20_000 }),
}

function plainWorld(kind = 'memory') {
  const sqlite = new Database(':memory:')
  for (const table of [people, keyTable, storageTable]) createTable(sqlite, table)
  const db = drizzle(sqlite)
  const now = Date.now()
  const storage = storages[kind]?.(sqlite, () => now) ?? memoryStorage()
  const events: AuthEvent[] = []
  const keys = drizzleApiKeys(db, keyTable)

  /** A process of the application; several share the database and the storage. */
  function process(options: Options = {}) {
    const made = application({
      users: drizzleUsers(db, people),
      transports: [
        session({ managementRoutes: true }),
        bearer({ refresh: 'body', grace: 0 }),
        apiKeys({ keys }),
      ],
      storage,
      rateLimits: off,
      clock: () => now,
      onEvent: (event) => events.push(event),
      ...(options as object),
    })
    const { browser, auth } = made
    const bearing = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })

    async function credentials(email = 'ann@example.com', typed = password): Promise<Credentials> {
      const client = browser()
      const login = { username: email, password: typed }
      expect(await statusOf(client.post('/login', login))).toBe(200)
      const tokens = await json(await browser().post('/token', login))
      const [row] = await db.select().from(people).where(eq(people.email, email))
      const { key } = await auth.apiKeys.create(row as never)
      const [access, refresh] = [tokens['access_token'], tokens['refresh_token']].map(String)
      return { client, access: access ?? '', refresh: refresh ?? '', key }
    }

    return {
      ...made,
      credentials,
      async register(email = 'ann@example.com', chosen = password) {
        const answer = await browser().post('/register', { email, password: chosen })
        return Number((await json(answer))['id'])
      },
      /** What each of them opens. The refresh token is used, and replaced by the next one. */
      async statuses(of: Credentials) {
        const cookie = `__Host-session_id=${of.client.sessionId}`
        const refreshed = await browser().post('/refresh', { refresh_token: of.refresh })
        if (refreshed.status === 200) of.refresh = String((await json(refreshed))['refresh_token'])
        return {
          session: await statusOf(browser().get('/me', { headers: { cookie } })),
          access: await statusOf(browser().get('/me', bearing(of.access))),
          refresh: refreshed.status,
          key: await statusOf(browser().get('/me', { headers: { 'x-api-key': of.key } })),
        }
      },
      change: (client: Browser) =>
        client.post('/change-password', { current_password: password, new_password: next }),
      canLogIn: async (typed: string, email = 'ann@example.com') =>
        (await statusOf(browser().post('/login', { username: email, password: typed }))) === 200,
    }
  }

  return {
    ...process(),
    process,
    db,
    events,
    storage,
    async row() {
      const [row] = await db.select().from(people)
      if (!row) throw new Error('there is nobody')
      return row
    },
    store: (hashedPassword: string | null) => db.update(people).set({ hashedPassword }),
  }
}

describe('Without a tokenVersion', () => {
  describe.each(Object.keys(storages))('and with a storage in %s,', (kind) => {
    test('the next account with the same key inherits nothing', async () => {
      const { register, credentials, statuses, auth, db } = plainWorld(kind)
      const id = await register()
      const ann = await credentials()
      expect(await statuses(ann)).toEqual(allAlive)
      await db.delete(people)
      expect(await register('bob@example.com')).toBe(id)
      expect(await statuses(ann)).toEqual(allDead)
      expect(await auth.sessions.list(id)).toEqual([])
      expect(await auth.apiKeys.list(id)).toEqual([])
      expect(await statuses(await credentials('bob@example.com'))).toEqual(allAlive)
    })

    test('a change of password ends everything but the session that asked', async () => {
      const { register, credentials, statuses, change } = plainWorld(kind)
      await register()
      const [own, other] = [await credentials(), await credentials()]
      expect(await statusOf(change(own.client))).toBe(200)
      expect(await statuses(other)).toEqual(allDead)
      expect(await statuses(own)).toEqual({ ...allDead, session: 200 })
    })

    test('a password that is changed behind our back ends everything', async () => {
      const { register, credentials, statuses, store } = plainWorld(kind)
      await register()
      const ann = await credentials()
      await store(await passwords({ cost: 4 }).hash(next))
      expect(await statuses(ann)).toEqual(allDead)
    })

    test('the same password again is another one', async () => {
      const { register, credentials, statuses, store } = plainWorld(kind)
      await register()
      const ann = await credentials()
      await store(await passwords({ cost: 4 }).hash(password))
      expect(await statuses(ann)).toEqual(allDead)
    })

    test.each(['/login', '/token'])(
      'a login (%s) in whose course the password is changed is refused',
      async (path) => {
        const { register, credentials, storage, change, browser, auth } = plainWorld(kind)
        const id = await register()
        const { client } = await credentials()
        const before = (await auth.sessions.list(id)).length
        const add = storage.indexAdd.bind(storage)
        storage.indexAdd = async (...args) => {
          storage.indexAdd = add
          // Its session or family is in the storage, and its password was right.
          expect(await statusOf(change(client))).toBe(200)
          return add(...args)
        }
        const login = browser()
        const answer = await login.post(path, { username: 'ann@example.com', password })
        expect([answer.status, (await json(answer))['code']]).toEqual([
          401,
          'incorrect_credentials',
        ])
        expect(login.sessionId).toBeUndefined()
        expect(await auth.sessions.list(id)).toHaveLength(before)
      },
    )

    test.each<[string, PasswordOptions, () => Promise<string>]>([
      ['at another cost', { cost: 5 }, () => passwords({ cost: 4 }).hash(password)],
      [
        'in the Python original’s format',
        { cost: 4 },
        () => passwords({ cost: 4, format: 'crudauth-py' }).hash(password),
      ],
      [
        'without a pepper',
        { cost: 4, pepper: 'a pepper for tests, of thirty-two bytes' },
        () => passwords({ cost: 4 }).hash(password),
      ],
      [
        'in another format than argon2id',
        { format: 'argon2id', argon2: { memory: 64, passes: 1 } },
        () => passwords({ cost: 4 }).hash(password),
      ],
      [
        'as argon2id',
        { cost: 4 },
        () => passwords({ format: 'argon2id', argon2: { memory: 64, passes: 1 } }).hash(password),
      ],
      [
        'by another system',
        { cost: 4, adopt: [django({ iterations: 1 })] },
        async () => {
          const digest = pbkdf2Sync(password, 'pepper-and-salt', 1, 32, 'sha256')
          return `pbkdf2_sha256$1$pepper-and-salt$${digest.toString('base64')}`
        },
      ],
      [
        'by a system of the application’s own',
        { cost: 4, adopt: [(typed, stored) => stored.startsWith('own:') && typed === password] },
        async () => 'own:an unsalted hash',
      ],
    ])('an upgrade of a hash that was written %s ends nothing', async (_, options, write) => {
      const { register, store, process, events, row } = plainWorld(kind)
      await register()
      const old = await write()
      await store(old)
      const later = process({ passwords: options })
      // Logged in by the application, before anybody typed the password.
      later.app.post('/own-login', async (c) => {
        await later.auth.sessions.create(c, (await row()) as never)
        return c.body(null, 204)
      })
      const client = later.browser()
      await client.post('/own-login')
      const tokens = await later.auth.tokens.issue(null, (await row()) as never)
      const { key } = await later.auth.apiKeys.create((await row()) as never)
      const ann = { client, access: tokens.access_token, refresh: tokens.refresh_token, key }
      expect(await later.statuses(ann)).toEqual(allAlive)

      expect(await later.canLogIn(password)).toBe(true)
      expect(events).toContainEqual(expect.objectContaining({ name: 'password.upgraded' }))
      expect((await row()).hashedPassword).not.toBe(old)
      expect(await later.canLogIn(password)).toBe(true)
      expect(await later.statuses(ann)).toEqual(allAlive)

      const fresh = later.browser()
      await fresh.post('/login', { username: 'ann@example.com', password })
      expect(await statusOf(later.change(fresh))).toBe(200)
      expect(await later.statuses(ann)).toEqual(allDead)
    })

    test.each([
      ['another system’s', 401],
      ['ours', 200],
    ])('a step of rotating secrets, with a hash that is %s', async (_, status) => {
      const { register, store, process, row } = plainWorld(kind)
      await register()
      if (status === 401) await store('own:an unsalted hash')
      const [old, following] = [secret, 'the secret of tomorrow, 32 bytes or more']
      const adopting = { cost: 4, adopt: [(typed: string) => typed === password] }
      const before = process({ secret: old, passwords: adopting })
      before.app.post('/own-login', async (c) => {
        await before.auth.sessions.create(c, (await row()) as never)
        return c.body(null, 204)
      })
      const client = before.browser()
      await client.post('/own-login')
      expect(await statusOf(client.get('/me'))).toBe(200)
      const after = process({ secret: [old, following], passwords: adopting })
      const headers = { cookie: `__Host-session_id=${client.sessionId}` }
      expect(await statusOf(after.browser().get('/me', { headers }))).toBe(status)
    })

    test('of two first logins that both upgrade the hash neither is refused', async () => {
      const { register, store, process, events } = plainWorld(kind)
      await register()
      await store('own:an unsalted hash')
      const { canLogIn } = process({
        passwords: { cost: 4, adopt: [(typed) => typed === password] },
      })
      expect(await Promise.all([canLogIn(password), canLogIn(password)])).toEqual([true, true])
      expect(events.filter(({ name }) => name === 'password.upgraded')).toHaveLength(1)
    })
  })

  describe('a known device', () => {
    const device = '__Host-known_device'
    /** Locks the account for strangers, and tells whether this browser can log in. */
    async function isKnown(
      { browser }: ReturnType<typeof plainWorld>,
      client: Browser,
      user: object,
    ) {
      for (let n = 0; n < 6; n++)
        await browser().post('/login', { ...user, password: `wrong ${n}` })
      return (await statusOf(client.post('/login', user))) === 200
    }
    const open = () => {
      const made = plainWorld()
      return {
        ...made,
        ...made.process({}),
      }
    }
    const ann = { username: 'ann@example.com', password }

    test('is known', async () => {
      const made = open()
      await made.register()
      const { client } = await made.credentials()
      expect(await isKnown(made, client, ann)).toBe(true)
    })

    test('is a stranger to the next account with the same key', async () => {
      const made = open()
      await made.register()
      const { client } = await made.credentials()
      await made.db.delete(people)
      await made.register('bob@example.com')
      expect(client.cookie(device)).toBeDefined()
      expect(await isKnown(made, client, { ...ann, username: 'bob@example.com' })).toBe(false)
    })

    test('stays known through a change of password', async () => {
      const made = open()
      await made.register()
      const [own, other] = [await made.credentials(), await made.credentials()]
      await made.change(own.client)
      const changed = { ...ann, password: next }
      expect(await isKnown(made, other.client, changed)).toBe(true)
      expect(await statusOf(own.client.post('/login', changed))).toBe(200)
    })

    test('stays known through an upgrade of the hash', async () => {
      const made = open()
      await made.register()
      const { client } = await made.credentials()
      const later = {
        ...made,
        ...made.process({
          passwords: { cost: 5 },
        }),
      }
      expect(await later.canLogIn(password)).toBe(true)
      expect(made.events).toContainEqual(expect.objectContaining({ name: 'password.upgraded' }))
      expect(await isKnown(later, client, ann)).toBe(true)
    })
  })

  describe('a first password', () => {
    test.each([null, '', '!', '!random'])(
      'for an account that has %j ends everything but the session that sets it',
      async (stored) => {
        const made = plainWorld()
        await made.register()
        await made.store(stored)
        const afterPasswordChanged = vi.fn()
        const later = made.process({ hooks: { afterPasswordChanged } })
        later.app.post('/own-login', async (c) => {
          await later.auth.sessions.create(c, (await made.row()) as never)
          return c.body(null, 204)
        })
        const [own, other] = [later.browser(), later.browser()]
        await own.post('/own-login')
        await other.post('/own-login')
        const tokens = await later.auth.tokens.issue(null, (await made.row()) as never)
        const { key } = await later.auth.apiKeys.create((await made.row()) as never)
        const ann = {
          client: other,
          access: tokens.access_token,
          refresh: tokens.refresh_token,
          key,
        }
        expect(await later.statuses(ann)).toEqual(allAlive)
        const before = own.sessionId
        expect(await statusOf(own.post('/set-password', { new_password: next }))).toBe(200)
        expect(afterPasswordChanged).toHaveBeenCalledTimes(1)
        expect(own.sessionId).not.toBe(before)
        expect(await statusOf(own.get('/me'))).toBe(200)
        expect(await later.statuses(ann)).toEqual(allDead)
        expect(await later.canLogIn(next)).toBe(true)
      },
    )

    test('says so in the document, and not where there is the column', async () => {
      const described = async ({ auth }: { auth: Pick<World['auth'], 'openapi'> }) =>
        JSON.stringify((await auth.openapi()).paths?.['/set-password'])
      const ends = 'Ends every other session, every token and every API key'
      expect(await described(plainWorld())).toContain(ends)
      expect(await described(world())).not.toContain(ends)
    })
  })

  test('an account without a password does not inherit from one with another unusable text', async () => {
    const { register, store, auth, browser, db, row } = plainWorld()
    const id = await register()
    await store('!one')
    const { key } = await auth.apiKeys.create((await row()) as never)
    const headers = { 'x-api-key': key }
    expect(await statusOf(browser().get('/me', { headers }))).toBe(200)
    await db.delete(people)
    expect(await register('bob@example.com')).toBe(id)
    await store('!two')
    expect(await statusOf(browser().get('/me', { headers }))).toBe(401)
  })

  describe('the application', () => {
    test('can name a user as it was given, as a copy and as a row: each has the epoch', async () => {
      const { register, auth, row, browser } = plainWorld()
      await register()
      const login = new Request('https://app.example.com/login')
      const given = await auth.authenticatePassword(login, 'ann@example.com', password)
      expect(given).not.toHaveProperty('hashedPassword')
      for (const user of [given, { ...given }, await row()]) {
        const tokens = await auth.tokens.issue(null, user as never)
        const headers = { authorization: `Bearer ${tokens.access_token}` }
        expect(await statusOf(browser().get('/me', { headers }))).toBe(200)
        const { key } = await auth.apiKeys.create(user as never)
        expect(await statusOf(browser().get('/me', { headers: { 'x-api-key': key } }))).toBe(200)
      }
    })

    test('gets credentials of the moment at which it was given the user', async () => {
      const { register, auth, credentials, change } = plainWorld()
      await register()
      const { client, access } = await credentials()
      const headers = { authorization: `Bearer ${access}` }
      const request = new Request('https://app.example.com/me', { headers })
      const principal = await auth.authenticate(request)
      await change(client)
      await expect(auth.tokens.issue(null, principal.user as never)).rejects.toMatchObject({
        code: 'incorrect_credentials',
      })
    })

    test('can have a transport that knows users of its own', async () => {
      const { register, process } = plainWorld()
      const id = await register()
      const own: Transport = {
        name: 'own',
        authenticate: async (context) =>
          context.principal({ id, email: 'ann@example.com' }, { transport: 'own' }),
      }
      const { browser } = process({ transports: [own] })
      expect(await statusOf(browser().get('/me'))).toBe(200)
    })

    test('is told of a user who is not there', async () => {
      const { auth } = plainWorld()
      const nobody = { id: 7, email: 'nobody@example.com' } as never
      await expect(auth.tokens.issue(null, nobody)).rejects.toThrow('not in the users table')
      await expect(auth.apiKeys.create(nobody)).rejects.toThrow('not in the users table')
    })
  })

  describe('a token', () => {
    test('without an epoch, as the Python original signs it for such a table, is dead', async () => {
      const { register, credentials, browser } = plainWorld()
      await register()
      const { access } = await credentials()
      const { ver, ...claims } = decodeJwt(access)
      for (const epoch of [ver, 0, undefined]) {
        const token = await new SignJWT({
          ...claims,
          ...(epoch === undefined ? {} : { ver: epoch }),
        })
          .setProtectedHeader({ alg: 'HS256' })
          .sign(new TextEncoder().encode(secret))
        const headers = { authorization: `Bearer ${token}` }
        const expected = epoch === ver ? 200 : 401
        expect(await statusOf(browser().get('/me', { headers }))).toBe(expected)
      }
    })
  })

  test('a new secret ends nothing while the old one is listed, and no API key ever', async () => {
    const { register, credentials, process } = plainWorld()
    await register()
    const ann = await credentials()
    const newer = 'another secret for tests, thirty-two bytes or more'
    expect(await process({ secret: [newer, secret] }).statuses(ann)).toEqual(allAlive)
    // The refresh token is one of the new secret's by now.
    const later = await process({ secret: newer }).statuses(ann)
    expect(later).toEqual({ session: 401, access: 401, refresh: 200, key: 200 })
  })

  test('a logout from everywhere ends sessions, refresh tokens and keys; access tokens live on', async () => {
    const { register, credentials, statuses } = plainWorld()
    await register()
    const [own, other] = [await credentials(), await credentials()]
    expect(await statusOf(own.client.post('/logout-all'))).toBe(200)
    expect(await statuses(other)).toEqual({ ...allDead, access: 200 })
  })
})
