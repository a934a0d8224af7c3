/**
 * What the cases of the kit for identities work with.
 */
import type { Identities, ProviderIdentity } from '../../users/identities.ts'
import type { UserScope, UserTypes } from '../../users/store.ts'

export type Id = UserTypes['id']

export interface Tools {
  readonly identities: Identities
  readonly scope: UserScope
  readonly other: UserScope | null
  readonly absentKey: Id
  readonly account: () => Promise<Id>
  readonly theirs: (scope: UserScope) => Promise<Id>
  readonly values: () => Readonly<Record<string, unknown>>
  readonly hasTransactions: boolean
  readonly idOf: (row: object) => Id
  /** At the first provider. */
  readonly at: (subject: string) => ProviderIdentity
  /** At the second. */
  readonly elsewhere: (subject: string) => ProviderIdentity
  /** Whose identity it is; `null` for nobody's. */
  readonly whose: (identity: ProviderIdentity, scope?: UserScope) => Promise<Id | null>
}

/** What no provider calls anybody. */
export const impossible: readonly unknown[] = [
  '',
  'a\u0000b',
  '\ud800',
  'x'.repeat(256),
  null,
  undefined,
  7,
  true,
  {},
  ['1'],
]

export type Cases = Readonly<Record<string, (tools: Tools) => Promise<void>>>
