/**
 * Which refresh tokens of the Python original have ended before their time.
 *
 * Such a token belongs to no family: no record of it can be deleted, so its end is what is
 * recorded, for as long as it would have lived. A token is known by what it says, never by its
 * text, which can be spelled in more than one way.
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
  /** Tags of the application, that of its signing secret first. */
  readonly audiences: readonly string[]
}

export class EndedTokens {
  readonly #parts: EndedTokensParts

  constructor(parts: EndedTokensParts) {
    this.#parts = parts
  }

  /** One read; while secrets rotate, one for each. */
  async has(scope: UserScope, token: TokenWithoutFamily): Promise<boolean> {
    const { storage, audiences } = this.#parts
    const keys = audiences.map((audience) => this.#key(scope, token, audience))
    const found = await Promise.all(keys.map((key) => storage.get(key)))
    return found.some((ended) => ended !== null)
  }

  async add(scope: UserScope, token: TokenWithoutFamily): Promise<void> {
    const { storage, clock, audiences } = this.#parts
    const ttl = token.expiresAt - clock() / 1000
    if (ttl > 0) await storage.set(this.#key(scope, token, audiences[0] ?? ''), '1', ttl)
  }

  #key(scope: UserScope, token: TokenWithoutFamily, audience: string): string {
    return this.#parts.keys(scope, 'refresh-ended', digestOf(token, audience))
  }
}

/** What a token says, as one text. Whoever says the same gets the same. */
export function digestOf(
  { id, epoch, expiresAt, scopes }: TokenWithoutFamily,
  audience: string,
): string {
  return sha256(JSON.stringify([audience, id, epoch, expiresAt, scopes]))
}
