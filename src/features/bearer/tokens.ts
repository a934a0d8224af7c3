/**
 * The two tokens of a bearer login: a short-lived one for access, a long-lived one to get more.
 *
 * The claims `sub`, `ver`, `exp`, `token_type` and `scopes` are those of the Python original: with
 * the same secret each side accepts the other's tokens. The original ignores what we add: `fam` and
 * `jti` (the family), `sid` (the login), `ns` (the namespace) and `auth_time`. With `keys` only the
 * access token is signed by them. The refresh token stays under the secret, so that a service that
 * holds the public key cannot take it for an access token.
 */

import type { VerifiedToken } from '../../tokens/claims.ts'
import { grantScopes, type ScopeSettings } from '../../tokens/scopes.ts'
import type { TokenSigner } from '../../tokens/signing.ts'
import type { CredentialOwner } from '../../users/accounts.ts'
import type { UserScope } from '../../users/store.ts'
import { digestOf } from './ended-tokens.ts'
import type { FamilyMember, RefreshFamilies, RefreshToken } from './families.ts'

export interface BearerTokenSettings extends ScopeSettings {
  /** Seconds. */
  readonly accessTtl: number
}

/** What a client gets; the names are those of OAuth 2.0 (RFC 6749 §5.1). */
export interface IssuedAccess {
  readonly access_token: string
  readonly token_type: 'bearer'
  /** Seconds. */
  readonly expires_in: number
  /** What was granted, separated by spaces. */
  readonly scope: string
}

/** What a client gets at login. */
export interface IssuedTokens extends IssuedAccess {
  readonly refresh_token: string
}

/** Tokens, and for how long the login lasts. */
export interface TokenGrant<Tokens extends IssuedAccess = IssuedAccess | IssuedTokens> {
  readonly tokens: Tokens
  readonly refreshSeconds: number
  /** See `Principal.login`. */
  readonly login: string
}

export type AccessToken =
  | {
      readonly state: 'valid'
      readonly userId: string
      readonly epoch: number
      readonly scopes: readonly string[]
      readonly authTime: number | null
      /** See `Principal.login`. */
      readonly login: string
    }
  | { readonly state: 'expired' }
  | { readonly state: 'invalid' }

/** What both tokens of a login say of it. */
export interface TokenLogin extends CredentialOwner {
  readonly scopes: readonly string[]
  /**
   * When its owner proved who they are, in seconds since the epoch (OpenID Connect Core §2).
   * However often the login is refreshed, it stays; `null` for a login that began without a proof.
   */
  readonly authTime: number | null
  /** See `Principal.login`. */
  readonly login: string
}

export interface BearerTokensParts {
  readonly accessSigner: TokenSigner
  readonly refreshSigner: TokenSigner
  readonly settings: BearerTokenSettings
  readonly families: RefreshFamilies
  readonly namespace: string
  readonly clock: () => number
}

export class BearerTokens {
  readonly #parts: BearerTokensParts

  constructor(parts: BearerTokensParts) {
    this.#parts = parts
  }

  /** Starts a login: a new family, and its first two tokens. */
  async issue(
    scope: UserScope,
    owner: CredentialOwner,
    requested: readonly string[],
    authTime: number | null,
  ): Promise<TokenGrant<IssuedTokens>> {
    const { families, settings } = this.#parts
    const member = await families.start(scope, owner)
    const scopes = grantScopes(settings, requested)
    return this.#both(scope, { ...owner, scopes, authTime, login: member.family }, member)
  }

  /**
   * The next tokens of a login; scopes are clamped to today's ceiling.
   *
   * @param next `null` where the refresh token that was used stays the one of its login.
   */
  renew(scope: UserScope, used: RefreshToken, next: FamilyMember | null): Promise<TokenGrant> {
    const { grantableScopes } = this.#parts.settings
    const scopes = used.scopes.filter((one) => grantableScopes.includes(one))
    const login: TokenLogin = { ...used, scopes, login: loginOfToken(used) }
    return next ? this.#both(scope, login, next) : this.#access(scope, login, used.expiresAt)
  }

