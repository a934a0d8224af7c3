/**
 * Who an account is at providers, in columns of the users table: the port's kit over every adapter
 * that makes such a table, and what is said of tables that do not fit.
 */
import { randomBytes } from 'node:crypto'
import Sqlite from 'better-sqlite3'
import { UniqueViolation, type UserScope, type UserStore } from 'crudauth'
import { drizzleUsers } from 'crudauth/drizzle'
import { authUserColumns as mysqlColumns } from 'crudauth/drizzle/mysql'
import { authUserColumns as postgresColumns } from 'crudauth/drizzle/postgres'
import { authUserColumns as sqliteColumns } from 'crudauth/drizzle/sqlite'
import { addAuthUserColumns, authUserColumns, kyselyUsers } from 'crudauth/kysely'
import { identitiesConformance } from 'crudauth/testing'
import { drizzle as onSqlite } from 'drizzle-orm/better-sqlite3'
import { mysqlTable, varchar as mysqlVarchar } from 'drizzle-orm/mysql-core'
import { pgTable, unique, varchar } from 'drizzle-orm/pg-core'
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { describe, expect, test } from 'vitest'
import { identityColumns, identityField } from '../../src/users/identity-columns.ts'
import { tableStatements } from '../support/create-table.ts'
import { drizzleDrivers, kyselyDrivers } from '../support/drivers.ts'

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
const tenantColumns = {
  ...postgresColumns({ identifiers: ['email'] }),
  email: varchar('email', { length: 320 }).notNull(),
  googleId: varchar('google_id', { length: 64 }),
  customId: varchar('custom_id', { length: 64 }),
  tenant: varchar('tenant', { length: 40 }).notNull(),
}
const withTenants = pgTable(`${name}_tenants`, tenantColumns, (table) => [
  unique().on(table.tenant, table.email),
  unique().on(table.tenant, table.googleId),
  unique().on(table.tenant, table.customId),
])

interface Opened {
  readonly store: UserStore
  readonly run: (statement: string) => unknown
  readonly close: () => unknown
}

interface KyselyRow {
  id: number
  email: string
  hashed_password: string
  google_id: string | null
  custom_id: string | null
}

const anyStore = (store: unknown) => store as UserStore

async function withKysely(driver: 'Kysely over pg' | 'Kysely over better-sqlite3') {
  const { kind, open } = kyselyDrivers[driver]
  const { db, ...opened } = open<KyselyRow>()
  const options = { identifiers: ['email'] } as const
  await db.schema
    .createTable(name)
    .$call((table) => addAuthUserColumns(table as never, kind, options))
    .addColumn('custom_id', 'varchar(64)', (column) => column.unique())
    .execute()
  const { columns, ...rest } = authUserColumns(kind, options)
  const store = kyselyUsers(db as never, name as never, {
    ...(rest as object),
    columns: { ...columns, customId: 'custom_id' } as never,
    unique: ['email', 'google_id', 'github_id', 'custom_id'] as never,
  })
  return { ...opened, store: anyStore(store) }
}

async function withDrizzle(
  driver: keyof typeof drizzleDrivers,
  table: typeof inPostgres | typeof inMysql | typeof inSqlite | typeof withTenants,
  options: object = {},
): Promise<Opened> {
  const { db, ...opened } = drizzleDrivers[driver].open()
  for (const statement of tableStatements(table)) await opened.run(statement)
  return { ...opened, store: anyStore(drizzleUsers(db, table as never, options)) }
}

const [hasPostgres, hasMysql] = [
  drizzleDrivers['Drizzle over node-postgres'].isThere,
  drizzleDrivers['Drizzle over mysql2'].isThere,
]

const drivers: Record<
  string,
  { isThere: boolean; open: () => Promise<Opened>; scopes?: readonly [UserScope, UserScope] }
> = {
  'Drizzle over better-sqlite3': {
    isThere: true,
    open: () => withDrizzle('Drizzle over better-sqlite3', inSqlite),
  },
  'Drizzle over node-postgres': {
    isThere: hasPostgres,
    open: () => withDrizzle('Drizzle over node-postgres', inPostgres),
  },
  'Drizzle over node-postgres, with tenants': {
    isThere: hasPostgres,
    scopes: [{ tenant: 'acme' }, { tenant: 'globex' }],
    open: () => withDrizzle('Drizzle over node-postgres', withTenants, { tenant: 'tenant' }),
  },
  'Drizzle over mysql2': {
    isThere: hasMysql,
    open: () => withDrizzle('Drizzle over mysql2', inMysql),
  },
  'Kysely over better-sqlite3': {
    isThere: true,
    open: () => withKysely('Kysely over better-sqlite3'),
  },
  'Kysely over pg': {
    isThere: hasPostgres,
    open: () => withKysely('Kysely over pg'),
  },
}

/** A new row, by logical field. */
function values({ map, columns }: UserStore, n: number): Record<string, unknown> {
  const isBoolean = columns.get(map.isActive ?? '')?.type === 'boolean'
  const [yes, no] = isBoolean ? [true, false] : [1, 0]
  const fields = {
    email: `person${n}@example.com`,
    hashedPassword: '!',
    isActive: yes,
    isSuperuser: no,
    emailVerified: no,
    tokenVersion: 1,
  }
  const own = Object.entries(fields).map(([field, value]) => [map[field as 'email'], value])
  return Object.fromEntries(own)
}

describe.each(Object.entries(drivers))('Identities: %s', (driver, { isThere, open, scopes }) => {
  describe.runIf(isThere)('over columns of the users table', () => {
    let opened: Opened
    const kit = identitiesConformance({
      providers: ['google', 'custom'],
      absentKey: 987_654,
      ...(scopes ? { scopes } : {}),
      async create() {
        opened = await open()
        let count = 0
        return {
          identities: identityColumns(opened.store, ['google', 'custom'], () => 1_700_000_000_000),
          idOf: (row) => (row as { id: number }).id,
          values: () => values(opened.store, ++count),
          async account(scope) {
            const row = await opened.store.insert(values(opened.store, ++count), scope)
            return (row as { id: number }).id
          },
        }
      },
      async destroy() {
        await opened.run(`drop table ${driver.includes('tenants') ? `${name}_tenants` : name}`)
        await opened.close()
      },
    })
    for (const { name: sentence, run } of kit) test(sentence, run)
  })
})

describe('the columns beside an identity', () => {
  test('say which provider was linked last, and when something changed', async () => {
    const opened = await (
      drivers['Drizzle over better-sqlite3'] as { open(): Promise<Opened> }
    ).open()
    const { store } = opened
    const at = new Date(1_700_000_000_000)
    const identities = identityColumns(store, ['google', 'custom'], () => at.getTime())
    const { id } = (await store.insert(values(store, 1), {})) as { id: number }
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
    opened.close()
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
    const { id } = (await store.insert(values(store, 1), {})) as { id: number }
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
