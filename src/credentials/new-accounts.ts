/**
 * The one way to a new account, whoever wants it: a registration, an invitation, a provider, the
 * application. Is the password acceptable, what does the application add, the row with its first
 * epoch, the application's work in the same transaction, and what follows when it is there.
 */
import { type Random, randomHex, randomToken } from '../crypto.ts'
import { AuthError } from '../errors.ts'
import { actorOf, type EventListener, type UserId } from '../events.ts'
import { type HookSettings, hookContext, type RunHook } from '../hooks.ts'
import { invalidBody } from '../http/body.ts'
import type { Exchange } from '../http/exchange.ts'
import type { Lockout } from '../limits/lockout.ts'
import type { Passwords } from '../passwords/passwords.ts'
import { type Accounts, randomEpoch } from '../users/accounts.ts'
import type { NewAccount } from '../users/new-row.ts'
import { type Provision, provisioning } from '../users/provisioning.ts'
import {
  collected,
  type NewUserContext,
  type RegistrationSettings,
  wireName,
} from '../users/registration.ts'
import { RejectedValue, StoreUnavailable, type UserScope, type UserStore } from '../users/store.ts'
import type { KnownDevices } from './known-devices.ts'
import { typedIdentifierKey } from './password-check.ts'

/** An account that somebody wants. */
export interface WantedAccount {
  /** The fields of the identity, by wire name, as they were judged. */
  readonly fields: Readonly<Record<string, string>>
  /** `null` for an account without one. */
  readonly password: string | null
  /** A hash that is there already, instead of a password. */
  readonly hashedPassword?: string | undefined
  readonly source: NewUserContext['source']
  /** What was sent for columns of the application's own, by property: what it adds wins. */
  readonly extra: Readonly<Record<string, unknown>>
  /** Values of the application's that win over what it adds to each account, by property. */
  readonly values?: Readonly<Record<string, unknown>>
  /** See `NewUserContext.registerData`. */
  readonly data: Readonly<Record<string, unknown>> | null
  /** See `NewUserContext.profile`. */
  readonly profile?: unknown
  readonly isProven?: boolean | undefined
  readonly isSuperuser?: boolean | undefined
  readonly isActive?: boolean | undefined
}

/** Where it is made. */
export interface MakingPlace {
  /** `null` where no request asked. */
  readonly exchange: Exchange | null
  readonly scope: UserScope
  /** Who makes it for somebody else. */
  readonly actor?: UserId | undefined
  /** What hooks are told of it, where it is not a form: `oauth`. */
  readonly transport?: string
}

/** What is known of an account before it is written. */
export type PreparedAccount = NewAccount & {
  /** The properties that a client filled. */
  readonly sent: readonly string[]
}

export interface InsertOptions {
  /** Whether it takes the same statements as `insertInVain`. Default `false`. */
  readonly isAlike?: boolean
  /** Inserts the row in another way, such as together with an identity at a provider. */
  readonly write?: UserStore['insert']
}

export interface NewAccountParts {
  readonly accounts: Accounts
  readonly devices: KnownDevices
  readonly lockout: Lockout
  readonly passwords: Passwords
  readonly registration: RegistrationSettings
  readonly hooks: HookSettings
  readonly runHook: RunHook
  readonly random: Random
  readonly emit: EventListener
}

export class NewAccounts {
  readonly #parts: NewAccountParts
  readonly #provision: Provision

  constructor(parts: NewAccountParts) {
    const { accounts, registration, emit } = parts
    this.#parts = parts
    this.#provision = provisioning(accounts.store, accounts.identity, registration, emit)
  }

  /** @throws AuthError `validation_failed` (422) for a password that the policy refuses. */
  async judge({ fields, password }: WantedAccount): Promise<void> {
    if (password === null) return
    const message = await this.#parts.passwords.check(password, Object.values(fields))
    if (message === null) return
    throw new AuthError('validation_failed', invalidBody, {
      errors: [{ path: 'password', message }],
    })
  }

