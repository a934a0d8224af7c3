/**
 * Who decides what is in a new row: the person, the application, or the library alone.
 */
import { type } from 'arktype'
import Database from 'better-sqlite3'
import {
  AuthError,
  type AuthEvent,
  type RegistrationOptions,
  type UserStore,
  type UserTypes,
} from 'crudauth'
import { DatabaseError, drizzleUsers } from 'crudauth/drizzle'
import { authUserColumns } from 'crudauth/drizzle/sqlite'
import { honoAuth } from 'crudauth/hono'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { blob, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { application } from './support/application.ts'
import { createTable } from './support/create-table.ts'
import { json } from './support/world.ts'

const people = sqliteTable('people', {
  ...authUserColumns(),
  displayName: text('display_name', { length: 10 }),
  age: integer(),
  newsletter: integer({ mode: 'boolean' }).notNull().default(false),
  bornAt: integer('born_at', { mode: 'timestamp' }),
  plan: text({ enum: ['free', 'paid'] })
    .notNull()
    .$defaultFn(() => 'free'),
  role: text().notNull().default('member'),
  avatar: blob(),
})

const ann = { email: 'ann@example.com', username: 'ann', password: 'correct horse battery' }

function open() {
  const sqlite = new Database(':memory:')
  createTable(sqlite, people)
  const db = drizzle(sqlite)
  return { db, users: drizzleUsers(db, people) }
}

type TypesOf<Store> = Store extends UserStore<infer T extends UserTypes> ? T : never
type Options = RegistrationOptions<TypesOf<ReturnType<typeof open>['users']>>

function start(registration: Options) {
  const { db, users } = open()
  const events: AuthEvent[] = []
  const made = application({ users, registration, onEvent: (event) => events.push(event) })
  return {
    ...made,
    events,
    register: (body: object | string) =>
      made.browser().call('POST', '/register', {
        headers: { 'content-type': 'application/json' },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    row: () => db.select().from(people).get(),
  }
}

describe('Registration: fields of the application’s own', () => {
  test('are dropped unless they are listed', async () => {
    const { register, row } = start({})
    expect((await register({ ...ann, display_name: 'Ann', role: 'admin' })).status).toBe(200)
    expect(row()).toMatchObject({ displayName: null, role: 'member', plan: 'free' })
  })

  test('are taken in snake case, each as its column can hold it', async () => {
    const { register, row } = start({
      extraFields: ['displayName', 'age', 'newsletter', 'bornAt'],
    })
    const answer = await register({
      ...ann,
      display_name: 'Ann',
      age: 30,
      newsletter: true,
      born_at: '2001-02-03T04:05:06Z',
      role: 'admin',
    })
    expect(answer.status).toBe(200)
    expect(row()).toMatchObject({
      displayName: 'Ann',
      age: 30,
      newsletter: true,
      bornAt: new Date('2001-02-03T04:05:06Z'),
      role: 'member',
    })
  })

  test.each([
    ['display_name', 'x'.repeat(11), 'Must have at most 10 characters.'],
    ['display_name', 'a\u0000', 'Contains characters that cannot be used.'],
    ['display_name', { a: 1 }, 'Must be text.'],
    ['age', 1.5, 'Must be a whole number.'],
    ['age', 2 ** 60, 'Must be at most '],
    ['age', 'thirty', 'Must be a number.'],
    ['plan', 'gold', 'Must be one of: free, paid.'],
    ['newsletter', 'yes', 'Must be true or false.'],
    ['newsletter', null, 'Must be true or false.'],
    ['born_at', 'yesterday', 'Must be a date and a time with its zone'],
  ])('%s may not be %j', async (name, value, message) => {
    const { register, row } = start({
      extraFields: ['displayName', 'age', 'newsletter', 'bornAt', 'plan'],
    })
    const answer = await register({ ...ann, [name]: value })
    expect(answer.status).toBe(422)
    const { errors } = await json(answer)
    expect(errors).toEqual([{ path: name, message: expect.stringContaining(message) }])
    expect(row()).toBeUndefined()
  })

  test.each([
    ['is_superuser', true],
    ['isSuperuser', true],
    ['is_active', false],
    ['email_verified', true],
    ['token_version', 7],
    ['hashed_password', 'x'],
    ['google_id', 'x'],
    ['id', 99],
  ])('%s is the library’s, whatever is listed', async (name, value) => {
    const { register, row } = start({ extraFields: ['displayName'] })
    expect((await register({ ...ann, [name]: value })).status).toBe(200)
    const { isSuperuser, isActive, emailVerified, googleId, id, hashedPassword, tokenVersion } =
      row() ?? {}
    expect({ isSuperuser, isActive, emailVerified, googleId, id }).toEqual({
      isSuperuser: false,
      isActive: true,
      emailVerified: false,
      googleId: null,
      id: 1,
    })
    expect(hashedPassword).toMatch(/^\$bcrypt-sha256\$/)
    expect(tokenVersion).not.toBe(7)
  })

  test.each([
    `{"email":"ann@example.com","username":"ann","password":"correct horse battery","__proto__":{"isSuperuser":true,"is_superuser":true,"role":"admin"}}`,
    `{"email":"ann@example.com","username":"ann","password":"correct horse battery","constructor":{"prototype":{"isSuperuser":true,"role":"admin"}}}`,
    `{"is_superuser":false,"email":"ann@example.com","username":"ann","is_superuser":true,"password":"correct horse battery","role":"member","role":"admin"}`,
  ])('a body that plays with names changes nothing: %s', async (body) => {
    const { register, row } = start({ extraFields: ['displayName'] })
    expect((await register(body)).status).toBe(200)
    expect(row()).toMatchObject({ isSuperuser: false, role: 'member' })
    expect(({} as Record<string, unknown>)['isSuperuser']).toBeUndefined()
  })

  test.each([
    ['isSuperuser', 'which only the library writes'],
    ['email', 'which only the library writes'],
    ['emailVerified', 'which only the library writes'],
    ['googleId', 'or write columns: { googleId: null } if it does not say who somebody is'],
    [
      'display_name',
      "which is not a column of the users table; did you mean 'displayName'? it may name: createdAt, updatedAt, displayName",
    ],
    ['avatar', 'say it with registration.schema'],
  ])('%s cannot be listed', (field, message) => {
    expect(() => start({ extraFields: [field as never] })).toThrow(message)
  })
})

describe('Registration: what the server adds', () => {
  test('wins over what was sent, and what is worked out wins over defaults', async () => {
    const { register, row } = start({
      extraFields: ['displayName', 'age'],
      newUserDefaults: { role: 'trial', age: 18, plan: 'paid' },
      newUserFields: ({ registerData, username, suggestedName, source }) => ({
        plan: 'free',
        displayName: `${username}/${suggestedName}/${source}/${registerData?.['age']}`.slice(0, 30),
      }),
    })
    await register({ ...ann, email: 'Ann.O@Example.com', display_name: 'x', age: 99 })
    expect(row()).toMatchObject({
      role: 'trial',
      age: 18,
      plan: 'free',
      displayName: 'ann/ann.o/register/99',
    })
  })

  test('never sees the password', async () => {
    let seen: unknown
    const { register } = start({
      newUserFields: (context) => {
        seen = context.registerData
        return {}
      },
    })
    await register({ ...ann, password: 'a secret of ann’s' })
    expect(seen).toEqual({ email: 'ann@example.com', username: 'ann' })
  })

  test('what is the library’s, or nobody’s, is dropped, and told once', async () => {
    const { register, row, events } = start({
      newUserFields: () => ({ isSuperuser: true, nonsense: 1, role: 'trial' }) as object,
    })
    await register(ann)
    await register({ ...ann, email: 'bob@example.com', username: 'bob' })
    expect(row()).toMatchObject({ isSuperuser: false, role: 'trial' })
    const told = events.filter((event) => event.name === 'warning')
    expect(told.map(({ message }) => message)).toEqual([
      expect.stringContaining("'isSuperuser', which only the library writes"),
      expect.stringContaining("'nonsense', which is not a column"),
    ])
  })

  test.each([
    [new AuthError('access_denied', 'By invitation only.'), 403],
    [new Error('the mail server is down'), 500],
  ])('that fails with %s makes no account', async (error, status) => {
    const { register, row } = start({ newUserFields: () => Promise.reject(error) })
    expect((await register(ann)).status).toBe(status)
    expect(row()).toBeUndefined()
  })

  test.each([
    [{ isSuperuser: true }, "newUserDefaults names 'isSuperuser', which only the library writes"],
    [{ rolle: 'x' }, "newUserDefaults names 'rolle', which is not a column"],
  ])('defaults of %j are refused', (newUserDefaults, message) => {
    expect(() => start({ newUserDefaults: newUserDefaults as never })).toThrow(message)
  })
})

test('A new row begins at an epoch of its own, also where its table has a default', async () => {
  const counted = sqliteTable('counted', {
    ...authUserColumns(),
    tokenVersion: integer('token_version').notNull().default(0),
  })
  const sqlite = new Database(':memory:')
  createTable(sqlite, counted)
  const { browser, logIn } = application({ users: drizzleUsers(drizzle(sqlite), counted) })
  const { id } = await json(await browser().post('/register', ann))
  const { client } = await logIn('ann')
  // The next account gets the primary key of the one that is gone, and none of its logins.
  sqlite.exec('delete from counted')
  const bob = { ...ann, username: 'bob', email: 'bob@example.com' }
  expect((await json(await browser().post('/register', bob)))['id']).toBe(id)
  expect((await client.get('/me')).status).toBe(401)
})

describe('Registration: a schema of the application’s own', () => {
  const plans = ['free', 'paid'] as const
  const schemas: Record<string, NonNullable<RegistrationOptions['schema']>> = {
    zod: z.object({
      email: z.string(),
      username: z.string().min(3),
      password: z.string(),
      plan: z.enum(plans),
      is_superuser: z.boolean().optional(),
    }),
    valibot: v.object({
      email: v.string(),
      username: v.pipe(v.string(), v.minLength(3)),
      password: v.string(),
      plan: v.picklist(plans),
      is_superuser: v.optional(v.boolean()),
    }),
    arktype: type({
      email: 'string',
      username: 'string >= 3',
      password: 'string',
      plan: '"free" | "paid"',
      'is_superuser?': 'boolean',
    }),
  }

  describe.each(Object.entries(schemas))('in %s', (name, schema) => {
    const begin = () => start({ schema, extraFields: ['plan'] })

    test('judges the body, and its fields are taken as they are listed', async () => {
      const { register, row } = begin()
      const answer = await register({ ...ann, plan: 'paid', is_superuser: true, role: 'admin' })
      expect(answer.status).toBe(200)
      expect(row()).toMatchObject({ plan: 'paid', isSuperuser: false, role: 'member' })
    })

    test.each([
      [{ plan: 'gold' }, 'plan'],
      [{ username: 'a' }, 'username'],
      [{ email: 'nonsense' }, 'email'],
      [{ password: 'short' }, 'password'],
      [{ username: 'bob@example.com' }, 'username'],
      [{ email: undefined }, 'email'],
    ])('refuses %j', async (change, path) => {
      const { register, row } = begin()
      const answer = await register({ ...ann, plan: 'free', ...change })
      expect(answer.status).toBe(422)
      expect(await json(answer)).toMatchObject({ errors: [{ path }] })
      expect(row()).toBeUndefined()
    })

    test('its messages do not repeat what was sent', async () => {
      const { register } = begin()
      const answer = await register({ ...ann, plan: 'hunter2', password: 12345 })
      expect(answer.status).toBe(422)
      expect(await answer.text()).not.toContain('hunter2')
    })

    test('nor in another spelling', async () => {
      const { register } = begin()
      for (const plan of [
        'hun"ter\\2',
        'hunter\n2',
        "o'hunter",
        'HUNTER2',
        4711,
        47,
        { hunter: 2 },
      ]) {
        const answer = await register({ ...ann, plan })
        expect(answer.status).toBe(422)
        const { errors } = await json(answer)
        expect(JSON.stringify(errors), String(plan)).not.toMatch(/hun\W*ter|47/i)
      }
    })

    test('is in the OpenAPI document, as far as the library can tell', async () => {
      const { auth } = begin()
      const document = JSON.stringify(await auth.openapi())
      if (name === 'valibot') expect(document).toContain('"/register"')
      else expect(document).toMatch(/"plan":\{"(?:type|enum)/)
    })
  })

  describe('that is loose', () => {
    const loose: Record<string, NonNullable<RegistrationOptions['schema']>> = {
      zod: z.looseObject({
        email: z.string(),
        username: z.string(),
        password: z.string(),
        display_name: z.string().max(3).optional(),
      }),
      valibot: v.looseObject({
        email: v.string(),
        username: v.string(),
        password: v.string(),
        display_name: v.optional(v.pipe(v.string(), v.maxLength(3))),
      }),
      arktype: type({
        email: 'string',
        username: 'string',
        password: 'string',
        'display_name?': 'string <= 3',
      }),
      'that tells nothing of itself': {
        '~standard': {
          version: 1,
          vendor: 'own',
          validate: (value) => {
            const { display_name: name = '' } = value as { display_name?: string }
            return name.length > 3 ? { issues: [{ message: 'long' }] } : { value: value as never }
          },
        },
      },
    }

    test.each(Object.entries(loose))(
      'judges a field under its name on the wire, and takes it under no other: %s',
      async (_, schema) => {
        const { register, row } = start({ schema, extraFields: ['displayName'] })
        expect((await register({ ...ann, display_name: 'long' })).status).toBe(422)
        expect((await register({ ...ann, displayName: 'long' })).status).toBe(200)
        expect(row()).toMatchObject({ displayName: null })
      },
    )

    test('judges it under the name of the property where that is what it takes', async () => {
      const schema = z.looseObject({
        email: z.string(),
        username: z.string(),
        password: z.string(),
        displayName: z.string().max(3).optional(),
      })
      const { register, row } = start({ schema, extraFields: ['displayName'] })
      expect((await register({ ...ann, displayName: 'long' })).status).toBe(422)
      expect((await register({ ...ann, display_name: 'long' })).status).toBe(200)
      expect(row()).toMatchObject({ displayName: null })
    })

    test('may make the property itself', async () => {
      const schema = z
        .looseObject({
          email: z.string(),
          username: z.string(),
          password: z.string(),
          nick: z.string(),
        })
        .transform(({ nick, ...rest }) => ({ ...rest, displayName: nick }))
      const { register, row } = start({ schema, extraFields: ['displayName'] })
      expect((await register({ ...ann, nick: 'Ann' })).status).toBe(200)
      expect(row()).toMatchObject({ displayName: 'Ann' })
    })
  })

  test.each(Object.entries(schemas))(
    'in %s that takes what no row gets from it is told at the start',
    (_, schema) => {
      const { events } = start({ schema })
      const told = events.flatMap((event) => (event.name === 'warning' ? event.message : []))
      expect(told).toEqual([
        expect.stringMatching(/privileged field.*'is_superuser'/),
        expect.stringMatching(/takes 'plan', and will drop.*registration\.extraFields/),
      ])
    },
  )

  describe('whose messages repeat what was sent', () => {
    const complaining = (message: (sent: string) => string) =>
      start({
        schema: z
          .object({ email: z.any(), username: z.any(), password: z.any() })
          .superRefine(({ password }, context) => {
            const sent = typeof password === 'object' ? '' : String(password)
            context.addIssue({ code: 'custom', path: ['password'], message: message(sent) })
          }),
      })
    const answerTo = async (password: unknown, message: (sent: string) => string) => {
      const answer = await complaining(message).register({ ...ann, password })
      return JSON.stringify((await json(answer))['errors'])
    }

    test.each<[string, unknown, (sent: string) => string]>([
      ['quoted', 'se"cret', (sent) => `got ${JSON.stringify(sent)}`],
      ['with doubled quotes', "se'cret", (sent) => `got '${sent.replaceAll("'", "''")}'`],
      ['in percent signs', 'se cret', (sent) => `got ${encodeURIComponent(sent)}`],
      ['in another case', 'SeCret', (sent) => `got ${sent.toUpperCase()}`],
      ['cut', 'secret of more than twenty letters', (sent) => `got ${sent.slice(0, 20)}…`],
      ['spaced', 'secret', (sent) => `got ${[...sent].join(' ')}`],
      ['with separators', 1234567, (sent) => `got ${Number(sent).toLocaleString('en')}`],
      ['a short one', 42, (sent) => `must be more than ${sent}`],
      ['one letter', 'x', (sent) => `not '${sent}'`],
      ['a mark', '?', (sent) => `not "${sent}"`],
    ])('%s, are replaced', async (_, password, message) => {
      expect(await answerTo(password, message)).toBe(
        '[{"path":"password","message":"Is not valid."}]',
      )
    })

    test('those that do not are told, with the names of fields and with numbers', async () => {
      const message = 'password must have at least 12 letters'
      expect(await answerTo('x', () => message)).toContain(message)
      expect(await answerTo(2, () => message)).toContain(message)
    })

    test('a body of thousands of values is judged in no time', async () => {
      const many = { ...ann, password: Array.from({ length: 9000 }, (_, n) => n) }
      let deep = '"secret"'
      for (let depth = 0; depth < 20_000; depth++) deep = `[${deep}]`
      const { register } = start({
        schema: z
          .object({ email: z.any(), username: z.any(), password: z.any() })
          .superRefine(({ password }, context) => {
            const complaints = Array.isArray(password) ? password.length : 1
            for (let n = 0; n < complaints; n++) context.addIssue({ code: 'custom', message: 'no' })
          }),
      })
      const started = performance.now()
      for (const body of [
        { ...ann, password: Array.from({ length: 9000 }, () => null) },
        many,
        JSON.stringify({ ...ann, password: 0 }).replace(':0', `:${deep}`),
      ]) {
        expect((await register(body)).status).toBe(422)
      }
      expect(performance.now() - started).toBeLessThan(2000)
    })
  })

  describe('that lets anything through for a field of the application’s own', () => {
    const around = sqliteTable('around', {
      id: integer().primaryKey(),
      email: text().unique(),
      hashedPassword: text(),
      nick: text(),
      isActive: integer({ mode: 'boolean' }),
      isSuperuser: integer({ mode: 'boolean' }),
      bio: text(),
      born: integer({ mode: 'timestamp' }),
      settings: text({ mode: 'json' }),
    })
    const begin = () => {
      const sqlite = new Database(':memory:')
      createTable(sqlite, around)
      const db = drizzle(sqlite)
      const { browser } = application({
        users: drizzleUsers(db, around),
        registration: {
          extraFields: ['nick', 'bio', 'born', 'settings'],
          schema: z.looseObject({ email: z.string(), password: z.string() }),
        },
      })
      const { email, password } = ann
      return {
        register: (extra: object) => browser().post('/register', { email, password, ...extra }),
        row: () => db.select().from(around).get(),
      }
    }

    test('no list of values becomes the values of the columns after it', async () => {
      const { register, row } = begin()
      const answer = await register({ nick: ['ann', 1], bio: [] })
      expect(answer.status).toBe(422)
      expect(await json(answer)).toMatchObject({ errors: [{ path: 'nick' }, { path: 'bio' }] })
      expect(row()).toBeUndefined()
    })

    test.each([
      { nick: { a: 1 } },
      { nick: 5 },
      { nick: 'a\0b' },
      { nick: '\ud800' },
      { born: [] },
      { born: 'today' },
    ])('%j is not for its column', async (extra) => {
      const { register, row } = begin()
      expect((await register(extra)).status).toBe(422)
      expect(row()).toBeUndefined()
    })

    test('nor does one that the application passes on itself', async () => {
      const sqlite = new Database(':memory:')
      createTable(sqlite, around)
      const db = drizzle(sqlite)
      const events: AuthEvent[] = []
      const { browser } = application({
        users: drizzleUsers(db, around),
        onEvent: (event) => events.push(event),
        registration: {
          schema: z.looseObject({ email: z.string(), password: z.string() }),
          newUserFields: ({ registerData }) => ({ ...registerData }),
        },
      })
      const { email, password } = ann
      for (const bio of [[], {}]) {
        const body = { email, password, nick: ['ann', 1], bio }
        expect((await browser().post('/register', body)).status).toBe(500)
      }
      expect(events).toContainEqual(
        expect.objectContaining({
          error: new DatabaseError("crudauth: the value for 'nick' of around is not a single one"),
        }),
      )
      expect(db.select().from(around).get()).toBeUndefined()
      const body = { email, password, nick: 'ann', settings: ['dark'] }
      expect((await browser().post('/register', body)).status).toBe(200)
      expect(db.select().from(around).get()).toMatchObject({ nick: 'ann', settings: ['dark'] })
    })

    test('what its column can hold is taken', async () => {
      const { register, row } = begin()
      const settings = { theme: ['dark', 1] }
      const bio = 'x'.repeat(5000)
      expect((await register({ nick: null, bio, settings })).status).toBe(200)
      expect(row()).toMatchObject({ nick: null, bio, settings, isSuperuser: false })
    })
  })

  test('that is asynchronous is awaited', async () => {
    const schema = z.object({
      ...Object.fromEntries(Object.keys(ann).map((name) => [name, z.string()])),
      password: z.string(),
      invitation: z.string().refine(async (code) => code === 'friend'),
    })
    const { register } = start({ schema })
    expect((await register({ ...ann, invitation: 'stranger' })).status).toBe(422)
    expect((await register({ ...ann, invitation: 'friend' })).status).toBe(200)
  })

  test('whose output lacks a login field is told, without an account', async () => {
    const schema = z.object({ password: z.string() })
    expect(() => start({ schema })).toThrow("returns no 'email', 'username'")
    // Of what a function makes nobody knows the names at the start.
    const { register, row } = start({ schema: schema.transform((body) => body) })
    const answer = await register(ann)
    expect(answer.status).toBe(422)
    expect(await json(answer)).toMatchObject({ errors: [{ path: 'email' }, { path: 'username' }] })
    expect(row()).toBeUndefined()
  })

  test('that is none is refused', () => {
    expect(() => start({ schema: {} as never })).toThrow('registration.schema is not a Standard')
    expect(() => start({ newUserFields: {} as never })).toThrow('newUserFields must be a function')
  })
})

describe('Registration: a field of the application’s own', () => {
  const table = sqliteTable('customers', {
    id: integer().primaryKey(),
    email: text().unique().notNull(),
    mobile: text().unique(),
    hash: text(),
    password: text(),
    phone: text(),
  })

  test.each(['password', 'phone'] as const)(
    'is not %s, which means another thing in a body',
    (name) => {
      const users = drizzleUsers(open().db, table, {
        columns: { hashedPassword: 'hash' },
        factors: { phone: 'mobile' },
      })
      const identity = { login: ['email', 'phone'] }
      expect(() => application({ users, identity, registration: { extraFields: [name] } })).toThrow(
        `registration.extraFields names '${name}', but '${name}' in a body of /register is`,
      )
    },
  )
})

describe('Registration: types', () => {
  test('options are checked against the table', () => {
    const { users } = open()
    const wrong = () => [
      // @ts-expect-error no such column
      honoAuth({ users, registration: { extraFields: ['nonsense'] } }),
      // @ts-expect-error the library's
      honoAuth({ users, registration: { extraFields: ['isSuperuser'] } }),
      // @ts-expect-error of another type
      honoAuth({ users, registration: { newUserDefaults: { age: 'old' } } }),
      // @ts-expect-error the library's
      honoAuth({ users, registration: { newUserDefaults: { tokenVersion: 1 } } }),
      // @ts-expect-error of another type
      honoAuth({ users, registration: { newUserFields: () => ({ plan: 'gold' }) } }),
      // @ts-expect-error without a password
      honoAuth({ users, registration: { schema: z.object({ email: z.string() }) } }),
    ]
    expect(wrong).toBeTypeOf('function')
  })
})
