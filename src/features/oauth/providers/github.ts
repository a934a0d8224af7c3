/**
 * GitHub, by OAuth 2:
 * https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps
 */
import type { Claims, OAuthProvider, ProviderAnswers, ProviderProfile } from '../provider.ts'
import { asClaims, type ClientOptions, missing, plainProvider, unknownOptions } from './shared.ts'

/** The options of `github()`. */
export interface GitHubOptions extends ClientOptions {
  /** The address of a GitHub Enterprise Server. Default `https://github.com`. */
  baseUrl?: string
  /** Whether that server may be on a private network. Default `false`. */
  onPrivateNetwork?: boolean
}

/**
 * Sign in with GitHub. Its word proves an address that its list of addresses calls verified. The
 * address of the public profile is not looked at: anybody can write one there.
 *
 * @example
 * ```ts
 * github({ clientId: process.env.GITHUB_ID, clientSecret: process.env.GITHUB_SECRET })
 * ```
 */
export function github(options: GitHubOptions): OAuthProvider {
  const given = Object(options) as GitHubOptions
  const { clientId, clientSecret, onPrivateNetwork = false } = given
  const base = (given.baseUrl ?? 'https://github.com').replace(/\/+$/, '')
  // https://docs.github.com/en/enterprise-server@latest/rest/enterprise-admin
  const api = base === 'https://github.com' ? 'https://api.github.com' : `${base}/api/v3`
  const accept = { accept: 'application/vnd.github+json' }
  return plainProvider({
    label: 'GitHub',
    problems: [
      ...unknownOptions(options, [
        'clientId',
        'clientSecret',
        'scopes',
        'baseUrl',
        'onPrivateNetwork',
      ]),
      ...missing(options, ['clientId', 'clientSecret']),
      ...(URL.parse(base)?.protocol === 'https:' ? [] : ['baseUrl must begin with https://']),
    ],
    clientId,
    authentication: { method: 'client_secret_post', secret: () => clientSecret },
    issuer: base,
    endpoints: {
      authorization: `${base}/login/oauth/authorize`,
      token: `${base}/login/oauth/access_token`,
    },
    scopes: given.scopes ?? ['read:user', 'user:email'],
    further: {
      user: { url: `${api}/user`, headers: accept },
      // Somebody may have taken the scope away: "scopes ... users can edit".
      emails: { url: `${api}/user/emails?per_page=100`, headers: accept, isOptional: true },
    },
    onPrivateNetwork,
    profile,
  })
}

function profile({ further }: ProviderAnswers): ProviderProfile | null {
  const user = asClaims(further['user'])
  if (user === null) return null
  return {
    // A number; the login can be changed, and taken by somebody else afterwards:
    // https://docs.github.com/en/account-and-profile/concepts/username-changes
    subject: user['id'],
    email: addressOf(further['emails']),
    name: user['name'],
    username: user['login'],
    picture: user['avatar_url'],
  }
}

/**
 * Primary and verified, else any that is verified, else the primary one, else the first: `primary`
 * and `verified` are booleans of each entry
 * (https://docs.github.com/en/rest/users/emails#list-email-addresses-for-the-authenticated-user).
 */
function addressOf(list: unknown): NonNullable<ProviderProfile['email']> | null {
  if (!Array.isArray(list)) return null
  const entries = list.map(asClaims).filter((one) => one !== null)
  const isVerified = (one: Claims) => one['verified'] === true
  const isPrimary = (one: Claims) => one['primary'] === true
  const chosen =
    entries.find((one) => isPrimary(one) && isVerified(one)) ??
    entries.find(isVerified) ??
    entries.find(isPrimary) ??
    entries[0]
  return chosen === undefined ? null : { address: chosen['email'], isVerified: isVerified(chosen) }
}
