/**
 * One request on its way through the library: what is read from it, read once.
 *
 * There is exactly one exchange per `Request` object, however many gates and routes look at it,
 * so that a request is authenticated once and a user is loaded once.
 */
import { AuthError, connectionLost } from '../errors.ts'
import { type Eventually, isPromise } from '../eventually.ts'
import type { Principal, PrincipalFacts } from '../principal.ts'
import type { Transport } from '../transport.ts'
import type { Accounts } from '../users/accounts.ts'
import type { UserScope } from '../users/store.ts'
import type { Incoming } from './call.ts'
import type { ClientAddress } from './client-address.ts'
import type { Connection } from './connection.ts'
import { cookieValues, decodedCookie, readCookies } from './cookies.ts'

export interface ExchangeSettings {
  readonly accounts: Accounts
  readonly clientAddress: (headers: Headers, peer: string | undefined) => ClientAddress | null
  /** Told the headers of every request whose address is asked for. */
  readonly onAddress: (headers: Headers) => void
  readonly onUnknownAddress: () => void
  readonly tenant: ((request: Request) => string) | undefined
}

export class Exchange {
  readonly request: Request
  readonly scope: UserScope
  /** What each transport that was asked makes of the request; a rejection is remembered too. */
  readonly answers: Few<Transport, unknown> = new Few()
  /**
   * What the transport that found the principal knows besides, for its own feature: a live session.
   */
  credential: { readonly principal: Principal; readonly known: unknown } | null = null
  /** Why a credential that was present does not count, for `WWW-Authenticate`. */
  challenges: readonly string[] = []

  /** Active users by id; a failure is remembered, too. */
  readonly #users: Few<string, Eventually<object | null>> = new Few()
  #connection: Connection
  readonly #settings: ExchangeSettings
  #parsedBody: { readonly value: unknown } | null
  #reread: Incoming['reread']
  #address: ClientAddress | null | undefined
  #cookies: Readonly<Record<string, string | undefined>> | undefined

  /**
   * Expects a request whose URL can be read.
   *
   * @throws AuthError `connection_lost` (400), and whatever `tenant` throws.
   */
  constructor(incoming: Incoming, settings: ExchangeSettings) {
    const { request } = incoming
    refuseLost(incoming)
    this.request = request
    this.#connection = incoming
    this.#parsedBody = parsedOf(incoming)
    this.#reread = incoming.reread
    this.#settings = settings
    this.scope = settings.tenant ? { tenant: tenantOf(settings.tenant(request)) } : noTenant
  }

