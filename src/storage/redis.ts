/**
 * `crudauth/redis`: the storage port in Redis or Valkey, over the client that an application has.
 */
export type { IoredisClient, NodeRedisClient, RedisClient } from './redis/clients.ts'
export { type RedisFailure, RedisStorageError } from './redis/error.ts'
export { type RedisStorageOptions, redisStorage } from './redis/storage.ts'
