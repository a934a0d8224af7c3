/**
 * Sessions in the application's own hands: for a login of its own, an admin area, a command line.
 */

import type { Revocation } from '../../credentials/revocation.ts'
import { ConfigurationError } from '../../errors.ts'
import type { Connection } from '../../http/connection.ts'
import type { Exchange, ExchangeFor } from '../../http/exchange.ts'
import type { Accounts } from '../../users/accounts.ts'
import type { UserScope, UserTypes } from '../../users/store.ts'
import type { Device } from './client-label.ts'
import type { LiveSession } from './records.ts'
import type { SessionTransport } from './session.ts'

export interface SessionCreation {
  /** The session lives for `session.rememberMe` seconds, and its cookie too. Default `false`. */
  rememberMe?: boolean
  /** Kept with the session, and put into `principal.metadata`. Must survive JSON. */
  metadata?: Readonly<Record<string, unknown>>
}

export interface CreatedSession {
  /** Names the session in lists; opens nothing. */
  readonly handle: string
  /** For `X-CSRF-Token`; empty when CSRF protection is off. */
  readonly csrfToken: string
  /** The `Set-Cookie` lines that must be on the answer: `new Response(body, { headers })`. */
  readonly headers: Headers
}

export interface SessionInfo {
  /** Names the session; opens nothing. */
  readonly handle: string
  /** A label, from the User-Agent at login. */
  readonly device: Device
  /** The client address at login; `null` when it was unknown. */
  readonly ipAddress: string | null
  readonly createdAt: Date
  /** Exact to the touch interval. */
  readonly lastActivity: Date
  /** The end of its absolute lifetime. */
  readonly expiresAt: Date
  readonly metadata: Readonly<Record<string, unknown>>
}

/** A session that was found alive, and whose it is. */
export interface ValidSession<T extends UserTypes = UserTypes> extends SessionInfo {
  readonly user: Readonly<T['user']>
}

export interface SessionAdministration<T extends UserTypes = UserTypes> {
  /**
   * Logs a user in without a password, after a proof of the application's own. Ends the session
   * that the browser had, and runs no hook.
   *
   * @param user As from `authenticatePassword`, a principal or a hook.
   * @throws AuthError `storage_unavailable` (503).
   */
  create(
    request: Request,
    user: Readonly<T['user']>,
    options?: SessionCreation,
    connection?: Connection,
  ): Promise<CreatedSession>
  /**
   * The live session whose cookie came with a request, or `null`. Whether the user meant to send it
   * is asked only where it opens a WebSocket, by its origin. To guard a request use `authenticate`.
   *
   * @throws AuthError `storage_unavailable` (503); `cross_origin` (403) for a WebSocket.
   */
  validate(request: Request, connection?: Connection): Promise<ValidSession<T> | null>
  /** The live sessions of a user, last used first. */
  list(userId: T['id'], scope?: UserScope): Promise<SessionInfo[]>
  /** Ends one session of this user; `false` when the user has none with this handle. */
  revoke(userId: T['id'], handle: string, scope?: UserScope): Promise<boolean>
  /**
   * Ends every session and every login by tokens of a user, and with them every other credential that
   * carries an epoch, such as API keys. `except` is the handle of a session of that user which lives on;
   * without it this works without the session transport, too.
   *
   * @returns How many sessions ended.
   */
  revokeAll(userId: T['id'], options?: UserScope & { except?: string }): Promise<number>
}

export interface SessionAdministrationParts {
  readonly accounts: Accounts
  readonly revocation: Revocation
  readonly exchangeFor: ExchangeFor
}

export function sessionAdministration(
  transport: SessionTransport | undefined,
  { accounts, revocation, exchangeFor }: SessionAdministrationParts,
): SessionAdministration {
  const configured = (): SessionTransport => {
    if (transport) return transport
    throw new ConfigurationError([
      'auth.sessions needs the session transport; write transports: [session()]',
    ])
  }
  return {
    async create(request, user, options = {}, connection) {
      const used = configured()
      return logIn(used, accounts, exchangeFor(request, connection), user, options)
    },

    async validate(request, connection) {
      const found = await configured().identify(exchangeFor(request, connection))
      return found && { ...infoOf(found.session), user: accounts.user(found.user) }
    },

    async list(userId, scope = {}) {
      const { sessions } = configured()
      const row = await accounts.byId(userId, scope)
      if (row === null) return []
      const owner = accounts.owner(row)
      return (await sessions.ofUser(scope, owner)).reverse().map(infoOf)
    },

    revoke: async (userId, handle, scope = {}) =>
      configured().sessions.revoke(scope, String(userId), handle),

    async revokeAll(userId, { except, ...scope } = {}) {
      if (except !== undefined) configured()
      for (;;) {
        const row = await accounts.byId(userId, scope)
        if (row === null) return 0
        if (except === undefined) return revocation.endAll(scope, row)
        const ended = await revocation.endOthers(scope, row, except)
        if (ended !== null) return ended.sessions
        // The epoch rose in between: by now the excepted session may carry the next one.
      }
    },
  }
}

async function logIn(
  transport: SessionTransport,
  accounts: Accounts,
  exchange: Exchange,
  user: object,
  options: SessionCreation,
): Promise<CreatedSession> {
  const { sessions, cookie, csrfCookie } = transport
  const owner = await accounts.ownerOf(user, exchange.scope)
  await transport.stored('login', sessions.end(exchange.scope, exchange.cookie(cookie.name)))
  const { id, handle, csrfToken, maxAgeSeconds } = await transport.stored(
    'login',
    sessions.create(exchange, owner, options),
  )
  const headers = new Headers({ 'set-cookie': cookie.set(id, maxAgeSeconds) })
  if (csrfToken !== '') headers.append('set-cookie', csrfCookie.set(csrfToken, maxAgeSeconds))
  return { handle, csrfToken, headers }
}

function infoOf({ handle, record }: LiveSession): SessionInfo {
  return {
    handle,
    device: record.device,
    ipAddress: record.address || null,
    createdAt: new Date(record.createdAt),
    lastActivity: new Date(record.lastActivity),
    expiresAt: new Date(record.expiresAt),
    metadata: record.metadata,
  }
}
