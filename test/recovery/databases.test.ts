/**
 * The conditional updates of recovery on real servers: every flow writes what it should, once.
 */
import { randomBytes } from 'node:crypto'
import { recovery } from 'crudauth'
import { drizzleUsers } from 'crudauth/drizzle'
import { authUserColumns as mysqlColumns } from 'crudauth/drizzle/mysql'
import { authUserColumns as postgresColumns } from 'crudauth/drizzle/postgres'
import { testInbox } from 'crudauth/testing'
import { mysqlTable } from 'drizzle-orm/mysql-core'
import { drizzle as onMysql } from 'drizzle-orm/mysql2'
import { drizzle as onPg } from 'drizzle-orm/node-postgres'
import { pgTable } from 'drizzle-orm/pg-core'
import { createPool } from 'mysql2/promise'
import { Pool } from 'pg'
import { afterAll, describe, expect, test } from 'vitest'
import { application } from '../support/application.ts'
import { tableStatements } from '../support/create-table.ts'
import { tokenOf } from '../support/recovery.ts'
import { isReachable, mysql, mysqlUrl, postgres, postgresUrl } from '../support/services.ts'

const name = `recovery_${randomBytes(4).toString('hex')}`
const closing: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const close of closing) await close()
})

const servers = [
  [
    'PostgreSQL',
    await isReachable(postgres),
    () => {
      const pool = new Pool({ connectionString: postgresUrl, max: 3 })
      const table = pgTable(name, postgresColumns())
      closing.push(() => pool.query(`drop table if exists ${name}`).then(() => pool.end()))
      return {
        users: drizzleUsers(onPg(pool), table) as never,
        statements: tableStatements(table),
        exec: (text: string) => pool.query(text),
      }
    },
  ],
  [
    'MySQL or MariaDB',
    await isReachable(mysql),
    () => {
      const pool = createPool({ uri: mysqlUrl, supportBigNumbers: true })
      const table = mysqlTable(name, mysqlColumns())
      closing.push(() => pool.query(`drop table if exists ${name}`).then(() => pool.end()))
      return {
        users: drizzleUsers(onMysql(pool), table) as never,
        statements: tableStatements(table),
        exec: (text: string) => pool.query(text),
      }
    },
  ],
] as const

describe.each(servers)('On %s', (_, isThere, open) => {
  test.runIf(isThere)('verify, reset, change, freeze and open work', async () => {
    const { users, statements, exec } = open()
    for (const statement of statements) await exec(statement)
    const inbox = testInbox()
    const { auth, browser, logIn } = application({
      users,
      registration: { answers: 'plain' } as never,
      features: [recovery({ channels: [inbox], frontendUrl: 'https://app.example.com' })],
    })
    const client = browser()
    const password = 'correct horse battery'
    const post = async (path: string, body: object) => {
      const response = await client.post(`/recovery/${path}`, body)
      await auth.settled()
      return response.status
    }
    const latest = () => tokenOf(inbox.messages.at(-1) as never)
    await client.post('/register', { email: 'ann@example.com', username: 'ann', password })
    await post('verify-request', { email: 'ann@example.com' })
    expect(await post('verify-confirm', { token: latest(), password })).toBe(200)
    await post('reset-request', { email: 'ann@example.com' })
    const reset = { token: latest(), new_password: 'another horse, another battery' }
    expect(await post('reset-confirm', reset)).toBe(200)
    await client.post('/login', { username: 'ann', password: reset.new_password })
    await post('change-request', { new_email: 'ann@new.example.com' })
    expect(await post('change-confirm', { token: latest() })).toBe(200)
    expect(await post('undo-confirm', { token: latest() })).toBe(200)
    expect((await logIn('ann', reset.new_password)).status).toBe(401)
    for (const message of inbox.messages.slice(-2)) {
      expect(await post('unfreeze-confirm', { token: tokenOf(message) })).toBe(200)
    }
    await post('reset-request', { email: 'ann@new.example.com' })
    const last = { token: latest(), new_password: 'a third one, for good' }
    expect(await post('reset-confirm', last)).toBe(200)
    const { me } = await logIn('ann@new.example.com', last.new_password)
    expect(me).toMatchObject({ email: 'ann@new.example.com' })
  })
})
