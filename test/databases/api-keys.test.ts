/**
 * A table of API keys through every query builder and driver.
 */
import { randomBytes } from 'node:crypto'
import { type ApiKeyStore, type ApiKeyTypes, apiKeys, session, UniqueViolation } from 'crudauth'
import { drizzleApiKeys } from 'crudauth/drizzle'
import { authApiKeyColumns as mysqlColumns } from 'crudauth/drizzle/mysql'
import { authApiKeyColumns as postgresColumns } from 'crudauth/drizzle/postgres'
import { authApiKeyColumns as sqliteColumns } from 'crudauth/drizzle/sqlite'
import { addAuthApiKeyColumns, authApiKeyColumns, kyselyApiKeys } from 'crudauth/kysely'
import { eq } from 'drizzle-orm'
import { mysqlTable } from 'drizzle-orm/mysql-core'
import { pgTable } from 'drizzle-orm/pg-core'
import { sqliteTable } from 'drizzle-orm/sqlite-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { apiKeyTable } from '../../src/features/api-keys/store.ts'
import { Rows } from '../../src/rows/rows.ts'
import { tableStatements } from '../support/create-table.ts'
import { drizzleDrivers, kyselyDrivers } from '../support/drivers.ts'
import { json, members, world } from '../support/world.ts'

const name = `api_keys_${randomBytes(4).toString('hex')}`
const tables = {
  postgresql: pgTable(name, postgresColumns()),
  mysql: mysqlTable(name, mysqlColumns()),
  sqlite: sqliteTable(name, sqliteColumns()),
} as const

interface Opened {
  readonly store: ApiKeyStore
  readonly run: (statement: string) => unknown
  readonly close: () => unknown
}

interface Keys {
  id: string
  user_id: string
  name: string | null
  prefix: string
  hashed_key: string
  scopes: string
  epoch: number | null
  created_at: Date
  expires_at: Date | null
  last_used_at: Date | null
  revoked_at: Date | null
}

async function withDrizzle(driver: keyof typeof drizzleDrivers): Promise<Opened> {
  const { kind, open } = drizzleDrivers[driver]
  const { db, ...opened } = open()
  const table = tables[kind]
  for (const statement of tableStatements(table)) await opened.run(statement)
  return { ...opened, store: drizzleApiKeys(db, table as never) }
}

async function withKysely(driver: keyof typeof kyselyDrivers): Promise<Opened> {
  const { kind, open } = kyselyDrivers[driver]
  const { db, ...opened } = open<Keys>()
  await addAuthApiKeyColumns(db.schema.createTable(name) as never, kind).execute()
  return { ...opened, store: kyselyApiKeys(db, name, authApiKeyColumns()) }
}

const named = <Name extends string>(drivers: Record<Name, unknown>) =>
  Object.keys(drivers) as Name[]

const drivers: [string, { isThere: boolean; open: () => Promise<Opened> }][] = [
  ...named(drizzleDrivers).map((driver): (typeof drivers)[number] => [
    driver,
    { isThere: drizzleDrivers[driver].isThere, open: () => withDrizzle(driver) },
  ]),
  ...named(kyselyDrivers).map((driver): (typeof drivers)[number] => [
    driver,
    { isThere: kyselyDrivers[driver].isThere, open: () => withKysely(driver) },
  ]),
]

