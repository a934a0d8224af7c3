/**
 * Hono: the routes as a router to mount, and gates as middleware with a typed `c.var.principal`.
 */
import { type Context, Hono, type HonoRequest, type MiddlewareHandler } from 'hono'
import {
  type Admitted,
  type Auth,
  type AuthConfig,
  type AuthCore,
  AuthError,
  type Call,
  ConfigurationError,
  type Connection,
  connectionOf,
  crudAuth,
  type FeatureEntry,
  type Framework,
  type GateOf,
  type Handles,
  type Incoming,
  type PeerSocket,
  type RateLimit,
  type RateLimitOptions,
  type Routes,
  type TransportEntry,
  type UserTypes,
} from '../index.ts'
import { type HonoAuthOptions, honoAuthOptions } from './hono-options.ts'

export * from '../index.ts'
export type { HonoAuthOptions } from './hono-options.ts'

/** The variables that a guard puts on the context. */
export interface PrincipalVariables<T extends UserTypes, Optional extends boolean> {
  Variables: { principal: Admitted<T, Optional> }
}

/**
 * What stands for the request: Hono's `c`, or a request that never became one, such as an upgrade.
 */
export type HonoCall = Context | Call

/** What `honoAuth()` returns in every configuration. */
export interface HonoAuthCore<T extends UserTypes = UserTypes>
  extends Omit<AuthCore<T, HonoCall>, 'guard' | 'rateLimit'> {
  /**
   * Mounts the routes of the library in an application, below `path` (default `/`), and returns the
   * application: `auth.mount(new Hono()).get(…)`. Default all of them.
   *
   * For the compiler this costs next to nothing. `app.route('/', auth.router)` does the same, and
   * has Hono work out 140,000 types, as for any router.
   *
   * @param routes Some of them: `auth.mount(app, '/sign-up', auth.routes.only('register'))`.
   */
  mount<App extends { readonly route: unknown }>(
    app: App,
    path?: string,
    routes?: Routes<HonoCall>,
  ): App

  /** Every route of the library, to be mounted in another way: `app.route('/', auth.router)`. */
  readonly router: Hono

  /**
   * Middleware that admits who meets the gate, as `c.var.principal`, and answers everybody else
   * with a problem document. The principal is `null` only under `optional`.
   *
   * @throws ConfigurationError for a gate that no request could meet.
   */
  guard<Optional extends boolean = false>(
    gate?: GateOf<T, Optional>,
  ): MiddlewareHandler<PrincipalVariables<T, Optional>>

  /** Another name of `guard`. */
  currentUser<Optional extends boolean = false>(
    gate?: GateOf<T, Optional>,
  ): MiddlewareHandler<PrincipalVariables<T, Optional>>

  /** Middleware that limits a route; see `AuthCore.rateLimit`. */
  rateLimit(action: string, limit?: RateLimit, options?: RateLimitOptions): MiddlewareHandler
}

/** What `honoAuth()` returns: `HonoAuthCore`, and the handle of each feature that is configured. */
export type HonoAuth<
  T extends UserTypes = UserTypes,
  Transports extends readonly TransportEntry[] = readonly TransportEntry[],
  Features extends readonly FeatureEntry[] = readonly FeatureEntry[],
> = HonoAuthCore<T> & Handles<T, Transports, HonoCall> & Handles<T, Features, HonoCall>

/**
 * `crudAuth()` for Hono: what stands for the request is `c`, everywhere.
 *
 * @throws ConfigurationError that lists every problem and says what to write instead.
 *
 * @example
 * ```ts
 * const auth = honoAuth({
 *   users: drizzleUsers(db, users),
 *   secret: process.env.AUTH_SECRET,
 *   transports: [session()],
 * })
 * const app = auth
 *   .mount(new Hono())
 *   .get('/dashboard', auth.guard(), (c) => c.json({ hello: c.var.principal.user.email }))
 * ```
 */
export function honoAuth<
  T extends UserTypes,
  const Transports extends readonly TransportEntry[] = readonly TransportEntry[],
  const Features extends readonly FeatureEntry[] = readonly FeatureEntry[],
