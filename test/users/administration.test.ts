/**
 * Accounts in the application's own hands: `auth.users`.
 */
import { bearer, session } from 'crudauth'
import { django } from 'crudauth/hashes'
import { describe, expect, test } from 'vitest'
import { json, type WorldConfig, world } from '../support/world.ts'

const bob = { email: 'bob@example.com', username: 'bob', password: 'correct horse battery' }

const both: WorldConfig = { transports: [session(), bearer({ refresh: 'body' })] }

/** Events of this name, as they were told. */
const told = ({ events }: ReturnType<typeof world>, name: string) =>
  events.filter((event) => event.name === name)

describe('auth.users.create', () => {
  test('makes an account that can log in, as its row says', async () => {
    const made = world()
    const user = await made.auth.users.create(
      { ...bob, values: { displayName: 'Bob' }, superuser: true, verified: true },
      { actor: 'setup' },
    )
    expect(user).toMatchObject({
      email: 'bob@example.com',
      displayName: 'Bob',
      isSuperuser: true,
      emailVerified: true,
      isActive: true,
    })
    expect(user).not.toHaveProperty('hashedPassword')
    const client = await made.loggedIn(bob)
    expect(await json(await client.get('/me'))).toMatchObject({ is_superuser: true })
    expect(told(made, 'registration.succeeded')).toEqual([
      { name: 'registration.succeeded', userId: user.id, address: null, actor: 'setup' },
    ])
  })

  test('makes no administrator and proves nothing unless it is told to', async () => {
    const user = await world().auth.users.create(bob)
    expect(user).toMatchObject({ isSuperuser: false, emailVerified: false })
  })

  test.each([
    [{ email: 'nonsense' }, 'email', 'Must be an e-mail address.'],
    [{ username: ' bob' }, 'username', 'Must not begin or end with a space.'],
    [{ username: 'ann@example.com' }, 'username', 'Must not look like an e-mail address'],
    [{ password: 'short' }, 'password', 'Must have at least 8 characters.'],
    [{ password: 'bob@example.com' }, 'password', ''],
    [{ factors: { phone: '+43' } }, 'phone', 'Is not a field of the identity.'],
    [{ username: undefined }, 'username', 'Is required.'],
  ])('keeps the rules of a registration: %j', async (change, path, message) => {
    const made = world()
    await expect(made.auth.users.create({ ...bob, ...change } as never)).rejects.toMatchObject({
      code: 'validation_failed',
      errors: [{ path, message: expect.stringContaining(message) }],
    })
    expect(await made.auth.users.find('bob')).toBeNull()
  })

  test('stores the canonical forms, and finds collisions by them', async () => {
    const { auth } = world()
    await auth.users.create({ ...bob, email: 'BOB@Example.com' })
    expect(await auth.users.find('bob@example.com')).toMatchObject({ email: 'bob@example.com' })
    await expect(
      auth.users.create({ ...bob, username: 'bobby', email: 'Bob@EXAMPLE.com' }),
    ).rejects.toMatchObject({ code: 'duplicate_value', errors: [{ path: 'email' }] })
  })

  test('runs the application’s hooks, in their transaction, and tells them no request', async () => {
    const seen: unknown[] = []
    const made = world(
      {},
      {
        registering: (_transaction, { user, request }) => {
          seen.push(['registering', user.id, request])
        },
        afterRegister: (user, { request }) => {
          seen.push(['afterRegister', user.id, request])
        },
      },
    )
    const { id } = await made.auth.users.create(bob)
    expect(seen).toEqual([
      ['registering', id, null],
      ['afterRegister', id, null],
    ])
    const failing = world(
      {},
      {
        registering: () => {
          throw new Error('no')
        },
      },
    )
    await expect(failing.auth.users.create(bob)).rejects.toThrow('no')
    expect(await failing.auth.users.find('bob')).toBeNull()
  })

  test('takes a hash of another system, which is upgraded at the first login', async () => {
    const made = world({ passwords: { adopt: [django()] } })
    const hashedPassword =
      'pbkdf2_sha256$1000$salt$' +
      (await import('node:crypto'))
        .pbkdf2Sync(bob.password, 'salt', 1000, 32, 'sha256')
        .toString('base64')
    const { password: _none, ...rest } = bob
    await made.auth.users.create({ ...rest, hashedPassword })
    await made.loggedIn(bob)
    expect(told(made, 'password.upgraded')).toHaveLength(1)
  })

  test('refuses a hash that nothing verifies, and columns of the library', async () => {
    const { auth } = world()
    const { password: _none, ...rest } = bob
    await expect(auth.users.create({ ...rest, hashedPassword: 'md5:abc' })).rejects.toThrow(
      'passwords: { adopt: [ … ] }',
    )
    await expect(auth.users.create({ ...bob, hashedPassword: '$2b$' })).rejects.toThrow('not both')
    await expect(
      auth.users.create({ ...bob, values: { tokenVersion: 1 } as never }),
    ).rejects.toThrow('only the library writes')
    await expect(auth.users.create({ ...bob, values: { nonsense: 1 } as never })).rejects.toThrow(
      'not a column',
    )
  })

  test('without a password nobody logs in with any', async () => {
    const made = world()
    const { password: _none, ...rest } = bob
    const { id } = await made.auth.users.create(rest)
    const answer = await made.browser().post('/login', { username: 'bob', password: '' })
    expect([401, 422]).toContain(answer.status)
    expect(await made.auth.users.credentials(id)).toEqual([])
  })
})

