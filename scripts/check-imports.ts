/**
 * Imports point inward: `frameworks`, `databases` and other adapters import ports, features
 * import what they are made of and never each other, and the core imports no framework, ORM or
 * driver, not even as a type. Names every import that does otherwise.
 *
 * Takes the folder to check; without one, `src`.
 */
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { parseSync, Visitor } from 'oxc-parser'

const root = resolve(process.argv[2] ?? join(import.meta.dirname, '../src'))

/**
 * The rooms (folders of `src`, or files at its top) in rings, the innermost first. A room imports
 * its own ring and those further in, and nothing further out.
 */
const rings: readonly (readonly string[])[] = [
  [
    'afterwards',
    'crypto',
    'deadlines',
    'echo',
    'errors',
    'eventually',
    'events',
    'language',
    'listener',
    'options',
    'plain-text',
    'silence',
    'waiting-line',
  ],
  ['limits', 'passwords', 'principal', 'rows', 'storage', 'tokens', 'users'],
  ['gates', 'hooks', 'http', 'transport'],
  ['credentials', 'delivery', 'feature'],
  ['features', 'handles'],
  ['config', 'describe'],
  ['auth', 'auth-core'],
  ['index'],
]

/**
 * Rooms beside the rings: what implements a port for something outside, and what is run by hand.
 */
const adapters: Readonly<Record<string, readonly string[]>> = {
  databases: [
    'echo',
    'errors',
    'eventually',
    'options',
    'rows',
    'storage',
    'users',
    'features/api-keys/store',
  ],
  // The doctor constructs what it prints.
  cli: [
    'auth',
    'crypto',
    'databases/table',
    'errors',
    'features/session/session',
    'options',
    'passwords/other-systems',
    'users',
  ],
  frameworks: ['index', 'options'],
  parts: [
    'crypto',
    'errors',
    'events',
    'listener',
    'http/client-address',
    'limits',
    'options',
    'passwords',
    'storage',
    'tokens',
    'users',
  ],
  testing: [
    'delivery/channel',
    'delivery/inbox',
    'delivery/texts',
    'features/api-keys/store',
    'features/oauth/profile',
    'features/oauth/provider',
    'errors',
    'principal',
    'rows',
    'storage',
    'transport',
    'users',
  ],
}

/** Which packages each room may import; `node:` modules are free to all, but for `require`. */
const packages: Readonly<Record<string, readonly RegExp[]>> = {
  passwords: [/^@node-rs\/(argon2|bcrypt)$/],
  users: [/^@standard-schema\/spec$/],
  http: [/^@standard-schema\/spec$/, /^cookie$/, /^ipaddr\.js$/, /^zod$/, /^zod-openapi$/],
  tokens: [/^jose$/],
  parts: [/^jose$/],
  features: [/^@standard-schema\/spec$/, /^bowser$/, /^zod$/],
  'features/oauth': [/^ipaddr\.js$/, /^jose$/, /^oauth4webapi$/],
  frameworks: [/^hono$/],
  databases: [/^drizzle-orm(\/|$)/, /^kysely$/],
  // What the command line names: a module of the application, or the driver that it has.
  cli: [/^pathToFileURL\(resolve\(path\)\)\.href$/, /^specifier$/],
  'delivery/nodemailer.ts': [/^'nodemailer' as string$/],
  // Loaded when needed, by whichever is installed; as text, so that their types are not.
  'storage/redis': [/^'(@redis\/client|redis|ioredis|iovalkey)' as string$/],
}

/** What finds the application's packages, and loads none of them by `require`. */
const resolvesOnly = ['cli/doctor/connection.ts']

const offences: string[] = []
const files = globSync('**/*.ts', { cwd: root })
if (files.length === 0) offences.push(`there is nothing to check in ${root}`)

for (const file of files) {
  for (const specifier of importsOf(file)) {
    const offence = judge(file, specifier)
    if (offence) offences.push(`src/${file} imports '${specifier}': ${offence}`)
  }
}

/** What a file imports, in every way that TypeScript has, types included. */
function importsOf(file: string): ReadonlySet<string> {
  const source = readFileSync(join(root, file), 'utf8')
  const { program, errors, comments } = parseSync(file, source)
  const found = new Set<string>()
  for (const error of errors) offences.push(`src/${file} cannot be read: ${error.message}`)
  for (const { value } of comments) {
    const referenced = /^\/\s*<reference\s+(?:types|path)\s*=\s*["']([^"']+)/.exec(value)?.[1]
    if (referenced) found.add(referenced)
  }
  new Visitor({
    ImportDeclaration: (node) => void found.add(node.source.value),
    ExportAllDeclaration: (node) => void found.add(node.source.value),
    ExportNamedDeclaration: (node) => void (node.source && found.add(node.source.value)),
    // What is computed is named as it is written, and so allowed nowhere.
    ImportExpression: ({ source: asked }) =>
      void found.add(
        asked.type === 'Literal' && typeof asked.value === 'string'
          ? asked.value
          : source.slice(asked.start, asked.end),
      ),
    TSImportType: (node) => void found.add(node.source.value),
    TSExternalModuleReference: (node) => void found.add(node.expression.value),
    TSModuleDeclaration: ({ id }) => void (id.type === 'Literal' && found.add(id.value)),
  }).visit(program)
  return found
}

function judge(file: string, specifier: string): string | null {
  const from = roomOf(file)
  if (!specifier.startsWith('.')) {
    if (specifier === 'node:module' && !resolvesOnly.includes(file)) {
      return 'what require loads cannot be checked'
    }
    if (specifier.startsWith('node:')) return null
    const own = [...(packages[from] ?? []), ...(packages[adapterOf(file)] ?? [])]
    const allowed = own.some((pattern) => pattern.test(specifier))
    return allowed ? null : `${from} may not import this package`
  }
  const target = relative(root, join(root, dirname(file), specifier))
  const to = roomOf(target)
  if (from === to) {
    return from === 'features' && featureOf(file) !== featureOf(target)
      ? 'a feature may not import another'
      : null
  }
  const allowed = adapters[from]
  const isPort = allowed?.some((one) => target === `${one}.ts` || target.startsWith(`${one}/`))
  if (allowed) return allowed.includes(to) || isPort ? null : `${from} may not import ${to}`
  const [ring, other] = [ringOf(from), ringOf(to)]
  if (ring < 0)
    return `${from} is a new room; say in ${relative('.', import.meta.filename)} where it belongs`
  return other >= 0 && other <= ring ? null : `${from} may not import ${to}`
}

function ringOf(room: string): number {
  return rings.findIndex((ring) => ring.includes(room))
}

function roomOf(file: string): string {
  const [room = '', ...rest] = file.split('/')
  return rest.length === 0 ? room.replace(/\.ts$/, '') : room
}

/** The folder beside a port that holds one of its adapters. */
function adapterOf(file: string): string {
  return file.split('/').slice(0, 2).join('/')
}

function featureOf(file: string): string | undefined {
  return file.split('/')[1]
}

if (offences.length > 0) {
  console.error(offences.join('\n'))
  process.exit(1)
}
console.log(`imports point inward in ${files.length} files`)
