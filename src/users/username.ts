/**
 * What a username, or any other identifier that is not an address, may look like.
 *
 * It is stored and matched as typed, as in the contract. Refused is only what could not be typed
 * again, stored everywhere, or told apart from somebody's address.
 */

/** The contract's column: VARCHAR(64). Counted in code points. */
const maxLength = 64

/** Why the value is not acceptable, as a sentence for the end user, or `null`. */
export function problemWithUsername(value: string): string | null {
  if (!value.isWellFormed() || /\p{Cc}/u.test(value))
    return 'Contains characters that cannot be used.'
  if (value.trim() === '') return 'Must not be empty.'
  if ([...value].length > maxLength) return `Must have at most ${maxLength} characters.`
  return null
}

/** Whether a person could take the value for an e-mail address, in any of the ways to write `@`. */
export function looksLikeEmail(value: string): boolean {
  return value.normalize('NFKC').includes('@')
}
