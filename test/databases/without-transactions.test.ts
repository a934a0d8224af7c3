/**
 * Hashes in a second table over a driver that has no transactions: refused, with what to use
 * instead.
 */
import Database from 'better-sqlite3'
import { ConfigurationError, StoreUnavailable, type UserStore } from 'crudauth'
import { drizzleUsers } from 'crudauth/drizzle'
import { kyselyUsers } from 'crudauth/kysely'
import { prismaUsers } from 'crudauth/prisma'
import { drizzle as onD1 } from 'drizzle-orm/d1'
import { int, mysqlTable, varchar } from 'drizzle-orm/mysql-core'
import { drizzle as onMysqlProxy } from 'drizzle-orm/mysql-proxy'
import { integer as pgInteger, pgTable, text as pgText } from 'drizzle-orm/pg-core'
import { drizzle as onPgProxy } from 'drizzle-orm/pg-proxy'
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { drizzle as onProxy } from 'drizzle-orm/sqlite-proxy'
import {
  type Driver,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  SqliteDialect,
} from 'kysely'
import { describe, expect, test, vi } from 'vitest'
import { application } from '../support/application.ts'

const lite = {
  people: sqliteTable('people', { id: integer().primaryKey(), email: text().notNull().unique() }),
  hashes: sqliteTable('hashes', { userId: integer('user_id').primaryKey(), hash: text() }),
}
const pg = {
  people: pgTable('people', { id: pgInteger().primaryKey(), email: pgText().notNull().unique() }),
  hashes: pgTable('hashes', { userId: pgInteger('user_id').primaryKey(), hash: pgText() }),
}
const mysql = {
  people: mysqlTable('people', {
    id: int().primaryKey(),
    email: varchar({ length: 255 }).notNull().unique(),
  }),
  hashes: mysqlTable('hashes', {
    userId: int('user_id').primaryKey(),
    hash: varchar({ length: 255 }),
  }),
}
const without = 'a change of a password could be written by half'

describe('Drizzle', () => {
  const nothing = async () => ({ rows: [] })
  /** As Drizzle marks its classes; the packages of these are not installed. */
  const over = (kind: string) => {
    const Session = Object.assign(() => undefined, { [Symbol.for('drizzle:entityKind')]: kind })
    return { session: Object.create({ constructor: Session }), select: () => undefined }
  }
  test.each([
    ['D1', onD1({} as never), lite, 'a database that has them, such as libSQL'],
    ['Neon over HTTP', over('NeonHttpSession'), pg, 'drizzle-orm/neon-serverless'],
    ['Xata over HTTP', over('XataHttpSession'), pg, 'drizzle-orm/node-postgres'],
    ['a Prisma client', over('PrismaPgSession'), pg, 'prismaUsers of crudauth/prisma'],
    ['a proxy to PostgreSQL', onPgProxy(nothing), pg, 'drizzle-orm/node-postgres'],
    ['a proxy to MySQL', onMysqlProxy(nothing), mysql, 'drizzle-orm/mysql2'],
    ['a proxy to SQLite', onProxy(nothing), lite, 'drizzle-orm/better-sqlite3'],
  ])('over %s is refused at construction', (_, db, { people, hashes }, instead) => {
    const passwords = { table: hashes, user: 'userId', hash: 'hash' }
    const { problems } = drizzleUsers(db as never, people as never, { passwords } as never)
    expect(problems).toEqual([expect.stringContaining(without)])
    expect(problems[0]).toContain(`use ${instead}`)
    expect(problems[0]).toContain('or keep the hash in the users table')
  })
})

const passwords = { table: 'hashes', user: 'user_id', hash: 'hash', unique: ['user_id'] }
const store = (db: unknown, more: object = { passwords }) =>
  kyselyUsers(
    db as Kysely<never>,
    'people' as never,
    {
      columns: {
        id: 'id',
        email: 'email',
        ...('passwords' in more ? {} : { hashedPassword: 'h' }),
      },
      unique: ['email'],
      ...more,
    } as never,
  ) as unknown as UserStore

/** Over SQLite, whose connections do all but begin a transaction. */
class Without extends SqliteDialect {
  readonly #refusal: () => unknown

  constructor(database: Database.Database, refusal: () => unknown) {
    super({ database })
    this.#refusal = refusal
  }

  override createDriver(): Driver {
    const driver = super.createDriver()
    driver.beginTransaction = async () => {
      throw this.#refusal()
    }
    return driver
  }
}

function open(refusal: () => unknown = () => new Error('Transactions are not supported yet.')) {
  const database = new Database(':memory:')
  database.exec(
    `create table people (id integer primary key, email text unique, h text);
     create table hashes (user_id integer primary key, hash text);
     insert into people (email, h) values ('a@example.com', 'x')`,
  )
  return { db: new Kysely<never>({ dialect: new Without(database, refusal) }), database }
}

