/**
 * Sessions among all that ends when an account's credentials end.
 */
import type { StoredLogins } from '../../credentials/revocation.ts'
import { loginOf } from './records.ts'
import type { Sessions } from './sessions.ts'

export function storedSessions(sessions: Sessions): StoredLogins {
  return {
    endAll: (scope, owner, except) => sessions.revokeAll(scope, owner, except),
    alive: async (scope, owner) => (await sessions.ofUser(scope, owner)).map(loginOf),
    aliveAmong: (...call) => sessions.aliveAmong(...call),
    stamp: (scope, kept, owner, epoch) => sessions.stamp(scope, owner, kept, epoch),
  }
}
