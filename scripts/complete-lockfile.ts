/**
 * Completes `package-lock.json` after an install from a registry that does not carry every
 * platform's binaries: npm then leaves their entries out, and `npm ci` refuses the file
 * everywhere. The entries are added as npm writes them, without an integrity, which nobody here
 * could compute.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

interface Platform {
  cpu: string[]
  libc?: string[]
  os: string[]
}

interface LockEntry extends Partial<Platform> {
  version: string
  dev?: true
  optional?: true
  optionalDependencies?: Record<string, string>
}

const path = join(import.meta.dirname, '../package-lock.json')
const lock = JSON.parse(readFileSync(path, 'utf8')) as { packages: Record<string, LockEntry> }

const systems = ['android', 'darwin', 'freebsd', 'linux', 'openbsd', 'openharmony', 'win32']
const processors = ['arm64', 'arm', 'ia32', 'loong64', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64']

function platformOf(name: string): Platform | null {
  const os = systems.find((system) => name.includes(system))
  const cpu = processors.find((processor) => name.includes(processor))
  if (!os || !cpu) return null
  if (os !== 'linux') return { cpu: [cpu], os: [os] }
  return { cpu: [cpu], libc: [name.includes('musl') ? 'musl' : 'glibc'], os: [os] }
}

let added = 0
for (const [where, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const nested = `${where}/node_modules/${name}`
    const hoisted = `node_modules/${name}`
    const platform = platformOf(name)
    // Binaries are wanted in one exact version; a range is none of those.
    if (!platform || !/^\d/.test(version)) continue
    if (lock.packages[nested] || lock.packages[hoisted]?.version === version) continue
    // In the order in which npm writes the keys, so that its next install leaves the file alone.
    const { cpu, libc, os } = platform
    lock.packages[lock.packages[hoisted] ? nested : hoisted] = {
      version,
      cpu,
      ...(entry.dev ? { dev: true } : {}),
      ...(libc ? { libc } : {}),
      optional: true,
      os,
    }
    added++
  }
}
lock.packages = Object.fromEntries(
  Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en')),
)
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`)
console.log(`${added} entries added`)
