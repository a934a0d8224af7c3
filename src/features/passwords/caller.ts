/**
 * The session and the browser that ask for a new password: they live on, all others end.
 */
import type { KeptLogin } from '../../credentials/revocation.ts'
import { AuthError } from '../../errors.ts'
import type { House } from '../../feature.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { Reply } from '../../http/route.ts'
import type { Principal } from '../../principal.ts'
import { orGoOn, orUnavailable } from '../../storage/outage.ts'

/** The calling session under its new identifier, which nobody knows yet. */
export interface ClaimedSession extends KeptLogin {
  /** A Set-Cookie value. */
  readonly cookie: string
}

/**
 * Gives the calling session its new identifier, before anything is written. Of several requests at
 * once that would, such as this and sudo, one does, and the others have changed nothing: so the
 * browser gets one new cookie, and the session that it opens is the one that lives on. `null` for a
 * caller without a session.
 *
 * @throws AuthError `not_authenticated` (401) where the session is gone, `storage_unavailable`.
 */
export async function claimSession(
  { sessions, emit }: House,
  exchange: Exchange,
  principal: Principal,
): Promise<ClaimedSession | null> {
  if (!sessions?.of(exchange, principal)) return null
  const cookie = await orUnavailable('password', emit, sessions.rotate(exchange, principal, {}))
  const session = sessions.of(exchange, principal)
  if (cookie === null || session === null) {
    throw new AuthError('not_authenticated', 'Session no longer exists.')
  }
  return { cookie, login: principal.login, handle: session.handle }
}

/** An error by which nothing was written; the session has its new identifier all the same. */
export function refusedAfterClaim(error: unknown, claimed: ClaimedSession | null): Reply {
  if (claimed === null || !(error instanceof AuthError)) throw error
  return { error, cookies: [claimed.cookie] }
}

/**
 * Keeps the session that asked through the new epoch, and ends the other sessions; returns the
 * cookies that follow. The change has happened and cannot fail any more: without the storage the
 * caller is logged out as well.
 */
export async function keepCaller(
  house: House,
  exchange: Exchange,
  claimed: ClaimedSession | null,
  row: object,
  epoch: number,
): Promise<readonly string[]> {
  const { sessions, revocation, emit } = house
  const { scope } = exchange
  const kept =
    claimed === null ||
    (await orGoOn(
      'password',
      emit,
      revocation.stamp(scope, row, claimed, epoch).then(() => true),
    ))
  // What is not deleted is dead all the same: it carries the epoch from before.
  await orGoOn('password', emit, revocation.endLogins(scope, row, claimed?.login ?? null))
  if (claimed && kept) return [claimed.cookie]
  return sessions && claimed ? [sessions.cookie.clear(), sessions.csrfCookie.clear()] : []
}
