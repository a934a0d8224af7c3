/**
 * The API keys of an account, among all that gives somebody in.
 */
import type { CredentialSource, House } from '../../feature.ts'
import { keyHooks } from './key-hooks.ts'
import type { ApiKeys } from './keys.ts'

export function keyCredentials(keys: ApiKeys, house: House): CredentialSource {
  const { accounts } = house
  const hooks = keyHooks(keys, house)
  return {
    kind: 'api_key',

    async list(scope, row) {
      const owner = { id: accounts.id(row), epoch: accounts.epoch(row) }
      return (await keys.list(scope, owner)).map(
        ({ id, name, prefix, createdAt, lastUsedAt, expiresAt }) => ({
          id,
          label: name ?? prefix,
          createdAt,
          lastUsedAt,
          expiresAt,
        }),
      )
    },

    async end(scope, row, id, actor) {
      if (!(await keys.revoke(scope, accounts.id(row), id, { actor }))) return false
      await hooks.revoked({ exchange: null, scope }, row, id)
      return true
    },
  }
}
