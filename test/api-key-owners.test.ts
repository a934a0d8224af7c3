/**
 * A key and its owner, read by one query where both are in one database, and by two elsewhere:
 * the same people get in, and the same are refused.
 */
import Sqlite from 'better-sqlite3'
import { apiKeys, flag, session, type UserScope, type UserStore } from 'crudauth'
import { drizzleApiKeys, drizzleUsers } from 'crudauth/drizzle'
import { authApiKeyColumns, authUserColumns } from 'crudauth/drizzle/sqlite'
import { isNull, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { integer, sqliteTable, text, unique } from 'drizzle-orm/sqlite-core'
import { describe, expect, test } from 'vitest'
import { application } from './support/application.ts'
import { createTable } from './support/create-table.ts'

/** One query, or what an application's own `find` makes of it: two. */
const ways = [
  ['one query', 1],
  ['two queries', 2],
] as const

const people = sqliteTable('people', {
  ...authUserColumns(),
  deletedAt: integer('deleted_at', { mode: 'timestamp' }),
})
const keys = sqliteTable('api_keys', authApiKeyColumns())

interface Tables {
  readonly users?: (db: ReturnType<typeof drizzle>) => unknown
  readonly keys?: (db: ReturnType<typeof drizzle>) => ReturnType<typeof drizzleApiKeys>
  readonly create?: readonly unknown[]
  readonly tenant?: (request: Request) => string
}

/** @param asking Called before each query: it may throw what a driver would. */
function bed(queries: 1 | 2, tables: Tables = {}, asking = () => {}) {
  const sqlite = new Sqlite(':memory:')
  for (const table of tables.create ?? [people, keys]) createTable(sqlite, table as typeof people)
  const statements: string[] = []
  const logQuery = (query: string) => {
    statements.push(query)
    asking()
  }
  const db = drizzle(sqlite, { logger: { logQuery } })
  const store = (tables.users?.(db) ?? drizzleUsers(db, people)) as UserStore
  const users: UserStore =
    queries === 1 ? store : { ...store, find: (...call) => store.find(...call) }
  const keyStore = tables.keys?.(db) ?? drizzleApiKeys(db, keys)
  const made = application({
    users,
    transports: [session(), apiKeys({ keys: keyStore, touchInterval: 86_400 })],
    ...(tables.tenant ? { tenant: tables.tenant } : {}),
  })
  const ask = async (path: string, key: string, host = 'app.example.com') =>
    made.app.fetch(new Request(`https://${host}${path}`, { headers: { 'x-api-key': key } }))
  const me = (key: string, host?: string) => ask('/me', key, host)
  return {
    ...made,
    sqlite,
    db,
    statements,
    ask,
    me,
    /** The status of a check, and how many queries it asked. */
    async check(key: string, host?: string) {
      statements.length = 0
      const { status } = await me(key, host)
      return [status, statements.length]
    },
    /** A user, and a key of theirs. */
    async keyOf(name: string, values: object = {}, scope: UserScope = {}) {
      const flags = { isActive: true, isSuperuser: false, emailVerified: false }
      const row = await store.insert(
        {
          email: `${name}@example.com`,
          username: name,
          hashedPassword: '$hash',
          tokenVersion: 7,
          ...(store.columns.has('isActive') ? { ...flags, createdAt: new Date(0) } : {}),
          ...values,
        },
        scope,
      )
      const { key } = await made.auth.apiKeys.create(row as never, {}, scope)
      const host = scope.tenant === undefined ? undefined : `${scope.tenant}.example.com`
      // Its use is noted once.
      await me(key, host)
      return { key, userId: (row as { id: number }).id }
    },
  }
}

describe.each(ways)('A key and its owner, by %s', (_, queries) => {
  test('are asked for so, and make the same principal', async () => {
    const { keyOf, check, me } = bed(queries)
    const { key, userId } = await keyOf('ann')
    await keyOf('bob')
    expect(await check(key)).toEqual([200, queries])
    expect(await (await me(key)).json()).toMatchObject({ user_id: userId, via: 'api_key' })
  })

  test('one that nobody has is refused by one query', async () => {
    const { keyOf, check } = bed(queries)
    await keyOf('ann')
    expect(await check(`key_${'x'.repeat(43)}`)).toEqual([401, 1])
  })

  test.each([
    ['revoked', "update api_keys set revoked_at = '2001-01-01 00:00:00.000000'"],
    ['over', "update api_keys set expires_at = '2001-01-01 00:00:00.000000'"],
    ['of an epoch that has passed', 'update api_keys set epoch = epoch - 1'],
    ['without an epoch', 'update api_keys set epoch = null'],
    ['of somebody whose epoch rose', 'update people set token_version = token_version + 1'],
    ['of somebody who is disabled', 'update people set is_active = 0'],
    [
      'of somebody who is frozen',
      "update people set hashed_password = '!frozen.' || hashed_password",
    ],
    ['of somebody who is deleted', 'delete from people'],
    ['of nobody', "update api_keys set user_id = '4711'"],
    ['of a key that is no number', "update api_keys set user_id = user_id || 'x'"],
    ['of a key that only looks like one', "update api_keys set user_id = '0' || user_id"],
    ['of a key with a space', "update api_keys set user_id = user_id || ' '"],
    ['of a key with a fraction', "update api_keys set user_id = user_id || '.0'"],
  ])('a key that is %s is refused', async (_reason, change) => {
    const { keyOf, me, sqlite } = bed(queries)
    const { key } = await keyOf('ann')
    expect((await me(key)).status).toBe(200)
    sqlite.exec(change)
    expect((await me(key)).status).toBe(401)
  })

  test('a query that was given up for another’s sake is asked again', async () => {
    let failures = 0
    const busy = Object.assign(new Error('busy'), { code: 'SQLITE_BUSY' })
    const made = bed(queries, {}, () => {
      if (failures-- > 0) throw busy
    })
    const { key } = await made.keyOf('ann')
    failures = 2
    expect((await made.me(key)).status).toBe(200)
    expect(failures).toBeLessThan(0)
  })

  test('each key is its own owner’s', async () => {
    const { keyOf, me } = bed(queries)
    for (const name of ['ann', 'bob', 'eve']) {
      const { key, userId } = await keyOf(name)
      expect(await (await me(key)).json()).toMatchObject({ user_id: userId })
    }
  })

  test.each([
    ['of the query builder’s', isNull(people.deletedAt)],
    ['of text', sql`deleted_at is null`],
    // Both tables have the column: two queries, whatever is asked for.
    ['of text that both tables could mean', sql`deleted_at is null and created_at is not null`],
  ])('a user is one under a condition %s', async (_kind, where) => {
    const { keyOf, me, sqlite } = bed(queries, {
      users: (db) => drizzleUsers(db, people, { where }),
    })
    const { key } = await keyOf('ann')
    expect((await me(key)).status).toBe(200)
    sqlite.exec('update people set deleted_at = 1')
    expect((await me(key)).status).toBe(401)
  })

  test('the hash in a second table freezes the owner', async () => {
    const hashes = sqliteTable('hashes', {
      userId: integer('user_id').primaryKey(),
      hash: text('hash').notNull(),
    })
    const users = sqliteTable('people', {
      id: integer('id').primaryKey({ autoIncrement: true }),
      email: text('email').notNull().unique(),
      username: text('username').notNull().unique(),
      tokenVersion: integer('token_version').notNull(),
    })
    const made = bed(queries, {
      create: [users, hashes, keys],
      users: (db) =>
        drizzleUsers(db, users, { passwords: { table: hashes, user: 'userId', hash: 'hash' } }),
    })
    const { key } = await made.keyOf('ann')
    expect(await made.check(key)).toEqual([200, queries])
    made.sqlite.exec("update hashes set hash = '!frozen.' || hash")
    expect((await made.me(key)).status).toBe(401)
  })

  test('a flag that is spelled another way disables the owner', async () => {
    const users = sqliteTable('people', { ...authUserColumns(), isActive: text('is_active') })
    const isActive = { property: 'isActive', codec: flag('Y', 'N') } as const
    const made = bed(queries, {
      create: [users, keys],
      users: (db) => drizzleUsers(db, users, { columns: { isActive } }),
    })
    const { key } = await made.keyOf('ann', { isActive: 'Y' })
    expect(await made.check(key)).toEqual([200, queries])
    made.sqlite.exec("update people set is_active = 'N'")
    expect((await made.me(key)).status).toBe(401)
  })

  test('what the hash is put together from is not shown', async () => {
    const users = sqliteTable('people', {
      id: integer('id').primaryKey({ autoIncrement: true }),
      email: text('email').notNull().unique(),
      username: text('username').notNull().unique(),
      tokenVersion: integer('token_version').notNull(),
      hash: text('hash'),
      salt: text('salt'),
    })
    const hashedPassword = {
      property: 'hash',
      parts: ['salt'],
      text: (hash: string, salt: string) => `$made-up$${salt}$${hash}`,
    } as const
    const made = bed(queries, {
      create: [users, keys],
      users: (db) => drizzleUsers(db, users, { columns: { hashedPassword } as never }),
    })
    made.sqlite.exec("insert into people values (1, 'a@example.com', 'ann', 7, 'h', 's')")
    const [row] = made.db.select().from(users).all()
    const { key } = await made.auth.apiKeys.create(row as never)
    made.app.get('/whole', made.auth.guard(), (c) => c.json(c.var.principal.user as never))
    await made.me(key)
    made.statements.length = 0
    const answer = await made.ask('/whole', key)
    expect(await answer.json()).toEqual({
      id: 1,
      email: 'a@example.com',
      username: 'ann',
      tokenVersion: 7,
    })
    expect(made.statements).toHaveLength(queries)
  })

  test('a key is good in its tenant alone, and so is its owner', async () => {
    const users = sqliteTable(
      'people',
      {
        ...authUserColumns(),
        email: text('email').notNull(),
        username: text('username').notNull(),
        tenant: text('tenant').notNull(),
      },
      (table) => [
        unique().on(table.tenant, table.email),
        unique().on(table.tenant, table.username),
      ],
    )
    const theirKeys = sqliteTable('api_keys', {
      ...authApiKeyColumns(),
      tenant: text('tenant').notNull(),
    })
    const made = bed(queries, {
      create: [users, theirKeys],
      users: (db) => drizzleUsers(db, users, { tenant: 'tenant' }),
      keys: (db) => drizzleApiKeys(db, theirKeys, { tenant: 'tenant' }),
      tenant: (request) => new URL(request.url).hostname.split('.')[0] ?? '',
    })
    const { key } = await made.keyOf('ann', {}, { tenant: 'one' })
    expect(await made.check(key, 'one.example.com')).toEqual([200, queries])
    expect(await made.check(key, 'two.example.com')).toEqual([401, 1])
    made.sqlite.exec("update people set tenant = 'two'")
    expect((await made.me(key, 'one.example.com')).status).toBe(401)
    made.sqlite.exec("update api_keys set tenant = 'two'")
    expect((await made.me(key, 'one.example.com')).status).toBe(401)
    expect((await made.me(key, 'two.example.com')).status).toBe(200)
  })
})

describe('A key and its owner', () => {
  test('are read by two queries where they are in two databases', async () => {
    const other = drizzle(new Sqlite(':memory:'))
    const made = bed(1, {
      keys: () => {
        // Somebody else has the same key there.
        createTable(other.$client, people)
        createTable(other.$client, keys)
        return drizzleApiKeys(other, keys)
      },
    })
    made.app.get('/whole', made.auth.guard(), (c) => c.json(c.var.principal.user as never))
    const { key, userId } = await made.keyOf('ann')
    const [row] = made.db.select().from(people).all()
    other
      .insert(people)
      .values({ ...(row as typeof people.$inferInsert), id: userId, email: 'eve@example.com' })
      .run()
    const answer = await made.ask('/whole', key)
    expect(await answer.json()).toMatchObject({ id: userId, email: 'ann@example.com' })
    // The other database is not listened to.
    expect(await made.check(key)).toEqual([200, 1])
    expect(made.statements[0]).not.toContain('api_keys')
  })

  test('are read by two queries once the database refused to join them', async () => {
    // Both tables have the column, so that the text could mean either.
    const where = sql`created_at is not null`
    const made = bed(1, { users: (db) => drizzleUsers(db, people, { where }) })
    const { key } = await made.keyOf('ann')
    expect(await made.check(key)).toEqual([200, 2])
  })

  test('are read by two queries where the key store’s own find was replaced', async () => {
    const blocked = new Set<string>()
    const made = bed(1, {
      keys: (db) => {
        const store = drizzleApiKeys(db, keys)
        return {
          ...store,
          async find(property, value, scope) {
            const row = await store.find(property, value, scope)
            return row && blocked.has((row as { id: string }).id) ? null : row
          },
        }
      },
    })
    const { key } = await made.keyOf('ann')
    expect(await made.check(key)).toEqual([200, 2])
    blocked.add(String(made.sqlite.prepare('select id from api_keys').pluck().get()))
    expect((await made.me(key)).status).toBe(401)
  })
})
