/**
 * An optional pepper: a secret that is not in the database, keyed over every password first.
 *
 * A peppered hash says so, and with which pepper: `$peppered$k=<8 hex digits>` before the hash
 * itself. So hashes from before the pepper still verify (and are upgraded at login), and a pepper
 * can be rotated: the first of the list writes, all verify (OWASP Password Storage Cheat Sheet,
 * "Peppering").
 */
import { createHash, createHmac } from 'node:crypto'

const pattern = /^\$peppered\$k=([0-9a-f]{8})(\$.+)$/s

export interface Pepper {
  readonly id: string
  /** What the hash format gets to see instead of the password. */
  apply(password: string): string
}

export function pepper(secret: string): Pepper {
  // A digest of its own purpose: what is stored must tell nothing of what is applied.
  const id = createHash('sha256').update(`crudauth pepper id\0${secret}`).digest('hex').slice(0, 8)
  return {
    id,
    apply: (password) => createHmac('sha256', secret).update(password, 'utf8').digest('base64url'),
  }
}

export interface PepperedHash {
  /** Which pepper; `null` for none. */
  readonly pepperId: string | null
  /** The hash in its own format. */
  readonly inner: string
}

export function parsePeppered(stored: string): PepperedHash {
  const match = pattern.exec(stored)
  return match
    ? { pepperId: match[1] ?? '', inner: match[2] ?? '' }
    : { pepperId: null, inner: stored }
}

export function writePeppered(id: string, inner: string): string {
  return `$peppered$k=${id}${inner}`
}
