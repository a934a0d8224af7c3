/**
 * Everything that can be configured: each option with its type, unit, default and validation.
 *
 * Validation finds all problems at once and says for each what to write instead.
 */
import { configShapeProblems } from './config-shape.ts'
import { type Random, secureRandom } from './crypto.ts'
import { ConfigurationError } from './errors.ts'
import { type EventListener, guarded, warnOnTrouble } from './events.ts'
import {
  type SudoOptions,
  type SudoSettings,
  sudoProblems,
  sudoSettings,
} from './features/sudo/settings.ts'
import type { Hooks } from './hooks.ts'
import { clientAddressProblems, type TrustedProxies } from './http/client-address.ts'
import { type CookieOptions, cookieProblems } from './http/cookies.ts'
import { originProblems } from './http/origin.ts'
import {
  type LockoutOptions,
  type LockoutSettings,
  lockoutDefaults,
  lockoutProblems,
} from './limits/lockout-settings.ts'
import { defaultRateLimits, type RateLimits, rateLimitProblems } from './limits/throttle.ts'
import { newHashLength, type PasswordOptions, passwordProblems } from './passwords/options.ts'
import { namespaceProblems } from './storage/keys.ts'
import { memoryStorage } from './storage/memory.ts'
import type { Storage } from './storage/storage.ts'
import {
  isApiKeyDefinition,
  isBearerDefinition,
  isSessionDefinition,
  type TransportChoice,
} from './transports/choice.ts'
import { type SessionTransportDefinition, session } from './transports/session/session.ts'
import { type IdentityOptions, identity, identityProblems } from './users/identity.ts'
import { answering } from './users/outage.ts'
import { type RegistrationOptions, registrationProblems } from './users/registration.ts'
import type { UserStore, UserTypes } from './users/store.ts'

export interface AuthConfig<T extends UserTypes = UserTypes> {
  /** The application's users table, through an adapter: `drizzleUsers(db, users)`. */
  users: UserStore<T>

  /**
   * The secret from which all keys are derived: at least 32 bytes, or a list of such, of which
   * the first signs and all verify (to rotate, put the new one first). Required in production;
   * elsewhere one is made for the process, and a warning says so.
   */
  secret?: string | readonly string[] | undefined

  /**
   * The application's name in shared storages. Default `crudauth`. Two applications on one storage
   * need different names or different secrets to keep their sessions apart, and different names
   * to keep their counters apart.
   */
  namespace?: string

  /** The ways to carry a credential, in order of precedence. Default `[session()]`. */
  transports?: readonly TransportChoice[]

  /** Where sessions and counters live. Default: the memory of this process. */
  storage?: Storage

  /**
   * Whether a `memory_storage` warning is emitted when sessions live in the memory of one process, and
   * the process is in production or looks like one of several. Default `true`.
   */
  warnOnMemoryStorage?: boolean

  /**
   * How long the database may take to answer, in milliseconds; then a request is 503
   * (`database_unavailable`). Default 5000. Includes the application's own work in `hooks.registering`.
   */
  databaseTimeoutMs?: number

  /** Which fields log in and which one recovers. */
  identity?: IdentityOptions

  /** What a new account may bring, and what the application adds to it. */
  registration?: NoInfer<RegistrationOptions<T>>

  /** Attributes of all cookies. Default: secure, `SameSite=Lax`, path `/`. */
  cookies?: CookieOptions

  passwords?: PasswordOptions

  lockout?: LockoutOptions

  /**
   * Re-authentication before what matters most, for `auth.sudo` and `auth.requireSudo`. Needs the
   * session transport. Default: none.
   */
  sudo?: SudoOptions<NoInfer<T>>

  /** Rate limits by action, merged over the defaults; `times: 0` switches one off. */
  rateLimits?: RateLimits

  /** `observe` reports what throttles would refuse and lets it through. Default `enforce`. */
  rateLimitMode?: 'enforce' | 'observe'

  /**
   * The proxies in front of the server, by number or by network. Default: none; then
   * `X-Forwarded-For` is ignored.
   */
  trustedProxies?: TrustedProxies

  /** How many bits of an IPv6 address name one client. Default 64. */
  ipv6Prefix?: number

  /** Origins besides the server's own whose pages may send requests that use our cookies. */
  trustedOrigins?: readonly string[]

