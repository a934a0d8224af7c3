/**
 * An application over any users table, for tests that bring their own.
 */
import {
  type ApiKeyFeature,
  type AuthConfig,
  type BearerFeature,
  type SessionFeature,
  type SudoFeature,
  session,
  type UserTypes,
} from 'crudauth'
import { type HonoAuth, honoAuth } from 'crudauth/hono'
import { Hono } from 'hono'
import { Browser } from './browser.ts'
import { Clock } from './clock.ts'
import { documented, documentedFetch } from './documented.ts'

export type ApplicationConfig<T extends UserTypes> = Omit<AuthConfig<T>, 'transports'> &
  Partial<Pick<AuthConfig<T>, 'transports'>>

export function application<T extends UserTypes>(config: ApplicationConfig<T>) {
  const clock = new Clock()
  const configured = honoAuth<T>({
    transports: [session()],
    secret: 'a secret for tests, thirty-two bytes or more',
    rateLimits: { register: { times: 0, seconds: 1 } },
    clock: clock.read,
    onEvent: () => undefined,
    ...config,
    passwords: { cost: 4, maxWait: 60, ...config.passwords },
  })
  const auth = documentedFetch(configured) as unknown as HonoAuth<
    T,
    readonly [SessionFeature, BearerFeature, ApiKeyFeature],
    readonly [SudoFeature]
  >
  const app = auth.mount(new Hono())
  const send = documented(auth, async (request, peer) =>
    app.fetch(request, { incoming: { socket: { remoteAddress: peer } } }),
  )
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
