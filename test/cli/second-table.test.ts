/**
 * A table of credentials beside the users: what the doctor would change of it names that table.
 */
import { stripTypeScriptTypes } from 'node:module'
import { type Kysely, sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { said } from '../support/doctor-said.ts'
import { places } from '../support/empty-databases.ts'

const tables = (key: string) => [
  `create table users (id ${key}, email varchar(255) not null unique)`,
  `create table accounts (id ${key}, user_id integer not null references users (id), kind varchar(20) not null,
     secret_note varchar(20), password varchar(60) not null, foreign key (user_id) references users (id))`,
]
const options = { table: 'users', orm: 'kysely' } as const

async function makeTables(db: Kysely<never>, key: string): Promise<void> {
  for (const one of tables(key)) await sql.raw(one).execute(db)
}

const runSql = async (db: Kysely<never>, migration: string) => {
  for (const line of migration.split('\n')) {
    if (line !== '' && !line.startsWith('--')) await sql.raw(line).execute(db)
  }
}

const runKysely = async (db: Kysely<never>, migration: string) => {
  const up = stripTypeScriptTypes(migration.replace(/^import.*$/m, ''))
  const made = Function('sql', up.replace('export async function', 'return async function'))
  await (made(sql) as (db: Kysely<never>) => Promise<void>)(db)
}

describe.each(Object.entries(places))('On %s', (dialect, { isThere, key, open }) => {
  test.runIf(isThere).each([
    ['sql', runSql],
    ['kysely', runKysely],
  ] as const)('a migration as %s makes it fit, and touches no other table', async (format, run) => {
    const { db, url, end } = await open()
    try {
      await makeTables(db, key)
      const before = await said(url, { ...options, format })
      const status = (name: string) => before.features.find((one) => one.name === name)?.status
      expect(before.ready).toBe(false)
      expect(status('one password')).toBe('broken')
      // SQLite looks at no length.
      expect(status('passwords')).toBe(dialect === 'SQLite' ? 'ok' : 'broken')
      expect(before.migration).not.toContain('accounts.password')
      await run(db, before.migration)
      const after = await said(url, { ...options, format })
      expect(after.features.filter((one) => one.status === 'broken')).toEqual([])
      expect(after.ready).toBe(true)
      expect(after.migration).toBe('')
      await sql.raw("insert into users (id, email) values (1, 'a'), (2, 'b')").execute(db)
      const row = (id: number, user: number) =>
        sql
          .raw(
            `insert into accounts (id, user_id, kind, password) values (${id}, ${user}, 'password', '${'x'.repeat(117)}')`,
          )
          .execute(db)
      await row(1, 1)
      await row(2, 2)
      await expect(row(3, 1)).rejects.toThrow()
    } finally {
      await end()
    }
  })

  test.runIf(isThere).each(['drizzle', 'prisma'] as const)(
    'what a schema of %s has to say names it',
    async (format) => {
      const { db, url, end } = await open()
      try {
        await makeTables(db, key)
        const { migration } = await said(url, { ...options, format })
        const [unique, wide] = {
          drizzle: ["unique('accounts_one_password').on(table.userId, table.kind)", 'length: 255'],
          prisma: ['@@unique([user_id, kind], map: "accounts_one_password")', '@db.VarChar(255)'],
        }[format] as [string, string]
        const line = (...parts: readonly string[]) =>
          migration.split('\n').some((one) => parts.every((part) => one.includes(part)))
        expect(line('accounts', unique)).toBe(true)
        expect(line('hashedPassword (accounts.password)', wide)).toBe(dialect !== 'SQLite')
      } finally {
        await end()
      }
    },
  )

  test.runIf(isThere)(
    'what no row tells of it is said, and what its rows tell is not',
    async () => {
      const { db, url, end } = await open()
      try {
        await makeTables(db, key)
        const guess = 'accounts: no row tells what passwords are called in kind'
        const before = await said(url, options)
        expect(before.notes.join('\n')).toContain(`${guess}; what is printed ('password')`)
        await sql.raw("insert into users (email) values ('a')").execute(db)
        await sql
          .raw("insert into accounts (user_id, kind, password) select id, 'local', 'x' from users")
          .execute(db)
        const after = await said(url, options)
        expect(after.notes.join('\n')).not.toContain(guess)
        expect(after.code).toContain("only: { kind: 'local' }")
      } finally {
        await end()
      }
    },
  )

  test.runIf(isThere).each([
    ['password_salt varchar(50)', true],
    ['salted boolean', false],
  ])('a salt beside the hash, in no known layout, is named: %s', async (column, isNamed) => {
    const { db, url, end } = await open()
    try {
      await sql
        .raw(
          `create table users (id ${key}, email varchar(255) not null unique, password varchar(255), ${column})`,
        )
        .execute(db)
      const { notes } = await said(url, { table: 'users' })
      expect(notes.join('\n').includes(`${column.split(' ')[0]}: where hashes are made`)).toBe(
        isNamed,
      )
    } finally {
      await end()
    }
  })
})