  /** @throws AuthError `overloaded` (503), and whatever `newUserFields` throws. */
  async prepare({ exchange }: MakingPlace, wanted: WantedAccount): Promise<PreparedAccount> {
    const { passwords, random } = this.#parts
    const { fields, password, extra, source, data, profile = null } = wanted
    const hashedPassword =
      wanted.hashedPassword ??
      (password === null
        ? unusablePassword(random)
        : await passwords.hash(password, exchange?.caller))
    const provided = await this.#provision({
      email: fields['email'] ?? '',
      username: fields['username'] ?? '',
      source,
      registerData: data,
      profile,
      request: exchange?.request ?? null,
    })
    const { isProven, isSuperuser, isActive } = wanted
    const own = { ...extra, ...provided, ...wanted.values }
    const sent = Object.keys(extra)
    return { fields, hashedPassword, own, isProven, isSuperuser, isActive, sent }
  }

  /**
   * Writes the row, with the application's work in its transaction. `UniqueViolation` where
   * somebody was quicker.
   *
   * @throws AuthError `validation_failed` (422) for a value that the database refuses.
   */
  async insert(
    { exchange, scope, transport }: MakingPlace,
    prepared: PreparedAccount,
    { isAlike = false, write }: InsertOptions = {},
  ): Promise<object> {
    const { accounts, hooks, random } = this.#parts
    const { registering } = hooks
    const context = hookContext(exchange, transport ?? null)
    const inTransaction = isAlike && accounts.store.transactions !== 'none'
    const during = registering
      ? (transaction: unknown, inserted: object) =>
          registering(transaction, { ...context, user: accounts.user(inserted) })
      : inTransaction
        ? () => undefined
        : undefined
    try {
      return await accounts.create(prepared, randomEpoch(random), scope, during, write)
    } catch (error) {
      if (error instanceof RejectedValue) throw rejected(error, accounts, prepared.sent)
      throw error
    }
  }

  /**
   * Writes it and takes it back, or at least tries to: the same work, and nothing is there.
   *
   * @throws AuthError as `insert`, for the same values.
   */
  async insertInVain({ scope }: MakingPlace, prepared: PreparedAccount): Promise<void> {
    const { accounts, random } = this.#parts
    const { fields } = prepared
    const names = Object.keys(fields).map((name) => [name, inNobodysName(name, random)] as const)
    const account = { ...prepared, fields: Object.fromEntries(names) }
    const isUndone = accounts.store.transactions !== 'none'
    if (!isUndone) return
    const write = async (own: Readonly<Record<string, unknown>>): Promise<unknown> => {
      const undo = () => {
        throw inVain
      }
      try {
        return await accounts.create({ ...account, own }, randomEpoch(random), scope, undo)
      } catch (error) {
        if (error instanceof StoreUnavailable) throw error
        return error
      }
    }
    const { sent, own = {} } = prepared
    const refusal = await write(own)
    if (refusal instanceof RejectedValue && sent.length > 0) {
      // What a client sent is refused whether or not the name is taken. A column may also have
      // rules that no made-up name meets: then it is refused without what was sent, too.
      const entries = Object.entries(own).filter(([name]) => !sent.includes(name))
      const without = await write(Object.fromEntries(entries))
      if (!(without instanceof RejectedValue)) throw rejected(refusal, accounts, sent)
    }
    await accounts.byId(0, scope)
  }

  /**
   * What strangers guessed at the name before does not shut its owner out, and the device of that
   * name is known. Refuses nobody.
   *
   * @param device The name of who registered; `null` for nobody's.
   */
  async settle({ scope }: MakingPlace, row: object, device: string | null): Promise<void> {
    const { accounts, lockout, devices } = this.#parts
    const names = accounts.identifiers(row)
    const typed = names.map((name) => typedIdentifierKey(name, accounts.identity))
    // The device first: who registers may log in while this goes on, and what strangers did must
    // not be there before the owner's own lane.
    if (device !== null) await devices.enterRegistrant(scope, accounts.owner(row), device)
    await lockout.inherit(scope, String(accounts.id(row)), typed)
  }

  /** Tells that there is a new account. */
  tell(place: MakingPlace, row: object): void {
    this.#parts.emit({
      name: 'registration.succeeded',
      userId: this.#parts.accounts.id(row),
      address: place.exchange?.address?.address ?? null,
      ...actorOf(place),
    })
  }

  /** @throws whatever `hooks.afterRegister` throws. */
  async finish({ exchange, transport }: MakingPlace, row: object): Promise<void> {
    const { accounts, runHook } = this.#parts
    const context = hookContext(exchange, transport ?? null)
    await runHook('afterRegister', accounts.user(row), context)
  }

  /** Tells that a name is taken; returns what to answer where that may be seen. */
  refused(place: MakingPlace, field: string | null): AuthError {
    const address = place.exchange?.address?.address ?? null
    this.#parts.emit({
      name: 'registration.refused',
      reason: 'taken',
      address,
      ...actorOf(place),
    })
    return duplicate(field)
  }
}

/** In place of a hash: no password has it, and no two accounts have the same. */
export function unusablePassword(random: Random): string {
  return `!${randomToken(random, 16)}`
}

/** Ends a transaction; nobody sees it. */
const inVain = new Error('in vain')

/** A value that nobody has, in the form of a field. */
function inNobodysName(name: string, random: Random): string {
  const unique = randomHex(random, 12)
  return name === 'email' ? `${unique}@${unique}.invalid` : unique
}

/** @param field The login field that is taken; `null` for a unique column that does not log in. */
function duplicate(field: string | null): AuthError {
  if (field === null) return new AuthError('duplicate_value', 'Account already exists')
  const name = field.charAt(0).toUpperCase() + field.slice(1).toLowerCase()
  const detail = field === 'email' ? 'Email already registered' : `${name} already taken`
  return new AuthError('duplicate_value', detail, { errors: [{ path: field, message: detail }] })
}

/**
 * The answer when the database refuses a value: 422 if the client sent it, else the error itself,
 * since the application added it.
 */
function rejected(error: RejectedValue, { identity }: Accounts, extra: readonly string[]): Error {
  const names = new Map([
    ...extra.map((property) => [property, wireName(property)] as const),
    ...collected(identity).map(({ property, name }) => [property, name] as const),
  ])
  const { properties } = error
  const sent = properties.flatMap((property) => names.get(property) ?? [])
  if (sent.length === 0 && properties.length > 0) return error
  const paths = sent.length === 0 ? [''] : sent
  return new AuthError('validation_failed', invalidBody, {
    cause: error,
    errors: paths.map((path) => ({ path, message: 'Cannot be stored.' })),
  })
}
