import { randomUUID } from 'node:crypto'
import type { Storage } from 'crudauth'
import { redisStorage } from 'crudauth/redis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { conformsInRealTime } from '../support/real-time.ts'
import { clusters, type Opened } from '../support/redis-clients.ts'
import { type RedisServer, startCluster } from '../support/redis-server.ts'
import { isReachable, redisServer } from '../support/services.ts'

describe.runIf(await isReachable(redisServer))('The Redis storage in a cluster of three', () => {
  let nodes: readonly RedisServer[] = []
  const addresses = () => nodes.map(({ port }) => ({ host: '127.0.0.1', port }))
  beforeAll(async () => {
    nodes = await startCluster()
  }, 60_000)
  afterAll(() => Promise.all(nodes.map((node) => node.end())))

  describe.concurrent('conforms', () => {
    for (const [name, open] of Object.entries(clusters)) {
      describe(`over ${name}`, () => {
        let opened: Opened
        let storage: Storage
        beforeAll(async () => {
          opened = await open(addresses())
          storage = redisStorage({ client: opened.client, timeoutMs: 5000 })
        })
        afterAll(() => void opened.close())
        conformsInRealTime(() => storage, 0.5)

        test('and tells every node its scripts, again when they are forgotten', async () => {
          const keys = Array.from({ length: 30 }, () => randomUUID())
          const counts = () => Promise.all(keys.map((key) => storage.increment(key, 60)))
          expect(new Set(await counts())).toEqual(new Set([1]))
          for (const node of nodes) node.command('SCRIPT', 'FLUSH')
          expect(new Set(await counts())).toEqual(new Set([2]))
          const held = nodes.map((node) => Number(node.command('DBSIZE')))
          expect(Math.min(...held)).toBeGreaterThan(0)
        })
      })
    }
  })

  describe('loses one for a while', () => {
    test.each(Object.keys(clusters))('over %s', { timeout: 40_000 }, async (name) => {
      const opened = await clusters[name]?.(addresses())
      if (!opened) throw new Error('no such client')
      const storage = redisStorage({ client: opened.client, timeoutMs: 200 })
      const keys = Array.from({ length: 30 }, () => randomUUID())
      const set = (key: string) => storage.set(key, 'x', 60).then(() => 'written', String)
      const states = async () => new Set(await Promise.all(keys.map(set)))
      await expect.poll(states, { timeout: 20_000 }).toEqual(new Set(['written']))

      const [lost] = nodes
      lost?.pause()
      const during = await Promise.all([...keys, ...keys].map(set))
      expect(during.filter((state) => state === 'written').length).toBeGreaterThan(10)
      expect(
        during.filter((state) => state.startsWith('RedisStorageError')).length,
      ).toBeGreaterThan(4)
      lost?.resume()
      await expect.poll(states, { timeout: 20_000 }).toEqual(new Set(['written']))
      await opened.close()
    })
  })
})
