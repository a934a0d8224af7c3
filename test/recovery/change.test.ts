import { sudo } from 'crudauth'
import { describe, expect, test } from 'vitest'
import type { Browser } from '../support/browser.ts'
import { recoveryWorld, tokenOf } from '../support/recovery.ts'

const newPassword = 'another horse, another battery'
const there = 'ann@new.example.com'

/** Somebody who is logged in, with a verified address. */
async function verifiedMember(...given: Parameters<typeof recoveryWorld>) {
  const made = recoveryWorld(...given)
  const member = await made.member()
  await made.ask(made.browser(), 'verify')
  const { password } = member
  await made.confirm(made.browser(), 'verify', { token: await made.token(), password })
  const client = await made.loggedIn(member)
  const address = () =>
    made.sqlite.prepare("select email from members where username = 'ann'").pluck().get()
  const change = async (to = there, body: object = { password }, from: Browser = client) => {
    const response = await from.post('/recovery/change-request', { new_email: to, ...body })
    await made.auth.settled()
    return response
  }
  const post = async (path: string, body: object, from: Browser = made.browser()) => {
    const response = await from.post(`/recovery/${path}`, body)
    await made.auth.settled()
    return response
  }
  return { ...made, person: made.member, member, client, address, change, post }
}

/** The same, with the link for the new address. */
async function changing(...given: Parameters<typeof recoveryWorld>) {
  const made = await verifiedMember(...given)
  await made.change()
  const link = await made.token(there)
  return { ...made, link }
}

describe('Asking for another address', () => {
  test('sends the link there, and changes nothing yet', async () => {
    const { change, inbox, address } = await verifiedMember()
    const response = await change(' ANN@New.Example.com ')
    expect({ status: response.status, body: await response.json() }).toEqual({
      status: 200,
      body: { detail: 'If the address is available, a confirmation email has been sent.' },
    })
    expect(inbox.messages.at(-1)).toMatchObject({ kind: 'change_email', recipient: there })
    expect(inbox.messages.at(-1)?.link).toContain('/confirm-email-change#token=')
    expect(address()).toBe('ann@example.com')
  })

  test('answers the same where somebody has the address, and sends nothing', async () => {
    const { change, inbox, member: _ann, ...made } = await verifiedMember()
    const before = inbox.messages.length
    await made.browser().post('/register', {
      email: there,
      username: 'bob',
      password: 'correct horse battery',
    })
    const response = await change()
    expect(response.status).toBe(200)
    expect(inbox.messages).toHaveLength(before)
  })

  test('needs the password, or a login that has just happened, or sudo', async () => {
    const { change, clock, member } = await verifiedMember()
    expect((await change(there, { password: 'not that one' })).status).toBe(401)
    expect((await change(there, {})).status).toBe(200)
    clock.advance(601)
    const late = await change('ann@other.example.com', {})
    expect(await late.json()).toMatchObject({ code: 'fresh_login_required' })
    expect((await change(there, { password: member.password })).status).toBe(200)
  })

  test('is fresh with sudo, and refused without a login', async () => {
    const made = await verifiedMember({}, {}, {}, [sudo({ route: true })])
    made.clock.advance(601)
    expect((await made.change(there, {})).status).toBe(403)
    await made.client.post('/sudo', { password: made.member.password })
    expect((await made.change(there, {})).status).toBe(200)
    expect((await made.change(there, {}, made.browser())).status).toBe(401)
  })

  test('is refused for the same address, and for none', async () => {
    const { change } = await verifiedMember()
    const same = await change('ANN@example.com')
    expect(await same.json()).toMatchObject({
      code: 'contact_unchanged',
      detail: 'New email matches current email',
    })
    expect((await change('nowhere')).status).toBe(422)
  })

  test('is limited, for each login and for each address', async () => {
    const { change } = await verifiedMember()
    const statuses: number[] = []
    for (let index = 0; index < 4; index++) {
      statuses.push((await change(`ann${index}@new.example.com`)).status)
    }
    expect(statuses).toEqual([200, 200, 200, 429])
  })
})

