/**
 * The options of `recovery()`.
 */
import type { DeliveryChannel, MessageKind } from '../../delivery/channel.ts'
import { codeOptions } from '../../delivery/codes.ts'
import { type RateLimit, rateLimitOptions } from '../../limits/rate-limits.ts'
import { type Declaration, declareOptions, group } from '../../options/declare.ts'
import { seconds, timeout } from '../../options/durations.ts'
import { callback, flag, list, type Option, oneOf, optional, text } from '../../options/option.ts'
import { type PhoneOptions, type PhoneSettings, phoneOptions } from './phones.ts'

/** Where the pages are that messages link to, below `frontendUrl`. */
export interface RecoveryPaths {
  /** The page that verifies an address. Default `/verify-email`. */
  verify?: string
  /** The page that takes a new password. Default `/reset-password`. */
  reset?: string
  /** The page that opens what strangers have locked. Default `/unlock`. */
  unlock?: string
  /** The page that signs in. Default `/sign-in`. */
  signIn?: string
  /** The page that confirms a login. Default `/confirm-identity`. */
  confirm?: string
  /** The page that confirms a new address. Default `/confirm-email-change`. */
  change?: string
  /** The page that freezes an account that was changed. Default `/undo-change`. */
  undo?: string
  /** The page that opens a frozen account again. Default `/unfreeze`. */
  unfreeze?: string
  /**
   * The page where somebody whose name was taken registers under another. Default `/choose-name`.
   */
  name?: string
  /** The page where invited people register. Default `/register`. */
  register?: string
}

/** How many messages may be sent. */
export interface RecoveryLimits {
  /**
   * Messages of one kind to one account that strangers may ask for. The first of an hour is always
   * sent. Default { times: 3, seconds: 3600 }.
   */
  strangers?: RateLimit
  /**
   * The same, of known devices, the registering browser and logins. Default { times: 5, seconds:
   * 3600 }.
   */
  known?: RateLimit
  /**
   * For how many different people one network may ask for more than the first message of an hour.
   * Clients whose address is unknown share a budget that is twenty times as large. Known devices do
   * not count. Default { times: 20, seconds: 3600 }.
   */
  network?: RateLimit
}

/** The options of `recovery()`. All times are seconds. */
export interface RecoveryOptions {
  /**
   * What brings messages to people: `[email(sender)]`, or channels of your own. All get each
   * message that they accept.
   */
  channels: readonly DeliveryChannel[]
  /**
   * Where your pages are, such as `https://app.example.com`: links in messages begin with it, never
   * with what a request says its host is.
   */
  frontendUrl: string
  /** The paths of your pages below `frontendUrl`. */
  paths?: RecoveryPaths
  /**
   * Makes links otherwise, such as deep links of an application: gets the kind of message and the
   * token. Default: `frontendUrl`, the path of the kind, and the token.
   */
  link?: (kind: MessageKind, token: string) => string
  /**
   * Where a link has its token. Servers and logs do not see a fragment; the page reads it. Default
   * `fragment`.
   */
  tokenIn?: 'fragment' | 'query'
  /**
   * Whether somebody whose address is not verified is refused at every login, with `not_verified`
   * (403): after the right password only, so that nobody learns who has an account. Default
   * `optional`.
   */
  verified?: 'optional' | 'required'
  /** Whether `/register` sends a link to verify to each new account. Default `true`. */
  verifyNewAccounts?: boolean
  /** How long a link to verify works, in seconds. Default 86400. */
  verifyTtl?: number
  /** How long a link to reset a password works, in seconds. Default 3600. */
  resetTtl?: number
  /** How long a link to unlock works, in seconds. Default 3600. */
  unlockTtl?: number
  /** How long a link to confirm a new address works, in seconds. Default 86400. */
  changeTtl?: number
  /**
   * For how long the link in a notice of a change can freeze the account, in seconds. Default
   * 604800.
   */
  undoTtl?: number
  /** How many messages may be sent, and at whose request. */
  limits?: RecoveryLimits
  /** Messages to telephone numbers, and what they may cost. */
  phones?: PhoneOptions
  /** Whether a reset of the password also signs in. Default `false`. */
  resetSignsIn?: boolean
  /** Whether people may sign in by a link, without the password. Default `false`. */
  signIn?: boolean
  /**
   * Whether a link to sign in is sent to addresses without an account, too, and makes one: for
   * tables where people log in by that address alone. Default `false`.
   */
  signInRegisters?: boolean
  /** How long a link to sign in works, in seconds. Default 1800. */
  signInTtl?: number
  /**
   * Whether the owner of a login can be asked to read the mailbox once more: for
   * `auth.recovery.confirmed`. Default `false`.
   */
  confirmations?: boolean
  /** Whether known devices stay known through a reset. Default `false`. */
  resetKeepsDevices?: boolean
  /**
   * The language of messages to a user, as a tag such as `de`. Default: what the browser that asks
   * prefers.
   */
  locale?: (user: Readonly<object>) => string | null | undefined
  /** The pauses before a failed delivery is tried again, in seconds. Default 2, 20, 120. */
  retries?: readonly number[]
  /** How long one attempt at a delivery may take, in milliseconds. Default 30000. */
  deliveryTimeoutMs?: number
}

