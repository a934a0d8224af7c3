/**
 * bcrypt's own base64: another alphabet, no padding, and spare bits in the last character.
 *
 * The spare bits say nothing, but a verifier may refuse a hash for them without doing any work,
 * which tells that account from others by time. So they are cleared on reading, as passlib does,
 * and never written.
 */
import type { Random } from '../crypto.ts'
import { maxBcryptCost } from './format.ts'

const standard = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const bcrypt = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

function encode(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('base64')
    .replace(/[+/\w]/g, (character) => bcrypt[standard.indexOf(character)] ?? '')
    .replaceAll('=', '')
}

function clearSpareBits(text: string, bits: number): string {
  const last = bcrypt.indexOf(text.slice(-1))
  return text.slice(0, -1) + bcrypt.charAt((last >> bits) << bits)
}

/** A salt, random unless it is given: 16 bytes in 22 characters. */
export function bcryptSalt(random: Random, salt: Uint8Array = random(16)): string {
  return encode(salt)
}

/** The 16 bytes of a salt. */
export function bcryptSaltBytes(salt: string): Uint8Array {
  const text = salt.replace(/./g, (character) => standard[bcrypt.indexOf(character)] ?? '')
  return Buffer.from(text, 'base64').subarray(0, 16)
}

/** Salt and digest of a decoy: zeros, of which nobody knows a password. */
export const emptySalt: string = encode(new Uint8Array(16))
export const emptyDigest: string = encode(new Uint8Array(23))

export interface BcryptParts {
  readonly cost: number
  readonly salt: string
  readonly digest: string
}

/**
 * What a hash consists of, in its one spelling: of 22 characters of salt 4 bits are spare, of 31
 * characters of digest 2. `null` for a cost that nobody has to pay.
 */
export function bcryptParts(rounds: string, salt: string, digest: string): BcryptParts | null {
  const cost = Number(rounds)
  if (cost < 4 || cost > maxBcryptCost) return null
  return { cost, salt: clearSpareBits(salt, 4), digest: clearSpareBits(digest, 2) }
}

/** What stands before salt and digest: `$2b$12$`. */
export function bcryptPrefix(version: string, cost: number): string {
  return `$${version}$${String(cost).padStart(2, '0')}$`
}
