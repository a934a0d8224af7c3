import Database from 'better-sqlite3'
import { type AuthConfig, recovery } from 'crudauth'
import { drizzleUsers } from 'crudauth/drizzle'
import { authUserColumns } from 'crudauth/drizzle/sqlite'
import { testInbox } from 'crudauth/testing'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { sqliteTable } from 'drizzle-orm/sqlite-core'
import { describe, expect, test } from 'vitest'
import { application } from '../support/application.ts'
import type { Browser } from '../support/browser.ts'
import { createTable } from '../support/create-table.ts'
import { recoveryWorld, tokenOf } from '../support/recovery.ts'

const people = sqliteTable('people', authUserColumns({ identifiers: ['email'], oauth: false }))
const options = { signIn: true, signInRegisters: true }

/** People who are known by their address alone. */
function open(
  given: Partial<Parameters<typeof recovery>[0]> = {},
  config: Partial<Pick<AuthConfig, 'hooks' | 'registration'>> = {},
) {
  const sqlite = new Database(':memory:')
  createTable(sqlite, people)
  const inbox = testInbox({ codes: {} })
  const feature = recovery({
    channels: [inbox],
    frontendUrl: 'https://app.example.com',
    verifyNewAccounts: false,
    ...options,
    ...given,
  })
  const made = application({
    users: drizzleUsers(drizzle(sqlite), people),
    features: [feature],
    registration: { answers: 'plain' },
    ...(config as object),
  })
  return {
    ...made,
    inbox,
    ask: async (client: Browser, email: string) => {
      const response = await client.post('/recovery/sign-in-request', { email })
      await made.auth.settled()
      return response
    },
    latest: () => inbox.messages.at(-1) as { link: string; code: string; kind: string },
    rows: () => sqlite.prepare('select email, email_verified from people').all(),
    enter: (client: Browser, token: string) => client.post('/recovery/sign-in-confirm', { token }),
    type: (client: Browser, code: string) => client.post('/recovery/sign-in-code', { code }),
  }
}

