/**
 * The user store through Drizzle on real servers: every driver, every kind of key.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { PGlite } from '@electric-sql/pglite'
import type { UserStore } from 'crudauth'
import { drizzleUsers } from 'crudauth/drizzle'
import { authUserColumns as mysqlColumns } from 'crudauth/drizzle/mysql'
import { authUserColumns as postgresColumns } from 'crudauth/drizzle/postgres'
import { userStoreConformance } from 'crudauth/testing'
import { sql, type Table } from 'drizzle-orm'
import {
  int,
  bigint as mysqlBigint,
  boolean as mysqlBoolean,
  mysqlTable,
  unique as mysqlUnique,
  uniqueIndex as mysqlUniqueIndex,
  varchar as mysqlVarchar,
} from 'drizzle-orm/mysql-core'
import { drizzle as onMysql } from 'drizzle-orm/mysql2'
import { drizzle as onPg } from 'drizzle-orm/node-postgres'
import {
  bigint,
  boolean,
  char,
  integer,
  pgTable,
  primaryKey,
  text,
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import { drizzle as onPglite } from 'drizzle-orm/pglite'
import { drizzle as onPostgresJs } from 'drizzle-orm/postgres-js'
import { createPool } from 'mysql2/promise'
import { Pool } from 'pg'
import postgres from 'postgres'
import { afterAll, describe, expect, test } from 'vitest'
import { tableStatements } from '../support/create-table.ts'
import {
  isReachable,
  mysql,
  mysqlUrl,
  postgres as postgresService,
  postgresUrl,
} from '../support/services.ts'

const [hasPostgres, hasMysql] = [await isReachable(postgresService), await isReachable(mysql)]
const run = randomBytes(4).toString('hex')
const closing: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const close of closing) await close()
})

interface Server {
  /** Runs a statement that no store would. */
  readonly exec: (statement: string) => Promise<unknown>
  readonly db: never
}

const servers = {
  'node-postgres': () => {
    const pool = new Pool({ connectionString: postgresUrl })
    closing.push(() => pool.end())
    return { exec: (text: string) => pool.query(text), db: onPg(pool) as never }
  },
  'postgres.js': () => {
    const client = postgres(postgresUrl, { onnotice: () => undefined })
    closing.push(() => client.end())
    return { exec: (text: string) => client.unsafe(text), db: onPostgresJs(client) as never }
  },
  PGlite: () => {
    const client = new PGlite()
    closing.push(() => client.close())
    return { exec: (text: string) => client.exec(text), db: onPglite(client) as never }
  },
  mysql2: () => {
    const pool = createPool({ uri: mysqlUrl, supportBigNumbers: true })
    closing.push(() => pool.end())
    return { exec: (text: string) => pool.query(text), db: onMysql(pool) as never }
  },
  // Without it the server counts changed rows instead of those that were found.
  'mysql2 without FOUND_ROWS': () => {
    const pool = createPool({ uri: mysqlUrl, supportBigNumbers: true, flags: ['-FOUND_ROWS'] })
    closing.push(() => pool.end())
    return { exec: (text: string) => pool.query(text), db: onMysql(pool) as never }
  },
} as const satisfies Record<string, () => Server>

let tables = 0
const nextName = () => `crudauth_${run}_${tables++}`

/** A store over a new table, which is dropped in the end. */
async function store(
  { exec, db }: Server,
  table: Table,
  options: Parameters<typeof drizzleUsers>[2] = {},
): Promise<UserStore> {
  for (const statement of tableStatements(table)) await exec(statement)
  return drizzleUsers(db, table as never, options as never) as unknown as UserStore
}

async function drop({ exec }: Server): Promise<void> {
  await exec(`drop table if exists crudauth_${run}_${tables - 1}`)
}

const standardRow = (n: number) => ({
  email: `user${n}@example.com`,
  username: `user${n}`,
  hashedPassword: `hash${n}`,
})

const legacyOptions = {
  columns: {
    id: 'accountId',
    email: 'mail',
    hashedPassword: 'pwHash',
    isActive: 'enabled',
    tokenVersion: 'generation',
  },
} as never

