/**
 * Werkzeug, and so Flask: `method:parameters$salt$hex`.
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
import { fromHex } from './encoding.ts'
import { forText } from './for-text.ts'

/** Which method wrote most hashes. Used for absent accounts only. */
export interface WerkzeugOptions {
  /** What wrote most hashes; unknown names cost as much. Default `scrypt` (since Werkzeug 2.3). */
  writer?: 'scrypt' | 'pbkdf2'
}

export const werkzeugOptions: Declaration<Settled<WerkzeugOptions>> = declareOptions<
  Settled<WerkzeugOptions>
>({
  writer: oneOf(['scrypt', 'pbkdf2'], 'scrypt'),
})

/**
 * Verifies Werkzeug's hashes: `scrypt:32768:8:1$…` and `pbkdf2:sha256:600000$…` (`sha1` and
 * `sha512` too).
 *
 * @example
 * ```ts
 * const passwords = { adopt: [werkzeug({ writer: 'pbkdf2' })] }
 * ```
 */
export function werkzeug(options: WerkzeugOptions = {}): AdoptedFormat {
  const { settings, problems } = werkzeugOptions.read(options, 'werkzeug')
  const { writer } = settings
  return forText({
    name: 'werkzeug',
    problems,
    recognises: (stored) => verifierOf(stored) !== null,
    verify: async (password, stored) => (await verifierOf(stored)?.(password)) ?? false,
    decoy: () =>
      writer === 'scrypt'
        ? `scrypt:32768:8:1$${'0'.repeat(16)}$${Buffer.alloc(64).toString('hex')}`
        : `pbkdf2:sha256:600000$${'0'.repeat(16)}$${Buffer.alloc(32).toString('hex')}`,
  })
}

function verifierOf(stored: string): ((password: string) => Promise<boolean>) | null {
  const match = /^([a-z0-9:]{1,64})\$([^$]{1,128})\$([0-9a-f]{40,128})$/.exec(stored)
  const [, method = '', salt = '', hex = ''] = match ?? []
  const expected = fromHex(hex)
  if (!expected) return null
  const [name, first, second, third, ...more] = method.split(':')
  if (more.length > 0) return null
  if (name === 'pbkdf2' && third === undefined && Object.hasOwn(digestBytes, first ?? '')) {
    const digest = first as Digest
    const rounds = wholeNumber(second)
    if (!isAcceptablePbkdf2(rounds) || expected.length !== digestBytes[digest]) return null
    return (password) => pbkdf2Matches(password, salt, rounds, digest, expected)
  }
  const cost: ScryptCost = { n: wholeNumber(first), r: wholeNumber(second), p: wholeNumber(third) }
  if (name !== 'scrypt' || expected.length !== 64 || !isAcceptableScrypt(cost)) return null
  return (password) => scryptMatches(password, salt, cost, expected)
}

function wholeNumber(text: string | undefined): number {
  return /^[1-9]\d{0,8}$/.test(text ?? '') ? Number(text) : Number.NaN
}
