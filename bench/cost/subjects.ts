/**
 * What is measured: a check of the library's, and the same written by hand: a middleware that does
 * the same read and the same query through the same ORM, and nothing else, before the same handler.
 * It has no CSRF token, no lifetimes, no epoch, no principal: the least that a check can cost.
 */
import { createHash, createHmac, createSecretKey, randomBytes, timingSafeEqual } from 'node:crypto'
import { createClient } from '@redis/client'
import Database from 'better-sqlite3'
import { apiKeys, memoryStorage, type Storage } from 'crudauth'
import { drizzleApiKeys, drizzleStorage, drizzleUsers } from 'crudauth/drizzle'
import * as postgresColumns from 'crudauth/drizzle/postgres'
import { authApiKeyColumns, authUserColumns } from 'crudauth/drizzle/sqlite'
import { bearer, honoAuth, session } from 'crudauth/hono'
import { redisStorage } from 'crudauth/redis'
import { eq, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { drizzle as drizzlePostgres } from 'drizzle-orm/node-postgres'
import { pgTable } from 'drizzle-orm/pg-core'
import { sqliteTable } from 'drizzle-orm/sqlite-core'
import { type Context, Hono } from 'hono'
import { getCookie } from 'hono/cookie'
import { jwtVerify } from 'jose'
import { Pool } from 'pg'
import { createTable, tableStatements } from '../../test/support/create-table.ts'
import { postgresUrl, redisUrl } from '../../test/support/services.ts'
import { ownerOf } from '../owner-of.ts'

/** One row of the table of figures. */
export interface Subject {
  /** By what they are called; the first is the library's. All answer `GET /checked` alike. */
  readonly apps: Readonly<Record<string, Pick<Hono, 'fetch'>>>
  readonly headers: Readonly<Record<string, string>>
  close(): Promise<void>
}

export const subjects = {
  'session, memory': sessionInMemory,
  'session, Redis': sessionInRedis,
  'session, SQL': sessionInSql,
  bearer: bearerToken,
  'API key': apiKey,
} as const

export type SubjectName = keyof typeof subjects

const secret = 'a secret for benchmarks, thirty-two bytes or more'
const person = { email: 'ann@example.com', username: 'ann', password: 'correct horse battery' }
const userAgent = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
const users = sqliteTable('users', authUserColumns())
const keys = sqliteTable('api_keys', authApiKeyColumns())

/** Redis outlives the process. */
const namespace = `bench-${process.pid}-${randomBytes(4).toString('hex')}`

const common = {
  secret,
  namespace,
  rateLimits: { register: { times: 0, seconds: 1 } },
  passwords: { cost: 4 },
  warnOnMemoryStorage: false,
  onEvent: () => undefined,
} as const

/** A users table in memory, with a query that is prepared once. */
function sqliteUsers() {
  const sqlite = new Database(':memory:')
  createTable(sqlite, users)
  createTable(sqlite, keys)
  const db = drizzle(sqlite)
  const find = db
    .select()
    .from(users)
    .where(eq(users.id, sql.placeholder('id')))
    .prepare()
  return { db, find }
}

type Answering = Pick<Hono, 'request'>

/** Who is calling, as a handler written by hand would find it. */
type FindUser = (c: Context) => { id: number } | undefined | Promise<{ id: number } | undefined>

/** A middleware and a handler, as the library's guard and the handler behind it. */
function byHandOf(findUser: FindUser) {
  return new Hono<{ Variables: { user: { id: number } } }>().get(
    '/checked',
    async (c, next) => {
      const user = await findUser(c)
      if (!user) return c.json({}, 401)
      c.set('user', user)
      await next()
    },
    (c) => c.json({ id: c.var.user.id }),
  )
}

/** The same in one handler, which is what Hono is fastest with. */
function inOneHandler(findUser: FindUser) {
  return new Hono().get('/checked', async (c) => {
    const user = await findUser(c)
    return user ? c.json({ id: user.id }) : c.json({}, 401)
  })
}

async function post(app: Answering, path: string, body: object): Promise<Response> {
  const answer = await app.request(`https://app.example.com${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': userAgent },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`)
  return answer
}

function cookiesOf(answer: Response): string {
  return answer.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
}

const digest = (id: string, encoding: 'base64url' | 'hex' = 'base64url') =>
  createHash('sha256').update(id).digest(encoding)

/** The key of a session that came with a request. */
const carried = (c: Context) =>
  `${namespace}:session:${digest(getCookie(c, '__Host-session_id') ?? '')}`

async function sessionIn(storage: Storage, get: (key: string) => Promise<string | null>) {
  const { db, find } = sqliteUsers()
  const transports = [session()] as const
  const auth = honoAuth({ ...common, users: drizzleUsers(db, users), storage, transports })
  const app = auth
    .mount(new Hono())
    .get('/checked', auth.guard(), (c) => c.json({ id: c.var.principal.userId }))
  await post(app, '/register', person)
  const cookie = cookiesOf(await post(app, '/login', person))
  const findUser = async (c: Context) => {
    const stored = await get(carried(c))
    if (stored === null) return undefined
    return find.get({ id: ownerOf(stored) })
  }
  return {
    apps: {
      crudauth: app,
      'by hand': byHandOf(findUser),
      'in one handler': inOneHandler(findUser),
    },
    headers: { cookie, 'user-agent': userAgent },
  }
}

async function sessionInMemory(): Promise<Subject> {
  const storage = memoryStorage()
  // By hand it would be a map; the record that is in it is the one of the library.
  const map = new Map<string, string>()
  const made = await sessionIn(storage, async (key) => map.get(key) ?? null)
  const id = /session_id=([^;]+)/.exec(made.headers.cookie)?.[1] ?? ''
  const key = `${namespace}:session:${digest(id)}`
  map.set(key, (await storage.get(key)) ?? '')
  return { ...made, close: async () => undefined }
}

async function sessionInRedis(): Promise<Subject> {
  const client = createClient({ url: redisUrl })
  await client.connect()
  const storage = redisStorage({ client, timeoutMs: 10_000 })
  const made = await sessionIn(storage, (key) => client.get(key))
  return {
    ...made,
    async close() {
      const pattern = { MATCH: `${namespace}*`, COUNT: 1000 }
      for await (const found of client.scanIterator(pattern)) {
        if (found.length > 0) await client.unlink(found)
      }
      client.destroy()
    },
  }
}

async function sessionInSql(): Promise<Subject> {
  const pool = new Pool({ connectionString: postgresUrl, max: 10 })
  const db = drizzlePostgres(pool)
  const name = `bench_${process.pid}`
  const people = pgTable(`${name}_users`, postgresColumns.authUserColumns())
  const stored = pgTable(`${name}_storage`, postgresColumns.authStorageColumns())
  for (const statement of [...tableStatements(people), ...tableStatements(stored)]) {
    await pool.query(statement)
  }
  const storage = drizzleStorage(db, stored, { timeoutMs: 10_000 })
  const transports = [session()] as const
  const auth = honoAuth({ ...common, users: drizzleUsers(db, people), storage, transports })
  const app = auth
    .mount(new Hono())
    .get('/checked', auth.guard(), (c) => c.json({ id: c.var.principal.userId }))
  await post(app, '/register', person)
  const cookie = cookiesOf(await post(app, '/login', person))
  const read = db
    .select()
    .from(stored)
    .where(eq(stored.id, sql.placeholder('id')))
    .prepare('by_hand_storage')
  const find = db
    .select()
    .from(people)
    .where(eq(people.id, sql.placeholder('id')))
    .prepare('by_hand_user')
  const byHand = byHandOf(async (c) => {
    const [record] = await read.execute({ id: digest(carried(c), 'hex') })
    if (!record || record.expiresAt <= Date.now()) return undefined
    const id = ownerOf(record.value)
    const [user] = await find.execute({ id })
    return user
  })
  return {
    apps: { crudauth: app, 'by hand': byHand },
    headers: { cookie, 'user-agent': userAgent },
    async close() {
      await pool.query(`drop table ${name}_users, ${name}_storage`)
      await pool.end()
    },
  }
}

async function bearerToken(): Promise<Subject> {
  const { db, find } = sqliteUsers()
  const transports = [bearer({ refresh: 'body' })] as const
  const storage = memoryStorage()
  const auth = honoAuth({ ...common, users: drizzleUsers(db, users), storage, transports })
  const app = auth
    .mount(new Hono())
    .get('/checked', auth.guard(), (c) => c.json({ id: c.var.principal.userId }))
  await post(app, '/register', person)
  const login = await post(app, '/token', person)
  const { access_token: token } = (await login.json()) as { access_token: string }

  const sent = (header: string | undefined) => header?.slice('Bearer '.length) ?? ''
  const key = createSecretKey(Buffer.from(secret))
  const withJose = byHandOf(async (c) => {
    const { payload } = await jwtVerify(sent(c.req.header('authorization')), key, {
      algorithms: ['HS256'],
    })
    return find.get({ id: Number(payload.sub) })
  })
  const byHand = byHandOf((c) => {
    const [header = '', body = '', signature = ''] = sent(c.req.header('authorization')).split('.')
    const expected = createHmac('sha256', key).update(`${header}.${body}`).digest()
    const given = Buffer.from(signature, 'base64url')
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
    const { alg } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { alg: string }
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as {
      sub: string
      exp: number
    }
    if (alg !== 'HS256' || claims.exp <= Date.now() / 1000) return undefined
    return find.get({ id: Number(claims.sub) })
  })
  return {
    apps: { crudauth: app, 'by hand': byHand, 'with jose': withJose },
    headers: { authorization: `Bearer ${token}` },
    close: async () => undefined,
  }
}

async function apiKey(): Promise<Subject> {
  const { db, find } = sqliteUsers()
  const transports = [apiKeys({ keys: drizzleApiKeys(db, keys) })] as const
  const storage = memoryStorage()
  const auth = honoAuth({ ...common, users: drizzleUsers(db, users), storage, transports })
  const app = auth
    .mount(new Hono())
    .get('/checked', auth.guard(), (c) => c.json({ id: c.var.principal.userId }))
  await post(app, '/register', person)
  const [member] = db.select().from(users).all()
  if (!member) throw new Error('the member was not registered')
  const { key } = await auth.apiKeys.create(member)
  const findKey = db
    .select()
    .from(keys)
    .where(eq(keys.hashedKey, sql.placeholder('hash')))
    .prepare()
  const byHand = byHandOf((c) => {
    const row = findKey.get({ hash: digest(c.req.header('x-api-key') ?? '') })
    return row && find.get({ id: row.userId })
  })
  return {
    apps: { crudauth: app, 'by hand': byHand },
    headers: { 'x-api-key': key },
    close: async () => undefined,
  }
}
