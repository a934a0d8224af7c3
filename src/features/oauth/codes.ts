/**
 * Codes of ours: what somebody has proven in one place is redeemed in another, by who asked for it.
 *
 * A code is in addresses, in the history of a browser and before the eyes of other programs. So it
 * is good once, for a short time, and only with the verifier of which whoever began sent the digest
 * (RFC 7636): who sees the code alone has nothing. It carries the epoch of its account, so that
 * whatever ends credentials ends it.
 */
import { type Carried, isCarried } from '../../credentials/proof.ts'
import { equalInConstantTime, randomToken, sha256 } from '../../crypto.ts'
import type { House } from '../../feature.ts'
import type { Exchange } from '../../http/exchange.ts'
import { orUnavailable } from '../../storage/outage.ts'
import {
  isInstant,
  isNumber,
  isText,
  orAbsent,
  orNull,
  type ReadRecord,
  recordReader,
  type Shape,
} from '../../storage/records.ts'

interface StoredCode {
  /** The account's primary key, as text. */
  readonly user: string
  readonly epoch: number
  /** SHA-256 of the verifier (RFC 7636 §4.2). */
  readonly challenge: string
  /** Where it was sent; `null` for one that was sent nowhere, to which no other is equal. */
  readonly redirectUri: string | null
  readonly provider: string | null
  readonly provenAt: number | null
  readonly carries?: Carried | undefined
  /** By which login of the account it was asked for; see `Principal.login`. */
  readonly login?: string | undefined
  /** The tag of the application: two of them may share a namespace by mistake. */
  readonly audience: string
  /** Milliseconds since the epoch. A storage may remember for longer. */
  readonly expiresAt: number
}

const codeShape: Shape<StoredCode> = {
  user: isText,
  epoch: isNumber,
  challenge: isText,
  redirectUri: orNull(isText),
  provider: orNull(isText),
  provenAt: orNull(isInstant),
  carries: orAbsent(isCarried),
  login: orAbsent(isText),
  audience: isText,
  expiresAt: isInstant,
}

/** What a new code stands for. */
export interface NewCode {
  readonly row: object
  readonly challenge: string
  /** When its owner proved who they are, in milliseconds; `null` where nobody says. */
  readonly provenAt: number | null
  readonly redirectUri?: string
  readonly provider?: string
  /** For the sign-in in which it is redeemed. */
  readonly carries?: Carried | undefined
  readonly login?: string
}

/** What was sent to redeem one. */
export interface SentCode {
  readonly code: string
  readonly verifier: string
  readonly redirectUri?: string
}

/** Whose code it was. */
export interface RedeemedCode {
  readonly row: object
  readonly provenAt: number | null
  readonly provider: string | null
  readonly carries: Carried | undefined
  readonly login: string | undefined
}

export class ClientCodes {
  readonly #house: House
  readonly #read: ReadRecord<StoredCode>

  constructor(house: House) {
    this.#house = house
    this.#read = recordReader('oauth-code', codeShape, house.emit)
  }

  /**
   * @param seconds How long it is good for.
   * @throws AuthError `storage_unavailable` (503).
   */
  async issue(
    { scope }: Exchange,
    { row, challenge, provenAt, redirectUri, provider, carries, login }: NewCode,
    seconds: number,
  ): Promise<string> {
    const { accounts, audiences, clock, keys, random, storage } = this.#house
    const { id: user, epoch } = await accounts.ownerOf(row, scope)
    const code = randomToken(random, 32)
    const record: StoredCode = {
      user,
      epoch,
      challenge,
      redirectUri: redirectUri ?? null,
      provider: provider ?? null,
      provenAt,
      carries,
      login,
      audience: audiences[0] ?? '',
      expiresAt: clock() + seconds * 1000,
    }
    const key = keys(scope, 'oauth-code', sha256(code))
    await this.#stored(storage.set(key, JSON.stringify(record), seconds))
    return code
  }

  /**
   * Uses a code up, whatever comes of it: of several at once, one gets it. `null` for one that is
   * unknown, used, expired, of another redirect or verifier, or whose account's credentials
   * have ended.
   *
   * @throws AuthError `storage_unavailable` (503).
   */
  async redeem(
    { scope }: Exchange,
    { code, verifier, redirectUri }: SentCode,
  ): Promise<RedeemedCode | null> {
    const { accounts, audiences, clock, keys, storage } = this.#house
    const key = keys(scope, 'oauth-code', sha256(code))
    const record = this.#read(await this.#stored(storage.take(key)))
    const isOurs =
      record !== null &&
      audiences.includes(record.audience) &&
      record.expiresAt > clock() &&
      record.redirectUri === (redirectUri ?? null) &&
      equalInConstantTime(sha256(verifier), record.challenge)
    if (!isOurs) return null
    const row = await accounts.byId(record.user, scope)
    if (row === null || accounts.epoch(row) !== record.epoch) return null
    const { provenAt, provider, carries, login } = record
    return { row, provenAt, provider, carries, login }
  }

  #stored<Value>(work: Promise<Value>): Promise<Value> {
    return orUnavailable('oauth', this.#house.emit, work)
  }
}
