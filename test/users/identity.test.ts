/**
 * Accounts of other shapes: which fields log in, in which form, and how the table spells them.
 */
import Database from 'better-sqlite3'
import { flag, timestampFlag, timestampUnset } from 'crudauth'
import { drizzleUsers } from 'crudauth/drizzle'
import { authUserColumns } from 'crudauth/drizzle/sqlite'
import { eq, isNull, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { integer, type SQLiteTable, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { describe, expect, test } from 'vitest'
import { application } from '../support/application.ts'
import { createTable } from '../support/create-table.ts'

const password = 'correct horse battery'

function open(...tables: SQLiteTable[]) {
  const sqlite = new Database(':memory:')
  for (const table of tables) createTable(sqlite, table)
  return { sqlite, db: drizzle(sqlite) }
}

describe('Identity: usernames alone', () => {
  const names = sqliteTable(
    'people',
    authUserColumns({ identifiers: ['username'], recovery: null, oauth: false }),
  )
  const start = (identity = {}) => {
    const { db } = open(names)
    const made = application({ users: drizzleUsers(db, names), identity })
    const register = (username: string) => made.browser().post('/register', { username, password })
    return { ...made, db, register }
  }

  test('register, log in and are somebody, without an address', async () => {
    const { register, logIn } = start()
    const answer = await register('ann')
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({ id: 1, email: null, username: 'ann' })
    expect(await logIn('ann')).toMatchObject({ status: 200, me: { username: 'ann', email: null } })
  })

  test.each([
    ['ｆｕｌｌ', 'full', 'full-width letters'],
    ['ﬁne', 'fine', 'a ligature'],
    ['cafe\u0301', 'caf\u00e9', 'a letter with its accent apart'],
    ['①', '1', 'a circled digit'],
  ])('%s is stored as %s: %s', async (typed, stored) => {
    const { db, register, logIn } = start()
    expect((await register(typed)).status).toBe(200)
    expect(db.select().from(names).get()).toMatchObject({ username: stored })
    expect((await register(stored)).status).toBe(422)
    for (const spelling of [typed, stored]) expect((await logIn(spelling)).status).toBe(200)
  })

  test.each([
    ['a joiner between letters', 'a\u200dnn'],
    ['text that runs backwards', 'a\u202enn'],
    ['a space in front', ' ann'],
    ['a space behind, of another kind', 'ann\u3000'],
    ['a code point that means nothing', 'ann\uffff'],
    ['a filler that is not seen', 'ann\u3164'],
    ['a selector of a variant', 'ann\ufe0f'],
    ['a pattern of no dots', 'ann\u2800'],
    ['the end of a line', 'ann\u2028bob'],
    ['an @ in small form', 'ann\ufe6bexample.com'],
    ['65 characters once it is canonical', '㎏'.repeat(33)],
  ])('%s is refused', async (_, username) => {
    const { register } = start()
    expect((await register(username)).status).toBe(422)
  })

  test('case tells two names apart', async () => {
    const { register, logIn } = start()
    expect((await register('Ann')).status).toBe(200)
    expect((await logIn('ann')).status).toBe(401)
    expect((await register('ann')).status).toBe(200)
  })

  test('by option it does not', async () => {
    const { register, logIn } = start({ ignoreCase: ['username'] })
    expect((await register('Ann')).status).toBe(200)
    expect((await register('aNN')).status).toBe(422)
    expect(await logIn('ANN')).toMatchObject({ status: 200, me: { username: 'ann' } })
  })

  test('the option names login fields only', () => {
    expect(() => start({ ignoreCase: ['usernames'] })).toThrow(
      "identity.ignoreCase names 'usernames', which is not a login field",
    )
  })

  test('a name that was stored before in another form still logs in', async () => {
    const { db, register, logIn } = start()
    await register('fine')
    db.update(names).set({ username: 'ﬁne' }).run()
    expect((await logIn('ﬁne')).status).toBe(200)
    expect((await logIn('fine')).status).toBe(401)
  })

  test('a gate on verified is refused, since there is nothing to verify', () => {
    const { auth } = start()
    expect(() => auth.currentUser({ verified: true })).toThrow('no recovery factor')
  })
})

describe('Identity: phone numbers', () => {
  const both = sqliteTable(
    'both',
    authUserColumns({ identifiers: ['username', 'phone'], recovery: null, oauth: false }),
  )
  const phones = sqliteTable(
    'people',
    authUserColumns({ identifiers: ['phone'], recovery: 'phone', oauth: false }),
  )
  const renamed = sqliteTable('people', {
    id: integer().primaryKey(),
    mobile: text().notNull().unique(),
    mobileOk: text({ enum: ['Y', 'N'] })
      .notNull()
      .default('N'),
    pw: text(),
  })
  const identity = { login: ['phone'], recovery: 'phone' }

  test('log in and recover, and are verified by their own flag', async () => {
    const { db } = open(phones)
    const { auth, app, browser, logIn } = application({ users: drizzleUsers(db, phones), identity })
    app.get('/proven', auth.currentUser({ verified: true }), (c) => c.text('yes'))
    const phone = '+43 660 1234567'
    expect((await browser().post('/register', { phone, password })).status).toBe(200)
    const { client } = await logIn(phone)
    expect((await client.get('/proven')).status).toBe(403)
    db.update(phones).set({ phoneVerified: true }).run()
    expect((await client.get('/proven')).status).toBe(200)
  })

  test('a taken one is told by its name', async () => {
    const { db } = open(phones)
    const { browser } = application({ users: drizzleUsers(db, phones), identity })
    await browser().post('/register', { phone: '1', password })
    const again = await browser().post('/register', { phone: '1', password })
    expect(again.status).toBe(422)
    expect(await again.json()).toMatchObject({ detail: 'Phone already taken' })
  })

  test('nobody takes somebody else’s number for a username', async () => {
    const { db } = open(both)
    const identity = { login: ['username', 'phone'], recovery: null }
    const { browser, logIn } = application({ users: drizzleUsers(db, both), identity })
    const register = async (username: string, phone: string) =>
      browser().post('/register', { username, phone, password })
    expect((await register('ann', '+43 660 1')).status).toBe(200)
    const taken = await register('+43 660 1', '+43 660 2')
    expect([taken.status, await taken.json()]).toMatchObject([
      422,
      { detail: 'Username already taken' },
    ])
    expect((await register('bob', 'ann')).status).toBe(422)
    expect(await logIn('+43 660 1')).toMatchObject({ status: 200, me: { username: 'ann' } })
    expect((await register('+43 660 3', '+43 660 3')).status).toBe(200)
  })

  const mapped = (db: ReturnType<typeof open>['db']) =>
    drizzleUsers(db, renamed, {
      columns: { hashedPassword: 'pw' },
      factors: {
        phone: 'mobile',
        phoneVerified: { property: 'mobileOk', codec: flag('Y', 'N') },
      },
    })

  test('columns of other names and spellings are mapped as factors', async () => {
    const { db } = open(renamed)
    const users = mapped(db)
    const { auth, app, browser, logIn } = application({ users, identity })
    app.get('/proven', auth.currentUser({ verified: true }), (c) => c.text('yes'))
    expect((await browser().post('/register', { phone: '1', password })).status).toBe(200)
    const { client } = await logIn('1')
    expect((await client.get('/proven')).status).toBe(403)
    db.update(renamed).set({ mobileOk: 'Y' }).run()
    expect((await client.get('/proven')).status).toBe(200)
  })

  test('the flag of a mapped factor is the library’s, by either name', () => {
    const { db } = open(renamed)
    const users = mapped(db)
    for (const name of ['mobileOk', 'phoneVerified']) {
      expect(() =>
        application({ users, identity, registration: { extraFields: [name as never] } }),
      ).toThrow(`'${name}', which`)
    }
  })

  test.each([
    [{ email: 'mobile' }, "factors.email is a field of crudauth's"],
    [{ phone: 'mobil' }, "factors.phone names 'mobil', which is not a column"],
    [{ phone: 'id' }, "factors.phone names 'id', which holds number; it must hold string"],
    [{ phoneVerified: 'mobileOk' }, 'or be read through a codec'],
  ])('%j is refused with what to write', (factors, message) => {
    const { db } = open(renamed)
    const { problems } = drizzleUsers(db, renamed, {
      columns: { hashedPassword: 'pw' },
      factors: factors as never,
    })
    expect(problems.join('\n')).toContain(message)
  })
})

describe('Identity: addresses that were stored in any case', () => {
  const loose = sqliteTable(
    'people',
    { id: integer().primaryKey(), email: text().notNull(), pw: text() },
    (table) => [uniqueIndex('people_email').on(sql`lower(${table.email})`)],
  )
  const start = () => {
    const { db } = open(loose)
    const users = drizzleUsers(db, loose, {
      columns: { hashedPassword: 'pw', email: { property: 'email', ignoreCase: true } },
    })
    return { db, ...application({ users }) }
  }

  test('log in however they are typed, and stay as they are', async () => {
    const { db, browser, logIn } = start()
    await browser().post('/register', { email: 'ann@example.com', password })
    db.update(loose).set({ email: 'Ann@Example.com' }).run()
    for (const typed of ['ann@example.com', 'ANN@EXAMPLE.COM', 'Ann@Example.com']) {
      expect(await logIn(typed)).toMatchObject({ status: 200, me: { email: 'Ann@Example.com' } })
    }
    const again = await browser().post('/register', { email: 'ann@example.com', password })
    expect(again.status).toBe(422)
  })

  test('without an index that keeps spellings apart it is refused', () => {
    const plain = sqliteTable('people', {
      id: integer().primaryKey(),
      email: text().unique(),
      pw: text(),
    })
    const { problems } = drizzleUsers(open(plain).db, plain, {
      columns: { hashedPassword: 'pw', email: { property: 'email', ignoreCase: true } },
    })
    expect(problems.join()).toContain('create unique index … on people (lower(email))')
  })

  test('an index on lower(…) alone asks for it', () => {
    const { problems } = drizzleUsers(open(loose).db, loose, { columns: { hashedPassword: 'pw' } })
    expect(problems.join()).toContain("write email: { property: 'email', ignoreCase: true }")
  })
})

describe('Identity: addresses with a domain in letters', () => {
  test('are one account, however they are typed, at every door', async () => {
    const table = sqliteTable('people', authUserColumns())
    const { db } = open(table)
    const { browser, logIn } = application({ users: drizzleUsers(db, table) })
    const register = (email: string, username: string) =>
      browser().post('/register', { email, username, password })
    expect((await register('ann@xn--mnchen-3ya.de', 'ann')).status).toBe(200)
    for (const typed of ['ann@xn--mnchen-3ya.de', 'Ann@MÜNCHEN.de', 'ann@mu\u0308nchen.de']) {
      expect(await logIn(typed)).toMatchObject({ status: 200, me: { email: 'ann@münchen.de' } })
      expect((await register(typed, 'bob')).status).toBe(422)
    }
  })
})

describe('Flags that are spelled another way', () => {
  const kinds = {
    'one and zero': [integer(), flag(1, 0), 1, 0],
    letters: [text(), flag('Y', 'N'), 'Y', 'N'],
    'a flag turned around': [integer({ mode: 'boolean' }), flag([false, null], true), false, true],
    'a moment that sets': [integer({ mode: 'timestamp' }), timestampFlag(), new Date(5000), null],
    'a moment that ends': [integer({ mode: 'timestamp' }), timestampUnset(), null, new Date(5000)],
  } as const

  test.each(Object.entries(kinds))('%s', async (_, [column, codec, on, off]) => {
    const people = sqliteTable('people', {
      id: integer().primaryKey(),
      email: text().notNull().unique(),
      pw: text(),
      active: column as never,
    })
    const { db } = open(people)
    const users = drizzleUsers(db, people, {
      columns: { hashedPassword: 'pw', isActive: { property: 'active', codec } } as never,
    })
    expect(users.problems).toEqual([])
    const { browser, logIn } = application({ users })
    await browser().post('/register', { email: 'ann@example.com', password })
    expect((await logIn('ann@example.com')).status).toBe(200)

    const spell = (active: unknown) =>
      db
        .update(people)
        .set({ active } as never)
        .run()
    spell(off)
    const { client } = await logIn('ann@example.com')
    expect((await client.get('/me')).status).toBe(401)
    spell(on)
    expect((await logIn('ann@example.com')).status).toBe(200)
  })

  test('what cannot be understood admits nobody', async () => {
    const people = sqliteTable('people', {
      id: integer().primaryKey(),
      email: text().notNull().unique(),
      pw: text(),
      active: text(),
      boss: text(),
    })
    const { db, sqlite } = open(people)
    const users = drizzleUsers(db, people, {
      columns: {
        hashedPassword: 'pw',
        isActive: { property: 'active', codec: flag('Y', 'N') },
        isSuperuser: { property: 'boss', codec: flag('Y', 'N') },
      },
    })
    const { browser, logIn } = application({ users })
    await browser().post('/register', { email: 'ann@example.com', password })
    expect(db.select().from(people).get()).toMatchObject({ active: 'Y', boss: 'N' })
    sqlite.exec(`update people set boss = 'y'`)
    expect((await logIn('ann@example.com')).me).toMatchObject({ is_superuser: false })
    sqlite.exec(`update people set boss = 'Y'`)
    expect((await logIn('ann@example.com')).me).toMatchObject({ is_superuser: true })
    for (const odd of [`'maybe'`, `''`, 'null']) {
      sqlite.exec(`update people set active = ${odd}`)
      expect((await logIn('ann@example.com')).status).toBe(401)
    }
  })

  test('a flag that spells both alike is refused', () => {
    expect(() => flag('Y', 'Y')).toThrow('must differ')
    expect(() => flag([], 'N')).toThrow('must differ')
  })

  test('a codec that is none, or on what is no flag, is refused', () => {
    const people = sqliteTable('people', {
      id: integer().primaryKey(),
      email: text().unique(),
      pw: text(),
      active: text(),
    })
    const problems = (columns: object) =>
      drizzleUsers(open(people).db, people, { columns: { hashedPassword: 'pw', ...columns } })
        .problems
    const active = { property: 'active', codec: {} }
    expect(problems({ isActive: active }).join()).toContain('columns.isActive has a codec')
    expect(problems({ isActive: 'active' }).join()).toContain('codec: flag(…)')
    const email = { property: 'email', codec: flag('Y', 'N') }
    expect(problems({ email }).join()).toContain('columns.email has a codec')
    const folded = { property: 'active', ignoreCase: true, codec: flag('Y', 'N') }
    expect(problems({ isActive: folded }).join()).toContain('only a field of text takes')
  })
})

describe('Rows that do not count', () => {
  const people = sqliteTable(
    'people',
    {
      ...authUserColumns({ identifiers: ['email'], oauth: false }),
      email: text().notNull(),
      deletedAt: integer({ mode: 'timestamp' }),
    },
    (table) => [uniqueIndex('live_email').on(table.email).where(isNull(table.deletedAt))],
  )

  test('are outside of the condition: no login, and what they had ends', async () => {
    const { db } = open(people)
    const users = drizzleUsers(db, people, { where: isNull(people.deletedAt) })
    expect(users.problems).toEqual([])
    const { browser, logIn } = application({ users })
    await browser().post('/register', { email: 'ann@example.com', password })
    const { client } = await logIn('ann@example.com')

    db.update(people).set({ deletedAt: new Date() }).run()
    expect((await client.get('/me')).status).toBe(401)
    expect((await logIn('ann@example.com')).status).toBe(401)

    const again = await browser().post('/register', { email: 'ann@example.com', password })
    expect(again.status).toBe(200)
    expect(await logIn('ann@example.com')).toMatchObject({ me: { user_id: 2 } })
    db.update(people).set({ deletedAt: null }).where(eq(people.id, 2)).run()
  })

  test('a partial index over another condition does not make a column unique', () => {
    const { db } = open(people)
    expect(() =>
      application({ users: drizzleUsers(db, people, { where: eq(people.isActive, true) }) }),
    ).toThrow("'email' is not a unique column")
  })
})

describe('Identity: a new account', () => {
  test('is neither proven nor an administrator, whatever the table’s defaults say', async () => {
    const flag = () => integer({ mode: 'boolean' }).notNull()
    const people = sqliteTable('people', {
      id: integer().primaryKey(),
      mobile: text().notNull().unique(),
      mobileVerified: flag(),
      emailVerified: flag().default(true),
      isSuperuser: flag().default(true),
      isActive: flag().default(false),
      hashedPassword: text().notNull(),
    })
    const { db } = open(people)
    const { browser } = application({
      users: drizzleUsers(db, people),
      identity: { login: ['mobile'], recovery: 'mobile' },
    })
    expect((await browser().post('/register', { mobile: '+43 1', password })).status).toBe(200)
    expect(db.select().from(people).get()).toMatchObject({
      mobileVerified: false,
      emailVerified: false,
      isSuperuser: false,
      // A table may have new accounts wait.
      isActive: false,
    })
  })
})

describe('Identity: of several fields', () => {
  const people = sqliteTable('people', {
    ...authUserColumns({ identifiers: ['username', 'phone', 'badge'], recovery: null }),
  })
  const start = (identity = {}) => {
    const { db } = open(people)
    const login = ['username', 'phone', 'badge']
    const made = application({ users: drizzleUsers(db, people), identity: { login, ...identity } })
    const register = async (username: string, phone: string, badge: string) => {
      const answer = await made.browser().post('/register', { username, phone, badge, password })
      return { status: answer.status, ...((await answer.json()) as { errors?: object[] }) }
    }
    return { ...made, db, register }
  }

  test('what one types means one account, whichever field it is in', async () => {
    const { register, logIn } = start()
    expect((await register('ann', '+431234', 'A-1')).status).toBe(200)
    for (const [fields, path] of [
      [['+431234', '+439999', 'B-1'], 'username'],
      [['bob', 'ann', 'B-1'], 'phone'],
      [['bob', '+439999', '+431234'], 'badge'],
      // In the form in which it is compared.
      [['＋431234', '+439999', 'B-1'], 'username'],
    ] as const) {
      const [username, phone, badge] = fields
      expect(await register(username, phone, badge)).toMatchObject({
        status: 422,
        errors: [{ path }],
      })
    }
    for (const typed of ['ann', '+431234', 'A-1']) {
      expect(await logIn(typed)).toMatchObject({ status: 200, me: { username: 'ann' } })
    }
  })

  test('also where one of them ignores case', async () => {
    const { register } = start({ ignoreCase: ['badge'] })
    expect((await register('ann', '+431234', 'a-1')).status).toBe(200)
    expect(await register('A-1', '+439999', 'b-1')).toMatchObject({
      errors: [{ path: 'username' }],
    })
  })

  test('one’s own may be alike', async () => {
    const { register, logIn } = start()
    expect((await register('ann', 'ann', 'ann')).status).toBe(200)
    expect((await logIn('ann')).status).toBe(200)
  })
})

describe('Identity: what the library alone writes', () => {
  const people = sqliteTable('people', {
    id: integer().primaryKey(),
    handle: text().notNull().unique(),
    mobile: text().unique(),
    mobileVerified: integer({ mode: 'boolean' }).notNull().default(false),
    pager: text(),
    is_superuser: text(),
    hashedPassword: text().notNull(),
  })
  const identity = { login: ['handle'], recovery: 'mobile' } as const
  const build = (field: string) => {
    const { db } = open(people)
    const columns = { isSuperuser: null }
    const users = drizzleUsers(db, people, { columns, factors: { phone: 'pager' } })
    return application({ users, identity, registration: { extraFields: [field as never] } })
  }

  test.each([
    ['handle', 'logs in'],
    ['mobile', 'recovers'],
    ['mobileVerified', 'says that it is proven'],
    ['pager', 'is a factor by another name'],
    ['is_superuser', 'has the name of a field'],
  ])('%s, which %s, cannot be sent besides', (field) => {
    expect(() => build(field)).toThrow(`'${field}', which only the library writes`)
  })
})
