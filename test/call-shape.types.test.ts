/**
 * The types of `auth`: the framework's own call comes first everywhere, and a handle is there, may
 * be there or is not there, as the configuration says.
 */
import {
  type AuthCore,
  bearer,
  type Call,
  type CreatedSession,
  crudAuth,
  type Framework,
  type SessionAdministration,
  type Sudo,
  type SudoElevation,
  session,
  sudo,
  type TokenAdministration,
  type TokensWithDevice,
  type TransportEntry,
  type UserStore,
  type UserTypes,
} from 'crudauth'
import { type HonoCall, honoAuth } from 'crudauth/hono'
import { describe, expectTypeOf, test } from 'vitest'
import {
  ambientFramework,
  type PairCall,
  pairFramework,
  reqResFramework,
} from './support/frameworks.ts'
import { feature } from './support/made-up.ts'
import { database, secret, users } from './support/world.ts'

type Types = ReturnType<typeof users> extends UserStore<infer T extends UserTypes> ? T : never
type User = Readonly<Types['user']>

const common = () => ({ users: users(database().db), secret, onEvent: () => undefined })
const isApi = Date.now() > 0
/** Compiled, and never run. */
const compiled = (_: () => unknown) => undefined

describe('What stands for the request', () => {
  const auth = crudAuth(
    { ...common(), transports: [session(), bearer()], features: [sudo()] },
    pairFramework,
  )

  test('comes first in every call of every handle', () => {
    expectTypeOf(auth.sessions.create).parameter(0).toEqualTypeOf<PairCall>()
    expectTypeOf(auth.sessions.create).parameter(1).toEqualTypeOf<User>()
    expectTypeOf(auth.sessions.create).returns.resolves.toEqualTypeOf<CreatedSession>()
    expectTypeOf(auth.sessions.validate).parameters.toEqualTypeOf<[call: PairCall]>()
    expectTypeOf(auth.tokens.issue).parameter(0).toEqualTypeOf<PairCall | null>()
    expectTypeOf(auth.tokens.issue).returns.resolves.toEqualTypeOf<TokensWithDevice>()
    expectTypeOf(auth.sudo.elevate).parameters.toEqualTypeOf<[call: PairCall, password: string]>()
    expectTypeOf(auth.sudo.elevate).returns.resolves.toEqualTypeOf<SudoElevation>()
    expectTypeOf(auth.sudo.isElevated).parameters.toEqualTypeOf<[call: PairCall]>()
  })

  test('comes first in what is always there', () => {
    expectTypeOf(auth.fetch).parameters.toEqualTypeOf<[call: PairCall]>()
    expectTypeOf(auth.authenticate).parameter(0).toEqualTypeOf<PairCall>()
    expectTypeOf(auth.authenticatePassword).parameter(0).toEqualTypeOf<PairCall>()
    expectTypeOf(auth.guard()).parameters.toEqualTypeOf<[call: PairCall]>()
    expectTypeOf(auth.rateLimit('register')).parameters.toEqualTypeOf<[call: PairCall]>()
    expectTypeOf(auth.endpoints[0]?.handle)
      .exclude<undefined>()
      .parameter(0)
      .toEqualTypeOf<PairCall>()
    expectTypeOf(auth.guard()).returns.resolves.toHaveProperty('user').toEqualTypeOf<User>()
    expectTypeOf(auth.guard({ optional: true }))
      .returns.resolves.extract<null>()
      .toBeNull()
  })

  test('is a request without a framework, and Hono’s context with Hono', () => {
    const bare = crudAuth({ ...common(), transports: [session()] })
    expectTypeOf(bare.sessions).toEqualTypeOf<SessionAdministration<Types, Call>>()
    const hono = honoAuth({ ...common(), transports: [session()] })
    expectTypeOf(hono.sessions).toEqualTypeOf<SessionAdministration<Types, HonoCall>>()
  })

  test('is what the framework says, and nothing else', () => {
    const other = crudAuth({ ...common(), transports: [session()] }, reqResFramework)
    compiled(() => {
      // @ts-expect-error a pair is not `req` and `res`
      return other.sessions.validate({ request: {}, reply: {} })
    })
    compiled(() => {
      // @ts-expect-error nor is a request
      return other.guard()(new Request('https://a.example'))
    })
    expectTypeOf<Framework<PairCall>>().not.toExtend<Framework<Request>>()
  })

  test('is left out where nothing stands for it', () => {
    const ambient = crudAuth(
      { ...common(), transports: [session()], features: [sudo()] },
      ambientFramework(async () => new Headers()),
    )
    expectTypeOf(ambient.guard()).toBeCallableWith()
    expectTypeOf(ambient.sessions.validate).toBeCallableWith()
    expectTypeOf(ambient.sudo.isElevated).toBeCallableWith()
    expectTypeOf(ambient.rateLimit('register')).toBeCallableWith()
    expectTypeOf(ambient.authenticate).toBeCallableWith(undefined)
  })
})