describe('auth.users.find and get', () => {
  test('find by any login field and by the key, and tell no hash', async () => {
    const { auth } = world()
    const { id } = await auth.users.create(bob)
    for (const found of [
      await auth.users.find('bob'),
      await auth.users.find('BOB@example.com'),
      await auth.users.get(id),
    ]) {
      expect(found).toMatchObject({ id, username: 'bob' })
      expect(found).not.toHaveProperty('hashedPassword')
    }
    expect(await auth.users.find('carol')).toBeNull()
    expect(await auth.users.find('\ud800')).toBeNull()
    expect(await auth.users.get(id + 1)).toBeNull()
  })
})

describe('auth.users.setPassword', () => {
  test('ends everything from before, by the same policy, with the same hook and event', async () => {
    const changed: unknown[] = []
    const made = world(both, { afterPasswordChanged: (user) => void changed.push(user.id) })
    const ann = await made.member()
    const client = await made.loggedIn(ann)
    await expect(made.auth.users.setPassword(ann.id, 'short')).rejects.toMatchObject({
      code: 'validation_failed',
    })
    expect((await client.get('/me')).status).toBe(200)
    expect(await made.auth.users.setPassword(ann.id, 'another long one', { actor: 7 })).toBe(true)
    expect((await client.get('/me')).status).toBe(401)
    await made.loggedIn({ ...ann, password: 'another long one' })
    expect(changed).toEqual([ann.id])
    expect(told(made, 'password.changed')).toMatchObject([{ userId: ann.id, actor: 7 }])
    expect(told(made, 'credentials.revoked')).toMatchObject([{ reason: 'application', actor: 7 }])
    expect(await made.auth.users.setPassword(ann.id + 1, 'another long one')).toBe(false)
  })
})

describe('auth.users.dropPassword', () => {
  test('leaves an account into which nobody gets by a password', async () => {
    const made = world()
    const ann = await made.member()
    const client = await made.loggedIn(ann)
    expect(await made.auth.users.dropPassword(ann.id, { actor: 'support' })).toBe(true)
    expect((await client.get('/me')).status).toBe(401)
    expect((await made.browser().post('/login', ann)).status).toBe(401)
    expect(told(made, 'password.dropped')).toMatchObject([{ actor: 'support' }])
    expect(await made.auth.users.dropPassword(ann.id)).toBe(false)
  })
})

describe('auth.users.requirePasswordChange', () => {
  async function required(config: WorldConfig = both) {
    const made = world(config)
    const ann = await made.member()
    const client = await made.loggedIn(ann)
    expect(await made.auth.users.requirePasswordChange(ann.id, { actor: 'support' })).toBe(true)
    const send = (path: string, body: object) => made.browser().post(path, body)
    const proofOf = async () => (await json(await send('/login', ann)))['proof'] as string
    return { made, ann, client, send, proofOf }
  }

  test('has the old password prove who somebody is, and give nobody in', async () => {
    const { made, ann, client, send } = await required()
    expect((await client.get('/me')).status).toBe(401)
    for (const path of ['/login', '/token']) {
      const answer = await made.browser().call('POST', path, {
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ username: ann.username, password: ann.password }).toString(),
      })
      expect(answer.status).toBe(403)
      expect(await json(answer)).toMatchObject({
        code: 'password_change_required',
        proof: expect.stringMatching(/^[\w-]{43}$/),
      })
      expect(answer.headers.get('set-cookie')).toBeNull()
    }
    await expect(
      made.auth.authenticatePassword(
        new Request('https://example.com/'),
        ann.username,
        ann.password,
      ),
    ).rejects.toMatchObject({ code: 'password_change_required' })
    const wrong = await send('/login', { ...ann, password: 'a wrong password' })
    expect(await json(wrong)).toMatchObject({ code: 'incorrect_credentials' })
    expect(told(made, 'password.change_required')).toMatchObject([{ actor: 'support' }])
  })

  test('is over with another password, once for each proof', async () => {
    const { made, ann, send, proofOf } = await required()
    const proof = await proofOf()
    const renew = (new_password: string, by = proof) =>
      send('/renew-password', { proof: by, new_password })
    expect(await json(await renew(ann.password))).toMatchObject({
      errors: [{ path: 'new_password', message: 'Must be another password than before.' }],
    })
    expect(await json(await renew('short'))).toMatchObject({ code: 'validation_failed' })
    expect((await renew('another long one')).status).toBe(200)
    expect(await json(await renew('yet another long one'))).toMatchObject({
      code: 'recovery_token_used',
    })
    expect((await send('/login', ann)).status).toBe(401)
    await made.loggedIn({ ...ann, password: 'another long one' })
    expect(told(made, 'password.changed')).toHaveLength(1)
  })

  test('two proofs of one requirement change the password once', async () => {
    const { send, proofOf } = await required()
    const [first, second] = [await proofOf(), await proofOf()]
    expect(
      (await send('/renew-password', { proof: first, new_password: 'a first new one' })).status,
    ).toBe(200)
    const late = await send('/renew-password', { proof: second, new_password: 'a second new one' })
    expect(await json(late)).toMatchObject({ code: 'recovery_token_invalid' })
  })

  test('a proof ends after ten minutes', async () => {
    const { made, send, proofOf } = await required()
    const proof = await proofOf()
    made.clock.advance(601)
    const late = await send('/renew-password', { proof, new_password: 'another long one' })
    expect(await json(late)).toMatchObject({ code: 'recovery_token_invalid' })
  })

  test('a password that the application sets ends it, too', async () => {
    const { made, ann } = await required()
    await made.auth.users.setPassword(ann.id, 'another long one')
    await made.loggedIn({ ...ann, password: 'another long one' })
  })

  test('is not for who is not there, or has no password', async () => {
    const { auth } = world()
    const { password: _none, ...rest } = bob
    const { id } = await auth.users.create(rest)
    expect(await auth.users.requirePasswordChange(id)).toBe(false)
    expect(await auth.users.requirePasswordChange(id + 1)).toBe(false)
  })
})