const legacyRow = (key: (n: number) => unknown) => (n: number) => ({
  accountId: key(n),
  mail: `user${n}@example.com`,
  pwHash: `hash${n}`,
  generation: 0,
})

const onPostgres = {
  standard: (name: string) => pgTable(name, postgresColumns()),
  legacy: (name: string, key: unknown) =>
    pgTable(name, {
      accountId: key as ReturnType<typeof text>,
      mail: text('e_mail').notNull().unique(),
      pwHash: text('pw_hash'),
      enabled: boolean().notNull().default(true),
      generation: integer(),
    }),
  keys: {
    bigint: [() => bigint('account_id', { mode: 'bigint' }).primaryKey(), (n: number) => BigInt(n)],
    uuid: [() => uuid('account_id').primaryKey(), () => randomUUID()],
    text: [() => text('account_id').primaryKey(), (n: number) => `key-${n}`],
    'char(12)': [() => char('account_id', { length: 12 }).primaryKey(), (n: number) => `key-${n}`],
  },
  tenants: (name: string) =>
    pgTable(
      name,
      { ...postgresColumns({ identifiers: ['email'] }), email: text().notNull(), org: text() },
      (table) => [unique().on(table.org, table.email)],
    ),
  caseless: (name: string) =>
    pgTable(
      name,
      { ...postgresColumns({ identifiers: ['email'] }), email: text().notNull() },
      (table) => [uniqueIndex(`${name}_lower`).on(sql`lower(${table.email})`)],
    ),
}

const onMysqlTables = {
  standard: (name: string) => mysqlTable(name, mysqlColumns()),
  legacy: (name: string, key: unknown) =>
    mysqlTable(name, {
      accountId: key as ReturnType<typeof mysqlVarchar>,
      mail: mysqlVarchar('e_mail', { length: 255 }).notNull().unique(),
      pwHash: mysqlVarchar('pw_hash', { length: 255 }),
      enabled: mysqlBoolean().notNull().default(true),
      generation: int(),
    }),
  keys: {
    bigint: [
      () => mysqlBigint('account_id', { mode: 'bigint', unsigned: true }).primaryKey(),
      (n: number) => BigInt(n),
    ],
    uuid: [() => mysqlVarchar('account_id', { length: 36 }).primaryKey(), () => randomUUID()],
    text: [
      () => mysqlVarchar('account_id', { length: 99 }).primaryKey(),
      (n: number) => `key-${n}`,
    ],
  },
  tenants: (name: string) =>
    mysqlTable(
      name,
      {
        ...mysqlColumns({ identifiers: ['email'] }),
        email: mysqlVarchar({ length: 255 }).notNull(),
        org: mysqlVarchar({ length: 99 }),
      },
      (table) => [mysqlUnique().on(table.org, table.email)],
    ),
  caseless: (name: string) =>
    mysqlTable(
      name,
      {
        ...mysqlColumns({ identifiers: ['email'] }),
        email: mysqlVarchar({ length: 255 }).notNull(),
      },
      (table) => [mysqlUniqueIndex(`${name}_email`).on(table.email)],
    ),
}

