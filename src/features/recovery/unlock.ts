/**
 * The confirm of a link to unlock: who reads the mailbox opens what strangers have closed, and the
 * browser in which the link is opened becomes a known device.
 *
 * It signs nobody in, verifies nothing and drops nothing: it is no first proof. The browser that
 * asked gets nothing; that may have been a stranger's.
 */
import type { House } from '../../feature.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { Reply } from '../../http/route.ts'
import type { MessageBudgets } from './budgets.ts'
import type { RecoveryParts } from './parts.ts'
import { liveRecord, once, type Redemption } from './redeem.ts'

export class Unlocking {
  readonly #house: House
  readonly #parts: RecoveryParts
  readonly #budgets: MessageBudgets

  constructor(house: House, parts: RecoveryParts, budgets: MessageBudgets) {
    this.#house = house
    this.#parts = parts
    this.#budgets = budgets
  }

  /**
   * @param inBody Whether the client keeps its device token itself.
   * @throws AuthError `recovery_token_invalid`, `recovery_token_used`, `recovery_code_invalid`
   *   (400).
   */
  async confirm(exchange: Exchange, sent: Redemption, inBody: boolean): Promise<Reply> {
    const { accounts, devices, revocation, unlock, emit } = this.#house
    const { scope } = exchange
    const record = await liveRecord(this.#house, this.#parts, exchange, 'unlock', sent)
    const { row } = record
    await once(record, async () => {
      await unlock(scope, row)
      return true
    })
    await this.#budgets.forget(scope, 'unlock', String(accounts.id(row)))
    const address = exchange.address?.address ?? null
    emit({ name: 'recovery.redeemed', purpose: 'unlock', userId: accounts.id(row), address })
    const alive = (logins: readonly string[]) => revocation.aliveAmong(scope, row, logins)
    const account = String(accounts.id(row))
    const device = await devices.remember(exchange, scope, account, '', alive)
    const detail = 'Unlocked. Log in now.'
    return inBody
      ? { status: 200, body: { detail, device_token: device.token } }
      : { status: 200, body: { detail }, cookies: [device.cookie] }
  }
}
