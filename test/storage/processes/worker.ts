/** One of several processes over one storage: does the jobs that its parent sends. */
import { once } from 'node:events'
import { type JobName, jobs } from './jobs.ts'
import { type SharedStorageName, sharedStorages } from './storages.ts'

export interface Order {
  readonly job: JobName
  readonly key: string
  readonly count: number
  readonly limit: number
}

const storage = sharedStorages[process.argv[2] as SharedStorageName].open()
await storage.init?.()
process.send?.('ready')

process.on('message', async ({ job, key, count, limit }: Order) => {
  const result = await jobs[job](storage, key, count, limit).then(
    (value) => ({ value }),
    (error: unknown) => ({ error: String(error) }),
  )
  process.send?.(result)
})

await once(process, 'disconnect')
await storage.close?.()
