/**
 * The application's database does not answer, or cannot be reached.
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import {
  apiKeys,
  bearer,
  ConfigurationError,
  crudAuth,
  StoreUnavailable,
  session,
  type UserStore,
} from 'crudauth'
import { drizzleApiKeys, drizzleUsers } from 'crudauth/drizzle'
import { authUserColumns as mysqlColumns } from 'crudauth/drizzle/mysql'
import { authUserColumns as postgresColumns } from 'crudauth/drizzle/postgres'
import { authApiKeyColumns } from 'crudauth/drizzle/sqlite'
import { authUserColumns, kyselyUsers } from 'crudauth/kysely'
import { drizzle as onSqlite } from 'drizzle-orm/better-sqlite3'
import { mysqlTable } from 'drizzle-orm/mysql-core'
import { drizzle as onMysql } from 'drizzle-orm/mysql2'
import { drizzle as onPg } from 'drizzle-orm/node-postgres'
import { pgTable } from 'drizzle-orm/pg-core'
import { drizzle as onPostgresJs } from 'drizzle-orm/postgres-js'
import { sqliteTable } from 'drizzle-orm/sqlite-core'
import { Kysely, sql as ksql, MysqlDialect, PostgresDialect } from 'kysely'
import { createPool as callbackPool, type PoolOptions } from 'mysql2'
import { createPool } from 'mysql2/promise'
import { Pool, type PoolConfig } from 'pg'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { application } from './support/application.ts'
import type { Browser } from './support/browser.ts'
import { createTable, tableStatements } from './support/create-table.ts'
import {
  isReachable,
  mysql,
  mysqlUrl,
  postgres as postgresService,
  postgresUrl,
} from './support/services.ts'
import { database, json, members, secret, users } from './support/world.ts'

const ann = { email: 'ann@example.com', username: 'ann', password: 'correct horse battery' }

const thrownBy = async (work: () => unknown): Promise<unknown> => {
  try {
    return await work()
  } catch (error) {
    return error
  }
}

/** An application whose database can be told to fall silent, or to fail. */
async function outage() {
  const { sqlite, db } = database()
  const keyTable = sqliteTable('api_keys', authApiKeyColumns())
  createTable(sqlite, keyTable)
  const trouble: { now: (() => Promise<never>) | null } = { now: null }
  const delay: { update: Promise<void> | null } = { update: null }
  const delayed: Promise<unknown>[] = []
  const failing = <Store extends object>(store: Store, names: readonly string[]): Store =>
    new Proxy(store, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target)
        if (typeof value !== 'function' || !names.includes(String(name))) return value
        return (...args: unknown[]) => {
          const wait = name === 'update' ? delay.update : null
          const work = () => Reflect.apply(value, target, args)
          if (wait !== null) {
            const late = wait.then(work)
            delayed.push(late)
            return late
          }
          return trouble.now?.() ?? work()
        }
      },
    })
  const operations = ['find', 'list', 'insert', 'update', 'increment']
  const events: { name: string }[] = []
  const made = application({
    users: failing(users(db), operations),
    transports: [
      session({ managementRoutes: true }),
      bearer({ refresh: 'body' }),
      apiKeys({ keys: failing(drizzleApiKeys(onSqlite(sqlite), keyTable), operations) }),
    ],
    databaseTimeoutMs: 50,
    onEvent: (event) => events.push(event),
  })
  made.app.get('/optional', made.auth.currentUser({ optional: true }), (c) => c.json({}))
  await made.browser().post('/register', ann)
  const client = made.browser()
  const { csrf_token: csrf } = await json(await client.post('/login', ann))
  const tokens = await json(await made.browser().post('/token', ann))
  const [row] = await db.select().from(members)
  const { key } = await made.auth.apiKeys.create(row as never)
  const settled = () => Promise.allSettled(delayed)
  return { ...made, client, csrf, tokens, key, trouble, delay, settled, events, sqlite, db }
}

