/**
 * The example of an existing table, on a database of its own: what its README promises.
 */
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { eq } from 'drizzle-orm'
import { Hono } from 'hono'
import { Pool } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createApp } from '../../examples/existing-table/app.ts'
import { createAuth } from '../../examples/existing-table/auth.ts'
import { openDatabase } from '../../examples/existing-table/db.ts'
import { members } from '../../examples/existing-table/tables.ts'
import { Browser } from '../support/browser.ts'
import { isReachable, postgres, postgresUrl } from '../support/services.ts'

const folder = join(import.meta.dirname, '../../examples/existing-table')
const read = (file: string) => readFileSync(join(folder, file), 'utf8')
const readme = read('README.md')

/** The text of the first fenced block of this language that contains the marker. */
function block(language: string, marker: string): string {
  const blocks = readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))
  const found = [...blocks].map(([, text = '']) => text).find((text) => text.includes(marker))
  if (found === undefined) throw new Error(`the README has no ${language} block with '${marker}'`)
  return found.trim()
}

/** The doctor, as the README has somebody type it. */
function doctor(url: string) {
  const command = block('sh', 'npx crudauth doctor').match(/npx crudauth (doctor .+)/)?.[1] ?? ''
  const args = command.split(' ').map((word) => word.replace('"$DATABASE_URL"', url))
  const main = join(import.meta.dirname, '../../src/cli/main.ts')
  return spawnSync(process.execPath, [main, ...args], {
    encoding: 'utf8',
    cwd: join(import.meta.dirname, '../..'),
    env: { ...process.env, NODE_OPTIONS: '' },
  })
}

const passwords = {
  marta: 'harbour lights',
  Jonas: 'north wind 1987',
  old_tom: 'slow old boat',
  rico: 'never at home',
  ines: 'gone fishing',
}
type Name = keyof typeof passwords
const names = Object.keys(passwords) as Name[]

