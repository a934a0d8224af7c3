/**
 * Statements are compiled once, and on PostgreSQL planned once: under a name, which a migration may
 * make stale while the application runs.
 */
import { randomBytes } from 'node:crypto'
import Database from 'better-sqlite3'
import type { UserStore } from 'crudauth'
import { drizzleStorage, drizzleUsers } from 'crudauth/drizzle'
import {
  authUserColumns as postgresColumns,
  authStorageColumns as storageColumns,
} from 'crudauth/drizzle/postgres'
import { addAuthUserColumns, authUserColumns, kyselyUsers } from 'crudauth/kysely'
import { drizzle } from 'drizzle-orm/node-postgres'
import { pgTable } from 'drizzle-orm/pg-core'
import { drizzle as onPostgresJs } from 'drizzle-orm/postgres-js'
import { Kysely, type KyselyPlugin, SqliteDialect } from 'kysely'
import { Pool } from 'pg'
import postgres from 'postgres'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { tableStatements } from '../support/create-table.ts'
import { isReachable, postgres as postgresService, postgresUrl } from '../support/services.ts'

describe.runIf(await isReachable(postgresService))('Prepared statements on PostgreSQL', () => {
  const name = `prepared_${randomBytes(4).toString('hex')}`
  const table = pgTable(name, postgresColumns())
  // One connection, since a name is known to its own only.
  const pool = new Pool({ connectionString: postgresUrl, max: 1 })
  const client = postgres(postgresUrl, { max: 1, onnotice: () => undefined })
  beforeEach(async () => {
    await pool.query('deallocate all')
    await pool.query(`drop table if exists ${name}`)
    for (const statement of tableStatements(table)) await pool.query(statement)
  })
  afterAll(async () => {
    await pool.query(`drop table ${name}`)
    await pool.end()
    await client.end()
  })
  const ann = { email: 'ann@example.com', username: 'ann', hashedPassword: 'x' }
  const use = async (users: UserStore) => {
    const row = (await users.find('email', ann.email, {})) as { id: number }
    return { row, counted: await users.increment(row.id, 'tokenVersion', 0x7fffffff, {}) }
  }
  const prepared = async () => {
    const { rows } = await pool.query(
      `select statement from pg_prepared_statements where name like 'crudauth_%' and statement like '%${name}%'`,
    )
    return rows.length
  }

  test('are made once for each of a lookup and a counter, or not at all', async () => {
    const without = drizzleUsers(drizzle(pool), table, { prepare: false }) as unknown as UserStore
    await without.insert(ann, {})
    for (let n = 0; n < 3; n++) await use(without)
    expect(await prepared()).toBe(0)
    for (let n = 0; n < 3; n++)
      await use(drizzleUsers(drizzle(pool), table) as unknown as UserStore)
    expect(await prepared()).toBe(2)
  })

  test('are made once for what the storage reads, or not at all, and outlive a migration', async () => {
    const stored = `${name}_storage`
    const storageTable = pgTable(stored, storageColumns())
    for (const statement of tableStatements(storageTable)) await pool.query(statement)
    try {
      const without = drizzleStorage(drizzle(pool), storageTable, { prepare: false })
      await without.set('a', 'one', 60)
      expect(await without.get('a')).toBe('one')
      expect(await prepared()).toBe(0)
      const storage = drizzleStorage(drizzle(pool), storageTable)
      for (let n = 0; n < 3; n++) expect(await storage.get('a')).toBe('one')
      expect(await storage.get('b')).toBeNull()
      expect(await prepared()).toBe(1)
      await pool.query(`alter table ${stored} alter value type varchar(90000)`)
      expect(await storage.get('a')).toBe('one')
    } finally {
      await pool.query(`drop table ${stored}`)
    }
  })

  test.each([
    ['node-postgres', () => drizzleUsers(drizzle(pool), table) as unknown as UserStore],
    ['postgres.js', () => drizzleUsers(onPostgresJs(client), table) as unknown as UserStore],
  ])('outlive a migration: %s', async (_, make) => {
    const users = make()
    await users.insert(ann, {})
    await use(users)
    for (const change of ['alter hashed_password type text', 'add column note text']) {
      await pool.query(`alter table ${name} ${change}`)
      for (let n = 0; n < 2; n++) {
        expect(await use(users)).toMatchObject({ row: ann, counted: true })
      }
    }
  })
})

test('Kysely compiles a lookup and a counter once', async () => {
  let compiled = 0
  const counting: KyselyPlugin = {
    transformQuery({ node }) {
      compiled++
      return node
    },
    transformResult: async ({ result }) => result,
  }
  const database = new Database(':memory:')
  const plain = new Kysely<{ users: never }>({ dialect: new SqliteDialect({ database }) })
  await addAuthUserColumns(plain.schema.createTable('users'), 'sqlite').execute()
  const users = kyselyUsers(
    plain.withPlugin(counting),
    'users',
    authUserColumns('sqlite') as never,
  ) as unknown as UserStore
  const { id } = (await users.insert(
    {
      email: 'ann@example.com',
      username: 'ann',
      hashed_password: 'x',
      is_active: 1,
      is_superuser: 0,
      email_verified: 0,
      token_version: 0,
    },
    {},
  )) as { id: number }
  compiled = 0
  for (let n = 0; n < 3; n++) {
    await users.find('email', 'ann@example.com', {})
    await users.increment(id, 'token_version', 9, {})
  }
  expect(compiled).toBe(2)
})
