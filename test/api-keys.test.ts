import Database from 'better-sqlite3'
import {
  type ApiKeyTransportOptions,
  apiKeys,
  bearer,
  ConfigurationError,
  session,
  sudo,
} from 'crudauth'
import { drizzleApiKeys } from 'crudauth/drizzle'
import { authApiKeyColumns } from 'crudauth/drizzle/sqlite'
import { eq } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { describe, expect, test } from 'vitest'
import { createTable } from './support/create-table.ts'
import { json, members, type WorldConfig, world } from './support/world.ts'

const table = sqliteTable('api_keys', authApiKeyColumns())

function keyWorld(options: Partial<ApiKeyTransportOptions> = {}, config: WorldConfig = {}) {
  const sqlite = new Database(':memory:')
  createTable(sqlite, table)
  const keyDb = drizzle(sqlite)
  const transport = apiKeys({ keys: drizzleApiKeys(keyDb, table), ...options })
  const made = world({ transports: [session(), transport], ...config })
  const userRow = async (id: number) => {
    const [row] = await made.db.select().from(members).where(eq(members.id, id))
    if (!row) throw new Error('no such user')
    return row
  }
  return {
    ...made,
    keyDb,
    keySqlite: sqlite,
    userRow,
    async keyOf(name = 'ann', key: Parameters<typeof made.auth.apiKeys.create>[1] = {}) {
      const member = await made.member(name)
      const user = await userRow(member.id)
      return { member, user, ...(await made.auth.apiKeys.create(user, key)) }
    },
    me: (key: string) => made.browser().get('/me', { headers: { 'x-api-key': key } }),
  }
}