describe('A confirmed change', () => {
  test('writes the address, verified, tells the old one, and keeps the sessions', async () => {
    const told: unknown[] = []
    const made = await changing({}, {}, { afterEmailChanged: (user) => void told.push(user) })
    const response = await made.post('change-confirm', { token: made.link })
    expect(await response.json()).toEqual({ detail: 'Email changed successfully.' })
    expect(made.address()).toBe(there)
    expect(made.verified()).toBe(true)
    expect(told).toMatchObject([{ email: there }])
    expect(made.told('contact.changed')).toMatchObject([{ userId: made.member.id }])
    const notice = made.inbox.messages.at(-1)
    expect(notice).toMatchObject({ kind: 'email_changed', recipient: 'ann@example.com' })
    expect(notice?.link).toContain('/undo-change#token=')
    expect((await made.client.get('/me')).status).toBe(200)
    const again = await made.post('change-confirm', { token: made.link })
    expect(await again.json()).toMatchObject({ code: 'recovery_token_used' })
  })

  test('tells an old address that was never proven, but gives it no power', async () => {
    const made = recoveryWorld()
    const member = await made.member()
    const client = await made.loggedIn(member)
    const body = { new_email: there, password: member.password }
    await client.post('/email/change-request', body)
    await made.auth.settled()
    const confirmed = await client.post('/email/change-confirm', { token: await made.token(there) })
    expect(confirmed.status).toBe(200)
    await made.auth.settled()
    expect(made.inbox.messages.at(-1)).toMatchObject({ kind: 'email_changed', link: null })
  })

  test('of an address that somebody took meanwhile is refused, and the link stays good', async () => {
    const made = await changing()
    const bob = { email: there, username: 'bob', password: 'correct horse battery' }
    await made.browser().post('/register', bob)
    const refused = await made.post('change-confirm', { token: made.link })
    expect(refused.status).toBe(422)
    expect(await refused.json()).toMatchObject({ detail: 'Email already in use' })
    made.sqlite.exec("delete from members where username = 'bob'")
    expect((await made.post('change-confirm', { token: made.link })).status).toBe(200)
  })

  test('is refused, too, where somebody logs in by it as by a name, and sends nothing', async () => {
    const made = await changing()
    await made.person('bob')
    // As a row from before the library came may have it.
    made.sqlite.prepare("update members set username = ? where username = 'bob'").run(there)
    const refused = await made.post('change-confirm', { token: made.link })
    expect({ status: refused.status, address: made.address() }).toEqual({
      status: 422,
      address: 'ann@example.com',
    })
    const sent = made.inbox.messages.length
    expect((await made.change()).status).toBe(200)
    expect(made.inbox.messages).toHaveLength(sent)
  })

  test('to what one logs in by already, as by a name, is made', async () => {
    const made = await verifiedMember()
    made.sqlite.prepare("update members set username = ? where username = 'ann'").run(there)
    await made.change()
    const token = await made.token(there)
    expect((await made.post('change-confirm', { token })).status).toBe(200)
  })

  test('of two accounts to one address at once is one of them', async () => {
    const made = await changing()
    const bob = await made.loggedIn(await made.person('bob'))
    await made.change(there, { password: 'correct horse battery' }, bob)
    const links = [made.link, await made.token(there)]
    const statuses = await Promise.all(
      links.map(async (token) => (await made.post('change-confirm', { token })).status),
    )
    expect(statuses.sort()).toEqual([200, 422])
  })

  test('that is pending dies with a reset, and with a change of the password', async () => {
    for (const way of ['reset', 'change'] as const) {
      const made = await changing()
      if (way === 'reset') {
        await made.ask(made.browser(), 'reset')
        const body = { token: await made.token(), new_password: newPassword }
        expect((await made.confirm(made.browser(), 'reset', body)).status).toBe(200)
      } else {
        const body = { current_password: made.member.password, new_password: newPassword }
        expect((await made.client.post('/change-password', body)).status).toBe(200)
      }
      const late = await made.post('change-confirm', { token: made.link })
      expect({ way, ...((await late.json()) as object) }).toMatchObject({
        way,
        code: 'recovery_token_invalid',
      })
      expect(made.address()).toBe('ann@example.com')
    }
  })

  test('and a reset at once: one of them happens, and the other link is dead', async () => {
    const made = await changing()
    await made.ask(made.browser(), 'reset')
    const token = await made.token()
    const [changed, reset] = await Promise.all([
      made.post('change-confirm', { token: made.link }),
      made.confirm(made.browser(), 'reset', { token, new_password: newPassword }),
    ])
    const statuses = [changed.status, reset.status].sort()
    expect(statuses).toEqual([200, 400])
  })
})

