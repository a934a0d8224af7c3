/**
 * The confirm of a link to verify.
 *
 * A link shows that somebody reads the mailbox, not that they chose the password. The password
 * stays where the confirm comes from the browser that registered, from a login of the account, or
 * with the password itself. Else nothing is decided yet: the answer is `password_needed`, with a
 * proof for some minutes, with which the page sends the password that was chosen at registration,
 * or a new one. A new one drops everything that there was.
 */

import type { Acquaintance } from '../../credentials/acquaintance.ts'
import { hashOfNew } from '../../credentials/new-password.ts'
import type { LiveRecord } from '../../credentials/one-time.ts'
import { AuthError } from '../../errors.ts'
import type { House } from '../../feature.ts'
import { hookContext } from '../../hooks.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { RecoveryParts } from './parts.ts'
import { liveRecord, once, type Redemption } from './redeem.ts'

/** Time to remember a password, or to think of one. Seconds. */
export const proofLifetime = 600

/** What the page sends. */
export interface VerifyConfirm extends Redemption {
  /** Of the answer `password_needed`, instead of the token. */
  readonly proof?: string | undefined
  /** The password of the account. */
  readonly password?: string | undefined
  /** What `/register` told a client without cookies. */
  readonly device_token?: string | undefined
  /** A new one: everything that there was is dropped. */
  readonly new_password?: string | undefined
}

export class Verification {
  readonly #house: House
  readonly #parts: RecoveryParts
  readonly #acquaintance: Acquaintance

  constructor(house: House, parts: RecoveryParts, acquaintance: Acquaintance) {
    this.#house = house
    this.#parts = parts
    this.#acquaintance = acquaintance
  }

  /**
   * Proves the contact of the account that a link is about, or says what is missing.
   *
   * @throws AuthError `recovery_token_invalid`, `recovery_token_used` (400); `password_needed`
   *   (403); `incorrect_credentials` (401), `login_locked` (429) for a password;
   *   `validation_failed` (422) for a new one.
   */
  async confirm(exchange: Exchange, sent: VerifyConfirm): Promise<void> {
    const { accounts } = this.#house
    const record = await this.#recordOf(exchange, sent)
    const { row } = record
    // Another link was quicker: there is nothing left to decide.
    if (accounts.isVerified(row)) {
      await record.take()
      return
    }
    if (sent.new_password !== undefined) {
      await this.#drop(exchange, record, sent.new_password)
    } else if (sent.password !== undefined) {
      await this.#keepWith(exchange, record, sent.password)
    } else if (await this.#acquaintance.ownsPassword(exchange, row, sent.device_token)) {
      await this.#keep(exchange, record)
    } else {
      throw await this.#passwordNeeded(exchange, record)
    }
    this.#house.emit({
      name: 'recovery.redeemed',
      purpose: 'verify',
      userId: accounts.id(row),
      address: exchange.address?.address ?? null,
    })
  }

  #recordOf(exchange: Exchange, sent: VerifyConfirm): Promise<LiveRecord> {
    return sent.proof === undefined
      ? liveRecord(this.#house, this.#parts, exchange, 'verify', sent)
      : liveRecord(this.#house, this.#parts, exchange, 'verify-proof', { token: sent.proof })
  }

  async #keepWith(exchange: Exchange, record: LiveRecord, password: string): Promise<void> {
    const { passwordChecks } = this.#house
    // Whoever reads the mailbox has a lane of their own: strangers cannot spend it.
    if (!(await passwordChecks.confirm(exchange, record.row, password, 'mailbox'))) {
      throw new AuthError('incorrect_credentials', 'Incorrect password')
    }
    await this.#keep(exchange, record)
  }

  async #keep(exchange: Exchange, record: LiveRecord): Promise<void> {
    const { accounts, mailboxProof } = this.#house
    const { scope } = exchange
    await once(record, async () => {
      if (await mailboxProof.keep(scope, record.row, hookContext(exchange, null))) return true
      // Another link of the same moment may have proven it.
      const now = await accounts.byId(accounts.id(record.row), scope)
      return now !== null && accounts.isVerified(now) ? true : null
    })
  }

  async #drop(exchange: Exchange, record: LiveRecord, password: string): Promise<void> {
    const { mailboxProof } = this.#house
    const hash = await hashOfNew(this.#house, exchange, record.row, password)
    const context = hookContext(exchange, null)
    await once(record, () => mailboxProof.drop(exchange.scope, record.row, hash, context))
  }

  /** The link stays good: whoever closes the page opens it again. */
  async #passwordNeeded(exchange: Exchange, { row, address }: LiveRecord): Promise<AuthError> {
    const claim = { purpose: 'verify-proof', row, address, lifetime: proofLifetime }
    const proof = await this.#parts.records.make(exchange.scope, claim, null)
    return new AuthError(
      'password_needed',
      'Enter the password that you chose, or choose a new one.',
      { members: { proof: proof?.token } },
    )
  }
}
