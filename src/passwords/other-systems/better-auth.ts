/**
 * Better Auth: scrypt, `<salt>:<key>` in hex, in the `password` of its `account` table.
 *
 * Layout: `hashPassword` of `better-auth/crypto`, which is that of `@better-auth/utils/password`.
 */
import type { AdoptedFormat } from '../adopted-format.ts'
import { forNfkcText } from './for-text.ts'
import { parseScryptPair, scryptPairDecoy, scryptPairMatches } from './scrypt-pair.ts'

/**
 * Verifies the hashes that Better Auth writes by itself: scrypt with N 16384, r 16 and p 1. An
 * application that gave it a `hash` of its own needs the format of that, such as `argon2()`.
 *
 * Better Auth brings passwords into NFKC. `ﬁ` and `fi` are the same there and not here: a hash
 * whose password is typed with such characters is verified, and stays.
 *
 * @example
 * ```ts
 * const passwords = { adopt: [betterAuth()] }
 * ```
 */
export function betterAuth(): AdoptedFormat {
  return forNfkcText({
    name: 'better-auth',
    recognises: (stored) => parseScryptPair(stored) !== null,
    async verify(password, stored) {
      const pair = parseScryptPair(stored)
      return pair !== null && scryptPairMatches(password, pair)
    },
    decoy: scryptPairDecoy,
  })
}
