/**
 * Lucia 1 to 3 and Oslo: scrypt, and Oslo's bcrypt and Argon2.
 *
 * Layout: `utils/crypto` of `lucia-auth` and of `lucia` 2, `Scrypt` and `LegacyScrypt` of `lucia`
 * 3, `oslo/password`.
 */
import { type Declaration, declareOptions, type Settled } from '../../options/declare.ts'
import { oneOf } from '../../options/option.ts'
import type { AdoptedFormat } from '../adopted-format.ts'
import { argon2, parseArgon2, verifyArgon2 } from './argon2.ts'
import { bcryptDecoy, cleanBcrypt, verifyBcrypt } from './bcrypt.ts'
import { fromHex } from './encoding.ts'
import { forNfkcText } from './for-text.ts'
import { parseScryptPair, scryptPairDecoy, scryptPairMatches } from './scrypt-pair.ts'

/** Which class wrote most hashes. Used for absent accounts only. */
export interface LuciaOptions {
  /**
   * What wrote most hashes; unknown names cost as much. `argon2id` and `bcrypt` are Oslo's, at its
   * own costs. Default `scrypt`.
   */
  writer?: 'scrypt' | 'argon2id' | 'bcrypt'
}

export const luciaOptions: Declaration<Settled<LuciaOptions>> = declareOptions<
  Settled<LuciaOptions>
>({
  writer: oneOf(['scrypt', 'argon2id', 'bcrypt'], 'scrypt'),
})

/**
 * Verifies hashes of Lucia and Oslo: `s2:<salt>:<key>` (Lucia 1 and 2), `<salt>:<key>` (Lucia 3 and
 * Oslo's `Scrypt`; with a salt of 16 letters and digits, Lucia's first), and `$argon2id$…` and
 * `$2b$…` (Oslo's `Argon2id` and `Bcrypt`). Not verified are hashes of Oslo's with a `secret` or
 * with other costs of scrypt, which do not stand in the text.
 *
 * All of them bring passwords into NFKC. `ﬁ` and `fi` are the same there and not here: a hash whose
 * password is typed with such characters is verified, and stays.
 *
 * @example
 * ```ts
 * const passwords = { adopt: [lucia({ writer: 'argon2id' })] }
 * ```
 */
export function lucia(options: LuciaOptions = {}): AdoptedFormat {
  const { settings, problems } = luciaOptions.read(options, 'lucia')
  const { writer } = settings
  return forNfkcText({
    name: 'lucia',
    problems,
    recognises: (stored) => verifierOf(stored) !== null,
    verify: async (password, stored) => (await verifierOf(stored)?.(password)) ?? false,
    decoy() {
      switch (writer) {
        case 'argon2id':
          return argon2({ memory: 19_456, passes: 2, parallelism: 1 }).decoy()
        case 'bcrypt':
          return bcryptDecoy(10)
        case 'scrypt':
          return scryptPairDecoy()
      }
    },
  })
}

function verifierOf(stored: string): ((password: string) => Promise<boolean>) | null {
  if (cleanBcrypt(stored) !== null) return (password) => verifyBcrypt(password, stored)
  if (parseArgon2(stored) !== null) return (password) => verifyArgon2(password, stored)
  const pair = parseScryptPair(stored)
  if (pair !== null) return (password) => scryptPairMatches(password, pair)
  const match = /^(s2:)?([0-9A-Za-z]{16}|[0-9a-f]{32}):([0-9a-f]{128})$/.exec(stored)
  const [, version, salt = '', hex = ''] = match ?? []
  const key = fromHex(hex)
  return key && ((password) => scryptPairMatches(password, { salt, key }, version ? 16 : 8))
}
