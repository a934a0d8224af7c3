/**
 * How a row that was just inserted is found again, without `RETURNING`.
 */

import { andThen, type Eventually } from '../../eventually.ts'
import type { TableDescription } from './description.ts'
import { DatabaseError, RowOutside } from './errors.ts'
import { isAnotherNumber, isLarge, roundedKey, twinOf } from './large-keys.ts'
import type { Row, Values } from './statements.ts'
import { canHold } from './values.ts'

/** A row that was just inserted. */
export interface Inserted {
  /** The property of the primary key. */
  readonly id: string
  /** The properties of the primary key and of another table's. */
  readonly keys: readonly string[]
  /** What was written. */
  readonly values: Values
  /** The key that the driver says the database made, where it does. */
  readonly insertedId: unknown
}

/**
 * The new row, read back: the keys that it has are those that were written, and one that the
 * database made is the row's own, however the driver reads it.
 *
 * @param read The rows that have this value, where the insert took place.
 * @throws DatabaseError when nothing tells the new row apart, and for a key that the driver
 *   rounded.
 */
export function readBack(
  table: TableDescription,
  { id, keys, values, insertedId }: Inserted,
  read: (property: string, value: unknown) => Eventually<readonly Row[]>,
): Eventually<Row> {
  const [property, value] = identify(table, id, values, insertedId)
  return andThen(read(property, value), (found) => {
    if (found.length === 0) throw new RowOutside(table.name)
    const row = onlyRow(table, found)
    const rounded = keys.find(
      (key) =>
        isAnotherNumber(row[key], values[key]) ||
        (isLarge(row[key]) && typeof row[key] === 'number'),
    )
    if (rounded !== undefined) throw roundedKey(table, rounded)
    if (property === id || !isLarge(row[id])) return row
    return andThen(read(id, row[id]), (again) => {
      const same = twinOf(again, row, property)
      if (same) return same
      throw roundedKey(table, id)
    })
  })
}

/**
 * A property and a value that only the new row has: its key, another unique value that was
 * written, or the key that the driver says the database made.
 *
 * @throws DatabaseError when nothing tells the new row apart.
 */
function identify(
  { name, columns, keys, caselessKeys }: TableDescription,
  id: string,
  values: Values,
  insertedId: unknown,
): readonly [property: string, value: unknown] {
  const known = [id, ...keys, ...caselessKeys].find((property) =>
    canHold(columns.get(property), values[property]),
  )
  if (known !== undefined) return [known, values[known]]
  // A large one may have been rounded, and nothing else would tell whose row it finds.
  if (canHold(columns.get(id), insertedId) && !isLarge(insertedId)) return [id, insertedId]
  throw new DatabaseError(
    `crudauth: a new row of ${name} cannot be found again; insert its ${id} or a unique value`,
  )
}

/**
 * The new row, of those that were found under what only it has.
 *
 * @throws DatabaseError for none, and for more than one: somebody else's must not pass for it.
 */
export function onlyRow({ name }: TableDescription, found: readonly Row[]): Row {
  const [row] = found
  if (row && found.length === 1) return row
  throw new DatabaseError(
    row
      ? `crudauth: a new row of ${name} cannot be told from another; what is said to be unique is not`
      : `crudauth: a new row of ${name} was not there to be read; it must be in its tenant, and meet the condition 'where'`,
  )
}
