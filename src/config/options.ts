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

/** The configuration of `crudAuth()` and of the frameworks' own functions, such as `honoAuth()`. */
export interface AuthConfig<
  T extends UserTypes = UserTypes,
  Transports extends readonly TransportEntry[] = readonly TransportEntry[],
  Features extends readonly FeatureEntry[] = readonly FeatureEntry[],
> {
  /** The application's users table, through an adapter: `drizzleUsers(db, users)`. */
  users: UserStore<T>

  /**
   * The secret from which all keys are derived: at least 32 bytes, or a list of such, of which the
   * first signs and all verify. Outside production one is made for the process, with a warning.
   *
   * To rotate, put the new one first, and drop the old one when `refreshTtl` and `rememberMe` have
   * passed.
   */
  secret?: string | readonly string[] | undefined

  /**
   * The application's name in a shared storage. Default `crudauth`.
   *
   * Two applications on one storage need different names or different secrets to keep their
   * sessions apart, and different names to keep their counters apart.
   */
  namespace?: string

  /**
   * The ways to carry a credential, in order of precedence: `session()`, `bearer()`, `apiKeys(…)`,
   * or one of your own.
   *
   * An entry that is `false`, as of `isApi && bearer()`, is left out.
   */
  transports: Transports

  /** What else the application wants: `[sudo()]`. Default none. */
  features?: Features

  /** Where sessions and counters live. Default `memoryStorage()`. */
  storage?: Storage

  /**
   * Warns (`memory_storage`) when sessions live in the memory of one process, and that process is
   * in production or looks like one of several: a worker of `node:cluster`, a further instance of
   * PM2, a pod, a function. Default `true`.
   */
  warnOnMemoryStorage?: boolean

  /**
   * How long the database with your tables may take to answer. After that the request fails with
   * 503 (`database_unavailable`); a write may still have gone through. Default 5000.
   *
   * In milliseconds. Includes the application's own work in `hooks.registering`.
   */
  databaseTimeoutMs?: number

  /**
   * How long the storage may take for one operation, in milliseconds; after that it counts as not
   * answering. Default 10000. The storages that ship have bounds of their own, which are shorter.
   */
  storageTimeoutMs?: number

  /**
   * How long `auth.close()` waits for messages that are on their way, in milliseconds. What is left
   * then is told as `background.failed`. Default 10000.
   */
  closeTimeoutMs?: number

  /**
   * What happens when the storage has gone back in time (restored from a snapshot, or behind after
   * a failover). `report` tells it with an event (`storage.rolled_back`); `end_logins` also ends
   * every login from before, at the cost of one more read every five seconds. Default `report`.
   */
  storageRollback?: 'report' | 'end_logins'

  /** Which fields log in and which one recovers. */
  identity?: IdentityOptions

  /**
   * Who may register, what a new account may bring, and what the application adds to it. `false`:
   * nobody may, and there is no `/register`.
   */
  registration?: NoInfer<RegistrationOptions<T>> | false

  /** The attributes of all cookies. */
  cookies?: CookieOptions

  /** How passwords are hashed, and which new ones are accepted. */
  passwords?: PasswordOptions

  /** How many wrong passwords are checked, and how long logins are refused after that. */
  lockout?: LockoutOptions

  /**
   * The rate limits of the library's routes and of your own, by action: `{ register: { times: 5,
   * seconds: 3600 } }`. What you leave out keeps its default.
   */
  rateLimits?: LimitsByAction

  /** `observe` reports what rate limits would refuse, and lets it through. Default `enforce`. */
  rateLimitMode?: 'enforce' | 'observe'

  /**
   * The proxies in front of the server, by number or by network. Without it, `X-Forwarded-For` is
   * ignored.
   */
  trustedProxies?: TrustedProxies

  /** How many bits of an IPv6 address name one client. Default 64. */
  ipv6Prefix?: number

  /**
   * How many bits of an IPv6 address name one site, all of whose networks one customer of a
   * provider may have. The lockout bounds a site beside each of its networks. Default 48.
   */
  ipv6SitePrefix?: number

  /**
   * Other origins whose pages may send requests that use our cookies:
   * `['https://app.example.com']`, or those of a web view: `['capacitor://localhost']`. Default
   * none.
   */
  trustedOrigins?: readonly string[]

  /** `observe` reports what origin checks would refuse, and lets it through. Default `enforce`. */
  originMode?: 'enforce' | 'observe'

  /** Functions of yours, called at points of an account's life. */
  hooks?: Hooks<NoInfer<T>>

  /**
   * Returns the tenant that a request belongs to. It partitions user lookups, storage keys and
   * limits. Needs a user store with a tenant column. Default none.
   *
   * An `AuthError` that it throws, for a request that belongs to no tenant, is the answer.
   */
  tenant?: (request: Request) => string

  /** The largest request body that is read, in bytes. Default 65536. */
  maxBodyBytes?: number

  /**
   * Called with every `AuthEvent`. Not awaited; its errors are ignored. Default `console.warn` for
   * trouble.
   */
  onEvent?: EventListener

  /** Returns the time, in milliseconds since the epoch. For tests. Default `Date.now`. */
  clock?: () => number

  /** Returns secure random bytes. For tests. Default: that of the platform. */
  random?: Random
}
