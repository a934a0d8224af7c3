/**
 * What the Redis storage costs: each operation against the bare command that comes closest, over
 * the same client in the same run, and the memory of a session.
 */
import { randomUUID } from 'node:crypto'
import { createClient } from '@redis/client'
import Database from 'better-sqlite3'
import type { Storage } from 'crudauth'
import { drizzleUsers } from 'crudauth/drizzle'
import { honoAuth, session } from 'crudauth/hono'
import { redisStorage } from 'crudauth/redis'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { Hono } from 'hono'
import { Bench } from 'tinybench'
import { createTable } from '../test/support/create-table.ts'
import { redisUrl } from '../test/support/services.ts'
import { person, secret, users } from './application.ts'

const client = createClient({ url: redisUrl })

/** As many at once as a busy process has under way: the round trip is shared, the work is not. */
const atOnce = 50

export async function redisStorageCosts(): Promise<void> {
  await client.connect()
  const namespace = `bench-${randomUUID()}`
  try {
    await operations(redisStorage({ client, timeoutMs: 10_000 }), namespace)
    await sessionBytes(redisStorage({ client, timeoutMs: 10_000 }), namespace)
  } finally {
    for await (const keys of client.scanIterator({ MATCH: `${namespace}*`, COUNT: 1000 })) {
      if (keys.length > 0) await client.unlink(keys)
    }
    client.destroy()
  }
}

async function operations(storage: Storage, namespace: string): Promise<void> {
  const key = (name: string) => `${namespace}:${name}`
  const value = 'x'.repeat(400)
  const px = ['PX', '60000']
  const send = (...command: string[]) => client.sendCommand(command)
  let n = 0
  const fresh = () => key(`fresh-${n++}`)
  type Row = readonly [string, string, () => Promise<unknown>, () => Promise<unknown>]
  const rows: readonly Row[] = [
    ['get', 'GET', () => storage.get(key('v')), () => send('GET', key('v'))],
    [
      'set',
      'SET PX',
      () => storage.set(key('v'), value, 60),
      () => send('SET', key('v'), value, ...px),
    ],
    [
      'add',
      'SET PX NX',
      () => storage.add(fresh(), value, 1),
      () => send('SET', fresh(), value, 'PX', '1000', 'NX'),
    ],
    [
      'replace',
      'SET PX XX',
      () => storage.replace(key('v'), value, 60),
      () => send('SET', key('v'), value, ...px, 'XX'),
    ],
    [
      'compare and swap',
      'SET PX XX',
      () => storage.replace(key('v'), value, 60, value),
      () => send('SET', key('v'), value, ...px, 'XX'),
    ],
    ['take', 'GETDEL', () => storage.take(fresh()), () => send('GETDEL', fresh())],
    ['delete', 'DEL', () => storage.delete(fresh()), () => send('DEL', fresh())],
    ['increment', 'INCR', () => storage.increment(key('c'), 60), () => send('INCR', key('c2'))],
    ['count', 'GET', () => storage.count(key('c')), () => send('GET', key('c'))],
    ['spend', 'INCR', () => storage.spend(key('s'), 1e6, 60), () => send('INCR', key('c2'))],
    [
      'indexAdd, cap 5',
      'ZADD',
      () => storage.indexAdd(key('i'), `m${n++}`, 60, 5),
      () => send('ZADD', key('z'), '1', `m${n++ % 5}`),
    ],
    [
      'indexRenew',
      'ZADD XX',
      () => storage.indexRenew(key('j'), 'm', 60),
      () => send('ZADD', key('z'), 'XX', '1', 'm1'),
    ],
    [
      'indexMembers, 5',
      'ZRANGE',
      () => storage.indexMembers(key('k')),
      () => send('ZRANGE', key('z'), '0', '-1'),
    ],
  ]
  await storage.set(key('v'), value, 60)
  await storage.indexAdd(key('j'), 'm', 600)
  for (let m = 0; m < 5; m++) await storage.indexAdd(key('k'), `m${m}`, 600)

  console.log(`\nRedis storage: one of ${atOnce} at once, against the bare command (median)`)
  const many = (run: () => Promise<unknown>) => async () => {
    await Promise.all(Array.from({ length: atOnce }, run))
  }
  for (const [name, command, ours, bare] of rows) {
    const bench = new Bench({ time: 300, warmupTime: 100 })
      .add('ours', many(ours))
      .add('bare', many(bare))
    await bench.run()
    const [a = 0, b = 0] = bench.tasks.map(({ result }) =>
      'latency' in result ? (result.latency.p50 * 1000) / atOnce : 0,
    )
    const figures = `${a.toFixed(1)} µs, ${command} ${b.toFixed(1)} µs`
    console.log(`  ${name.padEnd(17)} ${figures.padEnd(30)} ratio ${(a / b).toFixed(2)}`)
  }
}

/** Logs in a hundred times and weighs what is there then. */
async function sessionBytes(storage: Storage, namespace: string): Promise<void> {
  const sqlite = new Database(':memory:')
  createTable(sqlite, users)
  const auth = honoAuth({
    users: drizzleUsers(drizzle(sqlite), users),
    secret,
    storage,
    namespace,
    transports: [session({ maxPerUser: null })],
    passwords: { cost: 4 },
    onEvent: () => undefined,
  })
  const app = auth.mount(new Hono())
  const post = (path: string, body: object) =>
    app.request(`https://app.example.com${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
      },
      body: JSON.stringify(body),
    })
  await post('/register', person)
  const logins = 50
  for (let n = 0; n < logins; n++) {
    const { status } = await post('/login', person)
    if (status !== 200) throw new Error(`login answered ${status}`)
  }
  const records = await keysOf(`${namespace}:session:*`)
  const indexes = await keysOf(`${namespace}:sessions:*`)
  const texts = await Promise.all(records.map((key) => client.get(key)))
  const average = (sum: number) => (sum / logins).toFixed(0)
  console.log(`
Memory of one of ${logins} sessions (MEMORY USAGE, bytes)
  record, as text   ${average(texts.reduce((sum, text) => sum + (text?.length ?? 0), 0))}
  record, in Redis  ${average(await weigh(records))}
  place in index    ${average(await weigh(indexes))}`)
}

async function keysOf(pattern: string): Promise<readonly string[]> {
  const found: string[] = []
  for await (const keys of client.scanIterator({ MATCH: pattern, COUNT: 1000 })) found.push(...keys)
  return found
}

async function weigh(keys: readonly string[]): Promise<number> {
  const sizes = await Promise.all(keys.map((key) => client.memoryUsage(key, { SAMPLES: 0 })))
  return sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0)
}
