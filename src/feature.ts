/**
 * The inner seam: what a feature is to the rest of the library.
 *
 * A feature is a value in the configuration, made by a factory such as `session()` or `sudo()`. It
 * brings its options, routes, cookies, events, its part of the description and its handle on
 * `auth`; the composition root folds over what it was given and names none of it. It is no plugin
 * market: its types are not part of what the package promises.
 */
import type { Afterwards } from './afterwards.ts'
import type { Carrier } from './credentials/carrier.ts'
import type { Freezing } from './credentials/freezing.ts'
import type { KnownDevices } from './credentials/known-devices.ts'
import type { MailboxProof } from './credentials/mailbox-proof.ts'
import type { NewAccounts } from './credentials/new-accounts.ts'
import type { OneTimeRecords } from './credentials/one-time.ts'
import type { PasswordChecks } from './credentials/password-check.ts'
import type { Deliver, FurtherProof } from './credentials/proof.ts'
import type { Revocation, StoredLogins } from './credentials/revocation.ts'
import type { Refuse, SignIn } from './credentials/sign-in.ts'
import type { CredentialInfo } from './credentials/users/administration.ts'
import type { Random } from './crypto.ts'
import type { Deliveries } from './delivery/deliveries.ts'
import type { EventListener, UserId } from './events.ts'
import type { Gatekeeper } from './gates.ts'
import type { HookSettings, RunHook } from './hooks.ts'
import type { Calls } from './http/call.ts'
import type { Cookie, CookiePolicy } from './http/cookies.ts'
import type { Exchange } from './http/exchange.ts'
import type { OriginGuard } from './http/origin.ts'
import type { Route } from './http/route.ts'
import type { Lockout } from './limits/lockout.ts'
import type { PasswordSettings } from './passwords/options.ts'
import type { Passwords } from './passwords/passwords.ts'
import type { Principal } from './principal.ts'
import type { StorageKeys } from './storage/keys.ts'
import type { Storage } from './storage/storage.ts'
import type { Transport } from './transport.ts'
import type { Accounts } from './users/accounts.ts'
import type { RegistrationSettings } from './users/registration.ts'
import type { UserScope, UserStore, UserTypes } from './users/store.ts'

/**
 * The type of a handle that still wants the types of the application: `this['users']` are those of
 * its table, `this['call']` is what stands for a request.
 */
export interface HandleKind {
  readonly users: unknown
  readonly call: unknown
  readonly handle: unknown
}

/** The types of the application's table, inside of a `HandleKind`. */
export type UsersOf<Users> = Extract<Users, UserTypes>

/**
 * One thing that an application may leave out.
 */
export interface Feature<
  Name extends string = string,
  Key extends string = string,
  Kind extends HandleKind = HandleKind,
> {
  /**
   * Short, stable, unique in a configuration. Of a transport it ends up in `principal.transport`.
   */
  readonly name: Name
  /** The property of `auth` that holds its handle. */
  readonly key: Key
  /** The type of that handle; there is no such value. */
  readonly kind?: Kind
  /** What is wrong with its options, one sentence each. */
  readonly problems: readonly string[]
  /** What is wrong with it in this company, one sentence each. */
  problemsAmong?(others: Company): readonly string[]
  wire(ground: Ground): Wired
}

/** A feature that is a way to carry a credential: an entry of `transports`. */
export interface TransportFeature<
  Name extends string = string,
  Key extends string = string,
  Kind extends HandleKind = HandleKind,
> extends Feature<Name, Key, Kind> {
  readonly authenticates: true
}

/** What a feature may know of the configuration that it is in. */
export interface Company {
  readonly names: ReadonlySet<string>
  readonly hasTenants: boolean
  /** The field by which accounts are recovered. */
  readonly recovery: string | null
  /** Whether a column says that it is proven. */
  readonly isProvable: boolean
  readonly secureCookies: boolean
  readonly trustedOrigins: readonly string[]
  readonly originMode: 'enforce' | 'observe'
  readonly users: UserStore
}