describe('Undoing', () => {
  async function undone() {
    const made = await changing()
    await made.post('change-confirm', { token: made.link })
    const undo = tokenOf(made.inbox.messages.at(-1) as never)
    // What a thief would do next: it must not end the link.
    const body = { current_password: made.member.password, new_password: newPassword }
    expect((await made.client.post('/change-password', body)).status).toBe(200)
    await made.auth.settled()
    return { ...made, undo }
  }

  test('freezes the account, tells both addresses and gives nobody in', async () => {
    const made = await undone()
    const before = made.inbox.messages.length
    const response = await made.post('undo-confirm', { token: made.undo })
    expect(await response.json()).toEqual({ detail: 'The account is frozen.' })
    expect((await made.client.get('/me')).status).toBe(401)
    const login = { username: 'ann', password: newPassword }
    expect((await made.browser().post('/login', login)).status).toBe(401)
    expect(
      made.inbox.messages.slice(before).map(({ kind, recipient }) => [kind, recipient]),
    ).toEqual([
      ['account_frozen', 'ann@example.com'],
      ['account_frozen', there],
    ])
    expect(made.told('user.frozen')).toHaveLength(1)
    // Neither mailbox alone gets in.
    await made.ask(made.browser(), 'reset', there)
    expect(made.told('recovery.requested').at(-1)).toMatchObject({ outcome: 'not_wanted' })
    const again = await made.post('undo-confirm', { token: made.undo })
    expect(again.status).toBe(400)
  })

  test('opens when both mailboxes agree, in any order, and then by a reset', async () => {
    const made = await undone()
    await made.post('undo-confirm', { token: made.undo })
    const [old, current] = made.inbox.messages.slice(-2).map(tokenOf)
    const first = await made.post('unfreeze-confirm', { token: current })
    expect(await first.json()).toMatchObject({ open: false })
    const twice = await made.post('unfreeze-confirm', { token: current })
    expect(twice.status).toBe(400)
    const login = { username: 'ann', password: newPassword }
    expect((await made.browser().post('/login', login)).status).toBe(401)
    const second = await made.post('unfreeze-confirm', { token: old })
    expect(await second.json()).toMatchObject({ open: true })
    expect((await made.browser().post('/login', login)).status).toBe(401)
    await made.ask(made.browser(), 'reset', there)
    const latest = made.inbox.messages.at(-1)
    const reset = { token: tokenOf(latest as never), new_password: 'a third one, for good' }
    expect((await made.confirm(made.browser(), 'reset', reset)).status).toBe(200)
    const opened = { username: 'ann', password: 'a third one, for good' }
    expect((await made.browser().post('/login', opened)).status).toBe(200)
  })

  test('opens by a person of the application, who says whose address counts', async () => {
    const made = await undone()
    const { id } = made.member
    expect(await made.auth.users.unfreeze(id)).toBe(false)
    await made.post('undo-confirm', { token: made.undo })
    expect(await made.auth.users.unfreeze(id, { contact: 'ann@example.com' })).toBe(true)
    expect(made.address()).toBe('ann@example.com')
    await made.ask(made.browser(), 'reset')
    const latest = made.inbox.messages.at(-1)
    expect(latest).toMatchObject({ kind: 'reset_password', recipient: 'ann@example.com' })
  })

  test('is not possible after the stated time', async () => {
    const made = await changing({ undoTtl: 86_400 })
    await made.post('change-confirm', { token: made.link })
    const undo = tokenOf(made.inbox.messages.at(-1) as never)
    made.clock.advance(86_400)
    expect((await made.post('undo-confirm', { token: undo })).status).toBe(400)
  })

  test('is offered to the proven contact for a change and a reset of the password', async () => {
    const made = await verifiedMember()
    const body = { current_password: made.member.password, new_password: newPassword }
    await made.client.post('/change-password', body)
    await made.auth.settled()
    const notice = made.inbox.messages.at(-1)
    expect(notice).toMatchObject({ kind: 'password_changed', recipient: 'ann@example.com' })
    const token = tokenOf(notice as never)
    expect((await made.post('undo-confirm', { token })).status).toBe(200)
    expect((await made.client.get('/me')).status).toBe(401)
    // One mailbox only: it opens the account by itself, as a reset would.
    const open = await made.post('unfreeze-confirm', {
      token: tokenOf(made.inbox.messages.at(-1) as never),
    })
    expect(await open.json()).toMatchObject({ open: true })
  })

  test('of a contact that was never proven is offered to nobody', async () => {
    const made = recoveryWorld()
    const member = await made.member()
    const client = await made.loggedIn(member)
    await client.post('/change-password', {
      current_password: member.password,
      new_password: newPassword,
    })
    await made.auth.settled()
    expect(made.inbox.messages).toEqual([])
  })
})
