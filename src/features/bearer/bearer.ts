/**
 * The bearer transport: `Authorization: Bearer …` (RFC 6750), a signed token, no cookie, no CSRF.
 *
 * A check is one signature and one user query; the storage is not asked.
 */
import { AuthError } from '../../errors.ts'
import { cookiePath } from '../../http/cookies.ts'
import type { SecurityScheme } from '../../http/openapi.ts'
import { type Declaration, declareOptions, type Settled } from '../../options/declare.ts'
import {
  flag,
  type Option,
  oneOf,
  optional,
  orNull,
  own,
  seconds,
  text,
  whole,
} from '../../options/option.ts'
import type { Principal } from '../../principal.ts'
import { ceilingProblems, scopeList } from '../../tokens/scopes.ts'
import { type SigningJwk, signingKeyProblems } from '../../tokens/signing.ts'
import type { Transport, TransportContext } from '../../transport.ts'
import type { BearerTokens } from './tokens.ts'

export interface BearerTransportOptions {
  /** The life of an access token, in seconds; none outlives its login. Default 900. */
  accessTtl?: number
  /**
   * The life of a login, however often it is refreshed. Default 2592000. Where tokens of the Python
   * original are taken, at least as long as they live.
   */
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
   * Whether a refresh token is good for one use (RFC 9700 §4.14.2). Default `true`. `false` is for clients
   * of the Python original: they keep using their first one, those that the original made are taken, and
   * so is its cookie without the `__Host-` prefix.
   */
  rotateRefresh?: boolean
  /** For how long the same client may use a token again that it just used, in seconds. Default 10. */
  graceSeconds?: number
  /**
   * Logins per user; at a further one the login whose token was used longest ago ends, without rotation
   * the one that began longest ago. Default 20; `null` for no cap. Tokens of the Python original do not
   * count.
   */
  maxPerUser?: number | null
  /** Sign with keys of one's own instead of the secret: the first signs, all verify. */
  keys?: readonly SigningJwk[]
  /** `iss`: set in every token, and required of every token. Default none. */
  issuer?: string
  /** `aud`: set in every token, and required of every token. Default none. */
  audience?: string
}

export type BearerSettings = Settled<{
  [Name in keyof BearerTransportOptions]: Name extends 'refreshCookiePath' | 'issuer' | 'audience'
    ? string | undefined
    : BearerTransportOptions[Name]
}>

type Declared = Omit<BearerSettings, 'grantableScopes'> & {
  readonly grantableScopes: readonly string[] | undefined
}

/** RFC 6265 §4.1.1: a cookie's name is a token. */
const isCookieName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

export const bearerOptions: Declaration<Declared> = declareOptions<Declared>(
  {
    accessTtl: seconds(900, { max: 86_400 }),
    refreshTtl: seconds(30 * 86_400),
    refresh: oneOf(['cookie', 'body'], 'cookie'),
    defaultScopes: scopeList([]),
    grantableScopes: optional(scopeList([]), '`defaultScopes`'),
    refreshCookieName: own({ fallback: 'refresh_token', problems: cookieNameProblems }),
    refreshCookiePath: optional(
      own({ fallback: '/', problems: cookiePathProblems }),
      '`cookies.path`',
    ),
    rotateRefresh: flag(true),
    graceSeconds: seconds(10, { min: 0, max: 300 }),
    maxPerUser: orNull(whole(20, { max: 10_000 }), { meaning: 'for no cap' }),
    keys: own<readonly SigningJwk[]>({ fallback: [], problems: signingKeyProblems }),
    issuer: optional(claim('https://auth.example.com')),
    audience: optional(claim('https://api.example.com')),
  },
  {
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

const takenCookieNames: ReadonlySet<string> = new Set(['session_id', 'csrf_token', 'known_device'])
const cookiePrefix = /^__(?:Host|Secure)-/i

function cookieNameProblems(given: unknown, path: string): string[] {
  if (typeof given !== 'string' || !isCookieName.test(given)) {
    return [`${path} must be a cookie name, such as 'refresh_token'`]
  }
  if (takenCookieNames.has(given.replace(cookiePrefix, ''))) {
    return [`${path} is '${given}', which is another cookie of the library; write 'refresh_token'`]
  }
  return cookiePrefix.test(given)
    ? [
        `${path} has a prefix, which is added where it applies; write '${given.replace(cookiePrefix, '')}'`,
      ]
    : []
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

/** What `bearer()` returns: a description, wired by `crudAuth()`. */
export interface BearerTransportDefinition {
  readonly name: 'bearer'
  readonly settings: BearerSettings
  readonly problems: readonly string[]
}

/** Bearer tokens for APIs, mobile applications and command lines. All lifetimes are seconds. */
export function bearer(options: BearerTransportOptions = {}): BearerTransportDefinition {
  const { settings, problems } = bearerOptions.read(options, 'bearer')
  const { defaultScopes, grantableScopes = defaultScopes } = settings
  return { name: 'bearer', settings: { ...settings, grantableScopes }, problems }
}

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
