/**
 * Lookups by several columns are one statement, and each of them goes by its own index: a planner
 * that reads the whole table instead would make every login as slow as the table is large.
 */
import { randomBytes } from 'node:crypto'
import Sqlite from 'better-sqlite3'
import type { UserStore } from 'crudauth'
import { drizzleUsers } from 'crudauth/drizzle'
import { kyselyUsers } from 'crudauth/kysely'
import { isNull, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import * as maria from 'drizzle-orm/mysql-core'
import { drizzle as onMysql } from 'drizzle-orm/mysql2'
import { drizzle as onPg } from 'drizzle-orm/node-postgres'
import * as pg from 'drizzle-orm/pg-core'
import * as lite from 'drizzle-orm/sqlite-core'
import { Kysely, MysqlDialect, PostgresDialect, SqliteDialect } from 'kysely'
import { createPool } from 'mysql2'
import { Pool } from 'pg'
import { afterAll, describe, expect, test } from 'vitest'
import { tableStatements } from '../support/create-table.ts'
import { isReachable, mysql, mysqlUrl, postgres, postgresUrl } from '../support/services.ts'

const run = randomBytes(4).toString('hex')
/** Of a small table a planner may rightly read the whole. MariaDB counts to a thousand only. */
const everybody = (rows: number) =>
  `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${rows})`
const values = "concat('e', i, '@example.com'), concat('User', i), 'x', 1, concat('t', i % 3)"

/** What a table has besides, and what the store is told of it. */
const shapes = ['plain', 'tenants', 'soft-deleted', 'any case'] as const
type Shape = (typeof shapes)[number]

interface Database {
  readonly exec: (statement: string) => Promise<unknown>
  /** How the database goes about a statement, as text. */
  readonly explain: (statement: string, parameters: readonly unknown[]) => Promise<string>
  /** What stands in a plan where a whole table of ours is read. */
  readonly wholeTable: (name: string) => RegExp
  readonly shapes: readonly Shape[]
  readonly table: (name: string, shape: Shape) => never
  readonly fill: (name: string) => string
  readonly analyze: (name: string) => string
  readonly drizzle: (log: Log) => never
  readonly kysely: (log: Log) => Kysely<Record<string, never>>
  readonly close: () => Promise<unknown>
}

type Log = (statement: string, parameters: readonly unknown[]) => void
type Logged = { query: { sql: string; parameters: readonly unknown[] } }
const logger = (log: Log) => ({ logger: { logQuery: log } })
const kyselyLog = (log: Log) => ({
  log: ({ query }: Logged) => log(query.sql, query.parameters),
})

function onSqlite(): Database {
  const client = new Sqlite(':memory:')
  return {
    exec: async (statement) => client.exec(statement),
    explain: async (statement, parameters) => {
      const plan = client.prepare(`explain query plan ${statement}`).all(...parameters)
      return plan.map((step) => (step as { detail: string }).detail).join('\n')
    },
    wholeTable: (name) => new RegExp(`SCAN ${name}`),
    shapes,
    table: (name, shape) =>
      lite.sqliteTable(
        name,
        {
          id: lite.integer().primaryKey(),
          email: lite.text(),
          username: lite.text(),
          hashedPassword: lite.text(),
          tokenVersion: lite.integer(),
          org: lite.text(),
          deletedAt: lite.integer(),
        },
        (table) =>
          [table.email, table.username].map((column, n) => {
            const index = lite.uniqueIndex(`${name}_${n}`)
            if (shape === 'tenants') return index.on(table.org, column)
            if (shape === 'any case') return index.on(sql`lower(${column})`)
            return shape === 'plain'
              ? index.on(column)
              : index.on(column).where(isNull(table.deletedAt))
          }),
      ) as never,
    fill: (name) =>
      `${everybody(20_000)} insert into ${name} (email, username, hashedPassword, tokenVersion, org) select 'e' || i || '@example.com', 'User' || i, 'x', 1, 't' || (i % 3) from n`,
    analyze: () => 'analyze',
    drizzle: (log) => drizzle(client, logger(log)) as never,
    kysely: (log) =>
      new Kysely({ dialect: new SqliteDialect({ database: client }), ...kyselyLog(log) } as never),
    close: async () => client.close(),
  }
}

function onPostgres(): Database {
  const pool = new Pool({ connectionString: postgresUrl, max: 2 })
  return {
    exec: (statement) => pool.query(statement),
    explain: async (statement, parameters) => {
      const plan = await pool.query(`explain ${statement}`, [...parameters])
      return plan.rows.map((row) => row['QUERY PLAN']).join('\n')
    },
    wholeTable: () => /Seq Scan/,
    shapes,
    table: (name, shape) =>
      pg.pgTable(
        name,
        {
          id: pg.serial().primaryKey(),
          email: pg.text(),
          username: pg.text(),
          hashedPassword: pg.text(),
          tokenVersion: pg.integer(),
          org: pg.text(),
          deletedAt: pg.integer(),
        },
        (table) =>
          [table.email, table.username].map((column, n) => {
            const index = pg.uniqueIndex(`${name}_${n}`)
            if (shape === 'tenants') return index.on(table.org, column)
            if (shape === 'any case') return index.on(sql`lower(${column})`)
            return shape === 'plain'
              ? index.on(column)
              : index.on(column).where(isNull(table.deletedAt))
          }),
      ) as never,
    fill: (name) =>
      `${everybody(20_000)} insert into ${name} (email, username, "hashedPassword", "tokenVersion", org) select ${values} from n`,
    analyze: (name) => `analyze ${name}`,
    drizzle: (log) => onPg(pool, logger(log)) as never,
    kysely: (log) =>
      new Kysely({ dialect: new PostgresDialect({ pool }), ...kyselyLog(log) } as never),
    close: () => pool.end(),
  }
}

function onMaria(): Database {
  const pool = createPool({ uri: mysqlUrl, connectionLimit: 2 })
  return {
    exec: (statement) => pool.promise().query(statement),
    explain: async (statement, parameters) => {
      const [plan] = await pool.promise().query(`explain ${statement}`, [...parameters])
      return (plan as { table: string; type: string }[])
        .map(({ table, type }) => `${table} ${type}`)
        .join('\n')
    },
    wholeTable: (name) => new RegExp(`${name} (?:ALL|index)`),
    // There are no partial indexes, and collations ignore case by themselves.
    shapes: ['plain', 'tenants'],
    table: (name, shape) =>
      maria.mysqlTable(
        name,
        {
          id: maria.int().autoincrement().primaryKey(),
          email: maria.varchar({ length: 99 }),
          username: maria.varchar({ length: 99 }),
          hashedPassword: maria.varchar({ length: 255 }),
          tokenVersion: maria.int(),
          org: maria.varchar({ length: 99 }),
          deletedAt: maria.int(),
        },
        (table) =>
          [table.email, table.username].map((column, n) => {
            const index = maria.uniqueIndex(`${name}_${n}`)
            return shape === 'tenants' ? index.on(table.org, column) : index.on(column)
          }),
      ) as never,
    fill: (name) =>
      `insert into ${name} (email, username, hashedPassword, tokenVersion, org) ${everybody(999)} select ${values} from n`,
    analyze: (name) => `analyze table ${name}`,
    drizzle: (log) => onMysql(pool, logger(log) as never) as never,
    kysely: (log) =>
      new Kysely({ dialect: new MysqlDialect({ pool }), ...kyselyLog(log) } as never),
    close: () => pool.promise().end(),
  }
}

const options = {
  plain: {},
  tenants: { tenant: 'org' },
  'soft-deleted': {},
  'any case': {},
} as const

const columns = (shape: Shape) =>
  shape === 'any case'
    ? {
        email: { property: 'email', ignoreCase: true },
        username: { property: 'username', ignoreCase: true },
      }
    : { email: 'email', username: 'username' }

const adapters: Readonly<
  Record<string, (database: Database, name: string, shape: Shape, log: Log) => UserStore>
> = {
  Drizzle: (database, name, shape, log) => {
    const table = database.table(name, shape) as { deletedAt: never }
    const where = shape === 'soft-deleted' ? { where: isNull(table.deletedAt) } : {}
    return drizzleUsers(
      database.drizzle(log),
      table as never,
      {
        columns: columns(shape),
        ...options[shape],
        ...where,
      } as never,
    ) as unknown as UserStore
  },
  Kysely: (database, name, shape, log) =>
    kyselyUsers(
      database.kysely(log),
      name as never,
      {
        columns: {
          id: 'id',
          hashedPassword: 'hashedPassword',
          tokenVersion: 'tokenVersion',
          ...columns(shape),
        },
        unique: ['email', 'username'],
        ...options[shape],
        ...(shape === 'soft-deleted'
          ? { where: (build: (...parts: unknown[]) => unknown) => build('deletedAt', 'is', null) }
          : {}),
        ...(shape === 'tenants' ? {} : { others: ['org'] }),
      } as never,
    ) as unknown as UserStore,
}

const databases = [
  ['SQLite', true, onSqlite],
  ['PostgreSQL', await isReachable(postgres), onPostgres],
  ['MariaDB', await isReachable(mysql), onMaria],
] as const

for (const [label, isThere, open] of databases) {
  describe.runIf(isThere)(`On ${label}`, () => {
    const database = isThere ? open() : (undefined as unknown as Database)
    const made: string[] = []
    afterAll(async () => {
      for (const name of made) await database.exec(`drop table ${name}`)
      await database.close()
    })

    for (const [n, shape] of (isThere ? database.shapes : []).entries()) {
      const name = `plans_${run}_${n}`
      test(`a table with columns that are ${shape}`, async () => {
        made.push(name)
        for (const statement of tableStatements(database.table(name, shape))) {
          await database.exec(statement)
        }
        await database.exec(database.fill(name))
        await database.exec(database.analyze(name))
        for (const adapter of Object.values(adapters)) {
          const sent: [string, readonly unknown[]][] = []
          const store = adapter(database, name, shape, (...one) => sent.push(one))
          expect(store.problems).toEqual([])
          const scope = shape === 'tenants' ? { tenant: 't1' } : {}
          const lookups = ['e7@example.com', 'User10', 'nobody'].flatMap((value) => [
            ['email', value] as const,
            ['username', value] as const,
          ])
          const found = await store.find.each?.(lookups, scope)
          expect(found?.map((row) => (row as { id: number } | null)?.id ?? null)).toEqual([
            7,
            null,
            null,
            10,
            null,
            null,
          ])
          expect(sent).toHaveLength(1)
          const [[statement, parameters] = ['', []]] = sent
          const plan = await database.explain(statement, parameters)
          expect(plan).toContain(label === 'PostgreSQL' ? 'Index Scan' : name)
          expect(plan).not.toMatch(database.wholeTable(name))
        }
      })
    }
  })
}
