/** Redeeming a record, once, with the answers that all flows give. */
import type { LiveRecord, OneTimeRecords } from '../../credentials/one-time.ts'
import { AuthError } from '../../errors.ts'
import type { House } from '../../feature.ts'
import type { Exchange } from '../../http/exchange.ts'

/** Unknown, expired, of another purpose, or what it was bound to has changed: not told apart. */
export function expired(): AuthError {
  return new AuthError('recovery_token_invalid', 'Invalid or expired token')
}

/** Only who has the token can learn this. */
function used(): AuthError {
  return new AuthError('recovery_token_used', 'Token already used')
}

/**
 * What a token stands for.
 *
 * @throws AuthError `recovery_token_invalid`, `recovery_token_used` (400), `storage_unavailable`,
 *   `database_unavailable` (503).
 */
export async function liveRecord(
  { emit }: House,
  records: OneTimeRecords,
  exchange: Exchange,
  purpose: string,
  token: string,
): Promise<LiveRecord> {
  const found = await records.find(exchange.scope, purpose, token)
  if (typeof found !== 'string') return found
  const address = exchange.address?.address ?? null
  emit({ name: 'recovery.refused', purpose, reason: found, address })
  throw found === 'used' ? used() : expired()
}

/**
 * Takes a record and does what it is for. What fails puts the record back: where the work was done
 * all the same, it is dead by what it was bound to.
 *
 * @param work Resolves to `null` where the account has changed since the record was read.
 * @throws AuthError as `liveRecord`, and whatever the work throws.
 */
export async function once<Done>(
  record: LiveRecord,
  work: () => Promise<Done | null>,
): Promise<Done> {
  if (!(await record.take())) throw used()
  let done: Done | null
  try {
    done = await work()
  } catch (error) {
    await record.restore()
    throw error
  }
  if (done === null) throw expired()
  return done
}
