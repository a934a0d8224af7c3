/**
 * Checks what would be published: packs it, asks publint and are-the-types-wrong, and uses it from
 * a project of its own, where every entry is imported and its declarations are compiled without
 * `skipLibCheck`. An entry whose optional peer is not installed must say so in a sentence.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

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

try {
  run(bin('publint'), ['run', tarball, '--strict'])
  run(bin('attw'), [tarball, '--profile', 'esm-only'])

  const dependencies = Object.keys(manifest.dependencies)
  const full = project('full', [...dependencies, 'drizzle-orm', '@types/node'])
  const imports = entries.map((entry, n) => `import * as entry${n} from '${entry}'`)
  const used = entries.map((_, n) => `entry${n}`).join(', ')
  writeFileSync(join(full, 'index.ts'), `${imports.join('\n')}\nexport default [${used}]\n`)
  const options = {
    target: 'es2023',
    module: 'nodenext',
    strict: true,
    noEmit: true,
    types: ['node'],
  }
  writeFileSync(
    join(full, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: { ...options, lib: ['es2024', 'dom', 'dom.iterable'] } }),
  )
  // Drizzle's own declarations need what it does not install; ours have to be free of errors.
  const output = compile(full)
  const ours = output
    .split('\n')
    .filter((line) => /^(index\.ts|node_modules\/crudauth\/)/.test(line))
  if (ours.length > 0) throw new Error(`our declarations have errors\n${ours.join('\n')}`)
  run(process.execPath, ['index.ts'], full)

  const bare = project('bare', dependencies)
  for (const entry of entries) {
    const script = `import('${entry}').catch((error) => { console.log(error.message) })`
    const said = run(process.execPath, ['-e', script], bare).trim()
    if (said !== '' && !/Cannot find package 'drizzle-orm'/.test(said)) {
      throw new Error(`${entry} without its peers says: ${said}`)
    }
  }
  console.log(`the package is sound: ${entries.join(', ')}; ${packed?.size} bytes packed`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function compile(home: string): string {
  try {
    return run(bin('tsc'), ['-p', '.'], home)
  } catch (error) {
    return (error as Error).message
  }
}
