/** A new, empty database of each kind, for the doctor and for Kysely. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { Kysely, MysqlDialect, PostgresDialect, SqliteDialect } from 'kysely'
import { createPool } from 'mysql2'
import { createConnection } from 'mysql2/promise'
import { Pool } from 'pg'
import { isReachable, mysql, mysqlUrl, postgres, postgresUrl } from './services.ts'

export interface Place {
  readonly db: Kysely<never>
  readonly url: string
  readonly end: () => Promise<unknown>
}

export interface PlaceMaker {
  readonly isThere: boolean
  /** A primary key that the database makes. */
  readonly key: string
  open(): Promise<Place>
}

const newName = () => `crudauth_${randomBytes(4).toString('hex')}`

export const places: Readonly<Record<'SQLite' | 'PostgreSQL' | 'MySQL', PlaceMaker>> = {
  SQLite: {
    isThere: true,
    key: 'integer primary key',
    async open() {
      const folder = mkdtempSync(join(tmpdir(), 'crudauth-empty-'))
      const url = join(folder, 'app.db')
      const db = new Kysely<never>({ dialect: new SqliteDialect({ database: new Database(url) }) })
      const end = async () => {
        await db.destroy()
        rmSync(folder, { recursive: true })
      }
      return { db, url, end }
    },
  },
  PostgreSQL: {
    isThere: await isReachable(postgres),
    key: 'serial primary key',
    async open() {
      const url = new URL(postgresUrl)
      const schema = newName()
      url.searchParams.set('options', `-csearch_path=${schema}`)
      const pool = new Pool({ connectionString: url.href })
      await pool.query(`create schema ${schema}`)
      const db = new Kysely<never>({ dialect: new PostgresDialect({ pool }) })
      const end = async () => {
        await pool.query(`drop schema ${schema} cascade`)
        await db.destroy()
      }
      return { db, url: url.href, end }
    },
  },
  MySQL: {
    isThere: await isReachable(mysql),
    key: 'integer auto_increment primary key',
    async open() {
      const url = new URL(mysqlUrl)
      const name = newName()
      const admin = await createConnection(mysqlUrl)
      await admin.query(`create database ${name}`)
      url.pathname = `/${name}`
      const db = new Kysely<never>({ dialect: new MysqlDialect({ pool: createPool(url.href) }) })
      const end = async () => {
        await admin.query(`drop database ${name}`)
        await db.destroy()
        await admin.end()
      }
      return { db, url: url.href, end }
    },
  },
}
