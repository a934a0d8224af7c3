/**
 * Session checks per second of one process and of four over one Redis, against a handler written by
 * hand that reads the same key and asks the same query.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createClient } from '@redis/client'
import { redisStorage } from 'crudauth/redis'
import { RedisServer } from '../../test/support/redis-server.ts'
import { applicationOver } from './application.ts'
import { line } from './measure.ts'

const seconds = 3

export async function checks(): Promise<void> {
  const server = await RedisServer.start()
  const client = createClient({ url: server.url })
  await client.connect()
  try {
    const { logIn } = await applicationOver(redisStorage({ client }), (key) => client.get(key))
    const cookie = await logIn()
    console.log('\nSession checks per second over one Redis, 50 at once in each process')
    for (const processes of [1, 4]) {
      const [ours, byHand] = [
        await rate(server.url, cookie, processes, 'ours'),
        await rate(server.url, cookie, processes, 'byHand'),
      ]
      const name = processes === 1 ? '1 process' : `${processes} processes`
      line(name, ours.toFixed(0), `by hand ${byHand.toFixed(0)}`, byHand / ours)
    }
  } finally {
    client.destroy()
    await server.end()
  }
}

/** All of them together. */
async function rate(
  url: string,
  cookie: string,
  processes: number,
  which: string,
): Promise<number> {
  const program = new URL('checking.ts', import.meta.url)
  const children = Array.from({ length: processes }, () =>
    fork(program, [url, cookie, which, `${seconds}`]),
  )
  await Promise.all(children.map((child) => once(child, 'message')))
  for (const child of children) child.send('start')
  const done = await Promise.all(children.map(async (child) => (await once(child, 'message'))[0]))
  return done.reduce((sum, count) => sum + Number(count), 0) / seconds
}
