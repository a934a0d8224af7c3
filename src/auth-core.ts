/**
 * What `auth` has in every configuration.
 */
import type { Attempt } from './credentials/attempt.ts'
import type { Invitations } from './credentials/invitations.ts'
import type { UserAdministration } from './credentials/users/administration.ts'
import type { Description } from './describe.ts'
import type { Admitted, Gate, GateOf } from './gates.ts'
import type { RateLimiter, RateLimitOptions } from './http/application-limits.ts'
import type { Call } from './http/call.ts'
import type { Endpoint, Routes } from './http/mounted.ts'
import type { OpenApiDocument, OpenApiOptions } from './http/openapi.ts'
import type { RateLimit } from './limits/rate-limits.ts'
import type { Principal } from './principal.ts'
import type { UserScope, UserTypes } from './users/store.ts'

/** Guards a request: resolves to who is calling, or throws an `AuthError`. */
export type Guard<T extends UserTypes, Optional extends boolean, C = Call> = (
  call: C,
) => Promise<Admitted<T, Optional>>

/** What `auth` has in every configuration. What stands for the request comes first, everywhere. */
export interface AuthCore<T extends UserTypes = UserTypes, C = Call> {
  /** The mounted routes, to be mounted in parts or below a path. */
  readonly routes: Routes<C>

  /** Every mounted route: those of `routes`. */
  readonly endpoints: readonly Endpoint<C>[]

  /** Answers a request to one of the mounted routes, and anything else with 404 or 405. */
  fetch(call: C): Promise<Response>

  /**
   * Who sends this request. However often it is asked, a request is authenticated once.
   *
   * @throws AuthError 401, 403 or 503; a bad credential is refused even where the gate is optional.
   * @throws ConfigurationError for a gate that no request could meet.
   */
  authenticate<Optional extends boolean = false>(
    call: C,
    gate?: GateOf<T, Optional>,
  ): Promise<Admitted<T, Optional>>

  /**
   * A gate built once, to be used on many requests.
   *
   * @throws ConfigurationError for a gate that no request could meet.
   */
  guard<Optional extends boolean = false>(gate?: GateOf<T, Optional>): Guard<T, Optional, C>

  /**
   * Whether whoever opened a long-lived request (server-sent events, a WebSocket) may go on: reads
   * storage and row anew, whatever the request was told before. A session that has got another
   * identifier since, by sudo, goes on. It does not count as activity of a session.
   *
   * @returns Who it is by now; `null` where the login has ended, or no longer meets the gate.
   * @throws AuthError 503 where that cannot be told.
   * @throws ConfigurationError for a gate that no request could meet.
   */
  recheck(call: C, gate?: Gate<T>): Promise<Principal<T> | null>

  /**
   * Checks an identifier and a password with everything that `/login` does: lockout, equal cost,
   * upgrade of the stored hash. Signs nobody in: give what it returns to `auth.sessions.create`.
   *
   * What a client sent may be handed over as it came: what is no text is wrong.
   *
   * @returns The user, without the password hash.
   * @throws AuthError `incorrect_credentials` (401), `password_change_required` (403),
   *   `login_locked` (429), `overloaded` (503).
   */
  authenticatePassword(call: C, identifier: string, password: string): Promise<Readonly<T['user']>>

  /**
   * Checks a credential in a way of your own (a directory, an old system, a voucher), with
   * everything that surrounds a password at `/login`: the lockout of the account, its networks and
   * known devices, the same answer whether or not there is an account, the same events. Signs
   * nobody in: give what it returns to `auth.sessions.create`.
   *
   * Each attempt counts, also one that repeats another. What `check` throws passes through, and
   * does not count.
   *
   * @returns The user, without the password hash.
   * @throws AuthError `incorrect_credentials` (401), `login_locked` (429); and what `check` and
   *   `create` throw.
   *
   * @example
   * ```ts
   * app.post('/login-by-directory', async (c) => {
   *   const { name, password } = await c.req.json()
   *   const user = await auth.attempt(c, name, () => directory.accepts(name, password))
   *   await auth.sessions.create(c, user)
   *   return c.json({ hello: user.email })
   * })
   * ```
   */
  readonly attempt: Attempt<T, C>

  /**
   * A rate limit for a route of the application. Without `limit` that of a route of the library, by
   * its action.
   *
   * @throws ConfigurationError for an action that has no limit.
   */
  rateLimit(action: string, limit?: RateLimit, options?: RateLimitOptions): RateLimiter<C>

  /** Accounts in the application's own hands. */
  readonly users: UserAdministration<T>

  /** Who may register where registration is not open. */
  readonly invitations: Invitations<T>

  /** The devices that are known for an account. */
  readonly knownDevices: KnownDeviceAdministration<T>

  /**
   * Forgets what was counted against an account: its failed logins, and with them its locks. The
   * locks of networks that failed at many accounts stay.
   */
  unlock(userId: T['id'], scope?: UserScope): Promise<void>

  /** What is mounted, with every lifetime, limit, cookie and outage policy, as data. */
  describe(): Description

  /** The OpenAPI 3.1 document of the mounted routes. */
  openapi(options?: OpenApiOptions): Promise<OpenApiDocument>

  /**
   * Loads what hashes passwords, connects the storage, and has the user store find out what only
   * the database can tell, ahead of the first use. Optional and idempotent. Rejects where one of
   * them cannot be done, with what to do.
   */
  init(): Promise<void>

  /**
   * Resolves when nothing is left of the work that goes on after answers, such as messages that are
   * on their way: for scripts, tests, and platforms that stop a program with its answer.
   */
  settled(): Promise<void>

  /**
   * Waits for the work that goes on after answers, at most `closeTimeoutMs`, and releases what the
   * library opened itself. Idempotent.
   */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** Known devices in the application's own hands: `auth.knownDevices`. */
export interface KnownDeviceAdministration<T extends UserTypes = UserTypes> {
  /**
   * Makes every device of a user a stranger, whose guesses are counted with everybody else's. Ends
   * no session and no token.
   */
  forget(userId: T['id'], scope?: UserScope): Promise<void>
}
