/**
 * The storage over a URL, in processes where one client package is installed, or none.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { RedisServer } from '../support/redis-server.ts'
import { isReachable, redisServer } from '../support/services.ts'
import { SilentProxy } from '../support/silent-proxy.ts'
import type { Answer, Task } from './redis-packages/worker.ts'

const root = resolve(import.meta.dirname, '../..')
const modules = join(root, 'node_modules')

/** By the name it is imported by: where it is. The umbrella package exports what its part does. */
const packages = {
  '@redis/client': '@redis/client',
  redis: '@redis/client',
  ioredis: 'ioredis',
  iovalkey: 'iovalkey',
} as const

describe.runIf(await isReachable(redisServer))('The Redis storage over a URL', () => {
  const folder = mkdtempSync(join(tmpdir(), 'crudauth-clients-'))
  const workers: ChildProcess[] = []
  let server: RedisServer
  let proxy: SilentProxy
  beforeAll(async () => {
    server = await RedisServer.start()
  })
  afterEach(() => {
    for (const worker of workers.splice(0)) worker.kill()
    proxy?.end()
  })
  afterAll(async () => {
    await server.end()
    rmSync(folder, { recursive: true })
  })

  /** A process that can only import this package. */
  async function installed(name: keyof typeof packages | 'none') {
    const home = mkdtempSync(join(folder, 'project-'))
    cpSync(join(root, 'src'), join(home, 'src'), { recursive: true })
    writeFileSync(join(home, 'package.json'), '{ "type": "module" }')
    if (name !== 'none') {
      const link = join(home, 'node_modules', name)
      mkdirSync(dirname(link), { recursive: true })
      symlinkSync(join(modules, packages[name]), link)
    }
    server.command('DEL', 'key')
    proxy = await SilentProxy.to(server.port)
    const entry = join(home, 'src/storage/redis.ts')
    const worker = fork(join(import.meta.dirname, 'redis-packages/worker.ts'), [entry, proxy.url])
    workers.push(worker)
    const ask = async (task: Task): Promise<Answer> => {
      worker.send(task)
      const ended = once(worker, 'exit').then(() => {
        throw new Error('the process ended without an answer')
      })
      const [answer] = await Promise.race([once(worker, 'message') as Promise<[Answer]>, ended])
      return answer
    }
    return { worker, ask }
  }

  describe.each(Object.keys(packages) as (keyof typeof packages)[])('with %s', (name) => {
    test('connects, reconnects, and lets the process end when it is closed', async () => {
      const { worker, ask } = await installed(name)
      expect(await ask('init')).toEqual({})
      expect(await ask('increment')).toEqual({ result: 1 })
      proxy.cut()
      await expect.poll(() => ask('increment'), { timeout: 10_000 }).toMatchObject({ result: 2 })
      const ended = once(worker, 'exit')
      expect(await ask('close')).toEqual({})
      expect(await ended).toEqual([0, null])
    })

    test('does not send again what was sent when the connection broke', async () => {
      const { ask } = await installed(name)
      expect(await ask('increment')).toEqual({ result: 1 })
      proxy.loseAnswers()
      const lost = ask('increment')
      await expect.poll(() => server.command('GET', 'key')).toBe('2')
      proxy.cut()
      expect(await lost).toMatchObject({ error: { code: 'DISCONNECTED' } })
      await expect.poll(() => ask('increment'), { timeout: 10_000 }).toEqual({ result: 3 })
    })
  })

  test('with none, says what to install', async () => {
    const { ask } = await installed('none')
    const { error } = await ask('init')
    expect(error?.message).toContain('npm install @redis/client')
  })
})
