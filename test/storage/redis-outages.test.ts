/**
 * What the storage does when its server is stopped, paused, restarted empty, cut off or demoted.
 */
import { randomUUID } from 'node:crypto'
import type { Storage } from 'crudauth'
import { RedisStorageError, redisStorage } from 'crudauth/redis'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { type Opened, singles } from '../support/redis-clients.ts'
import { RedisServer } from '../support/redis-server.ts'
import { isReachable, redisServer } from '../support/services.ts'
import { SilentProxy } from '../support/silent-proxy.ts'

const operations: Readonly<Record<string, (storage: Storage) => Promise<unknown>>> = {
  get: (storage) => storage.get('key'),
  set: (storage) => storage.set('key', 'x', 60),
  add: (storage) => storage.add('key', 'x', 60),
  replace: (storage) => storage.replace('key', 'x', 60),
  'compare and swap': (storage) => storage.replace('key', 'x', 60, 'y'),
  take: (storage) => storage.take('key'),
  delete: (storage) => storage.delete('key'),
  increment: (storage) => storage.increment('count', 60),
  count: (storage) => storage.count('count'),
  spend: (storage) => storage.spend('budget', 5, 60),
  indexAdd: (storage) => storage.indexAdd('owner', 'm', 60),
  indexRenew: (storage) => storage.indexRenew('owner', 'm', 60),
  indexRemove: (storage) => storage.indexRemove('owner', 'm'),
  indexMembers: (storage) => storage.indexMembers('owner'),
  getMany: async (storage) => storage.getMany?.(['key', 'other']),
  deleteMany: async (storage) => storage.deleteMany?.(['key', 'other']),
  indexRemoveMany: async (storage) => storage.indexRemoveMany?.('owner', ['m', 'n']),
}

/** What became of every operation, all at once. */
async function outcomes(storage: Storage): Promise<Record<string, unknown>> {
  const settled = await Promise.allSettled(Object.values(operations).map((run) => run(storage)))
  return Object.fromEntries(
    settled.map((one, n) => [
      Object.keys(operations)[n],
      one.status === 'rejected' ? one.reason : 'answered',
    ]),
  )
}

async function expectOutage(storage: Storage): Promise<void> {
  for (const [name, outcome] of Object.entries(await outcomes(storage))) {
    expect(outcome, name).toBeInstanceOf(RedisStorageError)
  }
}

const answered = Object.fromEntries(Object.keys(operations).map((name) => [name, 'answered']))

async function expectAnswers(storage: Storage): Promise<void> {
  await expect.poll(() => outcomes(storage), { timeout: 20_000 }).toEqual(answered)
}

const timeoutMs = 150

/** Over clients of the application, and over one of our own. */
const kinds: Readonly<Record<string, (url: string) => Promise<Opened | null>>> = {
  ...singles,
  'a URL': async () => null,
}

