/**
 * Conflicts, read-only servers and locked files, through every query builder and driver: what is a
 * conflict is tried again, the rest is 503.
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import Sqlite from 'better-sqlite3'
import { crudAuth, type Storage, StoreUnavailable, session, type UserStore } from 'crudauth'
import { drizzleStorage, drizzleUsers, SqlStorageError } from 'crudauth/drizzle'
import {
  authStorageColumns as mysqlStorage,
  authUserColumns as mysqlUsers,
} from 'crudauth/drizzle/mysql'
import {
  authStorageColumns as postgresStorage,
  authUserColumns as postgresUsers,
} from 'crudauth/drizzle/postgres'
import {
  authStorageColumns as sqliteStorage,
  authUserColumns as sqliteUsers,
} from 'crudauth/drizzle/sqlite'
import { authUserColumns, kyselyStorage, kyselyUsers } from 'crudauth/kysely'
import { drizzle as onSqlite } from 'drizzle-orm/better-sqlite3'
import { mysqlTable } from 'drizzle-orm/mysql-core'
import { drizzle as onMysql } from 'drizzle-orm/mysql2'
import { drizzle as onPg } from 'drizzle-orm/node-postgres'
import { pgTable } from 'drizzle-orm/pg-core'
import { drizzle as onPglite } from 'drizzle-orm/pglite'
import { drizzle as onPostgresJs } from 'drizzle-orm/postgres-js'
import { sqliteTable } from 'drizzle-orm/sqlite-core'
import { Kysely, MysqlDialect, PostgresDialect, SqliteDialect } from 'kysely'
import { createPool as callbackPool } from 'mysql2'
import { createPool } from 'mysql2/promise'
import { Pool } from 'pg'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tableStatements } from '../support/create-table.ts'
import {
  isReachable,
  mysql,
  mysqlUrl,
  postgres as postgresService,
  postgresUrl,
} from '../support/services.ts'

const name = `faults_${randomBytes(4).toString('hex')}`
const [users, state, tries] = [`${name}_users`, `${name}_state`, `${name}_tries`]
const tables = {
  postgresql: [pgTable(users, postgresUsers()), pgTable(state, postgresStorage())],
  mysql: [mysqlTable(users, mysqlUsers()), mysqlTable(state, mysqlStorage())],
  sqlite: [sqliteTable(users, sqliteUsers()), sqliteTable(state, sqliteStorage())],
} as const

interface Opened {
  readonly store: UserStore
  readonly storage: Storage
  readonly dialect: 'postgresql' | 'mysql' | 'sqlite'
  /** Runs statements outside of both. */
  readonly admin: (text: string) => Promise<unknown>
  /** From now on nothing may be written. */
  readonly forbidWriting: () => Promise<unknown>
  readonly close: () => Promise<unknown>
}

const fast = { timeoutMs: 10_000 }
const kyselyStore = (db: unknown, dialect: 'postgresql' | 'mysql' | 'sqlite') =>
  kyselyUsers(db as never, users as never, authUserColumns(dialect) as never) as never as UserStore

const overPool =
  (open: (pool: Pool) => { store: unknown; storage: Storage }) => async (): Promise<Opened> => {
    const admin = new Pool({ connectionString: postgresUrl, max: 1 })
    const pool = new Pool({ connectionString: postgresUrl, max: 4 })
    return {
      ...(open(pool) as { store: UserStore; storage: Storage }),
      dialect: 'postgresql',
      admin: (text) => admin.query(text),
      forbidWriting: async () => {
        // A connection on which a statement failed is replaced.
        pool.on('connect', (client) => client.query('set default_transaction_read_only = on'))
        const taken = await Promise.all(Array.from({ length: 4 }, () => pool.connect()))
        for (const one of taken) await one.query('set default_transaction_read_only = on')
        for (const one of taken) one.release()
      },
      close: () => Promise.all([admin.end(), pool.end()]),
    }
  }

