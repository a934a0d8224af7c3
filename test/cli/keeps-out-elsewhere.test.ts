/**
 * Who is kept out by another table than the users': no condition of ours sees it, and so nothing is
 * ready before somebody has said what it is.
 */
import { type Kysely, sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { said } from '../support/doctor-said.ts'
import { places } from '../support/empty-databases.ts'

describe.each(Object.entries(places))('On %s', (_, { isThere, key, open }) => {
  const users = (columns = '', constraint = '') =>
    `create table users (id ${key}, email varchar(255) not null unique, password varchar(255)${columns}${constraint})`

  async function asked(tables: readonly string[], ignored: readonly string[] = []) {
    const { db, url, end } = await open()
    try {
      for (const one of tables) await sql.raw(one).execute(db as Kysely<never>)
      const options = { table: 'users', decided: { letIn: {}, ignored } }
      const { ready, decisions, notes } = await said(url, options)
      return { ready, decisions: decisions.map(({ column }) => column), notes: notes.join('\n') }
    } finally {
      await end()
    }
  }

  test
    .runIf(isThere)
    .each(['bans', 'user_bans', 'banned_users', 'site_banlist', 'userban', 'user_suspensions'])(
    'a list of bans is asked about: %s',
    async (name) => {
      const tables = [users(), `create table ${name} (user_id integer)`]
      expect(await asked(tables)).toMatchObject({ ready: false, decisions: [name] })
      expect(await asked(tables, [name])).toMatchObject({ ready: true, decisions: [] })
    },
  )

  test
    .runIf(isThere)
    .each(['urban_areas', 'banners', 'user_blocks', 'ip_bans', 'channel_bans', 'bank_accounts'])(
    'a table that only sounds like one is not: %s',
    async (name) => {
      expect(await asked([users(), `create table ${name} (user_id integer)`])).toMatchObject({
        ready: true,
        decisions: [],
      })
    },
  )

  test.runIf(isThere)('the person whom an account is of is asked about', async () => {
    const tables = [
      'create table person (id integer primary key, name varchar(20), banned boolean not null, deleted_at timestamp null)',
      users(
        ', person_id integer not null unique references person (id)',
        ', foreign key (person_id) references person (id)',
      ),
    ]
    expect(await asked(tables)).toMatchObject({
      ready: false,
      decisions: ['person.banned', 'person.deleted_at'],
    })
    expect(await asked(tables, ['person.banned', 'person.deleted_at'])).toMatchObject({
      ready: true,
      decisions: [],
    })
  })

  test.runIf(isThere)('so is a profile that each has one of', async () => {
    const tables = [
      users(),
      'create table profiles (id integer primary key, user_id integer not null unique references users (id), is_suspended boolean, foreign key (user_id) references users (id))',
      'create table posts (id integer primary key, user_id integer not null references users (id), deleted_at timestamp null, foreign key (user_id) references users (id))',
    ]
    expect(await asked(tables)).toMatchObject({
      ready: false,
      decisions: ['profiles.is_suspended'],
    })
  })

  test.runIf(isThere)('what many share is noted', async () => {
    const tables = [
      'create table teams (id integer primary key, disabled boolean not null)',
      users(
        ', team_id integer references teams (id)',
        ', foreign key (team_id) references teams (id)',
      ),
    ]
    const { ready, decisions, notes } = await asked(tables)
    expect({ ready, decisions }).toEqual({ ready: true, decisions: [] })
    expect(notes).toContain('teams.disabled: nothing looks at it')
  })
})
