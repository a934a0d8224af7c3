/**
 * What bcrypt gets to see instead of the password: always 44 ASCII characters, so that neither its
 * limit of 72 bytes nor a NUL ever cuts a password short.
 */
import { createHash, createHmac } from 'node:crypto'

/** The base64 of the plain SHA-256. Only where an existing format demands it. */
export function unkeyedPreHash(password: string): string {
  return createHash('sha256').update(password, 'utf8').digest('base64')
}

/**
 * The base64 of the HMAC-SHA-256 under the salt's own text, which keeps hashes from other sources
 * from being tried against this one ("shucking"; OWASP Password Storage Cheat Sheet, "Pre-Hashing
 * Passwords with bcrypt").
 */
export function saltedPreHash(password: string, salt: string): string {
  return createHmac('sha256', salt).update(password, 'utf8').digest('base64')
}
