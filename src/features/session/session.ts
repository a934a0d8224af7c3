/**
 * The session transport: an opaque cookie, a record in the storage, and a synchronizer token.
 *
 * In the steady state a check is one storage read and one user query, and it sets no cookie.
 */
import { equalInConstantTime } from '../../crypto.ts'
import { AuthError } from '../../errors.ts'
import type { EventListener } from '../../events.ts'
import { type Cookie, type CookiePolicy, defineCookie } from '../../http/cookies.ts'
import type { SecurityScheme } from '../../http/openapi.ts'
import { type OriginGuard, opensWebSocket } from '../../http/origin.ts'
import { type Declaration, declareOptions, type Settled } from '../../options/declare.ts'
import { flag, orNull, seconds, whole } from '../../options/option.ts'
import type { Principal } from '../../principal.ts'
import { storageUnavailable } from '../../storage/outage.ts'
import type { Transport, TransportContext } from '../../transport.ts'
import type { LiveSession } from './records.ts'
import { type SessionParts, Sessions } from './sessions.ts'

export interface SessionTransportOptions {
  /** Seconds without activity after which a session ends. Default 1800 (30 minutes). */
  idleTimeout?: number
  /**
   * Seconds after which a session ends however active it is. Default 86400 (24 hours, the limit
   * for AAL2 in NIST SP 800-63B-4 §2.2.3).
   */
  absoluteTimeout?: number
  /** The lifetime of a "remember me" session, in seconds, idle or not. Default 2592000 (30 days). */
  rememberMe?: number
  /**
   * Activity is written at most once in this many seconds. Default 60. A session may end that
   * much before its idle timeout.
   */
  touchInterval?: number
  /** Live sessions per user; at a further login the least recently active end. Default 5. */
  maxPerUser?: number | null
  /** The synchronizer token on methods that change something. Default `true`. */
  csrf?: boolean
  /**
   * Mount `GET /sessions`, `DELETE /sessions/{id}`, `POST /logout-all` and `POST /csrf/refresh`.
   * Default `false`.
   */
  managementRoutes?: boolean
}

export type SessionSettings = Settled<SessionTransportOptions>

export const sessionOptions: Declaration<SessionSettings> = declareOptions<SessionSettings>(
  {
    idleTimeout: seconds(1800),
    absoluteTimeout: seconds(86_400),
    rememberMe: seconds(30 * 86_400),
    touchInterval: seconds(60, { min: 0, max: 86_400 }),
    maxPerUser: orNull(whole(5, { max: 10_000 }), { meaning: 'for no cap' }),
    csrf: flag(true),
    managementRoutes: flag(false),
  },
  {
    rules: [
      {
        about: ['touchInterval', 'idleTimeout'],
        problems: ({ touchInterval, idleTimeout }, path) =>
          touchInterval >= idleTimeout
            ? [
                `${path}.touchInterval (${touchInterval} seconds) must be less than ${path}.idleTimeout (${idleTimeout} seconds), or sessions would end while in use; write touchInterval: ${Math.floor(idleTimeout / 30)}`,
              ]
            : [],
      },
      {
        about: ['idleTimeout', 'absoluteTimeout'],
        problems: ({ idleTimeout, absoluteTimeout }, path) =>
          idleTimeout > absoluteTimeout
            ? [
                `${path}.idleTimeout (${idleTimeout} seconds) must not be more than ${path}.absoluteTimeout (${absoluteTimeout} seconds); write idleTimeout: ${absoluteTimeout} or less, or raise the other`,
              ]
            : [],
      },
    ],
  },
)

/** What `session()` returns: a description, wired by `crudAuth()`. */
export interface SessionTransportDefinition {
  readonly name: 'session'
  readonly settings: SessionSettings
  readonly problems: readonly string[]
}

/** The default transport. All lifetimes are seconds. */
export function session(options: SessionTransportOptions = {}): SessionTransportDefinition {
  return { name: 'session', ...sessionOptions.read(options, 'session') }
}

export interface SessionTransportParts extends SessionParts {
  readonly cookies: CookiePolicy
  readonly originAllowed: OriginGuard
  readonly emit: EventListener
}

export class SessionTransport implements Transport {
  readonly name: 'session' = 'session'
  readonly sessions: Sessions
  readonly cookie: Cookie
  /** Readable by scripts, by a name that they know by heart: hence without a prefix. */
  readonly csrfCookie: Cookie
  readonly securityScheme: SecurityScheme
  readonly #parts: SessionTransportParts
  /** What authenticated a request: found once, like its principal. */
  readonly #current: WeakMap<Request, LiveSession> = new WeakMap()

