/**
 * Compiles the samples in the documentation: every `ts` block that imports something, beside the
 * files in `docs/samples/` that they may import. Before that it follows each link between pages, to
 * its file and its heading, and looks for each file of the repository that a page names.
 */
import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const folder = join(root, 'node_modules/.cache/crudauth-docs')

rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
cpSync(join(root, 'docs/samples'), folder, { recursive: true })

const pages = globSync(['*.md', 'docs/**/*.md', 'examples/**/README.md'], { cwd: root })
const broken = pages.flatMap((page) => [...brokenLinks(page), ...missingFiles(page)])
for (const link of broken) console.error(link)
if (broken.length > 0) process.exit(1)

let samples = 0
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

/** `http/origin.ts`: from the repository's root, or from `src`. */
function missingFiles(page: string): readonly string[] {
  const named = prose(page).matchAll(/`((?:[\w-][\w.-]*\/)+[\w.-]+\.ts)`/g)
  return [...named].flatMap(([, file = '']) =>
    ['.', 'src'].some((folder) => existsSync(join(root, folder, file)))
      ? []
      : [`${page}: there is no ${file}`],
  )
}

function brokenLinks(page: string): readonly string[] {
  return [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => {
    if (/^https?:/.test(link)) return []
    const [file = '', anchor] = link.split('#')
    const target = file === '' ? page : join(dirname(page), file)
    if (!existsSync(join(root, target))) return [`${page}: there is no ${target}`]
    if (anchor === undefined || headings(target).has(anchor)) return []
    return [`${page}: ${target} has no heading #${anchor}`]
  })
}

/** The anchors that GitHub makes: a heading that comes again gets a number. */
function headings(page: string): ReadonlySet<string> {
  const anchors = new Set<string>()
  for (const [, heading = ''] of prose(page).matchAll(/^#+ (.+)$/gm)) {
    const plain = heading.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    const anchor = plain.replaceAll(' ', '-')
    let numbered = anchor
    for (let again = 1; anchors.has(numbered); again++) numbered = `${anchor}-${again}`
    anchors.add(numbered)
  }
  return anchors
}

/** Without blocks of code, whose comments look like headings. */
function prose(page: string): string {
  return readFileSync(join(root, page), 'utf8').replaceAll(/^```.*?^```$/gms, '')
}
