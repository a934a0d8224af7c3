/**
 * What the conformance kit cannot ask of every store: Drizzle's own traps, and other drivers.
 */
import { inspect } from 'node:util'
import Database from 'better-sqlite3'
import { UniqueViolation, type UserStore } from 'crudauth'
import { drizzleUsers } from 'crudauth/drizzle'
import { authUserColumns } from 'crudauth/drizzle/sqlite'
import { userStoreConformance } from 'crudauth/testing'
import { type SQL, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import {
  customType,
  integer,
  primaryKey,
  type SQLiteTable,
  sqliteTable,
  text,
  unique,
} from 'drizzle-orm/sqlite-core'
import { drizzle as remote } from 'drizzle-orm/sqlite-proxy'
import { describe, expect, test, vi } from 'vitest'
import { createTable } from '../support/create-table.ts'

const users = sqliteTable('users', { ...authUserColumns(), note: text() })
const row = (n: number) => ({
  email: `user${n}@example.com`,
  username: `user${n}`,
  hashedPassword: `hash${n}`,
})

function open(table: SQLiteTable) {
  const sqlite = new Database(':memory:')
  createTable(sqlite, table)
  return { sqlite, db: drizzle(sqlite) }
}

function openUsers() {
  const { sqlite, db } = open(users)
  return { sqlite, db, store: drizzleUsers(db, users) }
}

/** The asynchronous side of Drizzle, over a callback. */
function openRemote() {
  const sqlite = new Database(':memory:')
  createTable(sqlite, users)
  return remote(async (query, params, method) => {
    const statement = sqlite.prepare(query)
    if (!statement.reader) {
      return { rows: [], ...statement.run(...params) }
    }
    const rows = statement.raw()
    return { rows: method === 'get' ? (rows.get(...params) as unknown[]) : rows.all(...params) }
  })
}

const failing = (thrown: unknown) =>
  drizzleUsers(
    remote(async () => {
      throw thrown
    }),
    users,
  )

const rejection = async (work: unknown): Promise<Error> => {
  try {
    await work
  } catch (error) {
    return error as Error
  }
  throw new Error('expected a rejection')
}

describe('Drizzle on SQLite', () => {
  describe('conforms over an asynchronous driver', () => {
    const kit = userStoreConformance({
      create: async () => drizzleUsers(openRemote(), users) as unknown as UserStore,
      row,
    })
    for (const { name, run } of kit) test(name, run)

    test('and waits for the work inside its transaction', async () => {
      const store = drizzleUsers(openRemote(), users)
      expect(store.transactions).toBe('async')
      await store.insert(row(1), {}, async (transaction, { id }) => {
        await Promise.resolve()
        await transaction.update(users).set({ note: `number ${id}` })
      })
      expect((await store.find('email', row(1).email, {}))?.note).toBe('number 1')
    })
  })

  describe('statements', () => {
    test('lookups and increments are compiled once', async () => {
      const { store, sqlite } = openUsers()
      const { id, tokenVersion } = await store.insert(row(1), {})
      const prepare = vi.spyOn(sqlite, 'prepare')
      for (let n = 0; n < 5; n++) {
        await store.find('id', id, {})
        await store.increment(id, 'tokenVersion', 0x7fffffff, {})
      }
      expect(prepare).toHaveBeenCalledTimes(2)
      expect((await store.find('id', id, {}))?.tokenVersion).toBe((tokenVersion + 5) % 2 ** 31)
    })

    const touched = (touch: () => Date | SQL) =>
      sqliteTable('touched', {
        id: integer().primaryKey(),
        hashedPassword: text(),
        tokenVersion: integer(),
        updatedAt: integer({ mode: 'timestamp' })
          .$defaultFn(() => sql`null`)
          .$onUpdateFn(touch),
      })

    test.each([
      ['a value', (seconds: number) => new Date(seconds * 1000)],
      ['SQL', (seconds: number) => sql`${seconds}`],
    ])('an increment touches the row anew each time, with %s', async (_, make) => {
      let seconds = 100
      const table = touched(() => make(seconds))
      const store = drizzleUsers(open(table).db, table)
      const { id } = await store.insert({ hashedPassword: 'x' }, {})
      for (seconds of [200, 300]) {
        await store.increment(id, 'tokenVersion', 9, {})
        expect((await store.find('id', id, {}))?.updatedAt).toEqual(new Date(seconds * 1000))
      }
    })

    test('an empty epoch rises too', async () => {
      const table = touched(() => new Date(0))
      const store = drizzleUsers(open(table).db, table)
      const { id, tokenVersion } = await store.insert({ hashedPassword: 'x' }, {})
      expect(tokenVersion).toBeNull()
      await store.increment(id, 'tokenVersion', 9, {})
      expect((await store.find('id', id, {}))?.tokenVersion).toBe(1)
    })

    test('a key of a custom type is found, and what it refuses is nobody', async () => {
      const hex = customType<{ data: string; driverData: Buffer }>({
        dataType: () => 'blob',
        toDriver(value) {
          if (!/^(?:[0-9a-f]{2})+$/.test(value)) throw new Error('not hexadecimal')
          return Buffer.from(value, 'hex')
        },
        fromDriver: (stored) => stored.toString('hex'),
      })
      const table = sqliteTable('t', {
        id: hex().primaryKey(),
        hashedPassword: text(),
        tokenVersion: integer(),
      })
      const store = drizzleUsers(open(table).db, table)
      const inserted = await store.insert({ id: 'c0ffee', hashedPassword: 'x' }, {})
      expect(await store.find('id', 'c0ffee', {})).toEqual(inserted)
      expect(await store.increment('c0ffee', 'tokenVersion', 9, {})).toBe(true)
      expect(await store.find('id', 'no', {})).toBeNull()
      expect(await store.update('no', { hashedPassword: 'y' }, {})).toBe(false)
      expect(await store.increment('no', 'tokenVersion', 9, {})).toBe(false)
    })

    test('an update of a property that does not exist is an error, not a silence', async () => {
      const { store } = openUsers()
      const { id } = await store.insert(row(1), {})
      await expect(store.update(id, { hashed_password: 'y' }, {})).rejects.toThrow(
        "users has no column 'hashed_password'",
      )
    })

    test('a condition on null is met by null only, one on nothing by nothing', async () => {
      const { store } = openUsers()
      const { id } = await store.insert(row(1), {})
      expect(await store.update(id, { note: 'a' }, {}, { note: null })).toBe(true)
      expect(await store.update(id, { note: 'b' }, {}, { note: null })).toBe(false)
      const unsaid = store.update(id, { note: 'c' }, {}, { note: undefined })
      expect(await unsaid.catch(() => false)).toBe(false)
      expect((await store.find('id', id, {}))?.note).toBe('a')
    })
  })

  describe('work inside the insert', () => {
    test('has its own errors passed through, causes and all', async () => {
      const thrown = new Error('no seat left', { cause: new Error('the cause') })
      const refuse = () => {
        throw thrown
      }
      expect(await rejection(openUsers().store.insert(row(1), {}, refuse))).toBe(thrown)
      const store = drizzleUsers(openRemote(), users)
      expect(await rejection(store.insert(row(1), {}, refuse))).toBe(thrown)
    })

    test('may collide elsewhere without that being said of the users table', async () => {
      const { store, sqlite } = openUsers()
      sqlite.exec("create table seats (email text unique); insert into seats values ('a')")
      const error = await rejection(
        store.insert(row(1), {}, (transaction) => {
          transaction.run(sql`insert into seats values ('a')`)
        }),
      )
      expect(error).not.toBeInstanceOf(UniqueViolation)
      expect(await store.find('email', row(1).email, {})).toBeNull()
    })

    test('may collide in the users table without that being said of the new row', async () => {
      const { store } = openUsers()
      const error = await rejection(
        store.insert(row(1), {}, (transaction) => {
          transaction.insert(users).values(row(1)).run()
        }),
      )
      expect(error).not.toBeInstanceOf(UniqueViolation)
      expect(await store.find('email', row(1).email, {})).toBeNull()
    })

    test('that returns a query which never ran is refused', async () => {
      const { store } = openUsers()
      const error = await rejection(
        store.insert(
          row(1),
          {},
          (transaction) => transaction.insert(users).values(row(2)) as never,
        ),
      )
      expect(error.message).toContain('end its queries with .run()')
      expect(await store.find('email', row(1).email, {})).toBeNull()
    })
  })

  describe('errors', () => {
    test('name the properties of the violated constraint', async () => {
      const { store } = openUsers()
      await store.insert(row(1), {})
      const error = await rejection(store.insert({ ...row(2), email: row(1).email }, {}))
      expect(error).toMatchObject({ name: 'UniqueViolation', properties: ['email'] })
    })

    test.each([
      ['users.email', ['email']],
      ['users.email: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)', ['email']],
      ['users.google_id, users.email', ['googleId', 'email']],
      ['Users.EMAIL', ['email']],
      ["index 'users_lower_email'", []],
    ])('are understood when a driver says %s', async (said, properties) => {
      const cause = new Error(`UNIQUE constraint failed: ${said}`)
      const error = await rejection(
        failing(new Error('SQLITE_CONSTRAINT', { cause })).insert(row(1), {}),
      )
      expect(error).toMatchObject({ name: 'UniqueViolation', properties })
    })

    test('of another table, as by a trigger, are not a collision of users', async () => {
      const error = await rejection(
        failing(new Error('UNIQUE constraint failed: audit.email')).insert(row(1), {}),
      )
      expect(error).not.toBeInstanceOf(UniqueViolation)
    })

    test('find the property behind a name that Drizzle cased', async () => {
      const table = sqliteTable('t', {
        id: integer().primaryKey(),
        hashedPassword: text(),
        userMail: text().unique(),
      })
      const sqlite = new Database(':memory:')
      sqlite.exec('create table t (id integer primary key, hashed_password, user_mail unique)')
      const store = drizzleUsers(drizzle(sqlite, { casing: 'snake_case' }), table, {
        columns: { email: 'userMail' },
      })
      await store.insert({ userMail: 'a' }, {})
      const error = await rejection(store.insert({ userMail: 'a' }, {}))
      expect(error).toMatchObject({ properties: ['userMail'] })
    })

    test.each([
      ['an error', new Error('disk I/O error')],
      ['an error that quotes them', new Error('cannot store the-secret-hash')],
      ['details that quote them', Object.assign(new Error('no'), { detail: 'the-secret-hash' })],
      ['something that is no error', { code: 'X' }],
      ['nothing', undefined],
    ])('never quote parameters when a driver throws %s', async (_, thrown) => {
      const secret = 'the-secret-hash'
      const store = failing(thrown)
      for (const work of [
        store.insert({ ...row(1), hashedPassword: secret }, {}),
        store.update(1, { hashedPassword: secret }, {}),
        store.find('email', secret, {}),
      ]) {
        expect(inspect(await rejection(work), { depth: 9 })).not.toContain(secret)
      }
      const { message } = await rejection(store.increment(424242, 'tokenVersion', 9, {}))
      expect(message).not.toContain('424242')
    })

    test('that are their own cause end', async () => {
      const [one, two] = [new Error('one'), new Error('two')]
      Object.assign(one, { cause: two })
      Object.assign(two, { cause: one })
      const error = await rejection(failing(one).find('email', 'a', {}))
      expect(error.message).toBe('crudauth: a statement on users failed: one')
    })
  })

  describe('tenants', () => {
    const members = sqliteTable(
      'members',
      {
        id: integer().primaryKey(),
        email: text(),
        hashedPassword: text(),
        tokenVersion: integer(),
        org: text(),
      },
      (table) => [unique().on(table.org, table.email)],
    )
    const store = () => drizzleUsers(open(members).db, members, { tenant: 'org' })

    test.each([
      [undefined, 'names no tenant'],
      [null, 'names no tenant'],
      ['\ud800', 'not Unicode text'],
      ['a\0', 'not Unicode text'],
    ])('a call with %j for one is refused', async (tenant, message) => {
      const { find, insert, update, increment } = store()
      const scope = { tenant } as never
      await expect(find('id', 1, scope)).rejects.toThrow(message)
      await expect(insert({ email: 'a' }, scope)).rejects.toThrow(message)
      await expect(update(1, { email: 'a' }, scope)).rejects.toThrow(message)
      await expect(increment(1, 'tokenVersion', 9, scope)).rejects.toThrow(message)
    })

    test('keep their rows: neither insert nor update writes into another', async () => {
      const { find, insert, update } = store()
      const { id, org } = await insert({ email: 'a', org: 'two' }, { tenant: 'one' })
      expect(org).toBe('one')
      await expect(update(id, { org: 'two' }, { tenant: 'one' })).rejects.toThrow('another tenant')
      expect(await find('id', id, { tenant: 'one' })).toMatchObject({ org: 'one' })
    })
  })

  describe('the id', () => {
    const problems = (table: SQLiteTable, tenant?: string) =>
      drizzleUsers(open(users).db, table as never, (tenant ? { tenant } : {}) as never).problems

    test('must tell rows apart', () => {
      const table = sqliteTable('t', {
        key: integer().primaryKey(),
        id: integer(),
        hashedPassword: text(),
      })
      expect(problems(table)).toEqual([
        "columns.id names 'id', which is neither the primary key of t nor unique; map the primary key with columns: { id: '…' }",
      ])
    })

    test('may be half of a primary key only where the tenant is the other', () => {
      const table = sqliteTable(
        't',
        { id: integer().notNull(), org: text().notNull(), hashedPassword: text() },
        (t) => [primaryKey({ columns: [t.org, t.id] })],
      )
      expect(problems(table)).toHaveLength(1)
      expect(problems(table, 'org')).toEqual([])
    })
  })

  describe('the moments of a new table', () => {
    test.each([
      '2026-03-04 05:06:07',
      '2026-03-04 05:06:07.000000',
      '2026-03-04T05:06:07Z',
      '2026-03-04 07:06:07.000000+02:00',
    ])('are read from %s', async (stored) => {
      const { store, sqlite } = openUsers()
      const { id } = await store.insert(row(1), {})
      sqlite.prepare('update users set created_at = ?').run(stored)
      expect((await store.find('id', id, {}))?.createdAt).toEqual(new Date('2026-03-04T05:06:07Z'))
    })

    test('say of a new row that nothing was updated', async () => {
      expect((await openUsers().store.insert(row(1), {})).updatedAt).toBeNull()
    })
  })
})
