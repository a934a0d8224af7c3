/**
 * Tables as Django, Rails with Devise, Laravel and WordPress leave them, adopted: what the doctor
 * says of each, what its migration does, and that the people in them log in.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { flag, timestampFlag, type UserStore } from 'crudauth'
import { drizzleUsers } from 'crudauth/drizzle'
import { type AdoptedFormat, bcrypt, django, laravel, wordpress } from 'crudauth/hashes'
import { isNull } from 'drizzle-orm'
import {
  int,
  bigint as mysqlBigint,
  mysqlTable,
  timestamp as mysqlTimestamp,
  varchar as mysqlVarchar,
} from 'drizzle-orm/mysql-core'
import { drizzle as onMysql } from 'drizzle-orm/mysql2'
import { drizzle as onPg } from 'drizzle-orm/node-postgres'
import { bigserial, boolean, integer, pgTable, timestamp, varchar } from 'drizzle-orm/pg-core'
import { createPool } from 'mysql2/promise'
import { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { doctor } from '../../src/cli/doctor/doctor.ts'
import { application } from '../support/application.ts'
import { isReachable, mysql, mysqlUrl, postgres, postgresUrl } from '../support/services.ts'

const password = 'correct horse'
const vectors: readonly { format: string; password: string; hash: string }[] = JSON.parse(
  readFileSync(new URL('../passwords/other-systems/vectors.json', import.meta.url), 'utf8'),
)
/** A hash of that password, made by the system itself. */
const hashOf = (format: string, start: string) => {
  const found = vectors.find(
    (vector) =>
      vector.format === format && vector.password === password && vector.hash.startsWith(start),
  )
  if (!found) throw new Error(`there is no vector of ${format} ${start}`)
  return found.hash
}

const run = `existing_${randomBytes(4).toString('hex')}`

/** A schema or database of its own, in which a fixture's table is. */
interface Place {
  readonly url: string
  readonly db: never
  readonly exec: (statement: string, values?: readonly unknown[]) => Promise<unknown>
  readonly rows: (statement: string) => Promise<Record<string, unknown>[]>
  readonly close: () => Promise<void>
}

async function inPostgres(name: string): Promise<Place> {
  const schema = `${run}_${name}`
  const url = `${postgresUrl}?options=-csearch_path%3D${schema}`
  const admin = new Pool({ connectionString: postgresUrl })
  await admin.query(`create schema ${schema}`)
  const pool = new Pool({ connectionString: url })
  return {
    url,
    db: onPg(pool) as never,
    exec: (statement, values = []) => pool.query(statement, [...values]),
    rows: async (statement) => (await pool.query(statement)).rows,
    async close() {
      await pool.end()
      await admin.query(`drop schema ${schema} cascade`)
      await admin.end()
    },
  }
}

async function inMysql(name: string): Promise<Place> {
  const database = `${run}_${name}`
  const admin = createPool(mysqlUrl)
  await admin.query(`create database ${database}`)
  const url = mysqlUrl.replace(/\/[^/]*$/, `/${database}`)
  const pool = createPool({ uri: url, multipleStatements: true })
  return {
    url,
    db: onMysql(pool) as never,
    exec: (statement, values = []) => pool.query(statement.replaceAll(/\$\d/g, '?'), [...values]),
    rows: async (statement) => (await pool.query(statement))[0] as Record<string, unknown>[],
    async close() {
      await pool.end()
      await admin.query(`drop database ${database}`)
      await admin.end()
    },
  }
}

interface Fixture {
  readonly file: string
  readonly table: string
  readonly open: (name: string) => Promise<Place>
  readonly isThere: boolean
  /** A row for a name to log in by, with a stored hash. */
  readonly insert: string
  readonly hashes: readonly string[]
  readonly login: (n: number) => string
  readonly adopt: AdoptedFormat
  readonly identity?: object
  readonly registration?: object
  readonly users: (db: never) => unknown
  readonly hashColumn: string
  readonly disable: string
}

