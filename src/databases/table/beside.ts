/**
 * A user read beside a row of another table, by one query: an API key and its owner.
 *
 * The database proposes, and nothing of what it says of two tables at once is believed: the user
 * counts only where `find` under the key that is in the row would have given the very same. Where
 * it does not, nothing is said of the user, who is then asked for alone.
 */
import { andThen, type Eventually, eitherWay } from '../../eventually.ts'
import type { FindWithUser, RowWithUser } from '../../rows/row-store.ts'
import { StoreUnavailable, type UserScope } from '../../users/store.ts'
import type { Dialect, TableColumn } from './description.ts'
import { DatabaseError } from './errors.ts'
import type { Beside, Pair, Row, SelectWith, TableScope } from './statements.ts'

/** An open table, whose rows others read beside their own. */
export interface TableBeside {
  readonly statements: Beside
  /** `null` for a tenant that no row of it could have. */
  confined(scope: UserScope): TableScope | null
  /** Whether it is the row that `find` gives for this primary key. */
  isFoundBy(row: Row, key: unknown, scope: TableScope): boolean
}

/** A lookup that a row could meet. */
export interface Wanted {
  readonly property: string
  readonly value: unknown
  readonly scope: TableScope
}

/** What `find` of the table does, in its parts. */
export interface Finding {
  find(property: string, value: unknown, scope: UserScope): Eventually<object | null>
  /** `null` for what no row could have. */
  wanted(property: string, value: unknown, scope: UserScope): Wanted | null
  /** The one of the rows that a select gave, if it is there. */
  judged(rows: readonly Row[], wanted: Wanted): Eventually<Row | null>
}

/**
 * @param reference The property that has the key of the row's user.
 * @param theirs What the users say of themselves.
 */
export function findWithUser(
  { find, wanted, judged }: Finding,
  select: SelectWith,
  reference: string,
  theirs: TableBeside,
): FindWithUser {
  const { shown } = theirs.statements
  let isRefused = false

  const userOf = (row: Row, pairs: readonly Pair[], scope: TableScope): object | null => {
    // One that was read anew meanwhile is in no pair.
    const other = pairs.find((pair) => pair.row === row)?.other ?? null
    if (other === null || !theirs.isFoundBy(other, row[reference], scope)) return null
    return shown ? shown(other) : other
  }
  const judgedPairs = (
    pairs: readonly Pair[],
    lookup: Wanted,
    scope: TableScope,
  ): Eventually<RowWithUser> =>
    andThen(judged(pairs.map(rowOf), lookup), (row) =>
      row === null ? nobody : { row, user: userOf(row, pairs, scope) },
    )
  const alone = (...call: Parameters<FindWithUser>): Eventually<RowWithUser> =>
    andThen(find(...call), (row) => ({ row, user: null }))

  return (property, value, scope) => {
    try {
      const lookup = wanted(property, value, scope)
      if (lookup === null) return nobody
      const confined = theirs.confined(scope)
      if (isRefused || confined === null) return alone(property, value, scope)
      return eitherWay(
        () => select(lookup.property, lookup.value, lookup.scope, confined),
        (pairs) => judgedPairs(pairs, lookup, confined),
        (error) => {
          if (error instanceof StoreUnavailable) throw error
          // The tables do not go together, such as texts of two collations: they never will.
          isRefused ||= error instanceof DatabaseError
          return alone(property, value, scope)
        },
      )
    } catch (error) {
      return Promise.reject(error)
    }
  }
}

const rowOf = ({ row }: Pair): Row => row

const nobody: RowWithUser = { row: null, user: null }

/** How a column that has the key of another table's rows is compared with that key. */
export type Comparison = 'plain' | 'whole' | 'uuid'

/** `null` where the two cannot be compared in the database. */
export function comparisonOf(
  dialect: Dialect,
  key: TableColumn | undefined,
  reference: TableColumn | undefined,
): Comparison | null {
  const [of, by] = [kindOf(key), kindOf(reference)]
  if (of === null || by === null) return null
  if (of === by) return 'plain'
  // A column of text has keys of any kind. SQLite makes numbers of it by itself, and a UUID is a
  // type of its own on PostgreSQL alone.
  if (by !== 'text') return null
  if (dialect === 'sqlite' || of === 'text') return 'plain'
  return dialect === 'mysql' && of === 'uuid' ? 'plain' : of
}

/** What stands in the database, whatever the driver makes of it. */
function kindOf(column: TableColumn | undefined): 'whole' | 'uuid' | 'text' | null {
  if (column === undefined) return null
  const { type, holds } = column
  if (type === 'number' || type === 'bigint' || holds.digits) return 'whole'
  if (type !== 'string') return null
  return holds.uuid ? 'uuid' : 'text'
}

/** What a text must look like to be made a key of this kind, as the databases write it. */
export const castable: Readonly<Record<Exclude<Comparison, 'plain'>, string>> = {
  whole: '^-?[0-9]{1,18}$',
  uuid: '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$',
}
