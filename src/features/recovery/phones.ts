/**
 * How many messages go to telephone numbers: each costs money, and who has numbers of their own
 * with a provider that shares it earns by having us send to them (SMS pumping, toll fraud).
 *
 * So there are budgets for each country and for all, whoever asks. Numbers that somebody has proven
 * to be theirs have budgets of their own: new accounts with dear numbers cannot keep the messages
 * of those who are customers already from leaving. Like every budget of messages, it is told to
 * nobody who asks.
 */
import type { Message, MessageKind } from '../../delivery/channel.ts'
import type { UserId } from '../../events.ts'
import type { Ground } from '../../feature.ts'
import { type RateLimit, rateLimitOptions } from '../../limits/rate-limits.ts'
import { type Declaration, declareOptions, group } from '../../options/declare.ts'
import { callback, type Option, optional } from '../../options/option.ts'
import { callingCode } from '../../users/phone.ts'
import type { UserScope } from '../../users/store.ts'

/** A number that a message is about to go to. */
export interface PhoneMessage {
  /** As it is stored. */
  readonly number: string
  /** What `countryOf` says of it, or its country code, such as `43`; `null` where it has none. */
  readonly country: string | null
  readonly kind: MessageKind
  /** Whether the account's owner has proven that the number is theirs. */
  readonly isProven: boolean
  /** `null` for a message that is about no account. */
  readonly userId: UserId | null
}

/** Budgets of messages to telephone numbers. */
export interface PhoneOptions {
  /**
   * Messages to the numbers of one country. Those to proven numbers have a budget of the same size
   * beside it. Default { times: 100, seconds: 86400 }.
   */
  country?: RateLimit
  /** The same for all numbers together. Default { times: 1000, seconds: 86400 }. */
  all?: RateLimit
  /**
   * The country of a number, where country codes are too coarse: 1 and 44 include islands that are
   * expensive. Default: its country code.
   */
  countryOf?: (number: string) => string | null | undefined
  /**
   * Asked before each message; only `true` lets it leave. For countries that you do not serve, or a
   * service that knows expensive numbers. Default: all may.
   */
  allows?: (message: PhoneMessage) => boolean | Promise<boolean>
}

export interface PhoneSettings {
  readonly country: RateLimit
  readonly all: RateLimit
  readonly countryOf: PhoneOptions['countryOf'] | undefined
  readonly allows: PhoneOptions['allows'] | undefined
}

function budget(fallback: RateLimit): Option<RateLimit> {
  return {
    ...group(rateLimitOptions),
    defaultText: `{ times: ${fallback.times}, seconds: ${fallback.seconds} }`,
    leftOut: () => ({ value: fallback, problems: [] }),
  }
}

export const phoneOptions: Declaration<PhoneSettings> = declareOptions<PhoneSettings>(
  {
    country: budget({ times: 100, seconds: 86_400 }),
    all: budget({ times: 1000, seconds: 86_400 }),
    countryOf: optional(
      callback<NonNullable<PhoneOptions['countryOf']>>("(number) => 'AT'"),
      'its country code',
    ),
    allows: optional(
      callback<NonNullable<PhoneOptions['allows']>>("({ country }) => country === '43'"),
      'all may',
    ),
  },
  { write: 'phones: { country: { times: 100, seconds: 86400 } }' },
)

/** Why a message stays here; for the operator. */
export type Withheld = 'country' | 'all' | 'application'

export class PhoneBudgets {
  readonly #settings: PhoneSettings
  readonly #ground: Ground

  constructor(settings: PhoneSettings, ground: Ground) {
    this.#settings = settings
    this.#ground = ground
  }

  /**
   * Whether a message may leave, and counts it. What goes to no number always may.
   *
   * @throws Error where the storage does not answer: it could be one too many, and is not sent.
   */
  async allows(
    scope: UserScope,
    { recipient, kind }: Message,
    { isProven, userId }: Pick<PhoneMessage, 'isProven' | 'userId'>,
  ): Promise<boolean> {
    const factor = this.#ground.accounts.identity.recovery?.name
    const code = callingCode(recipient)
    if (code === null && (factor === 'email' || recipient.includes('@'))) return true
    const country = this.#settings.countryOf?.(recipient) ?? code
    const message = { number: recipient, country, kind, isProven, userId }
    const reason = await this.#reason(scope, message)
    if (reason === null) return true
    this.#ground.emit({ name: 'message.withheld', kind, reason, country, userId })
    return false
  }

  async #reason(scope: UserScope, message: PhoneMessage): Promise<Withheld | null> {
    const { allows, country, all } = this.#settings
    if (!(await this.#isAllowed(allows, message))) return 'application'
    const lane = message.isProven ? 'proven' : 'others'
    const ofCountry = this.#key(scope, `${lane}:country:${message.country ?? ''}`)
    if (!(await this.#spend(ofCountry, country))) return 'country'
    if (await this.#spend(this.#key(scope, `${lane}:all`), all)) return null
    // One country's flood is not to use up another day of its own budget by what never left.
    await this.#ground.storage.giveBack(ofCountry, country.times, country.seconds)
    return 'all'
  }

  /** A hook that fails lets nothing leave: it guards money. */
  async #isAllowed(allows: PhoneOptions['allows'] | undefined, message: PhoneMessage) {
    if (allows === undefined) return true
    try {
      return (await allows(message)) === true
    } catch (error) {
      this.#ground.emit({ name: 'hook.failed', hook: 'recovery.phones.allows', error })
      return false
    }
  }

  async #spend(key: string, { times, seconds }: RateLimit): Promise<boolean> {
    return times === 0 || (await this.#ground.storage.spend(key, times, seconds)).allowed
  }

  #key(scope: UserScope, name: string): string {
    return this.#ground.keys(scope, 'phone-messages', name)
  }
}
