/**
 * The users table of a database, looked at: what is what, who is kept out, what a configuration of
 * it would be.
 */
import type { Checkup } from './checkup.ts'
import { configurationOf } from './code/module.ts'
import type { Connection } from './connection.ts'
import { problemsOf } from './construct.ts'
import { diagnose, identityOf } from './diagnosis.ts'
import {
  kindNote,
  missingIndex,
  onePasswordEach,
  passwordsElsewhere,
  withHash,
} from './elsewhere.ts'
import { misleading, onlyUsed, wholeMap, withoutMisfits } from './fields.ts'
import { identitiesElsewhere } from './identities-elsewhere.ts'
import { inspectTable, tableNames } from './inspect.ts'
import { installed } from './installed.ts'
import { columnsToRead, elsewhereNote, nobodyDecided, unprovenNote } from './keeps-out.ts'
import { keptOutElsewhere } from './keeps-out-elsewhere.ts'
import { caseNotes } from './letter-case.ts'
import { lossesOf } from './losses.ts'
import { checkColumn, checkIgnored, checkTold } from './mapping.ts'
import { hasMends, mendsOf } from './mends.ts'
import { newKeyOf, newRowNotes, newValues, unmadeKey, waitingNote } from './new-rows.ts'
import type { DoctorOptions } from './options.ts'
import type { Orm } from './orm.ts'
import type { Plan } from './plan.ts'
import { prismaMendsOf, prismaProblems } from './prisma-mends.ts'
import { type Reading, readingOf } from './reading.ts'
import { sampleOf } from './sample.ts'
import { hashReport, saltNote } from './stored-hashes.ts'
import type { InspectedTable, MappedColumn, TableMap } from './table.ts'
import { usersTable } from './users-table.ts'

/** @throws Error for what cannot be looked at at all. */
export async function databaseCheckup(
  connection: Connection,
  options: DoctorOptions,
  orm: Orm,
): Promise<Checkup> {
  const tables = await tableNames(connection)
  const name = options.table ?? usersTable(tables)
  const found = await inspectTable(connection, name)
  const { columns: told, tenant, decided = nobodyDecided } = options
  checkTold(found, told)
  for (const column of [tenant, ...Object.keys(decided.letIn)]) {
    if (column !== undefined) checkColumn(found, column)
  }
  for (const one of decided.ignored) checkIgnored(found, tables, one)
  const { states, numbers } = columnsToRead(found, decided)
  const reading = readingOf(connection)
  const sample = await sampleOf(reading, found, states, numbers)
  const { map: own, admission, ours } = wholeMap(found, orm, sample, told, tenant, decided)
  const elsewhere = own.hashedPassword
    ? null
    : await passwordsElsewhere(connection, reading, found, own, orm)
  const shown = elsewhere && withHash(found, elsewhere)
  const table = shown?.table ?? found
  const map: TableMap = shown ? { ...own, hashedPassword: shown.mapped } : own
  const identity = identityOf(table, map, options.login, ours)
  const findings = [
    ...diagnose(table, map, identity, ours),
    ...(elsewhere ? onePasswordEach(elsewhere) : []),
  ]
  const hashes = await hashesOf(
    reading,
    elsewhere?.table ?? table,
    elsewhere?.hash ?? map.hashedPassword,
    elsewhere ? undefined : map.id,
  )
  const keptOut = await keptOutElsewhere(connection, found, tables, decided.ignored)
  const identities = await identitiesElsewhere(connection, reading, found, own, orm)
  const used = onlyUsed(withoutMisfits(map, findings), identity)
  const added = newValues(table, orm, sample, used, tenant, admission.conditions)
  const plan: Plan = {
    table,
    orm,
    map: used,
    unmapped: misleading(table, used, orm, added),
    identity,
    conditions: admission.conditions,
    tenant,
    adopt: hashes.adopt,
    newValues: added,
    newKey: newKeyOf(table, used),
    ours,
    elsewhere,
  }
  const isBroken = findings.some(({ status }) => status === 'broken')
  const mapped = [found, ...(elsewhere ? [elsewhere.table] : [])]
  const mends = { drizzle: mendsOf, prisma: prismaMendsOf, kysely: () => null }[orm](mapped, used)
  return {
    table,
    map,
    orm,
    findings,
    decisions: [...admission.decisions, ...keptOut.decisions],
    losses: lossesOf(table),
    unknown: reading.unknown,
    notes: [
      ...hashes.notes,
      ...saltNote(elsewhere?.table ?? table, elsewhere?.hash ?? map.hashedPassword),
      ...(await caseNotes(reading, table, map, identity, ours, orm)),
      ...admission.notes,
      ...keptOut.notes,
      ...unprovenNote(map),
      ...elsewhereNote(table),
      ...newRowNotes(plan.newValues, table),
      ...(elsewhere
        ? [...newRowNotes(elsewhere.values, elsewhere.table), ...kindNote(elsewhere)]
        : []),
      ...waitingNote(table, map, orm),
      ...identities.notes,
    ],
    // What is broken is told above in better words.
    problems: isBroken
      ? []
      : [
          ...unmadeKeyProblem(plan),
          ...(orm === 'prisma' ? mapped.flatMap(prismaProblems) : []),
          ...problemsOf(plan),
        ],
    code: configurationOf(plan, { hono: installed.has('hono') }),
    mends: mends && hasMends(mends) ? mends : null,
    conditions: admission.conditions,
    identitiesMigration: identities.migration,
    missingIndexes: elsewhere ? missingIndex(elsewhere) : [],
  }
}

/** What the stored hashes are; of a known layout, that. */
async function hashesOf(
  reading: Reading,
  table: InspectedTable,
  hash: MappedColumn | undefined,
  id: MappedColumn | undefined,
) {
  if (hash?.split) {
    const { format, parts } = hash.split
    const columns = [hash.column, ...parts].join(', ')
    const note = `hashes: in ${columns}; crudauth/hashes has ${format}() for them`
    return { notes: [note], adopt: [format] }
  }
  const map: TableMap = { ...(hash ? { hashedPassword: hash } : {}), ...(id ? { id } : {}) }
  return hashReport(reading, table, map)
}

function unmadeKeyProblem({ table, map }: Plan): string[] {
  const key = unmadeKey(table, map)
  if (!key) return []
  return [
    `${key.name} must have a value, and the database makes none: make it an identity, or write newKey: () => … beside columns`,
  ]
}
