/**
 * Telephone numbers: one form for each, and the country that a number says it is of.
 *
 * A number with its country code (E.164) is written with spaces, dots, hyphens and brackets, which
 * mean nothing (RFC 3966 §5.1.1): without them it has one form. What has no country code stays as
 * it is typed. Whether a number exists, and how nations write theirs, is not known here.
 */

/** `+`, the country code, and at most fifteen digits in all. */
const e164 = /^\+[1-9]\d{6,14}$/

/** Space, hyphens and dashes, dots, brackets, slashes. */
const separators = /[\s().\u002d\u2010-\u2015\u2212/]/g

/** The form in which a number is stored and compared. */
export function canonicalPhone(value: string): string {
  const typed = value.normalize('NFKC')
  const bare = typed.replaceAll(separators, '')
  return e164.test(bare) ? bare : typed
}

/** Codes of two digits; 1 and 7 have one, all others three (ITU-T E.164, list of country codes). */
const ofTwoDigits = new Set(
  '20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98'.split(
    ' ',
  ),
)

/**
 * The country code of a number, such as `43`: several countries share 1, 7, 39, 44 and others.
 * `null` for what is no number with a country code.
 */
export function callingCode(number: string): string | null {
  if (!e164.test(number)) return null
  const digits = number.slice(1)
  if (digits.startsWith('1') || digits.startsWith('7')) return digits.slice(0, 1)
  const two = digits.slice(0, 2)
  return ofTwoDigits.has(two) ? two : digits.slice(0, 3)
}
