/**
 * The process that is flooded: a member with a session and a token, and what hashing costs here.
 */
import type { AddressInfo } from 'node:net'
import { availableParallelism } from 'node:os'
import { serve } from '@hono/node-server'
import { hash } from '@node-rs/bcrypt'
import Database from 'better-sqlite3'
import { memoryStorage } from 'crudauth'
import { drizzleUsers } from 'crudauth/drizzle'
import { bearer, honoAuth, session } from 'crudauth/hono'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { Hono } from 'hono'
import { createTable } from '../../test/support/create-table.ts'
import { person, secret, users } from '../application.ts'

const sqlite = new Database(':memory:')
createTable(sqlite, users)
const auth = honoAuth({
  users: drizzleUsers(drizzle(sqlite), users),
  secret,
  storage: memoryStorage(),
  transports: [session({ maxPerUser: null }), bearer({ refresh: 'body' })],
  warnOnMemoryStorage: false,
  onEvent: () => undefined,
  // Each login comes from a network of its own, as in a flood.
  trustedProxies: { hops: 1 },
})
const app = auth
  .mount(new Hono())
  .get('/checked', auth.guard(), (c) => c.json({ id: c.var.principal.userId }))

const post = (path: string) =>
  app.request(`https://app.example.com${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(person),
  })
await post('/register')
const cookie = (await post('/login')).headers
  .getSetCookie()
  .map((line) => line.split(';')[0])
  .join('; ')
const { access_token: token } = (await (await post('/token')).json()) as { access_token: string }

/** As many at once as the library computes. */
const threads = Math.max(1, availableParallelism() - 1)
const start = performance.now()
const hashes = 8
const hashing = async () => {
  for (let n = 0; n < hashes; n++) await hash('correct horse battery', { cost: 12 })
}
await Promise.all(Array.from({ length: threads }, hashing))
const hashesPerSecond = (threads * hashes) / ((performance.now() - start) / 1000)

serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }: AddressInfo) => {
  process.send?.({
    port,
    session: { cookie },
    bearer: { authorization: `Bearer ${token}` },
    hashesPerSecond,
    threads,
  })
})
