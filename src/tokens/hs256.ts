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
 * 3. the signature is, letter by letter, the one that one of the keys makes, before any JSON is
 *    read. All keys are tried, whichever is right, and each in constant time;
 * 4. the header says `alg: HS256` exactly, `typ: JWT` or none, and has no `crit`;
 * 5. the payload is UTF-8, and a JSON object.
 *
 * What is refused here is refused by `jose`, too, or is spelled in a way that nobody writes;
 * `test/tokens` holds them against each other.
 */
import { isUtf8 } from 'node:buffer'
import { createSecretKey, type KeyObject } from 'node:crypto'
import { equalInConstantTime, hmacSha256 } from '../crypto.ts'
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
      return `${input}.${hmacSha256(keys[0] as KeyObject, input)}`
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
      if (head === null || payload === null) return null
      if (!isSigned(keys, token.slice(0, second), token.slice(second + 1))) return null
      return isUsual || isOurs(objectIn(head)) ? objectIn(payload) : null
    },
  }
}

/** Without saying, by the time that it takes, which key it is. */
function isSigned(keys: readonly KeyObject[], input: string, signature: string): boolean {
  let isRight = false
  for (const key of keys) {
    if (equalInConstantTime(hmacSha256(key, input), signature)) isRight = true
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
