/**
 * From an application to a browser: somebody who is signed in in an application opens a page that
 * is signed in as well.
 *
 * The application gets a code for a challenge, and who made the challenge redeems it, by a request
 * of a page of ours. An address with everything in it would sign in whoever opens it: a thief who
 * finds it, and a victim to whom somebody sends their own (login CSRF, RFC 9700 §4.7). So the code
 * is good once, for a minute, with the verifier, and from no page of another site.
 *
 * The session is one of the account as after any login. When its owner was proven is what the
 * tokens say of it: a hand-off proves nothing anew, so it opens neither sudo nor what wants a
 * fresh login. And it lives no longer than the login that opened it: who logs out in the
 * application, or ends the login of a telephone that was stolen, means what it opened as well.
 */
import type { Carrier } from '../../credentials/carrier.ts'
import { AuthError } from '../../errors.ts'
import type { House, PersonTransport } from '../../feature.ts'
import type { BuiltGate } from '../../gates.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { Reply } from '../../http/route.ts'
import type { Principal } from '../../principal.ts'
import type { ClientCodes } from './codes.ts'
import { OAuthRefusal } from './errors.ts'
import type { WebSignIn } from './web-sign-in.ts'

/** Seconds: the page opens at once. */
const codeSeconds = 60

export interface HandOffParts {
  readonly house: House
  readonly codes: ClientCodes
  readonly web: WebSignIn
  /** The transport of applications. */
  readonly person: PersonTransport
  /** What the browser gets. */
  readonly session: Carrier
}

export class HandOff {
  readonly #parts: HandOffParts
  /** The application that is signed in. */
  readonly gate: BuiltGate

  constructor(parts: HandOffParts) {
    this.#parts = parts
    this.gate = parts.house.gatekeeper.build({ transport: parts.person.name })
  }

  /**
   * @throws AuthError `not_authenticated` (401) where the login has ended, whose last access token
   *   still lives; `insufficient_scope` (403) for a token that may not do all that one can;
   *   `storage_unavailable` (503).
   */
  async code(exchange: Exchange, principal: Principal, challenge: string): Promise<Reply> {
    const { house, codes, person } = this.#parts
    if (!person.isWhole(principal)) {
      throw new AuthError('insufficient_scope', 'The token may do less than a session.')
    }
    const row = await exchange.resolveUser(principal.userId)
    const isAlive = (await house.gatekeeper.recheck(exchange, this.gate)) !== null
    if (row === null || !isAlive) throw new AuthError('not_authenticated', 'Not authenticated')
    const provenAt = await person.provenAt(exchange, principal)
    const { login } = principal
    const code = await codes.issue(exchange, { row, challenge, provenAt, login }, codeSeconds)
    return { status: 200, body: { code, expires_in: codeSeconds } }
  }

  /** @throws AuthError `oauth_code_invalid` (400); what a sign-in throws. */
  async redeem(exchange: Exchange, code: string, verifier: string): Promise<Reply> {
    const { house, codes, person, session, web } = this.#parts
    try {
      const found = await codes.redeem(exchange, { code, verifier })
      const { scope } = exchange
      const login = found?.login
      // Without a login that is alive there would be nothing with which the session ends.
      const isOpen = login !== undefined && (await person.isAlive?.(scope, login)) === true
      if (found === null || !isOpen) throw new OAuthRefusal('code_invalid', '')
      const { row, provenAt } = found
      const place = { exchange, scope }
      const proof = { method: 'application', row, provenAt } as const
      const openedBy = { transport: person.name, login }
      const options = { metadata: { login_type: 'hand_off' }, openedBy }
      const { body, cookies } = await house.signIn.complete(place, proof, session, options)
      return { status: 200, body, cookies }
    } catch (error) {
      throw web.errorOf(exchange, '', error)
    }
  }
}
