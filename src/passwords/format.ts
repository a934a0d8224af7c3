/**
 * The port for one way to spell a password hash.
 */
export interface PasswordFormat {
  readonly name: string
  /** Whether other systems spell hashes of another kind the same way. */
  readonly sharesSpelling: boolean
  /** Whether a stored text is a hash of this format, well formed and of an acceptable cost. */
  recognises(stored: string): boolean
  /** Whether the password has this hash, which `recognises` accepted. Off the event loop. */
  verify(password: string, stored: string): Promise<boolean>
  /** Whether the hash is what this format would write today. */
  isCurrent(stored: string): boolean
  /** @param salt 16 bytes. Default: random ones. */
  hash(password: string, salt?: Uint8Array): Promise<string>
  /**
   * The salt of a hash that is spelled in this format, else `null`. Does not depend on any option.
   */
  saltOf(stored: string): Uint8Array | null
  /**
   * A well-formed hash, at today's cost, of no known password, always the same; made without
   * hashing.
   */
  decoy(): string
  /**
   * Loads what computes hashes, ahead of the first use. Rejects with what is missing and what to
   * do.
   */
  load?(): Promise<unknown>
}

/**
 * The highest bcrypt cost that is verified, about four seconds of a core. A stored hash beyond it
 * is taken for malformed, so that nobody can plant one that occupies a core for hours.
 */
export const maxBcryptCost = 16
