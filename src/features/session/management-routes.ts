/**
 * Where one is logged in, over HTTP: see the sessions, end one, end everything, and get the CSRF
 * token back.
 */
import * as z from 'zod'
import { AuthError } from '../../errors.ts'
import type { House } from '../../feature.ts'
import { formBoolean } from '../../http/body.ts'
import type { Exchange } from '../../http/exchange.ts'
import { type Reply, type Route, route } from '../../http/route.ts'
import type { Principal } from '../../principal.ts'
import { type LiveSession, loginOf } from './records.ts'
import type { SessionTransport } from './transport.ts'

const logOutAllQuery = z.object({
  keep_current: z.boolean().default(false).meta({ description: 'Spares the session that asks.' }),
  forget_devices: z
    .boolean()
    .default(false)
    .meta({ description: 'Whether the account’s other known devices become strangers.' }),
})

export function managementRoutes(transport: SessionTransport, house: House): Route[] {
  const { cookie, csrfCookie } = transport
  // Only who is logged in somewhere decides where else.
  const gate = house.gatekeeper.build({ transport: transport.name })
  const bothCookies = [cookie.name, csrfCookie.name]
  /** The session of a request that needs no CSRF token. Looked up once. */
  const current = once((exchange) => transport.identify(exchange))
  return [
    route({
      method: 'POST',
      path: '/logout-all',
      operation: {
        id: 'logoutAll',
        summary: 'Log out everywhere',
        description: 'Ends every session, token and API key of the account.',
        responses: {
          200: {
            description: 'All others have ended.',
            schema: loggedOutAll,
            cookies: bothCookies,
          },
        },
      },
      query: {
        schema: logOutAllQuery,
        read: { keep_current: formBoolean, forget_devices: formBoolean },
      },
      limit: {
        action: 'logout_all',
        by: 'login',
        counts: 'done',
        default: { times: 10, seconds: 3600 },
      },
      gate,
      handle: ({ exchange, principal, query }) =>
        logOutAll(transport, house, exchange, principal, query),
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
      handle: ({ exchange, principal }) => list(transport, house, exchange, principal),
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
        revoke(transport, house, exchange, principal, params['session_id'] ?? ''),
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
        errors: [
          'csrf_disabled',
          'not_authenticated',
          'storage_unavailable',
          'database_unavailable',
        ],
      },
      limit: {
        action: 'csrf_refresh',
        by: 'login',
        counts: 'done',
        login: async (exchange) => {
          const found = await current(exchange)
          return found && { userId: house.accounts.id(found.user), login: loginOf(found.session) }
        },
        default: { times: 30, seconds: 3600 },
      },
      ownOrigin: true,
      handle: async ({ exchange }) => refreshCsrf(transport, exchange, await current(exchange)),
    }),
  ]
}

const clientLabelSchema = z.looseObject({
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
    device: clientLabelSchema,
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
  transport: SessionTransport,
  { accounts }: House,
  exchange: Exchange,
  principal: Principal,
): Promise<Reply> {
  const owner = accounts.owner(principal.user)
  const current = transport.live(exchange, principal)?.handle
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
  transport: SessionTransport,
  { emit }: House,
  exchange: Exchange,
  principal: Principal,
  handle: string,
): Promise<Reply> {
  const { sessions, cookie, csrfCookie } = transport
  const user = String(principal.userId)
  const ended = await transport.stored('sessions', sessions.revoke(exchange.scope, user, handle))
  if (!ended) throw new AuthError('not_found', 'Session not found.')
  const { userId } = principal
  const login = loginOf(ended)
  const address = exchange.address?.address ?? null
  const { name } = transport
  emit({ name: 'login.ended', reason: 'revoked', userId, transport: name, login, address })
  const isCurrent = transport.live(exchange, principal)?.handle === handle
  return {
    status: 200,
    body: { detail: 'Session revoked.' },
    cookies: isCurrent ? [cookie.clear(), csrfCookie.clear()] : [],
  }
}

async function logOutAll(
  transport: SessionTransport,
  { revocation, devices }: House,
  exchange: Exchange,
  principal: Principal,
  query: z.output<typeof logOutAllQuery>,
): Promise<Reply> {
  const { scope } = exchange
  const { cookie, csrfCookie } = transport
  const row = await exchange.resolveUser(principal.userId)
  const session = transport.live(exchange, principal)
  const refused = new AuthError('not_authenticated', 'Not authenticated')
  if (row === null || session === null) throw refused
  const done = async (revoked: number, cookies: readonly string[]): Promise<Reply> => {
    if (query.forget_devices) await devices.forgetOthers(exchange, String(principal.userId))
    return { status: 200, body: { detail: 'Signed out of all sessions.', revoked }, cookies }
  }
  const reason = 'logout_all'
  if (!query.keep_current) {
    const revoked = await revocation.endAll(scope, row, reason)
    return done(revoked, [cookie.clear(), csrfCookie.clear()])
  }
  const { handle } = session
  const ended = await revocation.endOthers(scope, row, { login: principal.login, handle }, reason)
  // Somebody else ended everything first, and with it the session that wanted to stay.
  if (ended === null) throw refused
  return done(ended.sessions, [])
}

/** The same answer however often a request asks. */
function once<Found>(ask: (exchange: Exchange) => Promise<Found>) {
  const known = new WeakMap<Exchange, Promise<Found>>()
  return (exchange: Exchange): Promise<Found> => {
    const answer = known.get(exchange) ?? ask(exchange)
    known.set(exchange, answer)
    return answer
  }
}

async function refreshCsrf(
  transport: SessionTransport,
  exchange: Exchange,
  found: { readonly session: LiveSession } | null,
): Promise<Reply> {
  const { sessions, csrfCookie } = transport
  if (!sessions.settings.csrf) throw new AuthError('csrf_disabled', 'CSRF is disabled.')
  const refused = new AuthError('not_authenticated', 'Not authenticated')
  if (found === null) throw refused
  // A neighbouring host may have planted another one beside it: that must not change ours.
  const held = sessions.csrfTokenAmong(found.session, exchange.cookies(csrfCookie.name))
  if (held !== undefined) return { status: 200, body: { csrf_token: held } }
  const renewed = await transport.stored(
    'csrf_refresh',
    sessions.renewCsrf(exchange.scope, found.session.handle),
  )
  if (renewed === null) throw refused
  const token = sessions.csrfToken(renewed)
  return {
    status: 200,
    body: { csrf_token: token },
    cookies: [csrfCookie.set(token, sessions.cookieSeconds(renewed))],
  }
}
