/** Columns that compare without regard to case, as the doctor takes them. */
import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { said, told } from '../support/doctor-said.ts'
import { places } from '../support/empty-databases.ts'
import { isReachable, postgres, postgresUrl } from '../support/services.ts'

describe.runIf(await isReachable(postgres))('An address of the type citext', () => {
  const table = `citext_${randomBytes(4).toString('hex')}`
  const client = new Client(postgresUrl)
  beforeAll(async () => {
    await client.connect()
    // Two at once would both find it missing.
    await client.query(
      `select pg_advisory_lock(1); create extension if not exists citext; select pg_advisory_unlock(1);
       create table ${table} (id serial primary key, email citext not null unique, password varchar(255));
       insert into ${table} (email) values ('Ann@Example.com')`,
    )
  })
  afterAll(async () => {
    await client.query(`drop table ${table}`)
    await client.end()
  })

  test.each([
    ['drizzle', 'mends', "citext('email').notNull()"],
    ['kysely', 'looked up by lower(email)', `(lower(email))`],
    ['prisma', 'looks it up by ILIKE', 'gin ((email::text) gin_trgm_ops)'],
  ] as const)('is found in any case through %s', async (orm, why, line) => {
    const { exitCode, output } = await told(postgresUrl, { table, orm })
    expect(exitCode).toBe(0)
    expect(output).toContain(line)
    expect(output).not.toContain('email: not all rows are trimmed')
    const ignores = "email: { property: 'email', ignoreCase: true },"
    expect(output.includes(ignores)).toBe(orm !== 'drizzle')
    expect(output.includes(why)).toBe(orm !== 'drizzle')
  })

  test('has the index that is printed for it, and needs no other', async () => {
    const { notes } = await said(postgresUrl, { table, orm: 'kysely' })
    const [, statement = ''] = /(create index on .*)$/m.exec(notes.join('\n')) ?? []
    await client.query(statement)
    await client.query(`set enable_seqscan = off`)
    const { rows } = await client.query(
      `explain select * from ${table} where lower(email) = lower('ann@example.com')`,
    )
    expect(JSON.stringify(rows)).toContain('Index')
  })
})

test('An address in capitals is seen under a collation of SQLite that ignores case', async () => {
  const { db, url, end } = await places.SQLite.open()
  try {
    await sql
      .raw(
        'create table users (id integer primary key, email text collate nocase unique, password text)',
      )
      .execute(db)
    const note = 'email: not all rows are trimmed and in lower case'
    await sql.raw("insert into users (email) values ('ann@example.com')").execute(db)
    expect((await said(url, { table: 'users' })).notes.join()).not.toContain(note)
    await sql.raw("insert into users (email) values ('Bob@Example.com')").execute(db)
    expect((await said(url, { table: 'users' })).notes.join()).toContain(note)
  } finally {
    await end()
  }
})
