/**
 * The kit of the port for identities at providers, over implementations that each break one
 * promise.
 */
import Sqlite from 'better-sqlite3'
import {
  type Identities,
  IdentityTaken,
  type ProviderIdentity,
  UniqueViolation,
  type UserStore,
} from 'crudauth'
import { drizzleUsers } from 'crudauth/drizzle'
import { authUserColumns } from 'crudauth/drizzle/sqlite'
import { identitiesConformance } from 'crudauth/testing'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { sqliteTable, text, unique } from 'drizzle-orm/sqlite-core'
import { describe, expect, test } from 'vitest'
import { identityColumns } from '../../src/users/identity-columns.ts'
import { tableStatements } from '../support/create-table.ts'

const table = sqliteTable(
  'users',
  {
    ...authUserColumns({ identifiers: ['email'] }),
    email: text('email').notNull(),
    googleId: text('google_id'),
    customId: text('custom_id'),
    tenant: text('tenant').notNull(),
  },
  (column) => [
    unique().on(column.tenant, column.email),
    unique().on(column.tenant, column.googleId),
    unique().on(column.tenant, column.customId),
  ],
)

/** One thing done wrong; everything else is done by an implementation that conforms. */
type Defect = (good: Identities, store: UserStore) => Partial<Identities>

/** Lets every other call of the moment go first, as a second round trip would. */
const roundTrip = () => new Promise<void>((resolve) => setImmediate(resolve))

const property = ({ provider }: ProviderIdentity) => `${provider}Id`
const folded = ({ provider, subject }: ProviderIdentity) => ({
  provider,
  subject: typeof subject === 'string' ? subject.toLowerCase() : subject,
})
const trimmed = ({ provider, subject }: ProviderIdentity) => ({
  provider,
  subject: typeof subject === 'string' ? subject.trim() : subject,
})

