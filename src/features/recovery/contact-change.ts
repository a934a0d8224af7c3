/**
 * A change of the address or number by which an account is recovered: confirmed where it goes to,
 * and told where it came from.
 */

import { freshLogin, type RequireFreshLogin } from '../../credentials/fresh-login.ts'
import type { LiveRecord } from '../../credentials/one-time.ts'
import { sha256 } from '../../crypto.ts'
import { AuthError } from '../../errors.ts'
import type { House } from '../../feature.ts'
import { hookContext } from '../../hooks.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { Reply } from '../../http/route.ts'
import type { Principal } from '../../principal.ts'
import { UniqueViolation } from '../../users/store.ts'
import type { MessageBudgets } from './budgets.ts'
import type { RecoverySettings } from './options.ts'
import type { RecoveryParts } from './parts.ts'
import { liveRecord, once, type Redemption } from './redeem.ts'
import type { ChangeNotices } from './undo.ts'

export class ContactChange {
  readonly #settings: RecoverySettings
  readonly #house: House
  readonly #parts: RecoveryParts
  readonly #budgets: MessageBudgets
  readonly #notices: ChangeNotices
  readonly #requireFreshLogin: RequireFreshLogin

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
    this.#requireFreshLogin = freshLogin(house)
  }

  /**
   * Asks for a change: with the password, or with a login of the last ten minutes, or elevated.
   * What depends on whether the address is free happens after the answer.
   *
   * @param to In canonical form.
   * @param receipt What the answer gives; `null` where no message has a code.
   * @throws AuthError `incorrect_credentials` (401), `login_locked` (429), `fresh_login_required`
   *   (403), `contact_unchanged` (400).
   */
  async request(
    exchange: Exchange,
    principal: Principal,
    to: string,
    password: string | undefined,
    receipt: string | null,
  ): Promise<void> {
    const { accounts, passwordChecks, afterwards } = this.#house
    const row = await exchange.resolveUser(principal.userId)
    if (row === null) throw new AuthError('not_authenticated', 'Not authenticated')
    if (password === undefined) await this.#requireFreshLogin(exchange, principal)
    else if (!(await passwordChecks.confirm(exchange, row, password, principal.login))) {
      throw new AuthError('incorrect_credentials', 'Incorrect password')
    }
    const { recovery } = accounts.identity
    const from = accounts.recoveryContact(row)
    if (recovery && from !== null && recovery.canonical(from) === to) {
      throw new AuthError('contact_unchanged', 'New email matches current email')
    }
    const work = () => this.#send(exchange, row, to, receipt)
    afterwards.run('recovery change', work, exchange.waitUntil)
  }

  /**
   * @throws AuthError `recovery_token_invalid`, `recovery_token_used` (400); `duplicate_value`
   *   (422) where somebody else has the address by now, with which the link is not used up.
   */
  async confirm(exchange: Exchange, sent: Redemption): Promise<Reply> {
    const { accounts, runHook, emit } = this.#house
    const record = await liveRecord(this.#house, this.#parts, exchange, 'change', sent)
    const { row, address: to } = record
    if (await this.#isTaken(exchange, row, to)) throw taken()
    const now = await this.#write(exchange, record)
    const userId = accounts.id(row)
    emit({ name: 'contact.changed', userId, address: exchange.address?.address ?? null })
    this.#notices.contactChanged(exchange, row, now)
    await runHook('afterEmailChanged', accounts.user(now), hookContext(exchange, null))
    return { status: 200, body: { detail: 'Email changed successfully.' } }
  }

  /** The race for an address is decided by the database. */
  async #write(exchange: Exchange, record: LiveRecord): Promise<object> {
    const { accounts } = this.#house
    const { row, address: to } = record
    const values = accounts.provenContact(to)
    try {
      return await once(record, async () => {
        const when = accounts.provenState(row)
        const isOurs = await accounts.store.update(accounts.id(row), values, exchange.scope, when)
        return isOurs ? { ...row, ...values } : null
      })
    } catch (error) {
      if (error instanceof UniqueViolation) throw taken()
      throw error
    }
  }

  async #send(exchange: Exchange, row: object, to: string, receipt: string | null): Promise<void> {
    const { accounts, emit } = this.#house
    const { scope } = exchange
    const userId = accounts.id(row)
    const address = exchange.address?.address ?? null
    const told = { name: 'recovery.requested', purpose: 'change', userId, address } as const
    if (await this.#isTaken(exchange, row, to)) return emit({ ...told, outcome: 'not_wanted' })
    // Messages to an address are counted by it: an account is soon made.
    const budget = { typed: to, account: `to-${sha256(to)}`, isKnown: false }
    if (!(await this.#budgets.allows(exchange, 'change', budget))) {
      return emit({ ...told, outcome: 'limited' })
    }
    const lifetime = this.#settings.changeTtl
    const client = { id: String(userId), isKnown: true }
    const claim = { purpose: 'change', row, address: to, lifetime }
    const record = await this.#parts.records.make(scope, claim, client)
    if (record === null) return emit({ ...told, outcome: 'still_valid' })
    const outcome = await this.#parts.sending.send({
      scope,
      kind: 'change_email',
      recipient: to,
      row,
      record,
      lifetime,
      exchange,
      waiting: receipt === null ? null : { purpose: 'change', receipt, isKnown: true },
    })
    if (outcome !== 'sent') await record.undo()
    emit({ ...told, outcome })
  }

  /** Whether anybody has it, in any field by which people log in or are recovered. */
  async #isTaken({ scope }: Exchange, row: object, to: string): Promise<boolean> {
    const { accounts } = this.#house
    const [named, recovered] = await Promise.all([
      accounts.byIdentifier(to, scope),
      accounts.byRecoveryContact(to, scope),
    ])
    const own = String(accounts.id(row))
    return [named, recovered].some(
      (other) => other !== null && (String(accounts.id(other)) !== own || other === recovered),
    )
  }
}

function taken(): AuthError {
  const detail = 'Email already in use'
  return new AuthError('duplicate_value', detail, { errors: [{ path: '', message: detail }] })
}
