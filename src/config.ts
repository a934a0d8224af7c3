/**
 * Everything that can be configured: each option with its type, unit, default and validation.
 *
 * Validation finds all problems at once and says for each what to write instead.
 */
import { type Random, secureRandom } from './crypto.ts'
import { ConfigurationError } from './errors.ts'
import { type EventListener, guarded, warnOnTrouble } from './events.ts'
import { type SessionTransportDefinition, session } from './features/session/session.ts'
import { type SudoOptions, type SudoSettings, sudoOptions } from './features/sudo/sudo.ts'
import { type HookSettings, type Hooks, hookOptions } from './hooks.ts'
import {
  ipv6PrefixOption,
  type TrustedProxies,
  type TrustedProxySettings,
  trustedProxiesOptions,
} from './http/client-address.ts'
import { type CookieOptions, type CookiePolicy, cookieOptions } from './http/cookies.ts'
import { trustedOriginsOption } from './http/origin.ts'
import {
  type LockoutOptions,
  type LockoutSettings,
  lockoutOptions,
} from './limits/lockout-settings.ts'
import { defaultRateLimits, type RateLimits, rateLimitOptions } from './limits/rate-limits.ts'
import { type Declaration, declareOptions, group } from './options/declare.ts'
import {
  byName,
  callback,
  flag,
  oneOf,
  optional,
  orNull,
  own,
  required,
  whole,
} from './options/option.ts'
import {
  newHashLength,
  type PasswordOptions,
  type PasswordSettings,
  passwordOptions,
} from './passwords/options.ts'
import { namespaceOption } from './storage/keys.ts'
import { memoryStorage } from './storage/memory.ts'
import type { Storage } from './storage/storage.ts'
import {
  isApiKeyDefinition,
  isBearerDefinition,
  isSessionDefinition,
  type TransportChoice,
} from './transports/choice.ts'
import {
  type IdentityOptions,
  type IdentitySettings,
  identity,
  identityOptions,
  identityProblems,
} from './users/identity.ts'
import { answering } from './users/outage.ts'
import {
  type RegistrationOptions,
  type RegistrationSettings,
  registrationOptions,
  registrationProblems,
} from './users/registration.ts'
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
export interface Settings
  extends Omit<
    Declared,
    'secret' | 'namespace' | 'onEvent' | 'storage' | 'transports' | 'users' | 'clock'
  > {
  readonly users: UserStore
  readonly secrets: readonly string[]
  readonly namespace: string
  /** In order of precedence. */
  readonly transports: readonly TransportChoice[]
  readonly session: SessionTransportDefinition | null
  readonly storage: Storage
  readonly clock: () => number
  readonly emit: EventListener
}

/** What is declared, and what each option is once it is read. */
interface Declared {
  readonly users: UserStore
  readonly secret: string | readonly string[] | undefined
  readonly namespace: string | undefined
  readonly transports: readonly TransportChoice[]
  readonly storage: Storage | undefined
  readonly warnOnMemoryStorage: boolean
  readonly databaseTimeoutMs: number
  readonly identity: IdentitySettings
  readonly registration: RegistrationSettings
  readonly cookies: CookiePolicy
  readonly passwords: PasswordSettings
  readonly lockout: LockoutSettings
  readonly sudo: SudoSettings | null
  readonly rateLimits: RateLimits
  readonly rateLimitMode: 'enforce' | 'observe'
  readonly trustedProxies: TrustedProxySettings
  readonly ipv6Prefix: number
  readonly trustedOrigins: readonly string[]
  readonly originMode: 'enforce' | 'observe'
  readonly hooks: HookSettings
  readonly tenant: ((request: Request) => string) | undefined
  readonly maxBodyBytes: number
  readonly onEvent: EventListener
  readonly clock: () => number
  readonly random: Random
}

const mode = () => oneOf(['enforce', 'observe'], 'enforce')

/** Shorter secrets could be guessed (RFC 7518 §3.2: a key at least as long as the hash). */
const minSecretBytes = 32

