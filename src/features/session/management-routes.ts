/**
 * Where one is logged in, over HTTP: see the sessions, end one, end everything, and get the CSRF
 * token back.
 */
import * as z from 'zod'
import { type KnownDevices, knownDeviceSeconds } from '../../credentials/known-devices.ts'
import type { Revocation } from '../../credentials/revocation.ts'
import { equalInConstantTime } from '../../crypto.ts'
import { AuthError } from '../../errors.ts'
import type { EventListener } from '../../events.ts'
import type { BuiltGate } from '../../gates.ts'
import { formBoolean } from '../../http/body.ts'
import type { Cookie } from '../../http/cookies.ts'
import type { Exchange } from '../../http/exchange.ts'
import { type Reply, type Route, route } from '../../http/route.ts'
import type { Principal } from '../../principal.ts'
import type { Accounts } from '../../users/accounts.ts'
import type { LiveSession } from './records.ts'
import type { SessionTransport } from './session.ts'

export interface DeviceRouteParts {
  readonly accounts: Accounts
  readonly devices: KnownDevices
  readonly deviceCookie: Cookie
  readonly transport: SessionTransport
  readonly revocation: Revocation
  /** A session: only whoever is logged in somewhere decides where else. */
  readonly gate: BuiltGate
  readonly emit: EventListener
}

const logOutAllQuery = z.object({
  keep_current: z.boolean().default(false).meta({ description: 'Spares the session that asks.' }),
})

export function deviceRoutes(parts: DeviceRouteParts): Route[] {
  const { transport, gate } = parts
  const { cookie, csrfCookie } = transport
  const bothCookies = [cookie.name, csrfCookie.name]
  return [
    route({
      method: 'POST',
      path: '/logout-all',
      operation: {
        id: 'logoutAll',
        summary: 'Log out everywhere',
        description: 'Ends every session, token and API key of the account.',
        query: logOutAllQuery,
        responses: {
          200: {
            description: 'All others have ended.',
            schema: loggedOutAll,
            cookies: [...bothCookies, parts.deviceCookie.name],
          },
        },
        errors: ['validation_failed'],
      },
      limit: { action: 'logout_all', by: 'user' },
      gate,
      handle: async ({ exchange, principal }) =>
        logOutAll(parts, exchange, principal as Principal, keepsCurrent(exchange.request)),
    }),
    route({
      method: 'GET',
      path: '/sessions',
      operation: {
        id: 'listSessions',
        summary: 'Where one is logged in',
        responses: { 200: { description: 'Last used first.', schema: z.array(sessionSchema) } },
      },
      gate,
      handle: ({ exchange, principal }) => list(parts, exchange, principal as Principal),
    }),
    route({
      method: 'DELETE',
      path: '/sessions/:session_id',
      operation: {
        id: 'revokeSession',
        summary: 'End one session',
        responses: {
          200: {
            description: 'It has ended. The cookies are cleared if it was the one that asks.',
            schema: detail,
            cookies: bothCookies,
          },
        },
        errors: ['not_found'],
      },
      gate,
      handle: ({ exchange, principal, params }) =>
        revoke(parts, exchange, principal as Principal, params['session_id'] ?? ''),
    }),
    route({
      method: 'POST',
      path: '/csrf/refresh',
      operation: {
        id: 'refreshCsrf',
        summary: 'Get the CSRF token',
        description:
          'The one in the cookie if it belongs to the session, otherwise a new one. Needs the session cookie only.',
        responses: {
          200: { description: 'The token.', schema: csrfToken, cookies: [csrfCookie.name] },
        },
        errors: ['csrf_disabled', 'not_authenticated', 'storage_unavailable'],
      },
      limit: { action: 'csrf_refresh', withoutAddress: () => null },
      setsCookies: true,
      handle: ({ exchange }) => refreshCsrf(parts, exchange),
    }),
  ]
}

const deviceSchema = z.looseObject({
  browser: z.string(),
  browser_version: z.string(),
  os: z.string(),
  device: z.string(),
  is_mobile: z.boolean(),
  is_tablet: z.boolean(),
  is_pc: z.boolean(),
})

const sessionSchema = z
  .looseObject({
    session_id: z.string().meta({ description: 'A handle to end it by; it opens nothing.' }),
    device: deviceSchema,
    ip: z.string().meta({ description: 'The address at login; empty when it was unknown.' }),
    created_at: z.string().meta({ format: 'date-time' }),
    last_activity: z
      .string()
      .meta({ format: 'date-time', description: 'Exact to the touch interval.' }),
    current: z.boolean(),
  })
  .meta({ id: 'Session' })

const detail = z.looseObject({ detail: z.string() }).meta({ id: 'SessionDetail' })

