/**
 * Password hashes in a second table: every change of user and hash is one step, on each database.
 */
import { randomBytes } from 'node:crypto'
import { StoreUnavailable, type UserStore } from 'crudauth'
import { drizzleUsers } from 'crudauth/drizzle'
import { kyselyUsers } from 'crudauth/kysely'
import { userStoreConformance } from 'crudauth/testing'
import type { Table } from 'drizzle-orm'
import { int, mysqlTable, unique as mysqlUnique, varchar } from 'drizzle-orm/mysql-core'
import { integer, pgTable, serial, text, unique } from 'drizzle-orm/pg-core'
import {
  integer as liteInteger,
  text as liteText,
  unique as liteUnique,
  sqliteTable,
} from 'drizzle-orm/sqlite-core'
import type { Kysely } from 'kysely'
import { afterAll, describe, expect, test } from 'vitest'
import { tableStatements } from '../support/create-table.ts'
import { type DatabaseKind, drizzleDrivers, kyselyDrivers } from '../support/drivers.ts'

const run = randomBytes(4).toString('hex')
let tables = 0

/** A users table without hashes, and one of credentials, as several libraries have them. */
const schemas: Readonly<Record<DatabaseKind, (name: string) => { people: Table; logins: Table }>> =
  {
    postgresql: (name) => ({
      people: pgTable(name, {
        id: serial().primaryKey(),
        email: text().notNull().unique(),
        tokenVersion: integer('token_version').notNull().default(0),
      }),
      logins: pgTable(
        `${name}_logins`,
        {
          id: text().primaryKey(),
          userId: integer('user_id').notNull(),
          providerId: text('provider_id').notNull(),
          accountId: text('account_id').notNull(),
          password: text(),
        },
        (table) => [unique().on(table.userId, table.providerId)],
      ),
    }),
    mysql: (name) => ({
      people: mysqlTable(name, {
        id: int().autoincrement().primaryKey(),
        email: varchar({ length: 255 }).notNull().unique(),
        tokenVersion: int('token_version').notNull().default(0),
      }),
      logins: mysqlTable(
        `${name}_logins`,
        {
          id: varchar({ length: 64 }).primaryKey(),
          userId: int('user_id').notNull(),
          providerId: varchar('provider_id', { length: 64 }).notNull(),
          accountId: varchar('account_id', { length: 64 }).notNull(),
          password: varchar({ length: 255 }),
        },
        (table) => [mysqlUnique().on(table.userId, table.providerId)],
      ),
    }),
    sqlite: (name) => ({
      people: sqliteTable(name, {
        id: liteInteger().primaryKey(),
        email: liteText().notNull().unique(),
        tokenVersion: liteInteger('token_version').notNull().default(0),
      }),
      logins: sqliteTable(
        `${name}_logins`,
        {
          id: liteText().primaryKey(),
          userId: liteInteger('user_id').notNull(),
          providerId: liteText('provider_id').notNull(),
          accountId: liteText('account_id').notNull(),
          password: liteText(),
        },
        (table) => [liteUnique().on(table.userId, table.providerId)],
      ),
    }),
  }

interface Login {
  readonly providerId: string
  readonly password: string | null
  readonly accountId: string
}

interface Opened {
  readonly users: UserStore
  /** What is in the second table. */
  readonly logins: () => Promise<Login[]>
}

type Open = (db: unknown, name: string, tables: { people: Table; logins: Table }) => Opened

const onDrizzle: Open = (db, _, { people, logins }) => ({
  users: drizzleUsers(db as never, people as never, {
    passwords: {
      table: logins,
      user: 'userId',
      hash: 'password',
      only: { providerId: 'credential' },
      insert: (user: { email: string }) => ({
        id: randomBytes(8).toString('hex'),
        accountId: user.email,
      }),
    } as never,
  }) as unknown as UserStore,
  logins: () =>
    (db as { select(): { from(table: unknown): Promise<Login[]> } }).select().from(logins),
})

