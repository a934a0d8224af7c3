/**
 * Accounts in the application's own hands: `auth.users`.
 */
import { ConfigurationError } from '../errors.ts'
import type { EventListener } from '../events.ts'
import type { Accounts } from '../users/accounts.ts'
import type { UserScope, UserTypes } from '../users/store.ts'
import type { Freezing } from './freezing.ts'
import type { KnownDevices } from './known-devices.ts'
import { forgetDevices } from './mailbox-proof.ts'
import type { Revocation } from './revocation.ts'

/** Accounts in the application's own hands: `auth.users`. */
export interface UserAdministration<T extends UserTypes = UserTypes> {
  /**
   * Disables a user, and ends every credential: sessions, logins by tokens, sign-ins that wait, and
   * API keys that carry an epoch. What ended does not come back with the user. Other API keys are
   * dead for as long as the user is disabled.
   *
   * Without `tokenVersion` access tokens are refused only for as long as the user is disabled.
   *
   * @returns `false` for a user who is not there.
   * @throws ConfigurationError where no column says whether a user is active. AuthError
   *   `storage_unavailable` (503): the user is disabled; without `tokenVersion` logins may survive.
   */
  disable(userId: T['id'], scope?: UserScope): Promise<boolean>
  /**
   * Lets a user log in again. Whoever was disabled in another way than by `disable` loses every
   * credential from before here, as with `disable`; of a user who is active nothing ends.
   *
   * @returns `false` for a user who is not there.
   * @throws as `disable`; the user then stays disabled.
   */
  enable(userId: T['id'], scope?: UserScope): Promise<boolean>
  /**
   * Ends every credential of a user: sessions, logins by tokens, and whatever carries an epoch.
   *
   * @returns How many sessions were among them; 0 for a user who is not there.
   * @throws AuthError `storage_unavailable` (503): the epoch has risen, sessions may still be
   *   listed.
   */
  endAll(userId: T['id'], scope?: UserScope): Promise<number>
  /**
   * Opens an account that was frozen by the link of a notice: without a password, and without any
   * credential from before. Its owner resets the password next.
   *
   * @param options `contact` puts another address in the place of the one that it has, as one that
   *   is proven: whoever reads it gets the account.
   * @returns `false` for a user who is not frozen, or not there.
   */
  unfreeze(
    userId: T['id'],
    options?: { readonly contact?: string },
    scope?: UserScope,
  ): Promise<boolean>
}

export interface UserAdministrationParts {
  readonly accounts: Accounts
  readonly revocation: Revocation
  readonly freezing: Freezing
  readonly devices: KnownDevices
  readonly emit: EventListener
}

export function userAdministration({
  accounts,
  revocation,
  freezing,
  devices,
  emit,
}: UserAdministrationParts): UserAdministration {
  /** Reads the row, and again where another request changed its epoch in between. */
  async function withRow(
    userId: string | number | bigint,
    scope: UserScope,
    change: (row: object) => Promise<boolean>,
  ): Promise<boolean> {
    for (;;) {
      const row = await accounts.byId(userId, scope)
      if (row === null) return false
      if (await change(row)) return true
    }
  }

  return {
    async disable(userId, scope = {}) {
      requireColumn(accounts, 'disable')
      return withRow(userId, scope, async (row) => {
        const wasActive = accounts.isEnabled(row)
        // One statement: there is no moment at which the user is disabled under the old epoch.
        // Without an epoch a second time would write nothing, which some databases tell as failed.
        const values = wasActive || accounts.has('tokenVersion') ? accounts.activation(false) : {}
        if ((await revocation.advance(scope, row, values)) === null) return false
        if (wasActive) emit({ name: 'user.disabled', userId: accounts.id(row) })
        await revocation.clear(scope, row, 'disabled')
        await forgetDevices(devices, scope, accounts.owner(row), emit)
        return true
      })
    },

    async enable(userId, scope = {}) {
      requireColumn(accounts, 'enable')
      return withRow(userId, scope, async (row) => {
        if (accounts.isEnabled(row)) return true
        // Before: a session that an index still knows must not be alive for a moment.
        await revocation.clear(scope, row, 'disabled')
        const values = accounts.activation(true)
        if ((await revocation.advance(scope, row, values)) === null) return false
        emit({ name: 'user.enabled', userId: accounts.id(row) })
        return true
      })
    },

    async endAll(userId, scope = {}) {
      const row = await accounts.byId(userId, scope)
      return row === null ? 0 : revocation.endAll(scope, row, 'application')
    },

    unfreeze: (userId, { contact } = {}, scope = {}) => freezing.open(scope, userId, contact),
  }
}

function requireColumn(accounts: Accounts, method: string): void {
  if (accounts.has('isActive')) return
  throw new ConfigurationError([
    `auth.users.${method}() needs a column that says whether a user is active; map columns: { isActive: … }, or end the user's credentials with auth.users.endAll()`,
  ])
}
