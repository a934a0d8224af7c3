/**
 * bcrypt over the password itself, as Devise, Laravel, PHP's `password_hash`, and most others write
 * it.
 */
import { type Declaration, declareOptions, type Settled } from '../../options/declare.ts'
import { text, whole } from '../../options/option.ts'
import type { AdoptedFormat } from '../adopted-format.ts'
import { loadBcrypt } from '../bcrypt-engine.ts'
import { bcryptParts, bcryptPrefix, emptyDigest, emptySalt } from '../bcrypt-text.ts'
import { maxBcryptCost } from '../format.ts'
import { forText } from './for-text.ts'

/** What most of the stored bcrypt hashes were written with. */
export interface BcryptOptions {
  /** The cost of most hashes; unknown names cost as much. Default 12. */
  cost?: number
  /** Devise's `config.pepper`: appended to every password. Default ''. */
  pepper?: string
}

const pattern = /^\$2([aby])\$(\d\d)\$([./A-Za-z0-9]{22})([./A-Za-z0-9]{31})$/

export const bcryptOptions: Declaration<Settled<BcryptOptions>> = declareOptions<
  Settled<BcryptOptions>
>({ cost: whole(12, { min: 4, max: maxBcryptCost }), pepper: text('') })

/**
 * Verifies plain bcrypt hashes: `$2a$`, `$2b$` and `$2y$`. As where they come from, only the first
 * 72 bytes of a password count; a password with a NUL, at which those systems stop reading or
 * refuse, does not match. `$2x$`, the mark of a faulty implementation, is not verified.
 *
 * Hashes of crudauth for Python (`crudauth-py`) are spelled the same way. While this format is
 * adopted, both readings of such a hash are tried.
 *
 * @example
 * ```ts
 * crudAuth({ passwords: { adopt: [bcrypt({ pepper: process.env.DEVISE_PEPPER })] }, … })
 * ```
 */
export function bcrypt(options: BcryptOptions = {}): AdoptedFormat {
  const { settings, problems } = bcryptOptions.read(options, 'bcrypt')
  const { cost, pepper } = settings
  return forText({
    name: 'bcrypt',
    problems,
    recognises: (stored) => cleanBcrypt(stored) !== null,
    verify: (password, stored) => verifyBcrypt(password + pepper, stored),
    decoy: () => bcryptDecoy(cost),
  })
}

/** The hash in its one spelling, or `null` for what is not one, or of a cost out of bounds. */
export function cleanBcrypt(stored: string): string | null {
  const match = pattern.exec(stored)
  if (!match) return null
  const [, , rounds = '', salt = '', digest = ''] = match
  const parts = bcryptParts(rounds, salt, digest)
  // The versions differ in how faulty implementations once read long or non-ASCII passwords only.
  return parts && bcryptPrefix('2b', parts.cost) + parts.salt + parts.digest
}

export async function verifyBcrypt(input: string, stored: string): Promise<boolean> {
  const canonical = cleanBcrypt(stored)
  if (canonical === null) return false
  // Verified all the same, so that the answer takes as long.
  const { verify } = await loadBcrypt()
  const matches = await verify(input, canonical)
  return matches && !input.includes('\0')
}

export function bcryptDecoy(cost: number, version = '2b'): string {
  return bcryptPrefix(version, cost) + emptySalt + emptyDigest
}
