/**
 * The one way in: whatever proves who somebody is, a second factor is asked on every path, and a
 * sign-in that waits for it is worth nothing else.
 */
import Database from 'better-sqlite3'
import {
  AuthError,
  apiKeys,
  bearer,
  ConfigurationError,
  memoryStorage,
  type Storage,
  session,
  sudo,
} from 'crudauth'
import { drizzleApiKeys, drizzleUsers } from 'crudauth/drizzle'
import { authApiKeyColumns, authUserColumns } from 'crudauth/drizzle/sqlite'
import { honoAuth } from 'crudauth/hono'
import { eq } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { decodeJwt } from 'jose'
import { describe, expect, test, vi } from 'vitest'
import type { FurtherProof } from '../src/credentials/proof.ts'
import { application } from './support/application.ts'
import type { Browser } from './support/browser.ts'
import { Clock } from './support/clock.ts'
import { createTable } from './support/create-table.ts'
import { arrival, factor, rightCode } from './support/made-up.ts'
import { indexKey, json, members, secret, users, type WorldConfig, world } from './support/world.ts'

const never = () => false

/** A world in which everybody has a second factor. */
function guarded(config: WorldConfig = {}, isWanted: FurtherProof['isWanted'] = () => true) {
  const afterLogin = vi.fn()
  const made = world(
    {
      transports: [
        session(),
        bearer({ defaultScopes: ['read'], grantableScopes: ['read', 'write'] }),
      ],
      features: [factor(isWanted), arrival()],
      ...config,
    },
    { afterLogin },
  )
  return { ...made, afterLogin }
}

type Guarded = ReturnType<typeof guarded>

const credentials = ({ username, password }: { username: string; password: string }) => ({
  username,
  password,
})

const prove = (client: Browser, more: object = {}, path = '/prove/made-up') =>
  client.post(path, { code: rightCode, ...more })

/** The refusal of a call, as a client of the application would see it. */
async function refusal(call: Promise<unknown>): Promise<Record<string, unknown>> {
  try {
    await call
  } catch (error) {
    if (error instanceof AuthError) return { ...error.toProblem() }
    throw error
  }
  throw new Error('it was not refused')
}

/** Every way of proving who one is, each as a client takes it. */
const paths: Readonly<
  Record<
    string,
    (
      made: Guarded,
      client: Browser,
      member: { id: number; username: string; password: string },
    ) => Promise<Record<string, unknown>>
  >
> = {
  'a password at /login': async (_, client, member) =>
    json(await client.post('/login', credentials(member))),
  'a password in a form at /login': async (_, client, member) =>
    json(await client.call('POST', '/login', { form: credentials(member) })),
  'a password at /token': async (_, client, member) =>
    json(await client.post('/token', credentials(member))),
  'a link': async (_, client, { username }) => json(await client.post('/arrive', { username })),
  'auth.sessions.create': async ({ auth, db }, client, { id }) => {
    const row = db.select().from(members).where(eq(members.id, id)).get() as never
    return refusal(auth.sessions.create(new Request(client.origin), row))
  },
  'auth.sessions.create after auth.authenticatePassword': async ({ auth }, client, member) => {
    const request = new Request(client.origin)
    const user = await auth.authenticatePassword(request, member.username, member.password)
    return refusal(auth.sessions.create(request, user))
  },
  'auth.tokens.issue': async ({ auth, db }, client, { id }) => {
    const row = db.select().from(members).where(eq(members.id, id)).get() as never
    return refusal(auth.tokens.issue(new Request(client.origin), row))
  },
  'auth.tokens.issue without a request': async ({ auth, db }, _, { id }) => {
    const row = db.select().from(members).where(eq(members.id, id)).get() as never
    return refusal(auth.tokens.issue(null, row))
  },
}