describe.runIf(await isReachable(postgres))('The example of an existing table', () => {
  const name = `crudauth_example_${randomBytes(4).toString('hex')}`
  const url = Object.assign(new URL(postgresUrl), { pathname: `/${name}` }).href
  const admin = new Pool({ connectionString: postgresUrl })
  const secret = 'a secret for tests, thirty-two bytes or more'
  let database: ReturnType<typeof openDatabase>
  let pool: Pool
  let app: ReturnType<typeof createApp>
  let visitors = 0

  const start = () => createApp({ db: database.db, secret, secureCookies: true })
  const sql = async (statement: string, values: unknown[] = []) =>
    (await pool.query(statement, values)).rows
  const rowOf = async (login: string) =>
    (await sql('select * from quayside.members where login = $1', [login]))[0]
  const allBut = (login: string) =>
    sql('select * from quayside.members where login <> $1 order by member_id', [login])

  /** Somebody new, from an address of their own. */
  function visitor(of: Pick<Hono, 'fetch'> = app): Browser {
    const peer = `198.51.100.${++visitors}`
    return new Browser(
      async (request) => of.fetch(request, { incoming: { socket: { remoteAddress: peer } } }),
      { peer },
    )
  }

  async function logIn(username: string, password: string) {
    const browser = visitor()
    const { status } = await browser.post('/login', { username, password })
    return { browser, status }
  }

  const json = async (answer: Promise<Response>) => (await answer).json()

  beforeAll(async () => {
    await admin.query(`create database ${name}`)
    database = openDatabase(url)
    pool = new Pool({ connectionString: url })
  })

  // Every test finds the table as the old application left it, migrated.
  beforeEach(async () => {
    await sql('drop schema if exists quayside cascade')
    await database.load()
    await database.migrate()
    app = start()
  })

  afterAll(async () => {
    await database?.close()
    await pool?.end()
    await admin.query(`drop database if exists ${name} with (force)`)
    await admin.end()
  })

  describe('before the migration', () => {
    beforeEach(async () => {
      await sql('drop schema quayside cascade')
      await database.load()
    })

    test('the doctor says what the README says', () => {
      const { status, stdout, stderr } = doctor(url)
      expect(stderr).toBe('')
      expect(stdout.trim()).toBe(block('text', 'quayside.members (postgresql)'))
      expect(status).toBe(1)
    })

    test('what migration.sql does to the table is what the doctor suggests', () => {
      const { stdout } = doctor(url)
      const statements = read('migration.sql').match(/^alter table .+;$/gm) ?? []
      expect(statements).toHaveLength(2)
      for (const statement of statements) expect(stdout).toContain(statement)
    })

    test('the migration leaves every row as it was, with an epoch of its own', async () => {
      const before = await sql('select * from quayside.members order by member_id')
      await database.migrate()
      const after = await sql('select * from quayside.members order by member_id')
      expect(after).toEqual(
        before.map((row) => ({ ...row, token_version: expect.any(Number) as number })),
      )
      const epochs = after.map(({ token_version: epoch }) => epoch as number)
      expect(new Set(epochs).size).toBe(epochs.length)
      expect(epochs.every((epoch) => epoch >= 0 && epoch <= 0x7fffffff)).toBe(true)
    })
  })

  test('after it the doctor finds everything that is needed', () => {
    const { status, stdout } = doctor(url)
    expect(stdout).not.toContain('BROKEN')
    expect(status).toBe(0)
  })

  test('processes that start at once load and migrate one time', async () => {
    await sql('drop schema quayside cascade')
    const ran = await Promise.all([1, 2, 3].map(() => database.load()))
    expect(ran.filter(Boolean)).toHaveLength(1)
    const migrated = await Promise.all([1, 2, 3].map(() => database.migrate()))
    expect(migrated.filter(Boolean)).toHaveLength(1)
    expect(await sql('select count(*)::int as rows from quayside.members')).toEqual([{ rows: 6 }])
  })

  test('the lines that the README explains are those of the configuration', () => {
    const section = readme.split('## The configuration')[1]?.split('\n## ')[0] ?? ''
    const lines = [...section.matchAll(/^\| `(.+?)` \|/gm)].map(([, code = '']) => code)
    expect(lines.length).toBeGreaterThan(10)
    for (const line of lines) expect(read('auth.ts')).toContain(line)
  })

  test.each([
    ['marta', '$P$'],
    ['Jonas', '$2y$'],
    ['old_tom', '$P$'],
  ] as const)(
    '%s logs in with the old password, and the hash %s… is replaced',
    async (login, start) => {
      const [before, others] = [await rowOf(login), await allBut(login)]
      expect(before.passwd.startsWith(start)).toBe(true)

      const { browser, status } = await logIn(login, passwords[login])
      expect(status).toBe(200)
      expect(await json(browser.get('/account'))).toMatchObject({
        fullName: before.full_name,
        berth: before.berth,
        passwordFormat: '$bcrypt-sha256$',
      })

      const after = await rowOf(login)
      expect(after.passwd).toMatch(/^\$bcrypt-sha256\$v=2,/)
      expect({ ...after, passwd: '' }).toEqual({ ...before, passwd: '' })
      expect(await allBut(login)).toEqual(others)

      expect((await logIn(login, passwords[login])).status).toBe(200)
      expect((await rowOf(login)).passwd).toBe(after.passwd)
      expect((await logIn(login, 'another one')).status).toBe(401)
    },
  )

  test('a wrong password replaces nothing', async () => {
    const before = await rowOf('marta')
    expect((await logIn('marta', 'Harbour lights')).status).toBe(401)
    expect(await rowOf('marta')).toEqual(before)
  })

  test('the old addresses log in in any case, logins in their own', async () => {
    expect((await logIn('marta.LIND@example.com', passwords.marta)).status).toBe(200)
    expect((await logIn('jonas', passwords.Jonas)).status).toBe(401)
  })

  test.each(['rico', 'ines'] as const)(
    '%s, banned or deleted, is refused like anybody unknown',
    async (login) => {
      const before = await rowOf(login)
      const right = await visitor().post('/login', { username: login, password: passwords[login] })
      const unknown = await visitor().post('/login', { username: 'nobody', password: 'whatever' })
      expect(right.status).toBe(401)
      expect(await right.text()).toBe(await unknown.text())
      expect(await rowOf(login)).toEqual(before)
    },
  )

  test.each(['', ' ', '!'])('a row without a password is nobody: %j', async (password) => {
    expect((await logIn('kiosk', password)).status).not.toBe(200)
  })

  test('its owner sets one, after a proof of the application’s own', async () => {
    const auth = createAuth({ db: database.db, secret, secureCookies: true })
    const [kiosk] = await database.db.select().from(members).where(eq(members.login, 'kiosk'))
    if (!kiosk) throw new Error('legacy.sql has no kiosk')
    const ownRoute = new Hono().route('/', auth.router).post('/let-in', async (c) => {
      await auth.sessions.create(c, kiosk)
      return c.json({})
    })
    const owner = visitor(ownRoute)
    await owner.post('/let-in')
    const answer = await owner.post('/set-password', { new_password: 'ice cream and rope' })
    expect(answer.status).toBe(200)
    expect((await logIn('kiosk', 'ice cream and rope')).status).toBe(200)
  })

  test('a password that is changed in the old application opens this one', async () => {
    expect((await logIn('marta', passwords.marta)).status).toBe(200)
    const { passwd } = await rowOf('Jonas')
    await sql(`update quayside.members set passwd = $1 where login = 'marta'`, [passwd])
    expect((await logIn('marta', passwords.marta)).status).toBe(401)
    expect((await logIn('marta', passwords.Jonas)).status).toBe(200)
  })

  test.each([
    [`banned = 'Y'`, `banned = 'N'`],
    ['deleted_at = now()', 'deleted_at = null'],
  ])('what the old application does still holds: %s ends the session', async (off, on) => {
    const { browser } = await logIn('Jonas', passwords.Jonas)
    expect((await browser.get('/me')).status).toBe(200)
    await sql(`update quayside.members set ${off} where login = 'Jonas'`)
    expect((await browser.get('/me')).status).toBe(401)
    expect((await logIn('Jonas', passwords.Jonas)).status).toBe(401)
    await sql(`update quayside.members set ${on} where login = 'Jonas'`)
    expect((await logIn('Jonas', passwords.Jonas)).status).toBe(200)
  })

  test('the old flags open the gates', async () => {
    const gates = async (login: Name) => {
      const { browser } = await logIn(login, passwords[login])
      return [(await browser.get('/berths')).status, (await browser.get('/hashes')).status]
    }
    expect(await gates('marta')).toEqual([200, 200])
    expect(await gates('Jonas')).toEqual([200, 403])
    expect(await gates('old_tom')).toEqual([403, 403])
  })

  test('an administrator sees how far the hashes are', async () => {
    const { browser } = await logIn('marta', passwords.marta)
    const { hashes } = await json(browser.get('/hashes'))
    expect(new Map(hashes.map(({ format, rows }: never) => [format, rows]))).toEqual(
      new Map<unknown, unknown>([
        ['$P$', 1],
        ['$2y$', 1],
        ['$bcrypt-sha256$', 1],
        ['none', 1],
      ]),
    )
  })

  describe('registration', () => {
    const nina = {
      username: 'nina',
      email: 'Nina@Example.com',
      full_name: ' Nina Holt ',
      password: 'a mast and two sails',
    }

    test('makes a row that the old application would understand', async () => {
      const before = Math.floor(Date.now() / 1000)
      expect((await visitor().post('/register', nina)).status).toBe(200)
      const { joined, ...row } = await rowOf('nina')
      expect(joined).toBeGreaterThanOrEqual(before)
      expect(joined).toBeLessThanOrEqual(Date.now() / 1000)
      expect(row).toEqual({
        member_id: '7',
        login: 'nina',
        mail: 'nina@example.com',
        passwd: expect.stringMatching(/^\$bcrypt-sha256\$/),
        full_name: 'Nina Holt',
        berth: null,
        is_admin: 0,
        banned: 'N',
        ban_reason: null,
        confirmed_at: null,
        deleted_at: null,
        token_version: expect.any(Number),
      })
      expect((await logIn('nina', nina.password)).status).toBe(200)
    })

    test('fills in no column that it was not told to', async () => {
      const more = { is_admin: 1, isAdmin: 1, banned: 'Y', berth: 'A1', confirmed_at: '2020-01-01' }
      const { status } = await visitor().post('/register', { ...nina, ...more, joined: 1 })
      expect(status).toBe(200)
      const row = await rowOf('nina')
      expect(row).toMatchObject({ is_admin: 0, banned: 'N', berth: null, confirmed_at: null })
      expect(row.joined).not.toBe(1)
    })

    test.each([
      ['a login that is taken', { username: 'marta' }],
      ['an address that is taken, in another case', { email: 'marta.lind@example.COM' }],
      ['the address of somebody deleted', { email: 'ines@example.com' }],
      ['an empty name', { full_name: ' ' }],
      ['a login that is too long for its column', { username: 'n'.repeat(41) }],
      ['an address that is', { email: `${'n'.repeat(60)}@${'n'.repeat(56)}.com` }],
    ])('refuses %s', async (_, change) => {
      const before = await allBut('')
      expect((await visitor().post('/register', { ...nina, ...change })).status).toBe(422)
      expect(await allBut('')).toEqual(before)
    })
  })

  describe('sessions', () => {
    test('are listed and ended one by one, or all but one', async () => {
      const login = async () => (await logIn('marta', passwords.marta)).browser
      const { token_version: epoch } = (await rowOf('marta')) as { token_version: number }
      const [one, two, three] = [await login(), await login(), await login()]
      const list = await json(one.get('/sessions'))
      expect(list).toHaveLength(3)
      const current = (await json(two.get('/sessions'))).find(
        (session: { current: boolean }) => session.current,
      )
      expect((await one.call('DELETE', `/sessions/${current.session_id}`)).status).toBe(200)
      expect((await two.get('/me')).status).toBe(401)

      expect((await one.post('/logout-all?keep_current=true')).status).toBe(200)
      expect((await three.get('/me')).status).toBe(401)
      expect((await one.get('/me')).status).toBe(200)
      expect(await rowOf('marta')).toMatchObject({ token_version: epoch + 1 })
    })

    test('are in the database: a restart logs nobody out', async () => {
      const { browser } = await logIn('marta', passwords.marta)
      app = start()
      expect(await json(browser.get('/me'))).toMatchObject({ user_id: 1, username: 'marta' })
    })
  })

  test('no answer has a hash or a password in it', async () => {
    const { browser } = await logIn('marta', passwords.marta)
    const { passwd } = await rowOf('marta')
    for (const path of ['/me', '/account', '/berths', '/hashes', '/sessions']) {
      const text = await (await browser.get(path)).text()
      for (const secretText of [passwd, passwords.marta]) expect(text).not.toContain(secretText)
    }
  })

  test('the page, its script and its style are served', async () => {
    for (const path of ['/', '/page.js', '/forms.js', '/style.css', '/members.css', '/icon.svg']) {
      const answer = await visitor().get(path)
      expect(answer.status).toBe(200)
      expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'")
    }
  })

  test('the page knows the passwords of the rows', () => {
    for (const login of names) expect(read('public/page.js')).toContain(`'${passwords[login]}'`)
  })
})
