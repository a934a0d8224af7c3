/**
 * From a method and a path to a route, by Hono's router: the part of Hono that the core uses.
 */
import { RegExpRouter } from 'hono/router/reg-exp-router'
import { AuthError } from '../errors.ts'
import type { PathParams, Route } from './route.ts'

/**
 * Finds the route for a request.
 *
 * @throws AuthError `not_found`, or `method_not_allowed` with `Allow` where only the path is known.
 */
export type FindRoute = (method: string, path: string) => FoundRoute

export interface FoundRoute {
  readonly route: Route
  readonly params: PathParams
}

export function router(routes: readonly Route[]): FindRoute {
  const matcher = new RegExpRouter<Route>()
  for (const route of routes) matcher.add(route.method, route.path, route)
  const methods = [...new Set(routes.map(({ method }) => method))]

  const find = (method: string, path: string): FoundRoute | null => {
    const [[found], segments = []] = matcher.match(method, path)
    if (!found) return null
    const [route, indexes] = found
    const params = Object.entries(indexes).map(([name, index]) => {
      return [name, typeof index === 'number' ? decode(segments[index] ?? '') : index]
    })
    return { route, params: Object.fromEntries(params) as PathParams }
  }
  return (method, path) => {
    const found = find(method, path)
    if (found) return found
    const allowed = methods.filter((other) => find(other, path))
    if (allowed.length === 0) throw new AuthError('not_found', 'Not Found')
    throw new AuthError('method_not_allowed', 'Method Not Allowed', {
      headers: { Allow: allowed.join(', ') },
    })
  }
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
