/**
 * Password hashes in a second model: read with their user, and every change of both is one step.
 */
import { randomUUID } from 'node:crypto'
import { PrismaBetterSqlite3 } from '@prisma/adapter-better-sqlite3'
import { StoreUnavailable, type UserStore } from 'crudauth'
import { prismaUsers } from 'crudauth/prisma'
import { userStoreConformance } from 'crudauth/testing'
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest'
import { application } from '../../../test/support/application.ts'
import type { PrismaClient } from '../generated/postgresql/client/client.ts'
import { PrismaClient as SqliteClient } from '../generated/sqlite/client/client.ts'
import { type Server, servers } from '../servers.ts'

const credentials = (prisma: PrismaClient) =>
  prismaUsers(prisma, 'holder', {
    unique: ['email'],
    passwords: {
      model: 'credential',
      user: 'userId',
      hash: 'password',
      only: { providerId: 'credential' },
      unique: ['userId', 'providerId'],
      insert: (user) => ({ id: randomUUID(), accountId: user.email }),
    },
  })
const secrets = (prisma: PrismaClient) =>
  prismaUsers(prisma, 'uuidHolder', {
    unique: ['email'],
    passwords: { model: 'uuidSecret', user: 'holderId', hash: 'hash', unique: ['holderId'] },
  })
const salted = (prisma: PrismaClient) =>
  prismaUsers(prisma, 'uuidHolder', {
    unique: ['email'],
    passwords: {
      model: 'uuidSecret',
      user: 'holderId',
      hash: { property: 'hash', parts: ['salt'], text: (hash, salt) => `$made-up$${salt}$${hash}` },
      unique: ['holderId'],
    },
  })

/** Statements that cut off what writes into the table, and those that put an end to it. */
const cuts = {
  pg: {
    fail: (table: string) => [
      `create function ${table}_fail() returns trigger language plpgsql as $$ begin raise exception 'cut off'; end $$`,
      `create trigger ${table}_fail before insert or update on ${table} execute function ${table}_fail()`,
    ],
    kill: (table: string) => [
      `create function ${table}_fail() returns trigger language plpgsql as $$ begin perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(5); return null; end $$`,
      `create trigger ${table}_fail before insert or update on ${table} execute function ${table}_fail()`,
    ],
    mend: (table: string) => [
      `drop trigger ${table}_fail on ${table}`,
      `drop function ${table}_fail`,
    ],
  },
  'better-sqlite3': {
    fail: (table: string) =>
      ['insert', 'update'].map(
        (event) =>
          `create trigger ${table}_${event} before ${event} on ${table} begin select raise(fail, 'cut off'); end`,
      ),
    kill: null,
    mend: (table: string) => ['insert', 'update'].map((event) => `drop trigger ${table}_${event}`),
  },
} as const

