/**
 * Several session cookies in one request: a neighbouring host planted them, or the cookie's domain
 * was changed.
 */
import { session } from 'crudauth'
import { describe, expect, test } from 'vitest'
import { world } from './support/world.ts'

async function planted(cookies: object = { secure: false }) {
  const made = world({ transports: [session({ managementRoutes: true })], cookies })
  const ann = await made.member()
  const mallory = await made.member('mallory')
  const client = await made.loggedIn(ann)
  const theirs = await made.loggedIn(mallory)
  const gone = await made.loggedIn(mallory)
  const dead = gone.sessionId ?? ''
  await gone.post('/logout')
  const name = [...client.jar.keys()].find((key) => key.endsWith('session_id')) ?? ''
  /** The header of a browser with these, in this order. */
  const cookie = (...values: (string | undefined)[]) => ({
    cookie: values.map((value) => `${name}=${value}`).join('; '),
  })
  const me = async (...values: (string | undefined)[]) =>
    (await made.browser().get('/me', { headers: cookie(...values) })).status
  return { ...made, ann, client, theirs, dead, cookie, me, ours: client.sessionId }
}

describe('Of several session cookies', () => {
  test('dead ones are ignored, wherever they stand', async () => {
    const { me, dead, ours } = await planted()
    expect(await me(dead, ours)).toBe(200)
    expect(await me(ours, dead)).toBe(200)
    expect(await me('nonsense', dead, ours)).toBe(200)
    expect(await me(ours, ours)).toBe(200)
    expect(await me(dead, 'nonsense')).toBe(401)
  })

  test('two that are alive are refused, even under optional', async () => {
    const { me, theirs, ours, auth, cookie } = await planted()
    expect(await me(theirs.sessionId, ours)).toBe(401)
    const headers = cookie(ours, theirs.sessionId)
    const raw = new Request('https://app.example.com/', { headers })
    const asked = auth.authenticate({ req: { raw }, env: {} } as never, { optional: true })
    await expect(asked).rejects.toMatchObject({ code: 'not_authenticated' })
  })

  test.each([
    ['another epoch', 'update members set token_version = token_version + 1 where id = 2'],
    ['a disabled user', 'update members set is_active = 0 where id = 2'],
    ['nobody any more', 'delete from members where id = 2'],
  ])('one of %s is dead, though its record lives', async (_, statement) => {
    const { me, theirs, ours, sqlite } = await planted()
    sqlite.prepare(statement).run()
    expect(await me(theirs.sessionId, ours)).toBe(200)
    expect(await me(ours, theirs.sessionId)).toBe(200)
  })

  test('three are looked at, and no more', async () => {
    const { me, calls, ours } = await planted()
    const unknown = (n: number) => String(n).padStart(43, 'x')
    expect(await me(unknown(1), unknown(2), ours)).toBe(200)
    calls['get'] = 0
    expect(await me(...Array.from({ length: 50 }, (_, n) => unknown(n)), ours)).toBe(401)
    expect(calls['get']).toBe(3)
  })

  test('one costs no more than before', async () => {
    const { client, calls } = await planted()
    calls['get'] = 0
    await client.get('/me')
    expect(calls['get']).toBe(1)
  })

  test('login works whatever came, and ends what it finds', async () => {
    const { browser, ann, cookie, theirs, ours, me, dead } = await planted()
    const { username, password } = ann
    const headers = cookie(theirs.sessionId, ours, dead)
    const answer = await browser().post('/login', { username, password }, { headers })
    expect(answer.status).toBe(200)
    const set = answer.headers.getSetCookie().filter((line) => line.startsWith('session_id='))
    expect(set.filter((line) => !line.includes('Domain='))).toHaveLength(1)
    expect(set.filter((line) => /Max-Age=0.*; Domain=example\.com(?:;|$)/.test(line))).toHaveLength(
      1,
    )
    expect([await me(ours), await me(theirs.sessionId)]).toEqual([401, 401])
    const next = /session_id=([\w-]{43})/.exec(set.join('\n'))?.[1]
    expect(await me(theirs.sessionId, dead, next)).toBe(200)
  })

  test('logout needs the token of one that is alive, and ends all', async () => {
    const { browser, client, cookie, theirs, ours, me } = await planted()
    const headers = cookie(theirs.sessionId, ours)
    expect((await browser().post('/logout', undefined, { headers })).status).toBe(403)
    const token = { ...headers, 'x-csrf-token': client.csrfToken ?? '' }
    const answer = await browser().post('/logout', undefined, { headers: token })
    expect(answer.status).toBe(200)
    expect(answer.headers.getSetCookie().join('\n')).toContain('; Domain=example.com')
    expect([await me(ours), await me(theirs.sessionId)]).toEqual([401, 401])
  })

  test('with the prefix no other domain is told to clear anything', async () => {
    const { browser, cookie, dead, ours } = await planted({})
    const answer = await browser().post('/logout', undefined, { headers: cookie(dead, dead) })
    expect(answer.headers.getSetCookie().join('\n')).not.toContain('Domain=')
    expect(ours).toMatch(/^[\w-]{43}$/)
  })
})

test('A csrf_token of a neighbouring host does not change ours', async () => {
  const { browser, client, cookie, ours } = await planted()
  const headers = {
    cookie: `csrf_token=planted; csrf_token=${client.csrfToken}; ${cookie(ours).cookie}`,
  }
  const answer = await browser().post('/csrf/refresh', undefined, { headers })
  expect(await answer.json()).toEqual({ csrf_token: client.csrfToken })
  expect(answer.headers.getSetCookie()).toEqual([])
})
