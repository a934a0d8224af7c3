/**
 * The links in messages: from what is configured, never from what a request says its host is.
 */

import type { MessageKind } from '../../delivery/channel.ts'
import type { Exchange } from '../../http/exchange.ts'
import { preferredLanguage } from '../../language.ts'
import type { RecoveryPaths, RecoverySettings } from './options.ts'

const pages: Readonly<Partial<Record<MessageKind, keyof RecoveryPaths>>> = {
  verify_email: 'verify',
  verify_recovery: 'verify',
  reset_password: 'reset',
  unlock: 'unlock',
  sign_in: 'signIn',
  sign_up: 'signIn',
  confirm_identity: 'confirm',
  change_email: 'change',
  email_changed: 'undo',
  password_changed: 'undo',
  provider_linked: 'undo',
  provider_unlinked: 'undo',
  account_frozen: 'unfreeze',
  username_taken: 'name',
  invitation: 'register',
}

/**
 * The link that a message has.
 *
 * @throws TypeError when `link` of the options returns something else than an address.
 */
export function linkTo(
  { frontendUrl, paths, link, tokenIn }: RecoverySettings,
  kind: MessageKind,
  token: string,
): string {
  if (link !== undefined) return addressOf(link(kind, token))
  const page = pages[kind]
  const sign = tokenIn === 'fragment' ? '#' : '?'
  return `${frontendUrl}${page === undefined ? '' : paths[page]}${sign}token=${token}`
}

/** The language of a message: that of the user, else what the browser that asks prefers. */
export function languageFor(
  { locale }: RecoverySettings,
  user: Readonly<object>,
  exchange: Exchange | null,
): string | null {
  const own = locale?.(user)
  if (typeof own === 'string' && own !== '') return own
  return preferredLanguage(exchange?.request.headers.get('accept-language') ?? null)
}

function addressOf(made: unknown): string {
  if (typeof made === 'string' && URL.canParse(made) && !/[\s\p{C}]/u.test(made)) return made
  throw new TypeError(
    'crudauth: recovery({ link }) must return a whole address, such as myapp://reset#token=…',
  )
}