  /** `observe` reports what origin checks would refuse and lets it through. Default `enforce`. */
  originMode?: 'enforce' | 'observe'

  hooks?: Hooks<T>

  /**
   * Which tenant a request belongs to: partitions user lookups, storage keys and limits. Needs a
   * user store that was given its tenant column. An `AuthError` that it throws, for a request that
   * belongs to none, is the answer. Default: no tenants.
   */
  tenant?: (request: Request) => string

  /** The largest request body that is read, in bytes. Default 65536. */
  maxBodyBytes?: number

  /** Told what happens. Default: trouble goes to `console.warn`. */
  onEvent?: EventListener

  /** The time, in milliseconds since the epoch. Default `Date.now`. For tests. */
  clock?: () => number

  /** Secure random bytes. Default: the platform's. For tests. */
  random?: Random
}

export type { TransportChoice }

/** A configuration that was found to be sound, with every default filled in. */
export interface Settings {
  readonly users: UserStore
  readonly secrets: readonly string[]
  readonly namespace: string
  readonly session: SessionTransportDefinition | null
  /** In order of precedence; the session's place is held by its definition. */
  readonly transports: readonly TransportChoice[]
  readonly storage: Storage
  readonly warnOnMemoryStorage: boolean
  readonly databaseTimeoutMs: number
  readonly identity: IdentityOptions
  readonly registration: RegistrationOptions
  readonly cookies: CookieOptions
  readonly passwords: PasswordOptions
  readonly lockout: LockoutSettings
  readonly sudo: SudoSettings | null
  readonly rateLimits: RateLimits
  readonly rateLimitMode: 'enforce' | 'observe'
  readonly trustedProxies: TrustedProxies
  readonly ipv6Prefix: number
  readonly trustedOrigins: readonly string[]
  readonly originMode: 'enforce' | 'observe'
  readonly hooks: Hooks
  readonly tenant: ((request: Request) => string) | undefined
  readonly maxBodyBytes: number
  readonly emit: EventListener
  readonly clock: () => number
  readonly random: Random
}

/** @throws ConfigurationError listing everything that is wrong. */
export function settingsOf(config: AuthConfig): Settings {
  const problems = configProblems(config)
  if (problems.length > 0) throw new ConfigurationError(problems)
  const emit = guarded(config.onEvent ?? warnOnTrouble)
  const clock = config.clock ? checkedClock(config.clock) : Date.now
  const random = config.random ?? secureRandom
  const transports = transportsOf(config)
  const timeoutMs = config.databaseTimeoutMs ?? 5000
  const operations = ['find', 'insert', 'update', 'increment'] as const
  return {
    users: answering(config.users, operations, { timeoutMs, emit }),
    secrets: secretsOf(config, random, emit),
    namespace: config.namespace ?? 'crudauth',
    session: transports.find(isSessionDefinition) ?? null,
    transports,
    storage: config.storage ?? memoryStorage({ clock }),
    warnOnMemoryStorage: config.warnOnMemoryStorage ?? true,
    databaseTimeoutMs: timeoutMs,
    identity: config.identity ?? {},
    registration: config.registration ?? {},
    cookies: config.cookies ?? {},
    passwords: config.passwords ?? {},
    lockout: { ...lockoutDefaults, ...config.lockout },
    sudo: config.sudo ? sudoSettings(config.sudo) : null,
    rateLimits: { ...defaultRateLimits, ...config.rateLimits },
    rateLimitMode: config.rateLimitMode ?? 'enforce',
    trustedProxies: config.trustedProxies ?? {},
    ipv6Prefix: config.ipv6Prefix ?? 64,
    trustedOrigins: config.trustedOrigins ?? [],
    originMode: config.originMode ?? 'enforce',
    hooks: config.hooks ?? {},
    tenant: config.tenant,
    maxBodyBytes: config.maxBodyBytes ?? 65536,
    emit,
    clock,
    random,
  }
}

function transportsOf(config: AuthConfig): readonly TransportChoice[] {
  return config.transports?.length ? config.transports : [session()]
}

/** Shorter secrets could be guessed (RFC 7518 §3.2: a key at least as long as the hash). */
const minSecretBytes = 32

