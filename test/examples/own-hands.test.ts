/**
 * The example of an application's own hands: a thousand users of an old system, and what follows.
 */
import { pbkdf2Sync } from 'node:crypto'
import { testInbox } from 'crudauth/testing'
import { Hono } from 'hono'
import { beforeAll, describe, expect, test } from 'vitest'
import { openDatabase } from '../../examples/hono-sqlite/db.ts'
import { createAuth } from '../../examples/own-hands/auth.ts'
import {
  importUsers,
  invite,
  type LegacyUser,
  makeAdministrator,
  shutOut,
} from '../../examples/own-hands/steps.ts'
import { Browser } from '../support/browser.ts'
import { tokenOf } from '../support/recovery.ts'
import { json, secret } from '../support/world.ts'

/** As Django stores it; with one iteration, so that a thousand are made in no time. */
function djangoHash(password: string, salt: string): string {
  const hash = pbkdf2Sync(password, salt, 1, 32, 'sha256').toString('base64')
  return `pbkdf2_sha256$1$${salt}$${hash}`
}

const legacy: readonly LegacyUser[] = Array.from({ length: 1000 }, (_, n) => ({
  email: `user${n}@example.com`,
  username: `user${n}`,
  password: djangoHash(`the password of ${n}`, `salt${n}`),
  name: `User ${n}`,
}))

describe('The script', () => {
  const inbox = testInbox()
  const { db } = openDatabase(':memory:')
  const auth = createAuth({ db, secret, channel: inbox })
  const app = auth.mount(new Hono())
  const browser = () =>
    new Browser(async (request, peer) =>
      app.fetch(request, { incoming: { socket: { remoteAddress: peer } } }),
    )
  const login = async (username: string, password: string) => {
    const client = browser()
    const { status } = await client.post('/login', { username, password })
    return { status, client }
  }
  let adminId = 0
  let outcome: Awaited<ReturnType<typeof importUsers>>

  beforeAll(async () => {
    const admin = await makeAdministrator(auth, 'admin@example.com', 'a long one of my own')
    adminId = admin.id
    outcome = await importUsers(auth, [
      ...legacy,
      { ...(legacy[7] as LegacyUser), email: 'nonsense', username: 'other' },
    ])
  })

  test('makes one administrator, however often it runs', async () => {
    const again = await makeAdministrator(auth, 'admin@example.com', 'another one of my own')
    expect(again.id).toBe(adminId)
    const { status, client } = await login('admin', 'a long one of my own')
    expect(status).toBe(200)
    expect(await json(await client.get('/me'))).toMatchObject({ is_superuser: true })
  })

  test('imports a thousand users, who log in with the passwords from before', async () => {
    expect(outcome).toMatchObject({ made: 1000, skipped: 0 })
    expect(outcome.refused).toEqual(['nonsense: Must be an e-mail address.'])
    expect((await login('user500', 'the password of 500')).status).toBe(200)
    expect((await login('user500', 'the password of 501')).status).toBe(401)
    expect(await auth.users.find('user999')).toMatchObject({
      displayName: 'User 999',
      emailVerified: true,
      isSuperuser: false,
      plan: 'free',
    })
  })

  test('goes on where it stopped', async () => {
    expect(await importUsers(auth, legacy.slice(0, 20))).toEqual({
      made: 0,
      skipped: 20,
      refused: [],
    })
  })

  test('invites one, and nobody else registers', async () => {
    const bob = { username: 'bob', password: 'correct horse battery' }
    expect((await browser().post('/register', { ...bob, email: 'bob@example.com' })).status).toBe(
      422,
    )
    await invite(auth, 'bob@example.com', adminId)
    const invitation = tokenOf(await inbox.next({ to: 'bob@example.com' }))
    expect((await browser().post('/register', { ...bob, invitation })).status).toBe(200)
    expect(await auth.users.find('bob')).toMatchObject({ emailVerified: true, plan: 'paid' })
  })

  test('shuts one out, with all her sessions', async () => {
    const { client } = await login('user1', 'the password of 1')
    await login('user1', 'the password of 1')
    expect((await client.get('/me')).status).toBe(200)
    expect(await shutOut(auth, 'user1', adminId)).toBe(2)
    expect((await client.get('/me')).status).toBe(401)
    expect((await login('user1', 'the password of 1')).status).toBe(401)
    expect(await shutOut(auth, 'nobody', adminId)).toBeNull()
  })
})
