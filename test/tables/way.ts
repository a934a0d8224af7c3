/**
 * The whole way of somebody who has a table: the doctor, what the query builder's own tool makes of
 * the database, and what the doctor printed, pasted over it.
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import Database from 'better-sqlite3'
import { createConnection } from 'mysql2/promise'
import { Client } from 'pg'
import { doctor } from '../../src/cli/doctor/doctor.ts'
import { pulledSchema } from '../support/prisma-pull.ts'
import { mysqlUrl, postgresUrl } from '../support/services.ts'
import type { Expectation } from './expectations.ts'
import type { Orm } from './results.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')
const tools = join(root, 'integration/tables/node_modules/.bin')
const prismaTools = join(root, 'integration/prisma/node_modules/.bin')

/** The query builders of this run: Prisma has a project of its own, whose packages it needs. */
export const orms: readonly Orm[] =
  process.env['TABLES_OVER'] === 'prisma' ? ['prisma'] : ['drizzle', 'kysely']

/**
 * A project of nobody's, whose sources see the packages of the repository, or those of Prisma's.
 */
export const generated: string = join(
  root,
  orms.includes('prisma')
    ? 'integration/prisma/generated/tables'
    : 'integration/application/generated',
)

export const hasTools: boolean = existsSync(
  orms.includes('prisma') ? join(prismaTools, 'prisma') : join(tools, 'drizzle-kit'),
)

export interface Place {
  readonly url: string
  readonly dialect: 'postgresql' | 'mysql' | 'sqlite'
  exec(sql: string): Promise<void>
  rows(sql: string): Promise<Record<string, unknown>[]>
  close(): Promise<void>
}

export async function placeFor({ file }: Expectation, mark: string): Promise<Place> {
  const name = `crudauth_${mark}_${file}`
  const place = file.startsWith('pg_')
    ? await inPostgres(name)
    : file.startsWith('my_')
      ? await inMysql(name)
      : inSqlite(name)
  await place.exec(readFileSync(join(import.meta.dirname, 'sql', `${file}.sql`), 'utf8'))
  return place
}

async function inPostgres(name: string): Promise<Place> {
  await withClient(postgresUrl, (client) => client.query(`create database ${name}`))
  const url = Object.assign(new URL(postgresUrl), { pathname: `/${name}` }).href
  return {
    url,
    dialect: 'postgresql',
    exec: async (sql) => void (await withClient(url, (client) => client.query(sql))),
    rows: async (sql) => (await withClient(url, (client) => client.query(sql))).rows,
    close: async () =>
      void (await withClient(postgresUrl, (client) =>
        client.query(`drop database ${name} with (force)`),
      )),
  }
}

