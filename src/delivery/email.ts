/**
 * The e-mail channel: words and layout for each message, over whatever sends mail.
 */
import type { CodeRules } from '../credentials/message-codes.ts'
import { isLanguageTag, nearestLanguage } from '../language.ts'
import { type Declaration, declareOptions, group, settled } from '../options/declare.ts'
import { anObject, optional, text } from '../options/option.ts'
import { filler, oneLine } from '../plain-text.ts'
import {
  type CodeOptions,
  type DeliveryChannel,
  type Message,
  type MessageKind,
  Undeliverable,
} from './channel.ts'
import { codeOptions } from './codes.ts'
import { html, type MailParts, plain } from './layout.ts'
import {
  type EmailPhrases,
  type EmailText,
  type EmailTexts,
  english,
  englishPhrases,
} from './texts.ts'

/** One mail, as an `EmailSender` gets it. */
export interface Email {
  /** One address, without a name. */
  readonly to: string
  readonly subject: string
  /** The plain text. */
  readonly text: string
  readonly html: string
  readonly kind: MessageKind
  /** The same link as in both bodies; `null` where there is none. */
  readonly link: string | null
  /** The code, where the mail has one. */
  readonly code: string | null
  /** The same as `to`. */
  readonly recipient: string
  /** For how many seconds the link works; 0 where nothing ends. */
  readonly expiresIn: number
  /** The same of the code; 0 where there is none. */
  readonly codeExpiresIn: number
  /** A language tag, as the mail was asked for; `null` where nobody said which. */
  readonly locale: string | null
}

/** Sends mail: `nodemailerSender()` from `crudauth/nodemailer`, or a few lines of your own. */
export interface EmailSender {
  /**
   * Sends, or hands over to a queue. Rejects where the mail could not be taken: then it is tried
   * again; with `Undeliverable` where that is of no use.
   */
  send(mail: Email, context: { readonly signal: AbortSignal }): unknown
}

/** The options of `email()`. */
export interface EmailOptions {
  /** Gives mails a code beside the link, to be typed where it was asked for. Default none. */
  codes?: CodeOptions
  /**
   * Texts by language tag, such as `{ de: { reset_password: { subject: '…' } } }`. Default none.
   */
  texts?: Readonly<Record<string, EmailTexts>>
  /** The language of messages to people who asked for none that `texts` has. Default `en`. */
  locale?: string
  /**
   * The name of the application, for `{app}` in texts and the first line of the mail. Default none.
   */
  name?: string
}

interface EmailSettings {
  readonly codes: CodeRules | undefined
  readonly texts: Readonly<Record<string, EmailTexts>> | undefined
  readonly locale: string
  readonly name: string
}

export const emailOptions: Declaration<EmailSettings> = declareOptions<EmailSettings>(
  {
    codes: optional(group(codeOptions), 'none'),
    texts: anObject<Readonly<Record<string, EmailTexts>>>(
      "{ de: { reset_password: { subject: 'Neues Passwort' } } }",
    ),
    locale: text('en', { is: isLanguageTag, wanted: "a language tag, such as 'de-AT'" }),
    name: { ...text(''), defaultText: 'none' },
  },
  { write: "email(sender, { name: 'Shop' })" },
)

/** What `email()` returns: for `channels`. */
export interface EmailChannel extends DeliveryChannel {
  readonly name: 'email'
  /** What is wrong with its options, one sentence each. */
  readonly problems: readonly string[]
}

/**
 * Delivers messages by mail.
 *
 * @example
 * ```ts
 * recovery({ channels: [email(sender, { name: 'Shop' })], frontendUrl: 'https://shop.example' })
 * ```
 */
export function email(sender: EmailSender, options: EmailOptions = {}): EmailChannel {
  const { settings, problems } = emailOptions.read(options, 'email')
  return {
    name: 'email',
    problems: [...senderProblems(sender), ...problems],
    ...(settings.codes ? { codes: settings.codes } : {}),
    accepts: ({ recipient }) => recipient.includes('@'),
    async deliver(message, { signal }) {
      await sender.send(mailOf(message, settings), { signal })
    },
  }
}