describe('A wanted further proof', () => {
  describe.each(Object.keys(paths))('is asked after %s:', (path) => {
    test('401, and nobody is signed in', async () => {
      const made = guarded()
      const member = await made.member()
      const client = made.browser()
      const problem = await paths[path]?.(made, client, member)
      expect(problem).toMatchObject({
        status: 401,
        code: 'further_proof_required',
        wanted: ['made-up'],
      })
      const cookies = [...client.jar.keys()]
      expect(cookies.filter((name) => name !== '__Host-pending_sign_in')).toEqual([])
      expect((await client.get('/me')).status).toBe(401)
      expect(await made.auth.sessions.list(member.id)).toEqual([])
      expect(await made.storage.indexMembers(indexKey('refreshes', member.id))).toEqual([])
      expect(made.events.map(({ name }) => name)).not.toContain('login.succeeded')
      expect(made.afterLogin).not.toHaveBeenCalled()
    })

    test('not where the account wants none', async () => {
      const made = guarded({}, never)
      const member = await made.member()
      const outcome = paths[path]?.(made, made.browser(), member).then(
        ({ code }) => code,
        () => 'let in',
      )
      expect(['let in', undefined]).toContain(await outcome)
      expect(made.afterLogin).toHaveBeenCalledOnce()
    })
  })

  test('is asked of that account, with the proof and the request', async () => {
    const asked: unknown[] = []
    const { member, browser } = guarded({}, ({ method, row }, exchange) => {
      asked.push([method, (row as { username: string }).username, exchange?.request.method])
      return false
    })
    const ann = await member()
    await browser().post('/login', credentials(ann))
    await browser().post('/arrive', { username: 'ann' })
    expect(asked).toEqual([
      ['password', 'ann', 'POST'],
      ['link', 'ann', 'POST'],
    ])
  })

  test('is not asked of who does not know the password', async () => {
    const isWanted = vi.fn(() => true)
    const { member, browser } = guarded({}, isWanted)
    const ann = await member()
    const wrong = await browser().post('/login', { ...credentials(ann), password: 'wrong' })
    expect((await json(wrong))['code']).toBe('incorrect_credentials')
    expect(isWanted).not.toHaveBeenCalled()
  })

  test.each([
    ['throws', () => Promise.reject(new Error('no answer')), 500, 'internal_error'],
    ['says nothing', () => undefined as unknown as boolean, 401, 'further_proof_required'],
    ['says something else', () => 0 as unknown as boolean, 401, 'further_proof_required'],
  ])('lets nobody in where the feature %s', async (_, isWanted, status, code) => {
    const { member, browser, auth } = guarded({}, isWanted as never)
    const ann = await member()
    const client = browser()
    const response = await client.post('/login', credentials(ann))
    expect([response.status, (await json(response))['code']]).toEqual([status, code])
    expect(client.sessionId).toBeUndefined()
    expect(await auth.sessions.list(ann.id)).toEqual([])
  })

  test('leaves the login that a browser had, until the new one is complete', async () => {
    let wanted = false
    const { member, browser, loggedIn } = guarded({}, () => wanted)
    const ann = await member()
    const client = await loggedIn(ann)
    const before = client.sessionId
    wanted = true
    expect((await client.post('/login', credentials(ann))).status).toBe(401)
    expect((await client.get('/me')).status).toBe(200)
    expect(client.sessionId).toBe(before)
    expect((await prove(client)).status).toBe(200)
    expect(client.sessionId).not.toBe(before)
    const old = browser()
    const headers = { cookie: `__Host-session_id=${before}` }
    expect((await old.get('/me', { headers })).status).toBe(401)
  })

  test('makes no known device of a browser that has not given it', async () => {
    const { member, browser } = guarded()
    const ann = await member()
    const client = browser()
    await client.post('/login', credentials(ann))
    expect(client.cookie('__Host-known_device')).toBeUndefined()
    await prove(client)
    expect(client.cookie('__Host-known_device')).toBeDefined()
  })

  test('is asked although the password was right for the lockout', async () => {
    const { member, browser } = guarded()
    const ann = await member()
    // Who knows the password has nothing left to guess of it: a second factor counts its own
    // guesses.
    for (let n = 0; n < 12; n++) {
      const response = await browser().post('/login', credentials(ann))
      expect((await json(response))['code']).toBe('further_proof_required')
    }
  })

  test('of a name that two features have is refused at construction', () => {
    const twice = { ...factor(never, 'code'), name: 'other', key: 'other' }
    expect(() => world({ features: [factor(never, 'code'), twice] })).toThrow(ConfigurationError)
  })
})

