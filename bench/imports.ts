/**
 * What importing costs: CPU of a process that loads a library, its Drizzle adapter and what makes
 * it work with Hono, above one that loads Hono and one dialect; the cheapest of some runs each.
 */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const root = new URL('..', import.meta.url)
const peers = new URL('peers/', import.meta.url)
const without = ['hono', 'drizzle-orm/sqlite-core', 'drizzle-orm/better-sqlite3']
const ours = [...without, 'crudauth/hono', 'crudauth/drizzle', 'crudauth/drizzle/sqlite']
const betterAuth = [...without, 'better-auth', 'better-auth/adapters/drizzle']
const runs = 6

/** Milliseconds. */
export interface ImportShares {
  readonly node: number
  /** Hono and the dialect, above Node. */
  readonly hono: number
  /** Above Hono and the dialect. */
  readonly ours: number
  readonly betterAuth: number
}

function cpuOf(packages: readonly string[], cwd: URL): number {
  const program = `
    for (const one of ${JSON.stringify(packages)}) await import(one)
    const { user, system } = process.cpuUsage()
    console.log((user + system) / 1000)`
  const given = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    cwd,
  })
  return Number(given)
}

/** In turn, so that what else the machine does meets all of them. */
export function importShares(): ImportShares {
  const isInstalled = existsSync(new URL('node_modules/better-auth', peers))
  const least = {
    node: Infinity,
    hono: Infinity,
    ours: Infinity,
    peers: Infinity,
    theirs: Infinity,
  }
  for (let run = 0; run < runs; run++) {
    least.node = Math.min(least.node, cpuOf([], root))
    least.hono = Math.min(least.hono, cpuOf(without, root))
    least.ours = Math.min(least.ours, cpuOf(ours, root))
    if (!isInstalled) continue
    least.peers = Math.min(least.peers, cpuOf(without, peers))
    least.theirs = Math.min(least.theirs, cpuOf(betterAuth, peers))
  }
  return {
    node: least.node,
    hono: least.hono - least.node,
    ours: least.ours - least.hono,
    betterAuth: least.theirs - least.peers,
  }
}

export function imports(): void {
  const { node, hono, ours, betterAuth } = importShares()
  const theirs = Number.isNaN(betterAuth)
    ? ''
    : `; Better Auth with its adapter ${betterAuth.toFixed(0)} more`
  console.log(`
Importing, in milliseconds of CPU
  Node alone ${node.toFixed(0)}, Hono and a dialect of Drizzle ${hono.toFixed(0)} more, the library ${ours.toFixed(0)} more${theirs}`)
}

if (process.argv[1] === import.meta.filename) imports()
