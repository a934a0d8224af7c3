/**
 * Making an account: is the password acceptable, is the name free, hash, insert, tell the
 * application.
 */
import { typedIdentifierKey } from '../../credentials/password-check.ts'
import type { Random } from '../../crypto.ts'
import { AuthError } from '../../errors.ts'
import type { House } from '../../feature.ts'
import { hookContext } from '../../hooks.ts'
import { invalidBody } from '../../http/body.ts'
import type { Exchange } from '../../http/exchange.ts'
import { type Accounts, maxEpoch } from '../../users/accounts.ts'
import { provisioning } from '../../users/provisioning.ts'
import { collected, wireName } from '../../users/registration.ts'
import { RejectedValue, UniqueViolation } from '../../users/store.ts'
import type { Registration } from './schema.ts'

export type Register = (
  exchange: Exchange,
  registration: Registration,
  device: string,
) => Promise<object>

/**
 * Registers, and returns the new row. The device of that name is known from then on.
 *
 * Two registrations of one name at once are decided by the database: the loser gets the same
 * answer as somebody who came later.
 */
export function registration(house: House): Register {
  const { accounts, devices, lockout, passwords, hooks, runHook, random, emit } = house
  const provision = provisioning(accounts.store, accounts.identity, house.registration, emit)
  const { registering } = hooks
  return async (exchange, { fields, password, extra, data }, device) => {
    const { scope, request } = exchange
    // Before the name is looked up, so that it says and costs the same whether or not it is taken.
    const message = await passwords.check(password, Object.values(fields))
    if (message !== null) {
      throw new AuthError('validation_failed', invalidBody, {
        errors: [{ path: 'password', message }],
      })
    }
    const address = exchange.address?.address ?? null
    const refusal = (field: string | null) => {
      emit({ name: 'registration.refused', reason: 'taken', address })
      return duplicate(field)
    }
    const taken = await accounts.collision(fields, scope)
    if (taken !== null) throw refusal(taken)

    const hashedPassword = await passwords.hash(password, exchange.caller)
    const provided = await provision({
      email: fields['email'] ?? '',
      username: fields['username'] ?? '',
      source: 'register',
      registerData: data,
      request,
    })
    const context = hookContext(exchange, null)
    const row = await accounts
      .create(
        { fields, hashedPassword, own: { ...extra, ...provided } },
        randomEpoch(random),
        scope,
        registering &&
          ((transaction, inserted) =>
            registering(transaction, { ...context, user: accounts.user(inserted) })),
      )
      .catch(async (error: unknown) => {
        if (error instanceof RejectedValue) throw rejected(error, accounts, Object.keys(extra))
        if (!(error instanceof UniqueViolation)) throw error
        throw refusal(await accounts.collision(fields, scope))
      })

    emit({ name: 'registration.succeeded', userId: accounts.id(row), address })
    const names = accounts.identifiers(row)
    const typed = names.map((name) => typedIdentifierKey(name, accounts.identity))
    await lockout.inherit(scope, String(accounts.id(row)), typed)
    await devices.enterRegistrant(scope, accounts.owner(row), device)
    await runHook('afterRegister', accounts.user(row), context)
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

/** A uniform 31-bit integer: a primary key that is used again revives no credential. */
function randomEpoch(random: Random): number {
  const [a = 0, b = 0, c = 0, d = 0] = random(4)
  return (((a << 24) | (b << 16) | (c << 8) | d) >>> 1) & maxEpoch
}
