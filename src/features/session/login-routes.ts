/**
 * `POST /login` and `POST /logout`, mounted with the session transport.
 */
import * as z from 'zod'
import { type KnownDevices, knownDeviceSeconds } from '../../credentials/known-devices.ts'
import type { Credentials } from '../../credentials/password-check.ts'
import { AuthError } from '../../errors.ts'
import type { EventListener } from '../../events.ts'
import { hookContext, type RunHook } from '../../hooks.ts'
import { formBoolean, formText } from '../../http/body.ts'
import type { Cookie } from '../../http/cookies.ts'
import type { Exchange } from '../../http/exchange.ts'
import { type Reply, type Route, route } from '../../http/route.ts'
import { wireId, wireIdSchema } from '../../http/wire-id.ts'
import { storageUnavailable } from '../../storage/outage.ts'
import type { Accounts } from '../../users/accounts.ts'
import type { RefreshLogin } from '../bearer/refresh-cookies.ts'
import type { SessionTransport } from './session.ts'

export interface LoginRouteParts {
  readonly accounts: Accounts
  readonly credentials: Credentials
  readonly devices: KnownDevices
  readonly deviceCookie: Cookie
  readonly transport: SessionTransport
  /** `null` without bearer tokens. */
  readonly refreshLogin: RefreshLogin | null
  readonly runHook: RunHook
  readonly emit: EventListener
}

export function loginRoutes(parts: LoginRouteParts): Route[] {
  const { cookie, csrfCookie } = parts.transport
  const cleared = [cookie.clear(), csrfCookie.clear()]
  return [
    route({
      method: 'POST',
      path: '/login',
      operation: {
        id: 'login',
        summary: 'Log in with a session',
        description:
          'Takes JSON or a form. The answer is the same for an unknown name, a wrong password and a disabled account.',
        responses: {
          200: {
            description: 'Logged in.',
            schema: loggedIn,
            cookies: [cookie.name, csrfCookie.name, parts.deviceCookie.name],
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
      body: loginSchema,
      form: {
        username: formText,
        password: formText,
        remember_me: formBoolean,
        grant_type: formText,
      },
      setsCookies: true,
      handle: ({ exchange, body }) => logIn(parts, exchange, body),
    }),
    route({
      method: 'POST',
      path: '/logout',
      operation: {
        id: 'logout',
        csrf: true,
        summary: 'End the session',
        description:
          'A live session needs its CSRF token; without one there is nothing to protect. The login of a refresh cookie ends as well.',
        responses: {
          200: {
            description: 'Logged out.',
            schema: loggedOut,
            cookies: [cookie.name, csrfCookie.name],
          },
        },
        errors: [
          'csrf_missing',
          'csrf_invalid',
          'cross_origin',
          'hook_failed',
          'storage_unavailable',
        ],
      },
      // Clearing is setting: a form on another site sends no cookie, but its answer would be obeyed.
      setsCookies: true,
      handle: ({ exchange }) => logOut(parts, exchange, cleared),
    }),
  ]
}

const loginSchema = z
  .object({
    username: z.string().meta({ description: 'Any of the login identifiers.' }),
    password: z.string().meta({ format: 'password' }),
    remember_me: z.boolean().default(false),
    grant_type: z.literal('password').optional(),
  })
  .meta({ id: 'Login' })

const loggedIn = z
  .looseObject({
    id: wireIdSchema,
    username: z.string().nullable(),
    csrf_token: z.string().meta({
      description: 'To be sent as X-CSRF-Token with every request that changes something.',
    }),
  })
  .meta({ id: 'LoggedIn' })

const loggedOut = z.looseObject({ detail: z.string() }).meta({ id: 'Detail' })

async function logIn(
  parts: LoginRouteParts,
  exchange: Exchange,
  body: z.output<typeof loginSchema>,
): Promise<Reply> {
  const { accounts, credentials, transport, devices, deviceCookie, runHook, emit } = parts
  const { sessions, cookie, csrfCookie } = transport
  const { scope } = exchange
  const row = await credentials.check(exchange, body.username, body.password)
  const userId = accounts.id(row)

  // Whatever session this browser had is over: its cookie is about to be replaced.
  await stored(sessions.end(scope, exchange.cookie(cookie.name)), 'login', emit)
  const owner = accounts.owner(row)
  const session = await stored(
    sessions.create(exchange, owner, { rememberMe: body.remember_me }),
    'login',
    emit,
  )

  try {
    await credentials.requireSameEpoch(owner, scope)
    await runHook('afterLogin', accounts.user(row), hookContext(exchange, transport.name))
  } catch (error) {
    // If this fails too, what is left is a session whose identifier nobody was told.
    await sessions.end(scope, session.id).catch(() => undefined)
    throw error
  }
  emit({ name: 'login.succeeded', userId, transport: transport.name })

  const { maxAgeSeconds, csrfToken } = session
  const device = devices.remember(scope, exchange.cookie(deviceCookie.name), owner)
  return {
    status: 200,
    body: {
      id: wireId(userId),
      username: accounts.text(row, 'username'),
      csrf_token: csrfToken,
    },
    cookies: [
      cookie.set(session.id, maxAgeSeconds),
      ...(csrfToken === '' ? [] : [csrfCookie.set(csrfToken, maxAgeSeconds)]),
      deviceCookie.set(device, knownDeviceSeconds),
    ],
  }
}

async function logOut(
  parts: LoginRouteParts,
  exchange: Exchange,
  cleared: readonly string[],
): Promise<Reply> {
  const { accounts, transport, refreshLogin, runHook, emit } = parts
  const { sessions, cookie } = transport
  const id = exchange.cookie(cookie.name)
  const session = await stored(sessions.find(exchange.scope, id), 'logout', emit)
  const row = session && (await accounts.byId(session.record.user, exchange.scope))
  const isAlive = session && row && accounts.epoch(row) === session.record.epoch
  if (isAlive) transport.requireIntent(exchange.request, session)
  const refreshCleared = (await refreshLogin?.endOf(exchange)) ?? []
  const cookies = [...cleared, ...refreshCleared]
  const done: Reply = { status: 200, body: { detail: 'Logged out' }, cookies }
  if (session === null) return done
  // Of two logouts at once one ends the session, and the hook runs once.
  const ended = await stored(sessions.end(exchange.scope, id), 'logout', emit)
  if (!isAlive || ended === null) return done
  try {
    await runHook('afterLogout', accounts.user(row), hookContext(exchange, transport.name))
  } catch (error) {
    // The session is gone all the same, and so must its cookies be.
    if (error instanceof AuthError) return { error, cookies }
    throw error
  }
  return done
}

/** What a storage operation gives, or 503. */
function stored<Value>(
  operation: Promise<Value>,
  name: string,
  emit: EventListener,
): Promise<Value> {
  return operation.catch((error: unknown) => {
    throw storageUnavailable(name, error, emit)
  })
}
