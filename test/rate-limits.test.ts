import { ConfigurationError, memoryStorage, session } from 'crudauth'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { application } from './support/application.ts'
import { Browser } from './support/browser.ts'
import { database, json, users, type WorldConfig, world } from './support/world.ts'

const newcomer = (n: number) => ({
  email: `user${n}@example.com`,
  username: `user${n}`,
  password: 'correct horse battery',
})

/** A world with the default limits. */
const limited = (config: WorldConfig = {}) => world({ rateLimits: {}, ...config })

describe('Rate limits', () => {
  describe('POST /register', () => {
    test('five per hour and address, with the X-RateLimit headers', async () => {
      const { browser } = limited()
      const client = browser()
      for (let n = 0; n < 5; n++) {
        const response = await client.post('/register', newcomer(n))
        expect(response.status).toBe(200)
        expect(response.headers.get('x-ratelimit-limit')).toBe('5')
        expect(response.headers.get('x-ratelimit-remaining')).toBe(String(4 - n))
        expect(response.headers.get('retry-after')).toBeNull()
      }
      const response = await client.post('/register', newcomer(5))
      expect(response.status).toBe(429)
      expect(response.headers.get('x-ratelimit-limit')).toBe('5')
      expect(response.headers.get('x-ratelimit-remaining')).toBe('0')
      expect(response.headers.get('retry-after')).toBe('720')
      expect(await json(response)).toMatchObject({
        code: 'rate_limited',
        detail: 'Too many requests. Try again later.',
      })
      expect((await browser({ peer: '192.0.2.99' }).post('/register', newcomer(6))).status).toBe(
        200,
      )
    })

    test('no window’s edge doubles the budget', async () => {
      const { browser, clock } = limited()
      const client = browser()
      // The last seconds of an hour, then the first of the next.
      clock.advance(3595)
      const statuses: number[] = []
      for (let n = 0; n < 10; n++) {
        statuses.push((await client.post('/register', newcomer(n))).status)
        clock.advance(1)
      }
      expect(statuses.filter((status) => status === 200)).toHaveLength(5)
    })

    test('the budget refills evenly', async () => {
      const { browser, clock } = limited()
      const client = browser()
      for (let n = 0; n < 5; n++) await client.post('/register', newcomer(n))
      clock.advance(720)
      expect((await client.post('/register', newcomer(5))).status).toBe(200)
      expect((await client.post('/register', newcomer(6))).status).toBe(429)
    })

    test('a bad body counts and has no headers, a broken one does not count', async () => {
      const { browser } = limited()
      const client = browser()
      for (let n = 0; n < 4; n++) {
        const response = await client.post('/register', {})
        expect(response.status).toBe(422)
        expect(response.headers.get('x-ratelimit-limit')).toBeNull()
      }
      const headers = { 'content-type': 'application/json' }
      for (let n = 0; n < 9; n++) await client.call('POST', '/register', { body: '{', headers })
      expect((await client.post('/register', newcomer(0))).status).toBe(200)
      expect((await client.post('/register', newcomer(1))).status).toBe(429)
    })

    test('while addresses are unknown, all share the budget of twenty clients, then it is 503', async () => {
      const { browser } = limited()
      for (let n = 0; n < 100; n++) {
        const refused = await browser({ peer: undefined }).post('/register', {
          ...newcomer(n),
          password: 'short',
        })
        expect(refused.status).toBe(422)
      }
      const response = await browser({ peer: undefined }).post('/register', newcomer(101))
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, '36'])
      expect((await browser().post('/register', newcomer(102))).status).toBe(200)
    })

    test('while the address is unknown, what was typed is counted', async () => {
      const { browser } = limited()
      const client = browser({ peer: undefined })
      for (let n = 0; n < 8; n++) {
        expect((await client.post('/register', newcomer(n))).status).toBe(200)
      }
      const same: number[] = []
      for (let n = 0; n < 6; n++) {
        same.push((await client.post('/register', { ...newcomer(0), username: `x${n}` })).status)
      }
      expect(same.at(-1)).toBe(429)
    })

    test('then people do not share a budget where a schema has other names for what they type', async () => {
      const schema = z
        .object({ mail: z.string(), name: z.string(), password: z.string() })
        .transform(({ mail, name, password }) => ({ email: mail, username: name, password }))
      const { auth } = application({
        users: users(database().db),
        registration: { schema },
        rateLimits: {},
      })
      const client = new Browser((request) => auth.fetch(request), { peer: undefined })
      const register = async (n: number) => {
        const { email: mail, username: name, password } = newcomer(n)
        return (await client.post('/register', { mail, name, password })).status
      }
      for (let n = 0; n < 8; n++) expect(await register(n)).toBe(200)
      const same: number[] = []
      for (let n = 0; n < 6; n++) same.push(await register(0))
      expect(same.at(-1)).toBe(429)
      const nested = `{"a":${'['.repeat(30_000)}${']'.repeat(30_000)}}`
      const headers = { 'content-type': 'application/json' }
      expect((await client.call('POST', '/register', { body: nested, headers })).status).toBe(422)
    })

    test('can be changed, and switched off', async () => {
      const off = limited({ rateLimits: { register: { times: 0, seconds: 1 } } })
      const one = limited({ rateLimits: { register: { times: 1, seconds: 60 } } })
      for (let n = 0; n < 8; n++) {
        const response = await off.browser().post('/register', newcomer(n))
        expect([response.status, response.headers.get('x-ratelimit-limit')]).toEqual([200, null])
      }
      expect((await one.browser().post('/register', newcomer(0))).status).toBe(200)
      expect((await one.browser().post('/register', newcomer(1))).status).toBe(429)
    })
  })

  describe('auth.rateLimit', () => {
    const statuses = async (count: number, call: (n: number) => Promise<Response>) => {
      const found: number[] = []
      for (let n = 0; n < count; n++) found.push((await call(n)).status)
      return found
    }

    test('limits a route by address', async () => {
      const { app, auth, browser } = world()
      app.get('/search', auth.rateLimit('search', { times: 2, seconds: 60 }), (c) => c.json({}))
      const client = browser()
      expect(await statuses(3, () => client.get('/search'))).toEqual([200, 200, 429])
      const other = await browser({ peer: '192.0.2.8' }).get('/search')
      expect(other.headers.get('x-ratelimit-remaining')).toBe('1')
    })

    test('lets all whose address is unknown share the budget of twenty clients, then says 503', async () => {
      const { app, auth, browser, events } = world()
      app.get('/search', auth.rateLimit('search', { times: 2, seconds: 60 }), (c) => c.json({}))
      const client = () => browser({ peer: undefined })
      expect(await statuses(40, () => client().get('/search'))).toEqual(Array(40).fill(200))
      const refused = await client().get('/search')
      expect(refused.status).toBe(503)
      expect(await json(refused)).toMatchObject({ code: 'overloaded' })
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
      expect((await browser().get('/search')).status).toBe(200)
      expect(events.filter(({ name }) => name === 'warning')).toHaveLength(1)
      expect(events).toContainEqual(
        expect.objectContaining({ name: 'rate_limit.exceeded', address: null, observed: false }),
      )
    })

    test('refuses nobody then who is logged in, and a bad credential is a stranger’s', async () => {
      const { app, auth, browser, member, loggedIn } = world()
      app.get('/search', auth.rateLimit('search', { times: 1, seconds: 60 }), (c) => c.json({}))
      const owner = await loggedIn(await member(), { peer: undefined })
      const stranger = browser({ peer: undefined })
      await statuses(20, () => stranger.get('/search'))
      const headers = { cookie: '__Host-session_id=made-up' }
      expect((await stranger.get('/search', { headers })).status).toBe(503)
      expect(await statuses(3, () => owner.get('/search'))).toEqual([200, 200, 200])
    })

    test('nor a browser that was logged in, and no other that says so', async () => {
      const rateLimits = { register: { times: 1, seconds: 3600 } }
      const { app, auth, browser, member, loggedIn } = world({ rateLimits })
      app.get('/search', auth.rateLimit('search', { times: 1, seconds: 60 }), (c) => c.json({}))
      const ann = await member()
      const owner = await loggedIn(ann, { peer: undefined })
      await owner.post('/logout')
      const mine = owner.cookie('__Host-known_device') ?? ''
      const stranger = browser({ peer: undefined })
      const newcomer = (n: number) => ({
        email: `new${n}@example.com`,
        username: `new${n}`,
        password: 'correct horse battery',
      })
      await statuses(20, () => stranger.get('/search'))
      for (let n = 0; n < 20; n++)
        await stranger.post('/register', { ...newcomer(n), password: '' })
      expect((await stranger.get('/search')).status).toBe(503)
      expect((await stranger.post('/register', newcomer(30))).status).toBe(503)
      expect(await statuses(3, () => owner.get('/search'))).toEqual([200, 200, 200])
      expect((await owner.post('/register', newcomer(31))).status).toBe(200)
      // Its name is no use without the seal, nor with another's, nor once it is forgotten.
      const [name = '', seal = ''] = mine.split('.')
      for (const value of [name, `${name}.${'A'.repeat(22)}`, `${'A'.repeat(22)}.${seal}`]) {
        const headers = { cookie: `__Host-known_device=${value}` }
        expect((await stranger.get('/search', { headers })).status).toBe(503)
      }
      const headers = { cookie: `__Host-known_device=${mine}` }
      expect((await stranger.get('/search', { headers })).status).toBe(200)
      await auth.knownDevices.forget(ann.id)
      expect((await stranger.get('/search', { headers })).status).toBe(503)
    })

    test('never refuses a login or what an owner does, however many have no address', async () => {
      const { browser, member, loggedIn } = world({
        transports: [session({ managementRoutes: true })],
        rateLimits: {},
      })
      const ann = await member()
      const stranger = browser({ peer: undefined })
      for (let n = 2; n < 102; n++) {
        await stranger.post('/register', { ...newcomer(n), password: 'short' })
      }
      expect((await stranger.post('/register', newcomer(1))).status).toBe(503)
      const owner = await loggedIn(ann, { peer: undefined })
      expect((await owner.post('/csrf/refresh')).status).toBe(200)
      expect((await owner.get('/sessions')).status).toBe(200)
      expect((await owner.post('/logout')).status).toBe(200)
    })

    test('can be switched off', async () => {
      const { app, auth, browser } = world({ rateLimits: { export: { times: 0, seconds: 60 } } })
      app.get('/export', auth.rateLimit('export'), (c) => c.json({}))
      const client = browser()
      expect(await statuses(3, () => client.get('/export'))).toEqual([200, 200, 200])
      expect((await client.get('/export')).headers.has('x-ratelimit-limit')).toBe(false)
    })

    test('limits by user, who must be one', async () => {
      const { app, auth, browser, member, loggedIn } = world()
      const limit = { times: 2, seconds: 60 }
      app.get('/mine', auth.rateLimit('mine', limit, { key: 'user' }), (c) => c.json({}))
      expect((await browser().get('/mine')).status).toBe(401)
      const ann = await member()
      const [one, two] = [await loggedIn(ann), await loggedIn(ann, { peer: '192.0.2.8' })]
      expect(await statuses(3, (n) => (n % 2 ? one : two).get('/mine'))).toEqual([200, 200, 429])
      const bob = await loggedIn(await member('bob'))
      expect((await bob.get('/mine')).status).toBe(200)
    })

    test('limits by a key of one’s own', async () => {
      const { app, auth, browser } = world()
      const key = (request: Request) => new URL(request.url).searchParams.get('shop') ?? ''
      const limit = { times: 1, seconds: 60 }
      app.get('/orders', auth.rateLimit('orders', limit, { key }), (c) => c.json({}))
      const client = browser()
      expect((await client.get('/orders?shop=1')).status).toBe(200)
      expect((await client.get('/orders?shop=2')).status).toBe(200)
      expect((await client.get('/orders?shop=1')).status).toBe(429)
    })

    test('keeps of that key a digest, of one size, and takes nothing but a text', async () => {
      const kept: string[] = []
      const { app, auth, browser, storage } = world()
      const spend = storage.spend.bind(storage)
      storage.spend = (key, ...rest) => {
        kept.push(key)
        return spend(key, ...rest)
      }
      const limit = { times: 1, seconds: 60 }
      const shop = { key: (request: Request) => request.headers.get('x-shop') ?? '' }
      app.get('/orders', auth.rateLimit('orders', limit, shop), (c) => c.json({}))
      const none = { key: () => undefined as never }
      app.get('/none', auth.rateLimit('none', limit, none), (c) => c.json({}))
      const headers = { 'x-shop': `ann@example.com${'x'.repeat(4000)}` }
      expect((await browser().get('/orders', { headers })).status).toBe(200)
      expect(kept).toEqual([expect.stringMatching(/^.{1,100}$/)])
      expect(kept.join()).not.toContain('ann@example.com')
      app.onError((error, c) => c.text(error.message, 500))
      expect(await (await browser().get('/none')).text()).toContain('return a text')
    })

    test('takes the configured limit of its action', async () => {
      const { app, auth, browser } = world({ rateLimits: { export: { times: 1, seconds: 60 } } })
      app.get('/export', auth.rateLimit('export'), (c) => c.json({}))
      expect(await statuses(2, () => browser().get('/export'))).toEqual([200, 429])
    })

    test.each([
      ['register', 5],
      ['change_password', 5],
      ['logout_all', 10],
      ['csrf_refresh', 30],
    ])('knows the default of a mounted route, %s: %i per hour', async (action, times) => {
      const { app, auth, browser } = limited({
        transports: [session({ managementRoutes: true })],
      })
      app.get('/limited', auth.rateLimit(action), (c) => c.json({}))
      const client = browser()
      const found = await statuses(times + 1, () => client.get('/limited'))
      expect(found).toEqual([...Array(times).fill(200), 429])
    })

    test('a budget of nobody is an error where it is written', () => {
      const limit = { times: 1, seconds: 60 }
      const odd = [{ key: 'ip' }, { key: 5 }, { key: null }, { kye: 'user' }] as never[]
      for (const options of odd) {
        expect(() => world().auth.rateLimit('own', limit, options)).toThrow(ConfigurationError)
      }
    })

    test('an action without a limit is an error where it is written', () => {
      const { auth } = world()
      expect(() => auth.rateLimit('nothing')).toThrow(ConfigurationError)
      expect(() => auth.rateLimit('nothing')).toThrow(
        "write rateLimit('nothing', { times: 30, seconds: 60 })",
      )
      expect(() => auth.rateLimit('bad', { times: 1.5, seconds: 0 })).toThrow(ConfigurationError)
    })

    test('headers are only on answers that went well', async () => {
      const { app, auth, browser } = world()
      app.get('/teapot', auth.rateLimit('teapot', { times: 9, seconds: 60 }), (c) =>
        c.text('', 418),
      )
      const response = await browser().get('/teapot')
      expect([response.status, response.headers.get('x-ratelimit-limit')]).toEqual([418, null])
    })
  })

  test('an outage of the storage lets the request through, and is reported', async () => {
    const storage = memoryStorage()
    storage.spend = async () => {
      throw new Error('connection lost')
    }
    const { browser, events } = limited({ storage })
    const response = await browser().post('/register', newcomer(0))
    expect(response.status).toBe(200)
    expect(response.headers.get('x-ratelimit-remaining')).toBe('5')
    expect(events).toContainEqual(
      expect.objectContaining({ operation: 'rate_limit', effect: 'let_through' }),
    )
  })

  test('in observe mode nobody is refused, with the same event', async () => {
    const { browser, events } = limited({ rateLimitMode: 'observe' })
    for (let n = 0; n < 7; n++) {
      expect((await browser().post('/register', newcomer(n))).status).toBe(200)
    }
    expect(events).toContainEqual(
      expect.objectContaining({ name: 'rate_limit.exceeded', action: 'register', observed: true }),
    )
  })
})
