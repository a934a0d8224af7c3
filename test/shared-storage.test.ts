/**
 * Two applications that share a storage and, because neither chose one, a namespace.
 */
import { randomUUID } from 'node:crypto'
import { memoryStorage } from 'crudauth'
import { bearer, honoAuth, session } from 'crudauth/hono'
import { redisStorage } from 'crudauth/redis'
import { afterAll, describe, expect, test } from 'vitest'
import { Browser } from './support/browser.ts'
import { isReachable, redis, redisUrl } from './support/services.ts'
import { indexKey, json, secret, users, type World, world } from './support/world.ts'

const transports = [
  session({ managementRoutes: true, maxPerUser: 3 }),
  bearer({ refresh: 'body', maxPerUser: 3 }),
]

const otherSecret = 'the secret of another application, long enough'

type Member = Awaited<ReturnType<World['member']>>

const isIn = async (browser: Browser) => (await browser.get('/me')).status === 200

const listed = async (browser: Browser) =>
  ((await (await browser.get('/sessions')).json()) as unknown[]).length

/** A login with tokens; its refresh token. */
async function tokenOf({ browser }: Pick<World, 'browser'>, { username, password }: Member) {
  return (await json(await browser().post('/token', { username, password })))['refresh_token']
}

const refreshes = async ({ browser }: Pick<World, 'browser'>, token: unknown) =>
  (await browser().post('/refresh', { refresh_token: token })).status === 200

const redisClient = redisStorage({ url: redisUrl, timeoutMs: 5000 })
afterAll(() => redisClient.close?.())

const storages = {
  memory: { runs: true, open: () => memoryStorage() },
  Redis: { runs: await isReachable(redis), open: () => redisClient },
}

describe.each(Object.entries(storages))('In %s, under one namespace', (_name, { runs, open }) => {
  /** Two applications with a user of the same id. */
  async function two() {
    // Of the applications of all tests; in memory the default would do as well.
    const config = { transports, storage: open(), namespace: `test-${randomUUID()}` }
    const shop = world(config)
    const forum = world({ ...config, secret: otherSecret })
    const ann = await shop.member()
    const bob = await forum.member()
    expect(bob.id).toBe(ann.id)
    // Not even their epochs tell the two users apart, as in tables that have none.
    for (const { sqlite } of [shop, forum]) sqlite.exec('update members set token_version = 7')
    return { shop, forum, ann, bob }
  }

  test.runIf(runs)('logins in one application end no session of the other', async () => {
    const { shop, forum, ann, bob } = await two()
    const there = await forum.loggedIn(bob)
    for (let n = 0; n < 6; n++) await shop.loggedIn(ann)
    expect(await isIn(there)).toBe(true)
    expect(await listed(there)).toBe(1)
    expect(await listed(await shop.loggedIn(ann))).toBe(3)
  })

  test.runIf(runs)('logging out everywhere in one logs nobody out of the other', async () => {
    const { shop, forum, ann, bob } = await two()
    const there = await forum.loggedIn(bob)
    const token = await tokenOf(forum, bob)
    const here = await shop.loggedIn(ann)
    const own = await tokenOf(shop, ann)
    expect((await here.post('/logout-all')).status).toBe(200)
    expect(await shop.auth.sessions.revokeAll(ann.id)).toBe(0)
    expect(await isIn(here)).toBe(false)
    expect(await refreshes(shop, own)).toBe(false)
    expect(await isIn(there)).toBe(true)
    expect(await refreshes(forum, token)).toBe(true)
  })

  test.runIf(runs)('logins with tokens in one end none of the other', async () => {
    const { shop, forum, ann, bob } = await two()
    const token = await tokenOf(forum, bob)
    const first = await tokenOf(shop, ann)
    for (let n = 0; n < 5; n++) await tokenOf(shop, ann)
    expect(await refreshes(shop, first)).toBe(false)
    expect(await refreshes(forum, token)).toBe(true)
  })
})

