/**
 * What a request makes: promises, counted by `async_hooks`, and bytes, as the heap grows while
 * nothing is collected. Both say the same on any machine. Run with `--max-semi-space-size=256`.
 */
import { createHook } from 'node:async_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Hono } from 'hono'

export interface Counts {
  readonly promises: number
  readonly bytes: number
}

type App = Pick<Hono, 'fetch'>

export async function countsOf(
  app: App,
  headers: Readonly<Record<string, string>>,
): Promise<Counts> {
  const ask = async () => {
    const { status } = await app.fetch(new Request('https://app.example.com/checked', { headers }))
    if (status !== 200) throw new Error(`the check answered ${status}`)
  }
  for (let n = 0; n < 3000; n++) await ask()
  return { promises: await promisesOf(ask), bytes: await bytesOf(ask) }
}

async function promisesOf(work: () => Promise<void>): Promise<number> {
  let count = 0
  const hook = createHook({
    init(_id, type) {
      if (type === 'PROMISE') count++
    },
  })
  hook.enable()
  await work()
  hook.disable()
  return count
}

const collect = () => {
  setFlagsFromString('--expose_gc')
  const gc = runInNewContext('gc') as () => void
  gc()
}

/** The least of some rounds: what else is allocated meanwhile only adds. */
async function bytesOf(work: () => Promise<void>): Promise<number> {
  const times = 500
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < 9; round++) {
    collect()
    const before = process.memoryUsage().heapUsed
    for (let n = 0; n < times; n++) await work()
    const grown = process.memoryUsage().heapUsed - before
    // Where something was collected all the same, the round says nothing.
    if (grown > 0) least = Math.min(least, grown / times)
  }
  return Math.round(least)
}
