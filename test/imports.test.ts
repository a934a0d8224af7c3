import { describe, expect, test } from 'vitest'
import { notesOf, source } from './support/loaded.ts'

/** The packages that an entry loads. */
const packagesOf = (files: readonly string[]) =>
  new Set(
    files
      .filter((file) => !/^(?:src\/|node:)/.test(file))
      .map((file) => /^(@[^/]+\/)?[^/]+/.exec(file)?.[0]),
  )

const importing = (file: string) => notesOf(`await import('${source(file)}')`)

const table = {
  postgresql: `
    const { pgTable } = await import('drizzle-orm/pg-core')
    const { authUserColumns } = await import('${source('databases/drizzle-postgres.ts')}')
    const users = pgTable('users', authUserColumns())
    const db = (await import('drizzle-orm/node-postgres')).drizzle.mock()`,
  sqlite: `
    const { sqliteTable } = await import('drizzle-orm/sqlite-core')
    const { authUserColumns } = await import('${source('databases/drizzle-sqlite.ts')}')
    const users = sqliteTable('users', authUserColumns())
    const db = (await import('drizzle-orm/better-sqlite3')).drizzle.mock()`,
}

/** A program up to the point where it has a user store. */
const withUsers = (dialect: keyof typeof table) => `${table[dialect]}
    const { drizzleUsers } = await import('${source('databases/drizzle.ts')}')
    const users_ = drizzleUsers(db, users)
    const { crudAuth } = await import('${source('index.ts')}')
    const { session } = await import('${source('index.ts')}')
    const { bearer } = await import('${source('index.ts')}')
`

describe('importing crudauth', () => {
  const { files, native, drawn, timers } = importing('index.ts')
  const packages = packagesOf(files)

  test('loads no native code', () => {
    expect(native).toEqual([])
    expect([...packages].filter((name) => name?.startsWith('@node-rs/'))).toEqual([])
  })

  test('loads no framework, no query builder and no maker of documents', () => {
    for (const name of ['hono', 'drizzle-orm', 'kysely', 'zod-openapi', 'jose']) {
      expect(packages).not.toContain(name)
    }
    // So that the line above can fail: what it does need is among them.
    expect(packages).toContain('cookie')
  })

  test('draws nothing random and starts no timer', () => {
    expect({ drawn, timers }).toEqual({ drawn: 0, timers: 0 })
  })
})

test('importing crudauth/hono and crudauth/drizzle loads four packages beside Hono and Drizzle', () => {
  const { files } = notesOf(`
    await import('${source('frameworks/hono.ts')}')
    await import('${source('databases/drizzle.ts')}')`)
  expect([...packagesOf(files)].sort()).toEqual([
    'bowser',
    'cookie',
    'drizzle-orm',
    'hono',
    'ipaddr.js',
    'zod',
  ])
})

describe('importing crudauth/oauth', () => {
  const { files, native, drawn, timers } = importing('features/oauth/index.ts')

  test('loads the client of the protocol, and no native code', () => {
    expect(packagesOf(files)).toContain('oauth4webapi')
    expect(native).toEqual([])
  })

  test('draws nothing random and starts no timer', () => {
    expect({ drawn, timers }).toEqual({ drawn: 0, timers: 0 })
  })
})

describe('importing crudauth/hashes', () => {
  test('loads no native code', () => {
    const { files, native } = importing('passwords/other-systems/index.ts')
    expect(native).toEqual([])
    expect(packagesOf(files)).toEqual(new Set())
  })
})