type Outage = Awaited<ReturnType<typeof outage>>

const requests: Record<string, (made: Outage, stranger: Browser) => Promise<Response>> = {
  'a session check': ({ client }) => client.get('/me'),
  'an optional session check': ({ client }) => client.get('/optional'),
  'a token check': ({ tokens }, stranger) =>
    stranger.get('/me', { headers: { authorization: `Bearer ${tokens['access_token']}` } }),
  'an API key check': ({ key }, stranger) => stranger.get('/me', { headers: { 'x-api-key': key } }),
  'a login': (_, stranger) => stranger.post('/login', ann),
  'a login of nobody': (_, stranger) => stranger.post('/login', { ...ann, username: 'nobody' }),
  'a login for tokens': (_, stranger) => stranger.post('/token', ann),
  'a refresh': ({ tokens }, stranger) =>
    stranger.post('/refresh', { refresh_token: tokens['refresh_token'] }),
  'a registration': (_, stranger) =>
    stranger.post('/register', { ...ann, email: 'bob@example.com', username: 'bob' }),
  'a logout': ({ client }) => client.post('/logout'),
  'a logout everywhere': ({ client }) => client.post('/logout-all'),
  'a change of password': ({ client }) =>
    client.post('/change-password', {
      current_password: ann.password,
      new_password: 'another horse battery',
    }),
}

const troubles: Record<string, () => Promise<never>> = {
  'does not answer': () => new Promise(() => {}),
  'cannot be reached': () => Promise.reject(new StoreUnavailable('no connection', 'ECONNREFUSED')),
}

describe.each(Object.entries(troubles))('When the users’ database %s', (_, fail) => {
  test.each(Object.entries(requests))('%s is 503, and nobody', async (_name, send) => {
    const made = await outage()
    made.trouble.now = fail
    const response = await send(made, made.browser())
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5'])
    expect(await json(response)).toMatchObject({ code: 'database_unavailable' })
    expect(response.headers.getSetCookie()).toEqual([])
    expect(made.events).toContainEqual(expect.objectContaining({ name: 'database.failed' }))
    made.trouble.now = null
    expect((await made.client.get('/me')).status).toBe(200)
    expect((await made.browser().post('/login', ann)).status).toBe(200)
  })
})

describe('A statement on the users’ table', () => {
  test('that fails for another reason is a failure of ours', async () => {
    const made = await outage()
    made.sqlite.exec('alter table members rename to others')
    const response = await made.client.get('/me')
    expect([response.status, (await json(response))['code']]).toEqual([500, 'internal_error'])
  })

  test('that is too late is not waited for, and what it says then harms nobody', async () => {
    const made = await outage()
    let settle: (error: Error) => void = () => {}
    made.trouble.now = () => new Promise((_, reject) => (settle = reject))
    expect((await made.client.get('/me')).status).toBe(503)
    settle(new Error('too late'))
    made.trouble.now = null
    expect((await made.client.get('/me')).status).toBe(200)
  })

  test.each([[0], [1.5], [Number.NaN], [2 ** 31]])('has no %d ms', (databaseTimeoutMs) => {
    const { db } = database()
    const build = () =>
      crudAuth({ transports: [session()], users: users(db), secret, databaseTimeoutMs })
    expect(build).toThrow(ConfigurationError)
    expect(build).toThrow('databaseTimeoutMs must be a whole number')
  })
})

