/**
 * The table of users on SQLite in memory or on PostgreSQL, through Drizzle, with a query by key
 * that is prepared once.
 */
import { randomBytes } from 'node:crypto'
import Database from 'better-sqlite3'
import { eq, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { drizzle as drizzlePostgres } from 'drizzle-orm/node-postgres'
import * as pg from 'drizzle-orm/pg-core'
import * as sqlite from 'drizzle-orm/sqlite-core'
import { Pool } from 'pg'
import { createClient } from 'redis'
import { postgresUrl, redisUrl } from '../../test/support/services.ts'
import { columnsOfUsers, insertionInto } from '../compare/people.ts'

/** PostgreSQL and Redis outlive the process. */
export const namespace = `bench_${process.pid}_${randomBytes(4).toString('hex')}`

export { userId } from '../compare/people.ts'

/** On SQLite, with what else a library wants created. */
export function sqlitePeople(statements: readonly string[] = []) {
  const database = new Database(':memory:')
  database.exec(`create table users (${columnsOfUsers('sqlite')})`)
  for (const statement of statements) database.exec(statement)
  const db = drizzle(database)
  const moment = (name: string) => sqlite.integer(name, { mode: 'timestamp' })
  const flag = (name: string) => sqlite.integer(name, { mode: 'boolean' })
  const users = sqlite.sqliteTable('users', {
    id: sqlite.text('id').primaryKey(),
    name: sqlite.text('name').notNull(),
    email: sqlite.text('email').notNull().unique(),
    username: sqlite.text('username').unique(),
    emailVerified: flag('email_verified').notNull(),
    image: sqlite.text('image'),
    hashedPassword: sqlite.text('hashed_password'),
    isActive: flag('is_active').notNull().default(true),
    isSuperuser: flag('is_superuser').notNull().default(false),
    tokenVersion: sqlite.integer('token_version').notNull().default(1),
    oauthProvider: sqlite.text('oauth_provider'),
    googleId: sqlite.text('google_id'),
    githubId: sqlite.text('github_id'),
    createdAt: moment('created_at').notNull(),
    updatedAt: moment('updated_at').notNull(),
  })
  const find = db
    .select()
    .from(users)
    .where(eq(users.id, sql.placeholder('id')))
    .prepare()
  return {
    db,
    users,
    /** Whoever has this key. */
    find: (id: string) => find.get({ id }),
    change: async (assignments: string) => {
      database.exec(`update users set ${assignments}`)
    },
    insert: async () => {
      database.exec(insertionInto('users', 'sqlite'))
    },
    close: async () => {
      database.close()
    },
  }
}

/** On PostgreSQL; `statements` is given what stands before the names of tables. */
export async function postgresPeople(
  statements: (prefix: string) => readonly string[] = () => [],
  tables: readonly string[] = [],
) {
  const pool = new Pool({ connectionString: postgresUrl, max: 10 })
  const prefix = `${namespace}_`
  await pool.query(`create table ${prefix}users (${columnsOfUsers('postgres')})`)
  for (const statement of statements(prefix)) await pool.query(statement)
  const db = drizzlePostgres(pool)
  const moment = (name: string) => pg.timestamp(name, { withTimezone: true })
  const users = pg.pgTable(`${prefix}users`, {
    id: pg.text('id').primaryKey(),
    name: pg.text('name').notNull(),
    email: pg.text('email').notNull().unique(),
    username: pg.text('username').unique(),
    emailVerified: pg.boolean('email_verified').notNull(),
    image: pg.text('image'),
    hashedPassword: pg.text('hashed_password'),
    isActive: pg.boolean('is_active').notNull().default(true),
    isSuperuser: pg.boolean('is_superuser').notNull().default(false),
    tokenVersion: pg.integer('token_version').notNull().default(1),
    oauthProvider: pg.text('oauth_provider'),
    googleId: pg.text('google_id'),
    githubId: pg.text('github_id'),
    createdAt: moment('created_at').notNull(),
    updatedAt: moment('updated_at').notNull(),
  })
  const find = db
    .select()
    .from(users)
    .where(eq(users.id, sql.placeholder('id')))
    .prepare('find_user')
  return {
    db,
    pool,
    prefix,
    users,
    find: async (id: string) => (await find.execute({ id }))[0],
    change: async (assignments: string) => {
      await pool.query(`update ${prefix}users set ${assignments}`)
    },
    insert: async () => {
      await pool.query(insertionInto(`${prefix}users`, 'postgres'))
    },
    close: async () => {
      const all = [...tables, 'users'].map((name) => prefix + name)
      await pool.query(`drop table if exists ${all.join(', ')}`)
      await pool.end()
    },
  }
}

/** A client, and what removes everything below a prefix. */
export async function redisClient(prefix: string) {
  const client = createClient({ url: redisUrl })
  await client.connect()
  const close = async () => {
    for await (const found of client.scanIterator({ MATCH: `${prefix}*`, COUNT: 1000 })) {
      if (found.length > 0) await client.unlink(found)
    }
    client.destroy()
  }
  return { client, close }
}
