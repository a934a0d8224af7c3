import { bearer, session } from 'crudauth'
import { describe, expect, test } from 'vitest'
import { recoveryWorld } from '../support/recovery.ts'

const newPassword = 'another horse, another battery'

/** Somebody who has registered, with a link. */
async function registered(...given: Parameters<typeof recoveryWorld>) {
  const made = recoveryWorld(...given)
  const member = await made.member()
  await made.ask(made.browser({ peer: '198.51.100.1' }), 'verify')
  return { ...made, person: made.member, member, link: await made.token() }
}

type Registered = Awaited<ReturnType<typeof registered>>

const statusOf = async ({ browser }: Registered, password: string) =>
  (await browser().post('/login', { username: 'ann', password })).status

/** The proof of the answer that asks for a password. */
async function proofOf(response: Response): Promise<string> {
  expect(response.status).toBe(403)
  const { code, proof } = (await response.json()) as { code: string; proof: string }
  expect(code).toBe('password_needed')
  return proof
}

describe('Asking for a verification', () => {
  test('answers the same for everybody, at both paths', async () => {
    const made = recoveryWorld()
    await made.member()
    for (const path of ['/recovery/verify-request', '/email/verify-request']) {
      for (const email of ['ann@example.com', 'nobody@example.com']) {
        const response = await made.browser().post(path, { email })
        expect({ status: response.status, body: await response.json() }).toEqual({
          status: 200,
          body: { detail: 'If an account exists, a verification email has been sent.' },
        })
      }
    }
    await made.auth.settled()
    expect(made.inbox.messages.map(({ kind }) => kind)).toEqual(['verify_email', 'verify_email'])
    expect(made.inbox.messages[0]?.link).toMatch(/\/verify-email#token=/)
  })

  test('sends nothing where the address is verified', async () => {
    const made = await registered()
    await made.confirm(made.browser(), 'verify', {
      token: made.link,
      password: made.member.password,
    })
    await made.ask(made.browser(), 'verify')
    expect(made.inbox.messages).toHaveLength(1)
    expect(made.told('recovery.requested').at(-1)).toMatchObject({ outcome: 'not_wanted' })
  })
})

describe('A link to verify', () => {
  test('keeps everything with a session of the account', async () => {
    const made = await registered()
    const client = await made.loggedIn(made.member)
    const response = await made.confirm(client, 'verify', { token: made.link })
    expect({ status: response.status, body: await response.json() }).toEqual({
      status: 200,
      body: { detail: 'Verified successfully.' },
    })
    expect(made.verified()).toBe(true)
    expect((await client.get('/me')).status).toBe(200)
    expect(await statusOf(made, made.member.password)).toBe(200)
  })

  test('keeps everything with a token of the account', async () => {
    const made = await registered({}, { transports: [session(), bearer()] })
    const form = { username: 'ann', password: made.member.password }
    const response = await made.browser().post('/token', undefined, { form })
    const { access_token } = (await response.json()) as { access_token: string }
    const headers = { authorization: `Bearer ${access_token}` }
    const confirmed = await made
      .browser()
      .post('/recovery/verify-confirm', { token: made.link }, { headers })
    expect(confirmed.status).toBe(200)
    expect((await made.browser().get('/me', { headers })).status).toBe(200)
  })

  test('keeps everything with the password, on any device', async () => {
    const made = await registered()
    const laptop = await made.loggedIn(made.member)
    const phone = made.browser({ peer: '192.0.2.9' })
    const body = { token: made.link, password: made.member.password }
    expect((await made.confirm(phone, 'verify', body)).status).toBe(200)
    expect(made.verified()).toBe(true)
    expect((await laptop.get('/me')).status).toBe(200)
  })

  test('alone decides nothing, and says what is needed', async () => {
    const made = await registered()
    const phone = made.browser()
    await proofOf(await made.confirm(phone, 'verify', { token: made.link }))
    expect(made.verified()).toBe(false)
    expect(await statusOf(made, made.member.password)).toBe(200)
    // Whoever closed the page opens the link again.
    await proofOf(await made.confirm(phone, 'verify', { token: made.link }))
  })

  test('with a session of somebody else decides nothing', async () => {
    const made = await registered()
    const eve = await made.loggedIn(await made.person('eve'))
    await proofOf(await made.confirm(eve, 'verify', { token: made.link }))
    expect(made.verified()).toBe(false)
  })

  test('with a session but without its CSRF token decides nothing', async () => {
    const made = await registered()
    const client = await made.loggedIn(made.member)
    const body = { token: made.link }
    const response = await client.post('/recovery/verify-confirm', body, { csrf: false })
    await proofOf(response)
  })

  test('and then the password that was chosen at registration keeps everything', async () => {
    const made = await registered()
    const laptop = await made.loggedIn(made.member)
    const phone = made.browser()
    const proof = await proofOf(await made.confirm(phone, 'verify', { token: made.link }))
    const wrong = await made.confirm(phone, 'verify', { proof, password: 'not that one' })
    expect(wrong.status).toBe(401)
    const right = await made.confirm(phone, 'verify', { proof, password: made.member.password })
    expect(right.status).toBe(200)
    expect(made.verified()).toBe(true)
    expect((await laptop.get('/me')).status).toBe(200)
  })

  test('and then a new password drops everything that there was', async () => {
    const made = await registered()
    const planted = await made.loggedIn(made.member)
    await made.ask(planted, 'reset')
    const plantedLink = await made.token()
    const phone = made.browser()
    const proof = await proofOf(await made.confirm(phone, 'verify', { token: made.link }))
    const weak = await made.confirm(phone, 'verify', { proof, new_password: 'short' })
    expect(weak.status).toBe(422)
    const response = await made.confirm(phone, 'verify', { proof, new_password: newPassword })
    expect(response.status).toBe(200)
    expect(made.verified()).toBe(true)
    expect((await planted.get('/me')).status).toBe(401)
    expect(await statusOf(made, made.member.password)).toBe(401)
    expect(await statusOf(made, newPassword)).toBe(200)
    const reset = { token: plantedLink, new_password: 'the one that Eve wants' }
    expect((await made.confirm(planted, 'reset', reset)).status).toBe(400)
    // The proof is used up, and so is the link.
    for (const sent of [{ proof }, { token: made.link }]) {
      const body = { ...sent, new_password: 'the one that Eve wants' }
      expect((await made.confirm(phone, 'verify', body)).status).toBe(400)
    }
  })

  test('of an account without a password asks for one: other things can be planted, too', async () => {
    const made = await registered()
    made.sqlite.exec("update members set hashed_password = '!' where username = 'ann'")
    await made.ask(made.browser(), 'verify')
    await proofOf(await made.confirm(made.browser(), 'verify', { token: await made.token() }))
    expect(made.verified()).toBe(false)
  })

  test('counts guesses at the password in the budget of the account', async () => {
    const made = await registered()
    const phone = made.browser()
    const proof = await proofOf(await made.confirm(phone, 'verify', { token: made.link }))
    const statuses: number[] = []
    for (let index = 0; index < 20; index++) {
      const body = { proof, password: `guess ${index}` }
      statuses.push((await made.confirm(phone, 'verify', body)).status)
    }
    expect(statuses).toContain(429)
    expect(statuses.filter((status) => status === 401).length).toBeLessThan(10)
  })

  test('is used up by what it did, and a proof ends after ten minutes', async () => {
    const made = await registered()
    const proof = await proofOf(await made.confirm(made.browser(), 'verify', { token: made.link }))
    made.clock.advance(600)
    const late = { proof, password: made.member.password }
    expect((await made.confirm(made.browser(), 'verify', late)).status).toBe(400)
    const body = { token: made.link, password: made.member.password }
    expect((await made.confirm(made.browser(), 'verify', body)).status).toBe(200)
    const again = await made.confirm(made.browser(), 'verify', body)
    expect(await again.json()).toMatchObject({ code: 'recovery_token_used' })
  })

  test('that comes second is a success without effect, as in the Python original', async () => {
    const hooks: unknown[] = []
    const made = await registered(
      {},
      {},
      { afterRecoveryVerified: (user) => void hooks.push(user) },
    )
    await made.ask(made.browser(), 'verify')
    const other = await made.token()
    const { password } = made.member
    await made.confirm(made.browser(), 'verify', { token: made.link, password })
    expect((await made.confirm(made.browser(), 'verify', { token: other })).status).toBe(200)
    expect(hooks).toHaveLength(1)
    expect(made.told('recovery.verified')).toHaveLength(1)
  })

  test('is bound to the address that it was sent to', async () => {
    const made = await registered()
    made.sqlite.exec("update members set email = 'eve@example.com' where username = 'ann'")
    const body = { token: made.link, password: made.member.password }
    expect((await made.confirm(made.browser(), 'verify', body)).status).toBe(400)
    expect(made.verified()).toBe(false)
  })

  test('needs something to redeem', async () => {
    const made = recoveryWorld()
    const response = await made.confirm(made.browser(), 'verify', { password: 'x' })
    expect(await response.json()).toMatchObject({
      errors: [{ path: 'token', message: 'Is required.' }],
    })
    const nothing = await made.confirm(made.browser(), 'verify', { token: '' })
    expect(nothing.status).toBe(400)
  })
})
