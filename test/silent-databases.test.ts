/**
 * Connections that go silent: nothing is heard of them, and nobody is told. What waits does so in
 * time and in number, and with the time limits of the documentation a driver gives them up.
 */
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import Sqlite from 'better-sqlite3'
import { crudAuth, type Storage, session, type UserStore } from 'crudauth'
import { drizzleStorage, drizzleUsers, SqlStorageError } from 'crudauth/drizzle'
import {
  authStorageColumns as mysqlStorage,
  authUserColumns as mysqlUsers,
} from 'crudauth/drizzle/mysql'
import {
  authStorageColumns as postgresStorage,
  authUserColumns as postgresUsers,
} from 'crudauth/drizzle/postgres'
import { authStorageColumns as sqliteStorage } from 'crudauth/drizzle/sqlite'
import { kyselyStorage } from 'crudauth/kysely'
import { drizzle as onSqlite } from 'drizzle-orm/better-sqlite3'
import { mysqlTable } from 'drizzle-orm/mysql-core'
import { drizzle as onMysql } from 'drizzle-orm/mysql2'
import { drizzle as onPg } from 'drizzle-orm/node-postgres'
import { pgTable } from 'drizzle-orm/pg-core'
import { drizzle as onPostgresJs } from 'drizzle-orm/postgres-js'
import { sqliteTable } from 'drizzle-orm/sqlite-core'
import { Kysely, MysqlDialect, PostgresDialect } from 'kysely'
import { createPool as callbackPool } from 'mysql2'
import { createPool } from 'mysql2/promise'
import { Pool } from 'pg'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTable, tableStatements } from './support/create-table.ts'
import {
  isReachable,
  mysql,
  mysqlUrl,
  postgres as postgresService,
  postgresUrl,
} from './support/services.ts'
import { SilentProxy } from './support/silent-proxy.ts'

const name = `silent_${randomBytes(4).toString('hex')}`
const [users, state] = [`${name}_users`, `${name}_state`]
const inPostgres = [pgTable(users, postgresUsers()), pgTable(state, postgresStorage())] as const
const inMysql = [mysqlTable(users, mysqlUsers()), mysqlTable(state, mysqlStorage())] as const
const inSqlite = sqliteTable(state, sqliteStorage())
const hasPostgres = await isReachable(postgresService)
const hasMysql = await isReachable(mysql)
const ignore = () => undefined

