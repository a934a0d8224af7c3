/**
 * What a username, or any other identifier that is not an address, may look like, and the form in
 * which it is stored and compared.
 *
 * The canonical form is Unicode's NFKC: full-width letters, ligatures and circled digits become the
 * plain characters that they stand for, so that two names that look alike are one name. Case
 * matters, unless `identity.ignoreCase` names the field.
 */

/** What `username varchar(64)` takes. Counted in code points, in canonical form. */
const maxLength = 64

export function canonicalUsername(value: string): string {
  return value.normalize('NFKC')
}

/**
 * The same for a field in which case is ignored. Lowering can undo NFKC, so that it comes last too.
 */
export function caselessUsername(value: string): string {
  return value.normalize('NFKC').toLowerCase().normalize('NFKC')
}

/** Why the value is not acceptable, as a sentence for the end user, or `null`. */
export function problemWithUsername(value: string): string | null {
  const tooLong = `Must have at most ${maxLength} characters.`
  // Before it is normalised, which may take long; NFKC shortens what people write by far less.
  if (value.length > 16 * maxLength) return tooLong
  if (!value.isWellFormed()) return 'Contains characters that cannot be used.'
  const name = canonicalUsername(value)
  // Controls, ends of lines, code points that mean nothing, and what is not seen: joiners,
  // direction marks, fillers, selectors of variants.
  if (/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{DI}\u2800]/u.test(name)) {
    return 'Contains characters that cannot be used.'
  }
  if (name.trim() === '') return 'Must not be empty.'
  if (name.trim() !== name) return 'Must not begin or end with a space.'
  if ([...name].length > maxLength) return tooLong
  return null
}

/** Whether a person could take the value for an e-mail address, in any of the ways to write `@`. */
export function looksLikeEmail(value: string): boolean {
  return value
    .slice(0, 16 * maxLength)
    .normalize('NFKC')
    .includes('@')
}
