/**
 * CPU of a request, handlers in turn: of every handler the cheapest of many short rounds counts,
 * since whatever else the machine does only adds.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { load } from './load.ts'
import type { SubjectName } from './subjects.ts'

export interface CpuOptions {
  readonly rounds: number
  readonly requests: number
}

/**
 * Rounds before those that count: the engine compiles for good what has run a few thousand times.
 */
const warmUp = 24

/** Microseconds of a request, by the name of the handler. */
export async function cpu(
  name: SubjectName,
  { rounds, requests }: CpuOptions,
): Promise<Readonly<Record<string, number>>> {
  const child = fork(new URL('serve.ts', import.meta.url), [name])
  try {
    const { ports, headers } = await said<{
      ports: Record<string, number>
      headers: Record<string, string>
    }>(child)
    const names = Object.keys(ports)
    const best = new Map<string, number>()
    for (let round = -warmUp; round < rounds; round++) {
      // Each of them is first as often as the others.
      for (let turn = 0; turn < names.length; turn++) {
        const app = names[(turn + round + warmUp) % names.length] ?? ''
        const before = await used(child)
        await load({ port: ports[app] ?? 0, headers }, requests)
        const each = ((await used(child)) - before) / requests
        if (round >= 0) best.set(app, Math.min(best.get(app) ?? Number.POSITIVE_INFINITY, each))
      }
    }
    return Object.fromEntries(best)
  } finally {
    if (child.connected) child.send('end')
    await Promise.race([once(child, 'exit'), new Promise((resolve) => setTimeout(resolve, 3000))])
    child.kill()
  }
}

async function used(child: ChildProcess): Promise<number> {
  child.send('cpu')
  return said<number>(child)
}

function said<Message>(child: ChildProcess): Promise<Message> {
  return new Promise((resolve, reject) => {
    const left = () => reject(new Error('the server has ended'))
    child.once('exit', left)
    child.once('message', (message) => {
      child.off('exit', left)
      resolve(message as Message)
    })
  })
}
