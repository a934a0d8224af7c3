/** Redeeming a record, once, by its token or by a code, with the answers that all flows give. */
import type { RefusedCode, RightCode } from '../../credentials/message-codes.ts'
import type { FoundRecord, LiveRecord } from '../../credentials/one-time.ts'
import { AuthError } from '../../errors.ts'
import type { House } from '../../feature.ts'
import type { Exchange } from '../../http/exchange.ts'
import { orGoOn, orUnavailable } from '../../storage/outage.ts'
import type { RecoveryParts } from './parts.ts'

/** What a page sends: the token of a link, or a code with the receipt of who asked for it. */
export interface Redemption {
  readonly token?: string | undefined
  readonly receipt?: string | undefined
  readonly code?: string | undefined
}

const ofTokens = ['recovery_token_invalid', 'recovery_token_used'] as const
const ofCodes = [...ofTokens, 'recovery_code_invalid'] as const

/** With what redeeming is refused. */
export function redeemed(hasCodes: boolean): typeof ofTokens | typeof ofCodes {
  return hasCodes ? ofCodes : ofTokens
}

/** Unknown, expired, of another purpose, or what it was bound to has changed: not told apart. */
export function expired(): AuthError {
  return new AuthError('recovery_token_invalid', 'Invalid or expired token')
}

/** Only who has the token can learn this. */
function used(): AuthError {
  return new AuthError('recovery_token_used', 'Token already used')
}

/** The same whether it is wrong, or expired, or there never was one. */
function wrongCode({ attemptsLeft }: Pick<RefusedCode, 'attemptsLeft'>): AuthError {
  return new AuthError(
    'recovery_code_invalid',
    'The code is wrong or has expired. Open the link in the message, or ask for another one.',
    { members: { attempts_left: attemptsLeft } },
  )
}

/**
 * What a token or a code stands for.
 *
 * @throws AuthError `recovery_token_invalid`, `recovery_token_used`, `recovery_code_invalid` (400),
 *   `storage_unavailable`, `database_unavailable` (503).
 */
export async function liveRecord(
  house: House,
  parts: RecoveryParts,
  exchange: Exchange,
  purpose: string,
  { token, receipt, code }: Redemption,
): Promise<LiveRecord> {
  if (token !== undefined) {
    return alive(house, exchange, purpose, await parts.records.find(exchange.scope, purpose, token))
  }
  const right = await rightCode(house, parts, exchange, purpose, { receipt, code })
  return recordOf(house, parts, exchange, purpose, right)
}

/** The record of a code that is right. @throws as `liveRecord`. */
export async function recordOf(
  house: House,
  { records }: RecoveryParts,
  exchange: Exchange,
  purpose: string,
  right: RightCode,
): Promise<LiveRecord> {
  const found = await records.findByDigest(exchange.scope, purpose, right.record)
  const record = alive(house, exchange, purpose, found)
  await right.settle()
  return record
}

function alive(
  { emit }: House,
  exchange: Exchange,
  purpose: string,
  found: FoundRecord,
): LiveRecord {
  if (typeof found !== 'string') return found
  const address = exchange.address?.address ?? null
  emit({ name: 'recovery.refused', purpose, reason: found, address })
  throw found === 'used' ? used() : expired()
}

/**
 * What a code stands for, if it is right.
 *
 * @throws AuthError `recovery_code_invalid` (400), `storage_unavailable` (503).
 */
export async function rightCode(
  { emit }: House,
  { codes }: RecoveryParts,
  exchange: Exchange,
  purpose: string,
  { receipt, code }: Redemption,
): Promise<RightCode> {
  // As people type it: 123 456.
  const typed = (code ?? '').replaceAll(/[\s-]/g, '')
  const { scope, address } = exchange
  const redeemed = await codes.redeem(scope, purpose, receipt ?? '', typed, address?.network)
  if (!('reason' in redeemed)) return redeemed
  const { reason } = redeemed
  emit({ name: 'recovery.refused', purpose, reason, address: address?.address ?? null })
  throw wrongCode(redeemed)
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

/** How long work of which nothing is heard is taken to go on. Seconds. */
const workSeconds = 30

/**
 * Does what a record is for, and takes it then: for links that nobody can ask for again. Where the
 * process ends in between, the link is still good. One request does it at a time; the work must do
 * no harm when it is done twice.
 *
 * @param work As in `once`.
 * @throws AuthError as `once`, and `overloaded` (503) where another request is at it.
 */
export async function onceDone<Done>(
  { storage, keys, emit }: House,
  { scope }: Exchange,
  record: LiveRecord,
  work: () => Promise<Done | null>,
): Promise<Done> {
  const stored = <Value>(operation: Promise<Value>) => orUnavailable('one_time', emit, operation)
  const lock = keys(scope, 'one-time-under-way', record.digest)
  if (!(await stored(storage.add(lock, '1', workSeconds)))) {
    throw new AuthError('overloaded', 'Another change is under way. Try again.', {
      headers: { 'Retry-After': '1' },
    })
  }
  try {
    const done = await work()
    if (done === null) throw expired()
    await record.take()
    return done
  } finally {
    await orGoOn('one_time', emit, storage.delete(lock))
  }
}