const overMysql =
  (
    open: (pool: ReturnType<typeof callbackPool>) => { store: unknown; storage: Storage },
  ): (() => Promise<Opened>) =>
  async () => {
    const admin = createPool({ uri: mysqlUrl, connectionLimit: 1 })
    const pool = callbackPool({ uri: mysqlUrl, connectionLimit: 2 })
    return {
      ...(open(pool) as { store: UserStore; storage: Storage }),
      dialect: 'mysql',
      admin: (text) => admin.query(text),
      forbidWriting: async () => {
        pool.on('connection', (one) => one.query('set session transaction read only'))
        const both = await Promise.all(
          [pool.promise(), pool.promise()].map((p) => p.getConnection()),
        )
        for (const one of both) await one.query('set session transaction read only')
        for (const one of both) one.release()
      },
      close: () => Promise.all([admin.end(), pool.promise().end()]),
    }
  }

const overFile =
  (
    open: (file: Sqlite.Database) => { store: unknown; storage: Storage },
  ): (() => Promise<Opened>) =>
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'crudauth-faults-'))
    const file = new Sqlite(join(folder, 'db'), { timeout: 1 })
    const admin = new Sqlite(join(folder, 'db'))
    for (const table of tables.sqlite) for (const text of tableStatements(table)) admin.exec(text)
    return {
      ...(open(file) as { store: UserStore; storage: Storage }),
      dialect: 'sqlite',
      admin: async (text) => admin.exec(text),
      forbidWriting: async () => file.pragma('query_only = on'),
      async close() {
        file.close()
        admin.close()
        rmSync(folder, { recursive: true })
      },
    }
  }

const [postgresUsersTable, postgresStateTable] = tables.postgresql
const [mysqlUsersTable, mysqlStateTable] = tables.mysql
const [sqliteUsersTable, sqliteStateTable] = tables.sqlite
const drivers: Record<string, () => Promise<Opened>> = {
  'Drizzle, node-postgres': overPool((pool) => ({
    store: drizzleUsers(onPg(pool), postgresUsersTable),
    storage: drizzleStorage(onPg(pool), postgresStateTable, fast),
  })),
  'Drizzle, postgres.js': async () => {
    const admin = postgres(postgresUrl, { max: 1, onnotice: () => undefined })
    const client = postgres(postgresUrl, { max: 1, onnotice: () => undefined })
    return {
      store: drizzleUsers(onPostgresJs(client), postgresUsersTable) as never as UserStore,
      storage: drizzleStorage(onPostgresJs(client), postgresStateTable, fast),
      dialect: 'postgresql',
      admin: (text) => admin.unsafe(text),
      forbidWriting: () => client.unsafe('set default_transaction_read_only = on'),
      close: () => Promise.all([admin.end(), client.end()]),
    }
  },
  'Drizzle, PGlite': async () => {
    const client = new PGlite()
    for (const table of tables.postgresql) {
      for (const text of tableStatements(table)) await client.exec(text)
    }
    return {
      store: drizzleUsers(onPglite(client), postgresUsersTable) as never as UserStore,
      storage: drizzleStorage(onPglite(client), postgresStateTable, fast),
      dialect: 'postgresql',
      admin: (text) => client.exec(text),
      forbidWriting: () => client.exec('set default_transaction_read_only = on'),
      close: () => client.close(),
    }
  },
  'Kysely, pg': overPool((pool) => {
    const db = new Kysely<Record<string, object>>({ dialect: new PostgresDialect({ pool }) })
    return { store: kyselyStore(db, 'postgresql'), storage: kyselyStorage(db, state, fast) }
  }),
  'Drizzle, mysql2': overMysql((pool) => ({
    store: drizzleUsers(onMysql(pool), mysqlUsersTable),
    storage: drizzleStorage(onMysql(pool), mysqlStateTable, fast),
  })),
  'Kysely, mysql2': overMysql((pool) => {
    const db = new Kysely<Record<string, object>>({ dialect: new MysqlDialect({ pool }) })
    return { store: kyselyStore(db, 'mysql'), storage: kyselyStorage(db, state, fast) }
  }),
  'Drizzle, better-sqlite3': overFile((file) => ({
    store: drizzleUsers(onSqlite(file), sqliteUsersTable),
    storage: drizzleStorage(onSqlite(file), sqliteStateTable, fast),
  })),
  'Kysely, better-sqlite3': overFile((database) => {
    const db = new Kysely<Record<string, object>>({ dialect: new SqliteDialect({ database }) })
    return { store: kyselyStore(db, 'sqlite'), storage: kyselyStorage(db, state, fast) }
  }),
}

