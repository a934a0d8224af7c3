/**
 * `session()`: logins by cookie, with their routes.
 */
import type { Ground, HandleKind, TransportFeature, UsersOf, Wired } from '../../feature.ts'
import {
  cookieDomainOption,
  cookieName,
  cookiePathOption,
  sameSiteNone,
} from '../../http/cookies.ts'
import { type Declaration, declareOptions, type Settled } from '../../options/declare.ts'
import { seconds } from '../../options/durations.ts'
import { flag, oneOf, optional, orNull, whole } from '../../options/option.ts'
import { sessionCarrier } from './carrier.ts'
import { sessionCredentials } from './credentials.ts'
import { type SessionAdministration, sessionAdministration } from './handle.ts'
import { loginRoutes } from './login-routes.ts'
import { managementRoutes } from './management-routes.ts'
import { storedSessions } from './stored-sessions.ts'
import { SessionTransport } from './transport.ts'

/** The options of `session()`. All lifetimes are seconds. */
export interface SessionTransportOptions {
  /** A session without activity ends after so many seconds. Default 1800 (30 minutes). */
  idleTimeout?: number
  /**
   * A session ends after so many seconds, however active it is. Default 86400 (24 hours, the limit
   * for AAL2 in NIST SP 800-63B-4 §2.2.3).
   */
  absoluteTimeout?: number
  /**
   * The lifetime of a session with “remember me” and of its cookie, in seconds, idle or not.
   * Default 2592000 (30 days).
   */
  rememberMe?: number
  /**
   * Activity is written at most once in so many seconds, so a session may end that much before its
   * idle timeout. Default 60.
   */
  touchInterval?: number
  /** Live sessions per user; the next login ends the least recently used one. Default 5. */
  maxPerUser?: number | null
  /** Whether requests that change something need the synchronizer token. Default `true`. */
  csrf?: boolean
  /**
   * Mounts `GET /sessions`, `DELETE /sessions/{id}`, `POST /logout-all` and `POST /csrf/refresh`.
   * Default `false`.
   */
  managementRoutes?: boolean
  /**
   * The name of the session cookie; it gets the `__Host-` prefix where its attributes allow it.
   * Default `session_id`.
   */
  cookieName?: string
  /** The name of the cookie from which pages read the CSRF token. Default `csrf_token`. */
  csrfCookieName?: string
  /**
   * The domain whose hosts all get both cookies. Default: the host that sets them alone.
   *
   * Every host below it can then read the requests of a session, and plant a cookie of its name:
   * the `__Host-` prefix is gone. Leave it out unless several of your hosts share logins.
   */
  cookieDomain?: string | undefined
  /** The path under which browsers send both cookies. Default `cookies.path`. */
  cookiePath?: string | undefined
  /** `SameSite` of both cookies. Default `cookies.sameSite`. */
  cookieSameSite?: 'lax' | 'strict' | undefined
}

/** The options of `session()`, each with its value or its default. */
export type SessionSettings = Settled<{
  [Name in keyof SessionTransportOptions]: SessionTransportOptions[Name]
}>

const lifetimes =
  'write idleTimeout: 1800 (without activity) and absoluteTimeout: 86400 (in any case), in seconds'

