/** What the command was given. */
import type { Decided } from './keeps-out.ts'
import type { MigrationFormat } from './migration/migration.ts'
import type { Orm } from './orm.ts'

export interface DoctorOptions {
  /** A module that exports a user store or what `crudAuth()` returned, or calls it. */
  readonly config?: string | undefined
  /** `postgresql://…`, `mysql://…`, or the path of an SQLite file. */
  readonly database?: string | undefined
  /** Default: `users`, or the only table whose name says so. */
  readonly table?: string | undefined
  /** Logical field to column. */
  readonly columns: Readonly<Record<string, string>>
  readonly login?: readonly string[] | undefined
  /** The column of the tenant. */
  readonly tenant?: string | undefined
  /** Default: nothing was decided. */
  readonly decided?: Decided
  /** Default: the one that is installed, Drizzle first. */
  readonly orm?: Orm | undefined
  /** How long a statement of ours may take. Default: 5. */
  readonly timeoutSeconds?: number | undefined
  readonly format: MigrationFormat
  readonly json: boolean
  /** Whether a feature that cannot be had counts as a failure too. */
  readonly strict: boolean
}
