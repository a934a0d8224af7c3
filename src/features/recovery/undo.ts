/**
 * What an account's proven contact is told of a change, and the link with which it can be stopped.
 *
 * The link freezes the account and gives nobody in: the mailbox that it was sent to may be the one
 * that was broken into. A frozen account opens when both mailboxes of the change have said so, and
 * then belongs to who reads the address that it has; where they do not agree, a person has to
 * decide (`auth.users.unfreeze`).
 */
import { sha256 } from '../../crypto.ts'
import type { MessageKind } from '../../delivery/channel.ts'
import type { UserId } from '../../events.ts'
import type { House, IdentityChange, Place } from '../../feature.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { Reply } from '../../http/route.ts'
import { orUnavailable } from '../../storage/outage.ts'
import { isText, listOf, parsedJson } from '../../storage/records.ts'
import type { UserScope } from '../../users/store.ts'
import type { RecoverySettings } from './options.ts'
import type { RecoveryParts } from './parts.ts'
import { liveRecord, onceDone } from './redeem.ts'

/** How long both mailboxes have to open what was frozen: thirty days, in seconds. */
const thawLifetime = 30 * 86_400

/** A mailbox of a freeze, and how many have to agree to end it. */
interface Thaw {
  /** What stands in place of the password: a later freeze has another one. */
  readonly mark: string
  readonly side: number
  readonly sides: number
}

const areAddresses = listOf(isText)

/** A mailbox that never agrees. */
const nobody = ''

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

  /** Tells the proven contact that somebody can sign in by a provider from now on, or cannot. */
  identityChanged(place: Place, row: object, { kind, label }: IdentityChange): void {
    const { accounts } = this.#house
    const contact = accounts.recoveryContact(row)
    if (contact === null || !accounts.isVerified(row)) return
    this.#tell(place, `provider_${kind}`, row, contact, true, label)
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
    let sides: readonly string[] = []
    const { mark } = await onceDone(this.#house, exchange, record, () =>
      freezing.freeze(scope, userId, async (row, next) => {
        // Whoever froze it before has to agree as well: a notice of a thief's own mailbox must not
        // open what its owner has closed.
        const others = accounts.isFrozen(row)
          ? await this.#sides(scope, accounts.hashedPassword(row) ?? '')
          : []
        const contact = accounts.recoveryContact(row) ?? record.address
        sides = [...new Set([...others, record.address, contact])]
        await this.#keepSides(scope, next, sides)
      }),
    )
    const address = exchange.address?.address ?? null
    emit({ name: 'recovery.redeemed', purpose: 'undo', userId, address })
    const work = () => this.#tellFrozen(exchange, userId, mark, sides)
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
    const { mark, side, sides } = record.data as Thaw
    const userId = accounts.id(record.row)
    const isOpen = await onceDone(this.#house, exchange, record, async () => {
      const key = keys(scope, 'thaw', sha256(mark))
      await storage.indexAdd(key, String(side), thawLifetime)
      if ((await storage.indexMembers(key)).length < sides) return false
      return (await freezing.open(scope, userId, { mark })) ? true : null
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
    provider: string | null = null,
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
      await this.#parts.sending.send({
        scope,
        kind,
        recipient,
        row,
        record,
        lifetime,
        exchange,
        provider,
      })
    }
    afterwards.run(`recovery ${kind}`, work, exchange?.waitUntil)
  }

  /** Each mailbox gets a link that is dead once the account has another mark, or none. */
  async #tellFrozen(
    exchange: Exchange,
    userId: UserId,
    mark: string,
    sides: readonly string[],
  ): Promise<void> {
    const { accounts } = this.#house
    const { scope } = exchange
    const row = await accounts.byId(userId, scope)
    // Frozen again meanwhile: that request tells all of them.
    if (row === null || accounts.hashedPassword(row) !== mark) return
    for (const [side, address] of sides.entries()) {
      if (address === nobody) continue
      const data: Thaw = { mark, side, sides: sides.length }
      const lifetime = thawLifetime
      const claim = { purpose: 'thaw', row, address, data, lifetime }
      const record = await this.#parts.records.make(scope, claim, null)
      const kind = 'account_frozen'
      const recipient = address
      await this.#parts.sending.send({ scope, kind, recipient, row, record, lifetime, exchange })
    }
  }

  /** The mailboxes of a freeze. Where the storage has lost them, only a person can open it. */
  async #sides(scope: UserScope, mark: string): Promise<readonly string[]> {
    const text = await this.#stored(this.#house.storage.get(this.#sidesKey(scope, mark)))
    const sides = text === null ? undefined : parsedJson(text)
    return areAddresses(sides) ? (sides as readonly string[]) : [nobody]
  }

  #keepSides(scope: UserScope, mark: string, sides: readonly string[]): Promise<void> {
    const key = this.#sidesKey(scope, mark)
    return this.#stored(this.#house.storage.set(key, JSON.stringify(sides), thawLifetime))
  }

  #sidesKey(scope: UserScope, mark: string): string {
    return this.#house.keys(scope, 'frozen-sides', sha256(mark))
  }

  #stored<Value>(work: Promise<Value>): Promise<Value> {
    return orUnavailable('one_time', this.#house.emit, work)
  }
}
