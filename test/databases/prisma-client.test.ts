/**
 * Through Prisma, with a client that stands in for its own: keys above 2^53 − 1, which its own
 * driver adapters do not round, and what is refused.
 */
import { RejectedValue, UniqueViolation, type UserStore } from 'crudauth'
import { prismaUsers } from 'crudauth/prisma'
import { describe, expect, test } from 'vitest'

type Row = Record<string, unknown>
interface Call {
  readonly where?: Row
  readonly data?: Row
}

const [annsId, bobsId, nextId] = [175928847299117056n, 175928847299117057n, 175928847299117058n]
const [ann, bob] = ['ann@example.com', 'bob@example.com']

function matches(row: Row, where: Row = {}): boolean {
  return Object.entries(where).every(([name, value]) =>
    name === 'AND' ? [value].flat().every((one) => matches(row, one as Row)) : row[name] === value,
  )
}

/**
 * As what Prisma returns: it can be awaited, is no instance of `Promise`, and asks when it is
 * awaited.
 */
function prismaPromise<Value>(ask: () => Value): PromiseLike<Value> {
  return {
    // biome-ignore lint/suspicious/noThenProperty: that is what it is about
    then: (done, failed) => Promise.resolve().then(ask).then(done, failed),
  }
}

const refused: Readonly<Record<string, object>> = {
  [ann]: { code: 'P2002', meta: { target: ['email'] } },
  'long@example.com': { code: 'P2000', meta: { column_name: 'email' } },
}

/** @param read What the driver adapter makes of a key. */
function client(read: (key: bigint) => bigint, options: object = {}) {
  let rows: Row[] = [
    { id: annsId, email: ann, hashedPassword: 'x', tokenVersion: 7 },
    { id: bobsId, email: bob, hashedPassword: 'x', tokenVersion: 7 },
  ]
  const calls: string[] = []
  const readRow = (row: Row) => ({ ...row, id: read(row['id'] as bigint) })
  const user = {
    findMany: ({ where }: Call) =>
      prismaPromise(() => {
        calls.push('findMany')
        return rows.filter((row) => matches(row, where)).map(readRow)
      }),
    create: ({ data }: Call) =>
      prismaPromise(() => {
        const refusal = refused[String(data?.['email'])]
        if (refusal) throw Object.assign(new Error('what Prisma says'), refusal)
        const row = { id: nextId, ...data } as Row & { id: bigint }
        rows.push(row)
        return { id: read(row.id) }
      }),
  }
  const field = (name: string, type: string) => ({ name, type, kind: 'scalar' })
  const prisma = {
    _activeProvider: 'sqlite',
    _runtimeDataModel: {
      models: {
        User: {
          fields: [
            field('id', 'BigInt'),
            field('email', 'String'),
            field('hashedPassword', 'String'),
            field('tokenVersion', 'Int'),
          ],
        },
      },
    },
    user,
    async $transaction(work: (transaction: unknown) => Promise<unknown>) {
      const before = [...rows]
      try {
        return await work({ user })
      } catch (error) {
        rows = before
        throw error
      }
    },
  }
  const users = prismaUsers(
    prisma as never,
    'user' as never,
    { unique: ['email'], ...options } as never,
  )
  return {
    users: users as unknown as UserStore,
    calls,
    emails: () => rows.map((row) => row['email']),
  }
}

const cleo = { email: 'cleo@example.com', hashedPassword: 'x', tokenVersion: 7 }

describe('Prisma over a driver adapter that rounds keys', () => {
  const rounding = () => client((key) => BigInt(Number(key)))
  const refusal = /'id' of a row of User .* is refused; use a driver adapter/

  test('finds nobody under the key of another', async () => {
    const { users } = rounding()
    expect(users.problems).toEqual([])
    await expect(users.find('email', bob, {})).rejects.toThrow(refusal)
    await expect(users.find('id', bobsId, {})).rejects.toThrow(refusal)
    expect(await users.find('email', ann, {})).toMatchObject({ id: annsId, email: ann })
  })

  test('takes no new row for another, inside and outside of its transaction', async () => {
    const { users, emails } = rounding()
    const seen: unknown[] = []
    const insert = users.insert(cleo, {}, (_: unknown, row: object) => void seen.push(row))
    await expect(insert).rejects.toThrow(refusal)
    expect([seen, emails()]).toEqual([[], [ann, bob]])
    await expect(users.insert(cleo, {})).rejects.toThrow(refusal)
  })
})