export const configuration: Declaration<Declared> = declareOptions<Declared>(
  {
    users: required('write users: drizzleUsers(db, users) from crudauth/drizzle', userProblems),
    secret: {
      ...own<Declared['secret']>({ fallback: undefined, problems: secretProblems }),
      defaultText: 'required in production',
      leftOut: () => ({ value: undefined, problems: missingSecret() }),
    },
    namespace: optional(namespaceOption, "'crudauth'"),
    transports: own<readonly TransportChoice[]>({
      defaultText: '[session()]',
      fallback: [],
      problems: transportListProblems,
    }),
    storage: own<Storage | undefined>({
      defaultText: 'memoryStorage()',
      fallback: undefined,
      problems: storageProblems,
    }),
    warnOnMemoryStorage: flag(true),
    databaseTimeoutMs: whole(5000, { max: 600_000 }, 'milliseconds'),
    identity: group(identityOptions),
    registration: group(registrationOptions),
    cookies: group(cookieOptions),
    passwords: group(passwordOptions),
    lockout: group(lockoutOptions),
    sudo: orNull(group(sudoOptions), { meaning: 'for none', fallback: null }),
    rateLimits: byName(group(rateLimitOptions), {
      fallback: defaultRateLimits,
      defaultText: 'see below',
    }),
    rateLimitMode: mode(),
    trustedProxies: group(trustedProxiesOptions),
    ipv6Prefix: ipv6PrefixOption,
    trustedOrigins: trustedOriginsOption,
    originMode: mode(),
    hooks: group(hookOptions),
    tenant: optional(callback<NonNullable<Declared['tenant']>>('(request) => …')),
    maxBodyBytes: whole(65_536, { min: 1024, max: 64 * 1024 * 1024 }, 'bytes'),
    onEvent: callback('(event) => …', warnOnTrouble, '`console.warn` for trouble'),
    clock: own<() => number>({
      defaultText: 'Date.now',
      fallback: Date.now,
      problems: (given, path) =>
        typeof given === 'function' && Number.isFinite(given())
          ? []
          : [`${path} must return the milliseconds since the epoch, as Date.now does`],
    }),
    random: callback<Random>('(bytes) => randomBytes(bytes)', secureRandom, 'that of the platform'),
  },
  {
    elsewhere: {
      session: 'write transports: [session({ … })]',
      bearer: 'write transports: [session(), bearer({ … })]',
      apiKeys: 'write transports: [session(), apiKeys({ … })]',
      database: 'the database goes to the adapter: write users: drizzleUsers(db, users)',
      db: 'the database goes to the adapter: write users: drizzleUsers(db, users)',
      url: 'the database goes to the adapter: write users: drizzleUsers(db, users)',
    },
    rules: [
      {
        about: ['users', 'identity'],
        problems: ({ users, identity }) => identityProblems(users, identity),
      },
      {
        about: ['users', 'identity', 'registration'],
        problems: ({ users, identity: options, registration }) =>
          registrationProblems(users, identity(users, options), registration),
      },
      {
        about: ['users', 'passwords'],
        problems: ({ users, passwords }) => hashColumnProblems(users, passwords),
      },
      { about: ['users'], problems: ({ users }) => epochColumnProblems(users) },
      {
        about: ['users', 'hooks'],
        problems: ({ users, hooks }) =>
          hooks.registering && users.transactions === 'none'
            ? [
                'hooks.registering needs transactions, which this user store does not have; use hooks.afterRegister',
              ]
            : [],
      },
      {
        about: ['passwords', 'transports'],
        problems: ({ passwords, transports }) =>
          passwords.setWithToken === 'fresh' && !transports.some(isBearerDefinition)
            ? [
                "passwords.setWithToken is 'fresh', but there are no tokens; write transports: [session(), bearer()], or leave it out",
              ]
            : [],
      },
      {
        about: ['users', 'tenant'],
        problems: ({ users, tenant }) => tenantProblems(users, tenant !== undefined),
      },
      {
        about: ['transports', 'tenant', 'sudo'],
        problems: ({ transports, tenant, sudo }) =>
          transportProblems(orSession(transports), tenant !== undefined, sudo !== null),
      },
    ],
  },
)

