/**
 * The cookies of each transport: names, domains, paths and SameSite, within what is safe.
 */
import {
  type BearerTransportOptions,
  bearer,
  type SessionTransportOptions,
  session,
} from 'crudauth'
import { describe, expect, test } from 'vitest'
import { problemsOf } from './support/configuration-problems.ts'
import { json, world } from './support/world.ts'

const form = { 'content-type': 'application/x-www-form-urlencoded' }
const cookiesOf = (response: Response) => response.headers.getSetCookie()

describe('The cookies of a session', () => {
  const shared: SessionTransportOptions = {
    cookieName: 'sid',
    csrfCookieName: 'xsrf',
    cookieDomain: 'example.com',
    cookiePath: '/app',
    cookieSameSite: 'strict',
  }

  async function loggedIn(options: SessionTransportOptions) {
    const made = world({ transports: [session(options)] })
    const ann = await made.member()
    const client = made.browser()
    const answer = await client.post('/login', { username: ann.username, password: ann.password })
    const { csrf_token } = await json(answer)
    return { ...made, client, answer, csrf: String(csrf_token) }
  }

  test('have the names and attributes that they are given, and the others keep theirs', async () => {
    const { answer, auth } = await loggedIn(shared)
    const [id, csrf, device] = cookiesOf(answer)
    expect(id).toMatch(/^sid=/)
    expect(csrf).toMatch(/^xsrf=/)
    for (const cookie of [id, csrf]) {
      expect(cookie).toMatch(/; Domain=example\.com/)
      expect(cookie).toMatch(/; Path=\/app/)
      expect(cookie).toMatch(/; SameSite=Strict/)
      expect(cookie).toMatch(/; Secure/)
    }
    expect(id).toMatch(/; HttpOnly/)
    expect(device).toMatch(/^__Host-known_device=/)
    expect(device).not.toMatch(/Domain/)
    expect(auth.describe().cookies).toContainEqual({
      name: 'sid',
      httpOnly: true,
      secure: true,
      sameSite: 'strict',
      path: '/app',
      domain: 'example.com',
    })
  })

  test('by another name alone keep the prefix that nobody can plant', async () => {
    const { answer, client } = await loggedIn({ cookieName: 'sid' })
    expect(cookiesOf(answer)[0]).toMatch(/^__Host-sid=/)
    expect((await client.get('/me')).status).toBe(200)
  })

  test('are cleared where they were set', async () => {
    const { send, answer, csrf } = await loggedIn({ cookieDomain: 'example.com' })
    const [id = ''] = cookiesOf(answer)
    const cookie = id.slice(0, id.indexOf(';'))
    const loggedOut = await send(
      new Request('https://example.com/logout', {
        method: 'POST',
        headers: { cookie, 'x-csrf-token': csrf },
      }),
      '192.0.2.1',
    )
    expect(loggedOut.status).toBe(200)
    for (const cleared of cookiesOf(loggedOut).slice(0, 2)) {
      expect(cleared).toMatch(/Max-Age=0/)
      expect(cleared.match(/Domain=/g)).toHaveLength(1)
      expect(cleared).toMatch(/; Domain=example\.com/)
    }
  })

  test('a planted one of the same name goes at the logout, of the host and of each parent', async () => {
    const { send, answer, csrf } = await loggedIn({ cookieDomain: 'example.com' })
    const [id = ''] = cookiesOf(answer)
    const cookie = id.slice(0, id.indexOf(';'))
    const loggedOut = await send(
      new Request('https://shop.example.com/logout', {
        method: 'POST',
        headers: { cookie: `${cookie}; session_id=planted`, 'x-csrf-token': csrf },
      }),
      '192.0.2.1',
    )
    const domains = cookiesOf(loggedOut)
      .filter((one) => one.startsWith('session_id='))
      .map((one) => /Domain=([^;]*)/.exec(one)?.[1] ?? null)
    expect(new Set(domains)).toEqual(new Set(['example.com', null, 'shop.example.com']))
  })

  test('for a domain that the host is not in are told: no browser keeps them', async () => {
    const { events } = await loggedIn({ cookieDomain: 'example.org' })
    const told = events.filter((event) => event.name === 'warning')
    expect(told).toMatchObject([{ code: 'refused_cookie' }])
    expect(told[0]?.message).toContain("cookie for 'example.org'")
  })
})

