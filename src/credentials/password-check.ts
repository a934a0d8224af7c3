/**
 * The one place where a password is checked against an account.
 *
 * Login, token, sudo and change of password all come through here, so that they share one budget
 * per account, cost the same whether or not the account exists, and answer the same. The order is
 * fixed: resolve, count the attempt, verify (something, always), decide.
 */
import { randomToken, secureRandom, sha256 } from '../crypto.ts'
import { AuthError } from '../errors.ts'
import type { EventListener } from '../events.ts'
import type { Exchange } from '../http/exchange.ts'
import type { CountedAttempt, Guess } from '../limits/guess.ts'
import type { Lockout } from '../limits/lockout.ts'
import type { PasswordCheck, Passwords } from '../passwords/passwords.ts'
import type { Accounts } from '../users/accounts.ts'
import { type Identity, maxIdentifierLength } from '../users/identity.ts'
import { looksLikeEmail } from '../users/username.ts'
import type { KnownDevices } from './known-devices.ts'
import type { OneTimeRecords } from './one-time.ts'
import { incorrect } from './sign-in.ts'

/** What a proof is good for that a login with an old password is answered with. */
export const renewalPurpose = 'renew-password'

/** Time to think of a new password, in seconds. */
const renewalLifetime = 600

export interface PasswordCheckParts {
  readonly accounts: Accounts
  readonly passwords: Passwords
  readonly lockout: Lockout
  readonly devices: KnownDevices
  /** Whether recovery can reach the owner of an account. */
  readonly isReachable: (row: object) => boolean
  readonly oneTime: OneTimeRecords
  readonly emit: EventListener
}

type Verify = (row: object | null, attempt: CountedAttempt) => Promise<PasswordCheck>

/** A right attempt. */
interface Judged {
  /** `null` for a name without an account, where those are taken. */
  readonly row: object | null
  readonly outdated: boolean
}

export class PasswordChecks {
  readonly #parts: PasswordCheckParts

  constructor(parts: PasswordCheckParts) {
    this.#parts = parts
  }

