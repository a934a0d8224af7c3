/** Whether a login or a check is slower with a million live sessions in Redis than with one. */
import { randomBytes } from 'node:crypto'
import { createClient } from '@redis/client'
import { redisStorage } from 'crudauth/redis'
import { RedisServer } from '../../test/support/redis-server.ts'
import { applicationOver, check, namespace, sessionKey } from './application.ts'
import { forEach, line, median } from './measure.ts'

const sessions = 1_000_000
const perUser = 5

export async function million(): Promise<void> {
  const server = await RedisServer.start()
  const client = createClient({ url: server.url })
  await client.connect()
  try {
    const storage = redisStorage({ client, timeoutMs: 30_000 })
    const { app, byHand, logIn } = await applicationOver(storage, (key) => client.get(key))
    const cookie = await logIn()
    const id = /session_id=([^;]+)/.exec(cookie)?.[1] ?? ''
    const record = await client.get(sessionKey(id))
    if (record === null) throw new Error('the session is not where it was expected')
    const figures = async () => ({
      check: await median(() => check(app, cookie), 3000),
      byHand: await median(() => check(byHand, cookie), 3000),
      logIn: await median(logIn),
      get: await median(() => client.get(sessionKey(id)), 3000),
    })
    await figures()
    const few = await figures()
    await forEach(sessions, 1000, async (n) => {
      const other = sessionKey(randomBytes(32).toString('hex'))
      await storage.set(other, record, 86_400)
      const owner = `${namespace}:sessions:${1000 + Math.floor(n / perUser)}`
      await storage.indexAdd(owner, other, 86_400, perUser)
    })
    const many = await figures()
    const size = /used_memory_human:(\S+)/.exec(server.command('info', 'memory'))?.[1]
    console.log(`\nWith ${sessions} live sessions in Redis (${size}), against none`)
    // In GETs of the same moment, since the machine may have got slower meanwhile.
    const compare = (name: string, key: keyof typeof few) => {
      const [before, after] = [few[key] / few.get, many[key] / many.get]
      line(name, `${after.toFixed(1)} GETs`, `before ${before.toFixed(1)} GETs`, after / before)
    }
    compare('session check', 'check')
    compare('session check by hand', 'byHand')
    compare('login, with a cheap hash', 'logIn')
    console.log(`  a GET: before ${few.get.toFixed(0)} µs, after ${many.get.toFixed(0)} µs`)
  } finally {
    client.destroy()
    await server.end()
  }
}
