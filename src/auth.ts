/**
 * The composition root: a configuration in, a wired `Auth` out. The only file that sees every
 * room.
 */
import { type AuthConfig, type Settings, settingsOf } from './config.ts'
import { KnownDevices } from './credentials/known-devices.ts'
import { Credentials, typedIdentifierKey } from './credentials/password-check.ts'
import { Revocation } from './credentials/revocation.ts'
import { type Description, describe } from './describe.ts'
import { ConfigurationError } from './errors.ts'
import { type ApiKeyAdministration, apiKeyAdministration } from './features/api-keys/handle.ts'
import type { IssuedTokens } from './features/bearer/tokens.ts'
import { type SessionAdministration, sessionAdministration } from './features/session/handle.ts'
import { SudoAttempts } from './features/sudo/attempts.ts'
import { Elevation } from './features/sudo/elevation.ts'
import { type Sudo, sudoControl } from './features/sudo/handle.ts'
import { type Admitted, type Gate, Gatekeeper, type GateOf } from './gates.ts'
import { hookRunner } from './hooks.ts'
import { clientAddressReader } from './http/client-address.ts'
import type { Connection } from './http/connection.ts'
import { type Cookie, defineCookie } from './http/cookies.ts'
import { exchanges } from './http/exchange.ts'
import { ignoredProxies, refusedCookies, refusedOrigins } from './http/mistakes.ts'
import { type OpenApiDocument, type OpenApiOptions, openApiDocument } from './http/openapi.ts'
import { originGuard } from './http/origin.ts'
import { pathOf } from './http/path.ts'
import { errorResponse, type PipelineParts, runRoute } from './http/pipeline.ts'
import type { Method } from './http/route.ts'
import { type FoundRoute, router } from './http/router.ts'
import { type RateLimiter, type RateLimitOptions, rateLimits } from './limits/application-limits.ts'
import { Lockout } from './limits/lockout.ts'
import { type RateLimit, Throttle } from './limits/rate-limits.ts'
import { passwordEpochs } from './passwords/epochs.ts'
import { passwords } from './passwords/passwords.ts'
import { mountedRoutes } from './routes.ts'
import { storageKeys } from './storage/keys.ts'
import { signOfSeveralProcesses } from './storage/several-processes.ts'
import { type AssembledTransports, assembleTransports } from './transports/assemble.ts'
import { Accounts } from './users/accounts.ts'
import { identity } from './users/identity.ts'
import type { UserTypes } from './users/store.ts'

/** One mounted route, for frameworks: match the method and the path, call `handle`. */
export interface Endpoint {
  readonly method: Method
  readonly path: string
  /**
   * Answers; never rejects.
   *
   * @param params The segments of the path that stand for names, such as `:id`.
   */
  handle(
    request: Request,
    connection?: Connection,
    params?: Readonly<Record<string, string>>,
  ): Promise<Response>
}

/** Guards a request: resolves to who is calling, or throws an `AuthError`. */
export type Guard<T extends UserTypes, Optional extends boolean> = (
  request: Request,
  connection?: Connection,
) => Promise<Admitted<T, Optional>>

export interface IssueOptions {
  /** Default: the transport's default scopes. */
  scopes?: readonly string[]
  /** The tenant of the user, where there are tenants. */
  tenant?: string
  /**
   * When the user proved who they are, if the tokens follow such a proof; becomes the claim `auth_time`.
   * Default: none, and then no token of this login counts as one of a fresh login.
   */
  authTime?: Date
}

export interface Auth<T extends UserTypes = UserTypes> {
  /** Every mounted route. */
  readonly endpoints: readonly Endpoint[]

  /** Answers a request to one of the mounted routes, and anything else with 404 or 405. */
  fetch(request: Request, connection?: Connection): Promise<Response>

  /**
   * Who sends this request. However often it is asked, a request is authenticated once.
   *
   * @throws AuthError 401, 403 or 503; a bad credential is refused even where the gate is optional.
   * @throws ConfigurationError for a gate that no request could meet.
   */
  authenticate<Optional extends boolean = false>(
    request: Request,
    gate?: GateOf<T, Optional>,
    connection?: Connection,
  ): Promise<Admitted<T, Optional>>

  /**
   * A gate built once, to be used on many requests.
   *
   * @throws ConfigurationError for a gate that no request could meet.
   */
  guard<Optional extends boolean = false>(gate?: GateOf<T, Optional>): Guard<T, Optional>

  /**
   * Checks an identifier and a password with everything that `/login` does: lockout, equal cost,
   * upgrade of the stored hash. Creates no session and runs no hook.
   *
   * @returns The user, without the password hash.
   * @throws AuthError `incorrect_credentials` (401), `login_locked` (429), `overloaded` (503).
   */
  authenticatePassword(
    identifier: string,
    password: string,
    request: Request,
    connection?: Connection,
  ): Promise<Readonly<T['user']>>

  /**
   * A rate limit for a route of the application. Without `limit` the action's configured one.
   *
   * @throws ConfigurationError for an action that has no limit.
   */
  rateLimit(action: string, limit?: RateLimit, options?: RateLimitOptions): RateLimiter

