/**
 * Key derivation for the formats of other systems, on libuv's thread pool, and the ceilings of what
 * is verified: a stored hash beyond them is not recognised, so that nobody can plant one that
 * occupies a core or the memory.
 */
import { pbkdf2, scrypt, timingSafeEqual } from 'node:crypto'

/** Two seconds of a core, more or less. Keycloak's PBKDF2 with SHA-1 has 5.2 million. */
export const maxPbkdf2Rounds = 6_000_000

/**
 * 128 MiB for N and r together, and four times that for all lanes, about two seconds of a core.
 * More lanes than Django writes (5) need less memory each.
 */
const maxScrypt = { bytes: 128 * 1024 * 1024, allBytes: 512 * 1024 * 1024, r: 64, p: 16 } as const

/** What each digest gives, and so the length of a key in most formats. */
export const digestBytes = { sha1: 20, sha256: 32, sha512: 64 } as const

export type Digest = keyof typeof digestBytes

export function pbkdf2Matches(
  password: string,
  salt: Uint8Array | string,
  rounds: number,
  digest: Digest,
  expected: Uint8Array,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    pbkdf2(password, salt, rounds, expected.length, digest, (error, key) =>
      error ? reject(error) : resolve(timingSafeEqual(key, expected)),
    )
  })
}

/** @param blocks How many times the digest is needed for the key; each costs all rounds. */
export function isAcceptablePbkdf2(rounds: number, blocks = 1): boolean {
  return Number.isSafeInteger(rounds) && rounds >= 1 && rounds * blocks <= maxPbkdf2Rounds
}

export interface ScryptCost {
  /** The work factor: a power of two. */
  readonly n: number
  /** The block size. */
  readonly r: number
  /** The lanes. */
  readonly p: number
}

export function isAcceptableScrypt({ n, r, p }: ScryptCost): boolean {
  return (
    [n, r, p].every((value) => Number.isSafeInteger(value) && value >= 1) &&
    r <= maxScrypt.r &&
    p <= maxScrypt.p &&
    128 * n * r <= maxScrypt.bytes &&
    128 * n * r * p <= maxScrypt.allBytes &&
    n > 1 &&
    (n & (n - 1)) === 0 &&
    // RFC 7914 §2: N is less than 2^(128 r / 8).
    n < 2 ** (16 * r)
  )
}

export function deriveScrypt(
  password: string,
  salt: Uint8Array | string,
  { n, r, p }: ScryptCost,
  length: number,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // What OpenSSL asks for, exactly; Node's default is 32 MiB.
    const options = { N: n, r, p, maxmem: 128 * r * (n + p + 2) }
    scrypt(password, salt, length, options, (error, key) => (error ? reject(error) : resolve(key)))
  })
}

export async function scryptMatches(
  password: string,
  salt: Uint8Array | string,
  cost: ScryptCost,
  expected: Uint8Array,
): Promise<boolean> {
  return timingSafeEqual(await deriveScrypt(password, salt, cost, expected.length), expected)
}
