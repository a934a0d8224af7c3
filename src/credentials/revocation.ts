/**
 * The end of an account's credentials, all at once: sessions, tokens, and keys that carry an epoch.
 *
 * What ends them is the epoch, in the users table: no credential of another one is accepted,
 * whatever an index remembers. Sessions and the families of refresh tokens are then deleted too, so
 * that they are gone from lists. A table without `tokenVersion` has an epoch that changes with the
 * password only: without such a change this is all that can be done there.
 */
import { actorOf, type EventListener, type RevocationReason, type UserId } from '../events.ts'
import { orUnavailable } from '../storage/outage.ts'
import { type Accounts, type CredentialOwner, maxEpoch } from '../users/accounts.ts'
import type { UserScope } from '../users/store.ts'

/** A login that is to live on. */
export interface KeptLogin {
  /** See `Principal.login`. */
  readonly login: string
  /** What it was last known by. It may have another handle by now. */
  readonly handle: string
}

/** The logins that one transport keeps in the storage. */
export interface StoredLogins {
  /**
   * Ends those of the owner's epoch, but for one; how many sessions were among them.
   *
   * @param except See `Principal.login`.
   */
  endAll(scope: UserScope, owner: CredentialOwner, except: string | null): Promise<number>
  /** The ids of those of the owner's epoch that are alive; see `Principal.login`. */
  alive?(scope: UserScope, owner: CredentialOwner): Promise<readonly string[]>
  /** The same of these few ids, whose cost does not grow with the owner's logins. */
  aliveAmong?(
    scope: UserScope,
    owner: CredentialOwner,
    logins: readonly string[],
  ): Promise<readonly string[]>
  /**
   * Stamps one with another epoch, so that it lives on. One of somebody else, or one that had died
   * already, is not brought to life. Left out where logins cannot be spared.
   */
  stamp?(scope: UserScope, kept: KeptLogin, owner: CredentialOwner, epoch: number): Promise<void>
}

export interface EndedOthers {
  /** The account's epoch by now. */
  readonly epoch: number
  /** How many other sessions ended. */
  readonly sessions: number
}

export class Revocation {
  readonly #accounts: Accounts
  readonly #logins: StoredLogins[] = []
  readonly #emit: EventListener

  constructor(accounts: Accounts, emit: EventListener) {
    this.#accounts = accounts
    this.#emit = emit
  }

  /** What features bring: each transport's logins. */
  learn(logins: readonly StoredLogins[]): void {
    this.#logins.push(...logins)
  }

  /**
   * Ends every credential of the account, whatever its epoch is by now; how many sessions ended.
   *
   * @throws AuthError `storage_unavailable` (503): the epoch has risen, sessions may still be
   *   listed.
   */
  async endAll(
    scope: UserScope,
    row: object,
    reason: RevocationReason = 'application',
    actor?: UserId,
  ): Promise<number> {
    const { store } = this.#accounts
    const property = store.map.tokenVersion
    if (property !== undefined) {
      await store.increment(this.#accounts.id(row), property, maxEpoch, scope)
    }
    return this.clear(scope, row, reason, actor)
  }

  /**
   * Deletes what there is of logins under an epoch that has ended, and says so; how many sessions.
   *
   * @throws AuthError `storage_unavailable` (503).
   */
  async clear(
    scope: UserScope,
    row: object,
    reason: RevocationReason,
    actor?: UserId,
  ): Promise<number> {
    const sessions = await this.#stored(this.endLogins(scope, row, null))
    this.#tell(row, sessions, reason, actor)
    return sessions
  }

  #tell(row: object, sessions: number, reason: RevocationReason, actor?: UserId): void {
    const userId = this.#accounts.id(row)
    this.#emit({ name: 'credentials.revoked', userId, sessions, reason, ...actorOf({ actor }) })
  }