function senderProblems(given: unknown): string[] {
  const { send, sendMail } = Object(given) as Readonly<Record<string, unknown>>
  if (typeof send === 'function') return []
  const from = "from: 'Shop <no-reply@shop.example>'"
  if (typeof given === 'function') {
    return ['email() was given a function; write email({ send: async (mail) => … })']
  }
  if (typeof sendMail === 'function') {
    return [
      `email() was given a transporter of Nodemailer; write email(nodemailerSender({ ${from}, transport })) from crudauth/nodemailer`,
    ]
  }
  return [
    `email() needs a sender: an object with send(mail), or, from crudauth/nodemailer, nodemailerSender({ ${from}, transport: 'smtps://user:password@mail.example.com' })`,
  ]
}

/**
 * A message in a line or two, in the words of mails: for SMS and messengers. What it is about, the
 * code where it has one, and the link.
 *
 * @param options As those of `email()`.
 * @example
 * ```ts
 * shortText(message, { name: 'Shop' })
 * // Shop: Reset your password. Your code is 048213, or open https://shop.example/reset#token=…
 * ```
 */
export function shortText(
  { kind, link, code, locale }: Message,
  options: Pick<EmailOptions, 'name' | 'texts' | 'locale'> = {},
): string {
  const settings = settled(emailOptions, options, 'shortText')
  const { words, phrases } = wordsOf(kind, nearestLanguage(locale, settings), settings)
  const fill = filler({ app: settings.name, code: code ?? '', link: link ?? '' })
  const way =
    code !== null && link !== null ? phrases.shortCode : link !== null ? phrases.shortLink : ''
  const about = fill(words.subject).replace(/[.!]$/, '')
  return oneLine(`${settings.name && `${settings.name}: `}${about}. ${fill(way)}`)
}

function mailOf(message: Message, settings: EmailSettings): Email {
  const { recipient, kind, link, code, expiresIn, codeExpiresIn, locale, provider } = message
  // An old row may hold anything; a list of addresses would send the link to strangers.
  if (!isMailbox(recipient)) throw new Undeliverable('what is stored is not one address')
  const language = nearestLanguage(locale, settings)
  const { words, phrases } = wordsOf(kind, language, settings)
  const fill = filler({
    expires: duration(expiresIn, language),
    code_expires: duration(codeExpiresIn, language),
    app: settings.name,
    provider: provider ?? '',
  })
  const parts: MailParts = {
    subject: oneLine(fill(words.subject)),
    lead: fill(words.lead),
    action: fill(words.action),
    closing: fill(words.closing),
    app: settings.name,
    link,
    code,
    phrases: { ...phrases, copy: fill(phrases.copy), code: fill(phrases.code) },
    language,
  }
  return {
    to: recipient,
    subject: parts.subject,
    text: plain(parts),
    html: html(parts),
    kind,
    link,
    code,
    recipient,
    expiresIn,
    codeExpiresIn,
    locale,
  }
}

/** One address: no list, no name beside it, nothing that would end a header line. */
function isMailbox(text: string): boolean {
  return Buffer.byteLength(text, 'utf8') <= 254 && mailbox.test(text)
}

const mailbox = /^[^\s\p{C},;:<>()[\]\\"@]+@[^\s\p{C},;:<>()[\]\\"@]+$/u

function wordsOf(
  kind: MessageKind,
  language: string,
  { texts = {} }: EmailSettings,
): { readonly words: EmailText; readonly phrases: EmailPhrases } {
  const own = Object.hasOwn(texts, language) ? texts[language] : undefined
  return {
    words: { ...english[kind], ...own?.[kind] },
    phrases: { ...englishPhrases, ...own?.phrases },
  }
}

/** "1 hour", in the language of the message. */
function duration(seconds: number, language: string): string {
  const [amount, unit] =
    seconds >= 86_400 && seconds % 86_400 === 0
      ? [seconds / 86_400, 'day']
      : seconds >= 3600 && seconds % 3600 === 0
        ? [seconds / 3600, 'hour']
        : [Math.max(1, Math.round(seconds / 60)), 'minute']
  const format = { style: 'unit', unit, unitDisplay: 'long' } as const
  return new Intl.NumberFormat(language, format as Intl.NumberFormatOptions).format(
    amount as number,
  )
}