describe('auth.users.markVerified', () => {
  test('is a proof, once, that ends nothing', async () => {
    const proven: unknown[] = []
    const made = world({}, { afterRecoveryVerified: (user) => void proven.push(user.id) })
    const ann = await made.member()
    const client = await made.loggedIn(ann)
    expect(await made.auth.users.markVerified(ann.id, { actor: 'desk' })).toBe(true)
    expect(await made.auth.users.markVerified(ann.id)).toBe(true)
    expect(proven).toEqual([ann.id])
    expect(told(made, 'recovery.verified')).toEqual([
      { name: 'recovery.verified', userId: ann.id, actor: 'desk' },
    ])
    expect((await client.get('/me')).status).toBe(200)
    expect(await made.auth.users.markVerified(ann.id + 1)).toBe(false)
  })
})

describe('auth.users.credentials', () => {
  test('lists what gives somebody in, and ends it one by one', async () => {
    const made = world(both)
    const ann = await made.member()
    const first = await made.loggedIn(ann)
    const second = await made.loggedIn(ann)
    const token = await made.browser().call('POST', '/token', {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ username: ann.username, password: ann.password }).toString(),
    })
    const { refresh_token } = await json(token)
    const listed = await made.auth.users.credentials(ann.id)
    expect(listed.map(({ kind }) => kind)).toEqual([
      'password',
      'session',
      'session',
      'token_login',
    ])
    const text = JSON.stringify(listed)
    expect(text).not.toContain(String(refresh_token))

    const [, live, , login] = listed
    if (!live || !login) throw new Error('nothing is listed')
    expect(live.expiresAt).toBeInstanceOf(Date)
    expect(await made.auth.users.endCredential(ann.id, live, { actor: 'desk' })).toBe(true)
    expect(await made.auth.users.endCredential(ann.id, live)).toBe(false)
    const statuses = [(await first.get('/me')).status, (await second.get('/me')).status]
    expect(statuses.sort()).toEqual([200, 401])
    expect(await made.auth.users.endCredential(ann.id, login)).toBe(true)
    const refresh = await made.browser().post('/refresh', { refresh_token })
    expect(refresh.status).toBe(401)
    expect(told(made, 'login.ended')).toMatchObject([
      { transport: 'session', actor: 'desk' },
      { transport: 'bearer' },
    ])
    expect((await made.auth.users.credentials(ann.id)).map(({ kind }) => kind)).toEqual([
      'password',
      'session',
    ])
  })

  test('ends nobody else’s', async () => {
    const made = world(both)
    const [ann, ben] = [await made.member('ann'), await made.member('ben')]
    const client = await made.loggedIn(ann)
    const [, live] = await made.auth.users.credentials(ann.id)
    if (!live) throw new Error('nothing is listed')
    expect(await made.auth.users.endCredential(ben.id, live)).toBe(false)
    expect(await made.auth.users.endCredential(ann.id, { ...live, kind: 'nonsense' })).toBe(false)
    expect((await client.get('/me')).status).toBe(200)
    const { username, password } = ann
    const { refresh_token } = await json(await client.post('/token', { username, password }))
    const all = await made.auth.users.credentials(ann.id)
    const login = all.find(({ kind }) => kind === 'token_login')
    if (!login) throw new Error('the login by tokens is not listed')
    expect(await made.auth.users.endCredential(ben.id, login)).toBe(false)
    expect((await client.post('/refresh', { refresh_token })).status).toBe(200)
  })
})
