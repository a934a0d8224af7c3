/**
 * The secret from which all keys are derived: long, hard to guess, and in production never missing.
 */
import type { Random } from '../crypto.ts'
import type { EventListener } from '../events.ts'
import { type Option, own } from '../options/option.ts'

/** Shorter secrets could be guessed (RFC 7518 §3.2: a key at least as long as the hash). */
const minSecretBytes = 32

export const secretOption: Option<string | readonly string[] | undefined> = {
  ...own<string | readonly string[] | undefined>({ fallback: undefined, problems: secretProblems }),
  defaultText: 'required in production',
  leftOut: () => ({ value: undefined, problems: missingSecret() }),
}

/** At least one: without a configured secret, one for this process. */
export function secretsOf(
  secret: string | readonly string[] | undefined,
  random: Random,
  emit: EventListener,
): readonly string[] {
  if (secret !== undefined) return [secret].flat()
  emit({
    name: 'warning',
    code: 'generated_secret',
    message:
      'no secret is configured, so one was made for this process: sessions end when it does. Set secret: process.env.AUTH_SECRET before you go to production, where its absence is an error.',
  })
  // The one thing that is drawn at construction, in development only: every key is derived from it.
  return [Buffer.from(random(minSecretBytes)).toString('base64url')]
}

function missingSecret(): string[] {
  return process.env['NODE_ENV'] === 'production'
    ? [
        'secret is missing; write secret: process.env.AUTH_SECRET and set it to 32 random bytes or more, from: npx crudauth secret',
      ]
    : []
}

function secretProblems(given: unknown, path: string): string[] {
  const secrets: readonly unknown[] = [given].flat()
  if (secrets.length === 0) return [`${path} is an empty list; name at least one secret`]
  return secrets.flatMap((one, index) => {
    const option = Array.isArray(given) ? `${path}[${index}]` : path
    const make = 'make one with: npx crudauth secret'
    if (typeof one !== 'string') {
      return [`${option} is not a text; is its environment variable set?`]
    }
    const bytes = Buffer.byteLength(one, 'utf8')
    if (bytes < minSecretBytes) {
      return [`${option} has ${bytes} bytes and needs at least ${minSecretBytes}; ${make}`]
    }
    // Long but easily guessed: one character or one word, repeated.
    if (new Set(one).size < 6 || /^(.{1,16}?)\1+.{0,15}$/s.test(one)) {
      return [`${option} is long, but repeats itself and could be guessed; ${make}`]
    }
    return []
  })
}
