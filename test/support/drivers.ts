/**
 * Query builders over drivers, each opened on a database of its own or on the server that is there.
 */
import { PGlite } from '@electric-sql/pglite'
import Sqlite from 'better-sqlite3'
import { drizzle as onSqlite } from 'drizzle-orm/better-sqlite3'
import { drizzle as onMysql } from 'drizzle-orm/mysql2'
import { drizzle as onPg } from 'drizzle-orm/node-postgres'
import { drizzle as onPglite } from 'drizzle-orm/pglite'
import { drizzle as onPostgresJs } from 'drizzle-orm/postgres-js'
import {
  type Dialect,
  Kysely,
  MysqlDialect,
  PGliteDialect,
  PostgresDialect,
  SqliteDialect,
  sql,
} from 'kysely'
import { createPool as callbackPool } from 'mysql2'
import { createPool } from 'mysql2/promise'
import { Pool } from 'pg'
import postgresJs from 'postgres'
import { isReachable, mysql, mysqlUrl, postgres, postgresUrl } from './services.ts'

export type DatabaseKind = 'postgresql' | 'mysql' | 'sqlite'

/** A database that is open. */
export interface OpenDatabase<Db> {
  readonly db: Db
  /** Runs a statement that no store would. */
  readonly run: (statement: string) => unknown
  readonly close: () => unknown
}

export interface Driver<Db> {
  readonly kind: DatabaseKind
  /** Whether its server runs here. */
  readonly isThere: boolean
  readonly open: () => OpenDatabase<Db>
}

/** Drizzle's databases have a type for each driver; stores take any of them. */
export type AnyDrizzle = never

/** What a test describes of its tables itself. */
export type AnyKysely<Row> = Kysely<Record<string, Row>>

const hasPostgres = await isReachable(postgres)
const hasMysql = await isReachable(mysql)

export const drizzleDrivers = {
  'Drizzle over node-postgres': {
    kind: 'postgresql',
    isThere: hasPostgres,
    open() {
      const client = new Pool({ connectionString: postgresUrl })
      client.on('error', () => undefined)
      const run = (statement: string) => client.query(statement)
      return { db: onPg(client) as AnyDrizzle, run, close: () => client.end() }
    },
  },
  'Drizzle over postgres.js': {
    kind: 'postgresql',
    isThere: hasPostgres,
    open() {
      const client = postgresJs(postgresUrl)
      const run = (statement: string) => client.unsafe(statement)
      return { db: onPostgresJs(client) as AnyDrizzle, run, close: () => client.end() }
    },
  },
  'Drizzle over PGlite': {
    kind: 'postgresql',
    isThere: true,
    open() {
      const client = new PGlite()
      const run = (statement: string) => client.exec(statement)
      return { db: onPglite(client) as AnyDrizzle, run, close: () => client.close() }
    },
  },
  'Drizzle over mysql2': {
    kind: 'mysql',
    isThere: hasMysql,
    open() {
      const client = createPool(mysqlUrl)
      const run = (statement: string) => client.query(statement)
      return { db: onMysql(client) as AnyDrizzle, run, close: () => client.end() }
    },
  },
  'Drizzle over better-sqlite3': {
    kind: 'sqlite',
    isThere: true,
    open() {
      const client = new Sqlite(':memory:')
      const run = (statement: string) => client.exec(statement)
      return { db: onSqlite(client) as AnyDrizzle, run, close: () => client.close() }
    },
  },
} as const satisfies Record<string, Driver<AnyDrizzle>>

function onKysely(kind: DatabaseKind, isThere: boolean, dialect: () => Dialect) {
  return {
    kind,
    isThere,
    open<Row>(): OpenDatabase<AnyKysely<Row>> {
      const db = new Kysely<Record<string, Row>>({ dialect: dialect() })
      const run = (statement: string) => sql.raw(statement).execute(db)
      return { db, run, close: () => db.destroy() }
    },
  }
}

export const kyselyDrivers = {
  'Kysely over pg': onKysely('postgresql', hasPostgres, () => {
    const ignore = () => undefined
    const pool = new Pool({ connectionString: postgresUrl })
    // As docs/outages.md says: a connection that ends in use ends the process otherwise.
    pool.on('error', ignore).on('connect', (client) => client.on('error', ignore))
    return new PostgresDialect({ pool })
  }),
  'Kysely over PGlite': onKysely(
    'postgresql',
    true,
    () => new PGliteDialect({ pglite: new PGlite() }),
  ),
  'Kysely over mysql2': onKysely(
    'mysql',
    hasMysql,
    () => new MysqlDialect({ pool: callbackPool(mysqlUrl) }),
  ),
  'Kysely over better-sqlite3': onKysely(
    'sqlite',
    true,
    () => new SqliteDialect({ database: new Sqlite(':memory:') }),
  ),
} as const
