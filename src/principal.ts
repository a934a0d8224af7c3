/**
 * Who is calling: one shape, whatever carried the credential.
 *
 * A principal is frozen and safe to serialise: it holds neither the password hash nor any part of
 * a credential.
 */
import type { UserTypes } from './users/store.ts'

/** Who is calling. Frozen, and safe to serialise. */
export interface Principal<T extends UserTypes = UserTypes> {
  /** The primary key, in its own type. */
  readonly userId: T['id']
  /** The application's row, without the password hash. */
  readonly user: Readonly<T['user']>
  /** The name of the transport that carried the credential: `session`, `bearer`, … */
  readonly transport: string
  /** What the credential may do. Empty for sessions: a scope gate always refuses them. */
  readonly scopes: readonly string[]
  readonly isSuperuser: boolean
  readonly emailVerified: boolean
  /** Whether the recovery factor (`email` by default) is proven. */
  readonly recoveryVerified: boolean
  /**
   * Names the login behind the credential, for limits and logs: the same in every request of it,
   * however often its session or its tokens are renewed. It opens nothing. Of an API key it is the
   * key's id; where a transport does not say, the user's id.
   */
  readonly login: string
  /** What the transport adds; for a session its opaque handle, `sessionHandle`. */
  readonly metadata: Readonly<Record<string, unknown>>
}

/** What a transport says of a principal beyond the user. */
export interface PrincipalFacts {
  readonly transport: string
  readonly scopes?: readonly string[]
  /** See `Principal.login`. Left out, all that this transport admits for a user is one login. */
  readonly login?: string
  readonly metadata?: Readonly<Record<string, unknown>>
}