describe('A link to sign in that registers', () => {
  test('makes an account when it is opened, proven, and signs its owner in', async () => {
    const told: unknown[] = []
    const made = open({}, { hooks: { afterRegister: (user) => void told.push(user) } })
    const client = made.browser()
    await made.ask(client, ' New@Example.com ')
    expect(made.latest()).toMatchObject({ kind: 'sign_up', recipient: 'new@example.com' })
    expect(made.rows()).toEqual([])
    const token = tokenOf(made.latest())
    expect((await made.enter(client, token)).status).toBe(200)
    expect(made.rows()).toEqual([{ email: 'new@example.com', email_verified: 1 }])
    expect((await client.get('/me')).status).toBe(200)
    expect(told).toMatchObject([{ email: 'new@example.com' }])
    expect((await made.enter(client, token)).status).toBe(400)
    // And from then on it signs in.
    const later = made.browser()
    await made.ask(later, 'new@example.com')
    expect(made.latest().kind).toBe('sign_in')
    expect((await made.enter(later, tokenOf(made.latest()))).status).toBe(200)
    expect(made.rows()).toHaveLength(1)
  })

  test('is about the address alone, whatever name stands beside it', async () => {
    const made = open()
    const client = made.browser()
    await made.ask(client, 'boss@example.com <New@example.com>')
    expect(made.latest()).toMatchObject({ kind: 'sign_up', recipient: 'new@example.com' })
    expect((await made.enter(client, tokenOf(made.latest()))).status).toBe(200)
    expect(made.rows()).toEqual([{ email: 'new@example.com', email_verified: 1 }])
    await made.ask(made.browser(), 'Somebody New <new@example.com>')
    expect(made.latest()).toMatchObject({ kind: 'sign_in', recipient: 'new@example.com' })
  })

  test('goes to no number that an account could not have', async () => {
    const sqlite = new Database(':memory:')
    const callers = sqliteTable(
      'callers',
      authUserColumns({ identifiers: ['phone'], recovery: 'phone', oauth: false }),
    )
    createTable(sqlite, callers)
    const inbox = testInbox()
    const { auth, browser } = application({
      users: drizzleUsers(drizzle(sqlite), callers),
      identity: { login: ['phone'], recovery: 'phone' },
      features: [
        recovery({ channels: [inbox], frontendUrl: 'https://app.example.com', ...options }),
      ],
    })
    for (const phone of ['+43 664\u202e1234567', 'a\u0000b', '\ud800', ' ', '9'.repeat(300)]) {
      await browser().post('/recovery/sign-in-request', { phone })
    }
    await auth.settled()
    expect(inbox.messages).toEqual([])
    await browser().post('/recovery/sign-in-request', { phone: '+43 664 1234567' })
    await auth.settled()
    expect(inbox.messages).toMatchObject([{ recipient: '+436641234567' }])
  })

  test('opened elsewhere shows a code, and makes nothing until it is typed where it was asked', async () => {
    const made = open()
    const client = made.browser()
    await made.ask(client, 'new@example.com')
    const phone = made.browser()
    const shown = await made.enter(phone, tokenOf(made.latest()))
    const { code } = (await shown.json()) as { code: string }
    expect(phone.sessionId).toBeUndefined()
    expect(made.rows()).toEqual([])
    expect((await made.type(phone, code)).status).toBe(400)
    expect((await made.type(client, code)).status).toBe(200)
    expect(made.rows()).toHaveLength(1)
  })

  test('has a code of its own, for who asked', async () => {
    const made = open()
    const client = made.browser()
    await made.ask(client, 'new@example.com')
    const { code } = made.latest()
    const stranger = made.browser()
    await made.ask(stranger, 'new@example.com')
    expect((await made.type(stranger, code)).status).toBe(400)
    expect((await made.type(client, code)).status).toBe(200)
    expect((await client.get('/me')).status).toBe(200)
  })

  test('is of one use, whoever else registers meanwhile', async () => {
    const made = open()
    const client = made.browser()
    await made.ask(client, 'new@example.com')
    const token = tokenOf(made.latest())
    const answers = await Promise.all(Array.from({ length: 20 }, () => made.enter(client, token)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    await made.ask(client, 'bob@example.com')
    const late = tokenOf(made.latest())
    const body = { email: 'bob@example.com', password: 'correct horse battery' }
    await made.browser().post('/register', body)
    expect((await made.enter(client, late)).status).toBe(400)
    expect(made.rows()).toHaveLength(2)
  })

  test('answers the same as for an account, and leaves three times an hour', async () => {
    const made = open()
    await made.browser().post('/register', {
      email: 'ann@example.com',
      password: 'correct horse battery',
    })
    const answer = async (email: string) => {
      const response = await made.ask(made.browser(), email)
      const body = (await response.json()) as { detail: string; receipt: string }
      return { status: response.status, detail: body.detail, names: Object.keys(body) }
    }
    expect(await answer('new@example.com')).toEqual(await answer('ann@example.com'))
    for (let index = 0; index < 5; index++) await answer('new@example.com')
    const sent = made.inbox.messages.filter(({ recipient }) => recipient === 'new@example.com')
    expect(sent).toHaveLength(3)
  })

  test('is there by option only: else an address without an account gets nothing', async () => {
    const made = open({ signInRegisters: false })
    await made.ask(made.browser(), 'new@example.com')
    expect(made.inbox.messages).toEqual([])
  })

  test('wants accounts of an address alone, and a registration that is open', () => {
    expect(() => recoveryWorld(options)).toThrow(
      "people log in by username as well; write identity: { login: ['email'] }",
    )
    expect(() => open({}, { registration: { mode: 'closed' } })).toThrow(
      "registration.mode is 'closed'; leave one of them out",
    )
  })
})