/** @throws ConfigurationError listing everything that is wrong. */
export function settingsOf(config: AuthConfig): Settings {
  const { settings, problems } = configuration.read(config ?? {}, '')
  if (problems.length > 0) throw new ConfigurationError(problems)
  const emit = guarded(settings.onEvent)
  const clock = checkedClock(settings.clock)
  const transports = orSession(settings.transports)
  const operations = ['find', 'insert', 'update', 'increment'] as const
  return {
    ...settings,
    users: answering(settings.users, operations, {
      timeoutMs: settings.databaseTimeoutMs,
      emit,
    }),
    secrets: secretsOf(settings.secret, settings.random, emit),
    namespace: namespaceOf(settings, emit),
    session: transports.find(isSessionDefinition) ?? null,
    transports,
    storage: settings.storage ?? memoryStorage({ clock }),
    emit,
    clock,
  }
}

/** The default is everybody's: two applications on one storage would share what is counted under it. */
function namespaceOf({ namespace, storage }: Declared, emit: EventListener): string {
  if (namespace !== undefined) return namespace
  if (storage?.shared) {
    emit({
      name: 'warning',
      code: 'default_namespace',
      message:
        "namespace is not set, so other applications on this storage that do not set it either share locks and rate limits with this one. Write namespace: 'shop' with the name of your application. On a storage in use that ends all sessions, once; namespace: 'crudauth' keeps them.",
    })
  }
  return 'crudauth'
}

function orSession(transports: readonly TransportChoice[]): readonly TransportChoice[] {
  return transports.length > 0 ? transports : [session()]
}

function secretsOf(
  secret: string | readonly string[] | undefined,
  random: Random,
  emit: EventListener,
): readonly string[] {
  if (secret !== undefined) return [secret].flat()
  emit({
    name: 'warning',
    code: 'generated_secret',
    message:
      'no secret is configured, so one was made for this process: sessions end when it does. Set secret: process.env.AUTH_SECRET before you go to production, where its absence is an error.',
  })
  // The one thing that is drawn at construction, in development only: every key is derived from it.
  return [Buffer.from(random(minSecretBytes)).toString('base64url')]
}

function userProblems(given: unknown): readonly string[] {
  const store = Object(given) as Partial<UserStore>
  if (typeof store.find === 'function' && Array.isArray(store.problems)) return store.problems
  const write = 'write users: drizzleUsers(db, users) from crudauth/drizzle'
  return [`users must be a users table that an adapter opened; ${write}`]
}

/** A database may cut what does not fit, and nobody could log in with the rest. */
function hashColumnProblems(users: UserStore, passwords: PasswordSettings): string[] {
  const column = users.columns.get(users.map.hashedPassword ?? '')
  const needed = newHashLength(passwords)
  if (column?.maxLength === undefined || !(needed > column.maxLength)) return []
  return [
    `the column '${column.column}' takes ${column.maxLength} characters, and new hashes have ${needed}; make it varchar(255)`,
  ]
}

/** Epochs begin anywhere below 2^31, so that no two accounts share one. */
function epochColumnProblems(users: UserStore): string[] {
  const column = users.columns.get(users.map.tokenVersion ?? '')
  if (column?.integerBits === undefined || column.integerBits >= 32) return []
  return [
    `the column '${column.column}' takes numbers of ${column.integerBits} bits, and epochs have 31; make it a plain integer, or write columns: { tokenVersion: null } to do without`,
  ]
}

function tenantProblems(users: UserStore, hasTenants: boolean): string[] {
  if (hasTenants === users.tenants) return []
  return [
    hasTenants
      ? 'tenant is configured, but the user store knows no tenant column; write drizzleUsers(db, users, { tenant: … })'
      : 'the user store has a tenant column, but tenant is not configured; write tenant: (request) => …',
  ]
}

