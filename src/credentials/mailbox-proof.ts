/**
 * A proof of an account's mailbox, or telephone, or address at a provider that verifies: what it
 * shows, and what it does not.
 *
 * It shows who reads what is sent there. It does not show who chose the password, or who made the
 * sessions, keys and links that there are: somebody may have registered with another's address and
 * waited (pre-hijacking: Sudhodanan and Paverd, USENIX Security 2022). So the first proof of an
 * account either keeps everything, where it comes from whoever made it, or drops everything, in one
 * conditional update of the row: proven, with another password, under a new epoch. What was planted
 * carries the old epoch and is dead, whether or not it can be deleted as well.
 */
import { actorOf, type EventListener, type RevocationReason, type UserId } from '../events.ts'
import type { HookContext, RunHook } from '../hooks.ts'
import { orGoOn, orUnavailable } from '../storage/outage.ts'
import type { Accounts, CredentialOwner } from '../users/accounts.ts'
import type { UserScope } from '../users/store.ts'
import type { KnownDevices } from './known-devices.ts'
import type { Revocation } from './revocation.ts'

/** What fails here is told: a device that stays known has guesses of its own, and no more. */
export async function forgetDevices(
  devices: KnownDevices,
  scope: UserScope,
  owner: CredentialOwner,
  emit: EventListener,
): Promise<void> {
  await orGoOn('known_device', emit, devices.forget(scope, owner.id))
}

/** Takes away what may have been planted in an account. */
export type Planted = (scope: UserScope, row: object) => Promise<void>

export interface MailboxProofParts {
  readonly devices: KnownDevices
  readonly accounts: Accounts
  readonly revocation: Revocation
  readonly runHook: RunHook
  readonly emit: EventListener
}

export class MailboxProof {
  readonly #parts: MailboxProofParts
  readonly #planted: Planted[] = []

  constructor(parts: MailboxProofParts) {
    this.#parts = parts
  }

  /** What features keep of ways into an account beside the password, such as identities. */
  learn(planted: readonly Planted[]): void {
    this.#planted.push(...planted)
  }

  /**
   * Proves the contact and keeps everything. `false` when the row has changed since it was read,
   * and nothing was written.
   *
   * @throws whatever the hook throws; the contact is proven by then.
   */
  async keep(
    scope: UserScope,
    row: object,
    context: HookContext,
    actor?: UserId,
  ): Promise<boolean> {
    const { accounts } = this.#parts
    const values = accounts.verifiedValues(true)
    const id = accounts.id(row)
    if (!(await accounts.store.update(id, values, scope, accounts.provenState(row)))) return false
    await this.#verified({ ...row, ...values }, context, actor)
    return true
  }

  /**
   * Proves the contact, gives the account this password hash, and ends every credential that there
   * was. `null` when the row has changed since it was read, and the password is as it was; else the
   * row as it is now.
   *
   * Other ways in, such as identities at providers, go with a first proof alone. They go before the
   * epoch rises, so that none leads to a credential of the new epoch, and once more after it, since
   * a login of the old one may have added another meanwhile.
   *
   * A further proof of a contact that was proven before does the same, without the hook.
   *
   * @throws whatever the hook throws; all of it has happened by then.
   */
  async drop(
    scope: UserScope,
    row: object,
    hashedPassword: string,
    context: HookContext,
    {
      reason = 'first_proof',
      keepsDevices = false,
    }: { readonly reason?: RevocationReason; readonly keepsDevices?: boolean } = {},
  ): Promise<object | null> {
    const { accounts, revocation, devices, emit } = this.#parts
    const isFirst = !accounts.isVerified(row)
    const forget = () => devices.forget(scope, accounts.owner(row).id)
    // First of all, so that no device stays known whose list cannot be deleted: nothing has
    // changed then. And once more at the end, since a login may have brought one back.
    if (!keepsDevices) await orUnavailable('known_device', emit, forget())
    if (isFirst) await this.#takeAway(scope, row)
    const property = accounts.store.map.hashedPassword ?? 'hashedPassword'
    const values = { ...accounts.verifiedValues(true), [property]: hashedPassword }
    const epoch = await revocation.advance(scope, row, values, accounts.provenState(row))
    if (epoch === null) return null
    if (isFirst) await this.#takeAway(scope, row)
    // They are dead by their epoch: what cannot be deleted now only stays in lists.
    await orGoOn('revocation', emit, revocation.clear(scope, row, reason))
    if (!keepsDevices) await orGoOn('known_device', emit, forget())
    const { tokenVersion } = accounts.store.map
    const counted = tokenVersion ? { [tokenVersion]: accounts.storedEpoch(epoch) } : {}
    const now = { ...row, ...values, ...counted }
    if (isFirst) await this.#verified(now, context)
    return now
  }

  async #takeAway(scope: UserScope, row: object): Promise<void> {
    for (const take of this.#planted) await take(scope, row)
  }

  async #verified(row: object, context: HookContext, actor?: UserId): Promise<void> {
    const { accounts, runHook, emit } = this.#parts
    if (!accounts.isVerified(row)) return
    emit({ name: 'recovery.verified', userId: accounts.id(row), ...actorOf({ actor }) })
    await runHook('afterRecoveryVerified', accounts.user(row), context)
  }
}
