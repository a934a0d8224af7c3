/**
 * Password hashes in a second table of the application's: a row for each user, or one of several
 * credentials, told by a kind. What is said of it, judged, and shown as columns of the users;
 * password-statements.ts reads and writes it.
 */
import { suggestion } from '../../options/nearest.ts'
import { type ColumnMap, entryParts } from '../../users/column-map.ts'
import type { TableColumn, TableDescription } from './description.ts'
import type { Values } from './statements.ts'

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
export const hashProperty = 'hashedPassword'

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
  const nameOf = (part: string) => `${hashProperty}.${part}`
  const joined = new Map([
    [hashProperty, hash],
    ...parts.map((part) => [nameOf(part), part] as const),
  ])
  const columns = new Map(users.columns)
  for (const [name, of] of joined) {
    const column = passwords.columns.get(of)
    if (column) columns.set(name, shown(column, name, passwords.name, name === hashProperty))
  }
  return {
    users: { ...users, columns },
    property: hashProperty,
    columns: {
      ...wanted,
      hashedPassword:
        typeof facts.hash === 'object'
          ? {
              ...facts.hash,
              property: hashProperty,
              ...(parts.length > 0 ? { parts: parts.map(nameOf) } : {}),
            }
          : hashProperty,
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
  if (users.columns.has(hashProperty)) {
    problems.push(
      `${users.name} has a column '${hashProperty}', and passwords says that the hash is in ${name}; leave passwords out, or call the column another name in the schema`,
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
