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
import { drizzleUsers } from 'crudauth/drizzle'
import { authUserColumns } from 'crudauth/drizzle/sqlite'
import { honoAuth } from 'crudauth/hono'
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3'
import type { BaseSQLiteDatabase } from 'drizzle-orm/sqlite-core'
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { Hono } from 'hono'
import { describe, expectTypeOf, test } from 'vitest'

type TypesOf<Store> = Store extends UserStore<infer T extends UserTypes> ? T : never
declare const db: BetterSQLite3Database
declare const asyncDb: BaseSQLiteDatabase<'async', unknown>

const accounts = sqliteTable('accounts', {
  accountId: text('account_id').primaryKey(),
  email: text().notNull().unique(),
  pwHash: text('pw_hash').notNull(),
  enabled: integer({ mode: 'boolean' }).notNull(),
  generation: integer().notNull(),
  plan: text({ enum: ['free', 'paid'] }).notNull(),
})
const columns = { id: 'accountId', hashedPassword: 'pwHash' } as const

// Never called: what counts is whether it compiles.
const store = () => drizzleUsers(db, accounts, { columns })
const auth = () => honoAuth({ transports: [session()], users: store() })
type Types = TypesOf<ReturnType<typeof store>>

describe('User store types', () => {
  test('the user is the row without the mapped password hash', () => {
    expectTypeOf<Types['user']>().toEqualTypeOf<{
      accountId: string
      email: string
      enabled: boolean
      generation: number
      plan: 'free' | 'paid'
    }>()
    expectTypeOf<Types['id']>().toEqualTypeOf<string>()
  })

  test('the user has no column of a hash in several, and one in another table is checked', () => {
    const hash = { property: 'pwHash', parts: ['plan'], text: (one: string) => one } as const
    const several = () =>
      drizzleUsers(db, accounts, { columns: { id: 'accountId', hashedPassword: hash } })
    expectTypeOf<keyof TypesOf<ReturnType<typeof several>>['user']>().toEqualTypeOf<
      'accountId' | 'email' | 'enabled' | 'generation'
    >()
    const bare = sqliteTable('bare', { id: integer().primaryKey(), email: text().unique() })
    const elsewhere = () =>
      drizzleUsers(db, bare, {
        passwords: {
          table: accounts,
          user: 'accountId',
          hash: 'pwHash',
          only: { plan: 'free' },
          insert: (user) => ({ email: user.email ?? '' }),
        },
      })
    expectTypeOf<TypesOf<ReturnType<typeof elsewhere>>['user']>().toEqualTypeOf<{
      id: number
      email: string | null
    }>()
    const wrong = () => [
      drizzleUsers(db, bare, {
        // @ts-expect-error no such column
        passwords: { table: accounts, user: 'userId', hash: 'pwHash' },
      }),
      drizzleUsers(db, bare, {
        // @ts-expect-error a column of the wrong type
        passwords: { table: accounts, user: 'accountId', hash: 'generation' },
      }),
      drizzleUsers(db, bare, {
        // @ts-expect-error none of its kinds
        passwords: { table: accounts, user: 'accountId', hash: 'pwHash', only: { plan: 'other' } },
      }),
      drizzleUsers(db, accounts, {
        // @ts-expect-error no such part
        columns: { hashedPassword: { property: 'pwHash', parts: ['salt'], text: (one) => one } },
      }),
    ]
    expectTypeOf(wrong).toBeFunction()
  })

  test('a map is checked against the table', () => {
    const wrong = () => [
      // @ts-expect-error no such column
      drizzleUsers(db, accounts, { columns: { email: 'mail' } }),
      // @ts-expect-error a column of the wrong type
      drizzleUsers(db, accounts, { columns: { email: 'generation' } }),
      // @ts-expect-error a column of the wrong type
      drizzleUsers(db, accounts, { columns: { isActive: 'plan' } }),
      // @ts-expect-error no such field
      drizzleUsers(db, accounts, { columns: { emial: 'email', id: 'accountId' } }),
      // @ts-expect-error the tenant is text or a number
      drizzleUsers(db, accounts, { columns, tenant: 'enabled' }),
      drizzleUsers(db, accounts, { columns: { ...columns, isActive: 'enabled' } }),
      // A provider's column: of text, or said to be none.
      drizzleUsers(db, accounts, { columns: { ...columns, customId: 'email', teamId: null } }),
      // @ts-expect-error holds no text
      drizzleUsers(db, accounts, { columns: { customId: 'generation' } }),
      drizzleUsers(db, accounts, { columns, tenant: 'plan' }),
    ]
    expectTypeOf(wrong).toBeFunction()
  })

  test('flags of another spelling need a codec, and one that fits', () => {
    const odd = sqliteTable('odd', {
      id: integer().primaryKey(),
      email: text().notNull().unique(),
      hashedPassword: text(),
      active: text({ enum: ['Y', 'N'] }).notNull(),
      confirmedAt: integer({ mode: 'timestamp' }),
    })
    const maps = () => [
      drizzleUsers(db, odd, {
        columns: {
          email: { property: 'email', ignoreCase: true },
          isActive: { property: 'active', codec: flag('Y', 'N') },
          emailVerified: { property: 'confirmedAt', codec: timestampFlag() },
        },
        factors: { phone: 'email', phoneVerified: { property: 'active', codec: flag('Y', 'N') } },
      }),
      drizzleUsers(db, odd, {
        // @ts-expect-error another spelling
        columns: { isActive: { property: 'active', codec: flag(1, 0) } },
      }),
      drizzleUsers(db, odd, {
        // @ts-expect-error no moment
        columns: { isActive: { property: 'active', codec: timestampFlag() } },
      }),
      drizzleUsers(db, odd, {
        // @ts-expect-error no such column
        columns: { isActive: { property: 'aktiv', codec: flag('Y', 'N') } },
      }),
      // @ts-expect-error no text
      drizzleUsers(db, odd, { columns: { email: { property: 'id', ignoreCase: true } } }),
      // @ts-expect-error no such column
      drizzleUsers(db, odd, { factors: { phone: 'mobile' } }),
    ]
    expectTypeOf(maps).toBeFunction()
  })

  test('work inside a transaction is synchronous where the driver is', () => {
    expectTypeOf<undefined>().toExtend<Types['during']>()
    expectTypeOf<Promise<void>>().not.toExtend<Types['during']>()
    const onAsync = () => drizzleUsers(asyncDb, accounts, { columns })
    type Async = TypesOf<ReturnType<typeof onAsync>>
    expectTypeOf<Async['during']>().toEqualTypeOf<ReturnType<() => void> | Promise<void>>()
    const hooks = () => [
      honoAuth({
        transports: [session()],
        users: store(),
        hooks: {
          registering(transaction, { user }) {
            transaction.insert(accounts)
            expectTypeOf(user.plan).toEqualTypeOf<'free' | 'paid'>()
          },
        },
      }),
      honoAuth({
        users: store(),
        transports: [session()],
        // @ts-expect-error the transaction would end before it
        hooks: { registering: async () => {} },
      }),
      honoAuth({
        users: store(),
        transports: [session()],
        // @ts-expect-error a query that is not run
        hooks: { registering: (transaction) => transaction.insert(accounts) },
      }),
      honoAuth({
        users: onAsync(),
        transports: [session()],
        hooks: { registering: async () => {} },
      }),
    ]
    expectTypeOf(hooks).toBeFunction()
  })

  test('the columns of a new table follow the options', () => {
    const standard = sqliteTable('a', authUserColumns())
    expectTypeOf<(typeof standard)['$inferSelect']['email']>().toEqualTypeOf<string>()
    expectTypeOf<(typeof standard)['$inferSelect']['isActive']>().toEqualTypeOf<boolean>()
    expectTypeOf<(typeof standard)['$inferSelect']['googleId']>().toEqualTypeOf<string | null>()
    const named = sqliteTable('b', authUserColumns({ identifiers: ['username'], oauth: false }))
    expectTypeOf<(typeof named)['$inferSelect']['email']>().toEqualTypeOf<string | null>()
    expectTypeOf<(typeof named)['$inferSelect']>().not.toHaveProperty('googleId')
    const phone = sqliteTable('c', authUserColumns({ identifiers: ['phone'], recovery: 'phone' }))
    expectTypeOf<(typeof phone)['$inferSelect']['phone']>().toEqualTypeOf<string>()
    expectTypeOf<(typeof phone)['$inferSelect']['phoneVerified']>().toEqualTypeOf<boolean>()
    expectTypeOf<(typeof phone)['$inferSelect']>().not.toHaveProperty('username')
  })
})

