/**
 * `crudauth doctor`: what the users table has, what it lacks, and how it would get it.
 */
import { configurationOf } from './code.ts'
import { configuredTable } from './configuration.ts'
import { connect } from './connection.ts'
import { caseNotes, hashReport } from './data.ts'
import { diagnose, type Finding, identityOf } from './diagnosis.ts'
import { inspectTable, tableNames } from './inspect.ts'
import { mapTable } from './mapping.ts'
import { type MigrationFormat, migrationOf } from './migration.ts'
import { reportOf } from './report.ts'
import type { InspectedTable, TableMap } from './table.ts'

export interface DoctorOptions {
  /** A module that exports a user store. */
  readonly config?: string | undefined
  /** `postgresql://…`, `mysql://…`, or the path of an SQLite file. */
  readonly database?: string | undefined
  /** Default: `users`, or the only table whose name says so. */
  readonly table?: string | undefined
  /** Logical field to column. */
  readonly columns: Readonly<Record<string, string>>
  readonly login?: readonly string[] | undefined
  readonly format: MigrationFormat
  readonly json: boolean
  /** Whether a feature that cannot be had counts as a failure too. */
  readonly strict: boolean
}

export interface Outcome {
  readonly output: string
  readonly exitCode: 0 | 1
}

/** @throws Error for what cannot be looked at at all. */
export async function doctor(options: DoctorOptions): Promise<Outcome> {
  if (options.config !== undefined) {
    const { table, map, identity } = await configuredTable(options.config)
    return outcomeOf(options, table, map, diagnose(table, map, identity), [], '')
  }
  const connection = await connect(options.database ?? '')
  try {
    const name = options.table ?? usersTable(await tableNames(connection))
    const table = await inspectTable(connection, name)
    const map = mapTable(table, options.columns)
    const identity = identityOf(table, map, options.login)
    const findings = diagnose(table, map, identity)
    const hashes = await hashReport(connection, table, map)
    const notes = [...hashes.notes, ...(await caseNotes(connection, table, map, identity))]
    const code = configurationOf(table, map, identity, findings, hashes.adopt)
    return outcomeOf(options, table, map, findings, notes, code)
  } finally {
    await connection.close()
  }
}

function outcomeOf(
  options: DoctorOptions,
  table: InspectedTable,
  map: TableMap,
  findings: readonly Finding[],
  notes: readonly string[],
  code: string,
): Outcome {
  const failed = findings.some(
    ({ status }) => status === 'broken' || (options.strict && status === 'missing'),
  )
  const exitCode = failed ? 1 : 0
  const migration = migrationOf(table, findings, options.format)
  if (options.json) {
    const features = findings.map(({ feature, status, troubles }) => ({
      name: feature.name,
      status,
      required: feature.required,
      troubles: troubles.map(({ need, ...trouble }) => ({ field: need.field, ...trouble })),
    }))
    const report = { table: table.name, dialect: table.dialect, map, features, notes, migration }
    return { output: JSON.stringify(report, null, 2), exitCode }
  }
  const parts = [
    reportOf(table, findings),
    ...(notes.length > 0 ? [notes.map((note) => `  ${note}`).join('\n')] : []),
    ...(code === '' ? [] : [`To start from, with Drizzle:\n\n${code}`]),
    ...(migration === '' ? [] : [`What would add the rest (${options.format}):\n\n${migration}`]),
    failed ? 'Not ready: see what is BROKEN above.' : 'Ready: everything that is needed is there.',
  ]
  return { output: parts.join('\n\n'), exitCode }
}

/** @throws Error when it cannot be told. */
function usersTable(tables: readonly string[]): string {
  const likely = ['users', 'user', 'accounts', 'auth_user', 'wp_users', 'members']
  const found = likely.find((name) => tables.includes(name))
  if (found !== undefined) return found
  throw new Error(
    `which table holds the users? Name it with --table; there are: ${tables.join(', ') || 'none'}`,
  )
}
