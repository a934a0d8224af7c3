/**
 * The user store and the store of API keys through Prisma, on PostgreSQL and SQLite.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { PrismaBetterSqlite3 } from '@prisma/adapter-better-sqlite3'
import { PrismaPg } from '@prisma/adapter-pg'
import { flag, RejectedValue, StoreUnavailable, type UserStore, type UserTypes } from 'crudauth'
import { apiKeys, honoAuth, session } from 'crudauth/hono'
import { prismaApiKeys, prismaUsers } from 'crudauth/prisma'
import { userStoreConformance } from 'crudauth/testing'
import { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest'
import { application } from '../../../test/support/application.ts'
import { postgresUrl } from '../../../test/support/services.ts'
import { PrismaClient as PostgresClient } from '../generated/postgresql/client/client.ts'
import { PrismaClient as SqliteClient } from '../generated/sqlite/client/client.ts'
import { type Server, servers } from '../servers.ts'
import { tableStatements } from '../tables.ts'

const schema = `prisma_${randomBytes(4).toString('hex')}`
const hasPostgres = servers.pg.isThere

describe.each(Object.entries(servers))(
  'User store: Prisma over %s',
  (driver, { isThere, open }) => {
    describe.runIf(isThere)('conforms', () => {
      let server: Server
      beforeAll(async () => {
        server = await open()
      })
      afterAll(() => server.close())

      const emptied = () => server.emptied()
      const conformance = (
        create: () => unknown,
        row: (n: number) => Record<string, unknown>,
        scopes?: [{ tenant: string }, { tenant: string }],
      ) => {
        const setup = {
          create: async () => {
            await emptied()
            return create() as UserStore
          },
          row,
          ...(scopes ? { scopes } : {}),
        }
        for (const { name, run } of userStoreConformance(setup)) test(name, run)
      }
      const legacy = {
        email: 'mail',
        hashedPassword: 'pwHash',
        tokenVersion: 'generation',
      } as const
      const row = (key: (n: number) => unknown) => (n: number) => ({
        accountId: key(n),
        mail: `user${n}@example.com`,
        pwHash: `hash${n}`,
        generation: 0,
      })

      describe('with a new table', () => {
        conformance(
          () =>
            prismaUsers(server.prisma, 'standard', {
              unique: ['email', 'username', 'googleId', 'githubId'],
            }),
          (n) => ({
            email: `user${n}@example.com`,
            username: `user${n}`,
            hashedPassword: `hash${n}`,
          }),
        )
      })

      describe('with a mapped table and keys of text', () => {
        conformance(
          () =>
            prismaUsers(server.prisma, 'textKey', {
              columns: {
                id: 'accountId',
                isActive: { property: 'banned', codec: flag('N', 'Y') },
                ...legacy,
              },
              unique: ['mail'],
            }),
          row((n) => `key-${n}`),
        )
      })

      describe('keys that the application makes', () => {
        test('are in the row, and in the answer', async () => {
          await emptied()
          const users = prismaUsers(server.prisma, 'textKey', {
            columns: {
              id: 'accountId',
              isActive: { property: 'banned', codec: flag('N', 'Y') },
              ...legacy,
            },
            unique: ['mail'],
            newKey: () => 'ulid-1',
          })
          const { browser, auth } = application({ users })
          const ann = { email: 'ann@example.com', password: 'correct horse battery' }
          const answer = await browser().post('/register', ann)
          expect([answer.status, await answer.json()]).toMatchObject([200, { id: 'ulid-1' }])
          expect(await auth.users.find(ann.email)).toMatchObject({ accountId: 'ulid-1' })
        })
      })

      describe('with a mapped table and keys of bigint', () => {
        conformance(
          () =>
            prismaUsers(server.prisma, 'bigKey', {
              columns: { id: 'accountId', ...legacy },
              unique: ['mail'],
            }),
          row((n) => BigInt(n)),
        )
      })

      describe('with a mapped table and keys of uuid', () => {
        conformance(
          () =>
            prismaUsers(server.prisma, 'uuidKey', {
              columns: { id: 'accountId', ...legacy },
              unique: ['mail'],
            }),
          row(() => randomUUID()),
        )
      })

      describe('with tenants', () => {
        conformance(
          () =>
            prismaUsers(server.prisma, 'tenanted', {
              columns: { hashedPassword: 'pwHash', tokenVersion: 'generation' },
              unique: ['email'] as never,
              tenant: 'org',
            }),
          (n) => ({ email: `user${n}@example.com`, pwHash: `hash${n}` }),
          [{ tenant: 'one' }, { tenant: 'two' }],
        )
      })

      // Prisma compares without regard to case on request, which SQLite does not know.
      const ignoringCase = () => {
        const ignoring = (prisma: PostgresClient) =>
          prismaUsers(prisma, 'textKey', {
            columns: {
              id: 'accountId',
              ...legacy,
              email: { property: 'mail', ignoreCase: true },
            },
            unique: ['mail'],
          })
        conformance(
          () => ignoring(server.prisma),
          row((n) => `key-${n}`),
        )

        test('what is typed is no pattern, which would read the whole table', async () => {
          await emptied()
          const read: number[] = []
          const textKey = new Proxy(server.prisma.textKey, {
            get: (target, name) =>
              name !== 'findMany'
                ? Reflect.get(target, name)
                : async (args: object) => {
                    const rows = await target.findMany(args)
                    read.push(rows.length)
                    return rows
                  },
          })
          const prisma = new Proxy(server.prisma, {
            get: (target, name) => (name === 'textKey' ? textKey : Reflect.get(target, name)),
          })
          const users = ignoring(prisma)
          for (const mail of ['Ann_1@example.com', 'annb1@example.com', 'a\\b@example.com']) {
            await users.insert({ accountId: mail, mail, pwHash: 'x' }, {})
          }
          read.length = 0
          for (const typed of ['%', '%@example.com', '_________________', 'ann\\_1@example.com']) {
            expect(await users.find('mail', typed, {})).toBeNull()
          }
          expect(read).toEqual([0, 0, 0, 0])
          for (const mail of ['Ann_1@example.com', 'a\\b@example.com']) {
            expect(await users.find('mail', mail.toLowerCase(), {})).toMatchObject({ mail })
          }
          expect(read).toEqual([0, 0, 0, 0, 1, 1])
        })
      }
      if (driver === 'pg') describe('ignoring case', ignoringCase)

      test('an empty counter that many raise at once loses none', async () => {
        await emptied()
        const users = prismaUsers(server.prisma, 'textKey', {
          columns: { id: 'accountId', ...legacy },
          unique: ['mail'],
        })
        await users.insert({ accountId: 'a', mail: 'ann@example.com', pwHash: 'x' }, {})
        const counting = Array.from({ length: 20 }, () =>
          users.increment('a', 'generation', 99, {}),
        )
        expect(await Promise.all(counting)).toEqual(Array(20).fill(true))
        expect(await users.find('accountId', 'a', {})).toMatchObject({ generation: 20 })
      })

      test('a hook whose statement failed unseen has undone the insert, and that is told', async () => {
        await emptied()
        const users = prismaUsers(server.prisma, 'standard', { unique: ['email', 'username'] })
        const values = { email: 'ann@example.com', username: 'ann', hashedPassword: 'x' }
        const insert = users.insert(values, {}, async (transaction, { id }) => {
          if (driver === 'pg') await transaction.$queryRaw`select 1 / 0`.catch(() => undefined)
          else await transaction.standard.delete({ where: { id } })
        })
        await expect(insert).rejects.toMatchObject({ name: 'DatabaseError' })
        expect(await users.find('email', 'ann@example.com', {})).toBeNull()
      })

      test('rows outside of the condition are nobody’s', async () => {
        await emptied()
        const users = prismaUsers(server.prisma, 'textKey', {
          columns: { id: 'accountId', ...legacy },
          unique: ['mail'],
          where: { gone: null },
        })
        await users.insert({ accountId: 'a', mail: 'ann@example.com', pwHash: 'x' }, {})
        expect(await users.update('a', { pwHash: 'y' }, {})).toBe(true)
        await server.prisma.textKey.updateMany({ data: { gone: new Date() } })
        expect(await users.find('mail', 'ann@example.com', {})).toBeNull()
        expect(await users.find('accountId', 'a', {})).toBeNull()
        expect(await users.update('a', { pwHash: 'z' }, {})).toBe(false)
        expect(await users.increment('a', 'generation', 9, {})).toBe(false)
      })

      test('a condition on the moment is that of each statement', async () => {
        await emptied()
        let now = new Date('2026-01-01T00:00:00Z')
        const users = prismaUsers(server.prisma, 'textKey', {
          columns: { id: 'accountId', ...legacy },
          unique: ['mail'],
          where: () => ({ OR: [{ gone: null }, { gone: { lte: now } }] }),
        })
        expect(users.problems).toEqual([])
        await users.insert({ accountId: 'a', mail: 'ann@example.com', pwHash: 'x' }, {})
        await server.prisma.textKey.updateMany({ data: { gone: new Date('2026-01-02T00:00:00Z') } })
        expect(await users.find('mail', 'ann@example.com', {})).toBeNull()
        expect(await users.update('a', { pwHash: 'z' }, {})).toBe(false)
        now = new Date('2026-01-03T00:00:00Z')
        expect(await users.find('mail', 'ann@example.com', {})).toMatchObject({ accountId: 'a' })
        expect(await users.update('a', { pwHash: 'z' }, {})).toBe(true)
      })

      test('errors do not repeat what was to be written', async () => {
        const users = prismaUsers(server.prisma, 'standard', { unique: ['email', 'username'] })
        const values = { email: null, username: 'x', hashedPassword: 'the-secret-hash' }
        const error = await users.insert(values, {}).catch((thrown: unknown) => thrown)
        expect(error).toMatchObject({ name: 'DatabaseError' })
        const { message, stack } = error as Error
        expect(JSON.stringify([error, message, stack])).not.toContain('the-secret-hash')
      })

      const refused: [what: string, change: object][] = [
        ['against a check', { org: 'hunter2 and a good deal more' }],
      ]
      // SQLite stores these.
      if (driver === 'pg') {
        refused.push(['too large', { generation: 2 ** 40 }], ['not text', { org: 'hunter2\0' }])
      }
      test.each(refused)(
        'a value that is %s is a RejectedValue, which repeats none',
        async (_, change) => {
          await emptied()
          const users = prismaUsers(server.prisma, 'textKey', {
            columns: { id: 'accountId', ...legacy },
            unique: ['mail'],
          })
          const values = { accountId: 'a', mail: 'ann@example.com', pwHash: 'x', ...change }
          const error = await users.insert(values, {}).catch((thrown: unknown) => thrown)
          expect(error).toBeInstanceOf(RejectedValue)
          expect(`${(error as Error).message} ${JSON.stringify(error)}`).not.toMatch(/hunter2|1099/)
        },
      )

      test('a new row that does not count is not returned', async () => {
        await emptied()
        const users = prismaUsers(server.prisma, 'textKey', {
          columns: { id: 'accountId', ...legacy },
          unique: ['mail'],
          where: { gone: null },
        })
        const values = { accountId: 'a', mail: 'ann@example.com', pwHash: 'x', gone: new Date() }
        await expect(users.insert(values, {})).rejects.toThrow('was not there to be read')
      })

      test('people register, log in and are somebody; hooks write in the same transaction', async () => {
        await emptied()
        const users = prismaUsers(server.prisma, 'standard', { unique: ['email', 'username'] })
        const { browser, logIn } = application({
          users,
          hooks: {
            async registering(transaction, { user }) {
              await transaction.note.create({ data: { text: 'welcome', userId: user.id } })
            },
          },
        })
        const ann = { email: 'ann@example.com', username: 'ann', password: 'correct horse battery' }
        expect((await browser().post('/register', ann)).status).toBe(200)
        expect((await browser().post('/register', { ...ann, username: 'b' })).status).toBe(422)
        expect(await server.prisma.note.count()).toBe(1)
        expect(await logIn('ann')).toMatchObject({ status: 200, me: { username: 'ann' } })
      })

      test('API keys are made, used, listed and ended', async () => {
        await emptied()
        const users = prismaUsers(server.prisma, 'standard', { unique: ['email', 'username'] })
        const { auth, app, browser } = application({
          users,
          transports: [session(), apiKeys({ keys: prismaApiKeys(server.prisma, 'apiKey') })],
        })
        const ann = { email: 'ann@example.com', username: 'ann', password: 'correct horse battery' }
        await browser().post('/register', ann)
        const row = (await users.find('username', 'ann', {})) ?? ({} as never)
        const made = await auth.apiKeys.create(row, { name: 'laptop', ttl: 60 })
        const me = () => app.request('/me', { headers: { 'X-API-Key': made.key } })
        expect((await me()).status).toBe(200)
        expect(await auth.apiKeys.list(row.id)).toMatchObject([{ name: 'laptop' }])
        expect(await auth.apiKeys.revoke(row.id, made.id)).toBe(true)
        expect((await me()).status).toBe(401)
        expect(await auth.apiKeys.list(row.id)).toEqual([])
      })
    })
  },
)

describe.runIf(hasPostgres)('A database behind Prisma', () => {
  const options = { unique: ['email', 'username'] } as const

  test('that cannot be reached is told of as such', async () => {
    const nobody = createServer().listen(0, '127.0.0.1')
    await once(nobody, 'listening')
    const { port } = nobody.address() as AddressInfo
    nobody.close()
    const connectionString = `postgresql://postgres@127.0.0.1:${port}/test`
    const prisma = new PostgresClient({ adapter: new PrismaPg({ connectionString }) })
    const users = prismaUsers(prisma, 'standard', options)
    const values = { email: 'ann@example.com', username: 'ann', hashedPassword: 'the-secret-hash' }
    for (const operation of [
      () => users.find('email', 'ann@example.com', {}),
      () => users.update(1, { hashedPassword: 'the-secret-hash' }, {}),
      () => users.increment(1, 'tokenVersion', 9, {}),
      () => users.insert(values, {}),
      () => users.insert(values, {}, async () => undefined),
    ]) {
      const error = await Promise.resolve(operation()).catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(StoreUnavailable)
      expect(String(error)).not.toMatch(/ann@example|the-secret-hash/)
    }
  })

  test('that has no time for a statement, or ends the connection, is told of as such', async () => {
    const name = `${schema}_lost`
    const admin = new Pool({ connectionString: postgresUrl })
    await admin.query(`create schema ${name}`)
    const connectionString = `${postgresUrl}?options=-csearch_path%3D${name}%20-cstatement_timeout%3D100`
    const pool = new Pool({ connectionString })
    const ended = () => undefined
    pool.on('error', ended).on('connect', (client) => client.on('error', ended))
    for (const statement of tableStatements('postgresql')) await pool.query(statement)
    const prisma = new PostgresClient({ adapter: new PrismaPg(pool, { schema: name }) })
    const users = prismaUsers(prisma, 'standard', options)
    const values = { email: 'ann@example.com', username: 'ann', hashedPassword: 'the-secret-hash' }

    const insert = users.insert(values, {}, async (transaction) => {
      const [{ pid }] = (await transaction.$queryRaw`select pg_backend_pid() as pid`) as [
        { pid: number },
      ]
      await admin.query('select pg_terminate_backend($1, 5000)', [pid])
    })
    await expect(insert).rejects.toBeInstanceOf(StoreUnavailable)

    const locking = await admin.connect()
    await locking.query(`begin; lock table ${name}.prisma_standard`)
    await expect(users.find('email', 'x', {})).rejects.toBeInstanceOf(StoreUnavailable)
    await locking.query('rollback')
    locking.release()
    expect(await users.find('email', 'ann@example.com', {})).toBeNull()
    await prisma.$disconnect()
    await pool.end()
    await admin.query(`drop schema ${name} cascade`)
    await admin.end()
  })

  /**
   * A database whose connections have these settings, and somebody who may do what they may not.
   */
  async function opened(settings: string) {
    const name = `${schema}_${randomBytes(2).toString('hex')}`
    const admin = new Pool({ connectionString: `${postgresUrl}?options=-csearch_path%3D${name}` })
    await admin.query(`create schema ${name}`)
    for (const statement of tableStatements('postgresql')) await admin.query(statement)
    const connectionString = `${postgresUrl}?options=-csearch_path%3D${name}${settings}`
    const prisma = new PostgresClient({
      adapter: new PrismaPg({ connectionString }, { schema: name }),
    })
    return {
      admin,
      prisma,
      users: prismaUsers(prisma, 'standard', options),
      async close() {
        await prisma.$disconnect()
        await admin.query(`drop schema ${name} cascade`)
        await admin.end()
      },
    }
  }
  const row = (name: string) => ({
    email: `${name}@example.com`,
    username: name,
    hashedPassword: 'the-secret-hash',
  })

  test('that gives a statement up for another’s sake is asked again, and is 503 in the end', async () => {
    const { admin, users, close } = await opened('')
    const conflicts = async (times: number) => {
      await admin.query('drop sequence if exists tries cascade; create sequence tries')
      await admin.query(
        `create or replace function conflict() returns trigger language plpgsql as $$ begin if nextval('tries') <= ${times} then raise exception 'gave up' using errcode = (array['40P01','40001'])[1 + currval('tries') % 2]; end if; return new; end $$`,
      )
      await admin.query(
        'create or replace trigger conflict before insert or update on prisma_standard for each row execute function conflict()',
      )
    }
    await conflicts(2)
    const made = await users.insert(row('ann'), {})
    await conflicts(2)
    expect(await users.update(made.id, { username: 'renamed' }, {})).toBe(true)
    await conflicts(2)
    expect(await users.increment(made.id, 'tokenVersion', 9, {})).toBe(true)
    expect(await users.find('id', made.id, {})).toMatchObject({
      username: 'renamed',
      tokenVersion: 1,
    })
    await conflicts(1000)
    const error = await users.insert(row('bob'), {}).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(StoreUnavailable)
    expect(error).toMatchObject({ nothingWritten: true })
    expect(await users.find('email', 'bob@example.com', {})).toBeNull()
    // Work of the application's own is not run twice.
    await conflicts(1)
    let times = 0
    const withWork = users.insert(row('cat'), {}, async () => void times++)
    await expect(withWork).rejects.toMatchObject({ nothingWritten: true })
    expect(times).toBeLessThanOrEqual(1)
    await close()
  })

  test('that serializes loses no increment of many at once', async () => {
    const { users, close } = await opened('%20-cdefault_transaction_isolation%3Dserializable')
    const made = await users.insert(row('ann'), {})
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, () => users.increment(made.id, 'tokenVersion', 1000, {})),
    )
    const done = outcomes.filter(({ status }) => status === 'fulfilled').length
    const refused = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
    for (const error of refused) expect(error).toMatchObject({ nothingWritten: true })
    expect(await users.find('id', made.id, {})).toMatchObject({ tokenVersion: done })
    expect(done).toBeGreaterThan(0)
    await close()
  })

  test('that takes no writes is told of as such', async () => {
    const { admin, users, close } = await opened('%20-cdefault_transaction_read_only%3Don')
    await admin.query(
      "insert into prisma_standard (email, username, hashed_password) values ('ann@example.com', 'ann', 'x')",
    )
    const made = await users.find('email', 'ann@example.com', {})
    expect(made).toMatchObject({ username: 'ann' })
    for (const attempt of [
      () => users.insert(row('bob'), {}),
      () => users.insert(row('bob'), {}, async () => undefined),
      () => users.update(made?.id ?? 0, { username: 'renamed' }, {}),
      () => users.increment(made?.id ?? 0, 'tokenVersion', 9, {}),
    ]) {
      const error = await attempt().catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(StoreUnavailable)
      expect(error).toMatchObject({ nothingWritten: true })
      expect(String(error)).not.toContain('the-secret-hash')
    }
    await close()
  })
})

