/**
 * The conformance kit of the port for a table of API keys: every sentence of its contract as a
 * case.
 */
import {
  type ApiKeyField,
  type ApiKeyStore,
  type ApiKeyTypes,
  apiKeyTable,
} from '../features/api-keys/store.ts'
import type { FindWithUser } from '../rows/row-store.ts'
import { Rows } from '../rows/rows.ts'
import { UniqueViolation, type UserScope, type UserStore } from '../users/store.ts'
import {
  atOnce,
  type ConformanceCase,
  expect,
  expectEqual,
  expectRejection,
} from './conformance.ts'

/** A table of keys, and the users whose keys they are. */
export interface ApiKeyStoreWorld {
  readonly keys: ApiKeyStore
  readonly users: UserStore
}

/** How the kit gets the stores that it tests. */
export interface ApiKeyStoreSetup {
  /** Stores over fresh, empty tables. */
  create(): Promise<ApiKeyStoreWorld>
  /** Values for the row of the n-th user, without its id. */
  user(n: number): Readonly<Record<string, unknown>>
  /** Whether a key and its user are read by one query (`withUsers`). */
  readonly readsUsers: boolean
  destroy?(world: ApiKeyStoreWorld): Promise<void>
  /** The scope for all calls, where both stores have tenants; a second one for a second tenant. */
  readonly scopes?: readonly [UserScope, UserScope]
}

interface Tools extends ApiKeyStoreWorld {
  readonly rows: Rows<ApiKeyTypes>
  readonly scope: UserScope
  readonly other: UserScope | null
  /** Inserts the n-th user, and gives its key. */
  readonly user: (n: number, of?: UserScope) => Promise<ApiKeyTypes['userId']>
  /** Inserts a key with this letter for a hash. */
  readonly key: (
    letter: string,
    userId: ApiKeyTypes['userId'],
    of?: UserScope,
  ) => Promise<ApiKeyTypes>
  readonly property: (field: ApiKeyField) => string
  readonly both: () => FindWithUser
}

const hashOf = (letter: string) => letter.repeat(43)

/** What the store says that rows have. */
function described({ columns }: ApiKeyStore, row: object | null): unknown[] | null {
  return row && [...columns.keys()].map((property) => (row as Record<string, unknown>)[property])
}

/** A key that nobody has, in the type of another one. */
function absent(userId: ApiKeyTypes['userId']): ApiKeyTypes['userId'] {
  if (typeof userId === 'number') return userId + 1_000_000
  if (typeof userId === 'bigint') return userId + 1_000_000n
  return '6f1b0c2e-0000-4000-8000-000000000000'
}

const cases: Readonly<Record<string, (tools: Tools) => Promise<void>>> = {
  async 'find finds a key by its hash, and nothing by another'({ rows, scope, user, key }) {
    const made = await key('a', await user(1))
    expectEqual(await rows.find('hashedKey', hashOf('a'), scope), made, 'the key')
    expectEqual(await rows.find('hashedKey', hashOf('b'), scope), null, 'another hash')
  },

  async 'no two keys have one hash'({ user, key }) {
    const owner = await user(1)
    await key('a', owner)
    const error = await expectRejection(key('a', owner), 'the second one')
    expect(error instanceof UniqueViolation, 'it is a UniqueViolation')
  },

  async 'of several updates under one condition, one is done'({ rows, scope, user, key }) {
    const { id } = await key('a', await user(1))
    const revokedAt = new Date(1_700_000_000_000)
    const done = await atOnce(5, () => rows.update(id, { revokedAt }, scope, { revokedAt: null }))
    expectEqual(done.filter(Boolean).length, 1, 'how many were done')
  },

  async 'a key of one tenant is nobody’s in another'({ rows, scope, other, user, key }) {
    if (other === null) return
    await key('a', await user(1))
    expectEqual(await rows.find('hashedKey', hashOf('a'), other), null, 'in the other tenant')
    expect((await rows.find('hashedKey', hashOf('a'), scope)) !== null, 'it is in its own')
  },
}

