/**
 * Passwords that an attacker tries first because he knows the account: its names, with a year or
 * an exclamation mark (NIST SP 800-63B-4 §3.1.1.2, "context-specific words ... and derivatives
 * thereof"; OWASP ASVS 5.0, 6.2.11).
 *
 * The rule: take digits, punctuation, spaces and case away; what is left must be more than these
 * words, however often they are repeated. A word without letters, such as a phone number, is
 * refused as it is.
 */
import { fold } from './fold.ts'

/**
 * @param context Names as they are: user names, e-mail addresses, phone numbers. Of an e-mail
 *   address the part before the `@` counts as well, and so do parts of at least three letters.
 */
export function isBuiltFrom(password: string, context: readonly string[]): boolean {
  const names = context
    // No account is called by what is longer, and to normalise it could take long.
    .filter((name) => name.length <= 1024)
    .flatMap((name) => [name, name.split('@', 1)[0] ?? ''])
  return hasOnlyWords(password, names) || isSameNumber(password, names)
}

function hasOnlyWords(password: string, names: readonly string[]): boolean {
  const typed = letters(password)
  if (typed === '') return false
  const parts = names.flatMap((name) => fold(name).split(/[^\p{L}\p{M}]+/u))
  const words = [...names.map(letters), ...parts.filter((part) => [...part].length >= 3)]
    .filter((word) => word !== '')
    .sort((a, b) => b.length - a.length)
  // A space keeps what stood around a word from becoming another one.
  const rest = words.reduce((text, word) => text.replaceAll(word, ' '), typed)
  return rest.trim() === ''
}

function isSameNumber(password: string, names: readonly string[]): boolean {
  const typed = digits(password)
  return (
    typed !== '' &&
    letters(password) === '' &&
    names.some((name) => letters(name) === '' && digits(name) === typed)
  )
}

function letters(text: string): string {
  return fold(text).replace(/[^\p{L}\p{M}]+/gu, '')
}

function digits(text: string): string {
  return fold(text).replace(/\D+/g, '')
}