const hasPostgres = await isReachable(postgresService)
const hasMysql = await isReachable(mysql)
const isThere = (driver: string) =>
  /pg$|postgres/.test(driver) ? hasPostgres : driver.includes('mysql') ? hasMysql : true

beforeAll(async () => {
  if (hasPostgres) {
    const client = new Pool({ connectionString: postgresUrl })
    for (const table of tables.postgresql) {
      for (const text of tableStatements(table)) await client.query(text)
    }
    await client.end()
  }
  if (hasMysql) {
    const client = createPool(mysqlUrl)
    for (const table of tables.mysql) {
      for (const text of tableStatements(table)) await client.query(text)
    }
    await client.end()
  }
})

afterAll(async () => {
  if (hasPostgres) {
    const client = new Pool({ connectionString: postgresUrl })
    await client.query(`drop table ${users}, ${state}`)
    await client.end()
  }
  if (hasMysql) {
    const client = createPool(mysqlUrl)
    await client.query(`drop table ${users}, ${state}`)
    await client.end()
  }
})

/** The next so many writes to a table meet another one, as the database's own triggers say. */
const conflicting: Record<Opened['dialect'], (table: string, times: number) => readonly string[]> =
  {
    postgresql: (table, times) => [
      `drop sequence if exists ${tries} cascade`,
      `create sequence ${tries}`,
      `create or replace function ${name}() returns trigger language plpgsql as $$ begin if nextval('${tries}') <= ${times} then raise exception 'deadlock detected' using errcode = (array['40P01','40001'])[1 + currval('${tries}') % 2]; end if; return new; end $$`,
      `create or replace trigger ${name} before insert or update on ${table} for each row execute function ${name}()`,
    ],
    mysql: (table, times) =>
      ['insert', 'update'].flatMap((what) => [
        `drop trigger if exists ${name}_${what}`,
        `create table if not exists ${tries} (n int) engine = MyISAM`,
        `delete from ${tries}`,
        `insert into ${tries} values (0)`,
        `create trigger ${name}_${what} before ${what} on ${table} for each row begin update ${tries} set n = n + 1; if (select n from ${tries}) <= ${times} then signal sqlstate '40001' set mysql_errno = ${what === 'insert' ? 1213 : 1205}; end if; end`,
      ]),
    sqlite: () => [],
  }
const calm: Record<Opened['dialect'], (table: string) => readonly string[]> = {
  postgresql: (table) => [`drop trigger ${name} on ${table}`, `drop sequence ${tries}`],
  mysql: () => [
    `drop trigger ${name}_insert`,
    `drop trigger ${name}_update`,
    `drop table ${tries}`,
  ],
  sqlite: () => [],
}

/** A file that somebody else has: for a few tries, or for all. */
async function locked(admin: Opened['admin'], times: number) {
  await admin('begin exclusive')
  let isLocked = true
  const end = async () => {
    if (isLocked) await admin('commit')
    isLocked = false
  }
  if (times < 5) setTimeout(end, 10)
  return { end }
}

async function withConflicts<Value>(
  { admin, dialect }: Opened,
  table: string,
  times: number,
  work: () => Promise<Value>,
): Promise<Value> {
  for (const text of conflicting[dialect](table, times)) await admin(text)
  const lock = dialect === 'sqlite' ? await locked(admin, times) : null
  try {
    return await work()
  } finally {
    for (const text of calm[dialect](table)) await admin(text)
    await lock?.end()
  }
}

function newRow({ map }: UserStore, n: number, flag: unknown): Record<string, unknown> {
  const property = (field: keyof typeof map) => map[field] ?? ''
  return {
    [property('email')]: `user${n}@example.com`,
    [property('username')]: `user${n}`,
    [property('hashedPassword')]: 'x',
    [property('isActive')]: flag,
    [property('isSuperuser')]: flag,
    [property('emailVerified')]: flag,
    [property('tokenVersion')]: 1,
  }
}

