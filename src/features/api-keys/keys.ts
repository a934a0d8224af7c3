/**
 * The life of API keys: made, found, listed, revoked.
 *
 * A key is a prefix that scanners of source code can recognise and 256 random bits. The table holds
 * its SHA-256, by which it is found in one query; the key itself is told once. A key carries its
 * owner's epoch, where the table has the column: it dies with a change of password.
 */
import { type Random, randomToken, sha256 } from '../../crypto.ts'
import { maxSeconds } from '../../options/option.ts'
import { isScope } from '../../tokens/scopes.ts'
import type { UserScope } from '../../users/store.ts'
import type { ApiKeyField, ApiKeyStore } from './store.ts'

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
}

export interface ApiKeyParts {
  readonly store: ApiKeyStore
  readonly prefix: string
  readonly maxTtl: number | null
  readonly touchInterval: number
  readonly clock: () => number
  readonly random: Random
}

type Row = Readonly<Record<string, unknown>>

export class ApiKeys {
  readonly #parts: ApiKeyParts
  readonly #pattern: RegExp

  constructor(parts: ApiKeyParts) {
    this.#parts = parts
    this.#pattern = new RegExp(`^${parts.prefix}_[\\w-]{43}$`)
  }

  /** @throws RangeError for a lifetime or a scope that is none. */
  async create(
    scope: UserScope,
    owner: ApiKeyOwner,
    { name, scopes = [], ttl }: ApiKeyOptions,
  ): Promise<NewApiKey> {
    const { store, prefix, maxTtl, clock, random } = this.#parts
    if (ttl !== undefined && !(ttl >= 1 && ttl <= maxSeconds)) {
      throw new RangeError(`crudauth: the ttl of an API key is 1 to ${maxSeconds} seconds`)
    }
    // Kept as one text: a space would make two of one.
    if (!scopes.every(isScope)) {
      throw new RangeError("crudauth: the scopes of an API key are words such as 'read'")
    }
    const key = `${prefix}_${randomToken(random, 32)}`
    const now = clock()
    const seconds = Math.min(ttl ?? Number.POSITIVE_INFINITY, maxTtl ?? Number.POSITIVE_INFINITY)
    const values: Partial<Record<ApiKeyField, unknown>> = {
      id: randomToken(random, 16),
      userId: this.#ownerValue(owner.id),
      name: name ?? null,
      prefix: key.slice(0, prefix.length + 7),
      hashedKey: sha256(key),
      scopes: [...new Set(scopes)].join(' '),
      epoch: owner.epoch,
      createdAt: new Date(now),
      expiresAt: Number.isFinite(seconds) ? new Date(now + seconds * 1000) : null,
      lastUsedAt: null,
      revokedAt: null,
    }
    const row = await store.insert(this.#toColumns(values), scope)
    return { ...this.#info(row as Row), key }
  }

  /** The key with this text, or why it is none: never one of ours, or one that has ended. */
  async find(scope: UserScope, key: string): Promise<LiveApiKey | 'unknown' | 'ended'> {
    if (!this.#pattern.test(key)) return 'unknown'
    const found = await this.#parts.store.find(this.#column('hashedKey'), sha256(key), scope)
    if (found === null) return 'unknown'
    const row = found as Row
    const info = this.#info(row)
    const revoked = this.#read(row, 'revokedAt') !== null
    // Turned around, so that a moment that cannot be read has passed.
    const expired = info.expiresAt !== null && !(info.expiresAt.getTime() > this.#parts.clock())
    if (revoked || expired) return 'ended'
    const epoch = this.#epoch(row)
    if (epoch === 'none') return 'ended'
    return { ...info, userId: this.#read(row, 'userId') as LiveApiKey['userId'], epoch }
  }

  /** Notes that a key was used, at most once per touch interval. */
  async touch(scope: UserScope, key: LiveApiKey): Promise<void> {
    const { store, touchInterval, clock } = this.#parts
    const property = store.map.lastUsedAt
    const now = clock()
    if (property === undefined) return
    if (key.lastUsedAt && now - key.lastUsedAt.getTime() < touchInterval * 1000) return
    await store.update(key.id, { [property]: new Date(now) }, scope)
  }

  /** The live keys of a user, newest first. */
  async list(scope: UserScope, owner: ApiKeyOwner): Promise<ApiKeyInfo[]> {
    const { store, clock } = this.#parts
    const rows = await store.list(this.#column('userId'), this.#ownerValue(owner.id), scope)
    return rows
      .filter((row) => this.#read(row as Row, 'revokedAt') === null)
      .filter((row) => [null, owner.epoch].includes(this.#epoch(row as Row) as number | null))
      .map((row) => this.#info(row as Row))
      .filter(({ expiresAt }) => expiresAt === null || expiresAt.getTime() > clock())
      .sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime())
  }

  /** Ends a key of this user; `false` when the user has no such key. Of several at once, one does. */
  revoke(scope: UserScope, userId: string | number | bigint, id: string): Promise<boolean> {
    const when = this.#toColumns({ userId: this.#ownerValue(userId), revokedAt: null })
    const values = this.#toColumns({ revokedAt: new Date(this.#parts.clock()) })
    return this.#parts.store.update(id, values, scope, when)
  }

  #info(row: Row): ApiKeyInfo {
    const text = (field: ApiKeyField) => String(this.#read(row, field) ?? '')
    const date = (field: ApiKeyField) => (this.#read(row, field) as Date | null) ?? null
    const name = this.#read(row, 'name')
    return {
      id: text('id'),
      name: typeof name === 'string' ? name : null,
      prefix: text('prefix'),
      scopes: text('scopes')
        .split(' ')
        .filter((scope) => scope !== ''),
      createdAt: date('createdAt') ?? new Date(0),
      expiresAt: date('expiresAt'),
      lastUsedAt: date('lastUsedAt'),
    }
  }

  /** `null` where the table has no epoch; where it has one, a row without it is bound to `none`. */
  #epoch(row: Row): number | null | 'none' {
    if (this.#parts.store.map.epoch === undefined) return null
    const epoch = this.#read(row, 'epoch')
    // A driver that is told to round nothing hands all whole numbers over as bigint.
    if (typeof epoch === 'bigint') return Number(epoch)
    return typeof epoch === 'number' ? epoch : 'none'
  }

  #read(row: Row, field: ApiKeyField): unknown {
    const property = this.#parts.store.map[field]
    return property === undefined ? null : (row[property] ?? null)
  }

  #column(field: ApiKeyField): string {
    return this.#parts.store.map[field] ?? field
  }

  #toColumns(values: Partial<Record<ApiKeyField, unknown>>): Record<string, unknown> {
    const { map } = this.#parts.store
    return Object.fromEntries(
      Object.entries(values).flatMap(([field, value]) => {
        const property = map[field as ApiKeyField]
        return property === undefined ? [] : [[property, value]]
      }),
    )
  }

  /** The owner as the table has it: a text column takes any primary key. */
  #ownerValue(id: string | number | bigint): string | number | bigint {
    const { columns, map } = this.#parts.store
    return columns.get(map.userId ?? '')?.type === 'string' ? String(id) : id
  }
}
