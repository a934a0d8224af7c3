/**
 * An application over any users table, for tests that bring their own.
 */
import type { AuthConfig, UserTypes } from 'crudauth'
import { crudAuth } from 'crudauth/hono'
import { Hono } from 'hono'
import { Browser } from './browser.ts'
import { Clock } from './clock.ts'

export function application<T extends UserTypes>(config: AuthConfig<T>) {
  const clock = new Clock()
  const auth = crudAuth<T>({
    secret: 'a secret for tests, thirty-two bytes or more',
    rateLimits: { register: { times: 0, seconds: 1 } },
    clock: clock.read,
    onEvent: () => undefined,
    ...config,
    passwords: { cost: 4, ...config.passwords },
  })
  const app = new Hono().route('/', auth.router)
  const send = async (request: Request, peer: string | undefined) =>
    app.fetch(request, { incoming: { socket: { remoteAddress: peer } } })
  const browser = () => new Browser(send)
  return {
    auth,
    app,
    browser,
    clock,
    /** The status of a login, and who `/me` then says it is. */
    async logIn(username: string, password = 'correct horse battery') {
      const client = browser()
      const { status } = await client.post('/login', { username, password })
      const me = await client.get('/me')
      return { status, me: me.status === 200 ? ((await me.json()) as object) : null, client }
    },
  }
}
