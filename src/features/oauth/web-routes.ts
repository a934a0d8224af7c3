/**
 * `GET /oauth/{provider}/authorize` and `/oauth/{provider}/callback`: a browser goes to a provider
 * and comes back.
 */
import * as z from 'zod'
import type { ErrorCode } from '../../errors.ts'
import type { House } from '../../feature.ts'
import { formText } from '../../http/body.ts'
import { type Route, route } from '../../http/route.ts'
import type { FlowPurpose } from './flows.ts'
import { challengeSchema } from './native-routes.ts'
import type { WebSignIn } from './web-sign-in.ts'

const authorizeQuery = {
  schema: z
    .object({
      redirect_to: z.string().optional().meta({
        description:
          'The page to land on: a path, or an address of a listed origin. Anything else is ignored.',
      }),
      redirect_uri: z.string().optional().meta({
        description:
          'Of an application: a listed redirect URI, which gets a code for `POST /oauth/token`.',
      }),
      code_challenge: challengeSchema.optional(),
      code_challenge_method: z.literal('S256').optional(),
      state: z.string().max(1000).optional().meta({
        description: 'Of the application; comes back to its redirect URI.',
      }),
    })
    .superRefine(({ redirect_uri, ...query }, context) => {
      // Without them a code would be good for whoever sees it; RFC 7636 §4.3 has `plain` as
      // default.
      if (redirect_uri === undefined) return
      for (const name of ['code_challenge', 'code_challenge_method'] as const) {
        if (query[name] !== undefined) continue
        context.addIssue({
          code: 'custom',
          path: [name],
          message: 'Is required.',
          input: undefined,
        })
      }
    }),
  read: {
    redirect_to: formText,
    redirect_uri: formText,
    code_challenge: formText,
    code_challenge_method: formText,
    state: formText,
  },
}

/** What a browser begins: a login of its own, or that of an application. */
function purposeOf({
  redirect_uri: redirectUri,
  code_challenge: challenge,
  state,
}: z.output<typeof authorizeQuery.schema>): FlowPurpose {
  return redirectUri === undefined || challenge === undefined
    ? { kind: 'sign-in' }
    : { kind: 'application', redirectUri, challenge, state: state ?? null }
}

/** What a provider may send back; whatever else comes is not looked at. */
const answer = z.object({
  code: z.string().optional(),
  state: z.string().optional(),
  iss: z.string().optional(),
  error: z.string().optional(),
  user: z.string().optional(),
})

const read = { code: formText, state: formText, iss: formText, error: formText, user: formText }

const refusals: readonly ErrorCode[] = [
  'oauth_failed',
  'oauth_provider_unknown',
  'oauth_state_invalid',
  'oauth_account_exists',
  'oauth_identity_taken',
  'oauth_no_address',
  'oauth_no_account',
  'oauth_account_unavailable',
  'not_verified',
  'further_proof_required',
  'storage_unavailable',
  'database_unavailable',
  'hook_failed',
]

export function webRoutes(signIn: WebSignIn, { sessions, devices }: House): Route[] {
  const loggedIn = sessions ? [sessions.cookie.name, sessions.csrfCookie.name] : []
  const flow = 'oauth_state_…'
  const set = [...loggedIn, devices.cookie.name, flow]
  return [
    route({
      method: 'GET',
      path: '/oauth/:provider/authorize',
      operation: {
        id: 'oauthAuthorize',
        summary: 'Go to a provider to sign in',
        responses: {
          307: { description: 'To the provider, or to the error page.', cookies: [flow] },
        },
        errors: ['oauth_provider_unknown', 'oauth_redirect_invalid', 'storage_unavailable'],
      },
      limit: {
        action: 'oauth_authorize',
        by: 'address',
        counts: 'asked',
        default: { times: 300, seconds: 300 },
        withoutAddress: () => null,
      },
      query: authorizeQuery,
      handle: ({ exchange, params, query }) =>
        signIn.begin(
          exchange,
          params['provider'] ?? '',
          query.redirect_to ?? null,
          purposeOf(query),
        ),
    }),
    route({
      method: 'GET',
      path: '/oauth/:provider/callback',
      operation: {
        id: 'oauthCallback',
        summary: 'Come back from a provider',
        description:
          'Refusals are redirects to the error page for browsers, and these errors for programs.',
        responses: {
          200: {
            description:
              'With strict cookies, a page that goes on by itself; on the way to an application, one that asks.',
            schema: z.string(),
            isPage: true,
            cookies: set,
          },
          307: {
            description: 'Signed in, or to the error page.',
            cookies: set,
          },
        },
        errors: refusals,
        errorsWithCookies: refusals,
      },
      query: { schema: answer, read },
      handle: ({ exchange, params, query }) =>
        signIn.callback(exchange, params['provider'] ?? '', query),
    }),
    route({
      method: 'POST',
      path: '/oauth/:provider/callback',
      operation: {
        id: 'oauthCallbackByForm',
        summary: 'Come back from a provider whose page posts a form',
        description: 'Signs nobody in: the browser asks again, by GET and with its cookies.',
        responses: {
          303: { description: 'To the same address by GET, or to the error page.' },
        },
        errors: ['oauth_provider_unknown', 'oauth_state_invalid', 'storage_unavailable'],
      },
      body: answer,
      form: read,
      handle: ({ exchange, params, body }) =>
        signIn.received(exchange, params['provider'] ?? '', body),
    }),
  ]
}
