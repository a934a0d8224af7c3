import Database from 'better-sqlite3'
import type { UserStore } from 'crudauth'
import { drizzleUsers } from 'crudauth/drizzle'
import { authUserColumns } from 'crudauth/drizzle/sqlite'
import { userStoreConformance } from 'crudauth/testing'
import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import {
  index,
  integer,
  type SQLiteTable,
  sqliteTable,
  text,
  unique,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core'
import { describe, expect, test } from 'vitest'
import { createTable } from '../support/create-table.ts'

function open(table: SQLiteTable) {
  const sqlite = new Database(':memory:')
  createTable(sqlite, table)
  return { sqlite, db: drizzle(sqlite) }
}

const fresh = sqliteTable('users', { ...authUserColumns(), nickname: text() })

const legacy = sqliteTable('tbl_accounts', {
  accountId: text('account_id').primaryKey(),
  mail: text('e_mail').notNull().unique(),
  pwHash: text('pw_hash'),
  enabled: integer({ mode: 'boolean' }).notNull().default(true),
  generation: integer().notNull().default(0),
  country: text().notNull().default('AT'),
})

const legacyColumns = {
  id: 'accountId',
  email: 'mail',
  hashedPassword: 'pwHash',
  isActive: 'enabled',
  tokenVersion: 'generation',
} as const

const shared = sqliteTable(
  'members',
  {
    ...authUserColumns({ identifiers: ['login'], recovery: null, oauth: false }),
    email: text().notNull(),
    organisation: text().notNull(),
  },
  (table) => [unique().on(table.organisation, table.email)],
)

const conformance = (
  create: () => unknown,
  row: (n: number) => Record<string, unknown>,
  scopes?: [{ tenant: string }, { tenant: string }],
) => {
  for (const { name, run } of userStoreConformance({
    create: async () => create() as UserStore,
    row,
    ...(scopes ? { scopes } : {}),
  })) {
    test(name, run)
  }
}

describe('User store: Drizzle over better-sqlite3', () => {
  describe('conforms', () => {
    describe('with a new table', () => {
      conformance(
        () => drizzleUsers(open(fresh).db, fresh),
        (n) => ({
          email: `user${n}@example.com`,
          username: `user${n}`,
          hashedPassword: `hash${n}`,
        }),
      )
    })

    describe('with a mapped table and keys of text', () => {
      conformance(
        () => drizzleUsers(open(legacy).db, legacy, { columns: legacyColumns }),
        (n) => ({ accountId: `key-${n}`, mail: `user${n}@example.com`, pwHash: `hash${n}` }),
      )
    })

    describe('with tenants', () => {
      let logins = 0
      conformance(
        () => drizzleUsers(open(shared).db, shared, { tenant: 'organisation' }),
        (n) => ({
          email: `user${n}@example.com`,
          login: `user${logins++}`,
          hashedPassword: `h${n}`,
        }),
        [{ tenant: 'one' }, { tenant: 'two' }],
      )
    })
  })

  describe('the column map', () => {
    const problemsWith = (columns: Record<string, unknown>, table = fresh) =>
      drizzleUsers(open(table).db, table, { columns: columns as never }).problems

    test.each([
      [{ email: 'mail' }, "columns.email names 'mail', which is not a column of users"],
      [{ email: 'is_active' }, "did you mean 'isActive'?"],
      [{ email: 'isActive' }, "columns.email names 'isActive', which holds boolean"],
      [{ id: 'createdAt', tokenVersion: 'nickname' }, 'which holds string; it must hold number'],
      [{ emial: 'email' }, 'columns.emial is not a field that crudauth knows'],
      [{ hashed_password: 'nickname' }, "did you mean 'hashedPassword'?"],
      [{ username: 'email' }, "ties username and email to the same column 'email'"],
      [{ email: 42 }, "columns.email names '42'"],
    ])('%j is refused with what to write', (columns, message) => {
      expect(problemsWith(columns).join('\n')).toContain(message)
    })

    test('the primary key and the hash are required', () => {
      const bare = sqliteTable('bare', { key: integer().primaryKey(), email: text().unique() })
      expect(drizzleUsers(open(bare).db, bare as never).problems).toEqual([
        expect.stringContaining('bare has no column for id; map it with columns: { id:'),
        expect.stringContaining('bare has no column for hashedPassword'),
      ])
    })
  })

  describe('uniqueness is read from the table', () => {
    const base = { id: integer().primaryKey(), hashedPassword: text() }
    const flag = sqliteTable('t', { ...base, email: text().unique() })
    const constraint = sqliteTable('t', { ...base, email: text() }, (t) => [unique().on(t.email)])
    const indexed = sqliteTable('t', { ...base, email: text() }, (t) => [
      uniqueIndex('i').on(t.email),
    ])
    const plainIndex = sqliteTable('t', { ...base, email: text() }, (t) => [index('i').on(t.email)])
    const composite = sqliteTable('t', { ...base, email: text(), org: text() }, (t) => [
      unique().on(t.email, t.org),
    ])
    const partial = sqliteTable('t', { ...base, email: text() }, (t) => [
      uniqueIndex('i').on(t.email).where(sql`${t.hashedPassword} is not null`),
    ])
    // Nobody is looked up by nothing.
    const partialOverItself = sqliteTable('t', { ...base, email: text() }, (t) => [
      uniqueIndex('i').on(t.email).where(sql`${t.email} is not null`),
    ])
    const expression = sqliteTable('t', { ...base, email: text() }, (t) => [
      uniqueIndex('i').on(sql`lower(${t.email})`),
    ])
    const none = sqliteTable('t', { ...base, email: text() })
    const { db } = open(none)

    test.each([
      ['a column flag', flag, true],
      ['a one-column constraint', constraint, true],
      ['a one-column unique index', indexed, true],
      ['a plain index', plainIndex, false],
      ['a composite constraint', composite, false],
      ['a partial index', partial, false],
      ['a partial index over what has a value', partialOverItself, true],
      ['an index on an expression', expression, false],
      ['nothing', none, false],
    ] as const)('%s', (_, table, expected) => {
      expect(drizzleUsers(db, table as typeof none).columns.get('email')?.unique).toBe(expected)
    })

    test('together with the tenant a composite constraint counts', () => {
      const store = drizzleUsers(db, composite, { tenant: 'org' })
      expect(store.columns.get('email')?.unique).toBe(true)
    })
  })

  describe('the columns of a new table', () => {
    test('have the names and nullability of the Python original', () => {
      const { sqlite } = open(sqliteTable('users', authUserColumns()))
      const info = sqlite.pragma('table_info(users)') as {
        name: string
        notnull: number
        pk: number
      }[]
      expect(info.map(({ name, notnull }) => [name, notnull === 1])).toEqual([
        ['id', true],
        ['hashed_password', true],
        ['is_active', true],
        ['is_superuser', true],
        ['email_verified', true],
        ['token_version', true],
        ['created_at', true],
        ['updated_at', false],
        ['email', true],
        ['username', true],
        ['oauth_provider', false],
        ['google_id', false],
        ['github_id', false],
        ['oauth_created_at', false],
        ['oauth_updated_at', false],
      ])
    })

    test('follow the identity, every identifier a column', () => {
      const names = (columns: object) => Object.keys(columns)
      const emailOnly = authUserColumns({ identifiers: ['email'], oauth: false })
      expect(names(emailOnly)).not.toContain('username')
      expect(names(emailOnly)).not.toContain('googleId')
      const nameOnly = authUserColumns({ identifiers: ['username'], recovery: null })
      expect(names(nameOnly)).not.toContain('email')
      const phone = authUserColumns({ identifiers: ['phone'], recovery: 'phone' })
      expect(names(phone)).toEqual(expect.arrayContaining(['phone', 'phoneVerified']))
      const recovered = authUserColumns({ identifiers: ['username'] })
      expect(names(recovered)).toContain('email')
    })

    test('give every row a random epoch', async () => {
      const { db } = open(fresh)
      const store = drizzleUsers(db, fresh)
      const epochs = new Set<unknown>()
      for (let n = 0; n < 20; n++) {
        const row = await store.insert(
          { email: `u${n}@example.com`, username: `u${n}`, hashedPassword: 'x' },
          {},
        )
        epochs.add(row.tokenVersion)
        expect(row.tokenVersion).toBeLessThan(2 ** 31)
      }
      expect(epochs.size).toBeGreaterThan(15)
    })

    test('read and write moments as SQLAlchemy does', async () => {
      const { db, sqlite } = open(fresh)
      sqlite.exec(`insert into users
        (email, username, hashed_password, is_active, is_superuser, email_verified, token_version, created_at)
        values ('py@example.com', 'py', 'x', 1, 0, 0, 3, '2026-03-04 05:06:07.123456')`)
      const store = drizzleUsers(db, fresh)
      const row = await store.find('email', 'py@example.com', {})
      expect(row?.createdAt).toEqual(new Date('2026-03-04T05:06:07.123Z'))
      await store.update(row?.id ?? 0, { nickname: 'python' }, {})
      const [stored] = sqlite.prepare('select updated_at from users').all() as {
        updated_at: string
      }[]
      expect(stored?.updated_at).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/)
    })
  })

  test('a table of another dialect is refused in a sentence', () => {
    const { db } = open(fresh)
    expect(() => drizzleUsers(db, {} as never)).toThrow('must be a table')
  })
})