const authUser = pgTable('auth_user', {
  id: integer().primaryKey().generatedByDefaultAsIdentity(),
  password: varchar({ length: 128 }).notNull(),
  isSuperuser: boolean('is_superuser').notNull(),
  username: varchar({ length: 150 }).notNull().unique(),
  email: varchar({ length: 254 }).notNull().default(''),
  isActive: boolean('is_active').notNull(),
  tokenVersion: integer('token_version').notNull().default(0),
})

const deviseUsers = pgTable('users', {
  id: bigserial({ mode: 'number' }).primaryKey(),
  email: varchar().notNull().unique(),
  encryptedPassword: varchar('encrypted_password').notNull(),
  confirmedAt: timestamp('confirmed_at', { precision: 6 }),
  admin: boolean().notNull().default(false),
  isActive: boolean('is_active').notNull().default(true),
  tokenVersion: integer('token_version').notNull().default(0),
})

const laravelUsers = mysqlTable('users', {
  id: mysqlBigint({ mode: 'number', unsigned: true }).autoincrement().primaryKey(),
  name: mysqlVarchar({ length: 255 }).notNull(),
  email: mysqlVarchar({ length: 255 }).notNull().unique(),
  emailVerifiedAt: mysqlTimestamp('email_verified_at'),
  password: mysqlVarchar({ length: 255 }).notNull(),
  deletedAt: mysqlTimestamp('deleted_at'),
  tokenVersion: int('token_version').notNull().default(0),
})

const wpUsers = mysqlTable('wp_users', {
  ID: mysqlBigint({ mode: 'number', unsigned: true }).autoincrement().primaryKey(),
  userLogin: mysqlVarchar('user_login', { length: 60 }).notNull().unique(),
  userPass: mysqlVarchar('user_pass', { length: 255 }).notNull(),
  userEmail: mysqlVarchar('user_email', { length: 100 }).notNull().unique(),
  userStatus: int('user_status').notNull().default(0),
  tokenVersion: int('token_version').notNull().default(0),
})

const [hasPostgres, hasMysql] = [await isReachable(postgres), await isReachable(mysql)]

const fixtures: Record<string, Fixture> = {
  Django: {
    file: 'django.sql',
    table: 'auth_user',
    open: inPostgres,
    isThere: hasPostgres,
    insert: `insert into auth_user (password, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) values ($1, false, $2::varchar, '', '', $2::varchar || '@example.com', false, true, now())`,
    hashes: [
      hashOf('django', 'pbkdf2_sha256'),
      hashOf('django', 'argon2'),
      hashOf('django', 'bcrypt_sha256'),
    ],
    login: (n) => `Ann${n}`,
    adopt: django({ iterations: 1000 }),
    identity: { login: ['username'], recovery: null },
    users: (db) => drizzleUsers(db, authUser, { columns: { hashedPassword: 'password' } }),
    hashColumn: 'password',
    disable: 'update auth_user set is_active = false',
  },
  Devise: {
    file: 'devise.sql',
    table: 'users',
    open: inPostgres,
    isThere: hasPostgres,
    insert: `insert into users (encrypted_password, email, created_at, updated_at) values ($1, $2, now(), now())`,
    hashes: [hashOf('devise', '$2')],
    login: (n) => `ann${n}@example.com`,
    adopt: bcrypt({ pepper: 'a pepper of devise', cost: 4 }),
    users: (db) =>
      drizzleUsers(db, deviseUsers, {
        columns: {
          hashedPassword: 'encryptedPassword',
          isSuperuser: 'admin',
          emailVerified: { property: 'confirmedAt', codec: timestampFlag() },
        },
      }),
    hashColumn: 'encrypted_password',
    disable: 'update users set is_active = false',
  },
  Laravel: {
    file: 'laravel.sql',
    table: 'users',
    open: inMysql,
    isThere: hasMysql,
    insert: `insert into users (password, email, name) values ($1, $2, 'Ann')`,
    hashes: [
      hashOf('laravel', '$2y'),
      hashOf('laravel', '$argon2id'),
      hashOf('laravel', '$argon2i$'),
    ],
    login: (n) => `ann${n}@example.com`,
    adopt: laravel({ cost: 4 }),
    users: (db) =>
      drizzleUsers(db, laravelUsers, {
        columns: {
          hashedPassword: 'password',
          emailVerified: { property: 'emailVerifiedAt', codec: timestampFlag() },
        },
        where: isNull(laravelUsers.deletedAt),
      }),
    registration: { newUserDefaults: { name: '' } as never },
    hashColumn: 'password',
    disable: 'update users set deleted_at = now()',
  },
  WordPress: {
    file: 'wordpress.sql',
    table: 'wp_users',
    open: inMysql,
    isThere: hasMysql,
    insert: `insert into wp_users (user_pass, user_login, user_email) values ($1, $2, concat(user_login, '@example.com'))`,
    hashes: [hashOf('wordpress', '$P$'), hashOf('wordpress', '$wp$2y$')],
    login: (n) => `Ann ${n}`,
    adopt: wordpress(),
    users: (db) =>
      drizzleUsers(db, wpUsers, {
        columns: {
          id: 'ID',
          email: 'userEmail',
          username: 'userLogin',
          hashedPassword: 'userPass',
          isActive: { property: 'userStatus', codec: flag(0, 1) },
        },
      }),
    hashColumn: 'user_pass',
    disable: 'update wp_users set user_status = 1',
  },
}

