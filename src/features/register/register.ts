/**
 * `POST /register`: an allow-list of the login fields, the password, and what the application adds.
 */
import * as z from 'zod'
import { sha256 } from '../../crypto.ts'
import type { House } from '../../feature.ts'
import { type Route, route } from '../../http/route.ts'
import { wireId, wireIdSchema } from '../../http/wire-id.ts'
import type { IdentityField } from '../../users/identity.ts'
import { registration } from './registration.ts'
import { registrationSchema } from './schema.ts'

export function registerRoutes(house: House): Route[] {
  const { accounts, passwords, registration: options } = house
  const register = registration(house)
  return [
    route({
      method: 'POST',
      path: '/register',
      operation: {
        id: 'register',
        summary: 'Create an account',
        description: 'Does not log in. Fields that are not listed are ignored.',
        responses: { 200: { description: 'The new account.', schema: registered } },
        errors: ['duplicate_value', 'overloaded', 'hook_failed', 'database_unavailable'],
      },
      limit: {
        action: 'register',
        default: { times: 5, seconds: 3600 },
        by: 'address',
        counts: 'asked',
        withoutAddress: (sent) => typedName(accounts.identity.login, sent),
      },
      body: registrationSchema(accounts, passwords, options),
      async handle({ exchange, body }) {
        const row = await register(exchange, body)
        return {
          status: 200,
          body: {
            id: wireId(accounts.id(row)),
            email: accounts.text(row, 'email'),
            username: accounts.text(row, 'username'),
          },
        }
      },
    }),
  ]
}

const registered = z
  .looseObject({
    id: wireIdSchema,
    email: z.string().nullable(),
    username: z.string().nullable(),
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
