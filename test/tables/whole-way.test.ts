/**
 * Every table through the whole way, over Drizzle and Kysely here, and over Prisma in
 * integration/prisma: what the doctor prints is pasted over what the query builder's own tool makes
 * of the database, compiles, starts, and people register, log in, change their password, are locked
 * out, and stay out where they were kept out.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { hashSync } from '@node-rs/bcrypt'
import { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { Browser } from '../support/browser.ts'
import { isReachable, mysql, postgres } from '../support/services.ts'
import { type Expectation, expectations } from './expectations.ts'
import { isTried, type Orm, partIn, partOf, type Result, readPage, writePart } from './results.ts'
import {
  compiled,
  generated,
  hasTools,
  look,
  orms,
  type Place,
  paste,
  placeFor,
  type Report,
} from './way.ts'

const isThere = { pg: await isReachable(postgres), my: await isReachable(mysql), lite: true }
const mark = randomBytes(4).toString('hex')

if (!hasTools && process.env['CI'] === 'true') {
  throw new Error('install what reads schemas: npm ci --prefix integration/tables')
}

const vectors: readonly { format: string; password: string; hash: string }[] = JSON.parse(
  readFileSync(new URL('../passwords/other-systems/vectors.json', import.meta.url), 'utf8'),
)
const systemVectors: typeof vectors = JSON.parse(
  readFileSync(new URL('../passwords/other-systems/system-vectors.json', import.meta.url), 'utf8'),
)
const password = 'correct horse'
const hashes: Readonly<Record<string, string>> = Object.fromEntries([
  ...['django', 'passlib', 'aspnet', 'wordpress'].map((format) => [
    format,
    vectors.find(
      (one) => one.format === format && one.password === password && !/^AHf/.test(one.hash),
    )?.hash ?? '',
  ]),
  ...['betterAuth', 'payload', 'gitea', 'keycloak'].map((format) => [
    format,
    systemVectors.find(
      (one) => one.format === format && one.password === password && !/argon2/.test(one.hash),
    )?.hash ?? '',
  ]),
  ['bcrypt', hashSync(password, { cost: 4 })],
])

/** One table over one query builder, as far as it was made. */
interface Way {
  readonly expectation: Expectation
  readonly orm: Orm
  place: Place
  first: Report
  report: Report
  exitCode: number
  text: string
  folder: string | null
}

/** For somebody who works at one of them. */
const only = process.env['ONLY_TABLES']?.split(',')
const ways = expectations
  .filter(({ file }) => only?.includes(file) ?? true)
  .filter(({ file }) => isThere[file.split('_')[0] as keyof typeof isThere])
  .flatMap((expectation) => orms.map((orm) => ({ expectation, orm }) as Way))
  .filter(({ expectation, orm }) => isTried(expectation, orm))
/** Whether nothing is left out: only then the page can be held against it. */
const isWhole =
  ways.length === expectations.flatMap((one) => orms.filter((orm) => isTried(one, orm))).length
if (!isWhole && only === undefined && process.env['CI'] === 'true') {
  throw new Error('a database does not answer: the page of tables cannot be held against it')
}
let errors: ReadonlyMap<string, string[]> = new Map()
const results: Result[] = []

async function prepare(way: Way): Promise<void> {
  const { expectation, orm } = way
  way.place = await placeFor(expectation, `${mark}_${orm}`)
  const { person, hash = 'bcrypt' } = expectation
  if (person) {
    const login = loginOf(expectation, 'Old')
    const { columns = [], text = hashes[hash] ?? '' } = severalColumns(hash)
    const filled = columns.reduce((sql, [name, value]) => sql.replaceAll(name, value), person)
    await way.place.exec(filled.replaceAll('$hash', text).replaceAll('$login', login))
  }
  way.first = (await look(way.place, { table: expectation.table }, orm)).report
  if (expectation.migrates) {
    const { migration } = (await look(way.place, expectation, orm)).report
    // A feature that is missing is a choice; what is broken has to be mended.
    const broken = way.first.features
      .filter(({ status }) => status === 'broken')
      .map(({ name }) => name)
    for (const part of migration.split(/^-- (?=\S+(?: \S+)?$)/m)) {
      if (broken.some((name) => part.startsWith(`${name}\n`)))
        await way.place.exec(part.replace(/^.*\n/, ''))
    }
  }
  const { report, exitCode, text } = await look(way.place, expectation, orm)
  Object.assign(way, { report, exitCode, text, folder: null })
  if (report.ready) way.folder = await paste(way.place, expectation, orm, report)
}

