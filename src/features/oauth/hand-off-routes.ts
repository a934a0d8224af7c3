/**
 * `POST /oauth/hand-off` and `/oauth/hand-off/redeem`, where the configuration says so.
 */
import * as z from 'zod'
import type { House } from '../../feature.ts'
import { type Route, route } from '../../http/route.ts'
import type { HandOff } from './hand-off.ts'
import { byAddress, challengeSchema, refusals, verifierSchema } from './native-routes.ts'

const asked = z.object({ code_challenge: challengeSchema }).meta({ id: 'OAuthHandOffRequest' })

const given = z.looseObject({ code: z.string(), expires_in: z.int() }).meta({ id: 'OAuthHandOff' })

const sent = z
  .object({ code: z.string().max(100), code_verifier: verifierSchema })
  .meta({ id: 'OAuthHandOffCode' })

const loggedIn = z.looseObject({ csrf_token: z.string() }).meta({ id: 'OAuthLoggedIn' })

export function handOffRoutes(handOff: HandOff, { sessions, devices }: House): Route[] {
  const ofLogin = sessions ? [sessions.cookie.name, sessions.csrfCookie.name] : []
  return [
    route({
      method: 'POST',
      path: '/oauth/hand-off',
      operation: {
        id: 'oauthHandOff',
        summary: 'Get a code with which a page signs in',
        description: 'For an application that is signed in. Who made the challenge redeems it.',
        responses: { 200: { description: 'Good once, for a minute.', schema: given } },
        errors: ['insufficient_scope', 'storage_unavailable', 'database_unavailable'],
      },
      limit: {
        action: 'oauth_hand_off',
        by: 'login',
        counts: 'done',
        default: { times: 60, seconds: 3600 },
      },
      gate: handOff.gate,
      body: asked,
      handle: ({ exchange, principal, body }) =>
        handOff.code(exchange, principal, body.code_challenge),
    }),
    route({
      method: 'POST',
      path: '/oauth/hand-off/redeem',
      operation: {
        id: 'oauthHandOffRedeem',
        summary: 'Sign a browser in with the code of an application',
        responses: {
          200: {
            description: 'Logged in, as by /login.',
            schema: loggedIn,
            cookies: [...ofLogin, devices.cookie.name],
          },
        },
        errors: ['oauth_code_invalid', ...refusals],
        errorsWithCookies: ['further_proof_required'],
      },
      limit: { action: 'oauth_token', ...byAddress },
      ownOrigin: true,
      body: sent,
      handle: ({ exchange, body }) => handOff.redeem(exchange, body.code, body.code_verifier),
    }),
  ]
}
