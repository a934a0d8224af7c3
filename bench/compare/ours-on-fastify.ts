/**
 * This library, on Fastify, as an application would put it there: what others on Fastify are
 * compared with besides.
 */
import type { IncomingMessage } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo, Server } from 'node:net'
import {
  type AuthCore,
  AuthError,
  bearer,
  connectionOf,
  crudAuth,
  type Framework,
  memoryStorage,
  type PeerSocket,
  type Storage,
  session,
} from 'crudauth'
import { common, inRedis, servedBy, sqliteUsers } from './ours.ts'
import { answer, type Served, type Variants } from './served.ts'

/** As much of Fastify as is used. It is installed with the others. */
interface FastifyRequest {
  readonly raw: IncomingMessage
  readonly params: Readonly<Record<string, string>>
  readonly socket: PeerSocket
  readonly body?: unknown
  webRequest: Request | null
  principal: { readonly user: { readonly email: string } } | null
}

interface FastifyReply {
  code(status: number): FastifyReply
  header(name: string, value: string): FastifyReply
}

type Handle = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>

interface Fastify {
  decorateRequest(name: string, value: null): Fastify
  setErrorHandler(handle: (error: unknown, request: unknown, reply: FastifyReply) => unknown): void
  route(route: { method: string; url: string; onRequest?: Handle; handler: Handle }): Fastify
  listen(where: { port: number; host: string }): Promise<unknown>
  readonly server: Server
}

const installed = createRequire(new URL('../peers/', import.meta.url))
const fastify: () => Fastify = installed('fastify')
/** A `Request` that is made of Node's own as it is read: a real one costs as much as a check. */
const { NodeRequest }: { NodeRequest: new (context: { req: IncomingMessage }) => Request } =
  installed('srvx/node')

const framework: Framework<FastifyRequest> = {
  read: (call) => ({
    request: webRequest(call),
    body: call.body,
    ...connectionOf(call.socket),
  }),
}

function webRequest(call: FastifyRequest): Request {
  call.webRequest ??= new NodeRequest({ req: call.raw })
  return call.webRequest
}

export const variants: Variants = {
  'session, memory': () => withSession(memoryStorage()),
  'session, Redis': async () => {
    const { storage, close } = await inRedis()
    return withSession(storage, close)
  },
  bearer: async () => {
    const { users, change } = sqliteUsers()
    const transports = [bearer({ refresh: 'body' })] as const
    const auth = crudAuth({ ...common, users, storage: memoryStorage(), transports }, framework)
    return servedBy(auth, 'bearer', { ...(await portsOf(auth)), change })
  },
}

async function withSession(storage: Storage, close?: () => Promise<void>): Promise<Served> {
  const { users, change } = sqliteUsers()
  const auth = crudAuth({ ...common, users, storage, transports: [session()] }, framework)
  return servedBy(auth, 'session', { ...(await portsOf(auth)), change, close })
}

type Auth = Pick<AuthCore<never, FastifyRequest>, 'endpoints'> & {
  guard(): (call: FastifyRequest) => Promise<NonNullable<FastifyRequest['principal']>>
}

async function portsOf(auth: Auth) {
  const app = fastify().decorateRequest('webRequest', null).decorateRequest('principal', null)
  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof AuthError) return given(error.getResponse(), reply)
    throw error
  })
  for (const { method, path, handle } of auth.endpoints) {
    const handler: Handle = async (call, reply) => given(await handle(call, call.params), reply)
    app.route({ method, url: path, handler })
  }
  const guard = auth.guard()
  app.route({
    method: 'GET',
    url: '/checked',
    async onRequest(call) {
      call.principal = await guard(call)
    },
    handler: async ({ principal }) => ({ email: principal?.user.email }),
  })
  const bare = fastify().route({ method: 'GET', url: '/checked', handler: async () => answer })
  return { port: await listening(app), barePort: await listening(bare) }
}

/** An answer of the library, as one of Fastify's. */
function given(response: Response, reply: FastifyReply): Promise<string> {
  reply.code(response.status)
  for (const [name, value] of response.headers) reply.header(name, value)
  return response.text()
}

async function listening(app: Fastify): Promise<number> {
  await app.listen({ port: 0, host: '127.0.0.1' })
  return (app.server.address() as AddressInfo).port
}
