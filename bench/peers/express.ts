/**
 * express-session with passport, on Express: the user is found by the application, as its manual
 * shows.
 */
import pgStore from 'connect-pg-simple'
import { RedisStore } from 'connect-redis'
import express from 'express'
import session, { type Store } from 'express-session'
import passport from 'passport'
import {
  answer,
  cookieOf,
  type Served,
  secret,
  setPasswordBy,
  type Variants,
} from '../compare/served.ts'
import * as listening from './listening.ts'
import { namespace, postgresPeople, redisClient, sqlitePeople, userId } from './people.ts'

interface People {
  find(id: string): { email: string } | undefined | Promise<{ email: string } | undefined>
  insert(): Promise<void>
  change(assignments: string): Promise<void>
  close(): Promise<void>
}

export const variants: Variants = {
  memory: () => servedBy(sqlitePeople(), new session.MemoryStore()),
  Redis: async () => {
    const { client, close } = await redisClient(namespace)
    const store = new RedisStore({ client, prefix: `${namespace}:` })
    return servedBy(sqlitePeople(), store, close)
  },
  PostgreSQL: async () => {
    const people = await postgresPeople(
      (prefix) => [
        `create table ${prefix}session (sid text primary key, sess json not null, expire timestamp(6) not null)`,
        `create index ${prefix}expire on ${prefix}session (expire)`,
      ],
      ['session'],
    )
    const PgStore = pgStore(session)
    const tableName = `${people.prefix}session`
    const store = new PgStore({ pool: people.pool, tableName, pruneSessionInterval: false })
    return servedBy(people, store)
  },
}

async function servedBy(
  people: People,
  store: Store,
  closing: () => Promise<void> = async () => undefined,
): Promise<Served> {
  await people.insert()
  passport.serializeUser((user, done) => done(null, (user as { id: string }).id))
  passport.deserializeUser(async (id: string, done) => {
    done(null, (await people.find(id)) ?? false)
  })
  const app = express()
  app.use(session({ secret, store, resave: false, saveUninitialized: false }))
  app.use(passport.session())
  app.post('/login', (req, res, next) => {
    req.login({ id: userId }, (error) => (error ? next(error) : res.json({})))
  })
  app.post('/logout', (req, res, next) => {
    req.logout((error) => (error ? next(error) : res.json({})))
  })
  app.get('/checked', (req, res) => {
    if (!req.isAuthenticated()) return void res.status(401).json({})
    res.json({ email: (req.user as { email: string }).email })
  })
  const bare = express().get('/checked', (_req, res) => void res.json(answer))
  const port = await listening.express(app)
  const post = async (path: string, headers: Record<string, string> = {}) => {
    const given = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers })
    if (!given.ok) throw new Error(`${path} answered ${given.status}: ${await given.text()}`)
    return given.headers
  }
  return {
    port,
    barePort: await listening.express(bare),
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
