/**
 * The one way in which a message of recovery leaves: link, code where somebody waits to type one,
 * language, and what the application sees of the account.
 */
import type { MessageCodes } from '../../credentials/message-codes.ts'
import type { MadeRecord } from '../../credentials/one-time.ts'
import type { Receipts } from '../../credentials/receipts.ts'
import { sha256 } from '../../crypto.ts'
import type { Message, MessageKind } from '../../delivery/channel.ts'
import type { Deliveries } from '../../delivery/deliveries.ts'
import type { Ground } from '../../feature.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { Accounts } from '../../users/accounts.ts'
import type { UserScope } from '../../users/store.ts'
import { languageFor, linkTo } from './links.ts'
import type { RecoverySettings } from './options.ts'
import type { PhoneBudgets } from './phones.ts'

/** Who waits for the message, and can type a code. */
export interface Waiting {
  readonly purpose: string
  /** What the answer gave. */
  readonly receipt: string
  /** Whether the account knows them. */
  readonly isKnown: boolean
}

/** What a link stands for. */
export type Sendable = Pick<MadeRecord, 'token' | 'expiresAt'> & Partial<Pick<MadeRecord, 'digest'>>

export interface Dispatch {
  readonly scope: UserScope
  readonly kind: MessageKind
  readonly recipient: string
  /** The account that it is about; `null` for none. */
  readonly row: object | null
  /** What its link stands for; `null` for one that opens nothing. */
  readonly record: Sendable | null
  /** How long that works, in seconds. */
  readonly lifetime: number
  /** Where it was asked for; `null` where the application did. */
  readonly exchange: Exchange | null
  readonly waiting?: Waiting | null
  /** The link, where there is no record. */
  readonly plainLink?: string | null
  /** What people call the provider that it is about. */
  readonly provider?: string | null
}

export interface SendingParts {
  readonly deliveries: Deliveries
  readonly codes: MessageCodes
  readonly receipts: Receipts
  readonly phones: PhoneBudgets
}

export class Sending {
  readonly #settings: RecoverySettings
  readonly #ground: Ground
  readonly #parts: SendingParts

  constructor(settings: RecoverySettings, ground: Ground, parts: SendingParts) {
    this.#settings = settings
    this.#ground = ground
    this.#parts = parts
  }

  /** What became of the message: `sent` where any channel took it. */
  async send(dispatch: Dispatch): Promise<'sent' | 'failed' | 'limited'> {
    const { kind, recipient, row, record, lifetime, exchange, plainLink = null } = dispatch
    const { provider = null } = dispatch
    const { accounts } = this.#ground
    const user = row === null ? null : accounts.user(row)
    const message: Message = {
      kind,
      recipient,
      link: record === null ? plainLink : linkTo(this.#settings, kind, record.token),
      code: null,
      expiresAt: record?.expiresAt ?? null,
      expiresIn: record === null ? 0 : lifetime,
      codeExpiresIn: 0,
      locale: languageFor(this.#settings, user ?? {}, exchange),
      provider,
      user,
    }
    const { deliveries, phones } = this.#parts
    const userId = row === null ? null : accounts.id(row)
    const { scope } = dispatch
    const isProven = isProvenContact(accounts, row, recipient)
    if (!(await phones.allows(scope, message, { isProven, userId }))) return 'limited'
    const code = await this.#code(dispatch, message)
    return (await deliveries.deliver({ ...message, ...code }, userId)) ? 'sent' : 'failed'
  }

  async #code(
    { scope, row, record, waiting }: Dispatch,
    message: Message,
  ): Promise<Pick<Message, 'code' | 'codeExpiresIn'>> {
    const { deliveries, codes, receipts } = this.#parts
    const rules = deliveries.codeRules(message)
    const digest = record?.digest
    if (!waiting || rules === null || digest === undefined) {
      return { code: null, codeExpiresIn: 0 }
    }
    const { purpose, isKnown } = waiting
    const receipt = receipts.read(scope, purpose, waiting.receipt)
    const { accounts } = this.#ground
    const user = row === null ? `to-${sha256(message.recipient)}` : String(accounts.id(row))
    const claim = { purpose, record: digest, user, isKnown }
    const code = receipt && (await codes.make(scope, claim, receipt, rules))
    return { code, codeExpiresIn: code === null ? 0 : rules.ttl }
  }
}

/** Whether the owner of the account has shown that they read what is sent there. */
function isProvenContact(accounts: Accounts, row: object | null, recipient: string): boolean {
  return row !== null && accounts.isVerified(row) && accounts.recoveryContact(row) === recipient
}