const onKysely: Open = (db, name) => ({
  users: kyselyUsers(db as Kysely<Record<string, Record<string, string>>>, name, {
    columns: { id: 'id', email: 'email', tokenVersion: 'token_version' },
    unique: ['email'],
    passwords: {
      table: `${name}_logins`,
      user: 'user_id',
      hash: 'password',
      only: { provider_id: 'credential' },
      unique: ['user_id', 'provider_id'],
      insert: ({ email }: { email: string }) => ({
        id: randomBytes(8).toString('hex'),
        account_id: email,
      }),
    },
  } as never) as unknown as UserStore,
  async logins() {
    const rows = await (db as Kysely<Record<string, Record<string, string>>>)
      .selectFrom(`${name}_logins`)
      .selectAll()
      .execute()
    return rows.map((row) => ({
      providerId: row['provider_id'] ?? '',
      password: row['password'] ?? null,
      accountId: row['account_id'] ?? '',
    }))
  },
})

const drivers = [
  ...Object.entries(drizzleDrivers).map(([name, driver]) => [name, driver, onDrizzle] as const),
  ...Object.entries(kyselyDrivers).map(([name, driver]) => [name, driver, onKysely] as const),
]

type Run = (statement: string) => unknown

/** A trigger on the second table: before anything is written there, the statement fails. */
const failing: Readonly<Record<DatabaseKind, (table: string) => readonly string[]>> = {
  postgresql: (table) => [
    `create function ${table}_fail() returns trigger language plpgsql as $$ begin raise exception 'cut off'; end $$`,
    `create trigger ${table}_fail before insert or update on ${table} execute function ${table}_fail()`,
  ],
  mysql: (table) =>
    ['insert', 'update'].map(
      (event) =>
        `create trigger ${table}_${event} before ${event} on ${table} for each row signal sqlstate '45000' set message_text = 'cut off'`,
    ),
  sqlite: (table) =>
    ['insert', 'update'].map(
      (event) =>
        `create trigger ${table}_${event} before ${event} on ${table} begin select raise(fail, 'cut off'); end`,
    ),
}
const mended: Readonly<Record<DatabaseKind, (table: string) => readonly string[]>> = {
  postgresql: (table) => [`drop trigger ${table}_fail on ${table}`, `drop function ${table}_fail`],
  mysql: (table) => ['insert', 'update'].map((event) => `drop trigger ${table}_${event}`),
  sqlite: (table) => ['insert', 'update'].map((event) => `drop trigger ${table}_${event}`),
}
/** The same, but what ends is the connection that writes there. */
const killing: Readonly<Partial<Record<DatabaseKind, (table: string) => readonly string[]>>> = {
  postgresql: (table) => [
    `create function ${table}_fail() returns trigger language plpgsql as $$ begin perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(5); return null; end $$`,
    `create trigger ${table}_fail before insert or update on ${table} execute function ${table}_fail()`,
  ],
  mysql: (table) =>
    ['insert', 'update'].map(
      (event) =>
        `create trigger ${table}_${event} before ${event} on ${table} for each row kill connection_id()`,
    ),
}
/**
 * Those that have a connection to lose. postgres.js throws outside of any promise then: it is in
 * lost-connections.test.ts, in a process of its own.
 */
const connected: readonly string[] = [
  'Drizzle over node-postgres',
  'Drizzle over mysql2',
  'Kysely over pg',
  'Kysely over mysql2',
]