describe('A write that was given up', () => {
  const change = (made: Outage) =>
    made.client.post('/change-password', {
      current_password: ann.password,
      new_password: 'another horse battery',
    })

  test('after it was sent may still happen, which the answer says; asking again settles it', async () => {
    const made = await outage()
    const { promise: letThrough, resolve } = Promise.withResolvers<void>()
    made.delay.update = letThrough
    const late = await change(made)
    expect(late.status).toBe(503)
    expect(await json(late)).toMatchObject({
      code: 'database_unavailable',
      outcome: 'unknown',
      detail: expect.stringContaining('may still happen'),
    })
    made.delay.update = null
    // The same again: whichever of the two comes first is the one that counts.
    expect((await change(made)).status).toBe(200)
    const [before] = await made.db.select().from(members)
    resolve()
    await made.settled()
    const [after] = await made.db.select().from(members)
    expect(after).toEqual(before)
    const again = { ...ann, password: 'another horse battery' }
    expect((await made.browser().post('/login', again)).status).toBe(200)
  })

  test('before it was sent never happens, and the answer does not say that it may', async () => {
    const made = await outage()
    made.trouble.now = () => new Promise(() => {})
    await Promise.all(Array.from({ length: 150 }, () => made.client.get('/me')))
    const refused = await made.browser().post('/register', {
      ...ann,
      email: 'late@example.com',
      username: 'late',
    })
    expect(await json(refused)).not.toHaveProperty('outcome')
    made.trouble.now = null
    await expect.poll(async () => (await made.client.get('/me')).status).toBe(200)
    expect(await made.db.select().from(members)).toHaveLength(1)
  })

  test('and reads say nothing of an outcome', async () => {
    const made = await outage()
    made.trouble.now = () => new Promise(() => {})
    expect(await json(await made.client.get('/me'))).not.toHaveProperty('outcome')
  })
})

describe('A database that hangs', () => {
  test('is asked no more than may be under way, and answers again at once when it is back', async () => {
    const made = await outage()
    let asked = 0
    const answering = Promise.withResolvers<never>()
    made.trouble.now = () => {
      asked++
      return answering.promise
    }
    const flood = await Promise.all(Array.from({ length: 1000 }, () => made.client.get('/me')))
    expect(new Set(flood.map(({ status }) => status))).toEqual(new Set([503]))
    // Then it counts as silent, and is asked again from time to time only.
    const more = await Promise.all(Array.from({ length: 1000 }, () => made.client.get('/me')))
    expect(new Set(more.map(({ status }) => status))).toEqual(new Set([503]))
    expect(asked).toBeLessThan(110)
    made.trouble.now = null
    answering.reject(new StoreUnavailable('too late'))
    await expect.poll(async () => (await made.client.get('/me')).status).toBe(200)
    expect((await made.browser().post('/login', ann)).status).toBe(200)
  })
})

describe('A server that is not there', async () => {
  const nobody = createServer().listen(0, '127.0.0.1')
  await once(nobody, 'listening')
  const { port } = nobody.address() as AddressInfo
  nobody.close()
  const postgresThere = `postgresql://postgres@127.0.0.1:${port}/test`
  const mysqlThere = `mysql://root@127.0.0.1:${port}/test`
  const inPostgres = pgTable('users', postgresColumns())
  const inMysql = mysqlTable('users', mysqlColumns())
  const stores: Record<string, () => Pick<UserStore, 'find'>> = {
    'Drizzle over node-postgres': () =>
      drizzleUsers(onPg(new Pool({ connectionString: postgresThere })), inPostgres),
    'Drizzle over postgres.js': () =>
      drizzleUsers(onPostgresJs(postgres(postgresThere)), inPostgres),
    'Drizzle over mysql2': () => drizzleUsers(onMysql(createPool(mysqlThere)), inMysql),
    'Kysely over pg': () => {
      const pool = new Pool({ connectionString: postgresThere })
      const db = new Kysely<never>({ dialect: new PostgresDialect({ pool }) })
      return kyselyUsers(db as never, 'users' as never, authUserColumns('postgresql') as never)
    },
    'Kysely over mysql2': () => {
      const db = new Kysely<never>({
        dialect: new MysqlDialect({ pool: callbackPool(mysqlThere) }),
      })
      return kyselyUsers(db as never, 'users' as never, authUserColumns('mysql') as never)
    },
  }

  test.each(Object.entries(stores))('is told of as such by %s', async (_, make) => {
    const error = await thrownBy(() => make().find('email', 'ann@example.com', {}))
    expect(error).toBeInstanceOf(StoreUnavailable)
    expect(error).toMatchObject({ code: 'ECONNREFUSED' })
    expect(String(error)).not.toContain('ann@example.com')
  })
})

