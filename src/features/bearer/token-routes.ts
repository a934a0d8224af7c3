/**
 * `POST /token`, `/refresh`, `/revoke` and the public keys, mounted with the bearer transport.
 */
import * as z from 'zod'
import { type KnownDevices, knownDeviceSeconds } from '../../credentials/known-devices.ts'
import type { Credentials } from '../../credentials/password-check.ts'
import { AuthError } from '../../errors.ts'
import type { EventListener } from '../../events.ts'
import { hookContext, type RunHook } from '../../hooks.ts'
import { formText } from '../../http/body.ts'
import type { Cookie } from '../../http/cookies.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { OriginGuard } from '../../http/origin.ts'
import { type Reply, type Route, route } from '../../http/route.ts'
import { storageUnavailable } from '../../storage/outage.ts'
import { parseScope } from '../../tokens/scopes.ts'
import type { Accounts } from '../../users/accounts.ts'
import type { BearerTransport } from './bearer.ts'
import { clientDigest, type RefreshFamilies, type RefreshToken } from './families.ts'
import type { RefreshLogin } from './refresh-cookies.ts'
import type { TokenGrant } from './tokens.ts'

export interface TokenRouteParts {
  readonly accounts: Accounts
  readonly credentials: Credentials
  readonly devices: KnownDevices
  readonly deviceCookie: Cookie
  readonly refreshCookie: Cookie
  readonly transport: BearerTransport
  readonly families: RefreshFamilies
  readonly refreshLogin: RefreshLogin
  readonly originAllowed: OriginGuard
  readonly clock: () => number
  readonly runHook: RunHook
  readonly emit: EventListener
}

