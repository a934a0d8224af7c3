/**
 * What an insert returns is the row that it made: the session that follows, and the hooks, are its.
 */
import Database from 'better-sqlite3'
import type { UserStore } from 'crudauth'
import { drizzleUsers } from 'crudauth/drizzle'
import { kyselyUsers } from 'crudauth/kysely'
import { isNull } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { type Generated, Kysely, SqliteDialect } from 'kysely'
import { describe, expect, test } from 'vitest'
import { createTable } from '../support/create-table.ts'

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
})
