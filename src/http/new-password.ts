/** A new password in a body: what can be said of it without asking anybody. */
import * as z from 'zod'
import type { Passwords } from '../passwords/passwords.ts'

/** For `new_password`, wherever a body has it. */
export function newPasswordSchema(passwords: Passwords): z.ZodType<string> {
  return z
    .string()
    .superRefine((value, context) => {
      const message = passwords.problemWith(value)
      if (message !== null) context.addIssue({ code: 'custom', message })
    })
    .meta({ format: 'password', minLength: passwords.minLength, maxLength: passwords.maxLength })
}