describe('Once it is given', () => {
  test('the browser has the session that it asked for', async () => {
    const { member, browser, auth, events, afterLogin } = guarded()
    const ann = await member()
    const client = browser()
    await client.post('/login', { ...credentials(ann), remember_me: true })
    const response = await prove(client)
    expect(response.status).toBe(200)
    const body = await json(response)
    expect(body).toEqual({ id: ann.id, username: 'ann', csrf_token: client.csrfToken })
    const cookie = client.jar.get('__Host-session_id')
    expect(Number(cookie?.attributes['max-age'])).toBe(30 * 86_400)
    expect((await client.get('/me')).status).toBe(200)
    expect(await auth.sessions.list(ann.id)).toHaveLength(1)
    expect(events.filter(({ name }) => name === 'login.succeeded')).toEqual([
      expect.objectContaining({
        name: 'login.succeeded',
        userId: ann.id,
        transport: 'session',
      }),
    ])
    expect(afterLogin).toHaveBeenCalledOnce()
    expect(client.cookie('__Host-pending_sign_in')).toBeUndefined()
  })

  test('a link has the session that it asked for', async () => {
    const { member, browser } = guarded()
    await member()
    const client = browser()
    await client.post('/arrive', { username: 'ann', remember_me: true })
    expect((await prove(client)).status).toBe(200)
    expect(client.jar.get('__Host-session_id')?.attributes['max-age']).toBeDefined()
  })

  test('a session that the application asked for has its metadata', async () => {
    const { auth, db, member, browser } = guarded()
    const { id } = await member()
    const user = db.select().from(members).where(eq(members.id, id)).get() as never
    const request = new Request('https://app.example.com/badge')
    const options = { metadata: { badge: 7 } }
    const error: AuthError = await auth.sessions.create(request, user, options).catch((one) => one)
    const [cookie = ''] = error.headers['Set-Cookie']?.split(';') ?? []
    expect(
      (await browser().post('/prove/made-up', { code: rightCode }, { headers: { cookie } })).status,
    ).toBe(200)
    expect(await auth.sessions.list(id)).toEqual([
      expect.objectContaining({ metadata: { badge: 7 } }),
    ])
  })

  test.each(['cookie', 'body'] as const)(
    'a client of tokens has those that it asked for, with the refresh token in the %s',
    async (refresh) => {
      const scopes = { defaultScopes: ['read'], grantableScopes: ['read', 'write'] }
      const { member, browser } = guarded({
        transports: [session(), bearer({ ...scopes, refresh })],
      })
      const ann = await member()
      const client = browser()
      const asked = { ...credentials(ann), scope: 'write' }
      const { pending } = await json(await client.post('/token', asked))
      expect(typeof pending).toBe(refresh === 'body' ? 'string' : 'undefined')
      const response = await prove(client, pending === undefined ? {} : { pending })
      const body = await json(response)
      expect([response.status, body['scope']]).toEqual([200, 'write'])
      expect(typeof body['refresh_token']).toBe(refresh === 'body' ? 'string' : 'undefined')
      expect(client.cookie('__Host-refresh_token') !== undefined).toBe(refresh === 'cookie')
      const headers = { authorization: `Bearer ${body['access_token']}` }
      expect((await browser().get('/me', { headers })).status).toBe(200)
    },
  )

  test('tokens that the application asked for come in the body, and set no cookie', async () => {
    const { auth, db, member, browser } = guarded({ transports: [session(), bearer()] })
    const { id } = await member()
    const user = db.select().from(members).where(eq(members.id, id)).get() as never
    const authTime = new Date(Date.UTC(2025, 11, 31))
    const { pending } = await refusal(auth.tokens.issue(null, user, { authTime }))
    const client = browser()
    const response = await prove(client, { pending })
    const body = await json(response)
    expect(response.status).toBe(200)
    expect(response.headers.getSetCookie()).toEqual([])
    expect(typeof body['refresh_token']).toBe('string')
    const claims = decodeJwt(String(body['access_token']))
    expect(claims['auth_time']).toBe(authTime.getTime() / 1000)
  })

  test('a hook that refuses leaves no session', async () => {
    const afterLogin = vi.fn(() => {
      throw new AuthError('access_denied', 'Not today.')
    })
    const made = world({ features: [factor()] }, { afterLogin })
    const ann = await made.member()
    const client = made.browser()
    await client.post('/login', credentials(ann))
    expect((await prove(client)).status).toBe(403)
    expect(afterLogin).toHaveBeenCalledOnce()
    expect(client.sessionId).toBeUndefined()
    expect(await made.auth.sessions.list(ann.id)).toEqual([])
  })
})

