/**
 * The field in which a person types who they are: `username`, whatever they log in by.
 */
import * as z from 'zod'
import type { Identity } from '../users/identity.ts'

/** Says which fields it takes where it is missing: clients send `email` there. */
export function identifierSchema({ login }: Identity): z.ZodString {
  const taken = login.map(({ name }) => name).join(' or ')
  return z
    .string({
      error: ({ input }) => (input === undefined ? `Is required: the ${taken}.` : undefined),
    })
    .meta({ description: 'Any of the login identifiers.' })
}
