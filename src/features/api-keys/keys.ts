/**
 * The life of API keys: made, found, listed, revoked.
 *
 * A key is a prefix that scanners of source code can recognise and 256 random bits. The table holds
 * its SHA-256, by which it is found in one query; the key itself is told once. A key carries its
 * owner's epoch, where the table has the column: it dies with a change of password.
 */
import { type Random, randomToken, sha256 } from '../../crypto.ts'
import { actorOf, type EventListener, type UserId } from '../../events.ts'
import type { Eventually } from '../../eventually.ts'
import { maxSeconds } from '../../options/durations.ts'
import { isLabel } from '../../plain-text.ts'
import { Rows } from '../../rows/rows.ts'
import { isScope } from '../../tokens/scopes.ts'
import type { UserScope, UserStore } from '../../users/store.ts'
import { type ApiKeyStore, type ApiKeyTypes, apiKeyTable } from './store.ts'

/** Who ends a key, and from where: for events. */
export interface Whence {
  /** Default: no request asked. */
  readonly address?: string | null
  readonly actor?: UserId | undefined
}

/** What anybody may know of a key. */
export interface ApiKeyInfo {
  readonly id: string
  readonly name: string | null
  /** How the key begins. */
  readonly prefix: string
  readonly scopes: readonly string[]
  readonly createdAt: Date
  /** `null` for never. */
  readonly expiresAt: Date | null
  /** Exact to the touch interval; `null` for never. */
  readonly lastUsedAt: Date | null
}

/** A key that was just made. The only time that its text is known. */
export interface NewApiKey extends ApiKeyInfo {
  readonly key: string
}

/** What a new API key may do, and for how long. */
export interface ApiKeyOptions {
  /** For its owner to know it by. */
  name?: string
  /** What it may do. Default nothing beyond what needs no scope. */
  scopes?: readonly string[]
  /** In how many seconds it ends, at least 1. Default: never, or the transport's `maxTtl`. */
  ttl?: number
}

export interface ApiKeyOwner {
  readonly id: string | number | bigint
  readonly epoch: number
}

/** A key that is in the table and has not ended. */
export interface LiveApiKey extends ApiKeyInfo {
  readonly userId: string | number | bigint
  /** `null` where the table has no epoch. */
  readonly epoch: number | null
  /** The row of its owner, alive or not, where it was read with the key. */
  readonly owner: object | null
}

export interface ApiKeyParts {
  readonly store: ApiKeyStore
  /** Whose keys they are. */
  readonly users: UserStore
  readonly prefix: string
  readonly maxTtl: number | null
  readonly touchInterval: number
  readonly clock: () => number
  readonly random: Random
  readonly emit: EventListener
}

export class ApiKeys {
  readonly #parts: ApiKeyParts
  readonly #rows: Rows<ApiKeyTypes>
  readonly #pattern: RegExp

  constructor(parts: ApiKeyParts) {
    this.#parts = parts
    const users = { store: parts.users, field: 'userId' } as const
    this.#rows = new Rows<ApiKeyTypes>(parts.store, apiKeyTable, users)
    this.#pattern = new RegExp(`^${parts.prefix}_[\\w-]{43}$`)
  }

  /** @throws RangeError for a lifetime, a scope or a name that is none. */
  async create(scope: UserScope, owner: ApiKeyOwner, options: ApiKeyOptions): Promise<NewApiKey> {
    const made = await this.#insert(scope, owner, options)
    this.#tell('api_key.created', owner.id, made.id)
    return made
  }

