/**
 * What the database does not take is the client's to mend, not a failure of the server: 422,
 * without what was sent, on every database.
 */
import { randomBytes } from 'node:crypto'
import { PGlite } from '@electric-sql/pglite'
import Database from 'better-sqlite3'
import { type AuthEvent, RejectedValue, type UserStore } from 'crudauth'
import { drizzleUsers } from 'crudauth/drizzle'
import { authUserColumns as mysqlColumns } from 'crudauth/drizzle/mysql'
import { authUserColumns as postgresColumns } from 'crudauth/drizzle/postgres'
import { authUserColumns as sqliteColumns } from 'crudauth/drizzle/sqlite'
import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { int, mysqlTable, text as mysqlText } from 'drizzle-orm/mysql-core'
import { drizzle as onMysql } from 'drizzle-orm/mysql2'
import { integer as pgInteger, pgTable, text as pgText } from 'drizzle-orm/pg-core'
import { drizzle as onPglite } from 'drizzle-orm/pglite'
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { createPool } from 'mysql2/promise'
import { afterAll, describe, expect, test } from 'vitest'
import { application } from '../support/application.ts'
import { createTable, tableStatements } from '../support/create-table.ts'
import { isReachable, mysql, mysqlUrl } from '../support/services.ts'
import { json } from '../support/world.ts'

// The schemas say less than the tables: nothing but the database knows what it takes.
const name = `rejected_${randomBytes(4).toString('hex')}`
const onPostgres = pgTable(name, {
  ...postgresColumns(),
  code: pgText(),
  age: pgInteger(),
  planId: pgInteger('plan_id'),
  token: pgText(),
})
const onSqlite = sqliteTable(name, {
  ...sqliteColumns(),
  code: text(),
  age: integer(),
  planId: integer('plan_id'),
  token: text(),
})
const onMaria = mysqlTable(name, {
  ...mysqlColumns(),
  code: mysqlText(),
  age: int(),
  planId: int('plan_id'),
  token: mysqlText(),
})

const constraints = (alter: (what: string) => string) => [
  `create table ${name}_plans (id integer primary key)`,
  alter('add constraint adult check (age > 17)'),
  alter(`add constraint plan foreign key (plan_id) references ${name}_plans (id)`),
]

interface Place {
  readonly users: UserStore
  readonly close: () => Promise<unknown> | unknown
}

const places: Record<string, { isThere: boolean; open: () => Promise<Place> }> = {
  PGlite: {
    isThere: true,
    async open() {
      const client = new PGlite()
      const alter = (what: string) => `alter table ${name} ${what}`
      for (const statement of [
        ...tableStatements(onPostgres),
        ...constraints(alter),
        alter('alter column code type varchar(5), alter column token type uuid using null'),
      ]) {
        await client.exec(statement)
      }
      const users = drizzleUsers(onPglite(client), onPostgres) as unknown as UserStore
      return { users, close: () => client.close() }
    },
  },
  SQLite: {
    isThere: true,
    async open() {
      const sqlite = new Database(':memory:')
      createTable(sqlite, onSqlite)
      const { sql: made } = sqlite
        .prepare(`select sql from sqlite_master where name = '${name}'`)
        .get() as { sql: string }
      const strict = made
        .trim()
        .replace(/\)$/, ', check (age > 17), check (length(code) < 6), check (length(token) = 36)')
      sqlite.exec(`drop table ${name}; create table ${name}_plans (id integer primary key)`)
      sqlite.exec(`${strict}, foreign key (plan_id) references ${name}_plans (id))`)
      sqlite.pragma('foreign_keys = on')
      const users = drizzleUsers(drizzle(sqlite), onSqlite) as unknown as UserStore
      return { users, close: () => sqlite.close() }
    },
  },
  MySQL: {
    isThere: await isReachable(mysql),
    async open() {
      const pool = createPool({ uri: mysqlUrl, connectionLimit: 2 })
      const drop = () => pool.query(`drop table if exists ${name}, ${name}_plans`)
      await drop()
      const alter = (what: string) => `alter table ${name} ${what}`
      for (const statement of [
        ...tableStatements(onMaria),
        ...constraints(alter),
        alter('modify code varchar(5), modify token date'),
      ]) {
        await pool.query(statement)
      }
      const users = drizzleUsers(onMysql(pool), onMaria) as unknown as UserStore
      const close = async () => {
        await drop()
        await pool.end()
      }
      return { users, close }
    },
  },
}

const ann = { email: 'ann@example.com', username: 'ann', password: 'correct horse battery' }

