/**
 * Gitea and Forgejo: `passwd`, with the salt in a second column and the algorithm in a third.
 *
 * Layout: `modules/auth/password/hash` of `go-gitea/gitea`.
 */
import { type Declaration, declareOptions, type Settled } from '../../options/declare.ts'
import { oneOf } from '../../options/option.ts'
import type { AdoptedFormat } from '../adopted-format.ts'
import { argon2Matches, isAcceptableArgon2 } from './argon2.ts'
import { bcryptDecoy, cleanBcrypt, verifyBcrypt } from './bcrypt.ts'
import {
  digestBytes,
  isAcceptablePbkdf2,
  isAcceptableScrypt,
  pbkdf2Matches,
  scryptMatches,
} from './derive.ts'
import { fromHex } from './encoding.ts'
import { forText } from './for-text.ts'

/** What most of the stored hashes were written with. Used for absent accounts only. */
export interface GiteaOptions {
  /** Gitea's `PASSWORD_HASH_ALGO`; unknown names cost as much. Default `pbkdf2`. */
  writer?: 'pbkdf2' | 'pbkdf2_hi' | 'argon2' | 'scrypt' | 'bcrypt'
}

/** The three columns of a row of Gitea's: `passwd`, `salt` and `passwd_hash_algo`. */
export interface GiteaColumns {
  readonly hash: string
  readonly salt: string
  readonly algorithm: string
}

/** Makes the format, and the text that it reads out of Gitea's columns. */
export interface GiteaFormat {
  (options?: GiteaOptions): AdoptedFormat
  /** The text of a row, `$gitea$<passwd_hash_algo>$<salt>$<passwd>`. */
  compose(columns: GiteaColumns): string
}

export const giteaOptions: Declaration<Settled<GiteaOptions>> = declareOptions<
  Settled<GiteaOptions>
>({
  writer: oneOf(['pbkdf2', 'pbkdf2_hi', 'argon2', 'scrypt', 'bcrypt'], 'pbkdf2'),
})

/**
 * Verifies Gitea's and Forgejo's hashes: PBKDF2, Argon2id, scrypt and bcrypt. Gitea stores hash,
 * salt and algorithm in three columns. Their text is
 *
 * ```
 * $gitea$<passwd_hash_algo>$<salt>$<passwd>
 * ```
 *
 * each as it stands in its column; `gitea.compose({ hash, salt, algorithm })` makes it.
 *
 * @example
 * ```ts
 * const passwords = { adopt: [gitea({ writer: 'argon2' })] }
 * const hashedPassword = gitea.compose({
 *   hash: row.passwd,
 *   salt: row.salt,
 *   algorithm: row.passwdHashAlgo,
 * })
 * ```
 */
export const gitea: GiteaFormat = Object.assign(giteaFormat, { compose })

function giteaFormat(options: GiteaOptions = {}): AdoptedFormat {
  const { settings, problems } = giteaOptions.read(options, 'gitea')
  const { writer } = settings
  return forText({
    name: 'gitea',
    problems,
    recognises: (stored) => verifierOf(stored) !== null,
    verify: async (password, stored) => (await verifierOf(stored)?.(password)) ?? false,
    decoy: () =>
      compose({
        algorithm: written[writer],
        salt: '0'.repeat(32),
        hash: writer === 'bcrypt' ? bcryptDecoy(10, '2a') : '0'.repeat(100),
      }),
  })
}

/** What Gitea stores for each `PASSWORD_HASH_ALGO`. */
const written = {
  pbkdf2: 'pbkdf2$50000$50',
  pbkdf2_hi: 'pbkdf2$320000$50',
  argon2: 'argon2$2$65536$8$50',
  scrypt: 'scrypt$65536$16$2$50',
  bcrypt: 'bcrypt$10',
} as const

/** What a name without parameters stands for in a row. */
const unconfigured = {
  pbkdf2: [10_000, 50],
  argon2: [2, 65_536, 8, 50],
  scrypt: [65_536, 16, 2, 50],
} as const

function compose({ hash, salt, algorithm }: GiteaColumns): string {
  return `$gitea$${algorithm}$${salt}$${hash}`
}

type Verify = (password: string) => Promise<boolean>

function verifierOf(stored: string): Verify | null {
  const match = /^\$gitea\$(pbkdf2|argon2|scrypt|bcrypt|)\$(.{1,400})$/.exec(stored)
  if (!match) return null
  // The first rows have no algorithm.
  const algorithm = (match[1] || 'pbkdf2') as keyof typeof unconfigured | 'bcrypt'
  const parts = (match[2] ?? '').split('$')
  if (algorithm === 'bcrypt') return bcryptVerifier(parts)
  const [hex = '', saltText = ''] = [parts.pop(), parts.pop()]
  const isConfigured = parts.length > 0
  if (isConfigured && parts.length !== unconfigured[algorithm].length) return null
  const numbers: readonly number[] = isConfigured ? parts.map(number) : unconfigured[algorithm]
  const [hash, salt] = [fromHex(hex), saltBytes(saltText)]
  const length = numbers.at(-1) ?? 0
  if (!hash || !salt || hash.length !== length || length < 16 || length > 64) return null
  return keyVerifier(algorithm, numbers, salt, hash)
}

/** The hash has its own salt and cost; those of the columns mean nothing. */
function bcryptVerifier(parts: readonly string[]): Verify | null {
  const at = parts.length - 4
  const hash = parts.slice(at).join('$')
  const isKnown = at === 1 || (at === 2 && /^[1-9]\d?$/.test(parts[0] ?? ''))
  return isKnown && cleanBcrypt(hash) !== null ? (password) => verifyBcrypt(password, hash) : null
}

function keyVerifier(
  algorithm: keyof typeof unconfigured,
  [first = Number.NaN, second = Number.NaN, third = Number.NaN]: readonly number[],
  salt: Buffer,
  hash: Buffer,
): Verify | null {
  if (algorithm === 'pbkdf2') {
    const blocks = Math.ceil(hash.length / digestBytes.sha256)
    if (!isAcceptablePbkdf2(first, blocks)) return null
    return (password) => pbkdf2Matches(password, salt, first, 'sha256', hash)
  }
  if (algorithm === 'scrypt') {
    const cost = { n: first, r: second, p: third }
    return isAcceptableScrypt(cost) ? (password) => scryptMatches(password, salt, cost, hash) : null
  }
  const parts = { passes: first, memory: second, parallelism: third, salt, tag: hash }
  return isAcceptableArgon2(parts) ? (password) => argon2Matches(password, parts) : null
}

function number(text: string): number {
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : Number.NaN
}

/** Ten characters were once taken as they are. */
function saltBytes(text: string): Buffer | null {
  if (text.length === 10) return /^[\x21-\x7e]+$/.test(text) ? Buffer.from(text, 'latin1') : null
  return text.length <= 128 ? fromHex(text) : null
}
