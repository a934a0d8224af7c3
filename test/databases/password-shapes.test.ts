/**
 * Hashes that do not stand in one column of the users table, as an application meets them: what is
 * refused at the start, what is kept from principals, and the whole way over HTTP.
 */
import { createHash, randomUUID } from 'node:crypto'
import Database from 'better-sqlite3'
import type { UserStore } from 'crudauth'
import { drizzleUsers } from 'crudauth/drizzle'
import { userStoreConformance } from 'crudauth/testing'
import { eq, isNull } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { drizzle as onD1 } from 'drizzle-orm/d1'
import { int, mysqlTable, varchar } from 'drizzle-orm/mysql-core'
import { drizzle as onProxy } from 'drizzle-orm/mysql-proxy'
import {
  integer,
  type SQLiteTable,
  sqliteTable,
  text,
  unique,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core'
import { describe, expect, test } from 'vitest'
import { application } from '../support/application.ts'
import { problemsOf } from '../support/configuration-problems.ts'
import { createTable } from '../support/create-table.ts'

function open(...tables: readonly SQLiteTable[]) {
  const sqlite = new Database(':memory:')
  for (const table of tables) createTable(sqlite, table)
  const statements: string[] = []
  const logger = { logQuery: (query: string) => void statements.push(query) }
  return { sqlite, db: drizzle(sqlite, { logger }), statements }
}

const user = sqliteTable('user', {
  id: text().primaryKey(),
  email: text().notNull().unique(),
  deletedAt: text('deleted_at'),
})
const account = sqliteTable(
  'account',
  {
    id: text().primaryKey(),
    accountId: text('account_id').notNull(),
    providerId: text('provider_id').notNull(),
    userId: text('user_id').notNull(),
    password: text(),
    deletedAt: text('deleted_at'),
  },
  (table) => [unique().on(table.userId, table.providerId)],
)

const passwords = {
  table: account,
  user: 'userId',
  hash: 'password',
  only: { providerId: 'credential' },
  insert: (row: { id: string }) => ({ id: randomUUID(), accountId: row.id }),
} as const

describe('A hash in a second table', () => {
  test('is asked for in the same statement, and in no other table it costs nothing', async () => {
    const { db, statements } = open(user, account)
    const store = drizzleUsers(db, user, { passwords, newKey: randomUUID })
    await store.insert({ email: 'a@example.com', hashedPassword: 'x' }, {})
    statements.length = 0
    await store.find('email', 'a@example.com', {})
    expect(statements).toHaveLength(1)
    expect(statements[0]).toContain('from "account"')
  })

  test('an update of users alone is one statement, without a transaction', async () => {
    const { db, statements } = open(user, account)
    const store = drizzleUsers(db, user, { passwords, newKey: randomUUID })
    const { id } = await store.insert({ email: 'a@example.com', hashedPassword: 'x' }, {})
    statements.length = 0
    expect(await store.update(id, { email: 'b@example.com' }, {}, { email: 'a@example.com' })).toBe(
      true,
    )
    expect(statements).toHaveLength(1)
  })

  test('is found under a condition whose column both tables have', async () => {
    const { db, sqlite } = open(user, account)
    const store = drizzleUsers(db, user, {
      passwords: { ...passwords, only: { providerId: 'credential', deletedAt: null } },
      where: isNull(user.deletedAt),
      newKey: randomUUID,
    })
    // Unique over user and kind: less than what is named.
    expect(store.problems).toEqual([])
    const { id } = await store.insert({ email: 'a@example.com', hashedPassword: 'x' }, {})
    expect(await store.find('id', id, {})).toMatchObject({ hashedPassword: 'x' })
    sqlite.exec(`update account set deleted_at = 'now'`)
    expect(await store.find('id', id, {})).toMatchObject({ hashedPassword: null })
    sqlite.exec(`update account set deleted_at = null; update user set deleted_at = 'now'`)
    expect(await store.find('id', id, {})).toBe(null)
    expect(await store.update(id, { hashedPassword: 'y' }, {}, { hashedPassword: 'x' })).toBe(false)
  })

  test('people register, log in, change their password and lose it, in one row each', async () => {
    const { db, sqlite } = open(user, account)
    const { browser, logIn, auth } = application({
      users: drizzleUsers(db, user, { passwords, newKey: randomUUID }),
    })
    const body = { email: 'a@example.com', password: 'correct horse battery' }
    expect((await browser().post('/register', body)).status).toBe(200)
    const { client, me, status } = await logIn('a@example.com')
    expect(status).toBe(200)
    expect(JSON.stringify(me)).not.toContain('hashed')
    const changed = await client.post('/change-password', {
      current_password: 'correct horse battery',
      new_password: 'another horse battery',
    })
    expect(changed.status).toBe(200)
    expect((await logIn('a@example.com')).status).toBe(401)
    expect((await logIn('a@example.com', 'another horse battery')).status).toBe(200)
    const [row] = sqlite.prepare('select * from user').all() as { id: string }[]
    await auth.users.dropPassword(row?.id ?? '')
    expect((await logIn('a@example.com', 'another horse battery')).status).toBe(401)
    await auth.users.setPassword(row?.id ?? '', 'a third horse battery')
    expect((await logIn('a@example.com', 'a third horse battery')).status).toBe(200)
    const rows = sqlite.prepare('select user_id, provider_id, account_id from account').all()
    expect(rows).toEqual([{ user_id: row?.id, provider_id: 'credential', account_id: row?.id }])
  })

  test('whoever has none yet can be given one', async () => {
    const { db, sqlite } = open(user, account)
    sqlite.exec(`insert into user (id, email) values ('1', 'a@example.com');
      insert into account (id, account_id, provider_id, user_id) values ('g', 'g-1', 'google', '1')`)
    const { auth, logIn } = application({
      users: drizzleUsers(db, user, { passwords, newKey: randomUUID }),
    })
    expect((await logIn('a@example.com')).status).toBe(401)
    expect(await auth.users.setPassword('1', 'correct horse battery')).toBe(true)
    expect((await logIn('a@example.com')).status).toBe(200)
  })

  describe('is refused', () => {
    const problemsWith = (
      given: object,
      table: SQLiteTable = user,
      db: unknown = open(user, account).db,
    ) =>
      drizzleUsers(
        db as never,
        table as never,
        { newKey: randomUUID, ...given } as never,
      ).problems.join('\n')
    const loose = sqliteTable('loose', {
      id: integer().primaryKey(),
      userId: text('user_id').notNull(),
      kind: text().notNull(),
      secret: text().notNull(),
      salt: integer(),
    })
    const partial = sqliteTable(
      'partial',
      { userId: text('user_id').notNull(), kind: text(), secret: text() },
      (table) => [uniqueIndex('one').on(table.userId).where(eq(table.kind, 'password'))],
    )

    test.each([
      [
        { passwords: { ...passwords, user: 'user' } },
        "passwords.user names 'user', which is not a column of account; did you mean 'userId'?",
      ],
      [{ passwords: { ...passwords, hash: 'pasword' } }, "did you mean 'password'?"],
      [{ passwords: { ...passwords, only: { provider: 'x' } } }, "passwords.only names 'provider'"],
      [
        { passwords: { ...passwords, onyl: {} } },
        'drizzleUsers.passwords.onyl is not an option; the options are: table, user, hash, only, insert',
      ],
      [{ passwords: { ...passwords, only: {} } }, 'must say what passwords have'],
      [
        { passwords: { table: account, user: 'userId' } },
        'passwords.hash is missing; write passwords: {',
      ],
      [{ passwords: { ...passwords, table: undefined } }, 'passwords.table is not a table'],
      [
        { passwords: { ...passwords, only: undefined } },
        'account may have two passwords of one user; create unique index … on account (user_id), and declare it in the schema, or write only: {',
      ],
      [
        { passwords: { table: loose, user: 'userId', hash: 'secret', only: { kind: 'password' } } },
        'create unique index … on loose (user_id, kind)',
      ],
      [
        { passwords: { table: loose, user: 'id', hash: 'secret' } },
        "passwords.user names 'id', which holds number, and 'id' of user holds string",
      ],
      [
        { passwords: { table: loose, user: 'userId', hash: 'salt' } },
        "passwords.hash names 'salt', which holds number",
      ],
      [
        { passwords: { ...passwords, insert: undefined } },
        "'id', 'accountId' of account must have a value, and a new password has none for it; write passwords: { insert: (user) => ({ id: …, accountId: … }) }",
      ],
      [
        { passwords, columns: { hashedPassword: 'email' } },
        'columns.hashedPassword and passwords both say where the hash is',
      ],
    ])('%# with what to write', (given, message) => {
      expect(problemsWith(given)).toContain(message)
    })

    test('unless a partial index over the same kind keeps them apart', () => {
      const given = {
        passwords: { table: partial, user: 'userId', hash: 'secret', only: { kind: 'password' } },
      }
      expect(problemsWith(given)).toBe('')
    })

    test('over a driver without transactions', () => {
      const told = 'this database driver has no transactions'
      expect(problemsWith({ passwords }, user, onD1({} as never))).toContain(told)
      const people = mysqlTable('people', {
        id: int().primaryKey(),
        email: varchar({ length: 99 }).unique(),
      })
      const hashes = mysqlTable('hashes', {
        userId: int().primaryKey(),
        hash: varchar({ length: 255 }),
      })
      const db = onProxy(async () => ({ rows: [] }))
      const store = drizzleUsers(db, people, {
        passwords: { table: hashes, user: 'userId', hash: 'hash' },
      })
      expect(store.problems.join('\n')).toContain(told)
    })

    test('where the key of a user is unique in a tenant only', () => {
      const member = sqliteTable(
        'member',
        { id: text().notNull(), org: text(), email: text() },
        (table) => [unique().on(table.org, table.id), unique().on(table.org, table.email)],
      )
      expect(problemsWith({ passwords, tenant: 'org' }, member)).toContain(
        "'id' of member is unique in its tenant only",
      )
    })

    test('where its column is too short for a hash of ours', () => {
      const short = sqliteTable('short', {
        userId: text().primaryKey(),
        hash: text({ length: 60 }),
      })
      const store = drizzleUsers(open(user).db, user, {
        passwords: { table: short, user: 'userId', hash: 'hash' },
        newKey: randomUUID,
      })
      expect(problemsOf({ users: store }).join('\n')).toContain(
        "the column 'short.hash' takes 60 characters",
      )
    })
  })
})

const people = sqliteTable('people', {
  id: integer().primaryKey(),
  email: text().notNull().unique(),
  tokenVersion: integer('token_version').notNull().default(0),
  hash: text(),
  salt: text().notNull().default('none'),
  rounds: integer(),
})
const split = {
  property: 'hash',
  parts: ['salt', 'rounds'],
  text: (hash: string, salt: string, rounds: string) => `$made-up$${rounds}$${salt}$${hash}`,
} as const

const member = sqliteTable('member', {
  id: integer().primaryKey(),
  email: text().notNull().unique(),
  tokenVersion: integer('token_version').notNull().default(0),
})
const secret = sqliteTable('secret', {
  memberId: integer().primaryKey(),
  hash: text(),
  salt: text(),
  rounds: integer(),
})

describe('A hash in several columns', () => {
  const row = (n: number) => ({ email: `user${n}@example.com`, tokenVersion: 0 })

  describe('of the users table conforms', () => {
    const create = async () =>
      drizzleUsers(open(people).db, people, {
        columns: { hashedPassword: split },
      }) as unknown as UserStore
    const rowOf = (n: number) => ({ ...row(n), hash: `hash${n}` })
    for (const { name, run } of userStoreConformance({ create, row: rowOf })) test(name, run)
  })

  describe('of a second table conforms', () => {
    const create = async () =>
      drizzleUsers(open(member, secret).db, member, {
        passwords: { table: secret, user: 'memberId', hash: split },
      }) as unknown as UserStore
    const rowOf = (n: number) => ({ ...row(n), hashedPassword: `hash${n}` })
    for (const { name, run } of userStoreConformance({ create, row: rowOf })) test(name, run)
  })

  test('is read as one text, written as one, and nobody sees its columns', async () => {
    const { db, sqlite } = open(people)
    sqlite.exec(
      `insert into people (email, hash, salt, rounds) values ('a@example.com', 'ff', 'ab', 7)`,
    )
    const store = drizzleUsers(db, people, { columns: { hashedPassword: split } })
    expect(store.problems).toEqual([])
    expect([...store.columns.keys()]).toEqual(['id', 'email', 'tokenVersion', 'hash'])
    const found = await store.find('email', 'a@example.com', {})
    expect(found).toEqual({
      id: 1,
      email: 'a@example.com',
      tokenVersion: 0,
      hash: '$made-up$7$ab$ff',
    })
    const change = (when: unknown) => store.update(1, { hash: '!frozen.x' }, {}, { hash: when })
    expect(await change('ff')).toBe(false)
    expect(await change('$made-up$7$ab$ff')).toBe(true)
    expect(sqlite.prepare('select hash, salt, rounds from people').all()).toEqual([
      { hash: '!frozen.x', salt: '', rounds: null },
    ])
    expect(await store.find('id', 1, {})).toMatchObject({ hash: '!frozen.x' })
  })

  test('whoever has an old one logs in, and has a new one in one column then', async () => {
    const { db, sqlite } = open(people)
    const digest = (password: string, salt: string) =>
      createHash('sha256')
        .update(salt + password)
        .digest('hex')
    sqlite.exec(
      `insert into people (email, hash, salt, rounds) values ('a@example.com', '${digest('correct horse battery', 'ab')}', 'ab', 1)`,
    )
    const { logIn, auth } = application({
      users: drizzleUsers(db, people, { columns: { hashedPassword: split } }),
      passwords: {
        adopt: [
          {
            name: 'made up',
            recognises: (stored: string) => stored.startsWith('$made-up$'),
            decoy: () => '$made-up$1$ab$ff',
            verify: async (password: string, stored: string) => {
              const [, , , salt = '', hash] = stored.split('$')
              return digest(password, salt) === hash
            },
          },
        ],
      },
    })
    expect((await logIn('a@example.com', 'Correct horse battery')).status).toBe(401)
    const { me, status } = await logIn('a@example.com')
    expect(status).toBe(200)
    expect(Object.keys(me ?? {}).join()).not.toMatch(/hash|salt|rounds/)
    const [stored] = sqlite.prepare('select hash, salt, rounds from people').all() as {
      hash: string
    }[]
    expect(stored).toEqual({
      hash: expect.stringMatching(/^\$bcrypt-sha256\$/),
      salt: '',
      rounds: null,
    })
    expect((await logIn('a@example.com')).status).toBe(200)
    expect(auth.describe()).toBeDefined()
  })

  test.each([
    [{ ...split, parts: [] }, 'must name the other columns of the hash'],
    [{ ...split, text: undefined }, 'must name the other columns of the hash'],
    [{ ...split, parts: ['sallt'] }, "which is not a column; did you mean 'salt'?"],
    [
      { ...split, parts: ['email'] },
      "columns ties email to 'email', which is a part of hashedPassword",
    ],
    [{ ...split, unset: 'x' }, "'salt' among its parts, which cannot be emptied"],
  ])('%# is refused with what to write', (hashedPassword, message) => {
    const store = drizzleUsers(open(people).db, people, { columns: { hashedPassword } as never })
    expect(store.problems.join('\n')).toContain(message)
  })
})
