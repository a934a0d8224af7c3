import Database from 'better-sqlite3'
import { type PhoneOptions, recovery } from 'crudauth'
import { drizzleUsers } from 'crudauth/drizzle'
import { authUserColumns } from 'crudauth/drizzle/sqlite'
import { testInbox } from 'crudauth/testing'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { sqliteTable } from 'drizzle-orm/sqlite-core'
import { describe, expect, test } from 'vitest'
import { callingCode, canonicalPhone } from '../../src/users/phone.ts'
import { application } from '../support/application.ts'
import { createTable } from '../support/create-table.ts'

const people = sqliteTable(
  'people',
  authUserColumns({ identifiers: ['username', 'phone'], recovery: 'phone', oauth: false }),
)

/** People who log in by a name and get back in by a telephone number. */
function callers(phones: PhoneOptions = {}) {
  const sqlite = new Database(':memory:')
  createTable(sqlite, people)
  const inbox = testInbox({ codes: {} })
  const events: { readonly name: string }[] = []
  const made = application({
    users: drizzleUsers(drizzle(sqlite), people),
    identity: { login: ['username'], recovery: 'phone' },
    registration: { answers: 'plain' },
    features: [
      recovery({
        channels: [inbox],
        frontendUrl: 'https://app.example.com',
        verifyNewAccounts: false,
        phones,
      }),
    ],
    onEvent: (event) => void events.push(event),
  })
  const register = async (username: string, phone: string) => {
    const body = { username, phone, password: 'correct horse battery' }
    const response = await made.browser().post('/register', body)
    expect(response.status).toBe(200)
  }
  const ask = async (phone: string, kind = 'reset') => {
    await made.browser().post(`/recovery/${kind}-request`, { phone })
    await made.auth.settled()
  }
  return {
    ...made,
    inbox,
    sqlite,
    register,
    ask,
    sentTo: () => inbox.messages.map(({ recipient }) => recipient),
    withheld: () => events.filter(({ name }) => name === 'message.withheld'),
    told: (name: string) => events.filter((event) => event.name === name),
    prove: (username: string) =>
      sqlite.prepare('update people set phone_verified = 1 where username = ?').run(username),
  }
}

describe('A telephone number', () => {
  test('has one form, however it is written', async () => {
    const { register, ask, sentTo, browser } = callers()
    await register('ann', '+43 (664) 123-45 67')
    for (const phone of ['+436641234567', '+43.664.1234567', '\uff0b43 664 1234567']) {
      await ask(phone)
    }
    expect(new Set(sentTo())).toEqual(new Set(['+436641234567']))
    const body = { username: 'bob', phone: '+43 6641234567', password: 'correct horse battery' }
    expect((await browser().post('/register', body)).status).toBe(422)
  })

  test('without a country code stays as it is typed', () => {
    for (const text of [
      '0664 1234567',
      '112',
      '+1',
      '+0 664 1234567',
      'ann',
      `+${'1'.repeat(16)}`,
    ]) {
      expect(canonicalPhone(text)).toBe(text)
    }
  })

  test.each([
    ['+12025550123', '1'],
    ['+79161234567', '7'],
    ['+436641234567', '43'],
    ['+390612345678', '39'],
    ['+3531234567', '353'],
    ['+8821234567890', '882'],
    ['+99890123456', '998'],
    ['06641234567', null],
    ['ann@example.com', null],
  ])('%s is of country %s', (number, code) => {
    expect(callingCode(number)).toBe(code)
  })
})

describe('Messages to telephone numbers', () => {
  test('are so many a day for each country, and for all, whoever asks', async () => {
    const made = callers({
      country: { times: 2, seconds: 86_400 },
      all: { times: 3, seconds: 86_400 },
    })
    const numbers = ['+88211111111', '+88222222222', '+88233333333', '+4311111111', '+4911111111']
    for (const [index, phone] of numbers.entries()) await made.register(`m${index}`, phone)
    for (const phone of numbers) await made.ask(phone)
    expect(made.sentTo()).toEqual(['+88211111111', '+88222222222', '+4311111111'])
    expect(made.withheld()).toMatchObject([
      { reason: 'country', country: '882', kind: 'reset_password' },
      { reason: 'all', country: '49' },
    ])
    expect(made.told('recovery.requested').at(-1)).toMatchObject({ outcome: 'limited' })
    made.clock.advance(86_400)
    await made.ask('+4911111111')
    expect(made.sentTo()).toHaveLength(4)
  })

  test('of which a flood to new numbers keeps none to proven ones from leaving', async () => {
    const made = callers({ country: { times: 1, seconds: 86_400 } })
    await made.register('ann', '+4366400000')
    made.prove('ann')
    for (let index = 1; index < 6; index++) {
      await made.register(`m${index}`, `+4366411111${index}`)
      await made.ask(`+4366411111${index}`)
    }
    expect(made.sentTo()).toHaveLength(1)
    await made.ask('+4366400000')
    expect(made.sentTo().at(-1)).toBe('+4366400000')
  })

  test('leave where the application says so, which knows the country better', async () => {
    const asked: unknown[] = []
    const made = callers({
      countryOf: (number) => (number.startsWith('+1876') ? 'JM' : null),
      allows: (message) => {
        asked.push(message)
        return message.country !== 'JM'
      },
    })
    await made.register('ann', '+18765550123')
    await made.register('bob', '+12025550123')
    await made.ask('+18765550123')
    await made.ask('+12025550123')
    expect(made.sentTo()).toEqual(['+12025550123'])
    expect(made.withheld()).toMatchObject([{ reason: 'application', country: 'JM' }])
    expect(asked[0]).toEqual({
      number: '+18765550123',
      country: 'JM',
      kind: 'reset_password',
      isProven: false,
      userId: 1,
    })
  })

  test('stay here where that function fails, and the failure is told', async () => {
    const made = callers({ allows: () => Promise.reject(new Error('down')) })
    await made.register('ann', '+4366400000')
    await made.ask('+4366400000')
    expect(made.sentTo()).toEqual([])
    expect(made.told('hook.failed')).toMatchObject([{ hook: 'recovery.phones.allows' }])
  })

  test('that are withheld use up nothing of the account', async () => {
    let isOpen = false
    const made = callers({ allows: () => isOpen })
    await made.register('ann', '+4366400000')
    for (let index = 0; index < 5; index++) await made.ask('+4366400000')
    isOpen = true
    await made.ask('+4366400000')
    expect(made.sentTo()).toHaveLength(1)
  })
})
