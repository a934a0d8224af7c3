/**
 * The kit for identities at providers, over columns of a users table or over a table beside it,
 * whichever adapter made them.
 */
import type { IdentityRowStore, UserScope, UserStore } from 'crudauth'
import { identitiesConformance } from 'crudauth/testing'
import { test } from 'vitest'
import { secureRandom } from '../../src/crypto.ts'
import { identityColumns } from '../../src/users/identity-columns.ts'
import { identityTable } from '../../src/users/identity-table.ts'

export const issuers = { google: 'https://accounts.google.com', custom: 'https://custom.example' }

export const twoTenants: readonly [UserScope, UserScope] = [
  { tenant: 'acme' },
  { tenant: 'globex' },
]

/** Fresh, empty tables. */
export interface OpenIdentities {
  readonly users: UserStore
  /** Rows beside the users; without it they are columns. */
  readonly rows?: IdentityRowStore
  readonly close: () => unknown
}

/** Every case of the kit as a test. */
export function identitiesKit(
  open: () => Promise<OpenIdentities>,
  scopes?: readonly [UserScope, UserScope],
): void {
  let opened: OpenIdentities
  const kit = identitiesConformance({
    providers: ['google', 'custom'],
    absentKey: 987_654,
    ...(scopes ? { scopes } : {}),
    async create() {
      opened = await open()
      const { users, rows } = opened
      let count = 0
      return {
        identities: rows
          ? identityTable({ users, rows, issuers, clock: Date.now, random: secureRandom })
          : identityColumns(users, ['google', 'custom'], () => 1_700_000_000_000),
        idOf: (row) => (row as { id: number }).id,
        values: () => person(users, ++count),
        async account(scope) {
          const row = await users.insert(person(users, ++count), scope)
          return (row as { id: number }).id
        },
      }
    },
    destroy: async () => void (await opened.close()),
  })
  for (const { name, run } of kit) test(name, run)
}

/** A new row, by property. */
export function person({ map, columns }: UserStore, n: number): Record<string, unknown> {
  const isBoolean = columns.get(map.isActive ?? '')?.type === 'boolean'
  const [yes, no] = isBoolean ? [true, false] : [1, 0]
  const fields = {
    email: `person${n}@example.com`,
    hashedPassword: '!',
    isActive: yes,
    isSuperuser: no,
    emailVerified: no,
    tokenVersion: 1,
  }
  const mapped = Object.entries(fields).filter(([field]) => map[field as 'email'] !== undefined)
  return Object.fromEntries(mapped.map(([field, value]) => [map[field as 'email'], value]))
}
