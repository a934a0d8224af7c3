/**
 * `POST /register/another-name`: the link of the message that the chosen name is taken.
 *
 * Whoever has it reads the address, so that the account is proven from the start, and the answers
 * are plain. Which names are taken, they were told by message before.
 */
import * as z from 'zod'
import type { House, NewcomerPort } from '../../feature.ts'
import { hookContext } from '../../hooks.ts'
import { deviceTokenQuery } from '../../http/device-token.ts'
import type { Exchange } from '../../http/exchange.ts'
import { judged } from '../../http/pipeline.ts'
import { type Route, route } from '../../http/route.ts'
import { collision } from '../../users/collisions.ts'
import { UniqueViolation } from '../../users/store.ts'
import { registered, withDevice, withNewDevice } from './answer.ts'
import type { RegistrationSchema } from './schema.ts'

export function anotherNameRoute(
  house: House,
  newcomers: NewcomerPort,
  schema: RegistrationSchema,
): Route {
  const { devices } = house
  return route({
    method: 'POST',
    path: '/register/another-name',
    operation: {
      id: 'registerAnotherName',
      summary: 'Create an account under another name, with the token of a link',
      description:
        'The body of `/register`, with `token` in place of the address. The address is verified then.',
      responses: {
        200: {
          description: 'The new account.',
          schema: registered,
          cookies: [devices.cookie.name],
        },
      },
      errors: [
        'recovery_token_invalid',
        'duplicate_value',
        'overloaded',
        'hook_failed',
        'storage_unavailable',
        'database_unavailable',
      ],
      errorsWithCookies: withDevice,
    },
    query: deviceTokenQuery,
    body: z.looseObject({ token: z.string() }).meta({ id: 'AnotherName' }),
    ownOrigin: true,
    handle: ({ exchange, body, query }) =>
      withNewDevice(house, exchange, query.device_token, async (device) => ({
        row: await made(house, newcomers, schema, exchange, body, device),
      })),
  })
}

async function made(
  house: House,
  newcomers: NewcomerPort,
  schema: RegistrationSchema,
  exchange: Exchange,
  { token, ...sent }: { readonly token: string },
  device: string,
): Promise<object> {
  const { accounts, newAccounts, emit, runHook } = house
  const { scope } = exchange
  const place = { exchange, scope }
  const choice = await newcomers.nameChoice(exchange, token)
  const contact = accounts.identity.recovery?.name ?? 'email'
  const wanted = await judged(schema, { ...sent, [contact]: choice.contact })
  await newAccounts.judge(wanted)
  const taken = await collision(accounts, wanted.fields, scope)
  if (taken !== null) throw newAccounts.refused(place, taken)
  const prepared = await newAccounts.prepare(place, { ...wanted, isProven: true })
  await choice.take()
  let row: object
  try {
    row = await newAccounts.insert(place, prepared)
  } catch (error) {
    await choice.restore()
    if (!(error instanceof UniqueViolation)) throw error
    throw newAccounts.refused(place, await collision(accounts, wanted.fields, scope))
  }
  newAccounts.tell(place, row)
  await newAccounts.settle(place, row, device)
  if (accounts.isVerified(row)) {
    emit({ name: 'recovery.verified', userId: accounts.id(row) })
    await runHook('afterRecoveryVerified', accounts.user(row), hookContext(exchange, null))
  }
  await newAccounts.finish(place, row)
  return row
}
