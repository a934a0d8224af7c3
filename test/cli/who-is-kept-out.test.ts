/**
 * Columns that say who may not log in, by their names and types, each in a table that has nothing
 * else to say.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, describe, expect, test } from 'vitest'
import { doctor } from '../../src/cli/doctor/doctor.ts'

const folder = mkdtempSync(join(tmpdir(), 'crudauth-doctor-'))
afterAll(() => rmSync(folder, { recursive: true }))

interface Said {
  readonly ready: boolean
  readonly code: string
  readonly losses: readonly string[]
  readonly decisions: readonly { readonly column: string }[]
}

let made = 0
async function told(columns: string, more = ''): Promise<Said> {
  const path = join(folder, `${made++}.db`)
  const sqlite = new Database(path)
  sqlite.exec(
    `create table people (id integer primary key, email text not null, hashed_password text, ${columns});
     create unique index people_email on people (email); ${more}`,
  )
  sqlite.close()
  const { output } = await doctor({
    database: path,
    table: 'people',
    columns: {},
    tenant: undefined,
    decided: { letIn: {}, ignored: [] },
    orm: 'kysely',
    format: 'sql',
    strict: false,
    json: true,
  })
  return JSON.parse(output) as Said
}

describe('Who has it is kept out', () => {
  test.each([
    'disable_login integer not null default 0',
    'disable_login_form integer not null default 0',
    'is_login_disabled integer not null default 0',
    'pending integer not null default 0',
    'account_expired integer not null default 0',
    'withdrawn integer not null default 0',
    'isRetired integer not null default 0',
    'cancelled_at datetime',
    'anonymized_at datetime',
    'erased integer not null default 0',
  ])('%s', async (column) => {
    const { ready, code, decisions } = await told(column)
    expect({ ready, decisions }).toEqual({ ready: true, decisions: [] })
    expect(code).toContain(column.split(' ')[0])
  })
})

describe('Who lacks it is kept out', () => {
  test.each([
    'accepted_application integer not null default 0',
    'login_enabled integer not null default 1',
  ])('%s', async (column) => {
    expect((await told(column)).code).toContain(column.split(' ')[0])
  })
})

describe('A beginning and an end', () => {
  test.each([
    ['valid_until datetime', '>', 'null'],
    ['valid_to integer not null default 0', '>', '0'],
    ['account_expires integer not null default 0', '>', '0'],
    ['expired_at datetime', '>', 'null'],
    ['endtime integer not null default 0', '>', '0'],
  ])('%s: whoever has none stays in', async (column, than, none) => {
    const { ready, code } = await told(column)
    const name = column.split(' ')[0]
    expect(ready).toBe(true)
    expect(code).toContain(`eb('${name}', '${than}', sql`)
    expect(code).toContain(none === 'null' ? `eb('${name}', 'is', null)` : `eb('${name}', '=', 0)`)
  })

  test.each(['valid_from', 'starttime', 'active_from'])('%s', async (name) => {
    const { code } = await told(`${name} integer not null default 0`)
    expect(code).toContain(`{ property: '${name}', codec: timestampUntil(`)
  })
})

describe('A state', () => {
  test.each(['workflow_state', 'approvalStatus', 'membership_status', 'account_state'])(
    '%s is one of the account, whatever stands in it',
    async (name) => {
      const { ready, decisions } = await told(`${name} text not null default 'blorp'`)
      expect(ready).toBe(false)
      expect(decisions).toMatchObject([{ column: name }])
    },
  )

  test('of something else counts where a word says that somebody is kept out', async () => {
    const column = 'portal_status text'
    const row = (value: string) =>
      `insert into people (email, portal_status) values ('a', '${value}')`
    expect((await told(column, row('dark'))).decisions).toEqual([])
    expect((await told(column, row('suspended'))).decisions).toMatchObject([
      { column: 'portal_status' },
    ])
  })

  test('that a unique index is of is a condition, with the value that the index has', async () => {
    const { ready, code } = await told(
      'login text not null, workflow_state text not null',
      `create unique index logins on people (login) where workflow_state = 'active'`,
    )
    expect(ready).toBe(true)
    expect(code).toContain(`eb('workflow_state', '=', 'active')`)
    expect(code).toContain(`workflow_state: 'active'`)
    expect(code).not.toContain('isActive')
  })
})

describe('Neither one nor the other', () => {
  test.each([
    'country_state text',
    'online_status text',
    'accepted_terms integer not null default 0',
    'pending_email text',
    'invitation_accepted_at datetime',
    'end_date date',
    'activated_at datetime, activated boolean not null default 1',
  ])('%s', async (column) => {
    const { ready, decisions } = await told(column)
    expect({ ready, decisions }).toEqual({ ready: true, decisions: [] })
  })
})

describe('A forced change of the password is named as lost', () => {
  test.each([
    'must_change_passwd',
    'passwordResetRequired',
    'requireReset',
    'force_password_change',
    'is_password_expired',
  ])('%s', async (name) => {
    expect((await told(`${name} integer not null default 0`)).losses.join()).toContain(name)
  })

  test.each(['password_reset_token', 'password_change_required_at', 'reset_code'])(
    'but not %s',
    async (name) => {
      expect((await told(`${name} text`)).losses).toEqual([])
    },
  )
})
