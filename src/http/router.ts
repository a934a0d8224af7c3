/**
 * From a method and a path to a route. Our paths are few: a map finds those without a parameter, a
 * short list the others.
 */
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

/** The routes of one path, by method. */
type Methods = Map<string, Route>

/** A path in which one segment stands for a name. */
interface Pattern {
  readonly before: string
  readonly name: string
  readonly after: string
  readonly methods: Methods
}

const noParams: PathParams = Object.freeze({})

/**
 * @throws Error for a path with more than one parameter, or with one that is only part of a
 *   segment.
 */
export function router(routes: readonly Route[]): FindRoute {
  const fixed = new Map<string, Methods>()
  const patterns = new Map<string, Pattern>()
  for (const route of routes) {
    const { method, path } = route
    const methods = fixed.get(path) ?? patterns.get(path)?.methods ?? new Map<string, Route>()
    if (!methods.has(method)) methods.set(method, route)
    if (path.includes(':')) patterns.set(path, patterns.get(path) ?? patternOf(path, methods))
    else fixed.set(path, methods)
  }
  const listed = [...patterns.values()]
  const order = [...new Set(routes.map(({ method }) => method))]

  /** Every set of routes that the path has, with what stands for the parameter. */
  function* matches(path: string): Generator<{ methods: Methods; params: PathParams }> {
    const methods = fixed.get(path)
    if (methods) yield { methods, params: noParams }
    for (const { before, name, after, methods } of listed) {
      const segment = segmentOf(path, before, after)
      if (segment !== null) yield { methods, params: { [name]: decode(segment) } }
    }
  }

  return (method, path) => {
    const allowed = new Set<string>()
    for (const { methods, params } of matches(path)) {
      const route = methods.get(method)
      if (route) return { route, params }
      for (const other of methods.keys()) allowed.add(other)
    }
    if (allowed.size === 0) throw new AuthError('not_found', 'Not Found')
    throw new AuthError('method_not_allowed', 'Method Not Allowed', {
      headers: { Allow: order.filter((one) => allowed.has(one)).join(', ') },
    })
  }
}

function patternOf(path: string, methods: Methods): Pattern {
  const [, before, name, after] = /^([^:]*\/):(\w+)((?:\/[^:]*)?)$/.exec(path) ?? []
  if (before === undefined || name === undefined || after === undefined) {
    throw new Error(`crudauth: a path has one parameter at most, which is a segment: ${path}`)
  }
  return { before, name, after, methods }
}

/** What stands for the parameter: one segment, which is not empty. */
function segmentOf(path: string, before: string, after: string): string | null {
  if (path.length <= before.length + after.length) return null
  if (!path.startsWith(before) || !path.endsWith(after)) return null
  const segment = path.slice(before.length, path.length - after.length)
  return segment.includes('/') ? null : segment
}

/** As it was sent where it cannot be decoded: nothing of ours has such a name. */
function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
