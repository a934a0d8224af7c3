/**
 * Password hashes in a second table of the application's: a row for each user, or one of several
 * credentials, told by a kind.
 *
 * A user's row is read with the hash that belongs to it, in the same statement. What is written of
 * both is one transaction, whose conditions hold in both tables until it ends. The users table
 * comes first, always: there two writers wait for each other.
 */

import { andThen, type Eventually, orElse } from '../../eventually.ts'
import { suggestion } from '../../options/nearest.ts'
import { type ColumnMap, entryParts } from '../../users/column-map.ts'
import { RejectedValue, UniqueViolation } from '../../users/store.ts'
import type { TableColumn, TableDescription } from './description.ts'
import type {
  During,
  Row,
  SingleStatements,
  Statements,
  TableScope,
  TransactionalStatements,
  Values,
} from './statements.ts'

/** What an adapter was told of the second table, by its properties. */
export interface PasswordTableFacts {
  /** The property that names the user. */
  readonly user: string
  /** The property of the hash, or an entry for one in several columns. */
  readonly hash: unknown
  /** What the rows of passwords have, and other credentials have not. */
  readonly only?: Values | undefined
  /** Further values of a new row. */
  readonly insert?: ((user: never) => object) | undefined
  /** How the adapter learns what is unique. Default: it reads the schema. */
  readonly declaring?: string
}

/** The hash among a user's columns. */
export interface PasswordTable {
  /** The users table, as if it had the hash. */
  readonly users: TableDescription
  /** The property under which it has it. */
  readonly property: string
  /** The application's map, with the hash. */
  readonly columns: ColumnMap
  /** What is read with a user: the property of a row, and of the second table; the hash first. */
  readonly joined: ReadonlyMap<string, string>
  /** One sentence each, saying what to write instead. */
  readonly problems: readonly string[]
}

/** The property of rows under which the core has the hash. */
const property = 'hashedPassword'

/**
 * @param wanted The application's map of the users table.
 * @param isKeyAlone Whether no two users have one key, whatever their tenants.
 */
export function passwordTable(
  users: TableDescription,
  passwords: TableDescription,
  facts: PasswordTableFacts,
  wanted: ColumnMap,
  isKeyAlone = true,
): PasswordTable {
  const id = typeof wanted['id'] === 'string' ? wanted['id'] : 'id'
  const { property: hash = '', parts = [] } = hashParts(facts.hash)
  const nameOf = (part: string) => `${property}.${part}`
  const joined = new Map([[property, hash], ...parts.map((part) => [nameOf(part), part] as const)])
  const columns = new Map(users.columns)
  for (const [name, of] of joined) {
    const column = passwords.columns.get(of)
    if (column) columns.set(name, shown(column, name, passwords.name, name === property))
  }
  return {
    users: { ...users, columns },
    property,
    columns: {
      ...wanted,
      hashedPassword:
        typeof facts.hash === 'object'
          ? { ...facts.hash, property, ...(parts.length > 0 ? { parts: parts.map(nameOf) } : {}) }
          : property,
    },
    joined,
    problems: [
      ...problemsOf(users, passwords, facts, id, [hash, ...parts]),
      ...(wanted['hashedPassword'] === undefined
        ? []
        : ['columns.hashedPassword and passwords both say where the hash is; leave out one']),
      ...(isKeyAlone
        ? []
        : [
            `'${id}' of ${users.name} is unique in its tenant only, so that ${passwords.name} could not tell two users apart; make it unique by itself`,
          ]),
    ],
  }
}

/** A column of the second table as one of the users'. An account may have no row there. */
function shown(column: TableColumn, name: string, table: string, isHash: boolean): TableColumn {
  return {
    ...column,
    property: name,
    column: `${table}.${column.column}`,
    nullable: column.nullable || isHash,
    unique: false,
    hasDefault: false,
  }
}

function hashParts(entry: unknown): { readonly property?: string; readonly parts?: string[] } {
  const { property: hash } = entryParts(entry)
  const { parts } = Object(entry) as { readonly parts?: unknown }
  return {
    ...(hash === undefined ? {} : { property: hash }),
    parts: Array.isArray(parts) ? parts.map(String) : [],
  }
}

