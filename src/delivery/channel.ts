/**
 * The port over whatever brings a message to a person: mail, SMS, a messenger.
 */

/** What a message is about. */
export type MessageKind =
  | 'verify_email'
  | 'verify_recovery'
  | 'reset_password'
  | 'change_email'
  | 'existing_account'
  | 'unlock'
  | 'sign_in'
  | 'sign_up'
  | 'confirm_identity'
  | 'email_changed'
  | 'password_changed'
  | 'provider_linked'
  | 'provider_unlinked'
  | 'account_frozen'
  | 'username_taken'
  | 'registration_failed'
  | 'invitation'

/** One message to one person. It never has a password hash, nor a token beside the link. */
export interface Message {
  readonly kind: MessageKind
  /** The stored address or number: never the spelling that somebody typed. */
  readonly recipient: string
  /** Works in any browser, whoever asked; `null` where there is nothing to open. */
  readonly link: string | null
  /** To be typed where it was asked for; `null` where the message has none. */
  readonly code: string | null
  /** When the link ends; `null` where nothing ends. */
  readonly expiresAt: Date | null
  /** For how many seconds the link works, from when the message was made; 0 where nothing ends. */
  readonly expiresIn: number
  /** The same of the code; 0 where there is none. */
  readonly codeExpiresIn: number
  /** A language tag such as `de-AT`; `null` where nobody said which. */
  readonly locale: string | null
  /** What people call the provider that it is about (`GitHub`); `null` for all other messages. */
  readonly provider: string | null
  /** The account, as the application sees it; `null` where the message is about none. */
  readonly user: Readonly<object> | null
}

/** What the codes of a channel look like. What is left out has its default. */
export interface CodeOptions {
  /** How many digits, from 6 to 12. Default 6. */
  readonly digits?: number
  /** How many guesses whoever asked has, from 1 to 10. Default 5. */
  readonly attempts?: number
  /** For how many seconds a code works, from 60 to 600. Default 600. */
  readonly ttl?: number
}

/** What a channel is told of one attempt to deliver. */
export interface DeliveryContext {
  /** Aborted when the attempt has taken too long. */
  readonly signal: AbortSignal
}

/**
 * A medium that delivers messages: `email(sender)`, or one of the application's own.
 *
 * @example
 * ```ts
 * const sms: DeliveryChannel = {
 *   name: 'sms',
 *   codes: { digits: 6 },
 *   accepts: ({ recipient }) => recipient.startsWith('+'),
 *   deliver: ({ recipient, code, link }) => gateway.send(recipient, `${code} or ${link}`),
 * }
 * ```
 */
export interface DeliveryChannel {
  /** Short, unique among the channels of a configuration; for events. */
  readonly name: string
  /**
   * Gives its messages a code beside the link, where there is somebody to type it. Default: none.
   */
  readonly codes?: CodeOptions
  /** Whether it can deliver this message at all. Default: it can. */
  accepts?(message: Message): boolean
  /**
   * Delivers, or rejects: then it is tried again, within a bound, with the same link and code. So
   * reject only what was not handed over, and with `Undeliverable` where trying again is of no use.
   */
  deliver(message: Message, context: DeliveryContext): void | Promise<void>
}

/** A message that will not arrive however often it is sent: its recipient does not exist. */
export class Undeliverable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'Undeliverable'
  }
}
