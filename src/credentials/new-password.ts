/** A new password of an account that was proven otherwise than by the old one. */
import { AuthError } from '../errors.ts'
import type { House } from '../feature.ts'
import { invalidBody } from '../http/body.ts'
import type { Exchange } from '../http/exchange.ts'

/**
 * Its hash.
 *
 * @param path What the password is called where it comes from.
 * @throws AuthError `validation_failed` (422) for what the policy refuses; `overloaded` (503).
 */
export async function hashOfNew(
  { accounts, passwords }: House,
  exchange: Exchange | null,
  row: object,
  password: string,
  path = 'new_password',
): Promise<string> {
  const message = await passwords.check(password, [
    ...accounts.identifiers(row),
    accounts.recoveryContact(row) ?? '',
  ])
  if (message !== null) {
    throw new AuthError('validation_failed', invalidBody, {
      errors: [{ path, message }],
    })
  }
  return passwords.hash(password, exchange?.caller)
}
