/**
 * Passwords: hashed and verified at equal cost, whatever is stored and whatever was typed.
 *
 * A verification is one admitted unit of work in every case. A user who does not exist, has no
 * password, or has a hash that cannot be read costs what a wrong password costs: the password is
 * then checked against a decoy. While hashes of other systems are adopted, the unit holds one
 * verification of a format of ours and one of theirs, in this order, always; and so for each form
 * in which the password may have been meant (`forms.ts`), also when one of them was right. (A hash
 * that was written at another cost than today's takes another time, until its owner's next login
 * brings it up to date.)
 */
import { availableParallelism } from 'node:os'
import { type Random, secureRandom } from '../crypto.ts'
import type { EventListener } from '../events.ts'
import { warnOnTrouble } from '../listener.ts'
import { admission, type Caller } from './admission.ts'
import { type AdoptedCheck, adoption, nothingAdopted } from './adoption.ts'
import { argon2Engine } from './argon2-engine.ts'
import { argon2id } from './argon2id.ts'
import { bcryptEngine } from './bcrypt-engine.ts'
import { bcryptSha256 } from './bcrypt-sha256.ts'
import { crudauthPy } from './crudauth-py.ts'
import type { PasswordFormat } from './format.ts'
import { canonicalForm, type PasswordForm, typedForms } from './forms.ts'
import { type Compute, HashThreads, hashWorker } from './hash-threads.ts'
import {
  type PasswordFormatName,
  type PasswordOptions,
  type PasswordSettings,
  passwordFormatNames,
  passwordOptions,
} from './options.ts'
import { type Pepper, parsePeppered, pepper, writePeppered } from './pepper.ts'
import { passwordPolicy } from './policy.ts'

export type { PasswordOptions } from './options.ts'

/** What came of a password that was verified. */
export interface PasswordCheck {
  readonly ok: boolean
  /** Whether the stored hash should be replaced by a new one; meaningful only when `ok`. */
  readonly outdated: boolean
  /** A verifier of an adopted format threw: the same password may be right another time. */
  readonly hasFailed?: true
}

export interface Passwords {
  readonly minLength: number
  readonly maxLength: number
  /**
   * Names what passwords are verified with: formats of the library and adopted ones, and peppers.
   * With another one, a password that was wrong may be right.
   */
  readonly verifiedWith: string

  /**
   * What can be told at once of a new password that is not acceptable, as a sentence for the end
   * user, or `null`: its length, and characters that cannot be used.
   */
  problemWith(password: string): string | null

  /**
   * Why a new password is not acceptable, by length and by `passwords.policy`, as a sentence for
   * the end user that repeats nothing of the password, or `null`. Never rejects.
   *
   * @param context The account's names as they are: user name, e-mail address, phone number.
   */
  check(password: string, context: readonly string[]): Promise<string | null>

  /**
   * Hashes a new password.
   *
   * @param salt Of 16 bytes, where a hash is to keep its account's epoch (`epochs.ts`). Default:
   *   random.
   * @throws AuthError `overloaded` (503); `connection_lost` (400) when the caller's signal aborts.
   */
  hash(password: string, caller?: Caller, salt?: Uint8Array): Promise<string>

  /**
   * The salt of a hash in one of our formats, whatever is configured; `null` for any other text.
   */
  saltOf(stored: string): Uint8Array | null

  /**
   * Whether the password has the stored hash; `null` for an account that does not exist. Never
   * rejects for what is stored or sent.
   *
   * @throws AuthError `overloaded` (503); `connection_lost` (400) when the caller's signal aborts.
   */
  verify(
    password: string,
    stored: string | null | undefined,
    caller?: Caller,
  ): Promise<PasswordCheck>

  /**
   * Throws if `verify` would be refused at this moment. Call it before costly work that only serves
   * a `verify`, such as a look-up.
   *
   * @throws AuthError `overloaded` (503).
   */
  refuseIfFull(caller?: Caller): void

  /**
   * Whether a stored text is in a format that is verified; a verifier that is a function may be.
   */
  knows(stored: string): boolean

  /**
   * Loads what computes new hashes, ahead of the first use. Rejects with what is missing and what
   * to do.
   */
  load(): Promise<void>

  /** Ends the threads that compute hashes. */
  close(): void
}

export interface PasswordParts {
  readonly random?: Random
  /** The application's name, which no password may consist of. */
  readonly application?: string
  readonly emit?: EventListener
  /** All native formats that are verified; the first writes. For tests. */
  readonly formats?: readonly PasswordFormat[]
}

