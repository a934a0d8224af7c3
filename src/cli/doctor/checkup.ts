/**
 * All that was found out about a users table, before any of it is printed.
 */
import type { Finding } from './diagnosis.ts'
import type { Mends } from './mends.ts'
import type { MissingIndex } from './migration/indexes.ts'
import type { Orm } from './orm.ts'
import type { Condition, Decision } from './signals.ts'
import type { InspectedTable, TableMap } from './table.ts'

export interface Checkup {
  readonly table: InspectedTable
  readonly map: TableMap
  readonly findings: readonly Finding[]
  readonly decisions: readonly Decision[]
  /** What is lost, a sentence each. */
  readonly losses: readonly string[]
  /** What could not be read, a sentence each: nothing is ready that may depend on it. */
  readonly unknown?: readonly string[]
  readonly notes: readonly string[]
  /** What would be refused at the start. */
  readonly problems: readonly string[]
  /** Providers by which nobody gets in. */
  readonly changedIssuers?: readonly string[]
  /** As printed; empty where a configuration is there already. */
  readonly code: string
  readonly mends: Mends | null
  readonly conditions: readonly Condition[]
  readonly orm: Orm
  /** What copies people's identities at providers from another table, as SQL. */
  readonly identitiesMigration?: readonly string[]
  /** What other tables lack. */
  readonly missingIndexes?: readonly MissingIndex[]
}
