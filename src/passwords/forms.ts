/**
 * The forms of a password: one that is typed on another keyboard may come as other code points.
 *
 * New hashes are of NFC (NIST SP 800-63B-4 §3.1.1.2). A hash from before, or from another system,
 * may be of what was typed then, or of NFKC. So up to three forms are verified, each only where it
 * differs from those before: how many depends on what is typed, and never on what is stored.
 */

/** A form of what was typed. */
export interface PasswordForm {
  readonly text: string
  /** NFKC: it counts for hashes in the format of crudauth for Python alone. */
  readonly isCompatible: boolean
}

/**
 * A password of at most `maxLength` code points in NFC, typed in any form, has no more UTF-16 units
 * than so many times that: no NFC text becomes longer by it. To normalise more could take long.
 */
const unitsPerCharacter = 4

/**
 * The form that is hashed and that policies see; what is too long for a password stays as it is.
 */
export function canonicalForm(password: string, maxLength: number): string {
  return password.length > unitsPerCharacter * maxLength ? password : password.normalize('NFC')
}

/** The forms to verify, the canonical one first. */
export function typedForms(password: string, maxLength: number): readonly PasswordForm[] {
  const canonical = canonicalForm(password, maxLength)
  const isTooLong = password.length > unitsPerCharacter * maxLength
  const compatible = isTooLong ? password : password.normalize('NFKC')
  const texts = new Set([canonical, password])
  const forms = [...texts].map((text) => ({ text, isCompatible: false }))
  return texts.has(compatible) ? forms : [...forms, { text: compatible, isCompatible: true }]
}
