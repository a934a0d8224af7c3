/**
 * The format of crudauth for Python: bcrypt over the base64 of an unkeyed SHA-256.
 *
 * It is always verified, and written only by option, where a Python application shares the table.
 * Plain bcrypt hashes look the same. They do not verify here; adopt them with `bcrypt()`
 * (`adoption.ts`).
 *
 * `$2b$12$<22 characters of salt><31 characters of digest>`, as any bcrypt hash.
 */
import type { Random } from '../crypto.ts'
import { type BcryptEngine, bcryptEngine, loadBcrypt } from './bcrypt-engine.ts'
import * as text from './bcrypt-text.ts'
import type { PasswordFormat } from './format.ts'
import { unkeyedPreHash } from './pre-hash.ts'

const pattern = /^\$(2[aby])\$(\d\d)\$([./A-Za-z0-9]{22})([./A-Za-z0-9]{31})$/

export function crudauthPy(
  cost: number,
  random: Random,
  engine: BcryptEngine = bcryptEngine(null),
): PasswordFormat {
  const prefix = text.bcryptPrefix('2b', cost)
  return {
    name: 'crudauth-py',
    sharesSpelling: true,
    recognises: (stored) => clean(stored) !== null,
    isCurrent: (stored) => stored.startsWith(prefix) && stored === clean(stored),
    async verify(password, stored) {
      const canonical = clean(stored)
      if (canonical === null) return false
      return engine.verify(unkeyedPreHash(password), canonical)
    },
    async hash(password, salt) {
      return engine.hash(unkeyedPreHash(password), prefix + text.bcryptSalt(random, salt))
    },
    saltOf(stored) {
      const canonical = clean(stored)
      if (canonical === null) return null
      return text.bcryptSaltBytes(canonical.slice(prefix.length, prefix.length + 22))
    },
    decoy: () => prefix + text.emptySalt + text.emptyDigest,
    load: loadBcrypt,
  }
}

/** The hash in its one spelling, or `null` for what is not one, or of a cost out of bounds. */
function clean(stored: string): string | null {
  const match = pattern.exec(stored)
  if (!match) return null
  const [, version = '', rounds = '', salt = '', digest = ''] = match
  const parts = text.bcryptParts(rounds, salt, digest)
  return parts && text.bcryptPrefix(version, parts.cost) + parts.salt + parts.digest
}
