/**
 * Any other provider, by OAuth 2: its addresses, and a function that reads its answers.
 */
import type {
  ClientAuthentication,
  FurtherAnswer,
  OAuthProvider,
  ProviderAnswers,
  ProviderEndpoints,
  ProviderProfile,
} from '../provider.ts'
import { missing, plainProvider, unknownOptions } from './shared.ts'

/** The options of `oauth2()`. */
export interface OAuth2Options {
  /** What people call it. */
  label: string
  /** Names the identities that it speaks of: its address, which never changes. */
  issuer: string
  clientId: string
  clientSecret?: string
  /** How the secret is sent. Default `client_secret_post`. */
  clientAuthentication?: NonNullable<ClientAuthentication['method']>
  endpoints: Pick<ProviderEndpoints, 'authorization' | 'token'>
  scopes?: readonly string[]
  /** Further parameters of the authorization request. */
  parameters?: Readonly<Record<string, string>>
  /** What is asked with the access token, by a name of yours each. They answer with JSON. */
  further: Readonly<Record<string, FurtherAnswer>>
  /**
   * Reads who it is off those answers, by the same names; `null` for nobody. Give an address
   * together with its flag of the same answer, and the flag as `… === true`.
   */
  profile: (answers: ProviderAnswers['further']) => ProviderProfile | null
  /**
   * Whether a code challenge is sent (RFC 7636). Default `true`. Without it the provider's word
   * proves no address.
   */
  pkce?: boolean
  /** For which addresses its word is a proof. Default `none`. */
  provesAddresses?: 'verified' | 'none' | readonly string[]
  /** Whether it may be on a private network, and on this machine without TLS. Default `false`. */
  onPrivateNetwork?: boolean
}

const names = [
  'label',
  'issuer',
  'clientId',
  'clientSecret',
  'clientAuthentication',
  'endpoints',
  'scopes',
  'parameters',
  'further',
  'profile',
  'pkce',
  'provesAddresses',
  'onPrivateNetwork',
]

/**
 * A provider that speaks OAuth 2 without OpenID Connect.
 *
 * @example
 * ```ts
 * oauth2({
 *   label: 'Forge',
 *   issuer: 'https://forge.example',
 *   clientId,
 *   clientSecret,
 *   endpoints: {
 *     authorization: 'https://forge.example/authorize',
 *     token: 'https://forge.example/token',
 *   },
 *   further: { me: { url: 'https://forge.example/api/me' } },
 *   profile: ({ me }) => ({ subject: (me as { id: number }).id }),
 * })
 * ```
 */
export function oauth2(options: OAuth2Options): OAuthProvider {
  const given = Object(options) as OAuth2Options
  const { label, issuer, clientId, clientSecret, endpoints, profile } = given
  const { pkce = true, onPrivateNetwork = false, provesAddresses = 'none' } = given
  const method = given.clientAuthentication ?? 'client_secret_post'
  const isProof = provesAddresses !== 'none'
  return plainProvider({
    label,
    problems: [
      ...unknownOptions(options, names),
      ...missing(options, ['label', 'issuer', 'clientId']),
      ...(URL.canParse(String(issuer))
        ? []
        : ["issuer must be an address, such as 'https://forge.example'"]),
      ...addressProblems(endpoints),
      ...(typeof profile === 'function'
        ? []
        : ['profile must be a function, such as ({ me }) => ({ subject: me.id })']),
      ...(isProof && !pkce
        ? [
            "provesAddresses has no effect without a code challenge; write provesAddresses: 'none', or leave pkce out",
          ]
        : []),
    ],
    clientId,
    authentication:
      clientSecret === undefined ? { method: 'none' } : { method, secret: () => clientSecret },
    issuer,
    endpoints: { authorization: endpoints?.authorization, token: endpoints?.token },
    scopes: given.scopes ?? [],
    parameters: given.parameters ?? {},
    pkce,
    further: given.further ?? {},
    provesAddresses,
    onPrivateNetwork,
    profile: ({ further }) => profile(further),
  })
}

function addressProblems(endpoints: unknown): string[] {
  const given = Object(endpoints) as Readonly<Record<string, unknown>>
  return ['authorization', 'token'].flatMap((name) =>
    URL.canParse(String(given[name]))
      ? []
      : [`endpoints.${name} must be an address, such as 'https://forge.example/${name}'`],
  )
}
