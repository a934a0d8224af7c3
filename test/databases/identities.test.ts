/**
 * Who an account is at providers, in columns of the users table: the port's kit over every adapter
 * that makes such a table, and what is said of tables that do not fit.
 */
import { randomBytes } from 'node:crypto'
import Sqlite from 'better-sqlite3'
import { UniqueViolation, type UserStore } from 'crudauth'
import { drizzleUsers } from 'crudauth/drizzle'
import { authUserColumns as mysqlColumns } from 'crudauth/drizzle/mysql'
import { authUserColumns as postgresColumns } from 'crudauth/drizzle/postgres'
import { authUserColumns as sqliteColumns } from 'crudauth/drizzle/sqlite'
import { authUserColumns, kyselyUsers } from 'crudauth/kysely'
import { drizzle as onSqlite } from 'drizzle-orm/better-sqlite3'
import { mysqlTable, unique as mysqlUnique, varchar as mysqlVarchar } from 'drizzle-orm/mysql-core'
import { pgTable, unique, varchar } from 'drizzle-orm/pg-core'
import { integer, sqliteTable, unique as sqliteUnique, text } from 'drizzle-orm/sqlite-core'
import { describe, expect, test } from 'vitest'
import { identityColumns, identityField } from '../../src/users/identity-columns.ts'
import { tableStatements } from '../support/create-table.ts'
import { drizzleDrivers, kyselyDrivers } from '../support/drivers.ts'
import { type OpenIdentities, person } from '../support/identities-kit.ts'
import { everyDriver } from '../support/identities-over-drivers.ts'

const name = `identities_${randomBytes(4).toString('hex')}`
const inPostgres = pgTable(name, {
  ...postgresColumns({ identifiers: ['email'] }),
  customId: varchar('custom_id', { length: 64 }).unique(),
})
const inMysql = mysqlTable(name, {
  ...mysqlColumns({ identifiers: ['email'] }),
  customId: mysqlVarchar('custom_id', { length: 64 }).unique(),
})
const inSqlite = sqliteTable(name, {
  ...sqliteColumns({ identifiers: ['email'] }),
  customId: text('custom_id').unique(),
})
const tenantsInPostgres = pgTable(
  name,
  {
    ...postgresColumns({ identifiers: ['email'] }),
    email: varchar('email', { length: 320 }).notNull(),
    googleId: varchar('google_id', { length: 64 }),
    customId: varchar('custom_id', { length: 64 }),
    tenant: varchar('tenant', { length: 40 }).notNull(),
  },
  (table) => [
    unique().on(table.tenant, table.email),
    unique().on(table.tenant, table.googleId),
    unique().on(table.tenant, table.customId),
  ],
)
const tenantsInMysql = mysqlTable(
  name,
  {
    ...mysqlColumns({ identifiers: ['email'] }),
    email: mysqlVarchar('email', { length: 320 }).notNull(),
    googleId: mysqlVarchar('google_id', { length: 64 }),
    customId: mysqlVarchar('custom_id', { length: 64 }),
    tenant: mysqlVarchar('tenant', { length: 40 }).notNull(),
  },
  (table) => [
    mysqlUnique('tenant_email').on(table.tenant, table.email),
    mysqlUnique('tenant_google').on(table.tenant, table.googleId),
    mysqlUnique('tenant_custom').on(table.tenant, table.customId),
  ],
)
const tenantsInSqlite = sqliteTable(
  name,
  {
    ...sqliteColumns({ identifiers: ['email'] }),
    email: text('email').notNull(),
    googleId: text('google_id'),
    customId: text('custom_id'),
    tenant: text('tenant').notNull(),
  },
  (table) => [
    sqliteUnique().on(table.tenant, table.email),
    sqliteUnique().on(table.tenant, table.googleId),
    sqliteUnique().on(table.tenant, table.customId),
  ],
)
const plain = { postgresql: inPostgres, mysql: inMysql, sqlite: inSqlite }
const withTenants = {
  postgresql: tenantsInPostgres,
  mysql: tenantsInMysql,
  sqlite: tenantsInSqlite,
}

