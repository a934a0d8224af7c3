/**
 * The user store through Kysely: every dialect, every kind of key.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { PGlite } from '@electric-sql/pglite'
import Sqlite from 'better-sqlite3'
import { flag, type UserStore } from 'crudauth'
import { addAuthUserColumns, authUserColumns, kyselyUsers } from 'crudauth/kysely'
import { userStoreConformance } from 'crudauth/testing'
import {
  type Dialect as Driver,
  type Generated,
  Kysely,
  MysqlDialect,
  PGliteDialect,
  PostgresDialect,
  SqliteDialect,
  sql,
} from 'kysely'
import { createPool } from 'mysql2'
import { Pool } from 'pg'
import { afterAll, describe, expect, test } from 'vitest'
import { isReachable, mysql, mysqlUrl, postgres, postgresUrl } from '../support/services.ts'

type DialectName = 'postgresql' | 'mysql' | 'sqlite'

interface Standard {
  id: Generated<number>
  email: string
  username: string
  hashed_password: string
  is_active: boolean
  is_superuser: boolean
  email_verified: boolean
  token_version: number
  oauth_provider: string | null
  google_id: string | null
  github_id: string | null
  created_at: Date
  updated_at: Date | null
}

interface Legacy {
  account_id: string
  e_mail: string
  pw_hash: string | null
  banned: string
  generation: number | null
  org: string | null
  gone: string | null
}

type Tables = Record<`s${string}`, Standard> & Record<`l${string}`, Legacy>

const run = randomBytes(4).toString('hex')
const [hasPostgres, hasMysql] = [await isReachable(postgres), await isReachable(mysql)]

const drivers: readonly (readonly [string, DialectName, boolean, () => Driver])[] = [
  [
    'pg',
    'postgresql',
    hasPostgres,
    () => new PostgresDialect({ pool: new Pool({ connectionString: postgresUrl }) }),
  ],
  ['PGlite', 'postgresql', true, () => new PGliteDialect({ pglite: new PGlite() })],
  ['mysql2', 'mysql', hasMysql, () => new MysqlDialect({ pool: createPool(mysqlUrl) })],
  ['better-sqlite3', 'sqlite', true, () => new SqliteDialect({ database: new Sqlite(':memory:') })],
]

let tables = 0

describe.each(drivers)('User store: Kysely over %s', (driver, dialect, isThere, connect) => {
  describe.runIf(isThere)('conforms', () => {
    const db = new Kysely<Tables>({ dialect: connect() })
    const made: string[] = []
    const name = <const Kind extends 's' | 'l'>(kind: Kind) => {
      const table = `${kind}_${run}_${tables++}` as const
      made.push(table)
      return table as `${Kind}_${string}`
    }
    afterAll(async () => {
      for (const table of made) await db.schema.dropTable(table).ifExists().execute()
      await db.destroy()
    })

    const conformance = (
      create: () => Promise<unknown>,
      row: (n: number) => Record<string, unknown>,
      scopes?: [{ tenant: string }, { tenant: string }],
    ) => {
      const setup = { create: create as () => Promise<UserStore>, row }
      for (const { name, run } of userStoreConformance({ ...setup, ...(scopes ? { scopes } : {}) }))
        test(name, run)
    }

    const standardFlags = dialect === 'postgresql' ? [true, false] : [1, 0]

    describe('with a new table', () => {
      conformance(
        async () => {
          const table = name('s')
          await addAuthUserColumns(db.schema.createTable(table) as never, dialect).execute()
          return kyselyUsers(db, table, authUserColumns(dialect as 'postgresql'))
        },
        (n) => ({
          email: `user${n}@example.com`,
          username: `user${n}`,
          hashed_password: `hash${n}`,
          is_active: standardFlags[0],
          is_superuser: standardFlags[1],
          email_verified: standardFlags[1],
          token_version: 0,
        }),
      )
    })

    const create = async (keyType: string, unique: string) => {
      const table = name('l')
      await sql`create table ${sql.table(table)} (
        account_id ${sql.raw(keyType)} primary key, e_mail varchar(255) not null,
        pw_hash varchar(255), banned char(1) not null default 'N', generation integer,
        org varchar(99), gone varchar(99))`.execute(db)
      await sql`create unique index ${sql.ref(`${table}_key`)} on ${sql.table(table)} (${sql.raw(unique)})`.execute(
        db,
      )
      return table
    }
    const columns = {
      id: 'account_id',
      email: 'e_mail',
      hashedPassword: 'pw_hash',
      isActive: { property: 'banned', codec: flag('N', 'Y') },
      tokenVersion: 'generation',
    } as const
    const row = (key: (n: number) => unknown) => (n: number) => ({
      account_id: key(n),
      e_mail: `user${n}@example.com`,
      pw_hash: `hash${n}`,
      generation: 0,
    })

    const keys = [
      ['text', 'varchar(99)', (n: number) => `key-${n}`],
      ['uuid', dialect === 'postgresql' ? 'uuid' : 'varchar(36)', () => randomUUID()],
      driver === 'pg'
        ? ['bigint-text', 'bigint', (n: number) => `${n}`]
        : ['bigint-number', 'bigint', (n: number) => n],
    ] as [never, string, (n: number) => unknown][]

    describe.each(keys)('with a mapped table and keys of %s', (key, type, make) => {
      conformance(async () => {
        const table = await create(type, 'e_mail')
        return kyselyUsers(db, table, { columns, unique: ['e_mail'], key })
      }, row(make))
    })

    describe('with tenants', () => {
      let keys = 0
      conformance(
        async () => {
          const table = await create('varchar(99)', 'org, e_mail')
          return kyselyUsers(db, table, { columns, unique: ['e_mail'], key: 'text', tenant: 'org' })
        },
        row(() => `key-${keys++}`),
        [{ tenant: 'one' }, { tenant: 'two' }],
      )
    })

    describe('ignoring case', () => {
      const folded = { ...columns, email: { property: 'e_mail', ignoreCase: true } } as const
      const open = async () => {
        const table = await create('varchar(99)', dialect === 'mysql' ? 'e_mail' : 'lower(e_mail)')
        return kyselyUsers(db, table, { columns: folded, unique: ['e_mail'], key: 'text' })
      }
      conformance(
        open,
        row((n) => `key-${n}`),
      )

      test('rows that were written in any case are found', async () => {
        const users = await open()
        await users.insert({ account_id: 'a', e_mail: 'Ann@Example.COM', pw_hash: 'x' }, {})
        expect(await users.find('e_mail', 'ann@example.com', {})).toMatchObject({ account_id: 'a' })
        const again = users.insert({ account_id: 'b', e_mail: 'ANN@example.com' }, {})
        await expect(again).rejects.toMatchObject({ name: 'UniqueViolation' })
      })
    })

    test('rows outside of the condition are nobody’s', async () => {
      const table = await create('varchar(99)', 'e_mail')
      const users = kyselyUsers(db, table, {
        columns,
        unique: ['e_mail'],
        key: 'text',
        where: (eb) => eb('gone', 'is', null),
      })
      await users.insert({ account_id: 'a', e_mail: 'ann@example.com', pw_hash: 'x' }, {})
      expect(await users.update('a', { pw_hash: 'y' }, {})).toBe(true)
      await db.updateTable(table).set({ gone: 'yes' }).where('account_id', '=', 'a').execute()
      expect(await users.find('e_mail', 'ann@example.com', {})).toBeNull()
      expect(await users.find('account_id', 'a', {})).toBeNull()
      expect(await users.update('a', { pw_hash: 'z' }, {})).toBe(false)
      expect(await users.increment('a', 'generation', 9, {})).toBe(false)
    })

    test('errors do not repeat what was to be written', async () => {
      const table = await create('varchar(99)', 'e_mail')
      const users = kyselyUsers(db, table, { columns, unique: ['e_mail'], key: 'text' })
      const values = { account_id: 'a', e_mail: null, pw_hash: 'the-secret-hash' }
      const error = await users.insert(values, {}).catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ name: 'DatabaseError' })
      expect(JSON.stringify([error, (error as Error).message])).not.toContain('the-secret-hash')
    })
  })
})
