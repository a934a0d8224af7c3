/**
 * Registration that says what is taken: is the password acceptable, is the name free, hash, insert,
 * tell the application.
 */
import type { House } from '../../feature.ts'
import type { Exchange } from '../../http/exchange.ts'
import { collision } from '../../users/collisions.ts'
import { UniqueViolation } from '../../users/store.ts'
import type { Registration } from './schema.ts'

/** Registers, and returns the new row. The device of that name is known from then on. */
export type Register = (
  exchange: Exchange,
  registration: Registration,
  device: string,
) => Promise<object>

/**
 * Two registrations of one name at once are decided by the database: the loser gets the same answer
 * as somebody who came later.
 */
export function plainRegistration({ accounts, newAccounts, newcomers }: House): Register {
  return async (exchange, sent, device) => {
    const { scope } = exchange
    const place = { exchange, scope }
    // Before the name is looked up, so that it says and costs the same whether or not it is taken.
    await newAccounts.judge(sent)
    const taken = await collision(accounts, sent.fields, scope)
    if (taken !== null) throw newAccounts.refused(place, taken)
    const prepared = await newAccounts.prepare(place, sent)
    let row: object
    try {
      row = await newAccounts.insert(place, prepared)
    } catch (error) {
      if (!(error instanceof UniqueViolation)) throw error
      throw newAccounts.refused(place, await collision(accounts, sent.fields, scope))
    }
    newAccounts.tell(place, row)
    await newAccounts.settle(place, row, device)
    newcomers?.welcome(exchange, row)
    await newAccounts.finish(place, row)
    return row
  }
}
