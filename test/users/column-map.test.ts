/**
 * A column that looks like one of the library's is tied, or said not to be: never left alone, since
 * what it protects would silently be open.
 */
import { PGlite } from '@electric-sql/pglite'
import Database from 'better-sqlite3'
import type { UserStore } from 'crudauth'
import { drizzleUsers } from 'crudauth/drizzle'
import { kyselyUsers } from 'crudauth/kysely'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import {
  int,
  type MySqlColumnBuilderBase,
  mediumint,
  mysqlTable,
  tinyint,
  varchar,
} from 'drizzle-orm/mysql-core'
import { bigint, boolean, pgTable, text as pgText, serial, smallint } from 'drizzle-orm/pg-core'
import { drizzle as onPglite } from 'drizzle-orm/pglite'
import {
  blob,
  integer,
  type SQLiteColumnBuilderBase,
  sqliteTable,
  text,
} from 'drizzle-orm/sqlite-core'
import { Kysely, PGliteDialect, SqliteDialect } from 'kysely'
import { describe, expect, test } from 'vitest'
import { application } from '../support/application.ts'
import { createTable, tableStatements } from '../support/create-table.ts'

const base = () => ({
  id: integer().primaryKey(),
  email: text().notNull().unique(),
  hashedPassword: text().notNull(),
})

function storeOf(
  more: Record<string, SQLiteColumnBuilderBase>,
  columns: Record<string, unknown> = {},
): UserStore {
  const table = sqliteTable('users', { ...base(), ...more })
  const sqlite = new Database(':memory:')
  createTable(sqlite, table)
  const users = drizzleUsers(drizzle(sqlite), table, { columns: columns as never })
  return users as unknown as UserStore
}

