/**
 * Making an account: is the password acceptable, is the name free, hash, insert, tell the
 * application.
 */
import { typedIdentifierKey } from '../../credentials/password-check.ts'
import { type Random, randomHex } from '../../crypto.ts'
import { AuthError } from '../../errors.ts'
import type { House } from '../../feature.ts'
import { hookContext } from '../../hooks.ts'
import { invalidBody } from '../../http/body.ts'
import type { Exchange } from '../../http/exchange.ts'
import { type Accounts, randomEpoch } from '../../users/accounts.ts'
import { provisioning } from '../../users/provisioning.ts'
import { collected, wireName } from '../../users/registration.ts'
import { RejectedValue, StoreUnavailable, UniqueViolation } from '../../users/store.ts'
import type { Registration } from './schema.ts'

export type Register = (
  exchange: Exchange,
  registration: Registration,
  device: string,
) => Promise<object>

/** What is known of an account before it is written. */
interface Prepared {
  readonly hashedPassword: string
  /** Columns of the application's own. */
  readonly own: Readonly<Record<string, unknown>>
}

/** The steps of a registration, in their order. */
export interface RegistrationSteps {
  /** @throws AuthError `validation_failed` (422) for a password that the policy refuses. */
  judge(registration: Registration): Promise<void>
  /** @throws AuthError `overloaded` (503), and whatever `newUserFields` throws. */
  prepare(exchange: Exchange, registration: Registration): Promise<Prepared>
  /**
   * Writes the row. `UniqueViolation` where somebody was quicker.
   *
   * @param isAlike Whether it takes the same statements as `insertInVain`.
   * @throws AuthError `validation_failed` (422) for a value that the database refuses.
   */
  insert(
    exchange: Exchange,
    registration: Registration,
    prepared: Prepared,
    isAlike?: boolean,
  ): Promise<object>
  /**
   * What strangers guessed at the name before does not shut its owner out, and the device of that
   * name is known. Refuses nobody.
   */
  settle(exchange: Exchange, row: object, device: string): Promise<void>
  /** Writes it and takes it back, or at least tries to: the same work, and nothing is there. */
  insertInVain(exchange: Exchange, registration: Registration, prepared: Prepared): Promise<void>
}

export function registrationSteps(house: House): RegistrationSteps {
  const { accounts, devices, lockout, passwords, hooks, random, emit } = house
  const provision = provisioning(accounts.store, accounts.identity, house.registration, emit)
  const { registering } = hooks
  return {
    async judge({ fields, password }) {
      const message = await passwords.check(password, Object.values(fields))
      if (message === null) return
      throw new AuthError('validation_failed', invalidBody, {
        errors: [{ path: 'password', message }],
      })
    },

    async prepare(exchange, { fields, password, extra, data }) {
      const hashedPassword = await passwords.hash(password, exchange.caller)
      const provided = await provision({
        email: fields['email'] ?? '',
        username: fields['username'] ?? '',
        source: 'register',
        registerData: data,
        request: exchange.request,
      })
      return { hashedPassword, own: { ...extra, ...provided } }
    },

    async insert(exchange, { fields, extra }, prepared, isAlike = false) {
      const context = hookContext(exchange, null)
      const inTransaction = isAlike && accounts.store.transactions !== 'none'
      try {
        return await accounts.create(
          { fields, ...prepared },
          randomEpoch(random),
          exchange.scope,
          registering
            ? (transaction, inserted) =>
                registering(transaction, { ...context, user: accounts.user(inserted) })
            : inTransaction
              ? () => undefined
              : undefined,
        )
      } catch (error) {
        if (error instanceof RejectedValue) throw rejected(error, accounts, Object.keys(extra))
        throw error
      }
    },

    async settle({ scope }, row, device) {
      const names = accounts.identifiers(row)
      const typed = names.map((name) => typedIdentifierKey(name, accounts.identity))
      await lockout.inherit(scope, String(accounts.id(row)), typed)
      await devices.enterRegistrant(scope, accounts.owner(row), device)
    },

    async insertInVain({ scope }, { fields }, prepared) {
      const names = Object.keys(fields).map((name) => [name, inNobodysName(name, random)] as const)
      const account = { ...prepared, fields: Object.fromEntries(names) }
      const isUndone = accounts.store.transactions !== 'none'
      if (!isUndone) return
      try {
        await accounts.create(account, randomEpoch(random), scope, () => {
          throw inVain
        })
      } catch (error) {
        // A column may have rules that no made-up value meets; whatever it is, nothing was written.
        if (error instanceof StoreUnavailable) throw error
      }
      await accounts.byId(0, scope)
    },
  }
}

/** Ends a transaction; nobody sees it. */
const inVain = new Error('in vain')

/** A value that nobody has, in the form of a field. */
function inNobodysName(name: string, random: Random): string {
  const unique = randomHex(random, 12)
  return name === 'email' ? `${unique}@${unique}.invalid` : unique
}

/**
 * Registers, and returns the new row. The device of that name is known from then on.
 *
 * Two registrations of one name at once are decided by the database: the loser gets the same
 * answer as somebody who came later.
 */
export function registration(house: House): Register {
  const { accounts, runHook, emit } = house
  const steps = registrationSteps(house)
  return async (exchange, sent, device) => {
    const { scope } = exchange
    const address = exchange.address?.address ?? null
    const refusal = (field: string | null) => {
      emit({ name: 'registration.refused', reason: 'taken', address })
      return duplicate(field)
    }
    // Before the name is looked up, so that it says and costs the same whether or not it is taken.
    await steps.judge(sent)
    const taken = await accounts.collision(sent.fields, scope)
    if (taken !== null) throw refusal(taken)
    const prepared = await steps.prepare(exchange, sent)
    let row: object
    try {
      row = await steps.insert(exchange, sent, prepared)
    } catch (error) {
      if (!(error instanceof UniqueViolation)) throw error
      throw refusal(await accounts.collision(sent.fields, scope))
    }
    emit({ name: 'registration.succeeded', userId: accounts.id(row), address })
    await steps.settle(exchange, row, device)
    house.newcomers?.welcome(exchange, row)
    await runHook('afterRegister', accounts.user(row), hookContext(exchange, null))
    return row
  }
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
