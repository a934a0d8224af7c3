import {
  AuthError,
  bearer,
  ConfigurationError,
  crudAuth,
  memoryStorage,
  session,
  sudo,
} from 'crudauth'
import { eq } from 'drizzle-orm'
import { Hono } from 'hono'
import { describe, expect, test, vi } from 'vitest'
import { Browser } from './support/browser.ts'
import { indexKey, json, members, secret, users, type WorldConfig, world } from './support/world.ts'

const wrong = 'not the password'

/** An application with a route behind sudo, one that elevates, and one that asks. */
function sudoWorld(config: WorldConfig = {}, hooks: Parameters<typeof world>[1] = {}) {
  const made = world({ features: [sudo({ route: true })], ...config }, hooks)
  const { app, auth } = made
  app.post('/danger', auth.guard({ elevated: true }), (c) => c.json({ id: c.var.principal.userId }))
  app.get('/danger', auth.guard({ elevated: true }), (c) => c.json({ id: c.var.principal.userId }))
  app.get('/elevated', async (c) => c.json({ elevated: await auth.sudo.isElevated(c) }))
  app.post('/own-sudo', async (c) => {
    const { password } = await c.req.json<{ password: string }>()
    const before = await auth.sudo.isElevated(c)
    const { until } = await auth.sudo.elevate(c, password)
    return c.json({ before, after: await auth.sudo.isElevated(c), until })
  })
  return made
}

/** The same with a member in a browser. */
async function loggedInWorld(...args: Parameters<typeof sudoWorld>) {
  const made = sudoWorld(...args)
  const ann = await made.member()
  return { ...made, ann, client: await made.loggedIn(ann) }
}

const statusOf = async (response: Promise<Response>) => (await response).status
const elevate = (client: Browser, password: string) => client.post('/sudo', { password })

