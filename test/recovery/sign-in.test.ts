import { bearer, session } from 'crudauth'
import { describe, expect, test } from 'vitest'
import { factor } from '../support/made-up.ts'
import { recoveryWorld, tokenOf } from '../support/recovery.ts'

async function asked(...[options = {}, ...rest]: Parameters<typeof recoveryWorld>) {
  const made = recoveryWorld({ signIn: true, ...options }, ...rest)
  const member = await made.member()
  const client = made.browser({ peer: '198.51.100.1' })
  await made.ask(client, 'sign-in')
  const confirm = (from: typeof client, json: object) =>
    from.post('/recovery/sign-in-confirm', json)
  const typeCode = (from: typeof client, json: object) => from.post('/recovery/sign-in-code', json)
  return { ...made, member, client, confirm, typeCode, link: await made.token() }
}

/** The code that a browser is shown which did not ask. */
async function codeOf(response: Response): Promise<string> {
  const { code } = (await response.json()) as { code: string }
  expect(code).toMatch(/^\d{6}$/)
  return code
}

describe('A link to sign in', () => {
  test('is there by option only', async () => {
    const { browser } = recoveryWorld()
    const body = { email: 'ann@example.com' }
    expect((await browser().post('/recovery/sign-in-request', body)).status).toBe(404)
  })

  test('signs in the browser that asked, once', async () => {
    const { client, confirm, link, inbox } = await asked()
    expect(inbox.messages[0]).toMatchObject({ kind: 'sign_in', expiresIn: 1800 })
    const response = await confirm(client, { token: link })
    expect(await response.json()).toMatchObject({ username: 'ann', csrf_token: expect.any(String) })
    expect((await client.get('/me')).status).toBe(200)
    const again = await confirm(client, { token: link })
    expect(await again.json()).toMatchObject({ code: 'recovery_token_used' })
  })

  test('never signs in another browser, which sees a code for the one that asked', async () => {
    const { client, browser, confirm, typeCode, link } = await asked()
    const phone = browser()
    const code = await codeOf(await confirm(phone, { token: link }))
    expect(phone.sessionId).toBeUndefined()
    // Neither that browser nor a third one can use it.
    for (const other of [phone, browser()]) {
      expect((await typeCode(other, { code })).status).toBe(400)
    }
    expect((await typeCode(client, { code: ` ${code} ` })).status).toBe(200)
    expect((await client.get('/me')).status).toBe(200)
    expect((await typeCode(client, { code })).status).toBe(400)
    expect((await confirm(client, { token: link })).status).toBe(400)
  })

  test('that a stranger asked for signs the stranger in by nothing that its owner opens', async () => {
    const { client: stranger, browser, confirm, link } = await asked()
    await confirm(browser(), { token: link })
    expect((await stranger.get('/me')).status).toBe(401)
  })

  test('gives five guesses at its code, of however many', async () => {
    const { client, browser, confirm, typeCode, link } = await asked()
    const code = await codeOf(await confirm(browser(), { token: link }))
    const wrong = Array.from({ length: 200 }, (_, index) => String(index).padStart(6, '0'))
    const answers = await Promise.all(
      wrong.filter((one) => one !== code).map((one) => typeCode(client, { code: one })),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([400]))
    expect((await typeCode(client, { code })).status).toBe(400)
  })

  test('opened once more gives no further guesses', async () => {
    const { client, browser, confirm, typeCode, link } = await asked()
    for (let round = 0; round < 3; round++) {
      await confirm(browser(), { token: link })
      for (let guess = 0; guess < 5; guess++) await typeCode(client, { code: 'no code' })
    }
    const code = await codeOf(await confirm(browser(), { token: link }))
    expect((await typeCode(client, { code })).status).toBe(400)
  })

  test('shows no code once a hundred were looked at in thirty days', async () => {
    const made = await asked({ limits: { strangers: { times: 1000, seconds: 3600 } } })
    const guess = async (client: (typeof made)['client'], token: string) => {
      await made.confirm(made.browser(), { token })
      for (let index = 0; index < 5; index++) await made.typeCode(client, { code: 'no code' })
    }
    await guess(made.client, made.link)
    for (let round = 1; round < 20; round++) {
      made.clock.advance(86_400)
      const client = made.browser()
      await made.ask(client, 'sign-in')
      await guess(client, await made.token())
    }
    made.clock.advance(3600)
    const client = made.browser()
    await made.ask(client, 'sign-in')
    const token = await made.token()
    const elsewhere = await made.confirm(made.browser(), { token })
    expect(await elsewhere.json()).not.toHaveProperty('code')
    expect((await made.confirm(client, { token })).status).toBe(200)
  })

  test('dies with a change of the password, and its code with it', async () => {
    const { client, browser, confirm, typeCode, link, loggedIn, member } = await asked()
    const code = await codeOf(await confirm(browser(), { token: link }))
    const there = await loggedIn(member)
    await there.post('/change-password', {
      current_password: member.password,
      new_password: 'another horse, another battery',
    })
    expect((await typeCode(client, { code })).status).toBe(400)
    expect((await confirm(client, { token: link })).status).toBe(400)
  })

  test('is the first proof of an account: what was planted is dropped, the password too', async () => {
    const { client, confirm, link, loggedIn, member, browser, verified, told } = await asked()
    const planted = await loggedIn(member)
    expect((await confirm(client, { token: link })).status).toBe(200)
    expect(verified()).toBe(true)
    expect(told('credentials.revoked')).toMatchObject([{ reason: 'first_proof' }])
    expect((await planted.get('/me')).status).toBe(401)
    const login = { username: 'ann', password: member.password }
    expect((await browser().post('/login', login)).status).toBe(401)
    expect((await client.get('/me')).status).toBe(200)
  })

  test('of a verified account drops nothing', async () => {
    const made = await asked()
    const { password } = made.member
    await made.ask(made.browser(), 'verify')
    await made.browser().post('/recovery/verify-confirm', { token: await made.token(), password })
    const there = await made.loggedIn(made.member)
    expect((await made.confirm(made.client, { token: made.link })).status).toBe(200)
    expect((await there.get('/me')).status).toBe(200)
  })

  test('signs nobody in who is disabled', async () => {
    const { client, confirm, link, auth, member, ask, inbox, browser } = await asked()
    await auth.users.disable(member.id)
    expect((await confirm(client, { token: link })).status).toBe(400)
    await ask(browser(), 'sign-in')
    expect(inbox.messages).toHaveLength(1)
  })

  test('passes by no second factor', async () => {
    const made = recoveryWorld({ signIn: true }, {}, {}, [factor()])
    const { member, browser, auth } = made
    await member()
    const client = browser()
    await client.post('/recovery/sign-in-request', { email: 'ann@example.com' })
    await auth.settled()
    const response = await client.post('/recovery/sign-in-confirm', { token: await made.token() })
    expect(await response.json()).toMatchObject({ code: 'further_proof_required' })
    expect(client.sessionId).toBeUndefined()
  })

  test('gives tokens to a client without cookies, which names itself', async () => {
    const made = recoveryWorld({ signIn: true }, { transports: [session(), bearer()] })
    await made.member()
    const client = 'c'.repeat(22)
    const app = made.browser()
    const asked = await app.post('/recovery/sign-in-request', { email: 'ann@example.com', client })
    const { receipt } = (await asked.json()) as { receipt: string }
    await made.auth.settled()
    const body = { token: await made.token(), client }
    // Only its receipt shows that it asked.
    await codeOf(await app.post('/recovery/sign-in-confirm', body))
    const response = await app.post('/recovery/sign-in-confirm', { ...body, receipt })
    expect(await response.json()).toMatchObject({ access_token: expect.any(String) })
    expect(app.jar.size).toBe(0)
  })

  test('of a stranger takes no place of the browser that asks next', async () => {
    const made = recoveryWorld({ signIn: true })
    await made.member()
    const first = made.browser()
    await made.ask(first, 'sign-in')
    for (let index = 0; index < 5; index++) await made.ask(made.browser(), 'sign-in')
    expect(made.inbox.messages).toHaveLength(2)
    const token = tokenOf(made.inbox.messages[0] as never)
    expect((await first.post('/recovery/sign-in-confirm', { token })).status).toBe(200)
  })

  test('that strangers asked for signs in the owner who asked, too: nobody can take all of them', async () => {
    const made = recoveryWorld({ signIn: true })
    await made.member()
    // Two networks that ask every half hour have both places at any time.
    for (let round = 0; round < 48; round++) {
      for (const peer of ['198.51.100.1', '198.51.100.2']) {
        await made.ask(made.browser({ peer }), 'sign-in')
      }
      made.clock.advance(1800)
    }
    const owner = made.browser()
    for (const peer of ['198.51.100.1', '198.51.100.2']) {
      await made.ask(made.browser({ peer }), 'sign-in')
    }
    const before = made.inbox.messages.length
    await made.ask(owner, 'sign-in')
    expect(made.inbox.messages).toHaveLength(before)
    const token = tokenOf(made.inbox.messages.at(-1) as never)
    // On the phone it shows a code, which is good in the browser that asked.
    const phone = made.browser()
    const shown = await phone.post('/recovery/sign-in-confirm', { token })
    const code = await codeOf(shown)
    expect((await owner.post('/recovery/sign-in-code', { code })).status).toBe(200)
    expect((await owner.get('/me')).status).toBe(200)
  })

  test('of any request signs in a browser that asked for this address, and for no other', async () => {
    const made = recoveryWorld({ signIn: true })
    await made.member()
    await made.member('bob')
    const owner = made.browser()
    for (const email of ['bob@example.com', 'ann@exmaple.com', ' ANN@example.com ']) {
      await made.ask(owner, 'sign-in', email)
    }
    const stranger = made.browser({ peer: '198.51.100.1' })
    await made.ask(stranger, 'sign-in')
    const token = tokenOf(made.inbox.messages.at(-1) as never)
    const askedForBob = made.browser()
    await made.ask(askedForBob, 'sign-in', 'bob@example.com')
    const elsewhere = await askedForBob.post('/recovery/sign-in-confirm', { token })
    await codeOf(elsewhere)
    expect(askedForBob.sessionId).toBeUndefined()
    expect((await owner.post('/recovery/sign-in-confirm', { token })).status).toBe(200)
    expect(await (await owner.get('/me')).json()).toMatchObject({ username: 'ann' })
  })

  test('opened by who asked too long ago shows a code, which is of no use to them', async () => {
    const made = recoveryWorld({ signIn: true })
    await made.member()
    const early = made.browser()
    await made.ask(early, 'sign-in')
    made.clock.advance(1801)
    await made.ask(made.browser(), 'sign-in')
    const token = tokenOf(made.inbox.messages.at(-1) as never)
    const code = await codeOf(await early.post('/recovery/sign-in-confirm', { token }))
    const typed = await early.post('/recovery/sign-in-code', { code })
    expect(await typed.json()).toMatchObject({ code: 'recovery_code_invalid' })
  })

  test('has a code beside it, where a channel has codes: for the browser that asked', async () => {
    const made = recoveryWorld({ signIn: true, codes: {} })
    await made.member()
    const owner = made.browser()
    await made.ask(owner, 'sign-in')
    const { code } = made.inbox.messages.at(-1) as { code: string }
    const stranger = made.browser()
    await made.ask(stranger, 'sign-in')
    expect((await stranger.post('/recovery/sign-in-code', { code })).status).toBe(400)
    expect((await owner.post('/recovery/sign-in-code', { code })).status).toBe(200)
    expect((await owner.get('/me')).status).toBe(200)
  })

  test('with a receipt for another message shows a code', async () => {
    const made = recoveryWorld({ signIn: true, codes: {} })
    await made.member()
    const asked = await made.ask(made.browser(), 'reset')
    const { receipt } = (await asked.json()) as { receipt: string }
    await made.ask(made.browser(), 'sign-in')
    const token = tokenOf(made.inbox.messages.at(-1) as never)
    const answer = await made.browser().post('/recovery/sign-in-confirm', { token, receipt })
    await codeOf(answer)
  })

  test('with a receipt of another application, or of another secret, is not ours', async () => {
    const made = recoveryWorld({ signIn: true })
    await made.member()
    const owner = made.browser()
    await made.ask(owner, 'sign-in')
    const token = await made.token()
    for (const config of [
      { namespace: 'another' },
      { secret: 'another secret for tests, thirty-two bytes or more' },
    ]) {
      const other = recoveryWorld({ signIn: true }, { ...config, clock: made.clock.read })
      const asked = await other.ask(other.browser(), 'sign-in')
      const { receipt } = (await asked.json()) as { receipt: string }
      const answer = await made.browser().post('/recovery/sign-in-confirm', { token, receipt })
      await codeOf(answer)
    }
    expect((await owner.post('/recovery/sign-in-confirm', { token })).status).toBe(200)
  })
})
