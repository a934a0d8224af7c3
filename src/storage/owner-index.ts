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
import { indexBeyond, indexRemoveMany } from './many.ts'
import type { Storage } from './storage.ts'

export interface OwnerIndexParts {
  readonly storage: Storage
  readonly keys: StorageKeys
  /** Tags of the application, that of its signing secret first. */
  readonly audiences: readonly string[]
}

/** Enough of an audience to tell applications apart: 96 bits. */
export function audienceTag(audience: string): string {
  return audience.slice(0, 16)
}

export class OwnerIndex {
  readonly #storage: Storage
  readonly #keyOf: (scope: UserScope, tag: string, owner: string) => string
  readonly #tag: string
  /** Of secrets that sign no more, latest first. */
  readonly #earlier: readonly string[]

  constructor(kind: string, { storage, keys, audiences }: OwnerIndexParts) {
    const [tag = '', ...earlier] = audiences.map(audienceTag)
    this.#storage = storage
    this.#keyOf = (scope, of, owner) => keys(scope, kind, `${of}:${owner}`)
    this.#tag = tag
    this.#earlier = earlier
  }

  /** Adds a member as the newest. */
  async add(scope: UserScope, owner: string, member: string, ttlSeconds: number): Promise<void> {
    await this.#storage.indexAdd(this.#keyOf(scope, this.#tag, owner), member, ttlSeconds)
  }

  /**
   * Ends the oldest members beyond the limit. Asked after a member was added: of several at once,
   * the last to ask sees all of them, and none leaves more than `limit`.
   *
   * A member leaves the index only once it has ended: what fails in between is still listed, and
   * makes room the next time.
   *
   * @param end Ends a member. One that has ended already is no error.
   */
  async makeRoom(
    scope: UserScope,
    owner: string,
    limit: number,
    end: (member: string) => Promise<unknown>,
  ): Promise<void> {
    const tooMany = await this.#beyond(scope, owner, limit)
    await Promise.all(
      tooMany.map(async (member) => {
        await end(member)
        await this.remove(scope, owner, member)
      }),
    )
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

  /** Those that are left, oldest first. */
  async removeMany(
    scope: UserScope,
    owner: string,
    members: readonly string[],
  ): Promise<readonly string[]> {
    const keys = this.#allKeys(scope, owner)
    const left = await Promise.all(keys.map((key) => indexRemoveMany(this.#storage, key, members)))
    return left.reverse().flat()
  }

  /** The live members, oldest first. */
  async members(scope: UserScope, owner: string): Promise<string[]> {
    const keys = this.#allKeys(scope, owner)
    const found = await Promise.all(keys.map((key) => this.#storage.indexMembers(key)))
    return found.reverse().flat()
  }

  /** The oldest live members beyond so many. */
  async #beyond(scope: UserScope, owner: string, limit: number): Promise<readonly string[]> {
    if (this.#earlier.length === 0) {
      return indexBeyond(this.#storage, this.#keyOf(scope, this.#tag, owner), limit)
    }
    const members = await this.members(scope, owner)
    return members.slice(0, Math.max(0, members.length - limit))
  }

  #allKeys(scope: UserScope, owner: string): string[] {
    return [this.#tag, ...this.#earlier].map((tag) => this.#keyOf(scope, tag, owner))
  }
}
