/**
 * The routes in parts: by feature, and below a path.
 */
import { bearer, session } from 'crudauth'
import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import { Browser } from './support/browser.ts'
import { json, world } from './support/world.ts'

const ann = { email: 'ann@example.com', username: 'ann', password: 'correct horse battery' }
const both = { transports: [session(), bearer()] }

const post = (path: string, body: object) =>
  new Request(`https://example.com${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

describe('auth.routes', () => {
  test('of one feature below a path answers there, and nothing else', async () => {
    const { auth } = world(both)
    const signUp = auth.routes.only('register').under('/sign-up')
    expect((await signUp.fetch(post('/sign-up/register', ann))).status).toBe(200)
    for (const path of ['/register', '/sign-up/login', '/login', '/sign-upregister', '/sign-up']) {
      const answer = await signUp.fetch(post(path, ann))
      expect([path, answer.status]).toEqual([path, 404])
    }
    const wrong = await signUp.fetch(new Request('https://example.com/sign-up/register'))
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST'])
  })

  test('all of them are those of auth.fetch', async () => {
    const { auth } = world(both)
    expect(auth.routes.endpoints).toEqual(auth.endpoints)
    const below = auth.routes.under('/auth/').under('/v1')
    expect(below.endpoints.map(({ path }) => path)).toEqual(
      auth.endpoints.map(({ path }) => `/auth/v1${path}`),
    )
    await below.fetch(post('/auth/v1/register', ann))
    const answer = await below.fetch(post('/auth/v1/login', ann))
    expect(answer.status).toBe(200)
  })

  test('without some features leaves out theirs alone', () => {
    const { auth } = world(both)
    const paths = (routes: typeof auth.routes) => routes.endpoints.map(({ path }) => path)
    const without = paths(auth.routes.except('register', 'bearer'))
    expect(without).toContain('/login')
    expect(without).not.toContain('/register')
    expect(without).not.toContain('/token')
    expect(paths(auth.routes.only('bearer'))).toEqual(['/token', '/refresh', '/revoke'])
    const parts = ['register', 'me', 'passwords', 'session', 'bearer'].flatMap((name) =>
      paths(auth.routes.only(name)),
    )
    expect(parts.sort()).toEqual(paths(auth.routes).sort())
  })

  test('the document is of what is mounted, where it is mounted', async () => {
    const { auth } = world(both)
    const document = await auth.routes.only('session').under('/auth').openapi()
    expect(Object.keys(document.paths ?? {})).toEqual(['/auth/login', '/auth/logout'])
  })

  test('a request is counted and remembered as one, wherever its route is', async () => {
    const { auth } = world({ ...both, rateLimits: { register: { times: 1, seconds: 3600 } } })
    const [here, there] = [auth.routes.under('/a'), auth.routes.only('register').under('/b')]
    const peer = '192.0.2.7'
    expect((await here.fetch({ request: post('/a/register', ann), peer })).status).toBe(200)
    const bob = { ...ann, username: 'bob', email: 'bob@example.com' }
    expect((await there.fetch({ request: post('/b/register', bob), peer })).status).toBe(429)
  })

  test('through Hono, in several places of one application', async () => {
    const { auth } = world(both)
    const app = auth.mount(new Hono(), '/sign-up', auth.routes.only('register'))
    auth.mount(app, '/auth', auth.routes.except('register'))
    const browser = new Browser(async (request, peer) =>
      app.fetch(request, { incoming: { socket: { remoteAddress: peer } } }),
    )
    expect((await browser.post('/sign-up/register', ann)).status).toBe(200)
    expect((await browser.post('/auth/register', ann)).status).toBe(404)
    expect((await browser.post('/auth/login', ann)).status).toBe(200)
    expect(await json(await browser.get('/auth/me'))).toMatchObject({ username: 'ann' })
  })

  test('refuses what is no feature, and what is no path', () => {
    const { auth } = world()
    expect(() => auth.routes.only('registration')).toThrow(
      "none of 'registration'; write one of: register, me, passwords, session",
    )
    expect(() => auth.routes.except('bearer')).toThrow("none of 'bearer'")
    for (const path of ['auth', '/a b', '/a//b', '/:id', '/a?b', 7]) {
      expect(() => auth.routes.under(path as string)).toThrow("write under('/auth')")
    }
  })
})
