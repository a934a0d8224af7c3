import { createHash } from 'node:crypto'
import Database from 'better-sqlite3'
import { drizzleUsers } from 'crudauth/drizzle'
import { authUserColumns } from 'crudauth/drizzle/sqlite'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { sqliteTable, text } from 'drizzle-orm/sqlite-core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { passwords } from '../src/passwords/passwords.ts'
import { application } from './support/application.ts'
import type { CallOptions } from './support/browser.ts'
import { createTable } from './support/create-table.ts'
import { Verifications } from './support/verifications.ts'
import { json, members, world } from './support/world.ts'

const ann = { email: 'ann@example.com', username: 'ann', password: 'correct horse battery' }

const problem = expect.objectContaining({
  type: 'about:blank',
  title: expect.any(String),
  status: expect.any(Number),
  detail: expect.any(String),
  code: expect.any(String),
})

describe('Routes', () => {
  describe('POST /register', () => {
    test('makes an account, answers 200 with it, and logs nobody in', async () => {
      const { browser, db } = world()
      const client = browser()
      const response = await client.post('/register', ann)
      expect(response.status).toBe(200)
      expect(await json(response)).toEqual({
        id: expect.any(Number),
        email: ann.email,
        username: ann.username,
      })
      expect([...client.jar.keys()]).toEqual(['__Host-known_device'])
      const [row] = await db.select().from(members)
      expect(row).toMatchObject({ isActive: true, isSuperuser: false, emailVerified: false })
      expect(row?.hashedPassword).toMatch(/^\$bcrypt-sha256\$v=2,t=2b,r=4\$/)
    })

    test('is an allow-list: nothing else that is sent is written', async () => {
      const { browser, db } = world()
      const body = `{"email":"ann@example.com","username":"ann","password":"correct horse battery",
        "id":99,"isSuperuser":true,"is_superuser":true,"isActive":false,"emailVerified":true,
        "tokenVersion":1,"hashedPassword":"x","hashed_password":"x","displayName":"root",
        "googleId":"1","createdAt":"2000-01-01","__proto__":{"isSuperuser":true},
        "constructor":{"prototype":{"isSuperuser":true}}}`
      const headers = { 'content-type': 'application/json' }
      expect((await browser().call('POST', '/register', { body, headers })).status).toBe(200)
      const [row] = await db.select().from(members)
      expect(row).toMatchObject({
        isSuperuser: false,
        isActive: true,
        emailVerified: false,
        displayName: 'somebody',
        googleId: null,
      })
      expect(row?.id).not.toBe(99)
      expect(row?.tokenVersion).not.toBe(1)
      expect(({} as Record<string, unknown>)['isSuperuser']).toBeUndefined()
    })

    test('stores and finds an address in its canonical form', async () => {
      const { browser, loggedIn } = world()
      const email = ' Ann Other <ANN@Example.COM> '
      const response = await browser().post('/register', { ...ann, email })
      expect((await json(response))['email']).toBe('ann@example.com')
      await loggedIn({ username: ' Ann@EXAMPLE.com', password: ann.password })
    })

    test.each([
      ['the address', { ...ann, username: 'other' }, 'Email already registered', 'email'],
      [
        'the address in capitals',
        { ...ann, email: 'ANN@EXAMPLE.COM', username: 'other' },
        'Email already registered',
        'email',
      ],
      [
        'the username',
        { ...ann, email: 'other@example.com' },
        'Username already taken',
        'username',
      ],
      ['both', ann, 'Email already registered', 'email'],
    ])('a second account with %s is refused', async (_, body, detail, path) => {
      const { browser } = world()
      await browser().post('/register', ann)
      const response = await browser().post('/register', body)
      expect(response.status).toBe(422)
      expect(await json(response)).toMatchObject({
        code: 'duplicate_value',
        detail,
        errors: [{ path, message: detail }],
      })
    })

    test('of twenty at once for one name exactly one succeeds, and none fails otherwise', async () => {
      const { browser, db } = world()
      const responses = await Promise.all(
        Array.from({ length: 20 }, () => browser().post('/register', ann)),
      )
      const statuses = responses.map(({ status }) => status).sort()
      expect(statuses).toEqual([200, ...Array(19).fill(422)])
      expect(await db.select().from(members)).toHaveLength(1)
      for (const response of responses.filter(({ status }) => status === 422)) {
        expect((await json(response))['detail']).toBe('Email already registered')
      }
    })

    test('each account starts at a random epoch', async () => {
      const { member, db } = world()
      for (let n = 0; n < 8; n++) await member(`user${n}`)
      const epochs = (await db.select().from(members)).map(({ tokenVersion }) => tokenVersion)
      expect(new Set(epochs).size).toBeGreaterThan(6)
      expect(epochs.every((epoch) => epoch >= 0 && epoch < 2 ** 31)).toBe(true)
    })

    test.each([
      ['a short password', { password: '1234567' }, 'password', 'at least 8 characters'],
      ['a password that is not text', { password: 12345678 }, 'password', 'Must be text.'],
      [
        'a password with a lone surrogate',
        { password: 'long enough \ud800' },
        'password',
        'cannot be used',
      ],
      ['an empty username', { username: '' }, 'username', 'Must not be empty'],
      ['a username of 65 characters', { username: 'x'.repeat(65) }, 'username', 'at most 64'],
      ['a username with a NUL', { username: 'a\u0000b' }, 'username', 'cannot be used'],
      ['a username with a lone surrogate', { username: 'a\udc00' }, 'username', 'cannot be used'],
      [
        'somebody’s address as username',
        { username: 'bob@example.com' },
        'username',
        'look like an e-mail',
      ],
      [
        'a full-width @ in the username',
        { username: 'bob\uff20example.com' },
        'username',
        'look like an e-mail',
      ],
      ['no address at all', { email: undefined }, 'email', 'Is required.'],
      ['a broken address', { email: 'ann@' }, 'email', 'Must be an e-mail address.'],
      ['an object as address', { email: { $gt: '' } }, 'email', 'Must be text.'],
    ])('%s is a problem with that field', async (_, change, path, message) => {
      const { browser, db } = world()
      const response = await browser().post('/register', { ...ann, ...change })
      expect(response.status).toBe(422)
      expect(response.headers.get('content-type')).toBe('application/problem+json')
      expect(await json(response)).toMatchObject({
        code: 'validation_failed',
        errors: [{ path, message: expect.stringContaining(message) }],
      })
      expect(await db.select().from(members)).toEqual([])
    })

    test('one’s own address may be the username', async () => {
      const { browser } = world()
      const response = await browser().post('/register', { ...ann, username: 'Ann@example.com' })
      expect(response.status).toBe(200)
    })

    test('no answer repeats what was sent', async () => {
      const { browser } = world()
      for (const body of [
        { password: 'hunter2' },
        { email: 'hunter2', username: ['hunter2'], password: 'hunter2' },
        { ...ann, username: { hunter2: 1 }, password: 'hunter2hunter2' },
        ['hunter2'],
      ]) {
        expect(await (await browser().post('/register', body)).text()).not.toContain('hunter2')
      }
    })

    test('follows the identity: only its login fields are asked for', async () => {
      const named = sqliteTable('named', {
        ...authUserColumns({ identifiers: ['username'], recovery: null }),
        email: text(),
      })
      const sqlite = new Database(':memory:')
      createTable(sqlite, named)
      const { browser } = application({
        users: drizzleUsers(drizzle(sqlite), named),
        identity: { login: ['username'], recovery: null },
      })
      const response = await browser().post('/register', {
        username: 'ann',
        password: ann.password,
      })
      expect(response.status).toBe(200)
      const refused = await browser().post('/register', { email: ann.email })
      expect(await json(refused)).toMatchObject({
        errors: [{ path: 'username' }, { path: 'password' }],
      })
    })
  })

  describe('what is wrong with a body', () => {
    test.each([
      ['/login', {}, 'username', 'Is required: the email or username.'],
      ['/login', { username: 1, password: 'x' }, 'username', 'Must be text.'],
      [
        '/login',
        { username: 'a', password: 'x', remember_me: 'maybe' },
        'remember_me',
        'Must be true or false.',
      ],
      ['/login', ['ann'], '', 'Must be an object.'],
      ['/register', { ...ann, username: null }, 'username', 'Must be text.'],
    ])('%s %j is told in plain words', async (path, body, field, message) => {
      const response = await world().browser().post(path, body)
      const { errors } = await json(response)
      expect(errors).toContainEqual({ path: field, message })
    })

    test('is told in the same words where the application speaks another language to zod', async () => {
      const { browser } = world()
      const before = z.config()
      z.config({ ...z.locales.de(), customError: () => 'Nein.' })
      try {
        expect(await json(await browser().post('/login', {}))).toMatchObject({
          errors: [{ message: 'Is required: the email or username.' }, { message: 'Is required.' }],
        })
      } finally {
        z.config({ localeError: before.localeError, customError: undefined })
      }
    })
  })

  describe('POST /login', () => {
    test('answers with the user and the CSRF token', async () => {
      const { browser, member } = world()
      const { id, username, password } = await member()
      const response = await browser().post('/login', { username, password })
      expect(response.status).toBe(200)
      expect(response.headers.get('cache-control')).toBe('no-store')
      expect(await json(response)).toEqual({
        id,
        username,
        csrf_token: expect.stringMatching(/^[0-9a-f]{64}$/),
      })
    })

    test.each([
      ['username', 'ann'],
      ['address', 'ann@example.com'],
      ['address in capitals', 'ANN@EXAMPLE.COM'],
    ])('takes the %s as identifier', async (_, username) => {
      const { member, loggedIn } = world()
      const { password } = await member()
      await loggedIn({ username, password })
    })

    test('is an event', async () => {
      const { member, loggedIn, events } = world()
      const ann = await member()
      await loggedIn(ann)
      expect(events).toContainEqual({
        name: 'login.succeeded',
        userId: ann.id,
        transport: 'session',
        login: expect.stringMatching(/^[\w-]{22,43}$/),
        address: '203.0.113.7',
      })
    })

    test('a wrong password, an unknown name and a disabled account get the same answer', async () => {
      const { browser, events, member, db } = world()
      const { id, username, password } = await member()
      const answer = async (name: string, secret: string) => {
        const response = await browser().post('/login', { username: name, password: secret })
        return {
          status: response.status,
          headers: Object.fromEntries(response.headers),
          body: await json(response),
        }
      }
      const wrong = await answer(username, 'not the password')
      const unknown = await answer('nobody', 'not the password')
      await db.update(members).set({ isActive: false })
      const disabled = await answer(username, password)
      expect(wrong).toMatchObject({
        status: 401,
        body: { detail: 'Incorrect username or password', code: 'incorrect_credentials' },
      })
      expect(unknown).toEqual(wrong)
      expect(disabled).toEqual(wrong)
      // Operators are told, and nobody else.
      const failures = events.filter(({ name }) => name === 'login.failed')
      expect(failures).toMatchObject([
        { reason: 'password', userId: id },
        { reason: 'unknown', userId: null },
        { reason: 'disabled', userId: id },
      ])
    })

    test('each of them costs the same queries, hashes and storage operations', async () => {
      const cost = async (prepare: (made: ReturnType<typeof world>) => Promise<string>) => {
        const verifications = new Verifications()
        const made = world({ passwords: { adopt: [verifications.format] } })
        await made.member()
        const username = await prepare(made)
        await made.browser().post('/login', { username: 'warm-up', password: 'x' })
        for (const name of Object.keys(made.calls)) delete made.calls[name]
        verifications.count = 0
        made.queries.count = 0
        await made.browser().post('/login', { username, password: 'not the password' })
        return { ...made.calls, queries: made.queries.count, verifications: verifications.count }
      }
      const wrong = await cost(async () => 'ann')
      expect(wrong).toMatchObject({ queries: 1, verifications: 1 })
      const byAddress = await cost(async () => 'ann@example.com')
      const unknown = await cost(async () => 'nobody')
      const disabled = await cost(async ({ db }) => {
        await db.update(members).set({ isActive: false })
        return 'ann'
      })
      expect(unknown).toEqual(wrong)
      expect(byAddress).toEqual(wrong)
      expect(disabled).toEqual(wrong)
    })

    test.each([null, '', '!unusable', 'plain text', '$2b$12$broken'])(
      'an account whose stored hash is %j is a plain 401',
      async (stored) => {
        const { browser, member, sqlite } = world()
        const { username } = await member()
        sqlite.pragma('ignore_check_constraints = on')
        sqlite.prepare('update members set hashed_password = ?').run(stored ?? '')
        const response = await browser().post('/login', { username, password: stored ?? '' })
        expect(response.status).toBe(401)
      },
    )

    test('others are answered while passwords are being verified', async () => {
      const { browser, member, loggedIn } = world({ passwords: { cost: 12 } })
      const ann = await member()
      const client = await loggedIn(ann)
      let verified = 0
      const logins = ['bob', 'eve', 'joe'].map(async (username) => {
        await browser().post('/login', { username, password: 'not the password' })
        verified++
      })
      // A login has reached its verification by the time that these have been answered.
      for (let n = 0; n < 5; n++) expect((await client.get('/me')).status).toBe(200)
      expect(verified).toBe(0)
      await Promise.all(logins)
      expect(verified).toBe(3)
    })

    test('a crudauth-py hash is accepted and brought up to date, once', async () => {
      const { loggedIn, member, db, events } = world()
      const { username, password } = await member()
      const old = await passwords({ cost: 4, format: 'crudauth-py' }).hash(password)
      expect(old.startsWith('$2b$')).toBe(true)
      await db.update(members).set({ hashedPassword: old })
      await loggedIn({ username, password })
      const [row] = await db.select().from(members)
      expect(row?.hashedPassword).toMatch(/^\$bcrypt-sha256\$/)
      await loggedIn({ username, password })
      expect((await db.select().from(members))[0]?.hashedPassword).toBe(row?.hashedPassword)
      expect(events.filter(({ name }) => name === 'password.upgraded')).toHaveLength(1)
    })

    test('an upgrade never overwrites a password that was changed meanwhile', async () => {
      // One hash at a time, and a slow one first: the login below has read its row and waits.
      const { browser, member, db } = world({ passwords: { concurrency: 1, cost: 10 } })
      const { username, password } = await member()
      const old = await passwords({ cost: 4, format: 'crudauth-py' }).hash(password)
      await db.update(members).set({ hashedPassword: old })
      const slow = browser().post('/login', { username: 'nobody', password })
      const login = browser().post('/login', { username, password })
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
      await db.update(members).set({ hashedPassword: 'changed meanwhile' })
      expect((await slow).status).toBe(401)
      expect((await login).status).toBe(200)
      expect((await db.select().from(members))[0]?.hashedPassword).toBe('changed meanwhile')
    })

    test('an upgrade that fails refuses nobody, and is told', async () => {
      const { browser, member, sqlite, db, events } = world()
      const { id, username, password } = await member()
      const old = await passwords({ cost: 4, format: 'crudauth-py' }).hash(password)
      await db.update(members).set({ hashedPassword: old })
      sqlite.exec(`create trigger locked before update of hashed_password on members
        begin select raise(abort, 'not now'); end`)
      expect((await browser().post('/login', { username, password })).status).toBe(200)
      expect(events).toContainEqual(
        expect.objectContaining({ name: 'password.upgrade_failed', userId: id }),
      )
    })

    describe('takes a form', () => {
      const login = async (form: Record<string, string>, options: CallOptions = {}) => {
        const { browser, member } = world()
        await member()
        const client = browser()
        const response = await client.call('POST', '/login', { form, ...options })
        return { client, response, status: response.status }
      }
      const form = { username: 'ann', password: 'correct horse battery' }

      test('urlencoded, with the fields of OAuth 2 that it ignores', async () => {
        const { status } = await login({
          ...form,
          grant_type: 'password',
          scope: 'a b',
          client_id: 'x',
          client_secret: 'y',
        })
        expect(status).toBe(200)
      })

      test('multipart', async () => {
        const body = new FormData()
        for (const [name, value] of Object.entries(form)) body.set(name, value)
        expect((await login({}, { form: undefined as never, body })).status).toBe(200)
      })

      test.each(['true', '1', 'on', 'YES', 'y', 'T'])('remember_me=%s', async (remember_me) => {
        const { client } = await login({ ...form, remember_me })
        const cookie = client.jar.get('__Host-session_id')
        expect(cookie?.attributes['max-age']).toBe('2592000')
      })

      test.each(['false', '0', 'off', 'No', 'n', 'F', ''])(
        'remember_me=%j is no',
        async (remember_me) => {
          const { client, status } = await login({ ...form, remember_me })
          expect(status).toBe(200)
          expect(client.jar.get('__Host-session_id')?.attributes).not.toHaveProperty('max-age')
        },
      )

      test.each([
        [{ username: 'ann' }, 'password'],
        [{ username: 'ann', password: '' }, 'password'],
        [{ ...form, remember_me: 'maybe' }, 'remember_me'],
        [{ ...form, remember_me: ' true' }, 'remember_me'],
        [{ ...form, grant_type: 'client_credentials' }, 'grant_type'],
      ])('%j is a problem', async (fields, path) => {
        const { response, status } = await login(fields)
        expect(status).toBe(422)
        expect(await json(response)).toMatchObject({ errors: [{ path }] })
      })

      test('a field given twice, or a file, is a problem', async () => {
        const twice = new FormData()
        for (const name of ['ann', 'bob']) twice.append('username', name)
        twice.set('password', 'x')
        const file = new FormData()
        file.set('username', new File(['ann'], 'ann.txt'))
        file.set('password', 'x')
        for (const body of [twice, file]) {
          const { status } = await login({}, { form: undefined as never, body })
          expect(status).toBe(422)
        }
      })

      test('values in the query are not fields', async () => {
        const { browser, member } = world()
        await member()
        const query = new URLSearchParams(form)
        const response = await browser().call('POST', `/login?${query}`, { form: {} })
        expect(response.status).toBe(422)
      })
    })

    test('a body that does not validate is not counted as an attempt', async () => {
      const { browser, member } = world()
      const { username, password } = await member()
      const client = browser()
      for (let n = 0; n < 10; n++) await client.post('/login', { username })
      expect((await client.post('/login', { username, password })).status).toBe(200)
    })
  })

  describe('POST /logout', () => {
    test('ends the session and clears its cookies', async () => {
      const { browser, loggedIn, member } = world()
      const client = await loggedIn(await member())
      const cookie = `__Host-session_id=${client.sessionId}`
      const response = await client.post('/logout')
      expect(response.status).toBe(200)
      expect(await json(response)).toEqual({ detail: 'Logged out' })
      expect([...client.jar.keys()]).toEqual(['__Host-known_device'])
      expect((await browser().get('/me', { headers: { cookie } })).status).toBe(401)
    })

    test.each([
      ['without a token', undefined, 'Missing CSRF token'],
      ['with a wrong token', '0'.repeat(64), 'Invalid CSRF token'],
    ])('%s a live session stays', async (_, token, detail) => {
      const { loggedIn, member } = world()
      const client = await loggedIn(await member())
      const headers: Record<string, string> = token ? { 'x-csrf-token': token } : {}
      const response = await client.post('/logout', undefined, { csrf: false, headers })
      expect(response.status).toBe(403)
      expect(await json(response)).toMatchObject({ detail })
      expect(response.headers.getSetCookie()).toEqual([])
      expect((await client.get('/me')).status).toBe(200)
    })

    test('a stale cookie is cleared, with or without a token', async () => {
      const { loggedIn, member, clock } = world()
      const client = await loggedIn(await member())
      clock.advance(86400 * 2)
      expect((await client.post('/logout', undefined, { csrf: false })).status).toBe(200)
      expect(client.sessionId).toBeUndefined()
    })

    test('another site cannot clear the cookies, although its request carries none', async () => {
      const { browser } = world()
      const response = await browser().call('POST', '/logout', {
        form: {},
        headers: { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
      })
      expect(response.status).toBe(403)
      expect(response.headers.getSetCookie()).toEqual([])
    })

    test('without any session it answers the same', async () => {
      const { browser } = world()
      const response = await browser().post('/logout')
      expect(response.status).toBe(200)
      expect(response.headers.getSetCookie()).toEqual([
        expect.stringMatching(/^__Host-session_id=; Max-Age=0;.*Expires=Thu, 01 Jan 1970/),
        expect.stringMatching(/^csrf_token=; Max-Age=0;/),
      ])
    })
  })

  describe('GET /me', () => {
    test('tells who is calling, with what, and nothing secret', async () => {
      const { loggedIn, member } = world()
      const { id, ...person } = await member()
      const response = await (await loggedIn(person)).get('/me')
      expect(await json(response)).toEqual({
        user_id: id,
        username: person.username,
        email: person.email,
        is_superuser: false,
        scopes: [],
        via: 'session',
      })
      expect(response.headers.get('cache-control')).toBe('no-store')
    })

    test('without a credential it is 401', async () => {
      const { browser } = world()
      const response = await browser().get('/me')
      expect(response.status).toBe(401)
      expect(await json(response)).toMatchObject({
        detail: 'Not authenticated',
        code: 'not_authenticated',
      })
    })
  })

  describe('bodies of any kind', () => {
    const send = async (path: string, options: CallOptions) => {
      const { browser } = world()
      const response = await browser().call('POST', path, options)
      return { status: response.status, body: await json(response) }
    }
    const type = (value: string) => ({ 'content-type': value })
    const asJson = type('application/json')

    test.each([
      ['broken JSON', { body: '{', headers: asJson }, 422],
      ['nothing', { headers: asJson }, 422],
      ['null', { body: 'null', headers: asJson }, 422],
      ['a list', { body: '[]', headers: asJson }, 422],
      ['a number', { body: '1', headers: asJson }, 422],
      ['bytes that are not UTF-8', { body: new Uint8Array([0xff, 0xfe]), headers: asJson }, 422],
      ['no content type', { body: new Uint8Array([0x7b, 0x7d]) }, 422],
      ['text', { body: '{}', headers: type('text/plain') }, 422],
      ['a deep nest', { body: '['.repeat(30000), headers: asJson }, 422],
      ['a broken form', { body: 'x', headers: type('multipart/form-data; boundary=y') }, 422],
      ['a form without a boundary', { body: 'x', headers: type('multipart/form-data') }, 422],
      ['too many bytes', { body: JSON.stringify({ x: 'y'.repeat(70000) }), headers: asJson }, 413],
    ] as [string, CallOptions, number][])(
      '%s is a problem document',
      async (_, options, status) => {
        for (const path of ['/login', '/register']) {
          expect(await send(path, options)).toEqual({ status, body: problem })
        }
      },
    )

    test('a length that is not announced is measured', async () => {
      const chunk = new TextEncoder().encode('x'.repeat(1000))
      let sent = 0
      const body = new ReadableStream({
        pull(controller) {
          sent += chunk.length
          controller.enqueue(chunk)
        },
      })
      const { status } = await send('/login', { body, headers: asJson })
      expect(status).toBe(413)
      expect(sent).toBeLessThan(80000)
    })

    test('a length that is announced as too large is not read', async () => {
      let pulled = 0
      const body = new ReadableStream(
        {
          pull(controller) {
            pulled++
            controller.enqueue(new Uint8Array(10))
            if (pulled > 5) controller.close()
          },
        },
        { highWaterMark: 0 },
      )
      const headers = { ...asJson, 'content-length': '70000' }
      expect((await send('/login', { body, headers })).status).toBe(413)
      expect(pulled).toBe(0)
    })

    test('a body that is longer than it says is too large all the same', async () => {
      const body = JSON.stringify({ username: 'a'.repeat(70_000), password: 'b' })
      const headers = { ...asJson, 'content-length': '20' }
      expect((await send('/login', { body, headers })).status).toBe(413)
    })

    test('of a body that was compressed no more is read than may be', async () => {
      let pulled = 0
      const body = new ReadableStream({
        pull(controller) {
          pulled++
          if (pulled > 1000) controller.close()
          else controller.enqueue(new Uint8Array(10_000))
        },
      })
      const headers = { ...asJson, 'content-length': '20', 'content-encoding': 'gzip' }
      expect((await send('/login', { body, headers })).status).toBe(413)
      expect(pulled).toBeLessThan(20)
    })

    test.each([
      ['of unknown length', {}],
      ['of a length that it does not reach', { 'content-length': '20' }],
    ])('a body %s that breaks off is a problem, not a failure', async (_, length) => {
      const body = new ReadableStream({
        start(controller) {
          controller.error(new Error('connection reset'))
        },
      })
      expect(await send('/login', { body, headers: { ...asJson, ...length } })).toEqual({
        status: 422,
        body: problem,
      })
    })

    test('JSON with a suffix and a charset is JSON', async () => {
      const { browser, member } = world()
      const { username, password } = await member()
      const response = await browser().call('POST', '/login', {
        body: JSON.stringify({ username, password }),
        headers: type('application/vnd.api+json; charset=utf-8'),
      })
      expect(response.status).toBe(200)
    })

    test('whatever is sent, no answer is a 500', async () => {
      const { browser } = world({ lockout: { mode: 'observe' } })
      const value = fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary' }), fc.constant('ann'))
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom('/login', '/register', '/logout'),
          fc.record(
            { username: value, password: value, email: value, remember_me: value },
            { requiredKeys: [] },
          ),
          async (path, body) => {
            const { status } = await browser().post(path, body)
            expect(status).toBeLessThan(500)
          },
        ),
        { numRuns: 150 },
      )
    })
  })

  describe('the handler for other frameworks', () => {
    test('answers 404 and 405 as problem documents', async () => {
      const { auth } = world()
      const missing = await auth.fetch(new Request('https://x.example/nothing'))
      expect([missing.status, await json(missing)]).toEqual([404, problem])
      const method = await auth.fetch(new Request('https://x.example/login', { method: 'PUT' }))
      expect([method.status, method.headers.get('allow')]).toEqual([405, 'POST'])
      expect((await auth.fetch(new Request('https://x.example/me'))).status).toBe(401)
    })

    test('answers HEAD as GET, without the body', async () => {
      const { auth, member, loggedIn } = world()
      const client = await loggedIn(await member())
      const cookie = `__Host-session_id=${client.sessionId}`
      const me = async (method: string, headers: Record<string, string>) => {
        const answer = await auth.fetch(new Request('https://x.example/me', { method, headers }))
        return { text: await answer.text(), status: answer.status, headers: [...answer.headers] }
      }
      for (const headers of [{ cookie }, { cookie: '' }]) {
        const got = await me('GET', headers)
        expect(got.text).not.toBe('')
        expect(await me('HEAD', headers)).toEqual({ ...got, text: '' })
      }
      const url = 'https://x.example/login'
      const wrong = await auth.fetch(new Request(url, { method: 'HEAD' }))
      expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST'])
    })
  })

  test('an error that nobody foresaw is a 500 that says nothing, and an event', async () => {
    const { browser, events, member, sqlite } = world()
    const { username, password } = await member()
    sqlite.exec('drop table members')
    const response = await browser().post('/login', { username, password })
    expect(response.status).toBe(500)
    expect(await json(response)).toMatchObject({ detail: 'Internal Server Error' })
    const event = events.find(({ name }) => name === 'request.failed')
    expect(event).toMatchObject({ path: '/login' })
    const hash = createHash('sha256').update(password).digest('base64')
    expect(JSON.stringify(event)).not.toContain(hash)
    expect(String((event as { error: Error }).error.message)).not.toContain(username)
  })
})