  /**
   * Sessions, made, listed and ended by the application. Each call but `revokeAll` throws without the
   * transport.
   */
  readonly sessions: SessionAdministration<T>

  /** Re-authentication. Each call throws where `sudo` is not configured. */
  readonly sudo: Sudo

  /**
   * A gate that admits elevated sessions only: those whose owner has just proven who they are.
   *
   * @returns A guard that throws `AuthError` `sudo_required` (403) for all others.
   * @throws ConfigurationError where `sudo` is not configured, or no request could meet the gate.
   */
  requireSudo(gate?: GateOf<T, false>): Guard<T, false>

  /** API keys, made and ended by the application. Each call throws without the transport. */
  readonly apiKeys: ApiKeyAdministration<T>

  /**
   * Makes tokens for a user, without a password: after an exchange of one's own, for a test, for a
   * command line. Scopes are clamped as at `POST /token`; no hook runs.
   *
   * @param user As from a principal or a hook.
   * @throws ConfigurationError without a bearer transport; RangeError for an `authTime` that is no moment.
   */
  issueTokens(user: Readonly<T['user']>, options?: IssueOptions): Promise<IssuedTokens>

  /** Forgets the failed logins of an account and its attempts at sudo, and with them its locks. */
  unlock(userId: T['id'], scope?: { tenant?: string }): Promise<void>

  /** What is mounted, with every lifetime, limit, cookie and outage policy, as data. */
  describe(): Description

  /** The OpenAPI 3.1 document of the mounted routes. */
  openapi(options?: OpenApiOptions): Promise<OpenApiDocument>

  /**
   * Loads what hashes passwords and connects the storage, ahead of the first use. Optional and idempotent.
   * Rejects where either cannot be done, with what to do.
   */
  init(): Promise<void>

