/**
 * Registration that tells nobody whether a name is taken.
 */
import { memoryStorage, recovery, type Storage } from 'crudauth'
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
    const operations = 'get set add increment spend replace take delete count giveBack'.split(' ')
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

  test('lets in whoever comes back before the device is known, although strangers guessed', async () => {
    const memory = memoryStorage()
    let isLate = false
    const storage: Storage = new Proxy(memory, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target)
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => {
          if (name === 'get' && isLate && String(args[0]).includes(':known-devices:')) {
            isLate = false
            return Promise.resolve(null)
          }
          return Reflect.apply(value, target, args)
        }
      },
    })
    const features = [recovery({ channels: [testInbox()], frontendUrl })]
    const made = world({ features, storage } as WorldConfig)
    const wrong = { username: 'ann', password: 'a guess' }
    for (let guess = 0; guess < 6; guess++) {
      await made.browser().post('/login', { ...wrong, password: `guess ${guess}` })
    }
    const client = made.browser()
    await client.post('/register', { email: 'ann@example.com', username: 'ann', password })
    await made.auth.settled()
    isLate = true
    expect((await client.post('/login', { username: 'ann', password })).status).toBe(200)
    expect(isLate).toBe(false)
    expect((await made.browser().post('/login', wrong)).status).toBe(429)
  })

  test('refuses what the database refuses whether or not the name is taken', async () => {
    const { quiet, sqlite } = newcomers({ extraFields: ['displayName'] })
    await quiet()
    const rule = (name: string, when: string) =>
      sqlite.exec(`create trigger ${name} before insert on members when ${when}
        begin select raise(abort, 'CHECK constraint failed: ${name}'); end`)
    rule('polite', "new.display_name = 'rude'")
    const rude = { display_name: 'rude' }
    const free = await quiet({ ...rude, email: 'new@example.com', username: 'new' })
    expect(free.status).toBe(422)
    expect(await quiet(rude)).toEqual(free)
    expect(await quiet({ ...rude, email: 'new@example.com' })).toEqual(free)
    const polite = { display_name: 'polite' }
    expect(await quiet(polite)).toEqual(accepted)

    // A rule that no made-up address meets says nothing of what was sent.
    rule('ours', "new.email not like '%@example.com'")
    expect(await quiet(polite)).toEqual(accepted)
    expect(await quiet({ ...polite, email: 'new@example.com', username: 'new' })).toEqual(accepted)
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

  test('runs afterRegister after the answer; what fails there is an event, and the link is sent', async () => {
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
    expect(told()).toContainEqual(['verify_email', 'ann@example.com'])
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

  test('tells who registered by a message that afterRegister failed', async () => {
    const { quiet, told, inbox, events, browser } = newcomers(
      {},
      {
        afterRegister: () => {
          throw new Error('no mailing list')
        },
      },
    )
    expect(await quiet()).toEqual(accepted)
    expect(told()).toHaveLength(2)
    const message = await inbox.next({ to: 'ann@example.com', kind: 'registration_failed' })
    expect(message).toMatchObject({ link: frontendUrl, user: { username: 'ann' } })
    expect(events.map(({ name }) => name)).toContain('background.failed')
    expect((await browser().post('/login', { username: 'ann', password })).status).toBe(200)
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

/** Somebody whose name was taken, with the link of the message that says so. */
async function nameless(...given: Parameters<typeof newcomers>) {
  const made = newcomers(...given)
  await made.quiet()
  await made.quiet({ email: 'bob@example.com', password: 'that of whoever sent it' })
  const message = made.inbox.messages.at(-1)
  expect(message).toMatchObject({
    kind: 'username_taken',
    recipient: 'bob@example.com',
    user: null,
    expiresIn: 3600,
  })
  expect(message?.link).toContain(`${frontendUrl}/choose-name#token=`)
  const token = tokenOf(message as never)
  const choose = (body: object, client = made.browser({ peer: '192.0.2.20' })) =>
    client.post('/register/another-name', { token, username: 'bob', password, ...body })
  const logIn = async (username: string, with_ = password) =>
    (await made.browser().post('/login', { username, password: with_ })).status
  return { ...made, token, choose, logIn }
}

describe('Another name, by the link of the message', () => {
  test('makes the account, verified, with the password that comes with it', async () => {
    const registered: unknown[] = []
    const verified: unknown[] = []
    const { choose, logIn, sqlite, events } = await nameless(
      {},
      {
        afterRegister: (user: object) => void registered.push(user),
        afterRecoveryVerified: (user: object) => void verified.push(user),
      },
    )
    const response = await choose({})
    expect(response.status).toBe(200)
    expect(response.headers.getSetCookie().join()).toContain('known_device=')
    expect(await response.json()).toEqual({ id: 2, email: 'bob@example.com', username: 'bob' })
    const row = sqlite.prepare('select email_verified from members where id = 2').pluck().get()
    expect(row).toBe(1)
    expect(await logIn('bob')).toBe(200)
    expect(await logIn('bob', 'that of whoever sent it')).toBe(401)
    expect(registered).toHaveLength(2)
    expect(verified).toMatchObject([{ username: 'bob' }])
    expect(events).toContainEqual(expect.objectContaining({ name: 'recovery.verified', userId: 2 }))
  })

  test('works once, and for an hour', async () => {
    const { choose, clock, token } = await nameless()
    expect((await choose({})).status).toBe(200)
    expect(await (await choose({ username: 'bob2' })).json()).toMatchObject({
      code: 'recovery_token_invalid',
    })
    const late = await nameless()
    late.clock.advance(3600)
    expect((await late.choose({})).status).toBe(400)
    expect((await late.choose({ token })).status).toBe(400)
    clock.advance(1)
  })

  test('of many at once makes one account', async () => {
    const { choose, sqlite } = await nameless()
    const names = Array.from({ length: 8 }, (_, index) => `bob${index}`)
    const answers = await Promise.all(names.map((username) => choose({ username })))
    const statuses = answers.map(({ status }) => status)
    expect(statuses.filter((status) => status === 200)).toHaveLength(1)
    expect(sqlite.prepare('select count(*) from members').pluck().get()).toBe(2)
  })

  test('says plainly that this one is taken, too, or cannot be used, and stays good', async () => {
    const { choose } = await nameless()
    expect(await (await choose({ username: 'ann' })).json()).toMatchObject({
      status: 422,
      detail: 'Username already taken',
    })
    expect((await choose({ password: 'short' })).status).toBe(422)
    expect((await choose({ username: '' })).status).toBe(422)
    expect((await choose({})).status).toBe(200)
  })

  test('does not become a way to try names: twenty a link', async () => {
    const { choose } = await nameless()
    for (let index = 0; index < 20; index++) {
      expect((await choose({ username: 'ann' })).status).toBe(422)
    }
    expect((await choose({})).status).toBe(400)
  })

  test('cannot be turned to another address', async () => {
    const { choose, sqlite } = await nameless()
    expect((await choose({ email: 'eve@example.com' })).status).toBe(200)
    const emails = sqlite.prepare('select email from members order by id').pluck().all()
    expect(emails).toEqual(['ann@example.com', 'bob@example.com'])
  })

  test('proves no address that the application puts in its place', async () => {
    const inbox = testInbox()
    let isOurs = false
    const config = {
      identity: { login: ['username'], recovery: 'email' },
      features: [recovery({ channels: [inbox], frontendUrl })],
      registration: { newUserFields: () => (isOurs ? { email: 'desk@example.com' } : {}) },
    } as unknown as WorldConfig
    const { browser, auth, sqlite } = world(config)
    const body = { username: 'ann', password }
    for (const email of ['ann@example.com', 'bob@example.com']) {
      await browser().post('/register', { ...body, email })
      await auth.settled()
    }
    isOurs = true
    const message = await inbox.next({ to: 'bob@example.com', kind: 'username_taken' })
    const sent = { token: tokenOf(message), username: 'bob', password }
    expect((await browser().post('/register/another-name', sent)).status).toBe(200)
    const row = "select email, email_verified from members where username = 'bob'"
    expect(sqlite.prepare(row).get()).toEqual({ email: 'desk@example.com', email_verified: 0 })
  })

  test('says so where the address has an account by now', async () => {
    const { choose, quiet } = await nameless()
    await quiet({ email: 'bob@example.com', username: 'robert' })
    expect(await (await choose({})).json()).toMatchObject({ detail: 'Email already registered' })
  })

  test('is good for nothing else, and nothing else is good for it', async () => {
    const { choose, token, browser, inbox } = await nameless()
    const client = browser()
    for (const body of [{ token, new_password: password }, { token }]) {
      expect((await client.post('/recovery/reset-confirm', body)).status).toBeGreaterThan(399)
      expect((await client.post('/recovery/verify-confirm', body)).status).toBe(400)
    }
    const other = tokenOf(inbox.messages[0] as never)
    for (const wrong of [other, '', `${token} `, token.toUpperCase(), '__proto__']) {
      expect((await choose({ token: wrong })).status).toBe(400)
    }
  })

  test('of a page of another site is refused, and nobody has the route with plain answers', async () => {
    const { token, browser } = await nameless()
    const body = { token, username: 'bob', password }
    const headers = { 'sec-fetch-site': 'cross-site' }
    expect((await browser().post('/register/another-name', body, { headers })).status).toBe(403)
    const plain = newcomers({ answers: 'plain' })
    expect((await plain.browser().post('/register/another-name', body)).status).toBe(404)
  })
})

describe("With verified: 'required'", () => {
  const required = () => newcomers({}, {}, { verified: 'required', signIn: true })
  const refusal = { status: 403, code: 'not_verified', detail: 'Verify your address first' }

  test('the right password is refused until the address is verified, and nothing is given out', async () => {
    const { register, inbox, auth, browser, events } = required()
    await register({})
    const laptop = browser()
    const response = await laptop.post('/login', { username: 'ann', password })
    expect(await response.json()).toMatchObject(refusal)
    expect(laptop.sessionId).toBeUndefined()
    expect(events).toContainEqual(
      expect.objectContaining({ name: 'login.failed', reason: 'unverified' }),
    )
    await auth.settled()
    const token = tokenOf(inbox.messages[0] as never)
    const sent = { token, password }
    expect((await laptop.post('/recovery/verify-confirm', sent)).status).toBe(200)
    expect((await laptop.post('/login', { username: 'ann', password })).status).toBe(200)
  })

  test('a wrong password is answered as ever, so that nobody learns who has an account', async () => {
    const { register, browser } = required()
    await register({})
    const login = (username: string) => browser().post('/login', { username, password: 'wrong' })
    const [known, unknown] = [await login('ann'), await login('nobody')]
    expect(known.status).toBe(401)
    expect(await known.json()).toEqual(await unknown.json())
  })

  test('a link to sign in verifies, and so lets in', async () => {
    const { register, inbox, auth, browser } = required()
    await register({})
    await auth.settled()
    const laptop = browser()
    await laptop.post('/recovery/sign-in-request', { email: 'ann@example.com' })
    await auth.settled()
    const token = tokenOf(inbox.messages.at(-1) as never)
    expect((await laptop.post('/recovery/sign-in-confirm', { token })).status).toBe(200)
    expect((await laptop.get('/me')).status).toBe(200)
  })

  test("the application's own word does not let in either", async () => {
    const { register, auth } = required()
    await register({})
    const call = new Request('https://app.example.com')
    const user = await auth.authenticatePassword(call as never, 'ann', password)
    const made = auth.sessions.create(call as never, user)
    await expect(made).rejects.toMatchObject({ code: 'not_verified' })
  })
})
