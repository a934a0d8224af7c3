/**
 * `POST /register`: an allow-list of the login fields, the password, and what the application adds.
 */
import * as z from 'zod'
import { sha256 } from '../../crypto.ts'
import { AuthError, type ErrorCode } from '../../errors.ts'
import type { House } from '../../feature.ts'
import { deviceTokenQuery } from '../../http/device-token.ts'
import type { Exchange } from '../../http/exchange.ts'
import { type Reply, type Route, route } from '../../http/route.ts'
import { wireId, wireIdSchema } from '../../http/wire-id.ts'
import type { IdentityField } from '../../users/identity.ts'
import { plainRegistration, type Register } from './plain.ts'
import { quietRegistration, type RegisterQuietly } from './quiet.ts'
import { type Registration, registrationSchema } from './schema.ts'

export function registerRoutes(house: House): Route[] {
  const { accounts, passwords, registration: options } = house
  if (options.mode === 'closed') return []
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
        errorsWithCookies: [...withDevice],
      },
      limit: {
        action: 'register',
        default: { times: 5, seconds: 3600 },
        by: 'address',
        counts: 'asked',
        withoutAddress: (sent) => typedName(accounts.identity.login, sent),
      },
      query: deviceTokenQuery,
      body: registrationSchema(accounts, passwords, options),
      // A page of another site must not make its visitors' browsers known devices of an account.
      ownOrigin: true,
      handle: ({ exchange, body, query }) =>
        answer(house, { register, quietly }, exchange, body, query.device_token),
    }),
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
 * strangers guessed at the name. The answer has a device's name whether or not the account is new.
 *
 * @param inBody Whether the client keeps that name itself.
 */
async function answer(
  { accounts, devices }: House,
  { register, quietly }: { register: Register; quietly: RegisterQuietly | null },
  exchange: Exchange,
  body: Registration,
  inBody: boolean,
): Promise<Reply> {
  const name = devices.fresh()
  const cookies = inBody ? [] : [devices.cookieOf(exchange, name)]
  const members = inBody ? { device_token: name } : {}
  // Without an address or a number nobody could be told.
  const contact = accounts.identity.recovery?.name
  if (quietly && contact !== undefined && body.fields[contact] !== undefined) {
    return { status: 202, body: { ...(await quietly(exchange, body, name)), ...members }, cookies }
  }
  try {
    const row = await register(exchange, body, name)
    const id = wireId(accounts.id(row))
    const [email, username] = [accounts.text(row, 'email'), accounts.text(row, 'username')]
    return { status: 200, body: { id, email, username, ...members }, cookies }
  } catch (error) {
    if (!(error instanceof AuthError) || !withDevice.has(error.code)) throw error
    return { error: error.with(members), cookies }
  }
}

/** Errors from which it shows whether the name was free. */
const withDevice: ReadonlySet<ErrorCode> = new Set([
  'duplicate_value',
  'hook_failed',
  'access_denied',
])

const accepted = z
  .looseObject({ detail: z.string(), device_token: z.string().optional() })
  .meta({ id: 'RegistrationAccepted' })

const registered = z
  .looseObject({
    id: wireIdSchema,
    email: z.string().nullable(),
    username: z.string().nullable(),
    device_token: z.string().optional(),
  })
  .meta({ id: 'RegisteredAccount' })

/**
 * What the rate limit counts while the client address is unknown: the first login field that was
 * sent, or all of a body in which a schema of the application's own finds it under another name.
 */
function typedName(fields: readonly IdentityField[], sent: unknown): string {
  const body = typeof sent === 'object' && sent !== null ? (sent as Record<string, unknown>) : {}
  for (const { name, canonical } of fields) {
    const value = Object.hasOwn(body, name) ? body[name] : undefined
    if (typeof value === 'string') return sha256(`${name}:${canonical(value)}`)
  }
  try {
    return sha256(JSON.stringify(sent))
  } catch {
    // Nested more deeply than any body that a person sends.
    return 'nothing'
  }
}
