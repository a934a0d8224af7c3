/**
 * A process that never called `init()`: its first login is answered as any other.
 */
import { connect, createServer, type Socket } from 'node:net'
import { createClient } from '@redis/client'
import { memoryStorage, type Storage } from 'crudauth'
import { redisStorage } from 'crudauth/redis'
import { expect, test } from 'vitest'
import { isReachable, redis, redisUrl } from './support/services.ts'
import { world } from './support/world.ts'

const login = { username: 'nobody', password: 'correct horse battery' }

/** A storage that works once it has been connected. */
function unconnected(connect: () => Promise<void>): Storage {
  const memory = memoryStorage()
  let isOpen = false
  return new Proxy(memory, {
    get(target, name) {
      if (name === 'name') return 'own'
      if (name === 'shared') return true
      if (name === 'init') {
        return async () => {
          await connect()
          isOpen = true
        }
      }
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      return async (...args: unknown[]) => {
        if (!isOpen) throw new Error('not connected')
        return Reflect.apply(value, target, args)
      }
    },
  })
}

test('Its first operation connects the storage, once', async () => {
  let times = 0
  const storage = unconnected(async () => void times++)
  const { browser } = world({ storage, namespace: 'first' })
  const answers = await Promise.all([1, 2, 3].map(() => browser().post('/login', login)))
  expect(answers.map(({ status }) => status)).toEqual([401, 401, 401])
  expect(times).toBe(1)
})

test('A storage that cannot be connected is an outage in time, and works once it can', async () => {
  let isThere = false
  const storage = unconnected(async () => {
    if (!isThere) await new Promise(() => undefined)
  })
  const { auth, browser } = world({ storage, namespace: 'first', storageTimeoutMs: 30 })
  expect((await browser().post('/login', login)).status).toBe(429)
  isThere = true
  await auth.init()
  expect((await browser().post('/login', login)).status).toBe(401)
})

test.each(['report', 'end_logins'] as const)(
  'A Redis client that nobody connected is 503, and says what to write: %s',
  async (storageRollback) => {
    const storage = redisStorage({ client: createClient({ url: redisUrl }) })
    const { auth, browser, events } = world({ storage, namespace: 'first', storageRollback })
    const response = await browser().post('/login', login)
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({ code: 'storage_unavailable' })
    const told = events.flatMap((event) =>
      event.name === 'storage.failed' && event.operation === 'lockout' ? [event.error] : [],
    )
    expect(
      JSON.stringify(told.map(String).concat(told.map((one) => String((one as Error).cause)))),
    ).toContain('write await client.connect()')
    await expect(auth.init()).rejects.toThrow('write await client.connect()')
  },
)

test.runIf(await isReachable(redis))(
  'Redis may take longer to connect than to answer',
  async () => {
    const { port } = new URL(redisUrl)
    const sockets: Socket[] = []
    const slow = createServer((near) => {
      sockets.push(near)
      setTimeout(() => near.pipe(connect(Number(port) || 6379, '127.0.0.1')).pipe(near), 400)
    })
    await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve))
    const { port: there } = slow.address() as { port: number }
    const storage = redisStorage({ url: `redis://127.0.0.1:${there}`, timeoutMs: 200 })
    const { auth, browser } = world({ storage, namespace: `first${Date.now()}` })
    expect((await browser().post('/login', login)).status).toBe(401)
    await auth.close()
    for (const socket of sockets) socket.destroy()
    slow.close()
  },
)
