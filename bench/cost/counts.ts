/**
 * What a request makes: promises, counted by `async_hooks`, and bytes, as the heap grows while
 * nothing is collected. Both say the same on any machine.
 */
import { createHook } from 'node:async_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Hono } from 'hono'

export interface Counts {
  readonly promises: number
  readonly bytes: number
}

type App = Pick<Hono, 'fetch'>

type Ask = () => Promise<void>

export function asking(app: App, headers: Readonly<Record<string, string>>): Ask {
  return async () => {
    const { status } = await app.fetch(new Request('https://app.example.com/checked', { headers }))
    if (status !== 200) throw new Error(`the check answered ${status}`)
  }
}

export async function countsOf(
  app: App,
  headers: Readonly<Record<string, string>>,
  bursts?: number,
): Promise<Counts> {
  const ask = asking(app, headers)
  await warm(ask, bursts)
  return { promises: await promisesOf(ask), bytes: await bytesOf(ask) }
}

/**
 * What is compiled for good allocates less, and takes less time. It is compiled beside the
 * requests, on a busy machine well after it was called for: hence the pauses.
 */
export async function warm(ask: Ask, bursts = 15): Promise<void> {
  for (let burst = 0; burst < bursts; burst++) {
    for (let n = 0; n < 1000; n++) await ask()
    await wait(30)
  }
}

export async function promisesOf(work: Ask): Promise<number> {
  let count = 0
  const hook = createHook({
    init(_id, type) {
      if (type === 'PROMISE') count++
    },
  })
  let least = Number.POSITIVE_INFINITY
  // The least of some: what else goes on in the process only adds.
  for (let round = 0; round < 5; round++) {
    count = 0
    hook.enable()
    await work()
    hook.disable()
    least = Math.min(least, count)
  }
  return least
}

setFlagsFromString('--expose_gc')
const collect = runInNewContext('gc') as () => void

/** The least of some rounds: what else is allocated meanwhile only adds. */
async function bytesOf(work: Ask): Promise<number> {
  // As many as fit where objects are young: the heap grows by buffers, which are shared out.
  const times = 400
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < 15; round++) {
    collect()
    const before = process.memoryUsage().heapUsed
    for (let n = 0; n < times; n++) await work()
    const grown = process.memoryUsage().heapUsed - before
    // Where something was collected all the same, the round says nothing.
    if (grown > 0) least = Math.min(least, grown / times)
  }
  return Math.round(least)
}