describe.each(drivers)('User store: %s', (driver, { kind, isThere, open }, openStore) => {
  describe.runIf(isThere)('conforms', () => {
    const server = isThere ? open() : (null as never)
    const query: Run = (statement) => server.run(statement)
    afterAll(() => server?.close())

    const opened = new WeakMap<object, string>()
    const loginsOf = new WeakMap<object, Opened['logins']>()
    const create = async () => {
      const name = `p_${run}_${tables++}`
      const both = schemas[kind](name)
      for (const table of [both.people, both.logins]) {
        for (const statement of tableStatements(table)) await query(statement)
      }
      const { users, logins } = openStore(server.db, name, both)
      opened.set(users, name)
      loginsOf.set(users, logins)
      return users
    }
    const destroy = async (store: UserStore) => {
      await query(`drop table ${opened.get(store)}`)
      await query(`drop table ${opened.get(store)}_logins`)
    }
    const credentials = async (store: UserStore) => {
      const rows = (await loginsOf.get(store)?.()) ?? []
      return rows
        .map(({ providerId, password, accountId }) => [providerId, password, accountId])
        .sort((one, other) => (String(one[0]) < String(other[0]) ? -1 : 1))
    }
    const row = (n: number) => ({
      email: `user${n}@example.com`,
      hashedPassword: `hash${n}`,
      [openStore === onKysely ? 'token_version' : 'tokenVersion']: 0,
    })
    const cutOff = (start: (table: string) => readonly string[]) => async (store: UserStore) => {
      const table = `${opened.get(store)}_logins`
      for (const statement of start(table)) await query(statement)
      return async () => {
        for (const statement of mended[kind](table)) await query(statement)
      }
    }

    describe('with passwords in a second table', () => {
      const setup = { create, row, destroy, cutOff: cutOff(failing[kind]) }
      for (const { name, run } of userStoreConformance(setup)) test(name, run)
    })

    const kill = killing[kind]
    if (kill && connected.includes(driver)) {
      describe('a connection that is killed between the two writes', () => {
        test('leaves nothing of them', async () => {
          const setup = { create, row, destroy, cutOff: cutOff(kill) }
          const cases = userStoreConformance(setup)
          await cases.find(({ name }) => name.includes('is cut off'))?.run()
        })

        test('is an outage, in which the row stays as it was', async () => {
          const store = await create()
          const inserted = (await store.insert(row(1), {})) as { id: number }
          const mend = await cutOff(kill)(store)
          const change = store.update(inserted.id, { hashedPassword: 'new' }, {})
          await expect(change).rejects.toBeInstanceOf(StoreUnavailable)
          await mend()
          expect(await store.find('id', inserted.id, {})).toEqual(inserted)
          expect(await credentials(store)).toHaveLength(1)
          await destroy(store)
        })
      })
    }

    test('work inside the insert that throws undoes both rows, and sees them before', async () => {
      const store = await create()
      const no = new Error('no')
      let seen: unknown
      const insert = store.insert(row(1), {}, (_, inserted) => {
        seen = inserted
        throw no
      })
      await expect(insert).rejects.toBe(no)
      expect(seen).toMatchObject({ email: 'user1@example.com', hashedPassword: 'hash1' })
      expect(await credentials(store)).toEqual([])
      expect(await store.find('email', 'user1@example.com', {})).toBe(null)
      await destroy(store)
    })

    test('a password that another program sets at the same time is not a second one', async () => {
      const store = await create()
      const { id } = (await store.insert({ email: 'a@example.com' }, {})) as { id: number }
      await query(
        `insert into ${opened.get(store)}_logins (id, user_id, provider_id, account_id, password) values ('x', ${id}, 'credential', 'x', 'theirs')`,
      )
      expect(await store.update(id, { hashedPassword: 'a' }, {}, { hashedPassword: null })).toBe(
        false,
      )
      expect(await credentials(store)).toEqual([['credential', 'theirs', 'x']])
      expect(
        await store.update(id, { hashedPassword: 'a' }, {}, { hashedPassword: 'theirs' }),
      ).toBe(true)
      await destroy(store)
    })

    test('other credentials are neither read nor written', async () => {
      const store = await create()
      const table = `${opened.get(store)}_logins`
      await query(
        `insert into ${table} (id, user_id, provider_id, account_id, password) values ('g', 1, 'google', 'g-1', 'not a password')`,
      )
      const one = (await store.insert({ email: 'a@example.com' }, {})) as { id: number }
      expect(one).toMatchObject({ id: 1, hashedPassword: null })
      expect(await store.update(1, { hashedPassword: 'a' }, {}, { hashedPassword: null })).toBe(
        true,
      )
      expect(await store.update(1, { hashedPassword: null }, {}, { hashedPassword: 'a' })).toBe(
        true,
      )
      expect(await store.update(1, { hashedPassword: 'b', email: 'b@example.com' }, {})).toBe(true)
      expect(await store.find('id', 1, {})).toMatchObject({ hashedPassword: 'b' })
      expect(await credentials(store)).toEqual([
        ['credential', 'b', 'a@example.com'],
        ['google', 'not a password', 'g-1'],
      ])
      await destroy(store)
    })
  })
})