function secretsOf({ secret }: AuthConfig, random: Random, emit: EventListener): readonly string[] {
  if (secret !== undefined) return [secret].flat()
  emit({
    name: 'warning',
    code: 'generated_secret',
    message:
      'no secret is configured, so one was made for this process: sessions end when it does. Set secret: process.env.AUTH_SECRET before you go to production, where its absence is an error.',
  })
  return [Buffer.from(random(minSecretBytes)).toString('base64url')]
}

function configProblems(config: AuthConfig): string[] {
  const users: UserStore | undefined = config?.users
  if (typeof users?.find !== 'function') {
    return ['users is missing; write users: drizzleUsers(db, users) from crudauth/drizzle']
  }
  // What follows trusts in it.
  const misshapen = [
    ...configShapeProblems(config),
    ...(Array.isArray(config.transports) ? config.transports.flatMap(strangerProblems) : []),
  ]
  if (misshapen.length > 0) return misshapen
  const wired = users.problems.length === 0
  return [
    ...users.problems,
    ...(wired ? identityProblems(users, config.identity ?? {}) : []),
    ...(wired
      ? registrationProblems(
          users,
          identity(users, config.identity ?? {}),
          config.registration ?? {},
        )
      : []),
    ...secretProblems(config.secret),
    ...(config.namespace === undefined ? [] : namespaceProblems(config.namespace)),
    ...transportProblems(transportsOf(config), config.tenant !== undefined),
    ...keyRouteProblems(config),
    ...cookieProblems(config.cookies ?? {}),
    ...passwordProblems(config.passwords ?? {}),
    ...setWithTokenProblems(config),
    ...hashColumnProblems(config),
    ...epochColumnProblems(config),
    ...lockoutProblems(config.lockout ?? {}),
    ...(config.sudo
      ? sudoProblems(config.sudo, transportsOf(config).some(isSessionDefinition))
      : []),
    ...rateLimitProblems(config.rateLimits ?? {}),
    ...modeProblems('rateLimitMode', config.rateLimitMode),
    ...modeProblems('originMode', config.originMode),
    ...clientAddressProblems(config),
    ...originProblems(config.trustedOrigins ?? []),
    ...hookProblems(config),
    ...(config.tenant && !users.tenants
      ? [
          'tenant is configured, but the user store knows no tenant column; write drizzleUsers(db, users, { tenant: … })',
        ]
      : []),
    ...(!config.tenant && users.tenants
      ? [
          'the user store has a tenant column, but tenant is not configured; write tenant: (request) => …',
        ]
      : []),
    ...bodyProblems(config.maxBodyBytes),
    ...timeoutProblems(config.databaseTimeoutMs),
    ...clockProblems(config.clock),
  ]
}

function setWithTokenProblems(config: AuthConfig): string[] {
  if (config.passwords?.setWithToken !== 'fresh') return []
  return transportsOf(config).some(isBearerDefinition)
    ? []
    : [
        "passwords.setWithToken is 'fresh', but there are no tokens; write transports: [session(), bearer()], or leave it out",
      ]
}

/** A database may cut what does not fit, and nobody could log in with the rest. */
function hashColumnProblems({ users, passwords = {} }: AuthConfig): string[] {
  const column = users.columns.get(users.map.hashedPassword ?? '')
  const needed = newHashLength(passwords)
  if (column?.maxLength === undefined || !(needed > column.maxLength)) return []
  return [
    `the column '${column.column}' takes ${column.maxLength} characters, and new hashes have ${needed}; make it varchar(255)`,
  ]
}

/** Epochs begin anywhere below 2^31, so that no two accounts share one. */
function epochColumnProblems({ users }: AuthConfig): string[] {
  const column = users.columns.get(users.map.tokenVersion ?? '')
  if (column?.integerBits === undefined || column.integerBits >= 32) return []
  return [
    `the column '${column.column}' takes numbers of ${column.integerBits} bits, and epochs have 31; make it a plain integer, or write columns: { tokenVersion: null } to do without`,
  ]
}

