/**
 * Imports point inward: `frameworks`, `databases` and other adapters import ports, features
 * import what they are made of and never each other, and the core imports no framework, ORM or
 * driver, not even as a type. Names every import that does otherwise.
 */
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { parseSync } from 'oxc-parser'

const root = join(import.meta.dirname, '../src')

/** Which rooms (folders of `src`, or files at its top) each room may import. */
const rooms: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  crypto: [],
  events: [],
  principal: ['users'],
  hooks: ['errors', 'events', 'http', 'users'],
  gates: ['errors', 'http', 'principal', 'transports', 'users'],
  credentials: ['crypto', 'errors', 'events', 'http', 'limits', 'passwords', 'users'],
  users: ['errors', 'principal'],
  passwords: ['crypto', 'errors'],
  storage: ['errors', 'events', 'users'],
  limits: ['crypto', 'errors', 'events', 'storage', 'users'],
  http: ['errors', 'events', 'gates', 'limits', 'principal', 'transports', 'users'],
  transports: ['crypto', 'errors', 'events', 'http', 'principal', 'storage', 'users'],
  features: [
    'credentials',
    'crypto',
    'errors',
    'events',
    'gates',
    'hooks',
    'http',
    'limits',
    'passwords',
    'principal',
    'storage',
    'transports',
    'users',
  ],
  databases: ['errors', 'users'],
  frameworks: ['index'],
  testing: ['storage', 'users'],
  config: [
    'crypto',
    'errors',
    'events',
    'hooks',
    'http',
    'limits',
    'passwords',
    'storage',
    'transports',
    'users',
  ],
  auth: ['*'],
  index: ['*'],
}

/** Which packages each room may import; `node:` modules are free to all. */
const packages: Readonly<Record<string, readonly RegExp[]>> = {
  passwords: [/^@node-rs\/bcrypt$/],
  http: [/^cookie$/, /^ipaddr\.js$/, /^zod$/, /^zod-openapi$/, /^hono\/router\//],
  transports: [/^bowser$/],
  features: [/^zod$/],
  frameworks: [/^hono$/],
  databases: [/^drizzle-orm(\/|$)/],
}

const offences: string[] = []
const files = globSync('**/*.ts', { cwd: root })

for (const file of files) {
  const { module } = parseSync(file, readFileSync(join(root, file), 'utf8'))
  const specifiers = [
    ...module.staticImports.map((one) => one.moduleRequest.value),
    ...module.staticExports.flatMap((one) =>
      one.entries.flatMap(({ moduleRequest }) => (moduleRequest ? [moduleRequest.value] : [])),
    ),
    ...module.dynamicImports.map(({ moduleRequest }) =>
      readFileSync(join(root, file), 'utf8')
        .slice(moduleRequest.start, moduleRequest.end)
        .replace(/^['"`]|['"`]$/g, ''),
    ),
  ]
  for (const specifier of new Set(specifiers)) {
    const offence = judge(file, specifier)
    if (offence) offences.push(`src/${file} imports '${specifier}': ${offence}`)
  }
}

function judge(file: string, specifier: string): string | null {
  const from = roomOf(file)
  if (!specifier.startsWith('.')) {
    if (specifier.startsWith('node:')) return null
    const allowed = packages[from]?.some((pattern) => pattern.test(specifier))
    return allowed ? null : `${from} may not import this package`
  }
  const target = relative(root, join(root, dirname(file), specifier))
  const to = roomOf(target)
  if (from === to) {
    return from === 'features' && featureOf(file) !== featureOf(target)
      ? 'a feature may not import another'
      : null
  }
  const allowed = rooms[from]
  if (!allowed)
    return `${from} is a new room; say in ${relative('.', import.meta.filename)} what it may import`
  return allowed.includes(to) || allowed.includes('*') ? null : `${from} may not import ${to}`
}

function roomOf(file: string): string {
  const [room = '', ...rest] = file.split('/')
  return rest.length === 0 ? room.replace(/\.ts$/, '') : room
}

function featureOf(file: string): string | undefined {
  return file.split('/')[1]
}

if (offences.length > 0) {
  console.error(offences.join('\n'))
  process.exit(1)
}
console.log(`imports point inward in ${files.length} files`)
