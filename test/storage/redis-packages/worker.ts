/**
 * A process in which only one package (or none) is installed: does what its parent says, and
 * answers with the result or the error.
 */
import { once } from 'node:events'
import type { RedisStorageOptions } from '../../../src/storage/redis/storage.ts'
import type { Storage } from '../../../src/storage/storage.ts'

export type Task = 'init' | 'increment' | 'close'

export interface Answer {
  readonly result?: unknown
  readonly error?: { readonly code?: unknown; readonly message: string }
}

const [entry = '', url = ''] = process.argv.slice(2)
const { redisStorage } = (await import(entry)) as {
  redisStorage(options: RedisStorageOptions): Storage
}
const storage = redisStorage({ url, timeoutMs: 5000 })
const tasks: Record<Task, () => Promise<unknown> | undefined> = {
  init: () => storage.init?.(),
  increment: () => storage.increment('key', 60),
  close: () => storage.close?.(),
}

for (;;) {
  const [task] = (await once(process, 'message')) as [Task]
  const answer: Answer = await Promise.resolve(tasks[task]()).then(
    (result) => ({ result }),
    ({ code, message }) => ({ error: { code, message } }),
  )
  process.send?.(answer)
  if (task === 'close') break
}
// Whatever is still open would keep the process alive.
process.disconnect()
