/**
 * `bearer()`: signed tokens, with their routes.
 */
import type {
  Company,
  Ground,
  HandleKind,
  TransportFeature,
  UsersOf,
  Wired,
} from '../../feature.ts'
import {
  type CookiePolicy,
  cookieDomainOption,
  cookieName,
  cookiePath,
  defineCookie,
} from '../../http/cookies.ts'
import { type Declaration, declareOptions, type Settled } from '../../options/declare.ts'
import { seconds } from '../../options/durations.ts'
import {
  flag,
  type Option,
  oneOf,
  optional,
  orNull,
  own,
  text,
  whole,
} from '../../options/option.ts'
import { orUnavailable } from '../../storage/outage.ts'
import { ceilingProblems, scopeList } from '../../tokens/scopes.ts'
import { type SigningJwk, signingKeyProblems, tokenSigner } from '../../tokens/signing.ts'
import { tokenCarrier } from './carrier.ts'
import { tokenCredentials } from './credentials.ts'
import { RefreshFamilies } from './families.ts'
import { type TokenAdministration, tokenAdministration } from './handle.ts'
import { RefreshCookies } from './refresh-cookies.ts'
import { tokenRoutes } from './token-routes.ts'
import { BearerTokens } from './tokens.ts'
import { BearerTransport } from './transport.ts'

/** The options of `bearer()`. All lifetimes are seconds. */
export interface BearerTransportOptions {
  /** The life of an access token, in seconds; none outlives its login. Default 900. */
  accessTtl?: number
  /**
   * The life of a login, in seconds, however often it is refreshed. Default 2592000 (30 days).
   *
   * Where tokens of the Python original are accepted, it must be at least as long as they live.
   */
  refreshTtl?: number
  /**
   * Where the refresh token travels: in an HttpOnly cookie, for browsers, or in the body. Default
   * `cookie`.
   */
  refresh?: 'cookie' | 'body'
  /** The scopes of a token that asks for none. Default none. */
  defaultScopes?: readonly string[]
  /** The scopes that a token can have at all. Default `defaultScopes`. */
  grantableScopes?: readonly string[]
  /**
   * The name of the refresh cookie; it gets the `__Host-` prefix where its attributes allow it.
   * Default `refresh_token`.
   */
  refreshCookieName?: string
  /**
   * The path of the refresh cookie; must be a parent of the paths of `/refresh`, `/revoke` and
   * `/logout`. Default `cookies.path`.
   */
  refreshCookiePath?: string
  /**
   * The domain whose hosts all get the refresh cookie. Default: the host that sets it alone.
   *
   * The `__Host-` prefix is gone then, and any host below the domain can plant a cookie of that
   * name: two of them are refused.
   */
  refreshCookieDomain?: string
  /**
   * `SameSite` of the refresh cookie. `none` is for a frontend on another site, which
   * `trustedOrigins` names: every use of the cookie checks the origin. Browsers that block cookies
   * of third parties do not send it. Default `cookies.sameSite`.
   */
  refreshCookieSameSite?: 'lax' | 'strict' | 'none'
  /**
   * Whether a refresh token is good for one use (RFC 9700 §4.14.2). `false` is for clients of the
   * Python original. Default `true`.
   *
   * Those clients keep using their first refresh token, those that the original made are accepted,
   * and so is its cookie without the `__Host-` prefix.
   */
  rotateRefresh?: boolean
  /**
   * For how many seconds the same client may use a token again that it has just used. Default 10.
   */
  grace?: number
  /**
   * Logins per user; the next login ends the least recently refreshed one, or with `rotateRefresh:
   * false` the oldest. Default 20.
   *
   * Tokens of the Python original do not count.
   */
  maxPerUser?: number | null
  /**
   * Keys of your own instead of the secret: JWKs with `kid` and `alg` (`EdDSA`, `ES256`, `RS256`).
   * The first signs, all verify. Default none.
   */
  keys?: readonly SigningJwk[]
  /** `iss`: set in every token, and required of every token. Default none. */
  issuer?: string
  /** `aud`: set in every token, and required of every token. Default none. */
  audience?: string
}