/** Not kept: there are many places, and a server has a hundred connections. */
async function withClient<Value>(
  url: string,
  work: (client: Client) => Promise<Value>,
): Promise<Value> {
  const client = new Client(url)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

async function inMysql(name: string): Promise<Place> {
  const connection = await createConnection({ uri: mysqlUrl, multipleStatements: true })
  await connection.query(`create database ${name}; use ${name}`)
  return {
    url: Object.assign(new URL(mysqlUrl), { pathname: `/${name}` }).href,
    dialect: 'mysql',
    exec: async (sql) => void (await connection.query(sql)),
    rows: async (sql) => (await connection.query(sql))[0] as Record<string, unknown>[],
    async close() {
      await connection.query(`drop database ${name}`)
      await connection.end()
    },
  }
}

function inSqlite(name: string): Place {
  mkdirSync(generated, { recursive: true })
  const url = join(generated, `${name}.db`)
  const sqlite = new Database(url)
  return {
    url,
    dialect: 'sqlite',
    exec: async (sql) => void sqlite.exec(sql),
    rows: async (sql) => sqlite.prepare(sql).all() as Record<string, unknown>[],
    async close() {
      sqlite.close()
      rmSync(url)
    },
  }
}

export interface Mends {
  readonly top: readonly string[]
  readonly tables: readonly {
    readonly name: string
    readonly lines: Readonly<Record<string, string>>
    readonly additions: Readonly<Record<string, string>>
    readonly keys: readonly string[]
  }[]
}

/** What the doctor says, for programs. */
export interface Report {
  readonly ready: boolean
  readonly map: Readonly<Record<string, { readonly column: string }>>
  readonly features: readonly {
    readonly name: string
    readonly status: string
    readonly troubles: readonly Readonly<Record<string, unknown>>[]
  }[]
  readonly conditions: readonly { readonly column: string }[]
  readonly decisions: readonly { readonly column: string }[]
  readonly losses: readonly string[]
  readonly problems: readonly string[]
  readonly notes: readonly string[]
  readonly code: string
  readonly mends: Mends | null
  readonly migration: string
}

const nothing = { letIn: {}, ignored: [] }

export async function look(
  place: Place,
  { table, said = {} }: Pick<Expectation, 'table' | 'said'>,
  orm: Orm,
): Promise<{ readonly report: Report; readonly text: string; readonly exitCode: number }> {
  const options = {
    database: place.url,
    table,
    columns: said.columns ?? {},
    tenant: said.tenant,
    decided: { ...nothing, ...said },
    orm,
    format: 'sql',
    strict: false,
  } as const
  const { output } = await doctor({ ...options, json: true })
  const { output: text, exitCode } = await doctor({ ...options, json: false })
  return { report: JSON.parse(output) as Report, text, exitCode }
}

/** The folder in which a module of the application stands, as somebody would have it. */
export async function paste(
  place: Place,
  { file }: Expectation,
  orm: Orm,
  report: Report,
): Promise<string> {
  const folder = join(generated, file, orm)
  mkdirSync(folder, { recursive: true })
  const made = { drizzle: pulled, kysely: codegen, prisma: generatedClient }[orm]
  await made(place, folder, report.mends)
  writeFileSync(join(folder, 'auth.ts'), `${report.code}\n`)
  writeFileSync(join(folder, 'quick.ts'), `${quick(report.code)}\n`)
  return folder
}

async function pulled(place: Place, folder: string, mends: Mends | null): Promise<void> {
  const config = join(folder, 'drizzle.config.json')
  writeFileSync(
    config,
    JSON.stringify({
      dialect: place.dialect,
      dbCredentials: { url: place.url },
      out: folder,
      ...(place.dialect === 'postgresql' ? { schemaFilter: ['public', 'core', 'auth'] } : {}),
    }),
  )
  await run(process.execPath, [join(tools, 'drizzle-kit'), 'pull', '--config', config], {
    cwd: root,
    timeout: 60_000,
  })
  const path = join(folder, 'schema.ts')
  writeFileSync(path, mended(readFileSync(path, 'utf8'), mends))
  const open = {
    postgresql: `import { drizzle } from 'drizzle-orm/node-postgres'\n\nconst connection = { connectionString: '${place.url}', max: 2, idleTimeoutMillis: 500 }\nexport const db = drizzle({ connection })\ndb.$client.on('error', () => undefined)\n`,
    mysql: `import { drizzle } from 'drizzle-orm/mysql2'\n\nexport const db = drizzle('${place.url}')\n`,
    sqlite: `import { drizzle } from 'drizzle-orm/better-sqlite3'\n\nexport const db = drizzle('${place.url}')\n`,
  }[place.dialect]
  writeFileSync(join(folder, 'db.ts'), open)
}

/** The lines that the doctor says, in place of those that were pulled, each in its table. */
function mended(schema: string, mends: Mends | null): string {
  if (mends === null) return schema
  const parts = schema.split(/^(?=export const )/m).map((part) => {
    const of = mends.tables.find(({ name }) => part.startsWith(`export const ${name} = `))
    return of ? mendedTable(part, of) : part
  })
  const text = parts.join('')
  const end = text.indexOf('\n\n')
  return `${text.slice(0, end)}\n${mends.top.join('\n')}\n${text.slice(end)}`
}

function mendedTable(table: string, { lines, additions, keys }: Mends['tables'][number]): string {
  let text = table
  const each = (property: string, mend: (line: string) => string) => {
    text = text
      .split('\n')
      .map((one) => (one.trimStart().startsWith(`${property}: `) ? mend(one) : one))
      .join('\n')
  }
  for (const [property, line] of Object.entries(lines))
    each(property, () => `\t${property}: ${line},`)
  for (const [property, addition] of Object.entries(additions)) {
    each(property, (one) => one.replace(/,$/, `${addition},`))
  }
  for (const key of keys) text = text.replace('(table) => [', `(table) => [\n\t${key},`)
  return text
}

async function codegen(place: Place, folder: string): Promise<void> {
  const dialect = { postgresql: 'postgres', mysql: 'mysql', sqlite: 'sqlite' }[place.dialect]
  await run(
    process.execPath,
    [
      join(tools, 'kysely-codegen'),
      '--dialect',
      dialect,
      '--url',
      place.url,
      '--out-file',
      join(folder, 'types.ts'),
    ],
    { cwd: root, timeout: 60_000 },
  )
  const [imports, made] = {
    postgresql: [
      `import { Kysely, PostgresDialect } from 'kysely'\nimport { Pool } from 'pg'`,
      `new PostgresDialect({ pool: new Pool({ connectionString: '${place.url}', max: 2, idleTimeoutMillis: 500 }).on('error', () => undefined) })`,
    ],
    mysql: [
      `import { Kysely, MysqlDialect } from 'kysely'\nimport { createPool } from 'mysql2'`,
      `new MysqlDialect({ pool: createPool('${place.url}') })`,
    ],
    sqlite: [
      `import Database from 'better-sqlite3'\nimport { Kysely, SqliteDialect } from 'kysely'`,
      `new SqliteDialect({ database: new Database('${place.url}') })`,
    ],
  }[place.dialect] as [string, string]
  writeFileSync(
    join(folder, 'db.ts'),
    `${imports}\nimport type { DB } from './types.ts'\n\nexport const db = new Kysely<DB>({ dialect: ${made} })\n`,
  )
}

async function generatedClient(place: Place, folder: string, mends: Mends | null): Promise<void> {
  const schema = join(folder, 'schema.prisma')
  const text = await pulledSchema(place.dialect, place.rows)
  writeFileSync(schema, mendedModel(text, mends))
  await run(join(prismaTools, 'prisma'), ['generate', '--schema', schema], {
    cwd: root,
    timeout: 60_000,
    // No engine is downloaded: generating asks for its path only.
    env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: '/bin/true' },
  })
  const [imports, adapter] = {
    postgresql: [
      `import { PrismaPg } from '@prisma/adapter-pg'`,
      `new PrismaPg({ connectionString: '${place.url}', max: 2, idleTimeoutMillis: 500 })`,
    ],
    sqlite: [
      `import { PrismaBetterSqlite3 } from '@prisma/adapter-better-sqlite3'`,
      `new PrismaBetterSqlite3({ url: 'file:${place.url}' })`,
    ],
  }[place.dialect as 'postgresql' | 'sqlite'] as [string, string]
  writeFileSync(
    join(folder, 'prisma.ts'),
    `${imports}\nimport { PrismaClient } from './client/client.ts'\n\nexport const prisma = new PrismaClient({ adapter: ${adapter} })\n`,
  )
}

