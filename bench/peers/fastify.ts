/** @fastify/session and @fastify/jwt, on Fastify: the user is found by the application. */
import cookie from '@fastify/cookie'
import jwt from '@fastify/jwt'
import fastifySession, { type FastifySessionOptions } from '@fastify/session'
import { RedisStore } from 'connect-redis'
import fastify from 'fastify'
import {
  answer,
  cookieOf,
  type Served,
  secret,
  setPasswordBy,
  type Variants,
} from '../compare/served.ts'
import * as listening from './listening.ts'
import { namespace, redisClient, sqlitePeople, userId } from './people.ts'

declare module 'fastify' {
  interface Session {
    userId?: string
  }
}

export const variants: Variants = {
  'session, memory': () => withSession({}),
  'session, Redis': async () => {
    const { client, close } = await redisClient(namespace)
    const store = new RedisStore({ client, prefix: `${namespace}:` })
    return withSession({ store: store as NonNullable<FastifySessionOptions['store']> }, close)
  },
  jwt: withToken,
}

async function withSession(
  options: Partial<FastifySessionOptions>,
  closing: () => Promise<void> = async () => undefined,
): Promise<Served> {
  const people = sqlitePeople()
  await people.insert()
  const app = fastify()
  await app.register(cookie)
  await app.register(fastifySession, {
    secret,
    saveUninitialized: false,
    cookie: { secure: false },
    ...options,
  })
  app.post('/login', async (request) => {
    await request.session.regenerate()
    request.session.userId = userId
    return {}
  })
  app.post('/logout', async (request) => {
    await request.session.destroy()
    return {}
  })
  app.get('/checked', async (request, reply) => {
    const id = request.session.userId
    const user = id === undefined ? undefined : people.find(id)
    return user ? { email: user.email } : reply.code(401).send({})
  })
  const port = await listening.fastify(app)
  const post = async (path: string, headers: Record<string, string> = {}) => {
    const given = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers })
    if (!given.ok) throw new Error(`${path} answered ${given.status}: ${await given.text()}`)
    return given.headers
  }
  return {
    port,
    barePort: await bare(),
    logIn: async () => cookieOf(await post('/login')),
    revoke: async (headers) => {
      await post('/logout', headers)
    },
    change: people.change,
    setPassword: setPasswordBy(people.change),
    async close() {
      await people.close()
      await closing()
    },
  }
}

async function withToken(): Promise<Served> {
  const people = sqlitePeople()
  await people.insert()
  const app = fastify()
  await app.register(jwt, { secret, sign: { expiresIn: 900 } })
  app.get('/checked', async (request, reply) => {
    const claims = await request.jwtVerify<{ sub: string }>().catch(() => null)
    const user = claims === null ? undefined : people.find(claims.sub)
    return user ? { email: user.email } : reply.code(401).send({})
  })
  return {
    port: await listening.fastify(app),
    barePort: await bare(),
    logIn: async () => ({ authorization: `Bearer ${app.jwt.sign({ sub: userId })}` }),
    revoke: null,
    change: people.change,
    setPassword: setPasswordBy(people.change),
    close: people.close,
  }
}

function bare(): Promise<number> {
  return listening.fastify(fastify().get('/checked', async () => answer))
}
