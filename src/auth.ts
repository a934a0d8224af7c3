/**
 * The composition root: a configuration in, a wired `Auth` out. It folds over the features that it
 * was given and names none of them; only registering, `/me` and passwords are built in.
 */
import { Afterwards } from './afterwards.ts'
import type { AuthConfig } from './config/options.ts'
import { type Settings, settingsOf } from './config/settings.ts'
import { type Attempt, attempts } from './credentials/attempt.ts'
import type { Carrier } from './credentials/carrier.ts'
import { Freezing } from './credentials/freezing.ts'
import { InvitationRecords, type Invitations } from './credentials/invitations.ts'
import { KnownDevices } from './credentials/known-devices.ts'
import { MailboxProof } from './credentials/mailbox-proof.ts'
import { NewAccounts } from './credentials/new-accounts.ts'
import { OneTimeRecords } from './credentials/one-time.ts'
import { PasswordChecks } from './credentials/password-check.ts'
import { PendingSignIns } from './credentials/pending.ts'
import { Revocation } from './credentials/revocation.ts'
import { SignIn } from './credentials/sign-in.ts'
import type { UserAdministration } from './credentials/users/administration.ts'
import { userAdministration } from './credentials/users/index.ts'
import { deriveKey, hmacSha256 } from './crypto.ts'
import { type Description, describe } from './describe.ts'
import { ConfigurationError } from './errors.ts'
import type { Ground, House, Mounted, OutageDescription, Wired } from './feature.ts'
import { meRoutes } from './features/me/me.ts'
import { passwordRoutes } from './features/passwords/password-routes.ts'
import { registerRoutes } from './features/register/register.ts'
import { type Admitted, type Gate, Gatekeeper, type GateOf } from './gates.ts'
import type { FeatureEntry, Handles, TransportEntry } from './handles.ts'
import { hookRunner } from './hooks.ts'
import {
  applicationLimits,
  type RateLimiter,
  type RateLimitOptions,
} from './http/application-limits.ts'
import { type Call, callsOf, type Framework, webFramework } from './http/call.ts'
import { clientAddressReader } from './http/client-address.ts'
import { type Cookie, cookiesOfOneName } from './http/cookies.ts'
import { type Exchange, exchanges } from './http/exchange.ts'
import { ignoredProxies, refusedCookies, refusedOrigins } from './http/mistakes.ts'
import { type OpenApiDocument, type OpenApiOptions, openApiDocument } from './http/openapi.ts'
import { originGuard } from './http/origin.ts'
import { pathOf } from './http/path.ts'
import { errorResponse, type PipelineParts, runRoute } from './http/pipeline.ts'
import type { Method, Route } from './http/route.ts'
import { type FoundRoute, router } from './http/router.ts'
import { Lockout } from './limits/lockout.ts'
import { type LimitsByAction, type RateLimit, RateLimits } from './limits/rate-limits.ts'
import { suggestion } from './options/nearest.ts'
import { passwordEpochs } from './passwords/epochs.ts'
import { passwords } from './passwords/passwords.ts'
import type { Principal } from './principal.ts'
import { storageKeys } from './storage/keys.ts'
import { signOfSeveralProcesses } from './storage/several-processes.ts'
import { Accounts } from './users/accounts.ts'
import { identity } from './users/identity.ts'
import { tellWhoLooks } from './users/looked-at.ts'
import type { UserScope, UserTypes } from './users/store.ts'

/** One mounted route, for frameworks: match the method and the path, call `handle`. */
export interface Endpoint<C = Call> {
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

/** Guards a request: resolves to who is calling, or throws an `AuthError`. */
export type Guard<T extends UserTypes, Optional extends boolean, C = Call> = (
  call: C,
) => Promise<Admitted<T, Optional>>

/** What `auth` has in every configuration. What stands for the request comes first, everywhere. */
export interface AuthCore<T extends UserTypes = UserTypes, C = Call> {
  /** Every mounted route. */
  readonly endpoints: readonly Endpoint<C>[]

