/**
 * How passwords are configured: each option with its unit, default and validation.
 */
import type { AdoptedFormat } from './adopted-format.ts'
import { type AdoptedVerifier, adoptionProblems } from './adoption.ts'
import { type Argon2Options, argon2Problems } from './argon2id.ts'
import { maxBcryptCost } from './format.ts'
import { type PasswordPolicyOptions, policyProblems } from './policy.ts'

/** The formats that are written; each is always verified, whichever is configured. */
export const passwordFormatNames = ['bcrypt-sha256', 'argon2id', 'crudauth-py'] as const

export type PasswordFormatName = (typeof passwordFormatNames)[number]

export interface PasswordOptions {
  /**
   * How new hashes are written. Default `bcrypt-sha256`; `argon2id` needs Node 24.7 or the package
   * `@node-rs/argon2`; `crudauth-py` where an application on the Python original shares the table.
   * All are always verified (argon2id where it can be computed); others are replaced at login.
   */
  format?: PasswordFormatName
  /** bcrypt's cost, 4 to 16. Default 12, about a quarter of a second; below 10 for tests only. */
  cost?: number
  /** argon2id's cost; a hash that has less of any of it is replaced at login. */
  argon2?: Argon2Options
  /**
   * Hashes that another system wrote, by format or by a function. They are verified, and replaced
   * when their owner logs in. List first the format that most rows have, and drop the option when
   * none are left.
   *
   * While the list is not empty every attempt costs one verification of a native format and one of
   * an adopted format, the missing one against a decoy: of the format that is written, and of the
   * first in the list. So absent accounts, migrated ones and others take the same time, but for
   * rows of an adopted format or cost that differs from the first one's default.
   *
   * A plain bcrypt hash is spelled as one of `crudauth-py` (`$2b$…`). Where a format is adopted
   * that recognises such a text, both readings are tried, always both, and either admits. Then the
   * unkeyed SHA-256 of a password, in base64, opens a row of `crudauth-py` ("shucking"): one more
   * reason to drop the option in time.
   */
  adopt?: readonly (AdoptedFormat | AdoptedVerifier)[]
  /**
   * A secret of at least 32 bytes that is keyed over every password, or a list of such: the first
   * for new hashes, all for verifying. Default none. Losing it loses every password.
   */
  pepper?: string | readonly string[] | undefined
  /**
   * How many hashes run at once. Default: one less than there are cores, at least 1 and at most 3,
   * so that a core and a thread of libuv's four stay free for everybody else.
   */
  concurrency?: number
  /** How many may wait; the next is answered 503 with Retry-After. Default 64. */
  maxQueued?: number
  /**
   * Of a new password, in characters (code points). Default 8, the least of NIST SP 800-63B-4
   * §3.1.1.2 (with a second factor; without one it asks for 15).
   */
  minLength?: number
  /** Of a new password, in characters (code points). Default 1024. */
  maxLength?: number
  /** What is refused besides. Default: common passwords, and those built from the account's names. */
  policy?: PasswordPolicyOptions
  /**
   * Whether an access token can set a first password (`POST /set-password`). Default `never`: a session of
   * the last ten minutes, or an elevated one, is needed. With `fresh`, so can a token whose login began
   * with a proof of the last ten minutes (`auth_time`), if it has every scope that can be granted.
   */
  setWithToken?: 'never' | 'fresh'
}

export const passwordDefaults = {
  format: 'bcrypt-sha256',
  cost: 12,
  maxQueued: 64,
  minLength: 8,
  maxLength: 1024,
  setWithToken: 'never',
} as const

/** What is wrong with password options, one sentence each. */
export function passwordProblems(options: PasswordOptions): string[] {
  return [
    ...numberProblems(options),
    ...formatProblems(options),
    ...pepperProblems(options),
    ...(options.adopt === undefined ? [] : adoptionProblems(options.adopt)),
    ...policyProblems(options.policy ?? {}),
    ...tokenProblems(options),
  ]
}

function tokenProblems({ setWithToken = passwordDefaults.setWithToken }: PasswordOptions) {
  return ['never', 'fresh'].includes(setWithToken)
    ? []
    : ["passwords.setWithToken must be 'never' or 'fresh'"]
}

function numberProblems(options: PasswordOptions): string[] {
  const problems: string[] = []
  const wholeNumber = (name: keyof PasswordOptions, least: number, most: number) => {
    const value: unknown = options[name]
    if (value === undefined) return
    if (Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most) return
    const range =
      most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`
    problems.push(`passwords.${name} must be a whole number ${range}`)
  }
  wholeNumber('cost', 4, maxBcryptCost)
  wholeNumber('concurrency', 1, 1024)
  wholeNumber('maxQueued', 0, Number.MAX_SAFE_INTEGER)
  wholeNumber('minLength', 1, 1024)
  wholeNumber('maxLength', 64, 65536)
  const { minLength = passwordDefaults.minLength, maxLength = passwordDefaults.maxLength } = options
  if (minLength > maxLength) {
    problems.push(
      `passwords.minLength (${minLength}) must not be above passwords.maxLength (${maxLength})`,
    )
  }
  return problems
}

function formatProblems({ format = passwordDefaults.format, argon2 }: PasswordOptions): string[] {
  if (!passwordFormatNames.includes(format)) {
    return [`passwords.format must be one of '${passwordFormatNames.join("', '")}'`]
  }
  if (format === 'argon2id') return argon2Problems(argon2 ?? {})
  return argon2 === undefined
    ? []
    : ["passwords.argon2 has no effect without passwords.format 'argon2id'; write both or neither"]
}

function pepperProblems({ pepper, format }: PasswordOptions): string[] {
  if (pepper === undefined) return []
  const problems: string[] = []
  const peppers: readonly unknown[] = [pepper].flat()
  const isLong = (one: unknown) => typeof one === 'string' && Buffer.byteLength(one) >= 32
  if (peppers.length === 0 || !peppers.every(isLong)) {
    problems.push('passwords.pepper must be a secret of at least 32 bytes, or a list of such')
  }
  if (format === 'crudauth-py') {
    problems.push(
      "passwords.pepper does not go with passwords.format 'crudauth-py', since the Python application could not read peppered hashes; drop one of them",
    )
  }
  return problems
}

/** How many characters a new hash has: a column that takes fewer would cut or refuse it. */
export function newHashLength({ format, argon2 = {}, pepper }: PasswordOptions): number {
  const { memory = 19_456, passes = 2, parallelism = 1 } = argon2
  const lengths: Readonly<Record<PasswordFormatName, number>> = {
    'bcrypt-sha256': '$bcrypt-sha256$v=2,t=2b,r=12$'.length + 22 + 1 + 31,
    'crudauth-py': '$2b$12$'.length + 22 + 31,
    argon2id: `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$`.length + 22 + 1 + 43,
  }
  const marked = pepper === undefined ? 0 : '$peppered$k=00000000'.length
  return lengths[format ?? passwordDefaults.format] + marked
}
