/** Schemas that several routes of recovery share. */
import * as z from 'zod'
import type { Redemption } from './redeem.ts'

export const done = z.looseObject({ detail: z.string() }).meta({ id: 'RecoveryDone' })

/** The answer to who asks for a message. */
export const asked = z
  .looseObject({
    detail: z.string(),
    receipt: z.string().optional().meta({
      description: 'To be sent with the code of the message. Whether or not there is one.',
    }),
  })
  .meta({ id: 'MessageAsked' })

/** What stands for a record: a token, or a code with its receipt. */
export const codeFields = {
  receipt: z.string().max(128).optional().meta({
    description: 'Of the answer to who asked for the message.',
  }),
  code: z.string().max(32).optional().meta({
    description: 'Of the message, with the receipt; instead of the token.',
  }),
}

/** A token, or both others. */
export function hasSomething(
  { token, receipt, code }: Redemption,
  context: z.core.$RefinementCtx,
): void {
  if (token !== undefined || (receipt !== undefined && code !== undefined)) return
  const path = code === undefined ? 'token' : 'receipt'
  context.addIssue({ code: 'custom', path: [path], message: 'Is required.', input: undefined })
}

/**
 * What a page redeems: where no message has a code, a token and nothing else.
 *
 * @param hasCodes Whether there is a code to be typed.
 */
export function redemption(hasCodes: boolean): z.ZodType<Redemption> {
  return hasCodes ? codeRedemption : tokenRedemption
}

const codeRedemption = z
  .object({ token: z.string().optional(), ...codeFields })
  .superRefine(hasSomething)
  .meta({ id: 'CodeRedemption' })

export const tokenRedemption = z.object({ token: z.string() }).meta({ id: 'Redemption' })

/** How a client without cookies names itself. */
export const clientName = z
  .string()
  .regex(/^[\w-]{22,64}$/)
  .optional()
  .meta({ description: 'Names a client without cookies: random, kept by it, the same each time.' })
