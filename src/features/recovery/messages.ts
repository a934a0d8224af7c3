/**
 * Messages of recovery: who asks for one gets the same answer at once, and everything that depends
 * on whether there is an account happens after it.
 */
import type { Acquaintance } from '../../credentials/acquaintance.ts'
import type { OneTimeClaim, OneTimeClient } from '../../credentials/one-time.ts'
import type { MessageKind } from '../../delivery/channel.ts'
import type { House } from '../../feature.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { UserScope } from '../../users/store.ts'
import type { AskedBy } from './asking.ts'
import type { MessageBudgets } from './budgets.ts'
import type { LinkRegistration } from './link-registration.ts'
import type { RecoverySettings } from './options.ts'
import type { RecoveryParts } from './parts.ts'

/** What a message can be asked for. */
export type RecoveryPurpose = 'verify' | 'reset' | 'unlock' | 'sign_in' | 'confirm'

interface Flow {
  readonly kind: (factor: string) => MessageKind
  readonly lifetime: (settings: RecoverySettings) => number
  /** Whether there is anything to do for this account. */
  readonly isWanted: (house: House, row: object) => boolean
}

const flows: Readonly<Record<RecoveryPurpose, Flow>> = {
  verify: {
    kind: (factor) => (factor === 'email' ? 'verify_email' : 'verify_recovery'),
    lifetime: ({ verifyTtl }) => verifyTtl,
    isWanted: ({ accounts }, row) => !accounts.isVerified(row) && !accounts.isFrozen(row),
  },
  reset: {
    kind: () => 'reset_password',
    lifetime: ({ resetTtl }) => resetTtl,
    isWanted: ({ accounts }, row) => !accounts.isFrozen(row),
  },
  // Whether it is locked is not asked: strangers would see by their own mailbox whose attempts
  // they are counted with.
  unlock: {
    kind: () => 'unlock',
    lifetime: ({ unlockTtl }) => unlockTtl,
    isWanted: ({ accounts }, row) => !accounts.isFrozen(row),
  },
  sign_in: {
    kind: () => 'sign_in',
    lifetime: ({ signInTtl }) => signInTtl,
    isWanted: ({ accounts }, row) => accounts.isActive(row),
  },
  confirm: {
    kind: () => 'confirm_identity',
    lifetime: () => confirmTtl,
    isWanted: ({ accounts }, row) => accounts.isActive(row),
  },
}

/** OWASP ASVS 5.0 6.5.5: ten minutes at most. Its owner waits for it. Seconds. */
export const confirmTtl = 600

interface Asker extends OneTimeClient {
  readonly receipt: string | null
}

/** What became of a request, for the event that tells of it. */
export type RequestOutcome =
  | 'sent'
  | 'failed'
  | 'unknown'
  | 'not_wanted'
  | 'limited'
  | 'still_valid'

export class RecoveryMessages {
  readonly #settings: RecoverySettings
  readonly #house: House
  readonly #parts: RecoveryParts
  readonly #budgets: MessageBudgets
  readonly #acquaintance: Acquaintance
  readonly #registration: LinkRegistration | null

  constructor(
    settings: RecoverySettings,
    house: House,
    parts: RecoveryParts,
    budgets: MessageBudgets,
    acquaintance: Acquaintance,
    registration: LinkRegistration | null,
  ) {
    this.#settings = settings
    this.#house = house
    this.#parts = parts
    this.#budgets = budgets
    this.#acquaintance = acquaintance
    this.#registration = registration
  }

  /**
   * Sees to a request after its answer. Looks nothing up before.
   *
   * @param typed The address or number, as somebody typed it.
   */
  ask(exchange: Exchange, purpose: RecoveryPurpose, typed: string, by: AskedBy): void {
    const work = async () => {
      const address = exchange.address?.address ?? null
      const { outcome, userId } = await this.#seeTo(exchange, purpose, typed, by)
      this.#house.emit({ name: 'recovery.requested', purpose, outcome, userId, address })
    }
    this.#house.afterwards.run(`recovery ${purpose}`, work, exchange.waitUntil)
  }

  /** The same for the owner of a login. */
  askAsOwner(exchange: Exchange, purpose: RecoveryPurpose, row: object, by: AskedBy): void {
    const { accounts, afterwards, emit } = this.#house
    const work = async () => {
      const typed = accounts.recoveryContact(row) ?? ''
      const asker = { id: by.client, isKnown: true, receipt: by.receipt }
      const outcome = await this.#outcome(exchange, purpose, row, typed, asker)
      const userId = accounts.id(row)
      const address = exchange.address?.address ?? null
      emit({ name: 'recovery.requested', purpose, outcome, userId, address })
    }
    afterwards.run(`recovery ${purpose}`, work, exchange.waitUntil)
  }

