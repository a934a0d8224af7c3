/**
 * `POST /register`: an allow-list of the login fields, the password, and what the application adds.
 */
import * as z from 'zod'
import type { InvitationRecords } from '../../credentials/invitations.ts'
import type { House } from '../../feature.ts'
import { deviceTokenQuery } from '../../http/device-token.ts'
import type { Exchange } from '../../http/exchange.ts'
import { type Route, route } from '../../http/route.ts'
import { idleSchemaNames } from '../../users/registration-problems.ts'
import { anotherNameRoute } from './another-name.ts'
import { registered, withDevice, withNewDevice } from './answer.ts'
import { invitedRoute } from './invited.ts'
import { registerLimit } from './limit.ts'
import { plainRegistration, type Register } from './plain.ts'
import { quietRegistration, type RegisterQuietly } from './quiet.ts'
import { type Registration, registrationSchema } from './schema.ts'

export function registerRoutes(house: House, invitations: InvitationRecords): Route[] {
  const { accounts, passwords, registration: options } = house
  if (options.mode === 'closed') return []
  const schema = registrationSchema(accounts, passwords, options)
  for (const message of idleSchemaNames(accounts.store, accounts.identity, options)) {
    house.emit({ name: 'warning', code: 'dropped_field', message })
  }
  if (options.mode === 'invited') return [invitedRoute(house, invitations, schema)]
  const register = plainRegistration(house)
  const { newcomers } = house
  const quietly =
    newcomers !== null && options.answers === 'same' ? quietRegistration(house, newcomers) : null
  if (newcomers !== null && quietly === null) warnOfPlainAnswers(house)
  return [
    route({
      method: 'POST',
      path: '/register',
      operation: {
        id: 'register',
        summary: 'Create an account',
        description: 'Does not log in. Fields that are not listed are ignored.',
        responses: {
          200: {
            description: 'The new account.',
            schema: registered,
            cookies: [house.devices.cookie.name],
          },
          ...(quietly
            ? {
                202: {
                  description: 'Whether or not the name is taken.',
                  schema: accepted,
                  cookies: [house.devices.cookie.name],
                },
              }
            : {}),
        },
        errors: ['duplicate_value', 'overloaded', 'hook_failed', 'database_unavailable'],
        errorsWithCookies: withDevice,
      },
      limit: registerLimit(house),
      query: deviceTokenQuery,
      body: schema,
      // A page of another site must not make its visitors' browsers known devices of an account.
      ownOrigin: true,
      handle: ({ exchange, body, query }) =>
        withNewDevice(house, exchange, query.device_token, (device) =>
          made(house, { register, quietly }, exchange, body, device),
        ),
    }),
    ...(quietly && newcomers ? [anotherNameRoute(house, newcomers, schema)] : []),
  ]
}

function warnOfPlainAnswers({ emit }: House): void {
  emit({
    name: 'warning',
    code: 'plain_registration',
    message:
      "registration.answers is 'plain': anybody can find out who has an account, five times an hour from each address, which are 327,680 times an hour from one /48 of IPv6. Leave it out, and the answer is the same for everybody.",
  })
}

/**
 * Makes the account, and whoever asks a known device of it: a newcomer is not shut out by what
 * strangers guessed at the name.
 */
async function made(
  { accounts }: House,
  { register, quietly }: { register: Register; quietly: RegisterQuietly | null },
  exchange: Exchange,
  body: Registration,
  device: string,
): Promise<{ row: object } | { accepted: object }> {
  // Without an address or a number nobody could be told.
  const contact = accounts.identity.recovery?.name
  return quietly && contact !== undefined && body.fields[contact] !== undefined
    ? { accepted: await quietly(exchange, body, device) }
    : { row: await register(exchange, body, device) }
}

const accepted = z
  .looseObject({ detail: z.string(), device_token: z.string().optional() })
  .meta({ id: 'RegistrationAccepted' })
