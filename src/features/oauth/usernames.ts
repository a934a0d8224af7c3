/**
 * Usernames for people who come from a provider, derived as in the Python original.
 */
import { type Random, randomHex } from '../../crypto.ts'
import type { ProvidedIdentity } from './profile.ts'

const maxLength = 32

/** Letters, digits and `_`, from the first of these that there is. */
export function usernameOf(identity: ProvidedIdentity): string {
  const { username, givenName, name, email } = identity
  const local = email?.slice(0, email.lastIndexOf('@'))
  const source = username || givenName || name || local || 'user'
  const plain = trimmed(source.toLowerCase().replace(/[^a-z0-9]+/g, '_'))
  const long = plain.length < 2 ? trimmed(`user_${plain}`) : plain
  return trimmed(long.slice(0, maxLength)) || 'user'
}

/**
 * The names to try, in order: the name itself, `_1` to `_99`, and then random ones without end, so
 * that of many newcomers of one name each gets one.
 */
export function* usernamesFrom(base: string, random: Random): Generator<string> {
  yield base
  for (let n = 1; n <= 99; n++) {
    const suffix = `_${n}`
    yield `${base.slice(0, maxLength - suffix.length)}${suffix}`
  }
  for (;;) yield `${base.slice(0, 23)}_${randomHex(random, 4)}`
}

function trimmed(text: string): string {
  return text.replace(/^_+|_+$/g, '')
}
