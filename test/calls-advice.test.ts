/**
 * Calls that somebody in a hurry gets wrong: the error says what to write.
 */
import { apiKeys, bearer, ConfigurationError, crudAuth, session } from 'crudauth'
import { drizzleApiKeys } from 'crudauth/drizzle'
import { authApiKeyColumns } from 'crudauth/drizzle/sqlite'
import { honoAuth } from 'crudauth/hono'
import { sqliteTable } from 'drizzle-orm/sqlite-core'
import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import { database, secret, users } from './support/world.ts'

/** What JavaScript hands over, whatever the types say. */
const any = (value: unknown) => value as never

const config = () => ({
  users: users(database().db),
  secret,
  transports: [session(), bearer()] as const,
  onEvent: () => undefined,
})

describe('A gate', () => {
  const auth = crudAuth(config())
  test.each([
    ['admin', 'write { superuser: true }'],
    [() => true, 'write { check: ({ user }) => … }'],
    [{ role: 'admin' }, "write check: ({ user }) => user.role === 'admin'"],
    [{ admin: true }, 'write superuser: true'],
    [new Request('https://app.example.com/'), 'call it where the route is: auth.guard()'],
  ])('that is %s is refused with what to write', (gate, advice) => {
    expect(() => auth.guard(any(gate))).toThrow(advice)
  })

  test('that was not called lets nobody in, and says so', async () => {
    const { guard } = honoAuth(config())
    const app = new Hono().get('/', any(guard), (c) => c.text('let in'))
    let told: unknown
    app.onError((error, c) => {
      told = error
      return c.text('', 500)
    })
    expect(await (await app.request('/')).text()).toBe('')
    expect(told).toBeInstanceOf(ConfigurationError)
    expect(String(told)).toContain('auth.guard()')
  })
})

describe('What stands for the request', () => {
  const core = crudAuth(config())
  const hono = honoAuth(config())
  const wrong = [undefined, null, 'ann@example.com', 7, { method: 'GET', url: '/', headers: {} }]

  test.each(wrong.map((call) => ({ call })))('is not $call', async ({ call }) => {
    for (const auth of [core, hono]) {
      for (const asked of [
        () => auth.authenticate(any(call)),
        () => auth.authenticatePassword(any(call), 'ann', 'password'),
        () => auth.recheck(any(call)),
      ]) {
        await expect(asked()).rejects.toThrow('a Request, or { request }')
      }
    }
  })

  test('is not Hono’s c where the core is used', async () => {
    const app = new Hono().get('/', async (c) => c.json(await core.authenticate(any(c))))
    let told = ''
    app.onError((error, c) => {
      told = error.message
      return c.text('', 500)
    })
    await app.request('/')
    expect(told).toContain('honoAuth from crudauth/hono')
  })
})

test.each([7, null, undefined])('a login is made for a user, not for %s', async (user) => {
  const { sessions, tokens } = crudAuth(config())
  const call = new Request('https://app.example.com/')
  await expect(sessions.create(call, any(user))).rejects.toThrow('await auth.users.get(id)')
  await expect(tokens.issue(call, any(user))).rejects.toThrow('await auth.users.get(id)')
})

test.each([7, null, undefined])('an API key is made for a user, not for %s', async (user) => {
  const { db } = database()
  const keys = drizzleApiKeys(db, sqliteTable('api_keys', authApiKeyColumns()))
  const auth = crudAuth({ ...config(), transports: [apiKeys({ keys })] })
  await expect(auth.apiKeys.create(any(user))).rejects.toThrow('await auth.users.get(id)')
})

test('a rate limit begins with a name', () => {
  expect(() => crudAuth(config()).rateLimit(any({ times: 3, seconds: 60 }))).toThrow(
    "write rateLimit('search', { times: 30, seconds: 60 })",
  )
})

test.each([['/auth'], [undefined], [{ use: () => undefined }]])(
  'the routes are mounted in an application of Hono, not in %s',
  (app) => {
    expect(() => honoAuth(config()).mount(any(app))).toThrow('write auth.mount(app)')
  },
)
