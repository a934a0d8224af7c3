/**
 * What an insert returns is the row that it made: the session that follows, and the hooks, are its.
 */
import { randomBytes } from 'node:crypto'
import Database from 'better-sqlite3'
import type { UserStore } from 'crudauth'
import { drizzleUsers } from 'crudauth/drizzle'
import { kyselyUsers } from 'crudauth/kysely'
import { isNull } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { drizzle as onPg } from 'drizzle-orm/node-postgres'
import { integer as pgInteger, pgTable, text as pgText } from 'drizzle-orm/pg-core'
import { integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { type Generated, Kysely, PostgresDialect, SqliteDialect, sql } from 'kysely'
import { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTable, tableStatements } from '../support/create-table.ts'
import { isReachable, postgres, postgresUrl } from '../support/services.ts'

const people = sqliteTable(
  'people',
  {
    id: integer().primaryKey(),
    email: text().notNull(),
    hashedPassword: text(),
    shop: text().notNull(),
    gone: text(),
  },
  ({ shop, email, gone }) => [uniqueIndex('live').on(shop, email).where(isNull(gone))],
)

interface Tables {
  people: {
    id: Generated<number>
    email: string
    hashedPassword: string | null
    shop: string
    gone: string | null
  }
}

const kinds: readonly (readonly [string, (sqlite: Database.Database) => unknown])[] = [
  [
    'Drizzle',
    (sqlite) =>
      drizzleUsers(drizzle(sqlite), people, { tenant: 'shop', where: isNull(people.gone) }),
  ],
  [
    'Kysely',
    (sqlite) =>
      kyselyUsers(
        new Kysely<Tables>({ dialect: new SqliteDialect({ database: sqlite }) }),
        'people',
        {
          columns: { id: 'id', email: 'email', hashedPassword: 'hashedPassword' },
          unique: ['email'],
          tenant: 'shop',
          others: ['gone'],
          where: (eb) => eb('gone', 'is', null),
        },
      ),
  ],
]

describe.each(kinds)('An inserted row: %s', (_, make) => {
  const start = () => {
    const sqlite = new Database(':memory:')
    createTable(sqlite, people)
    return { sqlite, users: make(sqlite) as UserStore }
  }
  const ann = (hash: string) => ({ email: 'ann@example.com', hashedPassword: hash })
  const scope = { tenant: 'one' }

  test('is not one that was deleted softly and had the same address', async () => {
    const { sqlite, users } = start()
    expect(users.problems).toEqual([])
    const first = await users.insert(ann('first'), scope)
    sqlite.exec("update people set gone = 'yes'")
    const second = await users.insert(ann('second'), scope)
    expect(first).toMatchObject({ id: 1, hashedPassword: 'first' })
    expect(second).toMatchObject({ id: 2, hashedPassword: 'second', gone: null })
  })

  test('is not one of another tenant', async () => {
    const { users } = start()
    await users.insert(ann('one'), scope)
    const other = await users.insert(ann('two'), { tenant: 'two' })
    expect(other).toMatchObject({ id: 2, hashedPassword: 'two', shop: 'two' })
  })

  test('is not returned where it does not count as a user', async () => {
    const { users } = start()
    await expect(users.insert({ ...ann('x'), gone: 'yes' }, scope)).rejects.toThrow(
      "it must be in its tenant, and meet the condition 'where'",
    )
  })

  test('is not guessed among several, where what is said to be unique is not', async () => {
    const { sqlite, users } = start()
    await users.insert(ann('first'), scope)
    sqlite.exec('drop index live')
    await expect(users.insert(ann('second'), scope)).rejects.toThrow(
      'cannot be told from another; what is said to be unique is not',
    )
  })
  test('is as the work in its transaction left it, which may be nowhere', async () => {
    const { sqlite, users } = start()
    const write = (text: string) => () => void sqlite.exec(text)
    const changed = await users.insert(
      ann('x'),
      scope,
      write("update people set hashedPassword = 'y'"),
    )
    expect(changed).toMatchObject({ hashedPassword: 'y' })
    const bob = { email: 'bob@example.com', hashedPassword: 'x' }
    const insert = users.insert(bob, scope, write("delete from people where email like 'bob%'"))
    await expect(insert).rejects.toThrow('was not there to be read')
  })
})

const hasPostgres = await isReachable(postgres)
const name = `inserted_${randomBytes(4).toString('hex')}`

/** After an error PostgreSQL takes a commit for a rollback, and `pg` says nothing of it. */
describe.runIf(hasPostgres)('An inserted row that its transaction did not keep', () => {
  const accounts = pgTable(name, {
    id: pgInteger().primaryKey(),
    email: pgText().notNull().unique(),
    hashedPassword: pgText(),
  })
  const pool = new Pool({ connectionString: postgresUrl })
  beforeAll(async () => {
    for (const statement of tableStatements(accounts)) await pool.query(statement)
  })
  afterAll(async () => {
    await pool.query(`drop table ${name}`)
    await pool.end()
  })
  const failing = (transaction: unknown) =>
    (transaction as ReturnType<typeof onPg>).execute('select 1 / 0')
  const failingInKysely = (transaction: unknown) =>
    sql`select 1 / 0`.execute(transaction as Kysely<unknown>)

  test.each<[string, () => UserStore, (transaction: unknown) => Promise<unknown>]>([
    ['Drizzle', () => drizzleUsers(onPg(pool), accounts) as unknown as UserStore, failing],
    [
      'Kysely',
      () => {
        const db = new Kysely<
          Record<string, { id: number; email: string; hashedPassword: string }>
        >({ dialect: new PostgresDialect({ pool }) })
        return kyselyUsers(db, name, {
          columns: { id: 'id', email: 'email', hashedPassword: 'hashedPassword' },
          unique: ['email'],
        }) as unknown as UserStore
      },
      failingInKysely,
    ],
  ])('is an error, not an account: %s', async (_, make, fail) => {
    const users = make()
    const values = { id: 1, email: 'ann@example.com', hashedPassword: 'x' }
    // A hook that takes what it does for optional.
    const insert = users.insert(values, {}, async (transaction) => {
      await fail(transaction).catch(() => undefined)
    })
    await expect(insert).rejects.toMatchObject({ name: 'DatabaseError' })
    expect(await users.find('email', 'ann@example.com', {})).toBeNull()
  })
})
