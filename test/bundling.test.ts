import { spawnSync } from 'node:child_process'
import {
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { rolldown } from 'rolldown'
import { afterAll, describe, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const home = mkdtempSync(join(tmpdir(), 'crudauth-bundle-'))
afterAll(() => rmSync(home, { recursive: true }))

/** A project with what the library depends on, and nothing of what is optional. */
const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>
}
// As the package says of itself.
writeFileSync(join(home, 'package.json'), JSON.stringify({ type: 'module', sideEffects: false }))
symlinkSync(join(root, 'src'), join(home, 'crudauth'))
for (const name of Object.keys(dependencies)) {
  mkdirSync(join(home, 'node_modules', name, '..'), { recursive: true })
  symlinkSync(join(root, 'node_modules', name), join(home, 'node_modules', name))
}

/** Bundles a program, as an application on Node would be, and tells what the bundler had to say. */
async function bundle(name: string, program: string): Promise<string[]> {
  const entry = join(home, `${name}.ts`)
  writeFileSync(entry, program)
  const said: string[] = []
  const made = await rolldown({
    input: entry,
    platform: 'node',
    external: ['@node-rs/bcrypt'],
    // Otherwise what is optional would be found beside the sources.
    resolve: { symlinks: false },
    onLog: (_, { message }) => void said.push(message),
  })
  await made.write({ dir: join(home, name), format: 'esm' })
  await made.close()
  return said
}

function run(name: string): string {
  const { stdout, stderr } = spawnSync(process.execPath, [join(home, name, `${name}.js`)], {
    encoding: 'utf8',
  })
  return stdout + stderr
}

describe('a bundle', () => {
  test('is made where nothing optional is installed, and runs', async () => {
    const said = await bundle(
      'core',
      `import { crudAuth } from './crudauth/index.ts'
       try { crudAuth({} as never) } catch (error) { console.log((error as Error).name) }`,
    )
    expect(said).toEqual([])
    expect(run('core')).toBe('ConfigurationError\n')
  })

  test.each([
    [
      'recovery',
      "recovery({ channels: [email({ send() {} })], frontendUrl: 'https://a.example' })",
    ],
    ['sudo', 'sudo()'],
  ])('holds nothing of %s() unless it is used', async (name, used) => {
    const program = (features: string) =>
      `import { crudAuth, email, recovery, session, sudo } from './crudauth/index.ts'
       globalThis.auth = crudAuth({ transports: [session()], features: [${features}] } as never)`
    const files = async (features: string) => {
      await bundle(`without-${name}`, program(features))
      const text = readFileSync(join(home, `without-${name}`, `without-${name}.js`), 'utf8')
      return [...text.matchAll(/\/((?:features\/\w+|delivery)\/[\w-]+\.ts)/g)]
        .map(([, file = '']) => file)
        .filter((file) => /^(features\/(recovery|sudo)|delivery)\//.test(file))
    }
    expect(await files('')).toEqual([])
    expect(await files(used)).toContain(`features/${name}/${name}.ts`)
  })

  test('holds the client of OAuth where crudauth/oauth is imported, and nowhere else', async () => {
    const bundled = (name: string) =>
      globSync('**/*.js', { cwd: join(home, name) }).some((file) =>
        readFileSync(join(home, name, file), 'utf8').includes('OAUTH_RESPONSE_IS_NOT_CONFORM'),
      )
    const said = await bundle(
      'oauth',
      `import { oauth, google } from './crudauth/features/oauth/index.ts'
       const { problems } = oauth({ providers: { google: google({} as never) }, redirectBaseUrl: 'x' })
       console.log(problems.length > 0)`,
    )
    expect(said).toEqual([])
    expect(run('oauth')).toBe('true\n')
    expect([bundled('oauth'), bundled('core')]).toEqual([true, false])
  })

  test('of the storage in Redis is made without a client, and says what to install', async () => {
    const said = await bundle(
      'redis',
      `import { redisStorage } from './crudauth/storage/redis.ts'
       const storage = redisStorage({ url: 'redis://127.0.0.1:1', timeoutMs: 5000 })
       await storage.get('key').catch((error: Error) => console.log(error.message))`,
    )
    expect(said).toEqual([])
    expect(run('redis')).toContain('npm install @redis/client (or ioredis, or iovalkey)')
  })

  test('leaves every optional import to the moment of its use, in a way that bundlers forgive', () => {
    // Rolldown forgives any. esbuild wants it inside of try or caught; webpack wants the remark.
    const optional =
      /import\(([^)]*)'((?:@node-rs\/argon2|@redis\/client|redis|ioredis|iovalkey))'/g
    const found = globSync('**/*.ts', { cwd: join(root, 'src') }).flatMap((file) => [
      ...readFileSync(join(root, 'src', file), 'utf8').matchAll(optional),
    ])
    const calls = found.filter(({ input, index }) => !/typeof\s*$/.test(input.slice(0, index)))
    expect(calls).toHaveLength(5)
    for (const [call, remark] of calls)
      expect([call, remark]).toContain('/* webpackIgnore: true */ ')
  })
})
