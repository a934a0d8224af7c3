/**
 * The declaration of the whole configuration, and what it is once it has been read: settings, or an
 * error that tells every problem at once and what to write instead.
 */
import { type Random, secureRandom } from '../crypto.ts'
import { ConfigurationError } from '../errors.ts'
import type { EventListener } from '../events.ts'
import type { Feature } from '../feature.ts'
import { type HookSettings, hookOptions } from '../hooks.ts'
import {
  ipv6PrefixOption,
  ipv6SitePrefixOption,
  type TrustedProxySettings,
  trustedProxiesOptions,
} from '../http/client-address.ts'
import { type CookiePolicy, cookieOptions } from '../http/cookies.ts'
import { trustedOriginsOption } from '../http/origin.ts'
import { type LockoutSettings, lockoutOptions } from '../limits/lockout-settings.ts'
import { type LimitsByAction, rateLimitOptions } from '../limits/rate-limits.ts'
import { guarded, warnOnTrouble } from '../listener.ts'
import { type Declaration, declareOptions, group } from '../options/declare.ts'
import { timeout } from '../options/durations.ts'
import { byName, callback, flag, oneOf, optional, own, required, whole } from '../options/option.ts'
import { newHashLength, type PasswordSettings, passwordOptions } from '../passwords/options.ts'
import { boundedStorage } from '../storage/bounded.ts'
import { Canary } from '../storage/canary.ts'
import { namespaceOption } from '../storage/keys.ts'
import { memoryStorage } from '../storage/memory.ts'
import type { Storage } from '../storage/storage.ts'
import {
  type IdentitySettings,
  identity,
  identityOptions,
  identityProblems,
} from '../users/identity.ts'
import { answeringUsers } from '../users/outage.ts'
import { type RegistrationSettings, registrationOption } from '../users/registration.ts'
import { registrationProblems } from '../users/registration-problems.ts'
import type { UserStore } from '../users/store.ts'
import { elsewhere } from './elsewhere.ts'
import {
  type ConfiguredTransport,
  companyProblems,
  entryProblems,
  featuresOption,
  transportsOption,
} from './entries.ts'
import type { AuthConfig } from './options.ts'
import { secretOption, secretsOf } from './secret.ts'

/** A configuration that was found to be sound, with every default filled in. */
export interface Settings
  extends Omit<Declared, 'secret' | 'namespace' | 'onEvent' | 'storage' | 'users' | 'clock'> {
  readonly users: UserStore
  readonly secrets: readonly string[]
  readonly namespace: string
  readonly storage: Storage
  /** Names the logins that count after a rollback of the storage. */
  readonly generation: () => string
  readonly clock: () => number
  readonly emit: EventListener
  /** Whether the application says what becomes of an account that strangers have closed. */
  readonly choosesWithoutRecovery: boolean
}

