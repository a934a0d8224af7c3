/**
 * What the files of the providers share: how their options are judged, and the shape that most of
 * them have.
 */
import type { Claims, OAuthProvider, ProviderAnswers, ProviderProfile } from '../provider.ts'

/** What every provider wants of the application. */
export interface ClientOptions {
  /** What the provider calls your application. */
  clientId: string
  /** What it proves itself with there. */
  clientSecret: string
  /** What is asked for. Default: who somebody is, and the address. */
  scopes?: readonly string[]
}

/** What is wrong with texts that must be there, one sentence each. */
export function missing(options: unknown, names: readonly string[]): string[] {
  const given = Object(options) as Readonly<Record<string, unknown>>
  return names.flatMap((name) => {
    const value = given[name]
    if (typeof value === 'string' && value !== '') return []
    return [
      value === undefined
        ? `${name} is missing; the provider's console shows it, and an environment variable may be unset`
        : `${name} must be a text`,
    ]
  })
}

/** What is wrong with names that are no options, one sentence each. */
export function unknownOptions(options: unknown, known: readonly string[]): string[] {
  // Of what is left out each missing one is told.
  if (options === undefined) return []
  if (typeof options !== 'object' || options === null) {
    return [`the options must be an object of: ${known.join(', ')}`]
  }
  return Object.keys(options)
    .filter((name) => !known.includes(name))
    .map((name) => `${name} is not an option; the options are: ${known.join(', ')}`)
}

/** A provider without anything special: each file says what is special about its own. */
export function plainProvider(
  own: Partial<OAuthProvider> &
    Pick<OAuthProvider, 'label' | 'problems' | 'clientId' | 'issuer' | 'profile'>,
): OAuthProvider {
  return {
    authentication: {},
    hasManyIssuers: false,
    endpoints: null,
    scopes: [],
    parameters: {},
    pkce: true,
    responseMode: 'query',
    idToken: null,
    wantsUserInfo: () => false,
    further: {},
    provesAddresses: 'verified',
    onPrivateNetwork: false,
    ...own,
  }
}

/**
 * The standard claims (OpenID Connect Core §5.1). Address and flag come from one answer: the ID
 * token where it has an address, else userinfo. The flag counts as the boolean `true` only.
 */
export function standardProfile({ idToken, userInfo }: ProviderAnswers): ProviderProfile | null {
  const claims = merged(idToken, userInfo)
  if (claims === null) return null
  const mail = idToken?.['email'] === undefined ? userInfo : idToken
  return {
    subject: claims['sub'],
    email:
      mail?.['email'] === undefined
        ? null
        : { address: mail['email'], isVerified: mail['email_verified'] === true },
    name: claims['name'],
    givenName: claims['given_name'],
    familyName: claims['family_name'],
    username: claims['preferred_username'],
    picture: claims['picture'],
  }
}

/** What the ID token says counts before what userinfo says. */
function merged(idToken: Claims | null, userInfo: Claims | null): Claims | null {
  return idToken === null ? userInfo : { ...userInfo, ...idToken }
}

/** An object that JSON made; `null` for anything else. */
export function asClaims(value: unknown): Claims | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Claims)
    : null
}
