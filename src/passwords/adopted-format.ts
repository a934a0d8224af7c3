/** A format of password hashes that another system wrote: verified, never written. */
export interface AdoptedFormat {
  readonly name: string
  /** Whether the stored text is a hash of this format: well formed, and of a cost that is acceptable. */
  recognises(stored: string): boolean
  /** Whether the password has this hash. Called only with what `recognises` accepted. Off the event loop. */
  verify(password: string, stored: string): Promise<boolean>
  /** A well-formed hash of no known password at the cost that system writes by default; made without hashing. Verified in place of a missing one, so that an absent account costs what a present one does. */
  decoy(): string
}
