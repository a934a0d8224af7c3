/**
 * Mistakes that would be silent: what an application is told of them, and when it is not.
 */
import { type AuthEvent, memoryStorage } from 'crudauth'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type WorldConfig, world } from './support/world.ts'

afterEach(() => vi.unstubAllEnvs())

type Code = Extract<AuthEvent, { name: 'warning' }>['code']

/** What was told under this code, over the life of an application. */
const told = (events: readonly AuthEvent[], code: Code) =>
  events.flatMap((event) => (event.name === 'warning' && event.code === code ? event.message : []))

const credentials = { username: 'ann', password: 'correct horse battery' }

describe('a proxy that the configuration does not name', () => {
  const log = async (config: WorldConfig, headers: Record<string, string>) => {
    const { browser, events } = world(config)
    for (let n = 0; n < 3; n++) await browser().post('/login', credentials, { headers })
    return told(events, 'ignored_forwarded_header')
  }

  test.each([{ 'x-forwarded-for': '203.0.113.9' }, { forwarded: 'for=203.0.113.9' }])(
    'is told once, in production too: %j',
    async (headers) => {
      vi.stubEnv('NODE_ENV', 'production')
      const [message, ...more] = await log({}, headers)
      expect(message).toMatch(/write trustedProxies: \{ networks: \['10\.0\.0\.0\/8'\] \}/)
      expect(message).toContain('write trustedProxies: { hops: 0 }')
      expect(message).not.toContain('203.0.113.9')
      expect(more).toEqual([])
    },
  )

  test.each([{ hops: 0 }, { networks: [] }, { hops: 1 }, { networks: ['203.0.113.0/24'] }])(
    'is nothing to tell under trustedProxies: %j',
    async (trustedProxies) => {
      expect(await log({ trustedProxies }, { 'x-forwarded-for': '203.0.113.9' })).toEqual([])
    },
  )

  test('is nothing to tell where no such header comes', async () => {
    expect(await log({}, {})).toEqual([])
  })
})

describe('a page of another origin', () => {
  const from = async (origins: readonly (string | undefined)[], config: WorldConfig = {}) => {
    const { browser, events } = world(config)
    for (const origin of origins) {
      const headers = { 'sec-fetch-site': 'cross-site', ...(origin ? { origin } : {}) }
      await browser().post('/login', credentials, { headers })
    }
    return told(events, 'refused_origin')
  }

  test('is told, once each, with the line that admits it', async () => {
    const messages = await from([
      'http://localhost:5173',
      'http://localhost:5173',
      'https://app.example.net',
    ])
    expect(messages).toEqual([
      expect.stringContaining("write trustedOrigins: ['http://localhost:5173']"),
      expect.stringContaining("write trustedOrigins: ['https://app.example.net']"),
    ])
  })

  test('is admitted by that line, which keeps the origins that were there', async () => {
    const trustedOrigins = ['https://www.example.com']
    const [message = ''] = await from(['http://localhost:5173'], { trustedOrigins })
    const [, line = ''] = /trustedOrigins: (\[.*\])/.exec(message) ?? []
    const admitted: string[] = JSON.parse(line.replaceAll("'", '"'))
    expect(admitted).toEqual([...trustedOrigins, 'http://localhost:5173'])
    expect(await from(admitted, { trustedOrigins: admitted })).toEqual([])
  })

  test('of an installed application is admitted by its own scheme, letter by letter', async () => {
    const trustedOrigins = ['capacitor://localhost', 'tauri://localhost', 'moz-extension://a1-b2']
    expect(await from(trustedOrigins, { trustedOrigins })).toEqual([])
    const others = [
      'capacitor://localhost.evil.example',
      'capacitor://localhost:1',
      'ionic://localhost',
    ]
    const refused = await from(others, { trustedOrigins })
    expect(refused).toEqual(others.map((one) => expect.stringContaining(`a page of ${one} sent`)))
    const [message = ''] = await from(['ionic://localhost'])
    expect(message).toContain("write trustedOrigins: ['ionic://localhost']")
  })

  test('is told for ten origins at most, and for nothing that is not an origin', async () => {
    const many = Array.from({ length: 30 }, (_, n) => `https://site${n}.example`)
    expect(await from(many)).toHaveLength(10)
    expect(await from([undefined, 'null', "https://x'];evil", 'data:,x'])).toEqual([])
  })

  test('is told in observe mode, where it would be refused', async () => {
    expect(await from(['http://localhost:5173'], { originMode: 'observe' })).toHaveLength(1)
  })

  test('is not told in production', async () => {
    vi.stubEnv('NODE_ENV', 'production')
    expect(await from(['http://localhost:5173'])).toEqual([])
  })
})

describe('a cookie that the browser drops', () => {
  const at = async (
    origin: string | null,
    headers: Record<string, string> = {},
    config: WorldConfig = {},
  ) => {
    const { member, browser, events } = world({ trustedOrigins: origin ? [origin] : [], ...config })
    const { username, password } = await member()
    for (let n = 0; n < 2; n++) {
      const client = browser({ origin: 'http://192.168.1.5:3000' })
      const sent = { ...headers, ...(origin ? { origin } : {}) }
      const { status } = await client.post('/login', { username, password }, { headers: sent })
      expect(status).toBe(200)
    }
    return told(events, 'refused_cookie')
  }

  test('is told once, with what to write', async () => {
    const [message, ...more] = await at('http://192.168.1.5:3000')
    expect(message).toContain('a browser at http://192.168.1.5:3000 does not keep the cookies')
    expect(message).toContain("cookies: { secure: process.env.NODE_ENV === 'production' }")
    expect(more).toEqual([])
  })

  test.each([
    ['on localhost', 'http://localhost:3000', {}],
    ['on a name below localhost', 'http://shop.localhost:3000', {}],
    ['on 127.0.0.1', 'http://127.0.0.1:3000', {}],
    ['on [::1]', 'http://[::1]:3000', {}],
    ['behind a proxy that ends TLS', 'https://app.example.com', {}],
    [
      'where the browser trusts the connection',
      'http://lan:1',
      { 'sec-fetch-site': 'same-origin' },
    ],
    ['to a client that is not a browser', null, {}],
  ])('is not told %s', async (_where, origin, headers) => {
    expect(await at(origin, headers)).toEqual([])
  })

  test('is not told where cookies are not Secure, or in production', async () => {
    const origin = 'http://192.168.1.5:3000'
    expect(await at(origin, {}, { cookies: { secure: false } })).toEqual([])
    vi.stubEnv('NODE_ENV', 'production')
    expect(await at(origin)).toEqual([])
  })
})

describe('the default namespace on a shared storage', () => {
  const started = (config: WorldConfig) => told(world(config).events, 'default_namespace')
  const storage = Object.assign(Object.create(memoryStorage()), { shared: true })

  test.each(['production', 'development'])('is told at once, in %s', (environment) => {
    vi.stubEnv('NODE_ENV', environment)
    expect(started({ storage })).toEqual([expect.stringContaining("Write namespace: 'shop'")])
  })

  test('is not told once it was chosen, nor in memory of one process', () => {
    expect(started({ storage, namespace: 'crudauth' })).toEqual([])
    expect(started({})).toEqual([])
  })
})
