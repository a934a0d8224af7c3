import { type AuthError, honoAuth, session } from 'crudauth/hono'
import { Hono, type HonoRequest } from 'hono'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { Browser, type CallOptions } from './support/browser.ts'
import { json, secret, users, world } from './support/world.ts'

describe('Hono adapter', () => {
  test('mounts under a prefix', async () => {
    const { auth, member } = world()
    const { username, password } = await member()
    const app = new Hono().route('/auth', auth.router)
    const body = JSON.stringify({ username, password })
    const headers = { 'content-type': 'application/json' }
    expect((await app.request('/auth/login', { method: 'POST', body, headers })).status).toBe(200)
    expect((await app.request('/login', { method: 'POST', body, headers })).status).toBe(404)
  })

  test('is mounted in an application by auth.mount, which keeps the type of the application', async () => {
    const { auth, member } = world()
    const { username, password } = await member()
    const body = JSON.stringify({ username, password })
    const headers = { 'content-type': 'application/json' }
    const app = new Hono<{ Variables: { plan: string } }>()
    const mounted = auth.mount(app, '/auth').get('/', (c) => c.json(c.var.plan ?? 'none'))
    expectTypeOf(auth.mount(app, '/again')).toEqualTypeOf<typeof app>()
    for (const path of ['/auth/login', '/again/login']) {
      expect((await mounted.request(path, { method: 'POST', body, headers })).status).toBe(200)
    }
    expect((await app.request('/login', { method: 'POST', body, headers })).status).toBe(404)
    expect((await auth.mount(new Hono()).request('/login')).status).toBe(405)
    // @ts-expect-error no application of Hono's
    expect(() => auth.mount({})).toThrow()
  })

  test('leaves the application its own routes on the same paths', async () => {
    const { app } = world()
    app.get('/login', (c) => c.html('<form>'))
    expect(await (await app.request('/login')).text()).toBe('<form>')
  })

  test('finds the peer’s address, or is told', async () => {
    const { db } = world()
    const seen: (string | null)[] = []
    const listen = (config: { peer?: () => string }) =>
      honoAuth({
        transports: [session()],
        users: users(db),
        secret,
        onEvent(event) {
          if (event.name === 'login.failed') seen.push(event.address)
        },
        ...config,
      })
    const login = (auth: ReturnType<typeof listen>, env: object) =>
      auth.router.request(
        '/login',
        {
          method: 'POST',
          body: JSON.stringify({ username: 'x', password: 'y' }),
          headers: { 'content-type': 'application/json' },
        },
        env,
      )
    const node = { incoming: { socket: { remoteAddress: '192.0.2.1' } } }
    const bun = { server: { requestIP: () => ({ address: '192.0.2.2' }) } }
    const deno = { remoteAddr: { hostname: '192.0.2.3' } }
    for (const env of [node, bun, deno, {}]) await login(listen({}), env)
    await login(listen({ peer: () => '192.0.2.4' }), node)
    expect(seen).toEqual(['192.0.2.1', '192.0.2.2', '192.0.2.3', null, '192.0.2.4'])
  })

  test('tells a connection that is gone from one that has no address, on every platform', async () => {
    const { auth } = world()
    const status = async (env: object) => {
      const app = new Hono().get('/', auth.currentUser({ optional: true }), (c) => c.text('in'))
      return (await app.request('/', {}, env)).status
    }
    const requestIP = () => null
    expect(await status({ server: { requestIP, port: 3000 } })).toBe(400)
    expect(await status({ server: { requestIP } })).toBe(200)
    expect(await status({ remoteAddr: { transport: 'unix', path: '/run/app.sock' } })).toBe(200)
    const ended = {
      get remoteAddress(): string {
        throw new Error('the session of this stream has ended')
      },
    }
    expect(await status({ incoming: { socket: ended } })).toBe(400)
    expect(await status({})).toBe(200)
  })

  test('an AuthError that a handler lets pass is answered as one', async () => {
    const { app, auth, browser } = world()
    app.get('/inside', async (c) => c.json((await auth.authenticate(c, { superuser: true })).user))
    const response = await browser().get('/inside')
    expect(response.status).toBe(401)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
  })

  test('an error of the application goes to its own error handler', async () => {
    const { app, auth, member, loggedIn } = world()
    const oops = () => {
      throw new Error('oops')
    }
    app.get('/fails', auth.currentUser({ check: oops }), (c) => c.json({}))
    app.onError((error, c) => c.text(`handled ${error.message}`, 500))
    const response = await (await loggedIn(await member())).get('/fails')
    expect(await response.text()).toBe('handled oops')
  })

  describe('a body that a middleware has read before', () => {
    const form = new FormData()
    form.append('username', 'ann')
    form.append('password', 'correct horse battery')
    const twice = new FormData()
    for (const name of ['username', 'password', 'username']) twice.append(name, 'ann')
    const credentials = { username: 'ann', password: 'correct horse battery' }
    const bodies: [string, CallOptions][] = [
      ['JSON', { json: credentials }],
      ['a form', { form: credentials }],
      ['a form in parts', { body: form }],
    ]
    const readers: [string, (request: HonoRequest) => Promise<unknown>][] = [
      ['text()', (request) => request.text()],
      ['json()', (request) => request.json()],
      ['arrayBuffer()', (request) => request.arrayBuffer()],
      ['parseBody()', (request) => request.parseBody()],
      ['formData()', (request) => request.formData()],
      ['raw.clone()', (request) => request.raw.clone().text()],
    ]

    async function behind(read: (request: HonoRequest) => Promise<unknown>) {
      const { auth, member } = world()
      await member()
      const app = new Hono()
      app.use(async (c, next) => {
        await read(c.req).catch(() => undefined)
        await next()
      })
      auth.mount(app)
      const send = async (request: Request) =>
        app.fetch(request, { incoming: { socket: { remoteAddress: '203.0.113.7' } } })
      return new Browser(send)
    }

    test.each(
      readers.flatMap(([how, read]) =>
        bodies.map(([what, body]) => [how, what, read, body] as const),
      ),
    )('by %s, of %s, is read once more', async (how, what, read, body) => {
      const client = await behind(read)
      // Asked for a form, Hono itself keeps nothing of what is none.
      const isLost = how === 'formData()' && what === 'JSON'
      expect((await client.call('POST', '/login', body)).status).toBe(isLost ? 422 : 200)
    })

    test('has the same limits: its size, and one value for each field', async () => {
      const client = await behind((request) => request.formData())
      const long = new FormData()
      long.append('username', 'x'.repeat(70_000))
      expect((await client.call('POST', '/login', { body: long })).status).toBe(413)
      expect(await json(await client.call('POST', '/login', { body: twice }))).toMatchObject({
        errors: [{ path: 'username', message: 'Given more than once.' }],
      })
      const texts = await behind((request) => request.text())
      const { status } = await texts.post('/login', { username: 'x'.repeat(70_000) })
      expect(status).toBe(413)
    })

    test('by way of c.req.raw is lost, and the developer is told', async () => {
      const { auth, events } = world()
      const app = new Hono()
      app.use(async (c, next) => {
        await c.req.raw.text()
        await next()
      })
      auth.mount(app)
      const response = await new Browser(async (request) => app.fetch(request)).post('/login', {})
      expect(response.status).toBe(500)
      const told = 'read a clone of the request, or in Hono with c.req instead of c.req.raw'
      const error = expect.objectContaining({ message: expect.stringContaining(told) })
      expect(events).toContainEqual({ name: 'request.failed', path: '/login', error })
    })
  })

  test('authenticatePassword shares everything with /login and sets nothing', async () => {
    const { app, auth, browser, member } = world()
    app.post('/check', async (c) => {
      const { username, password } = await c.req.json<{ username: string; password: string }>()
      try {
        return c.json(await auth.authenticatePassword(c, username, password))
      } catch (error) {
        return (error as AuthError).getResponse()
      }
    })
    const ann = await member()
    const client = browser()
    const right = await json(await client.post('/check', ann))
    expect(right).toMatchObject({ id: ann.id, displayName: 'somebody' })
    expect(right).not.toHaveProperty('hashedPassword')
    expect(client.jar.size).toBe(0)
    expect((await client.post('/check', { ...ann, password: 'wrong' })).status).toBe(401)
    for (const odd of [undefined, null, 5, ['ann'], { toString: 'ann' }]) {
      expect((await client.post('/check', { ...ann, username: odd })).status).toBe(401)
      expect((await client.post('/check', { ...ann, password: odd })).status).toBe(401)
    }
  })

  test('is disposed of with the application', async () => {
    const { auth, storage } = world()
    let closed = 0
    storage.close = async () => {
      closed++
    }
    await auth.init()
    await auth.close()
    await auth[Symbol.asyncDispose]()
    expect(closed).toBe(2)
  })
})