describe.each(Object.entries(servers))(
  'User store: Prisma over %s',
  (driver, { isThere, open }) => {
    describe.runIf(isThere)('conforms', () => {
      const { fail, kill, mend } = cuts[driver as keyof typeof cuts]
      let server: Server
      beforeAll(async () => {
        server = await open()
      })
      afterAll(() => server.close())
      const empty =
        <Store>(store: (prisma: PrismaClient) => Store) =>
        async () => {
          await server.emptied()
          return store(server.prisma)
        }
      const cutOff = (table: string, begin: (table: string) => readonly string[]) => async () => {
        for (const statement of begin(table)) await server.exec(statement)
        return async () => {
          for (const statement of mend(table)) await server.exec(statement)
        }
      }
      const row = (n: number) => ({
        email: `user${n}@example.com`,
        hashedPassword: `hash${n}`,
        tokenVersion: 0,
      })
      const create = (store: (prisma: PrismaClient) => unknown) =>
        empty(store) as unknown as () => Promise<UserStore>
      const secretRows = () =>
        server.prisma.uuidSecret.findMany({ select: { holderId: true, hash: true } })
      const credentialRows = () =>
        server.prisma.credential.findMany({
          select: { userId: true, providerId: true, password: true, accountId: true },
          orderBy: { providerId: 'asc' },
        })

      describe('with passwords in a second table', () => {
        const setup = {
          create: create(credentials),
          row,
          cutOff: cutOff('prisma_credential', fail),
        }
        for (const { name, run } of userStoreConformance(setup)) test(name, run)
      })

      describe('with passwords in a second table, which take no null, and keys of uuid', () => {
        const setup = { create: create(secrets), row, cutOff: cutOff('prisma_uuid_secret', fail) }
        for (const { name, run } of userStoreConformance(setup)) test(name, run)
      })

      describe('with passwords in several columns of a second table', () => {
        const setup = { create: create(salted), row, cutOff: cutOff('prisma_uuid_secret', fail) }
        for (const { name, run } of userStoreConformance(setup)) test(name, run)
      })

      if (kill) {
        describe('a connection that is killed between the two writes', () => {
          test.each([
            ['among credentials', credentials, 'prisma_credential'],
            ['one row each', secrets, 'prisma_uuid_secret'],
          ] as const)('leaves nothing of them: %s', async (_, store, table) => {
            const setup = { create: create(store), row, cutOff: cutOff(table, kill) }
            const cases = userStoreConformance(setup)
            await cases.find(({ name }) => name.includes('is cut off'))?.run()
          })

          test('is an outage, in which the row stays as it was', async () => {
            const store = await empty(credentials)()
            const inserted = await store.insert(row(1), {})
            const end = await cutOff('prisma_credential', kill)()
            const change = store.update(inserted.id, { hashedPassword: 'new' }, {})
            await expect(change).rejects.toBeInstanceOf(StoreUnavailable)
            await end()
            expect(await store.find('id', inserted.id, {})).toEqual(inserted)
          })
        })
      }

      test('a dropped password that takes no null is the end of its row, and of nobody else’s', async () => {
        const store = await empty(secrets)()
        const planted = await store.insert(row(1), {})
        const { id: other } = await store.insert(row(2), {})
        const drop = (when?: object) =>
          store.update(planted.id, { hashedPassword: null, tokenVersion: 7 }, {}, when as never)
        expect(await drop({ hashedPassword: 'hash1', tokenVersion: 3 })).toBe(false)
        expect(await drop({ hashedPassword: 'another', tokenVersion: 0 })).toBe(false)
        expect(await store.find('id', planted.id, {})).toEqual(planted)
        expect(await drop({ hashedPassword: 'hash1', tokenVersion: 0 })).toBe(true)
        expect(await store.find('id', planted.id, {})).toMatchObject({
          hashedPassword: null,
          tokenVersion: 7,
        })
        const theirs = [{ holderId: other, hash: 'hash2' }]
        expect(await secretRows()).toEqual(theirs)
        const set = { hashedPassword: 'of the owner' }
        expect(await store.update(planted.id, set, {}, { hashedPassword: null })).toBe(true)
        expect(await store.find('id', planted.id, {})).toMatchObject(set)
        expect(await drop()).toBe(true)
        expect(await secretRows()).toEqual(theirs)
      })

      test('other credentials are neither read nor written', async () => {
        const store = await empty(credentials)()
        const { id } = await store.insert({ email: 'a@example.com' }, {})
        await server.exec(
          `insert into prisma_credential (id, user_id, provider_id, account_id, password) values ('g', ${id}, 'google', 'g-1', 'no password')`,
        )
        expect(await store.find('id', id, {})).toMatchObject({ hashedPassword: null })
        const update = (from: string | null, hash: string | null) =>
          store.update(id, { hashedPassword: hash }, {}, { hashedPassword: from })
        expect(await update(null, 'a')).toBe(true)
        expect(await update('a', null)).toBe(true)
        expect(await store.update(id, { hashedPassword: 'b', email: 'b@example.com' }, {})).toBe(
          true,
        )
        expect(await credentialRows()).toEqual([
          { userId: id, providerId: 'credential', password: 'b', accountId: 'a@example.com' },
          { userId: id, providerId: 'google', password: 'no password', accountId: 'g-1' },
        ])
      })

      test('a password that another program sets at the same time is not a second one', async () => {
        const store = await empty(credentials)()
        const { id } = await store.insert({ email: 'a@example.com' }, {})
        await server.exec(
          `insert into prisma_credential (id, user_id, provider_id, account_id, password) values ('x', ${id}, 'credential', 'x', 'theirs')`,
        )
        const update = (from: string | null) =>
          store.update(id, { hashedPassword: 'ours' }, {}, { hashedPassword: from })
        expect(await update(null)).toBe(false)
        expect(await update('theirs')).toBe(true)
      })

      test('work inside the insert that throws undoes both rows, and sees them before', async () => {
        const store = await empty(credentials)()
        let seen: unknown
        const insert = store.insert(row(1), {}, async (transaction, inserted) => {
          seen = [inserted, await transaction.credential.count()]
          throw new Error('no')
        })
        await expect(insert).rejects.toThrow('no')
        expect(seen).toMatchObject([{ hashedPassword: 'hash1' }, 1])
        expect(await server.prisma.holder.count()).toBe(0)
        expect(await credentialRows()).toEqual([])
      })

      test('whoever is read while the password changes does not have the old one under the new epoch', async () => {
        const store = await empty(credentials)()
        const { id } = await store.insert(row(1), {})
        let isChanged = false
        const changing = (delegate: object) =>
          new Proxy(delegate, {
            get: (target, name) =>
              name !== 'findMany'
                ? Reflect.get(target, name)
                : async (args: object) => {
                    const rows = await Reflect.get(target, name).call(target, args)
                    if (!isChanged) {
                      isChanged = true
                      await store.update(id, { hashedPassword: 'new', tokenVersion: 1 }, {})
                    }
                    return rows
                  },
          })
        const prisma = new Proxy(server.prisma, {
          get: (target, name) => {
            const found = Reflect.get(target, name)
            return name === 'holder' || name === 'credential' ? changing(found) : found
          },
        })
        const seen = await credentials(prisma).find('id', id, {})
        expect(isChanged).toBe(true)
        expect(seen).toMatchObject({ hashedPassword: 'new', tokenVersion: 0 })
      })

      test('people register, log in, change their password and lose it, in one row each', async () => {
        const store = await empty(credentials)()
        const { browser, logIn, auth } = application({ users: store })
        const body = { email: 'a@example.com', password: 'correct horse battery' }
        expect((await browser().post('/register', body)).status).toBe(200)
        const { client, me, status } = await logIn('a@example.com')
        expect(status).toBe(200)
        expect(JSON.stringify(me)).not.toContain('hashed')
        const changed = await client.post('/change-password', {
          current_password: 'correct horse battery',
          new_password: 'another horse battery',
        })
        expect(changed.status).toBe(200)
        expect((await logIn('a@example.com')).status).toBe(401)
        expect((await logIn('a@example.com', 'another horse battery')).status).toBe(200)
        const { id } = (await store.find('email', 'a@example.com', {})) ?? { id: 0 }
        await auth.users.dropPassword(id)
        expect((await logIn('a@example.com', 'another horse battery')).status).toBe(401)
        await auth.users.setPassword(id, 'a third horse battery')
        expect((await logIn('a@example.com', 'a third horse battery')).status).toBe(200)
        expect(await credentialRows()).toMatchObject([
          { userId: id, providerId: 'credential', accountId: 'a@example.com' },
        ])
      })
    })
  },
)

