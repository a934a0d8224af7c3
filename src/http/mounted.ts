/**
 * The routes that are mounted: all of them, those of some features, below a path. They answer, are
 * handed to frameworks, and have a document.
 */
import { AuthError, ConfigurationError } from '../errors.ts'
import type { Calls } from './call.ts'
import {
  type OpenApiDocument,
  type OpenApiOptions,
  type OpenApiParts,
  openApiDocument,
} from './openapi.ts'
import { pathOf } from './path.ts'
import { errorResponse, type PipelineParts, runRoute } from './pipeline.ts'
import type { Method, PathParams, Route } from './route.ts'
import { type FindRoute, type FoundRoute, router } from './router.ts'

/** One mounted route, for frameworks: match the method and the path, call `handle`. */
export interface Endpoint<C = unknown> {
  readonly method: Method
  /** `:name` stands for one segment. */
  readonly path: string
  /**
   * Answers; never rejects.
   *
   * @param params The segments of the path that stand for names, such as `:id`.
   */
  handle(call: C, params?: Readonly<Record<string, string>>): Promise<Response>
}

/**
 * Mounted routes, of which parts can be mounted by themselves: `/register` elsewhere than `/login`,
 * or the routes of a transport alone.
 */
export interface Routes<C = unknown> {
  readonly endpoints: readonly Endpoint<C>[]

  /** Answers a request to one of them, and anything else with 404 or 405. */
  fetch(call: C): Promise<Response>

  /** The OpenAPI 3.1 document of them, with their paths as they are mounted. */
  openapi(options?: OpenApiOptions): Promise<OpenApiDocument>

  /**
   * Those of these features alone: `register`, `me`, `passwords`, `session`, `bearer`, and so on by
   * the names of transports and features.
   *
   * @throws ConfigurationError for one that has no routes.
   *
   * @example
   * ```ts
   * const signUp = auth.routes.only('register').under('/sign-up')
   * const others = auth.routes.except('register').under('/auth')
   * ```
   */
  only(...features: readonly string[]): Routes<C>

  /** All but those of these features. @throws as `only`. */
  except(...features: readonly string[]): Routes<C>

  /**
   * The same below a path, for a server that hands over whole paths: `/auth` has `/auth/login`.
   * Where a router takes the path off (Hono's `route`, Express's `use`) it is not needed.
   *
   * @throws ConfigurationError for what is no path.
   */
  under(path: string): Routes<C>
}

/** A route, and the feature that brings it. */
export interface FeatureRoute {
  readonly feature: string
  readonly route: Route
}

/** Runs a call through a route that is to be found; whatever happens becomes an answer. */
export type Respond = (call: unknown, find: FindRoute) => Promise<Response>

export function mountedRoutes(
  mounted: readonly FeatureRoute[],
  respond: Respond,
  transports: OpenApiParts['transports'],
  prefix = '',
): Routes {
  const routes = mounted.map(({ route }) => route)
  const find = below(prefix, router(routes))
  const features = [...new Set(mounted.map(({ feature }) => feature))]
  const chosen = (names: readonly string[], keeps: (isNamed: boolean) => boolean) => {
    const unknown = names.filter((name) => !features.includes(name))
    if (unknown.length > 0) {
      throw new ConfigurationError(
        unknown.map(
          (name) => `auth.routes has none of '${name}'; write one of: ${features.join(', ')}`,
        ),
      )
    }
    const kept = mounted.filter(({ feature }) => keeps(names.includes(feature)))
    return mountedRoutes(kept, respond, transports, prefix)
  }
  return {
    endpoints: routes.map((route) => ({
      method: route.method,
      path: prefix + route.path,
      handle: (call: unknown, params: PathParams = {}) => respond(call, () => ({ route, params })),
    })),
    fetch: (call) => respond(call, find),
    openapi: (options = {}) =>
      openApiDocument(
        { routes: routes.map((route) => ({ ...route, path: prefix + route.path })), transports },
        options,
      ),
    only: (...names) => chosen(names, (isNamed) => isNamed),
    except: (...names) => chosen(names, (isNamed) => !isNamed),
    under: (path) => mountedRoutes(mounted, respond, transports, prefix + prefixOf(path)),
  }
}

/** A path that others are appended to: without a slash at its end. */
function prefixOf(path: unknown): string {
  if (typeof path === 'string' && /^(?:\/[\w.~-]+)*\/?$/.test(path)) return path.replace(/\/$/, '')
  throw new ConfigurationError([
    "auth.routes.under() takes the path below which the routes are mounted, of plain segments; write under('/auth')",
  ])
}

function below(prefix: string, find: FindRoute): FindRoute {
  if (prefix === '') return find
  return (method, path): FoundRoute => {
    if (path.startsWith(`${prefix}/`)) return find(method, path.slice(prefix.length))
    throw new AuthError('not_found', 'Not Found')
  }
}

export function responder(pipeline: PipelineParts, calls: Calls): Respond {
  const { emit } = pipeline
  return async (call, find) => {
    let path = '/'
    let request: Request | undefined
    let response: Response
    try {
      const exchange = await calls.exchange(call)
      request = exchange.request
      path = pathOf(request)
      // RFC 9110 §9.3.2: what answers GET answers HEAD, without the body.
      const method = request.method === 'HEAD' ? 'GET' : request.method
      const { route, params } = find(method, path)
      response = await runRoute(pipeline, route, exchange, params)
    } catch (error) {
      response = errorResponse(error, path, emit, request)
    }
    return request?.method === 'HEAD' ? new Response(null, response) : response
  }
}
