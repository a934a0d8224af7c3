/**
 * Who may set a first password: people who have just proven who they are. The password will be a proof for
 * all that the account can do, so that a credential of fewer rights, or one that was found somewhere, must
 * not be able to make it.
 */
import { AuthError } from '../../errors.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { Principal } from '../../principal.ts'
import type { BearerTransport } from '../bearer/bearer.ts'
import { isElevated } from '../session/record.ts'
import type { SessionTransport } from '../session/session.ts'

/** How long a login counts as one that has just happened. */
const freshMs = 600_000

export interface FreshLoginParts {
  /** `null` where sessions are not configured. */
  readonly transport: SessionTransport | null
  /** `null` where access tokens are not to set a password. */
  readonly bearer: BearerTransport | null
  readonly clock: () => number
}

/** @throws AuthError `fresh_login_required` (403). */
export type RequireFreshLogin = (exchange: Exchange, principal: Principal) => Promise<void>

/**
 * Admits a session whose login is at most ten minutes old, or that is elevated; and, where there is
 * `bearer`, an access token of such a login with every scope that can be granted.
 */
export function freshLogin({ transport, bearer, clock }: FreshLoginParts): RequireFreshLogin {
  // Turned around, so that a time that is not known is not fresh.
  const isFresh = (ms: number | null) => ms !== null && clock() - ms <= freshMs

  const isSession = ({ request }: Exchange, principal: Principal) => {
    const record = transport?.sessionOf(request, principal)?.record
    return record !== undefined && (isFresh(record.createdAt) || isElevated(record, clock()))
  }
  const isToken = async (exchange: Exchange, { transport: name, scopes }: Principal) => {
    if (bearer === null || name !== bearer.name) return false
    const isWhole = bearer.settings.grantableScopes.every((scope) => scopes.includes(scope))
    const authTime = isWhole ? await bearer.authTimeOf(exchange) : null
    return authTime !== null && isFresh(authTime * 1000)
  }

  return async (exchange, principal) => {
    if (isSession(exchange, principal) || (await isToken(exchange, principal))) return
    throw new AuthError('fresh_login_required', 'Log in again to set a password.')
  }
}
