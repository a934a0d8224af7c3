/**
 * `POST /login` and `POST /logout`, mounted with the session transport.
 */
import * as z from 'zod'
import { AuthError } from '../../errors.ts'
import type { House } from '../../feature.ts'
import { hookContext } from '../../hooks.ts'
import { formBoolean, formText } from '../../http/body.ts'
import { clearOfParents } from '../../http/cookies.ts'
import type { Exchange } from '../../http/exchange.ts'
import { identifierSchema } from '../../http/identifier.ts'
import { type Reply, type Route, route } from '../../http/route.ts'
import { wireIdSchema } from '../../http/wire-id.ts'
import type { SessionCarrier } from './carrier.ts'
import { type LiveSession, loginOf } from './records.ts'
import type { SessionTransport } from './transport.ts'

export function loginRoutes(
  transport: SessionTransport,
  carrier: SessionCarrier,
  house: House,
): Route[] {
  const { cookie, csrfCookie } = transport
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
            cookies: [cookie.name, csrfCookie.name, house.devices.cookie.name],
          },
        },
        errors: [
          'incorrect_credentials',
          'password_change_required',
          'not_verified',
          'further_proof_required',
          'login_locked',
          'overloaded',
          'hook_failed',
          'storage_unavailable',
          'database_unavailable',
        ],
        errorsWithCookies: ['further_proof_required'],
      },
      body: loginSchema(house),
      form: {
        username: formText,
        password: formText,
        remember_me: formBoolean,
        grant_type: formText,
      },
      ownOrigin: true,
      handle: ({ exchange, body }) => logIn(carrier, house, exchange, body),
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
          'database_unavailable',
        ],
        errorsWithCookies: ['hook_failed', 'access_denied'],
      },
      // Clearing is setting: a form on another site sends no cookie, but its answer would be
      // obeyed.
      ownOrigin: true,
      handle: ({ exchange }) => logOut(transport, house, exchange),
    }),
  ]
}

const loginSchema = ({ accounts }: House) =>
  z
    .object({
      username: identifierSchema(accounts.identity),
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
  carrier: SessionCarrier,
  { passwordChecks, signIn, clock }: House,
  exchange: Exchange,
  { username, password, remember_me: rememberMe }: z.output<ReturnType<typeof loginSchema>>,
): Promise<Reply> {
  const row = await passwordChecks.check(exchange, username, password)
  const proof = { method: 'password', row, provenAt: clock() } as const
  const place = { exchange, scope: exchange.scope }
  const { body, cookies } = await signIn.complete(place, proof, carrier, { rememberMe })
  return { status: 200, body, cookies }
}

async function logOut(
  transport: SessionTransport,
  { accounts, carriers, emit, runHook, signIn }: House,
  exchange: Exchange,
): Promise<Reply> {
  const { sessions, cookie, csrfCookie } = transport
  const { scope } = exchange
  const carried = await transport.allCarried(exchange)
  const found = await Promise.all(
    carried.map(async (session) => {
      const row = await accounts.byId(session.record.user, scope)
      return row && accounts.epoch(row) === session.record.epoch ? [{ session, row }] : []
    }),
  )
  const alive = found.flat()
  requireIntentForOne(transport, exchange, alive)
  // Nobody at this browser goes on with a sign-in that was begun here.
  const cookies = [cookie.clear(), csrfCookie.clear(), ...(await signIn.abandon(exchange))]
  if (exchange.cookies(cookie.name).length > 1) {
    cookies.push(...clearOfParents(cookie, new URL(exchange.request.url).hostname))
  }
  for (const other of carriers) {
    if (other.name !== transport.name) cookies.push(...(await other.endOf(exchange)))
  }
  const done: Reply = { status: 200, body: { detail: 'Logged out' }, cookies }
  // Of two logouts at once one ends the session, and the hook runs once.
  const ending = Promise.all(carried.map((session) => sessions.discard(scope, session)))
  const ended = await transport.stored('logout', ending)
  const address = exchange.address?.address ?? null
  try {
    for (const { session, row } of alive) {
      if (!ended[carried.indexOf(session)]) continue
      const userId = accounts.id(row)
      const login = loginOf(session)
      const { name } = transport
      emit({ name: 'login.ended', reason: 'logout', userId, transport: name, login, address })
      await runHook('afterLogout', accounts.user(row), hookContext(exchange, transport.name))
    }
  } catch (error) {
    // The session is gone all the same, and so must its cookies be.
    if (error instanceof AuthError) return { error, cookies }
    throw error
  }
  return done
}

/** Whoever means one of several sessions to end may end all: the cookies of one browser. */
function requireIntentForOne(
  transport: SessionTransport,
  exchange: Exchange,
  alive: readonly { readonly session: LiveSession }[],
): void {
  let refusal: unknown = null
  for (const { session } of alive) {
    try {
      transport.requireIntent(exchange, session)
      return
    } catch (error) {
      refusal ??= error
    }
  }
  if (refusal !== null) throw refusal
}
