/**
 * Writes the tables of options into `docs/configuration.md`: defaults and bounds from the
 * declarations that the library reads options with, sentences from the interfaces that people see:
 * the first paragraph of each docstring.
 *
 * `--check` changes nothing and fails where a table is not up to date, where a docstring states
 * another default than its declaration or none, or where a link within the page leads nowhere.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseSync, type Statement, type TSSignature, type TSType } from 'oxc-parser'
import type { Option } from '../src/options/option.ts'
import { type Section, sections } from './option-sections.ts'

const root = resolve(import.meta.dirname, '..')
const page = join(root, 'docs/configuration.md')
const problems: string[] = []

/** The members of a type: of an interface, or of what an alias puts together in one file. */
function membersOf(name: string, declared: readonly Statement[]): readonly TSSignature[] {
  const within = (type: TSType): readonly TSSignature[] => {
    if (type.type === 'TSTypeLiteral') return type.members
    if (type.type === 'TSIntersectionType' || type.type === 'TSUnionType') {
      return type.types.flatMap(within)
    }
    if (type.type !== 'TSTypeReference' || type.typeName.type !== 'Identifier') return []
    return membersOf(type.typeName.name, declared)
  }
  return declared.flatMap((node) => {
    if (node.type === 'TSInterfaceDeclaration' && node.id.name === name) {
      return node.body.body
    }
    const isAlias = node.type === 'TSTypeAliasDeclaration' && node.id.name === name
    return isAlias ? within(node.typeAnnotation) : []
  })
}

/** The docstrings of a type's properties: their paragraphs, each as one line. */
function docstrings([file, name]: Section['from']): ReadonlyMap<string, readonly string[]> {
  const path = join(root, 'src', file)
  const source = readFileSync(path, 'utf8')
  const { program, comments } = parseSync(path, source)
  const declared = program.body.map((node) =>
    node.type === 'ExportNamedDeclaration' && node.declaration ? node.declaration : node,
  )
  const members = membersOf(name, declared as readonly Statement[])
  if (members.length === 0) throw new Error(`${file} has no type ${name} with members`)
  const paragraphs = new Map<string, readonly string[]>()
  for (const member of members) {
    if (member.type !== 'TSPropertySignature' || member.key.type !== 'Identifier') continue
    const comment = comments.findLast(
      ({ end, value }) =>
        end <= member.start && value.startsWith('*') && !source.slice(end, member.start).trim(),
    )
    // `url?: never` of the other half of a union.
    if (comment === undefined && paragraphs.has(member.key.name)) continue
    const text = comment?.value.replace(/^\*/, '').replaceAll(/^[ \t]*\*/gm, '') ?? ''
    const lines = text.split(/\n[ \t]*\n/).map((one) => one.replaceAll(/\s+/g, ' ').trim())
    paragraphs.set(member.key.name, lines)
  }
  return paragraphs
}

/** `Default 60 (a minute).`, a sentence of its own. */
const defaultSentence = /\s*\bDefault:? (.+?)\.(?=\s|$)/g

const bare = (value: string) => value.replaceAll(/[`'[\]]/g, '').replace(/ \([^)]*\)$/, '')

/**
 * What the table says of an option: the first paragraph of its docstring, without the default,
 * which has a column of its own and is the declared one, or a problem.
 */
function meaning(option: string, paragraphs: readonly string[], declared: string): string {
  const stated = [...paragraphs.join(' ').matchAll(defaultSentence)].map(([, value = '']) => value)
  for (const value of stated) {
    if (bare(value) === bare(declared)) continue
    problems.push(`${option}: its docstring has "Default ${value}.", its declaration: ${declared}`)
  }
  if (stated.length === 0 && !/^$|^none$|^required|^see below$/.test(declared)) {
    problems.push(`${option}: its docstring does not say "Default ${bare(declared)}."`)
  }
  const said = (paragraphs[0] ?? '').replaceAll(defaultSentence, '').trim()
  if (said === '') problems.push(`${option} has no sentence`)
  return said
}

function table(name: string, { options, from, base }: Section): string {
  const written = new Map([...(base ? docstrings(base) : []), ...docstrings(from)])
  const rows = Object.entries(options as Readonly<Record<string, Option<unknown>>>).map(
    ([option, { defaultText, range, inside }]) => {
      const said = meaning(`${name}.${option}`, written.get(option) ?? [], defaultText)
      const isLinked = inside !== undefined && sections[option]?.options === inside.options
      const link = isLinked ? ` See [below](#${option.toLowerCase()}).` : ''
      return `| \`${option}\` | ${[coded(defaultText), coded(range), said + link].map(cell).join(' | ')} |`
    },
  )
  return ['| option | default | values | meaning |', '| --- | --- | --- | --- |', ...rows].join(
    '\n',
  )
}

const coded = (text: string) => text.replaceAll(/'[^']*'/g, '`$&`')

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
const anchors = new Set(
  [...after.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  ),
)
for (const [, anchor = ''] of after.matchAll(/\]\(#([^)]+)\)/g)) {
  if (!anchors.has(anchor)) problems.push(`docs/configuration.md has no heading for #${anchor}`)
}
for (const name of missing) problems.push(`docs/configuration.md has no place for ${name}`)
if (process.argv.includes('--check')) {
  if (after !== before) problems.push('docs/configuration.md is old; run npm run docs:options')
} else {
  writeFileSync(page, after)
}
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exit(1)
console.log(`${Object.keys(sections).length} tables of options are up to date`)
