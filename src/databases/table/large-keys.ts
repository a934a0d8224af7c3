/**
 * Keys above 2^53 − 1, which JavaScript's numbers do not hold. A driver that reads such a key as a
 * number rounds it, and the rounded key may be somebody else's: what was found by another field is
 * believed under its key only when the database, asked for both together, has that row.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Eventually } from '../../eventually.ts'
import type { TableDescription } from './description.ts'
import { DatabaseError } from './errors.ts'
import type { Row, Statements, TableScope } from './statements.ts'

/** A property, and the value that a row has there. */
export type Lookup = readonly [property: string, value: unknown]

export interface LargeKeyCheck {
  /**
   * A row that was found by this lookup, as the database has it under its own keys; `null` where it
   * has changed meanwhile. Costs a statement for each large key that was not looked up, and else
   * none.
   *
   * @throws DatabaseError for a key that the driver rounded.
   */
  confirmed(row: Row, property: string, value: unknown, scope: TableScope): Eventually<Row | null>
  /**
   * A lookup that found nobody. It costs what the last one that found somebody did, so that the
   * time of an answer does not tell who is there.
   */
  missed(property: string, value: unknown, scope: TableScope): Eventually<null>
}

/** @param keys The properties of the primary key and of another table's. */
export function largeKeyCheck(
  description: TableDescription,
  keys: readonly string[],
  select: Statements['select'],
): LargeKeyCheck {
  let lastDoubts: readonly Lookup[] = []

  async function settled(
    found: Row,
    doubts: readonly Lookup[],
    [property, value]: Lookup,
    scope: TableScope,
  ): Promise<Row | null> {
    let row = found
    for (const [key, of] of doubts) {
      if (typeof of === 'number') throw roundedKey(description, key)
      const same = twinOf(await select(key, of, scope, [property, value]), row, property)
      if (same === undefined) {
        const now = await select(property, value, scope)
        if (now.some((one) => one[key] === of)) throw roundedKey(description, key)
        return null
      }
      row = same
    }
    return row
  }

  async function askedInVain(doubts: readonly Lookup[], like: Lookup, scope: TableScope) {
    for (const [key, of] of doubts) await select(key, of, scope, like)
    return null
  }

  return {
    confirmed(found, property, value, scope) {
      if (isAnotherNumber(found[property], value)) throw roundedKey(description, property)
      let doubts = noDoubts
      for (const key of keys) {
        if (key !== property && isLarge(found[key])) doubts = [...doubts, [key, found[key]]]
      }
      // A lookup by the key itself says nothing of the others.
      if (!keys.includes(property)) lastDoubts = doubts
      return doubts.length === 0 ? found : settled(found, doubts, [property, value], scope)
    },

    missed(property, value, scope) {
      if (keys.includes(property) || lastDoubts.length === 0) return null
      return askedInVain(lastDoubts, [property, value], scope)
    },
  }
}

const noDoubts: readonly Lookup[] = []

/** Whether a driver that reads whole numbers as JavaScript's may have rounded this key. */
export function isLarge(key: unknown): boolean {
  if (typeof key === 'number') return !Number.isSafeInteger(key)
  return typeof key === 'bigint' && !Number.isSafeInteger(Number(key))
}

/** Whether a row that was found under one number says that it has another. */
export function isAnotherNumber(found: unknown, asked: unknown): boolean {
  if (found === asked) return false
  return isWhole(found) && isWhole(asked) && BigInt(found) !== BigInt(asked)
}

function isWhole(value: unknown): value is number | bigint {
  return typeof value === 'bigint' || Number.isInteger(value)
}

/** The one of these rows that has the same value there as this row, exactly. */
export function twinOf(rows: readonly Row[], row: Row, property: string): Row | undefined {
  return rows.find((other) => isDeepStrictEqual(other[property], row[property]))
}

/** The error that names what to write. The key is not repeated. */
export function roundedKey({ name, largeKeys }: TableDescription, property: string): DatabaseError {
  return new DatabaseError(
    `crudauth: the '${property}' of a row of ${name} is above 2^53 − 1, and the database driver rounds it: it could be taken for another row's, so the row is refused; ${largeKeys}`,
  )
}