const defects: Readonly<Record<string, Defect>> = {
  'it has problems with its own table': () => ({ problems: ['something'] }),
  'find finds nobody': () => ({ find: async () => null }),
  'one subject is one person at all providers': (good) => ({
    find: async (identity, scope) =>
      (await good.find(identity, scope)) ??
      good.find({ ...identity, provider: 'google' }, scope).catch(() => null),
  }),
  'list leaves providers out': (good) => ({
    list: async (id, scope) => (await good.list(id, scope)).slice(0, 1),
  }),
  'list lists everybody': (good, store) => ({
    list: async (id, scope) => {
      const row = (await store.find('googleId', '1001', scope)) as { googleId: string } | null
      const mine = await good.list(id, scope)
      return row === null || mine.length > 0
        ? mine
        : [{ provider: 'google', subject: row.googleId }]
    },
  }),
  'link overwrites': (good, store) => ({
    link: async (id, identity, scope) => {
      const outcome = await good.link(id, identity, scope)
      if (outcome !== 'refused') return outcome
      const values = { [property(identity)]: identity.subject }
      return (await store.update(id, values, scope)) ? 'linked' : 'refused'
    },
  }),
  'linking once more is said to be a link': (good) => ({
    link: async (...given) => {
      const outcome = await good.link(...given)
      return outcome === 'kept' ? 'linked' : outcome
    },
  }),
  'linking nobody is said to be a link': (good) => ({
    link: async (id, ...rest) => (id === 987_654 ? 'linked' : good.link(id, ...rest)),
  }),
  'an identity that is taken is refused without a reason': (good) => ({
    link: (...given) =>
      good.link(...given).catch((error: unknown) => {
        if (error instanceof IdentityTaken) return 'refused'
        throw error
      }),
  }),
  'an error quotes the subject': (good) => ({
    link: (id, identity, scope) =>
      good.link(id, identity, scope).catch((error: unknown) => {
        if (error instanceof IdentityTaken) error.message += identity.subject
        throw error
      }),
  }),
  'an error names another provider': (good) => ({
    link: (...given) =>
      good.link(...given).catch((error: unknown) => {
        throw error instanceof IdentityTaken ? new IdentityTaken('custom') : error
      }),
  }),
  'an identity moves to who links it last': (good) => ({
    link: async (id, identity, scope) => {
      const row = (await good.find(identity, scope)) as { id: number } | null
      if (row && row.id !== id) await good.unlink(row.id, identity, scope)
      return good.link(id, identity, scope)
    },
  }),
  'link reads, then writes': (good, store) => ({
    link: async (id, identity, scope) => {
      const row = (await store.find('id', id, scope)) as Record<string, unknown> | null
      if (row === null || row[property(identity)] !== null) return good.link(id, identity, scope)
      await good.link(987_654, identity, scope)
      await roundTrip()
      const values = { [property(identity)]: identity.subject }
      await store.update(id, values, scope).catch((error: unknown) => {
        throw error instanceof UniqueViolation ? new IdentityTaken(identity.provider) : error
      })
      return 'linked'
    },
  }),
  'unlink does nothing': () => ({ unlink: async () => true }),
  'unlink takes whatever is there': (good, store) => ({
    unlink: async (id, identity, scope) =>
      (await good.unlink(id, identity, scope)) ||
      ((await good.list(id, scope)).length > 0 &&
        store.update(id, { [property(identity)]: null }, scope)),
  }),
  'unlink takes it from whoever has it': (good) => ({
    unlink: async (_id, identity, scope) => {
      const row = (await good.find(identity, scope)) as { id: number } | null
      return row !== null && good.unlink(row.id, identity, scope)
    },
  }),
  'unlink takes all': (good, store) => ({
    unlink: async (id, identity, scope) =>
      (await good.unlink(id, identity, scope)) &&
      store.update(id, { googleId: null, customId: null }, scope),
  }),
  'everybody unlinked': (good) => ({
    unlink: async (id, identity, scope) => {
      const had = (await good.list(id, scope)).some(({ subject }) => subject === identity.subject)
      await roundTrip()
      await good.unlink(id, identity, scope)
      return had
    },
  }),
  'subjects are folded': (good) => ({
    find: (identity, scope) => good.find(folded(identity), scope),
    link: (id, identity, scope) => good.link(id, folded(identity), scope),
  }),
  'subjects are trimmed': (good) => ({
    find: (identity, scope) => good.find(trimmed(identity), scope),
  }),
  'an impossible subject is an error': (good) => ({
    find: async (identity, scope) => {
      if (identity.subject === '') throw new Error('no subject')
      return good.find(identity, scope)
    },
  }),
  'an impossible subject is stored': (good, store) => ({
    link: async (id, identity, scope) => {
      if (identity.subject !== '') return good.link(id, identity, scope)
      return (await store.update(id, { googleId: '' }, scope)) ? 'linked' : 'refused'
    },
  }),
  'an impossible subject is refused without an error': (good) => ({
    link: async (id, identity, scope) =>
      identity.subject === '' ? 'refused' : good.link(id, identity, scope),
  }),
  'an unknown provider has nobody': (good) => ({
    find: async (identity, scope) =>
      identity.provider === 'never-configured' ? null : good.find(identity, scope),
  }),
  'an unknown provider links nobody': (good) => ({
    link: async (id, identity, scope) =>
      identity.provider === 'never-configured' ? 'refused' : good.link(id, identity, scope),
  }),
  'tenants see each other': (good) => ({
    find: async (identity, scope) =>
      (await good.find(identity, scope)) ?? good.find(identity, { tenant: 'acme' }),
  }),
  'tenants link each other’s accounts': (good) => ({
    link: async (id, identity, scope) => {
      const outcome = await good.link(id, identity, scope)
      return outcome === 'refused' ? good.link(id, identity, { tenant: 'acme' }) : outcome
    },
  }),
  'a new account gets no identity': (_good, store) => ({
    insert: (values, _identity, scope, during) => store.insert(values, scope, during),
  }),
  'a new account is linked in a second write': (good, store) => ({
    insert: async (values, identity, scope, during) => {
      const row = (await store.insert(values, scope, during)) as { id: number }
      await good.link(row.id, identity, scope)
      return row
    },
  }),
  'a new account is linked after a look': (good) => ({
    insert: async (values, identity, scope, during) => {
      if (await good.find(identity, scope)) throw new IdentityTaken(identity.provider)
      await roundTrip()
      return good.insert(values, identity, scope, during).catch((error: unknown) => {
        throw error instanceof IdentityTaken ? error.cause : error
      })
    },
  }),
  'a new account takes the identity from another': (good) => ({
    insert: async (values, identity, scope, during) => {
      const row = (await good.find(identity, scope).catch(() => null)) as { id: number } | null
      if (row) await good.unlink(row.id, identity, scope)
      return good.insert(values, identity, scope, during)
    },
  }),
  'every account that is not made is said to be linked elsewhere': (good) => ({
    insert: (values, identity, scope, during) =>
      good.insert(values, identity, scope, during).catch((error: unknown) => {
        throw error instanceof UniqueViolation ? new IdentityTaken(identity.provider) : error
      }),
  }),
  'an insert forgets the work during it': (good) => ({
    insert: (values, identity, scope) => good.insert(values, identity, scope),
  }),
  'the work during an insert comes after it': (good) => ({
    insert: async (values, identity, scope, during) => {
      const row = await good.insert(values, identity, scope)
      await during?.(undefined, row)
      return row
    },
  }),
  'an insert stores an impossible subject': (good, store) => ({
    insert: (values, identity, scope, during) =>
      identity.subject === ''
        ? store.insert({ ...values, googleId: '' }, scope, during)
        : good.insert(values, identity, scope, during),
  }),
  'an insert takes an unknown provider': (good, store) => ({
    insert: (values, identity, scope, during) =>
      identity.provider === 'never-configured'
        ? store.insert(values, scope, during)
        : good.insert(values, identity, scope, during),
  }),
}

const client = new Sqlite(':memory:')
for (const statement of tableStatements(table)) client.exec(statement)
const store = drizzleUsers(drizzle(client), table, { tenant: 'tenant' }) as unknown as UserStore
const good = identityColumns(store, ['google', 'custom'])

async function failures(defect: Defect): Promise<string[]> {
  let open = 0
  const kit = identitiesConformance({
    providers: ['google', 'custom'],
    absentKey: 987_654,
    scopes: [{ tenant: 'acme' }, { tenant: 'globex' }],
    async create() {
      client.exec('delete from users')
      open++
      let count = 0
      const values = () => ({
        email: `person${++count}@example.com`,
        hashedPassword: '!',
        tokenVersion: 1,
      })
      return {
        identities: { ...good, ...defect(good, store) },
        idOf: (row) => (row as { id: number }).id,
        values,
        account: async (scope) => ((await store.insert(values(), scope)) as { id: number }).id,
      }
    },
    async destroy() {
      open--
    },
  })
  const failed: string[] = []
  for (const { name, run } of kit) await run().catch(() => failed.push(name))
  expect(open).toBe(0)
  return failed
}

describe('The kit for identities', () => {
  test('has nothing against an implementation that conforms', async () => {
    expect(await failures(() => ({}))).toEqual([])
  })

  for (const [name, defect] of Object.entries(defects)) {
    test(`finds that ${name}`, async () => {
      expect(await failures(defect)).not.toEqual([])
    })
  }
})
