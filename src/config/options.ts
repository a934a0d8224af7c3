/**
 * Everything that can be configured, as people see it. Defaults and bounds are declared in
 * `settings.ts`.
 */
import type { Random } from '../crypto.ts'
import type { EventListener } from '../events.ts'
import type { FeatureEntry, TransportEntry } from '../handles.ts'
import type { Hooks } from '../hooks.ts'
import type { TrustedProxies } from '../http/client-address.ts'
import type { CookieOptions } from '../http/cookies.ts'
import type { LockoutOptions } from '../limits/lockout-settings.ts'
import type { LimitsByAction } from '../limits/rate-limits.ts'
import type { PasswordOptions } from '../passwords/options.ts'
import type { Storage } from '../storage/storage.ts'
import type { IdentityOptions } from '../users/identity.ts'
import type { RegistrationOptions } from '../users/registration.ts'
import type { UserStore, UserTypes } from '../users/store.ts'

export interface AuthConfig<
  T extends UserTypes = UserTypes,
  Transports extends readonly TransportEntry[] = readonly TransportEntry[],
  Features extends readonly FeatureEntry[] = readonly FeatureEntry[],
> {
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

  /**
   * The ways to carry a credential, in order of precedence: `[session()]`, `[session(), bearer()]`.
   * An entry that is `false`, as of `isApi && bearer()`, is left out.
   */
  transports: Transports

  /** What else the application wants: `[sudo()]`. Default none. */
  features?: Features

  /** Where sessions and counters live. Default: the memory of this process. */
  storage?: Storage

  /**
   * Whether a `memory_storage` warning is emitted when sessions live in the memory of one process,
   * and the process is in production or looks like one of several. Default `true`.
   */
  warnOnMemoryStorage?: boolean

  /**
   * How long the database may take to answer, in milliseconds; then a request is 503
   * (`database_unavailable`). Default 5000. Includes the application's own work in
   * `hooks.registering`.
   */
  databaseTimeoutMs?: number

  /** Which fields log in and which one recovers. */
  identity?: IdentityOptions

  /** What a new account may bring, and what the application adds to it. */
  registration?: NoInfer<RegistrationOptions<T>>

  /** Attributes of all cookies. Default: secure, `SameSite=Lax`, path `/`. */
  cookies?: CookieOptions

  /** How passwords are hashed, and which new ones are taken. */
  passwords?: PasswordOptions

  /** How many wrong passwords are looked at, and for how long nobody's are after that. */
  lockout?: LockoutOptions

  /**
   * Rate limits of the library's routes, by action, over their defaults; `times: 0` switches one
   * off.
   */
  rateLimits?: LimitsByAction

  /** `observe` reports what rate limits would refuse and lets it through. Default `enforce`. */
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

  /** Side effects of the application at points of an account's life. Default none. */
  hooks?: Hooks<NoInfer<T>>

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
