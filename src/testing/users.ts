/**
 * The conformance kit of the user-store port: every sentence of its contract as a case.
 */
import { UniqueViolation, type UserScope, type UserStore } from '../users/store.ts'
import {
  atOnce,
  type ConformanceCase,
  expect,
  expectEqual,
  expectRejection,
} from './conformance.ts'
import { passwordCases } from './password-cases.ts'

/** How the kit gets the user stores that it tests. */
export interface UserStoreSetup {
  /** A store over a fresh, empty table with at least `id`, `email` (unique) and `tokenVersion`. */
  create(): Promise<UserStore>
  /** Values for the n-th row, without its id; the login fields of two rows differ. */
  row(n: number): Readonly<Record<string, unknown>>
  destroy?(store: UserStore): Promise<void>
  /** The scope for all calls, where the store has tenants; a second one for a second tenant. */
  scopes?: readonly [UserScope, UserScope]
  /**
   * For a store that keeps hashes in a second table: makes every write of a hash fail from now on,
   * or ends its connection; what it returns puts an end to that. Default: nothing is cut off.
   */
  cutOff?(store: UserStore): Promise<() => Promise<void>>
}

type Row = Record<string, unknown>

/** What a case works with. */
export interface UserStoreTools {
  readonly store: UserStore
  readonly scope: UserScope
  readonly other: UserScope | null
  readonly id: string
  readonly email: string
  readonly epoch: string
  readonly insert: (n: number) => Promise<Row>
  readonly row: (n: number) => Readonly<Row>
  /** The same row, as it is now. */
  readonly found: (row: Row) => Promise<Row>
  readonly cutOff: UserStoreSetup['cutOff']
}

/** What no column holds, whatever its type. */
const impossible: readonly unknown[] = [
  'not a number',
  '1; drop table users',
  2 ** 60,
  -1,
  1.5,
  Number.NaN,
  2n ** 80n,
  '\ud800',
  'a\u0000b',
  null,
  undefined,
  {},
  [],
  new Date(0),
  true,
  Symbol('x'),
]

/** Keys that nobody has, for each type of key. */
const absentKeys = ['absent', '6f1b0c2e-0000-4000-8000-000000000000', 987654, 987654n] as const

