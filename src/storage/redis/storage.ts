/**
 * The storage port in Redis (6.2 or later) or Valkey.
 *
 * Every operation is one command or one script on one key, so that it is atomic on the server and
 * works in a cluster; many keys are one command where the server takes them together. A key of the
 * port is a key of Redis, as it is: a string for a value, a counter or a rate limit, a sorted set
 * for an index. So a key names one kind of state; using it for another is an error or overwrites
 * it. Lifetimes end by the server's clock, not by the application's: processes disagree about the
 * time, the server does not with itself.
 */
import { Deadlines } from '../../deadlines.ts'
import { ConfigurationError } from '../../errors.ts'
import { type Declaration, declareOptions, settled } from '../../options/declare.ts'
import { timeout } from '../../options/durations.ts'
import { optional, own, text } from '../../options/option.ts'
import { inLists } from '../many.ts'
import type { IncrementOptions, Spending, Storage } from '../storage.ts'
import { type Connection, connectionOver, type RedisClient } from './clients.ts'
import { Commands } from './commands.ts'
import { RedisStorageError } from './error.ts'
import { OwnConnection } from './open.ts'
import * as scripts from './scripts.ts'

/** The options of `redisStorage()`: a client of yours, or a URL. */
export type RedisStorageOptions = RedisConnectionOptions & {
  /**
   * Within how many milliseconds an operation has its answer or is rejected, also one on many keys,
   * such as the end of all sessions of a user: what it has begun goes on, and when it is tried
   * again, less is left to do. Default 1000.
   */
  timeoutMs?: number
}

type RedisConnectionOptions =
  | {
      /**
       * A client that the application has. Connecting and closing it, and listening to its errors,
       * stays with the application: `await client.connect()` for node-redis. An operation waits for
       * the connection, `timeoutMs` at most.
       */
      client: RedisClient
      url?: never
    }
  | {
      /**
       * Where to connect with a client of our own: `redis://`, or `rediss://` for TLS. Needs one of
       * `@redis/client`, `redis`, `ioredis`, `iovalkey` installed. It is opened by `init()` or the
       * first operation, reconnects by itself, and is closed by `close()`.
       */
      url: string | undefined
      client?: never
    }

interface RedisStorageSettings {
  readonly client: RedisClient | undefined
  readonly url: string | undefined
  readonly timeoutMs: number
}

export const redisStorageOptions: Declaration<RedisStorageSettings> = declareOptions(
  {
    client: own<RedisClient | undefined>({
      fallback: undefined,
      problems: (given, path) =>
        typeof given === 'object' && given !== null
          ? []
          : [`${path} must be a client of @redis/client, redis, ioredis or iovalkey`],
    }),
    url: optional(
      text('', {
        pattern: /^rediss?:\/\//,
        wanted: "where Redis is, such as 'redis://localhost:6379'",
      }),
    ),
    timeoutMs: timeout(1000, { max: 60_000 }),
  },
  {
    write: "redisStorage({ url: 'redis://localhost:6379' })",
    elsewhere: Object.fromEntries(
      ['host', 'port', 'password', 'username', 'db', 'socket', 'tls'].map((name) => [
        name,
        "write url: 'redis://:password@localhost:6379/0' (rediss:// for TLS), or client: … with a client of yours",
      ]),
    ),
  },
)

/** How many keys one command is about: a server does nothing else meanwhile. */
const mostAtOnce = 1000

/** Up to so many are taken out of an index without a look whether they are all. */
const fewMembers = 32

/** For how long `init()` waits: names are resolved, TLS is agreed, a cluster is explored. */
const connectTimeoutMs = 10_000

/**
 * Shared state in Redis or Valkey, alone, behind ioredis sentinels, or as a cluster.
 *
 * Operations reject with a `RedisStorageError` when Redis does not answer in time.
 *
 * @example
 * ```ts
 * crudAuth({ storage: redisStorage({ url: process.env.REDIS_URL }), … })
 * crudAuth({ storage: redisStorage({ client: await createClient({ url }).connect() }), … })
 * ```
 *
 * @throws ConfigurationError when there is neither a client nor a URL, or an option is not what it
 *   should be.
 */
