/**
 * An ID token, verified whole (OpenID Connect Core §3.1.3.7): its signature whichever way it came,
 * with a public key of the provider and never with a secret; issuer, audience, authorized party,
 * lifetime, nonce.
 */
import { decodeJwt, jwtVerify } from 'jose'
import { equalInConstantTime } from '../../crypto.ts'
import type { ProviderKeys } from './keys.ts'
import type { Claims, OAuthProvider } from './provider.ts'

/**
 * With a public key, and collision resistant. `none` and HMAC are not among them: a public key is
 * no secret (RFC 8725 §3.1).
 */
const algorithms = ['RS256', 'PS256', 'ES256', 'EdDSA', 'RS384', 'RS512', 'PS384', 'PS512'].concat([
  'ES384',
  'ES512',
  'Ed25519',
])

/** Clocks differ. Seconds. */
const tolerance = 30

/** A token older than this was not made for the sign-in that brings it. */
const maxAge = 3600

/** Why an ID token does not count. */
export class IdTokenError extends Error {
  override readonly name = 'IdTokenError'
}

export interface IdTokenWanted {
  /** Where the provider's keys are. */
  readonly keysUrl: string
  /** The client ids for one of which it must be. */
  readonly audiences: readonly string[]
  /** The nonces of which it must carry one; `null` where none was sent. */
  readonly nonces: readonly string[] | null
  readonly now: number
}

/** Its claims, under the canonical issuer. */
export interface VerifiedIdToken {
  readonly issuer: string
  readonly claims: Claims
}

/** @throws IdTokenError, or what jose throws. */
export async function verifiedIdToken(
  provider: OAuthProvider,
  keys: ProviderKeys,
  token: string,
  { keysUrl, audiences, nonces, now }: IdTokenWanted,
): Promise<VerifiedIdToken> {
  const issuer = issuerOf(provider, token)
  const { payload } = await jwtVerify(token, keys.find(keysUrl), {
    issuer: issuer.said,
    audience: [...audiences],
    algorithms: [...(provider.idToken?.algorithms ?? algorithms)],
    requiredClaims: ['iss', 'sub', 'aud', 'exp', 'iat'],
    clockTolerance: tolerance,
    maxTokenAge: maxAge,
    currentDate: new Date(now),
  })
  checkParties(payload, audiences)
  if (nonces !== null) {
    const { nonce } = payload
    const isOurs = nonces.some(
      (one) => typeof nonce === 'string' && equalInConstantTime(nonce, one),
    )
    if (!isOurs) throw new IdTokenError('the nonce of the ID token is another')
  }
  return { issuer: issuer.canonical, claims: payload }
}

/** What the token says of its issuer, unverified, and the one spelling of it. */
function issuerOf(provider: OAuthProvider, token: string): { said: string; canonical: string } {
  const claims = decodeJwt(token)
  const { iss } = claims
  if (typeof iss !== 'string') throw new IdTokenError('the ID token has no issuer')
  const accepted = provider.idToken?.issuerOf
    ? provider.idToken.issuerOf(iss, claims)
    : iss === provider.issuer
      ? iss
      : null
  if (accepted === null) throw new IdTokenError('the issuer of the ID token is another')
  return { said: iss, canonical: accepted }
}

/** Each audience must be known: a token for two was seen by another party, too. */
function checkParties({ aud, azp }: Claims, audiences: readonly string[]): void {
  const named = [aud].flat()
  if (!named.every((one) => typeof one === 'string' && audiences.includes(one))) {
    throw new IdTokenError('the ID token is for another audience as well')
  }
  if (named.length > 1 && azp === undefined) {
    throw new IdTokenError('the ID token is for several and names no authorized party')
  }
  if (azp !== undefined && !audiences.includes(azp as string)) {
    throw new IdTokenError('the authorized party of the ID token is another')
  }
}
