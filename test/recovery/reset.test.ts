import { bearer, ConfigurationError, recovery, session } from 'crudauth'
import { describe, expect, test } from 'vitest'
import { factor } from '../support/made-up.ts'
import { frontendUrl, recoveryWorld, tokenOf } from '../support/recovery.ts'
import { world } from '../support/world.ts'

const newPassword = 'another horse, another battery'

/** Somebody who has forgotten the password, with a link. */
async function forgotten(...given: Parameters<typeof recoveryWorld>) {
  const made = recoveryWorld(...given)
  const member = await made.member()
  const client = made.browser({ peer: '198.51.100.1' })
  await made.ask(client, 'reset')
  return { ...made, member, client, link: await made.token() }
}

describe('Asking for a reset', () => {
  test('answers the same for everybody, at both paths', async () => {
    const { member, browser, inbox, auth } = recoveryWorld()
    await member()
    for (const path of ['/recovery/reset-request', '/password/reset-request']) {
      const answers = await Promise.all(
        ['ann@example.com', 'nobody@example.com'].map(async (email) => {
          const response = await browser().post(path, { email })
          return { status: response.status, body: await response.json() }
        }),
      )
      expect(answers[0]).toEqual(answers[1])
      expect(answers[0]).toEqual({
        status: 200,
        body: { detail: 'If an account exists, a password reset email has been sent.' },
      })
    }
    await auth.settled()
    expect(inbox.messages.map(({ recipient }) => recipient)).toEqual([
      'ann@example.com',
      'ann@example.com',
    ])
  })

  test('looks nothing up before it answers', async () => {
    const { member, browser, queries, calls, auth } = recoveryWorld()
    await member()
    for (const email of ['ann@example.com', 'nobody@example.com']) {
      queries.count = 0
      for (const name of Object.keys(calls)) calls[name] = 0
      await browser().post('/recovery/reset-request', { email })
      expect({ email, queries: queries.count, ...calls }).toEqual(
        expect.objectContaining({ email, queries: 0 }),
      )
      expect(Object.values(calls).reduce((sum, one) => sum + one, 0)).toBe(0)
      await auth.settled()
      expect(queries.count).toBeGreaterThan(0)
    }
  })

  test('sends to the stored address, whatever spelling was typed', async () => {
    const { member, browser, inbox, ask } = recoveryWorld()
    await member()
    await ask(browser(), 'reset', 'ANN@Example.COM')
    await ask(browser(), 'reset', 'bob@example.com <ann@Example.com>')
    const sentTo = inbox.messages.map(({ recipient }) => recipient)
    expect(sentTo).toEqual(['ann@example.com', 'ann@example.com'])
  })

  test('finds nobody by an address that only looks the same', async () => {
    const { member, browser, inbox, ask } = recoveryWorld()
    await member()
    // Cyrillic, full width, a soft hyphen, and another's domain in front.
    for (const email of ['аnn@example.com', 'ａnn@example.com', 'ann@example.com.evil.example']) {
      await ask(browser(), 'reset', email)
    }
    expect(inbox.messages).toEqual([])
  })

  test('links to the configured page, never to what a request calls its host', async () => {
    const { member, send, inbox, auth } = recoveryWorld()
    await member()
    const headers = {
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
      forwarded: 'host=evil.example',
      'content-type': 'application/json',
    }
    const body = JSON.stringify({ email: 'ann@example.com' })
    await send(
      new Request('https://evil.example/recovery/reset-request', { method: 'POST', headers, body }),
      '203.0.113.7',
    )
    await auth.settled()
    expect(inbox.messages[0]?.link).toMatch(
      /^https:\/\/app\.example\.com\/reset-password#token=[\w-]{43}$/,
    )
  })

  test('gives channels neither the hash nor the token beside the link', async () => {
    const { inbox } = await forgotten()
    const [message] = inbox.messages
    expect(Object.keys(message ?? {}).sort()).toEqual(
      [
        'kind',
        'recipient',
        'link',
        'code',
        'codeExpiresIn',
        'expiresAt',
        'expiresIn',
        'locale',
        'provider',
        'user',
      ].sort(),
    )
    expect(message).toMatchObject({ kind: 'reset_password', expiresIn: 3600, code: null })
    expect(message?.user).toMatchObject({ username: 'ann' })
    expect(JSON.stringify(message?.user)).not.toContain('$')
  })

  test('is in the language that the browser prefers, or that of the row', async () => {
    const { member, browser, inbox, auth } = recoveryWorld()
    await member()
    const headers = { 'accept-language': 'en;q=0.5, de-AT, *;q=0.1' }
    const body = { email: 'ann@example.com' }
    await browser().post('/recovery/reset-request', body, { headers })
    await auth.settled()
    const other = recoveryWorld({ locale: () => 'fr' })
    await other.member()
    await other.browser().post('/recovery/reset-request', body, { headers })
    await other.auth.settled()
    expect([inbox.messages[0]?.locale, other.inbox.messages[0]?.locale]).toEqual(['de-AT', 'fr'])
  })

  test('is refused without an address, and from pages of other sites', async () => {
    const { browser, send } = recoveryWorld()
    for (const email of ['', 'ann', 7, undefined]) {
      const { status } = await browser().post('/recovery/reset-request', { email })
      expect(status).toBe(422)
    }
    const response = await send(
      new Request('https://app.example.com/recovery/reset-request', {
        method: 'POST',
        headers: { 'sec-fetch-site': 'cross-site', 'content-type': 'application/json' },
        body: JSON.stringify({ email: 'ann@example.com' }),
      }),
      '203.0.113.7',
    )
    expect(response.status).toBe(403)
  })

  test('tells of each request what became of it', async () => {
    const { member, browser, ask, told } = recoveryWorld()
    const { id } = await member()
    await ask(browser(), 'reset')
    await ask(browser(), 'reset', 'nobody@example.com')
    const requested = { name: 'recovery.requested', purpose: 'reset', address: '203.0.113.7' }
    expect(told('recovery.requested')).toEqual([
      { ...requested, outcome: 'sent', userId: id },
      { ...requested, outcome: 'unknown', userId: null },
    ])
  })
})

