/**
 * Conditions on a principal, and the one path by which a request gets to meet them.
 *
 * A gate admits on `true` only. Its mistakes (a condition that the users table cannot answer, a
 * transport that is not configured) are errors where the gate is built, not where a request
 * arrives.
 */
import { AuthError, ConfigurationError } from './errors.ts'
import type { EventListener } from './events.ts'
import type { Exchange } from './http/exchange.ts'
import { pathOf } from './http/path.ts'
import { declareOptions, type Settled } from './options/declare.ts'
import { callback, condition, flag, optional, own, texts } from './options/option.ts'
import type { Principal } from './principal.ts'
import type { Transport } from './transport.ts'
import type { Accounts } from './users/accounts.ts'
import type { UserTypes } from './users/store.ts'

/** Conditions that a request must meet, all of them. Without any, a credential is enough. */
export interface Gate<T extends UserTypes = UserTypes> {
  /** Admit a request without any credential, as `null`. A bad credential is still refused. */
  optional?: boolean
  superuser?: boolean
  /** The field used for account recovery (`email` by default) is verified. */
  verified?: boolean
  /** Scopes that the credential must all have. A session has none. */
  scopes?: readonly string[]
  /**
   * The owner of the session has just proven once more who they are (`sudo()`): everybody else gets
   * `sudo_required` (403).
   */
  elevated?: boolean
  /** Only these transports are asked, in their configured order. */
  transport?: string | readonly string[]
  /**
   * The application's own condition, asked last. It admits by returning (a promise of) `true`;
   * what it throws passes through.
   */
  check?: (principal: Principal<T>) => boolean | Promise<boolean>
}

/** What a gate lets through: `null` only where it is optional. */
export type Admitted<T extends UserTypes, Optional extends boolean> = [Optional] extends [false]
  ? Principal<T>
  : Principal<T> | null

/** A gate of which the compiler knows whether it is optional. */
export type GateOf<T extends UserTypes, Optional extends boolean> = Gate<T> & {
  optional?: Optional
}

/** A gate that was found to make sense. */
export interface BuiltGate {
  /** As they were when it was built, whatever becomes of the object that was given. */
  readonly options: Partial<GateSettings>
  readonly transports: readonly Transport[]
}

type GateSettings = Settled<{ [Name in keyof Gate]: Gate[Name] | undefined }>

const isTexts = (given: unknown) =>
  Array.isArray(given) && given.every((one) => typeof one === 'string')

/**
 * All are conditions: one that is misspelt, of another type or `undefined` would let everybody in.
 */
const gateOptions = declareOptions<GateSettings>(
  {
    optional: condition(optional(flag(false))),
    superuser: condition(optional(flag(false))),
    verified: condition(optional(flag(false))),
    scopes: condition(optional(texts([], 'read'))),
    elevated: condition(optional(flag(false))),
    transport: condition(
      own<Gate['transport']>({
        fallback: undefined,
        problems: (given, path) =>
          typeof given === 'string' || isTexts(given)
            ? []
            : [`${path} must be a text or a list of texts, such as 'session'`],
      }),
    ),
    check: condition(
      optional(callback<NonNullable<Gate['check']>>('({ user }) => user.plan === 1')),
    ),
  },
  {
    write: (given) =>
      typeof given === 'function' ? '{ check: ({ user }) => … }' : '{ superuser: true }',
    elsewhere: {
      role: "write check: ({ user }) => user.role === 'admin'",
      roles: "write check: ({ user }) => user.role === 'admin'",
      admin: 'write superuser: true',
    },
  },
)

/** Tells whether somebody has just proven once more who they are. */
export interface Elevations {
  isElevated(exchange: Exchange, principal: Principal): boolean
}

export class Gatekeeper {
  readonly #transports: readonly Transport[]
  readonly #accounts: Accounts
  readonly #elevation: Elevations | null
  readonly #emit: EventListener

  constructor(
    transports: readonly Transport[],
    accounts: Accounts,
    elevation: Elevations | null = null,
    emit: EventListener = () => undefined,
  ) {
    this.#emit = emit
    this.#transports = transports
    this.#accounts = accounts
    this.#elevation = elevation
  }

