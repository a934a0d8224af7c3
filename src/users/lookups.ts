/**
 * Lookups of somebody by several fields at once: every field is looked up whatever the others find,
 * so that the cost does not tell which one matched, or whether any did.
 *
 * What was typed is looked up as it is, too, where its canonical form differs: a row that was
 * written before the library came belongs to somebody.
 */
import type { Identity, IdentityField } from './identity.ts'
import type { UserLookup, UserScope, UserStore } from './store.ts'

/** Where the user is whom a typed identifier means: the login fields in their order. */
export function loginLookups({ login }: Identity, typed: string): readonly UserLookup[] {
  return login.flatMap((field) => lookupsOf(field, typed))
}

/** Where the user is whom a typed address or number means by which accounts are recovered. */
export function contactLookups({ recovery }: Identity, typed: string): readonly UserLookup[] {
  return recovery === null || !typed.isWellFormed() ? [] : lookupsOf(recovery, typed)
}

function lookupsOf({ property, canonical }: IdentityField, typed: string): readonly UserLookup[] {
  return [...new Set([typed, canonical(typed)])].map((value) => [property, value] as const)
}

/** What each lookup finds, in their order: in one statement, where the store can. */
export async function findEach(
  { find }: UserStore,
  lookups: readonly UserLookup[],
  scope: UserScope,
): Promise<readonly (object | null)[]> {
  const keys = lookups.map((lookup) => JSON.stringify(lookup))
  const distinct = [...new Map(lookups.map((lookup, n) => [keys[n], lookup]))]
  const rows =
    find.each && distinct.length > 1
      ? await find.each(
          distinct.map(([, lookup]) => lookup),
          scope,
        )
      : await Promise.all(distinct.map(([, [property, value]]) => find(property, value, scope)))
  const found = new Map(distinct.map(([key], n) => [key, rows[n] ?? null]))
  return keys.map((key) => found.get(key) ?? null)
}
