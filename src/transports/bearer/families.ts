/**
 * Refresh tokens that rotate: each login starts a family, each use replaces its one live token.
 *
 * A token that was used before is a replay: somebody else has it, and the family ends (RFC 9700
 * §4.14.2). The exception is a moment's grace for the same client, so that two tabs refreshing at
 * once, or a retry after a lost answer, log nobody out: it gets the very token that the first use
 * produced, and no second one exists. From another network or another user agent there is no
 * grace, and none once the new token has been used.
 */
import { type Random, randomToken, sha256 } from '../../crypto.ts'
import type { StorageKeys } from '../../storage/keys.ts'
import type { Storage } from '../../storage/storage.ts'
import type { UserScope } from '../../users/store.ts'

interface FamilyRecord {
  /** The owner's primary key, as text. */
  readonly user: string
  /** The `jti` of the live token. It opens nothing without our signature. */
  readonly current: string
  /** The `jti` of the token that it replaced, and who did that when. */
  readonly previous: string | null
  readonly client: string | null
  readonly rotatedAt: number
  /** Milliseconds since the epoch; rotation does not move it. */
  readonly expiresAt: number
}

/** A place in a family: what a refresh token carries. */
export interface FamilyMember {
  readonly family: string
  readonly id: string
  /** The end of the family, in seconds since the epoch. */
  readonly expiresAt: number
}

export type Rotation =
  | { readonly state: 'rotated'; readonly next: FamilyMember }
  /** Revoked, expired, or never there. */
  | { readonly state: 'gone' }
  /** Used before: the family has been ended. */
  | { readonly state: 'replayed' }

export interface FamilyParts {
  readonly storage: Storage
  readonly keys: StorageKeys
  readonly clock: () => number
  readonly random: Random
}

export class RefreshFamilies {
  readonly #parts: FamilyParts
  readonly #lifetimeSeconds: number
  readonly #graceSeconds: number

  constructor(lifetimeSeconds: number, graceSeconds: number, parts: FamilyParts) {
    this.#parts = parts
    this.#lifetimeSeconds = lifetimeSeconds
    this.#graceSeconds = graceSeconds
  }

  async start(scope: UserScope, user: string): Promise<FamilyMember> {
    const { storage, clock, random } = this.#parts
    const family = randomToken(random, 16)
    const now = clock()
    const expiresAt = Math.floor(now / 1000) + this.#lifetimeSeconds
    const record: FamilyRecord = {
      user,
      current: randomToken(random, 16),
      previous: null,
      client: null,
      rotatedAt: now,
      expiresAt: expiresAt * 1000,
    }
    await storage.set(this.#key(scope, family), JSON.stringify(record), this.#lifetimeSeconds)
    return { family, id: record.current, expiresAt }
  }

  /**
   * Uses a token. Of many uses of one token at once, one rotates; the others find that it did.
   *
   * @param client A digest of where the request comes from, see `clientDigest`.
   */
  async rotate(scope: UserScope, used: FamilyMember, client: string): Promise<Rotation> {
    const { storage, clock, random } = this.#parts
    const key = this.#key(scope, used.family)
    for (;;) {
      const stored = await storage.get(key)
      if (stored === null) return { state: 'gone' }
      const record = JSON.parse(stored) as FamilyRecord
      const now = clock()
      const ttl = (record.expiresAt - now) / 1000
      if (ttl <= 0) return { state: 'gone' }
      if (record.current !== used.id) {
        if (this.#isWithinGrace(record, used, client, now)) return rotated(used.family, record)
        await storage.delete(key)
        return { state: 'replayed' }
      }
      const next: FamilyRecord = {
        ...record,
        current: randomToken(random, 16),
        previous: used.id,
        client,
        rotatedAt: now,
      }
      if (await storage.replace(key, JSON.stringify(next), ttl, stored)) {
        return rotated(used.family, next)
      }
      // Somebody else rotated or revoked it in between: look again.
    }
  }

  /** Ends a family; whether it was alive. */
  revoke(scope: UserScope, family: string): Promise<boolean> {
    return this.#parts.storage.delete(this.#key(scope, family))
  }

  #isWithinGrace(record: FamilyRecord, used: FamilyMember, client: string, now: number): boolean {
    return (
      record.previous === used.id &&
      record.client === client &&
      now - record.rotatedAt <= this.#graceSeconds * 1000
    )
  }

  #key(scope: UserScope, family: string): string {
    return this.#parts.keys(scope, 'refresh', family)
  }
}

function rotated(family: string, { current, expiresAt }: FamilyRecord): Rotation {
  return { state: 'rotated', next: { family, id: current, expiresAt: expiresAt / 1000 } }
}

/** Where a request comes from, as far as a moment's grace depends on it. */
export function clientDigest(network: string | null, userAgent: string | null): string {
  return sha256(`${network ?? ''}\n${userAgent ?? ''}`)
}
