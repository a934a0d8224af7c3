/**
 * `POST /set-password` for an account that has none yet, `POST /change-password`, and what an owner
 * who has to change it does (`renew-route.ts`).
 */
import * as z from 'zod'
import { freshLogin, type RequireFreshLogin } from '../../credentials/fresh-login.ts'
import { AuthError, type ErrorCode } from '../../errors.ts'
import type { House } from '../../feature.ts'
import { hookContext } from '../../hooks.ts'
import { invalidBody } from '../../http/body.ts'
import type { Exchange } from '../../http/exchange.ts'
import { newPasswordSchema } from '../../http/new-password.ts'
import { type Reply, type Route, route } from '../../http/route.ts'
import { isUnusable } from '../../passwords/passwords.ts'
import type { Principal } from '../../principal.ts'
import { claimSession, keepCaller, refusedAfterClaim } from './caller.ts'
import { renewRoute } from './renew-route.ts'

/**
 * Only for transports that carry the login of a person: an API key must not be able to set a
 * password.
 */
export function passwordRoutes(house: House): Route[] {
  const { gatekeeper, passwords, persons, sessions } = house
  if (persons.length === 0) return []
  const gate = gatekeeper.build({ transport: persons.map(({ name }) => name) })
  const newPassword = newPasswordSchema(passwords)
  const requireFreshLogin = freshLogin(house)
  const cookies = sessions ? [sessions.cookie.name] : []
  /** Without a column for the epoch a first password is the beginning of another one. */
  const followsHash = !house.accounts.has('tokenVersion')
  /** The session has its new identifier by then. */
  const errorsWithCookies: readonly ErrorCode[] = [
    'hook_failed',
    'access_denied',
    'database_unavailable',
  ]
  return [
    route({
      method: 'POST',
      path: '/set-password',
      operation: {
        id: 'setPassword',
        summary: 'Set a first password',
        description: `For an account that has no password yet. Needs a login of the last ten minutes, or an elevated session. ${
          followsHash
            ? 'Ends every other session, every token and every API key of the account.'
            : 'Ends no session and no token.'
        }`,
        responses: {
          200: {
            description: 'It is set.',
            schema: done,
            ...(followsHash ? { cookies } : {}),
          },
        },
        errors: ['has_password', 'fresh_login_required', 'overloaded', 'hook_failed'],
        ...(followsHash ? { errorsWithCookies: [...errorsWithCookies, 'has_password'] } : {}),
      },
      gate,
      body: z.object({ new_password: newPassword }).meta({ id: 'SetPassword' }),
      handle: ({ exchange, principal, body }) =>
        setPassword(house, requireFreshLogin, exchange, principal, body.new_password),
    }),
    route({
      method: 'POST',
      path: '/change-password',
      operation: {
        id: 'changePassword',
        summary: 'Change the password',
        description:
          'Ends every other session, every token and every API key of the account. A session that asks is kept, under a new identifier; a token that asks ends with the others.',
        responses: {
          200: {
            description: 'It is changed.',
            schema: done,
            cookies,
          },
        },
        errors: [
          'incorrect_credentials',
          'no_password',
          'login_locked',
          'overloaded',
          'hook_failed',
        ],
        errorsWithCookies: [...errorsWithCookies, 'incorrect_credentials'],
      },
      limit: {
        action: 'change_password',
        by: 'login',
        counts: 'done',
        default: { times: 5, seconds: 3600 },
      },
      gate,
      body: z
        .object({
          current_password: z.string().meta({ format: 'password' }),
          new_password: newPassword,
          forget_devices: z.boolean().default(false).meta({
            description: 'Whether the account’s other known devices become strangers.',
          }),
        })
        .meta({ id: 'ChangePassword' }),
      handle: ({ exchange, principal, body }) => changePassword(house, exchange, principal, body),
    }),
    renewRoute(house),
  ]
}

const done = z.looseObject({ detail: z.string() }).meta({ id: 'PasswordDone' })

/** Of several at once the first one to be stored wins; the others find that there is a password. */
async function setPassword(
  house: House,
  requireFreshLogin: RequireFreshLogin,
  exchange: Exchange,
  principal: Principal,
  password: string,
): Promise<Reply> {
  const { accounts, passwords, emit } = house
  await requireFreshLogin(exchange, principal)
  const row = await rowOf(exchange, principal)
  const refused = new AuthError(
    'has_password',
    'Account already has a password; use the password reset flow to change it.',
  )
  if (!isUnusable(accounts.verifiableHash(row))) throw refused
  await requireAcceptable(house, row, password)
  const hash = await passwords.hash(password, exchange.caller)
  // With a column for it the epoch stays. Without one it follows the hash.
  const epoch = accounts.epoch(accounts.withHash(row, hash))
  const endsOthers = epoch !== accounts.epoch(row)
  const claimed = endsOthers ? await claimSession(house, exchange, principal) : null
  try {
    if (!(await accounts.replaceHash(row, hash, exchange.scope))) throw refused
  } catch (error) {
    return refusedAfterClaim(error, claimed)
  }
  const cookies = endsOthers ? await keepCaller(house, exchange, claimed, row, epoch) : []
  emit({ name: 'password.set', ...by(exchange, principal) })
  return told(house, exchange, principal, row, 'Password set.', cookies)
}

