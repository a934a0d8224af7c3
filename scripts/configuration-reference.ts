/**
 * Writes the tables of options into `docs/configuration.md` and `docs/hashes.md`: defaults and
 * bounds from the declarations that the library reads options with, sentences from the interfaces
 * that people see: the first paragraph of each docstring.
 *
 * `--check` changes nothing and fails where a table is not up to date, or where a docstring states
 * another default than its declaration or none.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseSync, type Statement, type TSSignature, type TSType } from 'oxc-parser'
import type { Option } from '../src/options/option.ts'
import { type Section, sections } from './option-sections.ts'

const root = resolve(import.meta.dirname, '..')
const pages = ['docs/configuration.md', 'docs/hashes.md']
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

/** The rows of one declaration, with its name before them where several are in a table. */
function rowsOf(name: string, first: readonly string[]): readonly string[] {
  const section = sections[name]
  if (section === undefined) throw new Error(`there are no options of ${name}`)
  missing.delete(name)
  const { options, from, base } = section
  const written = new Map([...(base ? docstrings(base) : []), ...docstrings(from)])
  return Object.entries(options as Readonly<Record<string, Option<unknown>>>).map(
    ([option, { defaultText, range, inside }]) => {
      const said = meaning(`${name}.${option}`, written.get(option) ?? [], defaultText)
      const isLinked = inside !== undefined && sections[option]?.options === inside.options
      const link = isLinked ? ` See [below](#${option.toLowerCase()}).` : ''
      return row([...first, `\`${option}\``, coded(defaultText), coded(range), said + link])
    },
  )
}

function table(names: readonly string[]): string {
  const isShared = names.length > 1
  const head = [...(isShared ? ['of'] : []), 'option', 'default', 'values', 'meaning']
  const rows = names.flatMap((name) =>
    rowsOf(name, isShared ? [`\`${sections[name]?.called ?? name}()\``] : []),
  )
  return [row(head), row(head.map(() => '---')), ...rows].join('\n')
}

const row = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`

const coded = (text: string) => text.replaceAll(/'[^']*'/g, '`$&`')

const cell = (text: string) => text.replaceAll('|', '\\|')

const missing = new Set(Object.keys(sections))
for (const page of pages) {
  const before = readFileSync(join(root, page), 'utf8')
  const after = before.replace(
    /(<!-- options of (\w+(?:, \w+)*) -->\n).*?(<!-- end -->)/gs,
    (_all, start: string, names: string, end: string) =>
      `${start}\n${table(names.split(', '))}\n\n${end}`,
  )
  if (!process.argv.includes('--check')) writeFileSync(join(root, page), after)
  else if (after !== before) problems.push(`${page} is old; run npm run docs:options`)
}
for (const name of missing) problems.push(`no page has a place for the options of ${name}`)
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exit(1)
console.log(`${Object.keys(sections).length} tables of options are up to date`)
