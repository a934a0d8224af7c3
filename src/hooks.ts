/**
 * The application's side effects at the points of an account's life.
 *
 * An `after…` hook runs when its effect has happened, awaited, before the answer. One that throws
 * turns the answer into an error: an `AuthError` is sent as it is, anything else is reported as
 * an event and answered with 500 `hook_failed`. What then stands is written at each hook.
 */
import { AuthError } from './errors.ts'
import type { EventListener } from './events.ts'
import type { Exchange } from './http/exchange.ts'
import { type Declaration, declareOptions } from './options/declare.ts'
import { callback, optional } from './options/option.ts'
import type { UserTypes } from './users/store.ts'

/** What a hook is told about the request. */
export interface HookContext {
  /** The client address, or `null` when it is unknown. */
  readonly ipAddress: string | null
  /** The User-Agent header as it came: unbounded and untrusted. */
  readonly userAgent: string | null
  /** The transport in use; `null` where there is none yet (registration). */
  readonly transport: string | null
  /** `null` where no request asked: a script, a command line. */
  readonly request: Request | null
}

/** What `hooks.registering` is told: the request, and the row that was just inserted. */
export interface RegisteringContext<T extends UserTypes = UserTypes> extends HookContext {
  /** The row as inserted, not yet committed, without the password hash. */
  readonly user: Readonly<T['user']>
}

/**
 * Functions of the application that run at points in an account's life. All may be async, except
 * `registering` with a synchronous driver.
 */
export interface Hooks<T extends UserTypes = UserTypes> {
  /**
   * Runs inside the transaction that inserts the new row, where the store has transactions. If it
   * throws, nothing is inserted.
   *
   * Rows that it writes with `transaction` are committed together with the new one, or not at all.
   * With a synchronous driver it must not be async; the type says so.
   */
  registering?: (transaction: T['transaction'], context: RegisteringContext<T>) => T['during']
  /**
   * Runs when the row is committed. If it throws, the row stays.
   *
   * With `recovery()` it runs after the answer, unless `registration.answers` is `plain`: it can
   * refuse nothing, and what it throws is an event.
   */
  afterRegister?: (user: Readonly<T['user']>, context: HookContext) => void | Promise<void>
  /**
   * Runs when a session or tokens have been made, by a route, `auth.sessions.create` or
   * `auth.tokens.issue`. If it throws, they are ended and nothing is handed out.
   */
  afterLogin?: (user: Readonly<T['user']>, context: HookContext) => void | Promise<void>
  /**
   * Runs when the session is gone. If it throws, the session stays gone and the cookies are
   * cleared.
   */
  afterLogout?: (user: Readonly<T['user']>, context: HookContext) => void | Promise<void>
  /**
   * Runs when a password was set or changed over the library's routes, and the credentials that
   * this ends have ended: the moment to tell the owner. If it throws, the new password stays.
   */
  afterPasswordChanged?: (user: Readonly<T['user']>, context: HookContext) => void | Promise<void>
  /**
   * Runs when the owner of an account has proven its address, for the first time. If it throws, the
   * address stays verified.
   */
  afterRecoveryVerified?: (user: Readonly<T['user']>, context: HookContext) => void | Promise<void>
  /**
   * Runs when a password was reset, and every credential of the account has ended. If it throws,
   * the new password stays.
   */
  afterPasswordReset?: (user: Readonly<T['user']>, context: HookContext) => void | Promise<void>
  /**
   * Runs when an account has another address, which is proven. If it throws, the new address stays.
   */
  afterEmailChanged?: (user: Readonly<T['user']>, context: HookContext) => void | Promise<void>
  /** Runs when a session was elevated. If it throws, the elevation is taken back. */
  afterSudo?: (user: Readonly<T['user']>, context: HookContext) => void | Promise<void>
  /**
   * Runs when an API key was made, by a route or `auth.apiKeys.create`: the moment to tell the
   * owner. If it throws, the key has ended and is not told.
   */
  afterApiKeyCreated?: (user: Readonly<T['user']>, context: ApiKeyContext) => void | Promise<void>
  /** Runs when an API key was revoked, in the same ways. If it throws, the key stays revoked. */
  afterApiKeyRevoked?: (user: Readonly<T['user']>, context: ApiKeyContext) => void | Promise<void>
}

/** What the hooks around API keys are told. */
export interface ApiKeyContext extends HookContext {
  /** Names the key; opens nothing. */
  readonly apiKeyId: string
}

export type HookSettings = Readonly<{ [Name in keyof Required<Hooks>]: Hooks[Name] | undefined }>

const after = () => optional(callback<NonNullable<Hooks['afterLogin']>>('(user, context) => …'))
const afterKey = () =>
  optional(callback<NonNullable<Hooks['afterApiKeyCreated']>>('(user, context) => …'))

export const hookOptions: Declaration<HookSettings> = declareOptions<HookSettings>(
  {
    registering: optional(
      callback<NonNullable<Hooks['registering']>>('(transaction, context) => …'),
    ),
    afterRegister: after(),
    afterLogin: after(),
    afterLogout: after(),
    afterPasswordChanged: after(),
    afterRecoveryVerified: after(),
    afterPasswordReset: after(),
    afterEmailChanged: after(),
    afterSudo: after(),
    afterApiKeyCreated: afterKey(),
    afterApiKeyRevoked: afterKey(),
  },
  {
    write: 'hooks: { afterLogin: (user, context) => … }',
    elsewhere: {
      onLogin: 'write afterLogin: (user, context) => …',
      onSignIn: 'write afterLogin: (user, context) => …',
      onLogout: 'write afterLogout: (user, context) => …',
      onRegister: 'write afterRegister: (user, context) => …',
      onSignUp: 'write afterRegister: (user, context) => …',
      afterSignUp: 'write afterRegister: (user, context) => …',
    },
  },
)

export type AfterHook =
  | 'afterRegister'
  | 'afterLogin'
  | 'afterLogout'
  | 'afterPasswordChanged'
  | 'afterRecoveryVerified'
  | 'afterPasswordReset'
  | 'afterEmailChanged'
  | 'afterSudo'

type AfterApiKeyHook = 'afterApiKeyCreated' | 'afterApiKeyRevoked'

export function hookContext(exchange: Exchange | null, transport: string | null): HookContext {
  return {
    ipAddress: exchange?.address?.address ?? null,
    userAgent: exchange?.userAgent ?? null,
    transport,
    request: exchange?.request ?? null,
  }
}

/** Runs a hook, if there is one, and gives what it throws its defined form. */
export type RunHook = <Hook extends AfterHook | AfterApiKeyHook>(
  hook: Hook,
  user: object,
  context: Hook extends AfterApiKeyHook ? ApiKeyContext : HookContext,
) => Promise<void>

export function hookRunner(hooks: HookSettings, emit: EventListener): RunHook {
  return async (hook, user, context) => {
    try {
      // Sound: whoever runs a hook about a key gives the context of one.
      await hooks[hook]?.(user, context as ApiKeyContext)
    } catch (error) {
      if (error instanceof AuthError) throw error
      emit({ name: 'hook.failed', hook, error })
      throw new AuthError('hook_failed', 'The request could not be completed.', { cause: error })
    }
  }
}
