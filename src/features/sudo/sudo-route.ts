/**
 * `POST /sudo`, where it is mounted.
 */
import * as z from 'zod'
import type { House } from '../../feature.ts'
import { type Route, route } from '../../http/route.ts'
import type { Elevation } from './elevation.ts'

export function sudoRoute(path: string, elevation: Elevation, house: House): Route {
  const { gatekeeper, sessions } = house
  return route({
    method: 'POST',
    path,
    operation: {
      id: 'sudo',
      summary: 'Prove once more who one is',
      description: 'Elevates the session for a while, and gives it a new identifier.',
      responses: {
        200: {
          description: 'The session is elevated.',
          schema: elevated,
          cookies: sessions ? [sessions.cookie.name] : [],
        },
      },
      errors: [
        'incorrect_credentials',
        'session_required',
        'sudo_locked',
        'login_locked',
        'overloaded',
        'hook_failed',
      ],
      // The session has its new identifier by then.
      errorsWithCookies: ['hook_failed', 'access_denied'],
    },
    // Any transport: who has no session is told so.
    gate: gatekeeper.build({}),
    body: request,
    async handle({ exchange, principal, body }) {
      const { until, cookie } = await elevation.elevate(exchange, principal, body.password)
      return {
        status: 200,
        body: { detail: 'Elevated.', elevated_until: until.toISOString() },
        cookies: [cookie],
      }
    },
  })
}

const request = z
  .object({
    password: z
      .string()
      .default('')
      .meta({ format: 'password', description: 'Left out by accounts without a password.' }),
  })
  .meta({ id: 'Sudo' })

const elevated = z
  .looseObject({
    detail: z.string(),
    elevated_until: z.string().meta({ format: 'date-time' }),
  })
  .meta({ id: 'Elevated' })
