/**
 * Identities at providers as rows of a table of the application's own: any number of providers, and
 * providers that speak for several issuers.
 *
 * Two columns keep rows apart, each a digest: of issuer and subject, so that an identity has one
 * account; and of account and provider, so that an account has one identity there. A link is one
 * insert, which the database decides.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { type Random, randomHex, sha256 } from '../crypto.ts'
import type { RowStore, RowTable } from '../rows/row-store.ts'
import { Rows } from '../rows/rows.ts'
import { type Identities, IdentityTaken, isSubject, type ProviderIdentity } from './identities.ts'
import { RejectedValue, UniqueViolation, type UserScope, type UserStore } from './store.ts'

/** What the logical fields of the table hold. */
export interface IdentityRowTypes {
  id: string
  /** `null` while the account is being made. */
  userId: string | number | bigint | null
  provider: string
  issuer: string
  subject: string
  identityKey: string
  accountKey: string
  createdAt: Date
}

/** The name of a logical field of the table of identities. */
export type IdentityRowField = keyof IdentityRowTypes

export const identityRowTable = {
  id: { types: ['string'], required: true, key: 'own', length: 36 },
  userId: {
    types: ['string', 'number', 'bigint'],
    required: true,
    key: 'other',
    nullable: true,
    length: 255,
  },
  provider: { types: ['string'], required: true, length: 32 },
  issuer: { types: ['string'], required: true, length: 255 },
  subject: { types: ['string'], required: true, length: 255 },
  identityKey: { types: ['string'], required: true, unique: true, length: 43 },
  accountKey: { types: ['string'], required: true, unique: true, length: 43 },
  createdAt: { types: ['date'], required: true },
} as const satisfies RowTable<IdentityRowField>

/** The port over that table. */
export type IdentityRowStore = RowStore<IdentityRowField>

export interface IdentityTableParts {
  readonly users: UserStore
  readonly rows: IdentityRowStore
  /** The issuer of each provider that is configured. */
  readonly issuers: Readonly<Record<string, string>>
  readonly clock: () => number
  readonly random: Random
}

/** How long the making of one account may take: after that its place is free. Milliseconds. */
const placeMs = 60_000
const pauseMs = 25

/**
 * How often a link is tried: each that fails is one in which what stood in the way went at that
 * moment. One that always stands there is another unique column of the application's.
 */
const maxAttempts = 10

type UserId = string | number | bigint