  constructor(definition: SessionTransportDefinition, parts: SessionTransportParts) {
    this.#parts = parts
    this.sessions = new Sessions(definition.settings, parts)
    this.cookie = defineCookie({ name: 'session_id', httpOnly: true, prefix: true }, parts.cookies)
    this.securityScheme = { type: 'apiKey', in: 'cookie', name: this.cookie.name }
    this.csrfCookie = defineCookie(
      { name: 'csrf_token', httpOnly: false, prefix: false },
      parts.cookies,
    )
  }

  async authenticate(context: TransportContext): Promise<Principal | null> {
    const found = await this.identify(context, (session) => {
      if (!context.isSafe) this.requireIntent(context.request, session)
    })
    if (found === null) return null
    const { session, user } = found
    this.#current.set(context.request, session)
    return context.principal(user, {
      transport: this.name,
      metadata: { ...session.record.metadata, sessionHandle: session.handle },
    })
  }

  /**
   * The live session whose cookie came with a request, and its user: alive, active, of the same
   * epoch. Whether the user meant to send the request is not asked, unless by `judge`, or where it opens
   * a WebSocket: no synchronizer token can come with that, so that its origin is all there is.
   *
   * @throws AuthError `storage_unavailable` (503), `cross_origin` (403) for a WebSocket, and whatever
   *   `judge` throws.
   */
  async identify(
    context: TransportContext,
    judge: (session: LiveSession) => void = () => undefined,
  ): Promise<{ session: LiveSession; user: object } | null> {
    const id = context.cookie(this.cookie.name)
    if (id === undefined) return null
    const session = await this.stored('session', this.sessions.find(context.scope, id))
    if (session === null) return null
    judge(session)
    if (opensWebSocket(context.request)) this.#parts.originAllowed(context.request)

    const user = await context.resolveUser(session.record.user)
    if (user === null) {
      await this.#end(context, session)
      return null
    }
    // Not ended: it may be about to be stamped with the new epoch.
    if (context.epochOf(user) !== session.record.epoch) return null

    await this.#touch(context, session)
    return { session, user }
  }

  /** The session that made this principal of a request; `null` when it was another transport. */
  sessionOf(request: Request, principal: Principal): LiveSession | null {
    return principal.transport === this.name ? (this.#current.get(request) ?? null) : null
  }

  /**
   * Gives the session of a request a new identifier, see `Sessions.rotate`, and returns its cookie;
   * `null` for a session that is gone.
   */
  async rotate(
    context: TransportContext,
    session: LiveSession,
    changes: Parameters<Sessions['rotate']>[2],
  ): Promise<string | null> {
    const rotated = await this.sessions.rotate(context.scope, session.handle, changes)
    if (rotated === null) return null
    // Whoever asks about this request's session from now on is told of the new one.
    this.#current.set(context.request, rotated.session)
    return this.cookie.set(rotated.id, this.sessions.cookieSeconds(rotated.session))
  }

  /**
   * The two defences against a request that the user did not mean to make: the synchronizer token
   * in `X-CSRF-Token`, and what the browser says of where the request comes from.
   *
   * @throws AuthError 403, `csrf_missing`, `csrf_invalid` or `cross_origin`.
   */
  requireIntent(request: Request, session: LiveSession): void {
    if (this.sessions.settings.csrf) {
      const sent = request.headers.get('x-csrf-token')
      if (!sent) throw csrfError('csrf_missing', 'Missing CSRF token')
      const expected = session.record.csrf
      if (expected === '' || !equalInConstantTime(sent, expected)) {
        throw csrfError('csrf_invalid', 'Invalid CSRF token')
      }
    }
    this.#parts.originAllowed(request)
  }

  /**
   * What an operation on the sessions gives, or 503: whoever has a session must not be treated as
   * somebody without one.
   */
  async stored<Value>(name: string, operation: Promise<Value>): Promise<Value> {
    try {
      return await operation
    } catch (error) {
      throw storageUnavailable(name, error, this.#parts.emit)
    }
  }

  /** Its user is disabled or gone: should they come back, it must not come back with them. */
  async #end(context: TransportContext, session: LiveSession): Promise<void> {
    try {
      await this.sessions.discard(context.scope, session)
    } catch (error) {
      this.#parts.emit({ name: 'storage.failed', operation: 'end', effect: 'refused', error })
    }
  }

  /** The session was found alive: nobody is refused because its activity could not be noted. */
  async #touch(context: TransportContext, session: LiveSession): Promise<void> {
    try {
      await this.sessions.touch(context.scope, session)
    } catch (error) {
      this.#parts.emit({ name: 'storage.failed', operation: 'touch', effect: 'let_through', error })
    }
  }
}

function csrfError(code: 'csrf_missing' | 'csrf_invalid', detail: string): AuthError {
  return new AuthError(code, detail, { headers: { 'X-CSRF-Error': 'true' } })
}