  /** Answers a request to one of the mounted routes, and anything else with 404 or 405. */
  fetch(call: C): Promise<Response>

  /**
   * Who sends this request. However often it is asked, a request is authenticated once.
   *
   * @throws AuthError 401, 403 or 503; a bad credential is refused even where the gate is optional.
   * @throws ConfigurationError for a gate that no request could meet.
   */
  authenticate<Optional extends boolean = false>(
    call: C,
    gate?: GateOf<T, Optional>,
  ): Promise<Admitted<T, Optional>>

  /**
   * A gate built once, to be used on many requests.
   *
   * @throws ConfigurationError for a gate that no request could meet.
   */
  guard<Optional extends boolean = false>(gate?: GateOf<T, Optional>): Guard<T, Optional, C>

  /**
   * Whether whoever opened a long-lived request (server-sent events, a WebSocket) may go on: reads
   * storage and row anew, whatever the request was told before. A session that has got another
   * identifier since, by sudo, goes on. It does not count as activity of a session.
   *
   * @returns Who it is by now; `null` where the login has ended, or no longer meets the gate.
   * @throws AuthError 503 where that cannot be told.
   * @throws ConfigurationError for a gate that no request could meet.
   */
  recheck(call: C, gate?: Gate<T>): Promise<Principal<T> | null>

  /**
   * Checks an identifier and a password with everything that `/login` does: lockout, equal cost,
   * upgrade of the stored hash. Signs nobody in: give what it returns to `auth.sessions.create`.
   *
   * What a client sent may be handed over as it came: what is no text is wrong.
   *
   * @returns The user, without the password hash.
   * @throws AuthError `incorrect_credentials` (401), `password_change_required` (403),
   *   `login_locked` (429), `overloaded` (503).
   */
  authenticatePassword(call: C, identifier: string, password: string): Promise<Readonly<T['user']>>

  /**
   * Checks a credential in a way of your own (a directory, an old system, a voucher), with
   * everything that surrounds a password at `/login`: the lockout of the account, its networks and
   * known devices, the same answer whether or not there is an account, the same events. Signs
   * nobody in: give what it returns to `auth.sessions.create`.
   *
   * Each attempt counts, also one that repeats another. What `check` throws passes through, and
   * does not count.
   *
   * @returns The user, without the password hash.
   * @throws AuthError `incorrect_credentials` (401), `login_locked` (429); and what `check` and
   *   `create` throw.
   *
   * @example
   * ```ts
   * app.post('/login-by-directory', async (c) => {
   *   const { name, password } = await c.req.json()
   *   const user = await auth.attempt(c, name, () => directory.accepts(name, password))
   *   await auth.sessions.create(c, user)
   *   return c.json({ hello: user.email })
   * })
   * ```
   */
  readonly attempt: Attempt<T, C>

  /**
   * A rate limit for a route of the application. Without `limit` that of a route of the library, by
   * its action.
   *
   * @throws ConfigurationError for an action that has no limit.
   */
  rateLimit(action: string, limit?: RateLimit, options?: RateLimitOptions): RateLimiter<C>

  /** Accounts in the application's own hands. */
  readonly users: UserAdministration<T>

  /** Who may register where registration is not open. */
  readonly invitations: Invitations<T>

  /** The devices that are known for an account. */
  readonly knownDevices: KnownDeviceAdministration<T>

  /**
   * Forgets what was counted against an account: its failed logins, and with them its locks. The
   * locks of networks that failed at many accounts stay.
   */
  unlock(userId: T['id'], scope?: UserScope): Promise<void>

  /** What is mounted, with every lifetime, limit, cookie and outage policy, as data. */
  describe(): Description

  /** The OpenAPI 3.1 document of the mounted routes. */
  openapi(options?: OpenApiOptions): Promise<OpenApiDocument>

  /**
   * Loads what hashes passwords and connects the storage, ahead of the first use. Optional and
   * idempotent. Rejects where either cannot be done, with what to do.
   */
  init(): Promise<void>

