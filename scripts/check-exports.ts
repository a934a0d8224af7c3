/**
 * Everything that the package exports says what it is, in a sentence of its own, and every function
 * among it shows a call. Names the exports that do not.
 *
 * The entries are those of package.json; a re-export is followed to its declaration.
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import {
  type Comment,
  type Declaration,
  type ExportNamedDeclaration,
  type ModuleExportName,
  parseSync,
  type Statement,
} from 'oxc-parser'

const root = resolve(process.argv[2] ?? join(import.meta.dirname, '..'))

interface Module {
  readonly source: string
  readonly body: readonly (Statement | ExportNamedDeclaration)[]
  readonly comments: readonly Comment[]
}

/** A declaration, in the file that has it; its parts are the overloads of a function. */
interface Found {
  readonly file: string
  readonly parts: readonly { readonly doc: string | null; readonly isCalled: boolean }[]
}

const modules = new Map<string, Module>()

function moduleOf(file: string): Module {
  const known = modules.get(file)
  if (known) return known
  const source = readFileSync(file, 'utf8')
  const { program, comments, errors } = parseSync(file, source)
  if (errors.length > 0) throw new Error(`${file} cannot be read: ${errors[0]?.message}`)
  const read: Module = { source, body: program.body, comments }
  modules.set(file, read)
  return read
}

/** The names that a file exports, its `export *` among them. */
function exportedNames(file: string): string[] {
  return moduleOf(file).body.flatMap((node) => {
    if (node.type === 'ExportAllDeclaration') return exportedNames(target(file, node.source.value))
    if (node.type !== 'ExportNamedDeclaration') return []
    if (node.declaration) return declaredNames(node.declaration)
    return node.specifiers.map(({ exported }) => nameOf(exported))
  })
}

/** Where a name that a file exports is declared; `null` where that is another package. */
function declarationOf(file: string, name: string): Found | null {
  for (const node of moduleOf(file).body) {
    if (node.type === 'ExportAllDeclaration') {
      const found = target(file, node.source.value)
      if (exportedNames(found).includes(name)) return declarationOf(found, name)
    }
    if (node.type !== 'ExportNamedDeclaration' || node.declaration) continue
    const specifier = node.specifiers.find(({ exported }) => nameOf(exported) === name)
    if (!specifier) continue
    const local = nameOf(specifier.local)
    if (node.source) return follow(file, node.source.value, local)
    return importedFrom(file, local) ?? localDeclaration(file, local)
  }
  return localDeclaration(file, name)
}

function follow(file: string, specifier: string, name: string): Found | null {
  return specifier.startsWith('.') ? declarationOf(target(file, specifier), name) : null
}

function importedFrom(file: string, local: string): Found | null {
  for (const node of moduleOf(file).body) {
    if (node.type !== 'ImportDeclaration') continue
    for (const specifier of node.specifiers) {
      if (specifier.type !== 'ImportSpecifier' || specifier.local.name !== local) continue
      return follow(file, node.source.value, nameOf(specifier.imported))
    }
  }
  return null
}

function localDeclaration(file: string, name: string): Found {
  const { body } = moduleOf(file)
  const parts = body.flatMap((node) => {
    const declaration = node.type === 'ExportNamedDeclaration' ? node.declaration : node
    if (!declaration || !declaredNames(declaration).includes(name)) return []
    return [{ doc: docBefore(file, node.start), isCalled: isFunction(declaration, name) }]
  })
  if (parts.length === 0) throw new Error(`${file} does not declare ${name}`)
  return { file, parts }
}

function declaredNames(node: Declaration | Statement): string[] {
  switch (node.type) {
    case 'VariableDeclaration':
      return node.declarations.flatMap(({ id }) => (id.type === 'Identifier' ? [id.name] : []))
    case 'FunctionDeclaration':
    case 'TSDeclareFunction':
    case 'ClassDeclaration':
    case 'TSInterfaceDeclaration':
    case 'TSTypeAliasDeclaration':
    case 'TSEnumDeclaration':
      return node.id?.type === 'Identifier' ? [node.id.name] : []
    default:
      return []
  }
}

function isFunction(node: Declaration | Statement, name: string): boolean {
  if (node.type === 'FunctionDeclaration' || node.type === 'TSDeclareFunction') return true
  if (node.type !== 'VariableDeclaration') return false
  return node.declarations.some(
    ({ id, init }) =>
      id.type === 'Identifier' &&
      id.name === name &&
      (init?.type === 'ArrowFunctionExpression' || init?.type === 'FunctionExpression'),
  )
}

/** The docstring that ends where a declaration begins; a module's own has a line in between. */
function docBefore(file: string, start: number): string | null {
  const { source, comments } = moduleOf(file)
  const last = comments.findLast(({ end }) => end <= start)
  const isDoc = last?.type === 'Block' && last.value.startsWith('*')
  if (!isDoc || source.slice(last.end, start).trim() !== '') return null
  if (/\n\s*\n/.test(source.slice(last.end, start))) return null
  return last.value.replace(/^\s*\*+ ?/gm, '').trim()
}

/** What a docstring says before its first tag. */
function sentenceOf(doc: string): string {
  return doc.split(/^@/m, 1)[0]?.trim() ?? ''
}

function target(file: string, specifier: string): string {
  return join(dirname(file), specifier)
}

function nameOf(name: ModuleExportName): string {
  return name.type === 'Literal' ? name.value : name.name
}

/** `./dist/index.js` is made from `src/index.ts`. */
function entries(): ReadonlyMap<string, string> {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    exports: Record<string, string | { default: string }>
  }
  const found = Object.entries(exports).flatMap(([name, entry]) => {
    if (typeof entry === 'string') return []
    const file = join(root, entry.default.replace('./dist/', 'src/').replace(/\.js$/, '.ts'))
    if (!existsSync(file)) throw new Error(`${name} of package.json: ${file} is not there`)
    return [[name.replace('.', 'crudauth'), file] as const]
  })
  return new Map(found)
}

const offences = new Map<string, string[]>()
let count = 0
for (const [entry, file] of entries()) {
  for (const name of new Set(exportedNames(file))) {
    count++
    const found = declarationOf(file, name)
    if (found === null) continue
    const { parts } = found
    const docs = parts.flatMap(({ doc }) => doc ?? [])
    const problems = [
      ...(docs.some((doc) => /[.:]$/m.test(sentenceOf(doc))) ? [] : ['has no sentence']),
      ...(parts.some(({ isCalled }) => isCalled) && !docs.some((doc) => /^@example/m.test(doc))
        ? ['has no @example']
        : []),
    ]
    for (const problem of problems) {
      const offence = `${relative(root, found.file)}: ${name} ${problem}`
      offences.set(offence, [...(offences.get(offence) ?? []), entry])
    }
  }
}

if (count === 0) throw new Error('no export was found; has the form of package.json changed?')
if (offences.size > 0) {
  for (const [offence, from] of offences) console.error(`${offence} (${from.join(', ')})`)
  process.exit(1)
}
console.log(`${count} exports have a sentence of their own, and its functions an example`)
