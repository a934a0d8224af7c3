/**
 * A users table as the doctor sees it, whether read from a database or told by a configuration.
 */
import { type LogicalField, logicalFields, type UserColumn } from '../../users/store.ts'

export type Dialect = 'postgresql' | 'mysql' | 'sqlite'

export interface InspectedColumn {
  /** As the database knows it. */
  readonly name: string
  readonly type: UserColumn['type']
  readonly nullable: boolean
  readonly hasDefault: boolean
  readonly maxLength?: number
  /** Of whole numbers smaller than the usual. */
  readonly integerBits?: number
}

export interface UniqueKey {
  readonly columns: readonly string[]
  /** Over `lower(column)`. */
  readonly folds: boolean
  readonly primary: boolean
}

export interface InspectedTable {
  readonly name: string
  readonly dialect: Dialect
  readonly columns: readonly InspectedColumn[]
  readonly uniqueKeys: readonly UniqueKey[]
}

/** How a flag's column spells it, as code to write. */
export type CodecSource = string

export interface MappedColumn {
  readonly column: string
  readonly codec?: CodecSource
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

/** Whether no two rows can have the same value; and whether only where case is ignored. */
export function uniqueness(table: InspectedTable, name: string): 'yes' | 'folded' | 'no' {
  const keys = table.uniqueKeys.filter(({ columns }) => columns.length === 1 && columns[0] === name)
  if (keys.some(({ folds }) => !folds)) return 'yes'
  return keys.length > 0 ? 'folded' : 'no'
}
