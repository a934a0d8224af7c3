/**
 * How a row that was just inserted is found again, without `RETURNING`.
 */
import type { TableDescription } from './description.ts'
import { DatabaseError } from './errors.ts'
import type { Row, Values } from './statements.ts'
import { canHold } from './values.ts'

/**
 * A property and a value that only the new row has: its key, another unique value that was
 * written, or the key that the driver says the database made.
 *
 * @throws DatabaseError when nothing tells the new row apart.
 */
export function identify(
  { name, columns, keys, caselessKeys }: TableDescription,
  id: string,
  values: Values,
  insertedId: unknown,
): readonly [property: string, value: unknown] {
  const known = [id, ...keys, ...caselessKeys].find((property) =>
    canHold(columns.get(property), values[property]),
  )
  if (known !== undefined) return [known, values[known]]
  if (canHold(columns.get(id), insertedId)) return [id, insertedId]
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