/** What is declared, and what each option is once it is read. */
interface Declared {
  readonly users: UserStore
  readonly secret: string | readonly string[] | undefined
  readonly namespace: string | undefined
  /** In order of precedence. */
  readonly transports: readonly ConfiguredTransport[]
  readonly features: readonly Feature[]
  readonly storage: Storage | undefined
  readonly warnOnMemoryStorage: boolean
  readonly databaseTimeoutMs: number
  readonly storageTimeoutMs: number
  readonly closeTimeoutMs: number
  readonly storageRollback: 'report' | 'end_logins'
  readonly identity: IdentitySettings
  readonly registration: RegistrationSettings
  readonly cookies: CookiePolicy
  readonly passwords: PasswordSettings
  readonly lockout: LockoutSettings
  /** As configured, without the defaults of the routes. */
  readonly rateLimits: LimitsByAction
  readonly rateLimitMode: 'enforce' | 'observe'
  readonly trustedProxies: TrustedProxySettings
  readonly ipv6Prefix: number
  readonly ipv6SitePrefix: number
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

export const configuration: Declaration<Declared> = declareOptions<Declared>(
  {
    users: required('write users: drizzleUsers(db, users) from crudauth/drizzle', userProblems),
    secret: secretOption,
    namespace: optional(namespaceOption, "'crudauth'"),
    transports: transportsOption,
    features: featuresOption,
    storage: own<Storage | undefined>({
      defaultText: 'memoryStorage()',
      fallback: undefined,
      problems: storageProblems,
    }),
    warnOnMemoryStorage: flag(true),
    databaseTimeoutMs: timeout(5000, { max: 600_000 }),
    storageTimeoutMs: timeout(10_000, { max: 600_000 }),
    closeTimeoutMs: timeout(10_000, { max: 600_000 }),
    storageRollback: oneOf(['report', 'end_logins'], 'report'),
    identity: group(identityOptions),
    registration: registrationOption,
    cookies: group(cookieOptions),
    passwords: group(passwordOptions),
    lockout: group(lockoutOptions),
    rateLimits: byName(group(rateLimitOptions), {
      fallback: {},
      defaultText: 'see below',
      such: '{ register: { times: 5, seconds: 3600 } }, or times: 0 to switch one off',
    }),
    rateLimitMode: mode(),
    trustedProxies: group(trustedProxiesOptions),
    ipv6Prefix: ipv6PrefixOption,
    ipv6SitePrefix: ipv6SitePrefixOption,
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
    elsewhere,
    rules: [
      {
        about: ['ipv6Prefix', 'ipv6SitePrefix'],
        problems: ({ ipv6Prefix, ipv6SitePrefix }) =>
          ipv6SitePrefix > ipv6Prefix
            ? [
                `ipv6SitePrefix (${ipv6SitePrefix}) must not be more than ipv6Prefix (${ipv6Prefix}), because a site has networks, not the other way round; write ipv6SitePrefix: ${Math.min(48, ipv6Prefix)}`,
              ]
            : [],
      },
      {
        about: ['users', 'identity'],
        problems: ({ users, identity }) => identityProblems(users, identity),
      },
      {
        about: ['users', 'identity', 'registration'],
        problems: ({ users, identity: options, registration }) =>
          // What registration lacks is told once it is known who may log in.
          identityProblems(users, options).length > 0
            ? []
            : registrationProblems(users, identity(users, options), registration),
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
          passwords.setWithToken === 'fresh' && !transports.some(({ name }) => name === 'bearer')
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
        about: ['transports', 'features'],
        problems: ({ transports, features }) => entryProblems(transports, features),
      },
      {
        about: [
          'users',
          'identity',
          'transports',
          'features',
          'tenant',
          'cookies',
          'trustedOrigins',
          'originMode',
        ],
        problems: ({ users, identity: options, transports, features, tenant, ...others }) => {
          const { recovery, verifiedProperty } = identity(users, options)
          return companyProblems(transports, features, {
            hasTenants: tenant !== undefined,
            secureCookies: others.cookies.secure,
            trustedOrigins: others.trustedOrigins,
            originMode: others.originMode,
            recovery: recovery?.name ?? null,
            isProvable: verifiedProperty !== null,
            users,
          })
        },
      },
    ],
  },
)

/**
 * @param others What is wrong besides.
 * @throws ConfigurationError listing everything that is wrong.
 */
export function settingsOf(config: AuthConfig, others: readonly string[] = []): Settings {
  const { settings, problems: own } = configuration.read(config ?? {}, '')
  const problems = [...own, ...others]
  if (problems.length > 0) throw new ConfigurationError(problems)
  const emit = guarded(settings.onEvent)
  const clock = checkedClock(settings.clock)
  warnOfPools(settings, emit)
  const namespace = namespaceOf(settings, emit)
  const { random, storageRollback: mode } = settings
  const canary = new Canary({ namespace, clock, random, emit, mode })
  return {
    ...settings,
    choosesWithoutRecovery: config.lockout?.withoutRecovery !== undefined,
    users: answeringUsers(settings.users, { timeoutMs: settings.databaseTimeoutMs, emit }),
    secrets: secretsOf(settings.secret, settings.random, emit),
    namespace,
    generation: () => canary.generation,
    storage: boundedStorage(
      settings.storage ?? memoryStorage(clock === Date.now ? {} : { clock }),
      settings.storageTimeoutMs,
      canary,
    ),
    emit,
    clock,
  }
}

/** Users and storage may be in one pool, of which there is one thing to say. */
function warnOfPools({ users, storage }: Declared, emit: EventListener): void {
  const warnings = new Set([...(users.pool?.warnings ?? []), ...(storage?.warnings ?? [])])
  for (const message of warnings) emit({ name: 'warning', code: 'pool_without_limits', message })
}

/**
 * The default is everybody's: two applications on one storage would share what is counted under it.
 */
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

function userProblems(given: unknown): readonly string[] {
  const store = Object(given) as Partial<UserStore>
  if (typeof store.find === 'function' && Array.isArray(store.problems)) return store.problems
  const write = 'write users: drizzleUsers(db, users) from crudauth/drizzle'
  if (typeof given === 'function') {
    return [`users is a function; call it: ${given.name || 'drizzleUsers'}(db, users)`]
  }
  if (given instanceof Promise) return ['users is a promise; write users: await …']
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

function storageProblems(given: unknown, path: string): string[] {
  if (typeof given === 'function') {
    return [`${path} is a function; call it: ${given.name || 'memoryStorage'}()`]
  }
  if (typeof given === 'string') {
    return [`${path} is a text; write storage: redisStorage({ url: '…' }) from crudauth/redis`]
  }
  if (given instanceof Promise) return [`${path} is a promise; write ${path}: await …`]
  const { get, replace, url } = Object(given) as Partial<Storage> & { readonly url?: unknown }
  if (typeof url === 'string') {
    return [`${path} is an object of options; write storage: redisStorage({ url: … })`]
  }
  return typeof get === 'function' && typeof replace === 'function'
    ? []
    : [`${path} must be a storage; write storage: memoryStorage(), or one from crudauth/redis`]
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
