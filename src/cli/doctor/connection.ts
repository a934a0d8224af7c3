/**
 * A connection for reading, over whichever driver the application has installed.
 */
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import type { Dialect } from './table.ts'

type Row = Record<string, unknown>

export interface Connection {
  readonly dialect: Dialect
  query(text: string, parameters?: readonly unknown[]): Promise<Row[]>
  close(): Promise<void>
}

/**
 * @throws Error that says what to install, or what kind of address is understood; never the
 *   address, which may have a password in it.
 */
export async function connect(url: string): Promise<Connection> {
  // SQLAlchemy names a driver besides: `postgresql+asyncpg`.
  const plain = url.replace(/^(postgres(?:ql)?|mysql|mariadb)\+\w+:/, '$1:')
  if (/^postgres(?:ql)?:\/\//.test(plain)) return connectPostgres(plain)
  if (/^(?:mysql|mariadb):\/\//.test(plain)) return connectMysql(plain)
  return connectSqlite(url.replace(/^(?:sqlite:|file:)/, ''))
}

async function connectPostgres(url: string): Promise<Connection> {
  const pg = await load('pg')
  if (pg) {
    const { Client } = (pg['default'] ?? pg) as { Client: new (url: string) => PgClient }
    const client = new Client(url)
    await client.connect()
    await client.query(readOnly.postgresql, [])
    return {
      dialect: 'postgresql',
      query: async (text, parameters = []) => (await client.query(text, [...parameters])).rows,
      close: () => client.end(),
    }
  }
  const postgres = await load('postgres')
  if (!postgres) throw new Error('to read PostgreSQL, install pg or postgres')
  const open = postgres['default'] as (url: string, options: object) => PostgresJs
  const sql = open(url, { max: 1 })
  await sql.unsafe(readOnly.postgresql, [])
  return {
    dialect: 'postgresql',
    query: async (text, parameters = []) => [...(await sql.unsafe(text, [...parameters]))],
    close: () => sql.end(),
  }
}

interface PgClient {
  connect(): Promise<unknown>
  query(text: string, parameters: unknown[]): Promise<{ rows: Row[] }>
  end(): Promise<void>
}

interface PostgresJs {
  unsafe(text: string, parameters: unknown[]): Promise<Iterable<Row>>
  end(): Promise<void>
}

async function connectMysql(url: string): Promise<Connection> {
  const mysql = await load('mysql2/promise')
  if (!mysql) throw new Error('to read MySQL or MariaDB, install mysql2')
  const create = mysql['createConnection'] as (url: string) => Promise<{
    query(text: string, parameters: unknown[]): Promise<[unknown, unknown]>
    end(): Promise<void>
  }>
  const connection = await create(url.replace(/^mariadb:/, 'mysql:'))
  await connection.query(readOnly.mysql, [])
  return {
    dialect: 'mysql',
    query: async (text, parameters = []) => {
      const [rows] = await connection.query(text, [...parameters])
      return (rows as Row[]).map(lowerNames)
    },
    close: () => connection.end(),
  }
}

async function connectSqlite(path: string): Promise<Connection> {
  const { existsSync } = await import('node:fs')
  if (!existsSync(path)) {
    throw new Error(
      'there is no such file; the database is given as postgresql://…, mysql://…, or the path of an SQLite file',
    )
  }
  const database = (await betterSqlite(path)) ?? (await builtInSqlite(path))
  return {
    dialect: 'sqlite',
    query: async (text, parameters = []) => database.prepare(text).all(...parameters) as Row[],
    close: async () => database.close(),
  }
}

/** `null` where it is not installed, or its binary does not load on this machine. */
async function betterSqlite(path: string): Promise<SqliteDatabase | null> {
  try {
    const better = await load('better-sqlite3')
    if (!better) return null
    const Database = better['default'] as new (path: string, options: object) => SqliteDatabase
    const database = new Database(path, { readonly: true })
    database.prepare('select 1').all()
    return database
  } catch {
    return null
  }
}

async function builtInSqlite(path: string): Promise<SqliteDatabase> {
  const { DatabaseSync } = await import('node:sqlite')
  return new DatabaseSync(path, { readOnly: true }) as unknown as SqliteDatabase
}

/** Nothing is written, and nothing could be. */
const readOnly = {
  postgresql: 'set session characteristics as transaction read only',
  mysql: 'set session transaction read only',
} as const

interface SqliteDatabase {
  prepare(text: string): { all(...parameters: readonly unknown[]): unknown[] }
  close(): void
}

/** MySQL 8 gives the columns of its own tables in capitals, whatever they were called. */
function lowerNames(row: Row): Row {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name.toLowerCase(), value]))
}

/** A package of the application, looked up from where the command runs; `null` without it. */
async function load(name: string): Promise<Record<string, unknown> | null> {
  for (const specifier of [resolved(name), name]) {
    if (specifier === null) continue
    try {
      return (await import(specifier)) as Record<string, unknown>
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND') throw error
    }
  }
  return null
}

/** `import.meta.resolve` looks from this file, whatever else it is given. */
function resolved(name: string): string | null {
  try {
    return pathToFileURL(createRequire(`${process.cwd()}/`).resolve(name)).href
  } catch {
    return null
  }
}
