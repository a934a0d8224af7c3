/**
 * Clients that hang up, over a real server: what they do counts under their address, or is refused.
 */
import { once } from 'node:events'
import { request as httpRequest, type Server } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAdaptorServer, type HttpBindings } from '@hono/node-server'
import {
  type AdoptedFormat,
  type AuthConfig,
  connectionOf,
  honoAuth,
  type RegistrationBody,
  session,
} from 'crudauth/hono'
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { afterEach, describe, expect, test } from 'vitest'
import { database, members, secret, users } from '../support/world.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close()
    server.closeAllConnections?.()
  }
})

type Bindings = { Bindings: HttpBindings }

interface Answer {
  readonly status: number
  readonly code: string | undefined
}

/** An application that keeps what it answered, for clients that do not wait to be told. */
async function serving(
  config: Partial<AuthConfig> = {},
  {
    before = [],
    path,
    http2 = false,
  }: { before?: MiddlewareHandler<Bindings>[]; path?: string; http2?: boolean } = {},
) {
  const { db } = database()
  const events: { name: string; address?: string | null; code?: string }[] = []
  const auth = honoAuth({
    transports: [session()],
    users: users(db),
    secret,
    onEvent: (event) => events.push(event),
    passwords: { cost: 4 },
    ...(config as object),
  })
  const answers: Answer[] = []
  let told = () => {}
  const app = new Hono<Bindings>().use(async (c, next) => {
    await next()
    const { code } = (await c.res
      .clone()
      .json()
      .catch(() => ({}))) as { code?: string }
    answers.push({ status: c.res.status, code })
    told()
  })
  for (const middleware of before) app.use(middleware)
  app.route('/', auth.router)
  app.get('/guarded', auth.currentUser({ optional: true }), (c) => c.json({}))
  const server = createAdaptorServer({
    fetch: app.fetch,
    ...(http2 ? { createServer: createHttp2Server } : {}),
  }) as Server
  servers.push(server)
  const ends: Socket[] = []
  server.on('connection', (socket: Socket) => ends.push(socket))
  server.listen(path === undefined ? { port: 0, host: '127.0.0.1' } : { path })
  await once(server, 'listening')
  const at = path ?? (server.address() as AddressInfo).port
  return {
    app,
    at,
    auth,
    server,
    /** The server's ends of its connections. */
    ends,
    events,
    names: () => events.map(({ name }) => name),
    registered: async () => (await db.select().from(members)).length,
    /** A connection; the server may not have looked at it yet. */
    async client(): Promise<Socket> {
      const socket = typeof at === 'string' ? connect(at) : connect(at, '127.0.0.1')
      socket.on('error', () => {})
      await once(socket, 'connect')
      return socket
    },
    /** Waits until that many requests were answered. */
    async answered(count: number): Promise<readonly Answer[]> {
      while (answers.length < count) {
        await new Promise<void>((resolve) => {
          told = resolve
        })
      }
      return answers
    },
  }
}