describe('Prisma over a driver adapter that does not', () => {
  test('finds everybody, with one call more for a lookup by another field', async () => {
    const { users, calls } = client((key) => key)
    expect(await users.find('email', bob, {})).toMatchObject({ id: bobsId, email: bob })
    expect(calls).toHaveLength(2)
    expect(await users.find('id', bobsId, {})).toMatchObject({ id: bobsId, email: bob })
    expect(calls).toHaveLength(3)
    expect(await users.insert(cleo, {})).toMatchObject({ id: nextId, email: cleo.email })
  })
})

test('A row that would not meet the condition through Prisma is refused, and taken back', async () => {
  const { users, emails } = client((key) => key, { where: { tokenVersion: 7 } })
  expect(users.problems).toEqual([])
  const outside = { ...cleo, tokenVersion: 8 }
  await expect(users.insert(outside, {})).rejects.toBeInstanceOf(RejectedValue)
  await expect(users.insert(outside, {}, () => undefined)).rejects.toBeInstanceOf(RejectedValue)
  expect(emails()).toEqual([ann, bob])
  await users.insert(cleo, {})
  expect(emails()).toEqual([ann, bob, cleo.email])
})

describe('A key that the application makes', () => {
  test('is that of the new row, in its transaction and after it', async () => {
    const made = 175928847299117999n
    const { users } = client((key) => key, { newKey: () => made })
    const seen: unknown[] = []
    const row = await users.insert(cleo, {}, (_: unknown, inserted: object) => {
      seen.push(inserted)
    })
    expect(seen).toMatchObject([{ id: made }])
    expect(row).toMatchObject({ id: made, email: cleo.email })
  })
})

describe('A row that Prisma refuses', () => {
  test.each([
    ['is taken', ann, UniqueViolation],
    ['cannot be stored', 'long@example.com', RejectedValue],
  ])('says which value %s, inside and outside of a transaction', async (_, email, kind) => {
    const { users } = client((key) => key)
    const row = { ...cleo, email }
    for (const during of [undefined, () => undefined]) {
      const error = await users.insert(row, {}, during).catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(kind)
      expect(error).toMatchObject({ properties: ['email'] })
    }
  })
})

describe('Passwords in a second model', () => {
  const field = (name: string, type: string) => ({ name, type, kind: 'scalar' })
  const models = {
    User: { fields: [field('id', 'Int'), field('email', 'String')] },
    Account: {
      fields: [
        field('userId', 'Int'),
        field('owner', 'String'),
        field('providerId', 'String'),
        field('password', 'String'),
        field('tries', 'Int'),
      ],
    },
  }
  const good = {
    model: 'account',
    user: 'userId',
    hash: 'password',
    only: { providerId: 'credential' },
    unique: ['userId', 'providerId'],
  }
  const problems = (passwords: object) =>
    prismaUsers(
      {
        _activeProvider: 'postgresql',
        _runtimeDataModel: { models },
        $transaction: () => undefined,
        user: {},
        account: {},
      } as never,
      'user' as never,
      { unique: ['email'], passwords } as never,
    ).problems.join('\n')

  test('are taken where nobody can have two', () => {
    expect(problems(good)).toBe('')
    expect(problems({ ...good, unique: ['userId'] })).toBe('')
  })

  test.each([
    [
      { unique: ['providerId'] },
      "Account may have two passwords of one user; create unique index … on Account (userId, providerId), and say so with passwords: { unique: ['userId', 'providerId'] } once the schema has @@unique([userId, providerId])",
    ],
    [{ unique: ['userId', 'userId'] }, 'Account may have two passwords of one user'],
    [{ unique: ['userId', 'tries'] }, 'Account may have two passwords of one user'],
    [{ only: undefined }, 'Account may have two passwords of one user'],
    [{ user: 'user' }, "passwords.user names 'user', which is not a column of Account"],
    [{ user: 'owner', unique: ['owner'] }, "passwords.user names 'owner', which holds string"],
    [{ hash: 'tries' }, "passwords.hash names 'tries', which holds number; it must hold string"],
    [{ hash: undefined }, 'passwords.hash is missing; write passwords: { model:'],
    [{ model: '' }, "passwords.model must be a table; write model: 'account'"],
    [{ table: 'account' }, 'prismaUsers.passwords.table is not an option'],
  ])('%o is refused, with what to write', (change, message) => {
    expect(problems({ ...good, ...change })).toContain(message)
  })

  test('of which there is no such model are refused with those that there are', () => {
    expect(() => problems({ ...good, model: 'acount' })).toThrow(
      "the Prisma client has no model 'acount'; it has: user, account",
    )
  })
})
