/**
 * A sign-in on its way: what the first step knows and the second needs.
 *
 * The record is in the storage under the digest of the state, good for ten minutes and one use. It
 * is bound to the browser by a cookie of its own, whose name comes from the state and whose value
 * nobody else has seen: an answer that somebody else's browser was to bring finds no cookie here
 * (login CSRF, RFC 9700 §4.7). Each tab has its own, so that none ends another's.
 */
import { equalInConstantTime, randomToken, sha256 } from '../../crypto.ts'
import type { Ground } from '../../feature.ts'
import { type Cookie, defineCookie, readCookies } from '../../http/cookies.ts'
import type { Exchange } from '../../http/exchange.ts'
import { orUnavailable } from '../../storage/outage.ts'
import {
  isAnything,
  isInstant,
  isText,
  orNull,
  type ReadRecord,
  recordReader,
  type Shape,
} from '../../storage/records.ts'
import type { AuthorizationSecrets } from './client.ts'

/** Seconds: time to type a password there, and to find the telephone. */
export const flowLifetime = 600

/** How many a browser has at once; the oldest makes room. */
const maxPerBrowser = 5

/**
 * Cookies of flows that one answer ends: who sends hundreds gets no answer of hundreds of lines.
 */
const maxEvicted = 16

/** What the answer is to be used for. */
export type FlowPurpose =
  | { readonly kind: 'sign-in' }
  /** Of an application, which gets a code of ours at its redirect URI. */
  | {
      readonly kind: 'application'
      readonly redirectUri: string
      /** SHA-256 of the application's verifier (RFC 7636 §4.2). */
      readonly challenge: string
      readonly state: string | null
    }
  /** For a login of an account: the same session must bring the answer. */
  | { readonly kind: 'link' | 'confirm'; readonly user: string; readonly login: string }

export interface Flow {
  readonly provider: string
  readonly verifier: string
  readonly nonce: string
  readonly redirectTo: string | null
  readonly purpose: FlowPurpose
}

interface StoredFlow extends Flow {
  /** Digest of the cookie's value. */
  readonly binding: string
  /** The tag of the application: two of them may share a namespace by mistake. */
  readonly audience: string
  /** Milliseconds since the epoch. A storage may remember for longer. */
  readonly expiresAt: number
  /** The answer, where it came without the cookie and is kept until the browser asks with it. */
  readonly received: string | null
}

const flowShape: Shape<StoredFlow> = {
  provider: isText,
  verifier: isText,
  nonce: isText,
  redirectTo: orNull(isText),
  purpose: isAnything,
  binding: isText,
  audience: isText,
  expiresAt: isInstant,
  received: orNull(isText),
}

/** A flow that has begun: what the provider is asked with, and the cookies to set. */
export interface BegunFlow {
  readonly secrets: AuthorizationSecrets
  readonly cookies: readonly string[]
}

/** A flow that its browser came back with. Nobody gets it a second time. */
export interface TakenFlow extends Flow {
  readonly secrets: AuthorizationSecrets
  /** The answer, where it was kept. */
  readonly received: string | null
}

const statePattern = /^[\w-]{43}$/
const prefix = 'oauth_state_'

export class Flows {
  readonly #ground: Ground
  readonly #read: ReadRecord<StoredFlow>

  constructor(ground: Ground) {
    this.#ground = ground
    this.#read = recordReader('oauth-flow', flowShape, ground.emit)
  }