export type BearerSettings = Settled<{
  [Name in keyof BearerTransportOptions]: Name extends
    | 'refreshCookiePath'
    | 'refreshCookieDomain'
    | 'issuer'
    | 'audience'
    ? string | undefined
    : Name extends 'refreshCookieSameSite'
      ? 'lax' | 'strict' | 'none' | undefined
      : BearerTransportOptions[Name]
}>

type Declared = Omit<BearerSettings, 'grantableScopes'> & {
  readonly grantableScopes: readonly string[] | undefined
}

export const bearerOptions: Declaration<Declared> = declareOptions<Declared>(
  {
    accessTtl: seconds(900, { max: 86_400 }),
    refreshTtl: seconds(30 * 86_400),
    refresh: oneOf(['cookie', 'body'], 'cookie'),
    defaultScopes: scopeList([]),
    grantableScopes: optional(scopeList([]), '`defaultScopes`'),
    refreshCookieName: cookieName('refresh_token'),
    refreshCookiePath: optional(
      own({ fallback: '/', problems: cookiePathProblems }),
      '`cookies.path`',
    ),
    refreshCookieDomain: optional(cookieDomainOption, 'the host that sets it alone'),
    refreshCookieSameSite: optional(oneOf(['lax', 'strict', 'none'], 'lax'), '`cookies.sameSite`'),
    rotateRefresh: flag(true),
    grace: seconds(10, { min: 0, max: 300 }),
    maxPerUser: orNull(whole(20, { max: 10_000 }), { meaning: 'for no cap' }),
    keys: own<readonly SigningJwk[]>({ fallback: [], problems: signingKeyProblems }),
    issuer: optional(claim('https://auth.example.com')),
    audience: optional(claim('https://api.example.com')),
  },
  {
    write: 'bearer({ accessTtl: 900 })',
    elsewhere: {
      secret:
        'write crudAuth({ secret: process.env.AUTH_SECRET, … }), or keys: [ … ] of your own here',
      scopes:
        'write defaultScopes: [ … ] for those that every token has, grantableScopes: [ … ] for those that it may have',
      expiresIn: 'write accessTtl: 900, in seconds',
      accessTokenTtl: 'write accessTtl: 900, in seconds',
      refreshTokenTtl: 'write refreshTtl: 2592000, in seconds',
      refreshTtlDays: 'write refreshTtl: 2592000, in seconds',
      algorithm: 'leave it out: it is HS256 with the secret, or that of the first of keys: [ … ]',
    },
    rules: [
      {
        about: ['defaultScopes', 'grantableScopes'],
        problems: ({ defaultScopes, grantableScopes = defaultScopes }, path) =>
          ceilingProblems({ defaultScopes, grantableScopes }, path),
      },
    ],
  },
)

function claim(such: string): Option<string> {
  return text('', { pattern: /./s, wanted: `a text that is not empty, such as '${such}'` })
}

function cookiePathProblems(given: unknown, path: string): string[] {
  if (typeof given !== 'string' || !cookiePath.test(given)) {
    return [
      `${path} must be a path that starts with '/' and has neither ';' nor spaces, such as '/'`,
    ]
  }
  // Browsers would keep the token from the routes that end a login.
  return /\/refresh\/?$/.test(given)
    ? [
        `${path} ends in /refresh, so that /revoke and /logout would not get the cookie; write the path below which the routes are mounted, such as '/'`,
      ]
    : []
}

interface BearerKind extends HandleKind {
  readonly handle: TokenAdministration<UsersOf<this['users']>, this['call']>
}

/** What `bearer()` returns: for `transports`. */
export type BearerFeature = TransportFeature<'bearer', 'tokens', BearerKind>

/**
 * Bearer tokens for APIs, mobile applications and command lines. All lifetimes are seconds.
 *
 * @example
 * ```ts
 * const transports = [session(), bearer({ refresh: 'body', defaultScopes: ['read'] })]
 * ```
 */
export function bearer(options: BearerTransportOptions = {}): BearerFeature {
  const { settings: read, problems } = bearerOptions.read(options, 'bearer')
  const { defaultScopes, grantableScopes = defaultScopes } = read
  const settings: BearerSettings = { ...read, grantableScopes }
  return {
    name: 'bearer',
    key: 'tokens',
    problems,
    problemsAmong: (company) => crossSiteProblems(settings, company),
    authenticates: true,
    wire: (ground) => wire(settings, ground),
  }
}

