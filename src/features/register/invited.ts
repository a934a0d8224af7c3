/**
 * `POST /register` where only who is invited may register.
 */
import * as z from 'zod'
import { type InvitationRecords, invalid } from '../../credentials/invitations.ts'
import { AuthError } from '../../errors.ts'
import type { House } from '../../feature.ts'
import { invalidBody } from '../../http/body.ts'
import { deviceTokenQuery } from '../../http/device-token.ts'
import type { Exchange } from '../../http/exchange.ts'
import { type Route, route } from '../../http/route.ts'
import { registered, withDevice, withNewDevice } from './answer.ts'
import { registerKnown } from './known-address.ts'
import { registerLimit } from './limit.ts'
import type { RegistrationSchema } from './schema.ts'

export function invitedRoute(
  house: House,
  invitations: InvitationRecords,
  schema: RegistrationSchema,
): Route {
  const { devices } = house
  return route({
    method: 'POST',
    path: '/register',
    operation: {
      id: 'register',
      summary: 'Create an account, with an invitation',
      description:
        'The body of an open registration, with `invitation`. The address is that of the invitation, and may be left out. Does not log in.',
      responses: {
        200: {
          description: 'The new account.',
          schema: registered,
          cookies: [devices.cookie.name],
        },
      },
      errors: [
        'invitation_invalid',
        'duplicate_value',
        'overloaded',
        'hook_failed',
        'storage_unavailable',
        'database_unavailable',
      ],
      errorsWithCookies: withDevice,
    },
    limit: registerLimit(house),
    query: deviceTokenQuery,
    body: z.looseObject({ invitation: z.string() }).meta({ id: 'InvitedRegistration' }),
    ownOrigin: true,
    handle: ({ exchange, body, query }) =>
      withNewDevice(house, exchange, query.device_token, async (device) => ({
        row: await redeem(house, invitations, schema, exchange, body, device),
      })),
  })
}

async function redeem(
  house: House,
  invitations: InvitationRecords,
  schema: RegistrationSchema,
  exchange: Exchange,
  { invitation: token, ...sent }: { readonly invitation: string },
  device: string,
): Promise<object> {
  const { accounts, emit } = house
  const invitation = await invitations.find(exchange, token)
  requireSameAddress(house, sent, invitation.contact)
  const { isProof, values } = invitation.data
  const known = {
    contact: invitation.contact,
    isProof,
    values,
    async take() {
      if (!(await invitation.take())) throw invalid()
    },
    restore: () => invitation.restore(),
  }
  const row = await registerKnown(house, schema, exchange, known, sent, device)
  const userId = accounts.id(row)
  const address = exchange.address?.address ?? null
  emit({ name: 'invitation.redeemed', invitationId: invitation.id, userId, address })
  return row
}

/** @throws AuthError `validation_failed` (422) for another address than the one that is invited. */
function requireSameAddress(
  { accounts }: House,
  sent: Readonly<Record<string, unknown>>,
  contact: string,
): void {
  const { recovery } = accounts.identity
  const typed = recovery === null ? undefined : sent[recovery.name]
  if (recovery === null || typed === undefined) return
  if (typeof typed === 'string' && recovery.canonical(typed) === contact) return
  throw new AuthError('validation_failed', invalidBody, {
    errors: [{ path: recovery.name, message: 'Must be the address that was invited.' }],
  })
}