  /**
   * Sends a message on the application's own account: without budgets, in no place of anybody's.
   *
   * @returns Whether there is an account that it could go to.
   */
  send(
    scope: UserScope,
    purpose: RecoveryPurpose,
    row: object,
    exchange: Exchange | null = null,
  ): boolean {
    const { accounts, afterwards, emit } = this.#house
    if (!flows[purpose].isWanted(this.#house, row)) return false
    if (accounts.recoveryContact(row) === null) return false
    const userId = accounts.id(row)
    const work = async () => {
      const outcome = await this.#make(scope, purpose, row, null, exchange)
      emit({ name: 'recovery.requested', purpose, outcome, userId, address: null })
    }
    afterwards.run(`recovery ${purpose}`, work, exchange?.waitUntil)
    return true
  }

  async #seeTo(
    exchange: Exchange,
    purpose: RecoveryPurpose,
    typed: string,
    { client, receipt }: AskedBy,
  ): Promise<{ outcome: RequestOutcome; userId: string | number | bigint | null }> {
    const { accounts } = this.#house
    const { scope } = exchange
    const canonical = accounts.identity.recovery?.canonical(typed) ?? typed
    const row = await accounts.byRecoveryContact(typed, scope)
    const isKnown = row !== null && (await this.#acquaintance.isKnown(exchange, row))
    const asker = { id: client, isKnown, receipt }
    const outcome = await this.#outcome(exchange, purpose, row, canonical, asker)
    return { outcome, userId: row === null ? null : accounts.id(row) }
  }

  async #outcome(
    exchange: Exchange,
    purpose: RecoveryPurpose,
    row: object | null,
    typed: string,
    asker: Asker,
  ): Promise<RequestOutcome> {
    const { scope } = exchange
    const outcome = await this.#outcomeBefore(scope, purpose, row, asker)
    const isAllowed = await this.#budgets.allows(exchange, purpose, {
      typed,
      // What is not sent uses up no message.
      account: row === null || outcome !== null ? null : String(this.#house.accounts.id(row)),
      isKnown: asker.isKnown,
    })
    if (row === null) {
      if (purpose !== 'sign_in' || this.#registration === null) return 'unknown'
      return this.#registration.invite(exchange, typed, asker.receipt)
    }
    if (outcome !== null) return outcome
    return isAllowed ? this.#make(scope, purpose, row, asker, exchange) : 'limited'
  }

  /** Why nothing is sent whatever the budgets say; `null` where they decide. */
  async #outcomeBefore(
    scope: UserScope,
    purpose: RecoveryPurpose,
    row: object | null,
    asker: OneTimeClient,
  ): Promise<RequestOutcome | null> {
    const claim = row && this.#claim(purpose, row)
    if (claim === null || !flows[purpose].isWanted(this.#house, claim.row)) return 'not_wanted'
    return (await this.#parts.records.hasPlace(scope, claim, asker)) ? null : 'still_valid'
  }

  /** What a record would be about; `null` for an account without anywhere to send it. */
  #claim(purpose: RecoveryPurpose, row: object): OneTimeClaim | null {
    const address = this.#house.accounts.recoveryContact(row)
    const lifetime = flows[purpose].lifetime(this.#settings)
    return address === null ? null : { purpose, row, address, lifetime }
  }

  async #make(
    scope: UserScope,
    purpose: RecoveryPurpose,
    row: object,
    asker: Asker | null,
    exchange: Exchange | null,
  ): Promise<RequestOutcome> {
    const claim = this.#claim(purpose, row)
    if (claim === null) return 'not_wanted'
    const record = await this.#parts.records.make(scope, claim, asker)
    if (record === null) return 'still_valid'
    const { kind: kindOf, lifetime } = flows[purpose]
    const { identity } = this.#house.accounts
    const outcome = await this.#parts.sending.send({
      scope,
      kind: kindOf(identity.recovery?.name ?? ''),
      recipient: claim.address,
      row,
      record,
      lifetime: lifetime(this.#settings),
      exchange,
      waiting:
        asker === null || asker.receipt === null
          ? null
          : { ...asker, purpose, receipt: asker.receipt },
    })
    if (outcome === 'sent') return outcome
    // Nobody has it: its place, and what was counted for it, are for the next request.
    await record.undo()
    if (asker !== null) {
      const account = String(this.#house.accounts.id(row))
      await this.#budgets.giveBack(scope, purpose, account, asker.isKnown)
    }
    return outcome
  }
}