/** What a system has in several columns, out of the text that its format makes of them. */
function severalColumns(hash: string): {
  readonly columns?: readonly (readonly [string, string])[]
  readonly text?: string
} {
  const parts = (hashes[hash] ?? '').split('$')
  const [salt = '', text = ''] = parts.slice(-2)
  if (hash === 'payload' || hash === 'gitea') {
    const columns = [
      ['$salt', salt],
      ['$algorithm', parts.slice(2, -2).join('$')],
    ] as const
    return { columns, text }
  }
  if (hash !== 'keycloak') return {}
  const [algorithm, hashIterations] = (parts[2] ?? '').split(',i=')
  const credential = { hashIterations: Number(hashIterations), algorithm, additionalParameters: {} }
  return {
    columns: [['$algorithm', JSON.stringify(credential)]],
    text: JSON.stringify({ value: text, salt, additionalParameters: {} }),
  }
}

function loginOf({ byName }: Expectation, name: string): string {
  return byName ? name : `${name.toLowerCase()}@example.com`
}

describe.runIf(hasTools)('The whole way', () => {
  beforeAll(async () => {
    rmSync(generated, { recursive: true, force: true })
    vi.stubEnv('AUTH_SECRET', 'a secret for tests, thirty-two bytes or more')
    const waiting = [...ways]
    const work = async () => {
      for (let way = waiting.shift(); way; way = waiting.shift()) await prepare(way)
    }
    await Promise.all([work(), work()])
    const folders = ways.flatMap(({ folder }) => folder ?? [])
    errors = await compiled(folders)
  }, 600_000)

  afterAll(async () => {
    await Promise.all(ways.map(({ place }) => place?.close()))
    // Somebody may run tests of one name.
    if (results.length < ways.length) return
    const page = readPage()
    const part = partOf(page, results, orms, (one) => ways.some((way) => way.expectation === one))
    if (process.env['WRITE_TABLES']) writePart(part)
    else if (isWhole) expect(partIn(page)).toBe(part)
  }, 60_000)

  describe.each(ways.map((way) => [way.expectation.name, way.orm, way] as const))(
    '%s over %s',
    (_, orm, way) => {
      const { expectation } = way
      let tried = 0
      const { refused } = expectation
      const needed = refused !== undefined ? 1 : expectation.person ? 4 : 3
      afterAll(() => {
        const { name } = expectation
        const isTold = refused !== undefined && tried === needed
        const way = isTold ? 'not' : tried === needed ? 'whole' : 'failed'
        results.push({ name, orm, way })
      })

      test('the doctor says what is what, who is kept out, and what is lost', () => {
        const { report, first } = way
        const map = Object.fromEntries(
          Object.entries(report.map).map(([field, { column }]) => [field, column]),
        )
        expect({ map: expect.anything(), ...map }).toMatchObject(expectation.map)
        if (refused === undefined && expectation.elsewhere) {
          expect(map['hashedPassword']).toBe(expectation.elsewhere)
        }
        expect(report.conditions.map(({ column }) => column).sort()).toEqual(
          [...(expectation.where ?? [])].sort(),
        )
        for (const column of expectation.lost ?? [])
          expect(report.losses.join('\n')).toContain(column)
        expect(first.decisions.map(({ column }) => column)).toEqual(expectation.undecided ?? [])
        if (expectation.undecided) expect(first.ready).toBe(false)
        if (expectation.waits) {
          // Neither Kysely nor Prisma's client sees defaults.
          const waiting = orm === 'drizzle' ? 'new accounts wait' : 'new accounts do not wait'
          expect(report.notes.join('\n')).toContain(waiting)
        }
        if (refused !== undefined) expect(way.text).toContain(refused)
        else
          expect({ problems: report.problems, ready: report.ready }).toEqual({
            problems: [],
            ready: true,
          })
        expect(way.exitCode).toBe(refused === undefined ? 0 : 1)
        tried++
      })

      if (refused !== undefined) {
        return
      }

      test('what it prints compiles over what was pulled', () => {
        expect(errors.get(way.folder ?? '')).toEqual([])
        tried++
      })

      test('it starts, and people register, log in, change their password, and are locked out', async () => {
        const { browser, logIn, auth } = await started(way)
        const login = loginOf(expectation, 'New')
        const body = {
          password: 'a password of my own',
          ...(expectation.byName ? {} : { email: login }),
          ...('username' in expectation.map ? { username: 'New' } : {}),
        }
        const registered = await browser().post('/register', body)
        expect([registered.status, await registered.clone().text()]).toEqual([
          200,
          expect.anything(),
        ])
        if (expectation.waits && orm === 'drizzle') {
          expect((await logIn(login, body.password)).status).toBe(401)
          const tenant = expectation.said?.tenant ? { tenant: tenantOf(expectation) } : {}
          await auth.users.enable(await idOf(way, login), tenant)
        }
        const { client, status } = await logIn(login, body.password)
        expect(status).toBe(200)
        const me = (await (await client.get('/me')).json()) as { email: unknown; username: unknown }
        expect([me.email, me.username]).toContain(login)
        const changed = await client.post('/change-password', {
          current_password: body.password,
          new_password: 'another password of mine',
        })
        expect(changed.status).toBe(200)
        expect((await logIn(login, body.password)).status).toBe(401)
        expect((await logIn(login, 'another password of mine')).status).toBe(200)
        const stranger = browser()
        const answers = new Set<number>()
        for (let attempt = 0; attempt < 12; attempt++) {
          const answer = await stranger.post('/login', {
            username: login,
            password: `wrong ${attempt}`,
          })
          answers.add(answer.status)
        }
        expect([...answers]).toEqual([401, 429])
        tried++
      }, 60_000)

      if (!expectation.person) {
        return
      }

      test('people of before log in, and whoever is shut out stays out', async () => {
        const { logIn } = await started(way)
        const login = loginOf(expectation, 'Old')
        expect((await logIn(login, 'Correct horse')).status).toBe(401)
        const { client, status } = await logIn(login, password)
        expect(status).toBe(200)
        expect((await client.get('/me')).status).toBe(200)
        const before = await way.place.rows(`select * from ${quoted(way)}`)
        for (const statement of expectation.shutOut ?? []) {
          await way.place.exec(statement)
          expect([statement, (await client.get('/me')).status]).toEqual([statement, 401])
          expect([statement, (await logIn(login, password)).status]).toEqual([statement, 401])
          await restore(way, before)
          expect([statement, (await logIn(login, password)).status]).toEqual([statement, 200])
        }
        tried++
      }, 60_000)
    },
  )
})