describe('A reset', () => {
  test('sets the password, at both paths, and says so', async () => {
    for (const path of ['/recovery/reset-confirm', '/password/reset-confirm']) {
      const { client, link, browser, told, member } = await forgotten()
      const response = await client.post(path, { token: link, new_password: newPassword })
      expect(response.status).toBe(200)
      expect(await response.json()).toEqual({ detail: 'Password reset successfully.' })
      expect(told('password.reset')).toMatchObject([{ userId: member.id }])
      const login = { username: 'ann', password: newPassword }
      expect((await browser().post('/login', login)).status).toBe(200)
      const old = { username: 'ann', password: member.password }
      expect((await browser().post('/login', old)).status).toBe(401)
    }
  })

  test('ends every session, token and key, and other links, and proves the address', async () => {
    const made = recoveryWorld({}, { transports: [session(), bearer({ refresh: 'body' })] })
    const member = await made.member()
    const there = await made.loggedIn(member)
    const tokens = (await (
      await made
        .browser()
        .post('/token', undefined, { form: { username: 'ann', password: member.password } })
    ).json()) as { access_token: string; refresh_token: string }
    await made.ask(made.browser(), 'reset')
    await made.ask(made.browser(), 'reset')
    await made.ask(made.browser(), 'verify')
    const [first, second, verify] = made.inbox.messages.map(tokenOf)
    const body = { token: first, new_password: newPassword }
    expect((await made.confirm(made.browser(), 'reset', body)).status).toBe(200)
    expect((await there.get('/me')).status).toBe(401)
    const headers = { authorization: `Bearer ${tokens.access_token}` }
    expect((await made.browser().get('/me', { headers })).status).toBe(401)
    const refreshed = await made.browser().post('/refresh', { refresh_token: tokens.refresh_token })
    expect(refreshed.status).toBe(401)
    for (const [kind, token] of [
      ['reset', second],
      ['verify', verify],
    ] as const) {
      const answer = await made.confirm(made.browser(), kind, {
        token,
        ...(kind === 'reset' ? { new_password: newPassword } : {}),
      })
      expect(await answer.json()).toMatchObject({ code: 'recovery_token_invalid' })
    }
    expect(made.verified()).toBe(true)
  })

  test('opens what strangers have locked', async () => {
    const { client, link, confirm, browser } = await forgotten()
    const login = (password: string) => browser().post('/login', { username: 'ann', password })
    for (let index = 0; index < 12; index++) await login(`wrong password ${index}`)
    expect((await login('wrong password')).status).toBe(429)
    await confirm(client, 'reset', { token: link, new_password: newPassword })
    const fresh = browser({ peer: '192.0.2.77' })
    expect((await fresh.post('/login', { username: 'ann', password: newPassword })).status).toBe(
      200,
    )
  })

  test('is a first password for an account that has none', async () => {
    const made = recoveryWorld()
    await made.member()
    made.sqlite.exec("update members set hashed_password = '!' where username = 'ann'")
    await made.ask(made.browser(), 'reset')
    const body = { token: await made.token(), new_password: newPassword }
    expect((await made.confirm(made.browser(), 'reset', body)).status).toBe(200)
    const login = { username: 'ann', password: newPassword }
    expect((await made.browser().post('/login', login)).status).toBe(200)
  })

  test('with a password that the rules refuse uses nothing up', async () => {
    const { client, link, confirm } = await forgotten()
    for (const refused of ['short', 'password', 'ann@example.com']) {
      const response = await confirm(client, 'reset', { token: link, new_password: refused })
      expect(response.status).toBe(422)
      expect(await response.json()).toMatchObject({ errors: [{ path: 'new_password' }] })
    }
    const body = { token: link, new_password: newPassword }
    expect((await confirm(client, 'reset', body)).status).toBe(200)
  })

  test('signs nobody in, unless that is configured', async () => {
    const { client, link, confirm } = await forgotten()
    await confirm(client, 'reset', { token: link, new_password: newPassword })
    expect(client.sessionId).toBeUndefined()
    const other = await forgotten({ resetSignsIn: true })
    const body = { token: other.link, new_password: newPassword }
    const response = await other.confirm(other.client, 'reset', body)
    expect(await response.json()).toMatchObject({ csrf_token: expect.any(String) })
    expect((await other.client.get('/me')).status).toBe(200)
  })

  test('never passes a second factor by', async () => {
    const made = recoveryWorld({ resetSignsIn: true }, {}, {}, [factor()])
    const { member, browser, auth } = made
    await member()
    const client = browser()
    await client.post('/recovery/reset-request', { email: 'ann@example.com' })
    await auth.settled()
    const body = { token: await made.token(), new_password: newPassword }
    const response = await client.post('/recovery/reset-confirm', body)
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ code: 'further_proof_required' })
    expect(client.sessionId).toBeUndefined()
  })

  test('runs its hook, and what the hook refuses leaves the password new', async () => {
    const told: unknown[] = []
    const made = await forgotten(
      {},
      {},
      {
        afterPasswordReset(user) {
          told.push(user)
          throw new Error('the mail server is down')
        },
        afterRecoveryVerified: (user) => void told.push(user),
      },
    )
    const { client, link, confirm, browser } = made
    const response = await confirm(client, 'reset', { token: link, new_password: newPassword })
    expect(await response.json()).toMatchObject({ code: 'hook_failed' })
    expect(told).toMatchObject([{ username: 'ann' }, { username: 'ann' }])
    expect(JSON.stringify(told)).not.toContain('$')
    const login = { username: 'ann', password: newPassword }
    expect((await browser().post('/login', login)).status).toBe(200)
  })
})