function post(path: string, body: object): string {
  const text = JSON.stringify(body)
  return [
    `POST ${path} HTTP/1.1`,
    'host: 127.0.0.1',
    'content-type: application/json',
    `content-length: ${text.length}`,
    '',
    text,
  ].join('\r\n')
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`

const registration = (name: string) =>
  post('/register', {
    email: `${name}@example.com`,
    username: name,
    password: 'correct horse battery',
  })

/** Several clients that send a request and reset the connection with it. */
async function sendAndReset(
  { client }: Pick<Awaited<ReturnType<typeof serving>>, 'client'>,
  requests: readonly string[],
): Promise<void> {
  for (const request of requests) {
    const socket = await client()
    socket.write(request)
    if (typeof socket.remotePort === 'number') socket.resetAndDestroy()
    else socket.destroy() // A Unix socket cannot be reset.
  }
}

const names = Array.from({ length: 12 }, (_, index) => `person${index}`)

/** A middleware that waits until the client of the request is gone. */
const untilGone: MiddlewareHandler<Bindings> = async (c, next) => {
  await closed(c.env.incoming.socket)
  await next()
}

async function closed(socket: Socket): Promise<void> {
  if (!socket.destroyed) await new Promise<void>((resolve) => socket.once('close', resolve))
}

describe('a client that resets its connection with its request', () => {
  test('does not register beyond the limit', async () => {
    const site = await serving({ rateLimits: { register: { times: 3, seconds: 3600 } } })
    await sendAndReset(site, names.map(registration))
    await site.answered(names.length)
    expect(await site.registered()).toBeLessThanOrEqual(3)
  })

  test('does not guess beyond the budget of its network', async () => {
    const site = await serving()
    await sendAndReset(
      site,
      names.map((username) => post('/login', { username, password: 'a guess' })),
    )
    await site.answered(names.length)
    expect(site.names().filter((name) => name === 'login.failed').length).toBeLessThanOrEqual(5)
  })

  test('is refused behind a middleware that awaits, and is no failure of the server', async () => {
    const site = await serving({}, { before: [untilGone] })
    await sendAndReset(site, [
      ...names.map(registration),
      post('/login', { username: 'x', password: 'y' }),
    ])
    const answers = await site.answered(names.length + 1)
    expect(new Set(answers.map(({ code }) => code))).toEqual(new Set(['connection_lost']))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([400]))
    expect(await site.registered()).toBe(0)
    expect(site.events).toEqual([])
  })

  test('is refused by a gate, too', async () => {
    const site = await serving({}, { before: [untilGone] })
    await sendAndReset(site, [get('/guarded')])
    expect(await site.answered(1)).toEqual([{ status: 400, code: 'connection_lost' }])
  })

  test('is refused where the application reads the address off the socket itself', async () => {
    const peer = (c: Context) => (c.env as HttpBindings).incoming.socket.remoteAddress
    const site = await serving({ peer } as object, { before: [untilGone] })
    await sendAndReset(site, [get('/guarded')])
    expect(await site.answered(1)).toEqual([{ status: 400, code: 'connection_lost' }])
  })

  test('cannot have a header believed for which its peer would have to be trusted', async () => {
    const site = await serving({ trustedProxies: { networks: ['10.0.0.0/8'] } })
    await sendAndReset(site, names.map(registration))
    await site.answered(names.length)
    expect(await site.registered()).toBeLessThanOrEqual(5)
  })
})

describe('a client whose address was seen', () => {
  test('hangs up before its body has come, and nothing happens', async () => {
    let came = () => {}
    const arrived = new Promise<void>((resolve) => {
      came = resolve
    })
    const seen: MiddlewareHandler<Bindings> = async (_c, next) => {
      const handled = next()
      came()
      await handled
    }
    const site = await serving({}, { before: [seen] })
    const socket = await site.client()
    socket.write(registration('ann').slice(0, -10))
    await arrived
    socket.resetAndDestroy()
    expect(await site.answered(1)).toEqual([{ status: 422, code: 'malformed_body' }])
    expect(await site.registered()).toBe(0)
    expect(site.events).toEqual([])
  })

  test('hangs up between body and handler: it counts, and costs no hash', async () => {
    let client: Socket | undefined
    const validate = async (value: unknown): Promise<{ value: RegistrationBody }> => {
      client?.resetAndDestroy()
      for (const end of site.ends) await closed(end)
      return { value: value as RegistrationBody }
    }
    const site = await serving({
      registration: { schema: { '~standard': { version: 1, vendor: 'test', validate } } },
      rateLimits: { register: { times: 3, seconds: 3600 } },
    })
    for (const name of names) {
      client = await site.client()
      client.write(registration(name))
      await site.answered(names.indexOf(name) + 1)
    }
    const codes = (await site.answered(names.length)).map(({ code }) => code)
    expect(codes).toEqual([...Array(3).fill('connection_lost'), ...Array(9).fill('rate_limited')])
    expect(await site.registered()).toBe(0)
    expect(site.names()).not.toContain('request.failed')
  })

  test('hangs up between a gate and a limit, and counts under its address', async () => {
    let client: Socket | undefined
    const site = await serving()
    site.app.get(
      '/limited',
      site.auth.currentUser({ optional: true }),
      async (c, next) => {
        client?.resetAndDestroy()
        await closed(c.env.incoming.socket)
        await next()
      },
      site.auth.rateLimit('limited', { times: 3, seconds: 3600 }),
      (c) => c.json({}),
    )
    for (const name of names) {
      client = await site.client()
      client.write(get('/limited'))
      await site.answered(names.indexOf(name) + 1)
    }
    const statuses = (await site.answered(names.length)).map(({ status }) => status)
    expect(statuses).toEqual([...Array(3).fill(200), ...Array(9).fill(429)])
  })

  test('is known for the rest of its connection, also behind a middleware that awaits', async () => {
    const site = await serving()
    site.server.on('connection', (socket: Socket) => connectionOf(socket))
    const socket = await site.client()
    socket.write(post('/login', { username: 'x', password: 'y' }))
    await once(socket, 'data')
    socket.write(post('/login', { username: 'z', password: 'y' }))
    socket.resetAndDestroy()
    await site.answered(2)
    const failed = site.events.filter(({ name }) => name === 'login.failed')
    expect(failed.map(({ address }) => address)).toEqual(['127.0.0.1', '127.0.0.1'])
  })
})

test('an HTTP/2 client that ends its session with its request is refused', async () => {
  const site = await serving({}, { before: [untilGone], http2: true })
  const session = connectHttp2(`http://127.0.0.1:${site.at}`)
  session.on('error', () => {})
  const stream = session.request({ ':path': '/guarded' })
  stream.on('error', () => {})
  await once(stream, 'ready')
  session.destroy()
  expect(await site.answered(1)).toEqual([{ status: 400, code: 'connection_lost' }])
})

