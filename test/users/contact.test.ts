/**
 * A field that recovers an account and does not log in: collected at registration, stored unproven.
 */
import Database from 'better-sqlite3'
import { recovery } from 'crudauth'
import { drizzleUsers } from 'crudauth/drizzle'
import { authUserColumns } from 'crudauth/drizzle/sqlite'
import { oauth, oidc } from 'crudauth/oauth'
import { testInbox } from 'crudauth/testing'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { describe, expect, test } from 'vitest'
import { application } from '../support/application.ts'
import { createTable } from '../support/create-table.ts'
import { faultyProvider } from '../support/faulty-provider.ts'

const named = sqliteTable('named', authUserColumns({ identifiers: ['username'] }))

const required = sqliteTable('required', {
  ...authUserColumns({ identifiers: ['username'] }),
  email: text().notNull().unique(),
})

const phoneColumns = () => ({
  id: integer().primaryKey(),
  username: text().notNull().unique(),
  phone: text().unique(),
  phoneVerified: integer('phone_verified', { mode: 'boolean' }).notNull().default(false),
  hashedPassword: text().notNull(),
})

const phones = sqliteTable('phones', phoneColumns())

const password = 'correct horse battery'

function open<T extends typeof named | typeof required | typeof phones>(
  table: T,
  registration: object = {},
  identity: object = { login: ['username'] },
) {
  const sqlite = new Database(':memory:')
  createTable(sqlite, table)
  const inbox = testInbox()
  const made = application({
    users: drizzleUsers(drizzle(sqlite), table as typeof named),
    identity,
    registration: { answers: 'plain', ...registration } as never,
    features: [
      recovery({
        channels: [inbox],
        frontendUrl: 'https://app.example.com',
        verifyNewAccounts: false,
      }),
    ],
  })
  const rows = () => sqlite.prepare(`select * from ${nameOf(table)}`).all() as Row[]
  const register = (body: object) =>
    made.browser().post('/register', { username: 'ann', password, ...body })
  return { ...made, inbox, rows, register }
}

type Row = Readonly<Record<string, unknown>>

const nameOf = (table: object) =>
  table === named ? 'named' : table === required ? 'required' : 'phones'

describe('An address that only recovers', () => {
  test('is collected by /register, in its canonical form, unproven', async () => {
    const { register, rows } = open(named)
    expect((await register({ email: ' Ann@EXAMPLE.com ' })).status).toBe(200)
    expect(rows()).toMatchObject([{ email: 'ann@example.com', email_verified: 0 }])
  })

  test('may be left out where its column may be empty, and only there', async () => {
    const { register, rows } = open(named)
    expect((await register({})).status).toBe(200)
    expect(rows()).toMatchObject([{ email: null }])
    const strict = open(required)
    const response = await strict.register({})
    expect(response.status).toBe(422)
    expect(await response.json()).toMatchObject({ errors: [{ path: 'email' }] })
    expect((await strict.register({ email: 'ann@example.com' })).status).toBe(200)
  })

  test('does not log in', async () => {
    const { register, logIn } = open(named)
    await register({ email: 'ann@example.com' })
    expect((await logIn('ann@example.com', password)).status).toBe(401)
    expect((await logIn('ann', password)).status).toBe(200)
  })

  test('is judged as an address, and never twice the same', async () => {
    const { register } = open(named)
    expect((await register({ email: 'ann' })).status).toBe(422)
    await register({ email: 'ann@example.com' })
    const taken = await register({ username: 'bob', email: 'ANN@example.com' })
    expect(await taken.json()).toMatchObject({ detail: 'Email already registered' })
  })

  test('cannot be sent as proven', async () => {
    const { register, rows } = open(named)
    await register({ email: 'ann@example.com', email_verified: true, emailVerified: true })
    expect(rows()).toMatchObject([{ email_verified: 0 }])
  })

  test('comes from newUserFields or newUserDefaults, which win, in canonical form', async () => {
    const given: unknown[] = []
    const { register, rows } = open(named, {
      newUserFields: ({ email, username }: { email: string; username: string }) => {
        given.push(email)
        return { email: `${username}@Corp.Example.com` }
      },
    })
    await register({ email: 'ann@example.com' })
    await register({ username: 'bob' })
    expect(given).toEqual(['ann@example.com', ''])
    expect(rows().map(({ email }) => email)).toEqual([
      'ann@corp.example.com',
      'bob@corp.example.com',
    ])
    const fixed = open(required, { newUserDefaults: { email: 'team@example.com' } })
    expect((await fixed.register({})).status).toBe(200)
    expect(fixed.rows()).toMatchObject([{ email: 'team@example.com' }])
  })

  test('that the application gets wrong is an error, not a way back that fails', async () => {
    const { register, rows } = open(named, { newUserFields: () => ({ email: 'nowhere' }) })
    expect((await register({})).status).toBe(500)
    expect(rows()).toEqual([])
  })

  test('gets the account back, and never another one', async () => {
    const { register, browser, auth, inbox } = open(named)
    await register({})
    await register({ username: 'bob', email: 'bob@example.com' })
    await browser().post('/recovery/reset-request', { email: 'bob@example.com' })
    await auth.settled()
    expect(inbox.messages.map(({ recipient }) => recipient)).toEqual(['bob@example.com'])
  })
})

