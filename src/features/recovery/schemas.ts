/** Schemas that several routes of recovery share. */
import * as z from 'zod'

export const done = z.looseObject({ detail: z.string() }).meta({ id: 'RecoveryDone' })

export const redemption = z.object({ token: z.string() }).meta({ id: 'Redemption' })