  /**
   * Adds the peer's address when only a later caller knows it.
   *
   * @throws AuthError `connection_lost` (400) when nobody knew it before, and nobody can any more.
   */
  learn(incoming: Incoming): void {
    this.#parsedBody ??= parsedOf(incoming)
    this.#reread ??= incoming.reread
    if (this.#connection.peer !== undefined) return
    refuseLost(incoming)
    if (incoming.peer === undefined) return
    this.#connection = incoming
    this.#address = undefined
  }

  /** The same request, of which nothing is known yet: what was read before may be out of date. */
  anew(): Exchange {
    const { peer, lost, waitUntil } = this.#connection
    const again = new Exchange({ peer, lost, waitUntil, request: this.request }, this.#settings)
    again.#address = this.#address
    again.#parsedBody = this.#parsedBody
    return again
  }

  /** The body, where somebody parsed it before it got here. */
  get parsedBody(): { readonly value: unknown } | null {
    return this.#parsedBody
  }

  /** See `Incoming.reread`. */
  get reread(): Incoming['reread'] {
    return this.#reread
  }

  /** Has the platform wait for what goes on after the answer; `undefined` where it need not. */
  get waitUntil(): Connection['waitUntil'] {
    return this.#connection.waitUntil
  }

  /** The client's address, or `null` when nothing trustworthy says it. */
  get address(): ClientAddress | null {
    if (this.#address === undefined) {
      const { headers } = this.request
      this.#settings.onAddress(headers)
      this.#address = this.#settings.clientAddress(headers, this.#connection.peer)
      if (this.#address === null) this.#settings.onUnknownAddress()
    }
    return this.#address
  }

  /** For whom an expensive piece of work is done: nobody, once the client has gone. */
  get caller(): { readonly signal: AbortSignal; readonly network: string | null } {
    return { signal: this.request.signal, network: this.address?.network ?? null }
  }

  /** The first cookie of this name, or `undefined`. */
  cookie(name: string): string | undefined {
    this.#cookies ??= readCookies(this.request.headers)
    const sent = Object.hasOwn(this.#cookies, name) ? this.#cookies[name] : undefined
    return sent === undefined ? undefined : decodedCookie(sent)
  }

  /** The values of the cookies of this name: a neighbouring host may have planted another. */
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

  resolveUser(id: string | number | bigint): Eventually<object | null> {
    const key = String(id)
    const known = this.#users.get(key)
    if (known !== undefined) return known
    const found = this.#settings.accounts.byId(id, this.scope)
    const user = isPromise(found)
      ? Promise.resolve(found).then((row) => this.#active(row))
      : this.#active(found)
    this.#users.set(key, user)
    return user
  }

  knownUser(row: object): object | null {
    const user = this.#active(row)
    this.#users.set(String(this.#settings.accounts.id(row)), user)
    return user
  }

  #active(row: object | null): object | null {
    return row !== null && this.#settings.accounts.isActive(row) ? row : null
  }

  challenge(value: string): void {
    this.challenges = [...this.challenges, value]
  }

  epochOf(user: object): number {
    return this.#settings.accounts.epoch(user)
  }

  principal(user: object, facts: PrincipalFacts): Principal {
    return this.#settings.accounts.principal(user, facts)
  }
}

/** A map that mostly has one entry, and then costs nothing. */
class Few<Key, Value> {
  #key: Key | undefined
  #value: Value | undefined
  #more: Map<Key, Value> | undefined

  get(key: Key): Value | undefined {
    return this.#key === key ? this.#value : this.#more?.get(key)
  }

  set(key: Key, value: Value): void {
    if (this.#key === undefined || this.#key === key) {
      this.#key = key
      this.#value = value
    } else {
      this.#more ??= new Map()
      this.#more.set(key, value)
    }
  }
}

function parsedOf(incoming: Partial<Incoming>): { readonly value: unknown } | null {
  return incoming.body === undefined ? null : { value: incoming.body }
}

/** Without this a client could avoid every limit per address by closing its connection early. */
function refuseLost({ lost }: Connection): void {
  if (lost) throw connectionLost()
}

/**
 * Some servers pass on a URL that is none, because the client sent such a `Host`.
 *
 * @returns What throws `malformed_request` (400) for such a one.
 */
function unreadableRefused(): (request: Request) => void {
  // The last one that was parsed. A URL can fail to be read up to the slash after its host, and
  // nowhere behind it (the WHATWG's URL Standard, basic URL parser).
  let readable = noOrigin
  return ({ url }) => {
    if (url.startsWith(readable)) return
    if (!URL.canParse(url)) {
      throw new AuthError(
        'malformed_request',
        'The Host or the path of the request cannot be read.',
      )
    }
    readable = webOrigin.exec(url)?.[0] ?? noOrigin
  }
}

/** No URL begins so. */
const noOrigin = '\0'

/** Scheme and host of a URL as servers write them, up to the first slash of the path. */
const webOrigin = /^https?:\/\/[^/\\?#\t\n\r]+\//

/**
 * Finds the exchange of a request, or makes it; kept for as long as somebody holds the request.
 * Throws `malformed_request`, and what the exchange throws.
 */
export type ExchangeFor = (incoming: Incoming) => Exchange

export function exchanges(settings: ExchangeSettings): ExchangeFor {
  /**
   * A request with its exchange: a private field on the request itself, which nobody else sees, and
   * which costs a check a tenth of what a `WeakMap` does, whose entries the garbage collector has
   * to look after.
   */
  class Known extends Itself {
    readonly #exchange: Exchange
    constructor(request: Request, exchange: Exchange) {
      super(request)
      this.#exchange = exchange
    }
    static of(request: Request): Exchange | undefined {
      return #exchange in request ? request.#exchange : undefined
    }
  }
  const refuseUnreadable = unreadableRefused()
  return (incoming) => {
    if (typeof incoming?.request !== 'object') throw noRequest()
    const known = Known.of(incoming.request)
    if (known) {
      known.learn(incoming)
      return known
    }
    refuseUnreadable(incoming.request)
    const exchange = new Exchange(incoming, settings)
    new Known(incoming.request, exchange)
    return exchange
  }
}

function noRequest(): TypeError {
  return new TypeError(
    "crudauth: the first argument must be what stands for the request: a Request, or { request }. For Hono's c use honoAuth from crudauth/hono; for Express, Fastify and node:http see docs/frameworks.md",
  )
}

/** Constructs no object: a class that extends it adds its fields to the one that it is given. */
class Itself {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: this is what the class is for
    return object
  }
}

/** A tenant that is not a string would match no row, or every row. */
function tenantOf(named: unknown): string {
  if (typeof named === 'string' && named.isWellFormed() && !named.includes('\0')) return named
  throw new TypeError(
    `crudauth: tenant gave ${typeof named === 'string' ? 'a text that is not Unicode' : typeof named}; it must return the tenant's name, or throw an AuthError for a request that belongs to none`,
  )
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

const noTenant: UserScope = Object.freeze({})
