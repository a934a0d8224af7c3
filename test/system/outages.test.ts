/**
 * The storage, or the database, is stopped, or hangs, while people use the application; and comes
 * back.
 *
 * What each operation then answers is written to `docs/outages.md`, which this test also checks.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PostgresServer } from '../support/postgres-server.ts'
import { RedisServer } from '../support/redis-server.ts'
import { isReachable, postgresServer, redisServer } from '../support/services.ts'
import { operations, people } from './outages/operations.ts'
import { outagesPage } from './outages/page.ts'
import { Visitor } from './outages/visitor.ts'
import { type Servers, startServers } from './servers.ts'

/** Of an operation of the storage, and of the database. */
const timeoutMs = 750

const isThere = (await isReachable(redisServer)) && (await isReachable(postgresServer))

const outages = {
  'Redis stopped': ['redis', 'stop'],
  'Redis hangs': ['redis', 'pause'],
  'database stopped': ['postgres', 'stop'],
  'database hangs': ['postgres', 'pause'],
} as const

type Outage = keyof typeof outages

describe.runIf(isThere)('An outage', () => {
  let redis: RedisServer
  let postgres: PostgresServer
  let servers: Servers
  let visitors: ReadonlyMap<string, Visitor>
  const answers = new Map<Outage, ReadonlyMap<string, string>>()

  beforeAll(async () => {
    // Nothing that was acknowledged is lost by a restart.
    redis = await RedisServer.start('--appendonly', 'yes', '--appendfsync', 'always')
    postgres = await PostgresServer.start()
    const options = { redisUrl: redis.url, postgresUrl: postgres.url, timeoutMs }
    servers = await startServers(2, options)
  }, 60_000)

  afterAll(async () => {
    redis?.resume()
    postgres?.resume()
    await servers?.end()
    await Promise.all([redis?.end(), postgres?.end()])
  })

  const begin = async (outage: Outage) => {
    const [which, how] = outages[outage]
    await { redis, postgres }[which][how]()
  }
  const finish = async (outage: Outage) => {
    const [which, how] = outages[outage]
    if (how === 'pause') ({ redis, postgres })[which].resume()
    else await { redis, postgres }[which].restart()
    await Promise.all(servers.origins.map(isBack))
  }
  /** Connections are made anew in their own time. */
  const isBack = async (origin: string) => {
    const probe = new Visitor(`probe${origin.slice(-5)}`, [origin])
    for (let tries = 0; tries < 100; tries++) {
      if (await probe.canComeAndGo()) return
      await wait(100)
    }
    throw new Error('the application does not come back')
  }

  test.each(Object.keys(outages) as Outage[])(
    '%s: nobody is let in by mistake, nothing hangs, and afterwards all is as it was',
    { timeout: 120_000 },
    async (outage) => {
      visitors = await people(servers, outage)
      const bystander = visitors.get('bystander') as Visitor
      const { revoked, locked, usedRefreshToken } = await bystander.history()

      const load = bystander.keepAsking()
      await begin(outage)
      const seen = await Promise.all(
        operations.map(async ({ name, run }) => {
          const visitor = visitors.get(name) as Visitor
          return [name, await run(visitor)] as const
        }),
      )
      answers.set(outage, new Map(seen))
      await finish(outage)
      const statuses = await load()

      // Of a session that lived all the time: found, or not to be told; never nobody's.
      expect([200, 503]).toEqual(expect.arrayContaining([...statuses]))
      expect(statuses).toContain(503)
      expect(await bystander.checks()).toEqual([200, 200])
      expect(await revoked()).toEqual([401, 401])
      expect(await locked()).toBe(429)
      expect(await usedRefreshToken()).toBe(401)
      // Whatever was refused can be done now, and by the same people.
      for (const { name } of operations) {
        const visitor = visitors.get(name) as Visitor
        expect([name, await visitor.canLogIn()]).toEqual([name, true])
      }
    },
  )

  test('is described as it is', async () => {
    const page = outagesPage(Object.keys(outages), operations, answers)
    await expect(page).toMatchFileSnapshot('../../docs/outages.md')
  })
})
