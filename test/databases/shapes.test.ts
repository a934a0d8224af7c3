/**
 * Shapes of tables that one flag or one text column does not tell: tenants by number, login names
 * that stand in a second column in one case, and rows that would be none of ours.
 */
import Database from 'better-sqlite3'
import type { UserStore } from 'crudauth'
import { drizzleUsers } from 'crudauth/drizzle'
import { kyselyUsers } from 'crudauth/kysely'
import { eq } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { integer, sqliteTable, text, unique } from 'drizzle-orm/sqlite-core'
import { Kysely, SqliteDialect } from 'kysely'
import { describe, expect, test } from 'vitest'
import { application } from '../support/application.ts'

const people = sqliteTable(
  'people',
  {
    id: integer().primaryKey(),
    shopId: integer('shop_id').notNull().default(1),
    name: text(),
    nameKey: text('name_key'),
    email: text(),
    hashedPassword: text('hashed_password'),
    tokenVersion: integer('token_version'),
    deleted: integer({ mode: 'boolean' }).notNull().default(false),
  },
  (table) => [unique().on(table.shopId, table.email), unique().on(table.nameKey)],
)

const definition = `create table people (id integer primary key, shop_id integer not null default 1, name text,
  name_key text unique, email text, hashed_password text, token_version integer,
  deleted integer not null default 0, unique (shop_id, email))`

interface Open {
  readonly sqlite: Database.Database
  readonly tenanted: UserStore
  readonly folded: (to: 'lower' | 'upper') => UserStore
  readonly live: UserStore
}

const adapters: Record<string, () => Open> = {
  Drizzle() {
    const sqlite = new Database(':memory:')
    sqlite.exec(definition)
    const db = drizzle(sqlite)
    return {
      sqlite,
      tenanted: drizzleUsers(db, people, { tenant: 'shopId' }) as never,
      folded: (to) =>
        drizzleUsers(db, people, {
          columns: { username: { property: 'name', folded: { property: 'nameKey', to } } },
        }) as never,
      live: drizzleUsers(db, people, {
        columns: { username: { property: 'name', folded: { property: 'nameKey' } } },
        where: eq(people.deleted, false),
      }) as never,
    }
  },
  Kysely() {
    const sqlite = new Database(':memory:')
    sqlite.exec(definition)
    const db = new Kysely<{
      people: {
        id: number
        shop_id: number
        name: string
        name_key: string
        email: string
        hashed_password: string
        token_version: number
        deleted: number
      }
    }>({ dialect: new SqliteDialect({ database: sqlite }) })
    const columns = {
      id: 'id',
      email: 'email',
      hashedPassword: 'hashed_password',
      tokenVersion: 'token_version',
    } as const
    const username = (to: 'lower' | 'upper') =>
      ({ property: 'name', folded: { property: 'name_key', to } }) as const
    return {
      sqlite,
      tenanted: kyselyUsers(db, 'people', {
        columns,
        unique: ['email'],
        tenant: 'shop_id',
        tenantKey: 'integer',
      }) as never,
      folded: (to) =>
        kyselyUsers(db, 'people', {
          columns: { ...columns, username: username(to) },
          unique: ['name_key'],
        }) as never,
      live: kyselyUsers(db, 'people', {
        columns: { ...columns, username: username('lower') },
        unique: ['name_key'],
        where: (eb) => eb('deleted', '=', 0),
        others: ['deleted'],
      }) as never,
    }
  },
}

const password = 'correct horse battery'

describe.each(Object.entries(adapters))('%s', (_, open) => {
  describe('a tenant that is a number', () => {
    test('confines lookups and writes, and one that is none has nobody', async () => {
      const { tenanted, sqlite } = open()
      expect(tenanted.problems).toEqual([])
      const hash = tenanted.map.hashedPassword ?? ''
      const ann = await tenanted.insert({ email: 'ann@example.com', [hash]: 'x' }, { tenant: '7' })
      await tenanted.insert({ email: 'ann@example.com', [hash]: 'y' }, { tenant: '8' })
      expect(sqlite.prepare('select shop_id from people order by id').pluck().all()).toEqual([7, 8])
      expect(await tenanted.find('email', 'ann@example.com', { tenant: '7' })).toEqual(ann)
      for (const tenant of ['9', 'x', '', '7.0', ' 7', '07', '9'.repeat(30)]) {
        expect(await tenanted.find('email', 'ann@example.com', { tenant })).toBeNull()
        const { id } = ann as { id: number }
        expect(await tenanted.update(id, { [hash]: 'z' }, { tenant })).toBe(false)
      }
      await expect(tenanted.insert({ email: 'b' }, { tenant: 'x' })).rejects.toThrow('is none that')
    })
  })

  describe('a login name that a second column has in one case', () => {
    test.each(['lower', 'upper'] as const)('is written and looked up there: %s', async (to) => {
      const { folded, sqlite } = open()
      expect(folded(to).problems).toEqual([])
      const users = folded(to)
      const { browser, logIn } = application({
        users,
        identity: { login: ['username'], recovery: null },
      })
      const body = { username: 'AnnSmith', password }
      expect((await browser().post('/register', body)).status).toBe(200)
      const row = sqlite.prepare('select name, name_key from people').get()
      expect(row).toEqual({ name: 'AnnSmith', name_key: to === 'lower' ? 'annsmith' : 'ANNSMITH' })
      for (const name of ['AnnSmith', 'annsmith', 'ANNSMITH']) {
        expect((await logIn(name, password)).me).toMatchObject({ username: 'AnnSmith' })
      }
      expect((await logIn('annsmit', password)).status).toBe(401)
      const taken = await browser().post('/register', { ...body, username: 'ANNsmith' })
      expect(taken.status).not.toBe(200)
    })

    test('must be unique there', () => {
      const { sqlite } = open()
      const bare = sqliteTable('bare', {
        id: integer().primaryKey(),
        name: text(),
        nameKey: text(),
        hashedPassword: text(),
      })
      const of = (folded: unknown) =>
        drizzleUsers(drizzle(sqlite), bare, {
          columns: { username: { property: 'name', folded } as never },
        }).problems
      expect(of({ property: 'nameKey' })).toEqual([
        expect.stringContaining("names 'nameKey', which is not unique"),
      ])
      expect(of({ property: 'id' })).toEqual([expect.stringContaining('has folded, which names')])
      expect(of({ property: 'nameKey', to: 'title' })).toEqual([
        expect.stringContaining('has folded'),
      ])
    })
  })

  describe('a row that would not meet the condition', () => {
    test('is refused, and nothing of it stays', async () => {
      const { live, sqlite } = open()
      const { browser, logIn } = application({
        users: live,
        identity: { login: ['username'], recovery: null },
        registration: {
          newUserFields: ({ username }) => ({ deleted: username === 'bob' ? 1 : 0 }) as never,
        },
      })
      const bob = await browser().post('/register', { username: 'bob', password })
      expect(bob.status).toBe(422)
      expect(sqlite.prepare('select count(*) from people').pluck().get()).toBe(0)
      const ann = await browser().post('/register', { username: 'ann', password })
      expect(ann.status).toBe(200)
      expect((await logIn('ann', password)).status).toBe(200)
    })
  })
})
