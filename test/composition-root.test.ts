import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { ConfigurationError, crudAuth, memoryStorage, session } from 'crudauth'
import { drizzleUsers } from 'crudauth/drizzle'
import { honoAuth } from 'crudauth/hono'
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { database, json, members, secret, users, type WorldConfig, world } from './support/world.ts'

/** What construction complains about, or an empty list. */
function problems(build: () => unknown): readonly string[] {
  try {
    build()
    return []
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems
    throw error
  }
}

function problemsOf(config: Record<string, unknown>): readonly string[] {
  const { db } = database()
  return problems(() =>
    crudAuth({
      users: users(db),
      secret,
      transports: [session()],
      onEvent: () => {},
      ...config,
    } as never),
  )
}

afterEach(() => {
  vi.unstubAllEnvs()
})

describe('Composition root', () => {
  test('a sound configuration has no problems', () => {
    expect(problemsOf({})).toEqual([])
  })

  test.each([undefined, null, {}])('of %j says what is missing', (config) => {
    for (const make of [crudAuth, honoAuth] as readonly ((config: never) => unknown)[]) {
      expect(problems(() => make(config as never))).toEqual([
        'users is missing; write users: drizzleUsers(db, users) from crudauth/drizzle',
        'transports is missing; write transports: [session()] (from crudauth)',
      ])
    }
  })

  test('everything that is wrong is listed in one error', () => {
    const found = problemsOf({
      secret: 'short',
      namespace: 'has spaces',
      cookies: { sameSite: 'none', path: 'auth' },
      transports: [session({ idleTimeout: 0 }), session()],
      lockout: { maxAttempts: 0 },
      rateLimits: { register: { times: -1, seconds: 60 } },
      passwords: { cost: 3 },
      trustedProxies: { hops: -1 },
      trustedOrigins: ['https://app.example.com/path'],
      maxBodyBytes: 1,
    })
    for (const option of [
      'secret',
      'namespace',
      'cookies.sameSite',
      'cookies.path',
      'session.idleTimeout',
      "'session' is configured twice",
      'lockout.maxAttempts',
      'rateLimits.register',
      'passwords.cost',
      'hops',
      'trustedOrigins',
      'maxBodyBytes',
    ]) {
      expect(
        found.filter((problem) => problem.includes(option)),
        option,
      ).toHaveLength(1)
    }
  })

  test('what is wrong with an entry is told, whatever else is wrong', () => {
    const found = problemsOf({ users: {}, cookies: 1, transports: [session({ idleTimeout: 0 })] })
    expect(found.join()).toMatch(/users must.+session\.idleTimeout must/s)
  })

  describe('what is wrong is said in a sentence that tells what to write:', () => {
    const of = (options: object) => ({ transports: [session(options)] })
    test.each([
      [
        of({ idleTimeout: 1.5 }),
        'session.idleTimeout must be a whole number of seconds, from 1 to 34560000 (400 days), such as 1800',
      ],
      [of({ absoluteTimeout: 0 }), 'session.absoluteTimeout must be a whole number'],
      [of({ rememberMe: '30d' }), 'session.rememberMe must be a whole number'],
      [of({ touchInterval: -1 }), 'session.touchInterval must be a whole number'],
      [of({ touchInterval: Number.NaN }), 'session.touchInterval must be a whole number'],
      [of({ idleTimeout: 60, touchInterval: 60 }), 'or sessions would end while in use'],
      [
        of({ idleTimeout: 86401 }),
        'must not be more than session.absoluteTimeout (86400 seconds); write idleTimeout: 86400',
      ],
      [
        of({ maxPerUser: 0 }),
        'session.maxPerUser must be a whole number, from 1 to 10000, such as 5, or null',
      ],
      [of({ maxPerUser: '5' }), 'session.maxPerUser must be a whole number'],
      [of({ csrf: 'no' }), 'session.csrf must be true or false'],
      [of({ managementRoutes: 1 }), 'session.managementRoutes must be true or false'],
      [of({ idleTimeOut: 60 }), 'idleTimeout'],
      [{ lockout: { window: 0 } }, 'lockout.window must be a whole number'],
      [{ lockout: { accountsPerNetwork: 10.5 } }, 'lockout.accountsPerNetwork must be a whole'],
      [{ lockout: { mode: 'off' } }, "lockout.mode must be 'enforce' or 'observe'"],
      [{ lockout: { baseLock: 3601 } }, 'lockout.maxLock (3600) must not be less'],
      [{ lockout: { horizon: 59 } }, 'lockout.horizon (59) must not be less'],
      [{ lockout: { maxPerNetwork: 4 } }, 'lockout.maxPerNetwork (4) must not be less'],
      [{ lockout: { maxFailures: 80 } }, 'lockout.maxFailures (80) must be more than four times'],
      [{ ipv6SitePrefix: 65 }, 'ipv6SitePrefix (65) must not be more than ipv6Prefix (64)'],
      [{ rateLimits: { search: { times: 1.5, seconds: 60 } } }, 'rateLimits.search'],
      [{ rateLimits: { search: { times: -1, seconds: 60 } } }, 'rateLimits.search'],
      [{ rateLimits: { search: { times: 5, seconds: 0.5 } } }, 'rateLimits.search'],
      [{ rateLimits: { search: { times: 5, seconds: 0 } } }, 'rateLimits.search'],
      [{ rateLimits: { search: { times: 5 } } }, 'rateLimits.search'],
      [{ cookies: { sameSite: 'none' } }, 'lets every site send the session along'],
      [{ cookies: { sameSite: 'Lax' } }, "cookies.sameSite must be 'lax' or 'strict'"],
      [{ cookies: { secure: 'yes' } }, 'cookies.secure must be true or false'],
      [{ cookies: { path: '/a;b' } }, "cookies.path must be a path that starts with '/'"],
      [{ trustedOrigins: ['app.example.com'] }, 'write scheme, host and port only'],
      [{ trustedOrigins: ['null'] }, 'write scheme, host and port only'],
      [{ trustedOrigins: ['capacitor://localhost/'] }, 'write scheme, host and port only'],
      [{ trustedOrigins: ['capacitor://*'] }, 'write scheme, host and port only'],
      [{ trustedOrigins: ['Capacitor://localhost'] }, 'write scheme, host and port only'],
      [{ trustedOrigins: ['file://'] }, 'write scheme, host and port only'],
      [{ trustedOrigins: ['file://x'] }, 'write scheme, host and port only'],
      [{ trustedOrigins: ['ftp://localhost:99/x'] }, 'write scheme, host and port only'],
      [{ databaseTimeoutMs: 0 }, 'databaseTimeoutMs must be a whole number of milliseconds'],
      [{ maxBodyBytes: 1023 }, 'maxBodyBytes must be a whole number of bytes, from 1024'],
    ])('%j', (config, message) => {
      expect(problemsOf(config as never)).toEqual([expect.stringContaining(message)])
    })

    test.each([
      of({ touchInterval: 0, maxPerUser: 1 }),
      of({ idleTimeout: 86400 }),
      of({ maxPerUser: null, csrf: false, managementRoutes: true }),
      { lockout: { baseLock: 3600, horizon: 60 } },
      { rateLimits: { search: { times: 0, seconds: 1 } } },
      { maxBodyBytes: 1024, databaseTimeoutMs: 10 },
    ])('and nothing of %j', (config) => {
      expect(problemsOf(config)).toEqual([])
    })
  })

  test('a missing user store is named first', () => {
    expect(problems(() => honoAuth({} as never))).toEqual([
      expect.stringContaining('users is missing; write users: drizzleUsers'),
      expect.stringContaining('transports is missing; write transports: [session()]'),
    ])
  })

  describe('secret', () => {
    test('is required in production', () => {
      vi.stubEnv('NODE_ENV', 'production')
      expect(problemsOf({ secret: undefined })).toEqual([
        expect.stringContaining('secret is missing; write secret: process.env.AUTH_SECRET'),
      ])
    })

    test('is made for the process elsewhere, with a warning', () => {
      const { events } = world({ secret: undefined })
      expect(events).toContainEqual(
        expect.objectContaining({ name: 'warning', code: 'generated_secret' }),
      )
    })

    test.each([
      ['31 bytes', 'x'.repeat(31), 'has 31 bytes and needs at least 32'],
      ['an empty text', '', 'has 0 bytes'],
      ['an empty list', [], 'secret is an empty list'],
      ['a short one in a list', [secret, 'short'], 'secret[1] has 5 bytes'],
      ['not a text', 42, 'secret is not a text'],
      ['a hole in a list', [secret, undefined], 'secret[1] is not a text'],
    ])('%s is refused', (_, value, message) => {
      expect(problemsOf({ secret: value })).toEqual([expect.stringContaining(message)])
    })

    test('is measured in bytes, not in characters', () => {
      expect(problemsOf({ secret: 'áéíóúàèìòùâêîôûä' })).toEqual([])
    })

    test('never appears in an error', () => {
      expect(problemsOf({ secret: 'hunter2' }).join()).not.toContain('hunter2')
    })

    test('rotates: the first signs, all verify', async () => {
      const older = 'the older secret, which is long enough too'
      const before = world({ secret: older })
      const member = await before.member()
      const browser = await before.loggedIn(member)
      const rebuilt = (value: string | string[]) =>
        honoAuth({
          transports: [session()],
          users: users(before.db),
          secret: value,
          storage: before.storage,
          clock: before.clock.read,
        })
      const me = (auth: ReturnType<typeof rebuilt>) =>
        auth.fetch(
          new Request('https://app.example.com/me', {
            headers: { cookie: `__Host-session_id=${browser.sessionId}` },
          }),
        )
      expect((await me(rebuilt([secret, older]))).status).toBe(200)
      expect((await me(rebuilt(secret))).status).toBe(401)
    })
  })

  describe('gates', () => {
    test('verified is refused where the identity has no recovery factor', () => {
      const { auth } = world({ identity: { recovery: null } })
      expect(problems(() => auth.currentUser({ verified: true }))).toEqual([
        expect.stringContaining('no recovery factor'),
      ])
    })

    test('a condition on a column that the table lacks is refused when the gate is built', () => {
      const plain = sqliteTable('plain', {
        id: integer().primaryKey(),
        email: text().notNull().unique(),
        hashedPassword: text().notNull(),
      })
      const { db } = database()
      const auth = honoAuth({
        transports: [session()],
        users: drizzleUsers(db, plain),
        secret,
        onEvent: () => {},
      })
      expect(problems(() => auth.guard({ verified: true }))).toEqual([
        expect.stringContaining('emailVerified'),
      ])
      expect(problems(() => auth.guard({ superuser: true }))).toEqual([
        expect.stringContaining('isSuperuser'),
      ])
    })

    test('a transport that is not configured is refused, with those that are', () => {
      const { auth } = world()
      expect(problems(() => auth.currentUser({ transport: 'bearer' }))).toEqual([
        expect.stringContaining("write one of 'session'"),
      ])
    })
  })

  describe('identity', () => {
    test('a login field that is not unique is refused', () => {
      const loose = sqliteTable('loose', {
        id: integer().primaryKey(),
        email: text().notNull(),
        username: text().notNull().unique(),
        hashedPassword: text().notNull(),
      })
      const { db } = database()
      expect(
        problems(() =>
          honoAuth({
            transports: [session()],
            users: drizzleUsers(db, loose),
            secret,
            onEvent: () => {},
          }),
        ),
      ).toEqual([
        expect.stringContaining("identity.login field 'email' is not a unique column"),
        expect.stringContaining("identity.recovery field 'email' is not a unique column"),
      ])
    })

    test.each([
      ['an unknown field', { login: ['nickname'] }, "'nickname' is not a column"],
      ['no field at all', { login: [] }, 'identity.login is empty'],
      ['a field twice', { login: ['email', 'email'] }, 'names a field twice'],
      ['a field that is not text', { login: ['id'] }, 'must hold text'],
    ])('%s is refused', (_, identity, message) => {
      expect(problemsOf({ identity })).toContainEqual(expect.stringContaining(message))
    })

    test('the problems of the column map are among those listed', () => {
      const { db } = database()
      const store = drizzleUsers(db, members, { columns: { email: 'mail' as never } })
      expect(
        problems(() => honoAuth({ transports: [session()], users: store, secret: 'short' })),
      ).toEqual(
        expect.arrayContaining([
          expect.stringContaining('columns.email'),
          expect.stringContaining('secret has 5 bytes'),
        ]),
      )
    })
  })

  test.each([
    [60, {}, 83],
    [83, {}, null],
    [90, { pepper: 'x'.repeat(32) }, 103],
    [90, { format: 'argon2id' }, 97],
    [60, { format: 'crudauth-py' }, null],
  ])('a column of %i characters for hashes, with %j', (length, passwords, needed) => {
    const { db } = database()
    const table = sqliteTable('t', {
      id: integer().primaryKey(),
      email: text().unique(),
      hashedPassword: text('pw', { length }),
    })
    const found = problems(() =>
      honoAuth({
        transports: [session()],
        users: drizzleUsers(db, table),
        secret,
        passwords: passwords as never,
      }),
    )
    expect(found).toEqual(
      needed === null
        ? []
        : [
            `the column 'pw' takes ${length} characters, and new hashes have ${needed}; make it varchar(255)`,
          ],
    )
  })

  test('a tenant needs a store that knows its tenant column', () => {
    expect(problemsOf({ tenant: () => 'a' })).toEqual([
      expect.stringContaining('the user store knows no tenant column'),
    ])
  })

  describe('memory storage is warned about, once,', () => {
    // Of the machine that runs the tests.
    beforeEach(() => {
      for (const name of ['KUBERNETES_SERVICE_HOST', 'WEB_CONCURRENCY']) vi.stubEnv(name, '')
    })

    const warnings = (config: WorldConfig = {}) =>
      world(config).events.flatMap((event) =>
        event.name === 'warning' && event.code === 'memory_storage' ? [event.message] : [],
      )

    test('in production', () => {
      vi.stubEnv('NODE_ENV', 'production')
      expect(warnings()).toEqual([expect.stringContaining('a restart logs everybody out')])
    })

    test.each([
      ['WEB_CONCURRENCY', '4', 'WEB_CONCURRENCY is above 1'],
      ['NODE_APP_INSTANCE', '1', 'PM2'],
      ['DYNO', 'web.2', 'dyno'],
      ['KUBERNETES_SERVICE_HOST', '10.0.0.1', 'Kubernetes'],
      ['AWS_LAMBDA_FUNCTION_NAME', 'login', 'Lambda'],
    ])('where %s is %s', (name, value, words) => {
      vi.stubEnv(name, value)
      expect(warnings()).toEqual([expect.stringContaining(words)])
      expect(warnings()[0]).toContain('looks like one of several')
    })

    test('in a worker of node:cluster', async () => {
      const program = new URL('support/cluster-worker.ts', import.meta.url).pathname
      const { stdout } = await promisify(execFile)(process.execPath, [program])
      expect(JSON.parse(stdout)).toEqual([null, 'it is a worker of node:cluster'])
    })

    test.each([
      ['WEB_CONCURRENCY', '1'],
      ['NODE_APP_INSTANCE', '0'],
      ['DYNO', 'web.1'],
      ['NODE_ENV', 'development'],
    ])('but not where %s is %s', (name, value) => {
      vi.stubEnv(name, value)
      expect(warnings()).toEqual([])
    })

    test('but not where the application says that it knows, or has a shared one', () => {
      vi.stubEnv('NODE_ENV', 'production')
      expect(warnings({ warnOnMemoryStorage: false })).toEqual([])
      const shared = new Proxy(memoryStorage(), {
        get: (target, name) => (name === 'shared' ? true : Reflect.get(target, name, target)),
      })
      expect(warnings({ storage: shared })).toEqual([])
    })
  })

  describe('a listener that fails refuses nobody, and is told of once:', () => {
    const full = () => new Error('the log is full')

    test.each<[string, () => void]>([
      [
        'it throws',
        () => {
          throw full()
        },
      ],
      ['it rejects', async () => Promise.reject(full())],
    ])('%s', async (_, onEvent) => {
      const told = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
      const unhandled: unknown[] = []
      const listen = (error: unknown) => unhandled.push(error)
      process.on('unhandledRejection', listen)
      const { member, loggedIn } = world({ onEvent })
      const ann = await member()
      const browser = await loggedIn(ann)
      await loggedIn(ann)
      expect((await json(await browser.get('/me')))['via']).toBe('session')
      // An unhandled rejection is told when the queue of microtasks is empty.
      await new Promise((resolve) => setImmediate(resolve))
      process.off('unhandledRejection', listen)
      expect(unhandled).toEqual([])
      expect(told.mock.calls).toEqual([[expect.stringContaining('onEvent failed'), full()]])
      told.mockRestore()
    })
  })
})
