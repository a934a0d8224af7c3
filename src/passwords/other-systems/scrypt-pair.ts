/**
 * `<salt>:<key>`, both in hex, as Better Auth, Oslo and Lucia 3 write it: scrypt over the salt's
 * digits as they stand.
 */
import { scryptMatches } from './derive.ts'
import { fromHex } from './encoding.ts'

export interface ScryptPair {
  readonly salt: string
  readonly key: Buffer
}

const cost = { n: 16_384, p: 1 }

export function parseScryptPair(stored: string): ScryptPair | null {
  const match = /^([0-9a-f]{32}):([0-9a-f]{128})$/.exec(stored)
  const key = fromHex(match?.[2] ?? '')
  return match && key && { salt: match[1] ?? '', key }
}

/** @param r The block size. Lucia began with 8. */
export function scryptPairMatches(
  password: string,
  { salt, key }: ScryptPair,
  r = 16,
): Promise<boolean> {
  return scryptMatches(password, salt, { ...cost, r }, key)
}

export function scryptPairDecoy(): string {
  return `${'0'.repeat(32)}:${'0'.repeat(128)}`
}
