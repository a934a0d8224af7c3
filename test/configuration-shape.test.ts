/**
 * Options that are not there, or of another type: in JavaScript nobody else would say so.
 */
import Database from 'better-sqlite3'
import { apiKeys, bearer, crudAuth, memoryStorage, session, sudo } from 'crudauth'
import { drizzleUsers } from 'crudauth/drizzle'
import { kyselyUsers } from 'crudauth/kysely'
import { Kysely, SqliteDialect } from 'kysely'
import { describe, expect, test } from 'vitest'
import { problemsOf } from './support/configuration-problems.ts'
import { database, members } from './support/world.ts'

describe('A configuration', () => {
  test.each<[Record<string, unknown>, string]>([
    [
      { trustedOrigin: ['https://a.example'] },
      "trustedOrigin is not an option; did you mean 'trustedOrigins'?",
    ],
    [{ lockouts: {} }, "did you mean 'lockout'?"],
    [{ Hooks: {} }, "did you mean 'hooks'?"],
    [
      { identity: { logins: ['email'] } },
      "identity.logins is not an option; did you mean 'login'?",
    ],
    [{ registration: { extra_fields: [] } }, "did you mean 'extraFields'?"],
    [
      { cookies: { samesite: 'strict' } },
      "cookies.samesite is not an option; did you mean 'sameSite'?",
    ],
    [
      { passwords: { minLenght: 12 } },
      "passwords.minLenght is not an option; did you mean 'minLength'?",
    ],
    [
      { passwords: { policy: { breach: {} } } },
      "passwords.policy.breach is not an option; did you mean 'breached'?",
    ],
    [
      { passwords: { format: 'argon2id', argon2: { memoryCost: 1 } } },
      'passwords.argon2.memoryCost is not an option; the options are: memory, passes, parallelism',
    ],
    [{ lockout: { maxAttempt: 3 } }, "did you mean 'maxAttempts'?"],
    [
      { features: [sudo({ windowSecond: 3 } as never)] },
      "sudo.windowSecond is not an option; did you mean 'window'?",
    ],
    [
      { rateLimits: { register: { times: 1, seconds: 2, second: 3 } } },
      'rateLimits.register.second is not an option',
    ],
    [{ trustedProxies: { hop: 1 } }, "trustedProxies.hop is not an option; did you mean 'hops'?"],
    [
      { hooks: { afterlogin: () => {} } },
      "hooks.afterlogin is not an option; did you mean 'afterLogin'?",
    ],
    [{ transports: [session({ idleTimeOut: 5 } as never)] }, "did you mean 'idleTimeout'?"],
    [
      { transports: [bearer({ accesTtl: 5 } as never)] },
      "bearer.accesTtl is not an option; did you mean 'accessTtl'?",
    ],
  ])('%j', (config, problem) => {
    expect(problemsOf(config)).toEqual([expect.stringContaining(problem)])
  })

  test.each<[Record<string, unknown>, string]>([
    [{ transports: session() }, 'transports must be a list'],
    [{ transports: [session] }, 'transports[0] is a function; call it: session()'],
    [{ transports: [session(), bearer] }, 'transports[1] is a function; call it: bearer()'],
    [{ transports: ['session'] }, 'transports[0] is no transport; write session()'],
    [{ transports: [null] }, 'transports is empty'],
    [{ transports: [7] }, 'transports[0] is no transport'],
    [
      { transports: [session(), sudo()] },
      'transports[1] is sudo(), which is no transport; write features: [sudo()]',
    ],
    [
      { features: [session()] },
      'features[0] is session(), which is a transport; write transports: [session()]',
    ],
    [{ features: sudo() }, 'features must be a list; write features: [sudo()]'],
    [{ session: {} }, 'session is not an option; write transports: [session({ … })]'],
    [{ sudo: {} }, 'sudo is not an option; write features: [sudo({ … })]'],
    [{ storage: memoryStorage }, 'storage is a function; call it: memoryStorage()'],
    [{ transports: [{ name: 'mine' }] }, 'an object with a name and authenticate()'],
    [{ trustedOrigins: 'https://a.example' }, 'trustedOrigins must be a list of origins, such as'],
    [{ identity: 'email' }, 'identity must be an object'],
    [{ identity: { login: 'email' } }, 'identity.login must be a list of texts'],
    [
      { identity: { recovery: false } },
      "identity.recovery must be the name of a field, such as 'email', or null",
    ],
    [{ registration: { extraFields: 'plan' } }, 'registration.extraFields must be a list of texts'],
    [{ lockout: false }, 'lockout must be an object'],
    [{ lockout: null }, 'lockout must be an object'],
    [{ passwords: { adopt: {} } }, 'passwords.adopt must be a list'],
    [{ passwords: { cost: '12' } }, 'passwords.cost must be a whole number, from 4 to 16'],
    [{ passwords: { policy: [] } }, 'passwords.policy must be an object'],
    [{ rateLimits: [] }, 'rateLimits must be an object'],
    [
      { trustedProxies: { networks: '10.0.0.0/8' } },
      'trustedProxies.networks must be a list of networks',
    ],
    [{ trustedProxies: 1 }, 'trustedProxies must be an object'],
    [{ hooks: { afterLogin: 'log' } }, 'hooks.afterLogin must be a function'],
    [{ clock: 5 }, 'clock must return the milliseconds since the epoch'],
    [{ tenant: 'shop' }, 'tenant must be a function'],
    [{ onEvent: {} }, 'onEvent must be a function'],
    [{ storage: 'redis' }, 'storage is a text; write storage: redisStorage('],
    [{ namespace: 5 }, 'namespace must be 1 to 64 letters'],
    [{ transports: [session('fast' as never)] }, 'session must be an object of options'],
    [
      { transports: [bearer({ rotateRefresh: 'no' as never })] },
      'bearer.rotateRefresh must be true or false',
    ],
  ])('%j', (config, problem) => {
    expect(problemsOf(config)).toEqual([expect.stringContaining(problem)])
  })

  test('tells of a missing table of keys beside a misspelt option', () => {
    expect(problemsOf({ transports: [apiKeys({ maxTTL: 5 } as never)] })).toEqual([
      expect.stringContaining("apiKeys.maxTTL is not an option; did you mean 'maxTtl'?"),
      expect.stringContaining('apiKeys.keys is missing; write apiKeys({ keys: drizzleApiKeys('),
    ])
  })

  test('that is none is told, and everything at once', () => {
    expect(() => crudAuth(undefined as never)).toThrow('users is missing')
    expect(problemsOf({ cookie: {}, lockout: { tries: 3 }, hooks: 5 })).toHaveLength(3)
  })

  test('an option that is undefined is none', () => {
    expect(problemsOf({ lockout: undefined, hooks: { afterLogin: undefined } })).toEqual([])
  })
})

