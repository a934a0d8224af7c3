/**
 * A registration for an address that is known before: that of an invitation, or of a link with
 * which somebody chooses another name. The answers are plain, since only who has the token can ask.
 */
import type { House } from '../../feature.ts'
import { hookContext } from '../../hooks.ts'
import type { Exchange } from '../../http/exchange.ts'
import { judged } from '../../http/pipeline.ts'
import { collision } from '../../users/collisions.ts'
import { UniqueViolation } from '../../users/store.ts'
import type { RegistrationSchema } from './schema.ts'

/** What stands for the address. */
export interface KnownAddress {
  readonly contact: string
  /** Whether whoever has the token reads the address. */
  readonly isProof: boolean
  /** Values for columns of the application's own, by property: they win over what is sent. */
  readonly values?: Readonly<Record<string, unknown>>
  /** Uses the token up, once; throws where somebody was quicker. */
  take(): Promise<void>
  /** Puts it back, where the account could not be made. */
  restore(): Promise<void>
}

/**
 * Makes the account, and returns its row. The device of that name is known from then on.
 *
 * @param sent A body of `/register`, in which the address may be missing.
 */
export async function registerKnown(
  house: House,
  schema: RegistrationSchema,
  exchange: Exchange,
  known: KnownAddress,
  sent: Readonly<Record<string, unknown>>,
  device: string,
): Promise<object> {
  const { accounts, newAccounts, newcomers, emit, runHook } = house
  const { scope } = exchange
  const place = { exchange, scope }
  const contact = accounts.identity.recovery?.name ?? 'email'
  const registration = await judged(schema, { ...sent, [contact]: known.contact })
  const wanted = {
    ...registration,
    isProven: known.isProof,
    ...(known.values === undefined ? {} : { values: known.values }),
  }
  await newAccounts.judge(wanted)
  const taken = await collision(accounts, wanted.fields, scope)
  if (taken !== null) throw newAccounts.refused(place, taken)
  const prepared = await newAccounts.prepare(place, wanted)
  await known.take()
  let row: object
  try {
    row = await newAccounts.insert(place, prepared)
  } catch (error) {
    await known.restore()
    if (!(error instanceof UniqueViolation)) throw error
    throw newAccounts.refused(place, await collision(accounts, wanted.fields, scope))
  }
  newAccounts.tell(place, row)
  await newAccounts.settle(place, row, device)
  if (accounts.isVerified(row)) {
    emit({ name: 'recovery.verified', userId: accounts.id(row) })
    await runHook('afterRecoveryVerified', accounts.user(row), hookContext(exchange, null))
  } else newcomers?.welcome(exchange, row)
  await newAccounts.finish(place, row)
  return row
}
