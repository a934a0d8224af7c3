/**
 * A frozen account: nobody is let in, whatever they have, until it is clear whose it is.
 *
 * The state is in the row, in place of the password hash, so that no storage can forget it and no
 * column is needed for it. Freezing is one update: every credential ends with it. The password is
 * lost by it on purpose: whoever opens the account sets another one.
 */
import { type Random, randomToken } from '../crypto.ts'
import { actorOf, type EventListener, type UserId } from '../events.ts'
import { orGoOn } from '../storage/outage.ts'
import type { Accounts } from '../users/accounts.ts'
import { frozenMark } from '../users/accounts.ts'
import type { UserScope } from '../users/store.ts'
import type { KnownDevices } from './known-devices.ts'
import { forgetDevices, type Planted } from './mailbox-proof.ts'
import type { Revocation } from './revocation.ts'

export interface FreezingParts {
  readonly accounts: Accounts
  readonly revocation: Revocation
  readonly devices: KnownDevices
  readonly random: Random
  readonly emit: EventListener
}

export class Freezing {
  readonly #parts: FreezingParts
  readonly #planted: Planted[] = []

  constructor(parts: FreezingParts) {
    this.#parts = parts
  }

  /** What features keep of ways into an account: whoever had got in may have added one. */
  learn(planted: readonly Planted[]): void {
    this.#planted.push(...planted)
  }

  /**
   * Freezes an account, whatever somebody changes of it at the same moment. Returns its row before
   * that, or `null` where there is none.
   */
  async freeze(scope: UserScope, userId: string | number | bigint): Promise<object | null> {
    const { accounts, revocation, devices, random, emit } = this.#parts
    const property = accounts.store.map.hashedPassword ?? 'hashedPassword'
    for (;;) {
      const row = await accounts.byId(userId, scope)
      if (row === null || accounts.isFrozen(row)) return row
      // Random, so that an epoch that follows the hash is another one.
      const values = { [property]: `${frozenMark}${randomToken(random, 16)}` }
      const when = { [property]: accounts.hashedPassword(row) }
      if ((await revocation.advance(scope, row, values, when)) === null) continue
      emit({ name: 'user.frozen', userId: accounts.id(row) })
      // What cannot be taken now is taken when the account is opened: until then nobody gets in.
      for (const take of this.#planted) await take(scope, row).catch(() => undefined)
      await orGoOn('revocation', emit, revocation.clear(scope, row, 'frozen'))
      await forgetDevices(devices, scope, accounts.owner(row), emit)
      return row
    }
  }

  /**
   * Opens a frozen account, without a password and without any credential from before.
   *
   * @param contact An address or number to put in the place of the one that it has; proven.
   * @returns `false` for an account that is not frozen, or not there.
   */
  async open(
    scope: UserScope,
    userId: string | number | bigint,
    contact?: string,
    actor?: UserId,
  ): Promise<boolean> {
    const { accounts, revocation, random, emit } = this.#parts
    const property = accounts.store.map.hashedPassword ?? 'hashedPassword'
    for (;;) {
      const row = await accounts.byId(userId, scope)
      if (row === null || !accounts.isFrozen(row)) return false
      for (const take of this.#planted) await take(scope, row)
      const values = {
        [property]: `!${randomToken(random, 16)}`,
        ...(contact === undefined ? {} : accounts.provenContact(contact)),
      }
      const when = { [property]: accounts.hashedPassword(row) }
      if ((await revocation.advance(scope, row, values, when)) === null) continue
      emit({ name: 'user.unfrozen', userId: accounts.id(row), ...actorOf({ actor }) })
      return true
    }
  }
}
