/**
 * What the methods of `auth.users` are made of.
 */
import type { House } from '../../feature.ts'
import type { UserScope } from '../../users/store.ts'

export type Id = string | number | bigint

/**
 * Reads the row, and again where another request changed it in between.
 *
 * @param change Resolves to `false` where that happened, and to `null` where there is nothing to
 *   do.
 * @returns `false` for a user who is not there, or of whom there was nothing to do.
 */
export async function withRow(
  { accounts }: House,
  userId: Id,
  scope: UserScope,
  change: (row: object) => Promise<boolean | null>,
): Promise<boolean> {
  for (;;) {
    const row = await accounts.byId(userId, scope)
    if (row === null) return false
    const outcome = await change(row)
    if (outcome !== false) return outcome ?? false
  }
}
