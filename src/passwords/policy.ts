/**
 * Which new passwords are refused besides those of the wrong length: the most common ones, those
 * built from what everybody knows of the account, and, by option, those known from breaches.
 *
 * Passwords are compared with the lists as a whole, and nothing is asked of their composition (NIST
 * SP 800-63B-4 §3.1.1.2; OWASP ASVS 5.0, 6.2.4, 6.2.5, 6.2.11, 6.2.12). What is refused is told in
 * sentences for the end user that repeat nothing of the password.
 */
import type { EventListener } from '../events.ts'
import { type Declaration, declareOptions, type Settled } from '../options/declare.ts'
import { flag, own, texts } from '../options/option.ts'
import type { BreachedPasswords } from './breached.ts'
import { isBuiltFrom } from './context-words.ts'

/** Which new passwords are refused besides those that are too short or too long. */
export interface PasswordPolicyOptions {
  /**
   * Refuses the most common passwords, in any case. Default `true`.
   *
   * They are 4000 of at least 8 characters and the shorter ones among the first thousand,
   * repetitions of up to four characters, and dates in eight digits.
   */
  common?: boolean
  /**
   * Refuses passwords made of nothing but the account's own names (username, e-mail address or its
   * parts), the `namespace`, digits and punctuation. Default `true`.
   */
  contextWords?: boolean
  /** Further such words: the company, its products. Default none. */
  words?: readonly string[]
  /** Refuses passwords known from breaches: `breachedPasswords()`. Default none. */
  breached?: BreachedPasswords | undefined
}

/** Why the password is refused, as a sentence for the end user, or `null`. */
export type PasswordPolicy = (
  password: string,
  context: readonly string[],
) => Promise<string | null>

export interface PolicyParts {
  /** The application's name. */
  readonly application: string
  readonly emit: EventListener
}

export function passwordPolicy(
  { common, contextWords, words, breached }: PasswordPolicySettings,
  { application, emit }: PolicyParts,
): PasswordPolicy {
  const known = [application, ...words]
  let loading: Promise<(password: string) => boolean> | undefined

  async function isCommon(password: string): Promise<boolean> {
    loading ??= import('./common-passwords.ts').then((list) => list.commonPasswords())
    return (await loading)(password)
  }

  async function breach(check: BreachedPasswords, password: string): Promise<string | null> {
    try {
      return (await check.isBreached(password)) ? 'Must not be known from a data breach.' : null
    } catch (error) {
      const effect = check.onOutage === 'refuse' ? 'refused' : 'let_through'
      emit({ name: 'password.breach_check_failed', effect, error })
      return effect === 'refused' ? 'Could not be checked. Try again in a moment.' : null
    }
  }

  return async (password, context) => {
    if (contextWords && isBuiltFrom(password, [...context, ...known])) {
      return 'Must be more than your name, your e-mail address or the name of this application.'
    }
    if (common && (await isCommon(password))) return 'Must not be a commonly used password.'
    return breached ? breach(breached, password) : null
  }
}

export type PasswordPolicySettings = Settled<PasswordPolicyOptions>

export const passwordPolicyOptions: Declaration<PasswordPolicySettings> =
  declareOptions<PasswordPolicySettings>({
    common: flag(true),
    contextWords: flag(true),
    words: texts([], 'acme'),
    breached: own<BreachedPasswords | undefined>({
      fallback: undefined,
      problems(given, path) {
        const { isBreached, problems } = Object(given) as Partial<BreachedPasswords>
        if (typeof isBreached === 'function') return problems ?? []
        return [`${path} must be a check; write breached: breachedPasswords()`]
      },
    }),
  })
