/**
 * The port for what a sign-in ends in: a transport that carries a login of a person.
 */
import type { Exchange } from '../http/exchange.ts'
import type { CredentialOwner } from '../users/accounts.ts'
import type { UserScope } from '../users/store.ts'

/** For whom a credential is made. */
export interface Issuing {
  /** `null` where no request asked: a script, a command line. */
  readonly exchange: Exchange | null
  readonly scope: UserScope
  readonly owner: CredentialOwner
  /** When the owner proved who they are, in milliseconds; `null` where nobody says so. */
  readonly provenAt: number | null
}

/** A credential that was just made. */
export interface Issued<Answer> {
  /** What the client, or the application, is told of it. */
  readonly answer: Answer
  /** Names the login; see `Principal.login`. */
  readonly login: string
  /** Set-Cookie values. */
  readonly cookies: readonly string[]
  /** Ends it again, where what follows the sign-in refused it. */
  undo(): Promise<void>
}

export interface Carrier<Options = unknown, Answer = unknown> {
  /** The name of the transport. */
  readonly name: string
  /** Whether a browser keeps the credential, in cookies. */
  readonly inCookies: boolean
  /**
   * The same, where the client keeps the credential itself: no cookie is set, and none is ended.
   * Left out where nothing but cookies can carry it.
   */
  readonly withoutCookies?: Carrier<Options, Answer>
  /** The options of a sign-in of which no client can say more, such as one by a link. */
  readonly usualOptions: unknown
  /**
   * @param options Must survive JSON: a sign-in that waits keeps them.
   * @throws AuthError `storage_unavailable` (503).
   */
  issue(issuing: Issuing, options: Options): Promise<Issued<Answer>>
  /** What the client is told of it over HTTP, by whichever route the sign-in ends. */
  body(row: object, answer: Answer): object
  /**
   * Ends the login that a request carries in cookies of this transport; returns those that then go.
   *
   * @throws AuthError `storage_unavailable` (503), `cross_origin` (403).
   */
  endOf(exchange: Exchange): Promise<readonly string[]>
}