interface Opened extends OpenIdentities {
  readonly run: (statement: string) => unknown
}

interface KyselyRow {
  id: number
  email: string
  hashed_password: string
  google_id: string | null
  custom_id: string | null
}

const anyStore = (store: unknown) => store as UserStore

type KyselyDriver = 'Kysely over pg' | 'Kysely over better-sqlite3'

async function withKysely(driver: KyselyDriver, tenants: boolean): Promise<Opened> {
  const { kind, open } = kyselyDrivers[driver]
  const { db, ...opened } = open<KyselyRow>()
  // A table without further unique columns, which it gets beside the tenant or by themselves.
  for (const statement of tableStatements((tenants ? withTenants : plain)[kind])) {
    await opened.run(statement)
  }
  const { columns, ...rest } = authUserColumns(kind, { identifiers: ['email'] })
  const { githubId: _, ...others } = columns as Record<string, unknown>
  const store = kyselyUsers(db as never, name as never, {
    ...(rest as object),
    columns: { ...(tenants ? others : columns), customId: 'custom_id' } as never,
    unique: ['email', 'google_id', 'custom_id', ...(tenants ? [] : ['github_id'])] as never,
    ...(tenants ? { tenant: 'tenant' as never } : {}),
  })
  return ending({ ...opened, users: anyStore(store) })
}

async function withDrizzle(driver: keyof typeof drizzleDrivers, tenants = false): Promise<Opened> {
  const { kind, open } = drizzleDrivers[driver]
  const { db, ...opened } = open()
  const table = (tenants ? withTenants : plain)[kind]
  for (const statement of tableStatements(table)) await opened.run(statement)
  const options = tenants ? { tenant: 'tenant' as never } : {}
  return ending({ ...opened, users: anyStore(drizzleUsers(db, table as never, options)) })
}

function ending(opened: Opened): Opened {
  return {
    ...opened,
    async close() {
      await opened.run(`drop table ${name}`)
      await opened.close()
    },
  }
}

everyDriver('in columns', withDrizzle, withKysely)

describe('the columns beside an identity', () => {
  test('say which provider was linked last, and when something changed', async () => {
    const opened = await withDrizzle('Drizzle over better-sqlite3')
    const { users: store } = opened
    const at = new Date(1_700_000_000_000)
    const identities = identityColumns(store, ['google', 'custom'], () => at.getTime())
    const { id } = (await store.insert(person(store, 1), {})) as { id: number }
    const row = async () => (await store.find('id', id, {})) as Record<string, unknown>
    expect(await row()).toMatchObject({ oauthProvider: null, oauthUpdatedAt: null })
    await identities.link(id, { provider: 'custom', subject: '7' }, {})
    expect(await row()).toMatchObject({
      customId: '7',
      googleId: null,
      oauthProvider: 'custom',
      oauthCreatedAt: null,
      oauthUpdatedAt: at,
    })
    await opened.close()
  })
})

