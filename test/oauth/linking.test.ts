/**
 * Linking an identity to an account: by address, by hand, and what an attacker would have of it.
 * The five attacks are those of "Pre-hijacked accounts" (Sudhodanan and Paverd, USENIX Security
 * 2022).
 */
import { sudo } from 'crudauth'
import type { OAuth } from 'crudauth/oauth'
import { afterAll, describe, expect, test } from 'vitest'
import type { Browser } from '../support/browser.ts'
import { at, linkingKit, logsIn, password } from '../support/linking.ts'
import { oauthWorld, peopleTable } from '../support/oauth.ts'
import { tokenOf } from '../support/recovery.ts'
import { json } from '../support/world.ts'

const { provider, second, linkingWorld, comeAs, linkAs, identities, verified, close } =
  await linkingKit()
afterAll(close)

describe('an address that an account has proven, and a provider proves', () => {
  test('links the account, which keeps its password and its logins', async () => {
    const world = linkingWorld()
    const { client: before } = await verified(world)
    const client = world.browser()
    expect((await comeAs(world, client, 'g-ann', 'ANN@example.com')).status).toBe(307)
    expect(world.rows()).toMatchObject([{ username: 'ann', demo_id: 'g-ann' }])
    expect((await before.get('/me')).status).toBe(200)
    expect(await logsIn(world)).toBe(200)
  })

  test('links no account that has somebody else there: a recycled address is another person', async () => {
    const world = linkingWorld()
    await verified(world)
    await comeAs(world, world.browser(), 'g-ann', 'ann@example.com')
    const back = await comeAs(world, world.browser(), 'g-newcomer', 'ann@example.com')
    expect([back.status, await json(back)]).toMatchObject([400, { reason: 'other_identity' }])
    expect(world.rows()).toMatchObject([{ demo_id: 'g-ann' }])
  })

  test('is worth nothing from a provider whose word does not count for its domain', async () => {
    for (const provesAddresses of ['none', ['example.org']] as const) {
      const world = oauthWorld({ demo: at(provider, { provesAddresses }) })
      await world.member()
      const back = await comeAs(world, world.browser(), 'g-ann', 'ann@example.com')
      expect([back.status, await json(back)]).toMatchObject([400, { reason: 'account_exists' }])
    }
  })
})

describe('attack: classic-federated merge', () => {
  test('the password that somebody chose with the victim’s address opens nothing afterwards', async () => {
    const world = linkingWorld()
    const attacker = await world.member()
    expect(await logsIn(world)).toBe(200)
    const victim = world.browser()
    await comeAs(world, victim, 'g-ann', attacker.email)
    expect((await victim.get('/me')).status).toBe(200)
    expect(world.rows()).toMatchObject([{ demo_id: 'g-ann', email_verified: 1 }])
    expect(await logsIn(world)).toBe(401)
  })

  test('and it stays where the provider is reached from the browser that registered', async () => {
    const world = linkingWorld()
    const client = world.browser()
    const form = { email: 'ann@example.com', username: 'ann', password }
    await client.post('/register', form)
    await comeAs(world, client, 'g-ann', 'ann@example.com')
    expect(world.rows()).toMatchObject([{ demo_id: 'g-ann', email_verified: 1 }])
    expect(await logsIn(world)).toBe(200)
  })
})

describe('attack: unexpired session identifier', () => {
  test('a session from before the victim came is dead', async () => {
    const world = linkingWorld()
    const attacker = await world.loggedIn(await world.member())
    expect((await attacker.get('/me')).status).toBe(200)
    await comeAs(world, world.browser(), 'g-ann', 'ann@example.com')
    expect((await attacker.get('/me')).status).toBe(401)
  })
})

