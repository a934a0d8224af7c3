/**
 * What the mounted routes come to, taken together: paths that are taken, and limits by action.
 */
import { ConfigurationError } from '../errors.ts'
import type { LimitsByAction } from '../limits/rate-limits.ts'
import { suggestion } from '../options/nearest.ts'
import type { Route } from './route.ts'

/** @throws ConfigurationError when a path of the application's choice is taken. */
export function checkedRoutes(routes: readonly Route[]): readonly Route[] {
  const named = routes.map(({ method, path }) => `${method} ${path}`)
  const twice = named.filter((name, index) => named.indexOf(name) < index)
  if (twice.length === 0) return routes
  throw new ConfigurationError(
    twice.map((name) => `${name} is mounted twice; write another path for the route`),
  )
}

/**
 * The limits of the mounted routes, and what the application configured for routes of its own.
 *
 * @throws ConfigurationError for a limit that looks like one of ours and limits nothing.
 */
export function limitsOf(
  routes: readonly Route[],
  configured: LimitsByAction,
  unmounted: Readonly<Record<string, string>>,
): LimitsByAction {
  const defaults = Object.fromEntries(
    routes.flatMap(({ limit }) => (limit ? [[limit.action, limit.default]] : [])),
  )
  const known = Object.keys(defaults)
  const paths = new Set(routes.map(({ path }) => path.slice(1)))
  const problems = Object.keys(configured)
    .filter((action) => !known.includes(action))
    .flatMap((action) => {
      const those = `the actions of the mounted routes are: ${known.join(', ')}`
      const mounting = Object.hasOwn(unmounted, action) ? unmounted[action] : undefined
      if (mounting !== undefined) {
        return `rateLimits.${action} is the limit of routes that are not mounted; write ${mounting}, or leave it out; ${those}`
      }
      if (paths.has(action)) {
        return `rateLimits.${action} limits nothing: /${action} has no rate limit; leave it out (logins are limited by lockout: { … }); ${those}`
      }
      const meant = suggestion(action, known)
      return meant === '' ? [] : `rateLimits.${action} limits nothing;${meant} ${those}`
    })
  if (problems.length > 0) throw new ConfigurationError(problems)
  return { ...defaults, ...configured }
}