describe('While secrets rotate', () => {
  /** One application, whose secrets change under its browsers' feet. */
  async function rotating() {
    const site = world({ transports })
    const ann = await site.member()
    const restarted = (secrets: string[]) =>
      honoAuth({
        users: users(site.db),
        secret: secrets,
        storage: site.storage,
        clock: site.clock.read,
        transports,
        passwords: { cost: 4 },
      })
    let { router } = restarted([secret])
    const browser = () =>
      new Browser(async (request, peer) =>
        router.fetch(request, { incoming: { socket: { remoteAddress: peer } } }),
      )
    return {
      ann,
      site: { ...site, browser },
      restart: (...secrets: string[]) => {
        router = restarted(secrets).router
      },
      async loggedIn() {
        const client = browser()
        const { username, password } = ann
        expect((await client.post('/login', { username, password })).status).toBe(200)
        return client
      },
    }
  }

  const areIn = (browsers: readonly Browser[]) => Promise.all(browsers.map(isIn))

  test('sessions of both secrets are listed and capped together, the earlier ones first to end', async () => {
    const { restart, loggedIn } = await rotating()
    const old = [await loggedIn(), await loggedIn()]
    restart(otherSecret, secret)
    const first = await loggedIn()
    expect(await listed(first)).toBe(3)
    const second = await loggedIn()
    expect(await listed(second)).toBe(3)
    expect(await areIn([...old, first, second])).toEqual([false, true, true, true])
    const third = await loggedIn()
    const fourth = await loggedIn()
    expect(await listed(fourth)).toBe(3)
    expect(await areIn([...old, first, second, third, fourth])).toEqual([
      ...Array(3).fill(false),
      ...Array(3).fill(true),
    ])
  })

  test('of many logins at once none slips past the cap', async () => {
    const { restart, loggedIn } = await rotating()
    const old = await Promise.all([loggedIn(), loggedIn(), loggedIn()])
    restart(otherSecret, secret)
    const browsers = await Promise.all(Array.from({ length: 4 }, loggedIn))
    expect((await areIn([...old, ...browsers])).filter(Boolean)).toHaveLength(3)
    expect(await areIn(old)).toEqual([false, false, false])
  })

  test('logins with tokens of both secrets are capped together, and stay in use', async () => {
    const { site, ann, restart } = await rotating()
    const old = [await tokenOf(site, ann), await tokenOf(site, ann)]
    restart(otherSecret, secret)
    await tokenOf(site, ann)
    // The login that was used makes room last.
    const used = await json(await site.browser().post('/refresh', { refresh_token: old[0] }))
    const newest = await tokenOf(site, ann)
    expect(await refreshes(site, old[1])).toBe(false)
    expect(await refreshes(site, used['refresh_token'])).toBe(true)
    expect(await refreshes(site, newest)).toBe(true)
  })

  test('logging out everywhere ends those of both secrets, also in a table without an epoch', async () => {
    const { site, ann, restart, loggedIn } = await rotating()
    const old = await loggedIn()
    const token = await tokenOf(site, ann)
    restart(otherSecret, secret)
    const now = await loggedIn()
    const sessions = await site.storage.indexMembers(indexKey('sessions', ann.id))
    const families = await site.storage.indexMembers(indexKey('refreshes', ann.id))
    expect([sessions, families].map(({ length }) => length)).toEqual([1, 1])
    expect((await now.post('/logout-all')).status).toBe(200)
    expect(await areIn([old, now])).toEqual([false, false])
    expect(await refreshes(site, token)).toBe(false)
    // Not only by their epoch, which not every table has: the records are gone.
    expect(await site.storage.get(`crudauth:session:${sessions[0]}`)).toBe(null)
    expect(await site.storage.get(`crudauth:refresh:${families[0]}`)).toBe(null)
  })

  test('a session that gets a new identifier belongs to the new secret, and outlives the old one', async () => {
    const { ann, restart, loggedIn } = await rotating()
    const stays = await loggedIn()
    const goes = await loggedIn()
    restart(otherSecret, secret)
    const { status } = await stays.post('/change-password', {
      current_password: ann.password,
      new_password: 'another long enough phrase',
    })
    expect(status).toBe(200)
    restart(otherSecret)
    expect(await areIn([stays, goes])).toEqual([true, false])
    expect(await listed(stays)).toBe(1)
  })
})
