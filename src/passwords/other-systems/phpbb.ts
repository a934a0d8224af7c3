/**
 * phpBB 3: `user_password`.
 *
 * Layout: `phpbb/passwords` of `phpbb/phpbb`, its `manager`, `helper` and drivers; what happens to
 * a password before is in `phpbb/request/type_cast_helper`.
 */
import { type Declaration, declareOptions, type Settled } from '../../options/declare.ts'
import { oneOf } from '../../options/option.ts'
import type { AdoptedFormat } from '../adopted-format.ts'
import { argon2, parseArgon2, verifyArgon2 } from './argon2.ts'
import { bcryptDecoy, cleanBcrypt, verifyBcrypt } from './bcrypt.ts'
import { forText } from './for-text.ts'
import { htmlSpecialChars } from './php.ts'
import { type Phpass, parsePhpass, phpassDecoy, phpassText, verifyPhpass } from './phpass.ts'

/** Which version wrote most hashes. Used for absent accounts only. */
export interface PhpbbOptions {
  /**
   * What wrote most hashes; unknown names cost as much: `argon2id` since phpBB 3.3, `bcrypt` in 3.1
   * and 3.2, `phpass` in 3.0. Default `bcrypt`.
   */
  writer?: 'argon2id' | 'bcrypt' | 'phpass'
}

export const phpbbOptions: Declaration<Settled<PhpbbOptions>> = declareOptions<
  Settled<PhpbbOptions>
>({
  writer: oneOf(['argon2id', 'bcrypt', 'phpass'], 'bcrypt'),
})

/**
 * Verifies phpBB's hashes: `$argon2id$…`, `$argon2i$…`, `$2y$…`, `$2a$…`, `$H$…` and `$P$…`, and
 * the old hashes that phpBB hashed once more with bcrypt (`$H\2y$…`). Not verified is what came
 * from other boards and was never used since (`$CP$…`, and bare MD5).
 *
 * A password verifies as it was typed on phpBB's own pages, which make `&quot;`, `&lt;`, `&gt;` and
 * `&amp;` of `"`, `<`, `>` and `&`, and leave out characters of control. A password of more than
 * 4096 bytes has no hash, there as here.
 *
 * @example
 * ```ts
 * const passwords = { adopt: [phpbb({ writer: 'argon2id' })] }
 * ```
 */
export function phpbb(options: PhpbbOptions = {}): AdoptedFormat {
  const { settings, problems } = phpbbOptions.read(options, 'phpbb')
  return forText({
    name: 'phpbb',
    problems,
    recognises: (stored) => verifierOf(stored) !== null,
    async verify(password, stored) {
      const text = received(password)
      const matches = (await verifierOf(stored)?.(text)) ?? false
      return matches && Buffer.byteLength(text) <= maxPasswordBytes
    },
    isExact: (password) => withoutControl(password) === password,
    decoy() {
      switch (settings.writer) {
        case 'argon2id':
          return argon2({ memory: 65_536, passes: 4, parallelism: 2 }).decoy()
        case 'bcrypt':
          return bcryptDecoy(10, '2y')
        case 'phpass':
          return phpassDecoy('$H$9')
      }
    },
  })
}

const maxPasswordBytes = 4096

/** What phpBB makes of what was typed. */
function received(password: string): string {
  const text = htmlSpecialChars(withoutControl(password))
  return text.length > maxPasswordBytes ? text : text.normalize('NFC')
}

function withoutControl(password: string): string {
  return password.replace(/\r\n?/g, '\n').replaceAll('\0', '')
}

type Verify = (password: string) => Promise<boolean>

function verifierOf(stored: string): Verify | null {
  const phpass = parsePhpass(stored)
  if (phpass) return (password) => verifyPhpass(password, phpass)
  if (cleanBcrypt(stored) !== null) return (password) => verifyBcrypt(password, stored)
  if (stored.startsWith('$argon2i') && parseArgon2(stored) !== null) {
    return (password) => verifyArgon2(password, stored)
  }
  const combined = parseCombined(stored)
  if (combined === null) return null
  const { inner, outer } = combined
  return async (password) => verifyBcrypt(await phpassText(password, inner), outer)
}

/** `$H\2y$<count><salt>$<cost>\<salt>$<digest>`: bcrypt over the digest of phpass as text. */
function parseCombined(stored: string): { inner: Phpass; outer: string } | null {
  const match = /^\$[HP]\\(2[ay])\$(.{9})\$(\d\d)\\(.{22})\$(.{31})$/.exec(stored)
  if (!match) return null
  const [, version, setting = '', cost, salt = '', digest = ''] = match
  const inner = parsePhpass(`$H$${setting}${'.'.repeat(22)}`)
  const outer = `$${version}$${cost}$${salt}${digest}`
  return inner && cleanBcrypt(outer) !== null ? { inner, outer } : null
}
