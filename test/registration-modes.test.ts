/**
 * Who may register by themselves.
 */
import { memoryStorage, session } from 'crudauth'
import { honoAuth } from 'crudauth/hono'
import { describe, expect, test } from 'vitest'
import { problemsOf } from './support/configuration-problems.ts'
import { database, secret, users } from './support/world.ts'

const ann = { email: 'ann@example.com', username: 'ann', password: 'correct horse battery' }

function start(registration: false | { mode: 'closed' }) {
  return honoAuth({
    users: users(database().db),
    secret,
    transports: [session()],
    storage: memoryStorage(),
    registration,
    onEvent: () => undefined,
  })
}

describe('Where registration is closed', () => {
  test.each<false | { mode: 'closed' }>([false, { mode: 'closed' }])(
    'with %j there is no route for it',
    async (off) => {
      const auth = start(off)
      const answer = await auth.fetch(
        new Request('https://example.com/register', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(ann),
        }),
      )
      expect(answer.status).toBe(404)
      expect(auth.describe().routes.map(({ path }) => path)).not.toContain('/register')
      expect(Object.keys((await auth.openapi()).paths ?? {})).not.toContain('/register')
    },
  )

  test.each([
    [
      { registration: { mode: 'closed', extraFields: ['displayName'] } },
      'registration.extraFields',
    ],
    [
      { registration: false, rateLimits: { register: { times: 1, seconds: 1 } } },
      'rateLimits.register',
    ],
  ])('%j limits or takes nothing, and is refused', (config, named) => {
    expect(problemsOf(config)).toEqual([expect.stringContaining(named)])
  })
})
