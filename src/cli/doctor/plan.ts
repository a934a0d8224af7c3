/**
 * What the doctor would configure: everything that it prints is printed of this, and constructed of
 * it first.
 */
import type { Ours } from '../../databases/table/keys.ts'
import type { Identity } from './diagnosis.ts'
import type { PasswordsElsewhere } from './elsewhere.ts'
import type { NewValue } from './new-rows.ts'
import type { Orm } from './orm.ts'
import type { Condition } from './signals.ts'
import type { InspectedTable, TableMap } from './table.ts'

export interface Plan {
  readonly table: InspectedTable
  readonly orm: Orm
  readonly map: TableMap
  /** Fields whose name a column has that means something else. */
  readonly unmapped: readonly string[]
  readonly identity: Identity
  readonly conditions: readonly Condition[]
  /** The column of the tenant. */
  readonly tenant: string | undefined
  /** The verifiers that the stored hashes need, from `crudauth/hashes`. */
  readonly adopt: readonly string[]
  readonly newValues: readonly NewValue[]
  /** How the application makes keys, as code; `null` where the database does. */
  readonly newKey: { readonly code: string; readonly crypto: string } | null
  readonly ours: Ours
  /** The second table of the hashes, where there is one. */
  readonly elsewhere: PasswordsElsewhere | null
}
