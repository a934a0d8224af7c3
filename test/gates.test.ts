import { AuthError, crudAuth, type ErrorCode, sudo, type Transport } from 'crudauth'
import { describe, expect, test } from 'vitest'
import { json, members, secret, users, world } from './support/world.ts'

type World = ReturnType<typeof world>
type Gate = Parameters<World['auth']['currentUser']>[0]

/** What a logged-in member gets at a route behind this gate. */
async function behind(gate: Gate, change: Partial<typeof members.$inferInsert> = {}) {
  const made = world()
  const { app, auth, db, member, loggedIn } = made
  app.get('/gated', auth.currentUser(gate), (c) => c.json({ id: c.var.principal?.userId ?? null }))
  const ann = await member()
  if (Object.keys(change).length > 0) await db.update(members).set(change)
  const browser = await loggedIn(ann)
  const response = await browser.get('/gated')
  return { ...made, status: response.status, body: await json(response) }
}

describe('Gates', () => {
  test('admit a member, and nobody else', async () => {
    const { status, browser } = await behind({})
    expect(status).toBe(200)
    const response = await browser().get('/gated')
    expect(response.status).toBe(401)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(await json(response)).toMatchObject({ detail: 'Not authenticated' })
  })

  test('optional admits a stranger as null', async () => {
    const { browser } = await behind({ optional: true })
    const response = await browser().get('/gated')
    expect(response.status).toBe(200)
    expect(await json(response)).toEqual({ id: null })
  })

  test.each([
    ['superuser', { superuser: true }, {}, 403, 'Insufficient privileges'],
    ['superuser', { superuser: true }, { isSuperuser: true }, 200, undefined],
    ['verified', { verified: true }, {}, 403, 'Recovery factor not verified'],
    ['verified', { verified: true }, { emailVerified: true }, 200, undefined],
    ['no scopes', { scopes: [] }, {}, 200, undefined],
    ['a transport', { transport: 'session' }, {}, 200, undefined],
    ['a list of transports', { transport: ['session', 'bearer'] }, {}, 200, undefined],
  ])('%s: %j', async (_, gate, change, status, detail) => {
    const found = await behind(gate as Gate, change)
    expect(found.status).toBe(status)
    expect(found.body['detail']).toBe(detail)
  })

  describe('check', () => {
    test.each([
      ['true', () => true, 200],
      ['a promise of true', async () => true, 200],
      ['false', () => false, 403],
      ['nothing', () => undefined, 403],
      ['null', () => null, 403],
      ['a truthy value', () => 1, 403],
      ['a promise of a truthy value', async () => 'yes', 403],
    ])('that returns %s', async (_, check, status) => {
      expect((await behind({ check: check as never })).status).toBe(status)
    })

    test('gets the principal', async () => {
      const { status } = await behind({
        check: ({ user, transport }) => user.username === 'ann' && transport === 'session',
      })
      expect(status).toBe(200)
    })

    test('is not asked about a stranger under optional', async () => {
      let asked = 0
      const { browser } = await behind({
        optional: true,
        check: () => {
          asked++
          return false
        },
      })
      expect((await browser().get('/gated')).status).toBe(200)
      expect(asked).toBe(1)
    })

    // Its answer would have no status, which is a 200.
    test('cannot throw an error of a code that there is not', () => {
      const odd = ['nonsense', 'toString', '__proto__', undefined] as unknown as ErrorCode[]
      for (const code of odd) {
        expect(() => new AuthError(code, 'No.')).toThrow('no code of an AuthError; write one of')
      }
    })

    test('what it throws is the answer', async () => {
      const { status, body } = await behind({
        check: () => {
          throw new AuthError('access_denied', 'Not on a Sunday')
        },
      })
      expect([status, body['detail']]).toEqual([403, 'Not on a Sunday'])
    })
  })

  describe('the principal', () => {
    async function principal() {
      const { auth, member, loggedIn } = world()
      const browser = await loggedIn(await member())
      const headers = { cookie: `__Host-session_id=${browser.sessionId}` }
      const request = new Request('https://app.example.com/', { headers })
      const found = await auth.authenticate({ req: { raw: request }, env: {} } as never)
      return { found, browser }
    }

    test('is frozen throughout', async () => {
      const { found } = await principal()
      for (const part of [found, found.user, found.scopes, found.metadata]) {
        expect(Object.isFrozen(part)).toBe(true)
      }
    })

    test('holds no hash, no session identifier and no CSRF token', async () => {
      const { found, browser } = await principal()
      const text = JSON.stringify(found)
      expect(text).not.toContain('bcrypt')
      expect(text).not.toContain(browser.sessionId)
      expect(text).not.toContain(browser.csrfToken)
      expect(found.user).not.toHaveProperty('hashedPassword')
      expect(found).toMatchObject({
        transport: 'session',
        scopes: [],
        isSuperuser: false,
        emailVerified: false,
        recoveryVerified: false,
        metadata: { sessionHandle: expect.stringMatching(/^[\w-]{43}$/) },
        user: { displayName: 'somebody' },
      })
    })
  })

  describe('transports', () => {
    const header = (name: string): Transport => ({
      name,
      async authenticate(context) {
        const id = context.request.headers.get(`x-${name}`)
        if (id === null) return null
        const user = await context.resolveUser(id)
        if (user === null) throw new AuthError('invalid_token', 'Invalid token')
        return context.principal(user, { transport: name, scopes: ['read'] })
      },
    })

    async function made() {
      const base = world()
      const ann = await base.member()
      const auth = crudAuth({
        users: users(base.db),
        secret,
        transports: [header('first'), header('second')],
      })
      const ask = (headers: Record<string, string>, gate = {}) =>
        auth.authenticate(new Request('https://x.example/', { headers }), gate)
      return { ann, ask, auth }
    }

    test('are asked in their order; the first credential that is present decides', async () => {
      const { ann, ask } = await made()
      const id = String(ann.id)
      expect((await ask({ 'x-second': id })).transport).toBe('second')
      expect((await ask({ 'x-first': id, 'x-second': id })).transport).toBe('first')
      await expect(ask({ 'x-first': '999', 'x-second': id })).rejects.toMatchObject({ status: 401 })
    })

    test('a bad credential is refused even under optional', async () => {
      const { ask } = await made()
      await expect(ask({ 'x-first': 'nobody' }, { optional: true })).rejects.toMatchObject({
        code: 'invalid_token',
      })
    })

    test('a gate may narrow them', async () => {
      const { ann, ask } = await made()
      const headers = { 'x-first': 'nobody', 'x-second': String(ann.id) }
      expect((await ask(headers, { transport: 'second' })).transport).toBe('second')
      expect((await ask(headers, { transport: 'second', scopes: ['read'] })).scopes).toEqual([
        'read',
      ])
    })

    test('are asked once, whichever gates a request passes, and challenge once', async () => {
      const { db, member } = world()
      await member()
      const asked: string[] = []
      const counting = (name: string): Transport => ({
        name,
        authenticate(context) {
          asked.push(name)
          context.challenge(name)
          return header(name).authenticate(context)
        },
      })
      const transports = [counting('first'), counting('second')]
      const auth = crudAuth({ users: users(db), secret, transports })
      const id = String((await db.select().from(members))[0]?.id)
      const request = new Request('https://x.example/', { headers: { 'x-second': id } })
      const principals = [
        await auth.authenticate(request),
        await auth.authenticate(request, { transport: 'second' }),
        await auth.authenticate(request, { transport: ['second', 'first'], scopes: ['read'] }),
      ]
      expect(new Set(principals).size).toBe(1)
      const refused = await auth
        .authenticate(request, { transport: 'first' })
        .catch((error: AuthError) => error.headers)
      expect(refused).toEqual({ 'WWW-Authenticate': 'first, second' })
      expect(asked).toEqual(['first', 'second'])
    })

    describe('that return no principal have found nobody', () => {
      const nothings: [string, unknown][] = [
        ['undefined', undefined],
        ['true', true],
        ['a text', 'ann'],
        ['an empty object', {}],
        ['a user', { id: 1, email: 'ann@example.com' }],
        ['scopes in one text', { userId: 1, user: {}, scopes: 'read write' }],
      ]
      const returning = (found: unknown) =>
        crudAuth({
          users: users(world().db),
          secret,
          transports: [{ name: 'own', authenticate: async () => found as null }],
        })
      const request = () => new Request('https://x.example/')

      test.each(nothings)('%s', async (_, found) => {
        const auth = returning(found)
        await expect(auth.authenticate(request())).rejects.toMatchObject({ status: 401 })
        expect(await auth.authenticate(request(), { optional: true })).toBeNull()
        const response = await auth.fetch(new Request('https://x.example/me'))
        expect(response.status).toBe(401)
      })

      test('and the next one is asked', async () => {
        const { db, member } = world()
        const ann = await member()
        const auth = crudAuth({
          users: users(db),
          secret,
          transports: [
            { name: 'own', authenticate: async () => undefined as unknown as null },
            header('second'),
          ],
        })
        const headers = { 'x-second': String(ann.id) }
        const found = await auth.authenticate(new Request('https://x.example/', { headers }))
        expect(found.transport).toBe('second')
      })
    })

    test('without a session transport there is no login to mount', async () => {
      const { auth } = await made()
      expect(auth.endpoints.map(({ path }) => path)).toEqual(['/register', '/me'])
    })
  })

  test('are what they were when they were built, whatever becomes of the object', async () => {
    const { app, auth, loggedIn, member } = world()
    const gate: { superuser?: boolean } = { superuser: true }
    app.get('/admins', auth.guard(gate), (c) => c.json({}))
    delete gate.superuser
    app.get('/members', auth.guard(gate), (c) => c.json({}))
    // One that takes its conditions from another has them as well.
    app.get('/sub', auth.guard(Object.create({ superuser: true })), (c) => c.json({}))
    const client = await loggedIn(await member())
    expect((await client.get('/members')).status).toBe(200)
    expect((await client.get('/admins')).status).toBe(403)
    expect((await client.get('/sub')).status).toBe(403)
  })

  describe('whose options cannot be meant are refused where they are built', () => {
    test.each([
      [
        'another case',
        { superUser: true },
        "gate.superUser is not an option; did you mean 'superuser'?",
      ],
      ['a missing letter', { scope: ['read'] }, "did you mean 'scopes'?"],
      ['a name of the principal’s', { isSuperuser: true }, "did you mean 'superuser'?"],
      ['nothing near', { colour: 'red' }, 'the options are: optional, superuser, verified'],
      ['a text for a flag', { superuser: 'true' }, 'gate.superuser must be true or false'],
      ['null for a flag', { verified: null }, 'gate.verified must be true or false'],
      ['one scope', { scopes: 'read' }, 'gate.scopes must be a list of texts'],
      ['a hole among scopes', { scopes: ['read', undefined] }, 'gate.scopes must be a list'],
      ['a transport that is none', { transport: 1 }, 'gate.transport must be a text or a list'],
      ['a check that is none', { check: true }, 'gate.check must be a function'],
      ['an import that came too early', { check: undefined }, 'gate.check is undefined'],
      ['a text', 'superuser', 'gate must be an object of options'],
      ['null', null, 'gate must be an object of options'],
    ])('%s', async (_, gate, problem) => {
      const { auth } = world()
      expect(() => auth.currentUser(gate as never)).toThrow(problem)
    })

    test('by authenticate, too', async () => {
      const { auth } = world({ features: [sudo()] })
      const misspelt = { superUser: true } as never
      const context = { req: { raw: new Request('https://x.example/') }, env: {} }
      await expect(auth.authenticate(context as never, misspelt)).rejects.toThrow(
        'gate.superUser is not an option',
      )
    })
  })

  test('an outage of the storage is 503, never "not logged in"', async () => {
    const { storage, auth, app, member, loggedIn, events } = world()
    app.get('/optional', auth.currentUser({ optional: true }), (c) => c.json({}))
    const browser = await loggedIn(await member())
    const { get } = storage
    storage.get = async () => {
      throw new Error('connection lost')
    }
    for (const path of ['/me', '/optional']) {
      const response = await browser.get(path)
      expect(response.status).toBe(503)
      expect(response.headers.get('retry-after')).toBe('5')
      expect(await json(response)).toMatchObject({ code: 'storage_unavailable' })
    }
    expect(events).toContainEqual(
      expect.objectContaining({ name: 'storage.failed', operation: 'session', effect: 'refused' }),
    )
    storage.get = get
    expect((await browser.get('/me')).status).toBe(200)
  })

  test('an outage while activity is noted refuses nobody', async () => {
    const { storage, member, loggedIn, clock, events } = world()
    const browser = await loggedIn(await member())
    storage.replace = async () => {
      throw new Error('connection lost')
    }
    clock.advance(120)
    expect((await browser.get('/me')).status).toBe(200)
    expect(events).toContainEqual(
      expect.objectContaining({
        name: 'storage.failed',
        operation: 'touch',
        effect: 'let_through',
      }),
    )
  })

  test('an outage after a right password, while its failures are forgotten, refuses nobody', async () => {
    const { browser, storage, member, events } = world()
    const ann = await member()
    storage.replace = async () => {
      throw new Error('connection lost')
    }
    expect((await browser().post('/login', ann)).status).toBe(200)
    expect(events).toContainEqual(
      expect.objectContaining({ operation: 'lockout', effect: 'let_through' }),
    )
  })
})
