/**
 * A MariaDB server that was made read-only as a whole, as a replica is, under connections that are
 * open: nothing is written, nobody is told otherwise, and it goes on when it may write again.
 */
import { crudAuth, session } from 'crudauth'
import { drizzleStorage, drizzleUsers } from 'crudauth/drizzle'
import { authStorageColumns, authUserColumns } from 'crudauth/drizzle/mysql'
import { mysqlTable } from 'drizzle-orm/mysql-core'
import { drizzle } from 'drizzle-orm/mysql2'
import { createPool } from 'mysql2/promise'
import { expect, test } from 'vitest'
import { tableStatements } from '../support/create-table.ts'
import { hasMariadbPrograms, MariadbServer } from '../support/mariadb-server.ts'

test.runIf(hasMariadbPrograms || process.env['CI'])(
  'A server with read_only answers reads, and 503 without outcome to what writes',
  { timeout: 120_000 },
  async () => {
    const server = await MariadbServer.start()
    const root = createPool(server.url())
    // Whoever may do everything may write all the same.
    await root.query("create user application@'127.0.0.1'")
    await root.query("grant select, insert, update, delete on test.* to application@'127.0.0.1'")
    const users = mysqlTable('users', authUserColumns())
    const state = mysqlTable('state', authStorageColumns())
    for (const table of [users, state]) {
      for (const text of tableStatements(table)) await root.query(text)
    }
    const pool = createPool({ uri: server.url('application'), connectionLimit: 3 })
    const events: { readonly name: string; readonly operation?: string }[] = []
    const auth = crudAuth({
      users: drizzleUsers(drizzle(pool), users),
      storage: drizzleStorage(drizzle(pool), state),
      secret: 'a secret for tests, thirty-two bytes or more',
      namespace: 'read-only',
      transports: [session({ managementRoutes: true })],
      passwords: { cost: 4 },
      onEvent: (event) => events.push(event),
    })
    const cookies = new Map<string, string>()
    const call = async (method: string, path: string, body?: object) => {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
      const headers: Record<string, string> = { 'content-type': 'application/json', cookie }
      const token = cookies.get('csrf_token')
      if (token) headers['x-csrf-token'] = token
      const init = { method, headers, ...(body && { body: JSON.stringify(body) }) }
      const response = await auth.fetch({
        request: new Request(`https://app.example.com${path}`, init),
        peer: '192.0.2.1',
      })
      for (const line of response.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
        cookies.set(name, value)
      }
      return response
    }
    const ann = { email: 'ann@example.com', username: 'ann', password: 'correct horse battery' }
    const bob = { email: 'bob@example.com', username: 'bob', password: 'correct horse battery' }
    expect((await call('POST', '/register', ann)).status).toBe(200)
    expect((await call('POST', '/login', ann)).status).toBe(200)

    await root.query('set global read_only = on')
    expect((await call('GET', '/me')).status).toBe(200)
    for (const [path, body] of [
      ['/register', bob],
      ['/logout', {}],
      ['/logout-all', {}],
    ] as const) {
      const refused = await call('POST', path, body)
      expect([path, refused.status]).toEqual([path, 503])
      expect(await refused.json()).not.toHaveProperty('outcome')
    }
    // A guess that cannot be counted is not looked at.
    expect((await call('POST', '/login', ann)).status).toBe(429)
    expect(events.map(({ name }) => name)).toContain('database.failed')
    expect(events.map(({ name }) => name)).toContain('storage.failed')
    expect(events.map(({ name }) => name)).not.toContain('request.failed')

    await root.query('set global read_only = off')
    expect((await call('GET', '/me')).status).toBe(200)
    expect((await call('POST', '/register', bob)).status).toBe(200)
    expect((await call('POST', '/logout-all')).status).toBe(200)
    expect((await call('POST', '/login', ann)).status).toBe(200)
    await auth.close()
    await pool.end()
    await root.end()
    await server.end()
  },
)
