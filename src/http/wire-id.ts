/**
 * Primary keys on the wire: numbers stay numbers, everything else is text.
 */
import * as z from 'zod'

/** A number for integer keys, a text for all others; integers that JSON would round are texts. */
export function wireId(id: string | number | bigint): string | number {
  if (typeof id !== 'bigint') return id
  const number = Number(id)
  return Number.isSafeInteger(number) ? number : String(id)
}

export const wireIdSchema: z.ZodType<string | number> = z
  .union([z.number(), z.string()])
  .meta({ description: 'The primary key: a number for integer keys, a text for all others.' })
