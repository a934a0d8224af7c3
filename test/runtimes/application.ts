/**
 * An application on whatever runtime runs this file: a table on PostgreSQL, sessions and counters
 * in Redis, links that it prints. It tells its address, what happens, and ends when it is told to.
 */
import process from 'node:process'
import { createClient } from '@redis/client'
import { drizzle } from 'drizzle-orm/node-postgres'
import { pgTable } from 'drizzle-orm/pg-core'
import { Hono } from 'hono'
import { Pool } from 'pg'
import { drizzleUsers } from '../../src/databases/drizzle.ts'
import { authUserColumns } from '../../src/databases/drizzle-postgres.ts'
import { bearer, developmentInbox, honoAuth, recovery, session } from '../../src/frameworks/hono.ts'
import { redisStorage } from '../../src/storage/redis.ts'

interface Runtimes {
  readonly Bun?: {
    serve(options: { port: number; fetch(request: Request, server: object): unknown }): {
      readonly port: number
      stop(now: boolean): void
    }
  }
  readonly Deno?: {
    serve(
      options: { port: number; onListen(at: { readonly port: number }): void },
      fetch: (request: Request, info: object) => unknown,
    ): { shutdown(): Promise<void> }
  }
}

const { USERS_TABLE = '', POSTGRES_URL = '', REDIS_URL = '' } = process.env
const tell = (event: object) => process.stdout.write(`${JSON.stringify(event)}\n`)

const users = pgTable(USERS_TABLE, authUserColumns())
const pool = new Pool({ connectionString: POSTGRES_URL, max: 4 })
const client = createClient({ url: REDIS_URL })
await client.connect()

const auth = honoAuth({
  users: drizzleUsers(drizzle(pool), users),
  storage: redisStorage({ client }),
  namespace: USERS_TABLE,
  secret: 'a secret for tests, of thirty-two bytes or more',
  transports: [session(), bearer({ refresh: 'body' })],
  features: [
    recovery({
      channels: [developmentInbox({ print: (text) => tell({ printed: text }) })],
      frontendUrl: 'http://localhost:3000',
    }),
  ],
  passwords: { cost: 4 },
  onEvent: ({ name, ...event }) =>
    tell({ event: name, address: 'address' in event && event.address }),
})
const app = auth
  .mount(new Hono())
  .get('/secret', auth.guard({ verified: true }), (c) => c.text('in'))

const { Bun, Deno } = globalThis as Runtimes
const listening = (port: number) => tell({ url: `http://127.0.0.1:${port}` })
let stop: () => unknown
if (Bun) {
  const server = Bun.serve({ port: 0, fetch: (request, server) => app.fetch(request, { server }) })
  listening(server.port)
  stop = () => server.stop(true)
} else if (Deno) {
  const server = Deno.serve({ port: 0, onListen: ({ port }) => listening(port) }, (request, info) =>
    app.fetch(request, info),
  )
  stop = () => server.shutdown()
} else {
  throw new Error('this is neither Bun nor Deno')
}

// Nothing of the library's may keep a process that has nothing else to do.
process.once('SIGTERM', async () => {
  await stop()
  await pool.end()
  client.destroy()
})
