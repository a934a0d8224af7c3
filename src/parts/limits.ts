/**
 * Rate limits and the lockout by themselves, on keys of your own and any storage.
 */
import { sha256 } from '../crypto.ts'
import { ConfigurationError } from '../errors.ts'
import type { EventListener } from '../events.ts'
import type { CountedAttempt } from '../limits/guess.ts'
import { Lockout } from '../limits/lockout.ts'
import { type LockoutOptions, lockoutOptions } from '../limits/lockout-settings.ts'
import {
  type RateLimit,
  type RateLimitState,
  RateLimits,
  rateLimitOptions,
} from '../limits/rate-limits.ts'
import { guarded, warnOnTrouble } from '../listener.ts'
import { settled } from '../options/declare.ts'
import { storageKeys } from '../storage/keys.ts'
import type { Storage } from '../storage/storage.ts'

export { memoryStorage } from '../storage/memory.ts'
export type { CountedAttempt, LockoutOptions, RateLimit, RateLimitState, Storage }

/** Where limits count. */
export interface LimitOptions {
  readonly storage: Storage
  /** Keeps what is counted apart from other applications on the storage. Default `limits`. */
  readonly namespace?: string
  /** `observe` reports what would be refused, and lets it through. Default `enforce`. */
  readonly mode?: 'enforce' | 'observe'
  /** Default: trouble goes to `console.warn`. */
  readonly onEvent?: EventListener
}

/** Spends units of budgets. */
export interface Throttle {
  /**
   * Spends one unit of the budget of a key, such as a user or an address. A storage that does not
   * answer lets it through.
   *
   * @throws AuthError `rate_limited` (429 with Retry-After).
   */
  spend(action: string, key: string, limit: RateLimit): Promise<RateLimitState>
  /** Gives back what `spend` took, for something that did not happen. */
  giveBack(action: string, key: string, limit: RateLimit): Promise<void>
}

/**
 * A rate limit on keys of your own: budgets that refill evenly, in one step of the storage.
 *
 * @example
 * ```ts
 * const limits = throttle({ storage: memoryStorage() })
 * await limits.spend('export', String(user.id), { times: 3, seconds: 3600 })
 * ```
 */
export function throttle({
  storage,
  namespace = 'limits',
  mode = 'enforce',
  onEvent = warnOnTrouble,
}: LimitOptions): Throttle {
  const keys = storageKeys(namespace)
  const rateLimits = new RateLimits(mode, { storage, keys, emit: guarded(onEvent) })
  const client = { userId: null, address: null }
  return {
    async spend(action, key, limit) {
      const { times, seconds } = settled(rateLimitOptions, limit, 'limit')
      if (times === 0) return { limit: 0, remaining: 0 }
      return rateLimits.spend({}, action, sha256(key), { times, seconds }, client)
    },
    giveBack: (action, key, limit) => rateLimits.giveBack({}, action, sha256(key), limit),
  }
}

/** Who guesses, at what. */
export interface GuessAt {
  /** What is guessed at: an account, a voucher. `null` where what was typed is nothing's. */
  readonly key: string | null
  /** What was typed, in the form in which it is looked up: counted where there is no key. */
  readonly typed: string
  /** The network of the client, as `clientAddress()` tells it; `null` where that is unknown. */
  readonly network: string | null
  /** The site of the client. Default: its network. */
  readonly site?: string | null
}

/** Counts guesses. */
export interface Guessing {
  /**
   * Counts a guess, before it is looked at; ends in exactly one of `failed`, `succeeded` and
   * `withdrawn`. Where `isDecoy`, do the same work, and refuse whatever comes out.
   *
   * @throws AuthError `login_locked` (429 with Retry-After), also where the storage does not
   *   answer.
   */
  attempt(guess: GuessAt): Promise<CountedAttempt>
  /** Forgets what was counted at a key. */
  open(key: string): Promise<void>
}

/**
 * The lockout on keys of your own: it escalates for who guesses, and costs and answers the same
 * with and without a key. For logins use `auth.attempt`, which does the rest, too.
 *
 * @throws ConfigurationError for a secret or options that are none.
 *
 * @example
 * ```ts
 * const guessing = lockout({ storage, secret })
 * const attempt = await guessing.attempt({ key: voucher?.id ?? null, typed, network })
 * if (voucher && matches && !attempt.isDecoy) await attempt.succeeded()
 * else throw (await attempt.failed()) ?? notFound
 * ```
 */
export function lockout({
  storage,
  namespace = 'limits',
  onEvent = warnOnTrouble,
  mode,
  secret,
  clock = Date.now,
  ...options
}: LimitOptions &
  Omit<LockoutOptions, 'mode'> & {
    /** Keys what is stored of guesses: at least 32 bytes. */
    readonly secret: string
    /** For tests. Default `Date.now`. */
    readonly clock?: () => number
  }): Guessing {
  if (typeof secret !== 'string' || Buffer.byteLength(secret) < 32) {
    throw new ConfigurationError([
      'secret must have at least 32 bytes; make one with npx crudauth secret',
    ])
  }
  const given = mode === undefined ? options : { ...options, mode }
  const settings = settled(lockoutOptions, given, 'lockout')
  const emit = guarded(onEvent)
  const parts = { storage, keys: storageKeys(namespace), clock, emit, secrets: [secret] }
  const counted = new Lockout(settings, parts)
  let guesses = 0
  return {
    attempt({ key, typed, network, site = network }) {
      guesses += 1
      return counted.attempt(
        {},
        {
          userId: key,
          account: key,
          typed: sha256(typed),
          network,
          site,
          device: null,
          // Nothing is known of what was guessed, so that each one counts.
          against: '',
          password: `${clock()}.${guesses}.${sha256(typed)}`,
          isReachable: false,
        },
      )
    },
    open: (key) => counted.open({}, key),
  }
}
