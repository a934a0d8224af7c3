/**
 * The statements of a table whose password hash stands in several columns, as if it stood in one.
 */

import { andThen } from '../../eventually.ts'
import type { SplitHash } from '../../users/split-hash.ts'
import type { During, Row, Statements, Values } from './statements.ts'

/**
 * A condition on the hash is one on what was read a moment ago: its columns are read once more,
 * compared as the text that they make, and what stands there is the condition of the statement. So
 * two changes at once are still one.
 *
 * @param id The property of the primary key.
 */
export function composedHash(
  statements: Statements,
  id: string,
  { property, parts, read, written }: SplitHash,
): Statements {
  const hidden = new Set(parts)
  const shown = (row: Row): Row => {
    const rest: Row = {}
    for (const name in row) if (!hidden.has(name)) rest[name] = row[name]
    rest[property] = read(row)
    return rest
  }
  const stored = (values: Values): Values =>
    Object.hasOwn(values, property) ? { ...values, ...written(values[property]) } : values

  const { selectEach } = statements
  return {
    ...statements,
    beside: statements.beside && { ...statements.beside, shown },
    select: (...call) => andThen(statements.select(...call), (rows) => rows.map(shown)),
    ...(selectEach && {
      selectEach: (...call: Parameters<typeof selectEach>) =>
        andThen(selectEach(...call), (rows) => rows.map(shown)),
    }),

    async insert(values, scope, during) {
      const work: During | undefined =
        during && ((transaction, row) => during(transaction, shown(row)))
      return shown(await statements.insert(stored(values), scope, work))
    },

    async update(key, values, scope, when) {
      if (!Object.hasOwn(when, property)) {
        return statements.update(key, stored(values), scope, when)
      }
      const rows = await statements.select(id, key, scope)
      const row = rows.find((one) => read(one) === when[property])
      if (!row) return false
      const columns = [property, ...parts].map((name) => [name, row[name] ?? null])
      const expected = { ...when, ...Object.fromEntries(columns) }
      return statements.update(key, stored(values), scope, expected)
    },
  }
}
