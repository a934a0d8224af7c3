/**
 * A table of the application's, as every adapter describes it.
 */
import type { UserColumn } from '../../users/store.ts'

export type Dialect = 'postgresql' | 'mysql' | 'sqlite'

/** A column, and what the statements must know of it beyond the port. */
export interface TableColumn extends UserColumn {
  /** What the database can store: a value outside of it is nobody's, and never sent. */
  readonly holds: Holding
}

export interface Holding {
  readonly unsigned?: boolean
  /** PostgreSQL's `uuid`, which refuses any other text. */
  readonly uuid?: boolean
  /** A whole number that the driver hands over as text, as `pg` does with `bigint`. */
  readonly digits?: boolean
  /** PostgreSQL's `char(n)`, which comes back padded with spaces. */
  readonly padded?: boolean
  /** MySQL's texts, which are alike under their collation, whichever type the schema gives them. */
  readonly collated?: boolean
  /** A type of the application's own may refuse a value by throwing, as a UUID in 16 bytes does. */
  encode?(value: unknown): unknown
}

export interface TableDescription {
  /** As the database knows it, for messages. */
  readonly name: string
  readonly dialect: Dialect
  /** By property. */
  readonly columns: ReadonlyMap<string, TableColumn>
  /**
   * The properties that tell rows apart, in one tenant at least: the primary key and what is
   * unique.
   */
  readonly keys: ReadonlySet<string>
  /** The properties that are unique whatever their case: by an index on `lower(column)`, say. */
  readonly caselessKeys: ReadonlySet<string>
  /**
   * What to write so that whole numbers above 2^53 − 1 come back from the driver as they are, for
   * messages: `create the pool with …`.
   */
  readonly largeKeys: string
  /** The properties that the condition on every row looks at. Default none. */
  readonly conditionOn?: readonly string[] | undefined
  /** The properties of a named constraint or index, as far as they are known. */
  readonly constraints: ReadonlyMap<string, readonly string[]>
}
