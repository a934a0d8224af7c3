/**
 * Sign-ins that wait for a further proof: one factor is proven, another is wanted.
 *
 * Such a record is worth nothing else. Its token is opaque, held by the one client that gave the
 * first proof (in an HttpOnly cookie, where a browser keeps the credential), good for minutes and
 * for one use, and dead when the account's epoch changes.
 */
import { type Random, randomToken, sha256 } from '../crypto.ts'
import { type Cookie, type CookiePolicy, defineCookie } from '../http/cookies.ts'
import type { Exchange } from '../http/exchange.ts'
import type { StorageKeys } from '../storage/keys.ts'
import type { Storage } from '../storage/storage.ts'
import type { UserScope } from '../users/store.ts'
import type { ProofMethod } from './proof.ts'

/** Time enough to find the telephone. Seconds. */
const lifetime = 600

export interface PendingSignIn {
  /** The account's primary key, as text. */
  readonly user: string
  readonly epoch: number
  readonly method: ProofMethod
  /** In milliseconds. */
  readonly provenAt: number | null
  /** The transport that was to carry the credential, and what it was asked for. */
  readonly transport: string
  readonly options: unknown
  /** The further proofs that are still wanted. */
  readonly wanted: readonly string[]
}

export interface PendingParts {
  readonly storage: Storage
  readonly keys: StorageKeys
  readonly random: Random
  readonly cookies: CookiePolicy
}

export class PendingSignIns {
  readonly cookie: Cookie
  readonly #parts: PendingParts

  constructor(parts: PendingParts) {
    this.#parts = parts
    const definition = { name: 'pending_sign_in', httpOnly: true, prefix: true }
    this.cookie = defineCookie(definition, parts.cookies)
  }

  /** Keeps a sign-in for later; returns its token. The only time that it is known. */
  async begin(scope: UserScope, signIn: PendingSignIn): Promise<string> {
    const token = randomToken(this.#parts.random, 32)
    await this.#parts.storage.set(this.#key(scope, token), JSON.stringify(signIn), lifetime)
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
  async find(exchange: Exchange, token?: string): Promise<PendingSignIn | null> {
    const key = this.#keyOf(exchange, token)
    return read(key === null ? null : await this.#parts.storage.get(key))
  }

  /** The same, once: of several at once one gets it. */
  async take(exchange: Exchange, token?: string): Promise<PendingSignIn | null> {
    const key = this.#keyOf(exchange, token)
    return read(key === null ? null : await this.#parts.storage.take(key))
  }

  #keyOf(exchange: Exchange, token = exchange.cookie(this.cookie.name)): string | null {
    return token === undefined || token.length > 64 ? null : this.#key(exchange.scope, token)
  }

  #key(scope: UserScope, token: string): string {
    return this.#parts.keys(scope, 'pending-sign-in', sha256(token))
  }
}

function read(stored: string | null): PendingSignIn | null {
  return stored === null ? null : (JSON.parse(stored) as PendingSignIn)
}