describe('importing crudauth/drizzle', () => {
  const cores = (files: readonly string[]) =>
    files.filter((file) => /^drizzle-orm\/\w+-core\//.test(file))

  // Drizzle's own sql loads a handful of files of its first dialect; nobody can use it without.
  const inevitable = new Set(cores(notesOf("await import('drizzle-orm/sql')").files))

  test('loads no dialect', () => {
    const { files, native } = importing('databases/drizzle.ts')
    expect(cores(files).filter((file) => !inevitable.has(file))).toEqual([])
    expect(files).not.toContain('drizzle-orm/index.js')
    expect(native).toEqual([])
    expect(inevitable.size).toBeLessThan(10)
  })

  test('opens a table with the dialect that the application loaded for it, and with no other', () => {
    const { files } = notesOf(withUsers('sqlite'))
    expect(files).toContain('drizzle-orm/sqlite-core/index.js')
    expect(files).not.toContain('drizzle-orm/pg-core/index.js')
    expect(files).not.toContain('drizzle-orm/mysql-core/index.js')
  })

  test.each([
    ['postgres', 'pg-core'],
    ['mysql', 'mysql-core'],
    ['sqlite', 'sqlite-core'],
  ])('crudauth/drizzle/%s loads its own dialect only', (entry, core) => {
    const { files } = importing(`databases/drizzle-${entry}.ts`)
    const loaded = ['pg-core', 'mysql-core', 'sqlite-core'].filter((one) =>
      files.includes(`drizzle-orm/${one}/index.js`),
    )
    expect(loaded).toEqual([core])
  })
})

describe('constructing', () => {
  const configuration = `{
    users: users_,
    secret: 'a secret of thirty-two bytes or more, as it should be',
    transports: [session(), bearer()],
    onEvent() {},
  }`

  test('loads no native code, draws nothing random and starts no timer', () => {
    const { native, drawn, timers } = notesOf(`${withUsers('postgresql')}
      const { laravel, wordpress, firebaseScrypt } = await import('${source('passwords/other-systems/index.ts')}')
      notes.drawn = notes.timers = 0
      crudAuth({ ...${configuration}, passwords: { adopt: [laravel(), wordpress()] } })`)
    expect({ native, drawn, timers }).toEqual({ native: [], drawn: 0, timers: 0 })
  })

  test('without a secret draws that one, and nothing else', () => {
    const { drawn } = notesOf(`${withUsers('postgresql')}
      notes.drawn = 0
      crudAuth({ ...${configuration}, secret: undefined })`)
    expect(drawn).toBe(1)
  })

  test('leaves bcrypt to the first password, or to init', () => {
    const { native, said } = notesOf(`${withUsers('postgresql')}
      const auth = crudAuth(${configuration})
      const before = notes.native.length
      await auth.init()
      say(before)`)
    expect(said).toBe(0)
    expect(native).toEqual([expect.stringContaining('bcrypt')])
  })
})

describe('where bcrypt cannot be loaded', () => {
  // As npm leaves it behind with --omit=optional, or when node_modules was copied from elsewhere.
  const broken = `
    registerHooks({
      resolve(specifier, context, next) {
        if (specifier === '@node-rs/bcrypt') throw new Error('Failed to load native binding')
        return next(specifier, context)
      },
    })`
  const program = (use: string) => `${broken}
    ${withUsers('sqlite')}
    const { createTable } = await import('${new URL('support/create-table.ts', import.meta.url).href}')
    const { default: Database } = await import('better-sqlite3')
    const sqlite = new Database(':memory:')
    createTable(sqlite, users)
    const { drizzle } = await import('drizzle-orm/better-sqlite3')
    const events = []
    const auth = crudAuth({
      users: drizzleUsers(drizzle(sqlite), users),
      transports: [session()],
      secret: 'a secret of thirty-two bytes or more, as it should be',
      onEvent: (event) => events.push({ ...event, error: event.error?.message }),
    })
    ${use}`
  const advice =
    /@node-rs\/bcrypt cannot be loaded on \w+-\w+ \(Failed to load native binding\).*npm install @node-rs\/bcrypt/

  test('init() rejects with the package, the platform and what to do', () => {
    const { said } = notesOf(program('say(await auth.init().then(() => null, (e) => e.message))'))
    expect(said).toMatch(advice)
  })

  test('the first registration is a 500, and the event says the same', () => {
    const { said } = notesOf(
      program(`
        const answer = await auth.fetch(new Request('http://localhost/register', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ email: 'ann@example.com', username: 'ann', password: 'correct horse battery' }),
        }), { peer: '192.0.2.1' })
        say({ status: answer.status, events })`),
    )
    const { status, events } = said as { status: number; events: { error?: string }[] }
    expect(status).toBe(500)
    expect(events.map(({ error }) => error)).toContainEqual(expect.stringMatching(advice))
  })
})
