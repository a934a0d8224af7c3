/**
 * Sign-ins that wait for a further proof: one factor is proven, another is wanted.
 *
 * Such a record is worth nothing else. Its token is opaque, held by the one client that gave the
 * first proof (in an HttpOnly cookie, where a browser keeps the credential), good for minutes and
 * for one use, and dead when the account's credentials end.
 */
import { type Random, randomToken, sha256 } from '../crypto.ts'
import type { EventListener } from '../events.ts'
import { type Cookie, type CookiePolicy, defineCookie } from '../http/cookies.ts'
import type { Exchange } from '../http/exchange.ts'
import type { StorageKeys } from '../storage/keys.ts'
import { orUnavailable } from '../storage/outage.ts'
import {
  isAnything,
  isFlag,
  isInstant,
  isNumber,
  isText,
  listOf,
  orAbsent,
  orNull,
  type ReadRecord,
  recordReader,
  type Shape,
} from '../storage/records.ts'
import type { Storage } from '../storage/storage.ts'
import type { CredentialOwner } from '../users/accounts.ts'
import type { UserScope } from '../users/store.ts'
import { type Carried, isCarried, type ProofMethod } from './proof.ts'
import type { StoredLogins } from './revocation.ts'

/** Time enough to find the telephone. Seconds. */
const lifetime = 600

export interface PendingSignIn {
  /** The account's primary key, as text. */
  readonly user: string
  readonly epoch: number
  readonly method: ProofMethod
  /** In milliseconds. */
  readonly provenAt: number | null
  readonly carries?: Carried | undefined
  /** The transport that was to carry the credential, and what it was asked for. */
  readonly transport: string
  readonly options: unknown
  /**
   * Whether a browser keeps the token in its cookie: then it counts nowhere else, and the reverse.
   */
  readonly inCookies: boolean
  /** The further proofs that are still wanted. */
  readonly wanted: readonly string[]
}

interface StoredSignIn extends PendingSignIn {
  /** The tag of the application: two of them may share a namespace by mistake. */
  readonly audience: string
  /** Milliseconds since the epoch. A storage may remember for longer. */
  readonly expiresAt: number
  /** The account's round when it began; see `endAll`. */
  readonly round: string | null
}

const signInShape: Shape<StoredSignIn> = {
  user: isText,
  epoch: isNumber,
  method: isText,
  provenAt: orNull(isInstant),
  carries: orAbsent(isCarried),
  transport: isText,
  options: isAnything,
  inCookies: isFlag,
  wanted: listOf(isText),
  audience: isText,
  expiresAt: isInstant,
  round: orNull(isText),
}

export interface PendingParts {
  readonly storage: Storage
  readonly keys: StorageKeys
  readonly clock: () => number
  readonly random: Random
  readonly cookies: CookiePolicy
  /** Tags of the application: the first marks new sign-ins, all are accepted. */
  readonly audiences: readonly string[]
  readonly emit: EventListener
}

/** Each operation that reads or writes throws AuthError `storage_unavailable` (503). */
export class PendingSignIns implements StoredLogins {
  readonly cookie: Cookie
  readonly #parts: PendingParts
  readonly #parse: ReadRecord<StoredSignIn>

  constructor(parts: PendingParts) {
    this.#parts = parts
    this.#parse = recordReader('pending-sign-in', signInShape, parts.emit)
    const definition = { name: 'pending_sign_in', httpOnly: true, prefix: true }
    this.cookie = defineCookie(definition, parts.cookies)
  }

  /** Keeps a sign-in for later; returns its token. The only time that it is known. */
  async begin(scope: UserScope, signIn: PendingSignIn): Promise<string> {
    const { storage, clock, random, audiences } = this.#parts
    const token = randomToken(random, 32)
    await this.#stored(async () => {
      const roundKey = this.#roundKey(scope, signIn.user)
      const round = await storage.get(roundKey)
      // It has to outlive this sign-in. Where there is another one by now, that has ended this one.
      if (round !== null) await storage.replace(roundKey, round, lifetime, round)
      const expiresAt = clock() + lifetime * 1000
      const record: StoredSignIn = { ...signIn, audience: audiences[0] ?? '', expiresAt, round }
      const key = this.#key(scope, token, signIn.inCookies)
      await storage.set(key, JSON.stringify(record), lifetime)
    })
    return token
  }

  /** The Set-Cookie value by which a browser keeps the token. */
  cookieFor(token: string): string {
    return this.cookie.set(token, lifetime)
  }

  /**
   * The sign-in that a client is waiting for, to be asked before the further proof is judged.
   *
   * @param token What a client without cookies sent.
   */
  find(exchange: Exchange, token?: string): Promise<PendingSignIn | null> {
    return this.#read(exchange, token, (key) => this.#parts.storage.get(key))
  }

  /** The same, once: of several at once one gets it. */
  take(exchange: Exchange, token?: string): Promise<PendingSignIn | null> {
    return this.#read(exchange, token, (key) => this.#parts.storage.take(key))
  }

  /** Ends the sign-in that waits in a browser; returns the cookie that then goes. */
  async abandon(exchange: Exchange): Promise<readonly string[]> {
    const token = exchange.cookie(this.cookie.name)
    if (token === undefined) return []
    await this.#stored(() => this.#parts.storage.delete(this.#key(exchange.scope, token, true)))
    return [this.cookie.clear()]
  }

  /**
   * Ends those of an account, for tables without `tokenVersion`: elsewhere the epoch does. They are
   * in no index, so that nobody who floods one ends another's; they carry the account's round
   * instead.
   */
  async endAll(scope: UserScope, { id }: CredentialOwner): Promise<number> {
    const { storage, random } = this.#parts
    await storage.set(this.#roundKey(scope, id), randomToken(random, 16), lifetime)
    return 0
  }

  async #read(
    exchange: Exchange,
    sent: string | undefined,
    from: (key: string) => Promise<string | null>,
  ): Promise<PendingSignIn | null> {
    const { storage, clock, audiences } = this.#parts
    const { scope } = exchange
    const token = sent ?? exchange.cookie(this.cookie.name)
    if (token === undefined) return null
    return this.#stored(async () => {
      const record = this.#parse(await from(this.#key(scope, token, sent === undefined)))
      if (record === null) return null
      if (!audiences.includes(record.audience) || record.expiresAt <= clock()) return null
      return (await storage.get(this.#roundKey(scope, record.user))) === record.round
        ? record
        : null
    })
  }

  /** A token in a cookie and one in a body are not looked for in each other's place. */
  #key(scope: UserScope, token: string, inCookies: boolean): string {
    const kind = inCookies ? 'pending-sign-in' : 'pending-sign-in-of-client'
    return this.#parts.keys(scope, kind, sha256(token))
  }

  #roundKey(scope: UserScope, user: string): string {
    return this.#parts.keys(scope, 'pending-sign-in-round', user)
  }

  #stored<Value>(work: () => Promise<Value>): Promise<Value> {
    return orUnavailable('sign_in', this.#parts.emit, work())
  }
}
