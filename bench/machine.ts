/** What the machine does besides, and what it is: figures are worth little where others use it. */
import { readFileSync } from 'node:fs'
import { arch, availableParallelism, cpus, platform } from 'node:os'

/** How much of all cores is in use, while this process and its own wait; from 0 to 1. */
export async function foreignShare(milliseconds = 2000): Promise<number> {
  const before = times()
  await new Promise((resolve) => setTimeout(resolve, milliseconds))
  const after = times()
  return (after.busy - before.busy) / Math.max(1, after.all - before.all)
}

function times() {
  let [all, busy] = [0, 0]
  for (const { times } of cpus()) {
    const sum = Object.values(times).reduce((total, part) => total + part, 0)
    all += sum
    busy += sum - times.idle
  }
  return { all, busy }
}

/** Where and when, and whether others were there, in a sentence. */
export function taken(foreign: number): string {
  const day = new Date().toISOString().slice(0, 10)
  const others = `${(100 * foreign).toFixed(0)} %`
  const warning = foreign > 0.1 ? ': **too much for these figures to be relied on**' : ''
  return `Taken on ${day}, ${platform()} ${arch()}, ${availableParallelism()} cores, Node ${process.versions.node}; other programs used ${others} of the cores just before or after${warning}.`
}

/** The version of a package that is installed below a folder. */
export function versionOf(name: string, folder: URL): string {
  const file = new URL(`node_modules/${name}/package.json`, folder)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}
