/**
 * Who an account is at providers, in a table of the application's own: the port's kit over every
 * adapter that makes such a table, and a sign-in with several tenants of one provider.
 */
import { randomBytes } from 'node:crypto'
import Sqlite from 'better-sqlite3'
import { UniqueViolation, type UserStore } from 'crudauth'
import { drizzleIdentities, drizzleUsers } from 'crudauth/drizzle'
import {
  authIdentityColumns as mysqlIdentities,
  authUserColumns as mysqlUsers,
} from 'crudauth/drizzle/mysql'
import {
  authIdentityColumns as postgresIdentities,
  authUserColumns as postgresUsers,
} from 'crudauth/drizzle/postgres'
import {
  authIdentityColumns as sqliteIdentities,
  authUserColumns as sqliteUsers,
} from 'crudauth/drizzle/sqlite'
import { addAuthIdentityColumns, authIdentityColumns, kyselyIdentities } from 'crudauth/kysely'
import { microsoft, oauth } from 'crudauth/oauth'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { mysqlTable, unique as mysqlUnique, varchar as mysqlVarchar } from 'drizzle-orm/mysql-core'
import { pgTable, unique as postgresUnique, varchar as postgresVarchar } from 'drizzle-orm/pg-core'
import { sqliteTable, unique as sqliteUnique, text } from 'drizzle-orm/sqlite-core'
import { describe, expect, test } from 'vitest'
import { secureRandom } from '../../src/crypto.ts'
import { identityTable } from '../../src/users/identity-table.ts'
import { createTable, tableStatements } from '../support/create-table.ts'
import { drizzleDrivers, kyselyDrivers } from '../support/drivers.ts'
import { issuers, type OpenIdentities, person } from '../support/identities-kit.ts'
import { everyDriver } from '../support/identities-over-drivers.ts'

const name = `identity_rows_${randomBytes(4).toString('hex')}`
const plain = { identifiers: ['email'], oauth: false } as const
const tables = {
  postgresql: [pgTable(`${name}_users`, postgresUsers(plain)), pgTable(name, postgresIdentities())],
  mysql: [mysqlTable(`${name}_users`, mysqlUsers(plain)), mysqlTable(name, mysqlIdentities())],
  sqlite: [sqliteTable(`${name}_users`, sqliteUsers(plain)), sqliteTable(name, sqliteIdentities())],
} as const
/** The same with tenants, among whom an address is unique; identities are so by themselves. */
const tenantTables = {
  postgresql: [
    pgTable(
      `${name}_users`,
      {
        ...postgresUsers(plain),
        email: postgresVarchar('email', { length: 320 }).notNull(),
        tenant: postgresVarchar('tenant', { length: 40 }).notNull(),
      },
      (table) => [postgresUnique().on(table.tenant, table.email)],
    ),
    pgTable(name, {
      ...postgresIdentities(),
      tenant: postgresVarchar('tenant', { length: 40 }).notNull(),
    }),
  ],
  mysql: [
    mysqlTable(
      `${name}_users`,
      {
        ...mysqlUsers(plain),
        email: mysqlVarchar('email', { length: 320 }).notNull(),
        tenant: mysqlVarchar('tenant', { length: 40 }).notNull(),
      },
      (table) => [mysqlUnique('tenant_email').on(table.tenant, table.email)],
    ),
    mysqlTable(name, {
      ...mysqlIdentities(),
      tenant: mysqlVarchar('tenant', { length: 40 }).notNull(),
    }),
  ],
  sqlite: [
    sqliteTable(
      `${name}_users`,
      {
        ...sqliteUsers(plain),
        email: text('email').notNull(),
        tenant: text('tenant').notNull(),
      },
      (table) => [sqliteUnique().on(table.tenant, table.email)],
    ),
    sqliteTable(name, { ...sqliteIdentities(), tenant: text('tenant').notNull() }),
  ],
} as const

interface Opened extends Required<OpenIdentities> {
  readonly run: (statement: string) => unknown
}

async function withDrizzle(driver: keyof typeof drizzleDrivers, tenants = false): Promise<Opened> {
  const { kind, open } = drizzleDrivers[driver]
  const { db, ...opened } = open()
  const [users, identities] = (tenants ? tenantTables : tables)[kind]
  for (const table of [users, identities]) {
    for (const statement of tableStatements(table)) await opened.run(statement)
  }
  const options = tenants ? { tenant: 'tenant' as never } : {}
  return {
    ...opened,
    users: drizzleUsers(db, users as never, options) as unknown as UserStore,
    rows: drizzleIdentities(db, identities as never, options),
    async close() {
      for (const table of [name, `${name}_users`]) await opened.run(`drop table ${table}`)
      await opened.close()
    },
  }
}

/** Kysely's rows beside Drizzle's users: what is asked is how the rows are kept. */
async function withKysely(
  driver: 'Kysely over pg' | 'Kysely over better-sqlite3',
  tenants: boolean,
): Promise<Opened> {
  const { kind, open } = kyselyDrivers[driver]
  const { db, ...opened } = open<Record<string, unknown>>()
  const table = addAuthIdentityColumns(db.schema.createTable(name) as never, kind)
  await (tenants ? table.addColumn('tenant', 'varchar(40)') : table).execute()
  const sqlite = new Sqlite(':memory:')
  const [users] = (tenants ? tenantTables : tables).sqlite
  createTable(sqlite, users)
  const options = tenants ? { tenant: 'tenant' as never } : {}
  return {
    ...opened,
    users: drizzleUsers(drizzle(sqlite), users as never, options) as unknown as UserStore,
    rows: kyselyIdentities(
      db as never,
      name as never,
      {
        ...(authIdentityColumns() as object),
        ...options,
      } as never,
    ),
    async close() {
      await opened.run(`drop table ${name}`)
      await opened.close()
    },
  }
}

