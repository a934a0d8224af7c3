import { type Recovery, sudo } from 'crudauth'
import { describe, expect, test } from 'vitest'
import type { Browser } from '../support/browser.ts'
import { recoveryWorld, tokenOf } from '../support/recovery.ts'

/** Somebody without a password, who signs in by links, and whose application has sudo. */
async function passwordless(options: Parameters<typeof recoveryWorld>[0] = {}) {
  const held: { recovery?: Recovery } = {}
  const feature = sudo({
    route: true,
    maxAttempts: 3,
    withoutPassword: (principal) => held.recovery?.confirmed(principal) ?? false,
  })
  const made = recoveryWorld({ signIn: true, confirmations: true, codes: {}, ...options }, {}, {}, [
    feature,
  ])
  held.recovery = made.auth.recovery
  const { id } = await made.member()
  const signedIn = async () => {
    const client = made.browser()
    await made.ask(client, 'sign-in')
    const token = tokenOf(made.inbox.messages.at(-1) as never)
    expect((await made.confirm(client, 'sign-in', { token })).status).toBe(200)
    return client
  }
  const request = async (client: Browser) => {
    const response = await client.post('/recovery/identity-request')
    await made.auth.settled()
    return response
  }
  return {
    ...made,
    id,
    signedIn,
    request,
    receipt: async (client: Browser) =>
      ((await (await request(client)).json()) as { receipt: string }).receipt,
    confirmIn: (client: Browser, body: object) => client.post('/recovery/identity-confirm', body),
    elevate: async (client: Browser) => (await client.post('/sudo', {})).status,
    latest: () => made.inbox.messages.at(-1) as { code: string; link: string },
  }
}

describe('A login that is confirmed by a message', () => {
  test('is elevated once, by the code of the message, without any password', async () => {
    const made = await passwordless()
    const client = await made.signedIn()
    expect(await made.elevate(client)).toBe(401)
    const receipt = await made.receipt(client)
    expect(made.latest()).toMatchObject({ kind: 'confirm_identity', expiresIn: 600 })
    const { code } = made.latest()
    const response = await made.confirmIn(client, { receipt, code })
    expect(await response.json()).toEqual({ detail: 'Confirmed.', confirmed: true })
    expect(await made.elevate(client)).toBe(200)
    expect(await made.elevate(client)).toBe(401)
  })

  test('is so by the link, too, in that browser', async () => {
    const made = await passwordless()
    const client = await made.signedIn()
    await made.request(client)
    const token = tokenOf(made.latest())
    expect((await made.confirmIn(client, { token })).status).toBe(200)
    expect((await made.confirmIn(client, { token })).status).toBe(400)
    expect(await made.elevate(client)).toBe(200)
  })

  test('for five minutes, and no other login of the account', async () => {
    const made = await passwordless()
    const [client, other] = [await made.signedIn(), await made.signedIn()]
    const receipt = await made.receipt(client)
    await made.confirmIn(client, { receipt, code: made.latest().code })
    expect(await made.elevate(other)).toBe(401)
    made.clock.advance(300)
    expect(await made.elevate(client)).toBe(401)
  })

  test('by a link that is opened elsewhere is not: that shows a code, for where it was asked', async () => {
    const made = await passwordless()
    const client = await made.signedIn()
    const receipt = await made.receipt(client)
    const phone = made.browser()
    const shown = await made.confirmIn(phone, { token: tokenOf(made.latest()) })
    const { code } = (await shown.json()) as { code: string }
    expect(code).toMatch(/^\d{6}$/)
    expect((await made.confirmIn(phone, { receipt, code })).status).toBe(401)
    expect((await made.confirmIn(client, { receipt, code })).status).toBe(200)
    expect(await made.elevate(client)).toBe(200)
  })

  test('of a thief is not, by the link that the owner opens in a login of their own', async () => {
    const made = await passwordless()
    const [thief, owner] = [await made.signedIn(), await made.signedIn()]
    await made.request(thief)
    await made.confirmIn(owner, { token: tokenOf(made.latest()) })
    expect(await made.elevate(thief)).toBe(401)
  })

  test('by the link of somebody else is not', async () => {
    const made = await passwordless()
    const client = await made.signedIn()
    await made.request(client)
    const token = tokenOf(made.latest())
    const bob = await made.loggedIn(await made.member('bob'))
    const answer = await made.confirmIn(bob, { token })
    expect(await answer.json()).not.toHaveProperty('confirmed')
    expect(await made.auth.recovery.confirmed({ userId: 2, login: 'x' } as never)).toBe(false)
  })

  test('is refused where nobody has shown that the address is theirs', async () => {
    const made = await passwordless()
    const ann = await made.loggedIn({ username: 'ann', password: 'correct horse battery' })
    const response = await made.request(ann)
    expect(response.status).toBe(403)
    expect(await response.json()).toMatchObject({ code: 'not_verified' })
    expect(made.inbox.messages).toHaveLength(0)
    expect((await made.request(made.browser())).status).toBe(401)
  })

  test('asks five times an hour, and gets five guesses each time', async () => {
    const made = await passwordless()
    const client = await made.signedIn()
    const receipt = await made.receipt(client)
    const { code } = made.latest()
    for (let index = 0; index < 5; index++) await made.confirmIn(client, { receipt, code: 'x' })
    expect((await made.confirmIn(client, { receipt, code })).status).toBe(400)
    for (let index = 0; index < 4; index++) expect((await made.request(client)).status).toBe(200)
    expect((await made.request(client)).status).toBe(429)
  })

  test('is there by option only', async () => {
    const made = await passwordless({ confirmations: false })
    const client = await made.signedIn()
    expect((await made.request(client)).status).toBe(404)
    expect(await made.auth.recovery.confirmed({ userId: made.id, login: 'x' })).toBe(false)
  })
})