describe('Hono types', () => {
  test('the principal is typed by the table, and null only under optional', () => {
    const app = () => {
      const made = auth()
      return new Hono()
        .route('/', made.router)
        .get('/a', made.currentUser(), (c) => {
          expectTypeOf(c.var.principal).toEqualTypeOf<Principal<Types>>()
          expectTypeOf(c.var.principal.user.plan).toEqualTypeOf<'free' | 'paid'>()
          expectTypeOf(c.var.principal.userId).toEqualTypeOf<string>()
          // @ts-expect-error the hash is not there
          c.var.principal.user.pwHash
          return c.json({})
        })
        .get('/b', made.currentUser({ optional: true, verified: true }), (c) => {
          expectTypeOf(c.var.principal).toEqualTypeOf<Principal<Types> | null>()
          return c.json({})
        })
        .get('/c', made.currentUser({ superuser: true, optional: false }), (c) => {
          expectTypeOf(c.var.principal).toEqualTypeOf<Principal<Types>>()
          return c.json({})
        })
    }
    expectTypeOf(app).toBeFunction()
  })

  test('a check must say true or false', () => {
    const gates = () => [
      auth().currentUser({ check: ({ user }) => user.plan === 'paid' }),
      auth().currentUser({ check: async ({ user }) => user.enabled }),
      // @ts-expect-error nothing is not an answer
      auth().currentUser({ check: () => {} }),
      // @ts-expect-error neither is a truthy value
      auth().currentUser({ check: ({ user }) => user.email }),
    ]
    expectTypeOf(gates).toBeFunction()
  })
})
