/**
 * Signed tokens (JWT, RFC 7519; RFC 8725): one algorithm, fixed by configuration.
 *
 * What a token says of its own algorithm is compared, never followed. A token is valid, expired
 * (signed by us, and too old), or invalid; nothing else is told about it. Secrets sign by HS256
 * (`hs256.ts`), keys by `jose`, which is loaded with the first token.
 */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import type { JWK, JWTPayload } from 'jose'
import { isObject, parsedJson } from '../storage/records.ts'
import { type ClaimRules, invalid, judgeClaims, type VerifiedToken } from './claims.ts'
import { hs256, maxTokenLength } from './hs256.ts'

/** The asymmetric algorithms, for verifiers that must not be able to sign. */
export const asymmetricAlgorithms = ['EdDSA', 'ES256', 'RS256'] as const

/** A key of one's own as a JWK (RFC 7517), with `kid` and `alg`. */
export interface SigningJwk extends JWK {
  kid: string
  alg: (typeof asymmetricAlgorithms)[number]
}

export interface TokenSettings extends ClaimRules {
  /** Secrets for HS256: the first signs, all verify. */
  readonly secrets: readonly string[]
  /** Instead of secrets: the first has its private part and signs, all verify. */
  readonly keys: readonly SigningJwk[]
  readonly clock: () => number
}

export interface TokenSigner {
  /** Adds `iss` and `aud`, and signs. */
  sign(claims: JWTPayload): string | Promise<string>
  /** At once, where it can be done at once. Never rejects for what is in the token. */
  verify(token: string): VerifiedToken | Promise<VerifiedToken>
  /** The public keys (RFC 7517 §5), or `null` where tokens are signed with a secret. */
  readonly jwks: { readonly keys: readonly JWK[] } | null
}

export function tokenSigner(settings: TokenSettings): TokenSigner {
  const { clock, issuer, audience, keys, secrets } = settings
  const complete = (claims: JWTPayload) => ({
    ...claims,
    ...(issuer === undefined ? {} : { iss: issuer }),
    ...(audience === undefined ? {} : { aud: audience }),
  })
  const judge = (claims: Readonly<Record<string, unknown>> | null) =>
    claims === null ? invalid : judgeClaims(claims, settings, clock())
  if (keys.length > 0) {
    const { sign, open, jwks } = keySigner(keys)
    return {
      jwks,
      sign: (claims) => sign(complete(claims)),
      verify: async (token) => judge(await open(token)),
    }
  }
  const { sign, open } = hs256(secrets)
  return {
    jwks: null,
    sign: (claims) => sign(complete(claims)),
    verify: (token) => judge(open(token)),
  }
}

interface KeySigner {
  sign(claims: JWTPayload): Promise<string>
  /** The claims of a token under one of the keys, of which nothing is judged; else `null`. */
  open(token: string): Promise<Readonly<Record<string, unknown>> | null>
  readonly jwks: { readonly keys: readonly JWK[] }
}

function keySigner(jwks: readonly SigningJwk[]): KeySigner {
  const [first] = jwks as readonly [SigningJwk]
  const publicKeys = jwks.map((jwk) => ({ jwk, key: publicKey(jwk) }))
  const signing = privateKey(first)
  const header = { alg: first.alg, typ: 'JWT', kid: first.kid }
  return {
    jwks: {
      keys: publicKeys.map(({ jwk, key }) => ({
        ...(key.export({ format: 'jwk' }) as JWK),
        kid: jwk.kid,
        alg: jwk.alg,
        use: 'sig',
      })),
    },

    async sign(claims) {
      const { SignJWT } = await import('jose')
      return new SignJWT({ ...claims }).setProtectedHeader(header).sign(signing)
    },

    async open(token) {
      if (token.length > maxTokenLength) return null
      const kid = kidOf(token)
      const known = publicKeys.find(({ jwk }) => jwk.kid === kid)
      if (known === undefined) return null
      const { compactVerify } = await import('jose')
      const options = { algorithms: [known.jwk.alg] }
      const verified = await compactVerify(token, known.key, options).catch(() => null)
      // A token of another kind that our key signed is not one of ours (RFC 8725 §3.11).
      if (verified === null) return null
      const { typ, crit } = verified.protectedHeader
      if (!isTokenType(typ) || crit !== undefined) return null
      const claims = parsedJson(Buffer.from(verified.payload).toString('utf8'))
      return isObject(claims) ? claims : null
    },
  }
}

function isTokenType(typ: unknown): boolean {
  return typ === undefined || String(typ).toUpperCase() === 'JWT'
}

function privateKey(jwk: SigningJwk): KeyObject {
  return createPrivateKey({ key: jwk as never, format: 'jwk' })
}

function publicKey(jwk: SigningJwk): KeyObject {
  return jwk.d === undefined
    ? createPublicKey({ key: jwk as never, format: 'jwk' })
    : createPublicKey(privateKey(jwk))
}

/** Which key a token says it was signed with; a look-up, decided by the signature afterwards. */
function kidOf(token: string): string | undefined {
  try {
    const text = Buffer.from(token.split('.', 1)[0] ?? '', 'base64url').toString('utf8')
    const { kid } = JSON.parse(text) as { kid?: unknown }
    return typeof kid === 'string' ? kid : undefined
  } catch {
    return undefined
  }
}

const keyTypes: Readonly<Record<SigningJwk['alg'], { kty: string; crv?: string }>> = {
  EdDSA: { kty: 'OKP', crv: 'Ed25519' },
  ES256: { kty: 'EC', crv: 'P-256' },
  RS256: { kty: 'RSA' },
}

/** What is wrong with a list of keys, one sentence each; never a part of a key. */
export function signingKeyProblems(given: unknown, path: string): string[] {
  if (!Array.isArray(given)) return [`${path} must be a list of JWKs with kid and alg`]
  const keys = given as readonly SigningJwk[]
  return keys.flatMap((jwk, index) => {
    const option = `${path}[${index}]`
    if (typeof jwk !== 'object' || jwk === null)
      return [
        `${option} is not a JWK; write privateKey.export({ format: 'jwk' }) with a kid and an alg`,
      ]
    const { kid, alg, kty, crv } = jwk
    if (typeof kid !== 'string' || kid === '') return [`${option} needs a kid`]
    if (keys.findIndex((other) => other?.kid === kid) < index) {
      return [`${option} has the kid '${kid}' of another key`]
    }
    if (!Object.hasOwn(keyTypes, alg)) {
      return [`${option} needs an alg: ${asymmetricAlgorithms.join(', ')}`]
    }
    const type = keyTypes[alg]
    if (kty !== type.kty || (type.crv !== undefined && crv !== type.crv)) {
      return [
        `${option} is not a key for ${alg} (${[type.kty, type.crv].filter(Boolean).join(' ')})`,
      ]
    }
    if (index === 0 && jwk.d === undefined) {
      return [`${option} signs and needs its private part; list public keys after it`]
    }
    try {
      const key = publicKey(jwk)
      const bits = key.asymmetricKeyDetails?.modulusLength
      // RFC 7518 §3.3.
      return bits !== undefined && bits < 2048 ? [`${option} has ${bits} bits and needs 2048`] : []
    } catch {
      return [`${option} is not a valid key`]
    }
  })
}
