/**
 * Logins that live by refresh tokens: each is a family, a record that ends at a fixed time or
 * before.
 *
 * Where tokens rotate, each use replaces the family's one live token; otherwise the first one
 * stays. Tokens of the Python original have no family; what ends a family ends them as well.
 *
 * A token that was used before is a replay: somebody else has it, and the family ends (RFC 9700
 * §4.14.2). The exception is a moment's grace for the same client, so that two tabs refreshing at
 * once, or a retry after a lost answer, log nobody out: it gets the very token that the first use
 * produced, and no second one exists. From another network or another user agent there is no
 * grace, and none once the new token has been used. Where the network is unknown nothing is handed
 * out either, but a second use within the moment ends nothing: it may be the other tab.
 *
 * An index by owner bounds the number of families, and ends them all where the table has no epoch.
 */
import { type Random, randomToken, sha256 } from '../../crypto.ts'
import type { EventListener } from '../../events.ts'
import type { StorageKeys } from '../../storage/keys.ts'
import { deleteMany, getMany } from '../../storage/many.ts'
import { OwnerIndex } from '../../storage/owner-index.ts'
import {
  isInstant,
  isNumber,
  isText,
  orNull,
  type ReadRecord,
  recordReader,
  type Shape,
} from '../../storage/records.ts'
import type { Storage } from '../../storage/storage.ts'
import type { CredentialOwner } from '../../users/accounts.ts'
import type { UserScope } from '../../users/store.ts'
import { EndedTokens, type TokenWithoutFamily } from './ended-tokens.ts'

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

const familyShape: Shape<FamilyRecord> = {
  user: isText,
  epoch: isNumber,
  current: isText,
  previous: orNull(isText),
  client: orNull(isText),
  rotatedAt: isInstant,
  expiresAt: isInstant,
}

/** A login that is alive. */
export interface LiveFamily extends Pick<FamilyRecord, 'rotatedAt' | 'expiresAt'> {
  readonly family: string
}

/** A place in a family: what a refresh token carries. */
export interface FamilyMember {
  readonly family: string
  readonly id: string
  /** The end of the family, in seconds since the epoch. */
  readonly expiresAt: number
}

/** What a signed refresh token says. */
export interface RefreshToken extends TokenWithoutFamily {
  /** See `TokenLogin`. */
  readonly authTime: number | null
  /** `null` for a token of the Python original. */
  readonly member: FamilyMember | null
}

/** What became of a refresh token that was used. */
export type RefreshUse =
  /** It stays good, and there is no other. */
  | { readonly state: 'kept' }
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
  readonly grace: number
  /** Whether a use replaces the live token. Without it tokens that have no family are taken too. */
  readonly rotateRefresh: boolean
  /**
   * Logins per user; beyond it the one that was rotated, or began, longest ago ends. `null` for no
   * cap.
   */
  readonly maxPerUser: number | null
}

export interface FamilyParts {
  readonly storage: Storage
  readonly keys: StorageKeys
  readonly clock: () => number
  readonly random: Random
  readonly emit: EventListener
  /** Tags of the application, that of its signing secret first. */
  readonly audiences: readonly string[]
}

/** 16 bytes in base64url. */
const familyName = /^[\w-]{22}$/

export class RefreshFamilies {
  readonly #parts: FamilyParts
  readonly #settings: FamilySettings
  readonly #index: OwnerIndex
  readonly #endedTokens: EndedTokens
  readonly #parse: ReadRecord<FamilyRecord>

