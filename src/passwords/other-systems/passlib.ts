/**
 * passlib's modular crypt formats, beside those that have verifiers of their own (bcrypt, argon2).
 */
import { type Declaration, declareOptions, type Settled } from '../../options/declare.ts'
import { oneOf } from '../../options/option.ts'
import type { AdoptedFormat } from '../adopted-format.ts'
import {
  type Digest,
  digestBytes,
  isAcceptablePbkdf2,
  isAcceptableScrypt,
  pbkdf2Matches,
  type ScryptCost,
  scryptMatches,
} from './derive.ts'
import { fromAb64, fromBareBase64, toAb64, toBareBase64 } from './encoding.ts'
import { forText } from './for-text.ts'

/** Which scheme wrote most hashes. Used for absent accounts only. */
export interface PasslibOptions {
  /** What wrote most hashes; unknown names cost as much. Default `pbkdf2-sha256`. */
  writer?: 'pbkdf2-sha256' | 'pbkdf2-sha512' | 'scrypt'
}

export const passlibOptions: Declaration<Settled<PasslibOptions>> = declareOptions<
  Settled<PasslibOptions>
>({
  writer: oneOf(['pbkdf2-sha256', 'pbkdf2-sha512', 'scrypt'], 'pbkdf2-sha256'),
})

/**
 * Verifies passlib's hashes: `$pbkdf2-sha256$…`, `$pbkdf2-sha512$…`, `$pbkdf2$…` (SHA-1) and
 * `$scrypt$ln=16,r=8,p=1$…`.
 *
 * @example
 * ```ts
 * const passwords = { adopt: [passlib({ writer: 'pbkdf2-sha512' })] }
 * ```
 */
export function passlib(options: PasslibOptions = {}): AdoptedFormat {
  const { settings, problems } = passlibOptions.read(options, 'passlib')
  const { writer } = settings
  return forText({
    name: 'passlib',
    problems,
    recognises: (stored) => verifierOf(stored) !== null,
    verify: async (password, stored) => (await verifierOf(stored)?.(password)) ?? false,
    decoy() {
      switch (writer) {
        case 'scrypt':
          return `$scrypt$ln=16,r=8,p=1$${toBareBase64(Buffer.alloc(16))}$${toBareBase64(Buffer.alloc(32))}`
        case 'pbkdf2-sha512':
          return `$pbkdf2-sha512$25000$${toAb64(Buffer.alloc(16))}$${toAb64(Buffer.alloc(64))}`
        case 'pbkdf2-sha256':
          return `$pbkdf2-sha256$29000$${toAb64(Buffer.alloc(16))}$${toAb64(Buffer.alloc(32))}`
      }
    },
  })
}

const digests: Readonly<Record<string, Digest>> = {
  pbkdf2: 'sha1',
  'pbkdf2-sha256': 'sha256',
  'pbkdf2-sha512': 'sha512',
}

function verifierOf(stored: string): ((password: string) => Promise<boolean>) | null {
  const [start, scheme = '', parameters = '', saltText = '', hashText = '', ...more] =
    stored.length > 512 ? [] : stored.split('$')
  if (start !== '' || more.length > 0) return null
  const digest = Object.hasOwn(digests, scheme) ? digests[scheme] : undefined
  if (digest) {
    const rounds = /^[1-9]\d{0,8}$/.test(parameters) ? Number(parameters) : Number.NaN
    const [salt, expected] = [fromAb64(saltText), fromAb64(hashText)]
    if (!salt || expected?.length !== digestBytes[digest] || !isAcceptablePbkdf2(rounds))
      return null
    return (password) => pbkdf2Matches(password, salt, rounds, digest, expected)
  }
  const cost = scheme === 'scrypt' ? scryptCost(parameters) : null
  const [salt, expected] = [fromBareBase64(saltText), fromBareBase64(hashText)]
  if (!cost || !salt || expected?.length !== 32) return null
  return (password) => scryptMatches(password, salt, cost, expected)
}

function scryptCost(parameters: string): ScryptCost | null {
  const match = /^ln=([1-9]\d?),r=([1-9]\d{0,2}),p=([1-9]\d?)$/.exec(parameters)
  if (!match) return null
  const cost = { n: 2 ** Number(match[1]), r: Number(match[2]), p: Number(match[3]) }
  return Number(match[1]) < 31 && isAcceptableScrypt(cost) ? cost : null
}
