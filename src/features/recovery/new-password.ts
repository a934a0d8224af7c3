/** A new password that comes with a proof of the mailbox. */
import { AuthError } from '../../errors.ts'
import type { House } from '../../feature.ts'
import { invalidBody } from '../../http/body.ts'
import type { Exchange } from '../../http/exchange.ts'

/**
 * Its hash.
 *
 * @throws AuthError `validation_failed` (422) for what the policy refuses; `overloaded` (503).
 */
export async function hashOfNew(
  { accounts, passwords }: House,
  exchange: Exchange,
  row: object,
  password: string,
): Promise<string> {
  const message = await passwords.check(password, [
    ...accounts.identifiers(row),
    accounts.recoveryContact(row) ?? '',
  ])
  if (message !== null) {
    throw new AuthError('validation_failed', invalidBody, {
      errors: [{ path: 'new_password', message }],
    })
  }
  return passwords.hash(password, exchange.caller)
}
