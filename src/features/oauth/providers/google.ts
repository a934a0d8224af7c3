/**
 * Google, by OpenID Connect: https://developers.google.com/identity/openid-connect/openid-connect
 */
import type { OAuthProvider } from '../provider.ts'
import {
  type ClientOptions,
  missing,
  plainProvider,
  standardProfile,
  unknownOptions,
} from './shared.ts'

/** The options of `google()`. */
export interface GoogleOptions extends ClientOptions {
  /** The client ids of your applications on telephones. Default none. */
  audiences?: readonly string[]
  /** Further parameters, such as `{ prompt: 'select_account' }` or `{ access_type: 'offline' }`. */
  parameters?: Readonly<Record<string, string>>
}

const issuer = 'https://accounts.google.com'

/**
 * Sign in with Google. Its word proves an address where `email_verified` is the boolean `true`.
 *
 * @example
 * ```ts
 * google({ clientId: process.env.GOOGLE_ID, clientSecret: process.env.GOOGLE_SECRET })
 * ```
 */
export function google(options: GoogleOptions): OAuthProvider {
  const given = Object(options) as GoogleOptions
  const { clientId, clientSecret, audiences = [], parameters = {} } = given
  return plainProvider({
    label: 'Google',
    problems: [
      ...unknownOptions(options, ['clientId', 'clientSecret', 'scopes', 'audiences', 'parameters']),
      ...missing(options, ['clientId', 'clientSecret']),
    ],
    clientId,
    authentication: { method: 'client_secret_post', secret: () => clientSecret },
    issuer,
    // As its discovery document has them:
    // https://accounts.google.com/.well-known/openid-configuration
    endpoints: {
      authorization: 'https://accounts.google.com/o/oauth2/v2/auth',
      token: 'https://oauth2.googleapis.com/token',
      keys: 'https://www.googleapis.com/oauth2/v3/certs',
      userInfo: 'https://openidconnect.googleapis.com/v1/userinfo',
    },
    scopes: given.scopes ?? ['openid', 'email', 'profile'],
    parameters,
    idToken: {
      nonce: true,
      audiences,
      // "Always https://accounts.google.com or accounts.google.com for Google ID tokens":
      // https://developers.google.com/identity/openid-connect/openid-connect#obtainuserinfo
      issuerOf: (said) => (said === issuer || said === 'accounts.google.com' ? issuer : null),
    },
    wantsUserInfo: (idToken) => idToken?.['email'] === undefined,
    profile: standardProfile,
  })
}