describe('attack: trojan identifier', () => {
  test('an identity that somebody linked before goes when the victim comes by a provider', async () => {
    const world = linkingWorld()
    const attacker = await world.loggedIn(await world.member())
    expect((await linkAs(attacker, 'trojan', second, 'other')).status).toBe(307)
    expect(world.rows()).toMatchObject([{ other_id: 'trojan' }])
    await comeAs(world, world.browser(), 'g-ann', 'ann@example.com')
    expect(world.rows()).toMatchObject([{ demo_id: 'g-ann', other_id: null }])
  })

  test('even one of the same provider', async () => {
    const world = linkingWorld()
    const attacker = await world.loggedIn(await world.member())
    await linkAs(attacker, 'trojan')
    await comeAs(world, world.browser(), 'g-ann', 'ann@example.com')
    expect(world.rows()).toMatchObject([{ demo_id: 'g-ann' }])
  })

  test('and when the victim resets the password by mail', async () => {
    const world = linkingWorld()
    const attacker = await world.loggedIn(await world.member())
    await linkAs(attacker, 'trojan')
    const victim = world.browser()
    await victim.post('/recovery/reset-request', { email: 'ann@example.com' })
    await world.auth.settled()
    const token = tokenOf(await world.inbox.next({ to: 'ann@example.com', withinMs: 1 }))
    await victim.post('/recovery/reset-confirm', { token, new_password: 'another horse battery' })
    expect(world.rows()).toMatchObject([{ demo_id: null, email_verified: 1 }])
    const back = await comeAs(world, world.browser(), 'trojan', 'attacker@example.com')
    expect(back.status).toBe(307)
    expect(world.rows()).toHaveLength(2)
  })

  test('an owner’s identities stay through a reset of a proven account', async () => {
    const world = linkingWorld()
    await verified(world)
    await comeAs(world, world.browser(), 'g-ann', 'ann@example.com')
    const client = world.browser()
    await client.post('/recovery/reset-request', { email: 'ann@example.com' })
    await world.auth.settled()
    const token = tokenOf(await world.inbox.next({ to: 'ann@example.com', withinMs: 1 }))
    await client.post('/recovery/reset-confirm', { token, new_password: 'another horse battery' })
    expect(world.rows()).toMatchObject([{ demo_id: 'g-ann' }])
  })
})

describe('attack: unexpired e-mail change', () => {
  test('a change to the victim’s address that was asked for before moves nothing', async () => {
    const world = linkingWorld()
    const attacker = await verified(world, 'mallory')
    const form = { new_email: 'ann@example.com', password }
    expect((await attacker.client.post('/email/change-request', form)).status).toBeLessThan(300)
    await world.auth.settled()
    const token = tokenOf(await world.inbox.next({ to: 'ann@example.com', withinMs: 1 }))
    await comeAs(world, world.browser(), 'g-ann', 'ann@example.com')
    // The victim clicks what was sent to them.
    await world.browser().post('/email/change-confirm', { token })
    const emails = world.rows().map(({ email, demo_id }) => [email, demo_id])
    expect(emails).toEqual([
      ['mallory@example.com', null],
      ['ann@example.com', 'g-ann'],
    ])
  })
})

describe('attack: non-verifying provider', () => {
  test('an address that the provider has not verified gets nobody in to its account', async () => {
    const world = linkingWorld()
    await verified(world)
    const back = await comeAs(world, world.browser(), 'evil', 'ann@example.com', {
      isVerified: false,
    })
    expect([back.status, await json(back)]).toMatchObject([
      400,
      {
        code: 'oauth_account_exists',
        detail: expect.stringContaining('Sign in with your existing method to link this provider'),
      },
    ])
    expect(world.rows()).toMatchObject([{ demo_id: null }])
  })

  test('an account that was made with it loses that identity when the victim comes', async () => {
    const world = linkingWorld()
    const attacker = world.browser()
    await comeAs(world, attacker, 'evil', 'ann@example.com', { isVerified: false })
    expect(world.rows()).toMatchObject([{ demo_id: 'evil', email_verified: 0 }])
    await comeAs(world, world.browser(), 'g-ann', 'ann@example.com', {
      from: second,
      name: 'other',
    })
    expect(world.rows()).toMatchObject([{ demo_id: null, other_id: 'g-ann', email_verified: 1 }])
    expect((await attacker.get('/me')).status).toBe(401)
  })
})