export function tokenRoutes(parts: TokenRouteParts): Route[] {
  const { transport, refreshCookie, deviceCookie } = parts
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
          'login_locked',
          'overloaded',
          'hook_failed',
          'storage_unavailable',
        ],
      },
      body: tokenRequest,
      form: { username: formText, password: formText, scope: formText, grant_type: formText },
      setsCookies: inCookie,
      handle: ({ exchange, body }) => logIn(parts, exchange, body),
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
        errors: ['invalid_token', 'cross_origin', 'storage_unavailable'],
      },
      body: refreshRequest,
      anyBody: true,
      handle: ({ exchange, body }) => refresh(parts, exchange, body.refresh_token),
    }),
    route({
      method: 'POST',
      path: '/revoke',
      operation: {
        id: 'revoke',
        summary: 'End a login',
        description:
          'RFC 7009: takes a refresh token in the body, or else in its cookie, and answers the same whatever it is.',
        responses: { 200: { description: 'It is not alive, or no longer.', schema: nothing } },
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

const tokenRequest = z
  .object({
    username: z.string().meta({ description: 'Any of the login identifiers.' }),
    password: z.string().meta({ format: 'password' }),
    scope: z.string().optional().meta({ description: 'Separated by spaces.' }),
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
  parts: TokenRouteParts,
  exchange: Exchange,
  body: z.output<typeof tokenRequest>,
): Promise<Reply> {
  const { accounts, credentials, devices, transport, refreshLogin, runHook, emit } = parts
  const { deviceCookie, refreshCookie } = parts
  const { scope } = exchange
  // Another site's page must not guess with the budget of a visitor who is known here.
  if (exchange.cookie(deviceCookie.name)) parts.originAllowed(exchange.request)
  const row = await credentials.check(exchange, body.username, body.password)
  const owner = accounts.owner(row)
  const inCookie = transport.settings.refresh === 'cookie'
  // Whatever login this browser had is over: its cookie is about to be replaced.
  const cleared = inCookie ? await refreshLogin.endOf(exchange) : []
  const grant = await transport.tokens
    .issue(scope, owner, parseScope(body.scope), Math.floor(parts.clock() / 1000))
    .catch((error: unknown) => {
      throw storageUnavailable('token', error, emit)
    })
  try {
    await credentials.requireSameEpoch(owner, scope)
    await runHook('afterLogin', accounts.user(row), hookContext(exchange, transport.name))
  } catch (error) {
    // If this fails too, what is left is a login whose tokens nobody was told.
    await refreshLogin.end(scope, grant.tokens.refresh_token).catch(() => undefined)
    throw error
  }
  emit({ name: 'login.succeeded', userId: accounts.id(row), transport: transport.name })
  const reply = answer(parts, grant)
  if (!inCookie) return reply
  const device = devices.remember(scope, exchange.cookie(deviceCookie.name), owner)
  const cookie = deviceCookie.set(device, knownDeviceSeconds)
  const others = cleared.filter((line) => line !== refreshCookie.clear())
  return { ...reply, cookies: [...others, ...reply.cookies, cookie] }
}

async function refresh(
  parts: TokenRouteParts,
  exchange: Exchange,
  sent: string | undefined,
): Promise<Reply> {
  const { transport, refreshLogin } = parts
  const { scope } = exchange
  if (transport.settings.refresh === 'body' && sent) {
    const used = await transport.tokens.readRefresh(scope, sent)
    return answerOrRefuse(parts, await renewed(parts, exchange, used), [])
  }

  const [found] = refreshLogin.inCookies(exchange)
  if (!found) throw new AuthError('invalid_token', 'Refresh token missing')
  // Only a credential that the browser attaches by itself can be used behind its owner's back.
  parts.originAllowed(exchange.request)
  const grant = await renewed(parts, exchange, await refreshLogin.read(scope, found))
  // Of two, nobody can tell which is planted: clearing ours would leave the browser with the other.
  return answerOrRefuse(parts, grant, found.texts.length > 1 ? [] : [found.cookie.clear()])
}

/** The next tokens; or that the token has died, or that it cannot be used at this moment. */
async function renewed(
  { accounts, transport, families, emit }: TokenRouteParts,
  exchange: Exchange,
  used: RefreshToken | null,
): Promise<TokenGrant | 'dead' | 'early'> {
  const { tokens } = transport
  const { scope } = exchange
  if (used === null) return 'dead'
  const user = await exchange.resolveUser(used.id)
  // Disabled or gone: should the user come back, the login must not come back with them.
  if (user === null || accounts.epoch(user) !== used.epoch) {
    await families.end(scope, used).catch((error: unknown) => {
      emit({ name: 'storage.failed', operation: 'refresh', effect: 'refused', error })
    })
    return 'dead'
  }

  const client = clientDigest(exchange.address?.network ?? null, exchange.userAgent)
  const use = await families.use(scope, used, client).catch((error: unknown) => {
    throw storageUnavailable('refresh', error, emit)
  })
  if (use.state === 'replayed' || use.state === 'reused') {
    const address = exchange.address?.address ?? null
    emit({ name: `refresh.${use.state}`, userId: accounts.id(user), address })
  }
  if (use.state === 'kept') return tokens.renew(scope, used, null)
  if ('next' in use) return tokens.renew(scope, used, use.next)
  return use.state === 'early' ? 'early' : 'dead'
}

/** @param whenDead The cookies to send when the token has died; another tab may have a newer one. */
function answerOrRefuse(
  parts: TokenRouteParts,
  grant: TokenGrant | 'dead' | 'early',
  whenDead: readonly string[],
): Reply {
  if (typeof grant === 'object') return answer(parts, grant)
  const error = new AuthError('invalid_token', 'Invalid or expired refresh token')
  return { error, cookies: grant === 'dead' ? whenDead : [] }
}

async function revoke(
  { refreshLogin }: TokenRouteParts,
  exchange: Exchange,
  sent: string | undefined,
): Promise<Reply> {
  const done = { status: 200, body: {} }
  if (!sent) return { ...done, cookies: await refreshLogin.endOf(exchange) }
  await refreshLogin.end(exchange.scope, sent)
  return done
}

/** A new refresh token goes where it belongs: into its cookie, or into the body. */
function answer(
  { transport, refreshCookie }: TokenRouteParts,
  { tokens, refreshSeconds }: TokenGrant,
): { status: number; body: unknown; cookies: readonly string[] } {
  if (transport.settings.refresh === 'body' || !('refresh_token' in tokens)) {
    return { status: 200, body: tokens, cookies: [] }
  }
  const { refresh_token: refreshToken, ...rest } = tokens
  return { status: 200, body: rest, cookies: [refreshCookie.set(refreshToken, refreshSeconds)] }
}
