/**
 * Drupal: `$S$…` of Drupal 7 to 10.0, and since 10.1 what PHP's `password_hash` writes.
 *
 * Layout: `PhpassHashedPasswordBase`, `PhpPassword` and `PasswordItem` of `drupal/drupal`.
 */
import { hash as digestOf } from 'node:crypto'
import { type Declaration, declareOptions, type Settled } from '../../options/declare.ts'
import { oneOf } from '../../options/option.ts'
import type { AdoptedFormat } from '../adopted-format.ts'
import { parseArgon2, verifyArgon2 } from './argon2.ts'
import { bcryptDecoy, cleanBcrypt, verifyBcrypt } from './bcrypt.ts'
import { forText } from './for-text.ts'
import { trim } from './php.ts'
import { drupalPhpassDecoy, parseDrupalPhpass, parsePhpass, verifyPhpass } from './phpass.ts'

/** Which scheme wrote most hashes. Used for absent accounts only. */
export interface DrupalOptions {
  /**
   * What wrote most hashes; unknown names cost as much: `sha512` before Drupal 10.1, `bcrypt`
   * since. Default `sha512`.
   */
  writer?: 'sha512' | 'bcrypt'
}

export const drupalOptions: Declaration<Settled<DrupalOptions>> = declareOptions<
  Settled<DrupalOptions>
>({
  writer: oneOf(['sha512', 'bcrypt'], 'sha512'),
})

/**
 * Verifies Drupal's hashes: `$S$…`, `$P$…` and `$H$…`, the same with a `U` before it (over the MD5
 * of Drupal 6), `$2y$…` and `$argon2id$…`. The bare MD5 of Drupal 6 is not verified.
 *
 * Drupal cuts white space off the ends of a password, before it is hashed and before it is checked:
 * a password that is typed with it is verified, and its hash stays. A password of more than 512
 * bytes has no hash, there as here.
 *
 * @example
 * ```ts
 * const passwords = { adopt: [drupal({ writer: 'bcrypt' })] }
 * ```
 */
export function drupal(options: DrupalOptions = {}): AdoptedFormat {
  const { settings, problems } = drupalOptions.read(options, 'drupal')
  const { writer } = settings
  return forText({
    name: 'drupal',
    problems,
    recognises: (stored) => verifierOf(stored) !== null,
    async verify(password, stored) {
      const text = trim(password)
      const matches = (await verifierOf(stored)?.(text)) ?? false
      return matches && Buffer.byteLength(text) <= maxPasswordBytes
    },
    isExact: (password) => trim(password) === password,
    decoy: () => (writer === 'bcrypt' ? bcryptDecoy(10, '2y') : drupalPhpassDecoy()),
  })
}

const maxPasswordBytes = 512

type Verify = (password: string) => Promise<boolean>

function verifierOf(stored: string): Verify | null {
  if (!stored.startsWith('U$')) return innerVerifier(stored)
  const verify = innerVerifier(stored.slice(1))
  return verify && ((password) => verify(digestOf('md5', password)))
}

function innerVerifier(stored: string): Verify | null {
  const phpass = parseDrupalPhpass(stored) ?? parsePhpass(stored)
  if (phpass) return (password) => verifyPhpass(password, phpass, maxPasswordBytes)
  if (cleanBcrypt(stored) !== null) return (password) => verifyBcrypt(password, stored)
  return parseArgon2(stored) && ((password) => verifyArgon2(password, stored))
}
