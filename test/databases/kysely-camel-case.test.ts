/**
 * Kysely with its plugin for names in camelCase: rows have other names than the table.
 */
import Database from 'better-sqlite3'
import { kyselyUsers } from 'crudauth/kysely'
import { CamelCasePlugin, Kysely, SqliteDialect } from 'kysely'
import { expect, test } from 'vitest'
import { application } from '../support/application.ts'

interface People {
  id: number
  email: string
  hashedPassword: string
  tokenVersion: number
}

function open() {
  const database = new Database(':memory:')
  database.exec(
    'create table people (id integer primary key, email text unique, hashed_password text, token_version integer)',
  )
  return new Kysely<{ people: People }>({
    dialect: new SqliteDialect({ database }),
    plugins: [new CamelCasePlugin()],
  })
}

test('Names as the table has them are refused at construction, with what to write', () => {
  const { problems } = kyselyUsers(
    open() as never,
    'people' as never,
    {
      columns: { id: 'id', email: 'email', hashedPassword: 'hashed_password' },
      unique: ['email'],
    } as never,
  )
  expect(problems).toEqual([
    "'hashed_password' is called 'hashedPassword' by the CamelCasePlugin of this Kysely; write 'hashedPassword'",
  ])
})

test('Names as the rows have them work', async () => {
  const users = kyselyUsers(open(), 'people', {
    columns: {
      id: 'id',
      email: 'email',
      hashedPassword: 'hashedPassword',
      tokenVersion: 'tokenVersion',
    },
    unique: ['email'],
  })
  const { browser, logIn } = application({ users })
  const body = { email: 'ann@example.com', password: 'correct horse battery' }
  expect((await browser().post('/register', body)).status).toBe(200)
  expect((await logIn(body.email)).me).toMatchObject({ email: body.email })
})
