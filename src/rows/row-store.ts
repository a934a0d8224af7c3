/**
 * The port over a table of the application's that holds rows of one kind: API keys, and what comes
 * after them. The kind is described as data; an adapter does five plain things to the table, under
 * the application's property names, and what the rows mean is decided in the core (`rows.ts`).
 */
import type { Eventually } from '../eventually.ts'
import type { MappedFields } from '../users/column-map.ts'
import type { DatabasePool, UserColumn, UserScope, UserStore } from '../users/store.ts'

/** One logical field of a kind of row. */
export interface RowField {
  /** The types of column that can hold it. */
  readonly types: readonly UserColumn['type'][]
  /** Whether a table must have it. Default: it may be missing, and is then empty in every row. */
  readonly required?: boolean
  /** Whether no two rows may have the same. */
  readonly unique?: boolean
  /** `own` for the primary key, `other` for another table's: any type of key fits its column. */
  readonly key?: 'own' | 'other'
  /** Whether it is empty in some rows. */
  readonly nullable?: boolean
  /** Of text in a new table: how many characters it takes at most. Default: any number. */
  readonly length?: number
}

/**
 * A kind of row: its logical fields. In a new table their columns have the same names, in snake
 * case.
 */
export type RowTable<Field extends string = string> = Readonly<Record<Field, RowField>>

/** For adapters: which columns fit, and which a table must have. */
export function mappedFields<Field extends string>(table: RowTable<Field>): MappedFields<Field> {
  const fields = Object.keys(table) as Field[]
  return {
    accepted: Object.fromEntries(fields.map((field) => [field, table[field].types])) as Record<
      Field,
      RowField['types']
    >,
    required: fields.filter((field) => table[field].required),
    keys: fields.filter((field) => table[field].key !== undefined),
  }
}

/** The fields of which no two rows may have the same, beside the key. */
export function uniqueFields<Field extends string>(table: RowTable<Field>): readonly Field[] {
  return (Object.keys(table) as Field[]).filter((field) => table[field].unique)
}

type Values = Readonly<Record<string, unknown>>

/** What is found by one query of a row and its user. */
export interface RowWithUser {
  /** As `find` of the rows would have found it, in the columns that the store describes. */
  readonly row: object | null
  /**
   * As `find` of the users would have found it under its key. `null` says nothing: users are then
   * asked by themselves.
   */
  readonly user: object | null
}

/** Finds a row, and its user with it. */
export type FindWithUser = (
  property: string,
  value: unknown,
  scope: UserScope,
) => Eventually<RowWithUser>

/** The port over one such table: adapters implement it, and the core gives rows their meaning. */
export interface RowStore<Field extends string = string> {
  /** What the adapter is, for descriptions. */
  readonly name: string
  /** All columns, by property. */
  readonly columns: ReadonlyMap<string, UserColumn>
  /** Logical field to property, for every logical field that the table has. */
  readonly map: Readonly<Partial<Record<Field, string>>>
  readonly tenants: boolean
  /** What is wrong with the table or the map, one sentence each. */
  readonly problems: readonly string[]
  /** The pool of connections. Default: nothing is known of it. */
  readonly pool?: DatabasePool | undefined

  /**
   * The row whose unique `property` equals `value`, or `null`. At once, where the driver is
   * synchronous; what fails rejects all the same.
   */
  find(property: string, value: unknown, scope: UserScope): Eventually<object | null>
  /**
   * `find` for rows and their users, by one query for both; `null` where these cannot be read
   * together: of another database or adapter, or where one of the two stores was given another
   * `find`. Left out: each is asked by itself.
   *
   * @param reference The property that has the key of the row's user.
   */
  withUsers?: ((users: UserStore, reference: string) => FindWithUser | null) | undefined
  /** All rows whose `property` equals `value`, or those of them in which `empty` is empty. */
  list(
    property: string,
    value: unknown,
    scope: UserScope,
    empty?: string,
  ): Promise<readonly object[]>
  /**
   * Inserts one row and returns it. A second one with the same unique value is a `UniqueViolation`.
   */
  insert(values: Values, scope: UserScope): Promise<object>
  /**
   * Updates the row with this `id` in one statement, if `when` still holds, and tells whether it
   * did: of several at once with the same condition, one does.
   */
  update(id: string, values: Values, scope: UserScope, when?: Values): Promise<boolean>
  /** Deletes the row with this `id`, under the same rule. */
  delete(id: string, scope: UserScope, when?: Values): Promise<boolean>
}
