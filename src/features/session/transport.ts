/**
 * The session transport: an opaque cookie, a record in the storage, and a synchronizer token.
 *
 * In the steady state a check is one storage read and one user query, and it sets no cookie.
 */

import { AuthError, type ErrorCode } from '../../errors.ts'
import type { EventListener, UserId } from '../../events.ts'
import { isPromise } from '../../eventually.ts'
import type { CurrentSession, SessionPort } from '../../feature.ts'
import { type Cookie, type CookiePolicy, defineCookie } from '../../http/cookies.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { SecurityScheme } from '../../http/openapi.ts'
import { type OriginGuard, opensWebSocket } from '../../http/origin.ts'
import { pathOf } from '../../http/path.ts'
import type { Principal } from '../../principal.ts'
import { orGoOn, orUnavailable, refusal } from '../../storage/outage.ts'
import type { Transport, TransportContext } from '../../transport.ts'
import { newPlace } from './place.ts'
import { type LiveSession, loginOf } from './records.ts'
import type { SessionSettings } from './session.ts'
import { type SessionParts, Sessions } from './sessions.ts'

export interface SessionTransportParts extends SessionParts {
  readonly cookies: CookiePolicy
  readonly originAllowed: OriginGuard
  readonly emit: EventListener
  /** A primary key in its own type. */
  readonly userIdOf: (text: string) => UserId
}

/** Of more cookies than these a request is not worth a look each. */
const maxLookedAt = 3

export class SessionTransport implements Transport, SessionPort {
  readonly name: 'session' = 'session'
  readonly sessions: Sessions
  readonly cookie: Cookie
  /** Readable by scripts, by a name that they know by heart: hence without a prefix. */
  readonly csrfCookie: Cookie
  readonly securityScheme: SecurityScheme
  readonly scopes: readonly string[] = []
  readonly errors: readonly ErrorCode[]
  readonly #parts: SessionTransportParts

  constructor(settings: SessionSettings, parts: SessionTransportParts) {
    this.#parts = parts
    this.sessions = new Sessions(settings, parts)
    this.errors = settings.csrf
      ? ['csrf_missing', 'csrf_invalid', 'cross_origin', 'storage_unavailable']
      : ['cross_origin', 'storage_unavailable']
    const { cookieDomain: domain, cookiePath: path, cookieSameSite: sameSite } = settings
    const exceptions = { domain, path, sameSite }
    this.cookie = defineCookie(
      { name: settings.cookieName, httpOnly: true, prefix: true },
      parts.cookies,
      exceptions,
    )
    this.securityScheme = { type: 'apiKey', in: 'cookie', name: this.cookie.name }
    this.csrfCookie = defineCookie(
      { name: settings.csrfCookieName, httpOnly: false, prefix: false },
      parts.cookies,
      exceptions,
    )
  }

