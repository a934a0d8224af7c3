/**
 * The adapter of `docs/frameworks.md`, over Node's own server: as Express calls it, which puts the
 * whole path and the parsed body on the request, and as Fastify does, which hands the body over.
 */
import { once } from 'node:events'
import {
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { json as readJson } from 'node:stream/consumers'
import { AuthError, crudAuth, type Framework, session } from 'crudauth'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { samplesOf } from '../support/documented-samples.ts'
import { database, secret, users } from '../support/world.ts'

interface NodeCall {
  readonly req: IncomingMessage & { originalUrl?: string; body?: unknown }
  readonly res: ServerResponse
  readonly body?: unknown
}

interface Adapter {
  readonly nodeFramework: Framework<NodeCall>
  send(res: ServerResponse, answer: Response): Promise<void>
}

const samples = samplesOf('frameworks.md')
const { nodeFramework, send } = await samples.load<Adapter>('nodeFramework: Framework<NodeCall>')
const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections()
})
afterAll(() => samples.close())

const ann = { email: 'ann@example.com', username: 'ann', password: 'correct horse battery' }

/** What a framework makes of a request and its parsed body. */
type CallOf = (req: NodeCall['req'], res: ServerResponse, body: unknown) => NodeCall

async function serve(handler: (req: IncomingMessage, res: ServerResponse) => unknown) {
  const server = createServer(handler).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** An application whose routes are below `/auth`. */
async function application(callOf: CallOf) {
  const { db, queries } = database()
  const auth = crudAuth(
    {
      users: users(db),
      secret,
      transports: [session()],
      passwords: { cost: 4 },
      onEvent: () => {},
    },
    nodeFramework,
  )
  const routes = auth.routes.under('/auth')
  const guards = [auth.guard(), auth.guard({ transport: 'session' })]
  const port = await serve(async (req, res) => {
    const { url = '' } = req
    const body = req.headers['content-type'] ? await readJson(req) : undefined
    const call = callOf(req, res, body)
    try {
      if (url.startsWith('/auth/')) return await send(res, await routes.fetch(call))
      if (url === '/by-hand') {
        const user = await auth.users.find('ann')
        if (user) await auth.sessions.create(call, user)
        return res.end('{}')
      }
      queries.count = 0
      for (const admit of guards) await admit(callOf(req, res, body))
      res.end(JSON.stringify({ queries: queries.count }))
    } catch (error) {
      if (!(error instanceof AuthError)) throw error
      await send(res, error.getResponse())
    }
  })
  return async (
    path: string,
    { body, cookies = '' }: { body?: unknown; cookies?: string } = {},
  ) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(cookies === '' ? {} : { cookie: cookies }),
      },
    })
    return {
      status: answer.status,
      body: (await answer.json()) as Record<string, unknown>,
      cookies: answer.headers.getSetCookie().map((line) => line.split(';')[0]),
    }
  }
}

const asExpress: CallOf = (req, res, body) => {
  // A router that is mounted below a path takes it off.
  req.originalUrl ??= req.url ?? ''
  req.url = req.originalUrl.replace(/^\/auth/, '')
  return { req: Object.assign(req, { body }), res }
}

describe.each<[string, CallOf]>([
  ['Express', asExpress],
  ['Fastify', (req, res, body) => ({ req, res, body })],
])('the adapter, called as %s calls it', (_, callOf) => {
  test('registers, logs in, and lets in whom the cookies name, with one query for all gates', async () => {
    const ask = await application(callOf)
    expect((await ask('/auth/register', { body: ann })).status).toBe(200)
    expect(await ask('/dashboard')).toMatchObject({
      status: 401,
      body: { code: 'not_authenticated' },
    })

    const login = { username: 'ann', password: ann.password }
    const { status, cookies } = await ask('/auth/login', { body: login })
    expect([status, cookies.map((one) => one?.split('=')[0]).sort()]).toEqual([
      200,
      ['__Host-known_device', '__Host-session_id', 'csrf_token'],
    ])
    expect(await ask('/dashboard', { cookies: cookies.join('; ') })).toMatchObject({
      status: 200,
      body: { queries: 1 },
    })
  })

  test('puts the cookies of a session that the application makes on its answer', async () => {
    const ask = await application(callOf)
    await ask('/auth/register', { body: ann })
    const { cookies } = await ask('/by-hand')
    expect((await ask('/dashboard', { cookies: cookies.join('; ') })).status).toBe(200)
  })
})

test('a Host that cannot be read is refused', async () => {
  const ask = await application((req, res, body) => {
    req.headers.host = 'a b'
    return { req, res, body }
  })
  expect(await ask('/auth/me')).toMatchObject({ status: 400, body: { code: 'malformed_request' } })
})

test('who has gone is known to have gone, and who was answered has not', async () => {
  const signals: AbortSignal[] = []
  const port = await serve(async (req, res) => {
    const { request: read } = await nodeFramework.read({ req, res })
    signals.push(read.signal)
    if (req.url === '/answered') res.end()
  })
  await fetch(`http://127.0.0.1:${port}/answered`)
  const leaving = request({ port, host: '127.0.0.1', path: '/left' }).on('error', () => {})
  leaving.end()
  await expect.poll(() => signals.length).toBe(2)
  leaving.destroy()
  await expect.poll(() => signals.map(({ aborted }) => aborted)).toEqual([false, true])
})
