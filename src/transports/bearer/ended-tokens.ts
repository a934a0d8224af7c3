/**
 * Which refresh tokens of the Python original have ended before their time.
 *
 * Such a token belongs to no family: no record of it can be deleted, so its end is what is recorded,
 * for as long as it would have lived. A token is known by what it says, never by its text, which can
 * be spelled in more than one way.
 */
import { sha256 } from '../../crypto.ts'
import type { StorageKeys } from '../../storage/keys.ts'
import type { Storage } from '../../storage/storage.ts'
import type { CredentialOwner } from '../../users/accounts.ts'
import type { UserScope } from '../../users/store.ts'

/** What a refresh token without a family says. Two that say the same are one login. */
export interface TokenWithoutFamily extends CredentialOwner {
  readonly scopes: readonly string[]
  /** Seconds since the epoch. */
  readonly expiresAt: number
}

export interface EndedTokensParts {
  readonly storage: Storage
  readonly keys: StorageKeys
  readonly clock: () => number
  /** Seconds. Tokens are taken to have begun this long before they expire. */
  readonly refreshTtl: number
}

export class EndedTokens {
  readonly #parts: EndedTokensParts

  constructor(parts: EndedTokensParts) {
    this.#parts = parts
  }

  /** @param owner As its row has it now: a token may spell the same key in another way. */
  async has(scope: UserScope, token: TokenWithoutFamily, owner: CredentialOwner): Promise<boolean> {
    const { storage } = this.#parts
    const [ended, allEndedUntil] = await Promise.all([
      storage.get(this.#key(scope, token)),
      storage.get(this.#keyOfAll(scope, owner)),
    ])
    return ended !== null || token.expiresAt <= Number(allEndedUntil ?? 0)
  }

  async add(scope: UserScope, token: TokenWithoutFamily): Promise<void> {
    const { storage, clock } = this.#parts
    const ttl = token.expiresAt - clock() / 1000
    if (ttl > 0) await storage.set(this.#key(scope, token), '1', ttl)
  }

  /**
   * Ends every token of a user that began until now, in this epoch. They say when they expire and not
   * when they began, so the lifetime of ours is taken for theirs.
   */
  async addAll(scope: UserScope, owner: CredentialOwner): Promise<void> {
    const { storage, clock, refreshTtl } = this.#parts
    const until = Math.floor(clock() / 1000) + refreshTtl
    await storage.set(this.#keyOfAll(scope, owner), String(until), refreshTtl)
  }

  #key(scope: UserScope, { id, epoch, expiresAt, scopes }: TokenWithoutFamily): string {
    const digest = sha256(JSON.stringify([id, epoch, expiresAt, scopes]))
    return this.#parts.keys(scope, 'refresh-ended', digest)
  }

  #keyOfAll(scope: UserScope, { id, epoch }: CredentialOwner): string {
    return this.#parts.keys(scope, 'refreshes-ended', `${epoch}:${id}`)
  }
}