  /** Releases what the library opened itself. Idempotent. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Wires everything.
 *
 * @throws ConfigurationError that lists every problem and says what to write instead.
 */
export function crudAuth<T extends UserTypes>(config: AuthConfig<T>): Auth<T> {
  // Inside, rows are opaque; the types of the application's table return at the surface.
  return wire(settingsOf(config as unknown as AuthConfig)) as unknown as Auth<T>
}

function wire(settings: Settings): Auth {
  const { storage, emit, clock, random, secrets, namespace } = settings
  const shared = { storage, keys: storageKeys(namespace), clock, random, emit }
  warnOfMemory(settings)
  const hashing = passwords(settings.passwords, { ...shared, application: namespace })
  const accounts = new Accounts(
    settings.users,
    identity(settings.users, settings.identity),
    passwordEpochs(hashing.saltOf, secrets),
    clock,
  )
  const lockout = new Lockout(settings.lockout, shared)
  const throttle = new Throttle(settings.rateLimitMode, shared)
  const devices = new KnownDevices(secrets, shared)
  const { cookies } = settings
  const deviceCookie = defineCookie({ name: 'known_device', httpOnly: true, prefix: true }, cookies)
  const credentials = new Credentials({
    accounts,
    passwords: hashing,
    lockout,
    devices,
    deviceCookie: deviceCookie.name,
    emit,
  })
  const { trustedOrigins, originMode: mode } = settings
  const onRefused = refusedOrigins(trustedOrigins, emit)
  const originAllowed = originGuard({ trustedOrigins, mode, onRefused }, emit)
  const transports = assembleTransports(settings.transports, {
    ...shared,
    secrets,
    namespace,
    cookies,
    databaseTimeoutMs: settings.databaseTimeoutMs,
    originAllowed,
  })
  const { session, bearer, apiKeys } = transports
  const revocation = new Revocation(
    accounts,
    { sessions: session?.sessions, families: bearer?.families },
    emit,
  )
  const gatekeeper = new Gatekeeper(transports.all, accounts)
  const runHook = hookRunner(settings.hooks, emit)
  const exchangeFor = exchanges({
    accounts,
    clientAddress: clientAddressReader(settings),
    onAddress: ignoredProxies(settings.trustedProxies, emit),
    onUnknownAddress: onceOnly(() => warnOfUnknownAddress(emit)),
    tenant: settings.tenant,
  })
  const guard = (gate: Gate = {}) => {
    const built = gatekeeper.build(gate)
    return async (request: Request, connection?: Connection) =>
      gatekeeper.admit(exchangeFor(request, connection), built)
  }
  const anyone = guard()
  const defaults = settings.rateLimits
  const rateLimit = rateLimits({ throttle, defaults, exchangeFor, caller: anyone })

  const sudoAttempts = settings.sudo && new SudoAttempts(settings.sudo, shared)
  const elevation =
    settings.sudo && sudoAttempts && session
      ? new Elevation({
          settings: settings.sudo,
          attempts: sudoAttempts,
          accounts,
          credentials,
          transport: session,
          clock,
          runHook,
          emit,
        })
      : null

  const routes = mountedRoutes({
    settings,
    accounts,
    passwords: hashing,
    credentials,
    devices,
    deviceCookie,
    transports,
    revocation,
    elevation,
    gatekeeper,
    originAllowed,
    runHook,
  })
  const pipeline: PipelineParts = {
    gatekeeper,
    throttle,
    rateLimits: settings.rateLimits,
    originAllowed,
    maxBodyBytes: settings.maxBodyBytes,
    onCookies: refusedCookies(cookies, emit),
    emit,
  }
  const findRoute = router(routes)
  const answer = async (find: () => FoundRoute, request: Request, connection?: Connection) => {
    try {
      const { route, params } = find()
      return await runRoute(pipeline, route, exchangeFor(request, connection), params)
    } catch (error) {
      return errorResponse(error, request, emit)
    }
  }

  const auth: Omit<Auth, 'authenticate' | 'guard'> & {
    authenticate: (request: Request, gate?: Gate, connection?: Connection) => Promise<unknown>
    guard: (gate?: Gate) => unknown
  } = {
    ...sudoControl(elevation, { gatekeeper, exchangeFor }),

    endpoints: routes.map((route) => ({
      method: route.method,
      path: route.path,
      handle: (request, connection, params = {}) =>
        answer(() => ({ route, params }), request, connection),
    })),

    fetch: (request, connection) =>
      answer(() => findRoute(request.method, pathOf(request)), request, connection),

    guard,

    authenticate: async (request, gate, connection) =>
      (gate === undefined ? anyone : guard(gate))(request, connection),

    async authenticatePassword(identifier, password, request, connection) {
      const row = await credentials.check(exchangeFor(request, connection), identifier, password)
      return accounts.user(row)
    },

    rateLimit,

    sessions: sessionAdministration(session, { accounts, revocation, exchangeFor }),

    apiKeys: apiKeyAdministration(apiKeys?.keys, accounts),

    async issueTokens(user, { scopes = [], tenant, authTime } = {}) {
      if (!bearer) {
        throw new ConfigurationError([
          'issueTokens needs the bearer transport; write transports: [session(), bearer()]',
        ])
      }
      const scope = tenant === undefined ? {} : { tenant }
      const owner = await accounts.ownerOf(user, scope)
      const { tokens } = bearer.transport
      return (await tokens.issue(scope, owner, scopes, secondsOf(authTime))).tokens
    },

    async unlock(userId, scope = {}) {
      const row = await accounts.byId(userId, scope)
      const identifiers = row === null ? [] : accounts.identifiers(row)
      const typed = identifiers.map((one) => typedIdentifierKey(one, accounts.identity))
      await lockout.unlock(scope, String(userId), typed)
      await sudoAttempts?.unlock(scope, String(userId))
    },

    describe: () =>
      describe({
        settings,
        routes,
        identity: accounts.identity,
        passwords: hashing,
        cookies: describedCookies(transports, deviceCookie),
        refreshCookies: bearer?.refreshLogin.cookieNames ?? [],
      }),

    openapi: (options = {}) => openApiDocument({ routes, transports: transports.all }, options),
    async init() {
      await Promise.all([hashing.load(), storage.init?.()])
    },
    close: async () => storage.close?.(),
    [Symbol.asyncDispose]: async () => storage.close?.(),
  }
  return auth as unknown as Auth
}

function secondsOf(moment: Date | undefined): number | null {
  if (moment === undefined) return null
  const seconds = Math.floor(moment.getTime() / 1000)
  if (Number.isSafeInteger(seconds)) return seconds
  throw new RangeError('crudauth: the authTime of tokens is not a valid Date')
}

/** The cookies that the mounted routes set, in the order in which a login sets them. */
function describedCookies(
  { session, bearer }: AssembledTransports,
  deviceCookie: Cookie,
): readonly Cookie[] {
  const inCookie = bearer?.transport.settings.refresh === 'cookie'
  return [
    ...(session ? [session.cookie, session.csrfCookie] : []),
    ...(bearer && inCookie ? [bearer.refreshCookie] : []),
    ...(session || inCookie ? [deviceCookie] : []),
  ]
}

function warnOfMemory({ storage, warnOnMemoryStorage, emit }: Settings): void {
  if (storage.shared || !warnOnMemoryStorage) return
  const sign = signOfSeveralProcesses()
  if (sign === null && process.env['NODE_ENV'] !== 'production') return
  emit({
    name: 'warning',
    code: 'memory_storage',
    message: [
      sign === null ? '' : `this process looks like one of several: ${sign}. `,
      "sessions, counters and locks are kept in this process's memory: a restart logs everybody out, and other processes do not see them. ",
      'Use redisStorage() or drizzleStorage(), or write warnOnMemoryStorage: false if there is only ever one process.',
    ].join(''),
  })
}

function warnOfUnknownAddress(emit: Settings['emit']): void {
  emit({
    name: 'warning',
    code: 'unknown_client_address',
    message:
      'the client address of a request is unknown, so limits per address do not apply to it; limits per account do. Pass the peer address of the socket to the library, or configure trustedProxies.',
  })
}

function onceOnly(work: () => void): () => void {
  let done = false
  return () => {
    if (done) return
    done = true
    work()
  }
}
