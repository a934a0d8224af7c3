/**
 * API keys in the application's own hands: for an admin area, a command line, a migration.
 */
import type { Accounts } from '../../users/accounts.ts'
import type { UserScope, UserTypes } from '../../users/store.ts'
import type { ApiKeyInfo, ApiKeyOptions, ApiKeys, NewApiKey } from './keys.ts'

/** Makes, lists and ends API keys without a request: `auth.apiKeys`. */
export interface ApiKeyAdministration<T extends UserTypes = UserTypes> {
  /**
   * Makes a key for a user; its scopes are the caller's decision. The key's text is told once.
   *
   * @param user As from a principal or a hook.
   * @throws RangeError for a lifetime or a scope that is none.
   */
  create(user: Readonly<T['user']>, options?: ApiKeyOptions, scope?: UserScope): Promise<NewApiKey>
  /** The live keys of a user, newest first, without their texts. */
  list(userId: T['id'], scope?: UserScope): Promise<ApiKeyInfo[]>
  /** Ends a key of this user; `false` when the user has no such key. */
  revoke(userId: T['id'], id: string, scope?: UserScope): Promise<boolean>
}

export function apiKeyAdministration(keys: ApiKeys, accounts: Accounts): ApiKeyAdministration {
  return {
    async create(user, options = {}, scope = {}) {
      const { epoch } = await accounts.ownerOf(user, scope)
      return keys.create(scope, { id: accounts.id(user), epoch }, options)
    },
    async list(userId, scope = {}) {
      const row = await accounts.byId(userId, scope)
      return row === null
        ? []
        : keys.list(scope, { id: accounts.id(row), epoch: accounts.epoch(row) })
    },
    revoke: async (userId, id, scope = {}) => keys.revoke(scope, userId, id),
  }
}
