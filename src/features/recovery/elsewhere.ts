/**
 * A link that is opened elsewhere than where it was asked for: it shows a code, to be typed there,
 * and does nothing for who opened it.
 *
 * The code is good in any browser that asked for a message to this address, whichever of its links
 * was opened: strangers may have taken both places, and then there is no other link.
 */
import type { CodeRules } from '../../credentials/message-codes.ts'
import type { LiveRecord } from '../../credentials/one-time.ts'
import type { House } from '../../feature.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { Reply } from '../../http/route.ts'
import type { RecoveryParts } from './parts.ts'

/** OWASP ASVS 5.0 6.5.4, 6.5.5: where no channel has codes, and so none has rules. */
export const usualCodes: CodeRules = { digits: 6, attempts: 5, ttl: 600 }

export async function codeForElsewhere(
  { accounts }: House,
  { codes }: RecoveryParts,
  { scope }: Exchange,
  purpose: string,
  { row, address, digest }: LiveRecord,
  rules: CodeRules,
): Promise<Reply> {
  const user = String(accounts.id(row))
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
