/**
 * `POST /token`, `/refresh`, `/revoke` and the public keys, mounted with the bearer transport.
 */
import * as z from 'zod'
import type { Credentials } from '../../credentials.ts'
import { AuthError } from '../../errors.ts'
import type { EventListener } from '../../events.ts'
import { hookContext, type RunHook } from '../../hooks.ts'
import { formText } from '../../http/body.ts'
import type { Cookie } from '../../http/cookies.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { OriginGuard } from '../../http/origin.ts'
import { type Reply, type Route, route } from '../../http/route.ts'
import { type KnownDevices, knownDeviceSeconds } from '../../limits/known-device.ts'
import { storageUnavailable } from '../../storage/outage.ts'
import { parseScope } from '../../tokens/scopes.ts'
import type { BearerTransport } from '../../transports/bearer/bearer.ts'
import { clientDigest, type RefreshFamilies } from '../../transports/bearer/families.ts'
import type { IssuedTokens } from '../../transports/bearer/tokens.ts'
import type { Accounts } from '../../users/accounts.ts'

export interface TokenRouteParts {
  readonly accounts: Accounts
  readonly credentials: Credentials
  readonly devices: KnownDevices
  readonly deviceCookie: Cookie
  readonly refreshCookie: Cookie
  readonly transport: BearerTransport
  readonly families: RefreshFamilies | null
  readonly originAllowed: OriginGuard
  readonly runHook: RunHook
  readonly emit: EventListener
}

export function tokenRoutes(parts: TokenRouteParts): Route[] {
  const { transport, refreshCookie, deviceCookie } = parts
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
        description: inCookie
          ? 'The refresh token comes in its cookie.'
          : 'The refresh token comes in its cookie or as `refresh_token` in the body.',
        responses: {
          200: {
            description: 'New tokens.',
            schema: issued,
            ...(inCookie ? { cookies: [refreshCookie.name] } : {}),
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
          'RFC 7009: takes a refresh token in the body or in its cookie, and answers the same whatever it is.',
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
  const { accounts, credentials, devices, deviceCookie, transport, runHook, emit } = parts
  const { scope } = exchange
  const row = await credentials.check(exchange, body.username, body.password)
  const owner = { id: String(accounts.id(row)), epoch: accounts.epoch(row) }
  // The hook first: tokens that were never handed out need not be taken back.
  await runHook('afterLogin', accounts.user(row), hookContext(exchange, transport.name))
  const tokens = await transport.tokens
    .issue(scope, owner, parseScope(body.scope))
    .catch((error: unknown) => {
      throw storageUnavailable('token', error, emit)
    })
  emit({ name: 'login.succeeded', userId: accounts.id(row), transport: transport.name })
  const reply = answer(parts, tokens)
  if (transport.settings.refresh === 'body') return reply
  const device = devices.remember(scope, exchange.cookie(deviceCookie.name), owner.id)
  const cookie = deviceCookie.set(device, knownDeviceSeconds)
  return { ...reply, cookies: [...reply.cookies, cookie] }
}

async function refresh(
  parts: TokenRouteParts,
  exchange: Exchange,
  sent: string | undefined,
): Promise<Reply> {
  const { accounts, transport, refreshCookie, families, emit } = parts
  const { tokens, settings } = transport
  const cookie = exchange.cookie(refreshCookie.name)
  // Only a credential that the browser attaches by itself can be used behind its owner's back.
  if (cookie) parts.originAllowed(exchange.request)
  const presented = cookie || (settings.refresh === 'body' ? sent : undefined)
  if (!presented) throw new AuthError('invalid_token', 'Refresh token missing')

  const refused = new AuthError('invalid_token', 'Invalid or expired refresh token')
  const used = await tokens.readRefresh(presented)
  if (used === null) throw refused
  const user = await exchange.resolveUser(used.id)
  // Disabled or gone: should the user come back, the login must not come back with them.
  if (user === null && used.member) {
    await families?.revoke(exchange.scope, used.member.family).catch((error: unknown) => {
      emit({ name: 'storage.failed', operation: 'refresh', effect: 'refused', error })
    })
  }
  if (user === null || accounts.epoch(user) !== used.epoch) throw refused

  const owner = { id: used.id, epoch: used.epoch }
  if (!families || !used.member) return answer(parts, await tokens.renew(owner, used, null))
  const client = clientDigest(exchange.address?.network ?? null, exchange.userAgent)
  const rotation = await families
    .rotate(exchange.scope, used.member, client)
    .catch((error: unknown) => {
      throw storageUnavailable('refresh', error, emit)
    })
  if (rotation.state === 'replayed') {
    const address = exchange.address?.address ?? null
    emit({ name: 'refresh.replayed', userId: accounts.id(user), address })
  }
  if (rotation.state !== 'rotated') throw refused
  return answer(parts, await tokens.renew(owner, used, rotation.next))
}

async function revoke(
  parts: TokenRouteParts,
  exchange: Exchange,
  sent: string | undefined,
): Promise<Reply> {
  const { refreshCookie, transport, families, emit } = parts
  const cookie = exchange.cookie(refreshCookie.name)
  if (cookie) parts.originAllowed(exchange.request)
  for (const presented of [sent, cookie]) {
    const token = presented ? await transport.tokens.readRefresh(presented) : null
    if (!token?.member || !families) continue
    await families.revoke(exchange.scope, token.member.family).catch((error: unknown) => {
      throw storageUnavailable('revoke', error, emit)
    })
  }
  return { status: 200, body: {}, cookies: cookie ? [refreshCookie.clear()] : [] }
}

/** The refresh token goes where it belongs: into its cookie, or into the body. */
function answer(
  { transport, refreshCookie }: TokenRouteParts,
  tokens: IssuedTokens,
): { status: number; body: unknown; cookies: readonly string[] } {
  const { refresh, refreshTtl } = transport.settings
  const { refresh_token: refreshToken, ...rest } = tokens
  return refresh === 'body'
    ? { status: 200, body: tokens, cookies: [] }
    : { status: 200, body: rest, cookies: [refreshCookie.set(refreshToken, refreshTtl)] }
}
