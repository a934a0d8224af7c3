/**
 * Laravel's hashes: whatever PHP's `password_hash` writes.
 */

import { type Declaration, declareOptions, group, type Settled } from '../../options/declare.ts'
import { oneOf } from '../../options/option.ts'
import type { AdoptedFormat } from '../adopted-format.ts'
import { type Argon2HashOptions, argon2, argon2HashOptions } from './argon2.ts'
import { bcrypt, bcryptOptions } from './bcrypt.ts'

/** Which driver wrote most hashes, and at what cost. Used for absent accounts only. */
export interface LaravelOptions {
  /** The cost of most bcrypt hashes; unknown names cost as much. Default 12. */
  cost?: number
  /** The `HASH_DRIVER` that wrote most hashes; unknown names cost as much. Default `bcrypt`. */
  driver?: 'bcrypt' | 'argon2'
  /** What its Argon2 hashes cost, as for `argon2()`. */
  argon2?: Argon2HashOptions
}

type LaravelSettings = Settled<Omit<LaravelOptions, 'argon2'>> & {
  readonly argon2: Settled<Argon2HashOptions>
}

export const laravelOptions: Declaration<LaravelSettings> = declareOptions<LaravelSettings>({
  cost: bcryptOptions.options.cost,
  driver: oneOf(['bcrypt', 'argon2'], 'bcrypt'),
  argon2: group(argon2HashOptions),
})

/**
 * Verifies Laravel's hashes: bcrypt (`$2y$`) and argon2 (`$argon2i$`, `$argon2id$`).
 *
 * @example
 * ```ts
 * const passwords = { adopt: [laravel({ cost: 10 })] }
 * ```
 */
export function laravel(options: LaravelOptions = {}): AdoptedFormat {
  const { settings, problems } = laravelOptions.read(options, 'laravel')
  const { cost, driver } = settings
  const formats = { bcrypt: bcrypt({ cost }), argon2: argon2(settings.argon2) }
  const all = Object.values(formats)
  return {
    name: 'laravel',
    problems,
    recognises: (stored) => all.some((format) => format.recognises(stored)),
    verify: async (password, stored) =>
      (await all.find((format) => format.recognises(stored))?.verify(password, stored)) ?? false,
    decoy: () => formats[driver].decoy(),
  }
}