describe('Two wanted further proofs', () => {
  const two = () => guarded({ features: [factor(() => true, 'one'), factor(() => true, 'two')] })

  test.each([
    ['one', 'two'],
    ['two', 'one'],
  ])('are asked one after the other: %s, then %s', async (first, second) => {
    const { member, browser, auth } = two()
    const ann = await member()
    const client = browser()
    const problem = await json(
      await client.post('/login', { ...credentials(ann), remember_me: true }),
    )
    expect(problem['wanted']).toEqual(['one', 'two'])
    const begun = client.cookie('__Host-pending_sign_in')
    const between = await prove(client, {}, `/prove/${first}`)
    expect(await json(between)).toMatchObject({ code: 'further_proof_required', wanted: [second] })
    expect(client.cookie('__Host-pending_sign_in')).not.toBe(begun)
    expect(await auth.sessions.list(ann.id)).toEqual([])
    expect((await prove(client, {}, `/prove/${second}`)).status).toBe(200)
    expect(client.jar.get('__Host-session_id')?.attributes['max-age']).toBeDefined()
  })

  test('one of them given twice is not both', async () => {
    const { member, browser, auth } = two()
    const ann = await member()
    const client = browser()
    await client.post('/login', credentials(ann))
    for (let n = 0; n < 2; n++) {
      const response = await prove(client, {}, '/prove/one')
      expect((await json(response))['wanted']).toEqual(['two'])
    }
    expect(await auth.sessions.list(ann.id)).toEqual([])
  })

  test('one that is not wanted proves nothing', async () => {
    const { member, browser } = guarded({
      features: [factor(() => true, 'one'), factor(never, 'two')],
    })
    const ann = await member()
    const client = browser()
    await client.post('/login', credentials(ann))
    expect(await json(await prove(client, {}, '/prove/two'))).toMatchObject({ wanted: ['one'] })
  })
})

