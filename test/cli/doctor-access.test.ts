/**
 * What the doctor needs to be let in: a user who may only select, a file, or a module.
 */
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { createConnection } from 'mysql2/promise'
import { Client } from 'pg'
import { afterAll, describe, expect, test } from 'vitest'
import { isReachable, mysql, mysqlUrl, postgres, postgresUrl } from '../support/services.ts'

const root = join(import.meta.dirname, '../..')
const main = join(root, 'src/cli/main.ts')
const folder = mkdtempSync(join(tmpdir(), 'crudauth-doctor-'))
const modules = mkdtempSync(join(root, 'node_modules/.cache/doctor-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
  rmSync(modules, { recursive: true })
})

function doctor(args: readonly string[], cwd = root) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'doctor', ...args], {
    encoding: 'utf8',
    cwd,
    env: { ...process.env, NODE_OPTIONS: '', NODE_NO_WARNINGS: '1' },
    timeout: 20_000,
  })
  return { status, stdout, stderr }
}

const name = `doctor_${randomBytes(4).toString('hex')}`

test.runIf(await isReachable(postgres))(
  'a user of PostgreSQL who may only select is enough',
  async () => {
    const client = new Client(postgresUrl)
    await client.connect()
    try {
      await client.query(
        `create schema ${name}; create table ${name}.users (id serial primary key, email varchar(255) unique, hashed_password varchar(255), state varchar);
       insert into ${name}.users (email, state) values ('a', 'active');
       create role ${name} login; grant usage on schema ${name} to ${name}; grant select on ${name}.users to ${name}`,
      )
      const url = Object.assign(new URL(postgresUrl), { username: name }).href
      const { status, stdout, stderr } = doctor(['--database', url, '--table', `${name}.users`])
      expect([stderr, status]).toEqual(['', 0])
      expect(stdout).toContain("flag('active', 'disabled')")
    } finally {
      await client.query(`drop schema ${name} cascade; drop role ${name}`)
      await client.end()
    }
  },
)

test.runIf(await isReachable(mysql))('a user of MySQL who may only select is enough', async () => {
  const connection = await createConnection({ uri: mysqlUrl, multipleStatements: true })
  try {
    await connection.query(
      `create database ${name}; use ${name}; create table users (id int auto_increment primary key, email varchar(255) unique, hashed_password varchar(255));
       create user '${name}'@'%' identified by 'secret'; grant select on ${name}.users to '${name}'@'%';
       create user '${name}'@'localhost' identified by 'secret'; grant select on ${name}.users to '${name}'@'localhost'`,
    )
    const url = Object.assign(new URL(mysqlUrl), {
      username: name,
      password: 'secret',
      pathname: name,
    })
    const { status, stderr } = doctor(['--database', url.href])
    expect([stderr, status]).toEqual(['', 0])
  } finally {
    await connection.query(
      `drop database ${name}; drop user '${name}'@'%'; drop user '${name}'@'localhost'`,
    )
    await connection.end()
  }
})

describe('An SQLite file', () => {
  const path = join(folder, 'app.sqlite')
  const sqlite = new Database(path)
  sqlite.exec(
    'create table users (id integer primary key, email text not null unique, hashed_password text)',
  )
  sqlite.close()

  test('is read by the Node that there is, where the driver does not load', () => {
    const broken = join(folder, 'node_modules/better-sqlite3')
    mkdirSync(broken, { recursive: true })
    writeFileSync(join(broken, 'package.json'), '{"name":"better-sqlite3","main":"index.js"}')
    writeFileSync(
      join(broken, 'index.js'),
      "module.exports = class { constructor() { throw new Error('Could not locate the bindings file') } }",
    )
    const { status, stdout, stderr } = doctor(['--database', path], folder)
    expect([stderr, status]).toEqual(['', 0])
    expect(stdout).toContain('users (sqlite)')
  })
})

describe('A module', () => {
  const source = (end: string) => `
    import Database from 'better-sqlite3'
    import { drizzle } from 'drizzle-orm/better-sqlite3'
    import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
    import { drizzleUsers } from '${root}/src/databases/drizzle.ts'
    import { crudAuth, session } from '${root}/src/index.ts'
    const users = sqliteTable('users', {
      id: integer().primaryKey(),
      email: text().notNull().unique(),
      hashedPassword: text('hashed_password').notNull(),
      blocked: integer({ mode: 'boolean' }),
    })
    const store = drizzleUsers(drizzle(new Database(':memory:')), users)
    ${end}`
  const made =
    "crudAuth({ users: store, secret: 'a secret for tests, thirty-two bytes or more', transports: [session()] })"

  test.each([
    ['exports auth', `export const auth = ${made}`],
    ['exports nothing, as the server of the README', `${made}\n    setTimeout(() => {}, 1e6)`],
    ['exports its user store', 'export { store }'],
  ])('that %s is looked at', (what, end) => {
    const path = join(modules, `${what.replaceAll(/\W/g, '-')}.mjs`)
    writeFileSync(path, source(end))
    const { status, stdout, stderr } = doctor(['--config', path])
    expect(stderr).toBe('')
    expect(stdout).toContain(
      'blocked may say who is kept out, and neither isActive nor where looks at it',
    )
    expect(status).toBe(1)
    expect(doctor(['--config', path, '--ignore', 'blocked']).status).toBe(0)
  })

  test('with a provider whose issuer is another than its column’s is not ready', () => {
    const path = join(modules, 'issuer.mjs')
    const end = `
      import { memoryStorage } from '${root}/src/index.ts'
      import { oauth, oidc } from '${root}/src/features/oauth/index.ts'
      const storage = memoryStorage()
      await storage.set('crudauth:oauth-issuer:demo', 'https://before.example', 1000)
      const demo = oidc({ issuer: 'https://now.example', clientId: 'shop' })
      const signIn = oauth({ providers: { demo }, redirectBaseUrl: 'https://app.example.com' })
      export const auth = crudAuth({
        users: store,
        storage,
        secret: 'a secret for tests, thirty-two bytes or more',
        transports: [session()],
        features: [signIn],
      })`
    const text = source(end).replace(
      "blocked: integer({ mode: 'boolean' })",
      "demoId: text('demo_id').unique()",
    )
    writeFileSync(path, text)
    const { status, stdout, stderr } = doctor(['--config', path])
    expect(stderr).toBe('')
    expect(stdout).toContain('BROKEN: nobody would get in by these providers')
    expect(stdout).toContain(
      'demo is https://now.example, and its column holds the people of https://before.example',
    )
    expect(status).toBe(1)
  })
})