describe.each(drivers)('API keys: %s', (_driver, { isThere, open }) => {
  describe.runIf(isThere)('on a new table', () => {
    let opened: Opened
    beforeAll(async () => {
      opened = await open()
    })
    afterAll(async () => {
      await opened.run(`drop table ${name}`)
      await opened.close()
    })

    const keyWorld = async () => {
      await opened.run(`delete from ${name}`)
      const made = world({
        transports: [session(), apiKeys({ keys: opened.store, touchInterval: 300 })],
      })
      const ann = await made.member()
      const [user] = await made.db.select().from(members).where(eq(members.id, ann.id))
      if (!user) throw new Error('no such user')
      const me = (key: string) => made.browser().get('/me', { headers: { 'x-api-key': key } })
      return { ...made, ann, user, me }
    }

    test('a key is somebody with scopes until it expires', async () => {
      const { auth, ann, user, me, clock } = await keyWorld()
      const { key, expiresAt } = await auth.apiKeys.create(user, { scopes: ['a', 'b'], ttl: 60 })
      expect(expiresAt).toEqual(new Date(clock.now + 60_000))
      const answer = await me(key)
      expect(answer.status).toBe(200)
      expect(await json(answer)).toMatchObject({ user_id: ann.id, scopes: ['a', 'b'] })
      expect((await me(`${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`)).status).toBe(401)
      clock.advance(60)
      expect((await me(key)).status).toBe(401)
    })

    test('of many that end a key, one does, and it is nobody’s from then on', async () => {
      const { auth, ann, user, me } = await keyWorld()
      const { id, key } = await auth.apiKeys.create(user)
      expect(await auth.apiKeys.revoke(ann.id + 1, id)).toBe(false)
      expect((await me(key)).status).toBe(200)
      const ended = await Promise.all(
        Array.from({ length: 20 }, () => auth.apiKeys.revoke(ann.id, id)),
      )
      expect(ended.filter(Boolean)).toHaveLength(1)
      expect((await me(key)).status).toBe(401)
      expect(await auth.apiKeys.list(ann.id)).toEqual([])
    })

    test('keys are listed to their owner, with moments to the millisecond', async () => {
      const { auth, ann, user, me, clock } = await keyWorld()
      const first = await auth.apiKeys.create(user, { name: 'first' })
      clock.advance(1.234)
      const second = await auth.apiKeys.create(user, { name: 'sécond 🔑', ttl: 3600 })
      await me(first.key)
      const { key: _, ...secondShown } = second
      expect(await auth.apiKeys.list(ann.id)).toEqual([
        secondShown,
        expect.objectContaining({ name: 'first', lastUsedAt: new Date(clock.now) }),
      ])
      expect(await auth.apiKeys.list(ann.id + 1)).toEqual([])
    })

    test('a row is deleted once, and only as long as it is what it is said to be', async () => {
      const { ann } = await keyWorld()
      const rows = new Rows<ApiKeyTypes>(opened.store, apiKeyTable)
      const row = (id: string): ApiKeyTypes => ({
        id,
        userId: ann.id,
        name: null,
        prefix: 'key_',
        hashedKey: id.padEnd(43, '.'),
        scopes: '',
        epoch: 7,
        createdAt: new Date(1_700_000_000_123),
        expiresAt: null,
        lastUsedAt: new Date(1_700_000_000_456),
        revokedAt: null,
      })
      const [one, other] = [await rows.insert(row('one'), {}), await rows.insert(row('other'), {})]
      expect(one).toEqual({ ...row('one'), userId: String(ann.id) })
      for (const when of [{ epoch: 8 }, { revokedAt: new Date(0) }, { lastUsedAt: null }]) {
        expect(await rows.delete('one', {}, when)).toBe(false)
      }
      expect(await rows.delete('nobody', {})).toBe(false)
      const { userId, lastUsedAt } = row('one')
      const deleted = await Promise.all(
        Array.from({ length: 20 }, () =>
          rows.delete('one', {}, { userId, lastUsedAt, revokedAt: null, prefix: 'key_' }),
        ),
      )
      expect(deleted.filter(Boolean)).toHaveLength(1)
      expect(await rows.find('hashedKey', row('one').hashedKey, {})).toBeNull()
      expect(await rows.list('userId', ann.id, {})).toEqual([other])
      await expect(rows.insert(row('other'), {})).rejects.toThrow(UniqueViolation)
    })

    test('a raised epoch ends them', async () => {
      const { auth, user, me, db } = await keyWorld()
      const { key } = await auth.apiKeys.create(user)
      await db.update(members).set({ tokenVersion: user.tokenVersion + 1 })
      expect((await me(key)).status).toBe(401)
    })

    test('a table that is not there is a failure without the key’s hash', async () => {
      const { auth, user, me } = await keyWorld()
      const { key } = await auth.apiKeys.create(user)
      await opened.run(`alter table ${name} rename to ${name}_gone`)
      try {
        expect((await me(key)).status).toBe(500)
        const error = await auth.apiKeys.create(user).catch((thrown: unknown) => thrown)
        expect(error).toMatchObject({ name: 'DatabaseError' })
        expect(String(error)).not.toMatch(/[\w-]{43}/)
      } finally {
        await opened.run(`alter table ${name}_gone rename to ${name}`)
      }
    })
  })
})

describe('API keys: Kysely over better-sqlite3, moments', () => {
  const texts = [
    ['2100-01-01 00:00:00', 200],
    ['2100-01-01 00:00:00.000000', 200],
    ['2100-01-01T00:00:00+02:00', 200],
    ['2001-01-01 00:00:00', 401],
    ['', 500],
    ['never', 500],
    ['99', 500],
  ] as const

  test.each(texts)('an expiry of %j answers %i', async (text, status) => {
    const { store, run } = await withKysely('Kysely over better-sqlite3')
    const made = world({ transports: [session(), apiKeys({ keys: store })] })
    await made.member()
    const [user] = await made.db.select().from(members)
    const { key } = await made.auth.apiKeys.create(user as never, { ttl: 60 })
    await run(`update ${name} set expires_at = '${text}'`)
    const response = await made.browser().get('/me', { headers: { 'x-api-key': key } })
    expect(response.status).toBe(status)
  })
})