export interface RecoverySettings {
  readonly channels: readonly DeliveryChannel[]
  readonly frontendUrl: string
  readonly paths: Required<RecoveryPaths>
  readonly link: ((kind: MessageKind, token: string) => string) | undefined
  readonly tokenIn: 'fragment' | 'query'
  readonly verified: 'optional' | 'required'
  readonly verifyNewAccounts: boolean
  readonly verifyTtl: number
  readonly resetTtl: number
  readonly unlockTtl: number
  readonly changeTtl: number
  readonly undoTtl: number
  readonly limits: Required<RecoveryLimits>
  readonly phones: PhoneSettings
  readonly resetSignsIn: boolean
  readonly resetKeepsDevices: boolean
  readonly signIn: boolean
  readonly signInRegisters: boolean
  readonly signInTtl: number
  readonly confirmations: boolean
  readonly locale: RecoveryOptions['locale'] | undefined
  readonly retries: readonly number[]
  readonly deliveryTimeoutMs: number
}

const pagePath = (fallback: string) =>
  text(fallback, {
    pattern: /^\/[\w./~%-]*$/,
    wanted: `a path, such as '${fallback}'`,
  })

export const recoveryPaths: Declaration<Required<RecoveryPaths>> = declareOptions<
  Required<RecoveryPaths>
>(
  {
    verify: pagePath('/verify-email'),
    reset: pagePath('/reset-password'),
    unlock: pagePath('/unlock'),
    signIn: pagePath('/sign-in'),
    confirm: pagePath('/confirm-identity'),
    change: pagePath('/confirm-email-change'),
    undo: pagePath('/undo-change'),
    unfreeze: pagePath('/unfreeze'),
    name: pagePath('/choose-name'),
    register: pagePath('/register'),
  },
  { write: "paths: { reset: '/reset-password' }" },
)

/** A limit that is left out has its default, and one that would refuse a first message is wrong. */
function messages(fallback: RateLimit): Option<RateLimit> {
  const limit = group(rateLimitOptions)
  const written = `{ times: ${fallback.times}, seconds: ${fallback.seconds} }`
  return {
    ...limit,
    wanted: `a limit, such as ${written}`,
    defaultText: written,
    range: 'at least one in 3600 seconds',
    judge(given, path) {
      const { value, problems } = limit.judge(given, path)
      if (problems.length > 0) return { value: fallback, problems }
      if (value.times > 0 && value.seconds / value.times <= 3600) return { value, problems: [] }
      return {
        value: fallback,
        problems: [
          `${path} would keep back the first message of an hour, which may be its owner's only way back; write at least one in 3600 seconds, such as ${written}`,
        ],
      }
    },
    leftOut: () => ({ value: fallback, problems: [] }),
  }
}

export const recoveryLimits: Declaration<Required<RecoveryLimits>> = declareOptions<
  Required<RecoveryLimits>
>(
  {
    strangers: messages({ times: 3, seconds: 3600 }),
    known: messages({ times: 5, seconds: 3600 }),
    network: messages({ times: 20, seconds: 3600 }),
  },
  { write: 'limits: { strangers: { times: 3, seconds: 3600 } }' },
)

const write =
  "write recovery({ channels: [email(sender)], frontendUrl: 'https://app.example.com' })"

