/**
 * Addresses and numbers, as they may be shown to somebody who need not know them whole.
 */
import { callingCode, canonicalPhone } from './phone.ts'

/**
 * An address of which its owner recognises the rest: `j***@example.com`. What is no address is
 * `***`.
 *
 * @example
 * ```ts
 * maskEmail('john@example.com') // 'j***@example.com'
 * ```
 */
export function maskEmail(address: string): string {
  const at = address.lastIndexOf('@')
  const [first = ''] = address
  return at < 1 ? '***' : `${first}***${address.slice(at)}`
}

/**
 * A number of which its owner recognises the end: `+43***78`. What is no number with a country code
 * is `***`.
 *
 * @example
 * ```ts
 * maskPhone('+43 660 12345678') // '+43***78'
 * ```
 */
export function maskPhone(number: string): string {
  const canonical = canonicalPhone(number)
  const code = callingCode(canonical)
  return code === null ? '***' : `+${code}***${canonical.slice(-2)}`
}

/**
 * Either, by what it looks like.
 *
 * @example
 * ```ts
 * maskContact(user.email ?? user.phone)
 * ```
 */
export function maskContact(contact: string): string {
  return contact.includes('@') ? maskEmail(contact) : maskPhone(contact)
}