describe('API keys', () => {
  test('make a principal with their scopes', async () => {
    const { keyOf, me } = keyWorld()
    const { key, member } = await keyOf('ann', { scopes: ['orders'] })
    expect(await json(await me(key))).toMatchObject({
      user_id: member.id,
      scopes: ['orders'],
      via: 'api_key',
    })
  })

  test('are 256 random bits behind a prefix, of which the table knows only the hash', async () => {
    const { keyOf, keyDb } = keyWorld({ prefix: 'shop' })
    const { key, prefix } = await keyOf()
    expect(key).toMatch(/^shop_[\w-]{43}$/)
    const [row] = await keyDb.select().from(table)
    expect(JSON.stringify(row)).not.toContain(key.slice(5))
    expect(row?.hashedKey).toMatch(/^[\w-]{43}$/)
    expect(key.startsWith(prefix)).toBe(true)
    expect(prefix).toHaveLength(11)
  })

  test('are found in one query, with none to the storage', async () => {
    const { keyOf, me, calls, keySqlite } = keyWorld()
    const { key } = await keyOf()
    await me(key)
    for (const name of Object.keys(calls)) delete calls[name]
    const statements: string[] = []
    const prepare = keySqlite.prepare.bind(keySqlite)
    keySqlite.prepare = ((source: string) => {
      statements.push(source)
      return prepare(source)
    }) as typeof keySqlite.prepare
    expect((await me(key)).status).toBe(200)
    expect([calls, statements]).toEqual([{}, []])
  })

  test('need no CSRF token, and no session', async () => {
    const { app, auth, browser, keyOf } = keyWorld()
    app.post('/act', auth.currentUser({ transport: 'api_key' }), (c) => c.json({}))
    const { key } = await keyOf()
    const headers = { 'x-api-key': key }
    expect((await browser().post('/act', undefined, { headers })).status).toBe(200)
  })

  test.each([
    ['made up', `key_${'x'.repeat(43)}`],
    ['of another form', 'nonsense'],
    ['empty', ''],
    ['endless', 'k'.repeat(5000)],
  ])('one that is %s is refused, even under optional', async (_, key) => {
    const { app, auth, browser, me } = keyWorld()
    app.get('/open', auth.currentUser({ optional: true }), (c) => c.json({}))
    const response = await me(key)
    expect([response.status, (await json(response))['detail']]).toEqual([401, 'Invalid API key'])
    const optional = await browser().get('/open', { headers: { 'x-api-key': key } })
    expect(optional.status).toBe(401)
  })

  describe('end', () => {
    test.each([
      [
        'when they are revoked',
        async (made: ReturnType<typeof keyWorld>, id: string, userId: number) => {
          expect(await made.auth.apiKeys.revoke(userId, id)).toBe(true)
        },
      ],
      [
        'at their time',
        async (made: ReturnType<typeof keyWorld>) => {
          made.clock.advance(3600)
        },
      ],
      [
        'with a change of the epoch',
        async (made: ReturnType<typeof keyWorld>) => {
          await made.db.update(members).set({ tokenVersion: 3 })
        },
      ],
      [
        'with their owner',
        async (made: ReturnType<typeof keyWorld>) => {
          await made.db.update(members).set({ isActive: false })
        },
      ],
    ])('%s, and count as absent then', async (_, end) => {
      const made = keyWorld()
      const { key, id, member } = await made.keyOf('ann', { ttl: 3600 })
      expect((await made.me(key)).status).toBe(200)
      await end(made, id, member.id)
      const response = await made.me(key)
      expect([response.status, (await json(response))['detail']]).toEqual([
        401,
        'Not authenticated',
      ])
    })

    test('at a moment that cannot be read', async () => {
      const { keyOf, keySqlite, me } = keyWorld()
      const { key } = await keyOf('ann', { ttl: 60 })
      keySqlite.exec(`update api_keys set expires_at = 'never'`)
      expect((await me(key)).status).toBe(401)
    })

    test('no later than the transport allows', async () => {
      const { keyOf, clock } = keyWorld({ maxTtl: 60 })
      const { expiresAt } = await keyOf('ann', { ttl: 3600 })
      expect(expiresAt).toEqual(new Date(clock.now + 60_000))
    })
  })

  test.each([
    [{ ttl: Number.NaN }],
    [{ ttl: 0 }],
    [{ ttl: -5 }],
    [{ ttl: Number.POSITIVE_INFINITY }],
    [{ ttl: 1e15 }],
    [{ scopes: ['a b'] }],
    [{ scopes: [''] }],
    [{ scopes: ['a', 5 as never] }],
  ])('%o makes none', async (options) => {
    const { auth, userRow, member, keyDb } = keyWorld()
    const { id } = await member()
    await expect(auth.apiKeys.create(await userRow(id), options)).rejects.toThrow(RangeError)
    expect(await keyDb.select().from(table)).toEqual([])
  })

  test('never last longer than the transport allows, said or not', async () => {
    const { keyOf, clock } = keyWorld({ maxTtl: 60 })
    expect((await keyOf('ann')).expiresAt).toEqual(new Date(clock.now + 60_000))
  })

  test('of an epoch that has passed are not listed', async () => {
    const { auth, keyOf, db } = keyWorld()
    const { member, user } = await keyOf()
    expect(await auth.apiKeys.list(member.id)).toHaveLength(1)
    await db.update(members).set({ tokenVersion: user.tokenVersion + 1 })
    expect(await auth.apiKeys.list(member.id)).toEqual([])
    expect(await auth.apiKeys.list(member.id + 1)).toEqual([])
  })

  test('without an epoch, in a table that has one, are dead', async () => {
    const { auth, keyOf, keyDb, me } = keyWorld()
    const { member, key } = await keyOf()
    await keyDb.update(table).set({ epoch: null })
    expect((await me(key)).status).toBe(401)
    expect(await auth.apiKeys.list(member.id)).toEqual([])
  })

  test('only their owner can end them, and once', async () => {
    const { auth, keyOf, me } = keyWorld()
    const [ann, bob] = [await keyOf('ann'), await keyOf('bob')]
    expect(await auth.apiKeys.revoke(bob.member.id, ann.id)).toBe(false)
    expect((await me(ann.key)).status).toBe(200)
    const ended = await Promise.all(
      Array.from({ length: 10 }, () => auth.apiKeys.revoke(ann.member.id, ann.id)),
    )
    expect(ended.filter(Boolean)).toHaveLength(1)
  })

  test('are listed without their text, newest first, the live ones', async () => {
    const { auth, clock, keyOf } = keyWorld()
    const { key, user, member } = await keyOf('ann', { name: 'first', scopes: ['a', 'b'] })
    clock.advance(1)
    await auth.apiKeys.create(user, { name: 'second', ttl: 60 })
    clock.advance(1)
    await auth.apiKeys.create(user, { name: 'third' })
    const names = async () => (await auth.apiKeys.list(member.id)).map(({ name }) => name)
    expect(await names()).toEqual(['third', 'second', 'first'])
    clock.advance(60)
    expect(await names()).toEqual(['third', 'first'])
    const [, first] = await auth.apiKeys.list(member.id)
    expect(first?.scopes).toEqual(['a', 'b'])
    expect(JSON.stringify(await auth.apiKeys.list(member.id))).not.toContain(key.slice(-20))
  })

  test('note their last use, at most once per interval', async () => {
    const { auth, clock, keyOf, me, member: _, ...made } = keyWorld({ touchInterval: 300 })
    const { key, member } = await keyOf()
    const lastUsed = async () => (await auth.apiKeys.list(member.id))[0]?.lastUsedAt
    expect(await lastUsed()).toBeNull()
    await me(key)
    const first = new Date(clock.now)
    clock.advance(299)
    await me(key)
    expect(await lastUsed()).toEqual(first)
    clock.advance(1)
    await me(key)
    expect(await lastUsed()).toEqual(new Date(clock.now))
    made.keySqlite.exec(`create trigger full before update on api_keys
      begin select raise(abort, 'disk full'); end`)
    clock.advance(300)
    expect((await me(key)).status).toBe(200)
    expect(made.events).toContainEqual(
      expect.objectContaining({ operation: 'touch', effect: 'let_through' }),
    )
  })

  describe('the routes', () => {
    const managed = async () => {
      const made = keyWorld({ managementRoutes: true, grantableScopes: ['orders'] })
      const ann = await made.member()
      return { ...made, ann, client: await made.loggedIn(ann) }
    }

    test('name a hundred mistakes of a body at most', async () => {
      const { client } = await managed()
      const response = await client.post('/api-keys', { name: 'CI', scopes: Array(9000).fill(1) })
      expect((await json(response))['errors']).toHaveLength(100)
    })

    test('make, list and end one’s own keys', async () => {
      const { client, me, clock } = await managed()
      const made = await json(
        await client.post('/api-keys', { name: 'CI', scopes: ['orders'], expires_in: 60 }),
      )
      expect(made).toEqual({
        id: expect.any(String),
        name: 'CI',
        prefix: String(made['key']).slice(0, 10),
        scopes: ['orders'],
        created_at: new Date(clock.now).toISOString(),
        expires_at: new Date(clock.now + 60_000).toISOString(),
        last_used_at: null,
        key: expect.stringMatching(/^key_/),
      })
      expect((await me(String(made['key']))).status).toBe(200)
      const { key: _, last_used_at: __, ...listed } = made
      expect(await (await client.get('/api-keys')).json()).toEqual([
        { ...listed, last_used_at: expect.any(String) },
      ])
      expect((await client.call('DELETE', `/api-keys/${made['id']}`)).status).toBe(200)
      expect((await client.call('DELETE', `/api-keys/${made['id']}`)).status).toBe(404)
      expect((await me(String(made['key']))).status).toBe(401)
    })

    test('make no more keys than a person may have, and so many in an hour', async () => {
      const made = keyWorld({ managementRoutes: true, maxPerUser: 3 })
      const client = await made.loggedIn(await made.member())
      const make = async () => (await client.post('/api-keys', { name: 'CI' })).status
      const end = async () => {
        const [first] = (await (await client.get('/api-keys')).json()) as { id: string }[]
        await client.call('DELETE', `/api-keys/${first?.id}`)
      }
      expect([await make(), await make(), await make(), await make()]).toEqual([200, 200, 200, 409])
      for (let n = 3; n < 20; n++) {
        await end()
        expect(await make()).toBe(200)
      }
      await end()
      expect(await make()).toBe(429)
    })

    test('behind sudo, make a key for an elevated session; to see and end one, any will do', async () => {
      const made = keyWorld({ managementRoutes: 'sudo' }, { features: [sudo({ route: true })] })
      const member = await made.member()
      const client = await made.loggedIn(member)
      const refused = await client.post('/api-keys', { name: 'CI' })
      expect([refused.status, (await json(refused))['code']]).toEqual([403, 'sudo_required'])
      expect(await made.keyDb.select().from(table)).toEqual([])
      await client.post('/sudo', { password: member.password })
      const { id } = await json(await client.post('/api-keys', { name: 'CI' }))
      made.clock.advance(300)
      expect((await client.post('/api-keys', { name: 'another' })).status).toBe(403)
      expect(await (await client.get('/api-keys')).json()).toMatchObject([{ id }])
      expect((await client.call('DELETE', `/api-keys/${id}`)).status).toBe(200)
    })

    test('need a session and its CSRF token: a key cannot make keys', async () => {
      const { browser, client } = await managed()
      const { key } = await json(await client.post('/api-keys', { name: 'CI' }))
      const headers = { 'x-api-key': String(key) }
      expect((await browser().post('/api-keys', { name: 'x' }, { headers })).status).toBe(401)
      expect((await client.post('/api-keys', { name: 'x' }, { csrf: false })).status).toBe(403)
      expect((await browser().get('/api-keys', { headers })).status).toBe(401)
    })

    test.each([
      [{}, 'name', 'Is required.'],
      [{ name: '' }, 'name', 'Must not be empty.'],
      [{ name: 'x'.repeat(101) }, 'name', 'Must have at most 100 characters.'],
      [{ name: 'a\u0000b' }, 'name', 'Contains characters that cannot be used.'],
      [{ name: 'safe\u202egnp.exe' }, 'name', 'Contains characters that cannot be used.'],
      [{ name: 'a\u200fb' }, 'name', 'Contains characters that cannot be used.'],
      [{ name: '\u200b \u2060' }, 'name', 'Contains characters that cannot be used.'],
      [{ name: 'CI', scopes: ['admin'] }, 'scopes', 'Must be among: orders.'],
      [{ name: 'CI', scopes: 'orders' }, 'scopes', 'Must be a list.'],
      [{ name: 'CI', expires_in: 0 }, 'expires_in', 'Must be at least 1.'],
      [{ name: 'CI', expires_in: 1.5 }, 'expires_in', 'Must be a whole number.'],
      [{ name: 'CI', expires_in: 1e12 }, 'expires_in', 'Must be at most '],
    ])('%j is a problem', async (body, path, message) => {
      const { client } = await managed()
      const response = await client.post('/api-keys', body)
      expect(response.status).toBe(422)
      expect(await json(response)).toMatchObject({
        errors: [{ path, message: expect.stringContaining(message) }],
      })
    })

    test('are in the API document, and answer through the plain handler too', async () => {
      const { auth, client } = await managed()
      const { paths } = await auth.openapi()
      expect(Object.keys(paths ?? {})).toEqual(
        expect.arrayContaining(['/api-keys', '/api-keys/{id}']),
      )
      const request = new Request('https://app.example.com/api-keys/none', {
        method: 'DELETE',
        headers: {
          cookie: `__Host-session_id=${client.sessionId}`,
          'x-csrf-token': client.csrfToken ?? '',
        },
      })
      expect((await auth.fetch(request)).status).toBe(404)
      const wrong = await auth.fetch(new Request('https://app.example.com/api-keys/none'))
      expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'DELETE'])
    })

    test('one may be among several transports', async () => {
      const { keyDb } = keyWorld()
      const transport = apiKeys({ keys: drizzleApiKeys(keyDb, table) })
      const { auth } = world({ transports: [session(), bearer(), transport] })
      expect(auth.describe().transports).toEqual(['session', 'bearer', 'api_key'])
    })
  })

  describe('over a table as the application has it', () => {
    const own = sqliteTable('tokens', {
      tokenId: text('token_id').primaryKey(),
      accountId: integer('account_id').notNull(),
      start: text().notNull(),
      digest: text().notNull().unique(),
      rights: text().notNull(),
      made: integer({ mode: 'timestamp_ms' }).notNull(),
      ended: integer({ mode: 'timestamp_ms' }),
    })
    const columns = {
      id: 'tokenId',
      userId: 'accountId',
      prefix: 'start',
      hashedKey: 'digest',
      scopes: 'rights',
      createdAt: 'made',
      revokedAt: 'ended',
    } as const

    test('works with what the table has', async () => {
      const sqlite = new Database(':memory:')
      createTable(sqlite, own)
      const keys = drizzleApiKeys(drizzle(sqlite), own, { columns })
      const { auth, member, browser, db } = world({ transports: [apiKeys({ keys })] })
      const ann = await member()
      const [user] = await db.select().from(members)
      if (!user) throw new Error('no user')
      const { key, id, ...info } = await auth.apiKeys.create(user, { name: 'x', ttl: 60 })
      expect(info).toMatchObject({ name: null, expiresAt: null, lastUsedAt: null })
      const me = () => browser().get('/me', { headers: { 'x-api-key': key } })
      expect((await me()).status).toBe(200)
      expect(await auth.apiKeys.revoke(ann.id, id)).toBe(true)
      expect((await me()).status).toBe(401)
    })

    const problems = (build: () => unknown) => {
      try {
        build()
        return ''
      } catch (error) {
        if (error instanceof ConfigurationError) return error.message
        throw error
      }
    }

    test('says what it lacks', () => {
      const { keyDb } = keyWorld()
      const build =
        (keys: ReturnType<typeof drizzleApiKeys>, options = {}) =>
        () =>
          world({ transports: [session(), apiKeys({ keys, ...options })] })
      expect(problems(build(drizzleApiKeys(keyDb, own)))).toContain('has no column for hashedKey')
      const loose = sqliteTable('loose', { ...authApiKeyColumns(), hashedKey: text().notNull() })
      expect(problems(build(drizzleApiKeys(keyDb, loose)))).toContain('needs a unique index')
      const fine = drizzleApiKeys(keyDb, table)
      expect(problems(build(fine, { prefix: 'a b' }))).toContain('apiKeys.prefix')
      expect(problems(build(fine, { header: 'a b' }))).toContain('apiKeys.header')
      expect(problems(build(fine, { maxTtl: 0 }))).toContain('apiKeys.maxTtl')
      expect(problems(build(fine, { maxTtl: Number.NaN }))).toContain('apiKeys.maxTtl')
      expect(problems(build(fine, { maxPerUser: 0 }))).toContain('apiKeys.maxPerUser')
      expect(problems(build(fine, { grantableScopes: ['a b'] }))).toContain('grantableScopes')
      const ofTenants = () =>
        world({ transports: [session(), apiKeys({ keys: fine })], tenant: () => 'one' })
      expect(problems(ofTenants)).toContain('the table of API keys has no tenant column')
      expect(problems(() => world({ transports: [apiKeys({} as never)] }))).toContain(
        'apiKeys.keys is missing',
      )
      expect(
        problems(() => world({ transports: [apiKeys({ keys: fine, managementRoutes: true })] })),
      ).toContain('needs the session transport')
      expect(problems(build(fine, { managementRoutes: 'sudo' }))).toContain(
        'features: [sudo({ route: true })]',
      )
      expect(problems(build(fine, { managementRoutes: 'yes' as never }))).toContain("true, 'sudo'")
    })

    test('a map is checked against the table', () => {
      const { keyDb } = keyWorld()
      const wrong = () => [
        // @ts-expect-error no such column
        drizzleApiKeys(keyDb, own, { columns: { id: 'nothing' } }),
        // @ts-expect-error a column of the wrong type
        drizzleApiKeys(keyDb, own, { columns: { hashedKey: 'accountId' } }),
      ]
      expect(wrong).toBeTypeOf('function')
    })
  })

  test('have no handle where the transport is not configured', () => {
    expect(world().auth.apiKeys).toBeUndefined()
  })
})