  /** @throws ConfigurationError when no request could ever meet the gate. */
  build(options: Gate): BuiltGate {
    // A guard that was not called is called by the framework, with its request.
    const { req, headers } = Object(options) as Readonly<Record<string, unknown>>
    if (req !== undefined || headers !== undefined) {
      throw new ConfigurationError([
        'a guard was given a request in the place of a gate; call it where the route is: auth.guard()',
      ])
    }
    const { settings, problems: misshapen } = gateOptions.read(options, 'gate')
    if (misshapen.length > 0) throw new ConfigurationError(misshapen)
    const names = options.transport === undefined ? null : [options.transport].flat()
    const transports = names
      ? this.#transports.filter(({ name }) => names.includes(name))
      : this.#transports
    const problems = this.#problems(options, transports)
    if (transports.length === 0) {
      const configured = this.#transports.map(({ name }) => `'${name}'`).join(', ')
      problems.push(`the gate's transport is none of those configured; write one of ${configured}`)
    }
    if (problems.length > 0) throw new ConfigurationError(problems)
    const { scopes } = settings
    return { options: { ...settings, scopes: scopes && [...scopes] }, transports }
  }

  #problems(options: Gate, transports: readonly Transport[]): string[] {
    const problems: string[] = []
    if (options.elevated && this.#elevation === null) {
      problems.push(
        'a gate has elevated: true, but nothing elevates a session; write features: [sudo()]',
      )
    }
    const grants = transports.flatMap(({ scopes }) => (scopes === undefined ? [null] : [scopes]))
    const missing = (options.scopes ?? []).filter(
      (scope) => !grants.some((granted) => granted === null || granted.includes(scope)),
    )
    if (missing.length > 0 && transports.length > 0) {
      const lists = missing.map((scope) => `'${scope}'`).join(', ')
      problems.push(
        `a gate has scopes: [${lists}], which no credential of ${transports.map(({ name }) => name).join(', ')} can have; write bearer({ grantableScopes: [${lists}] }), or drop the condition`,
      )
    }
    if (options.verified && this.#accounts.identity.verifiedProperty === null) {
      problems.push(
        this.#accounts.identity.recovery === null
          ? 'a gate has verified: true, but the identity has no recovery factor to verify; set identity.recovery or drop the condition'
          : 'a gate has verified: true, but the users table has no column that says so; map columns: { emailVerified: … } or drop the condition',
      )
    }
    if (options.superuser && !this.#accounts.has('isSuperuser')) {
      problems.push(
        'a gate has superuser: true, but the users table has no such column; map columns: { isSuperuser: … } or drop the condition',
      )
    }
    return problems
  }

  /**
   * Whether the login that a request came with still lives and meets the gate, as storage and
   * database have it now: who it is by now, or `null`.
   *
   * @throws AuthError 503 where that cannot be told.
   */
  async recheck(exchange: Exchange, gate: BuiltGate): Promise<Principal | null> {
    try {
      // Who it was; the conditions are those of now.
      const before = await this.admit(exchange, { ...gate, options: { optional: true } })
      const transport = gate.transports.find(({ name }) => name === before?.transport)
      if (before === null || transport === undefined) return null
      const again = exchange.anew()
      const found: unknown = transport.recheck
        ? await transport.recheck(again, before)
        : await transport.authenticate(again)
      if (!isPrincipal(found) || found.login !== before.login) return null
      await this.#meet(again, gate, found)
      // The next time this is where it goes on.
      exchange.answers.set(transport, Promise.resolve(found))
      exchange.credential = again.credential
      return found
    } catch (error) {
      if (error instanceof AuthError && error.status < 500) return null
      throw error
    }
  }

  /**
   * Authenticates, asking each transport once per exchange, and applies the gate.
   *
   * @throws AuthError 401 without a usable credential, 403 when a condition is not met, and
   *   whatever a transport makes of a bad credential.
   */
  async admit(exchange: Exchange, gate: BuiltGate): Promise<Principal | null> {
    const found = authenticate(exchange, gate.transports)
    const principal = isPromise(found) ? await found : found
    if (!isPrincipal(principal)) {
      if (gate.options.optional) return null
      throw new AuthError('not_authenticated', 'Not authenticated', {
        headers: challengeHeader(exchange, gate.transports),
      })
    }
    const asked = this.#meet(exchange, gate, principal)
    if (asked) await asked
    return principal
  }

  /** At once, unless the gate has a condition of the application's. */
  #meet(exchange: Exchange, gate: BuiltGate, principal: Principal): Promise<void> | null {
    try {
      this.#judge(exchange, gate, principal)
    } catch (error) {
      throw this.#told(error, exchange, principal)
    }
    const { check } = gate.options
    return check ? this.#ask(check, exchange, principal) : null
  }

  async #ask(
    check: NonNullable<Gate['check']>,
    exchange: Exchange,
    principal: Principal,
  ): Promise<void> {
    try {
      if ((await check(principal)) === true) return
      throw new AuthError('access_denied', 'Access denied')
    } catch (error) {
      throw this.#told(error, exchange, principal)
    }
  }

  #told(error: unknown, exchange: Exchange, { userId, transport }: Principal): unknown {
    if (error instanceof AuthError && error.status === 403) {
      const path = pathOf(exchange.request)
      const address = exchange.address?.address ?? null
      const { code } = error
      this.#emit({ name: 'gate.refused', code, path, userId, transport, address })
    }
    return error
  }

  #judge(exchange: Exchange, gate: BuiltGate, principal: Principal): void {
    const { options } = gate
    if (options.superuser && principal.isSuperuser !== true) {
      throw new AuthError('insufficient_privileges', 'Insufficient privileges')
    }
    if (options.verified && principal.recoveryVerified !== true) {
      throw new AuthError('not_verified', 'Recovery factor not verified')
    }
    if (options.scopes && !options.scopes.every((scope) => principal.scopes.includes(scope))) {
      const { challenge } = gate.transports.find(({ name }) => name === principal.transport) ?? {}
      const wanted = `error="insufficient_scope", scope="${options.scopes.join(' ')}"`
      throw new AuthError('insufficient_scope', 'Insufficient scope', {
        headers: challenge ? { 'WWW-Authenticate': `${challenge} ${wanted}` } : {},
      })
    }
    if (options.elevated && this.#elevation?.isElevated(exchange, principal) !== true) {
      throw new AuthError('sudo_required', 'Re-authentication required.')
    }
  }
}

