/**
 * Refresh tokens that rotate: each login starts a family, each use replaces its one live token.
 *
 * A token that was used before is a replay: somebody else has it, and the family ends (RFC 9700
 * §4.14.2). The exception is a moment's grace for the same client, so that two tabs refreshing at
 * once, or a retry after a lost answer, log nobody out: it gets the very token that the first use
 * produced, and no second one exists. From another network or another user agent there is no
 * grace, and none once the new token has been used. Where the network is unknown nothing is handed
 * out either, but a second use within the moment ends nothing: it may be the other tab.
 *
 * An index by owner bounds their number, and ends them all where the table has no epoch to do it.
 */
import { type Random, randomToken, sha256 } from '../../crypto.ts'
import type { StorageKeys } from '../../storage/keys.ts'
import type { Storage } from '../../storage/storage.ts'
import type { CredentialOwner } from '../../users/accounts.ts'
import type { UserScope } from '../../users/store.ts'

interface FamilyRecord {
  /** The owner's primary key, as text. */
  readonly user: string
  /** The owner's epoch when the login began. */
  readonly epoch: number
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
  /** Used a moment ago, by the same client: it gets what that use produced. */
  | { readonly state: 'reused'; readonly next: FamilyMember }
  /** Used a moment ago, and nobody knows by whom. The login lives on. */
  | { readonly state: 'early' }
  /** Revoked, expired, or never there. */
  | { readonly state: 'gone' }
  /** Used before: the family has been ended. */
  | { readonly state: 'replayed' }

export interface FamilySettings {
  /** How long a login lasts, in seconds. */
  readonly refreshTtl: number
  /** How long a used token may be used again by the same client, in seconds. */
  readonly graceSeconds: number
  /** Logins per user; beyond it the one that was used longest ago ends. `null` for no cap. */
  readonly maxPerUser: number | null
}

export interface FamilyParts {
  readonly storage: Storage
  readonly keys: StorageKeys
  readonly clock: () => number
  readonly random: Random
}

export class RefreshFamilies {
  readonly #parts: FamilyParts
  readonly #settings: FamilySettings

  constructor(settings: FamilySettings, parts: FamilyParts) {
    this.#settings = settings
    this.#parts = parts
  }

  async start(scope: UserScope, { id: user, epoch }: CredentialOwner): Promise<FamilyMember> {
    const { storage, clock, random } = this.#parts
    const { refreshTtl, maxPerUser } = this.#settings
    const family = randomToken(random, 16)
    const now = clock()
    const expiresAt = Math.floor(now / 1000) + refreshTtl
    const record: FamilyRecord = {
      user,
      epoch,
      current: randomToken(random, 16),
      previous: null,
      client: null,
      rotatedAt: now,
      expiresAt: expiresAt * 1000,
    }
    // The record first: a failure in between leaves a login whose token nobody was told.
    await storage.set(this.#key(scope, family), JSON.stringify(record), refreshTtl)
    const index = this.#index(scope, user)
    const ended = await storage.indexAdd(index, family, refreshTtl, maxPerUser ?? undefined)
    await Promise.all(ended.map((old) => storage.delete(this.#key(scope, old))))
    return { family, id: record.current, expiresAt }
  }

  /**
   * Uses a token. Of many uses of one token at once, one rotates; the others find that it did.
   *
   * @param client A digest of where the request comes from, see `clientDigest`.
   */
  async rotate(scope: UserScope, used: FamilyMember, client: string | null): Promise<Rotation> {
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
        const reuse = this.#judgeReuse(record, used, client, now)
        if (reuse.state === 'replayed') await this.revoke(scope, record.user, used.family)
        return reuse
      }
      const next: FamilyRecord = {
        ...record,
        current: randomToken(random, 16),
        previous: used.id,
        client,
        rotatedAt: now,
      }
      // Before the token is spent: a failure in between would cost the client its login.
      await storage.indexRenew(this.#index(scope, record.user), used.family, ttl)
      if (await storage.replace(key, JSON.stringify(next), ttl, stored)) {
        return { state: 'rotated', next: memberOf(used.family, next) }
      }
      // Somebody else rotated or revoked it in between: look again.
    }
  }

  /** Ends a family; whether it was alive. */
  async revoke(scope: UserScope, user: string, family: string): Promise<boolean> {
    const { storage } = this.#parts
    const ended = await storage.delete(this.#key(scope, family))
    await storage.indexRemove(this.#index(scope, user), family)
    return ended
  }

  /** Ends every family of a user that began in this epoch: a later one is a login after the end. */
  async revokeAll(scope: UserScope, { id: user, epoch }: CredentialOwner): Promise<void> {
    const { storage } = this.#parts
    const families = await storage.indexMembers(this.#index(scope, user))
    await Promise.all(
      families.map(async (family) => {
        const stored = await storage.get(this.#key(scope, family))
        if (stored === null || (JSON.parse(stored) as FamilyRecord).epoch !== epoch) return
        await this.revoke(scope, user, family)
      }),
    )
  }

  #judgeReuse(
    record: FamilyRecord,
    used: FamilyMember,
    client: string | null,
    now: number,
  ): Rotation {
    const { graceSeconds } = this.#settings
    const isRecent = record.previous === used.id && now - record.rotatedAt < graceSeconds * 1000
    if (!isRecent) return { state: 'replayed' }
    if (record.client === null || client === null) return { state: 'early' }
    return record.client === client
      ? { state: 'reused', next: memberOf(used.family, record) }
      : { state: 'replayed' }
  }

  #key(scope: UserScope, family: string): string {
    return this.#parts.keys(scope, 'refresh', family)
  }

  #index(scope: UserScope, user: string): string {
    return this.#parts.keys(scope, 'refreshes', user)
  }
}

function memberOf(family: string, { current, expiresAt }: FamilyRecord): FamilyMember {
  return { family, id: current, expiresAt: expiresAt / 1000 }
}

/**
 * Where a request comes from, as far as a moment's grace depends on it; `null` where that is unknown:
 * a user agent alone is no secret.
 */
export function clientDigest(network: string | null, userAgent: string | null): string | null {
  return network === null ? null : sha256(`${network}\n${userAgent ?? ''}`)
}
