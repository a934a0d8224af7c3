/**
 * Signing in by a link: for accounts that exist, where the application wants it.
 *
 * The link signs in the browser that asked for it, and no other. Whoever opens it elsewhere, on a
 * phone, or because a stranger asked, sees a code for the browser that asked; guesses at the code
 * count against that one sign-in.
 */
import { randomInt } from 'node:crypto'
import type { Acquaintance } from '../../credentials/acquaintance.ts'
import type { Carrier } from '../../credentials/carrier.ts'
import type { LiveRecord } from '../../credentials/one-time.ts'
import type { ProofMethod } from '../../credentials/proof.ts'
import { equalInConstantTime, randomToken, sha256 } from '../../crypto.ts'
import { AuthError } from '../../errors.ts'
import type { House } from '../../feature.ts'
import { hookContext } from '../../hooks.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { Reply } from '../../http/route.ts'
import { orUnavailable } from '../../storage/outage.ts'
import { isText, type ReadRecord, recordReader, type Shape } from '../../storage/records.ts'
import type { RecoveryParts } from './parts.ts'
import { expired, liveRecord, once } from './redeem.ts'

/** How long a code can be typed, and how often: OWASP ASVS 5.0, 6.5.5 and 6.6.3. */
const codeLifetime = 600
const codeAttempts = 5
const codeDigits = 6

/** Of an account, however many sign-ins are asked for: then links only. */
const codesLookedAt = 100
const codesPeriod = 30 * 86_400

interface StoredCode {
  /** A digest of the code and the client. */
  readonly code: string
  /** The digest of the link's token. */
  readonly link: string
  /** The account's primary key, as text. */
  readonly user: string
}

const codeShape: Shape<StoredCode> = { code: isText, link: isText, user: isText }

/** What a link to sign in is bound to: the browser that asked. */
export function signInData(client: string): { readonly client: string } {
  return { client: sha256(client) }
}

export class LinkSignIn {
  readonly #house: House
  readonly #parts: RecoveryParts
  readonly #acquaintance: Acquaintance
  readonly #stored: ReadRecord<StoredCode>

  constructor(house: House, parts: RecoveryParts, acquaintance: Acquaintance) {
    this.#house = house
    this.#parts = parts
    this.#acquaintance = acquaintance
    this.#stored = recordReader('sign-in-code', codeShape, house.emit)
  }

  /**
   * Signs the browser in that asked; shows any other a code for it.
   *
   * @param client By which the request names itself; `null` for one that never asked.
   * @throws AuthError `recovery_token_invalid`, `recovery_token_used` (400); what a sign-in throws.
   */
  async confirm(
    exchange: Exchange,
    token: string,
    client: string | null,
    inBody: boolean,
  ): Promise<Reply> {
    const record = await liveRecord(this.#house, this.#parts.records, exchange, 'sign_in', token)
    const { client: asked } = record.data as { readonly client: string }
    if (client !== null && equalInConstantTime(sha256(client), asked)) {
      return this.#signIn(exchange, record, 'link', inBody)
    }
    const { storage, accounts } = this.#house
    const user = String(accounts.id(record.row))
    const lookedAt = await this.#orUnavailable(storage.count(this.#accountKey(exchange, user)))
    if (lookedAt >= codesLookedAt) {
      const detail = 'Open the link in the browser in which you asked to sign in.'
      return { status: 200, body: { detail } }
    }
    const code = String(randomInt(10 ** codeDigits)).padStart(codeDigits, '0')
    const stored: StoredCode = { code: codeDigest(code, asked), link: sha256(token), user }
    const key = this.#codeKey(exchange, asked)
    await this.#orUnavailable(storage.set(key, JSON.stringify(stored), codeLifetime))
    const detail = 'Enter this code in the browser in which you asked to sign in.'
    return { status: 200, body: { detail, code, expires_in: codeLifetime } }
  }

  /**
   * Signs the browser in that asked, by the code that another one was shown.
   *
   * @throws AuthError `recovery_token_invalid` (400) for a wrong code, and for all after the fifth.
   */
  async confirmCode(
    exchange: Exchange,
    code: string,
    client: string | null,
    inBody: boolean,
  ): Promise<Reply> {
    const { storage } = this.#house
    const asked = sha256(client ?? randomToken(this.#house.random, 16))
    const key = this.#codeKey(exchange, asked)
    // Counted before it is looked at: ten thousand at once get five.
    const attempts = await this.#orUnavailable(
      storage.increment(this.#attemptsKey(exchange, asked), codeLifetime),
    )
    const stored = this.#stored(await this.#orUnavailable(storage.get(key)))
    if (stored === null || attempts > codeAttempts) throw expired()
    const lookedAt = await this.#orUnavailable(
      storage.increment(this.#accountKey(exchange, stored.user), codesPeriod),
    )
    const isRight = equalInConstantTime(codeDigest(code, asked), stored.code)
    if (!isRight || lookedAt > codesLookedAt) throw expired()
    if ((await this.#orUnavailable(storage.take(key))) === null) throw expired()
    const found = await this.#parts.records.findByDigest(exchange.scope, 'sign_in', stored.link)
    if (typeof found === 'string') throw expired()
    return this.#signIn(exchange, found, 'code', inBody)
  }

  async #signIn(
    exchange: Exchange,
    record: LiveRecord,
    method: ProofMethod,
    inBody: boolean,
  ): Promise<Reply> {
    const { accounts, signIn, clock, emit } = this.#house
    const carrier = this.#carrier(inBody)
    const row = await once(record, () => this.#proven(exchange, record.row))
    const userId = accounts.id(row)
    const address = exchange.address?.address ?? null
    emit({ name: 'recovery.redeemed', purpose: 'sign_in', userId, address })
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

  #codeKey({ scope }: Exchange, client: string): string {
    return this.#house.keys(scope, 'sign-in-code', client)
  }

  #attemptsKey({ scope }: Exchange, client: string): string {
    return this.#house.keys(scope, 'sign-in-code-attempts', client)
  }

  #accountKey({ scope }: Exchange, user: string): string {
    return this.#house.keys(scope, 'sign-in-codes-of', user)
  }

  #orUnavailable<Value>(work: Promise<Value>): Promise<Value> {
    return orUnavailable('sign_in', this.#house.emit, work)
  }
}

function codeDigest(code: string, client: string): string {
  return sha256(`${client}:${code}`)
}
