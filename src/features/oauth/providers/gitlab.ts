/**
 * GitLab, by OpenID Connect: https://docs.gitlab.com/integration/openid_connect_provider/
 */
import type { OAuthProvider } from '../provider.ts'
import { isIssuer } from './issuer.ts'
import {
  type ClientOptions,
  missing,
  plainProvider,
  standardProfile,
  unknownOptions,
} from './shared.ts'

/** The options of `gitlab()`. */
export interface GitLabOptions extends ClientOptions {
  /** The address of your own instance. Default `https://gitlab.com`. */
  baseUrl?: string
  /** Whether that instance may be on a private network. Default `false`. */
  onPrivateNetwork?: boolean
}

/**
 * Sign in with GitLab. Its word proves an address where `email_verified` is the boolean `true`,
 * which is that of the address beside it: GitLab tells the primary one to a client with the scope
 * `email`, and the public one to others, whose flag is false unless it is the primary one.
 *
 * @example
 * ```ts
 * gitlab({ clientId: process.env.GITLAB_ID, clientSecret: process.env.GITLAB_SECRET })
 * ```
 */
export function gitlab(options: GitLabOptions): OAuthProvider {
  const given = Object(options) as GitLabOptions
  const { clientId, clientSecret, onPrivateNetwork = false } = given
  const base = (given.baseUrl ?? 'https://gitlab.com').replace(/\/+$/, '')
  return plainProvider({
    label: 'GitLab',
    problems: [
      ...unknownOptions(options, [
        'clientId',
        'clientSecret',
        'scopes',
        'baseUrl',
        'onPrivateNetwork',
      ]),
      ...missing(options, ['clientId', 'clientSecret']),
      ...isIssuer(base, onPrivateNetwork),
    ],
    clientId,
    authentication: { secret: () => clientSecret },
    // Discovered: an instance may live below a path, and rotates its keys.
    issuer: base,
    scopes: given.scopes ?? ['openid', 'email', 'profile'],
    idToken: { nonce: true, audiences: [] },
    // Its ID token has `email` since 2022 only where the scope is granted, and never a name.
    wantsUserInfo: () => true,
    onPrivateNetwork,
    profile: standardProfile,
  })
}