describe.each(Object.entries(fixtures))('A table of %s', (name, fixture) => {
  describe.runIf(fixture.isThere)('is adopted', () => {
    let place: Place
    const look = (more: object = {}) =>
      doctor({
        database: place.url,
        table: fixture.table,
        columns: {},
        format: 'sql',
        json: false,
        strict: false,
        ...more,
      })

    beforeAll(async () => {
      place = await fixture.open(name.toLowerCase())
      const sql = readFileSync(new URL(fixture.file, import.meta.url), 'utf8')
      await place.exec(sql)
      for (const [n, hash] of fixture.hashes.entries()) {
        await place.exec(fixture.insert, [hash, fixture.login(n)])
      }
    })
    afterAll(() => place.close())

    test('the doctor tells what is there, what is not, and what to write', async () => {
      const { output } = await look()
      await expect(output).toMatchFileSnapshot(`${name.toLowerCase()}.txt`)
    })

    test.each(['drizzle', 'kysely', 'prisma'] as const)('also as source for %s', async (format) => {
      const { output } = await look({ format })
      expect(output).toContain(`What would add the rest (${format}):`)
      expect(output).toContain(format === 'kysely' ? 'token_version' : 'tokenVersion')
    })

    test('its migration runs, and leaves nothing to want', async () => {
      const { output } = await look({ json: true })
      await place.exec(JSON.parse(output).migration)
      const after = JSON.parse((await look({ json: true, strict: true })).output)
      expect(after.features.filter(({ status }: { status: string }) => status !== 'ok')).toEqual([])
      expect(after.migration).toBe('')
      expect((await look({ strict: true })).exitCode).toBe(0)
    })

    test('its people log in with the passwords that they had, and get better hashes', async () => {
      const { logIn } = application({
        users: fixture.users(place.db) as UserStore,
        identity: fixture.identity ?? {},
        registration: fixture.registration ?? {},
        passwords: { adopt: [fixture.adopt] },
      })
      for (const n of fixture.hashes.keys()) {
        expect((await logIn(fixture.login(n), 'Correct horse')).status).toBe(401)
        expect((await logIn(fixture.login(n), password)).me).not.toBeNull()
      }
      const stored = await place.rows(`select ${fixture.hashColumn} as hash from ${fixture.table}`)
      for (const { hash } of stored) expect(hash).toMatch(/^\$bcrypt-sha256\$v=2/)
      expect((await logIn(fixture.login(0), password)).status).toBe(200)
    })

    test('who is shut out there is shut out here', async () => {
      const { logIn } = application({
        users: fixture.users(place.db) as UserStore,
        identity: fixture.identity ?? {},
        registration: fixture.registration ?? {},
        passwords: { adopt: [fixture.adopt] },
      })
      const { client } = await logIn(fixture.login(0), password)
      await place.exec(fixture.disable)
      expect((await client.get('/me')).status).toBe(401)
      expect((await logIn(fixture.login(0), password)).status).toBe(401)
    })
  })
})