  /**
   * Resolves when nothing is left of the work that goes on after answers, such as messages that are
   * on their way: for scripts, tests, and platforms that stop a program with its answer.
   */
  settled(): Promise<void>

  /**
   * Waits for the work that goes on after answers, at most `closeTimeoutMs`, and releases what the
   * library opened itself. Idempotent.
   */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** Known devices in the application's own hands: `auth.knownDevices`. */
export interface KnownDeviceAdministration<T extends UserTypes = UserTypes> {
  /**
   * Makes every device of a user a stranger, whose guesses are counted with everybody else's. Ends
   * no session and no token.
   */
  forget(userId: T['id'], scope?: UserScope): Promise<void>
}

/** What `crudAuth()` returns: `AuthCore`, and the handle of each feature that is configured. */
export type Auth<
  T extends UserTypes = UserTypes,
  Transports extends readonly TransportEntry[] = readonly TransportEntry[],
  Features extends readonly FeatureEntry[] = readonly FeatureEntry[],
  C = Call,
> = AuthCore<T, C> & Handles<T, Transports, C> & Handles<T, Features, C>

/**
 * Wires everything, for a server that hands over the web's `Request`. For frameworks there are
 * entries of their own, such as `honoAuth()` from `crudauth/hono`.
 *
 * @param framework How calls are read and answered; for adapters.
 * @throws ConfigurationError that lists every problem and says what to write instead.
 *
 * @example
 * ```ts
 * const auth = crudAuth({ users, secret: process.env.AUTH_SECRET, transports: [session()] })
 * Bun.serve({ fetch: (request) => auth.fetch(request) })
 * ```
 */
export function crudAuth<
  T extends UserTypes,
  const Transports extends readonly TransportEntry[] = readonly TransportEntry[],
  const Features extends readonly FeatureEntry[] = readonly FeatureEntry[],
  C = Call,
>(
  config: AuthConfig<T, Transports, Features>,
  framework: Framework<C> = webFramework as Framework<unknown> as Framework<C>,
): Auth<T, Transports, Features, C> {
  // Inside, rows and calls are opaque; their types return at the surface.
  const settings = settingsOf(config as unknown as AuthConfig, framework.problems)
  tellWhoLooks(settings.users)
  return wire(settings, framework as Framework<unknown>) as unknown as Auth<
    T,
    Transports,
    Features,
    C
  >
}

function wire(settings: Settings, framework: Framework<unknown>): object {
  const { storage, emit, clock, random, secrets, namespace, cookies } = settings
  const keys = storageKeys(namespace, settings.generation)
  const shared = { storage, keys, clock, random, emit }
  warnOfMemory(settings)
  const hashing = passwords(settings.passwords, { ...shared, application: namespace })
  const accounts = new Accounts(
    settings.users,
    identity(settings.users, settings.identity),
    passwordEpochs(hashing.saltOf, secrets),
    clock,
  )
  const { trustedOrigins, originMode: mode } = settings
  const onRefused = refusedOrigins(trustedOrigins, emit)
  const originAllowed = originGuard({ trustedOrigins, mode, onRefused }, emit)
  const ground: Ground = {
    ...shared,
    secrets,
    namespace,
    audiences: secrets.map((secret) => hmacSha256(deriveKey(secret, 'audience'), namespace)),
    databaseTimeoutMs: settings.databaseTimeoutMs,
    accounts,
    passwords: hashing,
    cookies,
    originAllowed,
    afterwards: new Afterwards(emit),
  }
  const wired = [...settings.transports, ...settings.features].map(
    (entry): WiredEntry =>
      'wire' in entry
        ? { name: entry.name, key: entry.key, parts: entry.wire(ground) }
        : { name: entry.name, key: null, parts: { transport: entry } },
  )
  const parts: readonly Wired[] = wired.map((one) => one.parts)
  const transports = collect(parts, ({ transport }) => transport)
  const lockout = new Lockout(settings.lockout, { ...shared, secrets })
  const devices = new KnownDevices({ ...shared, cookies, secrets })
  const runHook = hookRunner(settings.hooks, emit)
  const pending = new PendingSignIns(ground)
  const elevation = only(parts, (part) => part.elevation)
  const revocation = new Revocation(accounts, emit)
  const oneTime = new OneTimeRecords(ground)
  const reaches = collect(parts, (part) => part.reaches)
  if (reaches.length > 0) lockout.learnRecovery()
  else warnOfClosedAccounts(settings)
  const house: House = {
    ...ground,
    gatekeeper: new Gatekeeper(transports, accounts, elevation, emit),
    calls: callsOf(framework, exchangesFor(settings, accounts)),
    passwordChecks: new PasswordChecks({
      accounts,
      passwords: hashing,
      lockout,
      devices,
      isReachable: (row) => reaches.some((reach) => reach(row)),
      oneTime,
      emit,
    }),
    lockout,
    devices,
    signIn: new SignIn({
      accounts,
      devices,
      pending,
      runHook,
      aliveLogins: (scope, row) => revocation.aliveLogins(scope, row),
      emit,
    }),
    revocation,
    mailboxProof: new MailboxProof({ accounts, revocation, devices, runHook, emit }),
    oneTime,
    freezing: new Freezing({ accounts, revocation, devices, random, emit }),
    newAccounts: new NewAccounts({
      accounts,
      devices,
      lockout,
      passwords: hashing,
      registration: settings.registration,
      hooks: settings.hooks,
      runHook,
      random,
      emit,
    }),
    async unlock(scope, row) {
      const account = String(accounts.id(row))
      const logins = await revocation.aliveLogins(scope, row)
      await lockout.open(scope, account)
      await lockout.forget(scope, account, await devices.tags(scope, account), logins)
      await Promise.all(parts.map((part) => part.unlock?.(scope, account, logins)))
    },
    runHook,
    hooks: settings.hooks,
    passwordSettings: settings.passwords,
    registration: settings.registration,
    carriers: collect(parts, ({ carrier }) => carrier),
    persons: collect(parts, ({ person }) => person),
    sessions: only(parts, (part) => part.sessions),
    elevation,
    deliveries: only(parts, (part) => part.deliveries),
    newcomers: only(parts, (part) => part.newcomers),
    passwordChanged(place, row) {
      for (const part of parts) part.passwordChanged?.(place, row)
    },
  }
  const { gatekeeper, calls, afterwards } = house
  const furtherProofs = collect(parts, ({ furtherProof }) => furtherProof)
  const maySignInWait = furtherProofs.length > 0
  revocation.learn(collect(parts, ({ logins }) => logins))
  const planted = collect(parts, (part) => part.planted)
  house.mailboxProof.learn(planted)
  house.freezing.learn(planted)
  if (maySignInWait && !accounts.has('tokenVersion')) revocation.learn([pending])
  const refusals = collect(parts, ({ refuses }) => refuses)
  house.signIn.learn(house.carriers as readonly Carrier[], furtherProofs, refusals)

  const invitations = new InvitationRecords(house)
  const mounted = wired.map(({ key, parts: part }) => ({ key, ...mountedBy(part, house) }))
  const routes = checkedRoutes([
    ...registerRoutes(house, invitations),
    ...meRoutes(house),
    ...passwordRoutes(house),
    ...mounted.flatMap((one) => one.routes ?? []),
  ])
  const actions = Object.assign(
    settings.registration.mode === 'closed' ? { register: "registration: { mode: 'open' }" } : {},
    ...parts.map((part) => part.actions),
  )
  const limits = limitsOf(routes, settings.rateLimits, actions)
  const rateLimits = new RateLimits(settings.rateLimitMode, shared)
  const setCookies = [
    ...parts.flatMap((part) => part.cookies ?? []),
    ...(house.carriers.some(({ inCookies }) => inCookies)
      ? [devices.cookie, ...(maySignInWait ? [pending.cookie] : [])]
      : []),
  ]
  const ofOneName = cookiesOfOneName([...setCookies, devices.cookie, pending.cookie])
  if (ofOneName.length > 0) throw new ConfigurationError(ofOneName)
  const respond = responder(settings, house, { routes, rateLimits, limits, setCookies })

  const guard = (gate: Gate = {}) => {
    const built = gatekeeper.build(gate)
    const admit = (exchange: Exchange) => gatekeeper.admit(exchange, built)
    return (call: unknown) => {
      try {
        const exchange = calls.exchange(call)
        return exchange instanceof Promise ? exchange.then(admit) : admit(exchange)
      } catch (error) {
        return Promise.reject(error)
      }
    }
  }
  const anyone = guard()
  const anybody = gatekeeper.build({})
  const close = async () => {
    await afterwards.close(settings.closeTimeoutMs)
    await storage.close?.()
  }

  return {
    ...Object.fromEntries(
      mounted.flatMap(({ key, handle }) => (key === null || !handle ? [] : [[key, handle]])),
    ),
    endpoints: routes.map((route) => ({
      method: route.method,
      path: route.path,
      handle: (call: unknown, params = {}) => respond(call, () => ({ route, params })),
    })),
    fetch: (call: unknown) => respond(call, null),
    guard,
    authenticate: async (call: unknown, gate?: Gate) =>
      (gate === undefined ? anyone : guard(gate))(call),
    async recheck(call: unknown, gate: Gate = {}) {
      const built = gatekeeper.build(gate)
      return gatekeeper.recheck(await calls.exchange(call), built)
    },
    async authenticatePassword(call: unknown, identifier: string, password: string) {
      const exchange = await calls.exchange(call)
      return accounts.user(await house.passwordChecks.check(exchange, identifier, password))
    },
    attempt: attempts(house),
    invitations: invitations.handle,
    rateLimit: applicationLimits({
      rateLimits,
      limits,
      calls,
      caller: (exchange) => gatekeeper.admit(exchange, anybody),
      isKnown: knownCaller(house),
    }),
    users: userAdministration(
      house,
      mounted.flatMap(({ credentials }) => credentials ?? []),
    ),
    knownDevices: {
      forget: (userId: string | number | bigint, scope: UserScope = {}) =>
        devices.forget(scope, String(userId)),
    },
    async unlock(userId: string | number | bigint, scope: UserScope = {}) {
      const row = await accounts.byId(userId, scope)
      if (row !== null) await house.unlock(scope, row)
    },
    describe: () =>
      describe({
        settings,
        routes,
        limits,
        identity: accounts.identity,
        passwords: hashing,
        transports: transports.map(({ name }) => name),
        features: Object.fromEntries(
          wired.flatMap(({ name, parts: { description } }) =>
            description ? [[name, description]] : [],
          ),
        ),
        outages: [
          ...parts.flatMap(({ outages = [] }) => outages),
          ...(maySignInWait ? [pendingOutage] : []),
        ],
        cookies: setCookies,
      }),
    openapi: (options: OpenApiOptions = {}) => openApiDocument({ routes, transports }, options),
    async init() {
      await Promise.all([hashing.load(), storage.init?.()])
    },
    settled: () => afterwards.settled(),
    close,
    [Symbol.asyncDispose]: close,
  }
}

const pendingOutage: OutageDescription = {
  when: 'a sign-in waits for a further proof',
  answer: '503 storage_unavailable',
  fails: 'closed',
}

/** An entry of the configuration; one of the application's own has no handle. */
interface WiredEntry {
  readonly name: string
  readonly key: string | null
  readonly parts: Wired
}

function exchangesFor(settings: Settings, accounts: Accounts) {
  const { emit, trustedProxies, tenant } = settings
  return exchanges({
    accounts,
    clientAddress: clientAddressReader(settings),
    onAddress: ignoredProxies(trustedProxies, emit),
    onUnknownAddress: onceOnly(() => warnOfUnknownAddress(emit)),
    tenant,
  })
}

/** Runs a call through a route, found or to be found; whatever happens becomes an answer. */
function responder(
  { maxBodyBytes, cookies, emit }: Settings,
  house: House,
  {
    routes,
    rateLimits,
    limits,
    setCookies,
  }: {
    readonly routes: readonly Route[]
    readonly rateLimits: RateLimits
    readonly limits: LimitsByAction
    readonly setCookies: readonly Cookie[]
  },
): (call: unknown, found: (() => FoundRoute) | null) => Promise<Response> {
  const { calls, gatekeeper, originAllowed } = house
  const domains = new Set(setCookies.flatMap(({ attributes }) => attributes.domain ?? []))
  const onCookies = refusedCookies(cookies, [...domains], emit)
  const pipeline: PipelineParts = {
    gatekeeper,
    rateLimits,
    limits,
    originAllowed,
    maxBodyBytes,
    onCookies,
    isKnown: knownCaller(house),
    emit,
  }
  const find = router(routes)
  return async (call, found) => {
    let path = '/'
    let request: Request | undefined
    let response: Response
    try {
      const exchange = await calls.exchange(call)
      request = exchange.request
      path = pathOf(request)
      // RFC 9110 §9.3.2: what answers GET answers HEAD, without the body.
      const method = request.method === 'HEAD' ? 'GET' : request.method
      const { route, params } = found ? found() : find(method, path)
      response = await runRoute(pipeline, route, exchange, params)
    } catch (error) {
      response = errorResponse(error, path, emit, request)
    }
    return request?.method === 'HEAD' ? new Response(null, response) : response
  }
}

/**
 * Whether a request comes from somebody who is logged in, or from a browser that was; one with a
 * bad credential is a stranger.
 */
function knownCaller({
  gatekeeper,
  devices,
}: Pick<House, 'gatekeeper' | 'devices'>): (exchange: Exchange) => Promise<boolean> {
  const anybody = gatekeeper.build({ optional: true })
  return async (exchange) => {
    const caller = await gatekeeper.admit(exchange, anybody).catch(() => null)
    return caller !== null || devices.isKnownAnywhere(exchange)
  }
}

function mountedBy(part: Wired, house: House): Mounted {
  return part.mount?.(house) ?? {}
}

function collect<Part>(
  parts: readonly Wired[],
  read: (part: Wired) => Part | undefined,
): readonly Part[] {
  return parts.flatMap((part) => read(part) ?? [])
}

function only<Part>(parts: readonly Wired[], read: (part: Wired) => Part | undefined): Part | null {
  return collect(parts, read)[0] ?? null
}

/** @throws ConfigurationError when a path of the application's choice is taken. */
function checkedRoutes(routes: readonly Route[]): readonly Route[] {
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
function limitsOf(
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

function warnOfClosedAccounts({ lockout, choosesWithoutRecovery, emit }: Settings): void {
  if (process.env['NODE_ENV'] !== 'production') return
  if (choosesWithoutRecovery || lockout.mode === 'observe') return
  emit({
    name: 'warning',
    code: 'lockout_without_recovery',
    message: `nothing proves an account's owner, because recovery is not configured. After ${lockout.maxFailures} wrong passwords of strangers in ${Math.round(lockout.horizon / 86_400)} days an account is open to known devices only, and to one attempt an hour of anybody else. Write features: [recovery({ … })] (from crudauth); or lockout: { withoutRecovery: 'slow' } to leave it so, or 'close' for no attempt at all.`,
  })
}

function warnOfUnknownAddress(emit: Settings['emit']): void {
  emit({
    name: 'warning',
    code: 'unknown_client_address',
    message:
      "the client address of a request is unknown, so limits per address do not apply to it; limits per account do, and all such clients share one budget for registration and rateLimit(). Pass the peer address of the socket to the library (peer). Behind a proxy write trustedProxies: { networks: ['10.0.0.0/8'] } with its networks, or { hops: 1 } if it connects by a Unix socket: that believes any peer.",
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
