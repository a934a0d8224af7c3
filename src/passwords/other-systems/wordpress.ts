/**
 * WordPress: phpass's portable hashes, and since 6.8 bcrypt over a keyed pre-hash.
 */
import { createHmac } from 'node:crypto'
import { type Declaration, declareOptions, type Settled } from '../../options/declare.ts'
import { oneOf } from '../../options/option.ts'
import type { AdoptedFormat } from '../adopted-format.ts'
import { bcryptDecoy, cleanBcrypt, verifyBcrypt } from './bcrypt.ts'
import { forText } from './for-text.ts'
import { addSlashes, trim } from './php.ts'
import { parsePhpass, phpassDecoy, verifyPhpass } from './phpass.ts'

/** Which scheme wrote most hashes. Used for absent accounts only. */
export interface WordpressOptions {
  /**
   * What wrote most hashes; unknown names cost as much. Default `phpass` (before WordPress 6.8).
   */
  writer?: 'phpass' | 'bcrypt'
}

export const wordpressOptions: Declaration<Settled<WordpressOptions>> = declareOptions<
  Settled<WordpressOptions>
>({
  writer: oneOf(['phpass', 'bcrypt'], 'phpass'),
})

/**
 * Verifies WordPress' hashes: `$P$…` (and `$H$…`, another spelling of it), `$wp$2y$…`, and `$2y$…`.
 * Not verified is the bare MD5 of the time before 2007, which protects nobody; WordPress itself
 * still lets such a row log in.
 *
 * A password verifies as it was typed on WordPress' own pages. These put backslashes before quotes
 * and backslashes ("magic quotes") and cut white space off the ends, before a password is hashed
 * and before it is checked. What programs set is only cut (WP-CLI, REST), or taken as it is; so
 * each reading that differs is tried; one with white space at its ends is not yet replaced. phpBB
 * reads passwords in another way: use `phpbb()` for its rows. No password of more than 4096 bytes
 * has a phpass hash, there as here.
 *
 * @example
 * ```ts
 * const passwords = { adopt: [wordpress()] }
 * ```
 */
export function wordpress(options: WordpressOptions = {}): AdoptedFormat {
  const { settings, problems } = wordpressOptions.read(options, 'wordpress')
  const { writer } = settings
  return forText({
    name: 'wordpress',
    problems,
    recognises: (stored) =>
      parsePhpass(stored) !== null || cleanBcrypt(withoutMark(stored)) !== null,
    async verify(password, stored) {
      for (const reading of readings(password)) if (await matches(reading, stored)) return true
      return false
    },
    isExact: (password) => trim(password) === password,
    decoy: () => (writer === 'bcrypt' ? `$wp${bcryptDecoy(10, '2y')}` : phpassDecoy()),
  })
}

const mark = '$wp$2y$'

function withoutMark(stored: string): string {
  return stored.startsWith(mark) ? stored.slice('$wp'.length) : stored
}

function matches(reading: string, stored: string): Promise<boolean> {
  const phpass = parsePhpass(stored)
  if (phpass) return verifyPhpass(reading, phpass)
  const input = stored.startsWith(mark) ? preHash(reading) : reading
  return verifyBcrypt(input, withoutMark(stored))
}

function preHash(password: string): string {
  return createHmac('sha384', 'wp-sha384').update(password).digest('base64')
}

/** The likeliest first. Most passwords have one only. */
function readings(password: string): ReadonlySet<string> {
  return new Set([trim(addSlashes(password)), trim(password), password])
}