describe('The options of a store', () => {
  const { db } = database()
  const kysely = new Kysely<{ users: { id: number; email: string; hash: string } }>({
    dialect: new SqliteDialect({ database: new Database(':memory:') }),
  })
  const map = { columns: { id: 'id', email: 'email', hashedPassword: 'hash' }, unique: ['email'] }

  test.each<[string, object]>([
    ["drizzleUsers.tennant is not an option; did you mean 'tenant'?", { tennant: 'displayName' }],
    ["drizzleUsers.wher is not an option; did you mean 'where'?", { wher: {} }],
    ['drizzleUsers.where is undefined; leave it out, or give the condition', { where: undefined }],
    ['drizzleUsers.where must be an object', { where: true }],
    ['drizzleUsers.tenant is undefined', { tenant: undefined }],
  ])('Drizzle: %s', (problem, options) => {
    const { problems } = drizzleUsers(db, members, options as never)
    expect(problems).toEqual([expect.stringContaining(problem)])
    expect(problemsOf({ users: drizzleUsers(db, members, options as never) })).toEqual(problems)
  })

  test.each<[string, object]>([
    ["kyselyUsers.uniq is not an option; did you mean 'unique'?", { uniq: [] }],
    ['kyselyUsers.where is undefined', { where: undefined }],
    ['kyselyUsers.where must be a function', { where: {} }],
  ])('Kysely: %s', (problem, options) => {
    const { problems } = kyselyUsers(kysely, 'users', { ...map, ...options } as never)
    expect(problems).toEqual([expect.stringContaining(problem)])
  })
})