interface Auth {
  mount(app: Hono): Hono
  readonly users: { enable(id: unknown, scope: object): Promise<unknown> }
}

async function started({ folder, expectation }: Way) {
  const { auth } = (await import(/* @vite-ignore */ join(folder ?? '', 'quick.ts'))) as {
    auth: Auth
  }
  const app = auth.mount(new Hono())
  const headers = { 'x-tenant': tenantOf(expectation) }
  const browser = () =>
    new Browser(async (request, peer) => {
      if (expectation.said?.tenant)
        for (const [name, value] of Object.entries(headers)) request.headers.set(name, value)
      return app.fetch(request, { incoming: { socket: { remoteAddress: peer } } })
    })
  return {
    auth,
    browser,
    async logIn(username: string, typed: string) {
      const client = browser()
      const { status } = await client.post('/login', { username, password: typed })
      return { client, status }
    },
  }
}

/** A tenant that people of before are of. */
function tenantOf({ numbersTenants }: Expectation): string {
  return numbersTenants ? '1' : 'a'
}

function quoted({ expectation, place }: Way): string {
  const mark = place.dialect === 'mysql' ? '`' : '"'
  return expectation.table
    .split('.')
    .map((part) => mark + part + mark)
    .join('.')
}

async function idOf(way: Way, login: string): Promise<unknown> {
  const { id, email, username } = way.report.map
  const rows = await way.place.rows(`select * from ${quoted(way)}`)
  const found = rows.find(
    (row) => row[email?.column ?? ''] === login || row[username?.column ?? ''] === login,
  )
  return found?.[id?.column ?? '']
}

/** The rows as they were, but for their hashes. */
async function restore(way: Way, before: readonly Record<string, unknown>[]): Promise<void> {
  const { place, report } = way
  const key = report.map['id']?.column ?? ''
  const mark = place.dialect === 'mysql' ? '`' : '"'
  const columns = [
    ...report.conditions.map(({ column }) => column),
    report.map['isActive']?.column,
  ].filter((one) => one !== undefined)
  for (const row of before) {
    for (const column of columns) {
      await place.exec(
        `update ${quoted(way)} set ${mark}${column}${mark} = ${sqlOf(row[column])} where ${mark}${key}${mark} = ${sqlOf(row[key])}`,
      )
    }
  }
}

function sqlOf(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (value instanceof Date) return `'${value.toISOString().slice(0, 19).replace('T', ' ')}'`
  return typeof value === 'string' ? `'${value}'` : String(value)
}