describe('Passwords in a second model', () => {
  test('are refused over a driver adapter without transactions', () => {
    const sqlite = new PrismaBetterSqlite3({ url: 'file::memory:' })
    const adapter = Object.assign(sqlite, { adapterName: '@prisma/adapter-d1' })
    const { problems } = secrets(new SqliteClient({ adapter }) as unknown as PrismaClient)
    expect(problems).toEqual([expect.stringContaining('this driver adapter has no transactions')])
  })

  const never = null as unknown as PrismaClient

  test('have a map that is checked against both models', () => {
    const passwords = { model: 'uuidSecret', user: 'holderId', hash: 'hash' } as const
    const unique = ['email'] as const
    const wrong = () => [
      prismaUsers(never, 'uuidHolder', {
        unique,
        // @ts-expect-error no such model
        passwords: { ...passwords, model: 'secret', unique: ['holderId'] },
      }),
      prismaUsers(never, 'uuidHolder', {
        unique,
        // @ts-expect-error no such field
        passwords: { ...passwords, hash: 'password', unique: ['holderId'] },
      }),
      prismaUsers(never, 'uuidHolder', {
        unique,
        // @ts-expect-error not unique
        passwords: { ...passwords, unique: ['salt'] },
      }),
      prismaUsers(never, 'holder', {
        unique,
        passwords: {
          model: 'credential',
          user: 'userId',
          hash: 'password',
          only: { providerId: 'credential' },
          // @ts-expect-error unique together with the other only
          unique: ['userId'],
        },
      }),
    ]
    expectTypeOf(wrong).toBeFunction()
    const inAnyOrder = () =>
      prismaUsers(never, 'holder', {
        unique,
        passwords: {
          model: 'credential',
          user: 'userId',
          hash: 'password',
          only: { providerId: 'credential' },
          unique: ['providerId', 'userId'],
          insert: (user) => {
            expectTypeOf(user.email).toEqualTypeOf<string>()
            return { id: '', accountId: '' }
          },
        },
      })
    expectTypeOf(inAnyOrder).toBeFunction()
  })
})