describe('which column is a provider’s', () => {
  const base = () => sqliteColumns({ identifiers: ['email'], oauth: false })
  const opened = (columns: object, map: object = {}) => {
    const table = sqliteTable('users', { ...base(), ...columns } as ReturnType<typeof base>)
    return anyStore(drizzleUsers(onSqlite(new Sqlite(':memory:')), table, { columns: map }))
  }

  test.each([
    ['googleId', { googleId: text('google_id').unique() }],
    ['google_id', { google_id: text().unique() }],
    ['gid', { gid: text('google_id').unique() }],
  ])('is told by the name of the property or of the column: %s', (property, columns) => {
    const store = opened(columns)
    expect(store.problems).toEqual([])
    expect(store.identities).toEqual({ googleId: property })
    expect(identityColumns(store, ['google']).problems).toEqual([])
  })

  test('is told by the map, whatever its name', () => {
    const store = opened({ goo: text('goo').unique() }, { googleId: 'goo' })
    expect(store.identities).toEqual({ googleId: 'goo' })
    expect(identityColumns(store, ['google']).problems).toEqual([])
  })

  test.each([
    ['is not unique', { teamId: text('team_id') }, {}],
    ['holds no text', { teamId: integer('team_id').unique() }, {}],
    ['means something else', { teamId: text('team_id').unique() }, { teamId: null }],
  ])('is not one that %s', (_, columns, map) => {
    const store = opened(columns, map)
    expect([store.problems, store.identities]).toEqual([[], {}])
  })

  test('is not one that logs in, is the key, or is another table’s', () => {
    const table = sqliteTable('users', { ...base(), accountId: text('account_id').unique() })
    const db = onSqlite(new Sqlite(':memory:'))
    expect(drizzleUsers(db, table, { factors: { staff: 'accountId' } }).identities).toEqual({})
  })

  test.each([
    [{}, ['google'], /no column for the provider 'google'; add a unique one of text for googleId/],
    [{ goo: text('goo') }, ['goo'], /no column for the provider 'goo'/],
    [{ gooId: text('goo_id').notNull().unique() }, ['goo'], /'goo_id' .*must be nullable/],
    [{ aBId: text('a_b_id').unique() }, ['a-b', 'a_b'], /'a-b' and 'a_b' would share one column/],
  ])('a table of %o does not fit %j', (columns, providers, problem) => {
    const { problems } = identityColumns(opened(columns), providers)
    expect(problems).toEqual([expect.stringMatching(problem)])
  })

  test('one that is mapped must be unique, hold text, and tell cases apart', () => {
    const loose = opened({ goo: text('goo') }, { googleId: 'goo' })
    expect(identityColumns(loose, ['google']).problems).toEqual([
      expect.stringMatching(/'goo' .*is not unique/),
    ])
    const number = opened({ goo: integer('goo').unique() }, { googleId: 'goo' })
    expect(number.problems).toEqual([expect.stringMatching(/columns\.googleId .*must hold string/)])
    const folded = opened(
      { goo: text('goo').unique() },
      { googleId: { property: 'goo', ignoreCase: true } },
    )
    expect(folded.problems).toEqual([expect.stringMatching(/googleId has ignoreCase/)])
  })

  test('a subject that its column would cut is refused', async () => {
    const client = new Sqlite(':memory:')
    const table = sqliteTable('users', { ...base(), gooId: text('goo_id', { length: 5 }).unique() })
    for (const statement of tableStatements(table)) client.exec(statement)
    const store = anyStore(drizzleUsers(onSqlite(client), table))
    const { id } = (await store.insert(person(store, 1), {})) as { id: number }
    const identities = identityColumns(store, ['goo'])
    const link = identities.link(id, { provider: 'goo', subject: '123456' }, {})
    await expect(link).rejects.toMatchObject({ name: 'RejectedValue', properties: ['gooId'] })
    expect(await identities.link(id, { provider: 'goo', subject: '12345' }, {})).toBe('linked')
  })

  test('another unique column that is violated is not taken for the identity', async () => {
    const store = {
      ...opened({ gooId: text('goo_id').unique() }),
      update: () => Promise.reject(new UniqueViolation(['email'])),
    }
    const link = identityColumns(store, ['goo']).link(1, { provider: 'goo', subject: '1' }, {})
    await expect(link).rejects.toBeInstanceOf(UniqueViolation)
  })

  test.each([
    ['google', 'googleId'],
    ['my-company', 'myCompanyId'],
    ['my_company', 'myCompanyId'],
    ['azureAd', 'azureAdId'],
  ])('of the provider %s is %s', (provider, field) => {
    expect(identityField(provider)).toBe(field)
  })
})
