/**
 * `GET /me`: who the presented credential makes one.
 */
import * as z from 'zod'
import type { House } from '../../feature.ts'
import { type Route, route } from '../../http/route.ts'
import { wireId, wireIdSchema } from '../../http/wire-id.ts'

export function meRoutes({ accounts, gatekeeper }: House): Route[] {
  return [
    route({
      method: 'GET',
      path: '/me',
      operation: {
        id: 'me',
        summary: 'Who is calling',
        responses: { 200: { description: 'The caller.', schema: me } },
      },
      gate: gatekeeper.build({}),
      async handle({ principal }) {
        const { userId, user, isSuperuser, scopes, transport } = principal
        return {
          status: 200,
          body: {
            user_id: wireId(userId),
            username: accounts.text(user, 'username'),
            email: accounts.text(user, 'email'),
            is_superuser: isSuperuser,
            scopes,
            via: transport,
          },
        }
      },
    }),
  ]
}

const me = z
  .looseObject({
    user_id: wireIdSchema,
    username: z.string().nullable(),
    email: z.string().nullable(),
    is_superuser: z.boolean(),
    scopes: z.array(z.string()),
    via: z.string().meta({ description: 'The transport that carried the credential.' }),
  })
  .meta({ id: 'Me' })
