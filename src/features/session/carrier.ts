/**
 * What a sign-in ends in where a session carries it.
 */
import type { Carrier } from '../../credentials/carrier.ts'
import type { NewSession, SessionOptions } from './sessions.ts'
import type { SessionTransport } from './transport.ts'

export type SessionCarrier = Carrier<SessionOptions, NewSession>

export function sessionCarrier(transport: SessionTransport): SessionCarrier {
  const { name, sessions, cookie, csrfCookie } = transport
  return {
    name,
    inCookies: true,

    async issue({ exchange, scope, owner }, options) {
      const session = await transport.stored(
        'login',
        sessions.create({ exchange, scope }, owner, options),
      )
      const { id, csrfToken, maxAgeSeconds } = session
      return {
        answer: session,
        cookies: [
          cookie.set(id, maxAgeSeconds),
          ...(csrfToken === '' ? [] : [csrfCookie.set(csrfToken, maxAgeSeconds)]),
        ],
        undo: async () => {
          await sessions.end(scope, id)
        },
      }
    },

    async endOf(exchange) {
      const id = exchange.cookie(cookie.name)
      await transport.stored('login', sessions.end(exchange.scope, id))
      return []
    },
  }
}
