/**
 * Signed tokens (JWT, RFC 7519; RFC 8725): one algorithm, fixed by configuration.
 *
 * What a token says of its own algorithm is compared, never followed. A token is valid, expired
 * (signed by us, and too old), or invalid; nothing else is told about it.
 */
import { createPrivateKey, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto'
import { errors, type JWK, type JWTPayload, jwtVerify, SignJWT } from 'jose'

/** The asymmetric algorithms, for verifiers that must not be able to sign. */
export const asymmetricAlgorithms = ['EdDSA', 'ES256', 'RS256'] as const

/** A key of one's own as a JWK (RFC 7517), with `kid` and `alg`. */
export interface SigningJwk extends JWK {
  kid: string
  alg: (typeof asymmetricAlgorithms)[number]
}

export interface TokenSettings {
  /** Secrets for HS256: the first signs, all verify. */
  readonly secrets: readonly string[]
  /** Instead of secrets: the first has its private part and signs, all verify. */
  readonly keys: readonly SigningJwk[]
  /** `iss`, set and required when given. */
  readonly issuer: string | undefined
  /** `aud`, set and required when given; without it a token that has one is invalid. */
  readonly audience: string | undefined
  readonly clock: () => number
}

export type VerifiedToken =
  | { readonly state: 'valid'; readonly claims: JWTPayload & { sub: string; exp: number } }
  | { readonly state: 'expired' }
  | { readonly state: 'invalid' }

export interface TokenSigner {
  /** Adds `iss` and `aud`, and signs. */
  sign(claims: JWTPayload): Promise<string>
  /** Never rejects for what is in the token. */
  verify(token: string): Promise<VerifiedToken>
  /** The public keys (RFC 7517 §5), or `null` where tokens are signed with a secret. */
  readonly jwks: { readonly keys: readonly JWK[] } | null
}

/** Longer tokens are not looked at. */
const maxTokenLength = 8192

const invalid: VerifiedToken = { state: 'invalid' }

/** How far ahead the clock of the process may be that made a token, in seconds. */
const clockSkew = 60

interface VerificationKey {
  readonly alg: string
  readonly kid: string | undefined
  readonly key: KeyObject
}

export function tokenSigner(settings: TokenSettings): TokenSigner {
  const { clock, issuer, audience } = settings
  const keys = settings.keys.length > 0 ? asymmetricKeys(settings.keys) : secretKeys(settings)
  const { signing, verification, jwks } = keys
  const header = {
    alg: signing.alg,
    typ: 'JWT',
    ...(signing.kid === undefined ? {} : { kid: signing.kid }),
  }

  async function verifyWith({ alg, key }: VerificationKey, token: string): Promise<VerifiedToken> {
    const now = new Date(clock())
    const { payload, protectedHeader } = await jwtVerify(token, key, {
      algorithms: [alg],
      currentDate: now,
      ...(issuer === undefined ? {} : { issuer }),
      ...(audience === undefined ? {} : { audience }),
    })
    // A token of another kind that our key signed is not one of ours (RFC 8725 §3.11).
    const { typ } = protectedHeader
    if (typ !== undefined && String(typ).toUpperCase() !== 'JWT') return invalid
    const { sub, exp, iat, aud } = payload
    if (typeof sub !== 'string' || sub === '' || !Number.isSafeInteger(exp)) return invalid
    if (audience === undefined && aud !== undefined) return invalid
    if (iat !== undefined && iat > now.getTime() / 1000 + clockSkew) return invalid
    return { state: 'valid', claims: { ...payload, sub, exp: exp as number } }
  }

  return {
    jwks,

    sign(claims) {
      const jwt = new SignJWT({ ...claims }).setProtectedHeader(header)
      if (issuer !== undefined) jwt.setIssuer(issuer)
      if (audience !== undefined) jwt.setAudience(audience)
      return jwt.sign(signing.key)
    },

    async verify(token) {
      if (token.length > maxTokenLength) return invalid
      const kid = jwks ? kidOf(token) : undefined
      for (const key of verification) {
        if (jwks && key.kid !== kid) continue
        try {
          return await verifyWith(key, token)
        } catch (error) {
          if (error instanceof errors.JWTExpired) return { state: 'expired' }
          // Signed with another of our secrets, perhaps.
          if (!(error instanceof errors.JWSSignatureVerificationFailed)) return invalid
        }
      }
      return invalid
    },
  }
}

interface Keys {
  readonly signing: VerificationKey
  readonly verification: readonly VerificationKey[]
  readonly jwks: { readonly keys: readonly JWK[] } | null
}

/** The secret itself is the key, so that tokens of the Python original and ours are the same. */
function secretKeys({ secrets }: TokenSettings): Keys {
  const verification = secrets.map((secret) => ({
    alg: 'HS256',
    kid: undefined,
    key: createSecretKey(Buffer.from(secret, 'utf8')),
  }))
  return { signing: verification[0] as VerificationKey, verification, jwks: null }
}

function asymmetricKeys(jwks: readonly SigningJwk[]): Keys {
  const [first] = jwks as readonly [SigningJwk]
  const publicKeys = jwks.map((jwk) => ({ jwk, key: publicKey(jwk) }))
  return {
    signing: { alg: first.alg, kid: first.kid, key: privateKey(first) },
    verification: publicKeys.map(({ jwk, key }) => ({ alg: jwk.alg, kid: jwk.kid, key })),
    jwks: {
      keys: publicKeys.map(({ jwk, key }) => ({
        ...(key.export({ format: 'jwk' }) as JWK),
        kid: jwk.kid,
        alg: jwk.alg,
        use: 'sig',
      })),
    },
  }
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
