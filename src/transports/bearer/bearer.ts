/**
 * The bearer transport: `Authorization: Bearer …` (RFC 6750), a signed token, no cookie, no CSRF.
 *
 * A check is one signature and one user query; the storage is not asked.
 */
import { AuthError } from '../../errors.ts'
import { type CookieOptions, cookieProblems } from '../../http/cookies.ts'
import type { SecurityScheme } from '../../http/openapi.ts'
import type { Principal } from '../../principal.ts'
import {
  anything,
  flag,
  maxSeconds,
  number,
  type Shape,
  shapeProblems,
  text,
  withDefaults,
} from '../../shape.ts'
import { scopeProblems } from '../../tokens/scopes.ts'
import { type SigningJwk, signingKeyProblems } from '../../tokens/signing.ts'
import type { Transport, TransportContext } from '../transport.ts'
import type { BearerTokens } from './tokens.ts'

export interface BearerTransportOptions {
  /** The life of an access token, in seconds. Default 900. */
  accessTtl?: number
  /** The life of a login: refresh tokens end then, however often they rotate. Default 2592000. */
  refreshTtl?: number
  /**
   * Where the refresh token travels: in an HttpOnly cookie for browsers (default), or in the body
   * for everybody else.
   */
  refresh?: 'cookie' | 'body'
  /** Scopes of a token that asks for none. Default none. */
  defaultScopes?: readonly string[]
  /** Scopes that a token can have at all. Default: `defaultScopes`. */
  grantableScopes?: readonly string[]
  /** Default `refresh_token`; it gets the `__Host-` prefix where its attributes allow it. */
  refreshCookieName?: string
  /**
   * The path to which browsers send the refresh cookie: one above `/refresh`, `/revoke` and `/logout`.
   * Default: that of all cookies.
   */
  refreshCookiePath?: string
  /**
   * Whether a refresh token of a new login is good for one use (RFC 9700 §4.14.2). Default `true`;
   * `false` for clients of the Python original that keep using their first one.
   */
  rotateRefresh?: boolean
  /** For how long the same client may use a token again that it just used, in seconds. Default 10. */
  graceSeconds?: number
  /**
   * Logins per user; at a further one the login whose token was used longest ago ends. Default 20;
   * `null` for no cap. Counts those whose refresh tokens rotate.
   */
  maxPerUser?: number | null
  /** Sign with keys of one's own instead of the secret: the first signs, all verify. */
  keys?: readonly SigningJwk[]
  /** `iss`: set in every token, and required of every token. Default none. */
  issuer?: string
  /** `aud`: set in every token, and required of every token. Default none. */
  audience?: string
}

export interface BearerSettings {
  readonly accessTtl: number
  readonly refreshTtl: number
  readonly refresh: 'cookie' | 'body'
  readonly defaultScopes: readonly string[]
  readonly grantableScopes: readonly string[]
  readonly refreshCookieName: string
  readonly refreshCookiePath: string | undefined
  readonly rotateRefresh: boolean
  readonly graceSeconds: number
  readonly maxPerUser: number | null
  readonly keys: readonly SigningJwk[]
  readonly issuer: string | undefined
  readonly audience: string | undefined
}

/** What `bearer()` returns: a description, wired by `crudAuth()`. */
export interface BearerTransportDefinition {
  readonly name: 'bearer'
  readonly settings: BearerSettings
  readonly problems: readonly string[]
}

/** Bearer tokens for APIs, mobile applications and command lines. All lifetimes are seconds. */
export function bearer(options: BearerTransportOptions = {}): BearerTransportDefinition {
  const { defaultScopes = [] } = options
  const defaults: BearerSettings = {
    accessTtl: 900,
    refreshTtl: 30 * 86400,
    refresh: 'cookie',
    refreshCookieName: 'refresh_token',
    refreshCookiePath: undefined,
    rotateRefresh: true,
    graceSeconds: 10,
    maxPerUser: 20,
    keys: [],
    issuer: undefined,
    audience: undefined,
    defaultScopes,
    grantableScopes: defaultScopes,
  }
  const settings = withDefaults(defaults, options)
  const misshapen = shapeProblems('bearer', options, bearerShape)
  const problems = misshapen.length > 0 ? misshapen : bearerProblems(settings)
  return { name: 'bearer', settings, problems }
}

const bearerShape: Shape<BearerTransportOptions> = {
  accessTtl: number,
  refreshTtl: number,
  refresh: anything,
  defaultScopes: anything,
  grantableScopes: anything,
  refreshCookieName: text,
  refreshCookiePath: text,
  rotateRefresh: flag,
  graceSeconds: number,
  maxPerUser: anything,
  keys: anything,
  issuer: text,
  audience: text,
}

