/**
 * Passwords: hashed and verified at equal cost, whatever is stored and whatever was typed.
 *
 * A verification is one admitted unit of work in every case. A user who does not exist, has no
 * password, or has a hash that cannot be read costs what a wrong password costs: the password is
 * then checked against a decoy. (A hash that was written at another cost than today's takes
 * another time, until its owner's next login brings it up to date.)
 */
import { availableParallelism } from 'node:os'
import { type Random, secureRandom } from '../crypto.ts'
import { admission } from './admission.ts'
import { bcryptSha256 } from './bcrypt-sha256.ts'
import { crudauthPy } from './crudauth-py.ts'
import { maxBcryptCost, type PasswordFormat } from './format.ts'
import { type Pepper, parsePeppered, pepper, writePeppered } from './pepper.ts'

export interface PasswordOptions {
  /**
   * How new hashes are written. Default `bcrypt-sha256`; `crudauth-py` where an application on the
   * Python original shares the table. Both are always verified.
   */
  format?: 'bcrypt-sha256' | 'crudauth-py'
  /** bcrypt's cost, 4 to 16. Default 12, about a quarter of a second; below 10 for tests only. */
  cost?: number
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
  /** Of a new password, in characters (code points). Default 8 (NIST SP 800-63B-4 §3.1.1.2). */
  minLength?: number
  /** Of a new password, in characters (code points). Default 1024. */
  maxLength?: number
}

export interface PasswordCheck {
  readonly ok: boolean
  /** Whether the stored hash should be replaced by a new one; meaningful only when `ok`. */
  readonly outdated: boolean
}

export interface Passwords {
  readonly minLength: number
  readonly maxLength: number

  /** Why a new password is not acceptable, as a sentence for the end user, or `null`. */
  problemWith(password: string): string | null

  /**
   * Hashes a new password.
   *
   * @throws AuthError `overloaded` (503), or the signal's reason.
   */
  hash(password: string, signal?: AbortSignal): Promise<string>

  /**
   * Whether the password has the stored hash; `null` for an account that does not exist. Never
   * rejects for what is stored or sent.
   *
   * @throws AuthError `overloaded` (503), or the signal's reason.
   */
  verify(
    password: string,
    stored: string | null | undefined,
    signal?: AbortSignal,
  ): Promise<PasswordCheck>
}

export interface PasswordParts {
  readonly clock?: () => number
  readonly random?: Random
  /** All formats that are verified; the first writes. For tests. */
  readonly formats?: readonly PasswordFormat[]
}

const defaultCost = 12
const defaultMinLength = 8
const defaultMaxLength = 1024

export function passwords(options: PasswordOptions = {}, parts: PasswordParts = {}): Passwords {
  const { clock = Date.now, random = secureRandom } = parts
  const { cost = defaultCost } = options
  const { minLength = defaultMinLength, maxLength = defaultMaxLength } = options
  const formats = parts.formats ?? orderedFormats(options.format, cost, random)
  const writer = formats[0] as PasswordFormat
  const peppers = [options.pepper ?? []].flat().map(pepper)
  const current = peppers[0] ?? null
  const decoy = writer.decoy()
  const admit = admission({
    concurrency: options.concurrency ?? defaultConcurrency(),
    maxQueued: options.maxQueued ?? 64,
    clock,
  })

  /** What is verified against what; the decoy where there is nothing to verify against. */
  function target(stored: string | null | undefined): Target {
    const nothing: Target = { format: writer, inner: decoy, pepper: current, real: false }
    if (typeof stored !== 'string' || isUnusable(stored)) return nothing
    const { pepperId, inner } = parsePeppered(stored)
    const format = formats.find((one) => one.recognises(inner))
    const pepper = pepperId === null ? null : peppers.find(({ id }) => id === pepperId)
    return format && pepper !== undefined ? { format, inner, pepper, real: true } : nothing
  }

  return {
    minLength,
    maxLength,

    problemWith(password) {
      if (!password.isWellFormed()) return 'Contains characters that cannot be used.'
      const length = [...password.slice(0, 2 * maxLength + 2)].length
      if (length < minLength) return `Must have at least ${minLength} characters.`
      if (length > maxLength) return `Must have at most ${maxLength} characters.`
      return null
    },

    hash: (password, signal) =>
      admit(
        async () =>
          current
            ? writePeppered(current.id, await writer.hash(current.apply(password)))
            : writer.hash(password),
        signal,
      ),

    async verify(password, stored, signal) {
      const { format, inner, pepper, real } = target(stored)
      const input = pepper ? pepper.apply(password) : password
      const matches = await admit(() => format.verify(input, inner), signal)
      return {
        // Lone surrogates would all be hashed as the same replacement character.
        ok: matches && real && password.isWellFormed(),
        outdated: pepper !== current || format !== writer || !format.isCurrent(inner),
      }
    },
  }
}

interface Target {
  readonly format: PasswordFormat
  readonly inner: string
  readonly pepper: Pepper | null
  readonly real: boolean
}

function orderedFormats(
  write: PasswordOptions['format'],
  cost: number,
  random: Random,
): readonly PasswordFormat[] {
  const formats = [bcryptSha256(cost, random), crudauthPy(cost, random)]
  return write === 'crudauth-py' ? formats.reverse() : formats
}

function defaultConcurrency(): number {
  return Math.max(1, Math.min(3, availableParallelism() - 1))
}

/** What is wrong with password options, one sentence each. */
export function passwordProblems(options: PasswordOptions): string[] {
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
  const { minLength = defaultMinLength, maxLength = defaultMaxLength } = options
  if (minLength > maxLength) {
    problems.push(
      `passwords.minLength (${minLength}) must not be above passwords.maxLength (${maxLength})`,
    )
  }
  const format: unknown = options.format
  if (format !== undefined && format !== 'bcrypt-sha256' && format !== 'crudauth-py') {
    problems.push("passwords.format must be 'bcrypt-sha256' or 'crudauth-py'")
  }
  if (options.pepper !== undefined) {
    const peppers: readonly unknown[] = [options.pepper].flat()
    const isLong = (one: unknown) => typeof one === 'string' && Buffer.byteLength(one) >= 32
    if (peppers.length === 0 || !peppers.every(isLong)) {
      problems.push('passwords.pepper must be a secret of at least 32 bytes, or a list of such')
    }
    if (format === 'crudauth-py') {
      problems.push(
        "passwords.pepper does not go with passwords.format 'crudauth-py', since the Python application could not read peppered hashes; drop one of them",
      )
    }
  }
  return problems
}

/** Whether what is stored is that of an account without a password: null, empty, or `!…`. */
export function isUnusable(stored: string | null | undefined): boolean {
  return stored == null || stored === '' || stored.startsWith('!')
}
