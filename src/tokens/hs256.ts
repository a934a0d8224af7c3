/**
 * HS256 by `createHmac` (RFC 7515, RFC 7518 §3.2): a few microseconds, at once, in no queue. Web
 * Crypto, which a library has to use for this, imports the key for every call and waits in the
 * thread pool behind password hashes.
 *
 * The conditions under which a token is opened, in their order:
 *
 * 1. it is not longer than the cap, before anything else is looked at;
 * 2. it has three segments, each in base64url as there is only one way to write it: no padding, no
 *    other alphabet, no spare bits;
 * 3. the signature is right under one of the keys, before any JSON is read. All keys are tried,
 *    whichever is right, and each in constant time;
 * 4. the header says `alg: HS256` exactly, `typ: JWT` or none, and has no `crit`;
 * 5. the payload is UTF-8, and a JSON object.
 *
 * What is refused here is refused by `jose`, too, or is spelled in a way that nobody writes;
 * `test/tokens` holds them against each other.
 */
import { isUtf8 } from 'node:buffer'
import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'
import { isObject, parsedJson } from '../storage/records.ts'

/** Longer tokens are not looked at. */
export const maxTokenLength = 8192

export interface Hs256 {
  /** The signed token with these claims. */
  sign(claims: object): string
  /** The claims of a token under one of the keys, of which nothing is judged; else `null`. */
  open(token: string): Readonly<Record<string, unknown>> | null
}

/** @param secrets The first signs, all verify. */
export function hs256(secrets: readonly string[]): Hs256 {
  // The secret itself is the key, so that tokens of the Python original and ours are the same.
  const keys = secrets.map((secret) => createSecretKey(Buffer.from(secret, 'utf8')))
  return {
    sign(claims) {
      const input = `${usualHeader}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`
      return `${input}.${mac(keys[0] as KeyObject, input).toString('base64url')}`
    },

    open(token) {
      if (token.length > maxTokenLength) return null
      const first = token.indexOf('.')
      const second = token.indexOf('.', first + 1)
      if (first < 0 || second < 0 || token.includes('.', second + 1)) return null
      const header = token.slice(0, first)
      const isUsual = header === usualHeader
      const head = isUsual ? usualBytes : bytesOf(header)
      const payload = bytesOf(token.slice(first + 1, second))
      const signature = bytesOf(token.slice(second + 1))
      if (head === null || payload === null || signature === null) return null
      if (!isSigned(keys, token.slice(0, second), signature)) return null
      return isUsual || isOurs(objectIn(head)) ? objectIn(payload) : null
    },
  }
}

function mac(key: KeyObject, input: string): Buffer {
  return createHmac('sha256', key).update(input).digest()
}

/** Without saying, by the time that it takes, which key it is. */
function isSigned(keys: readonly KeyObject[], input: string, signature: Buffer): boolean {
  let isRight = false
  for (const key of keys) {
    const expected = mac(key, input)
    if (expected.length === signature.length && timingSafeEqual(expected, signature)) isRight = true
  }
  return isRight
}

/** `null` where another text would stand for the same bytes. */
function bytesOf(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : null
}

const usualBytes = Buffer.from('{"alg":"HS256","typ":"JWT"}')
const usualHeader = usualBytes.toString('base64url')

/** Whether a header names what we sign with, and nothing that would have to be understood. */
function isOurs(header: Readonly<Record<string, unknown>> | null): boolean {
  if (header === null) return false
  const { alg, typ } = header
  return alg === 'HS256' && (typ === undefined || typ === 'JWT') && !Object.hasOwn(header, 'crit')
}

function objectIn(bytes: Buffer): Readonly<Record<string, unknown>> | null {
  if (!isUtf8(bytes)) return null
  const value = parsedJson(bytes.toString('utf8'))
  return isObject(value) ? value : null
}