const hasPostgres = await isReachable(postgresService)
const hasMysql = await isReachable(mysql)
const name = `outages_${randomBytes(4).toString('hex')}`
const ignore = () => undefined

describe.runIf(hasPostgres)('A PostgreSQL that is there', () => {
  const table = pgTable(name, postgresColumns())
  const admin = new Pool({ connectionString: postgresUrl })
  const pools: Pool[] = [admin]
  const open = (options: PoolConfig = {}) => {
    const pool = new Pool({ connectionString: postgresUrl, ...options })
    pool.on('error', ignore).on('connect', (client) => client.on('error', ignore))
    pools.push(pool)
    return pool
  }
  const overKysely = (pool: Pool) =>
    kyselyUsers(
      new Kysely<never>({ dialect: new PostgresDialect({ pool }) }) as never,
      name as never,
      authUserColumns('postgresql') as never,
    ) as unknown as UserStore
  const overDrizzle = (pool: Pool) => drizzleUsers(onPg(pool), table) as unknown as UserStore
  const kinds = { Drizzle: overDrizzle, Kysely: overKysely }

  beforeAll(async () => {
    for (const statement of tableStatements(table)) await admin.query(statement)
  })
  afterAll(async () => {
    await admin.query(`drop table ${name}`)
    for (const pool of pools) await pool.end()
  })

  test.each(Object.entries(kinds))(
    'and ends the connection inside of a transaction: %s',
    async (kind, make) => {
      const users = make(open())
      const ended = users.insert(newRow(users, 1, true), {}, async (transaction) => {
        const { rows } =
          kind === 'Drizzle'
            ? await (transaction as ReturnType<typeof onPg>).execute(
                'select pg_backend_pid() as pid',
              )
            : await ksql`select pg_backend_pid() as pid`.execute(transaction as Kysely<unknown>)
        const [{ pid }] = rows as [{ pid: number }]
        await admin.query('select pg_terminate_backend($1, 5000)', [pid])
      })
      await expect(ended).rejects.toBeInstanceOf(StoreUnavailable)
      expect(await users.find('email', 'user1@example.com', {})).toBeNull()
    },
  )

  test.each([
    ['a statement', { statement_timeout: 100 }, '57014'],
    ['a lock', { lock_timeout: 100 }, '55P03'],
    ['an answer', { query_timeout: 100 }, undefined],
  ])('and does not wait for %s', async (_, limits, code) => {
    const users = overDrizzle(open(limits))
    const locking = await admin.connect()
    try {
      await locking.query(`begin; lock table ${name}`)
      const error = await thrownBy(() => users.find('email', 'x', {}))
      expect(error).toBeInstanceOf(StoreUnavailable)
      expect(error).toMatchObject({ code })
    } finally {
      await locking.query('rollback')
      locking.release()
    }
  })

  test.each([
    'UNIQUE constraint failed: x.email',
    'CHECK constraint failed: é',
    'Connection terminated',
  ])('and fails for a reason that is not what a value says: %s', async (email) => {
    const absent = pgTable(`${name}_absent`, postgresColumns())
    const users = drizzleUsers(onPg(open()), absent)
    const isOurs = { name: 'DatabaseError', code: '42P01' }
    await expect(users.find('email', email, {})).rejects.toMatchObject(isOurs)
    const values = { email, username: 'ann', hashedPassword: 'x' }
    await expect(users.insert(values, {})).rejects.toMatchObject(isOurs)
  })

  test('and has no connection to spare', async () => {
    const pool = open({ max: 1, connectionTimeoutMillis: 50 })
    const taken = await pool.connect()
    await expect(overDrizzle(pool).find('email', 'x', {})).rejects.toBeInstanceOf(StoreUnavailable)
    taken.release()
  })
})

