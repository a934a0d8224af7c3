/**
 * Binary in text, as other systems wrote it: one spelling each, so that two texts are two hashes.
 */

/** Standard base64, with the padding that belongs there; `null` for anything else. */
export function fromBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64')
  return bytes.length > 0 && bytes.toString('base64') === text ? bytes : null
}

/** The same without padding. */
export function fromBareBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64')
  return bytes.length > 0 && toBareBase64(bytes) === text ? bytes : null
}

export function toBareBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replaceAll('=', '')
}

/** passlib's, without padding and with `.` in place of `+`. */
export function fromAb64(text: string): Buffer | null {
  return text.includes('+') ? null : fromBareBase64(text.replaceAll('.', '+'))
}

export function toAb64(bytes: Uint8Array): string {
  return toBareBase64(bytes).replaceAll('+', '.')
}

/** Lower case, as every one of these systems writes it. */
export function fromHex(text: string): Buffer | null {
  return /^(?:[0-9a-f]{2})+$/.test(text) ? Buffer.from(text, 'hex') : null
}