describe('User store types: Prisma', () => {
  type TypesOf<Store> = Store extends UserStore<infer T extends UserTypes> ? T : never
  const prisma = null as unknown as PostgresClient
  // Never called: what counts is whether it compiles.
  const store = () =>
    prismaUsers(prisma, 'textKey', {
      columns: { id: 'accountId', email: 'mail', hashedPassword: 'pwHash' },
      unique: ['mail'],
    })
  type Types = TypesOf<ReturnType<typeof store>>

  test('the user is the row without the mapped password hash', () => {
    expectTypeOf<Types['user']>().toEqualTypeOf<{
      accountId: string
      mail: string
      banned: string
      generation: number | null
      org: string | null
      gone: Date | null
    }>()
    expectTypeOf<Types['id']>().toEqualTypeOf<string>()
  })

  test('a map is checked against the model', () => {
    const columns = { id: 'accountId', email: 'mail', hashedPassword: 'pwHash' } as const
    const unique = ['mail'] as const
    const wrong = () => [
      // @ts-expect-error no such model
      prismaUsers(prisma, 'people', { unique }),
      // @ts-expect-error no such field
      prismaUsers(prisma, 'textKey', { columns: { ...columns, email: 'email' }, unique }),
      // @ts-expect-error a field of the wrong type
      prismaUsers(prisma, 'textKey', { columns: { ...columns, email: 'generation' }, unique }),
      // @ts-expect-error a flag that is none, without a codec
      prismaUsers(prisma, 'textKey', { columns: { ...columns, isActive: 'banned' }, unique }),
      // @ts-expect-error no such logical field
      prismaUsers(prisma, 'textKey', { columns: { ...columns, emial: 'mail' }, unique }),
      // @ts-expect-error not unique
      prismaUsers(prisma, 'textKey', { columns, unique: ['org'] }),
      // @ts-expect-error unique together with another only
      prismaUsers(prisma, 'tenanted', { columns: { hashedPassword: 'pwHash' }, unique: ['email'] }),
      // @ts-expect-error the tenant is text, or a whole number
      prismaUsers(prisma, 'textKey', { columns, unique, tenant: 'gone' }),
      // @ts-expect-error a condition on a field that is not there
      prismaUsers(prisma, 'textKey', { columns, unique, where: { deleted: null } }),
      // @ts-expect-error one that is made on a field that is not there
      prismaUsers(prisma, 'textKey', { columns, unique, where: () => ({ deleted: null }) }),
    ]
    expectTypeOf(wrong).toBeFunction()
  })

  test('work inside a transaction has the client', () => {
    const options = () =>
      honoAuth({
        users: store(),
        transports: [session()],
        hooks: {
          async registering(transaction, { user }) {
            expectTypeOf(user.mail).toEqualTypeOf<string>()
            await transaction.note.count()
          },
        },
      })
    expectTypeOf(options).toBeFunction()
  })

  test('a condition that is none is told', () => {
    const adapter = new PrismaBetterSqlite3({ url: 'file::memory:' })
    const { problems } = prismaUsers(new SqliteClient({ adapter }), 'textKey', {
      columns: { id: 'accountId', email: 'mail', hashedPassword: 'pwHash' },
      unique: ['mail'],
      where: 'gone' as never,
    })
    expect(problems).toEqual([
      'prismaUsers.where must be an object, such as { deletedAt: null }, or a function that returns one',
    ])
  })

  test('a model that is not there is told with those that are', () => {
    const adapter = new PrismaBetterSqlite3({ url: 'file::memory:' })
    const client = new SqliteClient({ adapter })
    expect(() => prismaUsers(client, 'people' as never, { unique: [] as never })).toThrow(
      "the Prisma client has no model 'people'; it has: standard, note, textKey",
    )
    expect(() => prismaUsers({} as never, 'user' as never, { unique: [] as never })).toThrow(
      'not a Prisma client whose models can be read',
    )
  })
})
