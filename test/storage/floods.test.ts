import { bearer, memoryStorage, session } from 'crudauth'
import { github, google } from 'crudauth/oauth'
import { expect, test } from 'vitest'
import { oauthWorld } from '../support/oauth.ts'
import { recoveryWorld } from '../support/recovery.ts'

/** What anybody can ask for, about somebody whom they made up. */
const askedByStrangers: Readonly<Record<string, (name: string) => object>> = {
  '/login': (name) => ({ username: name, password: name }),
  '/token': (name) => ({ username: name, password: name, device_token: name }),
  '/refresh': (name) => ({ refresh_token: name }),
  '/revoke': (name) => ({ token: name }),
  '/logout': () => ({}),
  '/register': (name) => ({ email: name, username: name, password: name }),
  '/recovery/verify-request': (name) => ({ email: `${name}@example.com` }),
  '/recovery/verify-confirm': (name) => ({ token: name, password: name }),
  '/recovery/reset-request': (name) => ({ email: `${name}@example.com` }),
  '/recovery/reset-confirm': (name) => ({ token: name, new_password: name }),
  '/recovery/unlock-request': (name) => ({ email: `${name}@example.com` }),
  '/recovery/unlock-confirm': (name) => ({ token: name }),
  '/recovery/sign-in-request': (name) => ({ email: `${name}@example.com`, client: name }),
  '/recovery/sign-in-confirm': (name) => ({ token: name, client: name }),
  '/recovery/sign-in-code': (name) => ({ code: name, client: name }),
}

test.each(Object.entries(askedByStrangers))(
  'a flood of %s from everywhere ends no session that is kept in memory',
  async (path, body) => {
    const maxEntries = 40
    const { auth, browser, loggedIn, member } = recoveryWorld(
      { signIn: true },
      {
        storage: memoryStorage({ maxEntries }),
        transports: [session(), bearer({ refresh: 'body' })],
        rateLimits: {},
      },
    )
    const client = await loggedIn(await member())
    for (let n = 0; n < 2 * maxEntries; n++) {
      const name = String(n).padStart(22, 'nobody')
      await browser({ peer: `2001:db8:${n}::1` }).post(path, body(name))
    }
    await auth.settled()
    expect((await client.get('/me')).status).toBe(200)
  },
)

test('a flood of sign-ins at a provider ends no session that is kept in memory', async () => {
  const maxEntries = 40
  const provider = github({ clientId: 'x', clientSecret: 'y' })
  const storage = memoryStorage({ maxEntries })
  const { browser, leave, loggedIn, member } = oauthWorld(
    { demo: provider },
    { config: { storage } },
  )
  const client = await loggedIn(await member())
  for (let n = 0; n < 2 * maxEntries; n++) await leave(browser({ peer: `2001:db8:${n}::1` }))
  expect((await client.get('/me')).status).toBe(200)
})

test('nor does a flood of nonces for ID tokens', async () => {
  const maxEntries = 40
  const { browser, loggedIn, member } = oauthWorld(
    { demo: google({ clientId: 'x', clientSecret: 'y' }) },
    {
      config: {
        storage: memoryStorage({ maxEntries }),
        transports: [session(), bearer()],
      } as never,
    },
  )
  const client = await loggedIn(await member())
  for (let n = 0; n < 2 * maxEntries; n++) {
    const peer = { peer: `2001:db8:${n}::1` }
    const body = { code_challenge: 'c'.repeat(43) }
    expect((await browser(peer).post('/oauth/demo/nonce', body)).status).toBe(200)
  }
  expect((await client.get('/me')).status).toBe(200)
})