  constructor(settings: FamilySettings, parts: FamilyParts) {
    this.#settings = settings
    this.#parts = parts
    this.#index = new OwnerIndex('refreshes', parts)
    this.#endedTokens = new EndedTokens(parts)
    this.#parse = recordReader('refresh', familyShape, parts.emit)
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
    await this.#index.add(scope, user, family, refreshTtl)
    if (maxPerUser !== null) {
      const end = (old: string) => storage.delete(this.#key(scope, old))
      await this.#index.makeRoom(scope, user, maxPerUser, end)
    }
    return { family, id: record.current, expiresAt }
  }

  /**
   * Uses a token.
   *
   * @param client A digest of where the request comes from, see `clientDigest`.
   */
  async use(scope: UserScope, token: RefreshToken, client: string | null): Promise<RefreshUse> {
    if (token.member) return this.#useMember(scope, token.member, client)
    if (this.#settings.rotateRefresh) return { state: 'gone' }
    const isEnded = await this.#endedTokens.has(scope, token)
    return { state: isEnded ? 'gone' : 'kept' }
  }

  /** Of many uses of one token at once, one rotates; the others find that it did. */
  async #useMember(
    scope: UserScope,
    used: FamilyMember,
    client: string | null,
  ): Promise<RefreshUse> {
    const { storage, clock, random } = this.#parts
    const key = this.#key(scope, used.family)
    for (;;) {
      const stored = await storage.get(key)
      const record = this.#parse(stored)
      if (stored === null || record === null) return { state: 'gone' }
      const now = clock()
      const ttl = (record.expiresAt - now) / 1000
      if (ttl <= 0) return { state: 'gone' }
      if (record.current !== used.id) {
        const reuse = this.#judgeReuse(record, used, client, now)
        if (reuse.state === 'replayed') await this.#revoke(scope, record.user, used.family)
        return reuse
      }
      if (!this.#settings.rotateRefresh) return { state: 'kept' }
      const next: FamilyRecord = {
        ...record,
        current: randomToken(random, 16),
        previous: used.id,
        client,
        rotatedAt: now,
      }
      // Before the token is spent: a failure in between would cost the client its login.
      await this.#index.renew(scope, record.user, used.family, ttl)
      if (await storage.replace(key, JSON.stringify(next), ttl, stored)) {
        return { state: 'rotated', next: memberOf(used.family, next) }
      }
      // Somebody else rotated or revoked it in between: look again.
    }
  }

  /** Ends the login of a token, with or without a family; whether it was this call that did. */
  async end(scope: UserScope, token: RefreshToken): Promise<boolean> {
    if (token.member) return this.#revoke(scope, token.id, token.member.family)
    await this.#endedTokens.add(scope, token)
    return true
  }

  /** Whether it was this call that ended it. */
  async #revoke(scope: UserScope, user: string, family: string): Promise<boolean> {
    const isEnded = await this.#parts.storage.delete(this.#key(scope, family))
    await this.#index.remove(scope, user, family)
    return isEnded
  }

  /**
   * Ends every login of a user that began in this epoch: a later one is a login after the end.
   * Tokens without a family end with the epoch itself.
   */
  async endAll(scope: UserScope, { id: user, epoch }: CredentialOwner): Promise<void> {
    const { storage } = this.#parts
    const families = await this.#index.members(scope, user)
    const texts = await this.#textsOf(scope, families)
    const ending = families.filter((_, n) => {
      const stored = texts[n] ?? null
      if (stored === null) return false
      const record = this.#parse(stored)
      return record === null || record.epoch === epoch
    })
    if (ending.length === 0) return
    await deleteMany(
      storage,
      ending.map((family) => this.#key(scope, family)),
    )
    await this.#index.removeMany(scope, user, ending)
  }

  /** Whether the login of this name lives. One of another kind than ours has no record. */
  async isAlive(scope: UserScope, login: string): Promise<boolean> {
    if (!familyName.test(login)) return true
    const stored = await this.#parts.storage.get(this.#key(scope, login))
    const record = stored === null ? null : this.#parse(stored)
    return record !== null && record.expiresAt > this.#parts.clock()
  }

  /** Ends one login of this user; `false` where there is none of this name. */
  async endOne(scope: UserScope, { id }: CredentialOwner, family: string): Promise<boolean> {
    const stored = familyName.test(family)
      ? await this.#parts.storage.get(this.#key(scope, family))
      : null
    const record = stored === null ? null : this.#parse(stored)
    return record?.user === id && this.#revoke(scope, id, family)
  }

  /** The families of a user that are alive and began in this epoch. */
  async alive(scope: UserScope, owner: CredentialOwner): Promise<readonly string[]> {
    return (await this.ofUser(scope, owner)).map(({ family }) => family)
  }

  /** Those of these names that are such families. */
  async aliveAmong(
    scope: UserScope,
    owner: CredentialOwner,
    logins: readonly string[],
  ): Promise<readonly string[]> {
    const families = logins.filter((login) => familyName.test(login))
    return (await this.#liveOf(scope, owner, families)).map(({ family }) => family)
  }

  /** The same, with when each token was last exchanged and ends, in milliseconds. */
  async ofUser(scope: UserScope, owner: CredentialOwner): Promise<readonly LiveFamily[]> {
    return this.#liveOf(scope, owner, await this.#index.members(scope, owner.id))
  }

  async #liveOf(
    scope: UserScope,
    { id, epoch }: CredentialOwner,
    families: readonly string[],
  ): Promise<readonly LiveFamily[]> {
    const { clock } = this.#parts
    const texts = await this.#textsOf(scope, families)
    return families.flatMap((family, n) => {
      const record = this.#parse(texts[n] ?? null)
      if (record?.user !== id || record.epoch !== epoch || record.expiresAt <= clock()) return []
      const { rotatedAt, expiresAt } = record
      return [{ family, rotatedAt, expiresAt }]
    })
  }

  #textsOf(scope: UserScope, families: readonly string[]): Promise<readonly (string | null)[]> {
    const keys = families.map((family) => this.#key(scope, family))
    return getMany(this.#parts.storage, keys)
  }

  #judgeReuse(
    record: FamilyRecord,
    used: FamilyMember,
    client: string | null,
    now: number,
  ): RefreshUse {
    const { grace } = this.#settings
    const isRecent = record.previous === used.id && now - record.rotatedAt < grace * 1000
    if (!isRecent) return { state: 'replayed' }
    if (record.client === null || client === null) return { state: 'early' }
    return record.client === client
      ? { state: 'reused', next: memberOf(used.family, record) }
      : { state: 'replayed' }
  }

  #key(scope: UserScope, family: string): string {
    return this.#parts.keys(scope, 'refresh', family)
  }
}

function memberOf(family: string, { current, expiresAt }: FamilyRecord): FamilyMember {
  return { family, id: current, expiresAt: expiresAt / 1000 }
}

/**
 * Identifies the client for the grace period, by network and user agent; `null` where the network
 * is unknown, since anybody can send the same user agent.
 */
export function clientDigest(network: string | null, userAgent: string | null): string | null {
  return network === null ? null : sha256(`${network}\n${userAgent ?? ''}`)
}
