/**
 * The life of sessions: made, found, kept alive, revoked.
 *
 * A session is a record under the SHA-256 of its identifier; the identifier itself, 256 random
 * bits, exists only in the browser's cookie. The hash doubles as the opaque handle by which a
 * person sees and revokes a session: it opens nothing. Revoking deletes the record, and a late
 * write cannot bring one back; the epoch in the record kills sessions that no index remembers.
 */
import { type Random, randomHex, randomToken, sha256 } from '../../crypto.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { StorageKeys } from '../../storage/keys.ts'
import type { Storage } from '../../storage/storage.ts'
import type { UserScope } from '../../users/store.ts'
import { describeDevice } from './device.ts'
import { parseSessionRecord, remainingSeconds, type SessionRecord } from './record.ts'

export interface SessionSettings {
  readonly csrf: boolean
  readonly idleTimeout: number
  readonly absoluteTimeout: number
  readonly rememberMe: number
  readonly touchInterval: number
  /** The cap per user, or `null` for none. */
  readonly maxPerUser: number | null
}

export interface SessionParts {
  readonly storage: Storage
  readonly keys: StorageKeys
  readonly clock: () => number
  readonly random: Random
  /** Tags of the application: the first marks new sessions, all are accepted. */
  readonly audiences: readonly string[]
}

/** A session that was found alive. */
export interface LiveSession {
  readonly handle: string
  readonly record: SessionRecord
  /** The stored text, for compare-and-swap. */
  readonly stored: string
}

export interface NewSession {
  /** The cookie's value. The only time that it is known. */
  readonly id: string
  readonly handle: string
  /** Empty when CSRF protection is off. */
  readonly csrfToken: string
  /** The cookie's lifetime, or `undefined` for one that ends with the browser session. */
  readonly maxAgeSeconds: number | undefined
}

export interface SessionOwner {
  /** The primary key, as text. */
  readonly id: string
  readonly epoch: number
}

export interface SessionOptions {
  readonly rememberMe?: boolean
  readonly metadata?: Readonly<Record<string, unknown>>
}

const identifier = /^[\w-]{43}$/

export class Sessions {
  readonly settings: SessionSettings
  readonly #parts: SessionParts
  readonly #audience: string
  readonly #audiences: ReadonlySet<string>

  constructor(settings: SessionSettings, parts: SessionParts) {
    this.settings = settings
    this.#parts = parts
    this.#audiences = new Set(parts.audiences)
    this.#audience = parts.audiences[0] ?? ''
  }

  /**
   * Makes a session for the client of this exchange. Where the owner has more than the cap, the
   * least recently active ones end in the same step; of many logins at once none slips past it.
   */
  async create(
    exchange: Exchange,
    owner: SessionOwner,
    options: SessionOptions = {},
  ): Promise<NewSession> {
    const { storage, keys, clock, random } = this.#parts
    const { csrf, idleTimeout, absoluteTimeout, rememberMe, maxPerUser } = this.settings
    const remembered = options.rememberMe ?? false
    const now = clock()
    const id = randomToken(random, 32)
    const handle = sha256(id)
    const record: SessionRecord = {
      user: owner.id,
      epoch: owner.epoch,
      audience: this.#audience,
      csrf: csrf ? randomHex(random, 32) : '',
      createdAt: now,
      lastActivity: now,
      expiresAt: now + (remembered ? rememberMe : absoluteTimeout) * 1000,
      idle: remembered ? rememberMe : idleTimeout,
      remembered,
      address: exchange.address?.address ?? '',
      device: describeDevice(exchange.userAgent),
      metadata: options.metadata ?? {},
    }
    const ttl = remainingSeconds(record, now)
    // The record first: a failure in between leaves a session whose identifier nobody was told.
    await storage.set(this.#key(exchange.scope, handle), JSON.stringify(record), ttl)
    const index = keys(exchange.scope, 'sessions', owner.id)
    const evicted = await storage.indexAdd(index, handle, ttl, maxPerUser ?? undefined)
    await Promise.all(evicted.map((old) => storage.delete(this.#key(exchange.scope, old))))
    return {
      id,
      handle,
      csrfToken: record.csrf,
      maxAgeSeconds: remembered ? rememberMe : undefined,
    }
  }

  /** The live session with this identifier, or `null`. One storage read; writes nothing. */
  async find(scope: UserScope, id: string | undefined): Promise<LiveSession | null> {
    if (id === undefined || !identifier.test(id)) return null
    const handle = sha256(id)
    const stored = await this.#parts.storage.get(this.#key(scope, handle))
    const record = stored === null ? null : parseSessionRecord(stored)
    if (stored === null || record === null) return null
    if (!this.#audiences.has(record.audience)) return null
    if (remainingSeconds(record, this.#parts.clock()) <= 0) return null
    return { handle, record, stored }
  }

  /**
   * Notes activity, at most once per touch interval. Loses silently against whatever else wrote
   * the record meanwhile: a revocation stays, a change of it is not overwritten.
   */
  async touch(scope: UserScope, session: LiveSession): Promise<void> {
    const now = this.#parts.clock()
    if (now - session.record.lastActivity < this.settings.touchInterval * 1000) return
    const record: SessionRecord = { ...session.record, lastActivity: now }
    const ttl = remainingSeconds(record, now)
    const { storage, keys } = this.#parts
    const text = JSON.stringify(record)
    if (await storage.replace(this.#key(scope, session.handle), text, ttl, session.stored)) {
      await storage.indexRenew(keys(scope, 'sessions', record.user), session.handle, ttl)
    }
  }

  /**
   * Ends the live session with this identifier and returns its record. Of several callers at once
   * one gets it; the others, and whoever names no live session of ours, get `null`.
   */
  async end(scope: UserScope, id: string | undefined): Promise<SessionRecord | null> {
    const session = await this.find(scope, id)
    if (session === null) return null
    const { storage, keys } = this.#parts
    const { handle, record } = session
    if (!(await storage.delete(this.#key(scope, handle)))) return null
    await storage.indexRemove(keys(scope, 'sessions', record.user), handle)
    return record
  }

  #key(scope: UserScope, handle: string): string {
    return this.#parts.keys(scope, 'session', handle)
  }
}
