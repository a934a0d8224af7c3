/**
 * Checks what would be published: packs it, asks publint and are-the-types-wrong, and uses it from
 * a project of its own, where every entry is imported and its declarations are compiled without
 * `skipLibCheck`. An entry whose optional peer is not installed must say so in a sentence.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const bin = (name: string) => join(root, 'node_modules/.bin', name)
const folder = mkdtempSync(join(tmpdir(), 'crudauth-package-'))
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  exports: Record<string, unknown>
  dependencies: Record<string, string>
}

function run(command: string, args: readonly string[], cwd = root): string {
  try {
    return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    throw new Error(`${command} ${args.join(' ')} failed\n${stdout}${stderr}`, { cause: error })
  }
}

/** A project in which the packed package is installed, with these packages beside it. */
function project(name: string, packages: readonly string[]): string {
  const home = join(folder, name)
  const installed = join(home, 'node_modules')
  mkdirSync(join(installed, 'crudauth'), { recursive: true })
  run('tar', ['xf', tarball, '--strip-components=1', '-C', join(installed, 'crudauth')])
  for (const one of packages) {
    mkdirSync(join(installed, one, '..'), { recursive: true })
    symlinkSync(join(root, 'node_modules', one), join(installed, one))
  }
  writeFileSync(join(home, 'package.json'), '{ "type": "module" }')
  return home
}

const entries = Object.keys(manifest.exports)
  .filter((entry) => entry !== './package.json')
  .map((entry) => entry.replace(/^\./, 'crudauth'))
const [packed] = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', folder])) as {
  filename: string
  size: number
}[]
const tarball = join(folder, packed?.filename ?? '')

/** What an entry is an adapter for, and so does not work without. */
const peers: Readonly<Record<string, string>> = {
  drizzle: 'drizzle-orm',
  hono: 'hono',
  kysely: 'kysely',
}
const peerOf = (entry: string) => peers[entry.split('/')[1] ?? '']

try {
  run(bin('publint'), ['run', tarball, '--strict'])
  run(bin('attw'), [tarball, '--profile', 'esm-only'])

  const dependencies = Object.keys(manifest.dependencies)
  const bare = project('bare', [...dependencies, '@types/node'])
  expectNoErrors(
    bare,
    entries.filter((entry) => peerOf(entry) === undefined),
    [],
  )
  // Drizzle's own declarations need what it does not install; ours have to be free of errors.
  const full = project('full', [...dependencies, '@types/node', ...new Set(Object.values(peers))])
  expectNoErrors(full, entries, [join(root, 'node_modules/drizzle-orm/')])
  run(process.execPath, ['index.ts'], full)
  for (const entry of entries) {
    const script = `import('${entry}').catch((error) => { console.log(error.message) })`
    const said = run(process.execPath, ['-e', script], bare).trim()
    const peer = peerOf(entry)
    if (said !== '' && !(peer && said.includes(`Cannot find package '${peer}'`))) {
      throw new Error(`${entry} without its peers says: ${said}`)
    }
  }
  const unusable = brokenMaps(join(bare, 'node_modules/crudauth/dist'))
  if (unusable.length > 0) throw new Error(`maps without their source: ${unusable.join(', ')}`)

  console.log(`the package is sound: ${entries.join(', ')}; ${packed?.size} bytes packed`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** Compiles a file that imports these entries; only errors inside `forgiven` folders may come. */
function expectNoErrors(home: string, imported: readonly string[], forgiven: readonly string[]) {
  const lines = imported.map((entry, n) => `import * as entry${n} from '${entry}'`)
  const used = imported.map((_, n) => `entry${n}`).join(', ')
  writeFileSync(join(home, 'index.ts'), `${lines.join('\n')}\nexport default [${used}]\n`)
  const compilerOptions = {
    target: 'es2023',
    lib: ['es2024', 'dom', 'dom.iterable'],
    module: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    types: ['node'],
  }
  writeFileSync(join(home, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
  const tsc = spawnSync(bin('tsc'), ['-p', '.'], { cwd: home, encoding: 'utf8' })
  // An error's further lines are indented.
  const errors = tsc.stdout.split('\n').filter((line) => /^\S/.test(line))
  const ours = errors.filter((line) => !forgiven.some((one) => resolve(home, line).startsWith(one)))
  if (ours.length > 0 || (tsc.status !== 0 && errors.length === 0)) {
    throw new Error(`the declarations have errors\n${ours.join('\n')}${tsc.stderr}`)
  }
}

/** Maps that lead to a file which is neither in the package nor in the map. */
function brokenMaps(folder: string): readonly string[] {
  return globSync('**/*.map', { cwd: folder }).filter((file) => {
    const map = JSON.parse(readFileSync(join(folder, file), 'utf8')) as {
      sources: string[]
      sourcesContent?: (string | null)[]
    }
    return map.sources.some(
      (source, n) => !map.sourcesContent?.[n] && !existsSync(join(folder, dirname(file), source)),
    )
  })
}