/** What every feature stands on. */
export interface Ground {
  readonly storage: Storage
  readonly keys: StorageKeys
  readonly clock: () => number
  readonly random: Random
  readonly emit: EventListener
  readonly secrets: readonly string[]
  /** Names the application among those that share a secret or a storage. */
  readonly namespace: string
  /**
   * Tags of the application, that of its signing secret first: they tell its logins from another's.
   */
  readonly audiences: readonly string[]
  readonly databaseTimeoutMs: number
  readonly accounts: Accounts
  readonly passwords: Passwords
  readonly cookies: CookiePolicy
  readonly originAllowed: OriginGuard
  /** For work that an answer must not wait for. */
  readonly afterwards: Afterwards
}

/** What a feature brings. */
export interface Wired {
  /** Makes it a way to carry a credential. */
  readonly transport?: Transport
  /** Makes it a way to carry a login: what a sign-in can end in. */
  readonly carrier?: Carrier<never, unknown>
  /** Makes its credentials those of a person, who may change the password with them. */
  readonly person?: PersonTransport
  /** What it keeps of logins, to be ended with all others. */
  readonly logins?: StoredLogins
  readonly furtherProof?: FurtherProof
  /** Given what its own sign-ins carried, once their owner is in. */
  readonly signedIn?: Deliver
  /** Accounts that it does not let in, whoever has proven to be their owner. */
  readonly refuses?: Refuse
  /** A session that others may give a new identifier, or elevate. */
  readonly sessions?: SessionPort
  /** Whether somebody has just proven once more who they are. */
  readonly elevation?: ElevationPort
  readonly newcomers?: NewcomerPort
  /** Brings messages to people. */
  readonly deliveries?: Deliveries
  /** Told of every password that is set or changed over a route, when it has happened. */
  passwordChanged?(place: Place, row: object): void
  /** Told of every identity at a provider that an account has got, or has lost. */
  identityChanged?(place: Place, row: object, change: IdentityChange): void
  /** Forgets what was counted against an account and these logins of it. */
  unlock?(scope: UserScope, account: string, logins: ReadonlySet<string>): Promise<void>
  /**
   * Takes away what somebody may have planted in an account before its contact was proven, beside
   * what its epoch ends: other ways in. Asked before and after the epoch rises.
   */
  planted?(scope: UserScope, row: object): Promise<void>
  /** Whether it can prove that somebody is the owner of an account, who then gets in. */
  readonly reaches?: (row: object) => boolean
  readonly cookies?: readonly Cookie[]
  /**
   * The actions of the rate limits that its routes have where they are mounted, each with what
   * mounts them.
   */
  readonly actions?: Readonly<Record<string, string>>
  /** Its part of `auth.describe()`. */
  readonly description?: object
  readonly outages?: readonly OutageDescription[]
  /** Its routes and its handle, once everything is wired. */
  mount?(house: House): Mounted
}

/** By which provider an account can be signed in to, or no longer. */
export interface IdentityChange {
  readonly kind: 'linked' | 'unlinked'
  /** What people call the provider. */
  readonly label: string
}

/** Where something happens to an account. */
export interface Place {
  /** `null` where no request asked. */
  readonly exchange: Exchange | null
  readonly scope: UserScope
}

/** What a feature keeps of an account's credentials: listed, and ended one by one. */
export interface CredentialSource {
  /** Such as `session`. */
  readonly kind: string
  list(
    scope: UserScope,
    row: object,
  ): Promise<readonly (Partial<CredentialInfo> & Pick<CredentialInfo, 'id'>)[]>
  /** `false` where the account has none of this id. */
  end(scope: UserScope, row: object, id: string, actor?: UserId): Promise<boolean>
}

/** Reaches people who register, so that the answer need not tell them anything. */
export interface NewcomerPort {
  /** What everybody is answered. */
  readonly detail: string
  /** Sends a new account what its owner needs next; returns at once. */
  welcome(exchange: Exchange, row: object): void
  /**
   * Tells who reads the address that it, or another of these fields, is taken. In the second case
   * the message has a link with which they register under another name.
   */
  taken(exchange: Exchange, fields: Readonly<Record<string, string>>): Promise<void>
  /** Sends an invitation; whether any channel took it. */
  invite(
    scope: UserScope,
    recipient: string,
    record: { readonly token: string; readonly expiresAt: Date },
    lifetime: number,
  ): Promise<boolean>
  /** Tells a new account that what follows a registration has failed. */
  failed(exchange: Exchange, row: object): Promise<void>
  /**
   * What a link to register under another name stands for.
   *
   * @throws AuthError `recovery_token_invalid` (400), `storage_unavailable` (503).
   */
  nameChoice(exchange: Exchange, token: string): Promise<NameChoice>
}

