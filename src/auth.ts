/**
 * The composition root: a configuration in, a wired `Auth` out. It folds over the features that it
 * was given and names none of them; only registering, `/me` and passwords are built in.
 */
import { Afterwards } from './afterwards.ts'
import type { AuthCore } from './auth-core.ts'
import type { AuthConfig } from './config/options.ts'
import { type Settings, settingsOf } from './config/settings.ts'
import {
  onceOnly,
  warnOfClosedAccounts,
  warnOfMemory,
  warnOfUnknownAddress,
} from './config/warnings.ts'
import { attempts } from './credentials/attempt.ts'
import type { Carrier } from './credentials/carrier.ts'
import { Freezing } from './credentials/freezing.ts'
import { InvitationRecords } from './credentials/invitations.ts'
import { KnownDevices } from './credentials/known-devices.ts'
import { MailboxProof } from './credentials/mailbox-proof.ts'
import { NewAccounts } from './credentials/new-accounts.ts'
import { OneTimeRecords } from './credentials/one-time.ts'
import { PasswordChecks } from './credentials/password-check.ts'
import { PendingSignIns } from './credentials/pending.ts'
import { Revocation } from './credentials/revocation.ts'
import { SignIn } from './credentials/sign-in.ts'
import { userAdministration } from './credentials/users/index.ts'
import { deriveKey, hmacSha256 } from './crypto.ts'
import { describe } from './describe.ts'
import { ConfigurationError } from './errors.ts'
import type { Ground, House, Mounted, OutageDescription, Wired } from './feature.ts'
import { meRoutes } from './features/me/me.ts'
import { passwordRoutes } from './features/passwords/password-routes.ts'
import { registerRoutes } from './features/register/register.ts'
import { type Gate, Gatekeeper } from './gates.ts'
import type { FeatureEntry, Handles, TransportEntry } from './handles.ts'
import { hookRunner } from './hooks.ts'
import { applicationLimits } from './http/application-limits.ts'
import { type Call, callsOf, type Framework, webFramework } from './http/call.ts'
import { clientAddressReader } from './http/client-address.ts'
import { cookiesOfOneName } from './http/cookies.ts'
import { type Exchange, exchanges } from './http/exchange.ts'
import { ignoredProxies, refusedCookies, refusedOrigins } from './http/mistakes.ts'
import { type FeatureRoute, mountedRoutes, responder } from './http/mounted.ts'
import { originGuard } from './http/origin.ts'
import type { Route } from './http/route.ts'
import { checkedRoutes, limitsOf } from './http/route-limits.ts'
import { Lockout } from './limits/lockout.ts'
import { RateLimits } from './limits/rate-limits.ts'
import { passwordEpochs } from './passwords/epochs.ts'
import { passwords } from './passwords/passwords.ts'
import { storageKeys } from './storage/keys.ts'
import { Accounts } from './users/accounts.ts'
import { identity } from './users/identity.ts'
import { tellWhoLooks } from './users/looked-at.ts'
import type { UserScope, UserTypes } from './users/store.ts'

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
      aliveAmong: (...call) => revocation.aliveAmong(...call),
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
    identityChanged(place, row, change) {
      for (const part of parts) part.identityChanged?.(place, row, change)
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
  const deliveries = new Map(
    wired.flatMap(({ name, parts: { signedIn } }) => (signedIn ? [[name, signedIn] as const] : [])),
  )
  house.signIn.learn(house.carriers as readonly Carrier[], furtherProofs, refusals, deliveries)

  const invitations = new InvitationRecords(house)
  const mounted = wired.map(({ name, key, parts: part }) => ({
    name,
    key,
    ...mountedBy(part, house),
  }))
  const ofFeature = (feature: string, own: readonly Route[] = []): FeatureRoute[] =>
    own.map((route) => ({ feature, route }))
  const featureRoutes = [
    ...ofFeature('register', registerRoutes(house, invitations)),
    ...ofFeature('me', meRoutes(house)),
    ...ofFeature('passwords', passwordRoutes(house)),
    ...mounted.flatMap(({ name, routes: own }) => ofFeature(name, own)),
  ]
  const routes = checkedRoutes(featureRoutes.map(({ route }) => route))
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
  const domains = new Set(setCookies.flatMap(({ attributes }) => attributes.domain ?? []))
  const respond = responder(
    {
      gatekeeper,
      rateLimits,
      limits,
      originAllowed,
      maxBodyBytes: settings.maxBodyBytes,
      onCookies: refusedCookies(cookies, [...domains], emit),
      isKnown: knownCaller(house),
      emit,
    },
    calls,
  )
  const mountedAll = mountedRoutes(featureRoutes, respond, transports)

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
    hashing.close()
    await storage.close?.()
  }

  return {
    ...Object.fromEntries(
      mounted.flatMap(({ key, handle }) => (key === null || !handle ? [] : [[key, handle]])),
    ),
    routes: mountedAll,
    endpoints: mountedAll.endpoints,
    fetch: mountedAll.fetch,
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
    openapi: mountedAll.openapi,
    async init() {
      await Promise.all([hashing.load(), storage.init?.(), settings.users.init?.()])
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