  /**
   * The row of the active user with this identifier and password. An outdated hash is replaced on
   * the way.
   *
   * @param deviceToken What a client without cookies sent; see `KnownDevices`.
   * @throws AuthError `incorrect_credentials` (401), the same for an unknown identifier, a wrong
   *   password and a disabled account; `password_change_required` (403); `login_locked` (429);
   *   `overloaded` (503).
   */
  async check(
    exchange: Exchange,
    identifier: string,
    password: string,
    deviceToken?: string,
  ): Promise<object> {
    if (!isText(identifier) || !isText(password)) throw incorrect()
    const { accounts, devices, passwords } = this.#parts
    // A flood is cheap to refuse before a name is looked up. Nothing was judged, so nothing counts.
    if (!devices.isCarried(exchange) && deviceToken === undefined) {
      passwords.refuseIfFull(exchange.caller)
    }
    const { row, outdated } = await this.#admitted(
      exchange,
      identifier,
      { sent: password, deviceToken },
      (found, attempt) => this.#verify(exchange, attempt, found, password),
    )
    if (row === null) throw incorrect()
    if (accounts.mustChangePassword(row)) throw await this.#changeRequired(exchange, row)
    if (outdated) await this.#upgrade(exchange, row, password)
    return row
  }

  /**
   * The row of the active user with this identifier, whose credential is judged by somebody else;
   * `null` where it is right and nobody has the identifier.
   *
   * @param judge Asked in every case, with `null` where there is no account that it may speak of.
   *   Only `true` admits; what it throws passes through, and the attempt does not count.
   * @throws AuthError as `check`.
   */
  async attempt(
    exchange: Exchange,
    identifier: string,
    judge: (row: object | null) => unknown,
    { deviceToken, takesStrangers }: { deviceToken?: string; takesStrangers: boolean },
  ): Promise<object | null> {
    const verify = async (found: object | null, attempt: CountedAttempt) => {
      const row = attempt.isDecoy ? null : found
      try {
        // What is wrong now may be right in a moment: elsewhere nobody tells us of a change.
        return { ok: (await judge(row)) === true, outdated: false, hasFailed: true } as const
      } catch (error) {
        await attempt.withdrawn()
        throw error
      }
    }
    // No two are alike, so that each one counts.
    const sent = randomToken(secureRandom, 16)
    const options = { sent, deviceToken, takesStrangers }
    return (await this.#admitted(exchange, identifier, options, verify)).row
  }

  /** One attempt at an identifier, counted before it is judged; throws unless it is right. */
  async #admitted(
    exchange: Exchange,
    identifier: string,
    {
      sent,
      deviceToken,
      takesStrangers = false,
    }: {
      readonly sent: string
      readonly deviceToken?: string | undefined
      readonly takesStrangers?: boolean
    },
    verify: Verify,
  ): Promise<Judged> {
    const { accounts, devices, lockout } = this.#parts
    const row = identifier.isWellFormed()
      ? await accounts.byIdentifier(identifier, exchange.scope)
      : null
    const typed = typedIdentifierKey(identifier, accounts.identity)
    const account = row === null ? `nobody-${typed}` : String(accounts.id(row))
    const attemptAs = (device: string | null) =>
      lockout.attempt(exchange.scope, this.#guess(exchange, { row, typed, device, password: sent }))
    const device = await devices.recognise(exchange, account, deviceToken)
    const attempt = await attemptAs(device).catch(async (refusal: unknown) => {
      // Whoever has just registered may come back before the device is known: it is by the time
      // that what strangers did is counted against the account.
      const late = device === null ? await devices.recognise(exchange, account, deviceToken) : null
      if (late === null) throw refusal
      return attemptAs(late)
    })
    return attempt.evenly(() => this.#judged(exchange, attempt, { row, takesStrangers, verify }))
  }

  async #judged(
    exchange: Exchange,
    attempt: CountedAttempt,
    {
      row,
      takesStrangers,
      verify,
    }: { readonly row: object | null; readonly takesStrangers: boolean; readonly verify: Verify },
  ): Promise<Judged> {
    const { accounts, emit } = this.#parts
    const { ok, outdated, hasFailed } = await verify(row, attempt)
    const isAdmitted = row === null ? takesStrangers : accounts.isActive(row)
    if (!ok || !isAdmitted || attempt.isDecoy) {
      const hidden = await attempt.failed(hasFailed)
      emit({
        name: 'login.failed',
        reason: row === null ? 'unknown' : ok && !attempt.isDecoy ? 'disabled' : 'password',
        userId: row === null ? null : accounts.id(row),
        address: exchange.address?.address ?? null,
      })
      throw hidden ?? incorrect()
    }
    await attempt.succeeded()
    return { row, outdated }
  }

  /**
   * Whether this is the password of the account that a request has already proven to belong to:
   * for sudo, and before a change of it. It is counted against the login behind the request, so
   * that a stolen one shuts nobody out of the others, and no stranger shuts out this one.
   *
   * @param login See `Principal.login`.
   * @throws AuthError `login_locked` (429), `overloaded` (503).
   */
  async confirm(
    exchange: Exchange,
    row: object,
    password: string,
    login: string,
  ): Promise<boolean> {
    if (!isText(password)) return false
    const { accounts, lockout, emit } = this.#parts
    const guess = this.#guess(exchange, { row, typed: '', device: null, password })
    const attempt = await lockout.confirmation(exchange.scope, guess, login)
    const { ok, hasFailed } = await this.#verify(exchange, attempt, row, password)
    if (ok) await attempt.succeeded()
    else {
      await attempt.failed(hasFailed)
      const userId = accounts.id(row)
      const address = exchange.address?.address ?? null
      emit({ name: 'reauthentication.failed', userId, address })
    }
    return ok
  }

  /** If the password could not be checked, the attempt does not count. */
  async #verify(
    exchange: Exchange,
    attempt: CountedAttempt,
    row: object | null,
    password: string,
  ): Promise<PasswordCheck> {
    const { isDecoy, isKnown, isRepeat } = attempt
    if (isRepeat) return wrong
    const { accounts, passwords } = this.#parts
    const stored = row === null || isDecoy ? null : accounts.verifiableHash(row)
    try {
      return await passwords.verify(password, stored, { ...exchange.caller, isKnown })
    } catch (error) {
      await attempt.withdrawn()
      throw error
    }
  }

  #guess(
    exchange: Exchange,
    {
      row,
      typed,
      device,
      password,
    }: {
      readonly row: object | null
      readonly typed: string
      readonly device: string | null
      readonly password: string
    },
  ): Guess {
    const { accounts, passwords, isReachable } = this.#parts
    const { network = null, site = null } = exchange.address ?? {}
    const common = { typed, network, site, device, password }
    if (row === null) {
      const against = passwords.verifiedWith
      return { ...common, userId: null, account: null, against, isReachable: false }
    }
    const userId = accounts.id(row)
    // A password that is wrong today is right once it is set, and so is one whose account is
    // enabled again, or that is verified with what was missing from the configuration.
    const stored = accounts.hashedPassword(row)
    const against = `${accounts.isActive(row)}:${passwords.verifiedWith}:${stored}`
    const account = String(userId)
    return { ...common, userId, account, against, isReachable: isReachable(row) }
  }

  /** The password is right, and gives nobody in: what it is good for is to choose another one. */
  async #changeRequired(exchange: Exchange, row: object): Promise<AuthError> {
    const { accounts, oneTime, emit } = this.#parts
    const claim = { purpose: renewalPurpose, row, address: '', lifetime: renewalLifetime }
    const proof = await oneTime.make(exchange.scope, claim, null)
    emit({
      name: 'login.failed',
      reason: 'change_required',
      userId: accounts.id(row),
      address: exchange.address?.address ?? null,
    })
    return new AuthError('password_change_required', 'Choose a new password to log in.', {
      members: { proof: proof?.token },
    })
  }

  /** A login does not fail because its hash could not be improved; the next one tries again. */
  async #upgrade(exchange: Exchange, row: object, password: string): Promise<void> {
    const { accounts, passwords, emit } = this.#parts
    const userId = accounts.id(row)
    try {
      const hash = await passwords.hash(password, exchange.caller, accounts.saltToKeep(row))
      if (await accounts.replaceHash(row, hash, exchange.scope)) {
        emit({ name: 'password.upgraded', userId })
      }
    } catch (error) {
      emit({ name: 'password.upgrade_failed', userId, error })
    }
  }
}

const wrong: PasswordCheck = { ok: false, outdated: false }

/** Our routes have judged it; an application may hand over whatever a client sent. */
function isText(sent: unknown): sent is string {
  return typeof sent === 'string'
}

/**
 * One digest for all spellings of an identifier that find the same account, and for no others: what
 * shares a lane must not depend on whether there is an account, or it would tell.
 */
export function typedIdentifierKey(identifier: string, { login }: Identity): string {
  if (identifier.length > maxIdentifierLength) return sha256(identifier)
  const isAddress = looksLikeEmail(identifier)
  // No other field has an address, but for the account's own.
  const fields = login.filter(({ name }) => (name === 'email') === isAddress)
  const tried = fields.length === 0 ? login : fields
  return sha256(JSON.stringify(tried.map(({ canonical }) => canonical(identifier))))
}
