/**
 * Firebase Authentication's variant of scrypt, with the parameters of the project.
 */
import { createCipheriv, timingSafeEqual } from 'node:crypto'
import type { AdoptedFormat } from '../adopted-format.ts'
import { deriveScrypt, isAcceptableScrypt } from './derive.ts'
import { fromBase64 } from './encoding.ts'
import { forText } from './for-text.ts'

/** "Password hash parameters" of the Firebase console, as it shows them. */
export interface FirebaseScryptOptions {
  /** Base64. */
  signerKey: string
  /** Base64. */
  saltSeparator: string
  rounds: number
  memCost: number
}

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
 * @throws TypeError for parameters that cannot be those of a project.
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
  const { rounds, memCost } = options
  const signerKey = fromBase64(options.signerKey)
  const saltSeparator = fromBase64(options.saltSeparator)
  const cost = { n: 2 ** memCost, r: rounds, p: 1 }
  if (!signerKey || !saltSeparator || memCost >= 31 || !isAcceptableScrypt(cost)) {
    throw new TypeError(
      'firebaseScrypt: pass signerKey, saltSeparator, rounds and memCost as the Firebase console shows them',
    )
  }
  return forText({
    name: 'firebase-scrypt',
    recognises: (stored) => parse(stored, signerKey.length) !== null,
    async verify(password, stored) {
      const parts = parse(stored, signerKey.length)
      if (parts === null) return false
      const salt = Buffer.concat([parts.salt, saltSeparator])
      const key = await deriveScrypt(password, salt, cost, 32)
      const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16))
      return timingSafeEqual(Buffer.concat([cipher.update(signerKey), cipher.final()]), parts.hash)
    },
    decoy: () =>
      `$firebase-scrypt$${Buffer.alloc(10).toString('base64')}$${Buffer.alloc(signerKey.length).toString('base64')}`,
  })
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
