/**
 * The commands, as somebody types them.
 */
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { authUserColumns } from 'crudauth/drizzle/sqlite'
import { sqliteTable } from 'drizzle-orm/sqlite-core'
import { type Kysely, sql } from 'kysely'
import { createConnection, type RowDataPacket } from 'mysql2/promise'
import { Client } from 'pg'
import { afterAll, describe, expect, test } from 'vitest'
import { createTable } from '../support/create-table.ts'
import { places } from '../support/empty-databases.ts'
import { isReachable, mysql, mysqlUrl, postgres, postgresUrl } from '../support/services.ts'

const hasPostgres = await isReachable(postgres)
const hasMysql = await isReachable(mysql)

const main = join(import.meta.dirname, '../../src/cli/main.ts')
const folder = mkdtempSync(join(tmpdir(), 'crudauth-cli-'))
afterAll(() => rmSync(folder, { recursive: true }))

function crudauth(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    encoding: 'utf8',
    cwd: join(import.meta.dirname, '../..'),
    env: { ...process.env, NODE_OPTIONS: '' },
    timeout: 20_000,
  })
  return { status, stdout, stderr }
}

function file(name: string, make: (sqlite: Database.Database) => void): string {
  const path = join(folder, name)
  const sqlite = new Database(path)
  make(sqlite)
  sqlite.close()
  return path
}

const complete = file('complete.db', (sqlite) =>
  createTable(sqlite, sqliteTable('users', authUserColumns())),
)
const bare = file('bare.db', (sqlite) => {
  sqlite.exec(
    `create table users (id integer primary key, mail varchar(320), pw_hash varchar(60), banned boolean)`,
  )
  sqlite.exec(`insert into users (mail, pw_hash) values
    ('a', '$2b$10$abcdefghijklmnopqrstuv'), ('b', null), ('c', 'plain text'), ('d', '$bcrypt-sha256$v=2')`)
})

describe('crudauth secret', () => {
  test('makes another 32 random bytes each time', () => {
    const [one, two] = [crudauth('secret'), crudauth('secret')]
    expect(one).toMatchObject({ status: 0, stderr: '' })
    expect(Buffer.from(one.stdout.trim(), 'base64url')).toHaveLength(32)
    expect(one.stdout).not.toBe(two.stdout)
  })
})

