/**
 * The password of an account in the application's own hands: set, dropped, to be changed.
 */
import { actorOf } from '../../events.ts'
import type { House } from '../../feature.ts'
import { hookContext } from '../../hooks.ts'
import { isUnusable } from '../../passwords/passwords.ts'
import { forgetDevices } from '../mailbox-proof.ts'
import { unusablePassword } from '../new-accounts.ts'
import { hashOfNew } from '../new-password.ts'
import type { Acting, UserAdministration } from './administration.ts'
import { type Id, withRow } from './parts.ts'

export function passwordAdministration(
  house: House,
): Pick<UserAdministration, 'setPassword' | 'dropPassword' | 'requirePasswordChange'> {
  const { accounts, revocation, devices, random, runHook, emit } = house

  /** Writes what `hash` makes of the row under the next epoch; all from before ends. */
  async function replace(
    userId: Id,
    acting: Acting,
    hash: (row: object) => Promise<string | null>,
    then: (row: object) => void,
  ): Promise<boolean> {
    return withRow(house, userId, acting, async (row) => {
      if (accounts.isFrozen(row)) return null
      const written = await hash(row)
      if (written === null) return null
      const values = accounts.passwordValues(written)
      const when = accounts.passwordValues(accounts.hashedPassword(row))
      if ((await revocation.advance(acting, row, values, when)) === null) return false
      then(row)
      await revocation.clear(acting, row, 'application', acting.actor)
      await forgetDevices(devices, acting, accounts.owner(row), emit)
      return true
    })
  }

  return {
    async setPassword(userId, password, acting = {}) {
      let changed: object | undefined
      const isSet = await replace(
        userId,
        acting,
        (row) => hashOfNew(house, null, row, password, 'password'),
        (row) => {
          changed = row
          const isFirst = isUnusable(accounts.verifiableHash(row))
          emit({
            name: isFirst ? 'password.set' : 'password.changed',
            userId: accounts.id(row),
            transport: null,
            login: null,
            address: null,
            ...actorOf(acting),
          })
        },
      )
      if (changed) {
        house.passwordChanged({ exchange: null, scope: acting }, changed)
        const context = hookContext(null, null)
        await runHook('afterPasswordChanged', accounts.user(changed), context)
      }
      return isSet
    },

    dropPassword: (userId, acting = {}) =>
      replace(
        userId,
        acting,
        async (row) => (isUnusable(accounts.verifiableHash(row)) ? null : unusablePassword(random)),
        (row) => emit({ name: 'password.dropped', userId: accounts.id(row), ...actorOf(acting) }),
      ),

    requirePasswordChange: (userId, acting = {}) =>
      replace(
        userId,
        acting,
        async (row) => {
          const stored = accounts.verifiableHash(row)
          return stored === null || isUnusable(stored) ? null : accounts.markedForChange(stored)
        },
        (row) =>
          emit({ name: 'password.change_required', userId: accounts.id(row), ...actorOf(acting) }),
      ),
  }
}
