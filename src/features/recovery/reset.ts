/**
 * The confirm of a link to reset a password: a new password, or the first one of an account that
 * has none. Everything that there was ends, and the contact is proven by it.
 */

import type { Carrier } from '../../credentials/carrier.ts'
import { hashOfNew } from '../../credentials/new-password.ts'
import { AuthError } from '../../errors.ts'
import type { House } from '../../feature.ts'
import { hookContext } from '../../hooks.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { Reply } from '../../http/route.ts'
import type { MessageBudgets } from './budgets.ts'
import type { RecoverySettings } from './options.ts'
import type { RecoveryParts } from './parts.ts'
import { liveRecord, once, type Redemption } from './redeem.ts'
import type { ChangeNotices } from './undo.ts'

const detail = 'Password reset successfully.'

export class PasswordReset {
  readonly #settings: RecoverySettings
  readonly #house: House
  readonly #parts: RecoveryParts
  readonly #budgets: MessageBudgets
  readonly #notices: ChangeNotices

  constructor(
    settings: RecoverySettings,
    house: House,
    parts: RecoveryParts,
    budgets: MessageBudgets,
    notices: ChangeNotices,
  ) {
    this.#settings = settings
    this.#house = house
    this.#parts = parts
    this.#budgets = budgets
    this.#notices = notices
  }

  /**
   * @throws AuthError `recovery_token_invalid`, `recovery_token_used` (400); `validation_failed`
   *   (422), with which the link is not used up; `overloaded` (503); and whatever the hook throws.
   */
  async confirm(exchange: Exchange, sent: Redemption, password: string): Promise<Reply> {
    const { accounts, mailboxProof, runHook, emit } = this.#house
    const { scope } = exchange
    const record = await liveRecord(this.#house, this.#parts, exchange, 'reset', sent)
    const hash = await hashOfNew(this.#house, exchange, record.row, password)
    const context = hookContext(exchange, null)
    const row = await once(record, () =>
      mailboxProof.drop(scope, record.row, hash, context, {
        reason: 'reset',
        keepsDevices: this.#settings.resetKeepsDevices,
      }),
    )
    const userId = accounts.id(row)
    await this.#forgetFailures(exchange, row)
    emit({ name: 'password.reset', userId, address: exchange.address?.address ?? null })
    this.#notices.passwordChanged({ exchange, scope: exchange.scope }, row)
    await runHook('afterPasswordReset', accounts.user(row), context)
    return this.#settings.resetSignsIn
      ? this.#signIn(exchange, row)
      : { status: 200, body: { detail } }
  }

  /** The mailbox is proven: locks end, and strangers have used up nothing. */
  async #forgetFailures(exchange: Exchange, row: object): Promise<void> {
    const { accounts, unlock, emit } = this.#house
    const { scope } = exchange
    try {
      await unlock(scope, row)
      await this.#budgets.forget(scope, 'reset', String(accounts.id(row)))
    } catch (error) {
      // The password is new by then. A lock ends by itself.
      emit({ name: 'storage.failed', operation: 'recovery', effect: 'let_through', error })
    }
  }

  /** A second factor, or a disabled account, is not passed by: then the password alone is new. */
  async #signIn(exchange: Exchange, row: object): Promise<Reply> {
    const { signIn, carriers, clock } = this.#house
    const carrier = carriers[0] as Carrier | undefined
    if (carrier === undefined) return { status: 200, body: { detail } }
    const place = { exchange, scope: exchange.scope }
    const proof = { method: 'link', row, provenAt: clock() } as const
    try {
      const { body, cookies } = await signIn.complete(place, proof, carrier, carrier.usualOptions)
      return { status: 200, body: { detail, ...body }, cookies }
    } catch (error) {
      if (!(error instanceof AuthError) || error.code === 'storage_unavailable') throw error
      if (error.code === 'incorrect_credentials') return { status: 200, body: { detail } }
      throw error
    }
  }
}