describe.each(Object.entries(places))(
  'A value that is refused: %s',
  (database, { isThere, open }) => {
    describe.runIf(isThere)('at registration', async () => {
      const { users, close } = isThere ? await open() : { users: null as never, close: () => {} }
      afterAll(close)
      const register = async (change: object) => {
        const events: AuthEvent[] = []
        const { browser } = application({
          users,
          registration: { extraFields: ['code', 'age', 'planId', 'token'] as never },
          onEvent: (event) => events.push(event),
        })
        const answer = await browser().post('/register', { ...ann, ...change })
        return { status: answer.status, body: await json(answer), events }
      }

      test.each([
        ['too long', { code: 'hunter2' }],
        ['against a check', { age: 7 }],
        ['of no row elsewhere', { plan_id: 4711 }],
        ['not of its type', { token: 'hunter2' }],
      ])('%s is 422', async (_, change) => {
        const { status, body, events } = await register(change)
        expect(status).toBe(422)
        expect(body).toMatchObject({ code: 'validation_failed' })
        const [problem] = body['errors'] as { path: string; message: string }[]
        expect(problem?.message).toBe('Cannot be stored.')
        expect(['', ...Object.keys(change)]).toContain(problem?.path)
        expect(JSON.stringify(body)).not.toMatch(/hunter2|4711/)
        expect(events.filter(({ name }) => name !== 'warning')).toEqual([])
      })

      test('says which, where the database does', async () => {
        const { body } = await register(
          database === 'MySQL' ? { code: 'hunter2' } : { plan_id: 4711 },
        )
        const path = { MySQL: 'code', PGlite: 'plan_id', SQLite: '' }[database]
        expect(body['errors']).toEqual([{ path, message: 'Cannot be stored.' }])
      })

      test('is a RejectedValue of the store, which repeats none', async () => {
        const values = {
          email: 'bob@example.com',
          username: 'bob',
          hashedPassword: 'the-hash',
          isActive: true,
          isSuperuser: false,
          emailVerified: false,
        }
        const error = await users
          .insert({ ...values, code: 'hunter2' }, {})
          .catch((thrown) => thrown)
        expect(error).toBeInstanceOf(RejectedValue)
        expect(`${error.message} ${JSON.stringify(error)}`).not.toMatch(/hunter2|the-hash/)
      })

      test('leaves no account, and the next one is made', async () => {
        expect((await register({ age: 7 })).status).toBe(422)
        expect((await register({ age: 18 })).status).toBe(200)
      })
    })
  },
)

describe('A value that the server adds, and the database refuses,', () => {
  test('is the server’s own trouble', async () => {
    const client = new PGlite()
    for (const statement of tableStatements(onPostgres)) await client.exec(statement)
    await client.exec(`create table plans (id integer primary key);
      alter table ${name} add foreign key (plan_id) references plans (id)`)
    const { browser } = application({
      users: drizzleUsers(onPglite(client), onPostgres),
      registration: { newUserDefaults: { planId: 4711 } },
    })
    expect((await browser().post('/register', ann)).status).toBe(500)
    await client.close()
  })
})

describe('A column that must have a value', () => {
  const users = (more: object, columns: object = {}) =>
    drizzleUsers(
      drizzle(new Database(':memory:')),
      sqliteTable('users', { ...sqliteColumns(), ...more }),
      { columns } as never,
    )
  const needed = /'(\w+)' of the users table must have a value, and registration has none for it/

  test('is known before the first registration', () => {
    const store = users({ legalName: text().notNull(), nick: text() })
    expect(() => application({ users: store })).toThrow(needed)
  })

  test.each([
    ['has a default', { legalName: text().notNull().default('') }, {}],
    [
      'has one in the schema',
      {
        legalName: text()
          .notNull()
          .$defaultFn(() => ''),
      },
      {},
    ],
    ['is generated', { legalName: text().notNull().generatedAlwaysAs(sql`lower(email)`) }, {}],
    ['is sent', { legalName: text().notNull() }, { extraFields: ['legalName'] }],
    ['is added', { legalName: text().notNull() }, { newUserDefaults: { legalName: '' } }],
    ['may be worked out', { legalName: text().notNull() }, { newUserFields: () => ({}) }],
  ])('and is no problem where it %s', (_, more, registration) => {
    expect(() =>
      application({ users: users(more), registration: registration as never }),
    ).not.toThrow()
  })

  test('and is the library’s must have a default, whatever the application adds', () => {
    const store = users({ oauthProvider: text().notNull() })
    const registration = { newUserFields: () => ({}) }
    expect(() => application({ users: store, registration })).toThrow(
      "'oauthProvider' of the users table must have a value, and registration has none for it; give the column a default",
    )
  })

  test('and holds the tenant is filled', () => {
    const table = sqliteTable('users', {
      ...sqliteColumns(),
      shop: text().notNull(),
    })
    const store = drizzleUsers(drizzle(new Database(':memory:')), table, { tenant: 'shop' })
    expect(() => application({ users: store, tenant: () => 'one' })).not.toThrow()
  })
})

test('A login field is no longer than its column', async () => {
  const table = sqliteTable('users', {
    ...sqliteColumns(),
    email: text({ length: 20 }).notNull().unique(),
    username: text({ length: 5 }).notNull().unique(),
  })
  const sqlite = new Database(':memory:')
  createTable(sqlite, table)
  const { browser } = application({ users: drizzleUsers(drizzle(sqlite), table) })
  const register = async (change: object) => {
    const answer = await browser().post('/register', { ...ann, ...change })
    return { status: answer.status, errors: (await json(answer))['errors'] }
  }
  expect(await register({ username: 'annann' })).toEqual({
    status: 422,
    errors: [{ path: 'username', message: 'Must have at most 5 characters.' }],
  })
  // Counted in the form that is stored.
  expect((await register({ username: 'ﬃﬃ' })).status).toBe(422)
  expect((await register({ email: 'annannann@example.com' })).status).toBe(422)
  expect((await register({})).status).toBe(200)
})
