/**
 * E-mail addresses: what is accepted at the door, and the one form in which they are compared.
 *
 * The rule: an address that could receive mail from the public internet, in any script, found out
 * without a DNS query. These are the rules of the Python original; no npm package keeps exactly
 * these.
 */
import { domainToASCII, domainToUnicode } from 'node:url'

/**
 * The form under which an address is stored and looked up: trimmed, NFC, lower case, and its domain
 * in letters, as it was registered (`münchen.de`, however it is typed: `xn--mnchen-3ya.de`).
 */
export function canonicalEmail(address: string): string {
  const text = address.trim().toLowerCase().normalize('NFC')
  const at = text.lastIndexOf('@') + 1
  // Of a plain domain there is one form.
  if (at === 0 || !/xn--|\P{ASCII}/u.test(text.slice(at))) return text
  return text.slice(0, at) + (parseDomain(text.slice(at)) ?? text.slice(at))
}

/**
 * What people type without the name that may stand beside it: of `Ann <ann@example.com>` the rest.
 */
export function withoutName(input: string): string {
  const text = input.trim()
  return /^[^<>]*<([^<>]*)>$/.exec(text)?.[1] ?? text
}

/**
 * Reads an address as people type it, `Ann <ann@example.com>` included.
 *
 * @returns Its canonical form, or `null` when it is not one that mail could be sent to.
 */
export function parseEmail(input: string): string | null {
  if (input.length > 1024 || !input.isWellFormed()) return null
  const bare = withoutName(input)
  const at = bare.lastIndexOf('@')
  if (at < 1) return null
  const local = bare.slice(0, at).normalize('NFC')
  const domain = parseDomain(bare.slice(at + 1))
  if (!isLocalPart(local) || domain === null) return null
  const address = canonicalEmail(`${local}@${domain}`)
  return Buffer.byteLength(address, 'utf8') <= maxBytes ? address : null
}

/** RFC 5321 §4.5.3.1.3: a path has 256 octets, two of which are its angle brackets. */
const maxBytes = 254

// RFC 5322 dot-atom, widened to all letters beyond ASCII (RFC 6531). Quoted local parts are not
// accepted. Letters, marks, digits and symbols; no controls, spaces or formatting characters.
const atom = "(?:[a-z0-9!#$%&'*+/=?^_`{|}~-]|[^\\x00-\\x7f\\p{C}\\p{Z}])+"
const localPart = new RegExp(`^${atom}(?:\\.${atom})*$`, 'iu')

function isLocalPart(local: string): boolean {
  return localPart.test(local)
}

/** Names that never leave the local network or do not exist (RFC 2606, RFC 6761, RFC 6762). */
const reserved = new Set(['test', 'local', 'localhost', 'invalid', 'arpa', 'onion'])

function parseDomain(input: string): string | null {
  if (input.startsWith('[') || /[\s:/?#@\\%]/.test(input)) return null
  const ascii = domainToASCII(input)
  if (ascii === '' || ascii.length > 253) return null
  const labels = ascii.split('.')
  const top = labels.at(-1) ?? ''
  if (labels.length < 2 || !/[a-z]/.test(top) || reserved.has(top)) return null
  if (!labels.every((label) => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(label))) return null
  return domainToUnicode(ascii)
}
