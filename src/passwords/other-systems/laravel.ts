/**
 * Laravel's hashes: whatever PHP's `password_hash` writes.
 */

import type { AdoptedFormat } from '../adopted-format.ts'
import { type Argon2HashOptions, argon2 } from './argon2.ts'
import { type BcryptOptions, bcrypt } from './bcrypt.ts'

/** Which driver wrote most hashes, and at what cost. Used for absent accounts only. */
export interface LaravelOptions extends Pick<BcryptOptions, 'cost'> {
  /** The `HASH_DRIVER` that wrote most hashes; for the decoy. Default `bcrypt`. */
  driver?: 'bcrypt' | 'argon2'
  argon2?: Argon2HashOptions
}

/**
 * Verifies Laravel's hashes: bcrypt (`$2y$`) and argon2 (`$argon2i$`, `$argon2id$`).
 *
 * @example
 * ```ts
 * const passwords = { adopt: [laravel({ cost: 10 })] }
 * ```
 */
export function laravel(options: LaravelOptions = {}): AdoptedFormat {
  const { cost = 12, driver = 'bcrypt' } = options
  const formats = { bcrypt: bcrypt({ cost }), argon2: argon2(options.argon2) }
  const all = Object.values(formats)
  return {
    name: 'laravel',
    recognises: (stored) => all.some((format) => format.recognises(stored)),
    verify: async (password, stored) =>
      (await all.find((format) => format.recognises(stored))?.verify(password, stored)) ?? false,
    decoy: () => formats[driver].decoy(),
  }
}
