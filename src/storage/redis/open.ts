/**
 * A client of our own, from a URL: opened when it is first needed, by whichever package is
 * installed; reconnecting by itself; and replaced when its connection has gone silent.
 */
import { type Connection, connectionOver, type RedisClient } from './clients.ts'
import { RedisStorageError } from './error.ts'

/** A client that we opened, and how it is ended. */
interface OwnClient {
  readonly connection: Connection
  end(): void
}

export class OwnConnection implements Connection {
  readonly #url: string
  #client: OwnClient | null = null
  #opening: Promise<void> | null = null
  #trouble: string | undefined
  #isClosed = false

  constructor(url: string) {
    this.#url = url
  }

  ready(): Promise<void> | null {
    if (this.#isClosed) return Promise.reject(closed())
    if (this.#client) return this.#client.connection.ready()
    this.#opening ??= this.#open().finally(() => {
      this.#opening = null
    })
    return this.#opening
  }

  async send(key: string, command: readonly string[]): Promise<unknown> {
    if (!this.#client) throw closed()
    return this.#client.connection.send(key, command)
  }

  trouble(): string | undefined {
    return this.#trouble
  }

  /** What waits for the old client is told that it was closed; the next operation opens another. */
  renew(): void {
    this.#client?.end()
    this.#client = null
  }

  close(): void {
    this.#isClosed = true
    this.renew()
  }

  async #open(): Promise<void> {
    const client = await openClient(this.#url, (error) => {
      this.#trouble = troubleOf(error)
    })
    if (this.#isClosed) {
      client.end()
      throw closed()
    }
    this.#client = client
    await client.connection.ready()
  }
}

function closed(): RedisStorageError {
  return new RedisStorageError('CLOSED', 'Redis: the storage was closed')
}

type Report = (error: unknown) => void

/** By preference. */
const packages = [
  ['@redis/client', openNodeRedis],
  ['redis', openNodeRedis],
  ['ioredis', openIoredis],
  ['iovalkey', openIoredis],
] as const

async function openClient(url: string, report: Report): Promise<OwnClient> {
  for (const [name, open] of packages) {
    const found = await load(name)
    if (found !== null) return open(found, url, report)
  }
  throw new RedisStorageError(
    'DISCONNECTED',
    'redisStorage({ url }) needs a client: npm install @redis/client (or ioredis, or iovalkey), or pass { client }',
  )
}

/**
 * `null` for a package that is not installed. They are named as text, so that their types are not
 * asked for. A bundler takes an import inside of `try` for optional, and webpack is told.
 */
async function load(name: (typeof packages)[number][0]): Promise<unknown> {
  try {
    switch (name) {
      case '@redis/client':
        return await import(/* webpackIgnore: true */ '@redis/client' as string)
      case 'redis':
        return await import(/* webpackIgnore: true */ 'redis' as string)
      case 'ioredis':
        return await import(/* webpackIgnore: true */ 'ioredis' as string)
      case 'iovalkey':
        return await import(/* webpackIgnore: true */ 'iovalkey' as string)
    }
  } catch (error) {
    if (isMissing(error, name)) return null
    throw error
  }
}

function isMissing(error: unknown, name: string): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown }
  return code === 'ERR_MODULE_NOT_FOUND' && String(message).includes(`'${name}'`)
}

interface Listening {
  on(event: 'error', listener: Report): unknown
}

function openNodeRedis(found: unknown, url: string, report: Report): OwnClient {
  type Client = RedisClient & Listening & { connect(): Promise<unknown>; destroy(): void }
  const { createClient } = found as { createClient(options: object): Client }
  const client = createClient({ url, name: 'crudauth', socket: { reconnectStrategy: retryDelay } })
  client.on('error', report)
  client.connect().catch(report)
  return { connection: connectionOver(client), end: () => client.destroy() }
}

function openIoredis(found: unknown, url: string, report: Report): OwnClient {
  type Client = RedisClient & Listening & { disconnect(): void }
  const { Redis } = found as { Redis: new (url: string, options: object) => Client }
  const client = new Redis(url, {
    connectionName: 'crudauth',
    enableOfflineQueue: false,
    // An increment that was sent when the connection broke must not be sent once more.
    maxRetriesPerRequest: 0,
    retryStrategy: retryDelay,
  })
  client.on('error', report)
  return { connection: connectionOver(client), end: () => client.disconnect() }
}

/** Milliseconds before the next attempt; not the same for every process. */
function retryDelay(attempt: number): number {
  return Math.min(1000, 50 * 2 ** Math.min(attempt, 10)) + Math.floor(Math.random() * 100)
}

function troubleOf(error: unknown): string | undefined {
  // A name with several addresses fails with one error for all of them, which has no message.
  const { message, code } = error as { message?: unknown; code?: unknown }
  return [message, code].find((one): one is string => typeof one === 'string' && one !== '')
}
