/**
 * Rate limits for everything that is not a password: so many times per period, sliding.
 *
 * Clients whose address is unknown share one budget, of the size of several clients': what costs
 * others is bounded then, too, and as nobody in particular is to blame, the answer is 503. A limit
 * of one client would let anybody shut everybody out.
 *
 * A limit that cannot reach its storage lets the request through: failing open, because it protects
 * a resource, not a secret, and its outage must not be everybody's.
 */
import { AuthError } from '../errors.ts'
import type { EventListener, UserId } from '../events.ts'
import { type Declaration, declareOptions } from '../options/declare.ts'
import { seconds } from '../options/durations.ts'
import { whole } from '../options/option.ts'
import type { StorageKeys } from '../storage/keys.ts'
import { orGoOn } from '../storage/outage.ts'
import type { Storage } from '../storage/storage.ts'
import type { UserScope } from '../users/store.ts'

/** So many requests in so many seconds. The budget refills evenly. */
export interface RateLimit {
  /** How many requests; 0 switches the limit off. */
  readonly times: number
  /** In how many seconds. */
  readonly seconds: number
}

/** Limits by action. */
export type LimitsByAction = Readonly<Record<string, RateLimit>>

/** A limit is given whole: half of one would be a guess of ours. */
const missing = 'a limit is { times, seconds }, such as { times: 5, seconds: 3600 }'

export const rateLimitOptions: Declaration<RateLimit> = declareOptions<RateLimit>(
  {
    times: {
      ...whole(5, { min: 0, max: 1_000_000 }),
      defaultText: 'required',
      leftOut: (path) => ({ value: 0, problems: [`${path} is missing; ${missing}`] }),
    },
    seconds: {
      ...seconds(3600),
      defaultText: 'required',
      leftOut: (path) => ({ value: 0, problems: [`${path} is missing; ${missing}`] }),
    },
  },
  {
    write: '{ times: 5, seconds: 3600 }, or times: 0 to switch it off',
    elsewhere: {
      max: 'write times: 5',
      limit: 'write times: 5',
      window: 'write seconds: 3600',
      windowMs: 'write seconds: 3600',
      duration: 'write seconds: 3600',
    },
  },
)

/** What the headers of the answer say about a limit. */
export interface RateLimitState {
  readonly limit: number
  readonly remaining: number
}

/** Whose budget it is, as far as that is known. */
export interface LimitedClient {
  readonly userId: UserId | null
  readonly address: string | null
}

/** The budget of all whose address is unknown is that of so many clients. */
export const unknownClients = 20

/** No network is called so. */
const unknownKey = 'unknown'

export class RateLimits {
  readonly #mode: 'enforce' | 'observe'
  readonly #storage: Storage
  readonly #keys: StorageKeys
  readonly #emit: EventListener

  constructor(
    mode: 'enforce' | 'observe',
    parts: { storage: Storage; keys: StorageKeys; emit: EventListener },
  ) {
    this.#mode = mode
    this.#storage = parts.storage
    this.#keys = parts.keys
    this.#emit = parts.emit
  }

  /**
   * Gives back what `spend` took, for something that did not happen. If that fails, the unit is
   * lost: nobody is refused for it now.
   */
  async giveBack(
    scope: UserScope,
    action: string,
    key: string,
    { times, seconds }: RateLimit,
  ): Promise<void> {
    const storageKey = this.#keys(scope, `rate-limit-${action}`, key)
    await orGoOn('rate_limit', this.#emit, this.#storage.giveBack(storageKey, times, seconds))
  }

  /**
   * Spends one unit of the budget of `key` for `action`.
   *
   * @param client For the event only.
   * @throws AuthError `rate_limited` (429 with Retry-After) when the budget is used up.
   */
  async spend(
    scope: UserScope,
    action: string,
    key: string,
    { times, seconds }: RateLimit,
    client: LimitedClient,
  ): Promise<RateLimitState> {
    const spending = await this.#spend(scope, action, key, times, seconds)
    if (spending === null) return { limit: times, remaining: times }
    if (spending.allowed) return { limit: times, remaining: spending.remaining }
    if (this.#isObserved(action, client)) return { limit: times, remaining: 0 }
    throw new AuthError('rate_limited', 'Too many requests. Try again later.', {
      headers: {
        'X-RateLimit-Limit': String(times),
        'X-RateLimit-Remaining': '0',
        'Retry-After': String(spending.retryAfterSeconds),
      },
    })
  }

  /**
   * Spends one unit of the budget that all share whose address is unknown.
   *
   * @param isKnown Asked when the budget is used up: whoever is known is let through.
   * @throws AuthError `overloaded` (503 with Retry-After).
   */
  async spendUnknown(
    scope: UserScope,
    action: string,
    { times, seconds }: RateLimit,
    isKnown: () => Promise<boolean>,
  ): Promise<void> {
    const spending = await this.#spend(scope, action, unknownKey, times * unknownClients, seconds)
    if (spending === null || spending.allowed || (await isKnown())) return
    if (this.#isObserved(action, { userId: null, address: null })) return
    throw new AuthError('overloaded', 'The server is busy. Try again shortly.', {
      headers: { 'Retry-After': String(spending.retryAfterSeconds) },
    })
  }

  /** `null` where the storage does not answer. */
  #spend(scope: UserScope, action: string, key: string, times: number, seconds: number) {
    const storageKey = this.#keys(scope, `rate-limit-${action}`, key)
    return orGoOn('rate_limit', this.#emit, this.#storage.spend(storageKey, times, seconds))
  }

  /** Reports a budget that is used up. */
  #isObserved(action: string, { userId, address }: LimitedClient): boolean {
    const observed = this.#mode === 'observe'
    this.#emit({ name: 'rate_limit.exceeded', action, userId, address, observed })
    return observed
  }
}

/** The headers of an answer that went well. */
export function rateLimitHeaders(state: RateLimitState): Record<string, string> {
  return {
    'X-RateLimit-Limit': String(state.limit),
    'X-RateLimit-Remaining': String(state.remaining),
  }
}
