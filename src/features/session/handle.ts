/**
 * Sessions in the application's own hands: for a login of its own, an admin area, a command line.
 */
import type { House } from '../../feature.ts'
import type { UserScope, UserTypes } from '../../users/store.ts'
import type { SessionCarrier } from './carrier.ts'
import type { ClientLabel } from './client-label.ts'
import { type LiveSession, loginOf } from './records.ts'
import type { SessionTransport } from './transport.ts'

/** The options of `auth.sessions.create()`. */
export interface SessionCreation {
  /** The session lives for `session.rememberMe` seconds, and its cookie too. Default `false`. */
  rememberMe?: boolean
  /** Kept with the session, and put into `principal.metadata`. Must survive JSON. */
  metadata?: Readonly<Record<string, unknown>>
}

/** A session that `auth.sessions.create()` made. */
export interface CreatedSession {
  /** Names the session in lists; opens nothing. */
  readonly handle: string
  /** For `X-CSRF-Token`; empty when CSRF protection is off. */
  readonly csrfToken: string
  /** Makes the client known at its next login; its cookie is among the headers. */
  readonly deviceToken: string
  /** The `Set-Cookie` lines that must be on the answer: `new Response(body, { headers })`. */
  readonly headers: Headers
}

/** What may be known of a session. Nothing in it opens the session. */
export interface SessionInfo {
  /** Names the session; opens nothing. */
  readonly handle: string
  /** Names the login, as `principal.login` does: unlike the handle it stays. */
  readonly login: string
  /** What the User-Agent said at login. */
  readonly clientLabel: ClientLabel
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

/** Makes, finds, lists and ends sessions: `auth.sessions`. */
export interface SessionAdministration<T extends UserTypes = UserTypes, C = unknown> {
  /**
   * Logs a user in without a password, after a proof of the application's own. Goes through the
   * same sign-in as `/login`: it ends the session that the browser had, runs `afterLogin`, and
   * makes the browser a known device.
   *
   * @param call What stands for the request. Where the framework can, its answer gets the cookies.
   * @param user As from `authenticatePassword`, a principal or a hook.
   * @throws AuthError `incorrect_credentials` (401) for an account that is disabled;
   *   `further_proof_required` (401); `storage_unavailable` (503); and what the hook throws.
   *
   * @example
   * ```ts
   * app.post('/sign-in-by-badge', async (c) => {
   *   const user = await ownerOfBadge(await c.req.text())
   *   await auth.sessions.create(c, user)
   *   return c.json({ hello: user.email })
   * })
   * ```
   */
  create(call: C, user: Readonly<T['user']>, options?: SessionCreation): Promise<CreatedSession>
  /**
   * The live session whose cookie came with a request, or `null`. Whether the user meant to send it
   * is asked only where it opens a WebSocket, by its origin. To guard a request use `authenticate`.
   *
   * @throws AuthError `storage_unavailable` (503); `cross_origin` (403) for a WebSocket.
   */
  validate(call: C): Promise<ValidSession<T> | null>
  /** The live sessions of a user, last used first. */
  list(userId: T['id'], scope?: UserScope): Promise<SessionInfo[]>
  /** Ends one session of this user; `false` when the user has none with this handle. */
  revoke(userId: T['id'], handle: string, scope?: UserScope): Promise<boolean>
  /**
   * Ends every session and every login by tokens of a user, and with them every other credential
   * that carries an epoch, such as API keys. `except` is the handle, or the login, of a session of
   * that user which lives on.
   *
   * @returns How many sessions ended.
   */
  revokeAll(userId: T['id'], options?: UserScope & { except?: string }): Promise<number>
}

export function sessionAdministration(
  transport: SessionTransport,
  carrier: SessionCarrier,
  { accounts, calls, clock, emit, revocation, signIn }: House,
): SessionAdministration {
  const { sessions } = transport
  return {
    async create(call, user, options = {}) {
      const exchange = await calls.exchange(call)
      const proof = { method: 'application', row: user, provenAt: clock() } as const
      const place = { exchange, scope: exchange.scope }
      const { answer, cookies, device } = await signIn.complete(place, proof, carrier, options)
      const headers = new Headers()
      for (const cookie of cookies) headers.append('set-cookie', cookie)
      await calls.addHeaders(call, headers)
      return {
        handle: answer.handle,
        csrfToken: answer.csrfToken,
        deviceToken: device.token,
        headers,
      }
    },

    async validate(call) {
      const found = await transport.identify(await calls.exchange(call))
      return found && { ...infoOf(found.session), user: accounts.user(found.user) }
    },

    async list(userId, scope = {}) {
      const row = await accounts.byId(userId, scope)
      if (row === null) return []
      const owner = accounts.owner(row)
      return (await sessions.ofUser(scope, owner)).reverse().map(infoOf)
    },

    async revoke(userId, handle, scope = {}) {
      const ended = await sessions.revoke(scope, String(userId), handle)
      if (ended === null) return false
      const { name } = transport
      const login = loginOf(ended)
      const address = null
      emit({ name: 'login.ended', reason: 'revoked', userId, transport: name, login, address })
      return true
    },

    async revokeAll(userId, { except, ...scope } = {}) {
      for (;;) {
        const row = await accounts.byId(userId, scope)
        if (row === null) return 0
        if (except === undefined) return revocation.endAll(scope, row)
        const live = await sessions.ofUser(scope, accounts.owner(row))
        const spared = live.find((one) => one.handle === except || loginOf(one) === except)
        const kept = { login: spared ? loginOf(spared) : except, handle: spared?.handle ?? except }
        const ended = await revocation.endOthers(scope, row, kept)
        if (ended !== null) return ended.sessions
        // The epoch rose in between: by now the excepted session may carry the next one.
      }
    },
  }
}

function infoOf(session: LiveSession): SessionInfo {
  const { handle, record } = session
  return {
    handle,
    login: loginOf(session),
    clientLabel: record.device,
    ipAddress: record.address || null,
    createdAt: new Date(record.createdAt),
    lastActivity: new Date(record.lastActivity),
    expiresAt: new Date(record.expiresAt),
    metadata: record.metadata,
  }
}
