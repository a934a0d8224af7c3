/**
 * The kit of the port for a table of API keys: over every driver, where keys and users are read by
 * one query, and over implementations that each break one promise.
 */
import { randomBytes } from 'node:crypto'
import type { ApiKeyStore, FindWithUser, UserStore } from 'crudauth'
import { drizzleApiKeys, drizzleUsers } from 'crudauth/drizzle'
import * as onMysql from 'crudauth/drizzle/mysql'
import * as onPostgres from 'crudauth/drizzle/postgres'
import * as onSqlite from 'crudauth/drizzle/sqlite'
import {
  addAuthApiKeyColumns,
  addAuthUserColumns,
  authApiKeyColumns,
  authUserColumns,
  kyselyApiKeys,
  kyselyUsers,
} from 'crudauth/kysely'
import {
  type ApiKeyStoreSetup,
  type ApiKeyStoreWorld,
  apiKeyStoreConformance,
} from 'crudauth/testing'
import { bigint as mysqlBigint, mysqlTable, varchar as mysqlVarchar } from 'drizzle-orm/mysql-core'
import { bigint, integer, pgTable, uuid, varchar } from 'drizzle-orm/pg-core'
import { integer as sqliteInteger, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { describe, expect, test } from 'vitest'
import { tableStatements } from '../support/create-table.ts'
import { drizzleDrivers, kyselyDrivers } from '../support/drivers.ts'

const run = randomBytes(4).toString('hex')
const names = { users: `kit_users_${run}`, keys: `kit_keys_${run}` }

type Kind = (typeof drizzleDrivers)[keyof typeof drizzleDrivers]['kind']

interface Tables {
  readonly users: never
  readonly keys: never
  readonly tenant?: string
  /** Values of a user besides. */
  readonly user?: (n: number) => object
}

const tables = (
  users: unknown,
  keys: unknown,
  more: Omit<Tables, 'users' | 'keys'> = {},
): Tables => ({
  users: users as never,
  keys: keys as never,
  ...more,
})

/** What keys are of, and how the table of API keys has them. */
const shapes: Readonly<Record<Kind, Readonly<Record<string, () => Tables>>>> = {
  postgresql: {
    'whole numbers, in text': () =>
      tables(
        pgTable(names.users, onPostgres.authUserColumns()),
        pgTable(names.keys, onPostgres.authApiKeyColumns()),
      ),
    'whole numbers': () =>
      tables(
        pgTable(names.users, onPostgres.authUserColumns()),
        pgTable(names.keys, { ...onPostgres.authApiKeyColumns(), userId: integer('user_id') }),
      ),
    'bigint above 2^53, in text': () =>
      tables(
        pgTable(names.users, {
          ...onPostgres.authUserColumns(),
          id: bigint('id', { mode: 'bigint' }).primaryKey(),
        }),
        pgTable(names.keys, onPostgres.authApiKeyColumns()),
        { user: (n) => ({ id: 175928847299117056n + BigInt(n) }) },
      ),
    'UUIDs, in text': () =>
      tables(
        pgTable(names.users, {
          ...onPostgres.authUserColumns(),
          id: uuid('id').primaryKey().defaultRandom(),
        }),
        pgTable(names.keys, onPostgres.authApiKeyColumns()),
      ),
    'with tenants': () =>
      tables(
        pgTable(names.users, {
          ...onPostgres.authUserColumns(),
          tenant: varchar('tenant', { length: 32 }).notNull(),
        }),
        pgTable(names.keys, {
          ...onPostgres.authApiKeyColumns(),
          tenant: varchar('tenant', { length: 32 }).notNull(),
        }),
        { tenant: 'tenant' },
      ),
  },
  mysql: {
    'whole numbers, in text': () =>
      tables(
        mysqlTable(names.users, onMysql.authUserColumns()),
        mysqlTable(names.keys, onMysql.authApiKeyColumns()),
      ),
    'bigint above 2^53': () =>
      tables(
        mysqlTable(names.users, {
          ...onMysql.authUserColumns(),
          id: mysqlBigint('id', { mode: 'bigint' }).primaryKey(),
        }),
        mysqlTable(names.keys, onMysql.authApiKeyColumns()),
        { user: (n) => ({ id: 100n + BigInt(n) }) },
      ),
    texts: () =>
      tables(
        mysqlTable(names.users, {
          ...onMysql.authUserColumns(),
          id: mysqlVarchar('id', { length: 64 }).primaryKey(),
        }),
        mysqlTable(names.keys, onMysql.authApiKeyColumns()),
        // A collation takes the two for one.
        { user: (n) => ({ id: ['', 'ann', 'zoë'][n] }) },
      ),
    'with tenants': () =>
      tables(
        mysqlTable(names.users, {
          ...onMysql.authUserColumns(),
          tenant: mysqlVarchar('tenant', { length: 32 }).notNull(),
        }),
        mysqlTable(names.keys, {
          ...onMysql.authApiKeyColumns(),
          tenant: mysqlVarchar('tenant', { length: 32 }).notNull(),
        }),
        { tenant: 'tenant' },
      ),
  },
  sqlite: {
    'whole numbers, in text': () =>
      tables(
        sqliteTable(names.users, onSqlite.authUserColumns()),
        sqliteTable(names.keys, onSqlite.authApiKeyColumns()),
      ),
    'whole numbers': () =>
      tables(
        sqliteTable(names.users, onSqlite.authUserColumns()),
        sqliteTable(names.keys, {
          ...onSqlite.authApiKeyColumns(),
          userId: sqliteInteger('user_id').notNull(),
        }),
      ),
    texts: () =>
      tables(
        sqliteTable(names.users, { ...onSqlite.authUserColumns(), id: text('id').primaryKey() }),
        sqliteTable(names.keys, onSqlite.authApiKeyColumns()),
        { user: (n) => ({ id: `user-${n}` }) },
      ),
    'with tenants': () =>
      tables(
        sqliteTable(names.users, {
          ...onSqlite.authUserColumns(),
          tenant: text('tenant').notNull(),
        }),
        sqliteTable(names.keys, {
          ...onSqlite.authApiKeyColumns(),
          tenant: text('tenant').notNull(),
        }),
        { tenant: 'tenant' },
      ),
  },
}

/** The kit's setup over one driver, and one shape of the tables. */
function setup(driver: keyof typeof drizzleDrivers, shape: () => Tables): ApiKeyStoreSetup {
  const { open } = drizzleDrivers[driver]
  const { users, keys, tenant, user = () => ({}) } = shape()
  const opened = new Map<ApiKeyStoreWorld, () => Promise<void>>()
  return {
    readsUsers: true,
    user: (n) => ({
      email: `user${n}@example.com`,
      username: `user${n}`,
      hashedPassword: '$hash',
      isActive: true,
      isSuperuser: false,
      emailVerified: false,
      tokenVersion: 1,
      createdAt: new Date(1_700_000_000_000),
      ...user(n),
    }),
    ...(tenant === undefined ? {} : { scopes: [{ tenant: 'one' }, { tenant: 'two' }] as const }),
    async create() {
      const { db, run, close } = open()
      const drop = async () => {
        for (const name of Object.values(names)) await run(`drop table if exists ${name}`)
      }
      for (const statement of [...tableStatements(users), ...tableStatements(keys)]) {
        await run(statement)
      }
      const options = (tenant === undefined ? {} : { tenant }) as never
      const world = {
        users: drizzleUsers(db, users, options) as unknown as UserStore,
        keys: drizzleApiKeys(db, keys, options),
      }
      opened.set(world, async () => {
        await drop()
        await close()
      })
      return world
    },
    async destroy(world) {
      await opened.get(world)?.()
    },
  }
}

/** Those that are fast to open: each case has tables of its own. */
const drivers = [
  'Drizzle over node-postgres',
  'Drizzle over mysql2',
  'Drizzle over better-sqlite3',
] as const
for (const driver of drivers) {
  const { kind, isThere } = drizzleDrivers[driver]
  for (const [shape, make] of Object.entries(shapes[kind])) {
    describe.runIf(isThere)(`API keys and users: ${driver}, ${shape}`, () => {
      const made = setup(driver, make)
      for (const { name, run: check } of apiKeyStoreConformance(made)) test(name, check)
    })
  }
}

/** The same through Kysely. */
function kyselySetup(driver: keyof typeof kyselyDrivers, tenants: boolean): ApiKeyStoreSetup {
  const { kind, open } = kyselyDrivers[driver]
  const closing = new Map<ApiKeyStoreWorld, () => Promise<void>>()
  const flagOf = (on: boolean) => (kind === 'postgresql' ? on : Number(on))
  return {
    readsUsers: true,
    user: (n) => ({
      email: `user${n}@example.com`,
      username: `user${n}`,
      hashed_password: '$hash',
      is_active: flagOf(true),
      is_superuser: flagOf(false),
      email_verified: flagOf(false),
      token_version: 1,
      created_at: kind === 'sqlite' ? '2024-01-01 00:00:00' : new Date(1_700_000_000_000),
    }),
    ...(tenants ? { scopes: [{ tenant: 'one' }, { tenant: 'two' }] as const } : {}),
    async create() {
      const { db, run, close } = open<never>()
      const making = [
        addAuthUserColumns(db.schema.createTable(names.users) as never, kind),
        addAuthApiKeyColumns(db.schema.createTable(names.keys) as never, kind),
      ]
      for (const table of making) {
        await (tenants ? table.addColumn('tenant' as never, 'varchar(32)') : table).execute()
      }
      const tenant = (tenants ? { tenant: 'tenant' } : {}) as never
      const world = {
        users: kyselyUsers(
          db as never,
          names.users as never,
          {
            ...(authUserColumns(kind) as object),
            ...(tenant as object),
          } as never,
        ) as unknown as UserStore,
        keys: kyselyApiKeys(
          db as never,
          names.keys as never,
          {
            ...authApiKeyColumns(),
            ...(tenant as object),
          } as never,
        ),
      }
      closing.set(world, async () => {
        for (const name of Object.values(names)) await run(`drop table ${name}`)
        await close()
      })
      return world
    },
    async destroy(world) {
      await closing.get(world)?.()
    },
  }
}

for (const driver of [
  'Kysely over pg',
  'Kysely over mysql2',
  'Kysely over better-sqlite3',
] as const) {
  for (const tenants of [false, true]) {
    const { isThere } = kyselyDrivers[driver]
    describe.runIf(isThere)(
      `API keys and users: ${driver}${tenants ? ', with tenants' : ''}`,
      () => {
        const made = kyselySetup(driver, tenants)
        for (const { name, run: check } of apiKeyStoreConformance(made)) test(name, check)
      },
    )
  }
}

/** One thing done wrong, and the case that notices; all else is done by a store that conforms. */
type Defect = readonly [
  noticed: string,
  change: (good: ApiKeyStore, users: UserStore) => Partial<ApiKeyStore>,
]

const joined = (good: ApiKeyStore, change: (find: FindWithUser) => FindWithUser) => ({
  withUsers(users: UserStore, reference: string) {
    const find = good.withUsers?.(users, reference) ?? null
    return find && change(find)
  },
})

const defects: Readonly<Record<string, Defect>> = {
  'find finds nobody': ['find finds a key', () => ({ find: () => null })],
  'every update is said to be done': ['of several updates', () => ({ update: async () => true })],
  'a hash may be there twice': [
    'no two keys',
    (good) => ({
      insert: (values, scope) => good.insert(values, scope).catch(() => ({ ...values })),
    }),
  ],
  'users are not read along': ['withUsers gives', () => ({ withUsers: () => null })],
  'a key without a user is not found': [
    'withUsers finds a key without',
    (good) =>
      joined(good, (find) => async (...call) => {
        const found = await find(...call)
        return found.user === null ? { row: null, user: null } : found
      }),
  ],
  'any key is found': [
    'withUsers finds nothing',
    (good) =>
      joined(good, (find) => async (property, value, scope) => {
        const found = await find(property, value, scope)
        return found.row === null ? find(property, 'a'.repeat(43), scope) : found
      }),
  ],
  'all keys are of one user': [
    'withUsers gives',
    (good, users) =>
      joined(good, (find) => async (...call) => {
        const { row, user } = await find(...call)
        return { row, user: user && (await users.find('email', 'user1@example.com', {})) }
      }),
  ],
  'a find that was replaced is not asked': [
    'withUsers reads nothing past',
    (good, users) => ({ withUsers: (_, reference) => good.withUsers?.(users, reference) ?? null }),
  ],
}

describe('The kit for tables of API keys', () => {
  const good = setup('Drizzle over better-sqlite3', shapes.sqlite['whole numbers'] as never)
  const failing = async (change: Defect[1], readsUsers = true) => {
    const failed: string[] = []
    const create = async () => {
      const { keys, users } = await good.create()
      return { users, keys: { ...keys, ...change(keys, users) } }
    }
    for (const { name, run: check } of apiKeyStoreConformance({ ...good, readsUsers, create })) {
      await check().catch(() => failed.push(name))
    }
    return failed
  }

  test.each(Object.entries(defects))('notices that %s', async (_, [noticed, change]) => {
    expect((await failing(change)).filter((name) => name.startsWith(noticed))).toHaveLength(1)
  })

  test('finds nothing wrong with a store that reads no users', async () => {
    expect(await failing(() => ({ withUsers: () => null }), false)).toEqual([])
  })
})