describe('Column map: a column with the name of a field', () => {
  test.each([
    ['isActive', text(), "write columns: { isActive: { property: 'isActive', codec: flag(…) } }"],
    [
      'isActive',
      integer(),
      "'isActive' of users holds number, and as isActive it must hold boolean",
    ],
    ['isSuperuser', text(), 'or columns: { isSuperuser: null } if it means something else'],
    ['emailVerified', integer({ mode: 'timestamp' }), 'it must hold boolean'],
    ['tokenVersion', text(), "must hold number or bigint; write columns: { tokenVersion: '…'"],
    ['username', integer(), 'it must hold string'],
  ])('%s of another type is refused, with what to write', (name, column, message) => {
    expect(storeOf({ [name]: column }).problems).toEqual([expect.stringContaining(message)])
  })

  test.each([
    ['is_active', integer({ mode: 'boolean' }), "write columns: { isActive: 'is_active' }"],
    ['is_superuser', text(), 'or columns: { isSuperuser: null }'],
    ['token_version', integer(), "write columns: { tokenVersion: 'token_version' }"],
    ['TokenVersion', integer(), "write columns: { tokenVersion: 'TokenVersion' }"],
    ['active', integer('is_active', { mode: 'boolean' }), "'active' (column 'is_active') of users"],
  ])('%s in another spelling is refused, too', (name, column, message) => {
    expect(storeOf({ [name]: column }).problems).toEqual([expect.stringContaining(message)])
  })

  test.each([
    ['isActive', text()],
    ['is_active', integer({ mode: 'boolean' })],
    ['tokenVersion', blob()],
  ])('%s may be said to mean something else', (name, column) => {
    const field = name === 'is_active' ? 'isActive' : name
    const store = storeOf({ [name]: column }, { [field]: null })
    expect(store.problems).toEqual([])
    expect(store.map).toEqual({ id: 'id', email: 'email', hashedPassword: 'hashedPassword' })
  })

  test('or be mapped, under whatever name', () => {
    const flag = integer({ mode: 'boolean' })
    const store = storeOf({ is_active: flag }, { isActive: 'is_active' })
    expect(store.problems).toEqual([])
    expect(store.map.isActive).toBe('is_active')
    // A column that is another field's is nobody's look-alike.
    expect(storeOf({ user_name: text().unique() }, { email: 'user_name' }).problems).toEqual([])
  })

  test('the key and the hash cannot be done without', () => {
    expect(storeOf({}, { id: null, hashedPassword: null }).problems).toEqual([
      expect.stringContaining('columns.id'),
      expect.stringContaining('columns.hashedPassword'),
    ])
  })

  test('what means something else is the application’s to fill, and no client’s', () => {
    const table = sqliteTable('users', { ...base(), isActive: text().notNull() })
    const sqlite = new Database(':memory:')
    createTable(sqlite, table)
    const users = drizzleUsers(drizzle(sqlite), table, { columns: { isActive: null } })
    expect(() => application({ users, registration: { extraFields: ['isActive'] } })).toThrow(
      "registration.extraFields names 'isActive', which only the library writes",
    )
    expect(() =>
      application({ users, registration: { newUserDefaults: { isActive: 'since monday' } } }),
    ).not.toThrow()
  })

  test('a unique …Id column is closed to clients, until the map says that it is no provider’s', () => {
    const table = sqliteTable('users', { ...base(), employeeId: text().unique() })
    const sqlite = new Database(':memory:')
    createTable(sqlite, table)
    const registration = { extraFields: ['employeeId'] } as const
    const users = drizzleUsers(drizzle(sqlite), table)
    expect(() => application({ users, registration })).toThrow(
      "registration.extraFields names 'employeeId', which only the library writes; leave it out, or write columns: { employeeId: null }",
    )
    expect(() =>
      application({ users, registration: { newUserDefaults: { employeeId: 'E-1' } } }),
    ).not.toThrow()
    const said = drizzleUsers(drizzle(sqlite), table, { columns: { employeeId: null } })
    expect(() => application({ users: said, registration })).not.toThrow()
  })

  test('Kysely, too: among the others it is not mapped', () => {
    const db = new Kysely<{ users: { id: number; email: string; hash: string; is_active: 0 | 1 } }>(
      {
        dialect: new SqliteDialect({ database: new Database(':memory:') }),
      },
    )
    const { problems } = kyselyUsers(db, 'users', {
      columns: { id: 'id', email: 'email', hashedPassword: 'hash' },
      unique: ['email'],
      others: ['is_active'],
    })
    expect(problems).toEqual([expect.stringContaining("write columns: { isActive: 'is_active' }")])
  })
})

describe('Column map: tokenVersion as a bigint', () => {
  const table = pgTable('users', {
    id: serial().primaryKey(),
    email: pgText().notNull().unique(),
    hashedPassword: pgText().notNull(),
    isActive: boolean().notNull(),
    tokenVersion: bigint({ mode: 'bigint' }).notNull(),
  })

  test('revokes as another number does', async () => {
    const client = new PGlite()
    for (const statement of tableStatements(table)) await client.exec(statement)
    const db = onPglite(client)
    const { auth, browser, logIn } = application({ users: drizzleUsers(db, table) })
    const ann = { email: 'ann@example.com', password: 'correct horse battery' }
    const { id } = (await (await browser().post('/register', ann)).json()) as { id: number }
    const [first, second] = [await logIn(ann.email), await logIn(ann.email)]
    expect([first.status, second.status]).toEqual([200, 200])

    const changed = await first.client.post('/change-password', {
      current_password: ann.password,
      new_password: 'another horse battery',
    })
    expect(changed.status).toBe(200)
    expect((await first.client.get('/me')).status).toBe(200)
    expect((await second.client.get('/me')).status).toBe(401)

    const [before] = await db.select().from(table)
    await auth.sessions.revokeAll(id)
    const [after] = await db.select().from(table)
    expect(after?.tokenVersion).toBe((before?.tokenVersion ?? 0n) + 1n)
    expect((await first.client.get('/me')).status).toBe(401)
    await client.close()
  })

  test('what is no whole number lets nobody in', async () => {
    const sqliteUsers = sqliteTable('users', { ...base(), tokenVersion: integer().notNull() })
    const sqlite = new Database(':memory:')
    createTable(sqlite, sqliteUsers)
    const { browser, logIn } = application({ users: drizzleUsers(drizzle(sqlite), sqliteUsers) })
    await browser().post('/register', {
      email: 'ann@example.com',
      password: 'correct horse battery',
    })
    sqlite.exec("update users set tokenVersion = 'soon'")
    expect((await logIn('ann@example.com')).status).toBe(500)
  })
})

