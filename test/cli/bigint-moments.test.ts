/**
 * Moments in a `bigint`, for which the doctor prints the form in which the query builder hands them
 * over.
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { Client } from 'pg'
import { describe, expect, test } from 'vitest'
import { doctor } from '../../src/cli/doctor/doctor.ts'
import type { Orm } from '../../src/cli/doctor/orm.ts'
import { isReachable, postgres, postgresUrl } from '../support/services.ts'

const columns =
  'email text not null unique, hashed_password text, banned_until bigint, verified_at bigint not null default 0'

async function told(database: string, table: string, orm: Orm) {
  const { output } = await doctor({
    database,
    table,
    columns: {},
    tenant: undefined,
    decided: { letIn: {}, ignored: [] },
    orm,
    format: 'sql',
    strict: false,
    json: true,
  })
  return JSON.parse(output) as { readonly problems: string[]; readonly code: string }
}

test('Over Prisma they are a bigint', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'crudauth-bigint-'))
  const path = join(folder, 'people.db')
  const sqlite = new Database(path)
  sqlite.exec(`create table people (id integer primary key, ${columns})`)
  sqlite.close()
  const { problems, code } = await told(path, 'people', 'prisma')
  expect(problems).toEqual([])
  expect(code).toContain("codec: timestampUntil('milliseconds-bigint')")
  expect(code).toContain("codec: timestampFlag('milliseconds-bigint', { unset: 0n })")
  rmSync(folder, { recursive: true })
})

describe.runIf(await isReachable(postgres))('On PostgreSQL', () => {
  test.each([
    [
      'kysely',
      "timestampUntil('seconds-text')",
      "timestampFlag('milliseconds-text', { unset: '0' })",
    ],
    ['drizzle', "timestampUntil('seconds')", "timestampFlag('milliseconds', { unset: 0 })"],
  ] as const)('over %s', async (orm, until, since) => {
    const table = `bigint_${randomBytes(4).toString('hex')}`
    const client = new Client(postgresUrl)
    await client.connect()
    await client.query(`create table ${table} (id serial primary key, ${columns})`)
    await client.query(
      `insert into ${table} (email, banned_until, verified_at) values ('a@example.com', 1772357400, 1772357400000)`,
    )
    const { problems, code } = await told(postgresUrl, table, orm)
    await client.query(`drop table ${table}`)
    await client.end()
    expect(problems).toEqual([])
    expect(code).toContain(`codec: ${until}`)
    expect(code).toContain(`codec: ${since}`)
  })
})
