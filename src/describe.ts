/**
 * What is mounted, as data: for a page in an admin area, for a test that pins it, for a review.
 *
 * Nothing in it is secret: no key, no pepper, no address of a backend.
 */
import type { Settings } from './config/settings.ts'
import type { OutageDescription } from './feature.ts'
import type { Cookie } from './http/cookies.ts'
import type { Method, Route } from './http/route.ts'
import type { LockoutSettings } from './limits/lockout-settings.ts'
import type { LimitsByAction, RateLimit } from './limits/rate-limits.ts'
import type { PasswordSettings } from './passwords/options.ts'
import type { Passwords } from './passwords/passwords.ts'
import type { Identity } from './users/identity.ts'

/** What `auth.describe()` returns: everything that is mounted, as data without secrets. */
export interface Description {
  readonly routes: readonly RouteDescription[]
  /** In order of precedence. */
  readonly transports: readonly string[]
  /** What each feature says of itself, by its name: lifetimes in seconds, keys by their `kid`. */
  readonly features: Readonly<Record<string, object>>
  readonly cookies: readonly CookieDescription[]
  readonly lockout: LockoutSettings
  /** Those of the mounted routes, by action. */
  readonly rateLimits: Readonly<Record<string, RateLimit>>
  /** What only reports instead of refusing. */
  readonly modes: Readonly<Record<'lockout' | 'rateLimits' | 'origin', 'enforce' | 'observe'>>
  readonly passwords: PasswordDescription
  readonly identity: Readonly<{ login: readonly string[]; recovery: string | null }>
  readonly users: Readonly<{
    store: string
    /** Logical field to property, for every field that the table has. */
    columns: Readonly<Record<string, string>>
    tenants: boolean
  }>
  readonly storage: Readonly<{ name: string; shared: boolean }>
  readonly clientAddress: Readonly<{
    hops: number
    networks: readonly string[]
    ipv6Prefix: number
    ipv6SitePrefix: number
  }>
  /** Who gets what when the storage, or the check for breached passwords, does not answer. */
  readonly outages: readonly OutageDescription[]
}

/** How passwords are hashed, and which new ones are refused. */
export interface PasswordDescription {
  /** Of new hashes. */
  readonly format: string
  /** Formats of other systems that are verified, in their order. */
  readonly adopted: readonly string[]
  readonly peppered: boolean
  /** Of new passwords, in characters. */
  readonly minLength: number
  readonly maxLength: number
  /** What new passwords are held against. */
  readonly policy: Readonly<Record<'common' | 'contextWords' | 'breached', boolean>>
  /** Whether an access token of a fresh login can set a first password. */
  readonly setWithToken: 'never' | 'fresh'
}

/** A mounted route: who may call it, and its rate limit. */
export interface RouteDescription {
  readonly method: Method
  readonly path: string
  /** The transports that its gate asks; `null` where there is no gate. */
  readonly authentication: readonly string[] | null
  readonly limit: (RateLimit & { readonly action: string; readonly by: 'address' | 'login' }) | null
}

/** A cookie that the mounted routes set, with its attributes. */
export interface CookieDescription {
  readonly name: string
  readonly httpOnly: boolean
  readonly secure: boolean
  readonly sameSite: 'lax' | 'strict' | 'none'
  /** Left out where the host that sets it gets it alone. */
  readonly domain?: string
  readonly path: string
}

const outages: readonly OutageDescription[] = [
  { when: 'a login is counted', answer: '429 login_locked, Retry-After', fails: 'closed' },
  {
    when: 'counters are cleared after a right password',
    answer: 'the login goes on',
    fails: 'open',
  },
  { when: 'a rate limit is spent', answer: 'the request goes on', fails: 'open' },
]

export interface DescriptionParts {
  readonly settings: Settings
  readonly routes: readonly Route[]
  readonly identity: Identity
  readonly passwords: Passwords
  readonly transports: readonly string[]
  readonly limits: LimitsByAction
  readonly features: Readonly<Record<string, object>>
  readonly outages: readonly OutageDescription[]
  readonly cookies: readonly Cookie[]
}

export function describe(parts: DescriptionParts): Description {
  const { settings, routes, identity, passwords, cookies, limits } = parts
  const { hops = 0, networks = [] } = settings.trustedProxies
  return {
    routes: routes.map((route) => describeRoute(route, limits)),
    transports: parts.transports,
    features: parts.features,
    cookies: cookies.map(({ name, attributes }) => ({ name, ...attributes })),
    lockout: settings.lockout,
    rateLimits: limits,
    modes: {
      lockout: settings.lockout.mode,
      rateLimits: settings.rateLimitMode,
      origin: settings.originMode,
    },
    passwords: describePasswords(settings.passwords, passwords),
    identity: {
      login: identity.login.map(({ name }) => name),
      recovery: identity.recovery?.name ?? null,
    },
    users: {
      store: settings.users.name,
      columns: { ...settings.users.map, ...settings.users.identities },
      tenants: settings.users.tenants,
    },
    storage: { name: settings.storage.name, shared: settings.storage.shared },
    clientAddress: {
      hops,
      networks,
      ipv6Prefix: settings.ipv6Prefix,
      ipv6SitePrefix: settings.ipv6SitePrefix,
    },
    outages: [...outages, ...parts.outages, ...breachOutage(settings.passwords)],
  }
}

function describePasswords(
  { format, adopt, pepper, policy, setWithToken }: PasswordSettings,
  { minLength, maxLength }: Passwords,
): PasswordDescription {
  const { common, contextWords, breached } = policy
  return {
    format,
    adopted: adopt.map(({ name }) => name || 'anonymous'),
    peppered: pepper !== undefined,
    minLength,
    maxLength,
    policy: { common, contextWords, breached: breached !== undefined },
    setWithToken,
  }
}

function breachOutage({ policy }: PasswordSettings): OutageDescription[] {
  if (!policy.breached) return []
  const when = 'a new password is looked up among breached ones'
  return policy.breached.onOutage === 'refuse'
    ? [{ when, answer: '422 validation_failed', fails: 'closed' }]
    : [{ when, answer: 'the password is accepted', fails: 'open' }]
}

function describeRoute(route: Route, limits: LimitsByAction): RouteDescription {
  const rate = route.limit && limits[route.limit.action]
  return {
    method: route.method,
    path: route.path,
    authentication: route.gate?.transports.map(({ name }) => name) ?? null,
    limit:
      route.limit && rate && rate.times > 0
        ? { action: route.limit.action, by: route.limit.by, ...rate }
        : null,
  }
}
