/**
 * Whether an account lets anybody in, and the end of what does: disable, enable, unfreeze, end.
 */
import { AuthError, ConfigurationError } from '../../errors.ts'
import { actorOf } from '../../events.ts'
import type { House } from '../../feature.ts'
import { invalidBody } from '../../http/body.ts'
import type { Accounts } from '../../users/accounts.ts'
import { fieldRule } from '../../users/field-rules.ts'
import { UniqueViolation, type UserScope } from '../../users/store.ts'
import { forgetDevices } from '../mailbox-proof.ts'
import type { UserAdministration } from './administration.ts'
import { type Id, withRow } from './parts.ts'

export function standing(
  house: House,
): Pick<UserAdministration, 'disable' | 'enable' | 'endAll' | 'unfreeze'> {
  const { accounts, revocation, devices, freezing, emit } = house
  return {
    async disable(userId, acting = {}) {
      requireColumn(accounts, 'disable')
      return withRow(house, userId, acting, async (row) => {
        const wasActive = accounts.isEnabled(row)
        // One statement: there is no moment at which the user is disabled under the old epoch.
        // Without an epoch a second time would write nothing, which some databases tell as failed.
        const values = wasActive || accounts.has('tokenVersion') ? accounts.activation(false) : {}
        if ((await revocation.advance(acting, row, values)) === null) return false
        if (wasActive) {
          emit({ name: 'user.disabled', userId: accounts.id(row), ...actorOf(acting) })
        }
        await revocation.clear(acting, row, 'disabled', acting.actor)
        await forgetDevices(devices, acting, accounts.owner(row), emit)
        return true
      })
    },

    async enable(userId, acting = {}) {
      requireColumn(accounts, 'enable')
      return withRow(house, userId, acting, async (row) => {
        if (accounts.isEnabled(row)) return true
        // Before: a session that an index still knows must not be alive for a moment.
        await revocation.clear(acting, row, 'disabled', acting.actor)
        const values = accounts.activation(true)
        if ((await revocation.advance(acting, row, values)) === null) return false
        emit({ name: 'user.enabled', userId: accounts.id(row), ...actorOf(acting) })
        return true
      })
    },

    async endAll(userId, acting = {}) {
      const row = await accounts.byId(userId, acting)
      return row === null ? 0 : revocation.endAll(acting, row, 'application', acting.actor)
    },

    async unfreeze(userId, { contact, ...acting } = {}) {
      const judged =
        contact === undefined ? contact : await judgedContact(accounts, userId, contact, acting)
      try {
        return await freezing.open(acting, userId, { contact: judged, actor: acting.actor })
      } catch (error) {
        throw error instanceof UniqueViolation ? takenContact() : error
      }
    },
  }
}

function requireColumn(accounts: Accounts, method: string): void {
  if (accounts.has('isActive')) return
  throw new ConfigurationError([
    `auth.users.${method}() needs a column that says whether a user is active; map columns: { isActive: … }, or end the user's credentials with auth.users.endAll()`,
  ])
}

/**
 * A contact that nobody else has, in the form of its field.
 *
 * @throws AuthError `validation_failed`, `duplicate_value` (422).
 */
async function judgedContact(
  accounts: Accounts,
  userId: Id,
  contact: string,
  scope: UserScope,
): Promise<string> {
  const { recovery } = accounts.identity
  if (recovery === null) throw new TypeError('crudauth: accounts have no address to put there')
  const judged = fieldRule(accounts, recovery).read(contact)
  if ('problem' in judged) {
    const errors = [{ path: 'contact', message: judged.problem }]
    throw new AuthError('validation_failed', invalidBody, { errors })
  }
  const others = await Promise.all([
    accounts.byIdentifier(judged.value, scope),
    accounts.byRecoveryContact(judged.value, scope),
  ])
  const isOthers = (row: object | null) =>
    row !== null && String(accounts.id(row)) !== String(userId)
  if (others.some(isOthers)) throw takenContact()
  return judged.value
}

function takenContact(): AuthError {
  const errors = [{ path: 'contact', message: 'Another account has it.' }]
  return new AuthError('duplicate_value', 'Account already exists', { errors })
}
