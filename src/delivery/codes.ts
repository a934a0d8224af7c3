/** What codes of channels look like. */
import type { CodeRules } from '../credentials/message-codes.ts'
import { type Declaration, declareOptions } from '../options/declare.ts'
import { seconds } from '../options/durations.ts'
import { whole } from '../options/option.ts'
import type { DeliveryChannel } from './channel.ts'

/** OWASP ASVS 5.0 6.5.4 and 6.5.5, NIST SP 800-63B-4 §3.1.3.2: six digits, ten minutes. */
export const codeOptions: Declaration<CodeRules> = declareOptions<CodeRules>(
  {
    digits: whole(6, { min: 6, max: 12 }),
    attempts: whole(5, { max: 10 }),
    ttl: seconds(600, { min: 60, max: 600 }),
  },
  { write: 'codes: { digits: 6, attempts: 5, ttl: 600 }' },
)

/** The rules for codes of these channels, the strictest of each; `null` where none has codes. */
export function strictest(channels: readonly DeliveryChannel[]): CodeRules | null {
  const rules = channels.flatMap(({ codes }) =>
    codes === undefined ? [] : [codeOptions.read(codes, 'codes').settings],
  )
  if (rules.length === 0) return null
  return {
    digits: Math.max(...rules.map(({ digits }) => digits)),
    attempts: Math.min(...rules.map(({ attempts }) => attempts)),
    ttl: Math.min(...rules.map(({ ttl }) => ttl)),
  }
}
