/**
 * Proving once more, within a login, that its owner reads the mailbox: for `sudo()` and accounts
 * without a password.
 *
 * What it leaves is bound to the login that asked, is good for some minutes, and counts once. A
 * link that is opened in a login of the account confirms that login; opened elsewhere it shows a
 * code for the one that asked. So who stole a session has to read the mailbox as well, and the
 * owner who opens the link helps no thief.
 */
import type { Acquaintance } from '../../credentials/acquaintance.ts'
import type { CodeRules } from '../../credentials/message-codes.ts'
import { sha256 } from '../../crypto.ts'
import { AuthError } from '../../errors.ts'
import type { House } from '../../feature.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { Reply } from '../../http/route.ts'
import type { Principal } from '../../principal.ts'
import { orUnavailable } from '../../storage/outage.ts'
import type { UserScope } from '../../users/store.ts'
import type { Asking } from './asking.ts'
import { codeForElsewhere } from './elsewhere.ts'
import type { RecoveryMessages } from './messages.ts'
import type { RecoveryParts } from './parts.ts'
import { liveRecord, once, type Redemption } from './redeem.ts'

/** Time to go on with what it was for. Seconds. */
const confirmedLifetime = 300

/** Whose confirmation it is. */
export type ConfirmedLogin = Pick<Principal, 'userId' | 'login'>

export class Confirmation {
  readonly #house: House
  readonly #parts: RecoveryParts
  readonly #messages: RecoveryMessages
  readonly #acquaintance: Acquaintance
  readonly #asking: Asking
  readonly #rules: CodeRules

  /** @param rules For codes that are shown. */
  constructor(
    house: House,
    parts: RecoveryParts,
    messages: RecoveryMessages,
    acquaintance: Acquaintance,
    asking: Asking,
    rules: CodeRules,
  ) {
    this.#house = house
    this.#parts = parts
    this.#messages = messages
    this.#acquaintance = acquaintance
    this.#asking = asking
    this.#rules = rules
  }

  /**
   * Sends the owner of a login a link and a code.
   *
   * @throws AuthError `not_verified` (403) where nobody has shown that the address is theirs.
   */
  async request(exchange: Exchange, principal: Principal): Promise<Reply> {
    const { accounts } = this.#house
    const row = await exchange.resolveUser(principal.userId)
    if (row === null) throw new AuthError('not_authenticated', 'Not authenticated')
    const contact = accounts.recoveryContact(row)
    const isProven = accounts.identity.verifiedProperty === null || accounts.isVerified(row)
    if (contact === null || !isProven) {
      throw new AuthError('not_verified', 'Verify your address first')
    }
    const receipt = this.#asking.receipt(exchange, 'confirm', contact)
    this.#messages.askAsOwner(exchange, 'confirm', row, { client: principal.login, receipt })
    return { status: 200, body: { detail: 'A message has been sent.', receipt } }
  }

  /**
   * Confirms the login that asks, or shows a code for the one that asked.
   *
   * @throws AuthError `recovery_token_invalid`, `recovery_token_used`, `recovery_code_invalid`
   *   (400); `not_authenticated` (401) for a code without a login of the account.
   */
  async confirm(exchange: Exchange, sent: Redemption): Promise<Reply> {
    const { accounts, emit } = this.#house
    const principal = await this.#acquaintance.loginOf(exchange)
    // A code that nobody could use is not looked at.
    if (sent.token === undefined && principal === null) throw anonymous()
    const record = await liveRecord(this.#house, this.#parts, exchange, 'confirm', sent)
    const userId = accounts.id(record.row)
    if (principal === null || String(principal.userId) !== String(userId)) {
      if (sent.token === undefined) throw anonymous()
      return codeForElsewhere(this.#house, this.#parts, exchange, 'confirm', record, this.#rules)
    }
    await once(record, async () => {
      await this.#note(exchange.scope, principal)
      return true
    })
    const address = exchange.address?.address ?? null
    emit({ name: 'recovery.redeemed', purpose: 'confirm', userId, address })
    return { status: 200, body: { detail: 'Confirmed.', confirmed: true } }
  }

  /**
   * Whether a login was confirmed in the last five minutes. Counts once.
   *
   * @throws AuthError `storage_unavailable` (503).
   */
  async take(scope: UserScope, login: ConfirmedLogin): Promise<boolean> {
    const { storage, clock } = this.#house
    const at = await this.#stored(storage.take(this.#key(scope, login)))
    return at !== null && clock() - Number(at) < confirmedLifetime * 1000
  }

  #note(scope: UserScope, login: ConfirmedLogin): Promise<void> {
    const { storage, clock } = this.#house
    return this.#stored(storage.set(this.#key(scope, login), String(clock()), confirmedLifetime))
  }

  #key(scope: UserScope, { userId, login }: ConfirmedLogin): string {
    return this.#house.keys(scope, 'one-time-confirmed', sha256(`${userId}:${login}`))
  }

  #stored<Value>(work: Promise<Value>): Promise<Value> {
    return orUnavailable('one_time', this.#house.emit, work)
  }
}

function anonymous(): AuthError {
  return new AuthError('not_authenticated', 'Not authenticated')
}