function problemsOf(
  users: TableDescription,
  passwords: TableDescription,
  { user, only = {}, insert, declaring = 'declare it in the schema' }: PasswordTableFacts,
  id: string,
  hashes: readonly string[],
): string[] {
  const { name, columns } = passwords
  const names = [...columns.keys()]
  const kinds = Object.keys(only)
  const unknown = [
    ['user', user],
    ...hashes.map((one) => ['hash', one]),
    ...kinds.map((kind) => ['only', kind]),
  ].flatMap(([option, one]) =>
    // What is no name at all was told already.
    one === undefined || one === '' || columns.has(one)
      ? []
      : [
          `passwords.${option} names '${one}', which is not a column of ${name};${suggestion(one, names)} its columns are: ${names.join(', ')}`,
        ],
  )
  if (unknown.length > 0) return unknown
  if (passwords.dialect !== users.dialect) {
    return [
      `passwords.table is a table of ${passwords.dialect}, and ${users.name} of ${users.dialect}`,
    ]
  }
  const problems: string[] = []
  if (users.columns.has(property)) {
    problems.push(
      `${users.name} has a column '${property}', and passwords says that the hash is in ${name}; leave passwords out, or call the column another name in the schema`,
    )
  }
  const [key, reference] = [users.columns.get(id), columns.get(user)]
  if (key && reference && ![key.type, reference.type].includes('other')) {
    if (key.type !== reference.type) {
      problems.push(
        `passwords.user names '${user}', which holds ${reference.type}, and '${id}' of ${users.name} holds ${key.type}; name the column that has the key of the user`,
      )
    }
  }
  const hash = columns.get(hashes[0] ?? '')
  if (hash && hash.type !== 'string' && hash.type !== 'other') {
    problems.push(
      `passwords.hash names '${hashes[0]}', which holds ${hash.type}; it must hold string`,
    )
  }
  if (!passwords.keys.has(user)) {
    const column = (one: string) => columns.get(one)?.column ?? one
    const over = [user, ...kinds].map(column).join(', ')
    problems.push(
      `${name} may have two passwords of one user; create unique index … on ${name} (${over}), and ${declaring}${kinds.length > 0 ? '' : ", or write only: { … } if it has credentials of other kinds, such as only: { providerId: 'credential' }"}`,
    )
  }
  const filled = new Set([user, ...hashes, ...kinds])
  const unfilled = [...columns.values()].filter(
    (column) => !column.nullable && !column.hasDefault && !filled.has(column.property),
  )
  if (unfilled.length > 0 && insert === undefined) {
    const list = unfilled.map((column) => column.property)
    problems.push(
      `${list.map((one) => `'${one}'`).join(', ')} of ${name} must have a value, and a new password has none for it; write passwords: { insert: (user) => ({ ${list.map((one) => `${one}: …`).join(', ')} }) }`,
    )
  }
  return problems
}

/** Thrown inside a transaction to undo it: a condition did not hold. */
class NotAsExpected extends Error {}

export interface PasswordStatements {
  readonly users: TransactionalStatements
  readonly passwords: TransactionalStatements
  /** The property of the users' primary key. */
  readonly id: string
  readonly joined: PasswordTable['joined']
  readonly facts: PasswordTableFacts
  /** Whether the hash may be empty in its column. */
  readonly isNullable: boolean
}

/** The statements of the users table, as if it had the hash. */
export function withPasswordTable(parts: PasswordStatements): Statements {
  const { users, passwords, id, joined, facts, isNullable } = parts
  const { user, only = {} } = facts
  const insert = facts.insert as ((row: Row) => Values) | undefined
  const hash = joined.get(property) ?? ''

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
    const drop = () =>
      isEmpty(values)
        ? true
        : isNullable
          ? rows.update(key, values, anywhere, when)
          : rows.delete(key, anywhere, when)
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

    async update(key, values, scope, when) {
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
        // A program that is not ours has set one without asking the users table.
        const isBeaten = error instanceof UniqueViolation && theirWhen[hash] === null
        if (isBeaten && (await hasHash(key))) return false
        throw error
      }
    },
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
