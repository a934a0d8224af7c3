/**
 * passlib's `bcrypt_sha256`: version 2, bcrypt over a salted HMAC-SHA-256 of the password, is read
 * and written; version 1 (before passlib 1.7.3), over an unkeyed SHA-256, is read only.
 *
 * `$bcrypt-sha256$v=2,t=2b,r=12$<22 characters of salt>$<31 characters of digest>`
 * `$bcrypt-sha256$2b,12$<22 characters of salt>$<31 characters of digest>`
 */
import type { Random } from '../crypto.ts'
import { type BcryptEngine, bcryptEngine, loadBcrypt } from './bcrypt-engine.ts'
import * as text from './bcrypt-text.ts'
import type { PasswordFormat } from './format.ts'
import { saltedPreHash, unkeyedPreHash } from './pre-hash.ts'

const pattern =
  /^\$bcrypt-sha256\$(?:(v=2),t=2b,r=|2[ab],)([1-9]\d?)\$([./A-Za-z0-9]{22})\$([./A-Za-z0-9]{31})$/

interface Parts extends text.BcryptParts {
  /** Whether the pre-hash is keyed by the salt, as it is since version 2. */
  readonly salted: boolean
}

export function bcryptSha256(
  cost: number,
  random: Random,
  engine: BcryptEngine = bcryptEngine(null),
): PasswordFormat {
  return {
    name: 'bcrypt-sha256',
    sharesSpelling: false,
    recognises: (stored) => parse(stored) !== null,
    isCurrent(stored) {
      const parts = parse(stored)
      return parts !== null && stored === write(cost, parts.salt, parts.digest)
    },
    async verify(password, stored) {
      const parts = parse(stored)
      if (parts === null) return false
      const { salted, salt, digest } = parts
      const input = salted ? saltedPreHash(password, salt) : unkeyedPreHash(password)
      // bcrypt's 2a and 2b differ in nothing but passwords of more than 255 bytes.
      return engine.verify(input, text.bcryptPrefix('2b', parts.cost) + salt + digest)
    },
    async hash(password, given) {
      const salt = text.bcryptSalt(random, given)
      const prefix = text.bcryptPrefix('2b', cost)
      const plain = await engine.hash(saltedPreHash(password, salt), prefix + salt)
      return write(cost, salt, plain.slice(-31))
    },
    saltOf(stored) {
      const parts = parse(stored)
      return parts && text.bcryptSaltBytes(parts.salt)
    },
    decoy: () => write(cost, text.emptySalt, text.emptyDigest),
    load: loadBcrypt,
  }
}

function write(cost: number, salt: string, digest: string): string {
  return `$bcrypt-sha256$v=2,t=2b,r=${cost}$${salt}$${digest}`
}

function parse(stored: string): Parts | null {
  const match = pattern.exec(stored)
  if (!match) return null
  const [, version2, rounds = '', salt = '', digest = ''] = match
  const parts = text.bcryptParts(rounds, salt, digest)
  return parts && { ...parts, salted: version2 !== undefined }
}