describe('The domain of a cookie', () => {
  test.each([
    ['com', 'under which strangers have names'],
    ['localhost', 'under which strangers have names'],
    ['co.uk', 'under which strangers have names'],
    ['com.au', 'under which strangers have names'],
    ['github.io', 'under which strangers have names'],
    ['vercel.app', 'under which strangers have names'],
    ['s3.amazonaws.com', 'under which strangers have names'],
    ['.example.com', "write 'example.com'"],
    ['https://example.com', 'is no domain'],
    ['example.com:8080', 'is no domain'],
    ['192.0.2.1', 'is no domain'],
    ['[::1]', 'is no domain'],
    ['exa mple.com', 'is no domain'],
    ['bücher.example', "write 'xn--bcher-kva.example'"],
    ['EXAMPLE.com', "write 'example.com'"],
    ['a.com; Secure', 'is no domain'],
    ['', 'must be a domain'],
    [7, 'must be a domain'],
  ])('is not %s', (domain, message) => {
    for (const transports of [
      [session({ cookieDomain: domain as string })],
      [bearer({ refreshCookieDomain: domain as string })],
    ]) {
      expect(problemsOf({ transports })).toEqual([expect.stringContaining(message)])
    }
  })

  test.each(['example.com', 'shop.example.co.uk', 'example.co.uk', 'my-shop.vercel.app'])(
    'may be %s',
    (cookieDomain) => {
      expect(problemsOf({ transports: [session({ cookieDomain })] })).toEqual([])
    },
  )
})

describe('A cookie of a transport', () => {
  test.each([
    [[session({ cookieName: 'csrf_token' })], "'csrf_token'"],
    [[session({ csrfCookieName: 'known_device' })], "'known_device'"],
    [[session({ cookieName: 'a' }), bearer({ refreshCookieName: 'a' })], "'a'"],
  ])('has a name of its own: %#', (transports, named) => {
    expect(problemsOf({ transports })).toEqual([
      expect.stringContaining(`two cookies of the library are called ${named}`),
    ])
  })

  test.each([
    [{ cookieName: '__Host-sid' }, "write 'sid'"],
    [{ cookieName: 'a b' }, 'must be a cookie name'],
    [{ cookieSameSite: 'none' }, 'SameSite=None lets every site'],
    [{ cookiePath: 'app' }, "starts with '/'"],
  ])('cannot be %j', (options, message) => {
    expect(problemsOf({ transports: [session(options as SessionTransportOptions)] })).toEqual([
      expect.stringContaining(message),
    ])
  })
})

describe('A refresh cookie for a frontend on another site', () => {
  const frontend = 'https://app.example.org'
  const crossSite: BearerTransportOptions = { refreshCookieSameSite: 'none' }

  async function tokens() {
    const made = world({ transports: [bearer(crossSite)], trustedOrigins: [frontend] })
    const ann = await made.member()
    const ask = (path: string, origin: string | null, cookie = '', body = '') =>
      made.send(
        new Request(`https://api.example.com${path}`, {
          method: 'POST',
          headers: {
            ...(body === '' ? {} : form),
            ...(origin === null ? {} : { origin, 'sec-fetch-site': 'cross-site' }),
            ...(cookie === '' ? {} : { cookie }),
          },
          ...(body === '' ? {} : { body }),
        }),
        '192.0.2.1',
      )
    const login = new URLSearchParams({ username: ann.username, password: ann.password }).toString()
    return { ...made, ask, login }
  }

  test('goes to the page that is trusted, and is used by it alone', async () => {
    const { ask, login } = await tokens()
    const answer = await ask('/token', frontend, '', login)
    expect(answer.status).toBe(200)
    const [set = ''] = cookiesOf(answer)
    expect(set).toMatch(/^__Host-refresh_token=.*; SameSite=None/)
    const cookie = set.slice(0, set.indexOf(';'))
    for (const path of ['/refresh', '/revoke']) {
      expect((await ask(path, 'https://evil.example', cookie)).status).toBe(403)
    }
    expect((await ask('/token', 'https://evil.example', '', login)).status).toBe(403)
    expect((await ask('/refresh', frontend, cookie)).status).toBe(200)
  })

  test.each([
    [{}, 'write trustedOrigins'],
    [{ trustedOrigins: [frontend], originMode: 'observe' }, 'leave out originMode'],
    [{ trustedOrigins: [frontend], cookies: { secure: false } }, 'leave out cookies.secure'],
  ])('needs what makes it safe: %j', (config, message) => {
    expect(problemsOf({ transports: [bearer(crossSite)], ...config })).toEqual([
      expect.stringContaining(message),
    ])
  })

  test('is none without a cookie', () => {
    const transports = [bearer({ ...crossSite, refresh: 'body' })]
    expect(problemsOf({ transports, trustedOrigins: [frontend] })).toEqual([
      expect.stringContaining('there is no refresh cookie'),
    ])
  })
})
