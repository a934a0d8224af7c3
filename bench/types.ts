/**
 * What the types of the library cost: how many the compiler instantiates for the example beside
 * those of the same application without the library, and how large the declaration of `auth` is.
 * Over the built package, as applications see it. Ends with 1 where either is above its bound.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** A little more than was measured: 1,162, 512, and 2,923 bytes. */
const bounds = { aboveHono: 1200, aboveEmptyRouter: 600, declarationBytes: 10_240 }

const root = resolve(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'crudauth-types-'))
symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')

const dist = (file: string) => [join(root, 'dist', `${file}.d.ts`)]
const paths = {
  crudauth: dist('index'),
  'crudauth/hono': dist('frameworks/hono'),
  'crudauth/drizzle': dist('databases/drizzle'),
}

function compiled(name: string, program: string, options: object = {}): string {
  writeFileSync(join(folder, `${name}.ts`), program)
  const project = join(folder, `${name}.json`)
  writeFileSync(
    project,
    JSON.stringify({
      extends: join(root, 'tsconfig.json'),
      compilerOptions: {
        declaration: false,
        types: ['node'],
        typeRoots: [join(root, 'node_modules/@types')],
        paths,
        ...options,
      },
      include: [],
      files: [`${name}.ts`],
    }),
  )
  const compiler = join(root, 'node_modules/.bin/tsc')
  return execFileSync(compiler, ['-p', project, '--extendedDiagnostics'], { encoding: 'utf8' })
}

function instantiations(name: string, program: string): number {
  return Number(/Instantiations:\s+(\d+)/.exec(compiled(name, program))?.[1])
}

const program = (name: string) => readFileSync(join(root, 'bench/types', `${name}.ts`), 'utf8')
const [without, withLibrary] = [program('without'), program('with')]
const routed = (text: string, router: string) =>
  text
    .replace('auth\n  .mount(new Hono())', 'new Hono()')
    .replace('new Hono()', `new Hono().route('/', ${router})`)

try {
  const hono = instantiations('hono', without)
  const mounted = instantiations('mounted', withLibrary)
  const honoRoute = instantiations('hono-route', routed(without, 'new Hono()'))
  const routedAuth = instantiations('routed', routed(withLibrary, 'auth.router'))
  compiled('declared', withLibrary, {
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    outDir: folder,
  })
  const declared = readFileSync(join(folder, 'declared.d.ts'), 'utf8')
  const [auth = ''] = /^export declare const auth: .*?;$(?=\nexport )/ms.exec(declared) ?? []

  const row = (what: string, number: number, more?: number) =>
    console.log(
      `${String(number).padStart(8)}  ${what}${more === undefined ? '' : `, ${more} more`}`,
    )
  console.log('instantiations')
  row('Hono alone', hono)
  row('with auth.mount(app)', mounted, mounted - hono)
  row("Hono with an empty router, .route('/', new Hono())", honoRoute)
  row(".route('/', auth.router)", routedAuth, routedAuth - honoRoute)
  console.log('bytes')
  row('the declaration of `auth`', auth.length)

  const isDear =
    mounted - hono > bounds.aboveHono ||
    routedAuth - honoRoute > bounds.aboveEmptyRouter ||
    auth.length > bounds.declarationBytes
  if (auth === '' || isDear) {
    console.error('above the bounds:', bounds)
    process.exitCode = 1
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
