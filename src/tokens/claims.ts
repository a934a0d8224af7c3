/**
 * Whether the claims of a token that was signed by us count now (RFC 7519 §4.1; RFC 8725 §3).
 */
import type { JWTPayload } from 'jose'

/** What a token has to say of itself. */
export interface ClaimRules {
  /** `iss`, required when given. */
  readonly issuer: string | undefined
  /** `aud`, required when given; without it a token that has one is invalid. */
  readonly audience: string | undefined
}

/** What a token is: valid with these claims, ours and too old, or none of ours. */
export type VerifiedToken =
  | { readonly state: 'valid'; readonly claims: JWTPayload & { sub: string; exp: number } }
  | { readonly state: 'expired' }
  | { readonly state: 'invalid' }

export const invalid: VerifiedToken = { state: 'invalid' }

const expired: VerifiedToken = { state: 'expired' }

/** How far ahead the clock of the process may be that made a token, in seconds. */
const clockSkew = 60

/**
 * A token is expired when nothing but its end is wrong with it.
 *
 * @param now Milliseconds since the epoch.
 */
export function judgeClaims(
  claims: Readonly<Record<string, unknown>>,
  { issuer, audience }: ClaimRules,
  now: number,
): VerifiedToken {
  const { iss, aud, iat, nbf, exp, sub } = claims
  const seconds = Math.floor(now / 1000)
  if (issuer !== undefined && iss !== issuer) return invalid
  if (audience === undefined ? aud !== undefined : !isFor(aud, audience)) return invalid
  if (iat !== undefined && !(isMoment(iat) && iat <= now / 1000 + clockSkew)) return invalid
  if (nbf !== undefined && !(isMoment(nbf) && nbf <= seconds)) return invalid
  if (typeof sub !== 'string' || sub === '' || !Number.isSafeInteger(exp)) return invalid
  if ((exp as number) <= seconds) return expired
  return { state: 'valid', claims: claims as JWTPayload & { sub: string; exp: number } }
}

function isMoment(claim: unknown): claim is number {
  return Number.isFinite(claim)
}

function isFor(claim: unknown, audience: string): boolean {
  return Array.isArray(claim) ? claim.includes(audience) : claim === audience
}
