/**
 * Sudo: whoever has a session proves once more who they are, and for a while may do what needs it.
 *
 * The elevation is a mark in the session's record, which gets a new identifier with it, so that an
 * identifier that leaked before is of no use for it. It ends at its instant, or with the session.
 */
import type { Credentials } from '../../credentials/password-check.ts'
import { AuthError } from '../../errors.ts'
import type { EventListener } from '../../events.ts'
import { hookContext, type RunHook } from '../../hooks.ts'
import type { Exchange } from '../../http/exchange.ts'
import { isUnusable } from '../../passwords/passwords.ts'
import type { Principal } from '../../principal.ts'
import type { Accounts } from '../../users/accounts.ts'
import { isElevated } from '../session/record.ts'
import type { LiveSession } from '../session/records.ts'
import type { SessionTransport } from '../session/session.ts'
import { locked, type ReservedAttempt, type SudoAttempts } from './attempts.ts'
import type { SudoSettings } from './sudo.ts'

export interface ElevationParts {
  readonly settings: SudoSettings
  readonly attempts: SudoAttempts
  readonly accounts: Accounts
  readonly credentials: Credentials
  readonly transport: SessionTransport
  readonly clock: () => number
  readonly runHook: RunHook
  readonly emit: EventListener
}

/** An elevation that has happened: its end, and the session's new cookie (a Set-Cookie value). */
export interface Elevated {
  readonly until: Date
  readonly cookie: string
}

export class Elevation {
  readonly #parts: ElevationParts

  constructor(parts: ElevationParts) {
    this.#parts = parts
  }

  /** Whether the session that made this principal of the request is elevated. */
  isElevated({ request }: Exchange, principal: Principal): boolean {
    const { transport, clock } = this.#parts
    const session = transport.sessionOf(request, principal)
    return session !== null && isElevated(session.record, clock())
  }

  /** @throws AuthError `sudo_required` (403), unless the session is elevated. */
  require(exchange: Exchange, principal: Principal): void {
    if (this.isElevated(exchange, principal)) return
    throw new AuthError('sudo_required', 'Re-authentication required.')
  }

  /**
   * Elevates the session of this principal. Counts against sudo's own budget and the account's; of
   * several right passwords at once one elevates, the others come with an identifier that is gone.
   *
   * @throws AuthError `incorrect_credentials` (401); `session_required` (403) without a session or when
   *   it has ended meanwhile; `sudo_locked`, `login_locked` (429); `overloaded`, `storage_unavailable` (503); and
   *   what the hook makes of it.
   */
  async elevate(exchange: Exchange, principal: Principal, password: string): Promise<Elevated> {
    const { settings, attempts, accounts, transport, clock, emit } = this.#parts
    const { request, scope } = exchange
    const { userId } = principal
    const session = transport.sessionOf(request, principal)
    const row = session && (await exchange.resolveUser(userId))
    if (!session || !row) {
      throw new AuthError('session_required', 'Sudo requires a session-backed login.')
    }

    const attempt = await attempts.reserve(scope, String(userId))
    const refusal = () => this.#refusal(exchange, principal, session, attempt)
    const isOwner = isUnusable(accounts.hashedPassword(row))
      ? this.#isProven(exchange, principal, refusal)
      : this.#hasPassword(exchange, row, password, attempt)
    if (!(await isOwner)) throw await refusal()
    await attempt.succeeded()

    const elevatedUntil = clock() + settings.windowSeconds * 1000
    const cookie = await transport.stored(
      'sudo',
      transport.rotate(exchange, session, { elevatedUntil }),
    )
    if (cookie === null) throw new AuthError('session_required', 'Session no longer exists.')
    await this.#tell(exchange, principal, cookie)
    emit({ name: 'sudo.elevated', userId, until: elevatedUntil })
    return { until: new Date(elevatedUntil), cookie }
  }

  /** A password that could not be looked at is no attempt. */
  async #hasPassword(
    exchange: Exchange,
    row: object,
    password: string,
    attempt: ReservedAttempt,
  ): Promise<boolean> {
    try {
      return await this.#parts.credentials.confirm(exchange, row, password)
    } catch (error) {
      await attempt.withdrawn()
      throw error
    }
  }

  /** What throws may have looked: a verifier that throws on a wrong code must not let all be tried. */
  async #isProven(
    exchange: Exchange,
    principal: Principal,
    refusal: () => Promise<AuthError>,
  ): Promise<boolean> {
    try {
      const { withoutPassword } = this.#parts.settings
      return (await withoutPassword(principal, exchange.request)) === true
    } catch (error) {
      await refusal()
      throw error
    }
  }

  /** The last attempt of the budget has locked the account, and takes the session's mark away. */
  async #refusal(
    exchange: Exchange,
    { userId }: Principal,
    session: LiveSession,
    attempt: ReservedAttempt,
  ): Promise<AuthError> {
    if (!attempt.isLast) return new AuthError('incorrect_credentials', 'Incorrect password')
    const { lockoutSeconds } = this.#parts.settings
    const address = exchange.address?.address ?? null
    this.#parts.emit({ name: 'sudo.locked', userId, address, lockSeconds: lockoutSeconds })
    await this.#lower(exchange, session)
    return locked(lockoutSeconds)
  }

  async #tell(exchange: Exchange, principal: Principal, cookie: string): Promise<void> {
    const { transport, accounts, runHook } = this.#parts
    try {
      const user = accounts.user(principal.user)
      await runHook('afterSudo', user, hookContext(exchange, transport.name))
    } catch (error) {
      const session = transport.sessionOf(exchange.request, principal)
      if (session) await this.#lower(exchange, session)
      if (!(error instanceof AuthError)) throw error
      // Without the session's new cookie the refused would be logged out as well.
      throw new AuthError(error.code, error.detail, {
        cause: error,
        headers: { ...error.headers, 'Set-Cookie': cookie },
        ...(error.errors ? { errors: error.errors } : {}),
      })
    }
  }

  async #lower({ scope }: Exchange, { handle }: LiveSession): Promise<void> {
    const { transport } = this.#parts
    const { sessions } = transport
    const lower = sessions.modify(scope, handle, (record) => ({ ...record, elevatedUntil: 0 }))
    await transport.stored('sudo', lower)
  }
}
