/**
 * Registration that tells nobody whether a name is taken.
 */
import { recovery } from 'crudauth'
import { testInbox } from 'crudauth/testing'
import { describe, expect, test } from 'vitest'
import { frontendUrl, tokenOf } from '../support/recovery.ts'
import { type WorldConfig, world } from '../support/world.ts'

const password = 'correct horse battery'

function newcomers(registration: object = {}, hooks: object = {}, options: object = {}) {
  const inbox = testInbox()
  const features = [recovery({ channels: [inbox], frontendUrl, ...options })]
  const made = world({ features, registration } as WorldConfig, hooks)
  const register = (body: object) =>
    made
      .browser()
      .post('/register', { email: 'ann@example.com', username: 'ann', password, ...body })
  const quiet = async (body: object = {}) => {
    const response = await register(body)
    const answer = { status: response.status, body: await response.json() }
    await made.auth.settled()
    return answer
  }
  const told = () => inbox.messages.map(({ kind, recipient }) => [kind, recipient])
  return { ...made, inbox, register, quiet, told }
}

const accepted = {
  status: 202,
  body: { detail: 'If the email is available, check your inbox to finish signing up.' },
}

describe('With a way to reach people, /register', () => {
  test('answers the same for a new account, a taken address and a taken name', async () => {
    const { quiet, told } = newcomers()
    expect(await quiet()).toEqual(accepted)
    expect(await quiet({ username: 'ann2' })).toEqual(accepted)
    expect(await quiet({ email: 'bob@example.com' })).toEqual(accepted)
    expect(await quiet({ email: 'ANN@example.com', username: 'ANN' })).toEqual(accepted)
    expect(told()).toEqual([
      ['verify_email', 'ann@example.com'],
      ['existing_account', 'ann@example.com'],
      ['username_taken', 'bob@example.com'],
      ['existing_account', 'ann@example.com'],
    ])
  })

  test('does the same counted work before the answer', async () => {
    const { register, queries, calls, auth } = newcomers()
    await register({})
    await auth.settled()
    const operations = ['get', 'set', 'add', 'increment', 'spend', 'replace', 'take', 'delete']
    const counts: unknown[] = []
    for (const body of [
      { email: 'new@example.com', username: 'new' },
      { username: 'another' },
      { email: 'other@example.com' },
      {},
    ]) {
      queries.count = 0
      for (const name of operations) calls[name] = 0
      await register(body)
      counts.push({ queries: queries.count, ...calls })
      await auth.settled()
    }
    expect(new Set(counts.map((one) => JSON.stringify(one))).size, JSON.stringify(counts)).toBe(1)
  })

  test('makes the account with the answer: the next request logs in', async () => {
    const { register, browser, quiet } = newcomers()
    await register({})
    const login = await browser().post('/login', { username: 'ann', password })
    expect(login.status).toBe(200)
    await quiet({ password: 'somebody else wants this account' })
    expect((await browser().post('/login', { username: 'ann', password })).status).toBe(200)
  })

  test('leaves nothing behind where the name is taken', async () => {
    const { quiet, sqlite } = newcomers()
    await quiet()
    await quiet({ username: 'bob' })
    await quiet({ email: 'bob@example.com' })
    expect(sqlite.prepare('select count(*) from members').pluck().get()).toBe(1)
  })

  test('of two at once for one name makes one account, and tells nobody which', async () => {
    const { register, auth, sqlite } = newcomers()
    const answers = await Promise.all(Array.from({ length: 10 }, () => register({})))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]))
    await auth.settled()
    expect(sqlite.prepare('select count(*) from members').pluck().get()).toBe(1)
  })

  test('runs afterRegister after the answer; what fails there is an event, and the message is sent', async () => {
    const { quiet, events, told } = newcomers(
      {},
      {
        afterRegister: () => {
          throw new Error('the mailing list is down')
        },
      },
    )
    expect(await quiet()).toEqual(accepted)
    expect(events).toContainEqual(
      expect.objectContaining({ name: 'hook.failed', hook: 'afterRegister' }),
    )
    expect(told()).toEqual([['verify_email', 'ann@example.com']])
  })

  test('judges what was sent as before', async () => {
    const { quiet } = newcomers()
    for (const wrong of [{ email: 'ann' }, { password: 'short' }, { username: '' }]) {
      expect((await quiet(wrong)).status).toBe(422)
    }
  })

  test('sends the notice to the stored address, and no more than its budget', async () => {
    const { quiet, told, inbox } = newcomers()
    await quiet()
    for (let index = 0; index < 10; index++) await quiet({ username: `ann${index}` })
    expect(told().filter(([kind]) => kind === 'existing_account')).toHaveLength(3)
    expect(inbox.messages.at(-1)).toMatchObject({ link: frontendUrl, code: null, expiresAt: null })
  })

  test('does not use up the messages of a verification', async () => {
    const { quiet, told, browser, auth } = newcomers()
    await quiet()
    for (let index = 0; index < 10; index++) await quiet({ username: `ann${index}` })
    await browser().post('/recovery/verify-request', { email: 'ann@example.com' })
    await auth.settled()
    expect(told().filter(([kind]) => kind === 'verify_email')).toHaveLength(2)
  })

  test('and then a click on the phone, with the password, is the ordinary way', async () => {
    const { register, inbox, auth, browser } = newcomers()
    const laptop = browser()
    await register({})
    await auth.settled()
    await laptop.post('/login', { username: 'ann', password })
    const token = tokenOf(inbox.messages[0] as never)
    const phone = browser({ peer: '192.0.2.9' })
    const needed = await phone.post('/recovery/verify-confirm', { token })
    const { proof } = (await needed.json()) as { proof: string }
    const done = await phone.post('/recovery/verify-confirm', { proof, password })
    expect(done.status).toBe(200)
    expect((await laptop.get('/me')).status).toBe(200)
  })

  test('and then a click in the same browser needs nothing else', async () => {
    const { inbox, auth, browser, sqlite } = newcomers()
    const laptop = browser()
    await laptop.post('/register', { email: 'ann@example.com', username: 'ann', password })
    await auth.settled()
    const token = tokenOf(inbox.messages[0] as never)
    expect((await laptop.post('/recovery/verify-confirm', { token })).status).toBe(200)
    expect(sqlite.prepare('select email_verified from members').pluck().get()).toBe(1)
    expect((await laptop.post('/login', { username: 'ann', password })).status).toBe(200)
  })

  test('and then a click in the application that registered needs nothing else', async () => {
    const { inbox, auth, browser } = newcomers()
    const app = browser()
    const body = { email: 'ann@example.com', username: 'ann', password }
    const response = await app.post('/register?device_token=true', body)
    const { device_token } = (await response.json()) as { device_token: string }
    await auth.settled()
    const token = tokenOf(inbox.messages[0] as never)
    const sent = { token, device_token }
    expect((await browser().post('/recovery/verify-confirm', sent)).status).toBe(200)
  })

  test('ties no browser to an account whose name was taken', async () => {
    const { quiet, inbox, auth, browser, sqlite } = newcomers()
    await quiet()
    const eve = browser()
    const response = await eve.post('/register', {
      email: 'ann@example.com',
      username: 'ann',
      password: 'the one that Eve wants',
    })
    // The answer has a device's name all the same.
    expect(response.headers.getSetCookie().join()).toContain('known_device=')
    await auth.settled()
    const token = tokenOf(inbox.messages[0] as never)
    expect((await eve.post('/recovery/verify-confirm', { token })).status).toBe(403)
    expect(sqlite.prepare('select email_verified from members').pluck().get()).toBe(0)
  })

  test('planted by somebody else keeps nothing of theirs, wherever the link is opened', async () => {
    const { inbox, auth, browser } = newcomers()
    const eve = browser({ peer: '198.51.100.6' })
    await eve.post('/register', { email: 'ann@example.com', username: 'ann', password })
    await eve.post('/login', { username: 'ann', password })
    await auth.settled()
    const ann = browser()
    const token = tokenOf(inbox.messages[0] as never)
    const needed = await ann.post('/recovery/verify-confirm', { token })
    const { proof } = (await needed.json()) as { proof: string }
    const body = { proof, new_password: 'the one that Ann chose' }
    expect((await ann.post('/recovery/verify-confirm', body)).status).toBe(200)
    expect((await eve.get('/me')).status).toBe(401)
    expect((await eve.post('/login', { username: 'ann', password })).status).toBe(401)
  })

  test('of a page of another site is refused', async () => {
    const { browser } = newcomers()
    const body = { email: 'ann@example.com', username: 'ann', password }
    const headers = { 'sec-fetch-site': 'cross-site' }
    expect((await browser().post('/register', body, { headers })).status).toBe(403)
  })

  test('says plainly what is taken where that is configured, and sends the link all the same', async () => {
    const { quiet, told, events } = newcomers({ answers: 'plain' })
    expect(events).toContainEqual(
      expect.objectContaining({ name: 'warning', code: 'plain_registration' }),
    )
    expect(await quiet()).toMatchObject({ status: 200, body: { username: 'ann' } })
    expect(await quiet({ username: 'bob' })).toMatchObject({
      status: 422,
      body: { detail: 'Email already registered' },
    })
    expect(told()).toEqual([['verify_email', 'ann@example.com']])
  })

  test('sends no link where the application does that itself', async () => {
    const { quiet, told } = newcomers({}, {}, { verifyNewAccounts: false })
    expect(await quiet()).toEqual(accepted)
    expect(told()).toEqual([])
  })
})
