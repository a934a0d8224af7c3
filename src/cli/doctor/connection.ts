/**
 * A connection for reading, over whichever driver the application has installed. Nothing is
 * written, and no statement runs or waits for longer than was said: the database is somebody's who
 * works with it.
 */
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import type { Dialect } from './table.ts'
import { reasonOf, Unanswered } from './unanswered.ts'

export type Row = Record<string, unknown>

export interface Connection {
  readonly dialect: Dialect
  /** How long a statement may take. */
  readonly seconds: number
  /** @throws Unanswered where it takes longer, waits for a lock, or is not permitted. */
  query(text: string, parameters?: readonly unknown[]): Promise<Row[]>
  close(): Promise<void>
}

type Driver = Omit<Connection, 'seconds'>

/** A server that fell silent is given up this much later than it should have ended a statement. */
const silenceMs = 5000

/**
 * @param seconds How long a statement may take; fractions count.
 * @throws Unanswered where the server falls silent before it is connected.
 * @throws Error that says what to install, or what kind of address is understood; never the
 *   address, which may have a password in it.
 */
export async function connect(url: string, seconds = 5): Promise<Connection> {
  // SQLAlchemy names a driver besides: `postgresql+asyncpg`.
  const plain = url.replace(/^(postgres(?:ql)?|mysql|mariadb)\+\w+:/, '$1:')
  const ms = Math.max(1, Math.ceil(seconds * 1000))
  const asked = async <Value>(answer: Promise<Value>): Promise<Value> => {
    try {
      return await answer
    } catch (error) {
      const reason = reasonOf(error)
      throw reason === null ? error : new Unanswered(reason, seconds)
    }
  }
  const opened = /^postgres(?:ql)?:\/\//.test(plain)
    ? connectPostgres(plain, ms)
    : /^(?:mysql|mariadb):\/\//.test(plain)
      ? connectMysql(plain, ms)
      : connectSqlite(url.replace(/^(?:sqlite:|file:)/, ''), ms)
  const isSilentAfter = ms + silenceMs
  const driver = await asked(within(opened, isSilentAfter))
  return {
    dialect: driver.dialect,
    seconds,
    query: (text, parameters) => asked(within(driver.query(text, parameters), isSilentAfter)),
    // What does not answer is not waited for: the process ends.
    close: () => within(driver.close(), isSilentAfter).catch(() => undefined),
  }
}

/** @throws Unanswered after that time. */
async function within<Value>(answer: Promise<Value>, ms: number): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Unanswered('time', ms / 1000)), ms)
  })
  try {
    return await Promise.race([answer, silence])
  } finally {
    clearTimeout(timer)
  }
}

async function connectPostgres(url: string, ms: number): Promise<Driver> {
  const pg = await load('pg')
  if (pg) {
    const { Client } = (pg['default'] ?? pg) as { Client: new (options: object) => PgClient }
    const client = new Client({ connectionString: url, connectionTimeoutMillis: ms + silenceMs })
    await client.connect()
    return {
      dialect: 'postgresql',
      query: bounded(ms, async (text, parameters) => (await client.query(text, parameters)).rows),
      close: () => client.end(),
    }
  }
  const postgres = await load('postgres')
  if (!postgres) throw new Error('to read PostgreSQL, install pg or postgres')
  const open = postgres['default'] as (url: string, options: object) => PostgresJs
  const sql = open(url, { max: 1 })
  return {
    dialect: 'postgresql',
    query: bounded(ms, async (text, parameters) => [...(await sql.unsafe(text, parameters))]),
    close: () => sql.end(),
  }
}

/**
 * Each statement in a transaction of its own, which is read only and bounded: what is said of a
 * session stays with a pooler's connection, and the application would have it next.
 */
function bounded(
  ms: number,
  send: (text: string, parameters: unknown[]) => Promise<Row[]>,
): Driver['query'] {
  return async (text, parameters = []) => {
    await send(`begin read only; set local statement_timeout = ${ms}`, [])
    try {
      return await send(text, [...parameters])
    } finally {
      // Where the connection is lost, so is the transaction.
      await send('rollback', []).catch(() => undefined)
    }
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

async function connectMysql(url: string, ms: number): Promise<Driver> {
  const mysql = await load('mysql2/promise')
  if (!mysql) throw new Error('to read MySQL or MariaDB, install mysql2')
  const create = mysql['createConnection'] as (url: string) => Promise<{
    query(text: string, parameters: unknown[]): Promise<[unknown, unknown]>
    end(): Promise<void>
  }>
  const connection = await create(url.replace(/^mariadb:/, 'mysql:'))
  const query: Driver['query'] = async (text, parameters = []) => {
    const [rows] = await connection.query(text, [...parameters])
    return (rows as Row[]).map(lowerNames)
  }
  const [server] = await query('select version() as version')
  const isMariaDb = /mariadb/i.test(String(server?.['version']))
  const lockSeconds = Math.max(1, Math.ceil(ms / 1000))
  const settings = [
    'transaction read only',
    isMariaDb ? `max_statement_time = ${ms / 1000}` : `max_execution_time = ${ms}`,
    `lock_wait_timeout = ${lockSeconds}`,
    `innodb_lock_wait_timeout = ${lockSeconds}`,
  ]
  for (const setting of settings) await connection.query(`set session ${setting}`, [])
  return { dialect: 'mysql', query, close: () => connection.end() }
}

async function connectSqlite(path: string, ms: number): Promise<Driver> {
  const { existsSync } = await import('node:fs')
  if (!existsSync(path)) {
    throw new Error(
      'there is no such file; the database is given as postgresql://…, mysql://…, or the path of an SQLite file',
    )
  }
  const database = (await betterSqlite(path, ms)) ?? (await builtInSqlite(path, ms))
  return {
    dialect: 'sqlite',
    query: async (text, parameters = []) => database.prepare(text).all(...parameters) as Row[],
    close: async () => database.close(),
  }
}

/** `null` where it is not installed, or its binary does not load on this machine. */
async function betterSqlite(path: string, timeout: number): Promise<SqliteDatabase | null> {
  try {
    const better = await load('better-sqlite3')
    if (!better) return null
    const Database = better['default'] as new (path: string, options: object) => SqliteDatabase
    const database = new Database(path, { readonly: true, timeout })
    database.prepare('select 1').all()
    return database
  } catch (error) {
    if (reasonOf(error) !== null) throw error
    return null
  }
}

async function builtInSqlite(path: string, timeout: number): Promise<SqliteDatabase> {
  const { DatabaseSync } = await import('node:sqlite')
  return new DatabaseSync(path, { readOnly: true, timeout }) as unknown as SqliteDatabase
}

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