describe('Kysely', () => {
  test('over Neon’s dialect is refused at construction', () => {
    class NeonAdapter extends PostgresAdapter {
      override get supportsTransactionalDdl() {
        return false
      }
    }
    const db = new Kysely<never>({
      dialect: {
        createAdapter: () => new NeonAdapter(),
        createDriver: () => new DummyDriver(),
        createIntrospector: (of) => new PostgresIntrospector(of),
        createQueryCompiler: () => new PostgresQueryCompiler(),
      },
    })
    expect(store(db).problems).toEqual([expect.stringContaining(without)])
    expect(store(db).problems[0]).toContain('use PostgresDialect with a Pool')
    expect(store(db, {}).problems).toEqual([])
  })

  test('that is a transaction itself is refused at construction', async () => {
    const db = new Kysely<never>({
      dialect: new SqliteDialect({ database: new Database(':memory:') }),
    })
    const problems = await db.transaction().execute(async (inside) => store(inside).problems)
    expect(problems).toEqual([expect.stringContaining('pass the Kysely that it was made of')])
    expect(store(db).problems).toEqual([])
  })

  test('over another dialect without is refused by init, and before anything is read or written', async () => {
    const { db, database } = open()
    const users = store(db)
    expect(users.problems).toEqual([])
    const { auth, browser } = application({ users })
    await expect(auth.init()).rejects.toBeInstanceOf(ConfigurationError)
    await expect(auth.init()).rejects.toThrow(without)
    await expect(auth.init()).rejects.toThrow('Transactions are not supported yet.')
    for (const attempt of [
      async () => users.find('email', 'a@example.com', {}),
      () => users.insert({ email: 'b@example.com', hashedPassword: 'y' }, {}),
      () => users.update(1, { email: 'b@example.com' }, {}),
    ]) {
      await expect(attempt()).rejects.toBeInstanceOf(ConfigurationError)
    }
    const body = { email: 'b@example.com', password: 'correct horse battery' }
    expect((await browser().post('/register', body)).status).toBe(500)
    const rows = database.prepare('select email from people').pluck().all()
    expect(rows).toEqual(['a@example.com'])
  })

  test('is asked once, and not at all where the hash is in the users table', async () => {
    const begun = vi.fn(() => new Error('Transactions are not supported yet.'))
    const plain = store(open(begun).db, {})
    expect(plain.init).toBeUndefined()
    await plain.find('email', 'a@example.com', {})
    expect(begun).not.toHaveBeenCalled()

    const database = new Database(':memory:')
    database.exec('create table people (id integer primary key, email text unique)')
    database.exec('create table hashes (user_id integer primary key, hash text)')
    const statements: string[] = []
    const db = new Kysely<never>({
      dialect: new SqliteDialect({ database }),
      log: ({ query }) => void statements.push(query.sql),
    })
    const users = store(db)
    await Promise.all([users.find('email', 'a', {}), users.find('email', 'b', {})])
    await users.find('email', 'c', {})
    expect(statements.filter((one) => one === 'begin')).toHaveLength(1)
    expect(statements.filter((one) => one.startsWith('select'))).toHaveLength(3)
  })

  test('whose database does not answer is out of order, not without transactions', async () => {
    const down = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
    const { db } = open(() => down)
    const users = store(db)
    await expect(users.init?.()).rejects.toBeInstanceOf(StoreUnavailable)
    await expect(async () => users.find('email', 'x', {})).rejects.toBeInstanceOf(StoreUnavailable)
  })
})

describe('Prisma', () => {
  const field = (name: string, type: string) => ({ name, type, kind: 'scalar' })
  const client = (more: object) => ({
    _activeProvider: 'sqlite',
    _runtimeDataModel: {
      models: {
        User: { fields: [field('id', 'Int'), field('email', 'String')] },
        Secret: { fields: [field('userId', 'Int'), field('hash', 'String')] },
      },
    },
    user: {},
    secret: {},
    $transaction: () => undefined,
    ...more,
  })
  const problems = (more: object) =>
    prismaUsers(
      client(more) as never,
      'user' as never,
      {
        unique: ['email'],
        passwords: { model: 'secret', user: 'userId', hash: 'hash', unique: ['userId'] },
      } as never,
    ).problems
  const over = (adapter: object) => problems({ _engineConfig: { adapter } })

  test.each([
    ['D1', { adapterName: '@prisma/adapter-d1' }, 'keep the hash in the users table'],
    ['D1 over HTTP', { adapterName: '@prisma/adapter-d1-http' }, 'PrismaLibSql'],
    [
      'Neon over HTTP',
      { adapterName: '@prisma/adapter-neon', connectionString: 'postgresql://…' },
      'use PrismaNeon of @prisma/adapter-neon',
    ],
  ])('over %s is refused at construction', (_, adapter, instead) => {
    expect(over(adapter)).toEqual([expect.stringContaining(without)])
    expect(over(adapter)[0]).toContain(instead)
  })

  test('whose client is that of a transaction is refused at construction', () => {
    expect(problems({ $transaction: undefined })).toEqual([
      expect.stringContaining('pass the client that new PrismaClient() made'),
    ])
  })

  test.each([
    ['Neon over WebSockets', { adapterName: '@prisma/adapter-neon', config: {} }],
    ['PostgreSQL', { adapterName: '@prisma/adapter-pg' }],
    ['a client that shows none', undefined],
  ])('over %s is taken', (_, adapter) => {
    expect(over(adapter as never)).toEqual([])
  })
})
