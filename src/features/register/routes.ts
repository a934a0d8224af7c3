/**
 * `POST /register`: an allow-list of exactly the login fields and the password.
 */
import * as z from 'zod'
import { sha256 } from '../../crypto.ts'
import { type Route, route } from '../../http/route.ts'
import { wireId, wireIdSchema } from '../../http/wire-id.ts'
import type { Passwords } from '../../passwords/passwords.ts'
import { type Accounts, canonicalValue } from '../../users/accounts.ts'
import { canonicalEmail, parseEmail } from '../../users/email.ts'
import { looksLikeEmail, problemWithUsername } from '../../users/username.ts'
import type { Register } from './registration.ts'

export interface RegisterRouteParts {
  readonly accounts: Accounts
  readonly passwords: Passwords
  readonly register: Register
}

export function registerRoutes({ accounts, passwords, register }: RegisterRouteParts): Route[] {
  const names = accounts.identity.login.map(({ name }) => name)
  return [
    route({
      method: 'POST',
      path: '/register',
      operation: {
        id: 'register',
        summary: 'Create an account',
        description: 'Does not log in. Fields that are not listed are ignored.',
        responses: { 200: { description: 'The new account.', schema: registered } },
        errors: ['duplicate_value', 'overloaded', 'hook_failed'],
      },
      limit: { action: 'register', withoutAddress: (sent) => typedName(names, sent) },
      body: registrationSchema(names, passwords),
      async handle({ exchange, body }) {
        const { password = '', ...fields } = body
        const row = await register(exchange, fields, password)
        return {
          status: 200,
          body: {
            id: wireId(accounts.id(row)),
            email: accounts.text(row, 'email'),
            username: accounts.text(row, 'username'),
          },
        }
      },
    }),
  ]
}

const registered = z
  .looseObject({
    id: wireIdSchema,
    email: z.string().nullable(),
    username: z.string().nullable(),
  })
  .meta({ id: 'RegisteredAccount' })

function registrationSchema(names: readonly string[], passwords: Passwords) {
  const shape: Record<string, z.ZodType<string>> = {}
  for (const name of names) shape[name] = name === 'email' ? emailSchema : usernameSchema
  shape['password'] = z
    .string()
    .superRefine((value, context) => {
      const message = passwords.problemWith(value)
      if (message !== null) context.addIssue({ code: 'custom', message })
    })
    .meta({
      format: 'password',
      minLength: passwords.minLength,
      maxLength: passwords.maxLength,
    })
  return z
    .object(shape)
    .superRefine((value, context) => {
      for (const name of names) {
        const text = value[name]
        if (name === 'email' || text === undefined || !looksLikeEmail(text)) continue
        if (canonicalEmail(text) === value['email']) continue
        context.addIssue({
          code: 'custom',
          path: [name],
          message: 'Must not look like an e-mail address, unless it is your own.',
        })
      }
    })
    .meta({ id: 'Registration' })
}

const emailSchema = z
  .string()
  .transform((value, context) => {
    const email = parseEmail(value)
    if (email !== null) return email
    context.addIssue({ code: 'custom', message: 'Must be an e-mail address.' })
    return z.NEVER
  })
  .meta({ format: 'email' })

const usernameSchema = z
  .string()
  .superRefine((value, context) => {
    const message = problemWithUsername(value)
    if (message !== null) context.addIssue({ code: 'custom', message })
  })
  .meta({ minLength: 1, maxLength: 64 })

/** What is throttled while the client address is unknown: the first login field that was sent. */
function typedName(names: readonly string[], sent: unknown): string {
  const body = typeof sent === 'object' && sent !== null ? (sent as Record<string, unknown>) : {}
  for (const name of names) {
    const value = Object.hasOwn(body, name) ? body[name] : undefined
    if (typeof value === 'string') return sha256(`${name}:${canonicalValue(name, value)}`)
  }
  return 'nothing'
}