test('a request whose body its server dropped with the client is no failure of ours', async () => {
  const site = await serving()
  const statuses = new Set<number>()
  for (let n = 0; n < 200; n++) {
    const gone = new AbortController()
    const body = new ReadableStream({ pull: (stream) => stream.enqueue(new Uint8Array(1)) })
    const request = new Request('http://127.0.0.1/login', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      duplex: 'half',
      signal: gone.signal,
    } as RequestInit)
    await request.body?.cancel()
    gone.abort()
    statuses.add((await site.auth.fetch({ request, peer: '192.0.2.1' })).status)
  }
  expect(statuses).toEqual(new Set([400]))
  expect(site.events).toEqual([])
})

test('a guess that was begun counts, though its client has gone meanwhile', async () => {
  let gone = new AbortController()
  const leaving: AdoptedFormat = {
    name: 'leaving',
    recognises: (stored) => stored === '$leaving$',
    decoy: () => '$leaving$',
    async verify() {
      gone.abort()
      return false
    },
  }
  const site = await serving({ passwords: { cost: 4, adopt: [leaving] } })
  for (let n = 0; n < 3; n++) {
    gone = new AbortController()
    const request = new Request('http://127.0.0.1/login', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: 'ann', password: 'a guess' }),
      signal: gone.signal,
    })
    expect((await site.auth.fetch({ request, peer: '192.0.2.1' })).status).toBe(401)
  }
  expect(site.names()).toEqual(['login.failed', 'login.failed', 'login.failed'])
})

test('an error that comes of a client that has gone is no failure of ours', async () => {
  const gone = new AbortController()
  const validate = () => {
    gone.abort()
    throw new TypeError('the socket was closed')
  }
  const site = await serving({
    registration: { schema: { '~standard': { version: 1, vendor: 'test', validate } } },
  })
  const request = (signal: AbortSignal | null) =>
    new Request('http://127.0.0.1/register', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
      signal,
    })
  const answered = await site.auth.fetch({ request: request(gone.signal), peer: '192.0.2.1' })
  expect(answered.status).toBe(400)
  expect(site.names()).not.toContain('request.failed')
  const there = await site.auth.fetch({ request: request(null), peer: '192.0.2.1' })
  expect(there.status).toBe(500)
  expect(site.names()).toContain('request.failed')
})

describe('a Unix socket', () => {
  const path = () => join(tmpdir(), `crudauth-${process.pid}-${servers.length}.sock`)

  test('has no address and is served, also by a gate that first sees it after its client has gone', async () => {
    const site = await serving({}, { before: [untilGone], path: path() })
    await sendAndReset(site, [get('/guarded')])
    expect((await site.answered(1))[0]?.status).toBe(200)
  })

  test('brings the addresses of a proxy behind it', async () => {
    const socketPath = path()
    const site = await serving({ trustedProxies: { hops: 1 } }, { path: socketPath })
    const outgoing = httpRequest({
      socketPath,
      path: '/login',
      method: 'POST',
      headers: { 'x-forwarded-for': '203.0.113.9', 'content-type': 'application/json' },
    })
    outgoing.end(JSON.stringify({ username: 'x', password: 'y' }))
    const [response] = await once(outgoing, 'response')
    response.resume()
    expect(site.events).toContainEqual(
      expect.objectContaining({ name: 'login.failed', address: '203.0.113.9' }),
    )
  })

  test('is served while its server closes', async () => {
    let site: Awaited<ReturnType<typeof serving>> | undefined
    const closing: MiddlewareHandler<Bindings> = async (_c, next) => {
      site?.server.close()
      await next()
    }
    site = await serving({}, { before: [closing], path: path() })
    const socket = await site.client()
    socket.write(registration('ann'))
    expect((await site.answered(1))[0]?.status).toBe(200)
  })
})