describe.each(Object.entries(servers))('User store: Drizzle over %s', (driver, connect) => {
  const isThere = driver.startsWith('mysql') ? hasMysql : driver === 'PGlite' || hasPostgres
  const kinds = driver.startsWith('mysql') ? onMysqlTables : onPostgres
  describe.runIf(isThere)('conforms', () => {
    const server = isThere ? connect() : (null as never)

    const conformance = (
      create: () => Promise<UserStore>,
      row: (n: number) => Record<string, unknown>,
      scopes?: [{ tenant: string }, { tenant: string }],
    ) => {
      const setup = { create, row, destroy: () => drop(server), ...(scopes ? { scopes } : {}) }
      for (const { name, run } of userStoreConformance(setup)) test(name, run)
    }

    describe('with a new table', () => {
      conformance(() => store(server, kinds.standard(nextName())), standardRow)
    })

    describe.each(Object.entries(kinds.keys))('with a mapped table and keys of %s', (_, kind) => {
      const [column, key] = kind as readonly [() => unknown, (n: number) => unknown]
      conformance(
        () => store(server, kinds.legacy(nextName(), column()), legacyOptions),
        legacyRow(key),
      )
    })

    describe('with tenants', () => {
      conformance(
        () => store(server, kinds.tenants(nextName()), { tenant: 'org' } as never),
        (n) => ({ email: `user${n}@example.com`, hashedPassword: `hash${n}` }),
        [{ tenant: 'one' }, { tenant: 'two' }],
      )
    })

    describe('ignoring case', () => {
      const options = { columns: { email: { property: 'email', ignoreCase: true } } } as never
      conformance(
        () => store(server, kinds.caseless(nextName()), options),
        (n) => ({ email: `user${n}@example.com`, hashedPassword: `hash${n}` }),
      )

      test('rows that were written in any case are found', async () => {
        const users = await store(server, kinds.caseless(nextName()), options)
        expect(users.problems).toEqual([])
        await users.insert({ email: 'Ann@Example.COM', hashedPassword: 'x' }, {})
        expect(await users.find('email', 'ann@example.com', {})).toMatchObject({
          email: 'Ann@Example.COM',
        })
        const again = users.insert({ email: 'ANN@example.com', hashedPassword: 'x' }, {})
        await expect(again).rejects.toMatchObject({
          name: 'UniqueViolation',
          properties: ['email'],
        })
        await drop(server)
      })
    })
  })
})

describe('Uniqueness is read from the table, in every dialect', () => {
  const uniqueness = (table: Table) =>
    (
      drizzleUsers(
        { transaction: () => undefined } as never,
        table as never,
      ) as unknown as UserStore
    ).columns.get('email')?.unique

  const base = { id: integer().primaryKey(), hashedPassword: text(), email: text(), org: text() }
  const postgresTables = {
    'a column flag': [pgTable('t', { ...base, email: text().unique() }), true],
    'a constraint': [pgTable('t', base, (t) => [unique().on(t.email)]), true],
    'an index': [pgTable('t', base, (t) => [uniqueIndex('i').on(t.email)]), true],
    'a composite constraint': [pgTable('t', base, (t) => [unique().on(t.email, t.org)]), false],
    'a composite index': [pgTable('t', base, (t) => [uniqueIndex('i').on(t.org, t.email)]), false],
    'a composite key': [
      pgTable('t', base, (t) => [primaryKey({ columns: [t.email, t.org] })]),
      false,
    ],
    'a partial index': [
      pgTable('t', base, (t) => [uniqueIndex('i').on(t.email).where(sql`${t.org} is null`)]),
      false,
    ],
    nothing: [pgTable('t', base), false],
  } as const
  test.each(Object.entries(postgresTables))('PostgreSQL: %s', (_, [table, expected]) => {
    expect(uniqueness(table)).toBe(expected)
  })

  const short = { length: 99 } as const
  const mysqlBase = {
    id: int().primaryKey(),
    hashedPassword: mysqlVarchar(short),
    email: mysqlVarchar(short),
    org: mysqlVarchar(short),
  }
  const mysqlTables = {
    'a column flag': [mysqlTable('t', { ...mysqlBase, email: mysqlVarchar(short).unique() }), true],
    'a constraint': [mysqlTable('t', mysqlBase, (t) => [mysqlUnique().on(t.email)]), true],
    'an index': [mysqlTable('t', mysqlBase, (t) => [mysqlUniqueIndex('i').on(t.email)]), true],
    'a composite constraint': [
      mysqlTable('t', mysqlBase, (t) => [mysqlUnique().on(t.email, t.org)]),
      false,
    ],
    'a composite index': [
      mysqlTable('t', mysqlBase, (t) => [mysqlUniqueIndex('i').on(t.org, t.email)]),
      false,
    ],
    nothing: [mysqlTable('t', mysqlBase), false],
  } as const
  test.each(Object.entries(mysqlTables))('MySQL: %s', (_, [table, expected]) => {
    expect(uniqueness(table)).toBe(expected)
  })
})