>(
  config: AuthConfig<T, Transports, Features> & HonoAuthOptions,
): HonoAuth<T, Transports, Features> {
  // Without a configuration at all, what the core says of it is more than a `TypeError` would.
  const { peer, ...rest } = config ?? {}
  const { settings, problems } = honoAuthOptions.read({ peer }, '')
  const framework = { ...honoFramework(settings.peer), problems }
  const auth: Auth<T, Transports, Features, HonoCall> = crudAuth(
    rest as unknown as AuthConfig<T, Transports, Features>,
    framework,
  )
  const core: AuthCore<T, HonoCall> = auth
  const router = routerOf(core.routes)

  const guard: HonoAuthCore<T>['guard'] = (gate) => {
    const admit = core.guard(gate)
    return async (c, next) => {
      try {
        c.set('principal', await admit(c))
      } catch (error) {
        return answer(error)
      }
      await next()
    }
  }

  return {
    ...auth,
    router,
    mount(app, path = '/', routes) {
      const hono = app as unknown as Hono
      if (typeof hono?.route !== 'function' || typeof hono.fetch !== 'function') {
        throw new ConfigurationError([
          "auth.mount() takes an application of Hono first; write auth.mount(app), or auth.mount(app, '/auth')",
        ])
      }
      hono.route(path, routes === undefined ? router : routerOf(routes))
      return app
    },
    guard,
    currentUser: guard,
    rateLimit(action, limit, options) {
      const spend = core.rateLimit(action, limit, options)
      return async (c, next) => {
        let headers: Readonly<Record<string, string>>
        try {
          headers = await spend(c)
        } catch (error) {
          return answer(error)
        }
        await next()
        if (!c.res.ok) return
        for (const [name, value] of Object.entries(headers)) c.header(name, value)
      }
    },
  } satisfies HonoAuthCore<T> as unknown as HonoAuth<T, Transports, Features>
}

function routerOf({ endpoints }: Routes<HonoCall>): Hono {
  const router = new Hono()
  for (const { method, path, handle } of endpoints) {
    router.on(method, path, (c) => handle(c, c.req.param() as Record<string, string>))
  }
  for (const [path, methods] of methodsByPath(endpoints)) router.all(path, otherMethods(methods))
  return router
}

function methodsByPath(
  endpoints: AuthCore<UserTypes, HonoCall>['endpoints'],
): Map<string, string[]> {
  const paths = new Map<string, string[]>()
  for (const { method, path } of endpoints) paths.set(path, [...(paths.get(path) ?? []), method])
  return paths
}

/** Answers what nobody else does: the application may have a page under a path of ours. */
function otherMethods(allowed: readonly string[]): MiddlewareHandler {
  return async (c, next) => {
    await next()
    if (c.res.status !== 404 || allowed.includes(c.req.method)) return
    c.res = new AuthError('method_not_allowed', 'Method Not Allowed', {
      headers: { Allow: allowed.join(', ') },
    }).getResponse()
  }
}

function honoFramework(peerOf: HonoAuthOptions['peer']): Framework<HonoCall> {
  return {
    read(call) {
      if (call instanceof Request) return { request: call }
      if (typeof call !== 'object' || call === null) return call
      return 'req' in call ? incomingOf(call, peerOf) : call
    },
    addHeaders(call, headers) {
      if (!('req' in call)) return
      for (const [name, value] of headers) {
        call.header(name, value, { append: name === 'set-cookie' })
      }
    },
  }
}

function incomingOf(c: Context, peerOf: HonoAuthOptions['peer']): Incoming {
  const { raw: request } = c.req
  const reread = rereading(c.req)
  // Asked for when it is needed: where there is none, Hono throws.
  const waitUntil = (work: Promise<unknown>) => awaitedByPlatform(c, work)
  const given = peerOf?.(c)
  if (given) return { request, reread, peer: given, lost: undefined, waitUntil }
  const { peer, lost } = platformConnection(c)
  // An address that the application reads off the socket can be gone as well.
  return { request, reread, peer: peerOf === undefined ? peer : undefined, lost, waitUntil }
}

/** What a middleware has read of the body by way of `c.req`, which keeps it. */
function rereading(req: HonoRequest): Incoming['reread'] {
  const { bodyCache } = req
  // Asked of every request: without a list of the keys.
  for (const _ in bodyCache) {
    // A form would be written anew as bytes, with another boundary than its content type says.
    return () => ('formData' in bodyCache ? req.formData() : req.arrayBuffer())
  }
  return undefined
}

function awaitedByPlatform(c: Context, work: Promise<unknown>): void {
  let context: Context['executionCtx']
  try {
    context = c.executionCtx
  } catch {
    return
  }
  context.waitUntil(work)
}

/** An `AuthError` is an answer; anything else is for the application's own error handler. */
function answer(error: unknown): Response {
  if (error instanceof AuthError) return error.getResponse()
  throw error
}

/** What the runtimes' own servers say of the socket. */
interface PlatformBindings {
  /** `@hono/node-server` */
  incoming?: { socket?: PeerSocket }
  /** `Bun.serve({ fetch: (request, server) => app.fetch(request, { server }) })` */
  server?: {
    requestIP?: (request: Request) => { address: string } | null
    /** None where the server listens on a Unix socket. */
    port?: number | undefined
  }
  /** `Deno.serve(app.fetch)` */
  remoteAddr?: { hostname?: string }
}

function platformConnection({ env, req }: Context): Connection {
  const { incoming, server, remoteAddr } = (env ?? {}) as PlatformBindings
  if (incoming?.socket) return connectionOf(incoming.socket)
  if (server?.requestIP) {
    const peer = server.requestIP(req.raw)?.address
    return peer ? { peer } : { lost: server.port !== undefined }
  }
  return { peer: remoteAddr?.hostname }
}
