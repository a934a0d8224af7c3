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
   * Whether a hash of ours may replace the stored one after this password was accepted. `false`
   * where the other system ignores something that was typed, such as white space at the ends: ours
   * does not, so the owner would have to repeat the slip at every login. Default `true`.
   */
  isExact?(password: string): boolean
  /** What is wrong with the options it was made with, one sentence each. Default nothing. */
  readonly problems?: readonly string[]
}
