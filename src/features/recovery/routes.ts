/**
 * The routes of recovery, each under its historical path and under a neutral one: a phone
 * application need not call `/email/…`.
 */
import * as z from 'zod'
import type { House } from '../../feature.ts'
import { deviceTokenQuery } from '../../http/device-token.ts'
import type { Exchange } from '../../http/exchange.ts'
import { newPasswordSchema } from '../../http/new-password.ts'
import { type Route, route } from '../../http/route.ts'
import { parseEmail, withoutName } from '../../users/email.ts'
import type { IdentityField } from '../../users/identity.ts'
import { maxIdentifierLength } from '../../users/identity.ts'
import type { Asking } from './asking.ts'
import { changeRoutes } from './change-routes.ts'
import type { ContactChange } from './contact-change.ts'
import type { LinkSignIn } from './link-sign-in.ts'
import type { RecoveryMessages, RecoveryPurpose } from './messages.ts'
import { atBoth } from './paths.ts'
import { type Redemption, redeemed } from './redeem.ts'
import type { PasswordReset } from './reset.ts'
import { asked, clientName, codeFields, done, hasSomething, redemption } from './schemas.ts'
import { signInRoutes } from './sign-in-routes.ts'
import type { ChangeNotices } from './undo.ts'
import type { Unlocking } from './unlock.ts'
import type { Verification, VerifyConfirm } from './verify.ts'

export interface RecoveryFlows {
  readonly messages: RecoveryMessages
  readonly verification: Verification
  readonly reset: PasswordReset
  readonly unlocking: Unlocking
  readonly change: ContactChange
  readonly notices: ChangeNotices
  /** `null` where the application does not want it. */
  readonly signIn: LinkSignIn | null
}

/** @param hasCodes Whether messages have codes. */
export function recoveryRoutes(
  house: House,
  flows: RecoveryFlows,
  asking: Asking,
  hasCodes: boolean,
): Route[] {
  const { accounts, passwords } = house
  const factor = accounts.identity.recovery
  if (factor === null) return []
  const isProvable = accounts.identity.verifiedProperty !== null
  const message = factor.name === 'email' ? 'email' : 'message'
  const request = requestSchema(factor)
  const newPassword = newPasswordSchema(passwords)
  const asks = (purpose: RecoveryPurpose, id: string, summary: string, detail: string) =>
    ({
      method: 'POST',
      operation: {
        id,
        summary,
        description:
          'The answer is the same whether or not there is such an account. The message leaves after it.',
        responses: {
          200: {
            description: 'Always.',
            schema: asking.hasReceipt(purpose) ? asked : done,
            cookies: [
              asking.clientCookie.name,
              ...(purpose === 'sign_in' ? [asking.receiptCookie.name] : []),
            ],
          },
        },
      },
      body: request,
      ownOrigin: true,
      async handle({ exchange, body }: { exchange: Exchange; body: RecoveryRequest }) {
        const { contact, client } = body
        const { by, body: given, cookies } = asking.answer(exchange, purpose, contact, client)
        flows.messages.ask(exchange, purpose, contact, by)
        return { status: 200, body: { detail, ...given }, cookies }
      },
    }) as const
  const redeeming = [...redeemed(hasCodes), 'overloaded'] as const
  const outages = ['storage_unavailable', 'database_unavailable', 'hook_failed'] as const
  return [
    ...(isProvable
      ? [
          ...atBoth(
            '/email/verify-request',
            '/recovery/verify-request',
            asks(
              'verify',
              'requestVerification',
              'Ask for a link that verifies the account',
              `If an account exists, a verification ${message} has been sent.`,
            ),
          ),
          ...atBoth('/email/verify-confirm', '/recovery/verify-confirm', {
            method: 'POST',
            operation: {
              id: 'confirmVerification',
              summary: 'Verify with the token of a link',
              description:
                'In the browser that registered, or with a login of the account, the token is enough. Elsewhere the answer is `password_needed` with a `proof`, to be sent with the password, or with a new one, which ends everything that there was.',
              responses: { 200: { description: 'It is verified.', schema: done } },
              errors: [
                ...redeeming,
                'password_needed',
                'incorrect_credentials',
                'login_locked',
                ...outages,
              ],
            },
            body: verifySchema(newPassword, hasCodes),
            ownOrigin: true,
            async handle({ exchange, body }) {
              await flows.verification.confirm(exchange, body)
              return { status: 200, body: { detail: 'Verified successfully.' } }
            },
          }),
        ]
      : []),
    ...atBoth(
      '/password/reset-request',
      '/recovery/reset-request',
      asks(
        'reset',
        'requestPasswordReset',
        'Ask for a link that resets the password',
        `If an account exists, a password reset ${message} has been sent.`,
      ),
    ),
    ...atBoth('/password/reset-confirm', '/recovery/reset-confirm', {
      method: 'POST',
      operation: {
        id: 'confirmPasswordReset',
        summary: 'Set a new password with the token of a link',
        description: 'Ends every session, every token and every API key of the account.',
        responses: {
          200: {
            description: 'It is set.',
            schema: done,
            cookies: house.carriers.length > 0 ? ['those of a login'] : [],
          },
        },
        errors: [...redeeming, 'incorrect_credentials', 'further_proof_required', ...outages],
        errorsWithCookies: ['further_proof_required'],
      },
      body: resetSchema(newPassword, hasCodes),
      ownOrigin: true,
      handle: ({ exchange, body }) => flows.reset.confirm(exchange, body, body.new_password),
    }),
    route({
      ...asks(
        'unlock',
        'requestUnlock',
        'Ask for a link that unlocks the account',
        'If an account exists, a message has been sent.',
      ),
      path: '/recovery/unlock-request',
    }),
    route({
      method: 'POST',
      path: '/recovery/unlock-confirm',
      operation: {
        id: 'confirmUnlock',
        summary: 'Unlock with the token of a link',
        description:
          'Ends what is counted against the account, and makes this browser one that it knows. Signs nobody in.',
        responses: {
          200: {
            description: 'It is unlocked.',
            schema: done,
            cookies: [house.devices.cookie.name],
          },
        },
        errors: [...redeemed(hasCodes), 'storage_unavailable', 'database_unavailable'],
      },
      query: deviceTokenQuery,
      body: redemption(hasCodes),
      ownOrigin: true,
      handle: ({ exchange, body, query }) =>
        flows.unlocking.confirm(exchange, body, query.device_token),
    }),
    ...(isProvable ? changeRoutes(house, flows.change, flows.notices, asking, hasCodes) : []),
    ...(flows.signIn === null
      ? []
      : [
          route({
            ...asks(
              'sign_in',
              'requestSignIn',
              'Ask for a link that signs in',
              'If an account exists, a message has been sent.',
            ),
            path: '/recovery/sign-in-request',
          }),
          ...signInRoutes(house, flows.signIn),
        ]),
  ]
}