beforeAll(async () => {
  if (hasPostgres) {
    const client = new Pool({ connectionString: postgresUrl })
    for (const table of inPostgres) {
      for (const text of tableStatements(table)) await client.query(text)
    }
    await client.end()
  }
  if (hasMysql) {
    const client = createPool(mysqlUrl)
    for (const table of inMysql) for (const text of tableStatements(table)) await client.query(text)
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

/** Without any time limit of the driver's own, and through a proxy. */
const storages: Record<string, { isThere: boolean; open(url: string): Storage }> = {
  'Drizzle, node-postgres': {
    isThere: hasPostgres,
    open: (url) =>
      drizzleStorage(onPg(quiet(new Pool({ connectionString: url }))), inPostgres[1], limits),
  },
  'Drizzle, postgres.js': {
    isThere: hasPostgres,
    open: (url) => drizzleStorage(onPostgresJs(postgres(url)), inPostgres[1], limits),
  },
  'Kysely, pg': {
    isThere: hasPostgres,
    open(url) {
      const pool = quiet(new Pool({ connectionString: url }))
      const db = new Kysely<Record<string, object>>({ dialect: new PostgresDialect({ pool }) })
      return kyselyStorage(db, state, limits)
    },
  },
  'Drizzle, mysql2': {
    isThere: hasMysql,
    open: (url) => drizzleStorage(onMysql(callbackPool(url)), inMysql[1], limits),
  },
  'Kysely, mysql2': {
    isThere: hasMysql,
    open(url) {
      const dialect = new MysqlDialect({ pool: callbackPool(url) })
      return kyselyStorage(new Kysely<Record<string, object>>({ dialect }), state, limits)
    },
  },
}
const limits = { timeoutMs: 1000 }
// A client that Kysely has has no listener of its own.
const quiet = (pool: Pool) =>
  pool.on('error', ignore).on('connect', (client) => client.on('error', ignore))
const portOf = (url: string) => Number(new URL(url).port)

describe.each(Object.entries(storages))('Of the pool of %s', (driver, { isThere, open }) => {
  test.runIf(isThere)(
    'one connection that goes silent closes no key, and closing ends',
    { timeout: 30_000 },
    async () => {
      const url = driver.includes('mysql') ? mysqlUrl : postgresUrl
      const proxy = await SilentProxy.to(portOf(url) || (driver.includes('mysql') ? 3306 : 5432))
      const storage = open(proxy.urlOf(url))
      const key = `${driver}:${randomBytes(4).toString('hex')}`
      expect(await storage.increment(key, 600)).toBe(1)
      proxy.forgetConnections()
      const lost = storage.increment(key, 600).catch((error: unknown) => error)
      const others: Promise<unknown>[] = []
      for (let n = 0; n < 10; n++) {
        // Not in the very statement that is lost.
        await new Promise((resolve) => setTimeout(resolve, n === 0 ? 30 : 150))
        others.push(storage.increment(key, 600).catch((error: unknown) => error))
      }
      expect(await lost).toBeInstanceOf(SqlStorageError)
      const answers = await Promise.all(others)
      // Those that came after it did not wait for it until their own time was up.
      expect(answers.filter((answer) => typeof answer !== 'number')).toEqual([])
      await storage.close?.()
      proxy.end()
    },
  )
})

describe('The SQL storage', () => {
  const slow = (answer: (text: string) => Promise<unknown>, timeoutMs: number) => {
    const client = new Sqlite(':memory:')
    createTable(client, inSqlite)
    const db = onSqlite(client)
    const later =
      <Result>(run: (query: never) => Result) =>
      async (query: never) => {
        await answer(String(JSON.stringify(query)))
        return run(query)
      }
    // What these tests read is answered at once.
    const database = { select: db.select.bind(db), run: later(db.run.bind(db)) }
    return { storage: drizzleStorage(database, inSqlite, { timeoutMs }), client }
  }
  const never = () => new Promise<never>(ignore)

  test('purges again after a purge that was never answered', async () => {
    let purges = 0
    const isPurge = (text: string) => text.includes('limit')
    const { storage, client } = slow(async (text) => {
      if (isPurge(text) && ++purges === 1) await never()
    }, 40)
    const writes = async () => {
      for (let n = 0; n < 64; n++) await storage.set(`key ${n}`, 'x', 60)
      await storage.close?.()
    }
    await writes()
    await storage.set('old', 'x', 0.001)
    await new Promise((resolve) => setTimeout(resolve, 10))
    await writes()
    expect(purges).toBe(2)
    const expired = `select count(*) as n from ${state} where expires_at < ${Date.now()}`
    expect(client.prepare(expired).get()).toEqual({ n: 0 })
  })

  test('has no more statements under way than may be, and sends none that was given up', async () => {
    let sent = 0
    const answering = Promise.withResolvers<void>()
    const { storage } = slow(() => {
      sent++
      return answering.promise
    }, 60)
    const floods = Array.from({ length: 3000 }, (_, n) => storage.set(`key ${n}`, 'x', 60))
    const settled = await Promise.allSettled(floods)
    expect(settled.every(({ status }) => status === 'rejected')).toBe(true)
    expect(sent).toBe(100)
    answering.resolve()
    await expect.poll(() => storage.get('another').catch(() => 'refused')).toBeNull()
    // What had been sent happens, the rest never.
    expect(await storage.get('key 9')).toBe('x')
    expect(await storage.get('key 100')).toBeNull()
    expect(sent).toBeLessThan(120)
  })

  test('says nothing of what was to be written', async () => {
    const client = new Sqlite(':memory:')
    const storage = drizzleStorage(onSqlite(client), inSqlite)
    const record = JSON.stringify({ csrf: 'c5rfT0kenOfASession', address: '203.0.113.77' })
    const error = await storage.set('key', record, 60).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(SqlStorageError)
    const { inspect } = await import('node:util')
    const told = inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true })
    expect(told).toContain('no such table')
    expect(told).not.toMatch(/c5rfT0ken|203\.0\.113|csrf/)
  })
})

let registered = 0
const newcomer = () => {
  const username = `user${registered++}`
  return { email: `${username}@example.com`, username, password: 'correct horse battery' }
}
const post = (path: string, json: object) =>
  new Request(`https://app.example.com${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(json),
  })

/** As `docs/outages.md` has them. */
const limited: Record<string, { isThere: boolean; open(url: string): UserStore }> = {
  'node-postgres': {
    isThere: hasPostgres,
    open(connectionString) {
      const pool = new Pool({
        connectionString,
        connectionTimeoutMillis: 3000,
        query_timeout: 5000,
        keepAlive: true,
      })
      return drizzleUsers(onPg(quiet(pool)), inPostgres[0]) as never as UserStore
    },
  },
  'postgres.js': {
    isThere: hasPostgres,
    open(url) {
      const sql = postgres(url, {
        connect_timeout: 3,
        socket: ({ host: [host = ''], port: [port = 5432] }: { host: string[]; port: number[] }) =>
          new Promise((resolve, reject) => {
            const socket = Object.assign(connect(port, host), { host, port })
            socket.setTimeout(5000, () => socket.destroy(new Error('silent')))
            socket.once('error', reject).once('connect', () => resolve(socket))
          }),
      } as never)
      return drizzleUsers(onPostgresJs(sql), inPostgres[0]) as never as UserStore
    },
  },
  mysql2: {
    isThere: hasMysql,
    open(url) {
      const { hostname, port } = new URL(url)
      const pool = callbackPool({
        uri: url,
        connectTimeout: 3000,
        stream: () => {
          const socket = connect(Number(port), hostname)
          return socket.setTimeout(5000, () => socket.destroy(new Error('silent')))
        },
      })
      return drizzleUsers(onMysql(pool), inMysql[0]) as never as UserStore
    },
  },
}

describe.each(Object.entries(limited))('%s with its time limits', (driver, { isThere, open }) => {
  test.runIf(isThere)(
    'is told at the start to have them, and is back within 10 s of a path that was cut',
    { timeout: 60_000 },
    async () => {
      const url = driver === 'mysql2' ? mysqlUrl : postgresUrl
      const proxy = await SilentProxy.to(portOf(url) || (driver === 'mysql2' ? 3306 : 5432))
      const warnings: string[] = []
      const auth = crudAuth({
        users: open(proxy.urlOf(url)),
        secret: 'a secret for tests, thirty-two bytes or more',
        transports: [session()],
        // What a hash takes is not known yet when all of them come.
        passwords: { cost: 4, maxWait: 30 },
        databaseTimeoutMs: 1000,
        rateLimits: { register: { times: 0, seconds: 1 } },
        onEvent: (event) => {
          if (event.name === 'warning') warnings.push(event.code)
        },
      })
      expect(warnings).not.toContain('pool_without_limits')
      // As many connections as the pool has.
      const all = await Promise.all(
        Array.from({ length: 20 }, () => auth.fetch(post('/register', newcomer()))),
      )
      expect(all.map(({ status }) => status)).toEqual(Array(20).fill(200))
      proxy.forgetConnections()
      const lost = await Promise.all(
        Array.from({ length: 30 }, () => auth.fetch(post('/register', newcomer()))),
      )
      expect(new Set(lost.map(({ status }) => status))).toEqual(new Set([503]))
      const again = async () => (await auth.fetch(post('/register', newcomer()))).status
      await expect.poll(again, { timeout: 10_000, interval: 200 }).toBe(200)
      await auth.close()
      proxy.end()
    },
  )
})

test.runIf(hasPostgres && hasMysql)('A pool without time limits is told of at the start', () => {
  const stores = {
    'node-postgres': drizzleUsers(onPg(new Pool({ connectionString: postgresUrl })), inPostgres[0]),
    'postgres.js': drizzleUsers(onPostgresJs(postgres(postgresUrl)), inPostgres[0]),
    mysql2: drizzleUsers(onMysql(callbackPool(mysqlUrl)), inMysql[0]),
  }
  for (const [driver, store] of Object.entries(stores)) {
    const warnings: string[] = []
    crudAuth({
      users: store as never as UserStore,
      secret: 'a secret for tests, thirty-two bytes or more',
      transports: [session()],
      onEvent: (event) => {
        if (event.name === 'warning' && event.code === 'pool_without_limits') {
          warnings.push(event.message)
        }
      },
    })
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain(`the pool of ${driver} has no`)
  }
})
