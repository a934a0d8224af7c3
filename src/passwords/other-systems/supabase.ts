/**
 * Supabase Auth: `encrypted_password` of `auth.users`.
 *
 * Layout: `internal/crypto/password.go` of `supabase/auth`.
 */
import { type Declaration, declareOptions, type Settled } from '../../options/declare.ts'
import { whole } from '../../options/option.ts'
import type { AdoptedFormat } from '../adopted-format.ts'
import { maxBcryptCost } from '../format.ts'
import { parseArgon2, verifyArgon2 } from './argon2.ts'
import { bcryptDecoy, cleanBcrypt, verifyBcrypt } from './bcrypt.ts'
import { isAcceptableScrypt } from './derive.ts'
import { fromBase64 } from './encoding.ts'
import { type FirebaseParts, firebaseMatches } from './firebase.ts'
import { forText } from './for-text.ts'

/** What most of the stored hashes cost. Used for absent accounts only. */
export interface SupabaseOptions {
  /** The cost of most bcrypt hashes; unknown names cost as much. Default 10. */
  cost?: number
}

export const supabaseOptions: Declaration<Settled<SupabaseOptions>> = declareOptions<
  Settled<SupabaseOptions>
>({ cost: whole(10, { min: 4, max: maxBcryptCost }) })

/**
 * Verifies Supabase's hashes: bcrypt (`$2a$…`), and what was imported there: `$argon2id$…`,
 * `$argon2i$…` and Firebase's scrypt with the project's parameters (`$fbscrypt$v=1,…`).
 *
 * @example
 * ```ts
 * const passwords = { adopt: [supabase()] }
 * ```
 */
export function supabase(options: SupabaseOptions = {}): AdoptedFormat {
  const { settings, problems } = supabaseOptions.read(options, 'supabase')
  const { cost } = settings
  return forText({
    name: 'supabase',
    problems,
    recognises: (stored) => verifierOf(stored) !== null,
    verify: async (password, stored) => (await verifierOf(stored)?.(password)) ?? false,
    decoy: () => bcryptDecoy(cost, '2a'),
  })
}

function verifierOf(stored: string): ((password: string) => Promise<boolean>) | null {
  if (cleanBcrypt(stored) !== null) return (password) => verifyBcrypt(password, stored)
  const variant = parseArgon2(stored)?.variant
  if (variant) {
    return variant === 'argon2d' ? null : (password) => verifyArgon2(password, stored)
  }
  const firebase = parseFirebase(stored)
  return firebase && ((password) => firebaseMatches(password, firebase))
}

const pattern =
  /^\$fbscrypt\$v=1,n=([1-9]\d?),r=([1-9]\d?),p=([1-9]\d?),ss=([\w+/=]{4,64}),sk=([\w+/=]{4,256})\$([\w+/=]{4,128})\$([\w+/=]{4,256})$/

function parseFirebase(stored: string): FirebaseParts | null {
  const [, n, r, p, ...texts] = pattern.exec(stored) ?? []
  const cost = { n: 2 ** Number(n), r: Number(r), p: Number(p) }
  const [saltSeparator, signerKey, salt, hash] = texts.map(fromBase64)
  if (!saltSeparator || !signerKey || !salt || hash?.length !== signerKey.length) return null
  return isAcceptableScrypt(cost) ? { saltSeparator, signerKey, salt, hash, cost } : null
}
