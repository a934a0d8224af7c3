/**
 * The contract's own format (§12.1): bcrypt over the base64 of an unkeyed SHA-256.
 *
 * Verified always; written only by option, where a Python application shares the table.
 *
 * `$2b$12$<22 characters of salt><31 characters of digest>`, as any bcrypt hash.
 */
import { createHash } from 'node:crypto'
import { hash, verify } from '@node-rs/bcrypt'
import type { Random } from '../crypto.ts'
import { bcryptDigest, bcryptSalt } from './bcrypt-text.ts'
import { maxBcryptCost, type PasswordFormat } from './format.ts'

const pattern = /^\$(2[aby])\$(\d\d)\$[./A-Za-z0-9]{53}$/

export function crudauthPy(cost: number, random: Random): PasswordFormat {
  const prefix = `$2b$${String(cost).padStart(2, '0')}$`
  return {
    name: 'crudauth-py',
    recognises(stored) {
      const found = Number(pattern.exec(stored)?.[2])
      return found >= 4 && found <= maxBcryptCost
    },
    isCurrent: (stored) => stored.startsWith(prefix),
    verify: (password, stored) => verify(preHash(password), stored),
    hash: (password) => hash(preHash(password), { salt: `${prefix}${bcryptSalt(random)}` }),
    decoy: () => `${prefix}${bcryptSalt(random)}${bcryptDigest(random)}`,
  }
}

function preHash(password: string): string {
  return createHash('sha256').update(password, 'utf8').digest('base64')
}
