/**
 * Writes the tables of options into `docs/configuration.md`: defaults and bounds from the
 * declarations that the library reads options with, sentences from the interfaces that people see.
 *
 * `--check` changes nothing and fails where a table is not up to date, or where the sentence of an
 * option states another default than its declaration.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseSync } from 'oxc-parser'
import type { Option } from '../src/options/option.ts'
import { type Section, sections } from './option-sections.ts'

const root = resolve(import.meta.dirname, '..')
const page = join(root, 'docs/configuration.md')
const problems: string[] = []

/** The sentences of an interface's properties, each as one line. */
function sentences([file, name]: Section['from']): ReadonlyMap<string, string> {
  const path = join(root, 'src', file)
  const source = readFileSync(path, 'utf8')
  const { program, comments } = parseSync(path, source)
  const declared = program.body.map((node) =>
    node.type === 'ExportNamedDeclaration' && node.declaration ? node.declaration : node,
  )
  const found = declared.find(
    (node) => node.type === 'TSInterfaceDeclaration' && node.id.name === name,
  )
  if (found?.type !== 'TSInterfaceDeclaration') throw new Error(`${file} has no interface ${name}`)
  const lines = new Map<string, string>()
  for (const member of found.body.body) {
    if (member.type !== 'TSPropertySignature' || member.key.type !== 'Identifier') continue
    const comment = comments.findLast(
      ({ end, value }) =>
        end <= member.start && value.startsWith('*') && !source.slice(end, member.start).trim(),
    )
    const text = comment?.value.replace(/^\*/, '').replaceAll(/\n\s*\*?/g, ' ') ?? ''
    lines.set(member.key.name, text.replaceAll(/\s+/g, ' ').trim())
  }
  return lines
}

/**
 * Compares the default that a sentence states with the declared one, and leaves it to the table.
 */
function withoutDefault(option: string, text: string, declared: string): string {
  const stated = /\bDefault ([^.;,(]+(?:\.\d+)?)/.exec(text)?.[1]?.replaceAll('`', '').trim()
  const number = stated && /^-?\d+$/.test(stated) ? stated : null
  if (number !== null && number !== declared) {
    problems.push(`${option}: its sentence says ${number}, its declaration ${declared}`)
  }
  return text.replace(/\s*\bDefault [^.]*?(?:\.\d[^.]*)*\.(?=\s|$)/g, '').trim()
}

function table(name: string, { options, from }: Section): string {
  const meaning = sentences(from)
  const rows = Object.entries(options as Readonly<Record<string, Option<unknown>>>).map(
    ([option, { defaultText, range, inside }]) => {
      const text = meaning.get(option)
      if (text === undefined || text === '') problems.push(`${name}.${option} has no sentence`)
      const shown = defaultText.startsWith("'") ? `\`${defaultText}\`` : defaultText
      const link = inside && Object.hasOwn(sections, option) ? ` See [below](#${option}).` : ''
      const said = withoutDefault(`${name}.${option}`, text ?? '', defaultText) + link
      return `| \`${option}\` | ${[shown, range, said].map(cell).join(' | ')} |`
    },
  )
  return ['| option | default | values | meaning |', '| --- | --- | --- | --- |', ...rows].join(
    '\n',
  )
}

const cell = (text: string) => text.replaceAll('|', '\\|')

const before = readFileSync(page, 'utf8')
const missing = new Set(Object.keys(sections))
const after = before.replace(
  /(<!-- options of (\w+) -->\n).*?(<!-- end -->)/gs,
  (_all, start: string, name: string, end: string) => {
    const section = sections[name]
    if (!section) throw new Error(`docs/configuration.md: no options of ${name}`)
    missing.delete(name)
    return `${start}\n${table(name, section)}\n\n${end}`
  },
)
for (const name of missing) problems.push(`docs/configuration.md has no place for ${name}`)
if (process.argv.includes('--check')) {
  if (after !== before) problems.push('docs/configuration.md is old; run npm run docs:options')
} else {
  writeFileSync(page, after)
}
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exit(1)
console.log(`${Object.keys(sections).length} tables of options are up to date`)
