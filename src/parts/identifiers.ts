/**
 * Addresses, user names and numbers in the forms in which the library stores and compares them, and
 * as they may be shown.
 */
import * as email from '../users/email.ts'
import * as phone from '../users/phone.ts'
import * as username from '../users/username.ts'

export { maskContact, maskEmail, maskPhone } from '../users/masks.ts'

/**
 * Reads an address as people type it, `Ann <ann@example.com>` included: its canonical form, or
 * `null` for what no mail could be sent to.
 *
 * @example
 * ```ts
 * parseEmail(' Ann <ANN@Example.com> ') // 'ann@example.com'
 * ```
 */
export function parseEmail(typed: string): string | null {
  return email.parseEmail(typed)
}

/**
 * The form under which an address is stored and looked up; judges nothing.
 *
 * @example
 * ```ts
 * canonicalEmail('ANN@xn--mnchen-3ya.de') // 'ann@münchen.de'
 * ```
 */
export function canonicalEmail(address: string): string {
  return email.canonicalEmail(address)
}

/**
 * The form under which a user name is stored and looked up (Unicode's NFKC).
 *
 * @param options `ignoreCase` for a field that `identity.ignoreCase` names. Default `false`.
 *
 * @example
 * ```ts
 * canonicalUsername('ａｎｎ') // 'ann'
 * ```
 */
export function canonicalUsername(
  name: string,
  { ignoreCase = false }: { readonly ignoreCase?: boolean } = {},
): string {
  return ignoreCase ? username.caselessUsername(name) : username.canonicalUsername(name)
}

/**
 * Why a user name is not acceptable, as a sentence for the end user, or `null`.
 *
 * @example
 * ```ts
 * problemWithUsername(' ann') // 'Must not begin or end with a space.'
 * ```
 */
export function problemWithUsername(name: string): string | null {
  return username.problemWithUsername(name)
}

/**
 * The form under which a number with its country code is stored and looked up (E.164); what has
 * none stays as it is typed.
 *
 * @example
 * ```ts
 * canonicalPhone('+43 (660) 123-45') // '+4366012345'
 * ```
 */
export function canonicalPhone(number: string): string {
  return phone.canonicalPhone(number)
}

/**
 * The form of whatever somebody typed to say who they are: an address as one, all else as a user
 * name.
 *
 * @example
 * ```ts
 * canonicalIdentifier('ANN@example.com') // 'ann@example.com'
 * ```
 */
export function canonicalIdentifier(typed: string): string {
  return username.looksLikeEmail(typed)
    ? email.canonicalEmail(typed)
    : username.canonicalUsername(typed)
}
