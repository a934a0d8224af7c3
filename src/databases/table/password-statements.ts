/**
 * The statements of a users table whose password hashes are in a second one, as if it had them.
 *
 * What is written of both is one transaction, whose conditions hold in both tables until it ends.
 * The users table comes first, always: there two writers wait for each other.
 */
import { andThen, type Eventually, orElse } from '../../eventually.ts'
import { RejectedValue, UniqueViolation } from '../../users/store.ts'
import { EmptyValue } from './errors.ts'
import { hashProperty, type PasswordTable, type PasswordTableFacts } from './password-table.ts'
import type {
  During,
  Row,
  SingleStatements,
  Statements,
  TableScope,
  TransactionalStatements,
  Values,
} from './statements.ts'

/** Thrown inside a transaction to undo it: a condition did not hold. */
class NotAsExpected extends Error {}

/** Thrown inside a transaction to undo it: the hash takes no null. */
class NeverEmpty extends Error {}

export interface PasswordStatements {
  readonly users: TransactionalStatements
  readonly passwords: TransactionalStatements
  /** The property of the users' primary key. */
  readonly id: string
  readonly joined: PasswordTable['joined']
  readonly facts: PasswordTableFacts
  /** Whether the hash may be empty in its column; `null` where the adapter cannot see it. */
  readonly isNullable: boolean | null
}

/** The statements of the users table, as if it had the hash. */
export function withPasswordTable(parts: PasswordStatements): Statements {
  const { users, passwords, id, joined, facts } = parts
  const { user, only = {} } = facts
  const insert = facts.insert as ((row: Row) => Values) | undefined
  const hash = joined.get(hashProperty) ?? ''
  // Learned from the first refusal, where the adapter does not see it.
  let { isNullable } = parts

  /** Values of users, and those of passwords by the properties of their table. */
  const split = (values: Values): readonly [Values, Values] => {
    const all = Object.entries(values)
    const theirs = all.flatMap(([name, value]) => {
      const of = joined.get(name)
      return of === undefined ? [] : [[of, value] as const]
    })
    return [
      Object.fromEntries(all.filter(([name]) => !joined.has(name))),
      Object.fromEntries(theirs),
    ]
  }
  const newRow = (key: unknown, row: Row | undefined, values: Values): Values => ({
    ...(row === undefined ? {} : insert?.(row)),
    ...only,
    [user]: key,
    ...values,
  })
  const anywhere: TableScope = {}
  const passwordsWithin = (transaction: unknown): SingleStatements => {
    const rows = passwords.within(transaction)
    return {
      ...rows,
      insert: (...call) => orElse(() => rows.insert(...call), ofNobody(joined)),
      update: (...call) => orElse(() => rows.update(...call), ofNobody(joined)),
    }
  }

  /** The hash of one user, in a transaction in which nobody else changes that user. */
  function write(
    rows: SingleStatements,
    key: unknown,
    values: Values,
    when: Values,
    row: Row | undefined,
  ): Eventually<void> {
    const old = when[hash]
    const isConditional = Object.hasOwn(when, hash)
    if (!isEmpty(values) && typeof values[hash] === 'string') {
      return andThen(rows.update(key, values, anywhere, when), (isWritten) => {
        if (isWritten) return
        if (isConditional && old !== null) throw new NotAsExpected()
        return andThen(rows.insert(newRow(key, row, values)), () => undefined)
      })
    }
    const drop = () => {
      if (isEmpty(values)) return true
      // A hash that takes no null goes with its row.
      if (isNullable === false) return rows.delete(key, anywhere, when)
      return orElse(
        () => rows.update(key, values, anywhere, when),
        (error) => {
          const isRefused = error instanceof EmptyValue && error.property === hash
          throw isRefused && isNullable === null ? new NeverEmpty() : error
        },
      )
    }
    if (!isConditional) return andThen(drop(), () => undefined)
    if (old !== null) {
      const held = isEmpty(values) ? rows.hold(key, anywhere, when) : drop()
      return andThen(held, required)
    }
    // There is no row, or one without a hash.
    return andThen(rows.hold(key, anywhere, {}), (isThere) =>
      isThere ? andThen(rows.hold(key, anywhere, { [hash]: null }), required) : undefined,
    )
  }

  /** Whether somebody has written a password of this user meanwhile. */
  const hasHash = async (key: unknown) => {
    const rows = await passwords.select(user, key, anywhere)
    return rows.some((row) => typeof row[hash] === 'string')
  }

  return {
    ...users,

    insert(values, scope, during) {
      const [own, theirs] = split(values)
      if (typeof theirs[hash] !== 'string') return users.insert(own, scope, during)
      const named = Object.keys(values).filter((name) => joined.has(name))
      const both: During = (transaction, row) => {
        const written = passwordsWithin(transaction).insert(newRow(row[id], row, theirs))
        const whole = { ...row, ...Object.fromEntries(named.map((name) => [name, values[name]])) }
        return andThen(written, () => during?.(transaction, whole)) as ReturnType<During>
      }
      return users.insert(own, scope, both)
    },

    update,
  }

  async function update(...call: Parameters<Statements['update']>): Promise<boolean> {
    const [key, values, scope, when] = call
    const [own, theirs] = split(values)
    const [ownWhen, theirWhen] = split(when)
    if (isEmpty(theirs) && isEmpty(theirWhen)) return users.update(key, own, scope, ownWhen)
    // Not inside: of a pool with one connection the transaction has it.
    const row = insert && { ...(await users.select(id, key, scope))[0], ...own }
    try {
      await users.inTransaction((transaction) => {
        const first = users.within(transaction)
        const held = isEmpty(own)
          ? first.hold(key, scope, ownWhen)
          : first.update(key, own, scope, ownWhen)
        return andThen(held, (isHeld) => {
          required(isHeld)
          return write(passwordsWithin(transaction), key, theirs, theirWhen, row)
        })
      })
      return true
    } catch (error) {
      if (error instanceof NotAsExpected) return false
      if (error instanceof NeverEmpty) {
        isNullable = false
        return update(...call)
      }
      // A program that is not ours has set one without asking the users table.
      const isBeaten = error instanceof UniqueViolation && theirWhen[hash] === null
      if (isBeaten && (await hasHash(key))) return false
      throw error
    }
  }
}

/**
 * The errors of the second table, without its properties: a column of a user may have the same
 * name.
 */
function ofNobody(joined: PasswordTable['joined']) {
  return (error: unknown): never => {
    if (error instanceof UniqueViolation) throw new UniqueViolation([])
    if (!(error instanceof RejectedValue)) throw error
    const { properties } = error
    const names = [...joined].filter(([, of]) => properties.includes(of)).map(([name]) => name)
    throw new RejectedValue(names)
  }
}

function required(isHeld: boolean): void {
  if (!isHeld) throw new NotAsExpected()
}

function isEmpty(values: Values): boolean {
  return Object.keys(values).length === 0
}
