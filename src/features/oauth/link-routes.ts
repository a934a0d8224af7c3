/**
 * For somebody who is signed in: `POST /oauth/{provider}/link` and `/confirm`, and the list of
 * their identities.
 */
import * as z from 'zod'
import { type Route, route } from '../../http/route.ts'
import type { Links } from './links.ts'
import type { OAuthSettings } from './options.ts'
import type { WebSignIn } from './web-sign-in.ts'

const begins = z.object({
  redirect_to: z.string().optional().meta({
    description:
      'The page to land on: a path, or an address of a listed origin. Anything else is ignored.',
  }),
})

const begun = z
  .looseObject({
    authorization_url: z.string().meta({ description: 'Where the page sends the browser.' }),
  })
  .meta({ id: 'OAuthBegun' })

const identity = z
  .looseObject({
    id: z.string().meta({ description: 'Names it; opens nothing.' }),
    provider: z.string(),
    label: z.string().meta({ description: 'What people call the provider.' }),
  })
  .meta({ id: 'OAuthIdentity' })

const detail = z.looseObject({ detail: z.string() }).meta({ id: 'OAuthDetail' })

/** Each begins a flow, whose record stays for ten minutes. */
const limit = {
  action: 'oauth_link',
  by: 'login',
  counts: 'done',
  default: { times: 30, seconds: 3600 },
} as const

export function linkRoutes(
  signIn: WebSignIn,
  links: Links,
  { providers }: OAuthSettings,
  hasSudo: boolean,
): Route[] {
  const needsFresh = hasSudo ? [] : (['fresh_login_required'] as const)
  const beginning = (kind: 'link' | 'confirm', summary: string, description: string) =>
    route({
      method: 'POST',
      path: `/oauth/:provider/${kind}`,
      operation: {
        id: kind === 'link' ? 'oauthLink' : 'oauthConfirm',
        summary,
        description,
        responses: {
          200: { description: 'Go there.', schema: begun, cookies: ['oauth_state_…'] },
        },
        errors: [
          'oauth_provider_unknown',
          'oauth_failed',
          'storage_unavailable',
          ...(kind === 'link' ? needsFresh : []),
        ],
      },
      limit,
      gate: kind === 'link' ? links.changing : links.gate,
      body: begins,
      anyBody: true,
      async handle({ exchange, principal, params, body }) {
        if (kind === 'link') await links.requireFresh(exchange, principal)
        const provider = params['provider'] ?? ''
        return signIn.beginFor(exchange, principal, kind, provider, body.redirect_to ?? null)
      },
    })
  return [
    beginning(
      'link',
      'Link a provider to the account',
      'The same session must come back from there.',
    ),
    beginning(
      'confirm',
      'Show once more who one is, at a provider',
      'For accounts without a password. The provider asks for the password there.',
    ),
    route({
      method: 'GET',
      path: '/oauth/identities',
      operation: {
        id: 'listOAuthIdentities',
        summary: 'The linked providers',
        responses: { 200: { description: 'Those configured.', schema: z.array(identity) } },
      },
      gate: links.gate,
      async handle({ exchange, principal }) {
        const found = await links.list(exchange.scope, principal.userId)
        const body = found.map(({ id, identity: { provider } }) => ({
          id,
          provider,
          label: providers[provider]?.label ?? provider,
        }))
        return { status: 200, body }
      },
    }),
    route({
      method: 'DELETE',
      path: '/oauth/identities/:id',
      operation: {
        id: 'unlinkOAuthIdentity',
        summary: 'Unlink a provider',
        description: 'Never the last way into the account. Ends no session.',
        responses: { 200: { description: 'It is unlinked.', schema: detail } },
        errors: [
          'not_found',
          'oauth_last_identity',
          'overloaded',
          'storage_unavailable',
          ...needsFresh,
        ],
      },
      gate: links.changing,
      async handle({ exchange, principal, params }) {
        await links.requireFresh(exchange, principal)
        await links.unlink(exchange, principal, params['id'] ?? '')
        return { status: 200, body: { detail: 'Unlinked.' } }
      },
    }),
  ]
}