export const recoveryOptions: Declaration<RecoverySettings> = declareOptions<RecoverySettings>(
  {
    channels: {
      wanted: 'a list of channels',
      range: '',
      defaultText: 'required',
      judge: (given, path) => {
        const problems = channelProblems(given, path)
        return { value: problems.length > 0 ? [] : (given as DeliveryChannel[]), problems }
      },
      leftOut: (path) => ({ value: [], problems: [`${path} is missing; ${write}`] }),
    },
    frontendUrl: {
      wanted: "an address, such as 'https://app.example.com'",
      range: '',
      defaultText: 'required',
      judge: (given, path) => {
        const problems = frontendProblems(given, path)
        return { value: problems.length > 0 ? '' : String(given).replace(/\/+$/, ''), problems }
      },
      leftOut: (path) => ({ value: '', problems: [`${path} is missing; ${write}`] }),
    },
    paths: group(recoveryPaths),
    link: optional(
      callback<NonNullable<RecoveryOptions['link']>>('(kind, token) => …'),
      'frontendUrl, the path of the kind, and the token',
    ),
    tokenIn: oneOf(['fragment', 'query'], 'fragment'),
    verified: oneOf(['optional', 'required'], 'optional'),
    verifyNewAccounts: flag(true),
    verifyTtl: seconds(86_400, { min: 60, max: 30 * 86_400 }),
    resetTtl: seconds(3600, { min: 60, max: 86_400 }),
    unlockTtl: seconds(3600, { min: 60, max: 86_400 }),
    changeTtl: seconds(86_400, { min: 60, max: 30 * 86_400 }),
    undoTtl: seconds(7 * 86_400, { min: 3600, max: 90 * 86_400 }),
    limits: group(recoveryLimits),
    phones: group(phoneOptions),
    resetSignsIn: flag(false),
    signIn: flag(false),
    signInRegisters: flag(false),
    signInTtl: seconds(1800, { min: 300, max: 3600 }),
    confirmations: flag(false),
    resetKeepsDevices: flag(false),
    locale: optional(
      callback<NonNullable<RecoveryOptions['locale']>>("(user) => 'de'"),
      'what the browser that asks prefers',
    ),
    retries: {
      ...list<number>(
        'a list of at most ten pauses in seconds, such as [2, 20, 120]',
        (entry) => Number.isSafeInteger(entry) && Number(entry) >= 0 && Number(entry) <= 86_400,
        [2, 20, 120],
      ),
      range: 'up to 86400 each',
    },
    deliveryTimeoutMs: timeout(30_000, { max: 600_000 }),
  },
  {
    write: "recovery({ channels: [email(sender)], frontendUrl: 'https://app.example.com' })",
    rules: [
      {
        about: ['limits', 'verifyTtl', 'resetTtl', 'unlockTtl', 'signInTtl'],
        problems: (settings, path) => {
          const { verifyTtl, resetTtl, unlockTtl } = settings
          const { strangers } = settings.limits
          const pause = Math.ceil(strangers.seconds / strangers.times)
          const signIn = settings.signIn ? settings.signInTtl : resetTtl
          if (pause <= Math.min(verifyTtl, resetTtl, unlockTtl, signIn)) return []
          return [
            `${path}.limits.strangers lets a message leave each ${pause} seconds, when the link of the one before has ended: strangers could keep its owner from having any; write a limit of more messages, or longer lifetimes`,
          ]
        },
      },
    ],
  },
)

function channelProblems(given: unknown, path: string): string[] {
  if (!Array.isArray(given)) {
    return [`${path} must be a list of channels; write ${path}: [email(sender)]`]
  }
  if (given.length === 0) {
    return [
      `${path} is empty, so that no message would reach anybody; write ${path}: [email(sender)]`,
    ]
  }
  const problems = given.flatMap((entry: unknown, index) => {
    const at = `${path}[${index}]`
    if (typeof entry === 'function') {
      const call = entry.name === '' || entry.name === 'email' ? 'email(sender)' : `${entry.name}()`
      return [`${at} is a function; call it: ${call}`]
    }
    const {
      name,
      deliver,
      codes,
      problems: own = [],
    } = Object(entry) as Partial<DeliveryChannel> & {
      readonly problems?: readonly string[]
    }
    if (typeof name === 'string' && name !== '' && typeof deliver === 'function') {
      // Those of `email()` are judged there.
      if (own.length > 0 || codes === undefined) return own
      return codeOptions.read(codes, `${at}.codes`).problems
    }
    return [
      `${at} is no channel; write email(sender), or an object with a name and deliver(message)`,
    ]
  })
  const names = given.map((entry: unknown) => (Object(entry) as Partial<DeliveryChannel>).name)
  const twice = names.filter((name, index) => name && names.indexOf(name) < index)
  return [
    ...problems,
    ...twice.map((name) => `${path} has two channels of the name '${name}'; give each its own`),
  ]
}

function frontendProblems(given: unknown, path: string): string[] {
  const such = "write where your pages are, such as 'https://app.example.com'"
  if (typeof given !== 'string' || !URL.canParse(given)) {
    return [`${path} must be a whole address, since links in messages begin with it; ${such}`]
  }
  const { protocol, search, hash, username, password } = new URL(given)
  if (protocol !== 'https:' && protocol !== 'http:') {
    return [
      `${path} must begin with https:// or http://; ${such}, and link: (kind, token) => … for links of another kind`,
    ]
  }
  if (search !== '' || hash !== '' || /[?#]/.test(given)) {
    return [`${path} must end before ? and #, since paths are appended to it; ${such}`]
  }
  if (username !== '' || password !== '') return [`${path} must have no password in it; ${such}`]
  return []
}
