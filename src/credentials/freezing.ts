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

/** An account that was just frozen. */
export interface Frozen {
  /** What stands in place of its password. */
  readonly mark: string
  readonly wasFrozen: boolean
}

/** How a frozen account is opened. */
export interface Opening {
  /** An address or number to put in the place of the one that it has; proven. */
  readonly contact?: string | undefined
  /** Only while it has this mark. */
  readonly mark?: string
  readonly actor?: UserId | undefined
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
   * Freezes an account, whatever somebody changes of it at the same moment. One that is frozen
   * already gets another mark, so that what was to open it before does not.
   *
   * @param prepare Asked with the row and the mark that it will have, before it has it: what it
   *   keeps under the mark is there once anybody can see that one.
   * @returns The mark, and whether it was frozen before; `null` where there is no such account.
   */
  async freeze(
    scope: UserScope,
    userId: UserId,
    prepare: (row: object, mark: string) => Promise<void>,
  ): Promise<Frozen | null> {
    const { accounts, revocation, devices, random, emit } = this.#parts
    for (;;) {
      const row = await accounts.byId(userId, scope)
      if (row === null) return null
      const wasFrozen = accounts.isFrozen(row)
      // Random, so that an epoch that follows the hash is another one.
      const mark = `${frozenMark}${randomToken(random, 16)}`
      await prepare(row, mark)
      const values = accounts.passwordValues(mark)
      const when = accounts.passwordValues(accounts.hashedPassword(row))
      if ((await revocation.advance(scope, row, values, when)) === null) continue
      if (wasFrozen) return { mark, wasFrozen }
      emit({ name: 'user.frozen', userId: accounts.id(row) })
      // What cannot be taken now is taken when the account is opened: until then nobody gets in.
      for (const take of this.#planted) {
        await take(scope, row).catch((error: unknown) => {
          emit({ name: 'user.freeze_incomplete', userId: accounts.id(row), error })
        })
      }
      await orGoOn('revocation', emit, revocation.clear(scope, row, 'frozen'))
      await forgetDevices(devices, scope, accounts.owner(row), emit)
      return { mark, wasFrozen }
    }
  }

  /**
   * Opens a frozen account, without a password and without any credential from before.
   *
   * @returns `false` for an account that is not frozen, or not there.
   */
  async open(
    scope: UserScope,
    userId: UserId,
    { contact, mark, actor }: Opening = {},
  ): Promise<boolean> {
    const { accounts, revocation, random, emit } = this.#parts
    for (;;) {
      const row = await accounts.byId(userId, scope)
      if (row === null || !accounts.isFrozen(row)) return false
      if (mark !== undefined && accounts.hashedPassword(row) !== mark) return false
      for (const take of this.#planted) await take(scope, row)
      const values = {
        ...accounts.passwordValues(`!${randomToken(random, 16)}`),
        ...(contact === undefined ? {} : accounts.provenContact(contact)),
      }
      const when = accounts.passwordValues(accounts.hashedPassword(row))
      if ((await revocation.advance(scope, row, values, when)) === null) continue
      emit({ name: 'user.unfrozen', userId: accounts.id(row), ...actorOf({ actor }) })
      return true
    }
  }
}
