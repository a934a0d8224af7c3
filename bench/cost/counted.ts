/** The counts of one subject, by the names of its handlers, from a process of their own. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { Counts } from './counts.ts'
import type { SubjectName } from './subjects.ts'

/** Where young objects have room, nothing is collected while it is counted. */
const execArgv = ['--max-semi-space-size=256', '--min-semi-space-size=256']

export async function counted(name: SubjectName): Promise<Readonly<Record<string, Counts>>> {
  const child = fork(new URL('counting.ts', import.meta.url), [name], { execArgv })
  const left = once(child, 'exit').then(() => {
    throw new Error(`nothing was counted of: ${name}`)
  })
  const [counts] = (await Promise.race([once(child, 'message'), left])) as [Record<string, Counts>]
  return counts
}