  async #insert(
    scope: UserScope,
    owner: ApiKeyOwner,
    { name, scopes = [], ttl }: ApiKeyOptions,
  ): Promise<NewApiKey> {
    const { prefix, maxTtl, clock, random } = this.#parts
    if (ttl !== undefined && !(ttl >= 1 && ttl <= maxSeconds)) {
      throw new RangeError(`crudauth: the ttl of an API key is 1 to ${maxSeconds} seconds`)
    }
    if (name !== undefined && !isLabel(name)) {
      throw new RangeError(
        'crudauth: the name of an API key is one line, without marks that change its direction',
      )
    }
    // Kept as one text: a space would make two of one.
    if (!scopes.every(isScope)) {
      throw new RangeError("crudauth: the scopes of an API key are words such as 'read'")
    }
    const key = `${prefix}_${randomToken(random, 32)}`
    const now = clock()
    const seconds = Math.min(ttl ?? Number.POSITIVE_INFINITY, maxTtl ?? Number.POSITIVE_INFINITY)
    const row = await this.#rows.insert(
      {
        id: randomToken(random, 16),
        userId: owner.id,
        name: name ?? null,
        prefix: key.slice(0, prefix.length + 7),
        hashedKey: sha256(key),
        scopes: [...new Set(scopes)].join(' '),
        epoch: owner.epoch,
        createdAt: new Date(now),
        expiresAt: Number.isFinite(seconds) ? new Date(now + seconds * 1000) : null,
        lastUsedAt: null,
        revokedAt: null,
      },
      scope,
    )
    return { ...infoOf(row), key }
  }

  /** The key with this text, or why it is none: never one of ours, or one that has ended. */
  find(scope: UserScope, key: string): Eventually<LiveApiKey | 'unknown' | 'ended'> {
    if (!this.#pattern.test(key)) return 'unknown'
    return this.#rows.find('hashedKey', sha256(key), scope, this.#judge)
  }

  readonly #judge = (
    row: ApiKeyTypes | null,
    owner: object | null,
  ): LiveApiKey | 'unknown' | 'ended' => {
    if (row === null) return 'unknown'
    const { expiresAt, revokedAt } = row
    // Turned around, so that a moment that cannot be read has passed.
    const expired = expiresAt !== null && !(expiresAt.getTime() > this.#parts.clock())
    if (revokedAt !== null || expired) return 'ended'
    const epoch = this.#epoch(row)
    return epoch === 'none' ? 'ended' : liveKey(row, epoch, owner)
  }

  /** Notes that a key was used, at most once per touch interval. */
  async touch(scope: UserScope, key: LiveApiKey): Promise<void> {
    if (!this.isTouchDue(key)) return
    await this.#rows.update(key.id, { lastUsedAt: new Date(this.#parts.clock()) }, scope)
  }

  /** Whether there is a use to be noted. */
  isTouchDue({ lastUsedAt }: LiveApiKey): boolean {
    if (!this.#rows.has('lastUsedAt')) return false
    const { touchInterval, clock } = this.#parts
    return !(lastUsedAt && clock() - lastUsedAt.getTime() < touchInterval * 1000)
  }

  /**
   * Makes a key, unless its owner has so many live ones; then `null`.
   *
   * No condition of one statement can count rows for several at once. So it is counted again once
   * the key is there: of those that are made at the same moment, whoever counts last sees all, and
   * no more than the cap stay. At the cap, all of them may find that there is one too many.
   *
   * @param address For the event.
   */
  async createWithin(
    cap: number,
    scope: UserScope,
    owner: ApiKeyOwner,
    options: ApiKeyOptions,
    address: string | null,
  ): Promise<NewApiKey | null> {
    const { live, over } = await this.#ofOwner(scope, owner)
    // They would be read for ever.
    await Promise.all(over.map(({ id }) => this.#end(scope, owner.id, String(id))))
    if (live.length >= cap) return null
    const made = await this.#insert(scope, owner, options)
    if ((await this.#ofOwner(scope, owner)).live.length > cap) {
      await this.#rows.delete(made.id, scope, { userId: owner.id })
      return null
    }
    this.#tell('api_key.created', owner.id, made.id, { address })
    return made
  }

  /** The live keys of a user, newest first. */
  async list(scope: UserScope, owner: ApiKeyOwner): Promise<ApiKeyInfo[]> {
    const { live } = await this.#ofOwner(scope, owner)
    return live.map(infoOf).sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime())
  }

  /**
   * Ends a key of this user; `false` when the user has no such key. Of several at once, one does.
   *
   * @param by For the event.
   */
  async revoke(
    scope: UserScope,
    userId: string | number | bigint,
    id: string,
    by: Whence = {},
  ): Promise<boolean> {
    const ended = await this.#end(scope, userId, id)
    if (ended) this.#tell('api_key.revoked', userId, id, by)
    return ended
  }

  #end(scope: UserScope, userId: string | number | bigint, id: string): Promise<boolean> {
    const revokedAt = new Date(this.#parts.clock())
    return this.#rows.update(id, { revokedAt }, scope, { userId, revokedAt: null })
  }

  /** Of the rows that were not revoked: the live ones, and those that have ended by themselves. */
  async #ofOwner(scope: UserScope, owner: ApiKeyOwner) {
    const now = this.#parts.clock()
    const rows = await this.#rows.list('userId', owner.id, scope, 'revokedAt')
    const isExpired = ({ expiresAt }: ApiKeyTypes) =>
      expiresAt !== null && !(expiresAt.getTime() > now)
    const isOfOwner = (row: ApiKeyTypes) =>
      [null, owner.epoch].includes(this.#epoch(row) as number | null)
    // The epoch that was read for this request may just have been followed by another one. A key
    // that is a day old is of none that follows.
    const isOld = ({ createdAt }: ApiKeyTypes) => now - (createdAt?.getTime() ?? 0) > 86_400_000
    return {
      live: rows.filter((row) => !isExpired(row) && isOfOwner(row)),
      over: rows.filter((row) => isExpired(row) || (!isOfOwner(row) && isOld(row))),
    }
  }

  #tell(
    name: 'api_key.created' | 'api_key.revoked',
    userId: string | number | bigint,
    apiKeyId: string,
    { address = null, actor }: Whence = {},
  ): void {
    this.#parts.emit({ name, userId, apiKeyId, address, ...actorOf({ actor }) })
  }

  /**
   * Ends the keys of a user that carry this epoch. For users tables without `tokenVersion`, where
   * the epoch may stay: elsewhere it has risen, and they are dead.
   */
  async revokeAll(scope: UserScope, owner: ApiKeyOwner): Promise<void> {
    if (!this.#rows.has('epoch')) return
    const rows = await this.#rows.list('userId', owner.id, scope, 'revokedAt')
    const alive = rows.filter(({ epoch }) => epoch === owner.epoch)
    await Promise.all(alive.map(({ id }) => this.revoke(scope, owner.id, String(id))))
  }

  /** `null` where the table has no epoch; where it has one, a row without it is bound to `none`. */
  #epoch({ epoch }: ApiKeyTypes): number | null | 'none' {
    if (!this.#rows.has('epoch')) return null
    return typeof epoch === 'number' ? epoch : 'none'
  }
}

/** In one literal: every check makes one. */
function liveKey(row: ApiKeyTypes, epoch: number | null, owner: object | null): LiveApiKey {
  const { id, name, prefix, scopes, createdAt, expiresAt, lastUsedAt } = infoOf(row)
  const { userId } = row
  return { id, name, prefix, scopes, createdAt, expiresAt, lastUsedAt, userId, epoch, owner }
}

/** What the table says, whatever else an application's own columns may hold. */
function infoOf(row: ApiKeyTypes): ApiKeyInfo {
  return {
    id: String(row.id),
    name: typeof row.name === 'string' ? row.name : null,
    prefix: String(row.prefix ?? ''),
    scopes: row.scopes
      ? String(row.scopes)
          .split(' ')
          .filter((scope) => scope !== '')
      : [],
    createdAt: row.createdAt ?? new Date(0),
    expiresAt: row.expiresAt,
    lastUsedAt: row.lastUsedAt,
  }
}