function missingSecret(): string[] {
  return process.env['NODE_ENV'] === 'production'
    ? [
        'secret is missing; write secret: process.env.AUTH_SECRET and set it to 32 random bytes or more, from: npx crudauth secret',
      ]
    : []
}

function secretProblems(given: unknown, path: string): string[] {
  const secrets: readonly unknown[] = [given].flat()
  if (secrets.length === 0) return [`${path} is an empty list; name at least one secret`]
  return secrets.flatMap((one, index) => {
    const option = Array.isArray(given) ? `${path}[${index}]` : path
    const make = 'make one with: npx crudauth secret'
    if (typeof one !== 'string') {
      return [`${option} is not a text; is its environment variable set?`]
    }
    const bytes = Buffer.byteLength(one, 'utf8')
    if (bytes < minSecretBytes) {
      return [`${option} has ${bytes} bytes and needs at least ${minSecretBytes}; ${make}`]
    }
    // Long, and all the same guessed at once: one character, or a word over and over.
    if (new Set(one).size < 6 || /^(.{1,16}?)\1+.{0,15}$/s.test(one)) {
      return [`${option} is long, but repeats itself and could be guessed; ${make}`]
    }
    return []
  })
}

function storageProblems(given: unknown, path: string): string[] {
  if (typeof given === 'function') {
    return [`${path} is a function; call it: ${given.name || 'memoryStorage'}()`]
  }
  if (typeof given === 'string') {
    return [`${path} is a text; write storage: redisStorage({ url: '…' }) from crudauth/redis`]
  }
  const { get, replace } = Object(given) as Partial<Storage>
  return typeof get === 'function' && typeof replace === 'function'
    ? []
    : [`${path} must be a storage; write storage: memoryStorage(), or one from crudauth/redis`]
}

function transportListProblems(given: unknown, path: string): readonly string[] {
  if (Array.isArray(given)) return given.flatMap((one, index) => strangerProblems(one, index))
  const { name } = Object(given) as Partial<TransportChoice>
  return [
    `${path} must be a list; write ${path}: [${name === 'bearer' ? 'bearer()' : 'session()'}]`,
  ]
}

/** Entries of `transports` that are not transports. */
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

function transportProblems(
  transports: readonly TransportChoice[],
  hasTenants: boolean,
  hasSudo: boolean,
): string[] {
  const names = transports.map(({ name }) => name)
  const keys = transports.find(isApiKeyDefinition)?.settings
  const hasSessions = transports.some(isSessionDefinition)
  const managed = keys?.managementRoutes ?? false
  return [
    ...(keys?.keys?.tenants && !hasTenants
      ? [
          'the table of API keys has a tenant column, but tenant is not configured; write tenant: (request) => …',
        ]
      : []),
    ...(keys?.keys && !keys.keys.tenants && hasTenants
      ? [
          'tenant is configured, but the table of API keys has no tenant column, so that a key of one tenant would be somebody of another; write drizzleApiKeys(db, apiKeys, { tenant: … })',
        ]
      : []),
    ...transports.flatMap((transport) => ('problems' in transport ? transport.problems : [])),
    ...names
      .filter((name, index) => names.indexOf(name) < index)
      .map((name) => `transports has '${name}' twice; a name is unique in a configuration`),
    ...(managed !== false && !hasSessions
      ? [
          'apiKeys.managementRoutes needs the session transport; write transports: [session(), apiKeys(…)]',
        ]
      : []),
    ...(managed === 'sudo' && !hasSudo
      ? [
          "apiKeys.managementRoutes is 'sudo', which is not configured; write sudo: { route: true } as well",
        ]
      : []),
    ...(hasSudo && !hasSessions
      ? ['sudo needs the session transport; write transports: [session(), …]']
      : []),
  ]
}

/** With a NaN clock nothing would ever expire, so it throws. */
function checkedClock(clock: () => number): () => number {
  if (clock === Date.now) return clock
  return () => {
    const now = clock()
    if (Number.isFinite(now)) return now
    throw new Error('crudauth: clock returned something else than milliseconds since the epoch')
  }
}
