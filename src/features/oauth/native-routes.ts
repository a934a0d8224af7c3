/**
 * `POST /oauth/{provider}/nonce` and `/token`, where there are tokens.
 */
import * as z from 'zod'
import { type Route, route } from '../../http/route.ts'
import type { NativeSignIn } from './native.ts'

const asked = z
  .object({
    code_challenge: z
      .string()
      .regex(/^[\w-]{43}$/)
      .meta({ description: 'SHA-256 of the verifier, in base64url (RFC 7636).' }),
  })
  .meta({ id: 'OAuthNonceRequest' })

const given = z.looseObject({ nonce: z.string(), expires_in: z.int() }).meta({ id: 'OAuthNonce' })

const sent = z
  .object({
    id_token: z.string().max(16_384).meta({ description: 'What the platform gave.' }),
    nonce: z.string().max(100),
    code_verifier: z.string().min(43).max(128),
    device_token: z.string().optional(),
  })
  .meta({ id: 'OAuthPlatformToken' })

const tokens = z
  .looseObject({ access_token: z.string(), token_type: z.string() })
  .meta({ id: 'OAuthTokens' })

export function nativeRoutes(signIn: NativeSignIn): Route[] {
  const limit = {
    by: 'address',
    counts: 'asked',
    default: { times: 100, seconds: 300 },
    withoutAddress: () => null,
  } as const
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
      limit: { action: 'oauth_nonce', ...limit },
      body: asked,
      handle: ({ exchange, params, body }) =>
        signIn.nonce(exchange, params['provider'] ?? '', body.code_challenge),
    }),
    route({
      method: 'POST',
      path: '/oauth/:provider/token',
      operation: {
        id: 'oauthToken',
        summary: 'Log in with an ID token of the platform',
        responses: { 200: { description: 'Logged in, as by /token.', schema: tokens } },
        errors: [
          'oauth_failed',
          'oauth_provider_unknown',
          'oauth_state_invalid',
          'oauth_account_exists',
          'oauth_no_address',
          'oauth_no_account',
          'oauth_account_unavailable',
          'not_verified',
          'further_proof_required',
          'hook_failed',
          'storage_unavailable',
          'database_unavailable',
        ],
      },
      limit: { action: 'oauth_token', ...limit },
      body: sent,
      handle: ({ exchange, params, body }) =>
        signIn.signIn(exchange, params['provider'] ?? '', body),
    }),
  ]
}
