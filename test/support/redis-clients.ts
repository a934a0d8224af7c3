/** Every kind of Redis client that the storage takes, opened alike. */
import { createClient, createClientPool, createCluster } from '@redis/client'
import type { RedisClient } from 'crudauth/redis'
import { Cluster, Redis } from 'ioredis'
import { Cluster as ValkeyCluster, Redis as ValkeyRedis } from 'iovalkey'

export interface Opened {
  readonly client: RedisClient
  close(): unknown
}

/** Texts as buffers, and numbers as texts: what an application may have told its client to give. */
const mapped = { 36: Buffer, 58: String } as const

export const singles: Readonly<Record<string, (url: string) => Promise<Opened>>> = {
  '@redis/client, RESP 2': (url) => nodeRedis(createClient({ url, RESP: 2 })),
  '@redis/client, RESP 3': (url) => nodeRedis(createClient({ url, RESP: 3 })),
  '@redis/client with a mapping of types': (url) =>
    nodeRedis(createClient({ url, commandOptions: { typeMapping: mapped } })),
  'a pool of @redis/client': (url) => nodeRedis(createClientPool({ url })),
  'ioredis, RESP 2': async (url) => ioredis(new Redis(url, { protocol: 2 })),
  'ioredis, RESP 3': async (url) => ioredis(new Redis(url, { protocol: 3, replyMapping: 'resp3' })),
  'ioredis that connects late and gives numbers as texts': async (url) =>
    ioredis(new Redis(url, { lazyConnect: true, stringNumbers: true })),
  'ioredis that pipelines by itself': async (url) =>
    ioredis(new Redis(url, { enableAutoPipelining: true })),
  iovalkey: async (url) => ioredis(new ValkeyRedis(url)),
}

export type Nodes = readonly { readonly host: string; readonly port: number }[]

export const clusters: Readonly<Record<string, (nodes: Nodes) => Promise<Opened>>> = {
  '@redis/client, RESP 2': (nodes) =>
    nodeRedis(createCluster({ rootNodes: nodes.map((socket) => ({ socket })), RESP: 2 })),
  '@redis/client, RESP 3, told to read from replicas': (nodes) =>
    nodeRedis(createCluster({ rootNodes: nodes.map((socket) => ({ socket })), useReplicas: true })),
  ioredis: async (nodes) => ioredis(new Cluster([...nodes])),
  iovalkey: async (nodes) => ioredis(new ValkeyCluster([...nodes])),
}

interface NodeRedis {
  on(event: 'error', listener: () => void): unknown
  connect(): Promise<unknown>
  destroy(): void
}

async function nodeRedis<Client extends RedisClient & NodeRedis>(client: Client): Promise<Opened> {
  client.on('error', () => undefined)
  await client.connect()
  return { client, close: () => client.destroy() }
}

interface Ioredis {
  on(event: 'error', listener: () => void): unknown
  disconnect(): void
}

function ioredis<Client extends RedisClient & Ioredis>(client: Client): Opened {
  client.on('error', () => undefined)
  return { client, close: () => client.disconnect() }
}
