/**
 * Rate limits for the application's own routes.
 */
import { sha256 } from '../crypto.ts'
import { ConfigurationError } from '../errors.ts'
import {
  type LimitsByAction,
  type RateLimit,
  type RateLimits,
  rateLimitHeaders,
  rateLimitOptions,
} from '../limits/rate-limits.ts'
import { declareOptions } from '../options/declare.ts'
import { own } from '../options/option.ts'
import type { Principal } from '../principal.ts'
import type { Calls } from './call.ts'
import type { Exchange } from './exchange.ts'

/**
 * Whose budget a rate limit counts: the client address, the user, the login, or a key of one's own.
 */
export type RateLimitKey = 'address' | 'user' | 'login' | ((request: Request) => string)

/** How `auth.rateLimit()` counts. */
export interface RateLimitOptions {
  /**
   * Default `address`; clients whose address is unknown share a budget twenty times as large, and
   * get 503 when it is used up, unless they are logged in or a browser that was. With `user` or
   * `login` the request is authenticated first, and refused if it is not. What an owner must always
   * be able to do counts by `login`: a stolen credential has a budget of its own then.
   */
  key?: RateLimitKey
}

const keyNames: readonly unknown[] = ['address', 'user', 'login']

const limiterOptions = declareOptions<{ readonly key: RateLimitKey }>({
  key: own<RateLimitKey>({
    fallback: 'address',
    problems: (given, path) =>
      typeof given === 'function' || keyNames.includes(given)
        ? []
        : [
            `${path} must be 'address', 'user', 'login', or a function that returns a text, such as (request) => …`,
          ],
  }),
})

/**
 * Spends one unit of a budget; resolves to the headers that belong on a successful answer, or
 * throws `AuthError` `rate_limited`.
 */
export type RateLimiter<C = unknown> = (call: C) => Promise<Readonly<Record<string, string>>>

type Caller = Principal | null

export interface RateLimiterParts {
  readonly rateLimits: RateLimits
  /** The limits of the library's routes, by action. */
  readonly limits: LimitsByAction
  readonly calls: Calls
  /** Who calls; throws when nobody does. */
  readonly caller: (exchange: Exchange) => Promise<Caller>
  /** Whether the request comes from somebody who is logged in, or a browser that was. */
  readonly isKnown: (exchange: Exchange) => Promise<boolean>
}

export type BuildRateLimiter<C = unknown> = (
  action: string,
  limit?: RateLimit,
  options?: RateLimitOptions,
) => RateLimiter<C>

/** As a digest: it may be personal, or as long as a client likes. */
function ownKey(action: string, key: unknown): string {
  if (typeof key === 'string') return sha256(key)
  throw new TypeError(
    `crudauth: the key of rateLimit('${action}') returned ${typeof key}; return a text`,
  )
}

export function applicationLimits(parts: RateLimiterParts): BuildRateLimiter {
  const { rateLimits, limits, calls, caller } = parts
  return (action, given = limits[action], options = {}) => {
    if (typeof action !== 'string') {
      throw new ConfigurationError([
        "rateLimit() takes the name of what it limits first; write rateLimit('search', { times: 30, seconds: 60 })",
      ])
    }
    if (!given) {
      const known = Object.keys(limits).join(', ')
      throw new ConfigurationError([
        `rateLimit('${action}') has no limit; write rateLimit('${action}', { times: 30, seconds: 60 }) (without one it takes that of a route of the library: ${known})`,
      ])
    }
    const name = `rateLimit('${action}')`
    const { settings: limit, problems } = rateLimitOptions.read(given, name)
    const { settings, problems: misshapen } = limiterOptions.read(options, name)
    const all = [...problems, ...misshapen]
    if (all.length > 0) throw new ConfigurationError(all)
    const { key } = settings
    if (limit.times === 0) return async () => ({})

    const keyOf = async (exchange: Exchange): Promise<{ counted: string | null; by: Caller }> => {
      if (typeof key === 'function') {
        return { counted: ownKey(action, key(exchange.request)), by: null }
      }
      if (key === 'address') return { counted: exchange.address?.network ?? null, by: null }
      const by = await caller(exchange)
      const counted = key === 'user' ? String(by?.userId) : `${by?.transport}:${by?.login}`
      return { counted, by }
    }
    return async (call) => {
      const exchange = await calls.exchange(call)
      const { counted, by } = await keyOf(exchange)
      if (counted === null) {
        const isKnown = () => parts.isKnown(exchange)
        await rateLimits.spendUnknown(exchange.scope, action, limit, isKnown)
        return {}
      }
      const client = { userId: by?.userId ?? null, address: exchange.address?.address ?? null }
      return rateLimitHeaders(
        await rateLimits.spend(exchange.scope, action, counted, limit, client),
      )
    }
  }
}
