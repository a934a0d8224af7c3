/**
 * Type tests: `tsc` checks them. What must not compile carries `@ts-expect-error`.
 */
import {
  flag,
  type Principal,
  session,
  timestampFlag,
  type UserStore,
  type UserTypes,
} from 'crudauth'
import { honoAuth } from 'crudauth/hono'
import { authUserColumns, kyselyUsers } from 'crudauth/kysely'
import { Hono } from 'hono'
import type { ColumnType, Generated, Kysely, Transaction } from 'kysely'
import { describe, expectTypeOf, test } from 'vitest'

interface Database {
  accounts: {
    account_id: Generated<string>
    e_mail: string
    pw_hash: string | null
    banned: 'Y' | 'N'
    confirmed_at: ColumnType<Date | null, Date | null, Date | null>
    generation: number
    plan: 'free' | 'paid'
    org: string
  }
  standard: {
    id: Generated<number>
    email: string
    hashed_password: string
    is_active: 0 | 1
    is_superuser: 0 | 1
    email_verified: 0 | 1
    token_version: number
    created_at: string
    updated_at: string | null
  }
}

type TypesOf<Store> = Store extends UserStore<infer T extends UserTypes> ? T : never
declare const db: Kysely<Database>

const columns = {
  id: 'account_id',
  email: 'e_mail',
  hashedPassword: 'pw_hash',
  isActive: { property: 'banned', codec: flag('N', 'Y') },
  emailVerified: { property: 'confirmed_at', codec: timestampFlag() },
  tokenVersion: 'generation',
} as const

// Never called: what counts is whether it compiles.
const store = () => kyselyUsers(db, 'accounts', { columns, unique: ['e_mail'], key: 'text' })
type Types = TypesOf<ReturnType<typeof store>>

describe('User store types: Kysely', () => {
  test('the user is the row without the mapped password hash', () => {
    expectTypeOf<Types['user']>().toEqualTypeOf<{
      account_id: string
      e_mail: string
      banned: 'Y' | 'N'
      confirmed_at: Date | null
      generation: number
      plan: 'free' | 'paid'
      org: string
    }>()
    expectTypeOf<Types['id']>().toEqualTypeOf<string>()
    expectTypeOf<Types['transaction']>().toEqualTypeOf<Transaction<Database>>()
    expectTypeOf<Types['during']>().toEqualTypeOf<void | Promise<void>>()
  })

  test('a map is checked against the table', () => {
    const unique = ['e_mail'] as const
    const wrong = () => [
      // @ts-expect-error no such table
      kyselyUsers(db, 'people', { columns, unique }),
      // @ts-expect-error no such column
      kyselyUsers(db, 'accounts', { columns: { ...columns, email: 'mail' }, unique }),
      // @ts-expect-error a column of the wrong type
      kyselyUsers(db, 'accounts', { columns: { ...columns, email: 'generation' }, unique }),
      // @ts-expect-error a flag that is none, without a codec
      kyselyUsers(db, 'accounts', { columns: { ...columns, isActive: 'banned' }, unique }),
      kyselyUsers(db, 'accounts', {
        // @ts-expect-error a codec for another spelling
        columns: { ...columns, isActive: { property: 'banned', codec: flag(1, 0) } },
        unique,
      }),
      // @ts-expect-error no such field
      kyselyUsers(db, 'accounts', { columns: { ...columns, emial: 'e_mail' }, unique }),
      // @ts-expect-error what is unique must be said
      kyselyUsers(db, 'accounts', { columns }),
      // @ts-expect-error and be a column
      kyselyUsers(db, 'accounts', { columns, unique: ['mail'] }),
      // @ts-expect-error the tenant is text or a number
      kyselyUsers(db, 'accounts', { columns, unique, tenant: 'confirmed_at' }),
      // @ts-expect-error a condition on a column that is not there
      kyselyUsers(db, 'accounts', { columns, unique, where: (eb) => eb('gone', 'is', null) }),
      kyselyUsers(db, 'accounts', { columns, unique, tenant: 'org' }),
    ]
    expectTypeOf(wrong).toBeFunction()
  })

  test('a table with the standard columns is described in one word', () => {
    const standard = () =>
      kyselyUsers(
        db,
        'standard',
        authUserColumns('sqlite', { identifiers: ['email'], oauth: false }),
      )
    const wrong = () => [
      kyselyUsers(
        db,
        'standard',
        // @ts-expect-error its flags are no booleans
        authUserColumns('postgresql', { identifiers: ['email'], oauth: false }),
      ),
      // @ts-expect-error it has no username
      kyselyUsers(db, 'standard', authUserColumns('sqlite', { oauth: false })),
    ]
    expectTypeOf<TypesOf<ReturnType<typeof standard>>['id']>().toEqualTypeOf<number>()
    expectTypeOf(wrong).toBeFunction()
  })

  test('the principal is typed by the table', () => {
    const app = () => {
      const auth = honoAuth({ transports: [session()], users: store() })
      return new Hono().get('/a', auth.currentUser(), (c) => {
        expectTypeOf(c.var.principal).toEqualTypeOf<Principal<Types>>()
        expectTypeOf(c.var.principal.user.plan).toEqualTypeOf<'free' | 'paid'>()
        // @ts-expect-error the hash is not there
        c.var.principal.user.pw_hash
        return c.json({})
      })
    }
    expectTypeOf(app).toBeFunction()
  })

  test('what registration may write is checked against the table', () => {
    const options = () => [
      honoAuth({
        transports: [session()],
        users: store(),
        registration: { newUserDefaults: { plan: 'free' } },
      }),
      // @ts-expect-error the library's
      honoAuth({ users: store(), registration: { newUserDefaults: { generation: 1 } } }),
      // @ts-expect-error the library's, under a codec
      honoAuth({ users: store(), registration: { extraFields: ['banned'] } }),
    ]
    expectTypeOf(options).toBeFunction()
  })
})