describe('Column map: what is said of a column, and is not so', () => {
  const db = { transaction: () => undefined } as never
  const inPostgres = pgTable('users', {
    id: serial().primaryKey(),
    email: pgText().notNull().unique(),
    hashedPassword: pgText().notNull(),
    tokenVersion: smallint(),
  })
  const inMysql = (tokenVersion: MySqlColumnBuilderBase) =>
    mysqlTable('users', {
      id: int().autoincrement().primaryKey(),
      email: varchar({ length: 99 }).notNull().unique(),
      hashedPassword: varchar({ length: 255 }).notNull(),
      tokenVersion,
    })

  test.each([
    ['smallint', 16, inPostgres],
    ['tinyint', 8, inMysql(tinyint())],
    ['mediumint', 24, inMysql(mediumint())],
  ])('a tokenVersion of %s has too few bits for an epoch', (_, bits, table) => {
    expect(() => application({ users: drizzleUsers(db, table as typeof inPostgres) })).toThrow(
      `the column 'tokenVersion' takes numbers of ${bits} bits, and epochs have 31`,
    )
  })

  test('Kysely: a key of another type is an error, not a revocation that does nothing', async () => {
    const client = new PGlite()
    await client.exec(
      'create table users (id text primary key, email text unique, hash text, epoch integer)',
    )
    await client.exec("insert into users values ('7', 'ann@example.com', 'x', 1)")
    const db = new Kysely<{ users: { id: number; email: string; hash: string; epoch: number } }>({
      dialect: new PGliteDialect({ pglite: client }),
    })
    const columns = {
      id: 'id',
      email: 'email',
      hashedPassword: 'hash',
      tokenVersion: 'epoch',
    } as const
    const wrong = kyselyUsers(db, 'users', { columns, unique: ['email'] })
    await expect(wrong.find('email', 'ann@example.com', {})).rejects.toThrow(
      "the 'id' of a row of users is a string, which is not what its column is said to hold",
    )
    const right = kyselyUsers(db, 'users', { columns, unique: ['email'], key: 'text' })
    expect(await right.find('email', 'ann@example.com', {})).toMatchObject({ id: '7' })
  })

  test('Kysely: a column of fixed length pads what it holds, and finds it', async () => {
    const client = new PGlite()
    await client.exec(
      'create table users (id char(9) primary key, email char(40) unique, hash text, org char(9))',
    )
    const db = new Kysely<{ users: { id: string; email: string; hash: string; org: string } }>({
      dialect: new PGliteDialect({ pglite: client }),
    })
    const users = kyselyUsers(db, 'users', {
      columns: { id: 'id', email: 'email', hashedPassword: 'hash' },
      unique: ['email'],
      key: 'text',
      tenant: 'org',
    })
    const scope = { tenant: 'one' }
    await users.insert({ id: 'a', email: 'ann@example.com', hash: 'x' }, scope)
    for (const [property, value] of [
      ['id', 'a'],
      ['email', 'ann@example.com'],
    ] as const) {
      expect(await users.find(property, value, scope)).toMatchObject({ hash: 'x' })
      expect(await users.find(property, value, { tenant: 'two' })).toBeNull()
    }
    expect(await users.find('email', 'ann', scope)).toBeNull()
  })
})