function bearerProblems(settings: BearerSettings): string[] {
  const problems = [...scopeProblems(settings), ...signingKeyProblems(settings.keys)]
  for (const [name, least] of [
    ['accessTtl', 1],
    ['refreshTtl', 1],
    ['graceSeconds', 0],
  ] as const) {
    if (!Number.isSafeInteger(settings[name]) || settings[name] < least) {
      problems.push(`bearer.${name} must be a whole number of seconds, at least ${least}`)
    } else if (settings[name] > maxSeconds) {
      problems.push(`bearer.${name} must be at most ${maxSeconds} seconds, a hundred years`)
    }
  }
  const { maxPerUser } = settings
  if (maxPerUser !== null && (!Number.isSafeInteger(maxPerUser) || maxPerUser < 1)) {
    problems.push('bearer.maxPerUser must be a whole number of at least 1, or null for no cap')
  }
  if (typeof settings.rotateRefresh !== 'boolean') {
    problems.push('bearer.rotateRefresh must be true or false')
  }
  const refresh: unknown = settings.refresh
  if (refresh !== 'cookie' && refresh !== 'body') {
    problems.push("bearer.refresh must be 'cookie' or 'body'")
  }
  // RFC 6265 §4.1.1: a cookie's name is a token.
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(settings.refreshCookieName)) {
    problems.push("bearer.refreshCookieName is not a cookie name; write 'refresh_token'")
  }
  if (takenCookieNames.has(settings.refreshCookieName.replace(/^__(?:Host|Secure)-/i, ''))) {
    problems.push(
      `bearer.refreshCookieName is '${settings.refreshCookieName}', which is another cookie of the library; write 'refresh_token'`,
    )
  } else if (/^__(?:Host|Secure)-/i.test(settings.refreshCookieName)) {
    problems.push(
      'bearer.refreshCookieName has a prefix, which is added where it applies; leave it out',
    )
  }
  // Browsers would keep the token from the routes that end a login.
  if (/\/refresh\/?$/.test(settings.refreshCookiePath ?? '')) {
    problems.push(
      'bearer.refreshCookiePath ends in /refresh, so that /revoke and /logout would not get the cookie; write the path below which the routes are mounted',
    )
  }
  const path: CookieOptions =
    settings.refreshCookiePath === undefined ? {} : { path: settings.refreshCookiePath }
  for (const problem of cookieProblems(path)) {
    problems.push(problem.replace('cookies.path', 'bearer.refreshCookiePath'))
  }
  for (const name of ['issuer', 'audience'] as const) {
    if (settings[name] === '') problems.push(`bearer.${name} is empty; leave it out`)
  }
  return problems
}

const takenCookieNames: ReadonlySet<string> = new Set(['session_id', 'csrf_token', 'known_device'])

export class BearerTransport implements Transport {
  readonly name: 'bearer' = 'bearer'
  readonly challenge: string = 'Bearer'
  readonly securityScheme: SecurityScheme = { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }
  readonly settings: BearerSettings
  readonly tokens: BearerTokens
  /** The public keys, where there are any. */
  readonly jwks: { readonly keys: readonly object[] } | null

  constructor(
    settings: BearerSettings,
    tokens: BearerTokens,
    jwks: { readonly keys: readonly object[] } | null,
  ) {
    this.settings = settings
    this.tokens = tokens
    this.jwks = jwks
  }

  async authenticate(context: TransportContext): Promise<Principal | null> {
    const presented = bearerToken(context.request.headers.get('authorization'))
    if (presented === null) return null
    const token = await this.tokens.readAccess(context.scope, presented)
    if (token.state === 'invalid') {
      throw new AuthError('invalid_token', 'Invalid token', {
        headers: { 'WWW-Authenticate': invalidToken },
      })
    }
    // A credential that has died counts as absent; the challenge says why (RFC 6750 §3.1).
    const user = token.state === 'valid' ? await context.resolveUser(token.userId) : null
    if (token.state === 'expired' || user === null || context.epochOf(user) !== token.epoch) {
      context.challenge(invalidToken)
      return null
    }
    return context.principal(user, { transport: this.name, scopes: token.scopes })
  }

  /**
   * When the login of the access token on a request began with a proof, in seconds since the epoch; `null`
   * where that is not known. Reads the token once more, so that no other request pays for it.
   */
  async authTimeOf({
    request,
    scope,
  }: Pick<TransportContext, 'request' | 'scope'>): Promise<number | null> {
    const presented = bearerToken(request.headers.get('authorization'))
    const token = presented === null ? null : await this.tokens.readAccess(scope, presented)
    return token?.state === 'valid' ? token.authTime : null
  }
}

const invalidToken = 'Bearer error="invalid_token"'

/** What stands behind the scheme, split at the first space (contract §7.2), or `null`. */
function bearerToken(header: string | null): string | null {
  if (header === null) return null
  const space = header.indexOf(' ')
  if (space < 0 || header.slice(0, space).toLowerCase() !== 'bearer') return null
  return header.slice(space + 1) || null
}
