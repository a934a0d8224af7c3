/**
 * The storage in a table, through every query builder and driver.
 */
import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { inspect } from 'node:util'
import { PGlite } from '@electric-sql/pglite'
import Sqlite from 'better-sqlite3'
import type { Storage } from 'crudauth'
import { drizzleStorage, SqlStorageError } from 'crudauth/drizzle'
import { authStorageColumns as mysqlColumns } from 'crudauth/drizzle/mysql'
import { authStorageColumns as postgresColumns } from 'crudauth/drizzle/postgres'
import { authStorageColumns as sqliteColumns } from 'crudauth/drizzle/sqlite'
import { addAuthStorageColumns, kyselyStorage } from 'crudauth/kysely'
import { type SQL, sql } from 'drizzle-orm'
import { drizzle as onSqlite } from 'drizzle-orm/better-sqlite3'
import { index as mysqlIndex, mysqlTable } from 'drizzle-orm/mysql-core'
import { drizzle as onMysql } from 'drizzle-orm/mysql2'
import { drizzle as onPg } from 'drizzle-orm/node-postgres'
import { index, pgTable } from 'drizzle-orm/pg-core'
import { drizzle as onPglite } from 'drizzle-orm/pglite'
import { drizzle as onPostgresJs } from 'drizzle-orm/postgres-js'
import { sqliteTable } from 'drizzle-orm/sqlite-core'
import {
  CamelCasePlugin,
  Kysely,
  MysqlDialect,
  PostgresDialect,
  SqliteAdapter,
  SqliteDialect,
} from 'kysely'
import { createPool as callbackPool } from 'mysql2'
import { createPool } from 'mysql2/promise'
import { Pool } from 'pg'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sqlStorage } from '../../src/storage/sql/storage.ts'
import { tableStatements } from '../support/create-table.ts'
import { conformsInRealTime } from '../support/real-time.ts'
import {
  isReachable,
  mysql,
  mysqlUrl,
  postgres as postgresService,
  postgresUrl,
} from '../support/services.ts'

const name = `auth_storage_${randomBytes(4).toString('hex')}`
const onPostgres = pgTable(name, postgresColumns(), (table) => [
  index(`${name}_expires_at`).on(table.expiresAt),
])
const inMysql = mysqlTable(name, mysqlColumns(), (table) => [
  mysqlIndex(`${name}_expires_at`).on(table.expiresAt),
])
const inSqlite = sqliteTable(name, sqliteColumns())

interface Opened {
  readonly storage: Storage
  /** How many rows are past their time. */
  readonly expired: () => Promise<number>
  readonly close: () => Promise<unknown>
}

const options = { timeoutMs: 20_000 }
const hasPostgres = await isReachable(postgresService)
const hasMysql = await isReachable(mysql)
const counted = (rows: unknown) => Number((rows as { n: unknown }[])[0]?.n)
const expiredText = () => `select count(*) as n from ${name} where expires_at < ${Date.now()}`

const pool = () => new Pool({ connectionString: postgresUrl })

