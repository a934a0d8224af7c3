/**
 * What a program loads and does while it imports and constructs: run in a process of its own, with
 * the sources, under hooks that take notes.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath, pathToFileURL } from 'node:url'

export interface Notes {
  /**
   * Every module, by the part of its path behind `node_modules/`, or behind the library's folder.
   */
  readonly files: readonly string[]
  /** Native modules. */
  readonly native: readonly string[]
  /** Calls of the platform's generators of random bytes. */
  readonly drawn: number
  /** Timers that were started. */
  readonly timers: number
  /** What the program itself says, if anything. */
  readonly said: unknown
}

const root = fileURLToPath(new URL('../../', import.meta.url))

/** The address of one of the library's sources, for an `import`. */
export function source(file: string): string {
  return pathToFileURL(`${root}src/${file}`).href
}

/** Runs an ES module; it may hand something back with `say(value)`. */
export function notesOf(program: string, arguments_: readonly string[] = []): Notes {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...arguments_, '--input-type=module', '-e', `${hooks}\n${program}\n${end}`],
    { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, env: environment() },
  )
  if (status !== 0) throw new Error(`the program failed\n${stderr}`)
  const notes = JSON.parse(stdout.slice(stdout.lastIndexOf(mark) + mark.length)) as Notes
  return { ...notes, files: notes.files.map(shortened) }
}

function environment(): NodeJS.ProcessEnv {
  const { NODE_ENV: _, VITEST: __, ...rest } = process.env
  return rest
}

function shortened(url: string): string {
  const [, inPackage] = /^.*\/node_modules\/(.*)$/.exec(url) ?? []
  return inPackage ?? url.replace(pathToFileURL(root).href, '')
}

const mark = '\u0001notes '

/**
 * Static imports of the program itself run after these lines only when it uses `await import(…)`.
 */
const hooks = `
const { registerHooks, syncBuiltinESMExports } = await import('node:module')
const notes = { files: [], native: [], drawn: 0, timers: 0, said: null }
const say = (value) => { notes.said = value }
registerHooks({ load(url, context, next) { notes.files.push(url); return next(url, context) } })
const { dlopen } = process
process.dlopen = (module, file, ...rest) => { notes.native.push(file); return dlopen(module, file, ...rest) }
const counting = (object, name, note) => {
  const original = object[name]
  object[name] = function (...given) { notes[note]++; return original.apply(this, given) }
}
const nodeCrypto = (await import('node:crypto')).default
for (const name of ['randomBytes', 'randomInt', 'randomUUID', 'randomFillSync', 'randomFill', 'generateKeyPairSync']) {
  counting(nodeCrypto, name, 'drawn')
}
for (const name of ['getRandomValues', 'randomUUID']) counting(globalThis.crypto, name, 'drawn')
counting(Math, 'random', 'drawn')
for (const name of ['setTimeout', 'setInterval', 'setImmediate']) counting(globalThis, name, 'timers')
const nodeTimers = (await import('node:timers')).default
for (const name of ['setTimeout', 'setInterval', 'setImmediate']) counting(nodeTimers, name, 'timers')
syncBuiltinESMExports()
`

const end = `process.stdout.write('\\u0001notes ' + JSON.stringify(notes))`