/** Who did it, for events. */
function by(exchange: Exchange, { userId, transport, login }: Principal) {
  return { userId, transport, login, address: exchange.address?.address ?? null }
}

/**
 * Of several at once with the same password one wins. For the others what they sent is, by then,
 * no longer the current password, and that is what they are told.
 */
async function changePassword(
  house: House,
  exchange: Exchange,
  principal: Principal,
  body: { current_password: string; new_password: string; forget_devices: boolean },
): Promise<Reply> {
  const { accounts, devices, passwords, passwordChecks, revocation, emit } = house
  const { scope } = exchange
  const row = await rowOf(exchange, principal)
  if (isUnusable(accounts.verifiableHash(row))) {
    throw new AuthError('no_password', 'Account has no password; use /set-password to create one.')
  }
  const incorrect = new AuthError('incorrect_credentials', 'Current password is incorrect.')
  if (!(await passwordChecks.confirm(exchange, row, body.current_password, principal.login)))
    throw incorrect
  // Asked for owners only: looking up breached passwords costs others something.
  await requireAcceptable(house, row, body.new_password)

  const hash = await passwords.hash(body.new_password, exchange.caller)
  const property = accounts.store.map.hashedPassword ?? 'hashedPassword'
  // One statement: there is no moment at which the password is new and the old credentials live.
  const change = (from: object) => {
    const expected = { [property]: accounts.hashedPassword(from) }
    return revocation.advance(scope, from, { [property]: hash }, expected)
  }
  const claimed = await claimSession(house, exchange, principal)
  let epoch: number | null
  try {
    epoch = await change(row)
    const upgraded = epoch === null ? await upgradedRow(house, exchange, row, body) : null
    if (upgraded !== null) epoch = await change(upgraded)
    if (epoch === null) throw incorrect
  } catch (error) {
    return refusedAfterClaim(error, claimed)
  }

  const cookies = await keepCaller(house, exchange, claimed, row, epoch)
  if (body.forget_devices) await devices.forgetOthers(exchange, String(principal.userId))
  emit({ name: 'password.changed', ...by(exchange, principal) })
  return told(house, exchange, principal, row, 'Password changed.', cookies)
}

/**
 * Runs the hook and answers. If the hook throws, the password has still changed, so the new cookies
 * are sent with the error.
 */
async function told(
  { accounts, runHook, passwordChanged }: House,
  exchange: Exchange,
  { transport }: Principal,
  row: object,
  detail: string,
  cookies: readonly string[],
): Promise<Reply> {
  passwordChanged({ exchange, scope: exchange.scope }, row)
  try {
    await runHook('afterPasswordChanged', accounts.user(row), hookContext(exchange, transport))
  } catch (error) {
    if (error instanceof AuthError) return { error, cookies }
    throw error
  }
  return { status: 200, body: { detail }, cookies }
}

/**
 * Reads the row again and returns it if the password is still the same. A login at the same moment
 * may have upgraded the hash, which is no reason to refuse the change.
 */
async function upgradedRow(
  { accounts, passwords }: House,
  exchange: Exchange,
  row: object,
  { current_password }: { current_password: string },
): Promise<object | null> {
  const now = await accounts.byId(accounts.id(row), exchange.scope)
  if (now === null || !accounts.isActive(now)) return null
  if (accounts.epoch(now) !== accounts.epoch(row)) return null
  const stored = accounts.verifiableHash(now)
  const { ok } = await passwords.verify(current_password, stored, exchange.caller)
  return ok ? now : null
}

/** @throws AuthError `validation_failed` (422), for what the policy refuses in a new password. */
async function requireAcceptable(
  { accounts, passwords }: House,
  row: object,
  password: string,
): Promise<void> {
  const message = await passwords.check(password, accounts.identifiers(row))
  if (message === null) return
  throw new AuthError('validation_failed', invalidBody, {
    errors: [{ path: 'new_password', message }],
  })
}

/** The caller's row, with its password hash, as it authenticated the request. */
async function rowOf(exchange: Exchange, { userId }: Principal): Promise<object> {
  const row = await exchange.resolveUser(userId)
  if (row === null) throw new AuthError('not_authenticated', 'Not authenticated')
  return row
}
