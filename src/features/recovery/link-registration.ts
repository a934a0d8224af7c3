/**
 * Registering by a link to sign in: an address without an account gets a link as well, and whoever
 * opens it in a browser that asked has an account by then, proven, without a password.
 *
 * Nothing is written before: the link stands for the address alone. So nobody can take an address
 * that they do not read.
 */
import { AddressRecords, type LiveAddressRecord } from '../../credentials/address-records.ts'
import { sha256 } from '../../crypto.ts'
import { AuthError, ConfigurationError } from '../../errors.ts'
import type { House } from '../../feature.ts'
import type { Exchange } from '../../http/exchange.ts'
import { fieldRule } from '../../users/field-rules.ts'
import { UniqueViolation } from '../../users/store.ts'
import type { MessageBudgets } from './budgets.ts'
import type { RecoverySettings } from './options.ts'
import type { RecoveryParts } from './parts.ts'
import { expired } from './redeem.ts'

/** A token is long; this bounds what a page that reloads costs. */
const mostTries = 100

export class LinkRegistration {
  readonly #settings: RecoverySettings
  readonly #house: House
  readonly #parts: RecoveryParts
  readonly #budgets: MessageBudgets
  readonly #records: AddressRecords

  /** @throws ConfigurationError where an account has to have more than its address. */
  constructor(
    settings: RecoverySettings,
    house: House,
    parts: RecoveryParts,
    budgets: MessageBudgets,
  ) {
    const { identity } = house.accounts
    const { recovery } = identity
    const others = identity.login.filter(({ name }) => name !== recovery?.name)
    if (others.length > 0) {
      throw new ConfigurationError([
        `recovery.signInRegisters makes accounts of an address alone, and people log in by ${others.map(({ name }) => name).join(', ')} as well; write identity: { login: ['${recovery?.name}'] }, or leave it out`,
      ])
    }
    if (house.registration.mode !== 'open') {
      throw new ConfigurationError([
        `recovery.signInRegisters lets anybody register, and registration.mode is '${house.registration.mode}'; leave one of them out`,
      ])
    }
    this.#settings = settings
    this.#house = house
    this.#parts = parts
    this.#budgets = budgets
    this.#records = new AddressRecords(house, 'one-time-sign-up', mostTries)
  }

  /**
   * Sends a link to an address that has no account.
   *
   * @param contact In canonical form.
   */
  async invite(
    exchange: Exchange,
    contact: string,
    receipt: string | null,
  ): Promise<'sent' | 'failed' | 'limited' | 'unknown'> {
    const { scope } = exchange
    if (!this.#isAcceptable(contact)) return 'unknown'
    const account = `to-${sha256(contact)}`
    const counted = { typed: contact, account, isKnown: false }
    if (!(await this.#budgets.allows(exchange, 'sign_up', counted))) return 'limited'
    const lifetime = this.#settings.signInTtl
    const record = await this.#records.make(scope, contact, lifetime)
    const outcome = await this.#parts.sending.send({
      scope,
      kind: 'sign_up',
      recipient: contact,
      row: null,
      record: { ...record, digest: record.id },
      lifetime,
      exchange,
      waiting: receipt === null ? null : { purpose: 'sign_in', receipt, isKnown: false },
    })
    if (outcome !== 'sent') {
      await record.undo()
      await this.#budgets.giveBack(scope, 'sign_up', account, false)
    }
    return outcome
  }

  /** Whether an account may have it: the link makes one of it, without asking for anything else. */
  #isAcceptable(contact: string): boolean {
    const { accounts } = this.#house
    const { recovery } = accounts.identity
    return recovery !== null && 'value' in fieldRule(accounts, recovery).read(contact)
  }

  /** What a token stands for; `null` for one of another kind. */
  find({ scope }: Exchange, token: string): Promise<LiveAddressRecord | null> {
    return this.#records.find(scope, token)
  }

  /** The same, of a token whose digest is at hand. */
  findByDigest({ scope }: Exchange, digest: string): Promise<LiveAddressRecord | null> {
    return this.#records.findById(scope, digest)
  }

  /**
   * The row of the new account. Where the address got one meanwhile, its owner asks for another
   * link.
   *
   * @throws AuthError `recovery_token_used`, `recovery_token_invalid` (400), and what the hooks
   *   throw: the account stays, unless it was `registering`.
   */
  async register(exchange: Exchange, record: LiveAddressRecord): Promise<object> {
    const { accounts, newAccounts } = this.#house
    const place = { exchange, scope: exchange.scope }
    if (!(await record.take())) throw new AuthError('recovery_token_used', 'Token already used')
    const field = accounts.identity.recovery?.name ?? 'email'
    const wanted = {
      fields: { [field]: record.contact },
      password: null,
      source: 'link',
      extra: {},
      data: null,
      isProven: true,
    } as const
    let row: object
    try {
      row = await newAccounts.insert(place, await newAccounts.prepare(place, wanted))
    } catch (error) {
      if (error instanceof UniqueViolation) throw expired()
      await record.restore()
      throw error
    }
    newAccounts.tell(place, row)
    await newAccounts.settle(place, row, null)
    await newAccounts.finish(place, row)
    return row
  }
}