  /**
   * Ends every credential of the account but one session, which is stamped anew with the epoch that
   * follows. `null` when somebody else ended them all since the row was read, that one too.
   *
   * @throws AuthError `storage_unavailable` (503): the epoch has risen, so that all may have ended.
   */
  async endOthers(
    scope: UserScope,
    row: object,
    kept: KeptLogin,
    reason: RevocationReason = 'application',
  ): Promise<EndedOthers | null> {
    const epoch = await this.advance(scope, row)
    if (epoch === null) return null
    await this.#stored(this.stamp(scope, row, kept, epoch))
    const sessions = await this.#stored(this.endLogins(scope, row, kept.login))
    this.#tell(row, sessions, reason)
    return { epoch, sessions }
  }

  /**
   * Stamps one login with the epoch that followed the row's. Whatever identifier it gets meanwhile,
   * it is the login that lives on.
   */
  async stamp(scope: UserScope, row: object, kept: KeptLogin, epoch: number): Promise<void> {
    const owner = this.#accounts.owner(row)
    for (const logins of this.#logins) await logins.stamp?.(scope, kept, owner, epoch)
  }

  /**
   * Writes these values and the next epoch in one statement, if the row still has the epoch with
   * which it was read, and the values of `when`. Returns the new epoch, for what is to live on:
   * without a column for it, the one that these values make.
   *
   * It is exactly one more than the row's: a credential that is stamped with it does not outlive a
   * revocation that comes at the same time. The loser of that race gets `null`, and has written
   * nothing.
   */
  async advance(
    scope: UserScope,
    row: object,
    values: Readonly<Record<string, unknown>> = {},
    when: Readonly<Record<string, unknown>> = {},
  ): Promise<number | null> {
    const accounts = this.#accounts
    const property = accounts.store.map.tokenVersion
    const epoch = accounts.epoch(row)
    const next = epoch >= maxEpoch ? 0 : epoch + 1
    const counted: Record<string, unknown> =
      property === undefined ? {} : { [property]: accounts.storedEpoch(next) }
    const expected: Record<string, unknown> =
      property === undefined ? {} : { [property]: (row as Record<string, unknown>)[property] }
    const written = { ...values, ...counted }
    if (Object.keys(written).length === 0) return epoch
    const id = accounts.id(row)
    const isOurs = await accounts.store.update(id, written, scope, { ...when, ...expected })
    if (!isOurs) return null
    return property === undefined ? accounts.epoch({ ...row, ...values }) : next
  }

  /**
   * Deletes the sessions of the row's own epoch, but for one, and ends all logins by refresh
   * tokens; how many sessions.
   */
  async endLogins(scope: UserScope, row: object, except: string | null): Promise<number> {
    const owner = this.#accounts.owner(row)
    // What one of them throws must not keep the others from being asked.
    const ended = await Promise.all(
      this.#logins.map(async (one) => one.endAll(scope, owner, except)),
    )
    return ended.reduce((sum, sessions) => sum + sessions, 0)
  }

  /**
   * The ids of the account's logins that are alive and kept in the storage; see `Principal.login`.
   *
   * @throws AuthError `storage_unavailable` (503).
   */
  async aliveLogins(scope: UserScope, row: object): Promise<ReadonlySet<string>> {
    const owner = this.#accounts.owner(row)
    const asked = this.#logins.map(async (one) => (await one.alive?.(scope, owner)) ?? [])
    return new Set((await this.#stored(Promise.all(asked))).flat())
  }

  /**
   * Those of these ids that are such logins.
   *
   * @throws AuthError `storage_unavailable` (503).
   */
  async aliveAmong(
    scope: UserScope,
    row: object,
    logins: readonly string[],
  ): Promise<ReadonlySet<string>> {
    const owner = this.#accounts.owner(row)
    const asked = this.#logins.map(
      async (one) => (await one.aliveAmong?.(scope, owner, logins)) ?? [],
    )
    return new Set((await this.#stored(Promise.all(asked))).flat())
  }

  #stored<Value>(operation: Promise<Value>): Promise<Value> {
    return orUnavailable('revocation', this.#emit, operation)
  }
}
