/**
 * `POST /renew-password`: an owner who has to change the password, as `auth.users` says, does so
 * with the proof that a login with the old one was answered with.
 */
import * as z from 'zod'
import { hashOfNew } from '../../credentials/new-password.ts'
import { renewalPurpose } from '../../credentials/password-check.ts'
import { AuthError } from '../../errors.ts'
import type { House } from '../../feature.ts'
import { hookContext } from '../../hooks.ts'
import { invalidBody } from '../../http/body.ts'
import type { Exchange } from '../../http/exchange.ts'
import { newPasswordSchema } from '../../http/new-password.ts'
import { type Reply, type Route, route } from '../../http/route.ts'

export function renewRoute(house: House): Route {
  return route({
    method: 'POST',
    path: '/renew-password',
    operation: {
      id: 'renewPassword',
      summary: 'Change a password that may not be used any more',
      description:
        'With the `proof` of an answer `password_change_required`. Logs nobody in, and ends every credential of the account.',
      responses: { 200: { description: 'It is changed.', schema: renewed } },
      errors: [
        'recovery_token_invalid',
        'recovery_token_used',
        'overloaded',
        'hook_failed',
        'storage_unavailable',
        'database_unavailable',
      ],
    },
    body: z
      .object({ proof: z.string(), new_password: newPasswordSchema(house.passwords) })
      .meta({ id: 'RenewPassword' }),
    handle: ({ exchange, body }) => renew(house, exchange, body.proof, body.new_password),
  })
}

const renewed = z.looseObject({ detail: z.string() }).meta({ id: 'PasswordRenewed' })

/** Of several at once with the same proof one wins. */
async function renew(
  house: House,
  exchange: Exchange,
  proof: string,
  password: string,
): Promise<Reply> {
  const { accounts, oneTime, passwords, revocation, runHook, emit } = house
  const { scope } = exchange
  const record = await oneTime.find(scope, renewalPurpose, proof)
  if (typeof record === 'string') throw refusal(record)
  const { row } = record
  // What had to be changed would stay as it is.
  if ((await passwords.verify(password, accounts.verifiableHash(row), exchange.caller)).ok) {
    throw new AuthError('validation_failed', invalidBody, {
      errors: [{ path: 'new_password', message: 'Must be another password than before.' }],
    })
  }
  const hash = await hashOfNew(house, exchange, row, password)
  if (!(await record.take())) throw refusal('used')
  const values = accounts.passwordValues(hash)
  const when = accounts.passwordValues(accounts.hashedPassword(row))
  let epoch: number | null
  try {
    epoch = await revocation.advance(scope, row, values, when)
  } catch (error) {
    await record.restore()
    throw error
  }
  if (epoch === null) throw refusal('gone')
  const userId = accounts.id(row)
  const address = exchange.address?.address ?? null
  emit({ name: 'password.changed', userId, transport: null, login: null, address })
  await revocation.clear(scope, row, 'application')
  house.passwordChanged({ exchange, scope }, row)
  await runHook('afterPasswordChanged', accounts.user(row), hookContext(exchange, null))
  return { status: 200, body: { detail: 'Password changed. Log in with it.' } }
}

function refusal(found: 'used' | 'gone'): AuthError {
  return found === 'used'
    ? new AuthError('recovery_token_used', 'Token already used')
    : new AuthError('recovery_token_invalid', 'Invalid or expired token')
}
