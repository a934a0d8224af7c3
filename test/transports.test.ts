import { AuthError, bearer, crudAuth, session, type Transport } from 'crudauth'
import { type Authenticates, transportConformance } from 'crudauth/testing'
import { describe, expect, test } from 'vitest'
import { json, members, secret, users, world } from './support/world.ts'

const url = 'https://app.example.com/'
const bare = () => new Request(url)
const withHeader = (name: string, value: string) => () =>
  new Request(url, { headers: { [name]: value } })

/** A transport as an application would write it. */
const apiKeys = (keys: ReadonlyMap<string, number>): Transport => ({
  name: 'api_key',
  challenge: 'ApiKey',
  securityScheme: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
  async authenticate(context) {
    const key = context.request.headers.get('x-api-key')
    if (key === null) return null
    const owner = keys.get(key)
    if (owner === undefined) throw new AuthError('invalid_token', 'Invalid API key')
    const user = await context.resolveUser(owner)
    return user && context.principal(user, { transport: 'api_key', scopes: ['orders'] })
  },
})

/** The core over the database and storage of a world, with other transports. */
function core(made: ReturnType<typeof world>, transports: readonly Transport[]) {
  return crudAuth({ users: users(made.db), secret, storage: made.storage, transports })
}

describe('Transports', () => {
  const disableAll = (made: ReturnType<typeof world>) => async () => {
    await made.db.update(members).set({ isActive: false })
  }

  const worlds = {
    async session() {
      const made = world({ transports: [session()] })
      const ann = await made.member()
      const browser = await made.loggedIn(ann)
      const id = browser.sessionId ?? ''
      const auth = crudAuth({
        transports: [session()],
        users: users(made.db),
        secret,
        storage: made.storage,
        clock: made.clock.read,
      })
      return {
        auth: auth as unknown as Authenticates,
        userId: ann.id,
        bare,
        valid: withHeader('cookie', `__Host-session_id=${id}`),
        invalid: withHeader('cookie', `__Host-session_id=${'x'.repeat(43)}`),
        invalidIs: 'absent' as const,
        secrets: [id, browser.csrfToken ?? '', 'bcrypt'],
        disable: disableAll(made),
      }
    },

    async bearer() {
      const made = world({ transports: [bearer({ refresh: 'body' })] })
      const ann = await made.member()
      const token = String((await json(await made.browser().post('/token', ann)))['access_token'])
      const auth = crudAuth({
        users: users(made.db),
        secret,
        clock: made.clock.read,
        transports: [bearer()],
      })
      return {
        auth: auth as unknown as Authenticates,
        userId: ann.id,
        bare,
        valid: withHeader('authorization', `Bearer ${token}`),
        invalid: withHeader('authorization', `Bearer ${token}x`),
        invalidIs: 'refused' as const,
        secrets: [token, 'bcrypt'],
        disable: disableAll(made),
      }
    },

    async api_key() {
      const made = world()
      const ann = await made.member()
      return {
        auth: core(made, [apiKeys(new Map([['the-key', ann.id]]))]) as unknown as Authenticates,
        userId: ann.id,
        bare,
        valid: withHeader('x-api-key', 'the-key'),
        invalid: withHeader('x-api-key', 'made up'),
        invalidIs: 'refused' as const,
        secrets: ['the-key', 'bcrypt'],
        disable: disableAll(made),
      }
    },
  }

  for (const [name, create] of Object.entries(worlds)) {
    describe(`${name} conforms`, () => {
      for (const { name: title, run } of transportConformance({ name, create })) test(title, run)
    })
  }

  test('one of the application’s own is in the challenge and in the API document', async () => {
    const made = world()
    const auth = core(made, [apiKeys(new Map())])
    const response = await auth.fetch(new Request(`${url}me`))
    expect(response.headers.get('www-authenticate')).toBe('ApiKey')
    const { components } = await auth.openapi()
    expect(components?.securitySchemes).toEqual({
      api_key: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
    })
  })
})
