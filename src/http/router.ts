/**
 * From a method and a path to a route, by Hono's router: the part of Hono that the core uses.
 */
import { RegExpRouter } from 'hono/router/reg-exp-router'
import { AuthError } from '../errors.ts'
import type { Method, Route } from './route.ts'

/**
 * Finds the route for a request.
 *
 * @throws AuthError `not_found`, or `method_not_allowed` with `Allow` where only the path is known.
 */
export type FindRoute = (method: string, path: string) => Route

export function router(routes: readonly Route[]): FindRoute {
  const matcher = new RegExpRouter<Route>()
  const methods = new Map<string, Method[]>()
  for (const route of routes) {
    matcher.add(route.method, route.path, route)
    methods.set(route.path, [...(methods.get(route.path) ?? []), route.method])
  }
  return (method, path) => {
    const route = matcher.match(method, path)[0][0]?.[0]
    if (route) return route
    const allowed = methods.get(path)
    if (!allowed) throw new AuthError('not_found', 'Not Found')
    throw new AuthError('method_not_allowed', 'Method Not Allowed', {
      headers: { Allow: allowed.join(', ') },
    })
  }
}
