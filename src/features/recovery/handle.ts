/**
 * Recovery in the application's own hands: an administrator's reset is a message to the owner, not
 * a password that somebody else chose.
 */
import type { House } from '../../feature.ts'
import type { Principal } from '../../principal.ts'
import type { UserScope, UserTypes } from '../../users/store.ts'
import type { Confirmation } from './confirmation.ts'
import type { RecoveryMessages, RecoveryPurpose } from './messages.ts'

/** Messages of recovery, sent by the application: `auth.recovery`. */
export interface Recovery<T extends UserTypes = UserTypes> {
  /**
   * Sends a link to reset the password to the account's own address. No budget counts it, and no
   * link that was sent before ends by it.
   *
   * @returns Whether a message is on its way; `false` for a user who is not there, or has no
   *   address. What becomes of it is told by events.
   */
  sendReset(userId: T['id'], scope?: UserScope): Promise<boolean>
  /**
   * Sends a link to verify the account's address.
   *
   * @returns As `sendReset`; `false` also where the address is verified.
   */
  sendVerification(userId: T['id'], scope?: UserScope): Promise<boolean>
  /**
   * Whether the owner of this login has shown, within five minutes, by a link or a code of `POST
   * /recovery/identity-request`, that they read what is sent to the account's address. Counts once.
   * Needs `recovery({ confirmations: true })`.
   *
   * Meant for accounts without a password:
   * `sudo({ withoutPassword: (principal) => auth.recovery.confirmed(principal) })`.
   *
   * @throws AuthError `storage_unavailable` (503).
   */
  confirmed(principal: Pick<Principal, 'userId' | 'login'>, scope?: UserScope): Promise<boolean>
}

export function recoveryHandle(
  { accounts }: House,
  messages: RecoveryMessages,
  confirmation: Confirmation | null,
): Recovery {
  const send = async (purpose: RecoveryPurpose, userId: UserTypes['id'], scope: UserScope) => {
    const row = await accounts.byId(userId, scope)
    return row !== null && messages.send(scope, purpose, row)
  }
  return {
    sendReset: (userId, scope = {}) => send('reset', userId, scope),
    sendVerification: (userId, scope = {}) => send('verify', userId, scope),
    confirmed: async (principal, scope = {}) =>
      (await confirmation?.take(scope, principal)) ?? false,
  }
}
