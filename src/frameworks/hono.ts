/**
 * Hono: the routes as a router to mount, and gates as middleware with a typed `c.var.principal`.
 */
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import {
  type Admitted,
  type Auth,
  type AuthConfig,
  AuthError,
  type Connection,
  connectionOf,
  crudAuth as crudAuthCore,
  type GateOf,
  type Guard,
  type PeerSocket,
  type RateLimit,
  type RateLimitOptions,
  type UserTypes,
} from '../index.ts'

export * from '../index.ts'

/** The variables that `currentUser` puts on the context. */
export interface PrincipalVariables<T extends UserTypes, Optional extends boolean> {
  Variables: { principal: Admitted<T, Optional> }
}

export interface HonoAuthOptions {
  /**
   * Returns the client's IP address. Needed only outside `@hono/node-server`, Bun and Deno, which
   * put it into `c.env`; without it, limits per address do not apply.
   */
  peer?: (c: Context) => string | undefined
}

export interface HonoAuth<T extends UserTypes = UserTypes>
  extends Omit<
    Auth<T>,
    | 'authenticate'
    | 'authenticatePassword'
    | 'guard'
    | 'rateLimit'
    | 'requireSudo'
    | 'sessions'
    | 'sudo'
  > {
  /** Every route of the library: `app.route('/', auth.router)`. */
  readonly router: Hono

  /**
   * Middleware that admits who meets the gate, as `c.var.principal`, and answers everybody else
   * with a problem document. The principal is `null` only under `optional`.
   *
   * @throws ConfigurationError for a gate that no request could meet.
   */
  currentUser<Optional extends boolean = false>(
    gate?: GateOf<T, Optional>,
  ): MiddlewareHandler<PrincipalVariables<T, Optional>>

  /**
   * Middleware that admits elevated sessions only, as `c.var.principal`; see `Auth.requireSudo`.
   *
   * @throws ConfigurationError where `sudo` is not configured, or no request could meet the gate.
   */
  requireSudo(gate?: GateOf<T, false>): MiddlewareHandler<PrincipalVariables<T, false>>

  /** See `Auth.sessions`. */
  readonly sessions: HonoSessions<T>

  /** See `Auth.sudo`. */
  readonly sudo: HonoSudo

  /** Middleware that limits a route; see `Auth.rateLimit`. */
  rateLimit(action: string, limit?: RateLimit, options?: RateLimitOptions): MiddlewareHandler

  /** See `Auth.authenticate`. */
  authenticate<Optional extends boolean = false>(
    c: Context,
    gate?: GateOf<T, Optional>,
  ): Promise<Admitted<T, Optional>>

  /** See `Auth.authenticatePassword`. */
  authenticatePassword(
    identifier: string,
    password: string,
    c: Context,
  ): Promise<Readonly<T['user']>>
}

type Sessions<T extends UserTypes> = Auth<T>['sessions']
type Sudo = Auth['sudo']

export interface HonoSessions<T extends UserTypes>
  extends Omit<Sessions<T>, 'create' | 'validate'> {
  /** See `Auth.sessions`; the cookies are set on the answer. */
  create(
    c: Context,
    user: Readonly<T['user']>,
    options?: Parameters<Sessions<T>['create']>[2],
  ): ReturnType<Sessions<T>['create']>
  /** See `Auth.sessions`. */
  validate(c: Context): ReturnType<Sessions<T>['validate']>
}

export interface HonoSudo {
  /** See `Auth.sudo`; the session's new cookie is set on the answer. */
  elevate(c: Context, password: string): ReturnType<Sudo['elevate']>
  /** See `Auth.sudo`. */
  isElevated(c: Context): Promise<boolean>
}

/**
 * `crudAuth()` for Hono.
 *
 * @throws ConfigurationError that lists every problem and says what to write instead.
 *
 * @example
 * ```ts
 * const auth = crudAuth({ users: drizzleUsers(db, users), secret: process.env.AUTH_SECRET })
 * const app = new Hono()
 *   .route('/', auth.router)
 *   .get('/dashboard', auth.currentUser(), (c) => c.json({ hello: c.var.principal.user.email }))
 * ```
 */
export function crudAuth<T extends UserTypes>(
  config: AuthConfig<T> & HonoAuthOptions,
): HonoAuth<T> {
  // Without a configuration at all, what the core says of it is more than a `TypeError` would.
  const { peer: peerOf, ...rest } = config ?? {}
  const auth = crudAuthCore(rest as unknown as AuthConfig<T>)
  const connection = (c: Context): Connection => {
    if (peerOf === undefined) return platformConnection(c)
    const peer = peerOf(c)
    // An address that the application reads off the socket can be gone as well.
    return peer ? { peer } : { lost: platformConnection(c).lost }
  }
  const router = new Hono()
  for (const { method, path, handle } of auth.endpoints) {
    router.on(method, path, (c) =>
      handle(c.req.raw, connection(c), c.req.param() as Record<string, string>),
    )
  }
  const admitting =
    <Optional extends boolean>(
      guard: Guard<T, Optional>,
    ): MiddlewareHandler<PrincipalVariables<T, Optional>> =>
    async (c, next) => {
      try {
        c.set('principal', await guard(c.req.raw, connection(c)))
      } catch (error) {
        return answer(error)
      }
      await next()
    }
  return {
    ...auth,
    router,
    currentUser: (gate) => admitting(auth.guard(gate)),
    requireSudo: (gate) => admitting(auth.requireSudo(gate)),
    sessions: {
      ...auth.sessions,
      async create(c, user, options) {
        const created = await auth.sessions.create(c.req.raw, user, options, connection(c))
        return withCookies(c, created)
      },
      validate: (c) => auth.sessions.validate(c.req.raw, connection(c)),
    },
    sudo: {
      async elevate(c, password) {
        return withCookies(c, await auth.sudo.elevate(c.req.raw, password, connection(c)))
      },
      isElevated: (c) => auth.sudo.isElevated(c.req.raw, connection(c)),
    },
    rateLimit(action, limit, options) {
      const spend = auth.rateLimit(action, limit, options)
      return async (c, next) => {
        let headers: Readonly<Record<string, string>>
        try {
          headers = await spend(c.req.raw, connection(c))
        } catch (error) {
          return answer(error)
        }
        await next()
        if (!c.res.ok) return
        for (const [name, value] of Object.entries(headers)) c.header(name, value)
      }
    },
    authenticate: (c, gate) => auth.authenticate(c.req.raw, gate, connection(c)),
    authenticatePassword: (identifier, password, c) =>
      auth.authenticatePassword(identifier, password, c.req.raw, connection(c)),
  }
}

/** Puts the cookies that came of something on the answer, too. */
function withCookies<Made extends { readonly headers: Headers }>(c: Context, made: Made): Made {
  for (const cookie of made.headers.getSetCookie()) c.header('set-cookie', cookie, { append: true })
  return made
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