describe('crudauth doctor', () => {
  test('finds nothing to want in a new table', () => {
    const { status, stdout } = crudauth('doctor', '--database', complete, '--strict')
    expect(status).toBe(0)
    expect(stdout).toContain('Ready: everything that is needed is there.')
    expect(stdout).not.toContain('What would add')
  })

  test('says what is broken, and exits with 1', () => {
    const { status, stdout } = crudauth('doctor', '--database', bare)
    expect(status).toBe(1)
    expect(stdout).toContain('log in        BROKEN   email: mail')
    // SQLite looks at no length.
    expect(stdout).toContain('passwords     ok       hashedPassword: pw_hash')
    expect(stdout).toContain(
      'hashes: 1 of 4 rows is of bcrypt; crudauth/hashes has bcrypt() for them',
    )
    expect(stdout).toContain('hashes: 1 of 4 rows is without a password')
    expect(stdout).toContain('hashes: 1 of 4 rows is of no known format: nobody logs in with them')
    expect(stdout).toContain("isActive: { property: 'banned', codec: flag(['0', null], '1') },")
    expect(stdout).toContain('create unique index users_mail_key on users (mail);')
    expect(stdout).toContain('Not ready')
  })

  test('knows the hashes of other systems, and shows nothing of them', () => {
    const vectors: readonly { format: string; hash: string }[] = JSON.parse(
      readFileSync(
        join(import.meta.dirname, '../passwords/other-systems/system-vectors.json'),
        'utf8',
      ),
    )
    const beginnings: readonly (readonly [format: string, start: string | RegExp, line: string])[] =
      [
        ['betterAuth', '', 'of Better Auth; crudauth/hashes has betterAuth()'],
        ['lucia', 's2:', 'of Lucia; crudauth/hashes has lucia()'],
        ['payload', '', 'of Payload; crudauth/hashes has payload()'],
        ['gitea', '', 'of Gitea; crudauth/hashes has gitea()'],
        ['keycloak', '', 'of Keycloak; crudauth/hashes has keycloak()'],
        ['magento', /:3_/, 'of Magento; crudauth/hashes has magento()'],
        ['drupal', '$S$', 'of Drupal; crudauth/hashes has drupal()'],
        ['phpbb', '$H$', 'of phpBB; crudauth/hashes has phpbb()'],
        ['supabase', '$fbscrypt', 'of Supabase; crudauth/hashes has supabase()'],
        ['superTokens', '$f_scrypt', 'of SuperTokens; crudauth/hashes has superTokens()'],
      ]
    const rows = beginnings.map(([format, start]) => {
      const found = vectors.find(
        (one) =>
          one.format === format &&
          (typeof start === 'string' ? one.hash.startsWith(start) : start.test(one.hash)),
      )
      return found?.hash ?? ''
    })
    const left = file('left.db', (sqlite) => {
      sqlite.exec(
        'create table users (id integer primary key, email text unique, hashed_password text)',
      )
      for (const row of rows)
        sqlite.prepare('insert into users (hashed_password) values (?)').run(row)
    })
    const { stdout } = crudauth('doctor', '--database', left)
    for (const [, , line] of beginnings) expect(stdout).toContain(`1 of 10 rows is ${line}`)
    for (const row of rows) expect(stdout).not.toContain(row.slice(-12))
  })

  test.each([
    ['username_clean text, user_inactive_reason integer', 'phpBB', 'phpbb'],
    ['init text, access integer, login integer, pass text', 'Drupal', 'drupal'],
  ])('knows by its columns who reads passwords in a way of its own', (columns, name, remedy) => {
    const own = file(`${remedy}.db`, (sqlite) => {
      sqlite.exec(
        `create table users (id integer primary key, email text unique, hashed_password text, ${columns})`,
      )
      sqlite.exec(`insert into users (hashed_password) values ('$2y$10$abcdefghijklmnopqrstuv')`)
    })
    const { stdout } = crudauth(
      'doctor',
      '--database',
      own,
      '--columns',
      'hashedPassword=hashed_password',
    )
    expect(stdout).toContain(
      `1 of 1 row is of bcrypt, as ${name} writes it; crudauth/hashes has ${remedy}()`,
    )
    expect(stdout).toContain(`adopt: [${remedy}()]`)
  })

  test('shows nothing of what the rows hold', () => {
    const { stdout } = crudauth('doctor', '--database', bare, '--json')
    expect(stdout).not.toMatch(/plain text|abcdefgh|v=2/)
  })

  test('answers programs in JSON', () => {
    const { status, stdout } = crudauth('doctor', '--database', complete, '--json')
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      table: 'users',
      dialect: 'sqlite',
      map: { hashedPassword: { column: 'hashed_password' } },
      migration: '',
    })
  })

  test('takes a column for what it is told', () => {
    const { stdout } = crudauth(
      'doctor',
      '--database',
      bare,
      '--columns',
      'username=mail',
      '--json',
    )
    expect(JSON.parse(stdout).map).toMatchObject({ username: { column: 'mail' } })
    expect(JSON.parse(stdout).map.email).toBeUndefined()
  })

  test('reads a module of the application', () => {
    const { status, stdout } = crudauth('doctor', '--config', 'test/cli/users-store.ts')
    expect(stdout).toContain('hashedPassword: pw takes 60 characters, and needs 117')
    expect(stdout).toContain('accounts      ok       id: account_id')
    expect(stdout).toContain('alter table accounts add column token_version')
    expect(status).toBe(1)
  })

  test.each([
    [['doctor'], 'doctor takes either --config or --database'],
    [['doctor', '--config', 'a', '--database', 'b'], 'doctor takes either'],
    [['doctor', '--database', bare, '--migration', 'typeorm'], '--migration is one of: sql'],
    [['doctor', '--database', bare, '--columns', 'email'], '--columns takes pairs'],
    [['doctor', '--database', bare, '--colums', 'email'], '--colums'],
    [['doctor', '--database', bare, '--timeout', '0'], '--timeout takes a number of seconds'],
    [['doctor', '--database', bare, '--timeout', '1e9'], '3600 at most'],
    [['doctor', '--database', bare, '--login', 'phone'], '--login takes email, username, or both'],
    [['doctor', '--database', bare, '--columns', 'emial=mail'], 'emial is not a field'],
    [['doctor', '--database', bare, '--columns', 'email=mial'], 'mial is not a column'],
    [['doctor', '--database', join(folder, 'absent.db')], 'there is no such file'],
    [['doctor', '--database', 'oracle://localhost/x'], 'postgresql://…, mysql://…'],
    [
      ['doctor', '--database', complete, '--table', 'people'],
      'there is no table people; there are: users',
    ],
    [['doctor', '--config', 'test/support/clock.ts'], 'exports no user store'],
    [['docter'], 'there is no such command'],
    [['secret', 'please'], 'secret takes no arguments'],
  ])('%j is told what to write, and exits with 2', (args, message) => {
    const { status, stderr, stdout } = crudauth(...args)
    expect(stderr).toContain(message)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  })

  test.each([
    ['doctor', '--database', 'postgresql://ann:hunter2@127.0.0.1:1/x'],
    ['doctor', '--database', 'postgresql+asyncpg://ann:hunter2@127.0.0.1:1/x'],
    ['doctor', '--database', 'POSTGRESQL://ann:hunter2@127.0.0.1:1/x'],
    ['doctor', '--database', 'jdbc:postgresql://ann:hunter2@127.0.0.1:1/x'],
    ['doctor', '--database', 'ann:hunter2@127.0.0.1:1/x'],
    ['doctor', '--database', 'mysql://ann:hunter2@127.0.0.1:1/x'],
    ['doctor', 'postgresql://ann:hunter2@127.0.0.1:1/x'],
    ['postgresql://ann:hunter2@127.0.0.1:1/x'],
  ])('a password in an address is not repeated when it cannot connect: %j', (...args) => {
    const { status, stderr } = crudauth(...args)
    expect(status).toBe(2)
    expect(stderr).not.toContain('hunter2')
    expect(stderr.trim()).not.toBe('crudauth:')
  })

  const migrationOf = (stdout: string) => (JSON.parse(stdout) as { migration: string }).migration

  test('what it prints can be run, whatever the table and its columns are called', () => {
    const path = join(folder, 'odd.db')
    const sqlite = new Database(path)
    const table = `o'dd "users"; drop table victims; --`
    const quoted = `"${table.replaceAll('"', '""')}"`
    sqlite.exec('create table victims (id integer)')
    sqlite.exec(
      `create table ${quoted} (id integer primary key, "e.mail
; drop table victims;" varchar(320), "order" varchar(255), "is_active\u001b[2J
; drop table victims;" text)`,
    )
    const args = ['doctor', '--database', path, '--table', table, '--columns']
    const columns =
      'email=e.mail\n; drop table victims;,hashedPassword=order,tokenVersion=is_active\u001b[2J\n; drop table victims;'
    const { stdout } = crudauth(...args, columns, '--json')
    sqlite.exec(migrationOf(stdout))
    expect(sqlite.prepare('select count(*) as n from victims').get()).toEqual({ n: 0 })
    expect(() =>
      sqlite.exec(`insert into ${quoted} (id, "e.mail
; drop table victims;") values (1, 'a'), (2, 'a')`),
    ).toThrow('UNIQUE')
    expect(crudauth(...args, columns).stdout).not.toContain('\u001b')
    sqlite.close()
  })

  test.runIf(hasPostgres).each([
    ['unique index on members (email)', 0],
    ['unique index on members (lower(email))', 0],
    ['unique index on members (email) include (deleted_at)', 0],
    ["unique index on members (email, coalesce(deleted_at, 'infinity'))", 1],
    ["unique index on members (coalesce(deleted_at, 'infinity'), email)", 1],
    ['unique index on members (lower(email), deleted_at)', 1],
    ['unique index on members (email) where deleted_at is null', 0],
    ['unique index on members (email) where deleted_at is not null', 1],
    ['index on members (email)', 1],
  ])('on PostgreSQL, whether addresses are unique with: %s', async (index, exitCode) => {
    const schema = `crudauth_${randomBytes(4).toString('hex')}`
    const client = new Client(postgresUrl)
    await client.connect()
    await client.query(`create schema ${schema}; set search_path = ${schema}`)
    await client.query(
      `create table members (id serial primary key, email text, hashed_password text, deleted_at timestamp)`,
    )
    await client.query(`create ${index}`)
    const table = `${schema}.members`
    expect(crudauth('doctor', '--database', postgresUrl, '--table', table).status).toBe(exitCode)
    await client.query(`drop schema ${schema} cascade`)
    await client.end()
  })

  test.runIf(hasPostgres)('what it prints can be run where a table is called user', async () => {
    const schema = `crudauth_${randomBytes(4).toString('hex')}`
    const url = new URL(postgresUrl)
    url.searchParams.set('options', `-csearch_path=${schema}`)
    const client = new Client(url.href)
    await client.connect()
    await client.query(`create schema ${schema}`)
    await client.query(
      `create table "user" (id serial primary key, email text, hashed_password varchar(60))`,
    )
    const args = ['doctor', '--database', url.href]
    await client.query(migrationOf(crudauth(...args, '--json').stdout))
    expect(crudauth(...args).status).toBe(0)
    await client.query(`drop schema ${schema} cascade`)
    await client.end()
  })

  const definition = (epoch: string, key: string) =>
    `(${key}, email varchar(255), pw varchar(60) not null, token_version ${epoch})`
  describe.each(Object.entries(places))('over %s', (dialect, { isThere, open }) => {
    const key = {
      SQLite: 'id integer primary key',
      PostgreSQL: 'id serial primary key',
      MySQL: 'id integer auto_increment primary key',
    }[dialect] as string
    test.runIf(isThere)('its migration for Kysely runs, and leaves nothing to want', async () => {
      const { db, url, end } = await open()
      try {
        await sql.raw(`create table users ${definition('integer', key)}`).execute(db)
        const args = ['doctor', '--database', url, '--strict', '--columns', 'hashedPassword=pw']
        const { stdout } = crudauth(...args, '--migration', 'kysely', '--json')
        const up = stripTypeScriptTypes(migrationOf(stdout).replace(/^import.*$/m, '')).replace(
          'export async function up',
          'return async function up',
        )
        await (Function('sql', up)(sql) as (db: Kysely<never>) => Promise<void>)(db)
        expect(crudauth(...args).stdout).toContain('Ready: everything that is needed is there.')
        expect(crudauth(...args).status).toBe(0)
      } finally {
        await end()
      }
    })

    /** The lines of the migration that are to be run, run. */
    const runSql = async (db: Kysely<never>, migration: string) => {
      for (const line of migration.split('\n')) {
        if (line !== '' && !line.startsWith('--')) await sql.raw(line).execute(db)
      }
    }
    const runKysely = (db: Kysely<never>, migration: string) => {
      const up = stripTypeScriptTypes(migration.replace(/^import.*$/m, ''))
      const made = Function('sql', up.replace('export async function', 'return async function'))
      return (made(sql) as (db: Kysely<never>) => Promise<void>)(db)
    }
    /** What a schema adds is made of it by another tool; the rest is a comment. */
    const runNote = async (db: Kysely<never>, source: string) => {
      await sql`alter table people add column token_version integer not null default 0`.execute(db)
      const note = /^ *\/\/ (update .*;)$/m.exec(source)?.[1]
      await sql.raw(note ?? '').execute(db)
    }
    const runDrizzle = async (db: Kysely<never>, source: string) => {
      const initially = /tokenVersion: .*default\(sql`(.*)`\)/.exec(source)?.[1]
      if (initially === undefined) return runNote(db, source)
      await sql
        .raw(`alter table people add column token_version integer not null default ${initially}`)
        .execute(db)
    }
    test.runIf(isThere).each([
      ['sql', runSql, true],
      ['kysely', runKysely, true],
      ['prisma', runNote, false],
      ['drizzle', runDrizzle, dialect === 'PostgreSQL'],
    ] as const)('rows that are there get epochs of their own: %s', async (format, run, isWhole) => {
      const { db, url, end } = await open()
      try {
        await sql`create table people (id integer primary key, email varchar(255) unique, hashed_password varchar(255))`.execute(
          db,
        )
        for (let id = 1; id <= 50; id++) {
          await sql`insert into people (id, email) values (${id}, ${`${id}@example.com`})`.execute(
            db,
          )
        }
        const args = ['doctor', '--database', url, '--table', 'people', '--json']
        await run(db, migrationOf(crudauth(...args, '--migration', format).stdout))
        // The application's own statements do not know of the column.
        await sql`insert into people (id, email) values (51, 'late@example.com')`.execute(db)
        const { rows } = await sql<{
          epoch: unknown
        }>`select token_version as epoch from people order by id`.execute(db)
        const epochs = rows.map(({ epoch }) => epoch as number)
        for (const epoch of epochs) {
          expect(Number.isInteger(epoch) && epoch >= 0 && epoch <= 0x7fffffff).toBe(true)
        }
        // Of fifty, two are alike once in two million times.
        expect(new Set(epochs.slice(0, 50)).size).toBeGreaterThan(48)
        expect(Math.max(...epochs)).toBeGreaterThan(2 ** 24)
        if (isWhole && dialect !== 'SQLite') expect(epochs.at(-1)).not.toBe(0)
      } finally {
        await end()
      }
    })

    test.runIf(isThere)('its schemas say what to write to columns that are there', async () => {
      const { db, url, end } = await open()
      try {
        await sql.raw(`create table users ${definition('integer', key)}`).execute(db)
        const args = ['doctor', '--database', url, '--columns', 'hashedPassword=pw', '--migration']
        const drizzle = crudauth(...args, 'drizzle').stdout
        const prisma = crudauth(...args, 'prisma').stdout
        expect(drizzle).toContain('// email (email): add .unique()')
        expect(prisma).toContain('// email (email): add @unique')
        const isShort = dialect !== 'SQLite'
        expect(drizzle.includes('// hashedPassword (pw): make it longer')).toBe(isShort)
        expect(prisma.includes('// hashedPassword (pw): make it longer')).toBe(isShort)
      } finally {
        await end()
      }
    })

    test.runIf(isThere).each([
      ['Ann@example.com', true],
      [' ann@example.com', true],
      ['ann@example.com', false],
    ])('whether addresses are looked up as they are: %j', async (email, isTold) => {
      const { db, url, end } = await open()
      try {
        await sql.raw(`create table users ${definition('integer', key)}`).execute(db)
        await sql`insert into users values (1, ${email}, 'x', 1)`.execute(db)
        const { stdout } = crudauth('doctor', '--database', url)
        expect(stdout.includes('email: not all rows are trimmed and in lower case')).toBe(isTold)
        expect(stdout.toLowerCase()).not.toContain('ann@example.com')
        expect(crudauth('doctor', '--database', url, '--login', 'username').stdout).not.toContain(
          'not all rows',
        )
      } finally {
        await end()
      }
    })

    test.runIf(isThere).each([
      ['bigint', 'ok'],
      ['smallint', dialect === 'SQLite' ? 'ok' : 'missing'],
      ['varchar(9)', 'missing'],
    ])('an epoch of %s is %s', async (type, status) => {
      const { db, url, end } = await open()
      try {
        await sql.raw(`create table users ${definition(type, key)}`).execute(db)
        const { features } = JSON.parse(crudauth('doctor', '--database', url, '--json').stdout)
        expect(features).toContainEqual(expect.objectContaining({ name: 'revocation', status }))
      } finally {
        await end()
      }
    })
  })

  test.runIf(hasMysql)('a column that is made wider on MySQL stays not null', async () => {
    const name = `doctor_${randomBytes(4).toString('hex')}`
    const connection = await createConnection({ uri: mysqlUrl, multipleStatements: true })
    await connection.query(
      `create table ${name} (id integer primary key, email varchar(255) unique, hashed_password varchar(60) not null)`,
    )
    const { stdout } = crudauth('doctor', '--database', mysqlUrl, '--table', name, '--json')
    await connection.query(migrationOf(stdout))
    const [[column]] = await connection.query<RowDataPacket[]>(
      `show columns from ${name} like 'hashed_password'`,
    )
    expect(column).toMatchObject({ Type: 'varchar(255)', Null: 'NO' })
    await connection.query(`drop table ${name}`)
    await connection.end()
  })

  test('help tells everything', () => {
    expect(crudauth('--help')).toMatchObject({ status: 0 })
    expect(crudauth().status).toBe(2)
    for (const words of [['help'], ['doctor', '--help'], ['secret', '-h']]) {
      expect(crudauth(...words)).toMatchObject({
        status: 0,
        stdout: expect.stringContaining('crudauth secret'),
      })
    }
  })
})