describe('A sign-in that waits', () => {
  /** A browser that has given the first proof. */
  async function waiting(config: WorldConfig = {}) {
    const made = guarded(config)
    const ann = await made.member()
    const client = made.browser()
    await client.post('/login', credentials(ann))
    const token = client.cookie('__Host-pending_sign_in') ?? ''
    return { ...made, ann, client, token }
  }

  const ended = { status: 401, code: 'sign_in_ended' }
  const outcome = async (response: Response) => {
    const { code = 'in' } = await json(response)
    return { status: response.status, code }
  }

  test('is an opaque token in a cookie that scripts and neighbours cannot reach', async () => {
    const { client, token, ann } = await waiting()
    expect(token).toMatch(/^[\w-]{43}$/)
    const { attributes, line } = client.jar.get('__Host-pending_sign_in') ?? { attributes: {} }
    expect(attributes).toEqual({
      'max-age': '600',
      path: '/',
      httponly: true,
      secure: true,
      samesite: 'Lax',
    })
    expect(line).not.toContain(ann.username)
  })

  test('is stored under a digest of its token only', async () => {
    const written: string[] = []
    const storage = memoryStorage()
    const noting: Storage = new Proxy(storage, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        return (...given: unknown[]) => {
          written.push(JSON.stringify(given))
          return Reflect.apply(value, target, given)
        }
      },
    })
    const { token, client } = await waiting({ storage: noting })
    expect(token).not.toBe('')
    await prove(client)
    expect(written.join()).not.toContain(token)
  })

  test('shows its token in no error that is printed', async () => {
    const { auth, db, ann } = await waiting()
    const user = db.select().from(members).where(eq(members.id, ann.id)).get() as never
    const calls = [
      auth.sessions.create(new Request('https://app.example.com/'), user),
      auth.tokens.issue(null, user),
    ]
    const { inspect } = await import('node:util')
    for (const call of calls) {
      const error: AuthError = await call.catch((one) => one)
      const token = /[\w-]{43}/.exec(error.headers['Set-Cookie'] ?? '')?.[0] ?? 'no such text'
      expect(inspect(error)).not.toContain(token)
      expect(JSON.stringify(error)).not.toContain(token)
    }
  })

  test('is of the client that began it: another one has nothing to go on with', async () => {
    const { browser, client, token } = await waiting()
    expect(await outcome(await prove(browser()))).toEqual(ended)
    // What a browser keeps in its cookie is not taken from a body.
    expect(await outcome(await prove(browser(), { pending: token }))).toEqual(ended)
    expect((await prove(client)).status).toBe(200)
  })

  test('that came in a body is not taken from a cookie', async () => {
    const { browser, ann } = await waiting({ transports: [session(), bearer({ refresh: 'body' })] })
    const client = browser()
    const { pending } = await json(await client.post('/token', credentials(ann)))
    const headers = { cookie: `__Host-pending_sign_in=${pending}` }
    const planted = await client.post('/prove/made-up', { code: rightCode }, { headers })
    expect(await outcome(planted)).toEqual(ended)
    expect((await prove(client, { pending })).status).toBe(200)
  })

  test('is not given up by a wrong code', async () => {
    const { client } = await waiting()
    const wrong = await client.post('/prove/made-up', { code: '000000' })
    expect(await outcome(wrong)).toEqual({ status: 401, code: 'incorrect_credentials' })
    expect((await prove(client)).status).toBe(200)
  })

  test('is good for ten minutes', async () => {
    const inTime = await waiting()
    inTime.clock.advance(599)
    expect((await prove(inTime.client)).status).toBe(200)
    const late = await waiting()
    late.clock.advance(600)
    expect(await outcome(await prove(late.client))).toEqual(ended)
  })

  test('is good for ten minutes of the clock, whatever the storage remembers', async () => {
    const eternal = memoryStorage({ clock: () => 0 })
    const { client, clock } = await waiting({ storage: eternal })
    clock.advance(600)
    expect(await outcome(await prove(client))).toEqual(ended)
  })

  test('is good once: of twenty at once one has a session', async () => {
    const { browser, token, auth, ann, afterLogin } = await waiting()
    const headers = { cookie: `__Host-pending_sign_in=${token}` }
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        browser().post('/prove/made-up', { code: rightCode }, { headers }),
      ),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(19).fill(401)])
    expect(await auth.sessions.list(ann.id)).toHaveLength(1)
    expect(afterLogin).toHaveBeenCalledOnce()
  })

  test.each<[string, (made: Awaited<ReturnType<typeof waiting>>) => unknown]>([
    [
      'a change of password',
      async ({ db, auth, ann, browser }) => {
        const user = db.select().from(members).where(eq(members.id, ann.id)).get() as never
        const { pending } = await refusal(auth.tokens.issue(null, user))
        const tokens = await json(await prove(browser(), { pending }))
        const headers = { authorization: `Bearer ${tokens['access_token']}` }
        const body = { current_password: ann.password, new_password: 'another horse, another' }
        const changed = await browser().post('/change-password', body, { headers })
        expect(changed.status).toBe(200)
      },
    ],
    [
      'a disabling',
      ({ db, ann }) =>
        db.update(members).set({ isActive: false }).where(eq(members.id, ann.id)).run(),
    ],
    ['the end of all credentials', ({ auth, ann }) => auth.users.endAll(ann.id)],
    ['the end of all sessions', ({ auth, ann }) => auth.sessions.revokeAll(ann.id)],
    [
      'the end of the account',
      ({ db, ann }) => db.delete(members).where(eq(members.id, ann.id)).run(),
    ],
  ])('ends with %s', async (_, change) => {
    const made = await waiting()
    await change(made)
    expect(await outcome(await prove(made.client))).toEqual(ended)
    made.db.update(members).set({ isActive: true }).run()
    expect(await outcome(await prove(made.client))).toEqual(ended)
    expect((await made.client.get('/me')).status).toBe(401)
  })

  test('ends with a logout of its browser', async () => {
    const { client, browser, token } = await waiting()
    expect((await client.post('/logout')).status).toBe(200)
    expect(client.cookie('__Host-pending_sign_in')).toBeUndefined()
    const headers = { cookie: `__Host-pending_sign_in=${token}` }
    const again = await browser().post('/prove/made-up', { code: rightCode }, { headers })
    expect(await outcome(again)).toEqual(ended)
  })

  test('ends with the next sign-in of its browser, complete or not', async () => {
    let wanted = true
    const { member, browser } = guarded({}, () => wanted)
    const ann = await member()
    const bob = await member('bob')
    for (const wantedNext of [true, false]) {
      wanted = true
      const client = browser()
      await client.post('/login', credentials(ann))
      const token = client.cookie('__Host-pending_sign_in')
      wanted = wantedNext
      await client.post('/login', credentials(bob))
      expect(client.cookie('__Host-pending_sign_in') !== undefined).toBe(wantedNext)
      const headers = { cookie: `__Host-pending_sign_in=${token}` }
      const again = await browser().post('/prove/made-up', { code: rightCode }, { headers })
      expect(await outcome(again)).toEqual(ended)
    }
  })

  test('opens nothing else', async () => {
    const keyTable = sqliteTable('api_keys', authApiKeyColumns())
    const sqlite = new Database(':memory:')
    createTable(sqlite, keyTable)
    const keys = drizzleApiKeys(drizzle(sqlite), keyTable)
    const { browser, client, token } = await waiting({
      transports: [
        session({ managementRoutes: true }),
        bearer({ refresh: 'body' }),
        apiKeys({ keys }),
      ],
      features: [factor(), sudo({ route: true })],
    })
    const tries = [
      ['GET', '/me', { headers: { cookie: `__Host-session_id=${token}` } }],
      ['GET', '/me', { headers: { authorization: `Bearer ${token}` } }],
      ['GET', '/me', { headers: { 'x-api-key': token } }],
      ['GET', '/sessions', { headers: { cookie: `__Host-pending_sign_in=${token}` } }],
      ['POST', '/refresh', { json: { refresh_token: token } }],
      ['POST', '/refresh', { headers: { cookie: `__Host-refresh_token=${token}` } }],
      ['POST', '/sudo', { headers: { cookie: `__Host-session_id=${token}` }, json: {} }],
      ['POST', '/change-password', { headers: { cookie: `__Host-pending_sign_in=${token}` } }],
    ] as const
    for (const [method, path, options] of tries) {
      const { status } = await browser().call(method, path, options)
      expect({ method, path, status: status === 401 || status === 422 }).toEqual({
        method,
        path,
        status: true,
      })
    }
    expect((await client.get('/me')).status).toBe(401)
    expect((await prove(client)).status).toBe(200)
  })

  test.each(['x', 'x'.repeat(43), 'x'.repeat(5000), '', '../../session', '__proto__'])(
    'is not had for %j',
    async (pending) => {
      const { browser } = await waiting()
      expect(await outcome(await prove(browser(), { pending }))).toEqual(ended)
      const headers = { cookie: `__Host-pending_sign_in=${pending}` }
      const response = await browser().post('/prove/made-up', { code: rightCode }, { headers })
      expect(await outcome(response)).toEqual(ended)
    },
  )

  test('is of its tenant', async () => {
    const people = sqliteTable('people', {
      ...authUserColumns({ oauth: false }),
      organisation: text().notNull(),
    })
    const sqlite = new Database(':memory:')
    createTable(sqlite, people)
    const { browser, auth } = application({
      users: drizzleUsers(drizzle(sqlite), people, { tenant: 'organisation' }),
      features: [factor()],
      tenant: (request) => request.headers.get('x-tenant') ?? '',
    })
    const ann = { email: 'ann@example.com', username: 'ann', password: 'correct horse battery' }
    const at = (tenant: string) => ({ headers: { 'x-tenant': tenant } })
    expect((await browser().post('/register', ann, at('one'))).status).toBe(200)
    const client = browser()
    await client.post('/login', credentials(ann), at('one'))
    expect(client.cookie('__Host-pending_sign_in')).toBeDefined()
    const elsewhere = await client.post('/prove/made-up', { code: rightCode }, at('two'))
    expect(await outcome(elsewhere)).toEqual(ended)
    expect((await client.post('/prove/made-up', { code: rightCode }, at('one'))).status).toBe(200)
    expect(auth.describe().users.tenants).toBe(true)
  })

  test('is of its application, also where two forgot to choose a namespace', async () => {
    const storage = memoryStorage()
    const { db, token, clock } = await waiting({ storage })
    const build = (other: string | string[]) =>
      honoAuth({
        users: users(db),
        secret: other,
        storage,
        transports: [session()],
        features: [factor()],
        clock: clock.read,
        onEvent: () => undefined,
      })
    const proven = (auth: ReturnType<typeof build>) =>
      auth.fetch(
        new Request('https://app.example.com/prove/made-up', {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            cookie: `__Host-pending_sign_in=${token}`,
          },
          body: JSON.stringify({ code: rightCode }),
        }),
      )
    const another = 'another secret for tests, thirty-two bytes or more'
    expect(await outcome(await proven(build(another)))).toEqual(ended)
  })

  test('outlives a new secret in front of the old one', async () => {
    const storage = memoryStorage()
    const { db, token, clock } = await waiting({ storage })
    const auth = honoAuth({
      users: users(db),
      secret: ['a newer secret for tests, thirty-two bytes or more', secret],
      storage,
      transports: [session()],
      features: [factor()],
      clock: clock.read,
      onEvent: () => undefined,
    })
    const headers = {
      'content-type': 'application/json',
      cookie: `__Host-pending_sign_in=${token}`,
    }
    const body = JSON.stringify({ code: rightCode })
    const url = 'https://app.example.com/prove/made-up'
    expect((await auth.fetch(new Request(url, { method: 'POST', headers, body }))).status).toBe(200)
  })

  test('is 503 where the storage does not answer, and nobody is let in', async () => {
    const storage = memoryStorage()
    let isDown = false
    const failing: Storage = new Proxy(storage, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        return (...given: unknown[]) =>
          isDown && String(given[0]).includes('pending-sign-in')
            ? Promise.reject(new Error('down'))
            : Reflect.apply(value, target, given)
      },
    })
    const { client, browser, ann, events } = await waiting({ storage: failing })
    isDown = true
    const unavailable = { status: 503, code: 'storage_unavailable' }
    const begun = await browser().post('/login', credentials(ann))
    expect(begun.headers.get('retry-after')).toBe('5')
    expect(await outcome(begun)).toEqual(unavailable)
    expect(await outcome(await prove(client))).toEqual(unavailable)
    expect(await outcome(await client.post('/logout'))).toEqual(unavailable)
    expect(events.map(({ name }) => name)).not.toContain('login.succeeded')
    isDown = false
    expect((await prove(client)).status).toBe(200)
  })

  test('is described, and its cookie is nobody else’s', () => {
    const { auth } = guarded()
    const { cookies, outages } = auth.describe()
    expect(cookies.map(({ name }) => name)).toContain('__Host-pending_sign_in')
    expect(outages.map(({ when }) => when)).toContain('a sign-in waits for a further proof')
    expect(
      world()
        .auth.describe()
        .cookies.map(({ name }) => name),
    ).not.toContain('__Host-pending_sign_in')
    expect(() => world({ transports: [bearer({ refreshCookieName: 'pending_sign_in' })] })).toThrow(
      "two cookies of the library are called 'pending_sign_in'",
    )
  })
})

