/** A format of password hashes that another system wrote: verified, never written. */
export interface AdoptedFormat {
  readonly name: string
  /**
   * Whether the stored text is a hash of this format: well formed, and of a cost that is
   * acceptable.
   */
  recognises(stored: string): boolean
  /**
   * Whether the password has this hash. Called only with what `recognises` accepted. Off the event
   * loop.
   */
  verify(password: string, stored: string): Promise<boolean>
  /**
   * A well-formed hash of no known password at the cost that system writes by default; made without
   * hashing. Verified in place of a missing one, so that an absent account costs what a present one
   * does.
   */
  decoy(): string
  /**
   * Whether this password is the only way to write the one that it verifies as, so that a hash of
   * ours may replace the stored one. Where the other system overlooks something (white space at the
   * ends), a slip at one login would else have to be repeated at all others. Default: it is.
   */
  isExact?(password: string): boolean
}
