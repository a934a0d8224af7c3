/**
 * The first program of the README, run as a newcomer would: installed, pasted, and asked with curl.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { curl, isReachable } from './support/services.ts'

const root = resolve(import.meta.dirname, '..')
const readme = await readFile(join(root, 'README.md'), 'utf8')

/** The first block of this language, and what comes after it. */
function cut(language: string, text: string): [block: string, rest: string] {
  const found = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'ms').exec(text)
  if (found === null) throw new Error(`README.md has no block of ${language} where one is expected`)
  return [found[1] ?? '', text.slice(found.index + found[0].length)]
}

const [installation, afterInstallation] = cut('sh', readme)
const [program, afterProgram] = cut('ts', afterInstallation)
const [commands, afterCommands] = cut('sh', afterProgram)
const [answers, afterAnswers] = cut('text', afterCommands)
const [feature, afterFeature] = cut('js', afterAnswers)
const [ask, afterAsking] = cut('sh', afterFeature)
const [redeem] = cut('sh', afterAsking)

const lines = (text: string) => text.split('\n').filter((line) => line !== '')

const installed = /^npm install (.+)$/.exec(installation.trim())?.[1]?.split(' ') ?? []

/** A folder with what `npm install` would put there; the library as it is in `src`. */
async function newcomersFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'crudauth-readme-'))
  const modules = join(folder, 'node_modules')
  for (const name of installed) {
    const target = join(modules, name)
    await mkdir(name === 'crudauth' ? target : dirname(target), { recursive: true })
    if (name !== 'crudauth') await symlink(join(root, 'node_modules', name), target)
  }
  const { name, type, exports } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  const sources = JSON.stringify({ name, type, exports })
    .replaceAll(/"types":"[^"]*",/g, '')
    .replaceAll(/"\.\/dist\/([^"]*)\.js"/g, '"./src/$1.ts"')
  await writeFile(join(modules, 'crudauth/package.json'), sources)
  await symlink(join(root, 'src'), join(modules, 'crudauth/src'))
  return folder
}

async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return String(typeof address === 'object' ? address?.port : address)
}

/** Resolves when it has printed its address. */
async function listening(server: ChildProcess): Promise<void> {
  let output = ''
  await new Promise<void>((done, failed) => {
    const read = (chunk: unknown) => {
      output += String(chunk)
      if (output.includes('http://localhost:')) done()
    }
    server.stdout?.on('data', read)
    server.stderr?.on('data', read)
    server.once('exit', () => failed(new Error(output)))
  })
}

test('what the first program imports is what the README has installed', () => {
  const imported = [...program.matchAll(/ from '((?:@[^/']+\/)?[^/']+)/g)].map(([, name]) => name)
  expect([...new Set(imported)].sort()).toEqual([...installed].sort())
})

describe.runIf(await isReachable(curl))('The first program of the README', () => {
  let folder: string
  let server: ChildProcess
  let port: string

  beforeAll(async () => {
    folder = await newcomersFolder()
    port = await freePort()
    const file = /^Save this as `(.+?)`/m.exec(readme)?.[1] ?? ''
    await writeFile(join(folder, file), program.replaceAll('3000', port))
    const { AUTH_SECRET: _secret, NODE_ENV: _environment, ...env } = process.env
    server = spawn(process.execPath, [file], { cwd: folder, env })
    await listening(server)
  })
  afterAll(async () => {
    if (server.exitCode === null && server.kill()) await once(server, 'exit')
    await rm(folder, { recursive: true, force: true })
  })

  test('answers its commands as the README says', async () => {
    const printed: string[] = []
    for (const command of lines(commands)) {
      const script = command.replaceAll('3000', port)
      const { stdout } = await promisify(execFile)('sh', ['-c', script], { cwd: folder })
      printed.push(stdout.replace(/(?<="csrf_token":")\w+/, '…'))
    }
    expect(printed).toEqual(lines(answers))
  })

  test('has a way back in with one more option, as the README says', async () => {
    const changed = program
      .replace('honoAuth, session', 'developmentInbox, honoAuth, recovery, session')
      .replace(/^ {2}transports: .*\n/m, (line) => line + feature)
    expect(changed).toContain('recovery({')
    const again = await freePort()
    await writeFile(join(folder, 'again.mjs'), changed.replaceAll('3000', again))
    const { AUTH_SECRET: _secret, NODE_ENV: _environment, ...env } = process.env
    const child = spawn(process.execPath, ['again.mjs'], { cwd: folder, env })
    const run = async (command: string) => {
      const script = command.replaceAll('3000', again)
      const { stdout } = await promisify(execFile)('sh', ['-c', script], { cwd: folder })
      return stdout
    }
    try {
      let output = ''
      child.stderr.on('data', (chunk) => {
        output += String(chunk)
      })
      await listening(child)
      const [register = '', logIn = ''] = lines(commands)
      await run(register)
      await run(ask)
      const link = new RegExp(`http://localhost:${again}/reset-password#token=([\\w-]+)`)
      while (!link.test(output)) await once(child.stderr, 'data')
      const token = link.exec(output)?.[1] ?? ''
      expect(await run(redeem.replace('…', token))).toContain('Password reset successfully.')
      expect(await run(logIn)).toContain('incorrect_credentials')
      const right = logIn.replace('correct horse battery', 'another horse battery')
      expect(await run(right)).toContain('csrf_token')
    } finally {
      if (child.exitCode === null && child.kill()) await once(child, 'exit')
    }
  })
})
