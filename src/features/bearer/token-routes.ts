/**
 * `POST /token`, `/refresh`, `/revoke` and the public keys, mounted with the bearer transport.
 */
import * as z from 'zod'
import { AuthError } from '../../errors.ts'
import type { UserId } from '../../events.ts'
import type { House } from '../../feature.ts'
import { formText } from '../../http/body.ts'
import type { Exchange } from '../../http/exchange.ts'
import { identifierSchema } from '../../http/identifier.ts'
import { type Reply, type Route, route } from '../../http/route.ts'
import { orGoOn, orUnavailable } from '../../storage/outage.ts'
import { parseScope } from '../../tokens/scopes.ts'
import { type BearerParts, type TokenCarrier, wireTokens } from './carrier.ts'
import { clientDigest, type RefreshToken } from './families.ts'
import { loginOfToken, type TokenGrant } from './tokens.ts'

export function tokenRoutes(parts: BearerParts, carrier: TokenCarrier, house: House): Route[] {
  const { transport, refreshCookie } = parts
  const deviceCookie = house.devices.cookie
  const { rotateRefresh } = transport.settings
  const inCookie = transport.settings.refresh === 'cookie'
  return [
    route({
      method: 'POST',
      path: '/token',
      operation: {
        id: 'token',
        summary: 'Log in with tokens',
        description:
          'The password form of OAuth 2.0, or the same as JSON. Scopes above the ceiling are dropped.',
        responses: {
          200: {
            description: 'Logged in.',
            schema: issued,
            ...(inCookie ? { cookies: [refreshCookie.name, deviceCookie.name] } : {}),
          },
        },
        errors: [
          'incorrect_credentials',
          'password_change_required',
          'not_verified',
          'further_proof_required',
          'login_locked',
          'cross_origin',
          'overloaded',
          'hook_failed',
          'storage_unavailable',
          'database_unavailable',
        ],
        ...(inCookie ? { errorsWithCookies: ['further_proof_required'] as const } : {}),
      },
      body: tokenRequest(house),
      form: {
        username: formText,
        password: formText,
        scope: formText,
        grant_type: formText,
        device_token: formText,
      },
      ownOrigin: inCookie,
      handle: ({ exchange, body }) => logIn(carrier, house, exchange, body),
    }),
    route({
      method: 'POST',
      path: '/refresh',
      operation: {
        id: 'refresh',
        summary: 'Get new tokens',
        description: [
          inCookie
            ? 'The refresh token comes in its cookie.'
            : 'The refresh token comes in its cookie or as `refresh_token` in the body.',
          ...(rotateRefresh ? [] : ['It stays good, and the answer has none.']),
        ].join(' '),
        responses: {
          200: {
            description: rotateRefresh ? 'New tokens.' : 'A new access token.',
            schema: issued,
            ...(inCookie && rotateRefresh ? { cookies: [refreshCookie.name] } : {}),
          },
        },
        errors: ['invalid_token', 'cross_origin', 'storage_unavailable', 'database_unavailable'],
        errorsWithCookies: ['invalid_token'],
      },
      body: refreshRequest,
      anyBody: true,
      handle: ({ exchange, body }) => refresh(parts, house, exchange, body.refresh_token),
    }),
    route({
      method: 'POST',
      path: '/revoke',
      operation: {
        id: 'revoke',
        summary: 'End a login',
        description:
          'RFC 7009: takes a refresh token in the body, or else in its cookie, and answers the same whatever it is.',
        responses: {
          200: {
            description: 'It is not alive, or no longer.',
            schema: nothing,
            cookies: [refreshCookie.name],
          },
        },
        errors: ['cross_origin', 'storage_unavailable'],
      },
      body: revokeRequest,
      form: { token: formText, token_type_hint: formText },
      anyBody: true,
      handle: ({ exchange, body }) => revoke(parts, exchange, body.token),
    }),
    ...(transport.jwks ? [jwksRoute(transport.jwks)] : []),
  ]
}

const deviceToken = z.string().optional().meta({
  description:
    'That of the last login, so that guesses of strangers do not count against this one.',
})

const tokenRequest = ({ accounts }: House) =>
  z
    .object({
      username: identifierSchema(accounts.identity),
      password: z.string().meta({ format: 'password' }),
      scope: z.string().optional().meta({ description: 'Separated by spaces.' }),
      device_token: deviceToken,
      grant_type: z.literal('password').optional(),
    })
    .meta({ id: 'TokenRequest' })

const refreshRequest = z
  .object({ refresh_token: z.string().optional() })
  .meta({ id: 'RefreshRequest' })

const revokeRequest = z
  .object({ token: z.string().optional(), token_type_hint: z.string().optional() })
  .meta({ id: 'RevokeRequest' })

const issued = z
  .looseObject({
    access_token: z.string(),
    token_type: z.literal('bearer'),
    expires_in: z.number().meta({ description: 'Seconds.' }),
    scope: z.string(),
    refresh_token: z.string().optional(),
    device_token: z
      .string()
      .optional()
      .meta({ description: 'To be kept, and sent at the next login.' }),
  })
  .meta({ id: 'Tokens' })

const nothing = z.looseObject({}).meta({ id: 'Nothing' })