const storages: Record<string, { isThere: boolean; open: () => Promise<Opened> }> = {
  'Drizzle, node-postgres': {
    isThere: hasPostgres,
    async open() {
      const client = pool()
      return {
        storage: drizzleStorage(onPg(client), onPostgres, options),
        expired: async () => counted((await client.query(expiredText())).rows),
        close: () => client.end(),
      }
    },
  },
  'Drizzle, postgres.js': {
    isThere: hasPostgres,
    async open() {
      const client = postgres(postgresUrl)
      return {
        storage: drizzleStorage(onPostgresJs(client), onPostgres, options),
        expired: async () => counted(await client.unsafe(expiredText())),
        close: () => client.end(),
      }
    },
  },
  'Drizzle, PGlite': {
    isThere: true,
    async open() {
      const client = new PGlite()
      for (const statement of tableStatements(onPostgres)) await client.exec(statement)
      return {
        storage: drizzleStorage(onPglite(client), onPostgres, options),
        expired: async () => counted((await client.query(expiredText())).rows),
        close: () => client.close(),
      }
    },
  },
  'Drizzle, mysql2': {
    isThere: hasMysql,
    async open() {
      const client = createPool(mysqlUrl)
      return {
        storage: drizzleStorage(onMysql(client), inMysql, options),
        expired: async () => counted((await client.query(expiredText()))[0]),
        close: () => client.end(),
      }
    },
  },
  'Drizzle, better-sqlite3': {
    isThere: true,
    async open() {
      const client = new Sqlite(':memory:')
      for (const statement of tableStatements(inSqlite)) client.exec(statement)
      return {
        storage: drizzleStorage(onSqlite(client), inSqlite, options),
        expired: async () => counted(client.prepare(expiredText()).all()),
        close: async () => client.close(),
      }
    },
  },
  'Kysely, pg': {
    isThere: hasPostgres,
    async open() {
      const client = pool()
      const db = new Kysely<Record<string, object>>({
        dialect: new PostgresDialect({ pool: client }),
      })
      return {
        storage: kyselyStorage(db, name, options),
        expired: async () => counted((await client.query(expiredText())).rows),
        close: () => db.destroy(),
      }
    },
  },
  'Kysely, mysql2': {
    isThere: hasMysql,
    async open() {
      const client = callbackPool(mysqlUrl)
      const db = new Kysely<Record<string, object>>({ dialect: new MysqlDialect({ pool: client }) })
      return {
        storage: kyselyStorage(db, name, options),
        expired: async () => counted((await client.promise().query(expiredText()))[0]),
        close: () => db.destroy(),
      }
    },
  },
  'Kysely, better-sqlite3': {
    isThere: true,
    async open() {
      const client = new Sqlite(':memory:')
      const db = new Kysely<Record<string, object>>({
        dialect: new SqliteDialect({ database: client }),
      })
      await db.schema
        .createTable(name)
        .$call((table) => addAuthStorageColumns(table, 'sqlite'))
        .execute()
      return {
        storage: kyselyStorage(db, name, options),
        expired: async () => counted(client.prepare(expiredText()).all()),
        close: () => db.destroy(),
      }
    },
  },
}

beforeAll(async () => {
  if (hasPostgres) {
    const client = pool()
    for (const statement of tableStatements(onPostgres)) await client.query(statement)
    await client.end()
  }
  if (hasMysql) {
    const client = createPool(mysqlUrl)
    for (const statement of tableStatements(inMysql)) await client.query(statement)
    await client.end()
  }
})

afterAll(async () => {
  if (hasPostgres) {
    const client = pool()
    await client.query(`drop table ${name}`)
    await client.end()
  }
  if (hasMysql) {
    const client = createPool(mysqlUrl)
    await client.query(`drop table ${name}`)
    await client.end()
  }
})

const drivers = Object.entries(storages)
/** Works in this thread, one statement at a time, and so would hold up the others. */
const inThisThread = drivers.filter(([driver]) => driver === 'Drizzle, PGlite')
const elsewhere = drivers.filter(([driver]) => driver !== 'Drizzle, PGlite')

// Most of it is waiting for time to pass, and so all drivers wait at once.
conforms(elsewhere, { concurrent: true, unitSeconds: 1 })
conforms(inThisThread, { concurrent: false, unitSeconds: 2.5 })

function conforms(
  which: typeof drivers,
  { concurrent, unitSeconds }: { concurrent: boolean; unitSeconds: number },
): void {
  describe.each(which)('The SQL storage over %s', { concurrent }, (_, { isThere, open }) => {
    describe.runIf(isThere)('conforms', () => {
      let opened: Opened
      beforeAll(async () => {
        opened = await open()
      })
      afterAll(() => opened.close().then(() => undefined))

      describe.concurrent('to the port', () => {
        conformsInRealTime(() => opened.storage, unitSeconds)
      })
    })
  })
}