const cases: Readonly<Record<string, (tools: UserStoreTools) => Promise<void>>> = {
  async 'describes its columns and ties the logical fields to them'({ store }) {
    expectEqual(store.problems, [], 'problems')
    for (const property of Object.values(store.map)) {
      expect(store.columns.has(property), `${property} is a column`)
      expectEqual(store.columns.get(property)?.property, property, 'its own name')
    }
    expect(store.map.id !== undefined && store.map.hashedPassword !== undefined, 'id and hash')
  },

  async 'insert returns the row as the database has it'({ store, scope, id, email, row, insert }) {
    const inserted = await insert(1)
    expectEqual(inserted[email], row(1)[email], 'the address')
    const found = await store.find(id, inserted[id], scope)
    expectEqual(found, inserted, 'the row')
  },

  async 'find finds by primary key and by a unique column'({ store, scope, id, email, insert }) {
    const [one, two] = [await insert(1), await insert(2)]
    expectEqual(await store.find(email, two[email], scope), two, 'by address')
    expectEqual(await store.find(id, one[id], scope), one, 'by key')
    expectEqual(await store.find(email, 'nobody@example.com', scope), null, 'nobody')
  },

  async 'find.each gives what find gives for each'({ store, scope, id, email, insert }) {
    if (!store.find.each) return
    const [one, two] = [await insert(1), await insert(2)]
    const lookups = [
      [email, two[email]],
      [email, 'nobody@example.com'],
      [email, one[email]],
      [id, one[id]],
      [email, one[email]],
      [email, String(two[email]).toUpperCase()],
      [email, 'josé@example.com'],
      ...impossible.map((value) => [email, value] as const),
    ] as const
    const found = await Promise.all(
      lookups.map(async ([property, value]) => store.find(property, value, scope)),
    )
    expectEqual(await store.find.each(lookups, scope), found, 'rows')
    expectEqual(await store.find.each([], scope), [], 'of none')
    const texts = lookups.filter(([property]) => property === email).slice(0, 5)
    expectEqual(
      await store.find.each(texts, scope),
      [two, null, one, one, await store.find(...(texts[4] ?? lookups[0]), scope)],
      'rows of texts',
    )
  },

  async 'find gives null for what a column cannot hold'({ store, scope, id, email, insert }) {
    await insert(1)
    for (const value of impossible) {
      expectEqual(await store.find(email, value, scope), null, `email ${String(value)}`)
      if (typeof value === 'string') continue
      expectEqual(await store.find(id, value, scope), null, `id ${String(value)}`)
    }
    if (store.columns.get(id)?.type !== 'string') {
      expectEqual(await store.find(id, 'not a number', scope), null, 'a text as id')
    }
  },

  async 'a value is a value, not a pattern or a statement'({ store, scope, email, insert }) {
    await insert(1)
    for (const value of ['%', '_%', "' or 1=1 --", '*', '" or ""="', 'user1@example.com ']) {
      expectEqual(await store.find(email, value, scope), null, value)
    }
  },

  async 'an account is found under its own name only, whatever the collation'(tools) {
    const { store, scope, email, row } = tools
    await store.insert({ ...row(1), [email]: 'jose@example.com' }, scope)
    for (const value of ['josé@example.com', 'ｊose@example.com', 'jose@example.com ']) {
      expectEqual(await store.find(email, value, scope), null, value)
    }
    const upper = await store.find(email, 'JOSE@example.com', scope)
    if (upper !== null) {
      // A store may be told to ignore case, and nothing more than case.
      const again = (await store.find(email, 'jOSE@EXAMPLE.com', scope)) as Row | null
      expectEqual(again?.[email], 'jose@example.com', 'in another case')
    }
  },

  async "empty unique columns do not collide, and are nobody's"({ store, scope, insert }) {
    const [property] = Object.values(store.identities ?? {})
    if (property === undefined || !store.columns.get(property)?.nullable) return
    const [one, two] = [await insert(1), await insert(2)]
    expectEqual([one[property], two[property]], [null, null], 'both empty')
    expectEqual(await store.find(property, null, scope), null, 'nobody is found by nothing')
  },

  async 'a second row with the same unique value is a UniqueViolation'(tools) {
    const { store, scope, row, insert, email } = tools
    const one = await insert(1)
    const same = { ...row(2), [email]: one[email] }
    const error = await expectRejection(store.insert(same, scope), 'the second insert')
    expect(error instanceof UniqueViolation, 'is a UniqueViolation')
    expect(
      error.properties.length === 0 || error.properties.includes(email),
      `names the property: ${error.properties.join()}`,
    )
  },

  async 'of inserts of one value at once exactly one succeeds'({ insert }) {
    const settled = await Promise.allSettled(Array.from({ length: 20 }, () => insert(1)))
    expectEqual(settled.filter(({ status }) => status === 'fulfilled').length, 1, 'inserted')
    for (const one of settled) {
      if (one.status === 'rejected') {
        expect(one.reason instanceof UniqueViolation, `a loser got ${one.reason}`)
      }
    }
  },

  async 'no error quotes what was to be written'({ store, scope, row, insert }) {
    const hash = store.map.hashedPassword ?? ''
    await insert(1)
    const values = { ...row(1), [hash]: 'the-secret-hash' }
    const error = await expectRejection(store.insert(values, scope), 'insert')
    const { message, cause } = error as Error
    expect(!message.includes('the-secret-hash'), 'not in the message')
    expect(!String((cause as Error | undefined)?.message).includes('the-secret-hash'), 'nor below')
  },

  async 'work inside the insert is committed with it'({ store, scope, row, id, email }) {
    if (store.transactions === 'none') return
    let seen: unknown
    const inserted = (await store.insert(row(1), scope, (_, during) => {
      seen = (during as Row)[email]
    })) as Row
    expectEqual(seen, row(1)[email], 'the row inside')
    expectEqual(await store.find(id, inserted[id], scope), inserted, 'the row after')
  },

  async 'work inside the insert that throws undoes it'({ store, scope, row, email, insert }) {
    if (store.transactions === 'none') return
    const thrown = new Error('no')
    const error = await expectRejection(
      store.insert(row(1), scope, () => {
        throw thrown
      }),
      'insert',
    )
    expect(error === thrown, 'the error passes through')
    expectEqual(await store.find(email, row(1)[email], scope), null, 'nothing was inserted')
    await insert(1)
  },

  async 'promised work inside the insert is awaited, or refused'({ store, scope, row, email }) {
    if (store.transactions === 'none') return
    const work = store.insert(row(1), scope, async () => {
      await Promise.resolve()
      throw new Error('late')
    })
    await expectRejection(work, 'insert')
    expectEqual(await store.find(email, row(1)[email], scope), null, 'nothing was inserted')
  },

  async 'update writes one row and says whether there was one'(tools) {
    const { store, scope, id, email, insert } = tools
    const [one, two] = [await insert(1), await insert(2)]
    const key = one[id] as number
    expectEqual(await store.update(key, { [email]: 'new@example.com' }, scope), true, 'written')
    expectEqual((await tools.found(one))[email], 'new@example.com', 'the new address')
    expectEqual((await tools.found(two))[email], two[email], 'the other row')
    for (const absent of absentKeys) {
      const done = await store.update(absent, { [email]: 'x@example.com' }, scope)
      expectEqual(done, false, `no row ${absent}`)
    }
  },

  async 'update to a value that is taken is a UniqueViolation'({
    store,
    scope,
    id,
    email,
    insert,
  }) {
    const [one, two] = [await insert(1), await insert(2)]
    const work = store.update(one[id] as number, { [email]: two[email] }, scope)
    expect((await expectRejection(work, 'update')) instanceof UniqueViolation, 'UniqueViolation')
  },

  async 'a conditional update is compare and swap'(tools) {
    const { store, scope, id, epoch, insert } = tools
    const one = await insert(1)
    const key = one[id] as number
    const start = Number(one[epoch])
    expectEqual(
      await store.update(key, { [epoch]: 5 }, scope, { [epoch]: start + 1 }),
      false,
      'with another value',
    )
    expectEqual((await tools.found(one))[epoch], start, 'unchanged')
    const won = await atOnce(20, (n) =>
      store.update(key, { [epoch]: start + 100 + n }, scope, { [epoch]: start }),
    )
    expectEqual(won.filter(Boolean).length, 1, 'winners')
  },

  async 'a conditional update tells texts and empty values apart'(tools) {
    const { store, scope, id, insert } = tools
    const one = await insert(1)
    const key = one[id] as number
    const hash = store.map.hashedPassword ?? ''
    const write = (when: unknown, value: string) =>
      store.update(key, { [hash]: value }, scope, { [hash]: when })
    await store.update(key, { [hash]: 'aBc' }, scope)
    expectEqual(await write('abc', 'x'), false, 'in another case')
    expectEqual(await write(null, 'x'), false, 'empty')
    expectEqual(await write('aBc', 'y'), true, 'the very text')
  },

  async 'an update that changes nothing has still found its row'(tools) {
    const { store, scope, id, email, insert } = tools
    const one = await insert(1)
    const same = { [email]: one[email] }
    expectEqual(await store.update(one[id] as number, same, scope), true, 'first')
    expectEqual(await store.update(one[id] as number, same, scope, same), true, 'again')
  },

  async 'two hundred increments at once lose none'(tools) {
    const { store, scope, id, epoch, insert } = tools
    const one = await insert(1)
    const key = one[id] as number
    await store.update(key, { [epoch]: 0 }, scope)
    const done = await atOnce(200, () => store.increment(key, epoch, 0x7fffffff, scope))
    expectEqual(done.filter(Boolean).length, 200, 'incremented')
    expectEqual((await tools.found(one))[epoch], 200, 'the count')
    for (const absent of absentKeys) {
      const counted = await store.increment(absent, epoch, 0x7fffffff, scope)
      expectEqual(counted, false, `no row ${absent}`)
    }
  },

  async 'an increment wraps at the largest value'(tools) {
    const { store, scope, id, epoch, insert } = tools
    const one = await insert(1)
    await store.update(one[id] as number, { [epoch]: 0x7fffffff }, scope)
    await store.increment(one[id] as number, epoch, 0x7fffffff, scope)
    expectEqual((await tools.found(one))[epoch], 0, 'after the largest')
    await store.update(one[id] as number, { [epoch]: 0x7fffffff }, scope)
    const key = one[id] as number
    const done = await atOnce(20, () => store.increment(key, epoch, 0x7fffffff, scope))
    expectEqual(done.filter(Boolean).length, 20, 'incremented at once')
    expectEqual((await tools.found(one))[epoch], 19, 'after the largest, by twenty at once')
  },

  async 'tenants do not see or touch each other'(tools) {
    const { store, scope, other, id, email, epoch, row, insert } = tools
    if (other === null) return
    const mine = await insert(1)
    const key = mine[id] as number
    expectEqual(await store.find(email, mine[email], other), null, 'find by address')
    expectEqual(await store.find(id, key, other), null, 'find by key')
    const both = [email, email].map((property) => [property, mine[property]] as const)
    expectEqual((await store.find.each?.(both, other)) ?? [null, null], [null, null], 'find.each')
    expectEqual(await store.update(key, { [epoch]: 1 }, other), false, 'update')
    expectEqual(await store.increment(key, epoch, 9, other), false, 'increment')
    const theirs = (await store.insert(row(1), other)) as Row
    expect(theirs[id] !== key, 'the same address is another row there')
    expectEqual(await tools.found(mine), mine, 'mine is as it was')
    // A database's collation may take the names of two tenants for one.
    for (const tenant of [scope.tenant?.toUpperCase(), `${scope.tenant?.slice(0, -1)}\u00e9`]) {
      if (tenant === undefined || tenant === scope.tenant) continue
      expectEqual(await store.find(id, key, { tenant }), null, `find as ${tenant}`)
    }
    const withoutTenant = async () => store.find(id, key, {})
    await expectRejection(withoutTenant(), 'a call without a tenant')
    expectEqual(await store.find(id, key, scope), mine, 'with it')
  },

  ...passwordCases,
}

/**
 * The cases that a user store has to pass, each on a table of its own.
 *
 * @example
 * ```ts
 * for (const { name, run } of userStoreConformance({ create, row })) test(name, run)
 * ```
 */
export function userStoreConformance(setup: UserStoreSetup): ConformanceCase[] {
  return Object.entries(cases).map(([name, check]) => ({
    name,
    async run() {
      const store = await setup.create()
      const [scope, other] = setup.scopes ?? [{}, null]
      const id = store.map.id ?? 'id'
      try {
        await check({
          store,
          scope,
          other,
          id,
          email: store.map.email ?? 'email',
          epoch: store.map.tokenVersion ?? 'tokenVersion',
          row: setup.row,
          insert: async (n) => (await store.insert(setup.row(n), scope)) as Row,
          async found(row) {
            const again = await store.find(id, row[id], scope)
            expect(again !== null, 'the row is there')
            return again as Row
          },
          cutOff: setup.cutOff?.bind(setup),
        })
      } finally {
        await setup.destroy?.(store)
      }
    },
  }))
}