export function redisStorage(options: RedisStorageOptions): Storage {
  const { client, url, timeoutMs } = settled(redisStorageOptions, options, 'redisStorage')
  if (client) return new RedisStorage(connectionOver(client), timeoutMs)
  if (url === undefined) {
    throw new ConfigurationError([
      "redisStorage needs { client }, or { url }; write redisStorage({ url: 'redis://localhost:6379' })",
    ])
  }
  const own = new OwnConnection(url)
  return new RedisStorage(own, timeoutMs, () => own.close())
}

class RedisStorage implements Storage {
  readonly name: string = 'redis'
  readonly shared: boolean = true
  readonly timeoutMs: number
  readonly #commands: Commands
  readonly #close: (() => void) | undefined
  /** A cluster was met. */
  #hasSlots = false

  constructor(connection: Connection, timeoutMs: number, close?: () => void) {
    this.timeoutMs = timeoutMs
    this.#commands = new Commands(connection, timeoutMs)
    this.#close = close
  }

  get(key: string): Promise<string | null> {
    return this.#commands.send(key, ['GET', key]).then(textOf, noneIfOfAnotherType)
  }

  async set(key: string, value: string, ttlSeconds: number): Promise<void> {
    await this.#commands.send(key, ['SET', key, value, 'PX', milliseconds(ttlSeconds)])
  }