  /** The cookie of one flow; its name ends in eight characters of the state's digest. */
  cookie(digest: string): Cookie {
    // Strict cookies do not come along when another site leads back here.
    const policy = { ...this.#ground.cookies, sameSite: 'lax' as const }
    const name = `${prefix}${digest.slice(0, 8)}`
    return defineCookie({ name, httpOnly: true, prefix: true }, policy)
  }

  /** @throws AuthError `storage_unavailable` (503). */
  async begin(exchange: Exchange, flow: Omit<Flow, 'verifier' | 'nonce'>): Promise<BegunFlow> {
    const { storage, clock, random, audiences } = this.#ground
    const secrets = {
      state: randomToken(random, 32),
      verifier: randomToken(random, 64),
      nonce: randomToken(random, 32),
    }
    const digest = sha256(secrets.state)
    const token = randomToken(random, 32)
    const now = clock()
    const { verifier, nonce } = secrets
    const record: StoredFlow = {
      ...flow,
      verifier,
      nonce,
      binding: sha256(token),
      audience: audiences[0] ?? '',
      expiresAt: now + flowLifetime * 1000,
      received: null,
    }
    const text = JSON.stringify(record)
    await this.#stored(storage.set(this.#key(exchange, digest), text, flowLifetime))
    // When it began, so that the oldest can be told; nobody but the browser relies on it.
    const value = `${Math.floor(now / 1000)}.${token}`
    const set = this.cookie(digest).set(value, flowLifetime)
    return { secrets, cookies: [...this.#evicted(exchange), set] }
  }

  /**
   * The flow of an answer, once: of several answers with one state, one gets it. `null` for a state
   * that is unknown, expired, used, of another provider or of another browser; only its own browser
   * uses it up.
   *
   * @throws AuthError `storage_unavailable` (503).
   */
  async take(exchange: Exchange, provider: string, state: string): Promise<TakenFlow | null> {
    if (!statePattern.test(state)) return null
    const { storage } = this.#ground
    const digest = sha256(state)
    const key = this.#key(exchange, digest)
    const found = this.#live(await this.#stored(storage.get(key)), provider)
    const [, token] = (exchange.cookie(this.cookie(digest).name) ?? '').split('.')
    if (found === null || token === undefined) return null
    if (!equalInConstantTime(sha256(token), found.binding)) return null
    const taken = this.#live(await this.#stored(storage.take(key)), provider)
    if (taken === null) return null
    const { verifier, nonce } = taken
    return { ...taken, secrets: { state, verifier, nonce } }
  }

  /**
   * Keeps an answer that came without the browser's cookies (a form that another site's page
   * posted) until the browser asks with them. The first one is kept; whoever brings it shows
   * nothing by it. `false` where there is no such flow.
   *
   * @throws AuthError `storage_unavailable` (503).
   */
  async keep(
    exchange: Exchange,
    provider: string,
    state: string,
    received: string,
  ): Promise<boolean> {
    if (!statePattern.test(state)) return false
    const { storage, clock } = this.#ground
    const key = this.#key(exchange, sha256(state))
    const text = await this.#stored(storage.get(key))
    const found = this.#live(text, provider)
    if (text === null || found === null) return false
    if (found.received !== null) return true
    const left = (found.expiresAt - clock()) / 1000
    const next = JSON.stringify({ ...found, received } satisfies StoredFlow)
    await this.#stored(storage.replace(key, next, left, text))
    return true
  }

  /** The Set-Cookie value that ends a flow's cookie; none for what is no state. */
  cleared(state: string): readonly string[] {
    return statePattern.test(state) ? [this.cookie(sha256(state)).clear()] : []
  }

  #live(text: string | null, provider: string): StoredFlow | null {
    const { clock, audiences } = this.#ground
    const record = this.#read(text)
    if (record === null || record.provider !== provider) return null
    return audiences.includes(record.audience) && record.expiresAt > clock() ? record : null
  }

  /** Those that make room for one more. */
  #evicted({ request }: Exchange): string[] {
    const sample = this.cookie('').name
    const begun = Object.entries(readCookies(request.headers))
      .filter(([name]) => name.startsWith(sample))
      .map(([name, value = '']) => ({ digest: name.slice(sample.length), at: parseInt(value, 10) }))
      .filter(({ digest }) => /^[\w-]{8}$/.test(digest))
      .sort((a, b) => (a.at || 0) - (b.at || 0))
    const many = Math.min(maxEvicted, Math.max(0, begun.length - maxPerBrowser + 1))
    return begun.slice(0, many).map(({ digest }) => this.cookie(digest).clear())
  }

  #key({ scope }: Exchange, digest: string): string {
    return this.#ground.keys(scope, 'oauth-flow', digest)
  }

  #stored<Value>(work: Promise<Value>): Promise<Value> {
    return orUnavailable('oauth', this.#ground.emit, work)
  }
}
