/**
 * The epoch of an account's credentials where the users table has no column for one: a number that
 * is worked out from the stored password hash, and that changes with the password.
 *
 * What it is made of is the salt. Every new password gets a new one, and a hash that is upgraded at
 * login keeps the old one: so an upgrade ends nothing, and nobody has to remember that it happened.
 * A text that is not a hash of ours stands for 16 bytes that are derived from it, and these become
 * the salt when a hash of ours replaces it.
 */
import { createHash, createHmac } from 'node:crypto'
import { deriveKey } from '../crypto.ts'

export interface PasswordEpochs {
  /**
   * The epoch of an account with this stored hash: 1 to 2^31 - 1, never the 0 of a missing claim.
   */
  epoch(id: string, stored: string | null): number
  /** The salt with which another hash keeps this epoch; `null` where nothing is stored. */
  salt(id: string, stored: string | null): Uint8Array | null
}

/** bcrypt's, and that of every hash of ours. */
const saltBytes = 16

/**
 * @param saltOf Reads the salt of a hash of ours, see `Passwords.saltOf`.
 * @param secrets As configured: the newest first. The oldest is used, so that a new one changes
 *   nothing.
 */
export function passwordEpochs(
  saltOf: (stored: string) => Uint8Array | null,
  secrets: readonly string[],
): PasswordEpochs {
  const key = deriveKey(secrets.at(-1) ?? '', 'password epoch')

  // A text of another system may be an unsalted hash: without the key, an access token or a salt
  // would let people test guesses of that password. With the account's id, no two accounts share a
  // salt.
  const derived = (id: string, stored: string) =>
    createHmac('sha256', key).update(`${id}\0${stored}`, 'utf8').digest().subarray(0, saltBytes)

  function salt(id: string, stored: string | null): Uint8Array | null {
    if (stored === null || stored === '') return null
    const own = saltOf(stored)
    return own?.length === saltBytes ? own : derived(id, stored)
  }

  return {
    salt,
    epoch(id, stored) {
      const digest = createHash('sha256')
        .update(salt(id, stored) ?? new Uint8Array(saltBytes))
        .update(id, 'utf8')
        .digest()
      return digest.readUInt32BE(0) >>> 1 || 1
    },
  }
}
