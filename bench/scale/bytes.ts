/**
 * What a session weighs in each storage, against the same key and text kept with nothing around it.
 */
import { randomBytes } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createClient } from '@redis/client'
import { memoryStorage, type Storage } from 'crudauth'
import { addAuthStorageColumns, kyselyStorage } from 'crudauth/kysely'
import { redisStorage } from 'crudauth/redis'
import { Kysely, PostgresDialect, sql } from 'kysely'
import { Pool } from 'pg'
import { RedisServer } from '../../test/support/redis-server.ts'
import { postgresUrl } from '../../test/support/services.ts'
import { applicationOver, namespace } from './application.ts'
import { forEach, line } from './measure.ts'
import { sha256 } from './sha256.ts'

setFlagsFromString('--expose_gc')
const collect = runInNewContext('gc') as () => void

export async function bytes(): Promise<void> {
  console.log(
    '\nBytes of a session, its place in its owner’s index included, against key and text alone',
  )
  await inMemory(10_000)
  await inRedis(10_000)
  await inPostgres(5000)
}

async function logIns(storage: Storage, sessions: number): Promise<void> {
  const { startSession } = await applicationOver(storage, async () => null)
  await forEach(sessions, 50, startSession)
}

const newKey = () => `${namespace}:session:${sha256(randomBytes(32).toString('hex'))}`
/** As long as a record is; nothing of it is shared. */
const newText = () => randomBytes(70).toString('hex')

async function inMemory(sessions: number): Promise<void> {
  const weigh = async <Kept>(fill: () => Promise<Kept>) => {
    collect()
    const before = process.memoryUsage().heapUsed
    const kept = await fill()
    collect()
    return [(process.memoryUsage().heapUsed - before) / sessions, kept] as const
  }
  // Once for what is loaded on first use.
  await logIns(memoryStorage(), 100)
  const [ours, storage] = await weigh(async () => {
    const made = memoryStorage()
    await logIns(made, sessions)
    return made
  })
  const [bare, map] = await weigh(async () => {
    const made = new Map<string, string>()
    for (let n = 0; n < sessions; n++) made.set(newKey(), newText())
    return made
  })
  if (map.size !== sessions || storage.name === '') throw new Error('nothing was kept')
  line('memory', `${ours.toFixed(0)}`, `Map ${bare.toFixed(0)}`, ours / bare)
}

async function inRedis(sessions: number): Promise<void> {
  const server = await RedisServer.start()
  const client = createClient({ url: server.url })
  await client.connect()
  const used = () => Number(/used_memory:(\d+)/.exec(server.command('info', 'memory'))?.[1])
  try {
    const storage = redisStorage({ client, timeoutMs: 10_000 })
    await logIns(storage, 10)
    const empty = used()
    await logIns(storage, sessions)
    const ours = (used() - empty) / sessions
    server.command('flushall')
    const flushed = used()
    await forEach(sessions, 100, () => client.set(newKey(), newText(), { PX: 86_400_000 }))
    const bare = (used() - flushed) / sessions
    line('Redis', ours.toFixed(0), `SET PX ${bare.toFixed(0)}`, ours / bare)
  } finally {
    client.destroy()
    await server.end()
  }
}

async function inPostgres(sessions: number): Promise<void> {
  const db = new Kysely<Record<string, { id: string; value: string }>>({
    dialect: new PostgresDialect({ pool: new Pool({ connectionString: postgresUrl }) }),
  })
  const table = `bench_${randomBytes(4).toString('hex')}`
  const bareTable = `${table}_bare`
  const size = async (name: string) => {
    const { rows } = await sql<{ n: string }>`select pg_total_relation_size(${name}) as n`.execute(
      db,
    )
    return Number(rows[0]?.n)
  }
  try {
    await addAuthStorageColumns(db.schema.createTable(table) as never, 'postgresql').execute()
    await db.schema.createIndex(`${table}_expiry`).on(table).column('expires_at').execute()
    await sql`create table ${sql.table(bareTable)} (id text primary key, value text not null)`.execute(
      db,
    )
    await logIns(kyselyStorage(db, table, { timeoutMs: 60_000 }), sessions)
    await sql`vacuum full ${sql.table(table)}`.execute(db)
    await forEach(sessions, 8, () =>
      db.insertInto(bareTable).values({ id: newKey(), value: newText() }).execute(),
    )
    const [ours, bare] = [(await size(table)) / sessions, (await size(bareTable)) / sessions]
    line('PostgreSQL', ours.toFixed(0), `INSERT ${bare.toFixed(0)}`, ours / bare)
  } finally {
    await sql`drop table if exists ${sql.table(table)}, ${sql.table(bareTable)}`.execute(db)
    await db.destroy()
  }
}