describe('somebody who is signed in', () => {
  test('links a provider, sees it, signs in with it, and unlinks it', async () => {
    const world = linkingWorld()
    const client = await world.loggedIn(await world.member())
    const back = await linkAs(client, 'g-ann')
    expect([back.status, back.headers.get('location')]).toEqual([307, '/settings'])
    expect(await identities(client)).toEqual(['demo'])
    const other = world.browser()
    await comeAs(world, other, 'g-ann', 'whatever@example.com')
    expect(await json(await other.get('/me'))).toMatchObject({ username: 'ann' })
    const [{ id } = { id: '' }] = (await json(
      await client.get('/oauth/identities'),
    )) as unknown as {
      id: string
    }[]
    expect((await client.call('DELETE', `/oauth/identities/${id}`)).status).toBe(200)
    expect(await identities(client)).toEqual([])
    expect((await client.call('DELETE', `/oauth/identities/${id}`)).status).toBe(404)
    const told = world.events.filter(({ name }) => name.startsWith('identity.'))
    expect(told.map(({ name }) => name)).toEqual(['identity.linked', 'identity.unlinked'])
  })

  test('is unlinked by the application, which finds it among all that lets somebody in', async () => {
    const world = linkingWorld()
    const client = await world.loggedIn(await world.member())
    await linkAs(client, 'g-ann')
    const { users } = world.auth
    const [identity] = (await users.credentials(1)).filter(({ kind }) => kind === 'identity')
    if (identity === undefined) throw new Error('it is not listed')
    expect(identity.label).toBe('demo')
    expect(await users.endCredential(1, identity, { actor: 99 })).toBe(true)
    expect(await identities(client)).toEqual([])
    expect(world.events).toContainEqual({
      name: 'identity.unlinked',
      userId: 1,
      provider: 'demo',
      address: null,
      actor: 99,
    })
    expect(await users.endCredential(1, identity)).toBe(false)
  })

  test('proves the own address by it, and keeps everything', async () => {
    const world = linkingWorld()
    const client = await world.loggedIn(await world.member())
    provider.people.set('g-own', { email: 'ann@example.com', email_verified: true })
    await linkAs(client, 'g-own')
    expect(world.rows()).toMatchObject([{ email_verified: 1, demo_id: 'g-own' }])
    expect(await logsIn(world)).toBe(200)
  })

  test('proves nothing by another address, or by one that the provider has not verified', async () => {
    const world = linkingWorld()
    const client = await world.loggedIn(await world.member())
    provider.people.set('g-else', { email: 'bob@example.com', email_verified: true })
    expect((await linkAs(client, 'g-else')).status).toBe(307)
    second.people.set('o-own', { email: 'ann@example.com', email_verified: false })
    expect((await linkAs(client, 'o-own', second, 'other')).status).toBe(307)
    expect(world.rows()).toMatchObject([
      { email_verified: 0, demo_id: 'g-else', other_id: 'o-own' },
    ])
  })

  test('gets no identity of another account', async () => {
    const world = linkingWorld()
    await comeAs(world, world.browser(), 'g-bob', 'bob@example.com')
    const client = await world.loggedIn(await world.member())
    const back = await linkAs(client, 'g-bob')
    expect([back.status, await json(back)]).toMatchObject([400, { code: 'oauth_identity_taken' }])
  })

  test('has one identity at a provider', async () => {
    const world = linkingWorld()
    const client = await world.loggedIn(await world.member())
    await linkAs(client, 'g-1')
    const back = await linkAs(client, 'g-2')
    expect([back.status, await json(back)]).toMatchObject([400, { reason: 'other_identity' }])
    expect(world.rows()).toMatchObject([{ demo_id: 'g-1' }])
  })

  test('must come back in the same session: another account’s does not do, nor none', async () => {
    const world = linkingWorld()
    const [ann, bob] = [await world.member('ann'), await world.member('bob')]
    for (const next of [
      async (client: Browser) => client.post('/login', { username: bob.username, password }),
      async (client: Browser) => client.post('/logout'),
      async (client: Browser) => client.post('/login', { username: ann.username, password }),
    ]) {
      const client = await world.loggedIn(ann)
      provider.user = 'g-ann'
      provider.people.set('g-ann', {})
      const { authorization_url: url } = await json(await client.post('/oauth/demo/link'))
      const way = await provider.visit(String(url))
      await next(client)
      const back = await client.get(way)
      expect([back.status, await json(back)]).toMatchObject([400, { reason: 'session_changed' }])
    }
    expect(world.rows()).toMatchObject([{ demo_id: null }, { demo_id: null }])
  })

  test('needs a session to begin, and its CSRF token', async () => {
    const world = linkingWorld()
    expect((await world.browser().post('/oauth/demo/link')).status).toBe(401)
    const client = await world.loggedIn(await world.member())
    const forged = await client.post('/oauth/demo/link', undefined, { csrf: false })
    expect(forged.status).toBe(403)
  })

  test('has just logged in: a session that was stolen makes no way in that outlives it', async () => {
    const world = linkingWorld()
    const member = await world.member()
    const stolen = await world.loggedIn(member)
    await linkAs(stolen, 'o-ann', second, 'other')
    world.clock.advance(601)
    const late = await stolen.post('/oauth/demo/link')
    expect([late.status, await json(late)]).toMatchObject([403, { code: 'fresh_login_required' }])
    const [own] = (await json(await stolen.get('/oauth/identities'))) as unknown as { id: string }[]
    expect((await stolen.call('DELETE', `/oauth/identities/${own?.id}`)).status).toBe(403)
    expect(world.rows()).toMatchObject([{ demo_id: null, other_id: 'o-ann' }])
    expect((await linkAs(await world.loggedIn(member), 'g-ann')).status).toBe(307)
  })

  test('never loses the last way in, not even by two requests at once', async () => {
    const world = linkingWorld()
    const client = world.browser()
    await comeAs(world, client, 'g-ann', 'ann@example.com')
    await linkAs(client, 'o-ann', second, 'other')
    const found = (await json(await client.get('/oauth/identities'))) as unknown as { id: string }[]
    expect(found).toHaveLength(2)
    const statuses = await Promise.all(
      found.map(async ({ id }) => (await client.call('DELETE', `/oauth/identities/${id}`)).status),
    )
    expect(statuses.filter((status) => status === 200)).toHaveLength(1)
    const [left] = (await json(await client.get('/oauth/identities'))) as unknown as {
      id: string
    }[]
    const last = await client.call('DELETE', `/oauth/identities/${left?.id}`)
    expect([last.status, await json(last)]).toMatchObject([400, { code: 'oauth_last_identity' }])
  })

  test('links and unlinks behind sudo, where it is on; a provider’s fresh answer opens it', async () => {
    const holder: { auth?: { readonly oauth: OAuth } } = {}
    const elevating = sudo({
      route: true,
      withoutPassword: (principal) => holder.auth?.oauth.confirmed(principal) ?? false,
    })
    const world = linkingWorld({ others: [elevating] })
    holder.auth = world.auth
    const client = world.browser()
    await comeAs(world, client, 'g-ann', 'ann@example.com')
    const refused = await client.post('/oauth/other/link')
    expect([refused.status, await json(refused)]).toMatchObject([403, { code: 'sudo_required' }])
    expect((await client.post('/sudo', {})).status).toBe(401)
    const begun = await json(await client.post('/oauth/demo/confirm', { redirect_to: '/go-on' }))
    const asked = new URL(String(begun['authorization_url'])).searchParams
    expect([asked.get('prompt'), asked.get('max_age')]).toEqual(['login', '0'])
    const back = await client.get(await provider.visit(String(begun['authorization_url'])))
    expect([back.status, back.headers.get('location')]).toEqual([307, '/go-on'])
    expect((await client.post('/sudo', {})).status).toBe(200)
    expect((await linkAs(client, 'o-ann', second, 'other')).status).toBe(307)
    // It counts once.
    expect((await client.post('/sudo', {})).status).toBe(401)
  })

  test('somebody else’s answer opens no sudo', async () => {
    const holder: { auth?: { readonly oauth: OAuth } } = {}
    const elevating = sudo({
      route: true,
      withoutPassword: (principal) => holder.auth?.oauth.confirmed(principal) ?? false,
    })
    const world = linkingWorld({ others: [elevating] })
    holder.auth = world.auth
    const client = world.browser()
    await comeAs(world, client, 'g-ann', 'ann@example.com')
    const begun = await json(await client.post('/oauth/demo/confirm'))
    provider.user = 'g-thief'
    provider.people.set('g-thief', {})
    const back = await client.get(await provider.visit(String(begun['authorization_url'])))
    expect([back.status, await json(back)]).toMatchObject([400, { reason: 'other_identity' }])
    expect((await client.post('/sudo', {})).status).toBe(401)
  })
})