describe.runIf(await isReachable(redisServer))('When Redis', { timeout: 40_000 }, () => {
  const unhandled: unknown[] = []
  const listener = (reason: unknown) => void unhandled.push(reason)
  let server: RedisServer
  beforeEach(async () => {
    process.on('unhandledRejection', listener)
    server = await RedisServer.start()
  })
  afterEach(async () => {
    await server.end()
    process.off('unhandledRejection', listener)
    expect(unhandled).toEqual([])
  })

  describe.each(Object.entries(kinds))('over %s', (_, open) => {
    let opened: Opened | null
    let storage: Storage
    beforeEach(async () => {
      opened = await open(server.url)
      storage = redisStorage({
        ...(opened ? { client: opened.client } : { url: server.url }),
        timeoutMs,
      })
      await storage.init?.()
      await expectAnswers(storage)
    })
    afterEach(async () => {
      await storage.close?.()
      await opened?.close()
    })

    test('is stopped, operations are rejected; when it is back, empty, they work', async () => {
      await storage.set('before', 'x', 60)
      await server.stop()
      await expectOutage(storage)
      await expectOutage(storage)
      await server.restart()
      await expectAnswers(storage)
      expect(await storage.get('before')).toBeNull()
    })

    test('is paused, operations are rejected; when it goes on, they work', async () => {
      server.pause()
      await expectOutage(storage)
      await expectOutage(storage)
      server.resume()
      await expectAnswers(storage)
    })

    test('is restarted under load, every operation ends, and work goes on', async () => {
      let isOver = false
      let counted = 0
      const load = Array.from({ length: 20 }, async () => {
        while (!isOver) {
          await storage.increment('load', 60).then(
            () => counted++,
            () => new Promise((resolve) => setImmediate(resolve)),
          )
        }
      })
      const goesOn = (from: number) =>
        expect.poll(() => counted, { timeout: 20_000 }).toBeGreaterThan(from + 100)
      await goesOn(0)
      await server.restart()
      await goesOn(counted)
      isOver = true
      await Promise.all(load)
    })
  })

  test('is paused, what waits is bounded, and most is refused without waiting', async () => {
    const storage = redisStorage({ url: server.url, timeoutMs })
    await storage.init?.()
    server.pause()
    await expectOutage(storage)
    const codes = new Map<unknown, number>()
    await Promise.all(
      Array.from({ length: 20_000 }, () =>
        storage.get('key').catch(({ code }) => codes.set(code, (codes.get(code) ?? 0) + 1)),
      ),
    )
    expect(codes.get('SILENT')).toBeGreaterThan(19_000)
    server.resume()
    await expectAnswers(storage)
    await storage.close?.()
  })

  test('is paused while many ask at once, no more than a bound is sent', async () => {
    const storage = redisStorage({ url: server.url, timeoutMs })
    await storage.init?.()
    server.pause()
    const all = Array.from({ length: 10_500 }, () => storage.get('key'))
    const settled = await Promise.allSettled(all)
    const overloaded = settled.filter(
      (one) => one.status === 'rejected' && one.reason.code === 'OVERLOADED',
    )
    expect(overloaded).toHaveLength(500)
    server.resume()
    await expectAnswers(storage)
    await storage.close?.()
  })

  describe('is away, an operation', () => {
    let client: Redis
    beforeEach(async () => {
      client = new Redis(server.url).on('error', () => undefined)
      await client.ping()
      await server.stop()
      await expect.poll(() => client.status).not.toBe('ready')
    })
    afterEach(() => client.disconnect())

    test('waits for it to be back', async () => {
      const waiting = redisStorage({ client, timeoutMs: 20_000 }).set('key', 'x', 60)
      await server.restart()
      await waiting
      expect(server.command('GET', 'key')).toBe('x')
    })

    test('that was given up is not sent when it is back', async () => {
      const storage = redisStorage({ client, timeoutMs })
      await expect(storage.set('late', 'x', 60)).rejects.toMatchObject({ code: 'TIMEOUT' })
      await server.restart()
      await expect.poll(() => storage.get('late').catch(String), { timeout: 20_000 }).toBeNull()
    })
  })

  test('is not there at the start, the error says why, and init() waits for it', async () => {
    await server.stop()
    const storage = redisStorage({ url: server.url, timeoutMs })
    await expect(storage.get('key')).rejects.toThrow('ECONNREFUSED')
    const ready = storage.init?.()
    await server.restart()
    await ready
    await storage.close?.()
  })

  test('forgets its scripts, they are told it again', async () => {
    const storage = redisStorage({ url: server.url })
    await storage.increment('key', 60)
    server.command('SCRIPT', 'FLUSH')
    expect(await storage.increment('key', 60)).toBe(2)
    expect(server.command('INFO', 'commandstats')).toMatch(/cmdstat_eval:calls=2,/)
    await storage.increment('key', 60)
    expect(server.command('INFO', 'commandstats')).toMatch(/cmdstat_eval:calls=2,/)
    await storage.close?.()
  })

  test('is out of memory, writes are rejected with its own word', async () => {
    const storage = redisStorage({ url: server.url })
    server.command('CONFIG', 'SET', 'maxmemory', '1')
    await expect(storage.set('key', 'x', 60)).rejects.toMatchObject({ code: 'OOM' })
    await expect(storage.increment('key', 60)).rejects.toMatchObject({ code: 'OOM' })
    expect(await storage.get('key')).toBeNull()
    await storage.close?.()
  })

  test('does not know a command, the error says which, and not what was sent with it', async () => {
    const old = await RedisServer.start('--rename-command', 'GETDEL', '')
    onTestFinished(() => old.end())
    const storage = redisStorage({ url: old.url })
    const error = await storage.take('secret').catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'ERR' })
    expect(String(error)).toContain('GETDEL')
    expect(String(error)).not.toContain('secret')
    await storage.close?.()
  })

  test('is cut off without a word, a connection of our own is replaced', async () => {
    const proxy = await SilentProxy.to(server.port)
    onTestFinished(() => proxy.end())
    const storage = redisStorage({ url: proxy.url, timeoutMs })
    await storage.init?.()
    proxy.forgetConnections()
    await expectOutage(storage)
    await expectAnswers(storage)
    await storage.close?.()
  })

  test('has become a replica, a connection of our own goes to the new primary', async () => {
    const other = await RedisServer.start()
    onTestFinished(() => other.end())
    const proxy = await SilentProxy.to(server.port)
    onTestFinished(() => proxy.end())
    const storage = redisStorage({ url: proxy.url, timeoutMs })
    await storage.init?.()
    server.command('REPLICAOF', '127.0.0.1', `${other.port}`)
    proxy.lead(other.port)
    await expect(storage.set('key', 'x', 60)).rejects.toMatchObject({ code: 'READONLY' })
    await expectAnswers(storage)
    const key = randomUUID()
    await storage.set(key, 'x', 60)
    expect(other.command('GET', key)).toBe('x')
    await storage.close?.()
  })
})
