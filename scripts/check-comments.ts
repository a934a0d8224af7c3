/**
 * Comments that fit and that a reader can follow: no comment is wider than 100 columns, which biome
 * leaves alone, and none points at a document that this repository does not have.
 *
 * Takes the folder to check; without one, the repository. With `--write` it wraps what is too wide.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type Comment, parseSync, Visitor } from 'oxc-parser'
import { wrapComments } from './wrap-comments.ts'

const { values, positionals } = parseArgs({
  options: { write: { type: 'boolean' } },
  allowPositionals: true,
})
const root = resolve(positionals[0] ?? join(import.meta.dirname, '..'))
const width = 100
const sources = ['src', 'test', 'scripts', 'bench', 'examples', 'integration', '.']
const pages = ['*.md', 'docs/*.md', 'examples/*/*.md']

/** What no reader can look up here. Sections of an RFC, of NIST and of OpenID are named in full. */
const pointers: readonly (readonly [pattern: RegExp, advice: string])[] = [
  [/\bthe contract\b(?! of)|\bcontract[’']s\b/i, 'say what the rule is, or "the Python original"'],
  [/(?<!RFC \d+(?:bis)? |800-63B-4 |Core )§/, 'name the document before §, or state the rule'],
  [/\b[EQ]\d{1,2}\b/, 'state the rule: this number is defined nowhere here'],
]

const offences: string[] = []
const files = globSync(
  sources.map((folder) => (folder === '.' ? '*.ts' : `${folder}/**/*.ts`)),
  { cwd: root, exclude: (name) => /(^|\/)(node_modules|generated|dist)(\/|$)/.test(name) },
).sort()
for (const file of files) checkSource(file)
for (const page of globSync(pages, { cwd: root }).sort()) checkPage(page)
if (files.length === 0) offences.push(`there is nothing to check in ${root}`)

function checkSource(file: string): void {
  if (values.write) wrapSource(file)
  const source = readFileSync(join(root, file), 'utf8')
  const { program, comments, errors } = parseSync(file, source)
  for (const { message } of errors) offences.push(`${file} cannot be read: ${message}`)
  for (const comment of comments) {
    checkWidth(file, source, comment)
    // Sentences go on across the lines of a block.
    const text = comment.value.replace(/\s*\n\s*\*?\s*/g, ' ')
    checkText(file, lineOf(source, comment.start), text)
  }
  // The names of tests are read as comments are.
  new Visitor({
    CallExpression: ({ arguments: [title], start }) => {
      if (title?.type !== 'Literal' || typeof title.value !== 'string') return
      if (file.startsWith('test/')) checkText(file, lineOf(source, start), title.value)
    },
    Literal: ({ value, start }) => {
      if (typeof value !== 'string' || !/^[EQ]\d{1,2}: /.test(value)) return
      checkText(file, lineOf(source, start), value)
    },
  }).visit(program)
}

function wrapSource(file: string): void {
  const source = readFileSync(join(root, file), 'utf8')
  const wrapped = wrapComments(source, parseSync(file, source).comments, width)
  if (wrapped !== source) writeFileSync(join(root, file), wrapped)
}

function checkWidth(file: string, source: string, { start, end }: Comment): void {
  const begin = source.lastIndexOf('\n', start) + 1
  const lines = source.slice(begin, source.indexOf('\n', end) + 1 || undefined).split('\n')
  const first = lineOf(source, start)
  lines.forEach((line, index) => {
    const columns = [...line].length
    // Where code stands before the comment, biome has wrapped what it could.
    if (columns <= width || isOneWord(line)) return
    offences.push(`${file}:${first + index} has ${columns} columns; a comment has at most ${width}`)
  })
}

/** A link, a pattern or a directive, which cannot be wrapped. */
function isOneWord(line: string): boolean {
  return /^\s*(?:\/\/|\/?\*+)?\s*(?:\S+|(?:biome|v8) ignore .*|biome-ignore .*)$/.test(line)
}

function checkPage(page: string): void {
  readFileSync(join(root, page), 'utf8')
    .split('\n')
    .forEach((line, index) => {
      checkText(page, index + 1, line)
    })
}

function checkText(file: string, line: number, text: string): void {
  for (const [pattern, advice] of pointers) {
    const found = pattern.exec(text)?.[0]
    const offence = `${file}:${line} says '${found}'; ${advice}`
    // The name of a test is seen twice.
    if (found !== undefined && !offences.includes(offence)) offences.push(offence)
  }
}

function lineOf(source: string, offset: number): number {
  return source.slice(0, offset).split('\n').length
}

if (offences.length > 0) {
  console.error(offences.join('\n'))
  process.exit(1)
}
console.log(`the comments of ${files.length} files are within ${width} columns and point nowhere`)
