/**
 * What was found out, as text for people or as JSON for programs, and whether it is ready.
 */
import type { Checkup } from './checkup.ts'
import { mendText } from './mends.ts'
import { migrationOf } from './migration/migration.ts'
import type { DoctorOptions } from './options.ts'
import { prismaMendText } from './prisma-mends.ts'
import { reportOf } from './report.ts'

export interface Outcome {
  readonly output: string
  readonly exitCode: 0 | 1
}

export function outcomeOf(options: DoctorOptions, checkup: Checkup): Outcome {
  const { table, findings, missingIndexes, identitiesMigration = [] } = checkup
  const made = migrationOf(table, findings, options.format, missingIndexes)
  // Of rows no schema says anything.
  const copied =
    options.format === 'sql' && identitiesMigration.length > 0
      ? ['-- identities', ...identitiesMigration]
      : []
  const migration = [made, ...copied].filter((one) => one !== '').join('\n')
  const missing = whatIsMissing(options, checkup)
  const output = options.json
    ? jsonOf(checkup, migration, missing === null)
    : textOf(options, checkup, migration, missing)
  return { output, exitCode: missing === null ? 0 : 1 }
}

/** Where to read why it is not ready; `null` where it is. */
function whatIsMissing({ strict }: DoctorOptions, checkup: Checkup): string | null {
  const { findings, problems, changedIssuers = [], decisions, losses, unknown = [] } = checkup
  const has = (status: string) => findings.some((finding) => finding.status === status)
  if (has('broken') || problems.length > 0 || changedIssuers.length > 0) return 'what is BROKEN'
  if (decisions.length > 0) return 'what is to be decided'
  if (unknown.length > 0) return 'what is not known'
  return strict && (has('missing') || losses.length > 0) ? 'what is missing or lost' : null
}

function jsonOf(checkup: Checkup, migration: string, ready: boolean): string {
  const { table, map, findings, decisions, losses, notes, problems, code, mends, conditions } =
    checkup
  const report = {
    ready,
    table: table.name,
    dialect: table.dialect,
    map,
    features: findings.map(({ feature, status, troubles }) => ({
      name: feature.name,
      status,
      required: feature.required,
      troubles: troubles.map(({ need, ...trouble }) => ({ field: need.field, ...trouble })),
    })),
    decisions,
    losses,
    problems,
    changedIssuers: checkup.changedIssuers ?? [],
    unknown: checkup.unknown ?? [],
    conditions,
    notes,
    code,
    mends: mends && {
      top: mends.top,
      tables: mends.tables.map(({ lines, additions, ...rest }) => ({
        ...rest,
        lines: Object.fromEntries(lines),
        additions: Object.fromEntries(additions),
      })),
    },
    migration,
  }
  return JSON.stringify(report, (_, one) => (typeof one === 'bigint' ? String(one) : one), 2)
}

const titles = { drizzle: 'Drizzle', kysely: 'Kysely', prisma: 'Prisma' } as const

function textOf(
  { format }: DoctorOptions,
  checkup: Checkup,
  migration: string,
  missing: string | null,
): string {
  const { table, orm, findings, decisions, losses, notes, problems, code, mends } = checkup
  const { changedIssuers = [], unknown = [] } = checkup
  const [puller, mended] =
    orm === 'prisma'
      ? ['prisma db pull', mends && prismaMendText(mends)]
      : ['drizzle-kit pull', mends && mendText(mends)]
  const list = (lines: readonly string[]) => lines.map((line) => `  ${line}`).join('\n')
  const parts = [
    reportOf(table, findings),
    ...(losses.length > 0 ? [`Lost:\n\n${list(losses)}`] : []),
    ...(notes.length > 0 ? [list(notes)] : []),
    ...(decisions.length > 0
      ? [
          `To be decided, since it keeps people out:\n\n${decisions
            .map(({ question, answers }) => `  ${question}\n    write ${answers.join(', or ')}`)
            .join('\n')}`,
        ]
      : []),
    ...(unknown.length > 0 ? [`Not known:\n\n${list(unknown)}`] : []),
    ...(problems.length > 0 ? [`crudAuth() would refuse to start:\n\n${list(problems)}`] : []),
    ...(changedIssuers.length > 0
      ? [`BROKEN: nobody would get in by these providers:\n\n${list(changedIssuers)}`]
      : []),
    ...(mends === null ? [] : [`In the schema that ${puller} writes, write instead:\n\n${mended}`]),
    ...(code === '' ? [] : [`To start from, with ${titles[orm]}:\n\n${code}`]),
    ...(migration === '' ? [] : [`What would add the rest (${format}):\n\n${migration}`]),
    missing === null
      ? 'Ready: everything that is needed is there.'
      : `Not ready: see ${missing} above.`,
  ]
  return parts.join('\n\n')
}