  /** At once, where the signature can be checked at once. */
  readAccess(scope: UserScope, token: string): AccessToken | Promise<AccessToken> {
    const verified = this.#parts.accessSigner.verify(token)
    return verified instanceof Promise
      ? verified.then((later) => this.#accessOf(scope, later))
      : this.#accessOf(scope, verified)
  }

  #accessOf(scope: UserScope, verified: VerifiedToken): AccessToken {
    if (verified.state !== 'valid') return verified
    const { claims } = verified
    if (!this.#isOurs(claims, scope)) return { state: 'invalid' }
    const scopes = scopesOf(claims['scopes'])
    const epoch = epochOf(claims['ver'])
    if (claims['token_type'] !== 'access' || scopes === null || epoch === null) {
      return { state: 'invalid' }
    }
    const authTime = authTimeOf(claims['auth_time'])
    const { sub: userId, sid, exp: expiresAt } = claims
    // A token of the Python original does not say: it is a login by itself.
    const login =
      typeof sid === 'string' && sid !== ''
        ? sid
        : digestOf({ id: userId, epoch, scopes, expiresAt }, '')
    return { state: 'valid', userId, epoch, scopes, authTime, login }
  }

  /**
   * Whether the login of an access token lives; one that has no record does, as far as is known.
   */
  isLoginAlive(scope: UserScope, login: string): Promise<boolean> {
    return this.#parts.families.isAlive(scope, login)
  }

  /** A refresh token that is ours and not expired, or `null`. */
  async readRefresh(scope: UserScope, token: string): Promise<RefreshToken | null> {
    const verified = await this.#parts.refreshSigner.verify(token)
    if (verified.state !== 'valid') return null
    const { claims } = verified
    if (!this.#isOurs(claims, scope)) return null
    const scopes = scopesOf(claims['scopes'])
    const epoch = epochOf(claims['ver'])
    if (claims['token_type'] !== 'refresh' || scopes === null || epoch === null) return null
    const { fam: family, jti: id } = claims
    const member =
      typeof family === 'string' && typeof id === 'string'
        ? { family, id, expiresAt: claims.exp }
        : null
    const authTime = authTimeOf(claims['auth_time'])
    return { id: claims.sub, epoch, scopes, authTime, expiresAt: claims.exp, member }
  }

  async #both(
    scope: UserScope,
    login: TokenLogin,
    { family, id, expiresAt }: FamilyMember,
  ): Promise<TokenGrant<IssuedTokens>> {
    const [access, refreshToken] = await Promise.all([
      this.#access(scope, login, expiresAt),
      this.#parts.refreshSigner.sign({
        ...this.#commonClaims(scope, login),
        exp: expiresAt,
        token_type: 'refresh',
        fam: family,
        jti: id,
      }),
    ])
    return { ...access, tokens: { ...access.tokens, refresh_token: refreshToken } }
  }

  /** @param end The end of the login, in seconds since the epoch: no access token outlives it. */
  async #access(
    scope: UserScope,
    login: TokenLogin,
    end: number,
  ): Promise<TokenGrant<IssuedAccess>> {
    const { accessSigner, settings, clock } = this.#parts
    const now = Math.floor(clock() / 1000)
    const refreshSeconds = end - now
    const accessSeconds = Math.min(settings.accessTtl, refreshSeconds)
    const accessToken = await accessSigner.sign({
      ...this.#commonClaims(scope, login),
      exp: now + accessSeconds,
      token_type: 'access',
      sid: login.login,
    })
    const tokens: IssuedAccess = {
      access_token: accessToken,
      token_type: 'bearer',
      expires_in: accessSeconds,
      scope: login.scopes.join(' '),
    }
    return { tokens, refreshSeconds, login: login.login }
  }

  #commonClaims({ tenant }: UserScope, { id, epoch, scopes, authTime }: TokenLogin) {
    return {
      sub: id,
      ver: epoch,
      scopes: [...scopes],
      ns: this.#parts.namespace,
      ...(authTime === null ? {} : { auth_time: authTime }),
      ...(tenant === undefined ? {} : { tenant }),
    }
  }

  /**
   * In another application, or another tenant, the same primary key is somebody else. A token of
   * the Python original names no application.
   */
  #isOurs(claims: Readonly<Record<string, unknown>>, { tenant }: UserScope): boolean {
    const { ns = this.#parts.namespace } = claims
    return ns === this.#parts.namespace && claims['tenant'] === tenant
  }
}

/** See `Principal.login`. A token without a family is one by itself. */
export function loginOfToken(token: RefreshToken): string {
  return token.member?.family ?? digestOf(token, '')
}

/** A missing claim counts as none; anything but a list of texts is not a claim of ours. */
function scopesOf(claim: unknown): readonly string[] | null {
  if (claim === undefined) return []
  const isList = Array.isArray(claim) && claim.every((scope) => typeof scope === 'string')
  return isList ? claim : null
}

/**
 * A token without `ver` has epoch 0; a `ver` that is not a whole number makes the token invalid.
 */
function epochOf(claim: unknown): number | null {
  if (claim === undefined) return 0
  return Number.isSafeInteger(claim) ? (claim as number) : null
}

/** Tokens of the Python original do not say: theirs is not known. */
function authTimeOf(claim: unknown): number | null {
  return Number.isSafeInteger(claim) ? (claim as number) : null
}