describe('at the same moment', () => {
  /** Something happens right before the next statement that writes this column. */
  function meanwhile(column: string) {
    const table = peopleTable()
    let text: string | null = null
    const users = new Proxy(table.users as object, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target)
        if (name !== 'update' || typeof value !== 'function') return value
        return (id: unknown, values: object, ...rest: unknown[]) => {
          if (text !== null && Object.hasOwn(values, column)) {
            table.sqlite.exec(text)
            text = null
          }
          return Reflect.apply(value, target, [id, values, ...rest])
        }
      },
    })
    return {
      table: { ...table, users: users as typeof table.users },
      happens(statement: string) {
        text = statement
      },
    }
  }

  test('an identity that is linked while the login ends is none', async () => {
    const { table, happens } = meanwhile('demoId')
    const world = linkingWorld({ table })
    const client = await world.loggedIn(await world.member())
    happens('update people set token_version = token_version + 1')
    const back = await linkAs(client, 'g-thief')
    expect([back.status, await json(back)]).toMatchObject([400, { reason: 'session_changed' }])
    expect(world.rows()).toMatchObject([{ demo_id: null }])
  })

  test('an identity that is linked while the account is disabled is none', async () => {
    const { table, happens } = meanwhile('demoId')
    const world = linkingWorld({ table })
    const client = await world.loggedIn(await world.member())
    happens('update people set is_active = 0')
    const back = await linkAs(client, 'g-thief')
    expect([back.status, await json(back)]).toMatchObject([400, { reason: 'session_changed' }])
    expect(world.rows()).toMatchObject([{ demo_id: null }])
  })

  test('an identity that was there before stays, whatever ends the login', async () => {
    const { table, happens } = meanwhile('demoId')
    const world = linkingWorld({ table })
    const client = await world.loggedIn(await world.member())
    await linkAs(client, 'g-ann')
    const begun = await json(await client.post('/oauth/demo/link'))
    const back = await provider.visit(String(begun['authorization_url']))
    happens('update people set token_version = token_version + 1')
    const answer = await client.get(back)
    expect([answer.status, await json(answer)]).toMatchObject([400, { reason: 'session_changed' }])
    expect(world.rows()).toMatchObject([{ demo_id: 'g-ann' }])
  })

  test('an identity that is linked while the address is proven for the first time is none', async () => {
    const { table, happens } = meanwhile('hashedPassword')
    const world = linkingWorld({ table })
    await world.member()
    happens("update people set other_id = 'trojan'")
    await comeAs(world, world.browser(), 'g-ann', 'ann@example.com')
    expect(world.rows()).toMatchObject([{ demo_id: 'g-ann', other_id: null, email_verified: 1 }])
  })

  test('an address that takes the place of the one that is proven is not proven', async () => {
    const { table, happens } = meanwhile('emailVerified')
    const world = linkingWorld({ table })
    const client = await world.loggedIn(await world.member())
    await client.post('/recovery/verify-request', { email: 'ann@example.com' })
    await world.auth.settled()
    const token = tokenOf(await world.inbox.next({ to: 'ann@example.com', withinMs: 1 }))
    happens("update people set email = 'victim@example.com'")
    expect((await client.post('/recovery/verify-confirm', { token })).status).toBe(400)
    expect(world.rows()).toMatchObject([{ email: 'victim@example.com', email_verified: 0 }])
  })
})

