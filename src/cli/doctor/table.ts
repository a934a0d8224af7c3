/**
 * A users table as the doctor sees it, whether read from a database or told by a configuration.
 */
import type { Dialect } from '../../databases/table/description.ts'
import { type Key, type Ours, uniqueness } from '../../databases/table/keys.ts'
import { type LogicalField, logicalFields, type UserColumn } from '../../users/store.ts'
import type { CodecPlan } from './codecs.ts'

export type { Dialect } from '../../databases/table/description.ts'

export interface InspectedColumn {
  /** As the database knows it. */
  readonly name: string
  /** What it holds, whichever query builder reads it. */
  readonly type: UserColumn['type']
  /** As the database writes it, in lower case: `timestamp(3) without time zone`. */
  readonly sqlType: string
  readonly nullable: boolean
  readonly hasDefault: boolean
  /** As the database writes it; absent where there is none, or where it is not known. */
  readonly defaultText?: string
  /** Worked out by the database: nothing can be written there. */
  readonly generated?: boolean
  readonly maxLength?: number
  /** Of whole numbers smaller than the usual. */
  readonly integerBits?: number
  /** What alone it holds: the labels of an enumeration. */
  readonly values?: readonly string[]
  /** The table whose rows it names, by a foreign key. */
  readonly references?: string
  /** Of a hash in a second table, which the adapter shows among the users' columns: where it is. */
  readonly stored?: Place
}

/** A column, and the table that has it. */
export interface Place {
  readonly table: InspectedTable
  readonly column: string
}

export interface UniqueKey extends Key {
  readonly primary: boolean
  /** Of SQLite: written beside its column, without a name, which no pull reads. */
  readonly unnamed?: true
}

export interface InspectedTable {
  readonly name: string
  readonly dialect: Dialect
  /** Whether it is MariaDB, which tells some things about its tables another way than MySQL. */
  readonly isMariaDb?: boolean
  readonly columns: readonly InspectedColumn[]
  readonly uniqueKeys: readonly UniqueKey[]
  /** Of a configured table: the columns that its condition looks at. */
  readonly conditionColumns?: readonly string[]
}

export interface MappedColumn {
  readonly column: string
  readonly codec?: CodecPlan
  /** The unique column that has it in one case. */
  readonly folded?: { readonly column: string; readonly to: 'lower' | 'upper' }
  /** The other columns of a hash that stands in several. */
  readonly split?: SplitHashPlan
}

export interface SplitHashPlan {
  readonly parts: readonly string[]
  /** What `compose` of the format calls the hash and the parts. */
  readonly names: readonly string[]
  readonly format: 'payload' | 'gitea' | 'keycloak'
  /** What empties the parts. */
  readonly unset: null | ''
}

/**
 * What the doctor looks for: the logical fields, and who an account is at the built-in providers.
 */
export type DoctorField = LogicalField | 'googleId' | 'githubId'

/** In the order in which they are told. */
export const doctorFields: readonly DoctorField[] = logicalFields.flatMap((field) =>
  field === 'oauthProvider' ? [field, 'googleId' as const, 'githubId' as const] : [field],
)

/** Field to column. */
export type TableMap = Readonly<Partial<Record<DoctorField, MappedColumn>>>

export function columnNamed(table: InspectedTable, name: string): InspectedColumn | undefined {
  return table.columns.find((column) => column.name === name)
}

/** Where a column of the users stands. */
export function placeOf(table: InspectedTable, column: string): Place {
  return columnNamed(table, column)?.stored ?? { table, column }
}

/** Whether no two rows can have the same value; and whether only where case is ignored. */
export function uniquenessIn(
  table: InspectedTable,
  name: string,
  ours: Ours = {},
): 'yes' | 'folded' | 'no' {
  return uniqueness(table.uniqueKeys, name, ours)
}
