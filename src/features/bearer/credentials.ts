/**
 * The logins by refresh token of an account, among all that gives somebody in.
 */
import { actorOf } from '../../events.ts'
import type { CredentialSource, House } from '../../feature.ts'
import { orUnavailable } from '../../storage/outage.ts'
import type { RefreshFamilies } from './families.ts'

export function tokenCredentials(
  families: RefreshFamilies,
  transport: string,
  { accounts, emit }: House,
): CredentialSource {
  return {
    kind: 'token_login',

    async list(scope, row) {
      const live = await orUnavailable('token', emit, families.ofUser(scope, accounts.owner(row)))
      return live.map(({ family, rotatedAt, expiresAt }) => ({
        id: family,
        lastUsedAt: new Date(rotatedAt),
        expiresAt: new Date(expiresAt),
      }))
    },

    async end(scope, row, id, actor) {
      const owner = accounts.owner(row)
      if (!(await orUnavailable('token', emit, families.endOne(scope, owner, id)))) return false
      const userId = accounts.id(row)
      const common = { userId, transport, login: id, address: null, ...actorOf({ actor }) }
      emit({ name: 'login.ended', reason: 'revoked', ...common })
      return true
    },
  }
}