describe('A telephone number that only recovers', () => {
  const identity = { login: ['username'], recovery: 'phone' }

  test('is collected, and asked for under its own name', async () => {
    const { register, rows, browser, auth, inbox } = open(phones, {}, identity)
    expect((await register({ phone: '+4915112345678' })).status).toBe(200)
    expect(rows()).toMatchObject([{ phone: '+4915112345678', phone_verified: 0 }])
    for (const kind of ['verify', 'reset']) {
      const response = await browser().post(`/recovery/${kind}-request`, {
        phone: '+4915112345678',
      })
      expect(await response.json()).toEqual({
        detail: `If an account exists, a ${kind === 'verify' ? 'verification' : 'password reset'} message has been sent.`,
      })
    }
    await auth.settled()
    expect(inbox.messages.map(({ kind }) => kind)).toEqual(['verify_recovery', 'reset_password'])
  })

  test('is proven by nothing that is sent, or that the application adds', async () => {
    const proven = { phoneVerified: true, phone_verified: true }
    const { register, rows } = open(phones, { newUserFields: () => proven }, identity)
    expect((await register({ phone: '+4915112345678', ...proven })).status).toBe(200)
    expect(rows()).toMatchObject([{ phone: '+4915112345678', phone_verified: 0 }])
    for (const registration of [
      { extraFields: ['phoneVerified'] },
      { newUserDefaults: { phoneVerified: true } },
    ]) {
      expect(() => open(phones, registration, identity)).toThrow('only the library writes')
    }
    const { auth } = open(phones, {}, identity)
    await expect(
      auth.users.create({ username: 'bob', values: { phoneVerified: true } } as never),
    ).rejects.toThrow('only the library writes')
  })

  test('that the application gives may be none, and is not blank', async () => {
    const none = open(phones, { newUserFields: () => ({ phone: undefined }) }, identity)
    expect((await none.register({})).status).toBe(200)
    expect(none.rows()).toMatchObject([{ phone: null }])
    const blank = open(phones, { newUserFields: () => ({ phone: ' ' }) }, identity)
    expect((await blank.register({})).status).toBe(500)
    expect(blank.rows()).toEqual([])
  })

  test('has no characters that nobody dials', async () => {
    const { register } = open(phones, {}, identity)
    for (const phone of ['', ' ', '+49\n151', '+49\u200b151']) {
      expect((await register({ phone })).status, JSON.stringify(phone)).toBe(422)
    }
  })
})

test('A number is not proven by the address that a provider proves', async () => {
  const { username: _none, ...columns } = phoneColumns()
  const own = { email: text().notNull().unique(), demoId: text('demo_id').unique() }
  const table = sqliteTable('phoned', { ...columns, ...own })
  const sqlite = new Database(':memory:')
  createTable(sqlite, table)
  const provider = await faultyProvider()
  const { issuer } = provider
  const demo = oidc({ issuer, clientId: 'shop', onPrivateNetwork: true })
  const { browser, clock } = application({
    users: drizzleUsers(drizzle(sqlite), table) as never,
    identity: { login: ['email'], recovery: 'phone' },
    features: [oauth({ providers: { demo }, redirectBaseUrl: 'https://app.example.com' })],
  } as never)
  clock.now = Date.now()
  const client = browser()
  const left = await client.get('/oauth/demo/authorize')
  const query = new URL(left.headers.get('location') ?? '').searchParams
  provider.claims = { nonce: query.get('nonce'), email_verified: true }
  const answer = { code: 'c', state: query.get('state') ?? '', iss: issuer }
  await client.get(`/oauth/demo/callback?${new URLSearchParams(answer)}`)
  await provider.close()
  const rows = sqlite.prepare('select email, phone, phone_verified from phoned').all()
  expect(rows).toEqual([{ email: 'ann@example.com', phone: null, phone_verified: 0 }])
})
