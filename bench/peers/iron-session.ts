/** iron-session: the session is a sealed cookie. On Hono; the user is found by the application. */
import { Hono } from 'hono'
import { getIronSession, type SessionOptions, sealData } from 'iron-session'
import { answer, type Served, secret, setPasswordBy, type Variants } from '../compare/served.ts'
import * as listening from './listening.ts'
import { sqlitePeople, userId } from './people.ts'

interface Kept {
  userId?: string
}

const options: SessionOptions = { password: secret, cookieName: 'session' }

export const variants: Variants = { 'sealed cookie': served }

async function served(): Promise<Served> {
  const people = sqlitePeople()
  await people.insert()
  const app = new Hono().get('/checked', async (c) => {
    const session = await getIronSession<Kept>(c.req.raw, c.res, options)
    const user = session.userId === undefined ? undefined : people.find(session.userId)
    return user ? c.json({ email: user.email }) : c.json({}, 401)
  })
  const bare = new Hono().get('/checked', (c) => c.json(answer))
  return {
    port: await listening.hono(app),
    barePort: await listening.hono(bare),
    logIn: async () => ({ cookie: `session=${await sealData({ userId }, options)}` }),
    revoke: null,
    change: people.change,
    setPassword: setPasswordBy(people.change),
    close: people.close,
  }
}
