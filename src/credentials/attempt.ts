/**
 * A check of the application's own, such as a directory's or an old system's, inside of the
 * lockout: `auth.attempt`.
 */
import type { House } from '../feature.ts'
import type { UserTypes } from '../users/store.ts'

/**
 * Whether a credential is right; nothing but `true` admits.
 *
 * It gets the user whom the identifier means, or `null`: where there is none, and where an account
 * is closed to strangers. It should do the same work for both, or its time tells who is there.
 */
export type CredentialCheck<T extends UserTypes = UserTypes> = (
  user: Readonly<T['user']> | null,
) => boolean | Promise<boolean>

/** The options of `auth.attempt`. */
export interface AttemptOptions<T extends UserTypes = UserTypes> {
  /** What makes a client without cookies known; see `device_token` of `/token`. */
  readonly deviceToken?: string
  /**
   * Makes the account of somebody who is right and has none here yet, such as with
   * `auth.users.create`. Default: nobody gets in without an account.
   */
  readonly create?: () => Readonly<T['user']> | Promise<Readonly<T['user']>>
}

/** `auth.attempt` for calls of one framework. */
export type Attempt<T extends UserTypes = UserTypes, C = unknown> = (
  call: C,
  identifier: string,
  check: CredentialCheck<T>,
  options?: AttemptOptions<T>,
) => Promise<Readonly<T['user']>>

export function attempts({ accounts, calls, passwordChecks }: House): Attempt {
  return async (call, identifier, check, { deviceToken, create } = {}) => {
    const exchange = await calls.exchange(call)
    const judge = (row: object | null) => check(row === null ? null : accounts.user(row))
    const options = {
      ...(deviceToken === undefined ? {} : { deviceToken }),
      takesStrangers: create !== undefined,
    }
    const row = await passwordChecks.attempt(exchange, identifier, judge, options)
    if (row !== null) return accounts.user(row)
    if (create === undefined) throw new Error('crudauth: nobody without an account is admitted')
    return create()
  }
}
