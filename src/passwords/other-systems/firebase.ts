/**
 * Firebase Authentication's variant of scrypt, with the parameters of the project.
 */
import { createCipheriv, timingSafeEqual } from 'node:crypto'
import { type Declaration, declareOptions } from '../../options/declare.ts'
import { required, whole } from '../../options/option.ts'
import type { AdoptedFormat } from '../adopted-format.ts'
import { deriveScrypt, isAcceptableScrypt, type ScryptCost } from './derive.ts'
import { fromBase64 } from './encoding.ts'
import { forText } from './for-text.ts'

/** "Password hash parameters" of the Firebase console, as it shows them. */
export interface FirebaseScryptOptions {
  /** What the console shows as `base64_signer_key`. */
  signerKey: string
  /** What it shows as `base64_salt_separator`. */
  saltSeparator: string
  /** What it shows as `rounds`. */
  rounds: number
  /** What it shows as `mem_cost`. */
  memCost: number
}

const where = "copy it from the project's password hash parameters, in the Firebase console"

function base64Problems(given: unknown, path: string): string[] {
  const bytes = typeof given === 'string' ? fromBase64(given) : null
  return bytes?.length ? [] : [`${path} must be a text in base64; ${where}`]
}

function parameter(most: number) {
  const option = whole(1, { max: most })
  return required<number>(where, (given, path) => option.judge(given, path).problems)
}

export const firebaseScryptOptions: Declaration<Readonly<FirebaseScryptOptions>> = declareOptions<
  Readonly<FirebaseScryptOptions>
>(
  {
    signerKey: required(where, base64Problems),
    saltSeparator: required(where, base64Problems),
    rounds: parameter(64),
    memCost: parameter(30),
  },
  {
    rules: [
      {
        about: ['rounds', 'memCost'],
        problems: ({ rounds, memCost }, path) =>
          isAcceptableScrypt({ n: 2 ** memCost, r: rounds, p: 1 })
            ? []
            : [
                `${path}.rounds (${rounds}) and ${path}.memCost (${memCost}) are of no project; ${where}`,
              ],
      },
    ],
  },
)

/**
 * Verifies Firebase's hashes. Firebase exports a hash and a salt per account, `passwordHash` and
 * `salt`. Store them in one text as
 *
 * ```
 * $firebase-scrypt$<salt>$<passwordHash>
 * ```
 *
 * each as it was exported: in standard base64 by `firebase auth:export`, in the URL-safe alphabet
 * by the Admin SDK's `listUsers` (where the salt is `passwordSalt`), both with padding.
 *
 * @example
 * ```ts
 * const passwords = {
 *   adopt: [
 *     firebaseScrypt({ signerKey: '…', saltSeparator: 'Bw==', rounds: 8, memCost: 14 }),
 *   ],
 * }
 * ```
 */
export function firebaseScrypt(options: FirebaseScryptOptions): AdoptedFormat {
  const { settings, problems } = firebaseScryptOptions.read(options, 'firebaseScrypt')
  const signerKey = bytesOf(settings.signerKey)
  const saltSeparator = bytesOf(settings.saltSeparator)
  const cost = { n: 2 ** settings.memCost, r: settings.rounds, p: 1 }
  return forText({
    problems,
    name: 'firebase-scrypt',
    recognises: (stored) => problems.length === 0 && parse(stored, signerKey.length) !== null,
    async verify(password, stored) {
      const parts = parse(stored, signerKey.length)
      return (
        parts !== null && firebaseMatches(password, { ...parts, saltSeparator, signerKey, cost })
      )
    },
    decoy: () =>
      `$firebase-scrypt$${Buffer.alloc(10).toString('base64')}$${Buffer.alloc(signerKey.length).toString('base64')}`,
  })
}

/** What Firebase's scrypt needs, whoever stores it. */
export interface FirebaseParts {
  readonly salt: Uint8Array
  readonly saltSeparator: Uint8Array
  readonly signerKey: Uint8Array
  readonly cost: ScryptCost
  /** As long as the signer key. */
  readonly hash: Uint8Array
}

/** The signer key, encrypted under what scrypt makes of the password. */
export async function firebaseMatches(password: string, parts: FirebaseParts): Promise<boolean> {
  const salt = Buffer.concat([parts.salt, parts.saltSeparator])
  const key = await deriveScrypt(password, salt, parts.cost, 32)
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16))
  const sealed = Buffer.concat([cipher.update(parts.signerKey), cipher.final()])
  return timingSafeEqual(sealed, parts.hash)
}

/** Empty for what is none: the format with such a problem recognises nothing. */
function bytesOf(given: unknown): Buffer {
  return (typeof given === 'string' ? fromBase64(given) : null) ?? Buffer.alloc(0)
}

function parse(stored: string, length: number): { salt: Buffer; hash: Buffer } | null {
  const match = /^\$firebase-scrypt\$([\w+/=-]{4,128})\$([\w+/=-]{4,256})$/.exec(stored)
  const salt = fromEitherBase64(match?.[1] ?? '')
  const hash = fromEitherBase64(match?.[2] ?? '')
  return salt && hash?.length === length ? { salt, hash } : null
}

function fromEitherBase64(text: string): Buffer | null {
  return fromBase64(text.replaceAll('-', '+').replaceAll('_', '/'))
}
