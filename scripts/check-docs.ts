/**
 * Compiles the samples in the documentation: every `ts` block that imports something, beside the
 * files in `docs/samples/` that they may import.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, relative, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const folder = join(root, 'node_modules/.cache/crudauth-docs')

rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
cpSync(join(root, 'docs/samples'), folder, { recursive: true })

let samples = 0
const pages = globSync(['README.md', 'docs/**/*.md', 'examples/**/README.md'], { cwd: root })
for (const page of pages) {
  const blocks = readFileSync(join(root, page), 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)
  for (const [, code = ''] of blocks) {
    if (!/^import /m.test(code)) continue
    samples++
    writeFileSync(join(folder, `${basename(page, '.md').toLowerCase()}-${samples}.ts`), code)
  }
}

const base = relative(folder, join(root, 'tsconfig.test.json'))
// What a sample leaves unused, or writes as most projects may, is not an error in it.
const compilerOptions = { noUnusedLocals: false, noPropertyAccessFromIndexSignature: false }
writeFileSync(
  join(folder, 'tsconfig.json'),
  JSON.stringify({ extends: base, compilerOptions, include: ['*.ts'] }),
)
try {
  execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', folder], { stdio: 'inherit' })
} catch {
  process.exit(1)
}
if (samples === 0) throw new Error('no sample was found; has their form changed?')
console.log(`${samples} samples in ${pages.length} pages compile`)
