/**
 * Registration with an invitation.
 */
import { describe, expect, test } from 'vitest'
import { problemsOf } from './support/configuration-problems.ts'
import { frontendUrl, recoveryWorld, tokenOf } from './support/recovery.ts'
import { json, type WorldConfig, world } from './support/world.ts'

const invited = { registration: { mode: 'invited' } } as WorldConfig
const bob = { email: 'bob@example.com', username: 'bob', password: 'correct horse battery' }

/** An application without a way to reach people: it hands tokens over. */
function byHand(config: WorldConfig = {}, hooks: Parameters<typeof world>[1] = {}) {
  const made = world({ ...invited, ...config }, hooks)
  return {
    ...made,
    register: (body: object, peer = '192.0.2.20') => made.browser({ peer }).post('/register', body),
    async invitation(address = bob.email, more: object = {}) {
      const { token, id } = await made.auth.invitations.create({ address, ...more })
      return { invitation: token ?? '', id }
    },
    told: (name: string) => made.events.filter((event) => event.name === name),
    count: () => made.sqlite.prepare('select count(*) from members').pluck().get(),
  }
}

/** One that recovery delivers. */
const byMail = (hooks: object = {}) =>
  recoveryWorld({ verifyNewAccounts: true }, invited, hooks as never)

describe('Where registration is by invitation', () => {
  test('nobody registers without one, or with another text', async () => {
    const { register, count } = byHand()
    expect((await register(bob)).status).toBe(422)
    for (const invitation of ['', 'nonsense', 'A'.repeat(43)]) {
      const answer = await register({ ...bob, invitation })
      expect([answer.status, (await json(answer))['code']]).toEqual([400, 'invitation_invalid'])
    }
    expect(count()).toBe(0)
  })

  test('one makes one account, for its address, once', async () => {
    const made = byHand()
    const { invitation, id } = await made.invitation()
    const { email: _known, ...rest } = bob
    const answer = await made.register({ ...rest, invitation })
    expect(answer.status).toBe(200)
    expect(await json(answer)).toMatchObject({ email: bob.email, username: 'bob' })
    const again = await made.register({ ...rest, username: 'bobby', invitation })
    expect([again.status, (await json(again))['code']]).toEqual([400, 'invitation_invalid'])
    expect((await made.loggedIn(bob)).sessionId).toBeDefined()
    expect(made.told('invitation.redeemed')).toMatchObject([{ invitationId: id }])
    expect(made.told('invitation.refused')).toHaveLength(1)
  })

  test('of many at once with one invitation, one account is made', async () => {
    const made = byHand()
    const { invitation } = await made.invitation()
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, n) =>
        made.register({ username: `bob${n}`, password: bob.password, invitation }),
      ),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(made.count()).toBe(1)
  })

  test('nor are more where the application gives each another address', async () => {
    let accounts = 0
    const made = byHand({
      identity: { login: ['username'], recovery: 'email' },
      registration: {
        mode: 'invited',
        newUserFields: () => ({ email: `${accounts++}@staff.example.com` }),
      },
    } as unknown as WorldConfig)
    const { invitation } = await made.invitation()
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, n) =>
        made.register({ username: `bob${n}`, password: bob.password, invitation }),
      ),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(made.count()).toBe(1)
  })

  test('another address than the one that is invited is refused, and another spelling is not', async () => {
    const made = byHand()
    const { invitation } = await made.invitation()
    for (const email of ['eve@example.com', 7, null, '']) {
      const answer = await made.register({ ...bob, email, invitation })
      expect(answer.status).toBe(422)
      expect(await json(answer)).toMatchObject({ errors: [{ path: 'email' }] })
    }
    expect((await made.register({ ...bob, email: 'BOB@Example.com', invitation })).status).toBe(200)
  })

  test('what a body gets wrong, or a name that is taken, leaves the invitation good', async () => {
    const made = byHand()
    await made.auth.users.create({ ...bob, email: 'ann@example.com', username: 'ann' })
    const { invitation } = await made.invitation()
    for (const body of [{ password: 'short' }, { username: 'ann' }, { username: '' }]) {
      expect((await made.register({ ...bob, ...body, invitation })).status).toBe(422)
    }
    expect((await made.register({ ...bob, invitation })).status).toBe(200)
  })

  test('so does a hook that refuses', async () => {
    let refuses = true
    const made = byHand(
      {},
      {
        registering: () => {
          if (refuses) throw new Error('no')
        },
      },
    )
    const { invitation } = await made.invitation()
    expect((await made.register({ ...bob, invitation })).status).toBe(500)
    refuses = false
    expect((await made.register({ ...bob, invitation })).status).toBe(200)
  })

  test('one ends with its time, or when it is revoked', async () => {
    const made = byHand()
    const short = await made.invitation(bob.email, { ttl: 60 })
    made.clock.advance(61)
    expect((await made.register({ ...bob, invitation: short.invitation })).status).toBe(400)
    const { invitation, id } = await made.invitation()
    expect(await made.auth.invitations.revoke(id, { actor: 7 })).toBe(true)
    expect(await made.auth.invitations.revoke(id)).toBe(false)
    expect((await made.register({ ...bob, invitation })).status).toBe(400)
    expect(made.told('invitation.revoked')).toEqual([
      { name: 'invitation.revoked', invitationId: id, actor: 7 },
    ])
  })

  test('one for an address that has an account meanwhile makes no second', async () => {
    const made = byHand()
    const { invitation } = await made.invitation()
    await made.auth.users.create({ ...bob, username: 'first' })
    const answer = await made.register({ ...bob, invitation })
    expect([answer.status, (await json(answer))['code']]).toEqual([422, 'duplicate_value'])
  })

  test('its values win over what is sent', async () => {
    const made = byHand({
      registration: { mode: 'invited', extraFields: ['displayName'] },
    } as WorldConfig)
    const { invitation } = await made.invitation(bob.email, { values: { displayName: 'Bob' } })
    await made.register({ ...bob, display_name: 'Robert', invitation })
    expect(await made.auth.users.find('bob')).toMatchObject({ displayName: 'Bob' })
  })

  test('a token that the application hands over proves no mailbox', async () => {
    const made = byHand()
    const { invitation } = await made.invitation()
    await made.register({ ...bob, invitation })
    expect(await made.auth.users.find('bob')).toMatchObject({ emailVerified: false })
  })

  test('nothing that opens it is stored, or told', async () => {
    const made = byHand()
    const { invitation, id } = await made.invitation()
    expect(id).not.toBe(invitation)
    expect(JSON.stringify(made.events)).not.toContain(invitation)
    expect(JSON.stringify(made.events)).not.toContain(bob.email)
    const seen: unknown[] = []
    const hooked = byHand({
      registration: {
        mode: 'invited',
        newUserFields: ({ registerData }: { registerData: unknown }) => {
          seen.push(registerData)
          return {}
        },
      },
    } as unknown as WorldConfig)
    const token = (await hooked.invitation()).invitation
    await hooked.register({ ...bob, invitation: token })
    expect(seen).toEqual([{ email: bob.email, username: 'bob' }])
  })
})

