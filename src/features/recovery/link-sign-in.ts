/**
 * Signing in by a link or a code: for accounts that exist, where the application wants it.
 *
 * A link signs in a browser that asked for one to this address, and no other: it need not be the
 * very one that it asked for, or two strangers who ask all day would leave its owner's new browser
 * without any. Whoever opens it elsewhere, on a phone, or because a stranger asked, sees a code for
 * a browser that asked. Guesses at a code count against the receipt of whoever asked.
 */
import type { Acquaintance } from '../../credentials/acquaintance.ts'
import type { LiveAddressRecord } from '../../credentials/address-records.ts'
import type { Carrier } from '../../credentials/carrier.ts'
import type { CodeRules } from '../../credentials/message-codes.ts'
import type { LiveRecord } from '../../credentials/one-time.ts'
import type { ProofMethod } from '../../credentials/proof.ts'
import { randomToken } from '../../crypto.ts'
import { AuthError } from '../../errors.ts'
import type { House } from '../../feature.ts'
import { hookContext } from '../../hooks.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { Reply } from '../../http/route.ts'
import type { Asking } from './asking.ts'
import { codeForElsewhere } from './elsewhere.ts'
import type { LinkRegistration } from './link-registration.ts'
import type { RecoveryParts } from './parts.ts'
import { liveRecord, once, recordOf, rightCode } from './redeem.ts'

export class LinkSignIn {
  readonly #house: House
  readonly #parts: RecoveryParts
  readonly #acquaintance: Acquaintance
  readonly #asking: Asking
  readonly #rules: CodeRules
  readonly #registration: LinkRegistration | null

  /**
   * @param rules For codes that are shown.
   * @param registration `null` where only accounts that exist may sign in.
   */
  constructor(
    house: House,
    parts: RecoveryParts,
    acquaintance: Acquaintance,
    asking: Asking,
    rules: CodeRules,
    registration: LinkRegistration | null,
  ) {
    this.#house = house
    this.#parts = parts
    this.#acquaintance = acquaintance
    this.#asking = asking
    this.#rules = rules
    this.#registration = registration
  }

  /**
   * Signs a browser in that asked for a link to this address; shows any other a code for it.
   *
   * @param receipt What a client without cookies sends; others have it in a cookie.
   * @throws AuthError `recovery_token_invalid`, `recovery_token_used` (400); what a sign-in throws.
   */
  async confirm(
    exchange: Exchange,
    token: string,
    receipt: string | undefined,
    inBody: boolean,
  ): Promise<Reply> {
    const newcomer = (await this.#registration?.find(exchange, token)) ?? null
    if (newcomer !== null) {
      if (this.#asking.asked(exchange, 'sign_in', newcomer.contact, receipt)) {
        return this.#register(exchange, newcomer, 'link', inBody)
      }
      const opened = { row: null, address: newcomer.contact, digest: newcomer.id }
      return codeForElsewhere(this.#house, this.#parts, exchange, 'sign_in', opened, this.#rules)
    }
    const record = await liveRecord(this.#house, this.#parts, exchange, 'sign_in', { token })
    if (this.#asking.asked(exchange, 'sign_in', record.address, receipt)) {
      return this.#signIn(exchange, record, 'link', inBody)
    }
    return codeForElsewhere(this.#house, this.#parts, exchange, 'sign_in', record, this.#rules)
  }

  /**
   * Signs a browser in that asked, by the code of the message, or by one that another browser was
   * shown.
   *
   * @throws AuthError `recovery_code_invalid` (400); what a sign-in throws.
   */
  async confirmCode(
    exchange: Exchange,
    code: string,
    sent: string | undefined,
    inBody: boolean,
  ): Promise<Reply> {
    const [receipt = ''] = this.#asking.receiptsOf(exchange, sent)
    const typed = { receipt, code }
    const right = await rightCode(this.#house, this.#parts, exchange, 'sign_in', typed)
    const newcomer = (await this.#registration?.findByDigest(exchange, right.record)) ?? null
    if (newcomer !== null) {
      await right.settle()
      return this.#register(exchange, newcomer, 'code', inBody)
    }
    const record = await recordOf(this.#house, this.#parts, exchange, 'sign_in', right)
    return this.#signIn(exchange, record, 'code', inBody)
  }

  async #signIn(
    exchange: Exchange,
    record: LiveRecord,
    method: ProofMethod,
    inBody: boolean,
  ): Promise<Reply> {
    const { accounts, emit } = this.#house
    const carrier = this.#carrier(inBody)
    const row = await once(record, () => this.#proven(exchange, record.row))
    const userId = accounts.id(row)
    const address = exchange.address?.address ?? null
    emit({ name: 'recovery.redeemed', purpose: 'sign_in', userId, address })
    return this.#complete(exchange, row, method, carrier)
  }

  /** Makes the account that a link is for, and signs its owner in. */
  async #register(
    exchange: Exchange,
    record: LiveAddressRecord,
    method: ProofMethod,
    inBody: boolean,
  ): Promise<Reply> {
    const carrier = this.#carrier(inBody)
    if (this.#registration === null) throw new AuthError('not_found', 'Not Found')
    const row = await this.#registration.register(exchange, record)
    return this.#complete(exchange, row, method, carrier)
  }

  async #complete(
    exchange: Exchange,
    row: object,
    method: ProofMethod,
    carrier: Carrier,
  ): Promise<Reply> {
    const { signIn, clock } = this.#house
    const place = { exchange, scope: exchange.scope }
    const proof = { method, row, provenAt: clock() }
    const { body, cookies } = await signIn.complete(place, proof, carrier, carrier.usualOptions)
    return { status: 200, body, cookies }
  }

  /**
   * The first proof of an account drops what was planted; without a new password there is none
   * then.
   */
  async #proven(exchange: Exchange, row: object): Promise<object | null> {
    const { accounts, mailboxProof, random } = this.#house
    const { scope } = exchange
    if (accounts.isVerified(row) || accounts.identity.verifiedProperty === null) return row
    const context = hookContext(exchange, null)
    if (await this.#acquaintance.ownsPassword(exchange, row)) {
      if (!(await mailboxProof.keep(scope, row, context))) return null
      return accounts.byId(accounts.id(row), scope)
    }
    return mailboxProof.drop(scope, row, `!${randomToken(random, 16)}`, context)
  }

  #carrier(inBody: boolean): Carrier {
    const [first] = this.#house.carriers as readonly Carrier[]
    const carrier = inBody ? (first?.withoutCookies ?? this.#tokens()) : first
    if (carrier === undefined) throw new AuthError('not_found', 'Not Found')
    return carrier
  }

  #tokens(): Carrier | undefined {
    const carriers = this.#house.carriers as readonly Carrier[]
    return carriers.find(({ withoutCookies }) => withoutCookies !== undefined)?.withoutCookies
  }
}