describe.runIf(hasMysql)('A MySQL that is there', () => {
  const table = mysqlTable(name, mysqlColumns())
  const admin = createPool(mysqlUrl)
  const pools: { end(): unknown }[] = [admin]
  const open = (options: PoolOptions = {}) => {
    const pool = callbackPool({ uri: mysqlUrl, ...options })
    pools.push(pool)
    return pool
  }
  const overKysely = (pool: ReturnType<typeof open>) =>
    kyselyUsers(
      new Kysely<never>({ dialect: new MysqlDialect({ pool }) }) as never,
      name as never,
      authUserColumns('mysql') as never,
    ) as unknown as UserStore
  const overDrizzle = (pool: ReturnType<typeof open>) =>
    drizzleUsers(onMysql(pool), table) as unknown as UserStore
  const kinds = { Drizzle: overDrizzle, Kysely: overKysely }

  beforeAll(async () => {
    for (const statement of tableStatements(table)) await admin.query(statement)
  })
  afterAll(async () => {
    await admin.query(`drop table ${name}`)
    for (const pool of pools) await pool.end()
  })

  test.each(Object.entries(kinds))(
    'and ends the connection inside of a transaction: %s',
    async (kind, make) => {
      const users = make(open())
      const ended = users.insert(
        newRow(users, 1, kind === 'Drizzle' ? true : 1),
        {},
        async (tx) => {
          const result =
            kind === 'Drizzle'
              ? await (tx as ReturnType<typeof onMysql>).execute('select connection_id() as id')
              : await ksql`select connection_id() as id`.execute(tx as Kysely<unknown>)
          const rows = Array.isArray(result) ? result[0] : (result as { rows: unknown }).rows
          const [{ id }] = rows as unknown as [{ id: number }]
          await admin.query(`kill ${id}`)
        },
      )
      await expect(ended).rejects.toBeInstanceOf(StoreUnavailable)
      expect(await users.find('email', 'user1@example.com', {})).toBeNull()
    },
  )

  test.each<[string, PoolOptions]>([
    ['and nobody may wait for one', { waitForConnections: false }],
    ['and too many wait for one', { queueLimit: 1 }],
  ])('and has no connection to spare, %s', async (_, options) => {
    const pool = open({ connectionLimit: 1, ...options })
    const taken = await pool.promise().getConnection()
    const waiting = pool.promise().getConnection().catch(ignore)
    await expect(overDrizzle(pool).find('email', 'x', {})).rejects.toBeInstanceOf(StoreUnavailable)
    taken.release()
    await waiting.then((connection) => connection?.release())
  })

  test('and has its statements stopped', async () => {
    const users = overDrizzle(open())
    const locking = await admin.getConnection()
    await locking.query(`lock tables ${name} write`)
    const found = thrownBy(() => users.find('email', 'x', {}))
    const waiting = async () => {
      const [rows] = await admin.query(
        `select id as id from information_schema.processlist where state like 'Waiting%' and info like '%from \`${name}\`%'`,
      )
      return (rows as { id: number }[])[0]
    }
    await expect.poll(waiting, { timeout: 10_000 }).toBeDefined()
    await admin.query(`kill query ${(await waiting())?.id}`)
    expect(await found).toBeInstanceOf(StoreUnavailable)
    await locking.query('unlock tables')
    locking.release()
  })
})

/** A row with the columns of `authUserColumns()`, whichever adapter names them. */
function newRow({ map }: UserStore, n: number, flagUp: unknown): Record<string, unknown> {
  const { email, username, hashedPassword, isActive, isSuperuser, emailVerified, tokenVersion } =
    map
  return {
    [email ?? '']: `user${n}@example.com`,
    [username ?? '']: `user${n}`,
    [hashedPassword ?? '']: 'x',
    [isActive ?? '']: flagUp,
    [isSuperuser ?? '']: flagUp,
    [emailVerified ?? '']: flagUp,
    [tokenVersion ?? '']: 1,
  }
}