export function passwords(options: PasswordOptions = {}, parts: PasswordParts = {}): Passwords {
  const { random = secureRandom, emit = warnOnTrouble } = parts
  const { settings } = passwordOptions.read(options, 'passwords')
  const { minLength, maxLength, maxQueued, maxWait, threadNiceness } = settings
  const { concurrency = defaultConcurrency(settings) } = settings
  const threads = new HashThreads(() => hashWorker(threadNiceness))
  const formats = parts.formats ?? nativeFormats(settings, random, threads.compute)
  const writer = formats[0] as PasswordFormat
  const peppers = [settings.pepper ?? []].flat().map(pepper)
  const current = peppers[0] ?? null
  const decoy = writer.decoy()
  const adopted = adoption(settings.adopt, emit)
  const policy = passwordPolicy(settings.policy, {
    application: parts.application ?? '',
    emit,
  })
  const admit = admission({ concurrency, maxQueued, maxWaitMs: maxWait * 1000 })

  /** What is verified against what; decoys where there is nothing to verify against. */
  function target(stored: string | null | undefined): Target {
    const nothing: Target = {
      format: writer,
      inner: decoy,
      pepper: current,
      real: false,
      foreign: null,
    }
    if (typeof stored !== 'string' || isUnusable(stored)) return nothing
    const { pepperId, inner } = parsePeppered(unpadded(stored))
    const format = formats.find((one) => one.recognises(inner))
    // Adopted formats are not asked about hashes that only this library can have written.
    const isOurs = pepperId !== null || (format !== undefined && !format.sharesSpelling)
    const foreign = isOurs ? null : unpadded(stored)
    const pepper = pepperId === null ? null : peppers.find(({ id }) => id === pepperId)
    return format && pepper !== undefined
      ? { format, inner, pepper, real: true, foreign }
      : { ...nothing, foreign }
  }

  const canonical = (password: string) => canonicalForm(password, maxLength)

  function problemWith(password: string): string | null {
    if (!password.isWellFormed()) return 'Contains characters that cannot be used.'
    const length = [...canonical(password).slice(0, 2 * maxLength + 2)].length
    if (length < minLength) return `Must have at least ${minLength} characters.`
    if (length > maxLength) return `Must have at most ${maxLength} characters.`
    return null
  }

  return {
    minLength,
    maxLength,
    verifiedWith: JSON.stringify([
      formats.map(({ name }) => name),
      [settings.adopt ?? []].flat().map(({ name }) => name),
      peppers.map(({ id }) => id),
    ]),
    problemWith,
    check: async (password, context) =>
      problemWith(password) ?? policy(canonical(password), context),

    hash: (password, caller, salt) =>
      admit(async () => {
        const text = canonical(password)
        return current
          ? writePeppered(current.id, await writer.hash(current.apply(text), salt))
          : writer.hash(text, salt)
      }, caller),

    refuseIfFull: admit.refuseIfFull,

    saltOf(stored) {
      const { inner } = parsePeppered(unpadded(stored))
      for (const format of formats) {
        const salt = format.saltOf(inner)
        if (salt !== null) return salt
      }
      return null
    },

    knows: (stored) =>
      !isUnusable(stored) &&
      (formats.some((one) => one.recognises(parsePeppered(unpadded(stored)).inner)) ||
        settings.adopt.some((one) => typeof one === 'function' || one.recognises(stored))),

    async load() {
      await writer.load?.()
    },

    close: () => threads.close(),

    async verify(password, stored, caller) {
      const { format, inner, pepper, real, foreign } = target(stored)
      const isCurrent = pepper === current && format === writer && format.isCurrent(inner)
      const mayBeCompatible = format.name === 'crudauth-py'

      async function judge({ text, isCompatible }: PasswordForm): Promise<PasswordCheck> {
        const input = pepper ? pepper.apply(text) : text
        const native = await format.verify(input, inner)
        const theirs: AdoptedCheck = (await adopted?.verify(text, foreign)) ?? nothingAdopted
        const ours = native && real && (!isCompatible || mayBeCompatible)
        // A hash of another form is replaced, so that every keyboard can type the password.
        if (ours) return { ok: true, outdated: !isCurrent || text !== canonical(password) }
        const { replaceable: outdated, hasFailed } = theirs
        return { ok: theirs.ok && !isCompatible, outdated, ...(hasFailed && { hasFailed }) }
      }

      const checks = await admit(async () => {
        const made: PasswordCheck[] = []
        for (const form of typedForms(password, maxLength)) made.push(await judge(form))
        return made
      }, caller)
      const found = checks.find(({ ok }) => ok) ?? checks[0]
      return {
        // Lone surrogates would all be hashed as the same replacement character.
        ok: found?.ok === true && password.isWellFormed(),
        outdated: found?.outdated ?? false,
        ...(checks.some(({ hasFailed }) => hasFailed) && { hasFailed: true }),
      }
    },
  }
}

interface Target {
  readonly format: PasswordFormat
  readonly inner: string
  readonly pepper: Pepper | null
  readonly real: boolean
  /** What an adopted format may recognise; `null` where there is nothing. */
  readonly foreign: string | null
}

/** All formats, the one that writes first. */
function nativeFormats(
  { format, cost, argon2 }: PasswordSettings,
  random: Random,
  compute: Compute,
): readonly PasswordFormat[] {
  const bcrypt = bcryptEngine(compute)
  const make: Record<PasswordFormatName, () => PasswordFormat> = {
    'bcrypt-sha256': () => bcryptSha256(cost, random, bcrypt),
    argon2id: () => argon2id(argon2 ?? {}, random, argon2Engine(undefined, compute)),
    'crudauth-py': () => crudauthPy(cost, random, bcrypt),
  }
  return [format, ...passwordFormatNames.filter((name) => name !== format)].map((name) =>
    make[name](),
  )
}

/**
 * One core stays free for everybody else. What other systems wrote is verified in the platform's
 * pool of four threads, of which one stays free as well.
 */
function defaultConcurrency({ adopt }: PasswordSettings): number {
  const most = adopt.length > 0 ? 3 : Number.POSITIVE_INFINITY
  return Math.max(1, Math.min(most, availableParallelism() - 1))
}

/** A column of `char(n)` pads with blanks, and no hash ends in one. */
function unpadded(stored: string): string {
  return stored.trimEnd()
}

/** Whether what is stored is that of an account without a password: null, empty, or `!…`. */
export function isUnusable(stored: string | null | undefined): boolean {
  return stored == null || stored.trimEnd() === '' || stored.startsWith('!')
}
