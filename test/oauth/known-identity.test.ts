/**
 * Somebody comes back with an identity that the account has, and the provider proves its address by
 * now: what that shows of the account, and what not.
 */
import { recovery } from 'crudauth'
import { testInbox } from 'crudauth/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { at, linkingKit, logsIn, password } from '../support/linking.ts'
import { type OAuthWorld, oauthWorld } from '../support/oauth.ts'
import { json } from '../support/world.ts'

const { provider, second, linkingWorld, comeAs, close } = await linkingKit()
afterAll(close)

describe('an address that a provider proves to an account that has the identity already', () => {
  const unproven = { isVerified: false }

  test('is proven from then on, where the identity is all that gets somebody in', async () => {
    const verified: unknown[] = []
    const world = linkingWorld({
      hooks: { afterRecoveryVerified: ({ id }: { id: number }) => verified.push(id) } as never,
    })
    const first = world.browser()
    await comeAs(world, first, 'g-ann', 'ann@example.com', unproven)
    expect(world.rows()).toMatchObject([{ email_verified: 0 }])
    const client = world.browser()
    await comeAs(world, client, 'g-ann', 'ann@example.com')
    expect(world.rows()).toMatchObject([{ email_verified: 1, demo_id: 'g-ann' }])
    // Nothing was anybody else's: what there was goes on.
    expect((await first.get('/me')).status).toBe(200)
    expect(verified).toEqual([1])
    await comeAs(world, client, 'g-ann', 'ann@example.com')
    expect(verified).toEqual([1])
  })

  test('is another one than the account’s, or not verified there: it proves nothing', async () => {
    const world = linkingWorld()
    await comeAs(world, world.browser(), 'g-ann', 'ann@example.com', unproven)
    await comeAs(world, world.browser(), 'g-ann', 'bob@example.com')
    await comeAs(world, world.browser(), 'g-ann', 'ann@example.com', unproven)
    expect(world.rows()).toMatchObject([{ email_verified: 0, email: 'ann@example.com' }])
  })

  test('attack: nothing that somebody planted beside it becomes the owner’s by a sign-in', async () => {
    // An account with the victim's address: a password, or an identity, and somehow the victim's
    // own identity beside it (imported, or linked by a victim who was signed in to it unawares).
    const plants: [string, (world: OAuthWorld) => unknown][] = [
      ['a password', () => undefined],
      [
        'an identity',
        ({ sqlite }) =>
          sqlite.exec("update people set other_id = 'trojan', hashed_password = '!none'"),
      ],
    ]
    for (const [, plant] of plants) {
      const world = linkingWorld()
      await world.member()
      world.sqlite.exec("update people set demo_id = 'g-ann'")
      await plant(world)
      const victim = world.browser()
      expect((await comeAs(world, victim, 'g-ann', 'ann@example.com')).status).toBe(307)
      expect((await victim.get('/me')).status).toBe(200)
      // It waits for a proof that ends what was planted.
      expect(world.rows()).toMatchObject([{ email_verified: 0, demo_id: 'g-ann' }])
      await comeAs(world, world.browser(), 'o-ann', 'ann@example.com', {
        from: second,
        name: 'other',
      })
      expect(world.rows()).toMatchObject([{ email_verified: 1, demo_id: null, other_id: 'o-ann' }])
      expect(await logsIn(world)).toBe(401)
    }
  })

  test('attack: an attacker’s own identity cannot prove the victim’s address', async () => {
    const world = linkingWorld()
    const attacker = world.browser()
    await comeAs(world, attacker, 'evil', 'ann@example.com', unproven)
    // What the attacker's account there has is the attacker's mailbox.
    await comeAs(world, attacker, 'evil', 'mallory@example.com')
    expect(world.rows()).toMatchObject([{ email: 'ann@example.com', email_verified: 0 }])
  })

  test('is proven beside a password in the browser that made the account', async () => {
    const world = linkingWorld()
    const client = world.browser()
    await client.post('/register', { email: 'ann@example.com', username: 'ann', password })
    world.sqlite.exec("update people set demo_id = 'g-ann'")
    await comeAs(world, client, 'g-ann', 'ann@example.com')
    expect(world.rows()).toMatchObject([{ email_verified: 1 }])
    expect(await logsIn(world)).toBe(200)
  })

  test('is nothing to a disabled account', async () => {
    const world = linkingWorld()
    await comeAs(world, world.browser(), 'g-ann', 'ann@example.com', unproven)
    world.sqlite.exec('update people set is_active = 0')
    const back = await comeAs(world, world.browser(), 'g-ann', 'ann@example.com')
    expect(back.status).toBe(400)
    expect(world.rows()).toMatchObject([{ email_verified: 0 }])
  })

  test('lets in who was refused for want of it', async () => {
    const inbox = testInbox()
    const required = recovery({
      channels: [inbox],
      frontendUrl: 'https://app.example.com',
      verified: 'required',
      verifyNewAccounts: false,
    })
    const world = oauthWorld({ demo: at(provider) }, { others: [required] })
    const before = await comeAs(world, world.browser(), 'g-ann', 'ann@example.com', unproven)
    expect([before.status, await json(before)]).toMatchObject([403, { code: 'not_verified' }])
    const client = world.browser()
    expect((await comeAs(world, client, 'g-ann', 'ann@example.com')).status).toBe(307)
    expect((await client.get('/me')).status).toBe(200)
  })
})
