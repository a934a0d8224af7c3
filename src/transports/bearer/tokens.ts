/**
 * The two tokens of a bearer login: a short-lived one for access, a long-lived one to get more.
 *
 * Claims are the contract's (§7.1), so that a Python application with the same secret accepts them
 * and the reverse. What a rotating refresh token adds is ignored there.
 */

import { grantScopes, type ScopeSettings } from '../../tokens/scopes.ts'
import type { TokenSigner } from '../../tokens/signing.ts'
import type { UserScope } from '../../users/store.ts'
import type { FamilyMember, RefreshFamilies } from './families.ts'

export interface BearerLifetimes {
  readonly accessTtl: number
  readonly refreshTtl: number
}

/** The subject of a token. */
export interface TokenOwner {
  /** The primary key, as text. */
  readonly id: string
  readonly epoch: number
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

export type AccessToken =
  | {
      readonly state: 'valid'
      readonly userId: string
      readonly epoch: number
      readonly scopes: readonly string[]
    }
  | { readonly state: 'expired' }
  | { readonly state: 'invalid' }

export interface RefreshToken extends TokenOwner {
  readonly scopes: readonly string[]
  /** `null` for a token that does not rotate. */
  readonly member: FamilyMember | null
}

export interface BearerTokensParts {
  readonly signer: TokenSigner
  readonly settings: BearerLifetimes & ScopeSettings
  /** `null` where refresh tokens do not rotate. */
  readonly families: RefreshFamilies | null
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
    owner: TokenOwner,
    requested: readonly string[],
  ): Promise<IssuedTokens> {
    const { families, settings } = this.#parts
    const member = families ? await families.start(scope, owner.id) : null
    return this.#mint(owner, grantScopes(settings, requested), member)
  }

  /** The next two tokens of a login; scopes are clamped to today's ceiling. */
  renew(owner: TokenOwner, used: RefreshToken, next: FamilyMember | null): Promise<IssuedTokens> {
    const { grantableScopes } = this.#parts.settings
    const scopes = used.scopes.filter((scope) => grantableScopes.includes(scope))
    return this.#mint(owner, scopes, next)
  }

  async readAccess(token: string): Promise<AccessToken> {
    const verified = await this.#parts.signer.verify(token)
    if (verified.state !== 'valid') return verified
    const { claims } = verified
    const scopes = scopesOf(claims['scopes'])
    const epoch = epochOf(claims['ver'])
    if (claims['token_type'] !== 'access' || scopes === null || epoch === null) {
      return { state: 'invalid' }
    }
    return { state: 'valid', userId: claims.sub, epoch, scopes }
  }

  /** A refresh token that is ours and not expired, or `null`. */
  async readRefresh(token: string): Promise<RefreshToken | null> {
    const verified = await this.#parts.signer.verify(token)
    if (verified.state !== 'valid') return null
    const { claims } = verified
    const scopes = scopesOf(claims['scopes'])
    const epoch = epochOf(claims['ver'])
    if (claims['token_type'] !== 'refresh' || scopes === null || epoch === null) return null
    const { fam: family, jti: id } = claims
    const member =
      typeof family === 'string' && typeof id === 'string'
        ? { family, id, expiresAt: claims.exp }
        : null
    // A token that does not say where it belongs could be used for ever.
    if (this.#parts.families && member === null) return null
    return { id: claims.sub, epoch, scopes, member }
  }

  async #mint(
    owner: TokenOwner,
    scopes: readonly string[],
    member: FamilyMember | null,
  ): Promise<IssuedTokens> {
    const { signer, settings, clock } = this.#parts
    const now = Math.floor(clock() / 1000)
    const common = { sub: owner.id, ver: owner.epoch, scopes: [...scopes] }
    const [accessToken, refreshToken] = await Promise.all([
      signer.sign({ ...common, exp: now + settings.accessTtl, token_type: 'access' }),
      signer.sign({
        ...common,
        exp: member?.expiresAt ?? now + settings.refreshTtl,
        token_type: 'refresh',
        ...(member ? { fam: member.family, jti: member.id } : {}),
      }),
    ])
    return {
      access_token: accessToken,
      token_type: 'bearer',
      expires_in: settings.accessTtl,
      scope: scopes.join(' '),
      refresh_token: refreshToken,
    }
  }
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
