/**
 * What a sign-in ends in where a session carries it.
 */
import type { Carrier } from '../../credentials/carrier.ts'
import { clearOfParents } from '../../http/cookies.ts'
import { wireId } from '../../http/wire-id.ts'
import type { Accounts } from '../../users/accounts.ts'
import type { NewSession, SessionOptions } from './sessions.ts'
import type { SessionTransport } from './transport.ts'

export type SessionCarrier = Carrier<SessionOptions, NewSession>

export function sessionCarrier(transport: SessionTransport, accounts: Accounts): SessionCarrier {
  const { name, sessions, cookie, csrfCookie } = transport
  return {
    name,
    inCookies: true,
    usualOptions: {},

    async issue({ exchange, scope, owner, provenAt }, options) {
      const session = await transport.stored(
        'login',
        sessions.create({ exchange, scope }, owner, options, provenAt),
      )
      const { id, csrfToken, maxAgeSeconds } = session
      return {
        answer: session,
        login: session.handle,
        cookies: [
          cookie.set(id, maxAgeSeconds),
          ...(csrfToken === '' ? [] : [csrfCookie.set(csrfToken, maxAgeSeconds)]),
        ],
        undo: async () => {
          await sessions.end(scope, id)
        },
      }
    },

    body: (row, { csrfToken }) => ({
      id: wireId(accounts.id(row)),
      username: accounts.text(row, 'username'),
      csrf_token: csrfToken,
    }),

    async endOf(exchange) {
      const ended = (await transport.allCarried(exchange)).map((session) =>
        sessions.discard(exchange.scope, session),
      )
      await transport.stored('login', Promise.all(ended))
      // What is left of them would come with every request that follows.
      const isOneOfSeveral = exchange.cookies(cookie.name).length > 1
      return isOneOfSeveral ? clearOfParents(cookie, new URL(exchange.request.url).hostname) : []
    },
  }
}
