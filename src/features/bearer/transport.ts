/**
 * The bearer transport: `Authorization: Bearer …` (RFC 6750), a signed token, no cookie, no CSRF.
 *
 * A check is one signature and one user query; the storage is not asked.
 */
import { AuthError, type ErrorCode } from '../../errors.ts'
import type { EventListener } from '../../events.ts'
import { andThen, type Eventually } from '../../eventually.ts'
import type { SecurityScheme } from '../../http/openapi.ts'
import type { Principal } from '../../principal.ts'
import { orUnavailable } from '../../storage/outage.ts'
import type { Transport, TransportContext } from '../../transport.ts'
import type { BearerSettings } from './bearer.ts'
import type { AccessToken, BearerTokens } from './tokens.ts'

export class BearerTransport implements Transport {
  readonly name: 'bearer' = 'bearer'
  readonly challenge: string = 'Bearer'
  readonly securityScheme: SecurityScheme = { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }
  readonly errors: readonly ErrorCode[] = ['invalid_token']
  readonly scopes: readonly string[]
  readonly settings: BearerSettings
  readonly tokens: BearerTokens
  /** The public keys, where there are any. */
  readonly jwks: { readonly keys: readonly object[] } | null
  readonly #emit: EventListener

  constructor(
    settings: BearerSettings,
    tokens: BearerTokens,
    jwks: { readonly keys: readonly object[] } | null,
    emit: EventListener,
  ) {
    this.#emit = emit
    this.settings = settings
    this.scopes = settings.grantableScopes
    this.tokens = tokens
    this.jwks = jwks
  }

  authenticate(context: TransportContext): Eventually<Principal | null> {
    const presented = bearerToken(context.request.headers.get('authorization'))
    if (presented === null) return null
    const read = this.tokens.readAccess(context.scope, presented)
    return andThen(read, (token) => this.#judge(context, token))
  }

  #judge(context: TransportContext, token: AccessToken): Eventually<Principal | null> {
    if (token.state === 'invalid') {
      this.#refused(context, 'invalid')
      throw new AuthError('invalid_token', 'Invalid token', {
        headers: { 'WWW-Authenticate': invalidToken },
      })
    }
    // A credential that has died counts as absent; the challenge says why (RFC 6750 §3.1).
    if (token.state === 'expired') {
      context.challenge(invalidToken)
      return null
    }
    return andThen(context.resolveUser(token.userId), (user) => {
      if (user === null || context.epochOf(user) !== token.epoch) {
        this.#refused(context, 'ended')
        context.challenge(invalidToken)
        return null
      }
      const { scopes, login } = token
      return context.principal(user, { transport: this.name, scopes, login })
    })
  }

  #refused(context: TransportContext, reason: 'invalid' | 'ended'): void {
    const address = context.address?.address ?? null
    this.#emit({ name: 'credential.refused', transport: this.name, reason, address })
  }

  /**
   * Also asks the storage whether the login lives, which no other request pays for: so a stream
   * ends with its login, and not only with its access token.
   */
  async recheck(context: TransportContext): Promise<Principal | null> {
    const principal = await this.authenticate(context)
    if (principal === null) return null
    const asking = this.tokens.isLoginAlive(context.scope, principal.login)
    return (await orUnavailable('token', this.#emit, asking)) ? principal : null
  }

  /**
   * When the login of the access token on a request began with a proof, in seconds since the epoch;
   * `null` where that is not known. Reads the token once more, so that no other request pays for
   * it.
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

/**
 * What stands behind the scheme, split at the first space, as the Python original does, or `null`.
 */
function bearerToken(header: string | null): string | null {
  if (header === null) return null
  const space = header.indexOf(' ')
  if (space < 0 || header.slice(0, space).toLowerCase() !== 'bearer') return null
  return header.slice(space + 1) || null
}
