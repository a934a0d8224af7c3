/**
 * Any provider that speaks OpenID Connect and says where it is (OpenID Connect Discovery 1.0).
 */
import type { OAuthProvider } from '../provider.ts'
import { isIssuer } from './issuer.ts'
import { missing, plainProvider, standardProfile, unknownOptions } from './shared.ts'

/** The options of `oidc()`. */
export interface OidcOptions {
  /** Its issuer, as its metadata spells it: `https://login.example.com/realms/staff`. */
  issuer: string
  clientId: string
  /** Left out for a public client, which proves itself by PKCE alone. */
  clientSecret?: string
  /** How the secret is sent. Default: as the provider's metadata asks, HTTP Basic among several. */
  clientAuthentication?: 'client_secret_basic' | 'client_secret_post'
  /** Default `openid`, `email`, `profile`. */
  scopes?: readonly string[]
  /** What people call it. Default: its host. */
  label?: string
  /** Further parameters of the authorization request, such as `{ prompt: 'select_account' }`. */
  parameters?: Readonly<Record<string, string>>
  /**
   * For which addresses its word is a proof, where `email_verified` is the boolean `true`: all,
   * none, or those of the domains that are listed. Default `verified`.
   *
   * Whoever administers the provider can write any address: list your domains where that is not
   * you.
   */
  provesAddresses?: 'verified' | 'none' | readonly string[]
  /** Further client ids whose ID tokens count when your application on a telephone sends one. */
  audiences?: readonly string[]
  /**
   * Whether it may be on a private network, and on this machine without TLS. Default `false`.
   */
  onPrivateNetwork?: boolean
}

const names = [
  'issuer',
  'clientId',
  'clientSecret',
  'clientAuthentication',
  'scopes',
  'label',
  'parameters',
  'provesAddresses',
  'audiences',
  'onPrivateNetwork',
]

/**
 * A provider that speaks OpenID Connect, by its issuer.
 *
 * @example
 * ```ts
 * oidc({ issuer: 'https://login.example.com', clientId, clientSecret })
 * ```
 */
export function oidc(options: OidcOptions): OAuthProvider {
  const given = Object(options) as OidcOptions
  const { issuer, clientId, clientSecret, clientAuthentication, onPrivateNetwork = false } = given
  const { scopes = ['openid', 'email', 'profile'], parameters = {}, audiences = [] } = given
  return plainProvider({
    label: given.label ?? URL.parse(issuer)?.host ?? 'OpenID Connect',
    problems: [
      ...unknownOptions(options, names),
      ...missing(options, ['issuer', 'clientId']),
      ...isIssuer(issuer, onPrivateNetwork),
      ...(scopes.includes('openid')
        ? []
        : ["scopes lacks 'openid', without which there is no ID token; add it"]),
    ],
    clientId,
    authentication: {
      ...(clientSecret === undefined
        ? { method: 'none' as const }
        : { secret: () => clientSecret }),
      ...(clientAuthentication === undefined ? {} : { method: clientAuthentication }),
    },
    issuer,
    scopes,
    parameters,
    idToken: { nonce: true, audiences },
    // Many put no address into an ID token that comes with an access token (Core §5.4).
    wantsUserInfo: (idToken) => idToken?.['email'] === undefined,
    provesAddresses: given.provesAddresses ?? 'verified',
    onPrivateNetwork,
    profile: standardProfile,
  })
}
