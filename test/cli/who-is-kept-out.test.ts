/**
 * Columns that say who may not log in, by their names and types, each in a table that has nothing
 * else to say.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { sql } from 'kysely'
import { afterAll, describe, expect, test } from 'vitest'
import { doctor } from '../../src/cli/doctor/doctor.ts'
import { type Decided, nobodyDecided } from '../../src/cli/doctor/keeps-out.ts'
import { said } from '../support/doctor-said.ts'
import { places } from '../support/empty-databases.ts'

const folder = mkdtempSync(join(tmpdir(), 'crudauth-doctor-'))
afterAll(() => rmSync(folder, { recursive: true }))

interface Said {
  readonly ready: boolean
  readonly code: string
  readonly losses: readonly string[]
  readonly notes: readonly string[]
  readonly decisions: readonly { readonly column: string; readonly answers: readonly string[] }[]
}

let made = 0
async function told(columns: string, more = '', decided: Decided = nobodyDecided): Promise<Said> {
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
    decided,
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
    "del_flag char(1) not null default '0'",
    'delFlag integer not null default 0',
    "del_yn char(1) not null default 'N'",
    'access_revoked_at datetime',
    'login_blocked integer not null default 0',
    'is_forbidden integer not null default 0',
    'blacklist integer not null default 0',
    'termination_date datetime',
    'inactive_since datetime',
    'resigned integer not null default 0',
    'needs_approval integer not null default 0',
    'gesperrt integer not null default 0',
    'supprime integer not null default 0',
    'voided integer not null default 0',
  ])('%s', async (column) => {
    const { ready, code, decisions } = await told(column)
    expect({ ready, decisions }).toEqual({ ready: true, decisions: [] })
    expect(code).toContain(column.split(' ')[0])
  })
})

describe('Whoever is nobody that logs in with a password here is a decision', () => {
  test.each([
    'is_bot',
    'bot',
    'is_service_account',
    'is_system',
    'isGuest',
    'is_ldap_user',
    'is_sso_user',
    'is_sentry_app',
    'is_mirror_dummy',
  ])('%s', async (name) => {
    const column = `${name} integer not null default 0`
    const { ready, decisions } = await told(column)
    expect(ready).toBe(false)
    expect(decisions).toMatchObject([
      { column: name, answers: [`--let-in ${name}=0`, `--ignore ${name}`] },
    ])
    const decided = await told(column, '', { letIn: { [name]: ['0'] }, ignored: [] })
    expect(decided.ready).toBe(true)
    // It is no state of an account, which an administrator would set.
    expect(decided.code).toContain(`where: (eb) => eb('${name}', '=', 0)`)
    expect(decided.code).not.toContain('isActive')
  })

  test('and whoever has nothing there is somebody', async () => {
    expect((await told('is_bot boolean')).decisions).toMatchObject([
      { answers: ['--let-in is_bot=0,null', '--ignore is_bot'] },
    ])
  })

  test.each(['systems', 'guests', 'robots_txt', 'service', 'app_version', 'ldap_dn', 'guest_of'])(
    'but not %s',
    async (name) => {
      expect((await told(`${name} text`)).decisions).toEqual([])
    },
  )
})

test.each(['auth_method', 'ldap_dn', 'AuthService', 'auth_source_id', 'pluginAuth'])(
  'that somebody may log in elsewhere is noted: %s',
  async (name) => {
    expect((await told(`${name} text`)).notes.join()).toContain(
      `${name}: whoever logs in elsewhere`,
    )
  },
)

test.each(['deletion_requested_at', 'marked_for_deletion', 'delete_after'])(
  'whether somebody is kept out who is about to be deleted is a decision: %s',
  async (name) => {
    expect((await told(`${name} datetime`)).decisions).toMatchObject([{ column: name }])
  },
)

describe('Who lacks it is kept out', () => {
  test.each([
    'accepted_application integer not null default 0',
    'login_enabled integer not null default 1',
    'accountNonLocked integer not null default 1',
    'account_non_expired integer not null default 1',
    'credentialsNonExpired integer not null default 1',
    "use_yn char(1) not null default 'Y'",
    'is_valid integer not null default 1',
    'admin_approved integer not null default 0',
    'aktiv integer not null default 1',
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

test.each(['approved_at', 'enabled_at', 'activated_at'])(
  'since when somebody is let in is a decision where no flag says whether: %s',
  async (name) => {
    expect((await told(`${name} datetime`)).decisions).toMatchObject([{ column: name }])
  },
)

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

  test.each(['status_code', 'userStatus', 'statut', 'sts'])('may be called %s', async (name) => {
    const { decisions } = await told(`${name} text not null default 'blorp'`)
    expect(decisions).toMatchObject([{ column: name }])
  })

  test('of which no word tells shows no value as an example: pasted, it would let everybody in', async () => {
    for (const column of ['status text', 'status integer']) {
      const row = (value: string) =>
        `insert into people (email, status) values ('${value}', '${value}')`
      const { decisions } = await told(column, [row('0'), row('1'), row('2')].join(';'))
      expect(decisions).toMatchObject([
        { column: 'status', answers: ['--let-in status=…', '--ignore status'] },
      ])
    }
  })

  test.each(['non_active', 'formerly active', 'ex-member', 'semi_active', 'unactive'])(
    'of %s is not taken for one that lets in',
    async (value) => {
      const row = (one: string) => `insert into people (email, status) values ('${one}', '${one}')`
      const { decisions } = await told('status text', `${row('active')};${row(value)}`)
      expect(decisions).toMatchObject([
        { column: 'status', answers: ['--let-in status=active', '--ignore status'] },
      ])
    },
  )

  test('by which somebody logs in counts where it says that somebody does not', async () => {
    const rows = (value: string) => `insert into people (email, auth) values ('a', '${value}')`
    expect((await told('auth text', rows('manual'))).decisions).toEqual([])
    expect((await told('auth text', rows('nologin'))).decisions).toMatchObject([{ column: 'auth' }])
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
    'approved_at datetime, approved boolean not null default 1',
    'active_at datetime',
    'last_access datetime',
    'access integer not null default 0',
    'deletion_code text',
    'lock_version integer not null default 0',
    'disabled_invite_at datetime',
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

describe.each([
  ['PostgreSQL', places.PostgreSQL],
  ['MySQL', places.MySQL],
])('On %s a disabled account that no row has', (_, { isThere, key, open }) => {
  test.runIf(isThere).each([
    ["char(1) not null default '0'", '0', "flag('0', '1')"],
    ["char(1) not null default 'A'", 'A', "flag('A', 'N')"],
    ["varchar(20) not null default '0'", '0', "flag('0', 'disabled')"],
  ])('gets a word for which there is room: %s', async (type, value, code) => {
    const { db, url, end } = await open()
    try {
      await sql
        .raw(
          `create table people (id ${key}, email varchar(255) not null unique, hashed_password varchar(255), status ${type})`,
        )
        .execute(db)
      const decided = { letIn: { status: [value] }, ignored: [] }
      const seen = await said(url, { table: 'people', orm: 'kysely', decided })
      expect({ ready: seen.ready, problems: seen.problems }).toEqual({ ready: true, problems: [] })
      expect(seen.code).toContain(code)
      expect(seen.notes.join()).toContain('no row says how a disabled account is spelled')
    } finally {
      await end()
    }
  })
})