  authenticate(context: TransportContext): Promise<Principal | null> | null {
    const ids = context.cookies(this.cookie.name)
    if (ids.length === 0) return null
    const judge = (session: LiveSession) => {
      if (!context.isSafe) this.requireIntent(context, session)
    }
    return this.#visit(context, ids, judge, (session, user) =>
      this.#principal(context, user, session),
    )
  }

  #principal(context: TransportContext, user: object, session: LiveSession): Principal {
    const principal = context.principal(user, {
      transport: this.name,
      login: loginOf(session),
      metadata: { ...session.record.metadata, sessionHandle: session.handle },
    })
    context.credential = { principal, known: session }
    return principal
  }

  /**
   * Follows the login, whatever identifier its session has by now. No activity: an open page would
   * keep its session alive for ever.
   */
  async recheck(context: TransportContext, before: Principal): Promise<Principal | null> {
    const user = await context.resolveUser(before.userId)
    if (user === null) return null
    const owner = { id: String(before.userId), epoch: context.epochOf(user) }
    const kept = { login: before.login, handle: String(before.metadata['sessionHandle']) }
    const looking = this.sessions.ofLogin(context.scope, owner, kept)
    const session = await this.stored('session', looking)
    return session && this.#principal(context, user, session)
  }

  /**
   * The live session whose cookie came with a request, and its user: alive, active, of the same
   * epoch. Whether the user meant to send the request is not asked, unless where it opens a
   * WebSocket.
   *
   * @throws AuthError `storage_unavailable` (503), `cross_origin` (403) for a WebSocket.
   */
  async identify(
    context: TransportContext,
  ): Promise<{ session: LiveSession; user: object } | null> {
    const ids = context.cookies(this.cookie.name)
    return this.#visit(
      context,
      ids,
      () => undefined,
      (session, user) => ({ session, user }),
    )
  }

  /**
   * Everything that a check does, in one function: each further one that waited would cost every
   * check a promise or two. Of several cookies the one counts whose session is alive.
   *
   * @param judge Throws where the session may not be used for this.
   */
  async #visit<Found>(
    context: TransportContext,
    ids: readonly string[],
    judge: (session: LiveSession) => void,
    found: (session: LiveSession, user: object) => Found,
  ): Promise<Found | null> {
    const session = await (ids.length > 1
      ? this.#oneAlive(context)
      : this.sessions.find(context.scope, ids[0], this.#unavailable))
    if (session === null) return null
    const { record } = session
    if (record.openedBy && !(await this.sessions.openers.isAlive(context.scope, session))) {
      return this.#end(context, session)
    }
    judge(session)
    if (opensWebSocket(context.request)) this.#parts.originAllowed(context.request)
    const resolved = context.resolveUser(record.user)
    const user = isPromise(resolved) ? await resolved : resolved
    if (user === null) return this.#end(context, session)
    // Not ended: it may be about to be stamped with the new epoch.
    if (context.epochOf(user) !== record.epoch) return null
    const place = newPlace(record, context)
    if (place !== null) await this.#tellPlace(context, session, place)
    if (this.sessions.isTouchDue(session)) await this.#touch(context, session)
    return found(session, user)
  }

  readonly #unavailable = (error: unknown): never => {
    throw refusal('session', this.#parts.emit, error)
  }

  /** One write for each place, after which its record knows it. */
  async #tellPlace(context: TransportContext, session: LiveSession, place: string): Promise<void> {
    const noting = this.sessions.notePlace(context.scope, session, place)
    if ((await orGoOn('session', this.#parts.emit, noting)) === null) return
    const address = context.address?.address ?? null
    const userId = this.#parts.userIdOf(session.record.user)
    this.#parts.emit({ name: 'session.elsewhere', userId, login: loginOf(session), address })
  }

  /**
   * The live sessions whose cookies came with a request, whoever they are of; at most three are
   * looked at.
   *
   * @throws AuthError `storage_unavailable` (503).
   */
  async allCarried(exchange: Pick<TransportContext, 'cookies' | 'scope'>): Promise<LiveSession[]> {
    const ids = [...new Set(exchange.cookies(this.cookie.name).slice(0, maxLookedAt))]
    const finding = Promise.all(ids.map((id) => this.sessions.find(exchange.scope, id)))
    return (await this.stored('session', finding)).filter((session) => session !== null)
  }

  /**
   * Of several cookies the one whose session is alive: of the others a neighbouring host may have
   * planted any number, or they are from before the cookie's domain was changed.
   */
  async #oneAlive(context: TransportContext): Promise<LiveSession | null> {
    const alive: LiveSession[] = []
    for (const session of await this.allCarried(context)) {
      if (await this.#ownerOf(context, session)) alive.push(session)
    }
    if (alive.length < 2) return alive[0] ?? null
    // Nobody can tell which of them the visitor means to be.
    throw new AuthError('not_authenticated', 'Several sessions at once. Log in again.')
  }

  /** The user of a session that counts: active, and of the same epoch. */
  async #ownerOf(context: TransportContext, session: LiveSession): Promise<object | null> {
    const isOpen = await this.sessions.openers.isAlive(context.scope, session)
    if (!isOpen) return this.#end(context, session)
    const user = await context.resolveUser(session.record.user)
    if (user === null) return this.#end(context, session)
    return context.epochOf(user) === session.record.epoch ? user : null
  }

  /**
   * The live session that made this principal of a request; `null` when it was another transport.
   */
  live({ credential }: Exchange, principal: Principal): LiveSession | null {
    return principal.transport === this.name && credential?.principal === principal
      ? (credential.known as LiveSession)
      : null
  }

  of(exchange: Exchange, principal: Principal): CurrentSession | null {
    const session = this.live(exchange, principal)
    if (session === null) return null
    const { createdAt, provenAt = createdAt, elevatedUntil = 0 } = session.record
    return { handle: session.handle, provenAt, elevatedUntil }
  }

  /** See `Sessions.rotate`. */
  async rotate(
    exchange: Exchange,
    principal: Principal,
    changes: Parameters<Sessions['rotate']>[2],
  ): Promise<string | null> {
    const session = this.live(exchange, principal)
    const rotated = session && (await this.sessions.rotate(exchange.scope, session.handle, changes))
    if (!rotated) return null
    // From here on this request belongs to the session under its new identifier.
    exchange.credential = { principal, known: rotated.session }
    return this.cookie.set(rotated.id, this.sessions.cookieSeconds(rotated.session))
  }

  async lower(exchange: Exchange, principal: Principal): Promise<void> {
    const session = this.live(exchange, principal)
    if (session === null) return
    await this.sessions.modify(exchange.scope, session.handle, (record) => ({
      ...record,
      elevatedUntil: 0,
    }))
  }

  /**
   * The two defences against a request that the user did not mean to make: the synchronizer token
   * in `X-CSRF-Token`, and what the browser says of where the request comes from.
   *
   * @throws AuthError 403, `csrf_missing`, `csrf_invalid` or `cross_origin`.
   */
  requireIntent(context: RequestPlace, session: LiveSession): void {
    const { request } = context
    if (this.sessions.settings.csrf) {
      const sent = request.headers.get('x-csrf-token')
      if (!sent) throw this.#refused(context, session, 'missing')
      if (this.sessions.csrfTokenAmong(session, [sent]) === undefined) {
        throw this.#refused(context, session, 'invalid')
      }
    }
    this.#parts.originAllowed(request)
  }

  #refused(
    { request, address }: RequestPlace,
    { record }: LiveSession,
    reason: 'missing' | 'invalid',
  ): AuthError {
    this.#parts.emit({
      name: 'csrf.refused',
      reason,
      path: pathOf(request),
      userId: this.#parts.userIdOf(record.user),
      address: address?.address ?? null,
    })
    return csrfError(
      `csrf_${reason}`,
      reason === 'missing' ? 'Missing CSRF token' : 'Invalid CSRF token',
    )
  }

  /**
   * Runs an operation on the sessions. If the storage fails the answer is 503: a person with a
   * session must not be treated as logged out.
   */
  stored<Value>(name: string, operation: Promise<Value>): Promise<Value> {
    return orUnavailable(name, this.#parts.emit, operation)
  }

  /**
   * Ends the session of a user who is disabled or gone, so that it does not revive when the user
   * does; and one whose opener has ended.
   */
  async #end(context: TransportContext, session: LiveSession): Promise<null> {
    const ending = this.sessions.discard(context.scope, session)
    await orGoOn('end', this.#parts.emit, ending, 'refused')
    return null
  }

  /** The session was found alive: nobody is refused because its activity could not be noted. */
  async #touch(context: TransportContext, session: LiveSession): Promise<void> {
    await orGoOn('touch', this.#parts.emit, this.sessions.touch(context.scope, session))
  }
}

type RequestPlace = Pick<TransportContext, 'request' | 'address'>

function csrfError(code: 'csrf_missing' | 'csrf_invalid', detail: string): AuthError {
  return new AuthError(code, detail, { headers: { 'X-CSRF-Error': 'true' } })
}
