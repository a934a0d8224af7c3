/**
 * Tables of other libraries that hold who people are at providers.
 */
import { type Kysely, sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { said, told } from '../support/doctor-said.ts'
import { places } from '../support/empty-databases.ts'

const users = `create table people (id varchar(36) primary key, email varchar(255) not null unique, password varchar(255),
  google_id varchar(64) unique)`

const layouts = [
  [
    'Auth.js',
    'accounts',
    'user_id varchar(36) not null references people (id), type varchar(20), provider varchar(64) not null, provider_account_id varchar(255) not null',
    ['user_id', 'provider', 'provider_account_id'],
  ],
  [
    'Better Auth',
    'account',
    'id varchar(36) primary key, account_id varchar(255) not null, provider_id varchar(64) not null, user_id varchar(36) not null references people (id), access_token varchar(255)',
    ['user_id', 'provider_id', 'account_id'],
  ],
  [
    'allauth',
    'socialaccount_socialaccount',
    'id integer primary key, provider varchar(30) not null, uid varchar(191) not null, user_id varchar(36) not null references people (id)',
    ['user_id', 'provider', 'uid'],
  ],
] as const

const statementsOf = (migration: string) =>
  migration.split('\n').filter((line) => !line.startsWith('--'))

describe.each(Object.entries(places))('On %s', (place, { isThere, open }) => {
  test.runIf(isThere).each(layouts)(
    'those of %s are named, and the migration copies them',
    async (_name, table, columns, [user, provider, subject]) => {
      const { db, url, end } = await open()
      const run = (text: string) =>
        sql.raw<Record<string, unknown>>(text).execute(db as Kysely<never>)
      try {
        await run(users)
        await run(
          `create table ${table} (${columns}, foreign key (user_id) references people (id))`,
        )
        for (const id of ['ann', 'bob', 'eve']) {
          await run(`insert into people (id, email) values ('${id}', '${id}@example.com')`)
        }
        const key = columns.startsWith('id ') ? 'id, ' : ''
        const rows = [
          ['1', 'ann', 'google', 'g-ann'],
          ['2', 'bob', 'azure-ad', 'a-bob'],
          ['3', 'ann', 'azure-ad', 'a-ann'],
          ['4', 'eve', 'credential', 'eve'],
        ].map(([id, ...rest]) => (key ? [id, ...rest] : rest))
        for (const row of rows) {
          const values = row.map((one) => `'${one}'`).join(', ')
          await run(
            `insert into ${table} (${key}${user}, ${provider}, ${subject}) values (${values})`,
          )
        }
        const { notes, migration } = await said(url, { table: 'people' })
        expect(notes.join('\n')).toContain(
          `${table}: may hold who people are at providers (${provider}, ${subject})`,
        )
        const [, copies = ''] = migration.split('-- identities\n')
        for (const line of statementsOf(copies)) await run(line)
        const { rows: copied } = await run(
          'select id, google_id, azure_ad_id from people order by id',
        )
        expect(copied).toEqual([
          { id: 'ann', google_id: 'g-ann', azure_ad_id: 'a-ann' },
          { id: 'bob', google_id: null, azure_ad_id: 'a-bob' },
          { id: 'eve', google_id: null, azure_ad_id: null },
        ])
        await expect(run("update people set azure_ad_id = 'a-ann'")).rejects.toThrow()
      } finally {
        await end()
      }
    },
  )

  test.runIf(isThere)('identities that the users have already stay', async () => {
    const { db, url, end } = await open()
    const run = (text: string) =>
      sql.raw<Record<string, unknown>>(text).execute(db as Kysely<never>)
    const quoted = (name: string) => (place === 'MySQL' ? `\`${name}\`` : `"${name}"`)
    const [google, microsoft] = [quoted('googleId'), quoted('microsoftId')]
    try {
      await run(
        `create table people (id varchar(36) primary key, email varchar(255) not null unique, password varchar(255),
           ${google} varchar(64) unique, ${microsoft} varchar(64) unique)`,
      )
      await run(
        'create table accounts (provider varchar(64), uid varchar(64), user_id varchar(36) references people (id), foreign key (user_id) references people (id))',
      )
      await run(`insert into people (id, email, ${google}, ${microsoft}) values
        ('ann', 'a', 'kept', 'kept-too'), ('bob', 'b', 'of-bob', null), ('eve', 'e', null, null)`)
      await run(`insert into accounts (provider, uid, user_id) values
        ('google', 'g-bob', 'bob'), ('google', 'g-eve', 'eve'), ('microsoft', 'm-eve', 'eve')`)
      const { map, migration } = await said(url, { table: 'people' })
      expect(map['googleId']).toEqual({ column: 'googleId' })
      const [, copies = ''] = migration.split('-- identities\n')
      for (const line of statementsOf(copies)) await run(line)
      const { rows } = await run('select * from people order by id')
      expect(rows).toMatchObject([
        { googleId: 'kept', microsoftId: 'kept-too' },
        { googleId: 'of-bob', microsoftId: null },
        { googleId: 'g-eve', microsoftId: 'm-eve' },
      ])
      expect(Object.keys(rows[0] ?? {})).toHaveLength(5)
    } finally {
      await end()
    }
  })

  test.runIf(isThere)('who has two at one provider is found by what is printed', async () => {
    const { db, url, end } = await open()
    const run = (text: string) =>
      sql.raw<Record<string, unknown>>(text).execute(db as Kysely<never>)
    try {
      await run(users)
      await run(
        'create table accounts (provider varchar(64), uid varchar(64), user_id varchar(36) references people (id), foreign key (user_id) references people (id))',
      )
      await run("insert into people (id, email) values ('ann', 'a'), ('bob', 'b')")
      await run(`insert into accounts (provider, uid, user_id) values
        ('google', 'g-ann', 'ann'), ('google', 'g-ann-2', 'ann'), ('google', 'g-bob', 'bob'), ('github', 'h-bob', 'bob')`)
      const { migration } = await said(url, { table: 'people' })
      const [, copies = ''] = migration.split('-- identities\n')
      const [, search = ''] = /found with: (.*)/.exec(copies.split("'github'").at(-1) ?? '') ?? []
      expect((await run(search)).rows).toMatchObject([{ user_id: 'ann' }])
      const ofGoogle = statementsOf(copies).find((line) => line.includes("'google'")) ?? ''
      if (place === 'SQLite') {
        expect(copies).toContain('-- takes any one where somebody has two')
      } else {
        expect(copies).toContain('-- fails where somebody has two')
        await expect(run(ofGoogle)).rejects.toThrow()
      }
    } finally {
      await end()
    }
  })

  test.runIf(isThere)('a table of our own is named with what to write for it', async () => {
    const { db, url, end } = await open()
    const run = (text: string) => sql.raw(text).execute(db as Kysely<never>)
    try {
      await run(users)
      await run(
        `create table identities (id varchar(36) primary key, user_id varchar(36) references people (id), provider varchar(32) not null,
           issuer varchar(255) not null, subject varchar(255) not null, identity_key varchar(43) not null unique,
           account_key varchar(43) not null unique, foreign key (user_id) references people (id))`,
      )
      for (const [orm, code] of [
        ['drizzle', 'drizzleIdentities(db, identities)'],
        ['kysely', "kyselyIdentities(db, 'identities', authIdentityColumns())"],
        [
          'prisma',
          "prismaIdentities(prisma, 'identities', { columns: { userId: 'user_id', identityKey: 'identity_key', accountKey: 'account_key' } })",
        ],
      ] as const) {
        const { output } = await told(url, { table: 'people', orm })
        expect(output).toContain(`write oauth({ …, identities: ${code} })`)
        expect(output).not.toContain('-- identities')
      }
    } finally {
      await end()
    }
  })

  test.runIf(isThere)('a value that is no name is not printed', async () => {
    const { db, url, end } = await open()
    const run = (text: string) => sql.raw(text).execute(db as Kysely<never>)
    try {
      await run(users)
      await run(
        `create table accounts (provider varchar(64), uid varchar(64), user_id varchar(36) references people (id), foreign key (user_id) references people (id))`,
      )
      await run("insert into people (id, email) values ('ann', 'a')")
      await run(
        `insert into accounts (provider, uid, user_id) values ('x''; drop table people; --', 'a', 'ann')`,
      )
      const { output } = await told(url, { table: 'people' })
      expect(output).toContain('accounts: may hold who people are')
      expect(output).not.toContain('drop table people')
    } finally {
      await end()
    }
  })
})
