/**
 * The sessions of an account, among all that gives somebody in.
 */
import { actorOf } from '../../events.ts'
import type { CredentialSource, House } from '../../feature.ts'
import { orUnavailable } from '../../storage/outage.ts'
import { loginOf } from './records.ts'
import type { SessionTransport } from './transport.ts'

export function sessionCredentials(
  { sessions, name: transport }: SessionTransport,
  { accounts, emit }: House,
): CredentialSource {
  return {
    kind: 'session',

    async list(scope, row) {
      const live = await orUnavailable('session', emit, sessions.ofUser(scope, accounts.owner(row)))
      return live.reverse().map(({ handle, record }) => ({
        id: handle,
        label: `${record.device.browser} on ${record.device.os}`,
        createdAt: new Date(record.createdAt),
        lastUsedAt: new Date(record.lastActivity),
        expiresAt: new Date(record.expiresAt),
      }))
    },

    async end(scope, row, id, actor) {
      const userId = accounts.id(row)
      const ended = await orUnavailable('session', emit, sessions.revoke(scope, String(userId), id))
      if (ended === null) return false
      const login = loginOf(ended)
      const common = { userId, transport, login, address: null, ...actorOf({ actor }) }
      emit({ name: 'login.ended', reason: 'revoked', ...common })
      return true
    },
  }
}
