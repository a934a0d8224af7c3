/**
 * Identities at providers in the application's own hands: `auth.oauth`.
 */
import type { Principal } from '../../principal.ts'
import type { Identities, ProviderIdentity } from '../../users/identities.ts'
import type { UserScope, UserTypes } from '../../users/store.ts'
import type { Links } from './links.ts'
import type { OAuthSettings } from './options.ts'
import type { ProviderTokenStore } from './provider-tokens.ts'

/** A provider as a page shows it. */
export interface ProviderInfo {
  /** Its name in the routes. */
  readonly name: string
  /** What people call it. */
  readonly label: string
}

/** Identities at providers in the application's own hands: `auth.oauth`. */
export interface OAuth<T extends UserTypes = UserTypes> {
  /** The configured providers, in their order: for buttons. */
  readonly providers: readonly ProviderInfo[]
  /** Who an account is at the configured providers. */
  identities(userId: T['id'], scope?: UserScope): Promise<readonly ProviderIdentity[]>
  /**
   * Takes an identity from an account, even if it is the last way in. Ends no session.
   *
   * @returns `false` for an account that does not have it.
   */
  unlink(userId: T['id'], identity: ProviderIdentity, scope?: UserScope): Promise<boolean>
  /**
   * Whether the owner of this login has come back, within five minutes, from a provider that was
   * asked by `POST /oauth/{provider}/confirm`. Counts once.
   *
   * Meant for accounts without a password:
   * `sudo({ withoutPassword: (principal) => auth.oauth.confirmed(principal) })`.
   *
   * @throws AuthError `storage_unavailable` (503).
   */
  confirmed(principal: Pick<Principal, 'userId' | 'login'>, scope?: UserScope): Promise<boolean>
  /**
   * An access token of a user's at a provider, with `keepTokens: true`; refreshed where it ends
   * soon, once for many callers. `null` where there is none, or none any more: the person signs in
   * there again.
   *
   * @throws Error without `keepTokens`, and where the provider does not answer. AuthError
   *   `storage_unavailable` (503).
   */
  accessToken(userId: T['id'], provider: string, scope?: UserScope): Promise<string | null>
}

export function oauthHandle(
  { providers }: OAuthSettings,
  identities: Identities,
  links: Links,
  tokens: ProviderTokenStore | null,
): OAuth {
  return {
    providers: Object.entries(providers).map(([name, { label }]) => ({ name, label })),
    identities: (userId, scope = {}) => identities.list(userId, scope),
    unlink: (userId, identity, scope = {}) =>
      links.take({ exchange: null, scope }, userId, identity),
    async accessToken(userId, provider, scope = {}) {
      if (!tokens) {
        throw new Error('crudauth: no tokens are kept; write oauth({ keepTokens: true, … })')
      }
      const linked = await identities.list(userId, scope)
      const identity = linked.find((one) => one.provider === provider)
      return identity === undefined ? null : tokens.accessToken(scope, userId, identity)
    },
    confirmed: (principal, scope = {}) => links.takeConfirmation(scope, principal),
  }
}