function secretProblems(secret: string | readonly string[] | undefined): string[] {
  if (secret === undefined) {
    return process.env['NODE_ENV'] === 'production'
      ? [
          'secret is missing; write secret: process.env.AUTH_SECRET and set it to 32 random bytes or more',
        ]
      : []
  }
  const secrets: readonly unknown[] = [secret].flat()
  if (secrets.length === 0) return ['secret is an empty list; name at least one secret']
  return secrets.flatMap((one, index) => {
    const option = Array.isArray(secret) ? `secret[${index}]` : 'secret'
    if (typeof one !== 'string')
      return [`${option} is not a text; is its environment variable set?`]
    const bytes = Buffer.byteLength(one, 'utf8')
    if (bytes >= minSecretBytes) return []
    return [
      `${option} has ${bytes} bytes and needs at least ${minSecretBytes}; make one with: npx crudauth secret`,
    ]
  })
}

/** What stands among the transports and is none. */
function strangerProblems(transport: unknown, index: number): string[] {
  if (typeof transport === 'function') {
    return [`transports[${index}] is a function; call it: ${transport.name || 'session'}()`]
  }
  const { name, authenticate } = Object(transport) as Partial<Record<string, unknown>>
  const known = typeof authenticate === 'function' || Array.isArray(Object(transport).problems)
  return typeof name === 'string' && known
    ? []
    : [
        `transports[${index}] is no transport; write session(), bearer(), apiKeys(…) or an object with a name and authenticate()`,
      ]
}

function transportProblems(transports: readonly TransportChoice[], hasTenants: boolean): string[] {
  const names = transports.map(({ name }) => name)
  const keys = transports.find(isApiKeyDefinition)
  return [
    ...(keys?.settings.keys?.tenants && !hasTenants
      ? ['the table of API keys has a tenant column, but tenant is not configured']
      : []),
    ...(keys?.settings.keys && !keys.settings.keys.tenants && hasTenants
      ? [
          'tenant is configured, but the table of API keys has no tenant column, so that a key of one tenant would be somebody of another; write drizzleApiKeys(db, apiKeys, { tenant: … })',
        ]
      : []),
    ...transports.flatMap((transport) => ('problems' in transport ? transport.problems : [])),
    ...names
      .filter((name, index) => names.indexOf(name) < index)
      .map((name) => `transports has '${name}' twice; a name is unique in a configuration`),
  ]
}

function keyRouteProblems(config: AuthConfig): string[] {
  const transports = transportsOf(config)
  const mounted = transports.find(isApiKeyDefinition)?.settings.managementRoutes ?? false
  if (mounted !== false && !transports.some(isSessionDefinition)) {
    return [
      'apiKeys.managementRoutes needs the session transport; write transports: [session(), apiKeys(…)]',
    ]
  }
  return mounted === 'sudo' && !config.sudo
    ? [
        "apiKeys.managementRoutes is 'sudo', which is not configured; write sudo: { route: true } as well",
      ]
    : []
}

function modeProblems(option: string, mode: unknown): string[] {
  if (mode === undefined || mode === 'enforce' || mode === 'observe') return []
  return [`${option} must be 'enforce' or 'observe'`]
}

function hookProblems({ hooks, users }: AuthConfig): string[] {
  if (!hooks?.registering || users.transactions !== 'none') return []
  return [
    'hooks.registering needs transactions, which this user store does not have; use hooks.afterRegister',
  ]
}

/** The most that a timer can wait. */
const maxTimeoutMs = 2 ** 31 - 1

function timeoutProblems(timeoutMs: number | undefined): string[] {
  if (timeoutMs === undefined) return []
  return Number.isSafeInteger(timeoutMs) && timeoutMs >= 1 && timeoutMs <= maxTimeoutMs
    ? []
    : ['databaseTimeoutMs must be a whole number of milliseconds, such as 5000']
}

function bodyProblems(maxBodyBytes: number | undefined): string[] {
  if (maxBodyBytes === undefined) return []
  return Number.isSafeInteger(maxBodyBytes) && maxBodyBytes >= 1024
    ? []
    : ['maxBodyBytes must be a whole number of at least 1024']
}

function clockProblems(clock: AuthConfig['clock']): string[] {
  return clock === undefined || Number.isFinite(clock())
    ? []
    : ['clock must return the milliseconds since the epoch, as Date.now does']
}

/** Of a time that is no number nothing can be said to have expired: it is an error instead. */
function checkedClock(clock: () => number): () => number {
  return () => {
    const now = clock()
    if (Number.isFinite(now)) return now
    throw new Error('crudauth: clock returned something else than milliseconds since the epoch')
  }
}
