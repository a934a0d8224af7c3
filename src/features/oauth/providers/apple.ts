/**
 * Apple, by OpenID Connect: https://developer.apple.com/documentation/signinwithapplerestapi
 */
import { importPKCS8, SignJWT } from 'jose'
import type { OAuthProvider, ProviderAnswers, ProviderProfile } from '../provider.ts'
import { missing, plainProvider, unknownOptions } from './shared.ts'

/** The options of `apple()`. */
export interface AppleOptions {
  /** The Services ID of your pages, such as `com.example.web`. */
  clientId: string
  /** The team that it belongs to: ten characters. */
  teamId: string
  /** The identifier of the key below: ten characters. */
  keyId: string
  /** The content of the `.p8` file: PEM, from which a client secret is made at each request. */
  privateKey: string
  /** The bundle ids of your applications. Default none. */
  audiences?: readonly string[]
  /** Default `name`, `email`. */
  scopes?: readonly string[]
}

const issuer = 'https://appleid.apple.com'

/** Apple takes six months at most; a secret that lives for minutes is worth less to a thief. */
const secretSeconds = 300

/**
 * Sign in with Apple. Its word proves an address where `email_verified` of the ID token is the
 * boolean `true` or the text `"true"`; of an account of Apple's Work & School it is false. An
 * address of the private relay is proven, too: mail that you send there reaches its owner.
 *
 * @example
 * ```ts
 * apple({ clientId: 'com.example.web', teamId, keyId, privateKey: process.env.APPLE_KEY })
 * ```
 */
export function apple(options: AppleOptions): OAuthProvider {
  const given = Object(options) as AppleOptions
  const { clientId, audiences = [], scopes = ['name', 'email'] } = given
  const required = ['clientId', 'teamId', 'keyId', 'privateKey']
  const isPem = String(given.privateKey).includes('-----BEGIN PRIVATE KEY-----')
  return plainProvider({
    label: 'Apple',
    problems: [
      ...unknownOptions(options, [...required, 'audiences', 'scopes']),
      ...missing(options, required),
      ...(isPem || !given.privateKey
        ? []
        : [
            "privateKey must be the content of the .p8 file, which begins with '-----BEGIN PRIVATE KEY-----'; an environment variable may have lost its line ends",
          ]),
    ],
    clientId,
    authentication: { method: 'client_secret_post', secret: (now) => clientSecret(options, now) },
    issuer,
    // https://appleid.apple.com/.well-known/openid-configuration
    endpoints: {
      authorization: `${issuer}/auth/authorize`,
      token: `${issuer}/auth/token`,
      keys: `${issuer}/auth/keys`,
    },
    scopes,
    // "If you request any scopes, the value must be form_post":
    // https://developer.apple.com/documentation/signinwithapplerestapi/request-an-authorization-to-the-sign-in-with-apple-server
    responseMode: scopes.length > 0 ? 'form_post' : 'query',
    // A code challenge is sent as to all: a server ignores what it does not know (RFC 6749 §3.1).
    idToken: { nonce: true, audiences, hashedNonce: true },
    profile,
  })
}

function profile({ idToken, redirect }: ProviderAnswers): ProviderProfile | null {
  if (idToken === null) return null
  const { email, email_verified: verified } = idToken
  return {
    subject: idToken['sub'],
    email:
      email === undefined
        ? null
        : // "Authenticating users with Sign in with Apple": a boolean, or a text.
          { address: email, isVerified: verified === true || verified === 'true' },
    ...nameOf(redirect['user']),
  }
}

/**
 * The name comes once, at the first sign-in, beside the code and not within the token: the browser
 * could have changed it. So its address is not looked at.
 */
function nameOf(
  user: string | undefined,
): Pick<ProviderProfile, 'name' | 'givenName' | 'familyName'> {
  let said: unknown
  try {
    said = JSON.parse(user ?? 'null')
  } catch {
    return {}
  }
  const { name } = Object(said) as { name?: unknown }
  const { firstName, lastName } = Object(name) as Record<string, unknown>
  const both = [firstName, lastName].filter((one) => typeof one === 'string' && one !== '')
  return { name: both.join(' '), givenName: firstName, familyName: lastName }
}

/**
 * https://developer.apple.com/documentation/signinwithapplerestapi/generate-and-validate-tokens
 */
async function clientSecret(
  { clientId, teamId, keyId, privateKey }: AppleOptions,
  now: number,
): Promise<string> {
  const seconds = Math.floor(now / 1000)
  return new SignJWT()
    .setProtectedHeader({ alg: 'ES256', kid: keyId })
    .setIssuer(teamId)
    .setSubject(clientId)
    .setAudience(issuer)
    .setIssuedAt(seconds)
    .setExpirationTime(seconds + secretSeconds)
    .sign(await importPKCS8(privateKey, 'ES256'))
}
