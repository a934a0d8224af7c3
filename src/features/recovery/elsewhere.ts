/**
 * A link that is opened elsewhere than where it was asked for: it shows a code, to be typed there,
 * and does nothing for who opened it.
 *
 * The code is good in any browser that asked for a message to this address, whichever of its links
 * was opened: strangers may have taken both places, and then there is no other link.
 */
import type { CodeRules } from '../../credentials/message-codes.ts'
import type { LiveRecord } from '../../credentials/one-time.ts'
import { sha256 } from '../../crypto.ts'
import { codeOptions } from '../../delivery/codes.ts'
import type { House } from '../../feature.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { Reply } from '../../http/route.ts'
import type { RecoveryParts } from './parts.ts'

/** Where no channel has codes, and so none has rules. */
export const usualCodes: CodeRules = codeOptions.read({}, 'codes').settings

/** What the link stands for. */
export interface OpenedElsewhere extends Pick<LiveRecord, 'address' | 'digest'> {
  /** `null` for an address that has no account. */
  readonly row: object | null
}

export async function codeForElsewhere(
  { accounts }: House,
  { codes }: RecoveryParts,
  { scope }: Exchange,
  purpose: string,
  { row, address, digest }: OpenedElsewhere,
  rules: CodeRules,
): Promise<Reply> {
  const user = row === null ? `to-${sha256(address)}` : String(accounts.id(row))
  const contact = accounts.identity.recovery?.canonical(address) ?? address
  const claim = { purpose, record: digest, user, isKnown: false }
  const code = await codes.show(scope, claim, contact, rules)
  if (code === null) {
    const detail = 'Open the link in the browser in which you asked for it.'
    return { status: 200, body: { detail } }
  }
  const detail = 'Enter this code in the browser in which you asked for it.'
  return { status: 200, body: { detail, code, expires_in: rules.ttl } }
}