/** With the lines of fields that the doctor says, each in its model. */
function mendedModel(schema: string, mends: Mends | null): string {
  const parts = schema.split(/^(?=model )/m).map((part) => {
    const of = mends?.tables.find(({ name }) => part.startsWith(`model ${name} {`))
    return Object.entries(of?.lines ?? {}).reduce(
      (text, [property, line]) =>
        text.replace(new RegExp(`^  ${property} .*$`, 'm'), `  ${property} ${line}`),
      part,
    )
  })
  return parts.join('')
}

/** The same module with cheap hashes and without limits of registration, to be run. */
function quick(code: string): string {
  const cheap = code
    .replace('bcrypt()', 'bcrypt({ cost: 4 })')
    .replace('django()', 'django({ iterations: 1000 })')
    .replace('passwords: { adopt', 'passwords: { cost: 4, adopt')
  const passwords = cheap.includes('passwords: {') ? '' : '  passwords: { cost: 4 },\n'
  return cheap.replace(
    '  transports: [session()],\n',
    `  transports: [session()],\n  rateLimits: { register: { times: 0, seconds: 1 } },\n  onEvent: (event: { name: string; error?: unknown }) => { if (event.name === 'request.failed') console.error(event.error) },\n${passwords}`,
  )
}

/** Compiles all that was pasted in one run; what is wrong, by folder. */
export async function compiled(folders: readonly string[]): Promise<ReadonlyMap<string, string[]>> {
  const config = join(generated, 'tsconfig.json')
  writeFileSync(
    config,
    JSON.stringify({
      extends: join(root, 'tsconfig.test.json'),
      compilerOptions: {
        noEmit: true,
        noUnusedLocals: false,
        noUnusedParameters: false,
        // As applications have it, and as drizzle-kit expects it.
        exactOptionalPropertyTypes: false,
        noPropertyAccessFromIndexSignature: false,
        verbatimModuleSyntax: false,
      },
      include: folders.map((folder) => join(folder, '*.ts')),
      exclude: ['**/relations.ts', '**/quick.ts'],
    }),
  )
  const { stdout } = await run(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', config],
    {
      cwd: root,
      timeout: 300_000,
      maxBuffer: 64 * 1024 * 1024,
    },
  ).catch((error: { stdout: string }) => error)
  const errors = stdout.split('\n').filter((line) => / error TS/.test(line))
  return new Map(
    folders.map((folder) => {
      const name = folder.slice(root.length + 1)
      return [folder, errors.filter((line) => line.includes(`${name}/`))]
    }),
  )
}
