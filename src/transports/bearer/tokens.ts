/**
 * The two tokens of a bearer login: a short-lived one for access, a long-lived one to get more.
 *
 * Claims are the contract's (§7.1), so that a Python application with the same secret accepts them
 * and the reverse. What a rotating refresh token adds is ignored there, and so is `auth_time`. With keys
 * of one's own the access token alone is signed by them: a refresh token is for us, and nobody who holds
 * a public key can take it for the other.
 */
import { grantScopes, type ScopeSettings } from '../../tokens/scopes.ts'
import type { TokenSigner } from '../../tokens/signing.ts'
import type { CredentialOwner } from '../../users/accounts.ts'
import type { UserScope } from '../../users/store.ts'
import type { FamilyMember, RefreshFamilies } from './families.ts'

export interface BearerTokenSettings extends ScopeSettings {
  /** Seconds. */
  readonly accessTtl: number
  /** Seconds. */
  readonly refreshTtl: number
  /** Whether new logins get refresh tokens that are good for one use. */
  readonly rotateRefresh: boolean
}

/** What a client gets; the names are those of OAuth 2.0 (RFC 6749 §5.1). */
export interface IssuedTokens {
  readonly access_token: string
  readonly token_type: 'bearer'
  /** Seconds. */
  readonly expires_in: number
  /** What was granted, separated by spaces. */
  readonly scope: string
  readonly refresh_token: string
}

/** Tokens, and for how long the login lasts. */
export interface TokenGrant {
  readonly tokens: IssuedTokens
  readonly refreshSeconds: number
}

export type AccessToken =
  | {
      readonly state: 'valid'
      readonly userId: string
      readonly epoch: number
      readonly scopes: readonly string[]
      readonly authTime: number | null
    }
  | { readonly state: 'expired' }
  | { readonly state: 'invalid' }

/** What both tokens of a login say of it. */
export interface TokenLogin extends CredentialOwner {
  readonly scopes: readonly string[]
  /**
   * When its owner proved who they are, in seconds since the epoch (OpenID Connect Core §2). However
   * often the login is refreshed, it stays; `null` for a login that began without a proof.
   */
  readonly authTime: number | null
}

export interface RefreshToken extends TokenLogin {
  /** `null` for a token that does not rotate. One that does goes on to, whatever the setting. */
  readonly member: FamilyMember | null
}

export interface BearerTokensParts {
  readonly accessSigner: TokenSigner
  readonly refreshSigner: TokenSigner
  readonly settings: BearerTokenSettings
  readonly families: RefreshFamilies
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
  ): Promise<TokenGrant> {
    const { families, settings } = this.#parts
    const member = settings.rotateRefresh ? await families.start(scope, owner) : null
    const scopes = grantScopes(settings, requested)
    return this.#mint(scope, { ...owner, scopes, authTime }, member)
  }

  /** The next two tokens of a login; scopes are clamped to today's ceiling. */
  renew(scope: UserScope, used: RefreshToken, next: FamilyMember | null): Promise<TokenGrant> {
    const { grantableScopes } = this.#parts.settings
    const scopes = used.scopes.filter((one) => grantableScopes.includes(one))
    return this.#mint(scope, { ...used, scopes }, next)
  }

  async readAccess(scope: UserScope, token: string): Promise<AccessToken> {
    const verified = await this.#parts.accessSigner.verify(token)
    if (verified.state !== 'valid') return verified
    const { claims } = verified
    if (!isOfTenant(claims, scope)) return { state: 'invalid' }
    const scopes = scopesOf(claims['scopes'])
    const epoch = epochOf(claims['ver'])
    if (claims['token_type'] !== 'access' || scopes === null || epoch === null) {
      return { state: 'invalid' }
    }
    const authTime = authTimeOf(claims['auth_time'])
    return { state: 'valid', userId: claims.sub, epoch, scopes, authTime }
  }

  /** A refresh token that is ours and not expired, or `null`. */
  async readRefresh(scope: UserScope, token: string): Promise<RefreshToken | null> {
    const verified = await this.#parts.refreshSigner.verify(token)
    if (verified.state !== 'valid') return null
    const { claims } = verified
    if (!isOfTenant(claims, scope)) return null
    const scopes = scopesOf(claims['scopes'])
    const epoch = epochOf(claims['ver'])
    if (claims['token_type'] !== 'refresh' || scopes === null || epoch === null) return null
    const { fam: family, jti: id } = claims
    const member =
      typeof family === 'string' && typeof id === 'string'
        ? { family, id, expiresAt: claims.exp }
        : null
    // A token that does not say where it belongs could be used for ever.
    if (this.#parts.settings.rotateRefresh && member === null) return null
    return { id: claims.sub, epoch, scopes, authTime: authTimeOf(claims['auth_time']), member }
  }

  async #mint(
    { tenant }: UserScope,
    { id, epoch, scopes, authTime }: TokenLogin,
    member: FamilyMember | null,
  ): Promise<TokenGrant> {
    const { accessSigner, refreshSigner, settings, clock } = this.#parts
    const now = Math.floor(clock() / 1000)
    const common = {
      sub: id,
      ver: epoch,
      scopes: [...scopes],
      ...(authTime === null ? {} : { auth_time: authTime }),
      ...(tenant === undefined ? {} : { tenant }),
    }
    const end = member?.expiresAt ?? now + settings.refreshTtl
    const [accessToken, refreshToken] = await Promise.all([
      accessSigner.sign({ ...common, exp: now + settings.accessTtl, token_type: 'access' }),
      refreshSigner.sign({
        ...common,
        exp: end,
        token_type: 'refresh',
        ...(member ? { fam: member.family, jti: member.id } : {}),
      }),
    ])
    const tokens: IssuedTokens = {
      access_token: accessToken,
      token_type: 'bearer',
      expires_in: settings.accessTtl,
      scope: scopes.join(' '),
      refresh_token: refreshToken,
    }
    return { tokens, refreshSeconds: end - now }
  }
}

/** In another tenant the same primary key is somebody else. */
function isOfTenant(claims: Readonly<Record<string, unknown>>, { tenant }: UserScope): boolean {
  return claims['tenant'] === tenant
}

/** A missing claim counts as none; anything but a list of texts is not a claim of ours. */
function scopesOf(claim: unknown): readonly string[] | null {
  if (claim === undefined) return []
  const isList = Array.isArray(claim) && claim.every((scope) => typeof scope === 'string')
  return isList ? claim : null
}

/** A missing claim counts as 0 (contract §7.2). */
function epochOf(claim: unknown): number | null {
  if (claim === undefined) return 0
  return Number.isSafeInteger(claim) ? (claim as number) : null
}

/** Tokens of the Python original do not say: theirs is not known. */
function authTimeOf(claim: unknown): number | null {
  return Number.isSafeInteger(claim) ? (claim as number) : null
}