describe('auth.invitations.create', () => {
  test.each([
    [{ address: 'nonsense' }, 'Must be an e-mail address.'],
    [{ address: 'ann@example.com' }, 'Already has an account.'],
  ])('refuses %j', async (invitation, message) => {
    const { auth } = byHand()
    await auth.users.create({ ...bob, email: 'ann@example.com' })
    await expect(auth.invitations.create(invitation)).rejects.toMatchObject({
      errors: [{ path: 'address', message }],
    })
  })

  test.each([
    [{ ttl: 0 }, RangeError],
    [{ ttl: Number.NaN }, RangeError],
    [{ values: { isSuperuser: true } }, TypeError],
  ])('refuses %j, which is a mistake', async (more, error) => {
    const { auth } = byHand()
    await expect(
      auth.invitations.create({ address: bob.email, ...more } as never),
    ).rejects.toBeInstanceOf(error)
  })

  test('makes none where registration is open, or where nobody can be reached', async () => {
    await expect(world().auth.invitations.create({ address: bob.email })).rejects.toThrow(
      "write registration: { mode: 'invited' }",
    )
    expect(problemsOf({ ...invited, identity: { recovery: null } })).toEqual([
      expect.stringContaining("identity: { recovery: 'email' }"),
    ])
  })
})

describe('Where recovery reaches people', () => {
  test('the link goes to the address, and to nobody else', async () => {
    const made = byMail()
    const invitation = await made.auth.invitations.create({ address: 'Bob@Example.com' })
    expect(invitation.token).toBeNull()
    await made.auth.settled()
    expect(made.inbox.messages).toMatchObject([
      { kind: 'invitation', recipient: 'bob@example.com', expiresIn: 7 * 86_400, user: null },
    ])
    expect(made.inbox.messages[0]?.link).toContain(`${frontendUrl}/register#token=`)
  })

  test('who registers with it is verified, is told so, and gets no further link', async () => {
    const proven: unknown[] = []
    const made = byMail({ afterRecoveryVerified: (user: object) => void proven.push(user) })
    await made.auth.invitations.create({ address: bob.email })
    const token = await made.token(bob.email)
    const answer = await made.browser().post('/register', { ...bob, invitation: token })
    expect(answer.status).toBe(200)
    await made.auth.settled()
    expect(made.verified('bob')).toBe(true)
    expect(proven).toHaveLength(1)
    expect(made.inbox.messages.map(({ kind }) => kind)).toEqual(['invitation'])
  })

  test('one that is handed over all the same proves nothing, and a link to verify follows', async () => {
    const made = byMail()
    const { token } = await made.auth.invitations.create({ address: bob.email, handOver: true })
    await made.browser().post('/register', { ...bob, invitation: token })
    await made.auth.settled()
    expect(made.verified('bob')).toBe(false)
    expect(made.inbox.messages.map(({ kind }) => kind)).toEqual(['verify_email'])
  })

  test('its token is good for nothing else, and no other token for it', async () => {
    const made = byMail()
    await made.auth.invitations.create({ address: bob.email })
    const token = tokenOf(await made.inbox.next({ to: bob.email, withinMs: 1 }))
    for (const path of ['/recovery/verify-confirm', '/recovery/unlock-confirm']) {
      expect((await made.browser().post(path, { token })).status).toBe(400)
    }
  })
})
