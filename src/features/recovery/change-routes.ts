/** The routes of a change of address, of its undoing, and of a frozen account. */
import * as z from 'zod'
import type { House } from '../../feature.ts'
import { type Route, route } from '../../http/route.ts'
import { parseEmail } from '../../users/email.ts'
import { type IdentityField, maxIdentifierLength } from '../../users/identity.ts'
import type { Asking } from './asking.ts'
import type { ContactChange } from './contact-change.ts'
import { atBoth } from './paths.ts'
import { redeemed } from './redeem.ts'
import { asked, done, redemption, tokenRedemption } from './schemas.ts'
import type { ChangeNotices } from './undo.ts'

const outages = ['storage_unavailable', 'database_unavailable'] as const

export function changeRoutes(
  house: House,
  change: ContactChange,
  notices: ChangeNotices,
  asking: Asking,
  hasCodes: boolean,
): Route[] {
  const { accounts, gatekeeper, persons } = house
  const { recovery: factor } = accounts.identity
  if (factor === null || persons.length === 0) return []
  const gate = gatekeeper.build({ transport: persons.map(({ name }) => name) })
  const body = changeSchema(factor)
  const what = factor.name === 'email' ? 'email' : 'message'
  return [
    ...atBoth(
      factor.name === 'email' ? '/email/change-request' : null,
      '/recovery/change-request',
      {
        method: 'POST',
        operation: {
          id: 'requestContactChange',
          summary: 'Ask for a change of the address',
          description:
            'With the password, or with a login of the last ten minutes, or elevated. The link goes to the new address.',
          responses: {
            200: {
              description: 'Whether or not the address is free.',
              schema: hasCodes ? asked : done,
            },
          },
          errors: [
            'incorrect_credentials',
            'fresh_login_required',
            'contact_unchanged',
            'login_locked',
            'overloaded',
            'storage_unavailable',
          ],
        },
        limit: {
          action: 'email_change_request',
          by: 'login',
          counts: 'done',
          default: { times: 3, seconds: 3600 },
        },
        gate,
        body,
        async handle({ exchange, principal, body: { to, password } }) {
          const receipt = asking.receipt(exchange, 'change', to)
          await change.request(exchange, principal, to, password, receipt)
          const detail = `If the address is available, a confirmation ${what} has been sent.`
          return { status: 200, body: { detail, ...(receipt === null ? {} : { receipt }) } }
        },
      },
    ),
    ...atBoth(
      factor.name === 'email' ? '/email/change-confirm' : null,
      '/recovery/change-confirm',
      {
        method: 'POST',
        operation: {
          id: 'confirmContactChange',
          summary: 'Change the address with the token of a link',
          description: 'Tells the address from before, with a link that freezes the account.',
          responses: { 200: { description: 'It is changed, and verified.', schema: done } },
          errors: [...redeemed(hasCodes), 'duplicate_value', 'hook_failed', ...outages],
        },
        body: redemption(hasCodes),
        ownOrigin: true,
        handle: ({ exchange, body }) => change.confirm(exchange, body),
      },
    ),
    route({
      method: 'POST',
      path: '/recovery/undo-confirm',
      operation: {
        id: 'undoChange',
        summary: 'Freeze the account with the token of a notice',
        description: 'Ends every credential of the account, and lets nobody in.',
        responses: { 200: { description: 'It is frozen.', schema: done } },
        errors: [...redeemed(false), 'overloaded', ...outages],
      },
      body: tokenRedemption,
      ownOrigin: true,
      handle: ({ exchange, body: { token } }) => notices.undo(exchange, token),
    }),
    route({
      method: 'POST',
      path: '/recovery/unfreeze-confirm',
      operation: {
        id: 'confirmUnfreeze',
        summary: 'Agree that a frozen account is opened',
        description: 'It opens when both addresses of the change have agreed.',
        responses: { 200: { description: 'Whether it is open.', schema: done } },
        errors: [...redeemed(false), 'overloaded', ...outages],
      },
      body: tokenRedemption,
      ownOrigin: true,
      handle: ({ exchange, body: { token } }) => notices.thaw(exchange, token),
    }),
  ]
}

interface ChangeRequest {
  /** In canonical form. */
  readonly to: string
  readonly password: string | undefined
}

function changeSchema({ name, canonical }: IdentityField) {
  const field = `new_${name}`
  const typed =
    name === 'email'
      ? z
          .string()
          .refine((value) => parseEmail(value) !== null, 'Must be an e-mail address.')
          .meta({ format: 'email' })
      : z
          .string()
          .refine((value) => value.trim() !== '' && !/\p{C}/u.test(value), 'Must not be empty.')
          .refine((value) => value.length <= maxIdentifierLength, 'Is too long.')
  return z
    .object({ [field]: typed, password: z.string().optional().meta({ format: 'password' }) })
    .meta({ id: 'ContactChange' })
    .transform((body): ChangeRequest => {
      const sent = String(body[field])
      return {
        to: name === 'email' ? (parseEmail(sent) ?? '') : canonical(sent),
        password: body['password'],
      }
    })
}
