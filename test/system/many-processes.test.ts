/**
 * Four processes of one application under a mixed load, and people who know what must be true.
 *
 * What happens is drawn from a seed (`SYSTEM_SEED`); how it falls together is the machine's.
 */
import { describe, expect, test } from 'vitest'
import { isReachable, postgres, postgresUrl, redis, redisUrl } from '../support/services.ts'
import { Person } from './many-processes/person.ts'
import { Random } from './many-processes/random.ts'
import { startServers } from './servers.ts'

const people = 10
const steps = Number(process.env['SYSTEM_STEPS'] ?? 30)
const seed = Number(process.env['SYSTEM_SEED'] ?? 1)

const hasPostgres = await isReachable(postgres)
const storages = [
  ['Redis', hasPostgres && (await isReachable(redis)), redisUrl],
  ['a table in PostgreSQL', hasPostgres, null],
] as const

describe.each(storages)('Four processes over PostgreSQL and %s', (_, isThere, url) => {
  test.runIf(isThere)('are one application', { timeout: 120_000 }, async () => {
    const options = { postgresUrl, redisUrl: url, timeoutMs: 20_000 }
    const servers = await startServers(4, options)
    try {
      const crowd = Array.from(
        { length: people },
        (_, n) => new Person(`user${n}`, n + 1, servers.origins, new Random(seed * 1000 + n)),
      )
      await Promise.all(crowd.map((person) => person.register()))
      const before = await epochs()
      await Promise.all(
        crowd.map(async (person) => {
          for (let n = 0; n < steps; n++) await person.step()
          await person.verify()
        }),
      )
      const after = await epochs()
      const raised = crowd.map(({ name }) => [
        name,
        (after.get(name) ?? 0) - (before.get(name) ?? 0),
      ])
      expect(crowd.flatMap(({ wrongs }) => wrongs)).toEqual([])
      expect(servers.failures).toEqual([])
      expect(raised).toEqual(crowd.map((person) => [person.name, person.raised]))
    } finally {
      await servers.end()
    }

    async function epochs(): Promise<ReadonlyMap<string, number>> {
      const rows = await servers.query(`select username, token_version from ${servers.run}_users`)
      return new Map(rows.map((row) => [String(row['username']), Number(row['token_version'])]))
    }
  })
})
