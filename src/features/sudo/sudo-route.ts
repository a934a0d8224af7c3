/**
 * `POST /sudo`, where it is mounted.
 */
import * as z from 'zod'
import type { BuiltGate } from '../../gates.ts'
import { type Route, route } from '../../http/route.ts'
import type { Principal } from '../../principal.ts'
import type { SessionTransport } from '../session/session.ts'
import type { Elevation } from './elevation.ts'

export interface SudoRouteParts {
  readonly elevation: Elevation
  readonly transport: SessionTransport
  readonly path: string
  /** Any transport: who has no session is told so. */
  readonly gate: BuiltGate
}

export function sudoRoutes({ elevation, transport, path, gate }: SudoRouteParts): Route[] {
  return [
    route({
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
            cookies: [transport.cookie.name],
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
      },
      gate,
      body: request,
      async handle({ exchange, principal, body }) {
        // Never null: the gate is not optional.
        const caller = principal as Principal
        const { until, cookie } = await elevation.elevate(exchange, caller, body.password)
        return {
          status: 200,
          body: { detail: 'Elevated.', elevated_until: until.toISOString() },
          cookies: [cookie],
        }
      },
    }),
  ]
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
