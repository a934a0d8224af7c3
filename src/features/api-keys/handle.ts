/**
 * API keys in the application's own hands: for an admin area, a command line, a migration.
 */
import type { House } from '../../feature.ts'
import { requireUser } from '../../users/given-user.ts'
import type { UserScope, UserTypes } from '../../users/store.ts'
import { keyHooks } from './key-hooks.ts'
import type { ApiKeyInfo, ApiKeyOptions, ApiKeys, NewApiKey } from './keys.ts'

/** Makes, lists and ends API keys without a request: `auth.apiKeys`. */
export interface ApiKeyAdministration<T extends UserTypes = UserTypes> {
  /**
   * Makes a key for a user; its scopes are the caller's decision. The key's text is told once.
   *
   * @param user As from a principal or a hook.
   * @throws RangeError for a lifetime or a scope that is none, and what the hook throws.
   */
  create(user: Readonly<T['user']>, options?: ApiKeyOptions, scope?: UserScope): Promise<NewApiKey>
  /** The live keys of a user, newest first, without their texts. */
  list(userId: T['id'], scope?: UserScope): Promise<ApiKeyInfo[]>
  /** Ends a key of this user; `false` when the user has no such key. */
  revoke(userId: T['id'], id: string, scope?: UserScope): Promise<boolean>
}

export function apiKeyAdministration(keys: ApiKeys, house: House): ApiKeyAdministration {
  const { accounts, hooks: configured } = house
  const hooks = keyHooks(keys, house)
  return {
    async create(user, options = {}, scope = {}) {
      requireUser(user)
      const { epoch } = await accounts.ownerOf(user, scope)
      const made = await keys.create(scope, { id: accounts.id(user), epoch }, options)
      await hooks.created({ exchange: null, scope }, user, made)
      return made
    },
    async list(userId, scope = {}) {
      const row = await accounts.byId(userId, scope)
      return row === null
        ? []
        : keys.list(scope, { id: accounts.id(row), epoch: accounts.epoch(row) })
    },
    async revoke(userId, id, scope = {}) {
      const ended = await keys.revoke(scope, userId, id)
      if (!ended || !configured.afterApiKeyRevoked) return ended
      const row = await accounts.byId(userId, scope)
      if (row !== null) await hooks.revoked({ exchange: null, scope }, row, id)
      return true
    },
  }
}
