/**
 * What an account's proven contact is told of a change, and the link with which it can be stopped.
 *
 * The link freezes the account and gives nobody in: the mailbox that it was sent to may be the one
 * that was broken into. A frozen account opens when both mailboxes of the change have said so, and
 * then belongs to who reads the address that it has; where they do not agree, a person has to
 * decide (`auth.users.unfreeze`).
 */
import { randomToken } from '../../crypto.ts'
import type { MessageKind } from '../../delivery/channel.ts'
import type { House, Place } from '../../feature.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { Reply } from '../../http/route.ts'
import type { UserScope } from '../../users/store.ts'
import type { RecoverySettings } from './options.ts'
import type { RecoveryParts } from './parts.ts'
import { liveRecord, once } from './redeem.ts'

/** How long both mailboxes have to open what was frozen: thirty days, in seconds. */
const thawLifetime = 30 * 86_400

/** One freeze: its name, and how many mailboxes have to agree to end it. */
interface Thaw {
  readonly freeze: string
  readonly side: number
  readonly sides: number
}

export class ChangeNotices {
  readonly #settings: RecoverySettings
  readonly #house: House
  readonly #parts: RecoveryParts

  constructor(settings: RecoverySettings, house: House, parts: RecoveryParts) {
    this.#settings = settings
    this.#house = house
    this.#parts = parts
  }

  /** Tells the address that an account had. Only one that was proven gets the link. */
  contactChanged(exchange: Exchange, before: object, now: object): void {
    const { accounts } = this.#house
    const from = accounts.recoveryContact(before)
    if (from === null) return
    const place = { exchange, scope: exchange.scope }
    this.#tell(place, 'email_changed', now, from, accounts.isVerified(before))
  }

  /** Tells the proven contact that the password is another one. */
  passwordChanged(place: Place, row: object): void {
    const { accounts } = this.#house
    const contact = accounts.recoveryContact(row)
    if (contact === null || !accounts.isVerified(row)) return
    this.#tell(place, 'password_changed', row, contact, true)
  }

  /**
   * Freezes the account of a change, and tells both mailboxes.
   *
   * @throws AuthError `recovery_token_invalid`, `recovery_token_used` (400).
   */
  async undo(exchange: Exchange, token: string): Promise<Reply> {
    const { accounts, freezing, emit } = this.#house
    const { scope } = exchange
    const record = await liveRecord(this.#house, this.#parts, exchange, 'undo', { token })
    const userId = accounts.id(record.row)
    const row = await once(record, () => freezing.freeze(scope, userId))
    const address = exchange.address?.address ?? null
    emit({ name: 'recovery.redeemed', purpose: 'undo', userId, address })
    const contacts = [...new Set([record.address, accounts.recoveryContact(row) ?? record.address])]
    const work = () => this.#tellFrozen(scope, row, contacts, exchange)
    this.#house.afterwards.run('recovery undo', work, exchange.waitUntil)
    return { status: 200, body: { detail: 'The account is frozen.' } }
  }

  /**
   * One mailbox agrees that the account is opened; the last one opens it.
   *
   * @throws as `undo`.
   */
  async thaw(exchange: Exchange, token: string): Promise<Reply> {
    const { accounts, freezing, storage, keys, emit } = this.#house
    const { scope } = exchange
    const record = await liveRecord(this.#house, this.#parts, exchange, 'thaw', { token })
    const { freeze, side, sides } = record.data as Thaw
    const userId = accounts.id(record.row)
    const isOpen = await once(record, async () => {
      const key = keys(scope, 'thaw', freeze)
      await storage.indexAdd(key, String(side), thawLifetime)
      if ((await storage.indexMembers(key)).length < sides) return false
      await freezing.open(scope, userId)
      return true
    })
    const address = exchange.address?.address ?? null
    emit({ name: 'recovery.redeemed', purpose: 'thaw', userId, address })
    return {
      status: 200,
      body: isOpen
        ? { detail: 'The account is open. Reset its password to log in.', open: true }
        : { detail: 'The other address has to agree as well.', open: false },
    }
  }

  #tell(
    { exchange, scope }: Place,
    kind: MessageKind,
    row: object,
    recipient: string,
    withLink: boolean,
  ): void {
    const { afterwards } = this.#house
    const work = async () => {
      const lifetime = this.#settings.undoTtl
      const claim = {
        purpose: 'undo',
        row,
        address: recipient,
        lifetime,
        boundTo: 'account',
      } as const
      const record = withLink ? await this.#parts.records.make(scope, claim, null) : null
      await this.#parts.sending.send({ scope, kind, recipient, row, record, lifetime, exchange })
    }
    afterwards.run(`recovery ${kind}`, work, exchange?.waitUntil)
  }

  async #tellFrozen(
    scope: UserScope,
    row: object,
    contacts: readonly string[],
    exchange: Exchange,
  ): Promise<void> {
    const freeze = randomToken(this.#house.random, 16)
    for (const [side, address] of contacts.entries()) {
      const data: Thaw = { freeze, side, sides: contacts.length }
      const lifetime = thawLifetime
      const claim = { purpose: 'thaw', row, address, data, lifetime, boundTo: 'account' } as const
      const record = await this.#parts.records.make(scope, claim, null)
      const kind = 'account_frozen'
      const recipient = address
      await this.#parts.sending.send({ scope, kind, recipient, row, record, lifetime, exchange })
    }
  }
}
