/**
 * Signed tokens (JWT) by themselves: made and read with one algorithm, which is fixed by what is
 * configured and never by what a token says.
 */
import type { JWK, JWTPayload } from 'jose'
import { ConfigurationError } from '../errors.ts'
import type { VerifiedToken } from '../tokens/claims.ts'
import { type SigningJwk, signingKeyProblems, tokenSigner } from '../tokens/signing.ts'

export type { SigningJwk, VerifiedToken }

/** How tokens are signed, and what is required of them. */
export interface TokenOptions {
  /** At least 32 bytes, for HS256; of a list the first signs, all verify. Or `keys`. */
  secret?: string | readonly string[]
  /** JWKs with `kid` and `alg` (`EdDSA`, `ES256`, `RS256`): the first signs, all verify. */
  keys?: readonly SigningJwk[]
  /** `iss`: set in every token, and required of every token. Default none. */
  issuer?: string
  /** `aud`: set in every token, and required of every token. Default none. */
  audience?: string
  /** Returns the time, in milliseconds. For tests. Default `Date.now`. */
  clock?: () => number
}

/** Makes and reads tokens. */
export interface Tokens {
  /** Signs claims, with `iat`, `exp`, `iss` and `aud`. @param ttl In seconds. */
  sign(claims: JWTPayload, ttl: number): Promise<string>
  /**
   * Whether a token is valid, expired (ours, and too old), or invalid; and its claims where it is
   * valid. Never rejects for what is in the token.
   */
  verify(token: string): Promise<VerifiedToken>
  /** The public keys, for others to verify with; `null` with a secret. */
  readonly jwks: { readonly keys: readonly JWK[] } | null
}

/**
 * Makes and reads tokens of your own. They are none of `bearer()`: give them another secret.
 *
 * @throws ConfigurationError for a secret or keys that are none.
 *
 * @example
 * ```ts
 * const { sign, verify } = signedTokens({ secret, audience: 'downloads' })
 * const link = `/files/7?token=${await sign({ sub: '7' }, 600)}`
 * ```
 */
export function signedTokens({
  secret,
  keys = [],
  clock = Date.now,
  issuer,
  audience,
}: TokenOptions): Tokens {
  const secrets = secret === undefined ? [] : [secret].flat()
  const problems = [
    ...signingKeyProblems(keys, 'keys'),
    ...secrets.flatMap((one) =>
      typeof one === 'string' && Buffer.byteLength(one) >= 32
        ? []
        : ['secret must have at least 32 bytes; make one with npx crudauth secret'],
    ),
    ...((secrets.length === 0) === (keys.length === 0)
      ? ['signedTokens() needs a secret, or keys: one of the two']
      : []),
  ]
  if (problems.length > 0) throw new ConfigurationError(problems)
  const signer = tokenSigner({ secrets, keys, clock, issuer, audience })
  return {
    jwks: signer.jwks,
    async sign(claims, ttl) {
      if (!Number.isSafeInteger(ttl) || ttl < 1) {
        throw new RangeError('crudauth: the ttl of a token is a whole number of seconds')
      }
      const iat = Math.floor(clock() / 1000)
      return signer.sign({ ...claims, iat, exp: iat + ttl })
    },
    verify: async (token) => signer.verify(token),
  }
}
