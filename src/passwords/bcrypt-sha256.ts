/**
 * passlib's `bcrypt_sha256`, version 2: bcrypt over a salted HMAC-SHA-256 of the password.
 *
 * The HMAC lifts bcrypt's limit of 72 bytes, and its key, the bcrypt salt itself, keeps hashes
 * from other sources from being tried against it ("shucking"; OWASP Password Storage Cheat Sheet,
 * "Pre-Hashing Passwords with bcrypt").
 *
 * `$bcrypt-sha256$v=2,t=2b,r=12$<22 characters of salt>$<31 characters of digest>`
 */
import { createHmac } from 'node:crypto'
import { hash, verify } from '@node-rs/bcrypt'
import type { Random } from '../crypto.ts'
import { bcryptDigest, bcryptSalt } from './bcrypt-text.ts'
import { maxBcryptCost, type PasswordFormat } from './format.ts'

const pattern =
  /^\$bcrypt-sha256\$v=2,t=(2[aby]),r=(\d{1,2})\$([./A-Za-z0-9]{22})\$([./A-Za-z0-9]{31})$/

interface Parts {
  readonly version: string
  readonly cost: number
  readonly salt: string
  readonly digest: string
}

export function bcryptSha256(cost: number, random: Random): PasswordFormat {
  return {
    name: 'bcrypt-sha256',
    recognises: (stored) => parse(stored) !== null,
    isCurrent: (stored) => {
      const parts = parse(stored)
      return parts !== null && parts.cost === cost && parts.version === '2b'
    },
    async verify(password, stored) {
      const parts = parse(stored)
      if (parts === null) return false
      const plain = `$${parts.version}$${twoDigits(parts.cost)}$${parts.salt}${parts.digest}`
      return verify(preHash(password, parts.salt), plain)
    },
    async hash(password) {
      const salt = bcryptSalt(random)
      const plain = await hash(preHash(password, salt), { salt: `$2b$${twoDigits(cost)}$${salt}` })
      return write(cost, salt, plain.slice(-31))
    },
    decoy: () => write(cost, bcryptSalt(random), bcryptDigest(random)),
  }
}

function preHash(password: string, salt: string): string {
  return createHmac('sha256', salt).update(password, 'utf8').digest('base64')
}

function write(cost: number, salt: string, digest: string): string {
  return `$bcrypt-sha256$v=2,t=2b,r=${cost}$${salt}$${digest}`
}

function parse(stored: string): Parts | null {
  const match = pattern.exec(stored)
  if (!match) return null
  const [, version = '', rounds = '', salt = '', digest = ''] = match
  const cost = Number(rounds)
  return cost >= 4 && cost <= maxBcryptCost ? { version, cost, salt, digest } : null
}

function twoDigits(cost: number): string {
  return String(cost).padStart(2, '0')
}