let made = 0
async function member(opened: Opened, driver: string) {
  const flag = driver.startsWith('Kysely') && opened.dialect !== 'postgresql' ? 1 : true
  const { store } = opened
  const values = newRow(store, made++, flag)
  const id = (row: object) => (row as Record<string, number>)[store.map.id ?? ''] ?? 0
  return { values, store, id, insert: () => store.insert(values, {}) }
}

describe.each(Object.entries(drivers))('Over %s', (driver, open) => {
  describe.runIf(isThere(driver))('a statement', () => {
    let opened: Opened
    beforeAll(async () => {
      opened = await open()
    })
    afterAll(() => opened.close().then(() => undefined))

    test('that was given up for another’s sake is run again: insert, update, count', async () => {
      const { insert, id, store } = await member(opened, driver)
      const row = await withConflicts(opened, users, 2, insert)
      const username = { [store.map.username ?? '']: `renamed${made}` }
      const updated = () => store.update(id(row), username, {})
      expect(await withConflicts(opened, users, 2, updated)).toBe(true)
      const version = store.map.tokenVersion ?? ''
      const counted = () => store.increment(id(row), version, 2 ** 31 - 1, {})
      expect(await withConflicts(opened, users, 2, counted)).toBe(true)
      const now = (await store.find(store.map.id ?? '', id(row), {})) as Record<string, unknown>
      expect(now).toMatchObject({ ...username, [version]: 2 })
    })

    test('that is given up again and again is 503 in the end, and wrote nothing', async () => {
      const { insert, store, values } = await member(opened, driver)
      const failed = withConflicts(opened, users, 1000, () => insert().catch((error) => error))
      expect(await failed).toMatchObject({ name: 'StoreUnavailable', nothingWritten: true })
      const email = store.map.email ?? ''
      expect(await store.find(email, values[email], {})).toBeNull()
    })

    test('of the storage that was given up is run again', async () => {
      const { storage } = opened
      const count = () => storage.increment(`conflict${made}`, 60)
      expect(await withConflicts(opened, state, 3, count)).toBe(1)
      expect(await storage.increment(`conflict${made}`, 60)).toBe(2)
    })

    test('that writes, where nothing may be written, is 503', async () => {
      const { store, storage, forbidWriting } = opened
      const { insert, id } = await member(opened, driver)
      const row = await insert()
      await storage.set('there', 'value', 60)
      await forbidWriting()
      const version = store.map.tokenVersion ?? ''
      const attempts = [
        () => store.increment(id(row), version, 2 ** 31 - 1, {}),
        () => store.update(id(row), { [version]: 9 }, {}),
        async () => (await member(opened, driver)).insert(),
      ]
      for (const attempt of attempts) {
        const error = await attempt().catch((thrown: unknown) => thrown)
        expect(error).toBeInstanceOf(StoreUnavailable)
        expect(error).toMatchObject({ nothingWritten: true })
      }
      const refused = await storage.set('there', 'another', 60).catch((thrown: unknown) => thrown)
      expect(refused).toBeInstanceOf(SqlStorageError)
      expect(await storage.get('there')).toBe('value')
      expect(await store.find(store.map.id ?? '', id(row), {})).toMatchObject({ [version]: 1 })

      const events: { name: string }[] = []
      const auth = crudAuth({
        users: store,
        secret: 'a secret for tests, thirty-two bytes or more',
        transports: [session()],
        passwords: { cost: 4 },
        onEvent: (event) => events.push(event),
      })
      const body = JSON.stringify({
        email: 'late@example.com',
        username: 'late',
        password: 'correct horse battery',
      })
      const headers = { 'content-type': 'application/json' }
      const request = new Request('https://a.example/register', { method: 'POST', headers, body })
      const answer = await auth.fetch(request)
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5'])
      expect(await answer.json()).not.toHaveProperty('outcome')
      expect(events).toContainEqual(expect.objectContaining({ name: 'database.failed' }))
    })
  })
})