export const sessionOptions: Declaration<SessionSettings> = declareOptions<SessionSettings>(
  {
    idleTimeout: seconds(1800),
    absoluteTimeout: seconds(86_400),
    rememberMe: seconds(30 * 86_400),
    touchInterval: seconds(60, { min: 0, max: 86_400 }),
    maxPerUser: orNull(whole(5, { max: 10_000 }), { meaning: 'for no cap' }),
    csrf: flag(true),
    managementRoutes: flag(false),
    cookieName: cookieName('session_id'),
    csrfCookieName: cookieName('csrf_token'),
    cookieDomain: optional(cookieDomainOption, 'the host that sets them alone'),
    cookiePath: optional(cookiePathOption(), '`cookies.path`'),
    cookieSameSite: optional(
      oneOf(['lax', 'strict'], 'lax', { none: sameSiteNone }),
      '`cookies.sameSite`',
    ),
  },
  {
    write: 'session({ idleTimeout: 1800 })',
    elsewhere: {
      secret: 'write crudAuth({ secret: process.env.AUTH_SECRET, … })',
      maxAge: lifetimes,
      ttl: lifetimes,
      expiresIn: lifetimes,
      cookie:
        "write crudAuth({ cookies: { … }, … }) for the attributes of all cookies, cookieName: '…' for the name of this one",
      name: "write cookieName: '…'",
      secure: 'write crudAuth({ cookies: { secure: false }, … }), in development only',
      sameSite: "write cookieSameSite: 'strict'",
      domain: "write cookieDomain: 'example.com'",
      store: 'write crudAuth({ storage: redisStorage({ url: … }), … })',
      storage: 'write crudAuth({ storage: redisStorage({ url: … }), … })',
    },
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
        problems({ idleTimeout, absoluteTimeout }, path) {
          if (idleTimeout <= absoluteTimeout) return []
          const meant = idleTimeout / 1000
          const isFit = Number.isInteger(meant) && meant <= absoluteTimeout
          const advice = isFit
            ? `${idleTimeout} milliseconds are ${meant} seconds: write idleTimeout: ${meant}`
            : `write idleTimeout: ${absoluteTimeout} or less, or raise the other`
          return [
            `${path}.idleTimeout (${idleTimeout} seconds) must not be more than ${path}.absoluteTimeout (${absoluteTimeout} seconds); ${advice}`,
          ]
        },
      },
    ],
  },
)

interface SessionKind extends HandleKind {
  readonly handle: SessionAdministration<UsersOf<this['users']>, this['call']>
}

/** What `session()` returns: for `transports`. */
export type SessionFeature = TransportFeature<'session', 'sessions', SessionKind>

/**
 * Logins by cookie: an opaque identifier, a record in the storage. All lifetimes are seconds.
 *
 * @example
 * ```ts
 * const transports = [session({ idleTimeout: 3600, managementRoutes: true })]
 * ```
 */
export function session(options: SessionTransportOptions = {}): SessionFeature {
  const { settings, problems } = sessionOptions.read(options, 'session')
  return {
    name: 'session',
    key: 'sessions',
    problems,
    authenticates: true,
    wire: (ground) => wire(settings, ground),
  }
}

function wire(settings: SessionSettings, ground: Ground): Wired {
  const transport = new SessionTransport(settings, {
    ...ground,
    userIdOf: (text) => ground.accounts.parseId(text) ?? text,
  })
  const { sessions, cookie, csrfCookie } = transport
  const carrier = sessionCarrier(transport, ground.accounts)
  return {
    transport,
    carrier,
    sessions: transport,
    person: {
      name: transport.name,
      isSession: true,
      provenAt: (exchange, principal) => transport.of(exchange, principal)?.provenAt ?? null,
      isWhole: () => true,
    },
    logins: storedSessions(sessions),
    cookies: [cookie, csrfCookie],
    actions: {
      logout_all: 'session({ managementRoutes: true })',
      csrf_refresh: 'session({ managementRoutes: true })',
    },
    description: settings,
    outages: [
      { when: 'a session is stored at login', answer: '503 storage_unavailable', fails: 'closed' },
      { when: 'a session is looked up', answer: '503 storage_unavailable', fails: 'closed' },
      { when: 'a session is ended', answer: '503 storage_unavailable', fails: 'closed' },
      {
        when: 'the caller’s session is kept through a change of password',
        answer: 'the password is changed, and the caller is logged out',
        fails: 'closed',
      },
      { when: 'activity of a session is noted', answer: 'the request goes on', fails: 'open' },
    ],
    mount(house) {
      sessions.openers.learn(house.persons)
      return {
        routes: [
          ...(settings.managementRoutes ? managementRoutes(transport, house) : []),
          ...loginRoutes(transport, carrier, house),
        ],
        handle: sessionAdministration(transport, carrier, house),
        credentials: sessionCredentials(transport, house),
      }
    },
  }
}