describe('A handle', () => {
  test('is there where its feature certainly is, and not where it is not', () => {
    const auth = crudAuth({ ...common(), transports: [session()] })
    expectTypeOf(auth).toHaveProperty('sessions')
    expectTypeOf(auth).not.toHaveProperty('tokens')
    expectTypeOf(auth).not.toHaveProperty('sudo')
  })

  test('may be there where its feature depends on a condition', () => {
    const auth = crudAuth({
      ...common(),
      transports: [session(), isApi && bearer()],
      features: [isApi ? sudo() : null],
    })
    expectTypeOf(auth.sessions).toEqualTypeOf<SessionAdministration<Types, Call>>()
    expectTypeOf(auth.tokens).toEqualTypeOf<TokenAdministration<Types, Call> | undefined>()
    expectTypeOf(auth.sudo).toEqualTypeOf<Sudo<Call> | undefined>()
  })

  test('may be there where a list is one of two', () => {
    const auth = crudAuth({
      ...common(),
      transports: isApi ? [session(), bearer()] : [session()],
    })
    expectTypeOf(auth.sessions).toEqualTypeOf<SessionAdministration<Types, Call>>()
    expectTypeOf(auth.tokens).toEqualTypeOf<TokenAdministration<Types, Call> | undefined>()
  })

  test('may be there where a list has any length', () => {
    const transports = [session(), bearer()]
    const auth = crudAuth({ ...common(), transports })
    expectTypeOf(auth.sessions).toEqualTypeOf<SessionAdministration<Types, Call> | undefined>()
    expectTypeOf(auth.tokens).toEqualTypeOf<TokenAdministration<Types, Call> | undefined>()
  })

  test('is not known where the list is not', () => {
    const transports: readonly TransportEntry[] = [session()]
    const auth = crudAuth({ ...common(), transports })
    expectTypeOf(auth).toExtend<AuthCore<Types>>()
    expectTypeOf(auth).not.toHaveProperty('sessions')
  })

  test('is what a feature of one’s own says, and unknown where it says nothing', () => {
    const auth = crudAuth({
      ...common(),
      transports: [session()],
      features: [feature('mine', () => ({}))],
    })
    expectTypeOf(auth.mine).toBeUnknown()
  })
})

describe('What does not compile:', () => {
  test('a misspelt option, at every level', () => {
    compiled(() =>
      crudAuth({
        ...common(),
        transports: [session()],
        // @ts-expect-error lockout
        lockouts: {},
      }),
    )
    compiled(() =>
      crudAuth({
        ...common(),
        transports: [session()],
        // @ts-expect-error maxAttempts
        lockout: { maxAttempt: 3 },
      }),
    )
    compiled(() =>
      honoAuth({
        ...common(),
        transports: [session()],
        // @ts-expect-error trustedOrigins
        trustedOrigin: ['https://app.example.com'],
      }),
    )
    // @ts-expect-error idleTimeout
    compiled(() => session({ idleTimeOut: 60 }))
    // @ts-expect-error accessTtl
    compiled(() => bearer({ accesTtl: 60 }))
    // @ts-expect-error window
    compiled(() => sudo({ windowSecond: 60 }))
    compiled(() =>
      crudAuth({
        ...common(),
        transports: [session()],
        // @ts-expect-error afterLogin
        hooks: { afterlogin: () => undefined },
      }),
    )
  })

  test('a feature among the transports, and the reverse', () => {
    // @ts-expect-error sudo carries no credential
    compiled(() => crudAuth({ ...common(), transports: [session(), sudo()] }))
    // @ts-expect-error sudo carries no credential
    compiled(() => honoAuth({ ...common(), transports: [sudo()] }))
    // @ts-expect-error a session is a transport
    compiled(() => crudAuth({ ...common(), transports: [session()], features: [session()] }))
  })

  test('a feature that is not called', () => {
    // @ts-expect-error session()
    compiled(() => crudAuth({ ...common(), transports: [session] }))
    // @ts-expect-error [session()]
    compiled(() => crudAuth({ ...common(), transports: session() }))
    // @ts-expect-error sudo()
    compiled(() => crudAuth({ ...common(), transports: [session()], features: [sudo] }))
  })

  test('no transports at all', () => {
    // @ts-expect-error transports
    compiled(() => crudAuth({ ...common() }))
  })
})

describe('Hooks', () => {
  test('have the row of the table that was passed', () => {
    crudAuth({
      ...common(),
      transports: [session()],
      hooks: {
        afterLogin(user) {
          expectTypeOf(user).toEqualTypeOf<User>()
          expectTypeOf(user.displayName).toBeString()
          // @ts-expect-error never given out
          user.hashedPassword
        },
        afterRegister: (user) => void user.email,
      },
    })
    honoAuth({
      ...common(),
      transports: [session()],
      hooks: { afterSudo: (user) => void expectTypeOf(user).toEqualTypeOf<User>() },
    })
  })

  test('and so has a gate', () => {
    const auth = crudAuth({ ...common(), transports: [session()] })
    auth.guard({ check: ({ user }) => user.displayName === 'ann' })
    compiled(() => {
      // @ts-expect-error no such column
      return auth.guard({ check: ({ user }) => user.name === 'ann' })
    })
  })
})
