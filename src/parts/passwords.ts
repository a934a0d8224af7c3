/**
 * Passwords by themselves: hashes in the formats of the library, for an import, a script, or a
 * check of your own.
 */
import { type Random, randomToken, secureRandom } from '../crypto.ts'
import type { EventListener } from '../events.ts'
import { warnOnTrouble } from '../listener.ts'
import { settled } from '../options/declare.ts'
import { type PasswordOptions, passwordOptions } from '../passwords/options.ts'
import { isUnusable, type PasswordCheck, passwords } from '../passwords/passwords.ts'

export type { PasswordCheck, PasswordOptions }

/** Hashes and verifies passwords, a bounded number at once. */
export interface PasswordHashing {
  /**
   * Hashes a password.
   *
   * @throws AuthError `overloaded` (503) where too many wait already.
   */
  hash(password: string): Promise<string>
  /**
   * Whether a password has the stored hash, and whether that should be replaced by a new one.
   *
   * Of `null`, for somebody who is not there, it verifies a decoy: the answer is no, after the same
   * time. Never skip it for who is not there.
   *
   * @throws AuthError `overloaded` (503).
   */
  verify(password: string, stored: string | null): Promise<PasswordCheck>
  /**
   * Why a new password is not acceptable, as a sentence for the end user, or `null`.
   *
   * @param names What else is known of the account, such as its address: no password may be made of
   *   it.
   */
  check(password: string, names?: readonly string[]): Promise<string | null>
}

/**
 * Hashes and verifies as `crudAuth({ passwords })` does.
 *
 * @throws ConfigurationError for options that are none.
 *
 * @example
 * ```ts
 * const hashing = passwordHashing({ format: 'argon2id' })
 * const { ok } = await hashing.verify(password, user?.hash ?? null)
 * ```
 */
export function passwordHashing(
  options: PasswordOptions = {},
  { onEvent = warnOnTrouble }: { readonly onEvent?: EventListener } = {},
): PasswordHashing {
  settled(passwordOptions, options, 'passwords')
  const { hash, verify, check } = passwords(options, { emit: onEvent })
  return {
    hash: (password) => hash(password),
    verify: (password, stored) => verify(password, stored),
    check: (password, names = []) => check(password, names),
  }
}

/**
 * What stands in place of a hash for somebody without a password: none has it, and no two are
 * alike.
 *
 * @example
 * ```ts
 * await db.update(users).set({ hashedPassword: unusablePassword() })
 * ```
 */
export function unusablePassword(random: Random = secureRandom): string {
  return `!${randomToken(random, 16)}`
}

/**
 * Whether what is stored is that of somebody without a password: nothing, or a text with `!` before
 * it.
 *
 * @example
 * ```ts
 * const mayReset = !isUnusablePassword(user.hashedPassword)
 * ```
 */
export function isUnusablePassword(stored: string | null | undefined): boolean {
  return isUnusable(stored)
}
