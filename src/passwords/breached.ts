/**
 * Passwords known from breaches, asked of Have I Been Pwned or a server that speaks like it.
 *
 * The server learns the first five hexadecimal digits of the password's SHA-1, which about a
 * thousand known passwords share, and not even from the length of its answer which of them was
 * meant (k-anonymity, with padding). OWASP ASVS 5.0, 6.2.12; NIST SP 800-63B-4 §3.1.1.2.
 */
import { createHash } from 'node:crypto'
import { type Declaration, declareOptions, type Settled } from '../options/declare.ts'
import { timeout } from '../options/durations.ts'
import { callback, oneOf, own, whole } from '../options/option.ts'

/** The options of `breachedPasswords()`. */
export interface BreachedPasswordOptions {
  /**
   * Where ranges are asked for: a URL that ends in `/`, to which five hexadecimal digits are
   * appended. Default `https://api.pwnedpasswords.com/range/`.
   */
  endpoint?: string
  /** For the whole question, in milliseconds. Default 1000. */
  timeoutMs?: number
  /** In how many breached accounts a password must have been seen. Default 1. */
  minCount?: number
  /**
   * What becomes of a password when there is no answer. An event (`password.breach_check_failed`)
   * tells of it, either way. Default `allow`.
   *
   * `allow`, because an outage elsewhere must not keep anybody from registering or from changing a
   * password that was stolen, and the other checks still hold.
   */
  onOutage?: 'allow' | 'refuse'
  /**
   * How the question is sent; it must heed the signal that it is given. Default: that of the
   * platform.
   */
  fetch?: (url: string, init: RequestInit) => Promise<Response>
}

/** A check for breached passwords: `breachedPasswords()`, or one of the application's own. */
export interface BreachedPasswords {
  /** What becomes of a password when `isBreached` rejects. Default `allow`. */
  readonly onOutage?: 'allow' | 'refuse'
  /** What is wrong with its configuration, one sentence each. */
  readonly problems?: readonly string[]
  /** Rejects where there is no answer. */
  isBreached(password: string): Promise<boolean>
}

const haveIBeenPwned = 'https://api.pwnedpasswords.com/range/'

/** Answers have 40 kB or so; nobody makes us read more than this. */
const maxBytes = 262_144

export const breachedPasswordOptions: Declaration<Settled<BreachedPasswordOptions>> =
  declareOptions<Settled<BreachedPasswordOptions>>({
    endpoint: own({
      fallback: haveIBeenPwned,
      problems: (given, path) =>
        typeof given === 'string' && /^https?:.*\/$/.test(given) && URL.canParse(given)
          ? []
          : [`${path} must be a URL that ends in /, such as '${haveIBeenPwned}'`],
    }),
    timeoutMs: timeout(1000, { max: 60_000 }),
    minCount: whole(1, { max: 1_000_000_000 }),
    onOutage: oneOf(['allow', 'refuse'], 'allow'),
    fetch: callback<NonNullable<BreachedPasswordOptions['fetch']>>(
      '(url, init) => fetch(url, init)',
      (url, init) => fetch(url, init),
      'that of the platform',
    ),
  })

/**
 * Asks Have I Been Pwned, which needs no key.
 *
 * @example
 * ```ts
 * const passwords = { policy: { breached: breachedPasswords({ onOutage: 'refuse' }) } }
 * ```
 */
export function breachedPasswords(options: BreachedPasswordOptions = {}): BreachedPasswords {
  const { settings, problems } = breachedPasswordOptions.read(options, 'breachedPasswords')
  const { endpoint, timeoutMs, minCount, onOutage, fetch: ask } = settings
  return {
    onOutage,
    problems,
    async isBreached(password) {
      const digest = createHash('sha1').update(password, 'utf8').digest('hex').toUpperCase()
      const response = await ask(endpoint + digest.slice(0, 5), {
        headers: { 'Add-Padding': 'true' },
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      })
      if (response.status !== 200) {
        await response.body?.cancel()
        throw new Error(`crudauth: breached passwords were answered with ${response.status}`)
      }
      // Padding has a count of 0, which is never enough.
      return countOf(digest.slice(5), await boundedText(response)) >= minCount
    },
  }
}

/** How often the password was seen, by the rest of its digest. */
function countOf(suffix: string, text: string): number {
  const lines = text.split(/\r?\n/).filter((line) => line !== '')
  if (lines.length === 0 || !lines.every((line) => /^[\dA-F]{35}:\d{1,15}$/i.test(line))) {
    throw new Error('crudauth: breached passwords were answered in another form')
  }
  const line = lines.find((one) => one.slice(0, 35).toUpperCase() === suffix)
  return line === undefined ? 0 : Number(line.slice(36))
}

async function boundedText(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    if (size > maxBytes) throw new Error('crudauth: breached passwords were answered at length')
    text += decoder.decode(chunk, { stream: true })
  }
  return text
}
