/**
 * `POST /oauth/{provider}/nonce` and `/token`, and `/oauth/token`, where there are tokens.
 */
import * as z from 'zod'
import { formText } from '../../http/body.ts'
import { type Route, route } from '../../http/route.ts'
import type { ApplicationSignIn } from './applications.ts'
import type { NativeSignIn } from './native.ts'

export const challengeSchema: z.ZodString = z
  .string()
  .regex(/^[\w-]{43}$/)
  .meta({ description: 'SHA-256 of the verifier, in base64url (RFC 7636).' })

export const verifierSchema: z.ZodString = z.string().min(43).max(128)

const asked = z.object({ code_challenge: challengeSchema }).meta({ id: 'OAuthNonceRequest' })

const given = z.looseObject({ nonce: z.string(), expires_in: z.int() }).meta({ id: 'OAuthNonce' })

const sent = z
  .object({
    id_token: z.string().max(16_384).optional().meta({ description: 'What the platform gave.' }),
    code: z.string().max(8192).optional().meta({
      description:
        'Of the provider, instead of the ID token: got with the nonce and the challenge.',
    }),
    redirect_uri: z.string().max(600).optional().meta({
      description: 'To which the code came; a listed one.',
    }),
    client_id: z.string().max(255).optional().meta({
      description: 'For which the code was given. Default: that of the configuration.',
    }),
    iss: z.string().max(500).optional().meta({ description: 'Came with the code (RFC 9207).' }),
    nonce: z.string().max(100),
    code_verifier: verifierSchema,
    device_token: z.string().optional(),
  })
  .superRefine(({ id_token, code, redirect_uri }, context) => {
    if (id_token !== undefined && code === undefined) return
    if (id_token === undefined && code !== undefined && redirect_uri !== undefined) return
    const path = id_token !== undefined || code === undefined ? 'id_token' : 'redirect_uri'
    const message = 'Send an ID token, or a code with its redirect_uri.'
    context.addIssue({ code: 'custom', path: [path], message, input: undefined })
  })
  .meta({ id: 'OAuthPlatformToken' })

const sentCode = z
  .object({
    grant_type: z.literal('authorization_code').optional(),
    code: z.string().max(100),
    code_verifier: verifierSchema,
    redirect_uri: z.string().max(600).meta({ description: 'As at /authorize, with its port.' }),
    device_token: z.string().optional(),
  })
  .meta({ id: 'OAuthCode' })

const tokens = z
  .looseObject({ access_token: z.string(), token_type: z.string() })
  .meta({ id: 'OAuthTokens' })

export const byAddress = {
  by: 'address',
  counts: 'asked',
  default: { times: 100, seconds: 300 },
  withoutAddress: () => null,
} as const

/** Those of every sign-in of an account that is there. */
export const refusals = [
  'oauth_account_unavailable',
  'not_verified',
  'further_proof_required',
  'hook_failed',
  'storage_unavailable',
  'database_unavailable',
] as const

export function nativeRoutes(signIn: NativeSignIn, applications: ApplicationSignIn): Route[] {
  return [
    route({
      method: 'POST',
      path: '/oauth/:provider/nonce',
      operation: {
        id: 'oauthNonce',
        summary: 'Get a nonce for an ID token of the platform',
        responses: { 200: { description: 'Good once, for ten minutes.', schema: given } },
        errors: ['oauth_provider_unknown', 'oauth_failed', 'storage_unavailable'],
      },
      limit: { action: 'oauth_nonce', ...byAddress },
      body: asked,
      handle: ({ exchange, params, body }) =>
        signIn.nonce(exchange, params['provider'] ?? '', body.code_challenge),
    }),
    route({
      method: 'POST',
      path: '/oauth/:provider/token',
      operation: {
        id: 'oauthToken',
        summary: 'Log in with an ID token of the platform, or a code of the provider',
        responses: { 200: { description: 'Logged in, as by /token.', schema: tokens } },
        errors: [
          'oauth_failed',
          'oauth_provider_unknown',
          'oauth_state_invalid',
          'oauth_redirect_invalid',
          'oauth_account_exists',
          'oauth_no_address',
          'oauth_no_account',
          ...refusals,
        ],
      },
      limit: { action: 'oauth_token', ...byAddress },
      body: sent,
      handle: ({ exchange, params, body }) =>
        signIn.signIn(exchange, params['provider'] ?? '', body),
    }),
    route({
      method: 'POST',
      path: '/oauth/token',
      operation: {
        id: 'oauthCode',
        summary: 'Log in with the code that came to a listed redirect URI',
        description: 'Of `GET /oauth/{provider}/authorize` with `redirect_uri`. JSON, or a form.',
        responses: { 200: { description: 'Logged in, as by /token.', schema: tokens } },
        errors: ['oauth_code_invalid', ...refusals],
      },
      limit: { action: 'oauth_token', ...byAddress },
      body: sentCode,
      form: {
        grant_type: formText,
        code: formText,
        code_verifier: formText,
        redirect_uri: formText,
        device_token: formText,
      },
      handle: ({ exchange, body }) => applications.redeem(exchange, body),
    }),
  ]
}
