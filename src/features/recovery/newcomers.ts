/**
 * What people who register are told by message, since the answer tells them nothing.
 */
import { sha256 } from '../../crypto.ts'
import type { House, NameChoice, NewcomerPort } from '../../feature.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { UserScope } from '../../users/store.ts'
import type { MessageBudgets } from './budgets.ts'
import type { RecoveryMessages } from './messages.ts'
import { type NameChoices, nameChoiceLifetime } from './name-choices.ts'
import type { RecoverySettings } from './options.ts'
import type { RecoveryParts } from './parts.ts'

export class Newcomers implements NewcomerPort {
  readonly detail = 'If the email is available, check your inbox to finish signing up.'
  readonly #settings: RecoverySettings
  /** Where it works, once everything is wired. */
  #wired:
    | {
        readonly house: House
        readonly parts: RecoveryParts
        readonly messages: RecoveryMessages
        readonly budgets: MessageBudgets
        readonly choices: NameChoices
      }
    | undefined

  constructor(settings: RecoverySettings) {
    this.#settings = settings
  }

  move(
    house: House,
    parts: RecoveryParts,
    messages: RecoveryMessages,
    budgets: MessageBudgets,
    choices: NameChoices,
  ): void {
    this.#wired = { house, parts, messages, budgets, choices }
  }

  welcome(exchange: Exchange, row: object): void {
    if (!this.#settings.verifyNewAccounts) return
    this.#wired?.messages.send(exchange.scope, 'verify', row, exchange)
  }

  /**
   * Somebody who has the address already is told so, at the stored one; who has it not, but chose a
   * name that is taken, is told that. A budget for each address keeps this from being a flood.
   */
  async taken(exchange: Exchange, fields: Readonly<Record<string, string>>): Promise<void> {
    if (this.#wired === undefined) return
    const { house, parts, budgets, choices } = this.#wired
    const { accounts } = house
    const { recovery } = accounts.identity
    const typed = recovery === null ? undefined : fields[recovery.name]
    if (recovery === null || typed === undefined) return
    const row = await accounts.byRecoveryContact(typed, exchange.scope)
    const recipient = row === null ? recovery.canonical(typed) : accounts.recoveryContact(row)
    if (recipient === null) return
    const kind = row === null ? 'username_taken' : 'existing_account'
    const account = row === null ? `to-${sha256(recipient)}` : String(accounts.id(row))
    const counted = { typed: recipient, account, isKnown: false }
    if (!(await budgets.allows(exchange, kind, counted))) return
    const record = row === null ? await choices.make(exchange.scope, recipient) : null
    const outcome = await parts.sending.send({
      scope: exchange.scope,
      kind,
      recipient,
      row,
      record,
      lifetime: nameChoiceLifetime,
      exchange,
      // To an account that there is, without a token: it opens nothing.
      plainLink: this.#settings.frontendUrl || null,
    })
    if (outcome !== 'sent') await record?.undo()
  }

  async invite(
    scope: UserScope,
    recipient: string,
    record: { readonly token: string; readonly expiresAt: Date },
    lifetime: number,
  ): Promise<boolean> {
    if (this.#wired === undefined) return false
    const kind = 'invitation'
    const { sending } = this.#wired.parts
    const dispatch = {
      scope,
      kind,
      recipient,
      row: null,
      record,
      lifetime,
      exchange: null,
    } as const
    return (await sending.send(dispatch)) === 'sent'
  }

  nameChoice(exchange: Exchange, token: string): Promise<NameChoice> {
    if (this.#wired === undefined) throw new Error('crudauth: recovery is not mounted yet')
    return this.#wired.choices.find(exchange, token)
  }

  async failed(exchange: Exchange, row: object): Promise<void> {
    if (this.#wired === undefined) return
    const { house, parts, budgets } = this.#wired
    const { accounts } = house
    const recipient = accounts.recoveryContact(row)
    if (recipient === null) return
    const kind = 'registration_failed'
    const counted = { typed: recipient, account: String(accounts.id(row)), isKnown: false }
    if (!(await budgets.allows(exchange, kind, counted))) return
    await parts.sending.send({
      scope: exchange.scope,
      kind,
      recipient,
      row,
      record: null,
      lifetime: 0,
      exchange,
      plainLink: this.#settings.frontendUrl || null,
    })
  }
}
