/**
 * Rate limits for the application's own routes.
 */
import { sha256 } from '../crypto.ts'
import { ConfigurationError } from '../errors.ts'
import type { Connection } from '../http/connection.ts'
import type { ExchangeFor } from '../http/exchange.ts'
import type { Principal } from '../principal.ts'
import {
  type RateLimit,
  type RateLimits,
  rateLimitHeaders,
  rateLimitOptions,
  type Throttle,
} from './rate-limits.ts'

/** Whose budget a rate limit counts: the client address, the user, or a key of one's own. */
export type RateLimitKey = 'address' | 'user' | ((request: Request) => string)

export interface RateLimitOptions {
  /** Default `address`. With `user` the request is authenticated first, and refused if it is not. */
  key?: RateLimitKey
}

/**
 * Spends one unit of a budget; resolves to the headers that belong on a successful answer, or
 * throws `AuthError` `rate_limited`.
 */
export type RateLimiter = (
  request: Request,
  connection?: Connection,
) => Promise<Readonly<Record<string, string>>>

export interface RateLimiterParts {
  readonly throttle: Throttle
  /** The configured limits, by action. */
  readonly defaults: RateLimits
  readonly exchangeFor: ExchangeFor
  /** Who calls; throws when nobody does. */
  readonly caller: (request: Request, connection?: Connection) => Promise<Principal | null>
}

export type BuildRateLimiter = (
  action: string,
  limit?: RateLimit,
  options?: RateLimitOptions,
) => RateLimiter

/** As a digest: it may be personal, or as long as a client likes. */
function ownKey(action: string, key: unknown): string {
  if (typeof key === 'string') return sha256(key)
  throw new TypeError(
    `crudauth: the key of rateLimit('${action}') returned ${typeof key}; return a text`,
  )
}

export function rateLimits(parts: RateLimiterParts): BuildRateLimiter {
  const { throttle, defaults, exchangeFor, caller } = parts
  return (action, limit = defaults[action], { key = 'address' } = {}) => {
    if (!limit) {
      const known = Object.keys(defaults).join(', ')
      throw new ConfigurationError([
        `rateLimit('${action}') has no limit; give one, { times, seconds }, or configure rateLimits.${action} (known: ${known})`,
      ])
    }
    const { problems } = rateLimitOptions.read(limit, `rateLimit('${action}')`)
    if (problems.length > 0) throw new ConfigurationError(problems)
    if (limit.times === 0) return async () => ({})

    const keyOf = async (request: Request, connection: Connection | undefined) => {
      if (typeof key === 'function') return ownKey(action, key(request))
      if (key === 'address') return exchangeFor(request, connection).address?.network ?? null
      return String((await caller(request, connection))?.userId)
    }
    return async (request, connection) => {
      const exchange = exchangeFor(request, connection)
      const counted = await keyOf(request, connection)
      // Without an address there is no bucket that everybody would share.
      if (counted === null) return {}
      const address = exchange.address?.address ?? null
      return rateLimitHeaders(await throttle.spend(exchange.scope, action, counted, limit, address))
    }
  }
}
