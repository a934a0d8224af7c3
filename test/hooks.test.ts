import { AuthError } from 'crudauth'
import { describe, expect, test, vi } from 'vitest'
import { indexKey, json, members, world } from './support/world.ts'

const newcomer = { email: 'ann@example.com', username: 'ann', password: 'correct horse battery' }

describe('Hooks', () => {
  test('afterRegister, afterLogin and afterLogout run with the user and the context', async () => {
    const afterRegister = vi.fn()
    const afterLogin = vi.fn(async () => {})
    const afterLogout = vi.fn()
    const { browser } = world({}, { afterRegister, afterLogin, afterLogout })
    const client = browser({ peer: '192.0.2.5', userAgent: 'test agent' })
    await client.post('/register', newcomer)
    await client.post('/login', newcomer)
    await client.post('/logout')
    const user = expect.objectContaining({ username: 'ann', displayName: 'somebody' })
    const context = (transport: string | null) => ({
      ipAddress: '192.0.2.5',
      userAgent: 'test agent',
      transport,
      request: expect.any(Request),
    })
    expect(afterRegister.mock.calls).toEqual([[user, context(null)]])
    expect(afterLogin.mock.calls).toEqual([[user, context('session')]])
    expect(afterLogout.mock.calls).toEqual([[user, context('session')]])
  })

  test('no hook gets the password hash', async () => {
    const seen: unknown[] = []
    const keep = (user: unknown) => {
      seen.push(user)
    }
    const { browser } = world(
      {},
      {
        registering: (_, { user }) => keep(user),
        afterRegister: keep,
        afterLogin: keep,
        afterLogout: keep,
      },
    )
    const client = browser()
    await client.post('/register', newcomer)
    await client.post('/login', newcomer)
    await client.post('/logout')
    expect(seen).toHaveLength(4)
    for (const user of seen) expect(user).not.toHaveProperty('hashedPassword')
  })

  test('afterLogout runs only where a session ended', async () => {
    const afterLogout = vi.fn()
    const { browser, member, loggedIn } = world({}, { afterLogout })
    await browser().post('/logout')
    const client = await loggedIn(await member())
    const cookie = `__Host-session_id=${client.sessionId}`
    const headers = { cookie, 'x-csrf-token': client.csrfToken ?? '' }
    await Promise.all([
      browser().post('/logout', undefined, { headers }),
      browser().post('/logout', undefined, { headers }),
    ])
    expect(afterLogout).toHaveBeenCalledTimes(1)
  })

  describe('registering', () => {
    test('writes in the transaction of the new row', async () => {
      const { browser, db } = world(
        {},
        {
          registering(transaction, { user }) {
            transaction
              .update(members)
              .set({ displayName: `new ${user.username}` })
              .run()
          },
        },
      )
      await browser().post('/register', newcomer)
      expect((await db.select().from(members))[0]?.displayName).toBe('new ann')
    })

    test('that throws undoes the registration', async () => {
      const { browser, db } = world(
        {},
        {
          registering() {
            throw new AuthError('access_denied', 'By invitation only')
          },
        },
      )
      const response = await browser().post('/register', newcomer)
      expect(response.status).toBe(403)
      expect(await json(response)).toMatchObject({ detail: 'By invitation only' })
      expect(await db.select().from(members)).toEqual([])
    })
  })

  describe('a hook that throws', () => {
    const failing = (thrown: unknown) => async () => {
      throw thrown
    }
    const oops = new Error('the mail server says ann@example.com is unknown')

    test('afterRegister: 500, the row stays, nothing is told to the client', async () => {
      const { browser, db, events } = world({}, { afterRegister: failing(oops) })
      const response = await browser().post('/register', newcomer)
      expect(response.status).toBe(500)
      const text = await response.text()
      expect(JSON.parse(text)).toMatchObject({ code: 'hook_failed' })
      expect(text).not.toContain('mail server')
      expect(await db.select().from(members)).toHaveLength(1)
      expect(events).toContainEqual({ name: 'hook.failed', hook: 'afterRegister', error: oops })
    })

    test('afterLogin: 500, no cookie is set, and no session is left', async () => {
      const { browser, member, calls, storage } = world({}, { afterLogin: failing(oops) })
      const { id, username, password } = await member()
      const client = browser()
      const response = await client.post('/login', { username, password })
      expect(response.status).toBe(500)
      expect(client.jar.size).toBe(0)
      // One for the device that registered, one for the session.
      expect(calls['set']).toBe(2)
      expect(await storage.indexMembers(indexKey('sessions', id))).toEqual([])
    })

    test('afterLogout: 500, but the session is gone and its cookies are cleared', async () => {
      const { browser, member, loggedIn } = world({}, { afterLogout: failing(oops) })
      const client = await loggedIn(await member())
      const cookie = `__Host-session_id=${client.sessionId}`
      expect((await client.post('/logout')).status).toBe(500)
      expect(client.sessionId).toBeUndefined()
      expect((await browser().get('/me', { headers: { cookie } })).status).toBe(401)
    })

    test('with an AuthError: that is the answer', async () => {
      const { browser, member } = world(
        {},
        { afterLogin: failing(new AuthError('access_denied', 'Your company has left')) },
      )
      const { username, password } = await member()
      const client = browser()
      const response = await client.post('/login', { username, password })
      expect(response.status).toBe(403)
      expect(await json(response)).toMatchObject({ detail: 'Your company has left' })
      expect(client.jar.size).toBe(0)
    })
  })
})
