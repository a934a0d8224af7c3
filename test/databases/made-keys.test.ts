/**
 * Primary keys that the application makes: ulid, cuid, snowflake.
 */
import { PGlite } from '@electric-sql/pglite'
import Database from 'better-sqlite3'
import type { UserStore, UserTypes } from 'crudauth'
import { drizzleUsers } from 'crudauth/drizzle'
import { authUserColumns } from 'crudauth/drizzle/sqlite'
import { kyselyUsers } from 'crudauth/kysely'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { Kysely, PGliteDialect, SqliteDialect, sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { application } from '../support/application.ts'
import { createTable } from '../support/create-table.ts'
import { json } from '../support/world.ts'

const { id: _number, ...columns } = authUserColumns({ oauth: false })
const people = sqliteTable('people', { id: text().primaryKey(), ...columns })
const defaulted = sqliteTable('people', {
  id: text()
    .primaryKey()
    .$defaultFn(() => `from-drizzle-${count++}`),
  ...columns,
})

let count = 0

interface Row {
  id: string
  email: string
  hashed_password: string
  is_active: boolean
  token_version: number
}

type Tables = { people: Row }

const map = {
  columns: {
    id: 'id',
    email: 'email',
    hashedPassword: 'hashed_password',
    isActive: 'is_active',
    tokenVersion: 'token_version',
  },
  unique: ['email'],
} as const

/** Above 2^53, as a snowflake is. */
const snowflake = () => 1_850_000_000_000_000_000n + BigInt(count++)

const kinds: readonly [string, () => Promise<unknown>, RegExp][] = [
  [
    'Drizzle',
    async () => {
      const sqlite = new Database(':memory:')
      createTable(sqlite, people)
      return drizzleUsers(drizzle(sqlite), people, { newKey: () => `ulid-${count++}` })
    },
    /^ulid-\d+$/,
  ],
  [
    'Drizzle’s own default',
    async () => {
      const sqlite = new Database(':memory:')
      createTable(sqlite, defaulted)
      return drizzleUsers(drizzle(sqlite), defaulted)
    },
    /^from-drizzle-\d+$/,
  ],
  [
    'Kysely, text',
    async () => {
      const sqlite = new Database(':memory:')
      sqlite.exec(
        'create table people (id text primary key, email text unique, hashed_password text)',
      )
      const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: sqlite }) })
      return kyselyUsers(db, 'people', {
        columns: { id: 'id', email: 'email', hashedPassword: 'hashed_password' },
        unique: ['email'],
        key: 'text',
        newKey: () => `cuid-${count++}`,
      })
    },
    /^cuid-\d+$/,
  ],
  [
    'Kysely, bigint',
    async () => {
      const db = new Kysely<Tables>({ dialect: new PGliteDialect({ pglite: new PGlite() }) })
      await sql`create table people (id bigint primary key, email text unique not null,
        hashed_password text not null, is_active boolean not null, token_version integer not null)`.execute(
        db,
      )
      return kyselyUsers(db, 'people', { ...map, key: 'bigint', newKey: snowflake })
    },
    /^18500000000000000\d\d$/,
  ],
]

describe.each(kinds)('A key that the application makes: %s', (_, open, form) => {
  const ann = { email: 'ann@example.com', username: 'ann', password: 'correct horse battery' }

  test('is in the row, in every hook and in every answer, and logs in', async () => {
    const seen: string[] = []
    const users = (await open()) as UserStore<UserTypes & { user: { id: unknown } }>
    const note = (user: { id: unknown }) => void seen.push(String(user.id))
    const { browser, logIn, auth } = application({
      users,
      hooks: {
        ...(users.transactions === 'none'
          ? {}
          : { registering: (_tx: unknown, { user }: { user: object }) => note(user as never) }),
        afterRegister: (user: object) => note(user as never),
        afterLogin: (user: object) => note(user as never),
      } as never,
    })
    const answer = await browser().post('/register', ann)
    expect(answer.status).toBe(200)
    const { id } = await json(answer)
    expect(String(id)).toMatch(form)
    const { status, me } = await logIn(ann.email)
    expect([status, me]).toEqual([200, expect.objectContaining({ email: ann.email })])
    expect(new Set(seen)).toEqual(new Set([String(id)]))
    expect(seen).toHaveLength(3)
    const named = users.map.username === undefined ? {} : { username: 'bob' }
    const bob = await auth.users.create({ email: 'bob@example.com', ...named })
    expect(String((bob as { id: unknown }).id)).toMatch(form)
    expect((bob as { id: unknown }).id).not.toBe(id)
  })
})

describe('A key', () => {
  const sqlite = new Database(':memory:')
  createTable(sqlite, people)
  const db = drizzle(sqlite)

  test('that nobody makes is missed at the start, with what to write', () => {
    expect(() => application({ users: drizzleUsers(db, people) })).toThrow('write newKey: () => …')
  })

  test('that the column does not hold makes no row', async () => {
    const users = drizzleUsers(db, people, { newKey: () => 7 })
    await expect(
      users.insert({ email: 'a@example.com', username: 'a', hashedPassword: 'x' }, {}),
    ).rejects.toThrow("newKey made a number for 'id'")
    expect(db.select().from(people).all()).toEqual([])
  })

  test('is made by a function', () => {
    const users = drizzleUsers(db, people, { newKey: 'ulid' as never })
    expect(users.problems).toContainEqual(expect.stringContaining('newKey must be a function'))
  })
})
