/**
 * Operations of several steps, over a client of which each answer takes more than half of the time
 * limit: all steps together have the time of one.
 */
import type { Storage } from 'crudauth'
import { type RedisClient, redisStorage } from 'crudauth/redis'
import { describe, expect, test } from 'vitest'

type Answer = (command: readonly string[]) => unknown

/** Answers each command after so long, or rejects where the answer is an error. */
function client(answer: Answer, afterMs: number): RedisClient {
  const call = async (...command: readonly string[]) => {
    if (afterMs > 0) await new Promise((resolve) => setTimeout(resolve, afterMs))
    const given = answer(command)
    if (given instanceof Error) throw given
    return given
  }
  return { status: 'ready', call }
}

const timeoutMs = 200
const slow = (answer: Answer): Storage =>
  redisStorage({ client: client(answer, 0.6 * timeoutMs), timeoutMs })

const many = Array.from({ length: 5000 }, (_, n) => `m${n}`)

/** A cluster, where the keys of a command have to be in one slot. */
function ofCluster([name, ...args]: readonly string[]): unknown {
  if (args.length > 1) return new Error("CROSSSLOT Keys in request don't hash to the same slot")
  return name === 'get' ? `value of ${args[0]}` : 1
}

describe('All steps of an operation have the time of one', () => {
  test('where many members leave an index a thousand at a time', async () => {
    // The index has others, too, so that it cannot be cleared at once.
    const storage = slow(([, , , , args]) => (args?.startsWith('[') ? ['other'] : 0))
    await expect(storage.indexRemoveMany?.('owner', many)).rejects.toMatchObject({
      name: 'RedisStorageError',
      code: 'TIMEOUT',
      message: 'Redis: no answer within 200 ms',
    })
  })

  test('where keys turn out to be in several slots', async () => {
    const storage = slow(ofCluster)
    await expect(storage.getMany?.(['a', 'b'])).rejects.toMatchObject({ code: 'TIMEOUT' })
  })

  test('where a key turns out to be of another type', async () => {
    let isThere = true
    const storage = slow(([name]) => {
      if (name === 'del') isThere = false
      return isThere ? new Error('WRONGTYPE Operation against a key') : 1
    })
    await expect(storage.increment('key', 60)).rejects.toMatchObject({ code: 'TIMEOUT' })
    // What was given up went on.
    await expect.poll(() => isThere).toBe(false)
  })
})

test('More keys than may be under way at once are read and deleted in a cluster', async () => {
  const keys = Array.from({ length: 12_500 }, (_, n) => `k${n}`)
  const values = keys.map((key) => `value of ${key}`)
  const storage = redisStorage({ client: client(ofCluster, 0), timeoutMs: 30_000 })
  // It is a cluster that is not known yet, and one that is.
  expect(await storage.getMany?.(keys)).toEqual(values)
  expect(await storage.getMany?.(keys)).toEqual(values)
  expect(await storage.deleteMany?.(keys)).toBe(keys.length)
})
