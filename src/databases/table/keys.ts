/**
 * What keeps rows apart: primary keys, unique constraints and indexes, whoever describes them.
 */
import { type Condition, conditionOf, isImplied } from './conditions.ts'

/** A constraint or index that lets no two rows be alike. */
export interface Key {
  readonly name?: string | undefined
  /** As the database calls them. */
  readonly columns: readonly string[]
  /** Over `lower(column)`. */
  readonly folds: boolean
  /** Which rows it covers, as SQL; all where it does not say. */
  readonly where?: string | null
}

/** What is known of every row of ours. */
export interface Ours {
  /** The column of the tenant, which every lookup names. */
  readonly tenant?: string | undefined
  /** The condition that every row meets, as SQL. */
  readonly where?: string | null | undefined
  /** Further columns of which every lookup names the value. */
  readonly fixed?: readonly string[] | undefined
}

/** Whether no two rows of ours can have the same value; and whether only where case is ignored. */
export function uniqueness(
  keys: readonly Key[],
  column: string,
  { tenant, where, fixed = [] }: Ours = {},
): 'yes' | 'folded' | 'no' {
  const ours: Condition | null = where ? conditionOf(where) : null
  const covering = keys.filter(
    (key) =>
      key.columns.includes(column) &&
      key.columns.every((one) => one === column || one === tenant || fixed.includes(one)) &&
      (!key.where || isImplied(conditionOf(key.where), ours, column)),
  )
  if (covering.some(({ folds }) => !folds)) return 'yes'
  return covering.length > 0 ? 'folded' : 'no'
}
