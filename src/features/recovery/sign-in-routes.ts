/** The routes of signing in by a link. */
import * as z from 'zod'
import type { House } from '../../feature.ts'
import { type Route, route } from '../../http/route.ts'
import type { LinkSignIn } from './link-sign-in.ts'
import { clientName, codeFields, done } from './schemas.ts'

const errors = [
  'recovery_token_invalid',
  'recovery_token_used',
  'incorrect_credentials',
  'further_proof_required',
  'not_found',
  'hook_failed',
  'storage_unavailable',
  'database_unavailable',
] as const

export function signInRoutes(house: House, signIn: LinkSignIn): Route[] {
  const cookies = ['those of a login']
  if (house.carriers.length === 0) return []
  return [
    route({
      method: 'POST',
      path: '/recovery/sign-in-confirm',
      operation: {
        id: 'confirmSignIn',
        summary: 'Sign in with the token of a link',
        description:
          'Signs in a browser that asked for a link to this address, as `/login` does. Any other gets a `code`, to be entered there.',
        responses: { 200: { description: 'Signed in, or a code.', schema: signedIn, cookies } },
        errors,
        errorsWithCookies: ['further_proof_required'],
      },
      body: z
        .object({ token: z.string(), receipt: codeFields.receipt, client: clientName })
        .meta({ id: 'LinkSignIn' }),
      ownOrigin: true,
      handle: ({ exchange, body: { token, receipt, client } }) =>
        signIn.confirm(exchange, token, receipt, client !== undefined),
    }),
    route({
      method: 'POST',
      path: '/recovery/sign-in-code',
      operation: {
        id: 'confirmSignInCode',
        summary: 'Sign in with the code of the message, or with one that another browser shows',
        description: 'A few attempts for each sign-in that was asked for.',
        responses: { 200: { description: 'Signed in.', schema: signedIn, cookies } },
        errors: [...errors, 'recovery_code_invalid'],
        errorsWithCookies: ['further_proof_required'],
      },
      body: z
        .object({ code: z.string().max(32), receipt: codeFields.receipt, client: clientName })
        .meta({ id: 'CodeSignIn' }),
      ownOrigin: true,
      handle: ({ exchange, body: { code, receipt, client } }) =>
        signIn.confirmCode(exchange, code, receipt, client !== undefined),
    }),
  ]
}

const signedIn = done.partial().meta({ id: 'SignedInByLink' })
