/**
 * Invitations: who may register where registration is not open, and for which address.
 *
 * One that a channel delivered is known to nobody but who reads the address: the account that it
 * makes is proven from the start. One whose token the application hands over says nothing of a
 * mailbox.
 */
import { AuthError, ConfigurationError } from '../errors.ts'
import { actorOf } from '../events.ts'
import type { House } from '../feature.ts'
import { invalidBody } from '../http/body.ts'
import type { Exchange } from '../http/exchange.ts'
import { maxSeconds } from '../options/durations.ts'
import { fieldRule } from '../users/field-rules.ts'
import type { OwnValues } from '../users/registration.ts'
import type { UserTypes } from '../users/store.ts'
import { AddressRecords, type LiveAddressRecord } from './address-records.ts'
import type { Acting } from './users/administration.ts'
import { ownValues } from './users/entries.ts'

/** Who is invited. */
export interface NewInvitation<T extends UserTypes = UserTypes> {
  /** The address, or whatever else accounts are recovered by: that of the account. */
  readonly address: string
  /**
   * Columns of yours that the account will have, by property; they win over what is sent. Must
   * survive JSON. Default none.
   */
  readonly values?: Readonly<OwnValues<T>>
  /** For how many seconds it is good. Default `registration.invitationTtl`. */
  readonly ttl?: number
  /**
   * Whether you hand the token over yourself, although recovery could deliver it: the account's
   * address is then verified as any other. Default `false`.
   */
  readonly handOver?: boolean
}

/** An invitation that was just made. */
export interface Invitation {
  /** Names it; opens nothing. */
  readonly id: string
  /** For `/register`; `null` where a channel delivers it, so that nobody else knows it. */
  readonly token: string | null
  readonly expiresAt: Date
}

/** Makes and ends invitations: `auth.invitations`. */
export interface Invitations<T extends UserTypes = UserTypes> {
  /**
   * Invites somebody to register. With `recovery()` a message with a link goes to the address,
   * after the call: what becomes of it is told by events. Without, hand over the token.
   *
   * @throws AuthError `validation_failed` (422) for what is no address, `duplicate_value` (422) for
   *   one that has an account, `storage_unavailable` (503); RangeError for a lifetime that is none;
   *   TypeError for a value that is not the application's; ConfigurationError where `registration`
   *   has another mode than `invited`.
   *
   * @example
   * ```ts
   * await auth.invitations.create({ address: 'bob@example.com' }, { actor: principal.userId })
   * ```
   */
  create(invitation: NewInvitation<T>, acting?: Acting): Promise<Invitation>
  /**
   * Ends an invitation.
   *
   * @returns `false` where there is none of this id, or it was used.
   * @throws AuthError `storage_unavailable` (503).
   */
  revoke(id: string, acting?: Acting): Promise<boolean>
}

/** How many registrations one invitation may try: they tell which names are taken. */
const mostTries = 50

/** What is kept beside the address. */
interface Kept {
  readonly isProof: boolean
  readonly values: Readonly<Record<string, unknown>>
}

/** An invitation that is live. */
export interface LiveInvitation extends LiveAddressRecord {
  readonly data: Kept
}

export class InvitationRecords {
  readonly #house: House
  readonly #records: AddressRecords

  constructor(house: House) {
    this.#house = house
    this.#records = new AddressRecords(house, 'invitation', mostTries)
  }

  /** @throws AuthError `invitation_invalid` (400), `storage_unavailable` (503). */
  async find(exchange: Exchange, token: string): Promise<LiveInvitation> {
    const found = await this.#records.find(exchange.scope, token)
    if (found !== null) return found as LiveInvitation
    const address = exchange.address?.address ?? null
    this.#house.emit({ name: 'invitation.refused', address })
    throw invalid()
  }

  /** `auth.invitations`. */
  get handle(): Invitations {
    const { accounts, afterwards, emit, registration, newcomers } = this.#house
    const records = this.#records
    return {
      async create({ address, values = {}, ttl, handOver = false }, acting = {}) {
        requireInvited(registration.mode)
        const lifetime = ttl ?? registration.invitationTtl
        if (!(lifetime >= 1 && lifetime <= maxSeconds)) {
          throw new RangeError(`crudauth: the ttl of an invitation is 1 to ${maxSeconds} seconds`)
        }
        const { recovery } = accounts.identity
        if (recovery === null) throw new Error('crudauth: invitations need a field to recover by')
        const judged = fieldRule(accounts, recovery).read(address)
        if ('problem' in judged) throw refused('validation_failed', invalidBody, judged.problem)
        const contact = recovery.canonical(judged.value)
        if ((await accounts.byRecoveryContact(contact, acting)) !== null) {
          throw refused('duplicate_value', 'Account already exists', 'Already has an account.')
        }
        const isProof = newcomers !== null && !handOver
        const kept: Kept = { isProof, values: ownValues(accounts, values) }
        const record = await records.make(acting, contact, lifetime, kept)
        const { id, token, expiresAt } = record
        emit({ name: 'invitation.created', invitationId: id, ...actorOf(acting) })
        if (isProof) {
          afterwards.run('invitation', async () => {
            if (!(await newcomers.invite(acting, contact, record, lifetime))) await record.undo()
          })
        }
        return { id, token: isProof ? null : token, expiresAt }
      },

      async revoke(id, acting = {}) {
        const ended = await records.end(acting, id)
        if (ended) emit({ name: 'invitation.revoked', invitationId: id, ...actorOf(acting) })
        return ended
      },
    }
  }
}

function requireInvited(mode: string): void {
  if (mode === 'invited') return
  throw new ConfigurationError([
    `auth.invitations.create() makes what nobody asks for, because registration.mode is '${mode}'; write registration: { mode: 'invited' }`,
  ])
}

function refused(
  code: 'validation_failed' | 'duplicate_value',
  detail: string,
  message: string,
): AuthError {
  return new AuthError(code, detail, { errors: [{ path: 'address', message }] })
}

/** Unknown, expired, used or revoked: not told apart. */
export function invalid(): AuthError {
  return new AuthError('invitation_invalid', 'Invalid or expired invitation')
}
