import { randomUUID } from 'node:crypto'
import { createClient } from '@redis/client'
import type { Storage } from 'crudauth'
import { type RedisClient, RedisStorageError, redisStorage } from 'crudauth/redis'
import { Cluster, Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { conformsInRealTime } from '../support/real-time.ts'
import { type Opened, singles } from '../support/redis-clients.ts'
import { isReachable, redis, redisUrl } from '../support/services.ts'

describe.runIf(await isReachable(redis))('The Redis storage', () => {
  describe.concurrent('conforms', () => {
    for (const [name, open] of Object.entries(singles)) {
      describe(`over ${name}`, () => {
        let opened: Opened
        let storage: Storage
        beforeAll(async () => {
          opened = await open(redisUrl)
          storage = redisStorage({ client: opened.client, timeoutMs: 5000 })
        })
        afterAll(() => void opened.close())
        conformsInRealTime(() => storage, 0.5)
      })
    }

    describe('over a URL', () => {
      const storage = redisStorage({ url: redisUrl, timeoutMs: 5000 })
      afterAll(() => storage.close?.())
      conformsInRealTime(() => storage, 0.5)
    })
  })

  describe('in the database', () => {
    const client = createClient({ url: redisUrl })
    const storage = redisStorage({ client })
    beforeAll(() => client.connect())
    afterAll(() => client.destroy())

    test('a key is a key of Redis, as it is', async () => {
      const key = `test:${randomUUID()}`
      await storage.set(key, 'value', 60)
      expect(await client.get(key)).toBe('value')
    })

    test('everything that is kept has a lifetime', async () => {
      const key = `test:${randomUUID()}`
      await storage.set(`${key}:set`, 'x', 60)
      await storage.add(`${key}:add`, 'x', 60)
      await storage.replace(`${key}:set`, 'y', 60, 'x')
      await storage.increment(`${key}:count`, 60)
      await storage.increment(`${key}:count`, 60, { by: 4 })
      await storage.spend(`${key}:spend`, 5, 60)
      await storage.indexAdd(`${key}:index`, 'm', 60)
      await storage.indexRenew(`${key}:index`, 'm', 60)
      const kept = await client.keys(`${key}:*`)
      expect(kept).toHaveLength(5)
      const lifetimes = await Promise.all(kept.map((one) => client.pTTL(one)))
      expect(lifetimes.every((ms) => ms > 0 && ms <= 60_000)).toBe(true)
    })

    test('an index lives as long as its longest member, whoever came or left last', async () => {
      const owner = `test:${randomUUID()}`
      const lifetime = async () => Math.round((await client.pTTL(owner)) / 60_000)
      await storage.indexAdd(owner, 'remembered', 30 * 60)
      await storage.indexAdd(owner, 'short', 10 * 60)
      expect(await lifetime()).toBe(30)
      await storage.indexRenew(owner, 'short', 60 * 60)
      expect(await lifetime()).toBe(60)
      await storage.indexAdd(owner, 'another', 10 * 60)
      await storage.indexRemove(owner, 'another')
      expect(await lifetime()).toBe(60)
      await storage.indexRenew(owner, 'short', 10 * 60)
      expect(await lifetime()).toBe(30)
      expect(await storage.indexMembers(owner)).toEqual(['remembered', 'short'])
    })

    test('members that have died are not kept with the index', async () => {
      const owner = `test:${randomUUID()}`
      for (let n = 0; n < 20; n++) await storage.indexAdd(owner, `m${n}`, 0.001)
      await expect.poll(() => storage.indexMembers(owner)).toEqual([])
      await storage.indexAdd(owner, 'alive', 60)
      expect(await client.zCard(owner)).toBe(2)
    })

    test('an error tells neither keys nor values', async () => {
      const key = `test:secret-${randomUUID()}`
      await storage.indexAdd(key, 'secret-member', 60)
      const error = await storage.take(key).catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(RedisStorageError)
      expect(error).toMatchObject({ code: 'WRONGTYPE' })
      const shown = JSON.stringify(error, Object.getOwnPropertyNames(error))
      expect(`${shown} ${String(error)}`).not.toContain('secret')
    })
  })

  describe('leaves a client that it was given to the application', () => {
    test('close() does not close it', async () => {
      const client = await createClient({ url: redisUrl }).connect()
      await redisStorage({ client }).close?.()
      expect(await client.ping()).toBe('PONG')
      client.destroy()
    })

    test('an operation waits for it to be connected', async () => {
      const client = createClient({ url: redisUrl })
      const storage = redisStorage({ client, timeoutMs: 5000 })
      const found = storage.get('test:absent')
      await client.connect()
      expect(await found).toBeNull()
      client.destroy()
    })

    test('one that the application has closed is an error at once', async () => {
      const client = new Redis(redisUrl)
      const storage = redisStorage({ client, timeoutMs: 60_000 })
      await storage.init?.()
      client.disconnect()
      await expect(storage.get('test:absent')).rejects.toBeInstanceOf(RedisStorageError)
    })
  })

  describe('has a client of its own over a URL', () => {
    test('opened once by many, closed by close()', async () => {
      const name = `test-${randomUUID()}`
      const storage = redisStorage({ url: redisUrl })
      await Promise.all([storage.init?.(), storage.set(name, 'x', 60), storage.init?.()])
      expect(await storage.get(name)).toBe('x')
      await storage.close?.()
      await storage.close?.()
      await expect(storage.get(name)).rejects.toMatchObject({ code: 'CLOSED' })
      await expect(storage.init?.()).rejects.toMatchObject({ code: 'CLOSED' })
    })

    test('closed before it was ever opened', async () => {
      const storage = redisStorage({ url: redisUrl })
      await storage.close?.()
      await expect(storage.get('test:absent')).rejects.toMatchObject({ code: 'CLOSED' })
    })
  })
})

describe('redisStorage refuses', () => {
  test.each<[string, () => unknown, string]>([
    ['nothing', () => redisStorage({ url: undefined }), 'needs { client }, or { url }'],
    [
      'a URL of another kind',
      () => redisStorage({ url: 'localhost:6379' }),
      'redis://localhost:6379',
    ],
    ['no time at all', () => redisStorage({ url: redisUrl, timeoutMs: 0 }), 'timeoutMs'],
    ['a number that is none', () => redisStorage({ url: redisUrl, timeoutMs: NaN }), 'timeoutMs'],
    ['what is no client', () => redisStorage({ client: {} as RedisClient }), 'none that is known'],
    [
      'a cluster client that reads from replicas',
      () =>
        redisStorage({
          client: new Cluster([], { lazyConnect: true, scaleReads: 'slave' }),
        }),
      "scaleReads: 'master'",
    ],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(message)
  })
})
