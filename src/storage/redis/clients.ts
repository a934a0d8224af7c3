/**
 * One way to speak to every client: node-redis, ioredis and iovalkey, single or cluster.
 *
 * Clients are told apart by their structure, and none is imported, not even as a type: an
 * application has one of them, in a version of its own.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { RedisStorageError } from './error.ts'

/** How long an operation waits for the application to connect its client. */
const openingMs = 500

/**
 * A client of `@redis/client` or `redis` (5 or later): `createClient`, `createClientPool`,
 * `createCluster`.
 */
export interface NodeRedisClient {
  readonly isOpen: boolean
  sendCommand(...args: never[]): Promise<unknown>
}

/** A client of `ioredis` or `iovalkey`: `Redis` or `Cluster`. */
export interface IoredisClient {
  readonly status: string
  call(...args: never[]): Promise<unknown>
}

/** A client of any of the supported packages. */
export type RedisClient = NodeRedisClient | IoredisClient

/** What the storage needs of a client. */
export interface Connection {
  /**
   * `null` when a command would be sent at once; otherwise resolves when it would be, and rejects
   * when it never will. A command is never left in a client's own queue, where it would run long
   * after its caller has given up.
   */
  ready(): Promise<void> | null
  /** Sends a command to the primary that holds `key`. */
  send(key: string, command: readonly string[]): Promise<unknown>
  /** Replaces a connection that has gone silent, where it is ours to replace. */
  renew?(): void
  /** What went wrong last while connecting, where that is known. */
  trouble?(): string | undefined
}

/** @throws TypeError when it is not a client that is known, or one that reads from replicas. */
export function connectionOver(client: RedisClient): Connection {
  if ('call' in client && 'status' in client) return overIoredis(client as unknown as Ioredis)
  if ('sendCommand' in client && 'isOpen' in client) {
    if (!('getMasterNode' in client)) return overNodeRedis(client as unknown as NodeRedis)
    throw new TypeError(
      'redisStorage: a sentinel client of node-redis is not supported; pass an ioredis client with sentinels',
    )
  }
  throw new TypeError(
    'redisStorage: client is none that is known; pass one of @redis/client, redis, ioredis or iovalkey',
  )
}

interface Emitter {
  once(event: string, listener: () => void): unknown
  off(event: string, listener: () => void): unknown
}

interface NodeRedis extends Emitter {
  readonly isOpen: boolean
  readonly isReady?: boolean
  /** Only a cluster has it. */
  readonly masters?: unknown
  sendCommand(...args: readonly unknown[]): Promise<unknown>
}

function overNodeRedis(client: NodeRedis): Connection {
  const isCluster = client.masters !== undefined
  const events = isCluster
    ? { ready: 'connect', end: 'disconnect' }
    : { ready: 'ready', end: 'end' }
  const becomesReady = onceAmong(client, events)
  // It is open from when it is told to connect, also while it reconnects.
  const opens = async () => {
    await wait(openingMs, undefined, { ref: false })
    if (!client.isOpen) throw unconnected()
    await becomesReady()
  }
  return {
    ready() {
      if (client.isOpen && (client.isReady ?? true)) return null
      return client.isOpen ? becomesReady() : Promise.race([becomesReady(), opens()])
    },
    // A replica may not have heard yet that a session was revoked: not read-only, even to read.
    send: isCluster
      ? (key, command) => client.sendCommand(key, false, command)
      : (_, command) => client.sendCommand(command),
  }
}

interface Ioredis extends Emitter {
  readonly status: string
  /** Only a cluster has it. */
  readonly options?: { readonly scaleReads?: unknown }
  call(name: string, ...args: readonly string[]): Promise<unknown>
  connect(): Promise<void>
}

function overIoredis(client: Ioredis): Connection {
  const { scaleReads = 'master' } = client.options ?? {}
  if (scaleReads !== 'master') {
    throw new TypeError(
      "redisStorage: the cluster client reads from replicas, which may not have heard yet that a session was revoked; give the storage a client with scaleReads: 'master'",
    )
  }
  const becomesReady = onceAmong(client, { ready: 'ready', end: 'end' })
  return {
    ready() {
      if (client.status === 'ready') return null
      if (client.status === 'end') return Promise.reject(closed())
      const ready = becomesReady()
      // `lazyConnect`: the first command connects. What fails is told by the client's own events.
      if (client.status === 'wait') client.connect().catch(() => undefined)
      return ready
    },
    // In lower case, because some versions find the keys of a command only then.
    send: (_, [name = '', ...args]) => client.call(name.toLowerCase(), ...args),
  }
}

/** One promise for all who wait at the same time, so that they are one listener to the client. */
function onceAmong(client: Emitter, events: { ready: string; end: string }): () => Promise<void> {
  let waiting: Promise<void> | null = null
  return () => {
    waiting ??= new Promise<void>((resolve, reject) => {
      const stop = (settle: () => void) => () => {
        client.off(events.ready, onReady)
        client.off(events.end, onEnd)
        waiting = null
        settle()
      }
      const onReady = stop(resolve)
      const onEnd = stop(() => reject(closed()))
      client.once(events.ready, onReady)
      client.once(events.end, onEnd)
    })
    return waiting
  }
}

function unconnected(): Error {
  return new RedisStorageError(
    'UNCONNECTED',
    'Redis: the client was never connected, or was closed; write await client.connect() before the first request',
  )
}

function closed(): Error {
  return new RedisStorageError('CLOSED', 'Redis: the client was closed')
}
