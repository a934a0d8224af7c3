/**
 * Sudo: the owner of a session gives the password again, and for some minutes the session may pass
 * `elevated` gates.
 *
 * The elevation is a mark in the session's record, which gets a new identifier with it, so that an
 * identifier that leaked before is of no use for it. It ends at its instant, or with the session.
 */
import { AuthError } from '../../errors.ts'
import type { ElevationPort, Ground, House, SessionPort } from '../../feature.ts'
import { hookContext } from '../../hooks.ts'
import type { Exchange } from '../../http/exchange.ts'
import { isUnusable } from '../../passwords/passwords.ts'
import type { Principal } from '../../principal.ts'
import { orUnavailable } from '../../storage/outage.ts'
import { locked, type ReservedAttempt, type SudoAttempts } from './attempts.ts'
import type { SudoSettings } from './sudo.ts'

/** An elevation that has happened: its end, and the session's new cookie (a Set-Cookie value). */
export interface Elevated {
  readonly until: Date
  readonly cookie: string
}

export class Elevation implements ElevationPort {
  readonly #settings: SudoSettings
  readonly #attempts: SudoAttempts
  readonly #ground: Ground
  /** Where it works, once everything is wired. */
  #house: (House & { readonly sessions: SessionPort }) | undefined

  constructor(settings: SudoSettings, attempts: SudoAttempts, ground: Ground) {
    this.#settings = settings
    this.#attempts = attempts
    this.#ground = ground
  }

  move(house: House): void {
    const { sessions } = house
    if (sessions) this.#house = { ...house, sessions }
  }

  isElevated(exchange: Exchange, principal: Principal): boolean {
    const session = this.#house?.sessions.of(exchange, principal)
    return (session?.elevatedUntil ?? 0) > this.#ground.clock()
  }

  /**
   * Elevates the session of this principal. Counts against sudo's own budget and the account's; of
   * several right passwords at once one elevates, the others come with an identifier that is gone.
   *
   * @throws AuthError `incorrect_credentials` (401); `session_required` (403) without a session or
   *   when it has ended meanwhile; `sudo_locked`, `login_locked` (429); `overloaded`,
   *   `storage_unavailable` (503); and what the hook makes of it.
   */
  async elevate(exchange: Exchange, principal: Principal, password: string): Promise<Elevated> {
    const { accounts, clock, emit } = this.#ground
    const { userId } = principal
    const sessions = this.#house?.sessions
    const session = sessions?.of(exchange, principal)
    const row = session && (await exchange.resolveUser(userId))
    if (!sessions || !session || !row) {
      throw new AuthError('session_required', 'Sudo requires a session-backed login.')
    }

    const attempt = await this.#attempts.reserve(exchange.scope, String(userId), principal.login)
    const refusal = () => this.#refusal(exchange, principal, attempt)
    const isOwner = isUnusable(accounts.verifiableHash(row))
      ? this.#isProven(exchange, principal, refusal)
      : this.#hasPassword(exchange, row, password, principal.login, attempt)
    if (!(await isOwner)) throw await refusal()
    await attempt.succeeded()

    const elevatedUntil = clock() + this.#settings.window * 1000
    const cookie = await this.#stored(sessions.rotate(exchange, principal, { elevatedUntil }))
    if (cookie === null) throw new AuthError('session_required', 'Session no longer exists.')
    await this.#tell(exchange, principal, cookie)
    const { login } = principal
    const address = exchange.address?.address ?? null
    emit({ name: 'sudo.elevated', userId, until: elevatedUntil, login, address })
    return { until: new Date(elevatedUntil), cookie }
  }

  /** If the password could not be checked, the attempt does not count. */
  async #hasPassword(
    exchange: Exchange,
    row: object,
    password: string,
    login: string,
    attempt: ReservedAttempt,
  ): Promise<boolean> {
    try {
      return (await this.#house?.passwordChecks.confirm(exchange, row, password, login)) === true
    } catch (error) {
      await attempt.withdrawn()
      throw error
    }
  }

  /**
   * An error counts as a wrong answer: otherwise a verifier that throws on a wrong code would allow
   * any number of guesses.
   */
  async #isProven(
    exchange: Exchange,
    principal: Principal,
    refusal: () => Promise<AuthError>,
  ): Promise<boolean> {
    try {
      const { withoutPassword } = this.#settings
      return (await withoutPassword(principal, exchange.request)) === true
    } catch (error) {
      await refusal()
      throw error
    }
  }

  /** The last attempt of the budget has locked the login, and takes the session's mark away. */
  async #refusal(
    exchange: Exchange,
    principal: Principal,
    attempt: ReservedAttempt,
  ): Promise<AuthError> {
    if (!attempt.isLast) return new AuthError('incorrect_credentials', 'Incorrect password')
    const { lockout } = this.#settings
    const { userId } = principal
    const address = exchange.address?.address ?? null
    this.#ground.emit({ name: 'sudo.locked', userId, address, lockSeconds: lockout })
    await this.#lower(exchange, principal)
    return locked(lockout)
  }

  async #tell(exchange: Exchange, principal: Principal, cookie: string): Promise<void> {
    const user = this.#ground.accounts.user(principal.user)
    const context = hookContext(exchange, principal.transport)
    try {
      await this.#house?.runHook('afterSudo', user, context)
    } catch (error) {
      await this.#lower(exchange, principal)
      if (!(error instanceof AuthError)) throw error
      // The session already has its new identifier: without this cookie the person would be logged
      // out.
      throw new AuthError(error.code, error.detail, {
        cause: error,
        headers: { ...error.headers, 'Set-Cookie': cookie },
        ...(error.errors ? { errors: error.errors } : {}),
      })
    }
  }

  async #lower(exchange: Exchange, principal: Principal): Promise<void> {
    await this.#stored(this.#house?.sessions.lower(exchange, principal) ?? Promise.resolve())
  }

  #stored<Value>(operation: Promise<Value>): Promise<Value> {
    return orUnavailable('sudo', this.#ground.emit, operation)
  }
}
