/** A column of PostgreSQL that compares without regard to case, as the doctor takes it. */
import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { doctor } from '../../src/cli/doctor/doctor.ts'
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
    ['drizzle', true],
    ['kysely', false],
    ['prisma', false],
  ] as const)('logs in through %s; that it is found in any case: %s', async (orm, isFound) => {
    const { output, exitCode } = await doctor({
      database: postgresUrl,
      table,
      columns: {},
      orm,
      format: 'sql',
      json: false,
      strict: false,
    })
    expect(exitCode).toBe(0)
    expect(output).toContain("hashedPassword: 'password'")
    const note = 'email: not all rows are trimmed and in lower case'
    expect(output.includes(note)).toBe(!isFound)
  })
})