test.each(drivers.filter(([, { isThere }]) => isThere))(
  'Over %s expired rows go, a few at a time',
  async (_, { open }) => {
    const { storage, expired, close } = await open()
    const key = randomBytes(8).toString('hex')
    for (let n = 0; n < 300; n++) await storage.set(`${key}:${n}`, 'x', 0.001)
    await wait(20)
    const left = async () => {
      for (let n = 0; n < 64 * 5; n++) await storage.set(`${key}:live`, 'x', 60)
      await storage.close?.()
      return expired()
    }
    // What the tests before left behind may expire at this very moment: the next purge takes it.
    await expect.poll(left, { timeout: 20_000 }).toBe(0)
    expect(await storage.get(`${key}:live`)).toBe('x')
    await close()
  },
)

test('an error repeats neither keys nor values, whatever the database says of them', async () => {
  const client = new PGlite()
  for (const statement of tableStatements(onPostgres)) await client.exec(statement)
  await client.exec(`
    create function tell() returns trigger language plpgsql as
      $$ begin raise exception 'full: % %', new.id, new.value; end $$;
    create trigger telling before insert on ${name} for each row execute function tell()`)
  const storage = drizzleStorage(onPglite(client), onPostgres, options)
  const record = { address: '203.0.113.77', digest: 'a-digest-of-a-link', seen: 1_700_000_001 }
  for (const value of [JSON.stringify(record), JSON.stringify([record]), 'just-a-text']) {
    const error = await storage.set('key-of-somebody', value, 60).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(SqlStorageError)
    expect(error).toMatchObject({ code: 'P0001' })
    const told = inspect(error, { depth: null, showHidden: true })
    for (const secret of [
      '203.0.113',
      'a-digest',
      '1700000001',
      'just-a-text',
      'key-of-somebody',
    ]) {
      expect(told).not.toContain(secret)
    }
  }
  await client.close()
})

test('a purge that fails is in nobody’s way, and comes again', async () => {
  let purges = 0
  const storage = sqlStorage(
    {
      dialect: 'sqlite',
      table: '"t"',
      prepare: () => async () => [],
      async write({ texts: [first = ''] }) {
        if (!first.startsWith('delete from')) return 1
        purges++
        throw new Error('broken on purpose')
      },
    },
    {},
  )
  for (let n = 0; n < 64 * 2; n++) await storage.set(`key:${n}`, 'x', 60)
  await storage.close?.()
  expect(purges).toBe(2)
})

