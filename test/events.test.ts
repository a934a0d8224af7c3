/**
 * What an operator is told of credentials that are used, refused and ended. No event has a
 * credential in it.
 */
import { AuthError, bearer, session } from 'crudauth'
import { describe, expect, test } from 'vitest'
import { json, world } from './support/world.ts'

const peer = '203.0.113.7'

async function told() {
  const made = world({
    transports: [session({ managementRoutes: true }), bearer({ refresh: 'body' })],
  })
  made.app.post('/act', made.auth.guard(), (c) => c.json({}))
  const once = { times: 1, seconds: 60 }
  made.app.get('/mine', made.auth.rateLimit('mine', once, { key: 'login' }), (c) => c.json({}))
  made.app.get('/ours', made.auth.rateLimit('ours', once), (c) => c.json({}))
  made.app.get('/admin', made.auth.guard({ superuser: true }), (c) => c.json({}))
  const ann = await made.member()
  const client = await made.loggedIn(ann)
  const { username, password } = ann
  const tokens = await json(await made.browser().post('/token', { username, password }))
  const [own] = await made.auth.sessions.list(ann.id)
  made.events.length = 0
  return { ...made, ann, client, tokens, login: own?.login, userId: ann.id }
}

describe('An event tells of', () => {
  test('a CSRF token that is missing or wrong', async () => {
    const { client, events, userId } = await told()
    await client.post('/act', undefined, { csrf: false })
    await client.post('/act', undefined, { headers: { 'x-csrf-token': 'wrong' } })
    const event = { name: 'csrf.refused', path: '/act', userId, address: peer }
    expect(events).toEqual([
      { ...event, reason: 'missing' },
      { ...event, reason: 'invalid' },
    ])
  })

  test('a gate that is not met, and not of who is nobody', async () => {
    const { client, browser, events, userId } = await told()
    await client.get('/admin')
    await browser().get('/admin')
    const code = 'insufficient_privileges'
    expect(events).toEqual([
      { name: 'gate.refused', code, path: '/admin', userId, transport: 'session', address: peer },
    ])
  })

  test('an access token that is none, or that ended before its time', async () => {
    const { browser, events, tokens, auth, ann, clock } = await told()
    const use = (token: unknown) =>
      browser().get('/me', { headers: { authorization: `Bearer ${String(token)}` } })
    await use('made up')
    clock.advance(901)
    await use(tokens['access_token'])
    const event = { name: 'credential.refused', transport: 'bearer', address: peer }
    expect(events).toEqual([{ ...event, reason: 'invalid' }])
    clock.advance(-901)
    await auth.users.endAll(ann.id)
    await use(tokens['access_token'])
    expect(events.at(-1)).toEqual({ ...event, reason: 'ended' })
  })

  test('a refresh, and one that is refused', async () => {
    const { browser, events, tokens, userId, auth } = await told()
    const refresh = (token: unknown) => browser().post('/refresh', { refresh_token: token })
    await refresh('made up')
    const next = await json(await refresh(tokens['refresh_token']))
    await browser().post('/revoke', { token: next['refresh_token'] })
    await refresh(next['refresh_token'])
    await auth.users.endAll(userId)
    await refresh(next['refresh_token'])
    const login = expect.stringMatching(/^[\w-]{22}$/)
    expect(events.filter(({ name }) => !name.startsWith('credentials'))).toEqual([
      { name: 'refresh.refused', reason: 'invalid', userId: null, address: peer },
      { name: 'refresh.succeeded', userId, login, address: peer },
      { name: 'login.ended', reason: 'revoked', userId, transport: 'bearer', login, address: peer },
      { name: 'refresh.refused', reason: 'ended', userId, address: peer },
      { name: 'refresh.refused', reason: 'user', userId, address: peer },
    ])
  })

  test('a logout, and the end of one session of the list', async () => {
    const { client, loggedIn, ann, auth, events, userId, login } = await told()
    const other = await loggedIn(ann)
    const [first, second] = await auth.sessions.list(userId)
    const theirs = [first, second].find((one) => one?.login !== login)
    events.length = 0
    await client.call('DELETE', `/sessions/${theirs?.handle}`)
    await other.post('/logout')
    await client.post('/logout')
    await client.post('/logout')
    const event = { name: 'login.ended', userId, transport: 'session', address: peer }
    expect(events).toEqual([
      { ...event, reason: 'revoked', login: theirs?.login },
      { ...event, reason: 'logout', login },
    ])
  })

  test('the end of a login by tokens, once, and of none that nobody was told of', async () => {
    const { browser, events, tokens, userId } = await told()
    for (let n = 0; n < 2; n++) await browser().post('/revoke', { token: tokens['refresh_token'] })
    const login = expect.stringMatching(/^[\w-]{22}$/)
    expect(events).toEqual([
      { name: 'login.ended', reason: 'revoked', userId, transport: 'bearer', login, address: peer },
    ])
    const refusing = world(
      { transports: [bearer({ refresh: 'body' })] },
      {
        afterLogin: () => {
          throw new AuthError('access_denied', 'Not on Sundays.')
        },
      },
    )
    const { username, password } = await refusing.member()
    refusing.events.length = 0
    const refused = await refusing.browser().post('/token', { username, password })
    expect([refused.status, refusing.events]).toEqual([403, []])
  })

  test('who logged in, by which login, and from where', async () => {
    const { ann, loggedIn, browser, auth, events, userId } = await told()
    await loggedIn(ann)
    const { username, password } = ann
    await browser().post('/token', { username, password })
    const [user] = await auth.sessions.list(userId)
    const seen = events.filter(({ name }) => name === 'login.succeeded')
    const event = { name: 'login.succeeded', userId, address: peer }
    expect(seen).toEqual([
      { ...event, transport: 'session', login: user?.login },
      { ...event, transport: 'bearer', login: expect.stringMatching(/^[\w-]{22}$/) },
    ])
  })

  test('a login that the application ended, from nowhere', async () => {
    const { auth, events, userId, login } = await told()
    const [own] = await auth.sessions.list(userId)
    await auth.sessions.revoke(userId, own?.handle ?? '')
    const event = { name: 'login.ended', reason: 'revoked', userId, transport: 'session', login }
    expect(events).toEqual([{ ...event, address: null }])
  })

  test('whose budget is used up, where it counts by login', async () => {
    const { client, browser, events, userId } = await told()
    for (const path of ['/mine', '/mine', '/ours', '/ours']) await client.get(path)
    for (let n = 0; n < 31; n++) await client.post('/csrf/refresh')
    await browser().get('/mine')
    const event = { name: 'rate_limit.exceeded', address: peer, observed: false }
    expect(events).toEqual([
      { ...event, action: 'mine', userId },
      { ...event, action: 'ours', userId: null },
      { ...event, action: 'csrf_refresh', userId },
    ])
  })

  test('a registration, and one of a name that is taken', async () => {
    const { browser, events } = await told()
    const body = { username: 'bob', email: 'bob@example.com', password: 'correct horse battery' }
    const { id } = await json(await browser().post('/register', body))
    await browser().post('/register', body)
    expect(events).toEqual([
      { name: 'registration.succeeded', userId: id, address: peer },
      { name: 'registration.refused', reason: 'taken', address: peer },
    ])
  })

  test('nothing that opens anything', async () => {
    const { client, browser, events, tokens } = await told()
    const secrets = [
      client.sessionId,
      client.csrfToken,
      tokens['access_token'],
      tokens['refresh_token'],
    ]
    await client.post('/act', undefined, { headers: { 'x-csrf-token': 'wrong' } })
    await browser().post('/refresh', { refresh_token: tokens['refresh_token'] })
    await client.post('/logout')
    const text = JSON.stringify(events)
    for (const secret of secrets) expect(text).not.toContain(String(secret))
  })
})