const loggedOutAll = z
  .looseObject({
    detail: z.string(),
    revoked: z.int().meta({ description: 'How many sessions ended.' }),
  })
  .meta({ id: 'LoggedOutAll' })

const csrfToken = z.looseObject({ csrf_token: z.string() }).meta({ id: 'CsrfToken' })

async function list(
  { accounts, transport }: DeviceRouteParts,
  exchange: Exchange,
  principal: Principal,
): Promise<Reply> {
  const owner = accounts.owner(principal.user)
  const current = transport.sessionOf(exchange.request, principal)?.handle
  const sessions = await transport.stored(
    'sessions',
    transport.sessions.ofUser(exchange.scope, owner),
  )
  const lastUsedFirst = sessions.sort((a, b) => b.record.lastActivity - a.record.lastActivity)
  return { status: 200, body: lastUsedFirst.map((session) => wireSession(session, current)) }
}

function wireSession({ handle, record }: LiveSession, current: string | undefined) {
  return {
    session_id: handle,
    device: record.device,
    ip: record.address,
    created_at: new Date(record.createdAt).toISOString(),
    last_activity: new Date(record.lastActivity).toISOString(),
    current: handle === current,
  }
}

async function revoke(
  { transport }: DeviceRouteParts,
  exchange: Exchange,
  principal: Principal,
  handle: string,
): Promise<Reply> {
  const { sessions, cookie, csrfCookie } = transport
  const user = String(principal.userId)
  const ended = await transport.stored('sessions', sessions.revoke(exchange.scope, user, handle))
  if (!ended) throw new AuthError('not_found', 'Session not found.')
  const isCurrent = transport.sessionOf(exchange.request, principal)?.handle === handle
  return {
    status: 200,
    body: { detail: 'Session revoked.' },
    cookies: isCurrent ? [cookie.clear(), csrfCookie.clear()] : [],
  }
}

async function logOutAll(
  { accounts, transport, revocation, devices, deviceCookie, emit }: DeviceRouteParts,
  exchange: Exchange,
  principal: Principal,
  keepCurrent: boolean,
): Promise<Reply> {
  const { scope } = exchange
  const { cookie, csrfCookie } = transport
  const { userId } = principal
  const row = await exchange.resolveUser(userId)
  const session = transport.sessionOf(exchange.request, principal)
  const refused = new AuthError('not_authenticated', 'Not authenticated')
  if (row === null || session === null) throw refused
  const done = (revoked: number, cookies: readonly string[]): Reply => {
    emit({ name: 'credentials.revoked', userId, sessions: revoked })
    return { status: 200, body: { detail: 'Signed out of all sessions.', revoked }, cookies }
  }
  if (!keepCurrent) {
    return done(await revocation.endAll(scope, row), [cookie.clear(), csrfCookie.clear()])
  }
  const ended = await revocation.endOthers(scope, row, session.handle)
  // Somebody else ended everything first, and with it the session that wanted to stay.
  if (ended === null) throw refused
  // A browser that was known for the account stays so, as its session does.
  const entry = exchange.cookie(deviceCookie.name)
  const renewed = devices.renew(scope, entry, accounts.owner(row), ended.epoch)
  return done(
    ended.sessions,
    renewed === null ? [] : [deviceCookie.set(renewed, knownDeviceSeconds)],
  )
}

function keepsCurrent(request: Request): boolean {
  const text = new URL(request.url).searchParams.get('keep_current') ?? 'false'
  const value = formBoolean(text)
  if (typeof value === 'boolean') return value
  throw new AuthError('validation_failed', 'The query is not valid.', {
    errors: [{ path: 'keep_current', message: 'Must be true or false.' }],
  })
}

async function refreshCsrf({ transport }: DeviceRouteParts, exchange: Exchange): Promise<Reply> {
  const { sessions, csrfCookie } = transport
  if (!sessions.settings.csrf) throw new AuthError('csrf_disabled', 'CSRF is disabled.')
  const found = await transport.identify(exchange)
  const refused = new AuthError('not_authenticated', 'Not authenticated')
  if (found === null) throw refused
  const { csrf } = found.session.record
  if (csrf !== '' && equalInConstantTime(exchange.cookie(csrfCookie.name) ?? '', csrf)) {
    return { status: 200, body: { csrf_token: csrf } }
  }
  const renewed = await transport.stored(
    'csrf_refresh',
    sessions.renewCsrf(exchange.scope, found.session.handle),
  )
  if (renewed === null) throw refused
  const { csrf: token } = renewed.record
  return {
    status: 200,
    body: { csrf_token: token },
    cookies: [csrfCookie.set(token, sessions.cookieSeconds(renewed))],
  }
}
