/**
 * The conformance kit of the port for identities at providers: every sentence of its contract as a
 * case.
 */
import type { Identities } from '../users/identities.ts'
import type { UserScope } from '../users/store.ts'
import type { ConformanceCase } from './conformance.ts'
import { insertCases } from './identities/inserts.ts'
import { linkCases } from './identities/links.ts'
import type { Id } from './identities/tools.ts'

/** An implementation, and accounts to link. */
export interface IdentitiesWorld {
  readonly identities: Identities
  /** Makes a further account, linked to nobody, and returns its key. */
  account(scope: UserScope): Promise<Id>
  /** The values of a further account that is not there yet, for an insert. */
  values(): Readonly<Record<string, unknown>>
  /** The key of an account's row. */
  idOf(row: object): Id
}

/** How the kit gets the implementations that it tests. */
export interface IdentitiesSetup {
  /** Over a fresh, empty table. */
  create(): Promise<IdentitiesWorld>
  /** Two providers that are configured. */
  readonly providers: readonly [string, string]
  /** A key that no account has. */
  readonly absentKey: Id
  destroy?(world: IdentitiesWorld): Promise<void>
  /** Whether inserts can run work in their transaction. Default `true`. */
  readonly transactions?: boolean
  /** The scope for all calls, where the store has tenants; a second one for a second tenant. */
  readonly scopes?: readonly [UserScope, UserScope]
}

/**
 * The cases that an implementation of `Identities` has to pass.
 *
 * @example
 * ```ts
 * const cases = identitiesConformance({ create, providers, absentKey })
 * for (const { name, run } of cases) test(name, run)
 * ```
 */
export function identitiesConformance(setup: IdentitiesSetup): ConformanceCase[] {
  const [first, second] = setup.providers
  return Object.entries({ ...linkCases, ...insertCases }).map(([name, check]) => ({
    name,
    async run() {
      const world = await setup.create()
      const { identities } = world
      const [scope, other] = setup.scopes ?? [{}, null]
      try {
        await check({
          identities,
          scope,
          other,
          absentKey: setup.absentKey,
          account: () => world.account(scope),
          theirs: (of) => world.account(of),
          values: () => world.values(),
          hasTransactions: setup.transactions !== false,
          idOf: (row) => world.idOf(row),
          at: (subject) => ({ provider: first, subject }),
          elsewhere: (subject) => ({ provider: second, subject }),
          async whose(identity, of = scope) {
            const row = await identities.find(identity, of)
            return row === null ? null : world.idOf(row)
          },
        })
      } finally {
        await setup.destroy?.(world)
      }
    },
  }))
}