function jwksRoute(jwks: { readonly keys: readonly object[] }): Route {
  return route({
    method: 'GET',
    path: '/.well-known/jwks.json',
    operation: {
      id: 'jwks',
      summary: 'The public keys that verify tokens',
      responses: {
        200: {
          description: 'A JWK set (RFC 7517).',
          schema: z.looseObject({ keys: z.array(z.looseObject({})) }).meta({ id: 'JwkSet' }),
        },
      },
    },
    handle: async () => ({ status: 200, body: jwks }),
  })
}

async function logIn(
  carrier: TokenCarrier,
  { clock, devices, originAllowed, passwordChecks, signIn }: House,
  exchange: Exchange,
  {
    username,
    password,
    scope,
    device_token: deviceToken,
  }: z.output<ReturnType<typeof tokenRequest>>,
): Promise<Reply> {
  // Another site's page must not guess with the budget of a visitor who is known here.
  if (devices.isCarried(exchange)) originAllowed(exchange.request)
  const row = await passwordChecks.check(exchange, username, password, deviceToken)
  const proof = { method: 'password', row, provenAt: clock() } as const
  const place = { exchange, scope: exchange.scope, deviceToken }
  const used = carrier.inCookies ? carrier : carrier.withoutCookies
  const scopes = parseScope(scope)
  const { body, cookies } = await signIn.complete(place, proof, used, { scopes })
  return { status: 200, body, cookies }
}

async function refresh(
  parts: BearerParts,
  house: House,
  exchange: Exchange,
  sent: string | undefined,
): Promise<Reply> {
  const { transport, refreshCookies } = parts
  const { scope } = exchange
  if (transport.settings.refresh === 'body' && sent) {
    const used = await transport.tokens.readRefresh(scope, sent)
    return answerOrRefuse(parts, await renewed(parts, house, exchange, used), [])
  }

  const [found] = refreshCookies.inCookies(exchange)
  if (!found) throw new AuthError('invalid_token', 'Refresh token missing')
  // Only a credential that the browser attaches by itself can be used behind its owner's back.
  house.originAllowed(exchange.request)
  const grant = await renewed(parts, house, exchange, await refreshCookies.read(scope, found))
  // With two cookies of the name, one may be planted. Clearing ours would leave the planted one.
  return answerOrRefuse(parts, grant, found.texts.length > 1 ? [] : [found.cookie.clear()])
}

/** The next tokens; or that the token has died, or that it cannot be used at this moment. */
async function renewed(
  { transport, families }: BearerParts,
  { accounts, emit }: House,
  exchange: Exchange,
  used: RefreshToken | null,
): Promise<TokenGrant | 'dead' | 'early'> {
  const { tokens } = transport
  const { scope } = exchange
  const address = exchange.address?.address ?? null
  const refused = (reason: 'invalid' | 'ended' | 'user', userId: UserId | null) => {
    emit({ name: 'refresh.refused', reason, userId, address })
  }
  if (used === null) {
    refused('invalid', null)
    return 'dead'
  }
  const user = await exchange.resolveUser(used.id)
  // Disabled or gone: should the user come back, the login must not come back with them.
  if (user === null || accounts.epoch(user) !== used.epoch) {
    await orGoOn('refresh', emit, families.end(scope, used), 'refused')
    refused('user', accounts.parseId(used.id))
    return 'dead'
  }

  const client = clientDigest(exchange.address?.network ?? null, exchange.userAgent)
  const use = await orUnavailable('refresh', emit, families.use(scope, used, client))
  const userId = accounts.id(user)
  if (use.state === 'replayed' || use.state === 'reused') {
    emit({ name: `refresh.${use.state}`, userId, address })
  }
  if (use.state === 'gone') refused('ended', userId)
  if (use.state === 'kept' || use.state === 'rotated') {
    emit({ name: 'refresh.succeeded', userId, login: loginOfToken(used), address })
  }
  if (use.state === 'kept') return tokens.renew(scope, used, null)
  if ('next' in use) return tokens.renew(scope, used, use.next)
  return use.state === 'early' ? 'early' : 'dead'
}

/**
 * @param whenDead The cookies to send when the token has died; another tab may have a newer one.
 */
function answerOrRefuse(
  parts: BearerParts,
  grant: TokenGrant | 'dead' | 'early',
  whenDead: readonly string[],
): Reply {
  if (typeof grant === 'object') return answer(parts, grant)
  const error = new AuthError('invalid_token', 'Invalid or expired refresh token')
  return { error, cookies: grant === 'dead' ? whenDead : [] }
}

async function revoke(
  { refreshCookies }: BearerParts,
  exchange: Exchange,
  sent: string | undefined,
): Promise<Reply> {
  const done = { status: 200, body: {} }
  if (!sent) return { ...done, cookies: await refreshCookies.endOf(exchange) }
  const address = exchange.address?.address ?? null
  await refreshCookies.end(exchange.scope, sent, 'revoked', address)
  return done
}

/** A new refresh token goes where it belongs: into its cookie, or into the body. */
function answer(parts: BearerParts, grant: TokenGrant): Reply {
  const { transport, refreshCookie } = parts
  const { tokens, refreshSeconds } = grant
  const isInCookie = transport.settings.refresh === 'cookie' && 'refresh_token' in tokens
  return {
    status: 200,
    body: wireTokens(parts, grant),
    cookies: isInCookie ? [refreshCookie.set(tokens.refresh_token, refreshSeconds)] : [],
  }
}