everyDriver('in a table', withDrizzle, withKysely)

describe('A table of identities', () => {
  async function opened(clock = Date.now) {
    const { users, rows, run } = await withDrizzle('Drizzle over better-sqlite3')
    const identities = identityTable({ users, rows, issuers, clock, random: secureRandom })
    let count = 0
    return {
      users,
      identities,
      rows,
      run,
      values: () => person(users, ++count),
      account: async () => ((await users.insert(person(users, ++count), {})) as { id: number }).id,
    }
  }
  const at = (issuer?: string) => ({
    provider: 'custom',
    subject: '7',
    ...(issuer === undefined ? {} : { issuer }),
  })

  test('keeps one subject of two issuers of a provider apart', async () => {
    const { identities, account } = await opened()
    const [one, two] = [await account(), await account()]
    await identities.link(one, at('https://a.example'), {})
    expect(await identities.find(at('https://b.example'), {})).toBeNull()
    expect(await identities.find(at(), {})).toBeNull()
    await identities.link(two, at('https://b.example'), {})
    expect(await identities.find(at('https://b.example'), {})).toMatchObject({ id: two })
    expect(await identities.list(one, {})).toEqual([at('https://a.example')])
  })

  test('forgets an identity whose account is gone', async () => {
    const { identities, account, run } = await opened()
    const gone = await account()
    await identities.link(gone, at(), {})
    await run(`delete from ${name}_users`)
    expect(await identities.find(at(), {})).toBeNull()
    const next = await account()
    // SQLite gave the key again: rows have to end with their user.
    if (next === gone) await run(`delete from ${name}`)
    expect(await identities.link(next, at(), {})).toBe('linked')
  })

  test('gives the place of an account that was never made to the next, after a minute', async () => {
    let now = Date.now()
    const { identities, users, values: next, rows } = await opened(() => now)
    // The process ends between the place and the account.
    const dying = Object.assign(Object.create(users) as UserStore, {
      insert: () => new Promise<never>(() => undefined),
    })
    const parts = { rows, issuers, clock: () => now, random: secureRandom }
    void identityTable({ users: dying, ...parts }).insert(next(), at(), {})
    await new Promise((done) => setImmediate(done))
    expect(await identities.find(at(), {})).toBeNull()
    now += 61_000
    expect(await identities.insert(next(), at(), {})).toMatchObject({ id: expect.any(Number) })
  })

  test('with a unique index of the application’s own in the way links nothing, and ends', async () => {
    const { identities, account, run, values, users } = await opened()
    await run(`create unique index one_subject on ${name} (provider, subject)`)
    await identities.link(await account(), at('https://a.example'), {})
    const other = await account()
    const link = identities.link(other, at('https://b.example'), {})
    await expect(link).rejects.toBeInstanceOf(UniqueViolation)
    const insert = identities.insert(values(), at('https://b.example'), {})
    await expect(insert).rejects.toBeInstanceOf(UniqueViolation)
    expect(await identities.list(other, {})).toEqual([])
    expect(await users.find('email', 'person3@example.com', {})).toBeNull()
  })

  test('is refused without what keeps rows apart', () => {
    const loose = sqliteTable('loose', {
      ...sqliteIdentities(),
      identityKey: text('identity_key').notNull(),
      userId: text('user_id').notNull(),
    })
    const rows = drizzleIdentities(drizzle(new Sqlite(':memory:')), loose as never)
    const parts = { issuers, clock: Date.now, random: secureRandom }
    const columns = { map: {}, columns: new Map() } as never
    expect(identityTable({ users: columns, rows, ...parts }).problems).toEqual([
      "the table of identities needs a unique index on 'identity_key'",
      "'user_id' of the table of identities must be nullable, while an account is made",
    ])
  })
})

test('several tenants of Microsoft need such a table, and say so', async () => {
  const { application } = await import('../support/application.ts')
  const sqlite = new Sqlite(':memory:')
  const users = sqliteTable('users', sqliteUsers(plain))
  const rows = sqliteTable('identities', sqliteIdentities())
  for (const table of [users, rows]) createTable(sqlite, table)
  const db = drizzle(sqlite)
  const providers = {
    microsoft: microsoft({ clientId: 'x', clientSecret: 'y', tenants: 'any' }),
  }
  const redirectBaseUrl = 'https://app.example.com'
  const configured = (options: object) =>
    application({
      users: drizzleUsers(db, users),
      features: [oauth({ providers, redirectBaseUrl, ...options })],
    })
  expect(() => configured({})).toThrow(/speaks for several issuers/)
  expect(() => configured({ identities: {} })).toThrow(/write oauth.identities: drizzleIdentities/)
  const { auth } = configured({ identities: drizzleIdentities(db, rows) })
  expect(auth.describe().features).toMatchObject({
    oauth: { identities: 'a table of identities' },
  })
})