describe.runIf(hasPostgres)('On PostgreSQL, the SQL storage', () => {
  const clients = (level: string) =>
    Array.from(
      { length: 4 },
      () =>
        new Pool({
          connectionString: postgresUrl,
          max: 4,
          options: `-c default_transaction_isolation=${level.replace(' ', '\\ ')}`,
        }),
    )

  test.each(['read committed', 'repeatable read', 'serializable'])(
    'counts each of many at once where the default isolation is %s',
    async (level) => {
      const key = randomBytes(8).toString('hex')
      const pools = clients(level)
      const stores = pools.map((client) => drizzleStorage(onPg(client), onPostgres, options))
      const atOnce = <Answer>(work: (store: Storage, n: number) => Promise<Answer>) =>
        Promise.all(Array.from({ length: 80 }, (_, n) => work(stores[n % 4] as Storage, n)))

      const spent = await atOnce((store) => store.spend(`${key}:spend`, 50, 3600))
      expect(spent.filter(({ allowed }) => allowed)).toHaveLength(50)
      const counts = await atOnce((store) => store.increment(`${key}:count`, 60))
      expect(counts.sort((a, b) => a - b)).toEqual(Array.from({ length: 80 }, (_, n) => n + 1))
      expect((await atOnce((store) => store.add(`${key}:add`, 'x', 60))).filter(Boolean)).toEqual([
        true,
      ])
      await atOnce((store, n) => store.set(`${key}:add`, `${n}`, 60))
      const taken = await atOnce((store) => store.take(`${key}:add`))
      expect(taken.filter((value) => value !== null)).toHaveLength(1)
      await Promise.all(pools.map((client) => client.end()))
    },
  )

  test('finds expired rows by the index', async () => {
    const client = pool()
    const statements: string[] = []
    const db = new Kysely<Record<string, object>>({
      dialect: new PostgresDialect({ pool: client }),
      log({ query }) {
        statements.push(query.sql)
      },
    })
    const storage = kyselyStorage(db, name, options)
    for (let n = 0; n < 64; n++) await storage.set('purged', 'x', 60)
    await storage.close?.()
    const purge = statements.find((text) => text.includes('skip locked'))
    const connection = await client.connect()
    await connection.query('set enable_seqscan = off')
    const { rows } = await connection.query<{ 'QUERY PLAN': string }>(`explain ${purge}`)
    connection.release(true)
    await db.destroy()
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
    expect(plan).toMatch(/Index Cond: \(expires_at <=/)
  })
})

/** Selects of a database, prepared as `prepare` says. */
const asked =
  (
    db: ReturnType<typeof onSqlite>,
    prepare: (prepared: { all(values?: Record<string, unknown>): unknown }) => object,
  ) =>
  (columns: Record<string, SQL>) => ({
    from: (query: SQL) => ({ prepare: () => prepare(db.select(columns).from(query).prepare()) }),
  })

function emptyTable() {
  const client = new Sqlite(':memory:')
  for (const statement of tableStatements(inSqlite)) client.exec(statement)
  return onSqlite(client)
}

describe('The SQL storage', () => {
  /** Over a database that answers when `answer` says so. */
  const slow = (answer: () => Promise<unknown>, timeoutMs = 2000) => {
    const db = emptyTable()
    const later =
      <Query, Result>(run: (query: Query) => Result) =>
      async (query: Query) => {
        await answer()
        return run(query)
      }
    const select = asked(db, (prepared) => ({ all: later(prepared.all.bind(prepared)) }))
    return drizzleStorage({ select, run: later(db.run.bind(db)) }, inSqlite, { timeoutMs })
  }

  test('is not made of something that is no database', () => {
    expect(() => drizzleStorage({}, inSqlite)).toThrow('drizzleStorage(db, authStorage)')
  })

  test('a flood at one key is answered in time, and gets no more than its budget', async () => {
    const storage = slow(() => wait(5))
    const spent = await Promise.all(
      Array.from({ length: 2000 }, () => storage.spend('flood', 5, 3600)),
    )
    expect(spent.map(({ allowed }) => allowed)).toEqual(
      Array.from({ length: 2000 }, (_, n) => n < 5),
    )
  })

  test('what happens at once to one key is as if each had come after the other', async () => {
    const storage = slow(() => wait(1))
    const answers = await Promise.all([
      storage.increment('n', 60),
      storage.increment('n', 60),
      storage.increment('n', 60, { by: -1 }),
      storage.increment('n', 60, { by: -5 }),
      storage.increment('n', 60, { by: -1 }),
      storage.increment('n', 60, { by: 7 }),
      storage.replace('n', '9', 60, '8'),
      storage.replace('n', '9', 60, '7'),
      storage.take('n'),
      storage.take('n'),
    ])
    expect(answers).toEqual([1, 2, 1, 0, 0, 7, false, true, '9', null])
    expect(await storage.count('n')).toBe(0)
    const evicted = await Promise.all(
      ['a', 'b', 'c', 'd'].map((member) => storage.indexAdd('i', member, 60, 2)),
    )
    expect(evicted).toEqual([[], [], ['a'], ['b']])
    expect(await storage.indexMembers('i')).toEqual(['c', 'd'])
  })

  test('what was given up before its turn is not done later', async () => {
    const answering = Promise.withResolvers<void>()
    const storage = slow(() => answering.promise, 30)
    const all = [1, 2, 3].map(() => storage.increment('n', 60))
    for (const { status } of await Promise.allSettled(all)) expect(status).toBe('rejected')
    const next = storage.increment('n', 60)
    answering.resolve()
    // The first was being read when it was given up, so that it was not written.
    expect(await next).toBe(1)
  })

  test.each([{ code: 'ER_LOCK_DEADLOCK', errno: 1213 }, { code: 'SQLITE_BUSY' }])(
    'does again what its database gave up for another’s sake: $code',
    async (fields) => {
      const client = new Sqlite(':memory:')
      for (const statement of tableStatements(inSqlite)) client.exec(statement)
      const db = onSqlite(client)
      let failures = 3
      const run = (query: Parameters<typeof db.run>[0]) => {
        if (failures-- > 0)
          throw new Error('Failed query', { cause: Object.assign(new Error(), fields) })
        return db.run(query)
      }
      const storage = drizzleStorage({ select: db.select.bind(db), run }, inSqlite)
      expect(await storage.increment('a', 60)).toBe(1)
      expect(await storage.count('a')).toBe(1)
    },
  )

  test('reads again what its database gave up for another’s sake', async () => {
    const db = emptyTable()
    let failures = 0
    const all = (prepared: { all(values: object): unknown }) => (values: object) => {
      if (failures-- > 0) throw Object.assign(new Error('busy'), { code: 'SQLITE_BUSY' })
      return prepared.all(values)
    }
    const select = asked(db, (prepared) => ({ all: all(prepared as never) }))
    const storage = drizzleStorage({ select, run: db.run.bind(db) }, inSqlite)
    await storage.set('a', 'x', 60)
    failures = 3
    expect(await storage.get('a')).toBe('x')
  })

  test('a reading that was given up, and is not answered when it is asked again, ends in time', async () => {
    let times = 0
    const all = () => {
      if (times++ === 0) throw Object.assign(new Error('busy'), { code: 'SQLITE_BUSY' })
      return new Promise(() => undefined)
    }
    const select = asked(emptyTable(), () => ({ all }))
    const storage = drizzleStorage({ select, run: all }, inSqlite, { timeoutMs: 50 })
    await expect(storage.get('a')).rejects.toMatchObject({ code: 'TIMEOUT' })
    expect(times).toBe(2)
  })

  test('a reading that is given up again and again ends in time, and is not asked any more', async () => {
    let read: unknown[] = []
    const all = (values: object) => {
      read.push(...Object.values(values))
      throw Object.assign(new Error('busy'), { code: 'SQLITE_BUSY' })
    }
    const select = asked(emptyTable(), () => ({ all }))
    const storage = drizzleStorage({ select, run: () => undefined }, inSqlite, { timeoutMs: 50 })
    await expect(storage.get('a')).rejects.toBeInstanceOf(SqlStorageError)
    const [first] = read
    read = []
    await expect(storage.get('b')).rejects.toBeInstanceOf(SqlStorageError)
    // It was about to be asked once more when its time was up.
    expect(read.filter((one) => one === first).length).toBeLessThanOrEqual(1)
    expect(read.length).toBeGreaterThan(2)
  })

  test('gives up in time when its database gives up again and again', async () => {
    const run = () => {
      throw Object.assign(new Error('busy'), { code: 'SQLITE_BUSY' })
    }
    const select = asked(emptyTable(), () => ({ all: run }))
    const storage = drizzleStorage({ select, run }, inSqlite, { timeoutMs: 50 })
    await expect(storage.set('a', 'x', 60)).rejects.toBeInstanceOf(SqlStorageError)
  })

  test('rejects in time when its database does not answer', async () => {
    const never = () => new Promise(() => undefined)
    const select = asked(emptyTable(), () => ({ all: never }))
    const storage = drizzleStorage({ select, run: never }, inSqlite, { timeoutMs: 20 })
    const operations = [
      storage.get('a'),
      storage.set('a', 'x', 1),
      storage.add('a', 'x', 1),
      storage.replace('a', 'x', 1, 'y'),
      storage.take('a'),
      storage.delete('a'),
      storage.increment('a', 1),
      storage.count('a'),
      storage.spend('a', 1, 1),
      storage.indexAdd('a', 'm', 1),
      storage.indexRenew('a', 'm', 1),
      storage.indexRemove('a', 'm'),
      storage.indexMembers('a'),
      storage.getMany?.(['a', 'b']),
      storage.deleteMany?.(['a', 'b']),
      storage.indexRemoveMany?.('a', ['m', 'n']),
    ]
    for (const { status, reason } of (await Promise.allSettled(
      operations,
    )) as PromiseRejectedResult[]) {
      expect(status).toBe('rejected')
      expect(reason).toBeInstanceOf(SqlStorageError)
    }
  })

  test('finds its table as Kysely does, whatever plugin renames it', async () => {
    const client = new Sqlite(':memory:')
    const db = new Kysely<Record<string, object>>({
      dialect: new SqliteDialect({ database: client }),
      plugins: [new CamelCasePlugin()],
    })
    await db.schema
      .createTable('authStorage')
      .$call((table) => addAuthStorageColumns(table, 'sqlite'))
      .execute()
    const storage = kyselyStorage(db, 'authStorage')
    expect(await storage.increment('a', 60)).toBe(1)
    expect(await storage.increment('a', 60)).toBe(2)
    client.exec(
      `attach ':memory:' as other; create table other.auth_storage as select * from auth_storage where false`,
    )
    const elsewhere = kyselyStorage(db.withSchema('other'), 'authStorage')
    expect(await elsewhere.count('a')).toBe(0)
    expect(await storage.count('a')).toBe(2)
  })

  test('takes the dialect of a driver of the application’s own', async () => {
    class OwnDialect extends SqliteDialect {
      override createAdapter() {
        return new (class OwnAdapter extends SqliteAdapter {})()
      }
    }
    const client = new Sqlite(':memory:')
    for (const statement of tableStatements(inSqlite)) client.exec(statement)
    const dialect = new OwnDialect({ database: client })
    const db = new Kysely<Record<string, object>>({ dialect })
    const storage = kyselyStorage(db, name, { dialect: 'sqlite', timeoutMs: 1000 })
    expect(await storage.increment('a', 60)).toBe(1)
    expect(() => kyselyStorage(db, name, { dialect: 'oracle' as never })).toThrow(
      "kyselyStorage.dialect must be 'postgresql' or 'mysql' or 'sqlite'",
    )
  })

  test('tells at the start when its table is not there', async () => {
    const client = new Sqlite(':memory:')
    await expect(drizzleStorage(onSqlite(client), inSqlite).init?.()).rejects.toThrow(
      'no such table',
    )
  })

  test('keeps nothing that names a person: keys are digests', async () => {
    const client = new Sqlite(':memory:')
    for (const statement of tableStatements(inSqlite)) client.exec(statement)
    const db = onSqlite(client)
    await drizzleStorage(db, inSqlite).set('lock:ann@example.com', 'x', 60)
    const rows = db.all<{ id: string }>(sql.raw(`select id from ${name}`))
    expect(rows).toEqual([{ id: expect.stringMatching(/^[0-9a-f]{64}$/) }])
  })

  test.each([0, -1, Number.NaN, 60_001])('a timeout of %s is refused', (timeoutMs) => {
    const client = onSqlite(new Sqlite(':memory:'))
    expect(() => drizzleStorage(client, inSqlite, { timeoutMs })).toThrow(
      'drizzleStorage.timeoutMs must be a whole number of milliseconds, from 10 to 60000',
    )
  })
})
