/**
 * A Kysely table in the words of all adapters. Kysely knows its tables at compile time only, so
 * what must be known at run time is said in the options, and checked there by the compiler.
 */
import { entryParts, type MappedFields } from '../../users/column-map.ts'
import type { Dialect, TableColumn, TableDescription } from '../table/description.ts'

/** The words for a key that the options take. */
export const keyKinds = [
  'integer',
  'bigint',
  'bigint-number',
  'bigint-text',
  'uuid',
  'text',
] as const

/**
 * What the primary key is. A `bigint` column is called by what the driver makes of it: `bigint`,
 * `bigint-text` (`pg`, unless it is told otherwise) or `bigint-number` (mysql2, PGlite).
 */
export type KeyKind = (typeof keyKinds)[number]

export interface KyselyTableFacts {
  readonly table: string
  readonly dialect: Dialect
  /** Logical field that is a key, the primary or of a user, to what it is. */
  readonly keys: Readonly<Record<string, KeyKind>>
  /** Logical field, or factor, to column or to an entry with a codec. */
  readonly columns: Readonly<Record<string, unknown>>
  readonly factors: Readonly<Record<string, unknown>>
  readonly unique: readonly string[]
  readonly others: readonly string[]
  readonly tenant: string | undefined
  readonly tenantKey?: KeyKind
  /** The columns that the condition on every row looks at. */
  readonly conditionOn?: readonly string[]
}

export function describeTable<Field extends string>(
  facts: KyselyTableFacts,
  { accepted }: MappedFields<Field>,
): TableDescription {
  const columns = new Map<string, TableColumn>()
  const unique = new Set(facts.unique)
  const caseless = new Set<string>()
  const add = (name: string, type: TableColumn['type'], more: Partial<TableColumn> = {}) => {
    columns.set(name, {
      property: name,
      column: name,
      type,
      nullable: true,
      unique: unique.has(name),
      // Whether there is one cannot be seen, so nothing is left to it.
      hasDefault: false,
      ...more,
      holds: {
        ...more.holds,
        // Which columns are `char(n)` cannot be seen; the others have no spaces that it would
        // matter for, since PostgreSQL has compared them.
        padded: facts.dialect === 'postgresql',
        // Nothing is made of a value before the driver sees it.
        encode: (value) => value,
      },
    })
  }

  for (const name of facts.others) add(name, 'other')
  for (const [field, entry] of Object.entries({ ...facts.factors, ...facts.columns })) {
    const { property, codec, folds, copy } = entryParts(entry)
    if (property === undefined) continue
    const { parts } = Object(entry) as { readonly parts?: unknown }
    for (const part of Array.isArray(parts) ? parts : []) add(String(part), 'other')
    const key = Object.hasOwn(facts.keys, field) ? facts.keys[field] : undefined
    if (key !== undefined) {
      add(property, ...keyColumn(key))
      continue
    }
    const types: readonly TableColumn['type'][] = Object.hasOwn(accepted, field)
      ? accepted[field as Field]
      : [field.endsWith('Verified') ? 'boolean' : 'string']
    add(property, codec === undefined ? (types[0] ?? 'other') : 'other')
    if (folds && unique.has(property)) caseless.add(property)
    const { property: copied } = entryParts(copy)
    if (copied !== undefined) add(copied, 'string')
  }
  if (facts.tenant !== undefined) add(facts.tenant, ...keyColumn(facts.tenantKey ?? 'text'))

  const { property: key } = entryParts(facts.columns['id'])
  return {
    name: facts.table,
    dialect: facts.dialect,
    columns,
    keys: new Set([...(key === undefined ? [] : [key]), ...unique]),
    caselessKeys: caseless,
    constraints: new Map(key === undefined ? [] : [['PRIMARY', [key]]]),
    largeKeys: largeKeys[facts.dialect],
    conditionOn: facts.conditionOn,
  }
}

const largeKeys: Readonly<Record<Dialect, string>> = {
  postgresql:
    "pass key: 'bigint-text' (for the owner of an API key userKey), and leave out types.setTypeParser(20, …) of pg; or pass 'bigint' and write types.setTypeParser(20, BigInt)",
  mysql:
    "create the mysql2 pool with supportBigNumbers: true and bigNumberStrings: true, and pass key: 'bigint-text' (for the owner of an API key userKey)",
  sqlite:
    "call defaultSafeIntegers(true) of the better-sqlite3 database, and pass key: 'bigint' (for the owner of an API key userKey)",
}

function keyColumn(kind: KeyKind): [TableColumn['type'], Partial<TableColumn>] {
  switch (kind) {
    case 'integer':
      return ['number', { integerBits: 32 }]
    case 'bigint-number':
      return ['number', { integerBits: 64 }]
    case 'bigint':
      return ['bigint', { integerBits: 64 }]
    case 'bigint-text':
      return ['string', { holds: { digits: true } }]
    case 'uuid':
      return ['string', { holds: { uuid: true } }]
    // Another word is told with the options.
    default:
      return ['string', {}]
  }
}