test('a disabled account, whoever comes as its owner, ends nothing in the browser', async () => {
  const world = linkingWorld()
  await comeAs(world, world.browser(), 'g-ann', 'ann@example.com')
  world.sqlite.exec('update people set is_active = 0')
  const client = await world.loggedIn(await world.member('bob'))
  const back = await comeAs(world, client, 'g-ann', 'ann@example.com')
  expect([back.status, await json(back)]).toMatchObject([400, { reason: 'account_unavailable' }])
  expect(await json(await client.get('/me'))).toMatchObject({ username: 'bob' })
})

describe('an account that is gone', () => {
  test('its identity is a newcomer’s', async () => {
    const world = linkingWorld()
    await comeAs(world, world.browser(), 'g-ann', 'ann@example.com')
    world.sqlite.exec('delete from people')
    const client = world.browser()
    await comeAs(world, client, 'g-ann', 'ann@example.com')
    expect((await client.get('/me')).status).toBe(200)
    expect(world.rows()).toHaveLength(1)
  })
})

describe('the owner is told', () => {
  /** What went to the mailbox since. */
  async function news({ auth, inbox }: ReturnType<typeof linkingWorld>, before = 0) {
    await auth.settled()
    return inbox.messages.slice(before).map(({ kind, recipient, provider: name, link }) => {
      return [kind, recipient, name, typeof link]
    })
  }

  test('when a provider is linked and unlinked, and freezes the account by what came', async () => {
    const world = linkingWorld()
    const { client, email } = await verified(world)
    await world.auth.settled()
    const before = world.inbox.messages.length
    await linkAs(client, 'g-thief')
    expect(await news(world, before)).toEqual([['provider_linked', email, 'Demo', 'string']])
    // The same once more is no news.
    await linkAs(client, 'g-thief')
    expect(await news(world, before)).toHaveLength(1)
    const token = tokenOf(world.inbox.messages.at(-1) as never)
    const [{ id } = { id: '' }] = (await json(
      await client.get('/oauth/identities'),
    )) as unknown as { id: string }[]
    await client.call('DELETE', `/oauth/identities/${id}`)
    expect((await news(world, before)).at(-1)).toEqual([
      'provider_unlinked',
      email,
      'Demo',
      'string',
    ])
    await linkAs(client, 'g-thief')
    expect((await world.browser().post('/recovery/undo-confirm', { token })).status).toBe(200)
    expect(world.rows()).toMatchObject([{ demo_id: null }])
    const thief = world.browser()
    await comeAs(world, thief, 'g-thief', 'thief@example.com')
    expect(await json(await thief.get('/me'))).toMatchObject({ email: 'thief@example.com' })
  })

  test('when a provider is linked by the address', async () => {
    const world = linkingWorld()
    const { email } = await verified(world)
    await world.auth.settled()
    const before = world.inbox.messages.length
    await comeAs(world, world.browser(), 'g-ann', email)
    expect(await news(world, before)).toEqual([['provider_linked', email, 'Demo', 'string']])
  })

  test('when the application unlinks one', async () => {
    const world = linkingWorld()
    const { email, id } = await verified(world)
    await comeAs(world, world.browser(), 'g-ann', email)
    await world.auth.settled()
    const before = world.inbox.messages.length
    await world.auth.oauth.unlink(id, { provider: 'demo', subject: 'g-ann' })
    expect(await news(world, before)).toEqual([['provider_unlinked', email, 'Demo', 'string']])
  })

  test('at a proven address only, and of no new account', async () => {
    const world = linkingWorld()
    const client = await world.loggedIn(await world.member())
    await linkAs(client, 'g-ann')
    await comeAs(world, world.browser(), 'g-new', 'new@example.com')
    const kinds = (await news(world)).map(([kind]) => kind)
    expect(kinds).not.toContain('provider_linked')
  })
})