const together: typeof cases = {
  async 'withUsers gives a key and its user as each is found alone'(tools) {
    const { keys, users, scope, user, key, property, both } = tools
    const [ann, bob] = [await user(1), await user(2)]
    const [first, second] = [await key('a', ann), await key('b', bob)]
    for (const [hash, owner] of [
      [first.hashedKey, ann],
      [second.hashedKey, bob],
    ] as const) {
      const found = await both()(property('hashedKey'), hash, scope)
      const alone = await keys.find(property('hashedKey'), hash, scope)
      expectEqual(described(keys, found.row), described(keys, alone), 'the key')
      expectEqual(found.user, await users.find(users.map.id ?? 'id', owner, scope), 'the user')
      expect(found.user !== null, 'it was read along')
    }
  },

  async 'withUsers finds a key without a user, and says nothing of one'(tools) {
    const { scope, user, key, property, both } = tools
    await key('a', absent(await user(1)))
    const found = await both()(property('hashedKey'), hashOf('a'), scope)
    expect(found.row !== null, 'the key is there')
    expectEqual(found.user, null, 'its user')
  },

  async 'withUsers finds nothing by another hash'({ scope, user, key, property, both }) {
    await key('a', await user(1))
    const found = await both()(property('hashedKey'), hashOf('b'), scope)
    expectEqual(found, { row: null, user: null }, 'what is found')
  },

  async 'withUsers gives nobody of another tenant'({ scope, other, user, key, property, both }) {
    if (other === null) return
    await key('a', await user(1, other))
    const found = await both()(property('hashedKey'), hashOf('a'), scope)
    expect(found.row !== null, 'the key is there')
    expectEqual(found.user, null, 'its user')
    await key('b', await user(2, other), other)
    const theirs = await both()(property('hashedKey'), hashOf('b'), scope)
    expectEqual(theirs, { row: null, user: null }, 'a key of the other tenant')
  },

  async 'withUsers reads nothing past a find that was replaced'({ keys, users, property }) {
    const find = () => null
    const reference = property('userId')
    expectEqual(keys.withUsers?.({ ...users, find }, reference) ?? null, null, 'of the users')
    expectEqual({ ...keys, find }.withUsers?.(users, reference) ?? null, null, 'of the keys')
  },
}

/**
 * The cases that an implementation of `ApiKeyStore` has to pass.
 *
 * @example
 * ```ts
 * const cases = apiKeyStoreConformance({ create, user, readsUsers: true })
 * for (const { name, run } of cases) test(name, run)
 * ```
 */
export function apiKeyStoreConformance(setup: ApiKeyStoreSetup): ConformanceCase[] {
  const all = Object.entries({ ...cases, ...(setup.readsUsers ? together : {}) })
  return all.map(([name, check]) => ({
    name,
    async run() {
      const world = await setup.create()
      try {
        await check(toolsOf(world, setup))
      } finally {
        await setup.destroy?.(world)
      }
    },
  }))
}

function toolsOf(world: ApiKeyStoreWorld, { scopes, user }: ApiKeyStoreSetup): Tools {
  const { keys, users } = world
  const [scope, other] = scopes ?? [{}, null]
  const rows = new Rows<ApiKeyTypes>(keys, apiKeyTable)
  const property = (field: ApiKeyField): string => {
    const found = keys.map[field]
    expect(found !== undefined, `the table has a column for ${field}`)
    return found
  }
  return {
    ...world,
    rows,
    scope,
    other,
    async user(n, of = scope) {
      const row = await users.insert(user(n), of)
      return (row as Record<string, unknown>)[users.map.id ?? 'id'] as ApiKeyTypes['userId']
    },
    key: (letter, userId, of = scope) =>
      rows.insert(
        {
          id: letter.repeat(22),
          userId,
          name: null,
          prefix: 'key_abc',
          hashedKey: hashOf(letter),
          scopes: '',
          epoch: 1,
          createdAt: new Date(1_700_000_000_000),
          expiresAt: null,
          lastUsedAt: null,
          revokedAt: null,
        },
        of,
      ),
    property,
    both() {
      const find = keys.withUsers?.(users, property('userId')) ?? null
      expect(find !== null, 'a key and its user are read by one query')
      return find
    },
  }
}
