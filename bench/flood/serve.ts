/**
 * The process that is flooded: a member with a session and a token. Its parent asks what hashing
 * costs here, and how late its event loop was.
 */
import type { AddressInfo } from 'node:net'
import { availableParallelism } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
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

const [niceness] = process.argv.slice(2)
const sqlite = new Database(':memory:')
createTable(sqlite, users)
const auth = honoAuth({
  users: drizzleUsers(drizzle(sqlite), users),
  secret,
  storage: memoryStorage(),
  transports: [session(), bearer({ refresh: 'body' })],
  passwords: niceness === undefined ? {} : { threadNiceness: Number(niceness) },
  rateLimits: { register: { times: 0, seconds: 1 } },
  warnOnMemoryStorage: false,
  onEvent: () => undefined,
  // Each login comes from a network of its own, as in a flood.
  trustedProxies: { hops: 1 },
})
const app = auth
  .mount(new Hono())
  .get('/checked', auth.guard(), (c) => c.json({ id: c.var.principal.userId }))

const asked = { email: 'bob@example.com', username: 'bob', password: person.password }
const post = (path: string, body: object) =>
  app.request(`https://app.example.com${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
// Whoever is asked for is not who logs in: an account has so many sessions, and the oldest end.
await post('/register', person)
await post('/register', asked)
const cookie = (await post('/login', asked)).headers
  .getSetCookie()
  .map((line) => line.split(';')[0])
  .join('; ')
const { access_token: token } = (await (await post('/token', asked)).json()) as {
  access_token: string
}

/** As many at once as the library computes. */
const threads = Math.max(1, availableParallelism() - 1)

async function hashesPerSecond(): Promise<number> {
  const start = performance.now()
  const hashes = 8
  const hashing = async () => {
    for (let n = 0; n < hashes; n++) await hash(person.password, { cost: 12 })
  }
  await Promise.all(Array.from({ length: threads }, hashing))
  return (threads * hashes) / ((performance.now() - start) / 1000)
}

const resolution = 5
const delays = monitorEventLoopDelay({ resolution })

process.on('message', async (order: 'hash' | 'watch' | 'delay') => {
  if (order === 'hash') process.send?.(await hashesPerSecond())
  if (order === 'watch') {
    delays.reset()
    delays.enable()
    process.send?.(0)
  }
  if (order === 'delay') {
    delays.disable()
    process.send?.(Math.max(0, delays.percentile(99) / 1e6 - resolution))
  }
})

serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }: AddressInfo) => {
  process.send?.({
    port,
    session: { cookie },
    bearer: { authorization: `Bearer ${token}` },
    threads,
  })
})

// Whoever started it has ended.
process.once('disconnect', () => process.exit())