describe('A link to reset', () => {
  test('works once, in whatever spelling', async () => {
    const { client, link, confirm } = await forgotten()
    const attempt = (token: string) =>
      confirm(client, 'reset', { token, new_password: newPassword })
    expect((await attempt(link)).status).toBe(200)
    const again = await attempt(link)
    expect(again.status).toBe(400)
    expect(await again.json()).toMatchObject({
      code: 'recovery_token_used',
      detail: 'Token already used',
    })
    for (const spelling of [`${link}=`, `${link}==`, ` ${link}`, `${link}\n`, link.toLowerCase()]) {
      expect(await (await attempt(spelling)).json()).toMatchObject({
        code: 'recovery_token_invalid',
      })
    }
  })

  test('works for one of fifty at once', async () => {
    const { link, confirm, browser } = await forgotten()
    const statuses = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const body = { token: link, new_password: `${newPassword} ${index}` }
        return (await confirm(browser(), 'reset', body)).status
      }),
    )
    expect(statuses.filter((status) => status === 200)).toHaveLength(1)
    // Fifty hashes at once are more than are admitted.
    expect(statuses.filter((status) => status !== 400 && status !== 503)).toHaveLength(1)
  })

  test('ends after its time', async () => {
    const { client, link, confirm, clock } = await forgotten({ resetTtl: 1800 })
    clock.advance(1800)
    const body = { token: link, new_password: newPassword }
    expect((await confirm(client, 'reset', body)).status).toBe(400)
  })

  test('ends with a change of the password, of the address, or of everything', async () => {
    const changes: Record<string, (made: Awaited<ReturnType<typeof forgotten>>) => unknown> = {
      password: async ({ loggedIn, member }) => {
        const there = await loggedIn(member)
        const body = { current_password: member.password, new_password: newPassword }
        expect((await there.post('/change-password', body)).status).toBe(200)
      },
      address: ({ sqlite }) =>
        sqlite.exec("update members set email = 'other@example.com' where username = 'ann'"),
      everything: ({ auth, member }) => auth.users.endAll(member.id),
      account: ({ sqlite }) => sqlite.exec("delete from members where username = 'ann'"),
    }
    for (const [name, change] of Object.entries(changes)) {
      const made = await forgotten()
      await change(made)
      const body = { token: made.link, new_password: newPassword }
      const answer = await made.confirm(made.client, 'reset', body)
      expect({ name, ...((await answer.json()) as object) }).toMatchObject({
        name,
        code: 'recovery_token_invalid',
        detail: 'Invalid or expired token',
      })
    }
  })

  test('is good for nothing else, and nothing else is good for it', async () => {
    const { client, link, confirm, ask, token } = await forgotten()
    await ask(client, 'verify')
    const verify = await token()
    const crossed = await confirm(client, 'verify', {
      token: link,
      password: 'correct horse battery',
    })
    expect(crossed.status).toBe(400)
    const body = { token: verify, new_password: newPassword }
    expect((await confirm(client, 'reset', body)).status).toBe(400)
  })

  test('is not accepted by another application on the same storage', async () => {
    const made = await forgotten()
    const other = recoveryWorld(
      {},
      {
        storage: made.storage,
        clock: made.clock.read,
        secret: 'another secret for tests, thirty-two bytes or more',
      },
    )
    await other.member()
    const body = { token: made.link, new_password: newPassword }
    expect((await other.browser().post('/recovery/reset-confirm', body)).status).toBe(400)
  })

  test('stays good where a mail scanner opens it: only a POST redeems', async () => {
    const { client, link, confirm, browser } = await forgotten()
    for (const path of ['/recovery/reset-confirm', '/password/reset-confirm']) {
      const url = `${path}?token=${link}`
      expect((await browser().get(url)).status).toBe(405)
      expect((await browser().call('HEAD', url)).status).toBe(405)
    }
    const body = { token: link, new_password: newPassword }
    expect((await confirm(client, 'reset', body)).status).toBe(200)
  })

  test('of a storage that was rolled back opens nothing', async () => {
    const { client, link, confirm, storage } = await forgotten()
    // The record as it was before it was redeemed.
    const { sha256 } = await import('../../src/crypto.ts')
    const key = `crudauth:one-time-reset:${sha256(link)}`
    const before = (await storage.get(key)) ?? ''
    expect(before).not.toBe('')
    const body = { token: link, new_password: newPassword }
    expect((await confirm(client, 'reset', body)).status).toBe(200)
    await storage.set(key, before, 3600)
    expect((await confirm(client, 'reset', body)).status).toBe(400)
  })
})

