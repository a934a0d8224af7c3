/**
 * What an owner has in a storage (sessions, logins), found and bounded by owner, for one
 * application.
 *
 * Two applications that share a storage and a namespace have user 42 each. So an index carries the
 * application's tag, which is derived from its secret, and neither lists, caps nor ends what the
 * other's user has. While secrets rotate an application has several tags: new members go to the
 * first, and all are read as one, the members of earlier secrets as the older ones.
 */
import type { UserScope } from '../users/store.ts'
import type { StorageKeys } from './keys.ts'
import type { Storage } from './storage.ts'

export interface OwnerIndexParts {
  readonly storage: Storage
  readonly keys: StorageKeys
  /** Tags of the application, that of its signing secret first. */
  readonly audiences: readonly string[]
}

/** Enough of a tag to tell applications apart: 96 bits. */
const tagLength = 16

export class OwnerIndex {
  readonly #storage: Storage
  readonly #keyOf: (scope: UserScope, tag: string, owner: string) => string
  readonly #tag: string
  /** Of secrets that sign no more, latest first. */
  readonly #earlier: readonly string[]

  constructor(kind: string, { storage, keys, audiences }: OwnerIndexParts) {
    const [tag = '', ...earlier] = audiences.map((audience) => audience.slice(0, tagLength))
    this.#storage = storage
    this.#keyOf = (scope, of, owner) => keys(scope, kind, `${of}:${owner}`)
    this.#tag = tag
    this.#earlier = earlier
  }

  /**
   * Adds a member as the newest. Returns the members beyond the limit, which have left the index,
   * oldest first. Of several calls at once none leaves more than `limit`; while secrets rotate, two
   * may return the same member.
   */
  async add(
    scope: UserScope,
    owner: string,
    member: string,
    ttlSeconds: number,
    limit?: number,
  ): Promise<string[]> {
    const key = this.#keyOf(scope, this.#tag, owner)
    const evicted = await this.#storage.indexAdd(key, member, ttlSeconds, limit)
    if (limit === undefined || this.#earlier.length === 0) return evicted
    return [...(await this.#makeRoom(scope, owner, limit)), ...evicted]
  }

  /** Makes a member the newest, with this lifetime; one that has left stays away. */
  async renew(scope: UserScope, owner: string, member: string, ttlSeconds: number): Promise<void> {
    for (const key of this.#allKeys(scope, owner)) {
      if (await this.#storage.indexRenew(key, member, ttlSeconds)) return
    }
  }

  async remove(scope: UserScope, owner: string, member: string): Promise<void> {
    const keys = this.#allKeys(scope, owner)
    await Promise.all(keys.map((key) => this.#storage.indexRemove(key, member)))
  }

  /** The live members, oldest first. */
  async members(scope: UserScope, owner: string): Promise<string[]> {
    const keys = this.#allKeys(scope, owner)
    const found = await Promise.all(keys.map((key) => this.#storage.indexMembers(key)))
    return found.reverse().flat()
  }

  /** What was begun under earlier secrets makes room for what the first has. */
  async #makeRoom(scope: UserScope, owner: string, limit: number): Promise<string[]> {
    // Read after the new member was added: whoever adds last sees all.
    const mine = await this.#storage.indexMembers(this.#keyOf(scope, this.#tag, owner))
    const evicted: string[] = []
    let room = limit - mine.length
    for (const tag of this.#earlier) {
      const key = this.#keyOf(scope, tag, owner)
      const members = await this.#storage.indexMembers(key)
      const tooMany = members.slice(0, Math.max(0, members.length - Math.max(0, room)))
      for (const member of tooMany) await this.#storage.indexRemove(key, member)
      evicted.unshift(...tooMany)
      room -= members.length - tooMany.length
    }
    return evicted
  }

  #allKeys(scope: UserScope, owner: string): string[] {
    return [this.#tag, ...this.#earlier].map((tag) => this.#keyOf(scope, tag, owner))
  }
}
