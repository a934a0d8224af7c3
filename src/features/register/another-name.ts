/**
 * `POST /register/another-name`: the link of the message that the chosen name is taken.
 *
 * Whoever has it reads the address, so that the account is proven from the start, and the answers
 * are plain. Which names are taken, they were told by message before.
 */
import * as z from 'zod'
import type { House, NewcomerPort } from '../../feature.ts'
import { deviceTokenQuery } from '../../http/device-token.ts'
import { type Route, route } from '../../http/route.ts'
import { registered, withDevice, withNewDevice } from './answer.ts'
import { registerKnown } from './known-address.ts'
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
      withNewDevice(house, exchange, query.device_token, async (device) => {
        const { token, ...sent } = body
        const { contact, take, restore } = await newcomers.nameChoice(exchange, token)
        const known = { contact, isProof: true, take, restore }
        return { row: await registerKnown(house, schema, exchange, known, sent, device) }
      }),
  })
}