/** A proven address without an account, whose reader may register under a name of their choice. */
export interface NameChoice {
  readonly contact: string
  /** Uses it up, once. @throws as `NewcomerPort.nameChoice`. */
  take(): Promise<void>
  /** Puts it back, where the account could not be made. */
  restore(): Promise<void>
}

/** Who gets what when a service does not answer. */
export interface OutageDescription {
  readonly when: string
  readonly answer: string
  readonly fails: 'closed' | 'open'
}

export interface Mounted {
  readonly routes?: readonly Route[]
  readonly credentials?: CredentialSource
  readonly handle?: unknown
}

/** What there is once every feature is wired. */
export interface House extends Ground {
  readonly gatekeeper: Gatekeeper
  readonly calls: Calls
  readonly passwordChecks: PasswordChecks
  readonly lockout: Lockout
  readonly devices: KnownDevices
  readonly signIn: SignIn
  readonly revocation: Revocation
  readonly mailboxProof: MailboxProof
  readonly freezing: Freezing
  readonly newAccounts: NewAccounts
  /** For what is asked for in one request and given in another. */
  readonly oneTime: OneTimeRecords
  /** Tells every feature that wants to know of it; returns at once. */
  passwordChanged(place: Place, row: object): void
  /** The same of an identity at a provider. */
  identityChanged(place: Place, row: object, change: IdentityChange): void
  /** Forgets what was counted against an account. */
  unlock(scope: UserScope, row: object): Promise<void>
  readonly runHook: RunHook
  readonly hooks: HookSettings
  readonly passwordSettings: PasswordSettings
  readonly registration: RegistrationSettings
  /** In order of precedence. */
  readonly carriers: readonly Carrier<never, unknown>[]
  readonly persons: readonly PersonTransport[]
  /** `null` where no feature brings it. */
  readonly sessions: SessionPort | null
  readonly elevation: ElevationPort | null
  readonly deliveries: Deliveries | null
  readonly newcomers: NewcomerPort | null
}

/** A transport whose credential is a login of a person, not a key of a program. */
export interface PersonTransport {
  readonly name: string
  /** Whether the login is bound to a browser, and comes with what protects it there. */
  readonly isSession: boolean
  /**
   * When the login behind a principal of this transport was proven, in milliseconds; `null` if
   * unknown.
   */
  provenAt(exchange: Exchange, principal: Principal): number | null | Promise<number | null>
  /** Whether the credential may do all that a credential of this transport can. */
  isWhole(principal: Principal): boolean
  /**
   * Whether a login of this transport lives, as far as is known; see `Principal.login`. Left out
   * where none opens another.
   *
   * @throws AuthError `storage_unavailable` (503).
   */
  isAlive?(scope: UserScope, login: string): Promise<boolean>
}

/** The session behind a request. */
export interface CurrentSession {
  /** Names the session; opens nothing. */
  readonly handle: string
  /** When its owner proved who they are, in milliseconds since the epoch; 0 for unknown. */
  readonly provenAt: number
  /** Until when it is elevated, in milliseconds since the epoch; 0 for not at all. */
  readonly elevatedUntil: number
}

export interface SessionPort {
  /** The name of the transport. */
  readonly name: string
  readonly cookie: Cookie
  readonly csrfCookie: Cookie
  /** The session that made this principal of the request; `null` when it was another transport. */
  of(exchange: Exchange, principal: Principal): CurrentSession | null
  /**
   * Gives that session a new identifier and these changes; returns its cookie, a Set-Cookie value,
   * or `null` for a session that is gone.
   */
  rotate(
    exchange: Exchange,
    principal: Principal,
    changes: { readonly epoch?: number; readonly elevatedUntil?: number },
  ): Promise<string | null>
  /** Takes the elevation of that session back. */
  lower(exchange: Exchange, principal: Principal): Promise<void>
}

export interface ElevationPort {
  /** Whether the session that made this principal of the request is elevated. */
  isElevated(exchange: Exchange, principal: Principal): boolean
}
