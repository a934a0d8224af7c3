/**
 * Django's hashers: `algorithm$…`, each with a spelling of its own.
 */
import { createHash } from 'node:crypto'
import { type Declaration, declareOptions, type Settled } from '../../options/declare.ts'
import { whole } from '../../options/option.ts'
import type { AdoptedFormat } from '../adopted-format.ts'
import { parseArgon2, verifyArgon2 } from './argon2.ts'
import { cleanBcrypt, verifyBcrypt } from './bcrypt.ts'
import {
  type Digest,
  isAcceptablePbkdf2,
  isAcceptableScrypt,
  maxPbkdf2Rounds,
  pbkdf2Matches,
  type ScryptCost,
  scryptMatches,
} from './derive.ts'
import { fromBase64 } from './encoding.ts'
import { forText } from './for-text.ts'

/** What most of the stored hashes cost. Used for absent accounts only. */
export interface DjangoOptions {
  /**
   * PBKDF2's iterations in most hashes; unknown names cost as much. Django 5.2 writes 1000000, 4.2
   * wrote 600000, 3.2 260000. Default 1000000.
   */
  iterations?: number
}

export const djangoOptions: Declaration<Settled<DjangoOptions>> = declareOptions<
  Settled<DjangoOptions>
>({ iterations: whole(1_000_000, { max: maxPbkdf2Rounds }) })

/**
 * Verifies Django's hashes: `pbkdf2_sha256`, `pbkdf2_sha1`, `argon2`, `bcrypt_sha256`, `bcrypt` and
 * `scrypt`. Not verified are the fast hashers that Django itself has dropped (`md5`, `sha1`,
 * `crypt`).
 *
 * @example
 * ```ts
 * const passwords = { adopt: [django({ iterations: 600_000 })] }
 * ```
 */
export function django(options: DjangoOptions = {}): AdoptedFormat {
  const { settings, problems } = djangoOptions.read(options, 'django')
  const { iterations } = settings
  return forText({
    name: 'django',
    problems,
    recognises: (stored) => verifierOf(stored) !== null,
    verify: async (password, stored) => (await verifierOf(stored)?.(password)) ?? false,
    decoy: () =>
      `pbkdf2_sha256$${iterations}$${'0'.repeat(22)}$${Buffer.alloc(32).toString('base64')}`,
  })
}

type Verify = (password: string) => Promise<boolean>

function verifierOf(stored: string): Verify | null {
  const at = stored.indexOf('$')
  const rest = stored.slice(at + 1)
  switch (stored.slice(0, Math.max(0, at))) {
    case 'pbkdf2_sha256':
      return pbkdf2Verifier(rest, 'sha256', 32)
    case 'pbkdf2_sha1':
      return pbkdf2Verifier(rest, 'sha1', 20)
    case 'argon2':
      return parseArgon2(`$${rest}`) && ((password) => verifyArgon2(password, `$${rest}`))
    case 'bcrypt_sha256':
      return cleanBcrypt(rest) === null
        ? null
        : (password) => verifyBcrypt(createHash('sha256').update(password).digest('hex'), rest)
    case 'bcrypt':
      return cleanBcrypt(rest) === null ? null : (password) => verifyBcrypt(password, rest)
    case 'scrypt':
      return scryptVerifier(rest)
    default:
      return null
  }
}

function pbkdf2Verifier(text: string, digest: Digest, length: number): Verify | null {
  const match = /^([1-9]\d{0,7})\$([^$]{1,128})\$([A-Za-z0-9+/=]+)$/.exec(text)
  const [, rounds = '', salt = '', encoded = ''] = match ?? []
  const expected = fromBase64(encoded)
  if (!expected || expected.length !== length || !isAcceptablePbkdf2(Number(rounds))) return null
  return (password) => pbkdf2Matches(password, salt, Number(rounds), digest, expected)
}

/** `scrypt$<N>$<salt>$<r>$<p>$<hash>`. */
function scryptVerifier(text: string): Verify | null {
  const match = /^([1-9]\d{0,7})\$([^$]{1,128})\$([1-9]\d?)\$([1-9]\d?)\$([A-Za-z0-9+/=]+)$/.exec(
    text,
  )
  const [, n, salt = '', r, p, encoded = ''] = match ?? []
  const cost: ScryptCost = { n: Number(n), r: Number(r), p: Number(p) }
  const expected = fromBase64(encoded)
  if (expected?.length !== 64 || !isAcceptableScrypt(cost)) return null
  return (password) => scryptMatches(password, salt, cost, expected)
}
