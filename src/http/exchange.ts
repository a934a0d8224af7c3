/**
 * One request on its way through the library: what is read from it, read once.
 *
 * There is exactly one exchange per `Request` object, however many gates and routes look at it,
 * so that a request is authenticated once and a user is loaded once.
 */
import type { Principal, PrincipalFacts } from '../principal.ts'
import type { Accounts } from '../users/accounts.ts'
import type { UserScope } from '../users/store.ts'
import type { ClientAddress } from './client-address.ts'
import { cookieValues, readCookies } from './cookies.ts'

/** What only the framework knows of a request: who is at the other end of the socket. */
export interface Connection {
  /** The peer's IP address, without its port; left out where there is none (a Unix socket). */
  readonly peer?: string | undefined
}

export interface ExchangeSettings {
  readonly accounts: Accounts
  readonly clientAddress: (headers: Headers, peer: string | undefined) => ClientAddress | null
  readonly onUnknownAddress: () => void
  readonly tenant: ((request: Request) => string) | undefined
}

export class Exchange {
  readonly request: Request
  readonly scope: UserScope
  /** Results of authentication by selection of transports; a rejection is remembered too. */
  readonly principals: Map<string, Promise<Principal | null>> = new Map()
  /** Why a credential that was present does not count, for `WWW-Authenticate`. */
  readonly challenges: string[] = []

  /** Active users by id. */
  readonly #users: Map<string, Promise<object | null>> = new Map()
  #connection: Connection
  readonly #settings: ExchangeSettings
  #address: ClientAddress | null | undefined
  #cookies: Readonly<Record<string, string | undefined>> | undefined

  constructor(request: Request, connection: Connection, settings: ExchangeSettings) {
    this.request = request
    this.#connection = connection
    this.#settings = settings
    this.scope = settings.tenant ? { tenant: tenantOf(settings.tenant(request)) } : noTenant
  }

  /** Who is at the other end, said by somebody who knows it after somebody who did not. */
  learn(connection: Connection): void {
    if (this.#connection.peer !== undefined || connection.peer === undefined) return
    this.#connection = connection
    this.#address = undefined
  }

  /** The client's address, or `null` when nothing trustworthy says it. */
  get address(): ClientAddress | null {
    if (this.#address === undefined) {
      this.#address = this.#settings.clientAddress(this.request.headers, this.#connection.peer)
      if (this.#address === null) this.#settings.onUnknownAddress()
    }
    return this.#address
  }

  /** For whom an expensive piece of work is done: nobody, once the client has gone. */
  get caller(): { readonly signal: AbortSignal; readonly network: string | null } {
    return { signal: this.request.signal, network: this.address?.network ?? null }
  }

  /** The cookie of this name, or `undefined`. */
  cookie(name: string): string | undefined {
    this.#cookies ??= readCookies(this.request.headers)
    return Object.hasOwn(this.#cookies, name) ? this.#cookies[name] : undefined
  }

  /** The values of all cookies of this name: a neighbouring host may have planted another. */
  cookies(name: string): readonly string[] {
    return cookieValues(this.request.headers, name)
  }

  get userAgent(): string | null {
    return this.request.headers.get('user-agent')
  }

  /** Whether the method is one that must not change anything (RFC 9110 §9.2.1). */
  get isSafe(): boolean {
    return safeMethods.has(this.request.method)
  }

  resolveUser(id: string | number | bigint): Promise<object | null> {
    const key = String(id)
    let user = this.#users.get(key)
    if (!user) {
      user = this.#activeUser(id)
      this.#users.set(key, user)
    }
    return user
  }

  challenge(value: string): void {
    this.challenges.push(value)
  }

  epochOf(user: object): number {
    return this.#settings.accounts.epoch(user)
  }

  principal(user: object, facts: PrincipalFacts): Principal {
    return this.#settings.accounts.principal(user, facts)
  }

  async #activeUser(id: string | number | bigint): Promise<object | null> {
    const { accounts } = this.#settings
    const row = await accounts.byId(id, this.scope)
    return row !== null && accounts.isActive(row) ? row : null
  }
}

/** Finds the exchange of a request, or makes it; kept for as long as somebody holds the request. */
export type ExchangeFor = (request: Request, connection?: Connection) => Exchange

export function exchanges(settings: ExchangeSettings): ExchangeFor {
  const known = new WeakMap<Request, Exchange>()
  return (request, connection = {}) => {
    let exchange = known.get(request)
    if (exchange) {
      exchange.learn(connection)
    } else {
      exchange = new Exchange(request, connection, settings)
      known.set(request, exchange)
    }
    return exchange
  }
}

/** What is no text would be the share of nobody, or of everybody. */
function tenantOf(named: unknown): string {
  if (typeof named === 'string' && named.isWellFormed() && !named.includes('\0')) return named
  throw new TypeError(
    `crudauth: tenant gave ${typeof named === 'string' ? 'a text that is not Unicode' : typeof named}; it must return the tenant's name, or throw an AuthError for a request that belongs to none`,
  )
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

const noTenant: UserScope = Object.freeze({})
