/**
 * Which issuer the column of a provider holds the subjects of. A column does not say it, and the
 * same subject of another issuer is somebody else: whoever runs the new one could write anybody's.
 *
 * So the first sign-in at a provider records its issuer in the storage, for good, and once another
 * one is configured nobody is found or linked by that column. Where the storage was emptied nothing
 * is known: what is configured is recorded anew, and an event says so.
 */
import type { Ground } from '../../feature.ts'
import { orUnavailable } from '../../storage/outage.ts'
import type { Identities } from '../../users/identities.ts'
import { OAuthRefusal } from './errors.ts'

/** Another process records at most once between two looks. */
const maxTries = 5

/** Seconds: for ever, as far as a configuration goes. */
const lifetime = 315_360_000

/** The issuer of a provider whose identities are in a column. */
export interface ColumnIssuer {
  readonly provider: string
  /** As configured. */
  readonly issuer: string
  /** Whose subjects the column holds; `null` where nothing is known. */
  readonly recorded: string | null
}

export class ColumnIssuers {
  readonly #ground: Ground
  readonly #issuers: Readonly<Record<string, string>>

  /** @param issuers By provider, as configured. */
  constructor(ground: Ground, issuers: Readonly<Record<string, string>>) {
    this.#ground = ground
    this.#issuers = issuers
  }

  /** @throws OAuthRefusal `issuer_changed`; AuthError `storage_unavailable` (503). */
  async require(provider: string): Promise<void> {
    const issuer = this.#issuers[provider]
    // The port says what is wrong with a provider that is not configured.
    if (issuer === undefined) return
    const recorded = await this.#recorded(provider, issuer)
    if (recorded === issuer) return
    this.#ground.emit({ name: 'oauth.issuer_changed', provider, issuer, recorded })
    throw new OAuthRefusal('issuer_changed', provider, `it was ${recorded}, and is ${issuer}`)
  }

  /** @throws AuthError `storage_unavailable` (503). */
  list(): Promise<ColumnIssuer[]> {
    const { storage } = this.#ground
    const all = Object.entries(this.#issuers).map(async ([provider, issuer]) => {
      const recorded = await this.#stored(storage.get(this.#key(provider)))
      return { provider, issuer, recorded }
    })
    return Promise.all(all)
  }

  /**
   * Records what is configured in the place of what was recorded.
   *
   * @throws Error for a provider without a column; AuthError `storage_unavailable` (503).
   */
  async accept(provider: string): Promise<void> {
    const issuer = Object.hasOwn(this.#issuers, provider) ? this.#issuers[provider] : undefined
    if (issuer === undefined) {
      throw new Error(`crudauth: the provider '${provider}' has no column of the users table`)
    }
    await this.#stored(this.#ground.storage.set(this.#key(provider), issuer, lifetime))
  }

  /** Of several processes at once one records, and the others find it. */
  async #recorded(provider: string, issuer: string): Promise<string> {
    const { storage, emit } = this.#ground
    const key = this.#key(provider)
    for (let tries = 0; tries < maxTries; tries++) {
      const recorded = await this.#stored(storage.get(key))
      if (recorded !== null) return recorded
      if (await this.#stored(storage.add(key, issuer, lifetime))) {
        emit({ name: 'oauth.issuer_recorded', provider, issuer })
        return issuer
      }
    }
    // It neither has a record nor takes one: a guess would let anybody's subjects in.
    const lost = new Error(`the storage keeps no issuer of '${provider}'`)
    return this.#stored(Promise.reject(lost))
  }

  /** One column holds the identities of all tenants. */
  #key(provider: string): string {
    return this.#ground.keys({}, 'oauth-issuer', provider)
  }

  #stored<Value>(work: Promise<Value>): Promise<Value> {
    return orUnavailable('oauth', this.#ground.emit, work)
  }
}

/**
 * The same identities, none of which is found or linked under another issuer than the recorded one.
 * Who gets a new account was looked for before. What is listed and taken stays open: nobody gets in
 * by it.
 */
export function ofOneIssuer(identities: Identities, issuers: ColumnIssuers): Identities {
  return {
    ...identities,
    async find(identity, scope) {
      await issuers.require(identity.provider)
      return identities.find(identity, scope)
    },
    async link(accountId, identity, scope) {
      await issuers.require(identity.provider)
      return identities.link(accountId, identity, scope)
    },
  }
}