export function identityTable(parts: IdentityTableParts): Identities {
  const { users, issuers, clock, random } = parts
  const rows = new Rows<IdentityRowTypes>(parts.rows, identityRowTable)
  const idProperty = users.map.id ?? 'id'
  const keyType = users.columns.get(idProperty)?.type

  /** @throws Error for a provider that is not configured. */
  const issuerOf = ({ provider, issuer }: ProviderIdentity): string => {
    const own = Object.hasOwn(issuers, provider) ? issuers[provider] : undefined
    if (own === undefined) {
      throw new Error(`crudauth: the provider '${provider}' is not configured`)
    }
    return issuer ?? own
  }
  const identityKey = (identity: ProviderIdentity, { tenant }: UserScope) =>
    sha256(JSON.stringify([tenant ?? null, issuerOf(identity), identity.subject]))
  const accountKey = (id: UserId, provider: string, { tenant }: UserScope) =>
    sha256(JSON.stringify([tenant ?? null, String(id), provider]))
  const account = (id: UserId, scope: UserScope) => users.find(idProperty, id, scope)
  const idOf = (row: object) => (row as Record<string, UserId>)[idProperty] as UserId
  /** A key that a column of text took, in its own type. */
  const inOwnType = (id: UserId): UserId => {
    if (typeof id !== 'string') return keyType === 'bigint' ? BigInt(id) : id
    if (keyType === 'number') return Number(id)
    return keyType === 'bigint' ? BigInt(id) : id
  }
  const found = async (identity: ProviderIdentity, scope: UserScope) =>
    isSubject(identity.subject)
      ? rows.find('identityKey', identityKey(identity, scope), scope)
      : null
  const ownerOf = async ({ userId }: IdentityRowTypes, scope: UserScope) =>
    userId === null ? null : account(inOwnType(userId), scope)
  const newRow = (identity: ProviderIdentity, scope: UserScope) => ({
    id: randomHex(random, 16),
    provider: identity.provider,
    issuer: issuerOf(identity),
    subject: identity.subject,
    identityKey: identityKey(identity, scope),
    createdAt: new Date(clock()),
  })
  const judge = (identity: ProviderIdentity) => {
    if (issuerOf(identity).length > 255 || !isSubject(identity.subject)) {
      throw new RejectedValue(['subject'])
    }
  }
  /**
   * Whose the row is that stands in the way, once that is known: it waits for an account that is
   * being made. `null` where nothing stands in the way any more.
   */
  async function inTheWay(
    identity: ProviderIdentity,
    scope: UserScope,
  ): Promise<IdentityRowTypes | null> {
    for (;;) {
      const row = await found(identity, scope)
      if (row === null) return null
      if (row.userId !== null && (await ownerOf(row, scope)) !== null) return row
      // Its account is gone, or was never made.
      const isOver = row.userId !== null || clock() - row.createdAt.getTime() > placeMs
      if (isOver) {
        await rows.delete(row.id, scope, { userId: row.userId })
        return null
      }
      await wait(pauseMs)
    }
  }

  return {
    name: 'a table of identities',
    problems: tableProblems(parts.rows),

    async find(identity, scope) {
      issuerOf(identity)
      const row = await found(identity, scope)
      return row && ownerOf(row, scope)
    },

    async list(accountId, scope) {
      const all = await rows.list('userId', accountId, scope)
      return all
        .filter(({ provider }) => Object.hasOwn(issuers, provider))
        .map(({ provider, subject, issuer }) => ({
          provider,
          subject,
          ...(issuer === issuers[provider] ? {} : { issuer }),
        }))
    },

    async link(accountId, identity, scope) {
      judge(identity)
      if ((await account(accountId, scope)) === null) return 'refused'
      const { provider } = identity
      for (let attempt = 1; ; attempt++) {
        const row = {
          ...newRow(identity, scope),
          userId: accountId,
          accountKey: accountKey(accountId, provider, scope),
        }
        try {
          await rows.insert(row, scope)
          return 'linked'
        } catch (error) {
          if (!(error instanceof UniqueViolation)) throw error
          const other = await inTheWay(identity, scope)
          if (other !== null) {
            if (String(other.userId) === String(accountId)) return 'kept'
            throw new IdentityTaken(provider, { cause: error })
          }
          const same = await rows.find('accountKey', row.accountKey, scope)
          if (same !== null) return 'refused'
          if (attempt === maxAttempts) throw error
        }
      }
    },

    async insert(values, identity, scope, during) {
      judge(identity)
      const { provider } = identity
      const place = {
        ...newRow(identity, scope),
        userId: null,
        accountKey: sha256(randomHex(random, 16)),
      }
      for (let attempt = 1; ; attempt++) {
        try {
          await rows.insert(place, scope)
          break
        } catch (error) {
          if (!(error instanceof UniqueViolation)) throw error
          if ((await inTheWay(identity, scope)) !== null) {
            throw new IdentityTaken(provider, { cause: error })
          }
          if (attempt === maxAttempts) throw error
        }
      }
      try {
        const user = await users.insert(values, scope, during)
        const id = idOf(user)
        const own = { userId: id, accountKey: accountKey(id, provider, scope) }
        // Unless it took so long that somebody else has the place by now.
        if (await rows.update(place.id, own, scope, { userId: null })) return user
        throw new IdentityTaken(provider)
      } catch (error) {
        await rows.delete(place.id, scope, { userId: null }).catch(() => undefined)
        throw error
      }
    },

    async unlink(accountId, identity, scope) {
      const row = await found(identity, scope)
      if (row === null || String(row.userId) !== String(accountId)) return false
      return rows.delete(row.id, scope, { identityKey: row.identityKey })
    },
  }
}

function tableProblems({ columns, map, problems }: IdentityRowStore): string[] {
  const unique = (['identityKey', 'accountKey'] as const).flatMap((field) => {
    const column = columns.get(map[field] ?? '')
    return column && !column.unique
      ? [`the table of identities needs a unique index on '${column.column}'`]
      : []
  })
  const owner = columns.get(map.userId ?? '')
  const nullable =
    owner && !owner.nullable
      ? [`'${owner.column}' of the table of identities must be nullable, while an account is made`]
      : []
  return [...problems, ...unique, ...nullable]
}
