/**
 * Processes of one application that are changed one after the other: the secrets that rotate, the
 * namespace, the names of cookies, limits.
 */
import { bearer, memoryStorage, session } from 'crudauth'
import { describe, expect, test } from 'vitest'
import type { Browser } from './support/browser.ts'
import { Clock } from './support/clock.ts'
import { json, users, type WorldConfig, world } from './support/world.ts'

const [old, next] = [
  'the secret of today, of 32 bytes and more',
  'the secret of tomorrow, 32 bytes or more',
]
const transports = [session({ managementRoutes: true }), bearer({ refresh: 'body' })] as const

/** Processes over one storage and one table. */
function processes() {
  const clock = new Clock()
  const storage = Object.assign(memoryStorage({ clock: clock.read }), { shared: true })
  const first = world({ storage, clock: clock.read, namespace: 'shop', transports })
  return {
    first,
    clock,
    open: (config: object) =>
      world({
        storage,
        clock: clock.read,
        namespace: 'shop',
        transports,
        users: users(first.db),
        ...config,
      } as WorldConfig),
  }
}

type Process = ReturnType<ReturnType<typeof processes>['open']>

/** What one process made, asked of another. */
async function accepted(
  by: Process,
  from: Process,
  member: { username: string; password: string },
) {
  const client = await from.loggedIn(member)
  const tokens = await json(await from.browser().post('/token', member))
  const visitor: Browser = by.browser()
  for (const [name, cookie] of client.jar) visitor.jar.set(name, cookie)
  const refreshed = await visitor.post('/refresh', { refresh_token: tokens['refresh_token'] })
  const bearerToken = { authorization: `Bearer ${tokens['access_token']}` }
  return {
    session: (await visitor.get('/me')).status,
    form: (await visitor.post('/csrf/refresh')).status,
    token: (await by.browser().get('/me', { headers: bearerToken })).status,
    refresh: refreshed.status,
  }
}

const all = { session: 200, form: 200, token: 200, refresh: 200 }

describe('Secrets that rotate', () => {
  const steps = [old, [old, next], [next, old], next] as const

  test.each([0, 1])(
    'each process accepts what a neighbour in the order makes: step %d',
    async (n) => {
      const { first, open } = processes()
      const member = await first.member()
      const [before, after] = [open({ secret: steps[n] }), open({ secret: steps[n + 1] })]
      expect(await accepted(before, after, member)).toEqual(all)
      expect(await accepted(after, before, member)).toEqual(all)
    },
  )

  test('the earlier one may go when all processes sign with the next: that ends what it signed', async () => {
    const { first, open } = processes()
    const member = await first.member()
    const [before, after] = [open({ secret: steps[2] }), open({ secret: steps[3] })]
    expect(await accepted(after, before, member)).toEqual(all)
    const earlier = open({ secret: old })
    expect(await accepted(after, earlier, member)).toMatchObject({ session: 401, token: 401 })
  })

  test('put in front at once, the next one is refused by processes that do not know it', async () => {
    const { first, open } = processes()
    const member = await first.member()
    const [before, after] = [open({ secret: old }), open({ secret: [next, old] })]
    expect(await accepted(before, after, member)).toMatchObject({ session: 401, token: 401 })
    expect(await accepted(after, before, member)).toEqual(all)
  })
})

describe('Processes that differ', () => {
  test('in the namespace accept nothing of each other', async () => {
    const { first, open } = processes()
    const member = await first.member()
    const [one, other] = [open({}), open({ namespace: 'store' })]
    expect(await accepted(one, other, member)).toMatchObject({ session: 401, refresh: 401 })
    expect(await accepted(other, one, member)).toMatchObject({ session: 401, refresh: 401 })
  })

  test('in the names of cookies do not see each other’s sessions, and end none', async () => {
    const { first, open } = processes()
    const member = await first.member()
    const [one, other] = [open({}), open({ cookies: { secure: false } })]
    const client = await one.loggedIn(member)
    const asked = other.browser()
    for (const [name, cookie] of client.jar) asked.jar.set(name, cookie)
    expect((await asked.get('/me')).status).toBe(401)
    expect((await client.get('/me')).status).toBe(200)
  })

  test('in the lifetimes and caps of sessions keep what a session was made with', async () => {
    const { first, open, clock } = processes()
    const member = await first.member()
    const short = open({ transports: [session({ idleTimeout: 600, maxPerUser: 1 })] })
    const long = open({ transports: [session({ idleTimeout: 6000 })] })
    const client = await long.loggedIn(member)
    const visitor = short.browser()
    for (const [name, cookie] of client.jar) visitor.jar.set(name, cookie)
    clock.advance(3000)
    expect((await visitor.get('/me')).status).toBe(200)
    // The cap is that of the process that logs in.
    await short.loggedIn(member)
    expect((await client.get('/me')).status).toBe(401)
  })
})