/** RFC 9110 §11.6.1: what would have been accepted, or why what was sent is not. */
function challengeHeader(
  exchange: Exchange,
  transports: readonly Transport[],
): Record<string, string> {
  const challenges = exchange.challenges.length
    ? exchange.challenges
    : transports.flatMap(({ challenge }) => challenge ?? [])
  return challenges.length ? { 'WWW-Authenticate': challenges.join(', ') } : {}
}

/**
 * Who the first of these transports that finds somebody says it is; anything else, or a promise of
 * it, where none does. A transport has one answer per exchange, whichever gates ask it: one
 * principal, one challenge, one event.
 */
function authenticate(exchange: Exchange, transports: readonly Transport[]): unknown {
  for (let index = 0; index < transports.length; index++) {
    const transport = transports[index] as Transport
    const answer = exchange.answers.get(transport) ?? asked(exchange, transport)
    if (isPromise(answer)) {
      if (index === transports.length - 1) return answer
      return Promise.resolve(answer).then((found) =>
        isPrincipal(found) ? found : authenticate(exchange, transports.slice(index + 1)),
      )
    }
    if (isPrincipal(answer)) return answer
  }
  return null
}

/** Those of the application may be of another library. */
function isPromise(answer: unknown): answer is PromiseLike<unknown> {
  return typeof (answer as { then?: unknown } | null | undefined)?.then === 'function'
}

/** What a transport makes of a request, remembered whatever it is. */
function asked(exchange: Exchange, transport: Transport): unknown {
  let answer: unknown
  try {
    answer = transport.authenticate(exchange) ?? nobody
  } catch (error) {
    answer = Promise.reject(error)
  }
  exchange.answers.set(transport, answer)
  return answer
}

/** The answer of a transport that finds nothing, at once. */
const nobody: unknown = Object.freeze({})

/** A transport of the application may return anything, such as `undefined`. */
function isPrincipal(found: unknown): found is Principal {
  if (typeof found !== 'object' || found === null) return false
  const { userId, user, scopes } = found as Partial<Principal>
  const type = typeof userId
  const isKey = type === 'string' || type === 'number' || type === 'bigint'
  return isKey && typeof user === 'object' && user !== null && Array.isArray(scopes)
}
