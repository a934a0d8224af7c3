/** The routes by which a login is confirmed by a message. */
import * as z from 'zod'
import type { House } from '../../feature.ts'
import { type Route, route } from '../../http/route.ts'
import type { Confirmation } from './confirmation.ts'
import { redeemed } from './redeem.ts'
import { asked, done, redemption } from './schemas.ts'

export function confirmationRoutes(house: House, confirmation: Confirmation): Route[] {
  const { gatekeeper, persons } = house
  if (persons.length === 0) return []
  return [
    route({
      method: 'POST',
      path: '/recovery/identity-request',
      operation: {
        id: 'requestConfirmation',
        summary: 'Ask for a message that confirms this login',
        description: 'Goes to the verified address of the account.',
        responses: { 200: { description: 'It is on its way.', schema: asked } },
        errors: ['not_verified'],
      },
      limit: {
        action: 'confirm_identity',
        by: 'login',
        counts: 'done',
        default: { times: 5, seconds: 3600 },
      },
      gate: gatekeeper.build({ transport: persons.map(({ name }) => name) }),
      handle: ({ exchange, principal }) => confirmation.request(exchange, principal),
    }),
    route({
      method: 'POST',
      path: '/recovery/identity-confirm',
      operation: {
        id: 'confirmIdentity',
        summary: 'Confirm this login with the token of a link, or with a code',
        description:
          'In a login of the account. A link that is opened elsewhere shows a `code`, to be entered there.',
        responses: { 200: { description: 'Confirmed, or a code.', schema: confirmed } },
        errors: [
          ...redeemed(true),
          'not_authenticated',
          'storage_unavailable',
          'database_unavailable',
        ],
      },
      body: redemption(true),
      ownOrigin: true,
      handle: ({ exchange, body }) => confirmation.confirm(exchange, body),
    }),
  ]
}

const confirmed = done.extend({ confirmed: z.boolean().optional() }).meta({ id: 'Confirmed' })