/** A cookie that every site sends along is safe only where every use of it looks at the origin. */
function crossSiteProblems(
  { refresh, refreshCookieSameSite }: BearerSettings,
  { secureCookies, trustedOrigins, originMode }: Company,
): string[] {
  if (refreshCookieSameSite !== 'none') return []
  const option = "bearer.refreshCookieSameSite is 'none', "
  return [
    ...(refresh === 'cookie' ? [] : [`${option}but there is no refresh cookie; leave it out`]),
    ...(secureCookies
      ? []
      : [`${option}which browsers take with Secure only; leave out cookies.secure`]),
    ...(trustedOrigins.length > 0
      ? []
      : [
          `${option}and no page of another site is trusted; write trustedOrigins: ['https://app.example.org'] with those of your frontend, or leave it out`,
        ]),
    ...(originMode === 'enforce'
      ? []
      : [`${option}and originMode 'observe' would let every site use it; leave out originMode`]),
  ]
}

function wire(settings: BearerSettings, ground: Ground): Wired {
  const { secrets, clock, namespace } = ground
  const families = new RefreshFamilies(settings, ground)
  const accessSigner = tokenSigner({ ...settings, secrets, clock })
  const refreshSigner = tokenSigner({ ...settings, keys: [], secrets, clock })
  const tokens = new BearerTokens({
    accessSigner,
    refreshSigner,
    settings,
    families,
    namespace,
    clock,
  })
  const transport = new BearerTransport(settings, tokens, accessSigner.jwks, ground.emit)
  const { cookie, originalCookie } = refreshCookieOf(settings, ground.cookies)
  const refreshCookies = new RefreshCookies({ ...ground, tokens, families, cookie, originalCookie })
  const parts = { transport, tokens, families, refreshCookie: cookie, refreshCookies }
  const carrier = tokenCarrier(parts, ground.emit)
  const { keys, ...described } = settings
  return {
    transport,
    carrier,
    person: {
      name: transport.name,
      isSession: false,
      async provenAt(exchange) {
        const authTime = await transport.authTimeOf(exchange)
        return authTime === null ? null : authTime * 1000
      },
      isWhole: ({ scopes }) => settings.grantableScopes.every((scope) => scopes.includes(scope)),
      isAlive: (scope, login) =>
        orUnavailable('token', ground.emit, tokens.isLoginAlive(scope, login)),
    },
    logins: {
      alive: (scope, owner) => families.alive(scope, owner),
      aliveAmong: (...call) => families.aliveAmong(...call),
      async endAll(scope, owner) {
        await families.endAll(scope, owner)
        return 0
      },
    },
    cookies: settings.refresh === 'cookie' ? [cookie] : [],
    description: {
      ...described,
      keys: keys.map(({ kid }) => kid),
      refreshCookies: refreshCookies.cookieNames,
    },
    outages: [
      {
        when: 'a refresh token is used or revoked',
        answer: '503 storage_unavailable',
        fails: 'closed',
      },
    ],
    mount: (house) => ({
      routes: tokenRoutes(parts, carrier, house),
      handle: tokenAdministration(carrier, house),
      credentials: tokenCredentials(families, transport.name, house),
    }),
  }
}

/** Ours, and the same under its bare name where it is read: see `RefreshCookies`. */
function refreshCookieOf(settings: BearerSettings, cookies: CookiePolicy) {
  const { refreshCookieName: name, rotateRefresh } = settings
  const exceptions = {
    path: settings.refreshCookiePath,
    domain: settings.refreshCookieDomain,
    sameSite: settings.refreshCookieSameSite,
  }
  const cookie = defineCookie({ name, httpOnly: true, prefix: true }, cookies, exceptions)
  const bare = defineCookie({ name, httpOnly: true, prefix: false }, cookies, exceptions)
  const isHidden = cookie.name !== bare.name
  return { cookie, originalCookie: isHidden && !rotateRefresh ? bare : null }
}