interface RecoveryRequest {
  readonly contact: string
  readonly client: string | undefined
}

function requestSchema({ name }: IdentityField) {
  const typed =
    name === 'email'
      ? z
          .string()
          .refine((value) => parseEmail(value) !== null, 'Must be an e-mail address.')
          .meta({ format: 'email' })
      : z
          .string()
          .min(1)
          .refine((value) => value.length <= maxIdentifierLength, 'Is too long.')
  return z
    .object({ [name]: typed, client: clientName })
    .meta({ id: 'RecoveryRequest' })
    .transform((body): RecoveryRequest => {
      const sent = String(body[name])
      return {
        // Not in canonical form: a row from before the library came may have the spelling typed.
        contact: name === 'email' ? withoutName(sent) : sent,
        client: body['client'] as string | undefined,
      }
    })
}

function resetSchema(
  newPassword: z.ZodType<string>,
  hasCodes: boolean,
): z.ZodType<Redemption & { readonly new_password: string }> {
  if (!hasCodes) {
    return z.object({ token: z.string(), new_password: newPassword }).meta({ id: 'PasswordReset' })
  }
  return z
    .object({ token: z.string().optional(), ...codeFields, new_password: newPassword })
    .superRefine(hasSomething)
    .meta({ id: 'PasswordReset' })
}

function verifySchema(newPassword: z.ZodType<string>, hasCodes: boolean): z.ZodType<VerifyConfirm> {
  return z
    .object({
      token: z.string().optional(),
      ...((hasCodes ? codeFields : {}) as typeof codeFields),
      proof: z.string().optional(),
      password: z.string().optional().meta({ format: 'password' }),
      new_password: newPassword.optional(),
      device_token: z.string().optional().meta({
        description: 'What `/register` answered to a client without cookies.',
      }),
    })
    .superRefine((sent, context) => {
      if (sent.proof === undefined) hasSomething(sent, context)
    })
    .meta({ id: 'Verification' })
}
