/**
 * Identities at providers in the application's own hands: `auth.oauth`.
 */
import type { Principal } from '../../principal.ts'
import type { Identities, ProviderIdentity } from '../../users/identities.ts'
import type { UserScope, UserTypes } from '../../users/store.ts'
import type { ColumnIssuer, ColumnIssuers } from './column-issuers.ts'
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
  /**
   * Whose subjects the columns of the users table hold, as far as the storage knows, and what is
   * configured; none where identities are in a table. Where the two differ nobody gets in by that
   * provider.
   *
   * @throws AuthError `storage_unavailable` (503).
   */
  issuers(): Promise<readonly ColumnIssuer[]>
  /**
   * Says that the column of a provider holds the subjects of the issuer that is configured: that it
   * was renamed and calls everybody as before, or that you have emptied the column.
   *
   * @throws Error where identities are in a table, or there is no such provider. AuthError
   *   `storage_unavailable` (503).
   */
  acceptIssuer(provider: string): Promise<void>
}

export interface OAuthHandleParts {
  readonly identities: Identities
  /** `null` where identities are in a table. */
  readonly columnIssuers: ColumnIssuers | null
  readonly links: Links
  /** `null` where none are kept. */
  readonly tokens: ProviderTokenStore | null
}

export function oauthHandle(
  { providers }: OAuthSettings,
  { identities, columnIssuers, links, tokens }: OAuthHandleParts,
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
    issuers: async () => (await columnIssuers?.list()) ?? [],
    async acceptIssuer(provider) {
      if (columnIssuers) return columnIssuers.accept(provider)
      throw new Error('crudauth: a table of identities keeps the issuer of each')
    },
    confirmed: (principal, scope = {}) => links.takeConfirmation(scope, principal),
  }
}
