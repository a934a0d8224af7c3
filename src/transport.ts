/**
 * The port for a way to carry a credential: session cookie, bearer token, API key, one's own.
 *
 * The rule that every transport keeps: an absent credential is `null`, and the next transport is
 * asked; a credential that is present but invalid throws an `AuthError`, which ends the request
 * even where authentication is optional. A credential that was good and has died (expired, user
 * gone or disabled) counts as absent.
 */
import type { ErrorCode } from './errors.ts'
import type { Eventually } from './eventually.ts'
import type { ClientAddress } from './http/client-address.ts'
import type { SecurityScheme } from './http/openapi.ts'
import type { Principal, PrincipalFacts } from './principal.ts'
import type { UserScope } from './users/store.ts'

/** What a transport may ask while it authenticates one request. */
export interface TransportContext {
  readonly request: Request
  readonly address: ClientAddress | null
  readonly scope: UserScope
  /** Whether the method is one that must not change anything. */
  readonly isSafe: boolean
  cookie(name: string): string | undefined
  /**
   * The values of the cookies of this name, sixteen at most: a neighbouring host may have planted
   * others.
   */
  cookies(name: string): readonly string[]
  /**
   * The live, active user with this id (given as text or in its own type), or `null`. Loaded once
   * per request. At once, where the database's driver is synchronous; `await` takes both.
   */
  resolveUser(id: string | number | bigint): Eventually<object | null>
  /** The same of a user's row that was read with the credential in this very request. */
  knownUser(row: object): object | null
  /**
   * Says in `WWW-Authenticate` why a credential that is present does not count, should the request
   * end with 401 (RFC 6750 §3).
   */
  challenge(value: string): void
  /** The epoch of a user's credentials: a credential stamped with another one is dead. */
  epochOf(user: object): number
  /** What a transport of the library found besides the principal; see `Exchange.credential`. */
  credential: { readonly principal: Principal; readonly known: unknown } | null
  /** The principal for a user that `resolveUser` returned. */
  principal(user: object, facts: PrincipalFacts): Principal
}

/** A way to carry a credential. Implement it for one of your own, and list it in `transports`. */
export interface Transport {
  /** Short, stable, unique in a configuration; it ends up in `principal.transport`. */
  readonly name: string
  /** The `WWW-Authenticate` of a 401 without any credential, where the transport has a scheme. */
  readonly challenge?: string
  /** The scopes that its credentials can have at all. Left out where that is not known. */
  readonly scopes?: readonly string[]
  /** What a credential of it can be answered with besides 401, for the OpenAPI document. */
  readonly errors?: readonly ErrorCode[]
  /** How OpenAPI names the credential; left out, the document does not mention the transport. */
  readonly securityScheme?: SecurityScheme
  authenticate(context: TransportContext): Eventually<Principal | null>
  /**
   * Whether a login that was found at the beginning of a long request still lives, for
   * `auth.recheck`: who it is by now, or `null`. Default: `authenticate`, asked anew.
   */
  recheck?(context: TransportContext, before: Principal): Promise<Principal | null>
}