test('identities that a freeze cannot take are told, open nothing, and go before it ends', async () => {
  const world = linkingWorld()
  const { client, email, id } = await verified(world)
  await linkAs(client, 'g-thief')
  await world.auth.settled()
  const token = tokenOf(world.inbox.messages.at(-1) as never)
  world.sqlite.exec(
    "create trigger stays before update on people when new.demo_id is null and old.demo_id is not null begin select raise(abort, 'not now'); end",
  )
  expect((await world.browser().post('/recovery/undo-confirm', { token })).status).toBe(200)
  expect(world.events).toContainEqual({
    name: 'user.freeze_incomplete',
    userId: id,
    error: expect.any(Error),
  })
  const back = await comeAs(world, world.browser(), 'g-thief', email)
  expect(back.status).toBe(400)
  world.sqlite.exec('drop trigger stays')
  expect(await world.auth.users.unfreeze(id)).toBe(true)
  expect(world.rows()).toMatchObject([{ demo_id: null }])
})

test('an application may have every reset take the identities of the account', async () => {
  const holder: { auth?: { readonly oauth: OAuth } } = {}
  const world = linkingWorld({
    hooks: {
      async afterPasswordReset() {
        const identities = (await holder.auth?.oauth.identities(1)) ?? []
        for (const identity of identities) await holder.auth?.oauth.unlink(1, identity)
      },
    },
  })
  holder.auth = world.auth
  const { client, email } = await verified(world)
  await linkAs(client, 'g-thief')
  const owner = world.browser()
  await owner.post('/recovery/reset-request', { email })
  const token = tokenOf(
    await world.inbox.next({ to: email, kind: 'reset_password', withinMs: 1000 }),
  )
  await owner.post('/recovery/reset-confirm', { token, new_password: 'another horse battery' })
  expect(world.rows()).toMatchObject([{ demo_id: null, email_verified: 1 }])
  // The owner's is linked again by the address, the thief's is a stranger's.
  await comeAs(world, world.browser(), 'g-ann', email)
  expect(world.rows()).toMatchObject([{ demo_id: 'g-ann' }])
  await comeAs(world, world.browser(), 'g-thief', 'thief@example.com')
  expect(world.rows()).toMatchObject([{ demo_id: 'g-ann' }, { demo_id: 'g-thief' }])
})
