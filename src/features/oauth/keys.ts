/**
 * The keys with which a provider signs: fetched once, and again when a token names one that is not
 * among them, so that a provider may rotate its keys at any time. Not more often than each half
 * minute, whatever came of it: anybody can send a token that names any key. While there are no keys
 * to go by, a fetch that failed is not repeated for a second.
 */
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import type { Outbound } from './outbound.ts'

const freshMs = 3_600_000
const pauseMs = 30_000
const failedMs = 1000

export class ProviderKeys {
  readonly #fetch: Outbound
  readonly #clock: () => number
  #keys: { readonly find: JWTVerifyGetKey; readonly at: number } | null = null
  #loading: Promise<JWTVerifyGetKey> | null = null
  /** When they were last asked for. */
  #askedAt: number = Number.NEGATIVE_INFINITY
  /** Why the last fetch failed, and when; `null` where it did not. */
  #failed: { readonly error: unknown; readonly at: number } | null = null

  constructor(fetch: Outbound, clock: () => number) {
    this.#fetch = fetch
    this.#clock = clock
  }

  /** The key of a token, at this address of a key set. */
  find(url: string): JWTVerifyGetKey {
    return async (header, token) => {
      const known = this.#keys
      const isFresh = known !== null && this.#clock() - known.at < freshMs
      const find = isFresh ? known.find : await this.#load(url)
      try {
        return await find(header, token)
      } catch (error) {
        const isUnknown = error instanceof errors.JWKSNoMatchingKey
        if (!isUnknown || this.#clock() - this.#askedAt < pauseMs) throw error
        return (await this.#load(url))(header, token)
      }
    }
  }

  /** One request, however many tokens wait for it. */
  async #load(url: string): Promise<JWTVerifyGetKey> {
    const failed = this.#failed
    if (failed !== null && this.#clock() - failed.at < failedMs) throw failed.error
    this.#loading ??= this.#fetched(url)
      .catch((error: unknown) => {
        this.#failed = { error, at: this.#clock() }
        throw error
      })
      .finally(() => {
        this.#loading = null
      })
    return this.#loading
  }

  async #fetched(url: string): Promise<JWTVerifyGetKey> {
    this.#askedAt = this.#clock()
    this.#failed = null
    const response = await this.#fetch(url, { headers: { accept: 'application/json' } })
    if (response.status !== 200) throw new Error(`the key set answered ${response.status}`)
    const find = createLocalJWKSet((await response.json()) as JSONWebKeySet)
    this.#keys = { find, at: this.#clock() }
    return find
  }
}
