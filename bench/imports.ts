/**
 * What importing costs: CPU of a process that loads the library, its Hono adapter and one Drizzle
 * dialect, above one that loads Hono and the dialect; the cheapest of some runs each.
 */
import { execFileSync } from 'node:child_process'

const without = ['hono', 'drizzle-orm/sqlite-core', 'drizzle-orm/better-sqlite3']
const withLibrary = [...without, 'crudauth/hono', 'crudauth/drizzle', 'crudauth/drizzle/sqlite']
const runs = 4

/** Milliseconds. */
function cpuOf(packages: readonly string[]): number {
  const program = `
    for (const one of ${JSON.stringify(packages)}) await import(one)
    const { user, system } = process.cpuUsage()
    console.log((user + system) / 1000)`
  const once = () =>
    Number(
      execFileSync(process.execPath, ['--input-type=module', '-e', program], {
        encoding: 'utf8',
        cwd: new URL('..', import.meta.url),
      }),
    )
  return Math.min(...Array.from({ length: runs }, once))
}

export function imports(): void {
  const [none, hono, ours] = [cpuOf([]), cpuOf(without), cpuOf(withLibrary)]
  console.log(`
Importing, in milliseconds of CPU
  Node alone ${none.toFixed(0)}, Hono and a dialect of Drizzle ${(hono - none).toFixed(0)} more, the library ${(ours - hono).toFixed(0)} more`)
}

if (process.argv[1] === import.meta.filename) imports()