describe('Sudo', () => {
  describe('POST /sudo', () => {
    test('lets an owner who gives the password do what needs it, for five minutes', async () => {
      const { client, ann, clock } = await loggedInWorld()
      const refused = await client.post('/danger')
      expect(refused.status).toBe(403)
      expect(await json(refused)).toMatchObject({
        code: 'sudo_required',
        detail: 'Re-authentication required.',
      })
      const response = await elevate(client, ann.password)
      expect([response.status, await json(response)]).toEqual([
        200,
        { detail: 'Elevated.', elevated_until: new Date(clock.now + 300_000).toISOString() },
      ])
      clock.advance(299)
      expect(await json(await client.post('/danger'))).toEqual({ id: ann.id })
      clock.advance(1)
      expect(await statusOf(client.post('/danger'))).toBe(403)
      expect(await statusOf(client.get('/me'))).toBe(200)
    })

    test('is not there unless it is asked for, and may have a path of one’s own', async () => {
      const none = await loggedInWorld({ features: [sudo()] })
      expect(await statusOf(elevate(none.client, none.ann.password))).toBe(404)
      const own = await loggedInWorld({ features: [sudo({ route: '/account/sudo' })] })
      const { password } = own.ann
      expect(await statusOf(own.client.post('/account/sudo', { password }))).toBe(200)
      expect(own.auth.endpoints.map(({ path }) => path)).toContain('/account/sudo')
    })

    test('gives the session a new identifier, and the old one opens nothing', async () => {
      const { client, ann, browser } = await loggedInWorld()
      const [before, csrf] = [client.sessionId, client.csrfToken]
      await elevate(client, ann.password)
      expect(client.sessionId).not.toBe(before)
      expect(client.csrfToken).toBe(csrf)
      const cookie = `__Host-session_id=${before}`
      expect(await statusOf(browser().get('/me', { headers: { cookie } }))).toBe(401)
      expect(await statusOf(client.post('/danger'))).toBe(200)
    })

    test('keeps what the session was: its cookie’s lifetime, its end, its place in the list', async () => {
      const { ann, loggedIn, clock, auth } = await loggedInWorld()
      const client = await loggedIn(ann, {}, { remember_me: true })
      const [{ expiresAt } = { expiresAt: null }] = await auth.sessions.list(ann.id)
      clock.advance(86400)
      await elevate(client, ann.password)
      const { 'max-age': seconds } = client.jar.get('__Host-session_id')?.attributes ?? {}
      expect(seconds).toBe(String(29 * 86400))
      expect(await auth.sessions.list(ann.id)).toEqual([expect.objectContaining({ expiresAt })])
    })

    test('takes no other session’s place under the cap', async () => {
      const { ann, client, loggedIn } = await loggedInWorld({
        transports: [session({ maxPerUser: 2 })],
      })
      const other = await loggedIn(ann)
      await elevate(other, ann.password)
      expect([await statusOf(client.get('/me')), await statusOf(other.get('/me'))]).toEqual([
        200, 200,
      ])
    })

    test('elevates that session only, and ends with it', async () => {
      const { client, ann, loggedIn } = await loggedInWorld()
      const other = await loggedIn(ann)
      await elevate(client, ann.password)
      expect(await statusOf(other.post('/danger'))).toBe(403)
      await client.post('/logout')
      await client.post('/login', ann)
      expect(await statusOf(client.post('/danger'))).toBe(403)
    })

    test('is the session’s, not that of a token which comes with it', async () => {
      const { app, auth, loggedIn, member } = sudoWorld({ transports: [bearer(), session()] })
      const bySession = auth.currentUser({ transport: 'session' })
      app.get('/both', bySession, auth.guard({ elevated: true }), (c) => c.json({}))
      const ann = await member()
      const client = await loggedIn(ann)
      await elevate(client, ann.password)
      expect(await statusOf(client.get('/both'))).toBe(200)
      const token = await json(await client.post('/token', ann))
      const headers = { authorization: `Bearer ${token['access_token']}` }
      expect(await statusOf(client.get('/both', { headers }))).toBe(403)
    })

    test('needs the CSRF token, and a session', async () => {
      const made = await loggedInWorld({ transports: [session(), bearer()] })
      const { client, ann, browser } = made
      const { password } = ann
      expect(await statusOf(client.post('/sudo', { password }, { csrf: false }))).toBe(403)
      expect(await statusOf(browser().post('/sudo', { password }))).toBe(401)
      const token = await json(await browser().post('/token', ann))
      const headers = { authorization: `Bearer ${token['access_token']}` }
      const response = await browser().post('/sudo', { password }, { headers })
      expect(response.status).toBe(403)
      expect(await json(response)).toMatchObject({
        code: 'session_required',
        detail: 'Sudo requires a session-backed login.',
      })
      expect(await statusOf(browser().get('/danger', { headers }))).toBe(403)
      expect(await json(await browser().get('/elevated', { headers }))).toEqual({ elevated: false })
    })

    test('of several right passwords at once one elevates, and the session stays one', async () => {
      const { client, ann, auth, storage } = await loggedInWorld({
        features: [sudo({ route: true, maxAttempts: 9 })],
      })
      const answers = await Promise.all(
        Array.from({ length: 4 }, () => elevate(client, ann.password)),
      )
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 403, 403, 403])
      expect(await auth.sessions.list(ann.id)).toHaveLength(1)
      expect(await storage.indexMembers(indexKey('sessions', ann.id))).toHaveLength(1)
      expect(await statusOf(client.post('/danger'))).toBe(200)
    })
  })

  describe('guessing', () => {
    test('401, 401, 429: the third wrong password locks, and then the right one is refused too', async () => {
      const { client, ann, clock, events } = await loggedInWorld()
      const found: unknown[] = []
      for (const password of [wrong, wrong, wrong, ann.password]) {
        const response = await elevate(client, password)
        const { detail } = await json(response)
        found.push([response.status, detail, response.headers.get('retry-after')])
        clock.advance(1)
      }
      expect(found).toEqual([
        [401, 'Incorrect password', null],
        [401, 'Incorrect password', null],
        [429, 'Too many attempts. Try again later.', '900'],
        [429, 'Too many attempts. Try again later.', '899'],
      ])
      expect(events).toContainEqual(
        expect.objectContaining({ name: 'sudo.locked', userId: ann.id, lockSeconds: 900 }),
      )
      clock.advance(898)
      expect(await statusOf(elevate(client, ann.password))).toBe(200)
    })

    test('a hundred wrong passwords at once get no more than three verifications', async () => {
      const { client, events } = await loggedInWorld({
        lockout: { maxAttempts: 200, maxPerNetwork: 200, maxFailures: 1000 },
      })
      const answers = await Promise.all(Array.from({ length: 100 }, () => elevate(client, wrong)))
      const statuses = answers.map(({ status }) => status)
      expect(statuses.filter((status) => status === 401)).toHaveLength(2)
      expect(statuses.filter((status) => status === 429)).toHaveLength(98)
      const looked = events.filter(({ name }) => name === 'reauthentication.failed')
      expect(looked).toHaveLength(3)
    })

    test('is counted per login: a stolen one locks none of the others', async () => {
      const { client, ann, loggedIn, member } = await loggedInWorld()
      const other = await loggedIn(ann)
      expect([
        await statusOf(elevate(client, wrong)),
        await statusOf(elevate(client, wrong)),
        await statusOf(elevate(client, wrong)),
        await statusOf(elevate(client, ann.password)),
        await statusOf(elevate(other, ann.password)),
      ]).toEqual([401, 401, 429, 429, 200])
      const bob = await member('bob')
      expect(await statusOf(elevate(await loggedIn(bob), bob.password))).toBe(200)
    })

    test('a right password forgets the wrong ones before it', async () => {
      const { client, ann } = await loggedInWorld()
      for (let round = 0; round < 3; round++) {
        expect(await statusOf(elevate(client, wrong))).toBe(401)
        expect(await statusOf(elevate(client, wrong))).toBe(401)
        expect(await statusOf(elevate(client, ann.password))).toBe(200)
      }
    })

    test('one that is found right lifts no lock that others armed meanwhile', async () => {
      const { client, ann, browser } = await loggedInWorld()
      const thief = browser()
      for (const [name, cookie] of client.jar) thief.jar.set(name, cookie)
      const answers = await Promise.all([
        elevate(client, ann.password),
        elevate(thief, wrong),
        elevate(thief, wrong),
      ])
      expect(answers.map(({ status }) => status)).toEqual([200, 401, 429])
      expect(await statusOf(elevate(client, ann.password))).toBe(429)
      expect(await statusOf(client.post('/danger'))).toBe(200)
    })

    test('the window opens with the first wrong password', async () => {
      const { client, clock } = await loggedInWorld()
      await elevate(client, wrong)
      clock.advance(299)
      await elevate(client, wrong)
      clock.advance(1)
      expect(await statusOf(elevate(client, wrong))).toBe(401)
      expect(await statusOf(elevate(client, wrong))).toBe(401)
      expect(await statusOf(elevate(client, wrong))).toBe(429)
    })

    test('a lock that is shorter than the window leaves a whole budget', async () => {
      const { client, clock } = await loggedInWorld({
        features: [sudo({ route: true, window: 600, lockout: 60 })],
        lockout: { maxAttempts: 100, maxPerNetwork: 100, maxFailures: 500 },
      })
      const guess = () => statusOf(elevate(client, wrong))
      expect([await guess(), await guess(), await guess()]).toEqual([401, 401, 429])
      clock.advance(60)
      expect([await guess(), await guess(), await guess()]).toEqual([401, 401, 429])
    })

    test('the lock takes a standing elevation away', async () => {
      const { client, ann } = await loggedInWorld()
      await elevate(client, ann.password)
      expect(await statusOf(client.post('/danger'))).toBe(200)
      for (let n = 0; n < 3; n++) await elevate(client, wrong)
      expect(await statusOf(client.post('/danger'))).toBe(403)
      expect(await statusOf(client.get('/me'))).toBe(200)
    })

    test('counts with a change of the password: sudo is no second budget of a login', async () => {
      const { client, ann } = await loggedInWorld({
        features: [sudo({ route: true, maxAttempts: 100 })],
        lockout: { maxAttempts: 4 },
      })
      const change = (password: string) =>
        statusOf(
          client.post('/change-password', {
            current_password: password,
            new_password: 'a new horse',
          }),
        )
      expect([
        await statusOf(elevate(client, 'wrong 1')),
        await change('wrong 2'),
        await statusOf(elevate(client, 'wrong 3')),
        await change('wrong 4'),
        await statusOf(elevate(client, ann.password)),
        await change(ann.password),
      ]).toEqual([401, 401, 401, 401, 429, 429])
    })

    test('what the login’s budget refuses costs no attempt at sudo', async () => {
      const { client, ann, clock } = await loggedInWorld({ lockout: { maxAttempts: 2 } })
      for (let n = 0; n < 2; n++) await elevate(client, `wrong ${n}`)
      for (let n = 0; n < 5; n++) {
        const response = await elevate(client, ann.password)
        expect(await json(response)).toMatchObject({ code: 'login_locked' })
      }
      clock.advance(60)
      expect(await statusOf(elevate(client, ann.password))).toBe(200)
    })

    test('auth.unlock lifts the lock', async () => {
      const { client, ann, auth } = await loggedInWorld()
      for (let n = 0; n < 3; n++) await elevate(client, wrong)
      await auth.unlock(ann.id)
      expect(await statusOf(elevate(client, ann.password))).toBe(200)
    })

    test('an attempt that could not be looked at is not counted', async () => {
      const { client, ann } = await loggedInWorld({
        passwords: { cost: 4, concurrency: 1, maxQueued: 0 },
      })
      const answers = await Promise.all([
        elevate(client, wrong),
        elevate(client, wrong),
        elevate(client, wrong),
      ])
      expect(answers.map(({ status }) => status).sort()).toEqual([401, 503, 503])
      expect(await statusOf(elevate(client, wrong))).toBe(401)
      expect(await statusOf(elevate(client, ann.password))).toBe(200)
    })
  })

  describe('an account without a password', () => {
    const passwordless = async (...args: Parameters<typeof sudoWorld>) => {
      const made = await loggedInWorld(...args)
      await made.db.update(members).set({ hashedPassword: '!none' })
      return made
    }

    test('is elevated by nothing, unless the application says how', async () => {
      const { client, ann } = await passwordless()
      expect(await statusOf(elevate(client, ann.password))).toBe(401)
      expect(await statusOf(client.post('/sudo', {}))).toBe(401)
      expect(await statusOf(client.post('/danger'))).toBe(403)
    })

    test('is elevated where the application finds that the request proves its owner', async () => {
      const withoutPassword = vi.fn((_: unknown, request: Request) => {
        return request.headers.get('x-passkey') === 'fresh'
      })
      const { client } = await passwordless({ features: [sudo({ route: true, withoutPassword })] })
      expect(await statusOf(client.post('/sudo', {}))).toBe(401)
      const headers = { 'x-passkey': 'fresh' }
      expect(await statusOf(client.post('/sudo', {}, { headers }))).toBe(200)
      expect(await statusOf(client.post('/danger'))).toBe(200)
      expect(withoutPassword.mock.calls[0]?.[0]).toMatchObject({ transport: 'session' })
    })

    test('is admitted on true only, and refused ones are counted', async () => {
      const { client } = await passwordless({
        features: [sudo({ route: true, withoutPassword: (() => 'yes') as never })],
      })
      const guess = () => statusOf(client.post('/sudo', {}))
      expect([await guess(), await guess(), await guess()]).toEqual([401, 401, 429])
    })

    test('is refused what throws, as verifiers of codes do, and that is counted too', async () => {
      const withoutPassword = vi.fn((_: unknown, request: Request) => {
        if (request.headers.get('x-code') === '123456') return true
        throw new AuthError('incorrect_credentials', 'Wrong code')
      })
      const { client, events } = await passwordless({
        features: [sudo({ route: true, withoutPassword })],
      })
      const guess = (code: string) =>
        statusOf(client.post('/sudo', {}, { headers: { 'x-code': code } }))
      expect(await guess('123456')).toBe(200)
      expect([await guess('1'), await guess('2'), await guess('3')]).toEqual([401, 401, 401])
      expect(await statusOf(client.post('/danger'))).toBe(403)
      expect(events).toContainEqual(expect.objectContaining({ name: 'sudo.locked' }))
      expect(await guess('123456')).toBe(429)
      expect(withoutPassword).toHaveBeenCalledTimes(4)
    })

    test('sets no password without an elevation, where the application asks for one', async () => {
      const withoutPassword = (_: unknown, request: Request) =>
        request.headers.get('x-passkey') === 'fresh'
      const made = world({ features: [sudo({ route: true, withoutPassword })] })
      const app = new Hono()
        .use('/set-password', made.auth.guard({ elevated: true }))
        .route('/', made.auth.router)
      const ann = await made.member()
      const client = new Browser((request) => Promise.resolve(app.fetch(request)))
      await client.post('/login', ann)
      await made.db.update(members).set({ hashedPassword: '!none' })
      const set = () =>
        statusOf(client.post('/set-password', { new_password: 'sesame of the day' }))
      expect(await set()).toBe(403)
      await client.post('/sudo', {}, { headers: { 'x-passkey': 'fresh' } })
      expect(await set()).toBe(200)
    })

    test('that has a password is never asked otherwise', async () => {
      const withoutPassword = vi.fn(() => true)
      const { client } = await loggedInWorld({ features: [sudo({ route: true, withoutPassword })] })
      expect(await statusOf(client.post('/sudo', {}))).toBe(401)
      expect(withoutPassword).not.toHaveBeenCalled()
    })
  })

  describe('in the application’s own hands', () => {
    test('elevate and isElevated work in one request, and set the new cookie', async () => {
      const { client, ann, clock } = await loggedInWorld({ features: [sudo()] })
      const { password } = ann
      const before = client.sessionId
      expect(await json(await client.post('/own-sudo', { password }))).toEqual({
        before: false,
        after: true,
        until: new Date(clock.now + 300_000).toISOString(),
      })
      expect(client.sessionId).not.toBe(before)
      expect(await json(await client.get('/elevated'))).toEqual({ elevated: true })
      expect(await statusOf(client.post('/own-sudo', { password: wrong }))).toBe(401)
    })

    test('work behind whichever guards a request has passed', async () => {
      const transports = [session(), bearer()]
      const { app, auth, loggedIn, member } = sudoWorld({ transports, features: [sudo()] })
      app.use('/guarded/*', auth.guard({ optional: true }))
      app.post('/guarded/twice', auth.guard({ transport: 'session' }), async (c) => {
        await auth.sudo.elevate(c, 'correct horse battery')
        const { login } = await auth.authenticate(c, { transport: 'session', elevated: true })
        return c.json({ elevated: await auth.sudo.isElevated(c), isLogin: login !== '' })
      })
      const response = await (await loggedIn(await member())).post('/guarded/twice')
      expect(await json(response)).toEqual({ elevated: true, isLogin: true })
    })

    test('a password that is no text is a wrong one', async () => {
      const { client } = await loggedInWorld({ features: [sudo()] })
      for (const password of [undefined, null, 5, ['correct horse battery'], {}]) {
        const { status } = await client.post('/own-sudo', { password })
        expect([401, 429]).toContain(status)
      }
      expect(await json(await client.get('/elevated'))).toEqual({ elevated: false })
    })

    test('the core’s own elevate gives the headers to set', async () => {
      const { ann, client, db, storage, clock, send } = await loggedInWorld()
      const auth = crudAuth({
        transports: [session()],
        users: users(db),
        secret,
        storage,
        clock: clock.read,
        features: [sudo()],
        onEvent: () => undefined,
      })
      const headers = { cookie: `__Host-session_id=${client.sessionId}` }
      const request = new Request('https://app.example.com/own', { headers })
      const made = await auth.sudo.elevate(request, ann.password)
      expect(made.until).toEqual(new Date(clock.now + 300_000))
      const [line = '', ...others] = made.headers.getSetCookie()
      expect([line, others]).toEqual([expect.stringMatching(/^__Host-session_id=[\w-]{43}; /), []])
      const cookie = line.split(';')[0] ?? ''
      const asked = new Request('https://app.example.com/elevated', { headers: { cookie } })
      expect(await json(await send(asked, undefined))).toEqual({ elevated: true })
    })

    test('a gate that wants elevation takes the other conditions, too', async () => {
      const made = world({ features: [sudo({ route: true })] })
      const { app, auth, db, member, loggedIn } = made
      app.post('/admin', auth.guard({ elevated: true, superuser: true }), (c) => c.json({}))
      const ann = await member()
      const client = await loggedIn(ann)
      await elevate(client, ann.password)
      expect(await json(await client.post('/admin'))).toMatchObject({
        detail: 'Insufficient privileges',
      })
      await db.update(members).set({ isSuperuser: true }).where(eq(members.id, ann.id))
      expect(await statusOf(client.post('/admin'))).toBe(200)
    })

    test('a token is not elevated by the session that comes with it', async () => {
      const { app, auth, member, loggedIn, browser } = world({
        transports: [bearer(), session()],
        features: [sudo({ route: true })],
      })
      app.get(
        '/both',
        auth.currentUser({ transport: 'session' }),
        auth.guard({ elevated: true }),
        (c) => c.json({}),
      )
      const ann = await member()
      const client = await loggedIn(ann)
      await elevate(client, ann.password)
      const token = await json(await browser().post('/token', ann))
      const headers = { authorization: `Bearer ${token['access_token']}` }
      expect(await statusOf(client.get('/both'))).toBe(200)
      expect(await statusOf(client.get('/both', { headers }))).toBe(403)
    })

    test('nobody is elevated: 401 at the guard, false from isElevated', async () => {
      const { browser } = sudoWorld()
      expect(await statusOf(browser().post('/danger'))).toBe(401)
      expect(await json(await browser().get('/elevated'))).toEqual({ elevated: false })
    })

    test('metadata of a session does not elevate it', async () => {
      const { app, auth, db, member, browser } = world({ features: [sudo()] })
      app.get('/danger', auth.guard({ elevated: true }), (c) => c.json({}))
      app.post('/magic', async (c) => {
        const [row] = await db.select().from(members)
        if (!row) throw new Error('there is no member')
        const far = Date.UTC(2099, 0)
        const metadata = { elevatedUntil: far, sudo_elevated_until: new Date(far).toISOString() }
        await auth.sessions.create(c, row, { metadata })
        return c.body(null, 204)
      })
      await member()
      const client = browser()
      await client.post('/magic')
      expect(await statusOf(client.get('/me'))).toBe(200)
      expect(await statusOf(client.get('/danger'))).toBe(403)
    })

    test('an elevation costs no storage operation of its own to check', async () => {
      const { client, ann, calls } = await loggedInWorld()
      await elevate(client, ann.password)
      for (const name of Object.keys(calls)) delete calls[name]
      expect(await statusOf(client.get('/danger'))).toBe(200)
      expect(calls).toEqual({ get: 1 })
    })
  })

  describe('an elevation', () => {
    test('is not lost to activity that is noted at the same time', async () => {
      const { client, ann, clock } = await loggedInWorld()
      clock.advance(120)
      const [, elevated] = await Promise.all([client.get('/me'), elevate(client, ann.password)])
      expect(elevated.status).toBe(200)
      expect(await statusOf(client.post('/danger'))).toBe(200)
    })

    test('does not bring a session back that was ended meanwhile', async () => {
      const storage = memoryStorage()
      const { client, ann, auth, browser } = await loggedInWorld({ storage })
      const reached = Promise.withResolvers<void>()
      const gate = Promise.withResolvers<void>()
      const set = storage.set.bind(storage)
      storage.set = async (key, value, ttl) => {
        reached.resolve()
        await gate.promise
        return set(key, value, ttl)
      }
      const cookie = `__Host-session_id=${client.sessionId}`
      const elevated = elevate(client, ann.password)
      await reached.promise
      const [own] = await auth.sessions.list(ann.id)
      expect(await auth.sessions.revoke(ann.id, own?.handle ?? '')).toBe(true)
      gate.resolve()
      const response = await elevated
      expect(response.status).toBe(403)
      expect(await json(response)).toMatchObject({ detail: 'Session no longer exists.' })
      expect(await statusOf(browser().get('/me', { headers: { cookie } }))).toBe(401)
      expect(await auth.sessions.list(ann.id)).toEqual([])
      expect(await storage.indexMembers(indexKey('sessions', ann.id))).toEqual([])
    })

    describe('moves the session to a new identifier, and', () => {
      /** Lets the operations of the move pass, up to one, in place of which `instead` is done. */
      const interrupted = async (at: number, instead: (operation: string) => Promise<void>) => {
        let now = () => Date.now()
        const storage = memoryStorage({ clock: () => now() })
        const state = { moving: false, done: 0 }
        const proxy = new Proxy(storage, {
          get(target, name, receiver) {
            const value: unknown = Reflect.get(target, name, receiver)
            if (typeof value !== 'function') return value
            return async (...args: unknown[]) => {
              // Where it comes from is the first that its record says.
              if (name === 'set' && /^\["[\w-]{43}"/.test(String(args[1]))) state.moving = true
              if (state.moving && state.done++ >= at) await instead(String(name))
              return Reflect.apply(value, target, args)
            }
          },
        })
        const made = await loggedInWorld({ storage: proxy })
        now = made.clock.read
        return { ...made, state, stop: () => Object.assign(state, { moving: false }) }
      }

      test.each([0, 1, 2, 3, 4, 5])('is one session where operation %i fails', async (at) => {
        const { client, ann, auth, clock, stop, state } = await interrupted(at, async () => {
          throw new Error('connection lost')
        })
        const before = client.sessionId
        const { status } = await elevate(client, ann.password)
        expect(state.done).toBeGreaterThan(at)
        stop()
        // Up to the step that decides nothing has happened, from then on all has.
        expect(status).toBe(at < 3 ? 503 : 200)
        expect(client.sessionId === before).toBe(at < 3)
        expect(await statusOf(client.post('/danger'))).toBe(at < 3 ? 403 : 200)
        const old = { cookie: `__Host-session_id=${before}` }
        expect(await statusOf(client.get('/me', { headers: old }))).toBe(at < 3 ? 200 : 401)
        expect(await auth.sessions.list(ann.id)).toHaveLength(1)
        // It lives on as any other, whatever was left over.
        for (let hours = 0; hours < 3; hours++) {
          for (const _ of [1, 2, 3]) {
            clock.advance(1200)
            expect(await statusOf(client.get('/me'))).toBe(200)
          }
        }
        expect(await auth.sessions.list(ann.id)).toHaveLength(1)
        await client.post('/logout')
        expect(await auth.sessions.list(ann.id)).toEqual([])
      })

      test.each([0, 1, 2, 3, 4])('ends where a logout comes before operation %i', async (at) => {
        let logout = async () => {}
        const { client, ann, auth, browser, stop, state } = await interrupted(at, async () => {
          if (!state.moving) return
          stop()
          await logout()
        })
        const headers = {
          cookie: `__Host-session_id=${client.sessionId}`,
          'x-csrf-token': client.csrfToken ?? '',
        }
        // It has found its session before the move, and ends it after.
        const { sessions } = auth
        const [own] = await sessions.list(ann.id)
        logout = async () => {
          const answer = await browser().post('/logout', undefined, { headers })
          expect(answer.status).toBe(200)
        }
        await elevate(client, ann.password)
        expect(own).toBeDefined()
        const alive = await sessions.list(ann.id)
        // One that came too late found nothing to end, and the session has its new identifier.
        expect(alive).toHaveLength(at < 3 ? 0 : 1)
        expect(await statusOf(client.get('/me'))).toBe(at < 3 ? 401 : 200)
        expect(await statusOf(browser().get('/me', { headers }))).toBe(401)
      })

      test('ends where a logout had found it before and ends it after', async () => {
        const storage = memoryStorage()
        const { client, ann, auth } = await loggedInWorld({ storage })
        const [own] = await auth.sessions.list(ann.id)
        const replace = storage.replace.bind(storage)
        storage.replace = async (...args) => {
          const done = await replace(...args)
          // Of what is found under the old identifier by now a slow logout knows nothing.
          if (args[1].includes('movedTo')) await storage.delete(`crudauth:session:${own?.handle}`)
          return done
        }
        await elevate(client, ann.password)
        storage.replace = replace
        expect(await auth.sessions.list(ann.id)).toEqual([])
        expect(await statusOf(client.get('/me'))).toBe(401)
      })
    })
  })

  describe('afterSudo', () => {
    test('runs with the user and the context', async () => {
      const afterSudo = vi.fn()
      const { client, ann, events } = await loggedInWorld({}, { afterSudo })
      await elevate(client, wrong)
      expect(afterSudo).not.toHaveBeenCalled()
      await elevate(client, ann.password)
      const [[user, context] = []] = afterSudo.mock.calls
      expect(user).toMatchObject({ username: 'ann' })
      expect(user).not.toHaveProperty('hashedPassword')
      expect(context).toMatchObject({ transport: 'session', ipAddress: '203.0.113.7' })
      expect(events).toContainEqual(
        expect.objectContaining({ name: 'sudo.elevated', userId: ann.id }),
      )
    })

    test.each([
      ['oops', new Error('oops'), 500],
      ['an AuthError', new AuthError('access_denied', 'Not on a Sunday'), 403],
    ])(
      'that throws %s takes the elevation back, and logs nobody out',
      async (_, thrown, status) => {
        const afterSudo = () => {
          throw thrown
        }
        const { client, ann } = await loggedInWorld({}, { afterSudo })
        expect(await statusOf(elevate(client, ann.password))).toBe(status)
        expect(await statusOf(client.get('/me'))).toBe(200)
        expect(await statusOf(client.post('/danger'))).toBe(403)
      },
    )
  })

  test.each([
    ['counting the attempt', 'add'],
    ['renewing the session', 'set'],
    ['listing its new identifier', 'indexAdd'],
  ] as const)('an outage while %s is 503, and elevates nobody', async (_, operation) => {
    const storage = memoryStorage()
    const { client, ann, events } = await loggedInWorld({ storage })
    const original = storage[operation].bind(storage) as never
    storage[operation] = async () => {
      throw new Error('connection lost')
    }
    const response = await elevate(client, ann.password)
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5'])
    expect(events).toContainEqual(
      expect.objectContaining({ name: 'storage.failed', operation: 'sudo', effect: 'refused' }),
    )
    storage[operation] = original
    expect(await statusOf(client.post('/danger'))).toBe(403)
  })

  describe('configuration', () => {
    const problemsOf = (config: WorldConfig): readonly string[] => {
      try {
        world(config)
        return []
      } catch (error) {
        return (error as ConfigurationError).problems
      }
    }

    test.each([
      [{ window: 0 }, 'sudo.window must be a whole number'],
      [{ maxAttempts: 1.5 }, 'sudo.maxAttempts must be a whole number'],
      [{ lockout: -1 }, 'sudo.lockout must be a whole number'],
      [{ route: 'sudo' }, 'sudo.route must be true, false or a path'],
      [{ route: '/sudo/:id' }, 'sudo.route must be true, false or a path'],
      [{ route: '/login' }, 'POST /login is mounted twice; write another path'],
      [{ withoutPassword: true as never }, 'sudo.withoutPassword must be a function'],
    ])('%o is refused', (options, message) => {
      expect(problemsOf({ features: [sudo(options)] })).toEqual([expect.stringContaining(message)])
    })

    test('needs the session transport', () => {
      expect(problemsOf({ features: [sudo()], transports: [bearer()] })).toEqual([
        expect.stringContaining('sudo needs the session transport'),
      ])
    })

    test('what was not configured says so', async () => {
      const { auth } = world()
      expect(() => auth.guard({ elevated: true })).toThrow(ConfigurationError)
      expect(auth.sudo).toBeUndefined()
    })

    test('is described', () => {
      expect(
        world({ features: [sudo({ maxAttempts: 4 })] }).auth.describe().features['sudo'],
      ).toEqual({
        window: 300,
        maxAttempts: 4,
        lockout: 900,
      })
      expect(world().auth.describe().features).not.toHaveProperty('sudo')
    })
  })
})
