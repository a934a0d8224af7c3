/**
 * Who may set a first password: a person who logged in a moment ago. A password opens the whole
 * account, so a stolen session or a token with few scopes must not be enough to set one.
 */
import { AuthError } from '../errors.ts'
import type { House } from '../feature.ts'
import type { Exchange } from '../http/exchange.ts'
import type { Principal } from '../principal.ts'

/** How long a login counts as one that has just happened. */
const freshMs = 600_000

/** @throws AuthError `fresh_login_required` (403). */
export type RequireFreshLogin = (exchange: Exchange, principal: Principal) => Promise<void>

/**
 * Admits a session whose login is at most ten minutes old, or that is elevated; and, by option,
 * another credential of such a login that may do all that it can be granted.
 */
export function freshLogin({
  clock,
  passwordSettings,
  persons,
  sessions,
}: House): RequireFreshLogin {
  const takesTokens = passwordSettings.setWithToken === 'fresh'
  return async (exchange, principal) => {
    const person = persons.find(({ name }) => name === principal.transport)
    const isFitting = person && (person.isSession || (takesTokens && person.isWhole(principal)))
    const provenAt = isFitting ? await person.provenAt(exchange, principal) : null
    // Turned around, so that a time that is not known is not fresh.
    if (provenAt !== null && clock() - provenAt <= freshMs) return
    if ((sessions?.of(exchange, principal)?.elevatedUntil ?? 0) > clock()) return
    throw new AuthError('fresh_login_required', 'Log in again to set a password.')
  }
}
