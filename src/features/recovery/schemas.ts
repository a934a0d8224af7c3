/** Schemas that several routes of recovery share. */
import * as z from 'zod'

export const done = z.looseObject({ detail: z.string() }).meta({ id: 'RecoveryDone' })

export const redemption = z.object({ token: z.string() }).meta({ id: 'Redemption' })

/** How a client without cookies names itself. */
export const clientName = z
  .string()
  .regex(/^[\w-]{22,64}$/)
  .optional()
  .meta({ description: 'Names a client without cookies: random, kept by it, the same each time.' })