describe('On a table without tokenVersion', () => {
  const plain = sqliteTable('plain', {
    id: integer().primaryKey(),
    email: text().notNull().unique(),
    hashedPassword: text(),
  })

  async function waiting() {
    const sqlite = new Database(':memory:')
    createTable(sqlite, plain)
    const clock = new Clock()
    const made = application({
      users: drizzleUsers(drizzle(sqlite), plain),
      features: [factor()],
      clock: clock.read,
      storage: memoryStorage({ clock: clock.read }),
    })
    const ann = { email: 'ann@example.com', password: 'correct horse battery' }
    const { id } = await json(await made.browser().post('/register', ann))
    const begin = async () => {
      const client = made.browser()
      await client.post('/login', { username: ann.email, password: ann.password })
      return client
    }
    return { ...made, clock, id: id as number, begin }
  }

  test('who signs in some minutes after the end of all has ten minutes as ever', async () => {
    const { auth, clock, id, begin } = await waiting()
    const client = await begin()
    await auth.users.endAll(id)
    clock.advance(500)
    const later = await begin()
    clock.advance(500)
    expect((await prove(later)).status).toBe(200)
    expect((await prove(client)).status).toBe(401)
  })

  test('the end of all credentials ends a sign-in that waits, too', async () => {
    const { auth, id, begin } = await waiting()
    const client = await begin()
    await auth.users.endAll(id)
    expect((await prove(client)).status).toBe(401)
    expect((await prove(await begin())).status).toBe(200)
  })

  test('and of nobody else', async () => {
    const { auth, id, begin } = await waiting()
    const client = await begin()
    await auth.users.endAll(id + 1)
    expect((await prove(client)).status).toBe(200)
  })
})
