/**
 * bcrypt's own base64: another alphabet, no padding, and spare bits that must be zero.
 */
import type { Random } from '../crypto.ts'

const standard = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const bcrypt = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

function encode(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('base64')
    .replace(/[+/\w]/g, (character) => bcrypt[standard.indexOf(character)] ?? '')
    .replaceAll('=', '')
}

/** A random salt: 16 bytes in 22 characters. */
export function bcryptSalt(random: Random): string {
  return encode(random(16))
}

/** Random text in the form of a digest: 23 bytes in 31 characters. */
export function bcryptDigest(random: Random): string {
  return encode(random(23))
}
