/**
 * The one place where a password is checked against an account.
 *
 * Login, token, sudo and change of password all come through here, so that they share one budget
 * per account, cost the same whether or not the account exists, and answer the same. The order is
 * fixed: resolve, count the attempt, verify (something, always), decide.
 */
import { sha256 } from '../crypto.ts'
import type { EventListener } from '../events.ts'
import type { Exchange } from '../http/exchange.ts'
import type { CountedAttempt, Lockout, LockoutSubject } from '../limits/lockout.ts'
import { fold } from '../passwords/fold.ts'
import type { PasswordCheck, Passwords } from '../passwords/passwords.ts'
import type { Accounts } from '../users/accounts.ts'
import { type Identity, maxIdentifierLength } from '../users/identity.ts'
import type { KnownDevices } from './known-devices.ts'
import { incorrect } from './sign-in.ts'

export interface PasswordCheckParts {
  readonly accounts: Accounts
  readonly passwords: Passwords
  readonly lockout: Lockout
  readonly devices: KnownDevices
  readonly emit: EventListener
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
   * @throws AuthError `incorrect_credentials` (401), the same for an unknown identifier, a wrong
   *   password and a disabled account; `login_locked` (429); `overloaded` (503).
   */
  async check(exchange: Exchange, identifier: string, password: string): Promise<object> {
    const { accounts, lockout, emit } = this.#parts
    const row = identifier.isWellFormed()
      ? await accounts.byIdentifier(identifier, exchange.scope)
      : null
    const attempt = await lockout.attempt(exchange.scope, this.#subject(exchange, identifier, row))

    const { ok, outdated } = await this.#verify(exchange, attempt, row, password)

    if (row === null || !ok || !accounts.isActive(row)) {
      await attempt.failed()
      emit({
        name: 'login.failed',
        reason: row === null ? 'unknown' : ok ? 'disabled' : 'password',
        userId: row === null ? null : accounts.id(row),
        address: exchange.address?.address ?? null,
      })
      throw incorrect()
    }

    await attempt.succeeded()
    if (outdated) await this.#upgrade(exchange, row, password)
    return row
  }

  /**
   * Whether this is the password of the account that a request has already proven to belong to:
   * for sudo, and before a change of it. Counts like a login with the account's first identifier,
   * so that a stolen session is no way around the budget.
   *
   * @throws AuthError `login_locked` (429), `overloaded` (503).
   */
  async confirm(exchange: Exchange, row: object, password: string): Promise<boolean> {
    const { accounts, lockout, emit } = this.#parts
    const userId = accounts.id(row)
    const [identifier = String(userId)] = accounts.identifiers(row)
    const attempt = await lockout.attempt(exchange.scope, this.#subject(exchange, identifier, row))
    const { ok } = await this.#verify(exchange, attempt, row, password)
    if (ok) await attempt.succeeded()
    else {
      await attempt.failed()
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
    const { accounts, passwords } = this.#parts
    const stored = row === null ? null : accounts.hashedPassword(row)
    try {
      return await passwords.verify(password, stored, exchange.caller)
    } catch (error) {
      await attempt.withdrawn()
      throw error
    }
  }

  #subject(exchange: Exchange, identifier: string, row: object | null): LockoutSubject {
    const { accounts, devices } = this.#parts
    const userId = row === null ? null : accounts.id(row)
    const typed = typedIdentifierKey(identifier, accounts.identity)
    const owner = row === null ? { id: `nobody-${typed}`, epoch: 0 } : accounts.owner(row)
    return {
      userId,
      account: owner.id,
      identifier: typed,
      network: exchange.address?.network ?? null,
      device: devices.recognise(exchange, owner),
    }
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

/**
 * One digest for all spellings of an identifier that a person or a lookup takes for the same. The
 * spellings must share one budget whether or not the account exists: otherwise the budget would
 * show which names exist.
 */
export function typedIdentifierKey(identifier: string, { login }: Identity): string {
  if (identifier.length > maxIdentifierLength) return sha256(identifier)
  const typed = fold(identifier.trim())
  return sha256(fold(login.reduce((text, field) => field.canonical(text), typed)))
}