  async add(key: string, value: string, ttlSeconds: number): Promise<boolean> {
    const command = ['SET', key, value, 'PX', milliseconds(ttlSeconds), 'NX']
    return (await this.#commands.send(key, command)) !== null
  }

  async replace(
    key: string,
    value: string,
    ttlSeconds: number,
    expected?: string,
  ): Promise<boolean> {
    const lifetime = milliseconds(ttlSeconds)
    if (expected === undefined) {
      return (await this.#commands.send(key, ['SET', key, value, 'PX', lifetime, 'XX'])) !== null
    }
    return isOne(await this.#commands.run(scripts.compareAndSwap, key, value, lifetime, expected))
  }

  async take(key: string): Promise<string | null> {
    return textOf(await this.#commands.send(key, ['GETDEL', key]))
  }

  async delete(key: string): Promise<boolean> {
    return isOne(await this.#commands.send(key, ['DEL', key]))
  }

  async increment(
    key: string,
    ttlSeconds: number,
    { by = 1, slide = false }: IncrementOptions = {},
  ): Promise<number> {
    const args = [String(by), milliseconds(ttlSeconds), slide ? '1' : '0']
    return Number(await this.#run(scripts.increment, key, ...args))
  }

  async count(key: string): Promise<number> {
    const count = Number(await this.get(key))
    return Number.isFinite(count) ? count : 0
  }

  async spend(key: string, limit: number, periodSeconds: number): Promise<Spending> {
    const args = [String(limit), String(periodSeconds * 1000)]
    const reply = (await this.#run(scripts.spend, key, ...args)) as readonly unknown[]
    const [allowed, remaining = 0, retryAfterSeconds = 0] = reply.map(Number)
    return { allowed: allowed === 1, remaining, retryAfterSeconds }
  }

  async giveBack(key: string, limit: number, periodSeconds: number): Promise<void> {
    await this.#commands.run(scripts.giveBack, key, String(limit), String(periodSeconds * 1000))
  }

  async indexAdd(
    owner: string,
    member: string,
    ttlSeconds: number,
    limit: number = Number.POSITIVE_INFINITY,
  ): Promise<string[]> {
    const args = [member, milliseconds(ttlSeconds), Number.isFinite(limit) ? String(limit) : '']
    return texts(await this.#run(scripts.indexAdd, owner, ...args))
  }

  async indexRenew(owner: string, member: string, ttlSeconds: number): Promise<boolean> {
    const args = [member, milliseconds(ttlSeconds)]
    return isOne(await this.#run(scripts.indexRenew, owner, ...args))
  }

  async indexRemove(owner: string, member: string): Promise<void> {
    await this.#commands.send(owner, ['ZREM', owner, ...scripts.indexEntries(member)])
  }

  async indexMembers(owner: string): Promise<string[]> {
    return texts(await this.#run(scripts.indexMembers, owner))
  }

  async indexBeyond(owner: string, limit: number): Promise<string[]> {
    return texts(await this.#run(scripts.indexBeyond, owner, String(limit)))
  }

  getMany(keys: readonly string[]): Promise<(string | null)[]> {
    const together = async (some: readonly string[]) => {
      const [first = ''] = some
      const values = await this.#commands.send(first, ['MGET', ...some])
      return (values as readonly unknown[]).map(textOf)
    }
    return this.#ofMany(keys, together, (key) => this.get(key))
  }

  async deleteMany(keys: readonly string[]): Promise<number> {
    const together = async (some: readonly string[]) => {
      const [first = ''] = some
      return [Number(await this.#commands.send(first, ['DEL', ...some]))]
    }
    const deleted = await this.#ofMany(keys, together, async (key) =>
      (await this.delete(key)) ? 1 : 0,
    )
    return deleted.reduce((sum, count) => sum + count, 0)
  }

  indexRemoveMany(owner: string, members: readonly string[]): Promise<string[]> {
    return this.#inWhatIsLeft(performance.now(), () => this.#removeMany(owner, members))
  }

  async #removeMany(owner: string, members: readonly string[]): Promise<string[]> {
    const digest = members.length < fewMembers ? null : scripts.membersDigest(members)
    if (digest !== null && isOne(await this.#run(scripts.indexClear, owner, digest))) return []
    const lists = inLists(members, mostAtOnce)
    let left: unknown = []
    // One after the other: what the last one leaves is what is left.
    for (const some of lists) {
      left = await this.#run(scripts.indexRemoveMany, owner, JSON.stringify(some))
    }
    return lists.length === 0 ? this.indexMembers(owner) : texts(left)
  }

  /** Many keys in a command each, unless they live in several slots of a cluster. */
  async #ofMany<Answer>(
    keys: readonly string[],
    together: (some: readonly string[]) => Promise<Answer[]>,
    alone: (key: string) => Promise<Answer>,
  ): Promise<Answer[]> {
    const startedAt = performance.now()
    const lists = inLists(keys, mostAtOnce)
    const noneOverSlots = (error: unknown) => {
      if (!(error instanceof RedisStorageError && error.code === 'CROSSSLOT')) throw error
      // Nothing was done.
      this.#hasSlots = true
      return null
    }
    const answers: (Answer[] | null)[] = await Promise.all(
      lists.map((some) => (this.#hasSlots ? null : together(some).catch(noneOverSlots))),
    )
    if (!answers.includes(null)) return answers.flat() as Answer[]
    return this.#inWhatIsLeft(startedAt, async () => {
      const all: Answer[] = []
      // One list after the other: all keys at once would be more than may be under way.
      for (const [n, some] of lists.entries()) {
        all.push(...(answers[n] ?? (await Promise.all(some.map(alone)))))
      }
      return all
    })
  }

  /** A key that somebody made of another type is made anew. */
  async #run(script: scripts.Script, key: string, ...args: readonly string[]): Promise<unknown> {
    const startedAt = performance.now()
    try {
      return await this.#commands.run(script, key, ...args)
    } catch (error) {
      if (!isOfAnotherType(error)) throw error
      return this.#inWhatIsLeft(startedAt, async () => {
        await this.#commands.send(key, ['DEL', key])
        return this.#commands.run(script, key, ...args)
      })
    }
  }

  /**
   * The steps of an operation that began then: each has the whole limit, and this sees to it that
   * all of them together have no more. Those that nobody waits for any more go on.
   */
  #inWhatIsLeft<Answer>(startedAt: number, steps: () => Promise<Answer>): Promise<Answer> {
    const leftMs = Math.max(0, startedAt + this.timeoutMs - performance.now())
    const message = `Redis: no answer within ${this.timeoutMs} ms`
    return new Deadlines(leftMs).within(steps(), () => new RedisStorageError('TIMEOUT', message))
  }

  /** Waits for the connection, 10 seconds at most. */
  async init(): Promise<void> {
    await this.#commands.send('', ['PING'], connectTimeoutMs)
  }

  async close(): Promise<void> {
    this.#close?.()
  }
}

/** What is of another type is no value, as what cannot be read is no record. */
function noneIfOfAnotherType(error: unknown): null {
  if (isOfAnotherType(error)) return null
  throw error
}

function isOfAnotherType(error: unknown): boolean {
  return error instanceof RedisStorageError && error.code === 'WRONGTYPE'
}

function milliseconds(ttlSeconds: number): string {
  return String(Math.max(1, Math.round(ttlSeconds * 1000)))
}

// Clients can be told to give buffers for texts, and texts or bigints for numbers.

function textOf(reply: unknown): string | null {
  return reply === null ? null : String(reply)
}

function texts(reply: unknown): string[] {
  return (reply as readonly unknown[]).map(String)
}

function isOne(reply: unknown): boolean {
  return Number(reply) === 1
}
