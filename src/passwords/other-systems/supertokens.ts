/**
 * SuperTokens: `password_hash` of `emailpassword_users`.
 *
 * Layout: `io.supertokens.emailpassword` of `supertokens/supertokens-core`: `PasswordHashing`,
 * `PasswordHashingUtils` and `ParsedFirebaseSCryptResponse`.
 */
import { type Declaration, declareOptions, type Settled } from '../../options/declare.ts'
import { oneOf, text } from '../../options/option.ts'
import type { AdoptedFormat } from '../adopted-format.ts'
import { argon2, parseArgon2, verifyArgon2 } from './argon2.ts'
import { bcryptDecoy, cleanBcrypt, verifyBcrypt } from './bcrypt.ts'
import { isAcceptableScrypt } from './derive.ts'
import { fromBase64 } from './encoding.ts'
import { type FirebaseParts, firebaseMatches } from './firebase.ts'
import { forText } from './for-text.ts'

/** What most of the stored hashes were written with. */
export interface SuperTokensOptions {
  /**
   * The core's `password_hashing_alg`, at its default cost; unknown names cost as much. Default
   * `bcrypt`.
   */
  writer?: 'bcrypt' | 'argon2'
  /**
   * The core's `firebase_password_hashing_signer_key`, for hashes that came from Firebase. Without
   * it they are not recognised. Default ''.
   */
  firebaseSignerKey?: string
}

export const superTokensOptions: Declaration<Settled<SuperTokensOptions>> = declareOptions<
  Settled<SuperTokensOptions>
>({
  writer: oneOf(['bcrypt', 'argon2'], 'bcrypt'),
  firebaseSignerKey: text('', { pattern: /^[\w+/]*={0,2}$/, wanted: 'a text in base64' }),
})

/**
 * Verifies hashes of SuperTokens: bcrypt (`$2a$…`, `$2b$…`, `$2y$…`), Argon2 (`$argon2id$…`,
 * `$argon2i$…`, `$argon2d$…`), and those that came from Firebase (`$f_scrypt$…`). `$2x$`, the mark
 * of a faulty implementation of bcrypt, is not verified.
 *
 * @example
 * ```ts
 * const passwords = { adopt: [superTokens({ writer: 'argon2' })] }
 * ```
 */
export function superTokens(options: SuperTokensOptions = {}): AdoptedFormat {
  const { settings, problems } = superTokensOptions.read(options, 'superTokens')
  const { writer } = settings
  const signerKey = fromBase64(settings.firebaseSignerKey)
  const verifierOf = (stored: string) => verifier(stored, signerKey)
  return forText({
    name: 'supertokens',
    problems,
    recognises: (stored) => verifierOf(stored) !== null,
    verify: async (password, stored) => (await verifierOf(stored)?.(password)) ?? false,
    decoy: () =>
      writer === 'argon2'
        ? argon2({ memory: 87_795, passes: 1, parallelism: 2 }).decoy()
        : bcryptDecoy(11, '2a'),
  })
}

function verifier(
  stored: string,
  signerKey: Buffer | null,
): ((password: string) => Promise<boolean>) | null {
  if (cleanBcrypt(stored) !== null) return (password) => verifyBcrypt(password, stored)
  if (parseArgon2(stored) !== null) return (password) => verifyArgon2(password, stored)
  const firebase = signerKey && parseFirebase(stored, signerKey)
  return firebase && ((password) => firebaseMatches(password, firebase))
}

const pattern =
  /^\$f_scrypt\$([\w+/=]{4,256})\$([\w+/=]{4,128})\$m=([1-9]\d?)\$r=([1-9]\d?)\$s=([\w+/=]{4,64})$/

function parseFirebase(stored: string, signerKey: Buffer): FirebaseParts | null {
  const [, hashText = '', saltText = '', m, r, separatorText = ''] = pattern.exec(stored) ?? []
  const cost = { n: 2 ** Number(m), r: Number(r), p: 1 }
  const [hash, salt, saltSeparator] = [hashText, saltText, separatorText].map(fromBase64)
  if (!salt || !saltSeparator || hash?.length !== signerKey.length) return null
  return isAcceptableScrypt(cost) ? { saltSeparator, signerKey, salt, hash, cost } : null
}