describe('An administrator', () => {
  test('sends a reset, which is a message to the owner', async () => {
    const { auth, member, inbox, confirm, browser, token } = recoveryWorld()
    const { id } = await member()
    expect(await auth.recovery.sendReset(id)).toBe(true)
    expect(await auth.recovery.sendReset(404)).toBe(false)
    await auth.settled()
    expect(inbox.messages).toMatchObject([{ kind: 'reset_password', recipient: 'ann@example.com' }])
    const body = { token: await token(), new_password: newPassword }
    expect((await confirm(browser(), 'reset', body)).status).toBe(200)
  })

  test('sends a verification where one is wanted', async () => {
    const { auth, member, confirm, browser, token } = recoveryWorld()
    const { id, password } = await member()
    expect(await auth.recovery.sendVerification(id)).toBe(true)
    await auth.settled()
    await confirm(browser(), 'verify', { token: await token(), password })
    expect(await auth.recovery.sendVerification(id)).toBe(false)
  })
})

describe('recovery()', () => {
  const problems = (options: object) => recovery(options as never).problems

  test('refuses what links could not be built from', () => {
    const channels = [{ name: 'mail', deliver: () => undefined }]
    for (const wrong of [
      '',
      '/app',
      'app.example.com',
      'ftp://x.example',
      'https://x.example/#/',
      'https://u:p@x.example',
      undefined,
      7,
    ]) {
      expect(problems({ channels, frontendUrl: wrong }), String(wrong)).toEqual([
        expect.stringMatching(/recovery\.frontendUrl .*https:\/\/app\.example\.com/),
      ])
    }
    expect(problems({ channels, frontendUrl: 'https://app.example.com/shop/' })).toEqual([])
  })

  test('refuses channels that are none, and none at all', () => {
    for (const channels of [undefined, [], {}, [() => undefined], [{ name: 'mail' }], [null]]) {
      expect(problems({ channels, frontendUrl }), JSON.stringify(channels)).toEqual([
        expect.stringContaining('recovery.channels'),
      ])
    }
    const twice = [
      { name: 'mail', deliver: () => undefined },
      { name: 'mail', deliver: () => undefined },
    ]
    expect(problems({ channels: twice, frontendUrl })).toEqual([
      expect.stringContaining("two channels of the name 'mail'"),
    ])
  })

  test('refuses limits with which strangers could keep a message from its owner', () => {
    const channels = [{ name: 'mail', deliver: () => undefined }]
    const strict = { strangers: { times: 1, seconds: 7200 } }
    expect(problems({ channels, frontendUrl, limits: strict })).toEqual([
      expect.stringContaining('the first message of an hour'),
    ])
    const short = { limits: { strangers: { times: 1, seconds: 3600 } }, resetTtl: 600 }
    expect(problems({ channels, frontendUrl, ...short })).toEqual([
      expect.stringContaining('when the link of the one before has ended'),
    ])
  })

  test('needs a field to recover by', () => {
    const feature = recovery({
      channels: [{ name: 'mail', deliver: () => undefined }],
      frontendUrl,
    })
    const build = () => world({ features: [feature], identity: { recovery: null } })
    expect(build).toThrow(ConfigurationError)
    expect(build).toThrow(/identity: \{ recovery: 'email' \}/)
  })

  test('makes links as the application says', async () => {
    const { member, browser, ask, inbox } = recoveryWorld({
      link: (kind, token) => `myapp://${kind}/${token}`,
    })
    await member()
    await ask(browser(), 'reset')
    expect(inbox.messages[0]?.link).toMatch(/^myapp:\/\/reset_password\/[\w-]{43}$/)
    const other = recoveryWorld({ tokenIn: 'query', paths: { reset: '/konto/passwort' } })
    await other.member()
    await other.ask(other.browser(), 'reset')
    expect(other.inbox.messages[0]?.link).toMatch(
      /^https:\/\/app\.example\.com\/konto\/passwort\?token=[\w-]{43}$/,
    )
  })
})
